"""Where images lie: on what, with how much room, and by what the next release would keep them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dockworthy.facts.facts import Facts
from dockworthy.releases import known as known_releases
from tests.checks.engine.base import STARTED, ubuntu
from tests.hosts import checks_in, outcomes, row
from tests.rows import each_of

if TYPE_CHECKING:
    from dockworthy.check import Judgement

CHECKS = {**checks_in("storage", "image_store.py"), **checks_in("storage", "drivers.py")}
STORE = {"Driver": "overlayfs", "DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]}
ROOT, IMAGES = "/var/lib/docker", "/var/lib/containerd"
SPACE, FOLLOWS, TYPES = (
    "storage.image-store-space",
    "storage.image-store-follows-data-root",
    "storage.image-store-d-type",
)
USABLE = "storage.backing-usable"
LEFTOVER = "storage.no-leftover-driver"
MANAGED = {
    "cmd:engines": f"812 dockerd /usr/bin/dockerd 0 {STARTED} 1 -\n"
    f"700 containerd /usr/bin/containerd 0 {STARTED} 812 -\n",
    "proc:700/cmdline": b"containerd\0--config\0/var/run/docker/containerd/containerd.toml\0",
}
NO_ENGINE = {"cmd:engines": "", "cmd:engine-target": "", "docker:info": (1, ""), "docker:version": (1, "")}
UNSET = {
    "cmd:which": "docker /usr/bin/docker /usr/bin/docker\n",
    "cmd:dpkg-query": "",
    "cmd:systemctl-show": 127,
    "file:/usr/lib/systemd/system/docker.service": 2,
    "file:/etc/docker/daemon.json": 2,
}


def mounts(*lines: str) -> dict[str, str]:
    """A mount table: ``POINT TYPE [OPTIONS [DEVICE]]`` each, the root first."""
    table = []
    for number, line in enumerate(lines, 30):
        point, kind, *rest = line.split()
        options, device = (*rest, "rw", f"8:{number}")[0], rest[1] if len(rest) > 1 else f"8:{number}"
        table.append(f"{number} {1 if point == '/' else 30} {device} / {point} {options} - {kind} /dev/x rw\n")
    return {"file:/proc/self/mountinfo": "".join(table)}


ONE_DISK = mounts("/ ext4")
TWO_DISKS = mounts("/ ext4", f"{IMAGES} ext4")
MOVED = mounts("/ ext4", "/data xfs")


def df(free: int, inodes: int, total: int = 1000) -> str:
    return (
        "Filesystem 1024-blocks Used Available Capacity Mounted on\n"
        f"/dev/x 1000 {1000 - free} {free} 1% /x\n"
        f"Filesystem Inodes IUsed IFree IUse% Mounted on\n/dev/x {total} {total - inodes} {inodes} 1% /x\n"
    )


def folders(*paths: str) -> dict[str, str]:
    """Rows for folders, and for an empty data root's missing one."""
    rows = {f"{ROOT}/overlay2": row(f"{ROOT}/overlay2", "absent")}
    return {**rows, **{path: row(path, "dir", "0711", device="") for path in paths}}


def said(
    check: str,
    edits: dict[str, Any] | None = None,
    *,
    rehearse: str = "",
    params: dict[str, Any] | None = None,
    **changes: Any,
) -> dict[str | None, Judgement]:
    """What a check says of the host after edits, by instance; perhaps as another release would act."""
    changes["files"] = {ROOT: row(ROOT, "dir", "0710", device=""), **folders(), **changes.get("files", {})}
    facts = ubuntu(edits, **changes)
    if rehearse:
        release = known_releases().resolve(rehearse)
        facts = Facts(facts.snapshot, facts.now, rehearsal=release, today=facts)
    return outcomes(CHECKS[check], facts, **(params or {}))


def all_of(check: str, edits: dict[str, Any] | None = None, **changes: Any) -> dict[str | None, str]:
    """The outcomes by instance."""
    return {name: found.outcome for name, found in said(check, edits, **changes).items()}


# --- space -------------------------------------------------------------------------------------------------------


@each_of(
    ("root", "free", "inodes", "space", "nodes"),
    [
        (IMAGES, 500, 500, "pass", "pass"),
        (IMAGES, 99, 500, "fail", "pass"),
        (IMAGES, 100, 99, "pass", "fail"),
        ("/srv/images", 99, 99, "fail", "fail"),
    ],
)
def test_an_image_store_needs_space_where_containerd_keeps_it(
    root: str, free: int, inodes: int, space: str, nodes: str
) -> None:
    edits = {
        **mounts("/ ext4", f"{root} ext4"),
        f"df:{root}": df(free, inodes),
        "file:/etc/containerd/config.toml": f"version = 2\nroot = '{root}'\n",
    }
    found = said(SPACE, edits, info=STORE, files=folders(root))
    assert {name: one.outcome for name, one in found.items()} == {root: space, f"{root} inodes": nodes}
    assert found[root].source == f"df -Pk {root}"
    assert 'root = "/data/containerd"' in (found[root].fix or "")


@each_of(
    ("edits", "info", "outcome"),
    [
        # a containerd that keeps no images of this engine
        ({**TWO_DISKS, f"df:{IMAGES}": df(1, 1)}, {}, {None: "skip"}),
        # the data root's own space is engine.storage-space's to tell, also by way of a bind mount
        ({**ONE_DISK, f"df:{IMAGES}": df(1, 1)}, STORE, {None: "skip"}),
        ({**mounts("/ ext4 rw 8:1", f"{IMAGES} ext4 rw 8:1"), f"df:{IMAGES}": df(1, 1)}, STORE, {None: "skip"}),
        (TWO_DISKS, STORE, {IMAGES: "error", f"{IMAGES} inodes": "error"}),
        # btrfs counts no inodes
        ({**TWO_DISKS, f"df:{IMAGES}": df(500, 0, 0)}, STORE, {IMAGES: "pass"}),
        ({**TWO_DISKS, f"df:{IMAGES}": 124}, STORE, {IMAGES: "error", f"{IMAGES} inodes": "error"}),
        ({"file:/proc/self/mountinfo": 13}, STORE, {None: "error"}),
        ({**TWO_DISKS, "proc:700/cmdline": 13}, STORE, {None: "error"}),
        ({**TWO_DISKS, **NO_ENGINE}, {}, {None: "skip"}),
    ],
)
def test_space_is_judged_where_an_image_store_of_its_own_is(edits: dict[str, Any], info: Any, outcome: Any) -> None:
    changes = {} if "docker:info" in edits else {"info": info}
    files = {**folders(IMAGES), **used("overlay2/l")} if "docker:info" in edits else folders(IMAGES)
    assert all_of(SPACE, edits, files=files, **changes) == outcome


def used(*paths: str) -> dict[str, str]:
    """Rows of what lies in the data root."""
    found: dict[str, str] = {}
    for path in paths:
        whole = f"{ROOT}/{path}"
        for place in (whole.rpartition("/")[0], whole):
            found[place] = row(place, "dir", "0710", device="")
    return found


def test_an_engine_of_a_rehearsed_release_keeps_images_where_they_lie() -> None:
    edits = {**TWO_DISKS, f"df:{IMAGES}": df(1, 500)}
    assert all_of(SPACE, edits, rehearse="29.3", files=used("overlay2/l")) == {None: "skip"}
    # a host on which no driver has left anything gets the image store
    empty = all_of(SPACE, edits, rehearse="29.3", files=folders(IMAGES))
    assert empty == {IMAGES: "fail", f"{IMAGES} inodes": "pass"}
    assert all_of(SPACE, edits, rehearse="28.0", files=folders(IMAGES)) == {None: "skip"}
    denied = {f"{ROOT}/overlay2": row(f"{ROOT}/overlay2", "denied")}
    assert all_of(SPACE, edits, rehearse="29.3", files=denied) == {None: "error"}


# --- the image store beside a data root that was moved -----------------------------------------------------------


@each_of(
    ("root", "edits", "info", "outcome"),
    [
        ("/data/docker", MOVED, STORE, {IMAGES: "fail"}),
        ("/data/docker", {**mounts("/ ext4", "/data xfs", f"{IMAGES} ext4")}, STORE, {IMAGES: "pass"}),
        # by devices, not by names: a bind mount of the root file system is still that
        ("/data/docker", {**mounts("/ ext4 rw 8:1", "/data xfs", f"{IMAGES} ext4 rw 8:1")}, STORE, {IMAGES: "fail"}),
        ("/data/docker", {**mounts("/ ext4 rw 8:1", "/data xfs rw 8:1")}, STORE, {IMAGES: "skip"}),
        ("/data/docker", ONE_DISK, STORE, {IMAGES: "skip"}),
        (ROOT, mounts("/ ext4", f"{ROOT} xfs"), STORE, {IMAGES: "pass"}),
        ("/data/docker", MOVED, {}, {None: "skip"}),
        ("/data/docker", {**MOVED, **MANAGED}, STORE, {"/data/docker/containerd/daemon": "pass"}),
        ("/data/docker", {"file:/proc/self/mountinfo": 13}, STORE, {IMAGES: "error"}),
    ],
)
def test_a_data_root_that_was_moved_takes_its_images_along(root: str, edits: Any, info: Any, outcome: Any) -> None:
    config = json.dumps({"data-root": root})
    if edits.get("cmd:engines"):
        info = {**info, "Containerd": {"Address": "/var/run/docker/containerd/containerd.sock"}}
    changes = {"info": {"DockerRootDir": root, **info}, "daemon_json": config, "files": folders(IMAGES)}
    assert all_of(FOLLOWS, edits, **changes) == outcome


def test_a_rehearsed_image_store_stays_behind_as_well() -> None:
    info, files = {"DockerRootDir": "/data/docker"}, {"/data/docker/overlay2": row("/data/docker/overlay2", "absent")}
    config = json.dumps({"data-root": "/data/docker"})
    assert all_of(FOLLOWS, MOVED, info=info, daemon_json=config, files=files, rehearse="29.3") == {IMAGES: "fail"}
    assert all_of(FOLLOWS, MOVED, info=info, daemon_json=config, files=files) == {None: "skip"}


# --- the type of entries -----------------------------------------------------------------------------------------

XFS = mounts("/ ext4", f"{IMAGES} xfs")
FTYPE = "naming   =version 2              bsize=4096   ascii-ci=0, ftype={}\n"


@each_of(
    ("edits", "info", "outcome"),
    [
        ({**XFS, f"xfs:{IMAGES}": FTYPE.format(1)}, {**STORE, "Driver": "native"}, {IMAGES: "pass"}),
        ({**XFS, f"xfs:{IMAGES}": FTYPE.format(0)}, {**STORE, "Driver": "native"}, {IMAGES: "fail"}),
        ({**XFS, f"xfs:{IMAGES}": 127}, {**STORE, "Driver": "native"}, {IMAGES: "error"}),
        (XFS, {**STORE, "Driver": "native"}, {IMAGES: "error"}),
        # a snapshotter that is in use has loaded
        ({**XFS, f"xfs:{IMAGES}": 127}, STORE, {IMAGES: "pass"}),
        # below the data root its own figures tell
        ({**mounts("/ xfs"), "cmd:xfs-info": FTYPE.format(0)}, {**STORE, "Driver": "native"}, {IMAGES: "fail"}),
        (ONE_DISK, STORE, {IMAGES: "skip"}),
        ({**XFS, f"xfs:{IMAGES}": FTYPE.format(0)}, {}, {None: "skip"}),
    ],
)
def test_xfs_below_an_image_store_tells_the_type_of_entries(edits: Any, info: Any, outcome: Any) -> None:
    assert all_of(TYPES, edits, info=info, files=folders(IMAGES)) == outcome


def test_an_image_store_that_would_come_is_judged_by_xfs_info() -> None:
    edits = {**XFS, f"xfs:{IMAGES}": FTYPE.format(0)}
    assert all_of(TYPES, edits, rehearse="29.3", files=folders(IMAGES)) == {IMAGES: "fail"}


# --- what overlay can be mounted on ------------------------------------------------------------------------------

VFS = {"Driver": "vfs", "DriverStatus": []}


@each_of(
    ("table", "info", "outcome"),
    [
        *((mounts(f"/ {kind}"), VFS, "pass") for kind in ("ext4", "btrfs", "f2fs", "tmpfs", "bcachefs")),
        *(
            (mounts("/ ext4", f"{ROOT} {kind}"), VFS, "fail")
            for kind in ("overlay", "nfs4", "cifs", "9p", "vfat", "ecryptfs")
        ),
        *(
            (mounts("/ ext4", f"{ROOT} {kind}"), VFS, "fail")
            for kind in ("fuse.sshfs", "fuseblk", "squashfs", "nfs", "aufs")
        ),
        *((mounts("/ ext4", f"{ROOT} {kind}"), VFS, "error") for kind in ("virtiofs", "ceph", "zfs", "newfs")),
        # the longest mount point wins, and what is mounted over a folder hides it
        (mounts("/ overlay", "/var ext4"), VFS, "pass"),
        (mounts("/ ext4", "/var/lib nfs4"), VFS, "fail"),
        (mounts("/ overlay", f"{ROOT} ext4"), VFS, "pass"),
        (mounts("/ ext4", f"{ROOT}x nfs4"), VFS, "pass"),
        (mounts("/ nfs4", f"{ROOT}/overlay2 ext4"), VFS, "pass"),
        (mounts("/ ext4", f"{ROOT}/overlay2 overlay"), VFS, "fail"),
        (mounts("/ ext4", f"{ROOT} ext4 ro,nosuid"), VFS, "fail"),
        (mounts("/ ext4 ro", f"{ROOT} ext4"), VFS, "pass"),
        # an engine that runs with overlay2 has mounted one there
        (mounts("/ ext4", f"{ROOT} virtiofs"), {}, "pass"),
        (mounts("/ ext4", f"{ROOT} virtiofs ro"), {}, "fail"),
        # drivers that an engine picks where they fit
        (mounts("/ ext4", f"{ROOT} zfs"), {"Driver": "zfs", "DriverStatus": []}, "skip"),
        (mounts("/ ext4", f"{ROOT} overlay"), {"Driver": "fuse-overlayfs", "DriverStatus": []}, "skip"),
        ({"file:/proc/self/mountinfo": 13}, VFS, "error"),
        ({"file:/proc/self/mountinfo": "rubbish\n"}, VFS, "error"),
    ],
)
def test_overlay_is_mounted_on_what_can_hold_it(table: Any, info: Any, outcome: str) -> None:
    assert all_of(USABLE, table, info=info) == {ROOT: outcome}


@each_of(
    ("edits", "config", "outcome"),
    [
        ({}, {}, {ROOT: "fail"}),
        # other drivers by declaration mount no overlay
        *(({}, {"storage-driver": name}, {ROOT: "skip"}) for name in ("vfs", "btrfs", "zfs", "fuse-overlayfs")),
        ({}, {"storage-driver": "overlay2"}, {ROOT: "fail"}),
        ({"proc:812/environ": b"DOCKER_DRIVER=vfs\0"}, {}, {ROOT: "skip"}),
        # what is asked for is not known, and decides where the mount does not
        ({"proc:812/cmdline": 13}, {}, {ROOT: "error"}),
        ({"proc:812/cmdline": 13, **mounts("/ ext4")}, {}, {ROOT: "pass"}),
    ],
)
def test_overlay_is_asked_of_engines_that_want_it(edits: Any, config: Any, outcome: Any) -> None:
    table = mounts("/ ext4", f"{ROOT} overlay")
    assert all_of(USABLE, {**table, **edits}, info=VFS, daemon_json=json.dumps(config)) == outcome


@each_of(
    ("edits", "files", "outcome"),
    [
        # an engine that does not run, as it did not start
        ({**NO_ENGINE, **mounts("/ overlay")}, used("overlay2/l"), {ROOT: "fail"}),
        ({**NO_ENGINE, **mounts("/ ext4")}, used("overlay2/l"), {ROOT: "pass"}),
        ({**NO_ENGINE, **mounts("/ xfs"), "cmd:xfs-info": FTYPE.format(0)}, used("overlay2/l"), {ROOT: "fail"}),
        ({**NO_ENGINE, **mounts("/ xfs"), "cmd:xfs-info": FTYPE.format(1)}, used("overlay2/l"), {ROOT: "pass"}),
        ({**NO_ENGINE, **mounts("/ xfs"), "cmd:xfs-info": 127}, used("overlay2/l"), {ROOT: "error"}),
        ({**NO_ENGINE, **UNSET, **mounts("/ overlay")}, {}, {ROOT: "fail"}),
        ({**NO_ENGINE, **UNSET, **mounts("/ overlay")}, {ROOT: row(ROOT, "absent")}, {None: "skip"}),
    ],
)
def test_the_stores_are_looked_at_without_an_engine_that_runs(edits: Any, files: Any, outcome: Any) -> None:
    assert all_of(USABLE, edits, files=files) == outcome


@each_of(
    ("table", "outcome"),
    [
        (mounts("/ ext4", f"{ROOT} nfs4", f"{IMAGES} ext4"), {ROOT: "skip", IMAGES: "pass"}),
        (mounts("/ ext4", f"{ROOT} ext4", f"{IMAGES} nfs4"), {ROOT: "skip", IMAGES: "fail"}),
        (mounts("/ ext4"), {ROOT: "pass", IMAGES: "pass"}),
        # one cause, one finding
        (mounts("/ overlay"), {ROOT: "fail", IMAGES: "skip"}),
    ],
)
def test_where_images_lie_in_containerds_store_that_is_what_counts(table: Any, outcome: Any) -> None:
    assert all_of(USABLE, table, info=STORE, files=folders(IMAGES)) == outcome


def test_a_mount_that_is_read_only_is_mended_by_itself() -> None:
    found = said(USABLE, mounts("/ ext4", f"{ROOT} ext4 ro"), info=VFS)[ROOT]
    assert (found.observed, found.fix) == ("ext4, read-only", f"mount -o remount,rw {ROOT}")


# --- the next release's choice -----------------------------------------------------------------------------------

OVERLAY = used("overlay2/l")
LEFT = used("overlay2/l", "image/overlay2/imagedb/content/sha256/" + "a" * 64)
NAMED: dict[str, Any] = {"storage-driver": "overlay2"}


@each_of(
    ("info", "files", "config", "rehearse", "outcome"),
    [
        ({}, OVERLAY, {}, "", "pass"),
        ({}, OVERLAY, {}, "29.3", "pass"),
        # pruned: the driver's own folder stays, and is enough
        ({}, used("overlay2/l"), {}, "29.0", "pass"),
        # vfs does not count as a driver of before
        (VFS, used("vfs/dir"), {}, "29.3", "fail"),
        (VFS, used("vfs/dir"), {}, "28.0", "pass"),
        (VFS, used("vfs/dir"), {"storage-driver": "vfs"}, "29.3", "pass"),
        (VFS, used("vfs/dir"), {"features": {"containerd-snapshotter": False}}, "29.3", "pass"),
        ({}, {}, {}, "29.3", "fail"),
        ({}, {}, NAMED, "29.3", "pass"),
        ({}, {}, NAMED, "", "skip"),
        ({"Driver": "devicemapper", "DriverStatus": []}, used("devicemapper/metadata"), {}, "25.0", "fail"),
        # the image store stays the image store
        (STORE, {}, {"features": {"containerd-snapshotter": True}}, "29.3", "pass"),
        (STORE, OVERLAY, {"features": {"containerd-snapshotter": True}}, "29.3", "pass"),
        (STORE, OVERLAY, {"features": {"containerd-snapshotter": True}}, "", "skip"),
        ({}, OVERLAY, {"features": {"containerd-snapshotter": True}}, "29.3", "fail"),
        ({}, {f"{ROOT}/overlay2": row(f"{ROOT}/overlay2", "denied")}, {}, "29.3", "error"),
    ],
)
def test_the_next_release_keeps_images_as_they_are_kept(
    info: Any, files: Any, config: Any, rehearse: str, outcome: str
) -> None:
    found = all_of(LEFTOVER, info=info, files=files, daemon_json=json.dumps(config), rehearse=rehearse)
    assert found == {None: outcome}


NEW = {"Server": {"Version": "29.3.0", "Components": [{"Name": "Engine", "Version": "29.3.0"}]}}
UPGRADED = {"cmd:dpkg-query": "docker-ce\t5:29.3.0-1~ubuntu\tinstall ok installed\tamd64\n"}


@each_of(
    ("edits", "changes", "outcome"),
    [
        # an engine that was upgraded, and keeps images by what it chose, while a driver's images lie there
        (UPGRADED, {"info": STORE, "version": NEW, "files": LEFT}, "fail"),
        (UPGRADED, {"info": STORE, "version": NEW, "files": {}}, "pass"),
        # a package that was upgraded and waits for the restart
        (UPGRADED, {"info": VFS, "files": used("vfs/dir")}, "fail"),
        (UPGRADED, {"files": OVERLAY}, "pass"),
        (NO_ENGINE, {"files": OVERLAY}, "error"),
    ],
)
def test_an_upgrade_that_came_leaves_nothing_behind(edits: Any, changes: Any, outcome: str) -> None:
    assert all_of(LEFTOVER, edits, **changes) == {None: outcome}


def test_the_fix_names_what_is_used_today() -> None:
    found = said(LEFTOVER, info=VFS, files=used("vfs/dir"), rehearse="29.3")[None]
    assert '{"storage-driver": "vfs"}' in (found.fix or "")
    assert (found.observed, found.expected) == ("containerd's image store", "vfs")


def test_a_plain_host_has_no_fault() -> None:
    plain = {name: all_of(name, files=OVERLAY) for name in CHECKS}
    assert all(outcome in {"pass", "skip"} for found in plain.values() for outcome in found.values()), plain
