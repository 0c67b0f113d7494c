"""A Harbor's data volume: where it is, on what file system, and what is left there.

Source: goharbor/harbor ``make/prepare`` (data_path), ``make/photon/prepare/utils/db.py``, ``registry.py``.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, NotDecided, derived, known, unknown
from dockworthy.hosttree.places import is_under

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dockworthy.facts.engine.disk import Space, Volume
    from dockworthy.facts.harbor.installed.config import HarborInstallation
    from dockworthy.hosttree.mountinfo import Mount

__all__ = ["has_own_database", "has_own_storage", "place_faults", "rooms"]

# The system's own folders (file-hierarchy(7)); below those of the second line nothing is kept.
_SYSTEM: Final = frozenset(
    (
        *("/", "/bin", "/boot", "/etc", "/home", "/lib", "/lib32", "/lib64", "/root", "/sbin", "/usr", "/var"),
        *("/usr/bin", "/usr/lib", "/usr/local", "/usr/sbin", "/usr/share", "/var/cache", "/var/lib", "/var/log"),
        *("/var/spool", "/var/lib/docker", "/var/lib/containerd"),
    )
)
_NOTHING_KEPT: Final = ("/dev", "/proc", "/run", "/sys", "/tmp", "/var/run", "/var/tmp")  # noqa: S108 - compared
_PASSING: Final = frozenset({"tmpfs", "ramfs", "devtmpfs", "proc", "sysfs"})
_NO_OWNERS: Final = frozenset(
    {"cifs", "smb3", "smbfs", "9p", "vfat", "msdos", "exfat", "ntfs", "ntfs3", "fuseblk", "iso9660"}
)
_NFS: Final = frozenset({"nfs", "nfs4"})
_SHARED: Final = ("/mnt", "/media", "/opt", "/srv")  # where disks are mounted and programs put


def has_own_database(harbor: HarborInstallation) -> bool:
    """Whether the database lies in the data volume."""
    return not harbor.setting("external_database").value


def has_own_storage(harbor: HarborInstallation) -> bool:
    """Whether the images lie in the data volume, and in no object storage; raises NotDecided where that is not told."""
    block = harbor.setting("storage_service").value
    drivers = ("azure", "gcs", "s3", "swift", "oss")
    return not (isinstance(block, dict) and not block.get("filesystem") and any(block.get(one) for one in drivers))


def place_faults(harbor: HarborInstallation) -> list[str]:
    """What is wrong with the place of the data volume.

    Raises:
        NotDecided: where it is not known, or depends on how a server exports it.
    """
    path = harbor.text("data_volume").value
    if not path.startswith("/"):
        return [f"{path or 'nothing'} is no absolute path"]
    parts = [folder for folder, mount in _disks(harbor) if mount.kind in _NFS and folder.endswith("/database")]
    found = [*_path_faults(harbor, path), *dict.fromkeys(_disk_faults(harbor))]
    if not found and parts:
        raise NotDecided(
            f"whether the server of {parts[0]} lets root give files away (no_root_squash) is not known",
            "/proc/self/mountinfo",
            Code.NOT_TOLD,
        )
    return found


def _path_faults(harbor: HarborInstallation, path: str) -> Iterator[str]:
    read = harbor.facts.snapshot.text(f"cmd:harbor-path{harbor.folder}").by(f"{harbor.config}: the line of data_volume")
    if read.value.strip() != "same":
        yield "prepare's shell reads another path out of its line: take quotes and what follows the path away"
    plain = posixpath.normpath(f"/{path.lstrip('/')}")
    seen = harbor.facts.files[plain]
    if seen.kind == "link" and not seen.resolved:
        yield f"{plain} is a link that leads nowhere"
    elif seen.kind == "file":
        yield f"{plain} is a file"
    for one in dict.fromkeys((plain, seen.resolved or plain)):
        is_mounted = harbor.facts.mounts.at(one).get(None) is not None
        if one in _SYSTEM or (one in _SHARED and not is_mounted):
            yield f"{one} is the system's own"
        elif any(is_under(one, folder) for folder in _NOTHING_KEPT):
            yield f"nothing is kept in {one}"


def _disks(harbor: HarborInstallation) -> Iterator[tuple[str, Mount]]:
    """The data volume and what of it may lie on a disk of its own, each with its mount; not what is not there."""
    parts = ["", *_own_parts(harbor)]
    for part in parts:
        folder = posixpath.normpath(harbor.in_data(part))
        resolved = harbor.facts.files[folder].resolved
        if resolved or not part:
            yield folder, harbor.facts.mounts.of(resolved or folder).value


def _own_parts(harbor: HarborInstallation) -> list[str]:
    return [
        *(["registry"] if has_own_storage(harbor) else []),
        *(["database"] if has_own_database(harbor) else []),
    ]


def _disk_faults(harbor: HarborInstallation) -> Iterator[str]:
    """What is wrong with the file systems on which it lies."""
    for folder, mount in _disks(harbor):
        if mount.kind in _PASSING:
            yield f"{folder} is on {mount.kind}, which is gone after a reboot"
        elif mount.kind in _NO_OWNERS:
            yield f"{folder} is on {mount.kind}, which has no owners"


@dataclass(frozen=True, slots=True)
class Room:
    """What is left at one place, in the terms of the demand."""

    percent: float
    gib: float
    inodes_percent: float

    def as_json(self) -> dict[str, float]:
        """As a result shows it."""
        return {
            "free percent": self.percent,
            "free GiB": round(self.gib, 1),
            "free inodes percent": self.inodes_percent,
        }


_KIB_OF_GIB: Final = 1 << 20


@derived
def rooms(harbor: HarborInstallation) -> Evidence[Mapping[str, Room]]:
    """What is left where its data and its logs lie, by the folders that are there."""
    data = harbor.data_volume
    places = [data, *(posixpath.join(data, part) for part in _own_parts(harbor))]
    logs = harbor.text("log", "local", "location").value or harbor.text("log", "location").value or "/var/log/harbor"
    elsewhere = harbor.facts.storage.elsewhere
    if data not in elsewhere:
        return unknown("df does not tell it", f"df -Pk {data}", Code.NOT_TOLD)
    found = {place: _room(elsewhere[place]) for place in (*places, logs) if place in elsewhere}
    return known(found, f"df -Pk, df -Pi of {', '.join(found)}")


def _room(volume: Volume) -> Room:
    blocks: Space = volume.blocks.value
    return Room(blocks.free_percent, blocks.free / _KIB_OF_GIB, volume.inodes.value.free_percent)
