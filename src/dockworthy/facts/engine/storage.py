"""The storage driver: what its name and options are refused for.

Source: ``daemon/graphdriver/driver.go`` and the drivers' ``Init``, ``layer/layer_store.go``,
``daemon/image_store_choice.go`` of moby. Which driver is picked where none is named depends on what the data root holds
and on the kernel; overlay2 is asked first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.facts.engine.containerd import missing_containerd
from dockworthy.facts.engine.units import ram_in_bytes
from dockworthy.golang.text import quote
from dockworthy.golang.values import GoError, parse_bool, trim_space
from dockworthy.hosttree.entry import Kind
from dockworthy.hosttree.faults import UndecidedError
from dockworthy.hosttree.tree import look_path

if TYPE_CHECKING:
    from dockworthy.facts.engine.inputs import EngineInputs
    from dockworthy.releases import Rules

__all__ = ["check_storage", "in_containerd", "is_gone", "prior_drivers"]

_PRIORITY = ("overlay2", "fuse-overlayfs", "btrfs", "zfs")
_GRAPH_DRIVERS = frozenset({*_PRIORITY, "vfs"})
_SNAPSHOTTERS = frozenset({"overlayfs", "native"})  # of every containerd, whatever the kernel
_PREREQUISITES = "prerequisites for driver not satisfied (wrong filesystem?)"
_UNSUPPORTED = "driver not supported"
# where the kernel shows that it offers what a driver of old needs
_OFFERED = {"devicemapper": "/dev/mapper/control", "aufs": "/sys/module/aufs"}


def check_storage(config: dict[str, Any], inputs: EngineInputs) -> None:
    """Refuse what the storage driver refuses at the engine's start, by the data root's file system and the programs."""
    name = inputs.env.get("DOCKER_DRIVER") or config["storage-driver"]
    if in_containerd(name, config, inputs):
        if inputs.rules.holds("containerd.lazy"):
            _check_answer(config, inputs)
        if name and inputs.rules.holds("store.containerd"):
            _check_snapshotter(name, inputs)
        return
    try:
        if name:
            _check_driver(name, config["storage-opts"] or [], inputs)
        else:
            _check_prior(config["data-root"], config["storage-opts"] or [], inputs)
    except GoError as error:
        named = f": {name}" if name and inputs.rules.holds("driver.named") else ""
        raise GoError(f"error initializing graphdriver: {error}{named}") from None


def in_containerd(name: str, config: dict[str, Any], inputs: EngineInputs) -> bool:
    """Whether images are kept in the containerd image store (``determineImageStoreChoice``)."""
    asked = (config["features"] or {}).get("containerd-snapshotter")
    if not inputs.rules.holds("store.containerd"):
        asked = bool(asked) or bool(inputs.env.get("TEST_INTEGRATION_USE_SNAPSHOTTER"))
        return asked and inputs.rules.holds("store.features")
    if asked is None:
        if prior_drivers(config["data-root"], inputs) and not (name and inputs.rules.holds("store.prior-ignored")):
            return False
        return name not in _GRAPH_DRIVERS
    if not asked and name and name not in _GRAPH_DRIVERS:
        raise GoError(
            f"graphdriver is explicitly enabled but {quote(name)} is not registered, "
            f"map[{' '.join(f'{key}:{str(on).lower()}' for key, on in sorted(config['features'].items()))}] "
        )
    return bool(asked)


def _check_answer(config: dict[str, Any], inputs: EngineInputs) -> None:
    """The first question that a containerd is asked which was not waited for."""
    address = missing_containerd(config, inputs)
    if address and not inputs.rules.holds("store.containerd"):
        raise UndecidedError(f"what the engine does without {address}")
    if address:
        raise GoError(
            'failed to get containerd plugins: Unavailable: connection error: desc = "transport: Error while dialing: '
            f'dial unix://{address}: timeout"'
        )


def _check_snapshotter(name: str, inputs: EngineInputs) -> None:
    if name in _SNAPSHOTTERS:
        return
    path = "/etc/containerd/config.toml"  # which may add others
    entry, _ = inputs.files.find(path)
    if name not in _GRAPH_DRIVERS - {"overlay2", "vfs"} and entry.kind == Kind.ABSENT:
        raise GoError(f"configured driver {quote(name)} not available: unavailable")
    if name in {"overlay2", "vfs"}:
        raise GoError(f"configured driver {quote(name)} not available: unavailable")
    raise UndecidedError(f"whether containerd has the snapshotter {name}")


def prior_drivers(root: str, inputs: EngineInputs) -> list[str]:
    """The drivers whose data lie in the data root."""
    return [name for name in _PRIORITY if inputs.files.children(f"{root}/{name}")]


def _check_prior(root: str, options: list[str], inputs: EngineInputs) -> None:
    """Without a named driver: the one whose layers lie in the data root, else overlay2."""
    prior = prior_drivers(root, inputs)
    if inputs.rules.holds("driver.btrfs-first"):
        prior.sort(key=lambda name: name not in {"btrfs", "zfs"})
    _check_driver(prior[0] if prior else "overlay2", options, inputs)
    if len(prior) > 1:
        advice = "; Please cleanup" if inputs.rules.holds("driver.cleanup-please") else "; cleanup"
        raise GoError(
            f"{root} contains several valid graphdrivers: {', '.join(prior)}{advice} "
            "or explicitly choose storage driver (-s <DRIVER>)"
        )


def is_gone(name: str, rules: Rules) -> bool:
    """Whether a driver of old is one no longer."""
    kept = {"aufs": "driver.legacy", "overlay": "driver.legacy", "devicemapper": "driver.devicemapper"}
    return name in kept and not rules.holds(kept[name])


def _check_driver(name: str, options: list[str], inputs: EngineInputs) -> None:
    if is_gone(name, inputs.rules):
        raise GoError(
            f"[graphdriver] ERROR: the {name} storage-driver has been deprecated and removed; visit "
            "https://docs.docker.com/go/storage-driver/ for more information"
        )
    if name == "overlay2":
        _check_overlay(options, inputs)
    elif name == "vfs":
        _check_vfs(options, inputs.rules)
    elif name == "zfs" and inputs.rules.holds("driver.no-zfs"):
        raise GoError(_UNSUPPORTED)
    elif name in {"btrfs", "zfs"}:
        _check_file_system(name, inputs)
    elif name == "fuse-overlayfs":
        if not look_path(name, inputs.search_path, inputs.files):
            raise GoError(_UNSUPPORTED)
    elif name in _OFFERED and inputs.rules.holds("driver.devicemapper"):
        _check_offered(name, inputs)
    elif name != "overlay" or not inputs.rules.holds("driver.legacy"):
        _check_plugin(name, inputs)


def _check_offered(name: str, inputs: EngineInputs) -> None:
    """A driver of old: it needs its part of the kernel, which may be loaded yet."""
    if inputs.files.complete and not inputs.files.exists(_OFFERED[name]):
        raise GoError(_UNSUPPORTED)
    raise UndecidedError(f"whether the kernel offers {name}")


def _check_plugin(name: str, inputs: EngineInputs) -> None:
    rules = inputs.rules
    allowed = rules.holds("driver.plugins") or (
        rules.holds("driver.plugins-variable") and bool(inputs.env.get("DOCKERD_DEPRECATED_GRAPHDRIVER_PLUGINS"))
    )
    if allowed and inputs.plugins is None:
        raise UndecidedError("the engine's plugins")
    if not allowed or name not in (inputs.plugins or ()):
        raise GoError(_UNSUPPORTED)


def _check_file_system(name: str, inputs: EngineInputs) -> None:
    if inputs.file_system is None:
        raise UndecidedError("the file system of the engine's data root")
    if inputs.file_system != name:
        raise GoError(_PREREQUISITES)


def _key_value(option: str, rules: Rules) -> tuple[str, str]:
    key, found, value = option.partition("=")
    if not found:
        about = "storage-opt key/value" if rules.holds("storage-option.named") else "key/value option"
        first = "U" if rules.holds("storage-option.capital") else "u"
        raise GoError(f"{first}nable to parse {about}: {option}")
    return trim_space(key), trim_space(value)


def _check_overlay(options: list[str], inputs: EngineInputs) -> None:
    size = 0
    for option in options:
        key, value = _key_value(option, inputs.rules)
        if key.lower() == "overlay2.size":
            size = ram_in_bytes(value)
        elif key.lower() == "overlay2.override_kernel_check" and inputs.rules.holds("driver.override"):
            parse_bool(value)
        else:
            raise GoError(f"overlay2: unknown option {key.lower()}")
    if not size:
        return
    if inputs.file_system is None or inputs.file_system == "xfs":
        raise UndecidedError("whether the file system of the engine's data root has project quotas")
    found = "extfs" if inputs.file_system.startswith("ext") else inputs.file_system
    raise GoError(f"Storage Option overlay2.size only supported for backingFS XFS. Found {found}")


def _check_vfs(options: list[str], rules: Rules) -> None:
    for option in options:
        key, value = _key_value(option, rules)
        if key == "size":
            if ram_in_bytes(value):
                raise GoError("Filesystem does not support, or has not enabled quotas")
        elif key == "vfs.xattrs":
            if value != "i_want_broken_containers":
                raise GoError("do not set the vfs.xattrs option unless you are willing to accept the consequences")
        else:
            raise GoError(f"unknown option {key} for vfs")
