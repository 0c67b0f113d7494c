"""What published documents say of which controls a check answers, as ``frameworks.csv`` has it.

A new statement is a new row, and no code. Nothing is added that no document says: see ``docs/frameworks.md``.
"""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING

from dockworthy.data import table
from dockworthy.dataclass import dataclass
from dockworthy.frameworks.cis import as_in_1_7

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["Framework", "Source", "Statement", "Table", "known"]


@dataclass(frozen=True, slots=True)
class Framework:
    """A standard whose controls checks answer."""

    prefix: str  # as references spell it, before the colon
    title: str
    publisher: str


@dataclass(frozen=True, slots=True)
class Source:
    """A published document that says what answers what."""

    name: str  # as the statements cite it
    title: str
    found: str  # who publishes it, or where it was read
    date: str  # its own, or when it was read where it tells none


@dataclass(frozen=True, slots=True)
class Statement:
    """That what answers one thing answers another, too."""

    origin: str  # a reference, which stands for all that lies below it, or a check's id
    target: str  # a reference
    source: Source
    place: str  # where in the source; empty where that is plain from origin and target

    @property
    def cited(self) -> str:
        """The source and the place in it, in words."""
        return f"{self.source.title}: {self.place}" if self.place else self.source.title

    def as_json(self) -> dict[str, object]:
        """The fields of ``dockworthy explain --format json``."""
        return {"ref": self.target, "by": self.origin, "source": self.source.title, "place": self.place or None}


class Table:
    """All rows."""

    def __init__(self, rows: Iterable[Mapping[str, str]]) -> None:
        self._rows: dict[str, list[Mapping[str, str]]] = {"framework": [], "source": [], "map": []}
        self._targets: dict[str, list[str]] = {}  # by origin: every run asks for these, and few for the rest
        for row in rows:
            self._rows[row["kind"]].append(row)
            if row["kind"] == "map":
                self._targets.setdefault(row["name"], []).append(row["target"])
        self._reached: dict[str, tuple[str, ...]] = {}

    @cached_property
    def frameworks(self) -> dict[str, Framework]:
        """Every framework by its prefix."""
        return {row["name"]: Framework(row["name"], row["text"], row["source"]) for row in self._rows["framework"]}

    @cached_property
    def sources(self) -> dict[str, Source]:
        """Every source by its name."""
        return {
            row["name"]: Source(row["name"], row["text"], row["source"], row["date"]) for row in self._rows["source"]
        }

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """Every statement, in the table's order."""
        return tuple(
            Statement(row["name"], row["target"], self.sources[row["source"]], row["text"]) for row in self._rows["map"]
        )

    def answered(self, check_id: str, refs: Iterable[str]) -> tuple[str, ...]:
        """All that a check answers: its own references, and after them what the statements add, each once."""
        own = tuple(refs)
        added = [target for name in dict.fromkeys(map(as_in_1_7, (*own, check_id))) for target in self._reach(name)]
        return tuple(dict.fromkeys((*own, *added))) if added else own

    def _reach(self, name: str) -> tuple[str, ...]:
        """What is answered by what answers this, step by step; the nearest first."""
        if name not in self._reached:
            found: dict[str, None] = {}
            ends = [name]
            for end in ends:
                new = [target for place in _and_above(end) for target in self._targets.get(place, ())]
                ends += [target for target in new if target not in found]
                found |= dict.fromkeys(new)
            self._reached[name] = tuple(found)
        return self._reached[name]

    def why(self, check_id: str, refs: Iterable[str]) -> list[Statement]:
        """The statements by which a check answers more than its own references."""
        places = {place for name in (check_id, *self.answered(check_id, refs)) for place in _and_above(as_in_1_7(name))}
        return [statement for statement in self.statements if statement.origin in places]

    def sources_of(self, framework: Framework) -> tuple[Source, ...]:
        """The documents that say what answers its controls."""
        targets = f"{framework.prefix}:"
        names = dict.fromkeys(row["source"] for row in self._rows["map"] if row["target"].startswith(targets))
        return tuple(self.sources[name] for name in names)

    def framework_of(self, reference: str) -> Framework | None:
        """The framework that a reference names a control of; None where it is of no known one."""
        return self.frameworks.get(reference.partition(":")[0])


def _and_above(name: str) -> Iterator[str]:
    """A reference and the sections that it lies in, ``X:2.3``, ``X:2``; a check's id as it is."""
    yield name
    standard, colon, number = name.partition(":")
    while colon and "." in number:
        number = number.rpartition(".")[0]
        yield standard + colon + number


@cache
def known() -> Table:
    """The table that comes with the package."""
    return Table(table("dockworthy.frameworks", "frameworks.csv"))
