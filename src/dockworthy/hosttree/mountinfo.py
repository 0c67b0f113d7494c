"""The mount table of a process (``proc_pid_mountinfo(5)``), and which mount a path really leads to.

A mount that a later one covers is still in the table. What a path leads to is found as the kernel finds it:
from the root, component by component, onto each mount that sits on the current one at that place.
"""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Mount", "MountTable", "parse_mountinfo"]

_OCTAL = regex(r"\\([0-3][0-7]{2})", re.ASCII)
_NUMBER = regex(r"\d{1,18}", re.ASCII)
_FIELDS_BEFORE = 6
_FIELDS_AFTER = 2


@dataclass(frozen=True, slots=True)
class Mount:
    """One line of the table.

    Attributes:
        id, parent: numbers of the mount and of the one that it sits on.
        device: ``major:minor`` of the file system; the same for all bind mounts and subvolumes of one.
        root: which directory of the file system is mounted.
        point: where, as seen from the process's root.
        options: of the mount: ``ro``, ``nosuid`` …
        kind: the file system's type.
        source: what is mounted, as the kernel was told.
        super_options: of the file system: for cgroup v1 the controllers.
    """

    id: int
    parent: int
    device: str
    root: str
    point: str
    options: frozenset[str]
    kind: str
    source: str
    super_options: tuple[str, ...] = ()

    @property
    def all_options(self) -> frozenset[str]:
        """Of the mount and of its file system."""
        return self.options | frozenset(self.super_options)

    @property
    def read_only(self) -> bool:
        """Whether nothing can be written through this mount."""
        return "ro" in self.all_options


@dataclass(frozen=True, slots=True)
class MountTable:
    """All mounts of a mount namespace, in the table's order."""

    mounts: tuple[Mount, ...] = ()
    _sitting: dict[tuple[int | None, str], Mount] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        numbers = {mount.id for mount in self.mounts}
        for mount in self.mounts:
            on = mount.parent if mount.parent in numbers and mount.parent != mount.id else None
            self._sitting[on, mount.point] = mount

    def at(self, path: str) -> Mount | None:
        """The mount that the path leads to, which may be mounted further up; None where the table has none."""
        current: Mount | None = None
        seen: set[int] = set()
        for place in _places(path):
            while (found := self._sitting.get((current.id if current else None, place))) is not None:
                if found.id in seen:
                    break
                seen.add(found.id)
                current = found
        return current

    def is_visible(self, mount: Mount) -> bool:
        """Whether the mount's own place leads to it, so that no other mount covers it."""
        return self.at(mount.point) is mount

    def visible(self, *types: str) -> Iterator[Mount]:
        """The mounts of these file system types that can be reached."""
        return (mount for mount in self.mounts if mount.kind in types and self.is_visible(mount))


def _places(path: str) -> Iterator[str]:
    yield "/"
    place = ""
    for part in path.split("/"):
        if part:
            place += f"/{part}"
            yield place


def _plain(text: str) -> str:
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), text) if "\\" in text else text


def _mount(line: str) -> Mount | None:
    before, separator, after = line.partition(" - ")
    first, last = before.split(" "), after.split(" ")
    if not separator or len(first) < _FIELDS_BEFORE or len(last) < _FIELDS_AFTER:
        return None
    if not (_NUMBER.fullmatch(first[0]) and _NUMBER.fullmatch(first[1])):
        return None
    return Mount(
        id=int(first[0]),
        parent=int(first[1]),
        device=first[2],
        root=_plain(first[3]),
        point=_plain(first[4]),
        options=frozenset(first[5].split(",")),
        kind=last[0],
        source=_plain(last[1]),
        super_options=tuple(last[2].split(",")) if len(last) > _FIELDS_AFTER else (),
    )


def parse_mountinfo(text: str) -> MountTable:
    """Read a mount table; a line that is not whole is passed over."""
    return MountTable(tuple(mount for line in text.split("\n") if (mount := _mount(line)) is not None))
