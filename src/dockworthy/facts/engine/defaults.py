"""The engine's built-in defaults, some of which depend on its environment and host.

Which a release has is data (``releases/releases.csv``); here are those that are worked out.

Source: ``config.New`` and ``setPlatformDefaults`` (``daemon/config``), the options' defaults in
``cmd/dockerd/config*.go`` and ``options.go`` of moby.
"""

from __future__ import annotations

import posixpath
from contextlib import suppress
from copy import copy
from typing import TYPE_CHECKING, Any

from dockworthy.facts.engine.schema import Config, config_struct, flatten
from dockworthy.facts.engine.users import home_directory
from dockworthy.golang.values import GoError
from dockworthy.hosttree.faults import UndecidedError
from dockworthy.hosttree.tree import look_path

if TYPE_CHECKING:
    from dockworthy.facts.engine.inputs import EngineInputs

__all__ = ["Defaults", "certificate_folder", "default_config_file", "default_options"]

CGROUP_V1 = 1
# where docker-proxy is looked for before the path (lookupBinPath)
_LIBEXEC = (
    *("/usr/local/libexec/docker", "/usr/libexec/docker", "/usr/local/lib/docker", "/usr/lib/docker"),
    *("/usr/local/libexec", "/usr/libexec"),
)


class Defaults(Config):
    """The values of options that were not given, by the keys of daemon.json.

    Attributes:
        undecided: why a default is not known, by key.
    """

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__(values)
        self.undecided: dict[str, str] = {}


def default_config_file(inputs: EngineInputs) -> str:
    """The path of daemon.json without ``--config-file``."""
    if not inputs.rootless:
        return "/etc/docker/daemon.json"
    return posixpath.join(_config_home(inputs), "docker", "daemon.json")


def _config_home(inputs: EngineInputs) -> str:
    return inputs.env.get("XDG_CONFIG_HOME") or posixpath.join(home_directory(inputs), ".config")


def certificate_folder(inputs: EngineInputs) -> str:
    """Where certificates lie that no option names."""
    folder = inputs.env.get("DOCKER_CERT_PATH") or inputs.env.get("DOCKER_CONFIG")
    return folder or posixpath.join(home_directory(inputs), ".docker")


def _join(folder: str, name: str) -> str:
    """``filepath.Join``: cleaned, so that no ``..`` and no double slash is left."""
    return posixpath.normpath(posixpath.join(folder, name))


def default_options(inputs: EngineInputs) -> Defaults:
    """The defaults of all settings; a rootless engine without its folders refuses to make them up."""
    folder = certificate_folder(inputs)
    rules = inputs.rules
    defaults = Defaults(flatten(config_struct(rules).zero()))
    defaults.update({row.name: copy(row.default) for row in rules.of_kind("key") if row.default is not None})
    defaults.update(
        tlscacert=_join(folder, "ca.pem"), tlscert=_join(folder, "cert.pem"), tlskey=_join(folder, "key.pem")
    )
    if "default-cgroupns-mode" in defaults:
        _set_cgroup_mode(defaults, inputs)
    if inputs.rootless or rules.holds("proxy-path.default"):
        _set_proxy(defaults, inputs)
    _set_folders(defaults, inputs)
    return defaults


def _set_cgroup_mode(defaults: Defaults, inputs: EngineInputs) -> None:
    defaults["default-cgroupns-mode"] = "host" if inputs.cgroup == CGROUP_V1 else "private"
    if inputs.cgroup is None:
        defaults.undecided["default-cgroupns-mode"] = "the version of the host's control groups"


def _set_folders(defaults: Defaults, inputs: EngineInputs) -> None:
    if not inputs.rootless:
        defaults.update(
            {"data-root": "/var/lib/docker", "exec-root": "/var/run/docker", "pidfile": "/var/run/docker.pid"}
        )
        return
    defaults["rootless"] = True
    runtime = inputs.env.get("XDG_RUNTIME_DIR")
    if not runtime:
        raise GoError("could not get XDG_RUNTIME_DIR")
    data = inputs.env.get("XDG_DATA_HOME") or posixpath.join(home_directory(inputs), ".local", "share")
    defaults.update(
        {
            "data-root": _join(data, "docker"),
            "exec-root": _join(runtime, "docker"),
            "pidfile": _join(runtime, "docker.pid"),
        }
    )


def _look_libexec(name: str, inputs: EngineInputs) -> str:
    """The program where it is looked for before the path, which where nobody looked is the path's own."""
    with suppress(UndecidedError):
        return look_path(name, _LIBEXEC, inputs.files) if inputs.rules.holds("proxy-path.libexec") else ""
    return ""


def _set_proxy(defaults: Defaults, inputs: EngineInputs) -> None:
    of_rootlesskit = inputs.rootless and inputs.rules.holds("proxy-path.rootlesskit")
    name = "rootlesskit-docker-proxy" if of_rootlesskit else "docker-proxy"
    try:
        path = _look_libexec(name, inputs) or look_path(name, inputs.search_path, inputs.files)
    except UndecidedError as missing:
        defaults.undecided["userland-proxy-path"] = missing.what
        return
    if not path and of_rootlesskit:
        raise GoError(
            f'running with RootlessKit, but {name} not installed: exec: "{name}": executable file not found in $PATH'
        )
    defaults["userland-proxy-path"] = path
