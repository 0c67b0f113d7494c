"""The storage driver: what its name and options are refused for.

Source: ``daemon/graphdriver/driver.go`` and the drivers' ``Init`` in moby 26.1. Which driver is picked where none
is named depends on what the data root holds and on the kernel; overlay2 is asked first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.facts.engine.units import ram_in_bytes
from dockworthy.golang.values import GoError, trim_space
from dockworthy.hosttree.faults import UndecidedError
from dockworthy.hosttree.tree import look_path

if TYPE_CHECKING:
    from dockworthy.facts.engine.inputs import EngineInputs

__all__ = ["check_storage"]

_PRIORITY = ("overlay2", "fuse-overlayfs", "btrfs", "zfs")
_REMOVED = frozenset({"aufs", "devicemapper", "overlay"})
_PREREQUISITES = "prerequisites for driver not satisfied (wrong filesystem?)"
_UNSUPPORTED = "driver not supported"


def check_storage(config: dict[str, Any], inputs: EngineInputs) -> None:
    """Refuse what the storage driver refuses at the engine's start, by the data root's file system and the programs."""
    if (config["features"] or {}).get("containerd-snapshotter") or inputs.env.get("TEST_INTEGRATION_USE_SNAPSHOTTER"):
        return
    name = inputs.env.get("DOCKER_DRIVER") or config["storage-driver"]
    try:
        if name:
            _check_driver(name, config["storage-opts"] or [], inputs)
        else:
            _check_prior(config["data-root"], config["storage-opts"] or [], inputs)
    except GoError as error:
        named = f": {name}" if name else ""
        raise GoError(f"error initializing graphdriver: {error}{named}") from None


def _check_prior(root: str, options: list[str], inputs: EngineInputs) -> None:
    """Without a named driver: the one whose layers lie in the data root, else overlay2."""
    prior = [name for name in _PRIORITY if inputs.files.children(f"{root}/{name}")]
    _check_driver(prior[0] if prior else "overlay2", options, inputs)
    if len(prior) > 1:
        raise GoError(
            f"{root} contains several valid graphdrivers: {', '.join(prior)}; "
            "cleanup or explicitly choose storage driver (-s <DRIVER>)"
        )


def _check_driver(name: str, options: list[str], inputs: EngineInputs) -> None:
    if name in _REMOVED:
        raise GoError(
            f"[graphdriver] ERROR: the {name} storage-driver has been deprecated and removed; visit "
            "https://docs.docker.com/go/storage-driver/ for more information"
        )
    if name == "overlay2":
        _check_overlay(options, inputs)
    elif name == "vfs":
        _check_vfs(options)
    elif name in {"btrfs", "zfs"}:
        _check_file_system(name, inputs)
    elif name == "fuse-overlayfs":
        if not look_path(name, inputs.search_path, inputs.files):
            raise GoError(_UNSUPPORTED)
    elif inputs.plugins is None:
        raise UndecidedError("the engine's plugins")
    elif name not in inputs.plugins:
        raise GoError(_UNSUPPORTED)


def _check_file_system(name: str, inputs: EngineInputs) -> None:
    if inputs.file_system is None:
        raise UndecidedError("the file system of the engine's data root")
    if inputs.file_system != name:
        raise GoError(_PREREQUISITES)


def _key_value(option: str) -> tuple[str, str]:
    key, found, value = option.partition("=")
    if not found:
        raise GoError(f"unable to parse key/value option: {option}")
    return trim_space(key), trim_space(value)


def _check_overlay(options: list[str], inputs: EngineInputs) -> None:
    size = 0
    for option in options:
        key, value = _key_value(option)
        if key.lower() != "overlay2.size":
            raise GoError(f"overlay2: unknown option {key.lower()}")
        size = ram_in_bytes(value)
    if not size:
        return
    if inputs.file_system is None or inputs.file_system == "xfs":
        raise UndecidedError("whether the file system of the engine's data root has project quotas")
    raise GoError(f"Storage Option overlay2.size only supported for backingFS XFS. Found {inputs.file_system}")


def _check_vfs(options: list[str]) -> None:
    for option in options:
        key, value = _key_value(option)
        if key == "size":
            if ram_in_bytes(value):
                raise GoError("Filesystem does not support, or has not enabled quotas")
        elif key == "vfs.xattrs":
            if value != "i_want_broken_containers":
                raise GoError("do not set the vfs.xattrs option unless you are willing to accept the consequences")
        else:
            raise GoError(f"unknown option {key} for vfs")
