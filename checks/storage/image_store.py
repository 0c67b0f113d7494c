"""Containerd's image store: whether what lies below containerd's root has a good place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.check import check, expect, fix_with, instances, not_applicable
from dockworthy.facts.engine.paths import containerd, data_root
from dockworthy.facts.engine.stores import (
    image_store_root,
    image_store_volume,
    mount_below,
    same_file_system,
    tells_types,
)
from dockworthy.facts.facts import Facts

if TYPE_CHECKING:
    from dockworthy.evidence import Evidence
    from dockworthy.facts.engine.disk import Space

_MOVE = (
    "# move containerd's root to a file system with room, such as /data:\n"
    "systemctl stop docker docker.socket containerd\n"
    "cp -a {root}/. /data/containerd/\n"
    "# {how}\n"
    "systemctl start containerd docker"
)
_OWN = 'in /etc/containerd/config.toml, above the first table: root = "/data/containerd"'
_DEFAULT_ROOT = "/var/lib/docker"


def _moved(facts: Facts) -> str:
    """The fix that moves containerd's root: its own setting, or that of the engine which started it."""
    found = containerd(facts)
    how = 'in /etc/docker/daemon.json: "data-root": "/data/docker"' if found.supervised else _OWN
    return _MOVE.format(root=found.root, how=how)


def _root(facts: Facts) -> dict[str, str]:
    root = image_store_root(facts)
    return {root: root}


_EACH = instances("root", _root)


def _space(facts: Facts) -> dict[str, tuple[str, Evidence[Space]]]:
    """Space and inodes below containerd's root; none where the file system is the data root's."""
    root = image_store_root(facts)
    volume = image_store_volume(facts, root)
    found = {root: ("min_data_root_free_percent", volume.blocks)}
    if not volume.inodes.is_known or volume.inodes.value.total:  # btrfs and others do not count them
        found[f"{root} inodes"] = ("min_data_root_free_inodes_percent", volume.inodes)
    return found


@check(
    "storage.image-store-space",
    severity="high",
    refs=("docker:containerd-image-store", "docker-cli:6645", "moby:50517"),
    fix=_MOVE.format(root="/var/lib/containerd", how=_OWN),
    each=instances("volume", _space),
    params=("min_data_root_free_percent", "min_data_root_free_inodes_percent"),
)
def check_image_store_space(volume: tuple[str, Evidence[Space]], facts: Facts, params: Any) -> None:
    """Containerd's image store has space and inodes left.

    With the containerd image store layers lie below containerd's root, and twice: as they were pulled, and unpacked.
    Where that is full pulls end with "no space left on device", while the data root has plenty.
    """
    fix_with(_moved(facts))
    key, space = volume
    expect(space.map(lambda found: found.free_percent)).at_least(getattr(params, key))


@check(
    "storage.image-store-follows-data-root",
    severity="medium",
    refs=("docker:containerd-image-store", "docker-cli:6645", "moby:50517"),
    fix=_MOVE.format(root="/var/lib/containerd", how=_OWN),
    each=_EACH,
)
def check_image_store_follows_data_root(root: str, facts: Facts) -> None:
    """A data root that was moved took the images along.

    data-root moves containers and volumes; the images of containerd's store lie below containerd's own root, which a
    containerd with a service of its own keeps where it is: on the root file system, which was to be kept free.
    """
    fix_with(_moved(facts))
    engines = data_root(facts)
    if engines.value == _DEFAULT_ROOT or root.startswith(f"{engines.value}/"):
        expect(engines).satisfies(lambda _path: True, f"{_DEFAULT_ROOT}, or above {root}")
        return
    if same_file_system(facts, engines.value, "/").value:
        not_applicable("the data root lies on the root file system")
    on_root = same_file_system(facts, root, "/").map(lambda same: "the root file system" if same else "another")
    expect(on_root.by(f"{root}: {on_root.source}")).differs_from("the root file system")


@check(
    "storage.image-store-d-type",
    severity="high",
    refs=("containerd:overlay", "for-linux:419"),
    fix="# xfs tells the type of entries only if it was made so; save the data, then:\nmkfs.xfs -n ftype=1 DEVICE",
    each=_EACH,
)
def check_image_store_d_type(root: str, facts: Facts) -> None:
    """The file system below containerd's root tells the type of entries.

    On xfs that was made with ftype=0 containerd's overlayfs snapshotter does not load, and the engine finds no store
    for its images.
    """
    kind = mount_below(facts, root).value.kind
    if kind != "xfs":
        not_applicable(f"it lies on {kind}")
    expect(tells_types(facts, root)).equals(demand=True)
