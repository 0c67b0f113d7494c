"""Whether systemd can hand the engine the socket that it is told to take over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.check import check, expect, instances, not_applicable
from dockworthy.evidence import NotApplicable
from dockworthy.facts.boot.socket_unit import SERVICE, SOCKET, need_of_socket, state_of_socket
from dockworthy.facts.engine.paths import is_rootless
from dockworthy.facts.engine.unitfile import load_unit

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts


def _socket(facts: Facts, _params: object) -> dict[str, str]:
    if facts.packages.engine.is_known and facts.packages.engine.value is None:
        raise NotApplicable("no engine is installed")
    if not facts.snapshot.is_rootfs and is_rootless(facts):
        raise NotApplicable("a rootless engine has no socket of systemd's")
    return {SOCKET: SOCKET}


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
    needed = need_of_socket(facts)
    if not needed:
        has_service = load_unit(SERVICE, facts.files).fragment
        not_applicable(f"{SERVICE} does not take its socket over" if has_service else f"there is no {SERVICE}")
    expect(state_of_socket(facts), shown=lambda state: f"{name}: {state} ({needed})").equals("loaded")
