"""A table that tells what was looked up in it, so that it is known of an answer what it rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

__all__ = ["Note", "Noted", "names_between"]

V = TypeVar("V")

Note = Callable[[str, "str | None"], None]
"""Told of each look: at a name, or at all names with this start and this end, which is None of a single one."""


class Noted(Mapping[str, V]):
    """A table as one of its readers finds it: each name that is asked for is noted, those that are not there too."""

    __slots__ = ("_note", "table")

    def __init__(self, table: Mapping[str, V], note: Note) -> None:
        self.table = table
        self._note = note

    def __getitem__(self, name: str) -> V:
        self._note(name, None)
        return self.table[name]

    def get(self, name: str, default: Any = None) -> Any:
        """What is under a name, or the default."""
        self._note(name, None)
        return self.table.get(name, default)

    def __iter__(self) -> Iterator[str]:
        return self.between("", "")

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def between(self, start: str, end: str) -> Iterator[str]:
        """The names with this start and this end, in the table's order."""
        self._note(start, end)
        return names_between(self.table, start, end)


def names_between(table: Iterable[str], start: str, end: str = "") -> Iterator[str]:
    """The names of a table with this start and this end, in its order."""
    if isinstance(table, Noted):
        return table.between(start, end)
    return (name for name in table if name.startswith(start) and name.endswith(end))
