"""The engine's service, and what was changed since it started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, NotApplicable, NotDecided, known
from dockworthy.facts.engine.paths import config_file, is_rootless, unit_files

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts
    from dockworthy.facts.host.services import Unit

__all__ = ["Change", "changes", "engine_unit"]

_UNIT = "docker.service"
_CLOCK_TICKS = 2  # seconds that a process's start time may be off (it is counted in ticks since the boot)


def engine_unit(facts: Facts, _params: object) -> dict[str, Unit]:
    """The service of the engine that is installed; raises NotApplicable where no systemd manages it."""
    installed = facts.packages.engine
    if installed.is_known and installed.value is None:
        return {}
    if not facts.services.has_systemd.value:
        raise NotApplicable("systemd does not manage this host")
    if is_rootless(facts):
        raise NotApplicable("a rootless engine is its user's service")
    if installed.is_known and installed.value is not None and installed.value.kind == "snap":
        raise NotApplicable("a snap has a service of its own")
    return {_UNIT: facts.services[_UNIT].value}


@dataclass(frozen=True, slots=True)
class Change:
    """What a restart of the engine may bring into force: a file, or what systemd and the kernel know."""

    modified: Evidence[int] | None  # when the file was changed, in epoch seconds; None for what is no file
    started: int  # when the engine started, in epoch seconds, counted generously
    pending: Evidence[bool] | None  # whether a restart or a reload is pending; None for a file


def changes(facts: Facts, params: object) -> dict[str, Change]:
    """The engine's configuration file, its unit's files and environment, its program, and systemd's own knowledge.

    Raises:
        NotDecided: where it is not known when the engine started.
        NotApplicable: where a start that is yet to come is judged.
    """
    if facts.before is not None:
        raise NotApplicable("the engine is judged as after a restart")
    target = facts.processes.target
    if target is None:
        if facts.processes.running.value:
            raise NotDecided("which engine is meant is not known", "the processes of the engines", Code.AMBIGUOUS)
        return {}
    if target.started is None:
        raise NotDecided("when the engine started is not known", f"/proc/{target.pid}/stat")
    start = target.started + _CLOCK_TICKS
    found: dict[str, Change] = {}
    for path in _files_of(facts, params, target.pid):
        file = facts.files[path]
        if not file.is_absent:
            found[path] = Change(file.mtime, start, None)
    if target.program:
        source = f"/proc/{target.pid}/exe: replaced since the engine started"
        found[target.program] = Change(None, start, known(target.replaced, source))
    unit = facts.services[_UNIT]
    if unit.is_known and unit.value.main_pid == target.pid:
        found[_UNIT] = Change(None, start, unit.value.needs_daemon_reload)
    return found


def _files_of(facts: Facts, params: object, pid: int) -> list[str]:
    paths = [config_file(facts), *facts.daemon.unit_files]
    unit = facts.services[_UNIT]
    if unit.is_known and unit.value.main_pid == pid:
        paths += unit_files(_UNIT)(facts, params)
        paths += unit.value.environment_files
    return paths
