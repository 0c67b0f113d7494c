"""What happens to running containers when packages are upgraded while nobody looks on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.check import check, expect, fix_with, instances, not_applicable
from dockworthy.evidence import Evidence, NotApplicable
from dockworthy.facts.boot.needrestart import Needrestart
from dockworthy.facts.boot.upgrades import Upgrades
from dockworthy.facts.engine.paths import is_rootless
from dockworthy.facts.engine.unitfile import load_unit
from dockworthy.facts.host.packages import ENGINE_PACKAGES
from dockworthy.fixes import daemon_json

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts
    from dockworthy.facts.host.packages import Package

_CONTAINERD = ("containerd.io", "containerd")
_EXCEPTIONS = "/etc/needrestart/conf.d/docker.conf"
_LIVE_RESTORE = daemon_json('{"live-restore": true}')


def _end_where_not_asked(facts: Facts) -> None:
    if facts.packages.engine.is_known and facts.packages.engine.value is None:
        raise NotApplicable("no engine is installed")
    if is_rootless(facts):
        raise NotApplicable("a rootless engine is its user's service, which no package restarts")


def _live_restore(facts: Facts) -> Evidence[bool]:
    """Whether containers run on without the engine: as it says itself, else as it is configured."""
    said = facts.engine.info.flag("LiveRestoreEnabled")
    return said if said.is_known else facts.daemon.live_restore


def _upgraded(facts: Facts, _params: object) -> dict[str, Package]:
    _end_where_not_asked(facts)
    installed = facts.packages.engine.value
    if installed is None or installed.package is None:
        raise NotApplicable("no package brought this engine")
    own = installed.package
    if facts.upgrades.family not in {"debian", "rhel"}:
        raise NotApplicable("the system has neither unattended-upgrades nor dnf-automatic")
    found = {own.name: own}
    everything = facts.packages.installed.value
    found |= {name: everything[name] for name in _CONTAINERD if name in everything}
    return found


def _bound(facts: Facts) -> str:
    """Where docker.service says that it stops when containerd does; empty where it does not."""
    unit = load_unit("docker.service", facts.files)
    for key in ("BindsTo", "Requires", "PartOf"):
        for directive in unit.values("Unit", key):
            if "containerd.service" in directive.value.split():
                return f"{directive.source}: {key}=containerd.service"
    return ""


@check(
    "packages.upgrades-keep-containers",
    severity="medium",
    refs=("moby:#26109", "docker:live-restore", "man:unattended-upgrade(8)"),
    fix=f"{_LIVE_RESTORE}\n# or leave the upgrade of {{param}} to a person: Unattended-Upgrade::Package-Blacklist "
    '{ "docker"; "containerd"; };',
    each=instances("package", _upgraded),
    params=("unattended_upgrades_accepted",),
)
def check_upgrades_keep_containers(package: Package, upgrades: Upgrades, facts: Facts, params: Any) -> None:
    """An unattended upgrade does not stop the containers.

    An upgrade of the engine's package restarts the engine, and without live-restore all containers with it, at the hour
    of a timer. Debian's and Ubuntu's own settings allow the distribution's packages (docker.io, containerd), and
    Docker's only where a line names them. An upgrade of containerd alone stops containers only where docker.service is
    bound to it.
    """
    if params.unattended_upgrades_accepted:
        not_applicable("the profile accepts that an upgrade may stop the containers")
    if facts.swarm.state.get("") == "active":
        not_applicable("a node of a swarm cannot have live-restore: drain it before upgrades")
    on = upgrades.on
    if not on.value:
        expect(on, shown=lambda _: "upgrades are not automatic").equals(demand=False)
        return
    takes = upgrades.takes(package.name)
    if takes.is_known and not takes.value:
        expect(takes, shown=lambda _: f"does not take {package.name}").equals(demand=False)
        return
    alive = _live_restore(facts)
    if alive.get(default=False):
        expect(alive).equals(demand=True)
        return
    stops = _stops(package, upgrades, facts)
    if not stops:
        expect("not stopped", f"{package.name}: its scripts restart nothing that holds containers").equals(
            "not stopped"
        )
        return
    seen = f"{takes.get(default=True)} ({takes.source}); live-restore is off; {stops}"
    alive.value  # noqa: B018 - not known is undecided
    takes.value  # noqa: B018 - the same
    expect(seen, on.source).satisfies(lambda _: False, "not taken, or live-restore on")


def _stops(package: Package, upgrades: Upgrades, facts: Facts) -> str:
    """How an upgrade of the package stops containers; empty where it does not."""
    scripts = upgrades.restarts(package.name)
    if scripts == "spares":
        return ""
    if package.name in ENGINE_PACKAGES:
        return "the upgrade restarts docker.service"
    bound = _bound(facts)
    return f"the upgrade restarts containerd.service, and docker.service with it ({bound})" if bound else ""


def _units(facts: Facts, _params: object) -> dict[str, str]:
    _end_where_not_asked(facts)
    if not facts.needrestart.installed.value:
        raise NotApplicable("needrestart is not installed")
    names = ["docker.service"]
    if any(name in facts.packages.installed.get({}) for name in _CONTAINERD):
        names.append("containerd.service")
    return {name: name for name in names}


@check(
    "packages.needrestart-spares-engine",
    severity="medium",
    refs=("needrestart:#211", "needrestart:needrestart.conf"),
    fix="mkdir -p /etc/needrestart/conf.d\n"
    "echo '$nrconf{override_rc}{qr(^containerd)} = 0;' >>/etc/needrestart/conf.d/docker.conf  # for {param}",
    each=instances("unit", _units),
)
def check_needrestart_spares_engine(unit: str, needrestart: Needrestart, facts: Facts) -> None:
    """Needrestart does not restart the engine by itself.

    After an upgrade of a library needrestart restarts, in its mode `a`, each service that uses it: Ubuntu's since 24.04
    does so without a terminal. Debian's own list of exceptions has docker, and not containerd.
    """
    stem = unit.removesuffix(".service")
    line = f"$nrconf{{override_rc}}{{qr(^{stem})}} = 0;"
    fix_with(
        f"mkdir -p {_EXCEPTIONS.rpartition('/')[0]}\ngrep -qsxF '{line}' {_EXCEPTIONS} || echo '{line}' >>{_EXCEPTIONS}"
    )
    if _live_restore(facts).get(default=False):
        not_applicable("live-restore is on: containers run on while the engine restarts")
    mode = needrestart.mode
    if mode.value != "a":
        expect(mode).differs_from("a")
        return
    found = needrestart.restarts(unit)
    expect(found, shown=lambda yes: f"mode a {'restarts' if yes else 'spares'} it").equals(demand=False)
