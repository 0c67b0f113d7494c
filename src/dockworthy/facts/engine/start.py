"""The part of a start that comes after the configuration was accepted: what ``--validate`` does not try.

Source: ``cmd/dockerd/daemon.go`` (``start``), ``daemon/daemon.go`` (``NewDaemon``, ``CreateDaemonRoot``),
``daemon/daemon_unix.go``, ``daemon/runtime_unix.go``, ``cmd/dockerd/metrics.go`` of moby, in their order.
"""

from __future__ import annotations

import posixpath
from dataclasses import field
from functools import partial
from typing import TYPE_CHECKING, Any

from dockworthy.dataclass import dataclass
from dockworthy.facts.engine.containerd import check_connection, system_containerd
from dockworthy.facts.engine.gc import check_gc
from dockworthy.facts.engine.logdrivers import check_log_options
from dockworthy.facts.engine.network import check_controller, check_network, check_tables
from dockworthy.facts.engine.refusals import Refusal, Stage
from dockworthy.facts.engine.registries import check_registries
from dockworthy.facts.engine.sockets import check_listeners, check_metrics
from dockworthy.facts.engine.storage import check_storage
from dockworthy.facts.engine.tls import check_tls
from dockworthy.facts.engine.validate import check_default_runtime, check_log_level, check_reserved, compare_api
from dockworthy.golang.values import GoError, atoi, attempt, prefixed, trim_space
from dockworthy.hosttree.entry import Kind
from dockworthy.hosttree.faults import EISDIR, PathError, UndecidedError
from dockworthy.hosttree.tree import Tree, look_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from dockworthy.evidence import Reason
    from dockworthy.facts.engine.inputs import EngineInputs
    from dockworthy.releases import Rules

__all__ = ["StartCheck", "cgroup_driver", "check_start"]

_CONTROLLER = "failed to start daemon: Error initializing network controller: "
CGROUP_V2 = 2


@dataclass(slots=True)
class StartCheck:
    """What came of looking at a start."""

    refusal: Refusal | None = None  # what stops it
    undecided: list[Reason] = field(default_factory=list)  # what was not looked at and could

    def take(self, stage: str, prefix: str, step: Callable[[], None]) -> None:
        """Take one step of the start."""
        try:
            step()
        except UndecidedError as missing:
            self.undecided.append(missing.needed)
        except GoError as error:
            self.refusal = Refusal.of(stage, error.within(prefix))


def check_start(config: dict[str, Any], inputs: EngineInputs) -> StartCheck:
    """Go through the start with a configuration that was accepted, up to the first refusal."""
    steps: tuple[tuple[str, str, Callable[[dict[str, Any], EngineInputs], None]], ...] = (
        (Stage.OTHER, "", _check_logging),
        (Stage.OTHER, "", _check_user),
        (Stage.OTHER, "", _check_folders),
        (Stage.OTHER, "failed to create API server: ", _check_certificates),
        (Stage.LISTENERS, "failed to load listeners: ", check_listeners),
        (Stage.OTHER, "failed to start containerd: ", _check_containerd_program),
        (Stage.OTHER, "failed to start API server: ", _check_oldest_api),
        (Stage.DAEMON_START, "failed to start daemon: ", check_registries),
        (Stage.DAEMON_START, "failed to start daemon: ", _check_settings),
        (Stage.DAEMON_START, "failed to start daemon: ", _check_temporary),
        (Stage.DAEMON_START, "failed to start daemon: ", _check_runtimes),
        (Stage.DAEMON_START, "failed to start daemon: ", _check_seccomp),
        (Stage.DAEMON_START, "failed to start daemon: ", check_connection),
        (Stage.DAEMON_START, "failed to start daemon: ", _check_log_options),
        (Stage.DAEMON_START, "failed to start daemon: ", check_storage),
        (Stage.DAEMON_START, "failed to start daemon: ", _check_discovery),
        # Each program is a step of its own: one that was not looked for hides nothing of what comes after it.
        (Stage.DAEMON_START, _CONTROLLER, check_controller),
        (Stage.DAEMON_START, _CONTROLLER, check_tables),
        (Stage.DAEMON_START, _CONTROLLER, check_network),
        (Stage.OTHER, "failed to validate authorization plugin: ", _check_plugins),
        (Stage.OTHER, "failed to start metrics server: ", check_metrics),
        (Stage.OTHER, _buildkit(inputs.rules), check_gc),
    )
    result = StartCheck()
    for stage, prefix, step in steps:
        result.take(stage, prefix, partial(step, config, inputs))
        if result.refusal:
            break
    return result


def _buildkit(rules: Rules) -> str:
    return "error initializing buildkit: error creating buildkit instance: " if rules.holds("buildkit.named") else ""


def _check_logging(config: dict[str, Any], inputs: EngineInputs) -> None:
    if not inputs.rules.holds("log-level.early"):
        check_log_level(config["log-level"], "unable to parse logging level", inputs.rules)


def _check_certificates(config: dict[str, Any], inputs: EngineInputs) -> None:
    if not inputs.rules.holds("tls.early"):
        check_tls(config, inputs.files, inputs.rules)


def _check_oldest_api(config: dict[str, Any], inputs: EngineInputs) -> None:
    oldest = config.get("min-api-version")
    lowest, newest = inputs.rules.api("lowest"), inputs.rules.api("newest")
    if oldest and (compare_api(oldest, lowest) < 0 or compare_api(oldest, newest) > 0):
        raise GoError(f"invalid minimum API version ({oldest}): must be between {lowest} and {newest}")


def _check_discovery(config: dict[str, Any], inputs: EngineInputs) -> None:
    """``initDiscovery``: an engine that advertises itself in an external store."""
    if "cluster-store" not in config or inputs.rules.holds("cluster-store.removed"):
        return
    if config["cluster-advertise"]:
        if not config["cluster-store"]:
            raise GoError(
                "invalid cluster configuration. --cluster-advertise must be accompanied by --cluster-store "
                "configuration"
            )
        raise UndecidedError("the store that cluster-store names")


def _check_user(config: dict[str, Any], inputs: EngineInputs) -> None:
    if inputs.rootless and not config.get("rootless"):
        raise GoError("rootless mode needs to be enabled for running with RootlessKit")
    # RootlessKit makes the engine root in a user namespace of its own
    if inputs.uid and not inputs.rootless:
        raise GoError(
            "dockerd needs to be started with root privileges. To run dockerd in rootless mode as an "
            "unprivileged user, see https://docs.docker.com/go/rootless/"
            if inputs.rules.holds("root.told")
            else "dockerd needs to be started with root. To see how to run dockerd in rootless mode with unprivileged "
            "user, see the documentation"
        )


def _check_folders(config: dict[str, Any], inputs: EngineInputs) -> None:
    files = inputs.files
    root = config["data-root"]
    if _kind(root, files) not in {Kind.DIRECTORY, Kind.ABSENT, Kind.UNKNOWN}:
        first = "U" if inputs.rules.holds("root.capital") else "u"
        raise GoError(f"{first}nable to get the full path to root ({root}): canonical path points to a file '{root}'")
    _check_makeable(root, files)
    _check_makeable(config["exec-root"], files)
    pidfile = config["pidfile"]
    if not pidfile:
        return
    if not inputs.rules.holds("pidfile.early"):
        _check_older_pidfile(pidfile, inputs)
        return
    with prefixed("failed to create pidfile directory: "):
        _check_makeable(posixpath.dirname(pidfile) or ".", files)
    entry, _ = files.find(pidfile)
    reason = ""
    if entry.kind == Kind.DIRECTORY:
        reason = f"read {pidfile}: is a directory"
    else:
        living = _living(pidfile, inputs)
        reason = f"process with PID {living} is still running" if living else ""
    if reason:
        raise GoError(f"failed to start daemon, ensure docker is not running or delete {pidfile}: {reason}")


def _check_older_pidfile(pidfile: str, inputs: EngineInputs) -> None:
    """``pidfile.New`` up to 23.0."""
    with prefixed("failed to start daemon: "):
        entry, _ = inputs.files.find(pidfile)
        if entry.kind != Kind.DIRECTORY and _living(pidfile, inputs):
            raise GoError(f"pid file found, ensure docker is not running or delete {pidfile}")
        _check_makeable(posixpath.dirname(pidfile) or ".", inputs.files)
        if entry.kind == Kind.DIRECTORY:
            raise PathError("open", pidfile, EISDIR)


def _living(pidfile: str, inputs: EngineInputs) -> int:
    """``pidfile.Read``: the number in the file, where such a process lives, whichever it is; 0 where none does."""
    if inputs.pidfiles is not None:
        living = inputs.pidfiles.get(posixpath.join(inputs.files.cwd, pidfile), 0 if inputs.rootless else None)
        if living is None:
            raise UndecidedError(pidfile)
        return living
    entry, _ = inputs.files.find(pidfile)
    text = entry.data.decode("utf-8", "surrogateescape") if entry.data is not None and inputs.files.complete else ""
    pid = attempt(atoi, trim_space(text)) or 0
    if pid > 1:
        raise UndecidedError(f"whether process {pid}, which {pidfile} names, lives")
    return max(pid, 0)


def _check_temporary(config: dict[str, Any], inputs: EngineInputs) -> None:
    folder = inputs.env.get("DOCKER_TMPDIR")
    if not folder:
        return
    with prefixed(f"Unable to get the TempDir under {config['data-root']}: "):
        _check_makeable(folder, inputs.files)


def _kind(path: str, files: Tree) -> str:
    return files.find(path)[0].kind


def _check_makeable(path: str, files: Tree) -> None:
    """``os.MkdirAll``: no part of the path may be something else than a folder."""
    if not path:
        raise PathError("mkdir", path, "no such file or directory")
    if posixpath.join(files.cwd, path).startswith("/proc/"):
        raise PathError("mkdir", path, "no such file or directory")
    parts = posixpath.join(files.cwd, path).split("/")
    for end in range(2, len(parts) + 1):
        step = "/".join(parts[:end])
        if _kind(step, files) not in {Kind.DIRECTORY, Kind.ABSENT, Kind.UNKNOWN}:
            raise PathError("mkdir", step, "not a directory")


def _check_containerd_program(config: dict[str, Any], inputs: EngineInputs) -> None:
    """Without a containerd of the system the engine starts one of its own."""
    if config["containerd"] or inputs.files.exists(system_containerd(inputs)):
        return
    if not look_path("containerd", inputs.search_path, inputs.files):
        raise GoError('exec: "containerd": executable file not found in $PATH')


def cgroup_driver(config: dict[str, Any]) -> str:
    """``getCD``: the first ``native.cgroupdriver`` of the execution options, "" where there is none."""
    for option in config["exec-opts"] or []:
        name, found, value = option.partition("=")
        if found and trim_space(name).lower() == "native.cgroupdriver":
            return trim_space(value)
    return ""


def using_systemd(config: dict[str, Any], inputs: EngineInputs) -> bool:
    """``UsingSystemd``: whether systemd makes the containers' control groups."""
    driver = cgroup_driver(config)
    if driver:
        return driver == "systemd"
    if inputs.cgroup is None:
        raise UndecidedError("the version of the host's control groups")
    if inputs.cgroup != CGROUP_V2:
        return False
    if inputs.systemd is None:
        raise UndecidedError("/run/systemd/system")
    return inputs.systemd


def _check_settings(config: dict[str, Any], inputs: EngineInputs) -> None:
    """``verifyDaemonSettings``."""
    rules = inputs.rules
    if "containerd-namespace" in config and config["containerd-namespace"] == config["containerd-plugin-namespace"]:
        raise GoError("containers namespace and plugins namespace cannot be the same")
    if config["bridge"] and config["bip"]:
        raise GoError("You specified -b & --bip, mutually exclusive options. Please specify only one")
    if config["bridge"] and config.get("bip6"):
        raise GoError("You specified -b & --bip6, mutually exclusive options. Please specify only one")
    if not config["iptables"] and not config["icc"]:
        raise GoError(
            "You specified --iptables=false with --icc=false. ICC=false uses iptables to function. "
            "Please set --icc or --iptables to true"
        )
    if rules.holds("icc.ip6tables") and not config["icc"] and config["ipv6"] and not config["ip6tables"]:
        raise GoError(
            "You specified --ip6tables=false with --icc=false. ICC=false uses ip6tables to function. "
            "Please set --icc or --ip6tables to true"
        )
    if rules.holds("ip6tables.experimental") and config["ip6tables"] and not config["experimental"]:
        raise GoError("ip6tables rules are only available if experimental features are enabled")
    _check_cgroups(config, inputs)
    if not rules.holds("runtimes.checked"):
        check_default_runtime(config, rules)


def _check_cgroups(config: dict[str, Any], inputs: EngineInputs) -> None:
    driver = cgroup_driver(config)
    if driver == "none":
        raise GoError("native.cgroupdriver option none is internally used and cannot be specified manually")
    if driver not in {"", "cgroupfs", "systemd"}:
        raise GoError(f"native.cgroupdriver option {driver} not supported")
    parent = config["cgroup-parent"]
    if parent and using_systemd(config, inputs) and (len(parent) <= len(".slice") or not parent.endswith(".slice")):
        raise GoError('cgroup-parent for systemd cgroup should be a valid slice named as "xxx.slice"')
    if config.get("rootless") and inputs.cgroup == 1 and using_systemd(config, inputs):
        raise GoError("exec-opt native.cgroupdriver=systemd requires cgroup v2 for rootless mode")


def _check_runtimes(config: dict[str, Any], inputs: EngineInputs) -> None:
    """``setupRuntimes``."""
    if not inputs.rules.holds("runtimes.checked"):
        return
    runtimes = config["runtimes"] or {}
    check_reserved(runtimes)
    check_default_runtime(config, inputs.rules)
    for name in sorted(runtimes):
        _check_runtime(name, runtimes[name])


def _check_runtime(name: str, runtime: dict[str, Any]) -> None:
    path, kind = runtime["path"], runtime["runtimeType"]
    if not path and not kind:
        raise GoError(f"runtime {name}: either a runtimeType or a path must be configured")
    if path and kind:
        raise GoError(f"runtime {name}: cannot configure both path and runtimeType for the same runtime")
    if path and runtime["options"]:
        raise GoError(f"runtime {name}: options cannot be used with a path runtime")
    if kind and runtime["runtimeArgs"]:
        raise GoError(f"runtime {name}: args cannot be used with a runtimeType runtime")


def _check_seccomp(config: dict[str, Any], inputs: EngineInputs) -> None:
    profile = config["seccomp-profile"]
    if profile in ({"", "builtin", "unconfined"} if inputs.rules.holds("seccomp.named") else {""}):
        return
    entry, reason = inputs.files.find(profile)
    if reason:
        raise GoError(f"opening seccomp profile ({profile}) failed: open {profile}: {reason}")
    if entry.kind == Kind.DIRECTORY:
        raise GoError(f"opening seccomp profile ({profile}) failed: read {profile}: is a directory")
    if entry.kind == Kind.UNKNOWN:
        raise UndecidedError(profile)


def _check_log_options(config: dict[str, Any], inputs: EngineInputs) -> None:
    options = config["log-opts"]
    if not options:
        return
    about = "failed to set log opts: "
    with prefixed(about * 2 if inputs.rules.holds("log-options.twice") else about):
        check_log_options(config["log-driver"], options, inputs)


def _check_plugins(config: dict[str, Any], inputs: EngineInputs) -> None:
    for name in config["authorization-plugins"] or []:
        if inputs.plugins is None:
            raise UndecidedError("the engine's plugins")
        if name not in inputs.plugins:
            raise GoError(f'plugin "{name}" not found')
