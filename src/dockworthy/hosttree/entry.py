"""What is at one path of a host, and whom its mode lets in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass

if TYPE_CHECKING:
    from dockworthy.evidence import Reason
    from dockworthy.hosttree.keys import KeyFacts

__all__ = ["READ", "SEARCH", "Entry", "Kind", "User"]

READ, SEARCH = 4, 1


class Kind:
    """What there can be at a path."""

    FILE: Final = "file"
    DIRECTORY: Final = "dir"
    LINK: Final = "symlink"
    SOCKET: Final = "socket"
    FIFO: Final = "fifo"
    DEVICE: Final = "device"
    ABSENT: Final = "absent"  # somebody looked, and there is nothing
    UNKNOWN: Final = "unknown"  # a name was seen and nothing else: whatever depends on it is not decided


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a folder.

    Attributes:
        kind: one of [Kind][dockworthy.hosttree.entry.Kind].
        data: a file's bytes; None where they were not taken off the host (a private key, or see ``unknown``).
        mode: the permission bits, or None where nobody looked: then nothing is refused for them.
        target: where a symbolic link points, as it is written in it; empty where it leads nowhere.
        uid, gid: the owner.
        key: of a private key: what the host said about it, in place of its bytes.
        unknown: why the content (of a folder: the names in it) is not known, or None.
    """

    kind: str
    data: bytes | None = None
    mode: int | None = None
    target: str = ""
    uid: int = 0
    gid: int = 0
    key: KeyFacts | None = None
    unknown: Reason | None = None


@dataclass(frozen=True, slots=True)
class User:
    """Whom a program runs as.

    Attributes:
        override: whether it has ``CAP_DAC_OVERRIDE`` (root as a rule has, and then no mode keeps it out).
    """

    uid: int = 0
    gids: frozenset[int] = frozenset({0})
    override: bool = True

    def may(self, entry: Entry, want: int) -> bool:
        """Whether the mode bits let this user read (4) or search (1); POSIX.1, file access permissions."""
        if self.override or entry.mode is None:
            return True
        if entry.uid == self.uid:
            return bool(entry.mode >> 6 & want)
        if entry.gid in self.gids:
            return bool(entry.mode >> 3 & want)
        return bool(entry.mode & want)
