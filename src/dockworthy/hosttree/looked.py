"""Owners, modes and kinds of the files that an engine's safety rests on, from the probe's ``stat:`` tables."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeVar

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Reason, known, unknown
from dockworthy.snapshot import DOES_NOT_EXIST, NO_ANSWER, NOT_LOOKED_AT, NOT_PERMITTED
from dockworthy.tables import decode, number

__all__ = ["FileFacts", "Owner", "parse_stat_line"]

T = TypeVar("T")

_COLUMNS = 14
_TYPES = frozenset({"file", "dir", "link", "socket", "block", "char", "fifo", "absent", "denied", "unknown"})
_MODE_LIMIT = 0o7777


@dataclass(frozen=True, slots=True)
class Owner:
    """Who owns a file: numbers decide, names are for people."""

    uid: int
    gid: int
    user: str = ""
    group: str = ""

    def __str__(self) -> str:
        return f"{self.user or self.uid}:{self.group or self.gid}"


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One path.

    Attributes:
        path: as it was named.
        resolved: with all links resolved; empty where that could not be done.
        kind: file, dir, socket, …; ``absent``; ``denied``; empty where the probe did not look.
        target: the owner of what the path leads to.
        link: the owner of the link itself; the same where it is none.
        bits: the mode, setuid bits included.
        size: in bytes.
        modified: in seconds since the epoch.
        device: the number of the file system.
        acl: ``-`` none; ``+`` (perhaps with the entries after it) extended entries exist; ``?`` not known.
        reason: why nothing is known, where nothing is.
    """

    path: str
    resolved: str = ""
    kind: str = ""
    target: Owner | None = None
    link: Owner | None = None
    bits: int | None = None
    size: int | None = None
    modified: int | None = None
    device: str = ""
    acl: str = "?"
    reason: Reason = NOT_LOOKED_AT

    @property
    def is_absent(self) -> bool:
        """Whether the probe looked, and there is nothing; a link that leads nowhere is nothing, too."""
        return self.kind == "absent" or (self.kind == "link" and not self.resolved)

    @property
    def exists(self) -> Evidence[bool]:
        """Whether there is something; unknown where the probe could not look."""
        if self.kind in {"", "denied", "unknown"}:
            return unknown(self._why, self.path)
        return known(not self.is_absent, self.path)

    @property
    def _why(self) -> Reason:
        if self.kind == "denied":
            return NOT_PERMITTED
        if self.kind == "unknown":
            return NO_ANSWER
        return DOES_NOT_EXIST if self.is_absent else self.reason

    def _said(self, value: T | None, what: str) -> Evidence[T]:
        source = f"{self.path}: {what}"
        return unknown(self._why, source) if value is None else known(value, source)

    @property
    def owners(self) -> Evidence[tuple[Owner, ...]]:
        """The owner of the file, and of the link that leads to it where there is one."""
        if self.target is None or self.link is None:
            return self._said((self.target,) if self.target is not None else None, "owner")
        same = (self.link.uid, self.link.gid) == (self.target.uid, self.target.gid)
        return self._said((self.target,) if same else (self.target, self.link), "owner")

    @property
    def mode(self) -> Evidence[int]:
        """The mode's twelve bits."""
        return self._said(self.bits, "mode")

    @property
    def mtime(self) -> Evidence[int]:
        """When its content last changed, in seconds since the epoch."""
        return self._said(self.modified, "mtime")

    @property
    def dev(self) -> Evidence[str]:
        """The number of the file system that it lies on."""
        return self._said(self.device or None, "device")

    @property
    def extended_acl(self) -> Evidence[bool]:
        """Whether entries beyond owner, group and others exist."""
        if self.acl == "?":
            return unknown("no tool shows its access control list", f"{self.path}: ACL", Code.TOOL_MISSING)
        return known(self.acl.startswith("+"), f"{self.path}: ACL")


@lru_cache(maxsize=4096)  # hosts that are made in the same way have most of their files alike
def parse_stat_line(line: str) -> FileFacts | None:
    """One line of a ``stat:`` table; None where it is not whole."""
    words = line.split(" ")
    if len(words) < _COLUMNS or words[2] not in _TYPES:
        return None
    path, resolved, kind, mode, uid, gid, user, group, size, mtime, device, acl, link_uid, link_gid = words[:_COLUMNS]
    bits = number(mode, 8)
    return FileFacts(
        path=decode(path),
        resolved="" if resolved == "-" else decode(resolved),
        kind=kind,
        target=_owner(uid, gid, user, group),
        link=_owner(link_uid, link_gid, "", ""),
        bits=bits if bits is not None and bits <= _MODE_LIMIT else None,
        size=number(size),
        modified=number(mtime.partition(".")[0]),
        device="" if device == "-" else device,
        acl=decode(acl) if acl[:1] in {"-", "+"} else "?",
    )


@lru_cache(maxsize=256)  # most files of a host belong to a few users
def _owner(uid: str, gid: str, user: str, group: str) -> Owner | None:
    numbers = number(uid), number(gid)
    if numbers[0] is None or numbers[1] is None:
        return None
    names = ["" if name in {"-", "UNKNOWN", "?"} else decode(name) for name in (user, group)]
    return Owner(numbers[0], numbers[1], names[0], names[1])
