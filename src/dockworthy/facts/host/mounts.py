"""What is mounted where, as the kernel tells it in /proc/self/mountinfo (proc_pid_mountinfo(5))."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, derived, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.hosttree.mountinfo import MountTable, parse_mountinfo
from dockworthy.hosttree.places import Places

if TYPE_CHECKING:
    from dockworthy.hosttree.mountinfo import Mount
    from dockworthy.hosttree.tree import Tree
    from dockworthy.snapshot import Snapshot

__all__ = ["Mounts", "mounts", "places"]

_SOURCE = "/proc/self/mountinfo"


@dataclass(frozen=True, slots=True)
class Mounts:
    """All mounts that the probe saw."""

    table: Evidence[MountTable]

    @derived
    def of(self, path: str) -> Evidence[Mount]:
        """The mount that a path (with all links resolved) lies on."""
        mount = self.table.value.at(path)
        return unknown(f"no mount holds {path}", _SOURCE, Code.ABSENT) if mount is None else known(mount, _SOURCE)

    def at(self, path: str) -> Evidence[Mount | None]:
        """The mount whose point is this very path, or None."""
        return self.of(path).map(lambda mount: mount if mount.point in {path, path.rstrip("/")} else None)

    @derived
    def same_file_system(self, one: str, other: str) -> Evidence[bool]:
        """Whether two paths lie on one file system, however often it is mounted."""
        first, second = self.of(one), self.of(other)
        return known(first.value.device == second.value.device, second.source)


@fact
def mounts(snapshot: Snapshot) -> Mounts:
    """The mounts of the probe's own mount namespace."""
    table = snapshot.text("file:/proc/self/mountinfo").by(_SOURCE).map(parse_mountinfo)
    if table.is_known and not table.value.mounts:
        table = unknown("lists no mount", _SOURCE, Code.MALFORMED)
    return Mounts(table)


@fact
def places(files: Tree, mounts: Mounts) -> Places:
    """Where the host's paths really are."""
    return Places(files, mounts.table.get(MountTable()))
