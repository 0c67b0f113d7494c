"""The part of a start that comes after the configuration was accepted: what ``--validate`` does not try.

Source: ``cmd/dockerd/daemon.go`` (``start``), ``daemon/daemon.go`` (``NewDaemon``, ``CreateDaemonRoot``),
``daemon/daemon_unix.go``, ``daemon/runtime_unix.go``, ``cmd/dockerd/metrics.go`` of moby 26.1, in their order.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from dockworthy.facts.engine.logdrivers import check_log_options
from dockworthy.facts.engine.network import check_network
from dockworthy.facts.engine.refusals import Refusal, Stage
from dockworthy.facts.engine.registries import check_registries
from dockworthy.facts.engine.sockets import check_listeners, check_metrics
from dockworthy.facts.engine.storage import check_storage
from dockworthy.golang.values import GoError, atoi, attempt, prefixed, trim_space
from dockworthy.hosttree.entry import Kind
from dockworthy.hosttree.faults import PathError, UndecidedError
from dockworthy.hosttree.tree import Tree, look_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from dockworthy.evidence import Reason
    from dockworthy.facts.engine.inputs import EngineInputs

__all__ = ["StartCheck", "cgroup_driver", "check_start"]

CONTAINERD_SOCKET = "/run/containerd/containerd.sock"
_STOCK_RUNTIMES = frozenset({"runc", "io.containerd.runc.v2"})
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
        (Stage.OTHER, "", _check_user),
        (Stage.OTHER, "", _check_folders),
        (Stage.LISTENERS, "failed to load listeners: ", check_listeners),
        (Stage.OTHER, "failed to start containerd: ", _check_containerd_program),
        (Stage.DAEMON_START, "failed to start daemon: ", check_registries),
        (Stage.DAEMON_START, "failed to start daemon: ", _check_settings),
        (Stage.DAEMON_START, "failed to start daemon: ", _check_temporary),
        (Stage.DAEMON_START, "failed to start daemon: ", _check_runtimes),
        (Stage.DAEMON_START, "failed to start daemon: ", _check_seccomp),
        (Stage.DAEMON_START, "failed to start daemon: ", _check_containerd),
        (Stage.DAEMON_START, "failed to start daemon: ", _check_log_options),
        (Stage.DAEMON_START, "failed to start daemon: ", check_storage),
        (Stage.DAEMON_START, "failed to start daemon: Error initializing network controller: ", check_network),
        (Stage.OTHER, "failed to validate authorization plugin: ", _check_plugins),
        (Stage.OTHER, "failed to start metrics server: ", check_metrics),
    )
    result = StartCheck()
    for stage, prefix, step in steps:
        result.take(stage, prefix, partial(step, config, inputs))
        if result.refusal:
            break
    return result


def _check_user(config: dict[str, Any], inputs: EngineInputs) -> None:
    if inputs.rootless and not config["rootless"]:
        raise GoError("rootless mode needs to be enabled for running with RootlessKit")
    # RootlessKit makes the engine root in a user namespace of its own
    if inputs.uid and not inputs.rootless:
        raise GoError(
            "dockerd needs to be started with root privileges. To run dockerd in rootless mode as an "
            "unprivileged user, see https://docs.docker.com/go/rootless/"
        )


def _check_folders(config: dict[str, Any], inputs: EngineInputs) -> None:
    files = inputs.files
    root = config["data-root"]
    if _kind(root, files) not in {Kind.DIRECTORY, Kind.ABSENT, Kind.UNKNOWN}:
        raise GoError(f"Unable to get the full path to root ({root}): canonical path points to a file '{root}'")
    _check_makeable(root, files)
    _check_makeable(config["exec-root"], files)
    pidfile = config["pidfile"]
    if not pidfile:
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
    if config["containerd"] or inputs.files.exists(_system_containerd(inputs)):
        return
    if not look_path("containerd", inputs.search_path, inputs.files):
        raise GoError('exec: "containerd": executable file not found in $PATH')


def _system_containerd(inputs: EngineInputs) -> str:
    if inputs.rootless:
        return posixpath.join(inputs.env.get("XDG_RUNTIME_DIR", ""), "containerd", "containerd.sock")
    return CONTAINERD_SOCKET


def _check_containerd(config: dict[str, Any], inputs: EngineInputs) -> None:
    address = config["containerd"] or _system_containerd(inputs)
    if not config["containerd"] and not inputs.files.exists(address):
        return
    path = address.removeprefix("unix://") if not config["containerd"] else address
    entry, reason = inputs.files.find(path)
    if entry.kind == Kind.UNKNOWN:
        raise UndecidedError(path)
    if reason or entry.kind != Kind.SOCKET:
        raise GoError(f'failed to dial "{address}": failed to dial "{address}": context deadline exceeded')


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
    if config["containerd-namespace"] == config["containerd-plugin-namespace"]:
        raise GoError("containers namespace and plugins namespace cannot be the same")
    if config["bridge"] and config["bip"]:
        raise GoError("You specified -b & --bip, mutually exclusive options. Please specify only one")
    if not config["iptables"] and not config["icc"]:
        raise GoError(
            "You specified --iptables=false with --icc=false. ICC=false uses iptables to function. "
            "Please set --icc or --iptables to true"
        )
    if config["ip6tables"] and not config["experimental"]:
        raise GoError("ip6tables rules are only available if experimental features are enabled")
    _check_cgroups(config, inputs)


def _check_cgroups(config: dict[str, Any], inputs: EngineInputs) -> None:
    driver = cgroup_driver(config)
    if driver == "none":
        raise GoError("native.cgroupdriver option none is internally used and cannot be specified manually")
    if driver not in {"", "cgroupfs", "systemd"}:
        raise GoError(f"native.cgroupdriver option {driver} not supported")
    parent = config["cgroup-parent"]
    if parent and using_systemd(config, inputs) and (len(parent) <= len(".slice") or not parent.endswith(".slice")):
        raise GoError('cgroup-parent for systemd cgroup should be a valid slice named as "xxx.slice"')
    if config["rootless"] and inputs.cgroup == 1 and using_systemd(config, inputs):
        raise GoError("exec-opt native.cgroupdriver=systemd requires cgroup v2 for rootless mode")


def _is_shim_name(name: str) -> bool:
    """``isPermissibleC8dRuntimeName``: the name of a containerd shim, which nobody has to configure."""
    parts = name.split(".")
    return "/" not in name and len(parts) > 1 and parts[0] != ""


def _check_runtimes(config: dict[str, Any], _inputs: EngineInputs) -> None:
    """``setupRuntimes``."""
    runtimes, default = config["runtimes"] or {}, config["default-runtime"]
    if "runc" in runtimes:
        raise GoError("runtime name 'runc' is reserved")
    if default and default not in _STOCK_RUNTIMES | runtimes.keys() and not _is_shim_name(default):
        raise GoError(f"specified default runtime '{default}' does not exist")
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
    if profile in {"", "builtin", "unconfined"}:
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
    with prefixed("failed to set log opts: failed to set log opts: "):
        check_log_options(config["log-driver"], options, inputs.files, inputs.plugins)


def _check_plugins(config: dict[str, Any], inputs: EngineInputs) -> None:
    for name in config["authorization-plugins"] or []:
        if inputs.plugins is None:
            raise UndecidedError("the engine's plugins")
        if name not in inputs.plugins:
            raise GoError(f'plugin "{name}" not found')
