"""What images are kept by: whether it works where they are to lie, and whether the next release chooses the same."""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from dockworthy.check import check, expect, fix_with, instances, not_applicable, not_decided
from dockworthy.dataclass import dataclass
from dockworthy.evidence import Evidence, NotApplicable, NotDecided
from dockworthy.facts.engine.paths import data_root
from dockworthy.facts.engine.stores import (
    CONTAINERD_STORE,
    declared_driver,
    image_store_root,
    left_behind,
    mount_below,
    next_choice,
    of_today,
    tells_types,
)
from dockworthy.facts.facts import Facts
from dockworthy.fixes import daemon_json, onto_overlay2, put_in_force

if TYPE_CHECKING:
    from dockworthy.hosttree.mountinfo import Mount

# An upper layer needs extended attributes, whiteouts and d_type (fs/overlayfs/super.c).
_GOOD = frozenset({"bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "tmpfs", "xfs"})
_BAD = frozenset(
    {"9p", "aufs", "cifs", "ecryptfs", "erofs", "exfat", "iso9660", "msdos", "nfs", "nfs4", "ntfs", "ntfs3", "overlay"}
    | {"smb3", "smbfs", "squashfs", "udf", "vfat"}
)
_OVERLAY = frozenset({"", "overlay", "overlay2", "overlayfs"})
_OF_ITS_OWN = frozenset({"btrfs", "fuse-overlayfs", "zfs"})  # what an engine picks for itself where it fits
_MANY = "# a host: put it on ext4, or on xfs made with ftype=1; an engine in a container: give it a volume:\n"
_VOLUME = "docker run -v docker-data:/var/lib/docker …"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where overlay is to be mounted."""

    path: str  # the root that is meant
    mount: Evidence[Mount]
    tells_types: Evidence[bool]  # where it is xfs: whether that was made with ftype=1
    is_proven: bool = False  # whether the engine that runs has mounted overlay there
    beside: str = ""  # why nothing is mounted there, if so
    twin: str = ""  # the root on the same mount of which a fault is told


def _is_engine_there(facts: Facts) -> bool:
    try:
        _ = facts.daemon
    except NotApplicable:
        return False
    return True


def _places(facts: Facts) -> dict[str, _Place]:
    """The data root, and containerd's root where images lie there."""
    root = "/var/lib/docker"
    if not facts.engine_release.in_force.map(lambda release: release.is_engine).get(default=True):
        raise NotApplicable("podman answers, which has storage drivers of its own")
    if _is_engine_there(facts):
        root = data_root(facts).value
    elif facts.files[root].is_absent:
        raise NotApplicable("there is no engine, and no data root")
    storage = facts.storage
    # overlay2 tries a mount at each start (overlayutils.SupportsOverlay).
    is_proven = storage.driver.get("") == "overlay2" and not storage.image_store.get(default=True)
    place = _Place(root, mount_below(facts, f"{root}/overlay2"), storage.supports_d_type, is_proven)
    if not _is_engine_there(facts):
        return {root: place}
    try:
        store = image_store_root(facts)
    except (NotApplicable, NotDecided):
        return {root: place}
    mount = mount_below(facts, f"{store}/io.containerd.snapshotter.v1.overlayfs")
    if mount.is_known and place.mount.is_known and mount.value == place.mount.value:
        return {root: place, store: _Place(store, mount, tells_types(facts, store), twin=root)}
    place = replace(place, beside=f"images lie below {store}")
    return {root: place, store: _Place(store, mount, tells_types(facts, store))}


def _end_for_others(facts: Facts, *, is_good: bool) -> None:
    """End where overlay is not wanted; where it can be mounted, it matters not who says so."""
    if not _is_engine_there(facts):
        return
    declared = declared_driver(facts)
    if (declared.is_known or not is_good) and declared.value not in _OVERLAY:
        not_applicable(f"{declared.source} is {declared.value}, which mounts no overlay")
    running = facts.storage.driver.get("")
    if running in _OF_ITS_OWN:
        not_applicable(f"the engine keeps its images by {running}")


def _named(mount: Mount) -> str:
    return f"{mount.kind}, read-only" if mount.read_only else mount.kind


@check(
    "storage.backing-usable",
    severity="critical",
    refs=("moby:overlay2", "docker:storage-drivers", "containerd:2071", "moby:42171"),
    fix=_MANY + _VOLUME,
    each=instances("place", _places),
)
def check_backing_usable(place: _Place, facts: Facts) -> None:
    """Overlay can be mounted on the engine's stores.

    On another overlay (an engine in a container without a volume), on network file systems, FUSE and file systems
    without extended attributes, and on what is mounted read-only, overlay cannot be mounted: the engine does not start
    or falls back to vfs, which copies each layer whole, and pulls end with "invalid argument". Looked at is the mount
    below each root, whether an engine runs or not.
    """
    is_good = place.mount.map(lambda one: not one.read_only and (place.is_proven or one.kind in _GOOD)).get(
        default=False
    )
    _end_for_others(facts, is_good=is_good)
    if place.beside:
        not_applicable(place.beside)
    mount = place.mount.value
    source = f"{place.mount.source}: {mount.point}"
    if mount.read_only:
        fix_with(f"mount -o remount,rw {shlex.quote(mount.point)}")
    elif not is_good and mount.kind not in _BAD and not mount.kind.startswith("fuse"):
        not_decided(f"whether overlay can be mounted on {mount.kind} depends on the kernel", source)
    if place.twin and not is_good:
        not_applicable(f"it lies where {place.twin} does, of which the same is said")
    expect(_named(mount), source).satisfies(lambda _name: is_good, {"one of": sorted(_GOOD)})
    if mount.kind == "xfs" and not place.is_proven:
        _expect_types(facts, place)


def _expect_types(facts: Facts, place: _Place) -> None:
    """Judge whether an xfs tells the type of entries, where no other check says it: they do of an engine that runs."""
    tells = place.tells_types
    if tells.is_known and not tells.value and facts.storage.driver.is_known:
        not_applicable("xfs without d_type, which engine.storage-d-type or storage.image-store-d-type tells")
    expect(tells).equals(demand=True)


@check(
    "storage.no-leftover-driver",
    severity="medium",
    refs=("moby:image-store-choice", "docker-cli:6645", "moby:51579"),
    fix=daemon_json('{"storage-driver": "overlay2"}'),
)
def check_no_leftover_driver(facts: Facts) -> None:
    """The images of the next release's store are those of today.

    Where no driver is named the engine chooses by what lies in its data root: since 29.0 containerd's image store where
    no storage driver has left anything (vfs does not count). What another store holds is not lost, but images and
    containers of it are not seen. Naming the driver, or features.containerd-snapshotter, settles it.
    """
    releases, choice = facts.engine_release, next_choice(facts)
    today = of_today(facts)
    if releases.rehearsed is None and choice.value.is_named:
        not_applicable("the configuration names what images are kept by")
    left = left_behind(facts) if today.value == CONTAINERD_STORE else ""
    if left and releases.rehearsed is None:
        fix_with(
            "# bring the old store's images over: start the engine once with it, save them, go back and load them\n"
            + put_in_force(facts.daemon, {"features": {"containerd-snapshotter": False}})
            + "\ndocker save -o images.tar IMAGE…"
        )
        expect(left, "images in the data root").equals("none of a storage driver, beside containerd's image store")
    fix_with(_kept(facts, today.value, choice.value.store))
    expect(choice.map(lambda found: found.store or f"no {today.value} any more")).equals(today.value)


def _kept(facts: Facts, today: str, following: str) -> str:
    """The fix that names what is used today; what is gone in the next release has to be left before."""
    if not following:
        return onto_overlay2(facts.daemon)
    if today == CONTAINERD_STORE:
        return put_in_force(facts.daemon, {"features": {"containerd-snapshotter": True}})
    return put_in_force(facts.daemon, {"storage-driver": today})
