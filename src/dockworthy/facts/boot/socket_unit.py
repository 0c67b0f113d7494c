"""Whether systemd can hand docker.service the socket that it is told to take over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.evidence import Evidence, known
from dockworthy.facts.engine.unitfile import load_unit
from dockworthy.hosttree.faults import UndecidedError
from dockworthy.tables import decode, rows

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts

__all__ = ["SERVICE", "SOCKET", "missing_socket", "need_of_socket", "state_of_socket"]

SERVICE, SOCKET = "docker.service", "docker.socket"


def need_of_socket(facts: Facts) -> str:
    """Where docker.service says that it needs the socket unit; empty where it does not."""
    service = load_unit(SERVICE, facts.files)
    for key in ("Requires", "BindsTo", "Requisite"):
        for directive in service.values("Unit", key):
            if SOCKET in directive.value.split():
                return f"{directive.source}: {key}={SOCKET}"
    for directive in service.values("Service", "ExecStart"):
        if "fd://" in directive.value:
            return f"{directive.source}: -H fd://"
    return ""


def state_of_socket(facts: Facts) -> Evidence[str]:
    """``loaded``, ``masked``, ``not found`` or another word of systemd's; of a root file system by its files."""
    if facts.snapshot.is_rootfs:
        if not any(
            decode(words[0]).endswith(f"/{SOCKET}") for words in rows(facts.snapshot.text("stat:units").value, 1)
        ):
            return known("not found", "/usr/lib/systemd/system")
        socket = load_unit(SOCKET, facts.files)
        return known("masked" if socket.masked else "loaded", socket.fragment)
    told = facts.services[SOCKET].then(lambda unit: unit.text("LoadState")).map(lambda state: state.replace("-", " "))
    if told.get("") == "not found":
        return told
    socket = load_unit(SOCKET, facts.files)
    return known("masked", socket.fragment) if socket.masked else told


def missing_socket(facts: Facts) -> str:
    """Why systemd cannot hand over the socket that docker.service needs; empty where it can, or nothing is known."""
    if not (facts.snapshot.is_rootfs or facts.services.has_systemd.get(default=False)):
        return ""
    try:
        state = state_of_socket(facts).get("loaded")
        return "" if state == "loaded" or not need_of_socket(facts) else state
    except UndecidedError:
        return ""
