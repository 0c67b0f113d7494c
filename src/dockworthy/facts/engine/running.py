"""What an engine that runs has in force: its own process and its API before the files that it was started with.

Where daemon.json was written after the start, the file no longer tells what is in force: a setting that neither the
command line nor the API nor the engine's own sockets and networks show is then not known. A reload (``SIGHUP``)
takes in some keys and leaves no trace, so that the time of the file alone can't tell.
"""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Reason, derived, known, unknown
from dockworthy.facts.engine.defaults import default_config_file
from dockworthy.facts.engine.effective import rebuild
from dockworthy.facts.engine.flags import parse_arguments
from dockworthy.facts.engine.inputs import EngineInputs, EngineOutcome
from dockworthy.golang.values import attempt
from dockworthy.hosttree.entry import Entry, Kind
from dockworthy.regex import regex
from dockworthy.releases import known as known_releases

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.facts.api.engine import Engine
    from dockworthy.facts.api.networks import Networks
    from dockworthy.facts.host.processes import EngineProcess
    from dockworthy.hosttree.looked import FileFacts
    from dockworthy.hosttree.tree import Tree
    from dockworthy.releases import Release, Rules

__all__ = ["Rebuilt", "by_environment", "is_internal", "rebuilt", "running", "written_since"]

_SLACK = 2  # seconds: start times have a resolution of their own


def written_since(file: FileFacts, process: EngineProcess) -> Evidence[bool]:
    """Whether a file was written after the engine started; unknown where one of the times is."""
    started = process.started
    if started is None:
        return unknown("when the engine started is not known", f"/proc/{process.pid}/stat", Code.NOT_TOLD)
    return file.mtime.map(lambda modified: modified > started + _SLACK)


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The start of the engine that runs, made once more from what it was started with."""

    outcome: EngineOutcome
    stale: Reason | None  # why its file is not the one that it took in; None where it is


def rebuilt(inputs: EngineInputs, process: EngineProcess) -> Rebuilt:
    """What the running engine was started with comes to: with its file, where that is the one that it read."""
    path = _config_file(inputs)
    reason = _not_taken_in(path, inputs.files, process) if path else None
    if reason is not None:
        inputs = replace(inputs, files=inputs.files.with_entry(path, Entry(Kind.UNKNOWN, unknown=reason)))
    return Rebuilt(replace(rebuild(inputs), program=process.program), reason)


def by_environment(outcome: EngineOutcome, variables: Evidence[bytes]) -> EngineOutcome:
    """The same where the variables may not have been seen: what one of them may have set is then not known."""
    why = variables.unknown
    if why is None or not outcome.settings:
        return outcome
    settings = dict(outcome.settings)
    settings["proxies"] = unknown(why, variables.source)
    if not settings["debug"].get(True):
        settings["debug"] = unknown(why, variables.source)
    return replace(outcome, settings=settings)


def _config_file(inputs: EngineInputs) -> str:
    line = attempt(parse_arguments, inputs.argv, inputs.rules)
    path = attempt(default_config_file, inputs) if line is None else None
    if line is not None:
        path = line.values.get("config-file") if "config-file" in line.values else attempt(default_config_file, inputs)
    return posixpath.join(inputs.files.cwd, path) if path else ""


def _not_taken_in(path: str, files: Tree, process: EngineProcess) -> Reason | None:
    """Why a configuration file is not what the engine read at its start, or None."""
    file = files[path]
    if file.is_absent:
        return _taken_away(path, files, process)
    newer = written_since(file, process)
    if newer.get(default=False):
        sentence = "was written after the engine started, and the engine does not show this setting; restart it"
        return Reason(f"{path} {sentence}", Code.STALE)
    return (
        Reason(f"whether {path} is older than the engine is not known", Code.STALE) if process.started is None else None
    )


def _taken_away(path: str, files: Tree, process: EngineProcess) -> Reason | None:
    """Why the engine may have read a file that is gone: something went from its folder since, or came there."""
    folder = files[posixpath.dirname(path)]
    key = files[posixpath.join(posixpath.dirname(path), "key.json")]  # an engine of before 23.0 makes it as it starts
    if not written_since(folder, process).get(default=False) or folder.mtime.get(0) == key.mtime.get(-1):
        return None
    sentence = f"{path} is not there, but its folder was changed after the engine started"
    return Reason(f"{sentence}, and the engine does not show this setting; restart it", Code.STALE)


def running(
    start: Rebuilt | None, process: EngineProcess | None, engine: Engine, networks: Networks, release: Release
) -> EngineOutcome:
    """What is in force in an engine of a release, by its own answers first."""
    outcome = start.outcome if start is not None else EngineOutcome(None)
    settings = dict(outcome.settings)
    for key, value in _told_otherwise(process, engine, networks).items():
        if value.is_known and not (key in settings and settings[key].is_known):
            settings[key] = value
    for key, value in _shown(engine, networks, release).items():
        if not _by_environment(value, settings.get(key)):
            settings[key] = value
    if "log-level" in settings:
        settings["log-level"] = _level(settings, outcome.arguments, known_releases().rules(release))
    reason = start.stale if start is not None else None
    if reason is None and outcome.refusal is not None:
        reason = Reason(f"it runs, though its files would not start it by what is known: {outcome.refusal.text}")
    reason = reason or outcome.reason
    declared = outcome.settings
    return replace(
        outcome, starts=True, refusal=None, undecided=(), settings=settings, reason=reason, declared=declared
    )


def _by_environment(seen: Evidence[Any], rebuilt: Evidence[Any] | None) -> bool:
    """Whether a variable of the engine's environment says what the API can only repeat."""
    return rebuilt is not None and rebuilt.source == "environment: DEBUG" and seen.value == rebuilt.get(None)


def _level(settings: Mapping[str, Evidence[Any]], arguments: tuple[str, ...], rules: Rules) -> Evidence[Any]:
    """The level of the engine's log: an option decides it, where the engine says that it does not debug."""
    level = settings["log-level"]
    line = attempt(parse_arguments, arguments, rules)
    if level.is_known or line is None or "log-level" not in line.values or settings["debug"].get(True):
        return level
    return known(str(line.values["log-level"] or "info").lower(), line.source("log-level"))


# --- what the API shows ---------------------------------------------------------------------------------------


def _shown(engine: Engine, networks: Networks, release: Release) -> dict[str, Evidence[Any]]:
    """The settings that the running engine itself shows, by key."""
    info = engine.info
    if info.unknown is not None or not release.is_engine:  # podman says what its like would be in Docker's words
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
        "icc": _of_bridge(networks, "com.docker.network.bridge.enable_icc").map(lambda value: value != "false"),
    }
    if seen["no-new-privileges"].get(default=True) is False and not _tells_privileges(release):
        del seen["no-new-privileges"]
    return {key: value for key, value in seen.items() if value.is_known}


def _tells_privileges(release: Release) -> bool:
    """Whether ``GET /info`` of a release names no-new-privileges where that is on."""
    return not known_releases().doubt(release) and known_releases().rules(release).holds("info.no-new-privileges")


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


def _of_bridge(networks: Networks, option: str) -> Evidence[Any]:
    """An option of the default bridge, which the engine makes of its own settings at each start; empty for none."""
    bridge = networks.default_bridge
    if bridge is None:
        return unknown("there is no default bridge", "GET /networks", Code.ABSENT)
    return bridge.options.by(f"GET /networks/{bridge.name}: {option}").map(lambda found: found.get(option, ""))


# --- what else tells where nothing was set on the command line, and the file is another one -----------------------


def _told_otherwise(process: EngineProcess | None, engine: Engine, networks: Networks) -> dict[str, Evidence[Any]]:
    """Settings that show in what the engine made of them: good where its start does not tell them."""
    info, bridge = engine.info, networks.default_bridge
    found: dict[str, Evidence[Any]] = {
        "ip-masq": _of_bridge(networks, "com.docker.network.bridge.enable_ip_masquerade").then(_switch),
        "hosts": _listened(process, engine),
    }
    if bridge is not None:
        found["ipv6"] = bridge.answer.flag("EnableIPv6")
    root = info.text("DockerRootDir")
    if root.is_known and engine.remap_base is None:
        found["data-root"] = root
    proxies = {name: info.text(key) for name, key in _PROXIES.items()}
    if all(value.is_known for value in proxies.values()):
        told = {name: value.value for name, value in proxies.items() if value.value}
        found["proxies"] = known(told, "GET /info: HttpProxy, HttpsProxy, NoProxy")
    return found


_PROXIES = {"http-proxy": "HttpProxy", "https-proxy": "HttpsProxy", "no-proxy": "NoProxy"}
_SWITCHES = {"true": True, "false": False}


def _switch(text: str) -> Evidence[Any]:
    source = "GET /networks"
    return known(_SWITCHES[text], source) if text in _SWITCHES else unknown("it is not told", source, Code.NOT_TOLD)


def is_internal(path: str, exec_root: str) -> bool:
    """Whether a socket of the engine's serves metrics or networks, and not the API."""
    return path.startswith((f"{exec_root}/", "/run/docker/", "/var/run/docker/")) or bool(_INTERNAL.search(path))


_INTERNAL = regex(r"/docker/(?:metrics\.sock|libnetwork/[^/]*)\Z")
_SWARM = ":2377", ":7946"


def _listened(process: EngineProcess | None, engine: Engine) -> Evidence[Any]:
    """The addresses of the API, by the sockets of the engine's process.

    What a TCP socket serves does not show: where there is one that is not the swarm's, the addresses are not known.
    """
    if process is None or not process.unix_sockets:
        return unknown("the engine's sockets were not seen", "/proc", Code.NOT_PROBED)
    source = f"listening sockets of process {process.pid}"
    swarm = engine.swarm_state.get("inactive") != "inactive"
    if any(not (swarm and address.endswith(_SWARM)) for address in process.tcp_sockets):
        return unknown("what the engine serves on TCP is not known", source, Code.NOT_TOLD)
    paths = [path for path in process.unix_sockets if not is_internal(path, "/var/run/docker")]
    return known(sorted(f"unix://{path}" for path in paths), source)
