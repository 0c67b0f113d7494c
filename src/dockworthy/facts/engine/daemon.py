"""The engine's configuration, twice: what runs, and what the next start would make of the files as they are now."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, NotApplicable, Reason, unknown
from dockworthy.facts.engine.drift import Drift, drift, not_compared
from dockworthy.facts.engine.effective import rebuild
from dockworthy.facts.engine.inputs import EngineInputs, EngineOutcome
from dockworthy.facts.engine.nextstart import WrapperError, next_start
from dockworthy.facts.engine.running import Rebuilt, by_environment, rebuilt, running, written_since
from dockworthy.facts.engine.settings import Settings
from dockworthy.facts.engine.starter import Starter, starter
from dockworthy.facts.engine.unitfile import UNIT_FOLDERS, load_unit
from dockworthy.facts.facts import fact
from dockworthy.hosttree.faults import UndecidedError
from dockworthy.releases import Release
from dockworthy.releases import known as known_releases
from dockworthy.tables import decode, environment, number, rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.facts.api.engine import Engine
    from dockworthy.facts.api.networks import Networks
    from dockworthy.facts.engine.release import EngineRelease
    from dockworthy.facts.facts import Facts
    from dockworthy.facts.host.processes import EngineProcess, Processes
    from dockworthy.facts.host.services import Services
    from dockworthy.facts.kernel.cgroups import CgroupFacts
    from dockworthy.hosttree.tree import Tree
    from dockworthy.snapshot import Snapshot

__all__ = ["DaemonConfig", "Drift", "daemon"]

_PROGRAMS = frozenset({"containerd", "docker-init", "docker-proxy", "ip6tables", "iptables", "nft", "runc"})
_UNKNOWN = Release(())
_DEFAULT_PROGRAM = "/usr/bin/dockerd"


@dataclass(frozen=True, slots=True)
class DaemonConfig(Settings):
    """The settings in force, each as an attribute named as its key in daemon.json, with underscores.

    They are those of the engine that runs; where none does, those that it would start with.
    """

    running: EngineOutcome | None  # what is in force; None where no engine runs
    next_start: EngineOutcome  # what the files on disk come to at the next start
    # the settings that the next start would change; of a rehearsal, that the release would change of what is in force
    drift: tuple[Drift, ...] = ()
    # the settings of which nobody can tell whether it would, and why, by key
    not_compared: Mapping[str, Reason] = field(default_factory=dict)
    replaced: EngineOutcome | None = None  # of a rehearsal: what is in force in its place
    unit_files: tuple[str, ...] = ()  # those that made the engine that runs: its unit's, and the ones with variables

    @property
    def in_force(self) -> EngineOutcome:
        """What runs, or else what would."""
        return self.next_start if self.running is None else self.running

    @property
    def is_running(self) -> bool:
        """Whether the settings are those of an engine that runs; else of one that would start."""
        return self.running is not None

    @property
    def reason(self) -> Reason:
        """Why a setting is not known, where it is not."""
        return self.in_force.reason

    @property
    def program(self) -> str:
        """The engine's program at its next start; where that is not known, that of now."""
        return self.next_start.program or (self.running.program if self.running is not None else "") or _DEFAULT_PROGRAM

    @property
    def arguments(self) -> tuple[str, ...]:
        """The command line that the next start has, without the program; where that is not known, that of now."""
        return self.next_start.arguments or (self.running.arguments if self.running is not None else ())

    def setting(self, key: str) -> Evidence[Any]:
        """One setting by its key."""
        return self.in_force.setting(key)

    def declared(self, key: str) -> Evidence[Any]:
        """One setting as it was asked for, which is not always what the engine found on its host."""
        if self.running is None:
            return self.next_start.setting(key)
        found = self.running.declared.get(key)
        return unknown(self.running.reason, f"dockerd: {key}") if found is None else found


@dataclass(frozen=True, slots=True)
class _Host:
    """What a start of the engine meets."""

    snapshot: Snapshot
    processes: Processes
    files: Tree
    services: Services
    cgroups: CgroupFacts
    releases: EngineRelease


@fact
def daemon(
    snapshot: Snapshot,
    processes: Processes,
    engine: Engine,
    files: Tree,
    services: Services,
    networks: Networks,
    cgroups: CgroupFacts,
    engine_release: EngineRelease,
    before: Facts | None,
) -> DaemonConfig:
    """The configuration of the engine that the target's user would reach.

    Raises:
        NotApplicable: where no engine is installed.
    """
    process = processes.target
    if process is None and _no_engine(snapshot, engine):
        raise NotApplicable("no Docker Engine is installed on this host")
    host = _Host(snapshot, processes, files, services, cgroups, engine_release)
    by = starter(snapshot, services, process)
    if process is None:
        return _unseen(host, by, engine, networks)
    inputs = _process_inputs(host, process)
    start = rebuilt(inputs, process) if inputs is not None else None
    if start is not None:
        start = replace(start, outcome=by_environment(start.outcome, _variables(host, process)))
    now = running(start, process, engine, networks, engine_release.running.get(_UNKNOWN))
    why = process.arguments.unknown or snapshot.data(f"proc:{process.pid}/environ").unknown
    if inputs is None and why is not None:
        now = replace(now, reason=why.within(f"what the engine was started with was not seen ({why})"))
    after = _next(host, by, inputs, start)
    if before is not None:
        now = before.daemon.running or now
    if engine_release.is_ahead:
        return DaemonConfig(None, after, _changes(now, after), replaced=now)
    changed = _changed(host, by, process, after.file)
    reads = (_unit_reads(host, by) or ()) if by.has_started else ()
    return DaemonConfig(now, after, drift(now, after), not_compared(now, after, changed=changed), unit_files=reads)


def _changes(now: EngineOutcome, after: EngineOutcome) -> tuple[Drift, ...]:
    """What another release changes of the settings that both have."""
    names = ({row.name for row in known_releases().rules(one.release).settings} for one in (now, after))
    both = set.intersection(*names)
    return tuple(item for item in drift(now, after) if item.key in both)


def _no_engine(snapshot: Snapshot, engine: Engine) -> bool:
    """Whether it is certain that there is none: the probe looked for its program and its API, and met neither."""
    which = snapshot.text("cmd:which")
    if not which.is_known or not snapshot.text("cmd:engines").is_known or engine.info.unknown is None:
        return False
    return not any(line.split()[:1] == ["dockerd"] for line in which.value.splitlines())


def _unseen(host: _Host, by: Starter, engine: Engine, networks: Networks) -> DaemonConfig:
    """Where it is not known which process the engine is: it may be another's, or there may be none."""
    why = _not_seen(host)
    if engine.info.unknown is not None or host.releases.is_ahead:
        after = _next(host, by, None, None)
        if why is None or why.code is Code.NO_RUNTIME:
            return DaemonConfig(None, after)
        return DaemonConfig(EngineOutcome(None, reason=why), after)
    why = why or Reason("the engine that answers is no process of this host", Code.NOT_TOLD)
    release = host.releases.running.get(_UNKNOWN)
    now = replace(running(None, None, engine, networks, release), reason=why)
    return DaemonConfig(now, EngineOutcome(None, reason=why))


def _not_seen(host: _Host) -> Reason | None:
    """Why the engine's process is not known; None where there is none on the host."""
    why = host.snapshot.text("cmd:engines").unknown
    if why is not None:
        return why.within(f"the engine's process was not seen ({why})")
    if host.processes.of_kind("dockerd").get(()):
        return Reason("which of the engines is meant is not known", Code.AMBIGUOUS)
    return None


# --- the next start -------------------------------------------------------------------------------------------


def _next(host: _Host, by: Starter, inputs: EngineInputs | None, start: Rebuilt | None) -> EngineOutcome:
    """The next start, by what starts the engine; ``inputs`` and ``start`` are those of the one that runs."""
    process = host.processes.target
    release = _next_release(host, process)
    if not by.unit:
        return _by_hand(host, by, inputs, start, release)
    base = inputs or EngineInputs(pidfiles=_pidfiles(host, None), cgroup=_cgroup(host), systemd=_systemd(host))
    go = base.go if release == base.release else ()
    base = replace(base, files=host.files, release=release, go=go, activation=_anyway(host.services))
    try:
        after = next_start(base, by, _specifiers(host.snapshot, by, base))
    except WrapperError as wrapper:
        if process is not None and by.has_started and not _changed(host, by, process, ""):
            origin = f"{wrapper.what}, which is taken to start the engine with the same arguments again"
            return replace(_by_hand(host, by, inputs, start, release), origin=origin)
        why = Reason(f"how {by.unit} starts the engine is not known: {wrapper}", wrapper.reason.code)
        return EngineOutcome(None, undecided=(wrapper.needed,), reason=why, origin=by.unit)
    return _proven(host, by, after, start)


def _by_hand(
    host: _Host, by: Starter, inputs: EngineInputs | None, start: Rebuilt | None, release: Release
) -> EngineOutcome:
    """The same arguments once more, with the file as it is now."""
    process = host.processes.target
    if process is None:
        return EngineOutcome(
            None, reason=Reason("no engine runs, and no unit says how it would be started", Code.NOT_TOLD)
        )
    origin = f"the arguments of process {process.pid}, which no service starts"
    if inputs is None:
        return EngineOutcome(None, origin=origin)
    after = rebuild(replace(inputs, release=release, go=inputs.go if release == inputs.release else ()))
    after = by_environment(after, _variables(host, process))
    return _proven(host, by, replace(after, program=process.program, origin=origin), start)


def _next_release(host: _Host, process: EngineProcess | None) -> Release:
    """The release that would start; not known where the program was put in the place of another by no package."""
    if host.releases.rehearsed is None and process is not None and process.replaced:
        return host.releases.installed.get(_UNKNOWN)
    return host.releases.next_start.get(_UNKNOWN)


def _proven(host: _Host, by: Starter, after: EngineOutcome, start: Rebuilt | None) -> EngineOutcome:
    """The next start without what the running engine proves.

    It found its programs, and with the same arguments it read every file that was not written since it started, and
    took every value that is not told.
    """
    process = host.processes.target
    if process is None:
        return after
    needed: frozenset[Reason] = frozenset()
    if start is not None and start.outcome.arguments == after.arguments:
        needed = frozenset(start.outcome.undecided)
        is_other = _next_release(host, process) != host.releases.of_today.get(_UNKNOWN)
        if start.stale is not None or is_other or _changed(host, by, process, after.file):
            needed = frozenset(what for what in needed if what.code is not Code.HIDDEN)
    left = tuple(what for what in after.undecided if not _is_proven(host.files, process, what, needed))
    starts = True if after.starts is None and after.refusal is None and not left and after.settings else after.starts
    return replace(after, undecided=left, starts=starts)


def _is_proven(files: Tree, process: EngineProcess, what: Reason, needed: frozenset[Reason]) -> bool:
    if what.rpartition("/")[2] in _PROGRAMS or (what.code is Code.HIDDEN and what in needed):
        return True
    return what in needed and what.startswith("/") and written_since(files[what], process).get(True) is False


def _changed(host: _Host, by: Starter, process: EngineProcess, config_file: str) -> bool:
    """Whether something that the next start reads was written since the engine started, as far as that is known."""
    reads = _unit_reads(host, by)
    if reads is None:
        return True
    paths = (*reads, config_file) if config_file else reads
    written = (written_since(host.files[path], process) for path in paths if not host.files[path].is_absent)
    return any(one.get(True) for one in written)


def _unit_reads(host: _Host, by: Starter) -> tuple[str, ...] | None:
    """The files of the unit, and those that it takes variables from; None where one of the unit's was not seen."""
    if not by.unit:
        return ()
    try:
        unit = load_unit(by.unit, host.files, by.folders)
    except UndecidedError:
        return None
    named = (item.value.removeprefix("-") for item in unit.values("Service", "EnvironmentFile"))
    found = (path for name in named if name.startswith("/") for path in host.files.glob(name))
    return tuple(dict.fromkeys(filter(None, (unit.fragment, *unit.drop_ins, *found))))


def _specifiers(snapshot: Snapshot, by: Starter, base: EngineInputs) -> dict[str, str]:
    """What those specifiers of units stand for that are the host's own, or a user's."""
    name = snapshot.text("cmd:hostname").get("").strip()
    found = {"H": name, "l": name.partition(".")[0]} if name else {}
    if by.folders is UNIT_FOLDERS:
        return found
    home = base.env.get("HOME", "")
    own = {
        "h": home,
        "t": base.env.get("XDG_RUNTIME_DIR", ""),
        "E": base.env.get("XDG_CONFIG_HOME") or f"{home}/.config",
        "C": base.env.get("XDG_CACHE_HOME") or f"{home}/.cache",
        "S": base.env.get("XDG_STATE_HOME") or f"{home}/.local/state",
        "U": str(base.uid),
        "u": base.env.get("USER", ""),
    }
    return {**found, **{letter: text for letter, text in own.items() if text}}


def _anyway(services: Services) -> tuple[str, ...] | None:
    """The sockets that systemd hands over whether the service asks for them or not: those that it listens on."""
    unit = services["docker.socket"]
    if not unit.is_known:
        return None
    if unit.value.active.get("active") != "active" and not unit.value.enabled.get("enabled").startswith("enabled"):
        return ()
    listens = unit.value.listens
    return tuple(listens.value) if listens.is_known else None


# --- what the engine was started with -------------------------------------------------------------------------


def _process_inputs(host: _Host, process: EngineProcess) -> EngineInputs | None:
    """What the running engine was started with; None where that was not seen.

    An engine without root's rights finds its file by its environment.
    """
    variables = _variables(host, process)
    if not process.arguments.is_known or (process.uid and not variables.is_known):
        return None
    return EngineInputs(
        argv=process.arguments.value[1:],
        env=environment(variables.get(b"")),
        files=host.files.seen_by(cwd=_cwd(host.snapshot, process.pid)),
        activation=_activation(host.services, process.arguments.value),
        release=host.releases.of_today.get(_UNKNOWN),
        go=host.releases.go,
        uid=process.uid or 0,
        cgroup=_cgroup(host),
        systemd=_systemd(host),
        pidfiles=_pidfiles(host, process),
    )


def _variables(host: _Host, process: EngineProcess) -> Evidence[bytes]:
    return host.snapshot.data(f"proc:{process.pid}/environ")


def _cgroup(host: _Host) -> int | None:
    """The version of the control groups that the engine uses; None where that is not known."""
    is_v2 = host.cgroups.is_v2
    return (2 if is_v2.value else 1) if is_v2.is_known and host.cgroups.mode.value != "none" else None


def _systemd(host: _Host) -> bool | None:
    """Whether systemd manages them; None where that is not known."""
    manager = host.cgroups.manager
    return manager.value == "systemd" if manager.is_known else None


def _pidfiles(host: _Host, process: EngineProcess | None) -> dict[str, int | None] | None:
    """The living process that each file names of those in which an engine looks for another one.

    An engine that runs removes its own when it ends; where which one runs is not known, no engine's number counts.
    """
    text = host.snapshot.text("cmd:pidfiles")
    if not text.is_known:
        return None
    own = {process.pid} if process is not None else {one.pid for one in host.processes.of_kind("dockerd").get(())}
    found: dict[str, int | None] = {}
    for path, pid, state in (words[:3] for words in rows(text.value, 3)):
        living = number(pid) if state == "lives" else None if state in {"unknown", "odd"} else 0
        found[decode(path)] = 0 if living in own else living
    return found


def _cwd(snapshot: Snapshot, pid: int) -> str:
    text = snapshot.text(f"proc:{pid}/cwd").get("/").strip()
    return text if text.startswith("/") else "/"


def _activation(services: Services, argv: tuple[str, ...]) -> tuple[str, ...] | None:
    """The sockets that systemd hands over, where the arguments ask for them."""
    if not any(argument.endswith("fd://") or argument.startswith("fd://") for argument in argv):
        return ()
    unit = services["docker.socket"]
    if not unit.is_known:
        return None
    listens = unit.value.listens
    return tuple(listens.value) if listens.is_known else None
