"""What each reader of a host's facts has read: what the answers that it was given rest on.

A reader is a check, by its id, or a fact, by its name. Each finds facts of its own in [Watched.facts][], which note
what it looks up: sections by name, absent ones too, all names of a kind, paths of the file tree, the moment.
A fact may go on reading whenever it is asked, and keeps what it found: so whatever a fact has ever read counts for
everyone who asked for it. Of the file tree, which is made of all that was seen, each reader looks into a copy of
its own, and what counts is what it looked up there; of the engine's answer to ``GET /info``, in which no two hosts are
the same, which of its keys it looked at.

What a reader reads follows from the answers that it got before. So where all of these are the same on another host
(or on this one at another time), by the same profile, it says the same.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from dockworthy.facts.api.engine import INFO, info_texts
from dockworthy.facts.facts import Facts
from dockworthy.noted import Noted, names_between
from dockworthy.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime

    from dockworthy.facts.facts import Declaration
    from dockworthy.hosttree.tree import Tree
    from dockworthy.noted import Note

__all__ = ["Read", "Watched", "other_names"]

_SECTIONS, _NOW, _FILES, _ENGINE = "sections", "now", "files", "engine"


class Read(NamedTuple):
    """One look at a host's evidence."""

    table: str  # ``sections``, one of the file tree's tables, ``info`` or ``now``
    name: str  # what was looked up
    end: str | None  # None; or else all names were asked for that start so, and end with this


class Watched:
    """The facts of one host, found by each reader for itself.

    Attributes:
        snapshot: what was seen.
        now: the moment by which dates are judged, in UTC.
        declared: a user's own facts, by name.
    """

    def __init__(self, snapshot: Snapshot, now: datetime, declared: Mapping[str, Declaration] | None = None) -> None:
        self.snapshot = snapshot
        self.now = now
        self.declared = {} if declared is None else declared
        self.building: list[str] = []
        self._facts: dict[str, _OwnFacts] = {}

    def facts(self, reader: str) -> Facts:
        """The facts as a reader finds them."""
        return self._own(reader)

    def _own(self, reader: str) -> _OwnFacts:
        found = self._facts.get(reader)
        if found is None:
            found = self._facts[reader] = _OwnFacts(self, reader)
        return found

    def reads(self, reader: str) -> frozenset[Read]:
        """What a reader has read up to now, itself and by the facts that it asked for."""
        seen: set[str] = set()
        pending = [reader]
        reads: set[Read] = set()
        while pending:
            name = pending.pop()
            if name not in seen and name in self._facts:
                seen.add(name)
                own = self._facts[name]
                reads |= own.noted
                pending += own.asked
        return frozenset(reads)

    def own_reads(self, reader: str) -> frozenset[Read]:
        """What a reader has read itself."""
        return frozenset(self._facts[reader].noted) if reader in self._facts else frozenset()

    def asked(self, reader: str) -> tuple[str, ...]:
        """The facts that a reader has asked for."""
        return tuple(self._facts[reader].asked) if reader in self._facts else ()

    def readers(self) -> tuple[str, ...]:
        """Everyone who has asked for something."""
        return tuple(self._facts)

    def differing(self, other: Watched, reads: frozenset[Read]) -> frozenset[Read]:
        """The looks that find something else than on another host; all, where only one of the probes got to its end."""
        if self._probe() != other._probe():
            return reads
        tables = _by_table(reads)
        plain = (_SECTIONS, _NOW, INFO)
        found = {read for name in plain for read in self._differing(other, name, tables.get(name, ()))}
        of_files = [name for name in tables if name not in plain]
        if of_files:
            tree = other._own(_FILES).find(_FILES)  # what it is made of is known where it was made
            if any(self._differing(other, name, made_of) for name, made_of in _by_table(other.reads(_FILES)).items()):
                found.update(read for name in of_files for read in self._differing(other, name, tables[name]))
            else:
                self._take_files(other, tree)
        return frozenset(found)

    def _take_files(self, other: Watched, tree: Tree) -> None:
        """Take another host's file tree, which is made of the same."""
        mine, theirs = self._own(_FILES), other._own(_FILES)
        mine.__dict__[_FILES] = tree
        mine.noted |= theirs.noted
        mine.asked |= theirs.asked

    def _differing(self, other: Watched, name: str, reads: Collection[Read]) -> list[Read]:
        """The looks at one table that find something else there."""
        if not reads:
            return []
        mine, theirs = self._table(name), other._table(name)
        others = other_names(mine, theirs)
        return [
            read
            for read in reads
            if (
                not _same(mine.get(read.name), theirs.get(read.name))
                if read.end is None
                else any(True for _ in names_between(others, read.name, read.end))
            )
        ]

    def _table(self, name: str) -> Mapping[str, object]:
        if name == _NOW:
            return {"": self.now}
        if name == INFO:
            return info_texts(self.snapshot)
        return self.snapshot.sections if name == _SECTIONS else self._own(_FILES).files.tables()[name]

    def _probe(self) -> tuple[str, bool]:
        return self.snapshot.tool_version, self.snapshot.truncated


def _same(one: object, other: object) -> bool:
    """Whether two looks found the same; what a host has from another one need not be compared."""
    return one is other or one == other


@lru_cache(maxsize=8)  # one host is held against many
def _by_table(reads: frozenset[Read]) -> dict[str, list[Read]]:
    """Looks by the table that they are at."""
    found: dict[str, list[Read]] = {}
    for read in reads:
        found.setdefault(read.table, []).append(read)
    return found


def other_names(mine: Iterable[str], theirs: Iterable[str]) -> Collection[str]:
    """The names that only one of two tables has; all, where those in both have not the same order."""
    others = {*mine} ^ {*theirs}
    if not others and list(mine) == list(theirs):
        return ()
    if [name for name in mine if name not in others] == [name for name in theirs if name not in others]:
        return others
    return {*mine, *theirs}


class _OwnFacts(Facts):
    """The facts as one reader finds them."""

    def __init__(self, watched: Watched, reader: str) -> None:
        self.noted: set[Read] = set()
        self.asked: dict[str, None] = {}  # in the order in which they were asked for
        self._watched = watched
        self._reader = reader
        # What is no evidence is not there, so that nothing can rest on it.
        seen = watched.snapshot
        sections = Noted(seen.sections, self._note(_SECTIONS))
        snapshot = Snapshot(seen.tool_version, sections, seen.truncated, sha256="", size=0, name="")
        super().__init__(snapshot, watched.now, watched.declared)
        self._building = watched.building

    @property
    def now(self) -> datetime:
        self.noted.add(Read(_NOW, "", None))
        return self._now

    def _note(self, table: str) -> Note:
        seen: set[tuple[str, str | None]] = set()  # most looks are at what was looked at before

        def note(name: str, end: str | None) -> None:
            if (name, end) not in seen:
                seen.add((name, end))
                self.noted.add(Read(table, name, end))

        return note

    def _build(self, declaration: Declaration) -> Any:
        name = declaration.name
        if name == self._reader:
            return super()._build(declaration)
        if name != _FILES:
            self.asked[name] = None  # also where it has no answer
        found = self._watched._own(name).find(name)  # noqa: SLF001 - a part of it
        if name in {_FILES, _ENGINE}:
            found = found.noted(self._note)
        self.__dict__[name] = found
        return found
