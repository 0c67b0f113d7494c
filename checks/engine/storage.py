"""Where and how the engine stores images and containers."""

from __future__ import annotations

from typing import Any

from dockworthy.check import check, expect, fix_with, not_applicable
from dockworthy.facts.engine.daemon import DaemonConfig
from dockworthy.facts.engine.disk import Storage
from dockworthy.facts.engine.release import EngineRelease
from dockworthy.fixes import daemon_json, onto_overlay2

_SAVE = "# containers and images of the old driver are not seen by the new one: save what is needed first\n"
# What each driver can lie on, by the names that the engine uses (docs.docker.com/engine/storage/drivers).
_BACKING = {
    "overlay2": {"extfs", "xfs", "btrfs", "zfs", "f2fs", "tmpfs"},
    "overlay": {"extfs", "xfs"},
    "btrfs": {"btrfs"},
    "zfs": {"zfs"},
    "aufs": {"extfs", "xfs"},
}


@check(
    "engine.storage-driver",
    severity="medium",
    refs=("docker:storage-drivers",),
    fix=_SAVE + daemon_json('{"storage-driver": "overlay2"}'),
    params=("accepted_storage_drivers",),
)
def check_storage_driver(storage: Storage, engine_release: EngineRelease, daemon: DaemonConfig, params: Any) -> None:
    """The storage driver is one that is still supported.

    aufs, overlay and devicemapper were taken out of the engine (23.0 to 25.0): an engine that uses one does not start
    after its next update. vfs copies every layer whole.
    """
    if not engine_release.in_force.map(lambda release: release.is_engine).get(default=True):
        not_applicable("podman answers, which has storage drivers of its own")
    fix_with(_SAVE + onto_overlay2(daemon))
    expect(storage.driver).is_in(params.accepted_storage_drivers)


@check(
    "engine.storage-backing",
    severity="medium",
    refs=("docker:storage-drivers",),
    fix="# move the data root to a file system that the driver can use: ext4, or xfs made with ftype=1",
)
def check_storage_backing(storage: Storage) -> None:
    """The file system below the data root is one that the storage driver works on."""
    allowed = _BACKING.get(storage.driver.value)
    if allowed is None or storage.image_store.value:
        not_applicable(f"{storage.driver.value} does not say what it lies on")
    expect(storage.backing).is_in(sorted(allowed))


@check(
    "engine.storage-d-type",
    severity="high",
    refs=("docker:storage-drivers", "moby:check-config"),
    fix="# xfs tells the type of entries only if it was made so; save the data, then:\nmkfs.xfs -n ftype=1 DEVICE",
)
def check_storage_d_type(storage: Storage) -> None:
    """The file system below overlay tells the type of its directories' entries.

    Without d_type (xfs made with ftype=0) removed files come back and images cannot be unpacked; engines since 23.0
    refuse to start on it.
    """
    if not storage.driver.value.startswith(("overlay", "fuse-overlayfs")):
        not_applicable(f"the storage driver is {storage.driver.value}, which does not need it")
    if storage.image_store.value and not storage.supports_d_type.is_known:
        not_applicable("images lie in containerd's store, of which storage.image-store-d-type speaks")
    expect(storage.supports_d_type).equals(True)


@check(
    "engine.storage-space",
    severity="medium",
    refs=("docker:prune",),
    fix="# enlarge the file system, or make room:\ndocker image prune -f\ndocker container prune -f",
    params=("min_data_root_free_percent",),
)
def check_storage_space(storage: Storage, params: Any) -> None:
    """The file system of the data root has space left.

    Where it is full, containers fail in the middle of a write, and pulls and logs with them. Where images lie in
    containerd's store, on another file system, storage.image-store-space speaks of that.
    """
    free = storage.data_root.blocks.map(lambda space: space.free_percent)
    expect(free).at_least(params.min_data_root_free_percent)


@check(
    "engine.storage-inodes",
    severity="medium",
    refs=("docker:prune",),
    fix="# make a file system with more inodes, or remove what has many small files:\ndocker image prune -f\n"
    "docker container prune -f",
    params=("min_data_root_free_inodes_percent",),
)
def check_storage_inodes(storage: Storage, params: Any) -> None:
    """The file system of the data root has inodes left.

    Images are many small files: inodes can run out while there is space. btrfs and some others do not count them.
    """
    inodes = storage.data_root.inodes
    if inodes.is_known and not inodes.value.total:
        not_applicable("the file system does not count inodes")
    expect(inodes.map(lambda space: space.free_percent)).at_least(params.min_data_root_free_inodes_percent)
