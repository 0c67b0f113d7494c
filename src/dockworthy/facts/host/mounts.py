"""What is mounted where, as the kernel tells it in /proc/self/mountinfo (proc_pid_mountinfo(5))."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dockworthy.evidence import Evidence, known, unknown

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts

__all__ = ["Mount", "Mounts", "mounts", "parse_mountinfo"]

_OCTAL = re.compile(r"\\([0-3][0-7]{2})", re.ASCII)
_SOURCE = "/proc/self/mountinfo"
_FIXED_FIELDS = 6
_AFTER_DASH = 2


@dataclass(frozen=True, slots=True)
class Mount:
    """One mounted file system.

    Attributes:
        id, parent: numbers of the mount and of the one that it lies on.
        device: ``major:minor`` of the file system; the same for all bind mounts and subvolumes of one.
        root: which directory of the file system is mounted.
        point: where.
        options: of the mount (``ro``, ``nosuid``, …) and of the file system.
        kind: the type of file system.
        source: what is mounted, as the kernel was told.
    """

    id: int
    parent: int
    device: str
    root: str
    point: str
    options: frozenset[str]
    kind: str
    source: str


@dataclass(frozen=True, slots=True)
class Mounts:
    """All mounts that the probe saw, in the kernel's order."""

    table: Evidence[tuple[Mount, ...]]

    def of(self, path: str) -> Evidence[Mount]:
        """The mount that a path (with all links resolved) lies on: walked as the kernel walks it.

        Of several mounts on one point the last is seen, and what a later mount on a parent hides is not.
        """
        table = self.table.map(lambda all_mounts: _visible(all_mounts, path))
        if table.is_known and table.value is None:
            return unknown(f"no mount holds {path}", _SOURCE)
        return Evidence(table.source, table.content, table.unknown)

    def at(self, path: str) -> Evidence[Mount | None]:
        """The mount whose point is this very path, or None."""
        return self.of(path).map(
            lambda mount: mount if mount.point == path.rstrip("/") or mount.point == path else None
        )

    def same_file_system(self, one: str, other: str) -> Evidence[bool]:
        """Whether two paths lie on one file system, however often it is mounted."""
        first, second = self.of(one), self.of(other)
        if not first.is_known:
            return unknown(first.unknown or "", first.source)
        return second.map(lambda mount: mount.device == first.value.device)


def _holds(point: str, path: str) -> bool:
    return point in {"/", path} or path.startswith(point + "/")


def _visible(table: tuple[Mount, ...], path: str) -> Mount | None:
    numbers = {mount.id for mount in table}
    children: dict[int, list[Mount]] = {}
    for mount in table:
        if _holds(mount.point, path):
            parent = mount.parent if mount.parent in numbers and mount.parent != mount.id else -1
            children.setdefault(parent, []).append(mount)
    current: Mount | None = None
    below, seen = children.get(-1, []), set[int]()
    while below:
        # The path meets the shortest point first; what lies deeper on the same parent is hidden by it.
        current = min(reversed(below), key=lambda mount: len(mount.point))
        if current.id in seen:
            break
        seen.add(current.id)
        below = children.get(current.id, [])
    return current


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), text)


def parse_mountinfo(text: str) -> tuple[Mount, ...]:
    """Read mountinfo; a line that is not whole is passed over."""
    found = []
    for line in text.split("\n"):
        words = line.split(" ")
        if "-" not in words[_FIXED_FIELDS:]:
            continue
        dash = words.index("-", _FIXED_FIELDS)
        tail = words[dash + 1 :]
        if len(tail) < _AFTER_DASH or not (words[0].isdecimal() and words[1].isdecimal()):
            continue
        options = words[5].split(",") + (tail[2].split(",") if len(tail) > _AFTER_DASH else [])
        found.append(
            Mount(
                int(words[0][:10]),
                int(words[1][:10]),
                words[2],
                _unescape(words[3]),
                _unescape(words[4]),
                frozenset(options),
                tail[0],
                _unescape(tail[1]),
            )
        )
    return tuple(found)


def mounts(facts: Facts) -> Mounts:
    """The mounts of the probe's own mount namespace."""
    text = facts.snapshot.text("file:/proc/self/mountinfo")
    if not text.is_known:
        return Mounts(unknown(text.unknown or "", _SOURCE))
    table = parse_mountinfo(text.value)
    return Mounts(known(table, _SOURCE) if table else unknown("lists no mount", _SOURCE))
