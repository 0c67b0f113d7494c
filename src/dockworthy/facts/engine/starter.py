"""What starts the engine: a service of systemd's, or a person, whose command line is all that there is to go by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.facts.engine.unitfile import UNIT_FOLDERS, user_folders
from dockworthy.tables import environment, rows

if TYPE_CHECKING:
    from dockworthy.facts.host.processes import EngineProcess
    from dockworthy.facts.host.services import Services
    from dockworthy.snapshot import Snapshot

__all__ = ["BY_SERVICE", "Starter", "starter"]

ENGINE_UNIT = "docker.service"
_AT_BOOT = frozenset({"enabled", "enabled-runtime", "alias", "generated"})


@dataclass(frozen=True, slots=True)
class Starter:
    """Who will start the engine."""

    unit: str  # the service; empty where there is none, and the same arguments are taken once more
    folders: tuple[str, ...] = UNIT_FOLDERS  # where its unit lies
    has_started: bool = False  # whether the engine that runs is known to be its own


BY_HAND = Starter("")
BY_SERVICE = Starter(ENGINE_UNIT)


def starter(snapshot: Snapshot, services: Services, process: EngineProcess | None) -> Starter:
    """What starts the engine next: whatever started the one that runs, else what starts one at the boot."""
    unit = services[ENGINE_UNIT]
    if process is None:
        is_absent = unit.is_known and unit.value.text("LoadState").get("") == "not-found"
        return BY_HAND if is_absent or services.has_systemd.get(True) is False else BY_SERVICE
    if process.is_contained:
        return BY_HAND  # its own files are not those of this host
    whose, name = next(iter(rows(snapshot.text(f"proc:{process.pid}/unit").get(""), 2)), ("none", ""))[:2]
    if whose == "system":
        return Starter(name, has_started=True)
    if whose == "user":
        return Starter(name, user_folders(_config_home(snapshot, process)), has_started=True)
    return _of_the_system(services, process)


def _config_home(snapshot: Snapshot, process: EngineProcess) -> str:
    variables = environment(snapshot.data(f"proc:{process.pid}/environ").get(b""))
    return variables.get("XDG_CONFIG_HOME") or f"{variables.get('HOME', '')}/.config"


def _of_the_system(services: Services, process: EngineProcess) -> Starter:
    """Whether the system's own service starts this engine again, where its control group names no service."""
    if process.uid or services.has_systemd.get(True) is False:
        return BY_HAND
    unit = services[ENGINE_UNIT]
    if not unit.is_known:
        return BY_SERVICE
    if unit.value.main_pid:
        return Starter(ENGINE_UNIT, has_started=True) if unit.value.main_pid == process.pid else BY_HAND
    socket = services["docker.socket"]
    states = {unit.value.enabled.get(""), socket.value.enabled.get("") if socket.is_known else ""}
    return BY_HAND if states.isdisjoint(_AT_BOOT) else BY_SERVICE
