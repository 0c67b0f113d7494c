"""Whether systemd can hand the engine the socket that it is told to take over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.check import check, expect, instances, not_applicable
from dockworthy.evidence import NotApplicable
from dockworthy.facts.engine.paths import is_rootless
from dockworthy.facts.engine.unitfile import load_unit

if TYPE_CHECKING:
    from dockworthy.facts.engine.unitfile import UnitFiles
    from dockworthy.facts.facts import Facts

_SERVICE, _SOCKET = "docker.service", "docker.socket"


def _socket(facts: Facts, _params: object) -> dict[str, str]:
    if facts.packages.engine.is_known and facts.packages.engine.value is None:
        raise NotApplicable("no engine is installed")
    if is_rootless(facts):
        raise NotApplicable("a rootless engine has no socket of systemd's")
    return {_SOCKET: _SOCKET}


def _requirement(service: UnitFiles) -> str:
    """Where docker.service says that it needs the socket; empty where it does not."""
    for key in ("Requires", "BindsTo", "Requisite"):
        for directive in service.values("Unit", key):
            if _SOCKET in directive.value.split():
                return f"{directive.source}: {key}={_SOCKET}"
    for directive in service.values("Service", "ExecStart"):
        if "fd://" in directive.value:
            return f"{directive.source}: -H fd://"
    return ""


@check(
    "boot.socket-unit-usable",
    severity="critical",
    refs=("moby:#25471", "man:systemd.unit(5)"),
    fix="systemctl unmask {param}  # and where there is no such unit: install the engine's package again",
    each=instances("name", _socket, none="no engine is installed"),
)
def check_socket_unit_usable(name: str, facts: Facts) -> None:
    """docker.service finds the socket unit that it requires.

    The packages' docker.service takes its socket over from docker.socket (`-H fd://`). Where that unit is masked or
    gone, the service fails at its next start: `no sockets found via socket activation`. Disabled is well: the service
    pulls it in.
    """
    has_systemd = facts.services.has_systemd
    if not facts.snapshot.is_rootfs and has_systemd.is_known and not has_systemd.value:
        not_applicable("systemd does not manage this host")
    service, socket = load_unit(_SERVICE, facts.files), load_unit(name, facts.files)
    needed = _requirement(service)
    if not needed:
        not_applicable(f"{_SERVICE} does not take its socket over" if service.fragment else f"there is no {_SERVICE}")
    state = "masked" if socket.masked else "not found" if not socket.fragment else "loaded"
    if state != "masked" and not facts.snapshot.is_rootfs:
        told = facts.services[name].value.text("LoadState")
        state = told.value.replace("-", " ")
        expect(told, shown=lambda text: f"{text} ({needed})").equals("loaded")
        return
    expect(state, f"{socket.fragment or name}; {needed}").equals("loaded")
