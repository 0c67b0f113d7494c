"""The engine's configuration in force: what its API says, else what the merge of its sources comes to.

A running engine has what it was started with. Where daemon.json was written after that, the file no longer tells
what is in force: a setting that the API does not show is then not known (a reload takes some keys, not all, and
leaves no trace), unless a flag on the command line decides it, because no key may stand in both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from dockworthy.evidence import Code, Evidence, NotApplicable, OriginKind, Reason, derived, known, unknown
from dockworthy.facts.engine import EngineInputs, EngineOutcome, rebuild
from dockworthy.facts.engine.settings import Settings
from dockworthy.facts.facts import fact
from dockworthy.releases import Release
from dockworthy.tables import decode, environment, number, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dockworthy.facts.api.engine import Engine
    from dockworthy.facts.api.networks import Networks
    from dockworthy.facts.engine.release import EngineRelease
    from dockworthy.facts.host.processes import EngineProcess, Processes
    from dockworthy.facts.host.services import Services
    from dockworthy.hosttree.tree import Tree
    from dockworthy.snapshot import Snapshot

__all__ = ["DaemonConfig", "Drift", "daemon"]

_PROGRAMS = frozenset({"containerd", "docker-init", "docker-proxy", "ip6tables", "iptables", "nft", "runc"})
_NOT_READ = Reason("the engine's configuration could not be read", Code.UNREADABLE)
_UNKNOWN = Release(())
_SLACK = 2  # seconds: start times have a resolution of their own


@dataclass(frozen=True, slots=True)
class Drift:
    """A setting whose value in force is not what the next start would give it."""

    key: str  # as daemon.json spells it
    running: Evidence[Any]  # in force now
    next_start: Evidence[Any]  # after the next start

    @property
    def origin(self) -> OriginKind | None:
        """What sort of place gives it the other value."""
        return self.next_start.origin


@dataclass(frozen=True, slots=True)
class DaemonConfig(Settings):
    """The settings, each as an attribute named as its key in daemon.json, with underscores."""

    settings: Mapping[str, Evidence[Any]]  # by key
    is_running: bool  # whether they are those of an engine that runs; else of one that would start
    next_start: EngineOutcome  # what the files on disk come to at the next start
    drift: tuple[Drift, ...] = ()  # settings that the API shows and the next start would change
    program: str = "/usr/bin/dockerd"  # the engine's program
    arguments: tuple[str, ...] = ()  # what it was started with, without the program
    reason: Reason = _NOT_READ  # why a setting is not known, where it is not

    def setting(self, key: str) -> Evidence[Any]:
        """One setting by its key."""
        found = self.settings.get(key)
        return found if found is not None else unknown(self.reason, f"dockerd: {key}")


@fact
def daemon(
    snapshot: Snapshot,
    processes: Processes,
    engine: Engine,
    files: Tree,
    services: Services,
    networks: Networks,
    engine_release: EngineRelease,
) -> DaemonConfig:
    """The configuration of the engine that the target's user would reach.

    Raises:
        NotApplicable: where no engine is installed.
    """
    process = processes.target
    if process is None and _no_engine(snapshot, engine):
        raise NotApplicable("no Docker Engine is installed on this host")
    inputs = _inputs(_Host(snapshot, processes, files, services, engine_release), process)
    outcome = rebuild(inputs) if inputs is not None else EngineOutcome(None)
    settings = dict(outcome.settings)
    if process is not None:
        _distrust_newer_file(files, process, outcome, settings)
    seen = _seen(engine, networks)
    drift = tuple(
        Drift(key, running, outcome.settings[key])
        for key, running in seen.items()
        if key in outcome.settings and _differs(key, running, outcome.settings[key])
    )
    settings.update({key: value for key, value in seen.items() if not _by_environment(value, settings.get(key))})
    if process is not None:
        outcome = replace(outcome, undecided=_not_proven(files, process, outcome))
    return DaemonConfig(
        settings=settings,
        is_running=process is not None or engine.info.unknown is None,
        next_start=outcome,
        drift=drift,
        program=(process.program if process is not None else "") or "/usr/bin/dockerd",
        arguments=inputs.argv if inputs is not None else (),
        reason=_reason(snapshot, inputs),
    )


def _by_environment(seen: Evidence[Any], rebuilt: Evidence[Any] | None) -> bool:
    """Whether a variable of the engine's environment says what the API can only repeat."""
    return rebuilt is not None and rebuilt.source == "environment: DEBUG" and seen.value == rebuilt.get(None)


def _not_proven(files: Tree, process: EngineProcess, outcome: EngineOutcome) -> tuple[str, ...]:
    """What a start depends on and nobody looked at, less what the running engine proves.

    It found its programs, and it read every file that was not written since it started.
    """
    started = process.started
    left = []
    for what in outcome.undecided:
        if what.rpartition("/")[2] in _PROGRAMS:
            continue
        entry = files[what] if what.startswith("/") else None
        if started is None or entry is None or entry.mtime.get(started + _SLACK + 1) > started + _SLACK:
            left.append(what)
    return tuple(left)


def _reason(snapshot: Snapshot, inputs: EngineInputs | None) -> Reason:
    why = snapshot.text("cmd:engines").unknown
    if why is not None:
        return why.within(f"the engine's process was not seen ({why})")
    if inputs is None:
        return Reason("no engine runs, and no unit says how it would be started", Code.NOT_TOLD)
    return _NOT_READ


def _no_engine(snapshot: Snapshot, engine: Engine) -> bool:
    """Whether it is certain that there is none: the probe looked for its program and its API, and met neither."""
    which = snapshot.text("cmd:which")
    if not which.is_known or not snapshot.text("cmd:engines").is_known or engine.info.unknown is None:
        return False
    return not any(line.split()[:1] == ["dockerd"] for line in which.value.splitlines())


# --- what the engine was started with -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Host:
    """What a start of the engine meets."""

    snapshot: Snapshot
    processes: Processes
    files: Tree
    services: Services
    release: EngineRelease


def _inputs(host: _Host, process: EngineProcess | None) -> EngineInputs | None:
    """What the running engine was started with, or what its unit would start it with."""
    if process is not None:
        if not process.arguments.is_known:
            return None
        return EngineInputs(
            argv=process.arguments.value[1:],
            env=environment(host.snapshot.data(f"proc:{process.pid}/environ").get(b"")),
            files=host.files.seen_by(cwd=_cwd(host.snapshot, process.pid)),
            activation=_activation(host.services, process.arguments.value),
            release=host.release.in_force.get(_UNKNOWN),
            uid=process.uid or 0,
            pidfiles=_pidfiles(host, process),
        )
    argv = _unit_argv(host.services)
    if argv is None:
        return None
    return EngineInputs(
        argv=argv,
        files=host.files,
        activation=_activation(host.services, argv),
        release=host.release.next_start.get(_UNKNOWN),
        pidfiles=_pidfiles(host, None),
    )


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


def _unit_argv(services: Services) -> tuple[str, ...] | None:
    """The arguments in docker.service's ExecStart as systemd has merged them, without variables to expand.

    Of a program that is no engine the probe tells the path alone, and what it would start is not known.
    """
    unit = services["docker.service"]
    if not unit.is_known:
        return None
    start = unit.value.text("ExecStart")
    if not start.is_known or "argv[]=" not in start.value:
        return None
    words = start.value.partition("argv[]=")[2].partition(" ;")[0].split()
    is_engine = bool(words) and words[0].rpartition("/")[2].startswith("dockerd")
    return tuple(words[1:]) if is_engine and not any("$" in word for word in words) else None


def _distrust_newer_file(
    files: Tree, process: EngineProcess, outcome: EngineOutcome, settings: dict[str, Evidence[Any]]
) -> None:
    """Forget what only the file says, where it was written after the engine started."""
    path = outcome.config_file
    if not path or process.started is None:
        return
    entry = files[path]
    if entry.is_absent or not entry.mtime.is_known or entry.mtime.value <= process.started + _SLACK:
        return
    reason = Reason(
        f"{path} was written after the engine started, and the engine does not show this setting; restart it",
        Code.STALE,
    )
    for key, value in settings.items():
        if value.origin is not OriginKind.FLAG:
            settings[key] = unknown(reason, f"{path}: {key}")


# --- what the API shows ---------------------------------------------------------------------------------------


def _seen(engine: Engine, networks: Networks) -> dict[str, Evidence[Any]]:
    """The settings that the running engine itself shows, by key."""
    info = engine.info
    if info.unknown is not None:
        return {}
    seen: dict[str, Evidence[Any]] = {
        "debug": info.flag("Debug"),
        "log-driver": info.text("LoggingDriver"),
        "live-restore": info.flag("LiveRestoreEnabled"),
        "default-runtime": info.text("DefaultRuntime"),
        "experimental": info.flag("ExperimentalBuild"),
        "storage-driver": info.text("Driver"),
        "labels": info.texts("Labels", default=()).map(list),
        "authorization-plugins": info.texts("Plugins", "Authorization", default=()).map(list),
        "registry-mirrors": info.texts("RegistryConfig", "Mirrors", default=()).map(list),
        "insecure-registries": _insecure(engine),
        "no-new-privileges": engine.security_option("no-new-privileges").map(lambda option: option is not None),
        "seccomp-profile": engine.security_option("seccomp").map(_seccomp),
        "selinux-enabled": engine.security_option("selinux").map(lambda option: option is not None),
        "icc": _icc(networks),
    }
    return {key: value for key, value in seen.items() if value.is_known}


def _seccomp(option: Mapping[str, str] | None) -> str:
    """The profile as daemon.json has it; ``default`` is what engines before 23 called the built-in one."""
    profile = "unconfined" if option is None else option.get("profile", "builtin")
    return "builtin" if profile == "default" else profile


@derived
def _insecure(engine: Engine) -> Evidence[Any]:
    """Every registry that the engine contacts without verifying it, the built-in loopback ranges included."""
    networks = engine.info.texts("RegistryConfig", "InsecureRegistryCIDRs", default=())
    indexes = engine.info.table("RegistryConfig", "IndexConfigs", default={}).by(networks.source)
    names = [name for name, index in indexes.value.items() if isinstance(index, dict) and index.get("Secure") is False]
    return known(sorted({*networks.value, *names}), "GET /info: RegistryConfig")


def _icc(networks: Networks) -> Evidence[Any]:
    """Whether containers on the default bridge reach each other, by that bridge's own option."""
    bridge = networks.default_bridge
    if bridge is None:
        return unknown("there is no default bridge", "GET /networks", Code.ABSENT)
    key = "com.docker.network.bridge.enable_icc"
    options = bridge.options.by(f"GET /networks/{bridge.name}: {key}")
    return options.map(lambda found: found.get(key, "true") == "true")


_SAME: dict[str, Callable[[Any], Any]] = {
    "insecure-registries": lambda value: set(value) - {"127.0.0.0/8", "::1/128"},
    "registry-mirrors": set,
    "labels": set,
    "authorization-plugins": list,
}


def _differs(key: str, running: Evidence[Any], after: Evidence[Any]) -> bool:
    """Whether the next start would change it; defaults that the engine finds at its start are no difference."""
    if not (running.is_known and after.is_known) or (key == "storage-driver" and not after.value):
        return False
    plain = _SAME.get(key, lambda value: value)
    return bool(plain(running.value) != plain(after.value))
