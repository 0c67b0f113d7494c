"""Whether the next boot is a repetition of this one: the kernels that are installed, and what waits for a reboot."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from dockworthy.check import check, expect, fix_with, instances, not_applicable, not_decided
from dockworthy.evidence import Evidence, NotApplicable, known, unknown
from dockworthy.facts.boot.kernels import InstalledKernel, InstalledKernels
from dockworthy.facts.kernel.usage import no_engine

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts

# What the engine needs of a kernel, and by which option a kernel has it that lists no modules.
_ALWAYS = {
    "overlay": "OVERLAY_FS",
    "bridge": "BRIDGE",
    "br_netfilter": "BRIDGE_NETFILTER",
    "veth": "VETH",
    "nf_nat": "NF_NAT",
    "nf_conntrack": "NF_CONNTRACK",
    "xt_MASQUERADE": "NETFILTER_XT_TARGET_MASQUERADE",
    "xt_conntrack": "NETFILTER_XT_MATCH_CONNTRACK",
    "xt_addrtype": "NETFILTER_XT_MATCH_ADDRTYPE",
}
_OF_NFT = {"nf_tables": "NF_TABLES", "nft_compat": "NFT_COMPAT"}
_OF_LEGACY = {"iptable_nat": "IP_NF_NAT"}
_OF_SWARM = {"vxlan": "VXLAN"}


def _others(facts: Facts, _params: object) -> dict[str, InstalledKernel]:
    if facts.packages.engine.is_known and facts.packages.engine.value is None:
        raise NotApplicable("no engine is installed")
    _not_in_a_container(facts)
    return {one.release: one for one in facts.installed_kernels.others.value}


def _not_in_a_container(facts: Facts) -> None:
    if facts.snapshot.text("cmd:container").get("none").strip() not in {"none", ""}:
        raise NotApplicable("this host is a container: its kernel is the outer host's")


def _variant(facts: Facts) -> dict[str, str]:
    """The modules of the tables in which the engine's rules are."""
    tool = facts.packages.tools.get({}).get("iptables")
    if tool is None:
        return {}
    return _OF_LEGACY if "legacy" in tool.resolved else _OF_NFT if "nft" in tool.resolved else {}


def _used(facts: Facts) -> dict[str, Evidence[bool]]:
    """The modules of the set, and whether the running kernel uses them."""
    wanted = {**_ALWAYS, **_variant(facts)}
    if facts.swarm.state.get("") == "active":
        wanted |= _OF_SWARM
    idle = no_engine(facts)
    return {name: _is_used(facts, name, option, idle=idle) for name, option in wanted.items()}


def _is_used(facts: Facts, name: str, option: str, *, idle: bool) -> Evidence[bool]:
    state = facts.modules.state(name)
    if state.is_known and state.value == "on disk":
        return known(idle and name != "br_netfilter", f"{state.source}: {name} is not loaded")
    if state.is_known and state.value != "absent":
        return known(True, f"{state.source}: {name} is {state.value}")
    value = facts.kernel.value(option)
    if value.is_known:
        return known(value.value == "y", f"{value.source}={value.value}")
    return unknown(value.unknown or "", value.source)


def _missing(kernel: InstalledKernel, used: dict[str, Evidence[bool]]) -> Evidence[tuple[str, ...]]:
    lacking = [name for name in used if name not in kernel.modules]
    source = f"/lib/modules/{kernel.release}/modules.dep, modules.builtin"
    found = tuple(name for name in lacking if used[name].get(default=False))
    doubt = next((used[name] for name in lacking if not used[name].is_known), None)
    if not found and doubt is not None:
        return unknown(f"whether the engine uses what this kernel lacks is not known: {doubt.unknown}", doubt.source)
    return known(found, source)


@check(
    "boot.next-kernel-has-modules",
    severity="critical",
    refs=("moby:#42229", "moby:#34575", "moby:check-config"),
    fix="# the packages of kernel {param} are not whole; on Ubuntu:\napt-get install linux-modules-extra-{param}",
    each=instances("kernel", _others, none="no other kernel is installed"),
)
def check_next_kernel_has_modules(kernel: InstalledKernel, facts: Facts) -> None:
    """The kernel of the next boot has what the engine needs.

    An upgrade installs a kernel that nobody has tried yet. Where it lacks a module that the engine uses now, as kernels
    of clouds do without their package of extra modules, the engine does not start after the reboot, or has no network.
    Which kernel the boot loader takes is not known: each that is installed is judged.
    """
    release = shlex.quote(kernel.release)
    if kernel.index != "dep":
        fix_with(f"depmod {release}  # and where it has no modules at all: install its package again, or remove it")
        source = f"/lib/modules/{kernel.release}/modules.dep"
        expect("not there: depmod did not run", source).equals("there")
    found = _missing(kernel, _used(facts))
    if found.get(()):
        extra = f"apt-get install linux-modules-extra-{release}  # has: {', '.join(found.value)}"
        general = (
            f"# install the rest of the modules of kernel {release}, or boot another one: {', '.join(found.value)}"
        )
        fix_with(extra if facts.os.id.get("") == "ubuntu" else general)
    if not kernel.lists_built_in and found.get(()):
        not_decided("what is built into this kernel is not listed (modules.builtin)", found.source)
    expect(found).is_empty()


def _waiting(facts: Facts, _params: object) -> dict[str, str]:
    _not_in_a_container(facts)
    return {"flag": "flag", "kernel": "kernel"}


@check(
    "boot.reboot-not-pending",
    severity="low",
    refs=("moby:#42229", "debian:reboot-required", "man:needs-restarting(1)"),
    fix="# at a time that you choose, once boot.next-kernel-has-modules and daemon.starts-again pass:\nreboot",
    each=instances("kind", _waiting),
)
def check_reboot_not_pending(kind: str, installed_kernels: InstalledKernels) -> None:
    """What runs now is what was installed.

    Where an upgrade waits for a reboot, the next boot is a change and not a repetition: it is better made when somebody
    looks on than by the next power failure.
    """
    if kind == "flag":
        _check_flag(installed_kernels)
    else:
        _check_kernel(installed_kernels)


def _check_flag(kernels: InstalledKernels) -> None:
    flag = kernels.flag
    if flag.value is None and not kernels.mechanism:
        not_applicable("nothing on this host sets a flag that a reboot is due")
    expect(
        flag, shown=lambda names: "no reboot is due" if names is None else list(names) or "a reboot is due"
    ).satisfies(lambda names: names is None, "no reboot is due")


def _check_kernel(kernels: InstalledKernels) -> None:
    newer = kernels.successors
    if not kernels.others.value and not kernels.has_own_folder:
        not_applicable("no kernel is installed below /lib/modules")
    expect(newer, shown=list).is_empty()
