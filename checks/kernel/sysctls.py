from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.check import check, expect, fix_with, instances, not_applicable
from dockworthy.dataclass import dataclass
from dockworthy.evidence import Evidence, known
from dockworthy.facts.engine.planned import knows_key, planned
from dockworthy.facts.kernel.usage import no_engine, uses
from dockworthy.facts.network.bridges import filters_bridges
from dockworthy.fixes import SYSCTL_FILE, sysctl_line

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts
    from dockworthy.facts.kernel.sysctl import Assignment, SysctlFacts

MIN_KEYS = 10_000
EL7 = 7
MANY_NAMESPACES = 15_000
_FILTERED = "net.bridge.bridge-nf-call-"
REMAPPING = "userns-remap or rootless"
ALWAYS: Evidence[bool] = known(True, "the engine")


@dataclass(frozen=True, slots=True)
class Demand:
    """What a kernel parameter must be.

    Attributes:
        name: the parameter.
        applies: whether anything on the host needs it.
        later: why its value of now may still be another one (no engine runs that would set it), or empty.
        without: what it means that the kernel does not have it.
        must_be_there: whether that is a fault where something needs it.
        persistent: whether it is lost at a reboot unless a file sets it.
    """

    name: str
    applies: Evidence[bool]
    later: str = ""
    without: str = "the kernel does not have it"
    must_be_there: bool = False
    persistent: bool = False

    @property
    def wanted(self) -> int:
        """The value that the fix sets."""
        return MANY_NAMESPACES if self.name.startswith("user.") else 1


def _ipv6(facts: Facts) -> Evidence[bool]:
    """Whether a network of the engine has IPv6."""
    if no_engine(facts):
        return known(False, "no engine runs")
    networks = facts.networks
    if any(network.answer.flag("EnableIPv6", default=False).get(default=False) for network in networks.known_ones):
        return known(True, "GET /networks: EnableIPv6")
    answer: Evidence[bool] = networks.all.map(lambda _: False)
    return answer


def _by_file(facts: Facts) -> bool:
    """Whether a file must turn forwarding on, because the engine does not: with the backend nftables, from 29.0."""
    return bool(
        planned(facts, "firewall-backend", "").get("") == "nftables"
        and knows_key(facts.engine_release, "firewall-backend")
        and planned(facts, "ip-forward", True).get(default=True)
    )


def _is_el7(facts: Facts) -> bool:
    return bool(facts.kernel.release.map(lambda release: release.enterprise == EL7).get(default=False))


def _demands(facts: Facts, _params: object) -> dict[str, Demand]:
    remaps, ipv6 = uses(facts, REMAPPING), _ipv6(facts)
    later = "no engine runs, and it turns this on when it starts" if no_engine(facts) else ""
    unloaded = "br_netfilter is not loaded; the engine loads it where it needs it"
    by_file = _by_file(facts)
    no_limit = "the kernel has no such limit"
    demands = [
        Demand("net.ipv4.ip_forward", ALWAYS, later, persistent=by_file),
        Demand("net.ipv4.conf.all.forwarding", ALWAYS, later),
        Demand("net.ipv6.conf.all.forwarding", ipv6, later, persistent=by_file),
        Demand("net.ipv6.conf.default.forwarding", ipv6, later, persistent=by_file),
        Demand(f"{_FILTERED}iptables", filters_bridges(facts, 4), without=unloaded, must_be_there=True),
        Demand(f"{_FILTERED}ip6tables", filters_bridges(facts, 6), without=unloaded, must_be_there=True),
        Demand("fs.may_detach_mounts", ALWAYS, later, "only Enterprise Linux 7 has it"),
        Demand("user.max_user_namespaces", remaps, without=no_limit, persistent=_is_el7(facts)),
    ]
    demands += (
        Demand(f"user.max_{kind}_namespaces", ALWAYS, without=no_limit)
        for kind in ("cgroup", "ipc", "mnt", "net", "pid", "uts")
    )
    return {demand.name: demand for demand in demands}


def _enough(text: str | None, least: int = 1) -> bool:
    try:
        return text is not None and int(text, 0) >= least
    except ValueError:
        return False


def _set_to(assignment: Assignment | None) -> object:
    return "not set by any file" if assignment is None else assignment.value


def _is_kept(demand: Demand, assignment: Assignment | None) -> bool:
    return not demand.persistent if assignment is None else _enough(assignment.value)


def _end_where_it_does_not_apply(demand: Demand) -> None:
    if not demand.applies.value:
        not_applicable("nothing on this host needs it")


@check(
    "kernel.sysctl",
    severity="high",
    refs=("moby:check-config", "docker:packet-filtering", "moby:libnetwork/drivers/bridge"),
    fix="sysctl -w {param}=1  # for user.max_*_namespaces: 15000",
    each=instances("demand", _demands),
)
def check_sysctl(demand: Demand, sysctls: SysctlFacts) -> None:
    """The kernel parameter is, now, as containers need it.

    Without forwarding no packet leaves a container's network; a limit of zero namespaces lets no container start. With
    ``bridge-nf-call-iptables`` off the engine's rules are not asked for traffic inside a bridge: that is needed where a
    network's containers may not talk to each other (``icc``), and from 27.4 without the userland proxy. IPv6 is asked
    of hosts whose networks have it.
    """
    fix_with(f"sysctl -w {demand.name}={demand.wanted}")
    there = sysctls.exists(demand.name)
    if not there.value:
        if not (demand.must_be_there and demand.applies.value):
            not_applicable(demand.without)
        fix_with(f"modprobe br_netfilter\nsysctl -w {demand.name}={demand.wanted}")
        expect(there, shown=lambda _: demand.without).equals(True)
    now = sysctls.now(demand.name)
    if not _enough(now.value):
        _end_where_it_does_not_apply(demand)
        if demand.later:
            not_applicable(demand.later)
    expect(now).satisfies(_enough, "at least 1")


@check(
    "kernel.sysctl-after-reboot",
    severity="medium",
    refs=("moby:check-config", "man:sysctl.d(5)"),
    fix=f"# the last name wins; for user.max_*_namespaces 15000 in place of 1:\necho {{param}}=1 >>{SYSCTL_FILE}",
    each=instances("demand", _demands),
    also=("boot",),
)
def check_sysctl_after_reboot(demand: Demand, sysctls: SysctlFacts) -> None:
    """No configuration file sets the kernel parameter to what containers cannot live with.

    The engine turns forwarding on when it starts, but a file of ``sysctl.d`` that says 0 wins each time
    ``sysctl --system`` runs, and at boot. With the firewall backend nftables (from 29.0) it does not turn it on: then a
    file must. The files are read as ``systemd-sysctl`` reads them: by name, one in /etc
    hiding its namesake in /usr/lib, the last assignment in force.
    """
    at_boot = sysctls.at_next_boot(demand.name)
    fix_with(f"# better fix the line that sets it now, where there is one: {at_boot.source}\n{_last_word(demand)}")
    if not _is_kept(demand, at_boot.value):
        _end_where_it_does_not_apply(demand)
    wanted = "at least 1" if demand.persistent else "not set, or at least 1"
    expect(at_boot, shown=_set_to).satisfies(lambda found: _is_kept(demand, found), wanted)


def _last_word(demand: Demand) -> str:
    return f"{sysctl_line(f'{demand.name}={demand.wanted}')}\nsysctl --system"


@check(
    "kernel.keyring-quota",
    severity="medium",
    refs=("moby:check-config", "man:keyrings(7)"),
    fix="\n".join(
        (
            sysctl_line("kernel.keys.root_maxkeys=1000000"),
            sysctl_line("kernel.keys.root_maxbytes=25000000"),
            "sysctl --system",
        )
    ),
)
def check_keyring_quota(sysctls: SysctlFacts) -> None:
    """Root may hold enough keys for many containers.

    Each container gets a session keyring that counts against root's quota: where ``kernel.keys.root_maxkeys`` is
    below 10,000, a few hundred containers and their processes use it up, and the next one does not start
    (``disk quota exceeded``).
    """
    name = "kernel.keys.root_maxkeys"
    if not sysctls.exists(name).value:
        not_applicable("the kernel has no keyrings; kernel.option judges CONFIG_KEYS")
    expect(sysctls.now(name)).satisfies(lambda value: _enough(value, MIN_KEYS), f"at least {MIN_KEYS}")
    expect(sysctls.at_next_boot(name), shown=_set_to).satisfies(
        lambda found: found is None or _enough(found.value, MIN_KEYS), f"not set, or at least {MIN_KEYS}"
    )
