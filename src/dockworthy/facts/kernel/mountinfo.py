"""The mount table of a process (``proc_pid_mountinfo(5)``), and which mount a path really leads to.

A mount that a later one covers is still in the table. What a path leads to is found as the kernel finds it:
from the root, component by component, onto each mount that sits on the current one at that place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Mount", "MountTable", "parse_mountinfo"]

_OCTAL = re.compile(r"\\([0-7]{3})")
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)
_FIELDS_BEFORE = 6
_FIELDS_AFTER = 3


@dataclass(frozen=True, slots=True)
class Mount:
    """One line of the table.

    Attributes:
        number: the mount's id.
        parent: the id of the mount that it sits on.
        root: what of the file system is mounted.
        point: where, as seen from the process's root.
        options: of the mount: ``ro``, ``nosuid`` …
        fstype: the file system's type.
        super_options: of the file system: for cgroup v1 the controllers.
    """

    number: int
    parent: int
    root: str
    point: str
    options: frozenset[str]
    fstype: str
    super_options: tuple[str, ...]

    @property
    def read_only(self) -> bool:
        """Whether nothing can be written through this mount."""
        return "ro" in self.options or "ro" in self.super_options


@dataclass(frozen=True, slots=True)
class MountTable:
    """All mounts of a mount namespace, in the table's order."""

    mounts: tuple[Mount, ...]
    _sitting: dict[tuple[int | None, str], Mount] = field(default_factory=dict)

    def __post_init__(self) -> None:
        numbers = {mount.number for mount in self.mounts}
        for mount in self.mounts:
            on = mount.parent if mount.parent in numbers and mount.parent != mount.number else None
            self._sitting[on, mount.point] = mount

    def at(self, path: str) -> Mount | None:
        """The mount that the path leads to, which may be mounted further up; None where the table has none."""
        current: Mount | None = None
        seen: set[int] = set()
        for place in _places(path):
            while (found := self._sitting.get((current.number if current else None, place))) is not None:
                if found.number in seen:
                    break
                seen.add(found.number)
                current = found
        return current

    def is_visible(self, mount: Mount) -> bool:
        """Whether the mount's own place leads to it, so that no other mount covers it."""
        return self.at(mount.point) is mount

    def visible(self, *types: str) -> Iterator[Mount]:
        """The mounts of these file system types that can be reached."""
        return (mount for mount in self.mounts if mount.fstype in types and self.is_visible(mount))


def _places(path: str) -> Iterator[str]:
    yield "/"
    place = ""
    for part in path.split("/"):
        if part:
            place += f"/{part}"
            yield place


def _plain(text: str) -> str:
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), text)


def _mount(line: str) -> Mount | None:
    before, separator, after = line.partition(" - ")
    first, last = before.split(" "), after.split(" ")
    if not separator or len(first) < _FIELDS_BEFORE or len(last) < _FIELDS_AFTER:
        return None
    if not (_NUMBER.fullmatch(first[0]) and _NUMBER.fullmatch(first[1])):
        return None
    return Mount(
        number=int(first[0]),
        parent=int(first[1]),
        root=_plain(first[3]),
        point=_plain(first[4]),
        options=frozenset(first[5].split(",")),
        fstype=last[0],
        super_options=tuple(last[2].split(",")),
    )


def parse_mountinfo(text: str) -> MountTable:
    """Read a mount table; lines that are none are passed over."""
    return MountTable(tuple(mount for line in text.splitlines() if (mount := _mount(line)) is not None))
