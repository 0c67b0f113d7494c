"""A host judged, and judged again only where it changed."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Generic, TypeVar

from dockworthy.facts.watched import Watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
    from datetime import datetime

    from dockworthy.facts.facts import Declaration, Facts
    from dockworthy.facts.watched import Read, _OwnFacts
    from dockworthy.snapshot import Snapshot

__all__ = ["Judged"]

T = TypeVar("T")
_FILES = "files"
"""The fact that each reader has for itself."""


class Judged(Generic[T]):
    """A host judged, and of each question what it read, so that another host is asked only where it differs.

    Attributes:
        said: the answers, by the questions' ids.
        again: the ids of those that were asked, because nothing was known of them from a host that is the same there.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        now: datetime,
        questions: Mapping[str, Callable[[Facts], T]],
        near: Judged[T] | None = None,
        declared: Mapping[str, Declaration] | None = None,
    ) -> None:
        """Ask of a host; what was said of ``near``, asked the same, is taken where both are the same to who asks."""
        self.watched: _Near = _Near(snapshot, now, declared, None if near is None else near.watched)
        self._judge(questions, {} if near is None else near.said)
        if self.watched.has_strayed():
            self.watched = _Near(snapshot, now, declared)
            self._judge(questions, {})

    def _judge(self, questions: Mapping[str, Callable[[Facts], T]], before: Mapping[str, T]) -> None:
        as_near = self.watched.as_near(before)
        self.said: dict[str, T] = {name: said for name, said in before.items() if name in as_near}
        self.again = [name for name in questions if name not in self.said]
        for name in self.again:
            self.said[name] = questions[name](self.watched.facts(name))


class _Near(Watched):
    """The facts of one host; of those of another one it takes all that rest on nothing that differs.

    A reader is the same on both where its own looks find the same, and so does each fact that it asked for: either
    because the same holds of this, or because it was found anew and is the same in all its parts.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        now: datetime,
        declared: Mapping[str, Declaration] | None = None,
        near: _Near | None = None,
    ) -> None:
        super().__init__(snapshot, now, declared)
        self._near = near
        self._same = _Once(self._find_same)
        self._equal = _Once(self._find_equal)
        self._written: dict[str, bytes | None] = {}
        self._read: _AllRead | None = None
        self._taken: _AllRead | None = None
        self._differs: frozenset[Read] = frozenset()
        self._as_near: dict[str, _OwnFacts] = {}
        if near is not None:
            self._taken = near.all_read
            self._differs = self.differing(near, self._taken.looks)
            self._as_near = self._taken.besides(self._differs)
            self._facts = {**self._as_near, **self._facts}

    @property
    def all_read(self) -> _AllRead:
        """All that was read of it until now; what was found may go on reading."""
        if self._read is None or self._read.has_grown():
            self._read = _AllRead(self._facts)
        return self._read

    def as_near(self, readers: Iterable[str]) -> set[str]:
        """Those of the readers who find what they found on the host nearby; what was found there is taken."""
        return {name for name in readers if name in self._as_near or self._same[name]}

    def _find_same(self, reader: str) -> bool:
        own = None if self._taken is None or reader == _FILES else self._taken.facts.get(reader)
        if own is None or not own.noted.isdisjoint(self._differs) or not all(map(self._equal.__getitem__, own.asked)):
            return False
        self._facts[reader] = own
        return True

    def _find_equal(self, fact: str) -> bool:
        if fact in self._as_near or self._same[fact]:
            return True
        assert self._near is not None
        written = self._near.written(fact)
        return written is not None and written == self.written(fact)

    def written(self, fact: str) -> bytes | None:
        """A fact in all its parts; None where it has some that can go on looking."""
        if fact not in self._written:
            self._written[fact] = self._write(fact)
        return self._written[fact]

    def _write(self, fact: str) -> bytes | None:
        found: object
        try:
            found = self._own(fact).find(fact)
        except Exception as error:  # noqa: BLE001 - who asks for it is told so
            found = type(error), error.args, vars(error)
        try:
            return pickle.dumps(found)
        except (AttributeError, TypeError, pickle.PicklingError):
            return None

    def _own(self, reader: str) -> _OwnFacts:
        if reader not in self._facts and self._near is not None and self._same[reader]:
            return self._facts[reader]
        return super()._own(reader)

    def has_strayed(self) -> bool:
        """Whether something that was taken has since gone on to look where this host differs from its own."""
        return self._taken is not None and self._taken.has_grown() and any(self._strayed(self._taken))

    def _strayed(self, taken: _AllRead) -> Iterator[bool]:
        for reader, own in taken.grown():
            if self._facts.get(reader) is own:
                origin = own._watched
                yield bool(self.differing(origin, origin.reads(reader)))


class _AllRead:
    """What the readers of a host had read at one moment."""

    def __init__(self, facts: Mapping[str, _OwnFacts]) -> None:
        self.facts = dict(facts)
        self._now: Sequence[Sized] = [facts, *(read for own in facts.values() for read in (own.noted, own.asked))]
        self._sizes = list(map(len, self._now))
        self.looks: frozenset[Read] = frozenset().union(*(own.noted for own in facts.values()))
        self._looking: dict[Read, list[str]] = {}
        self._asking: dict[str, list[str]] = {}
        for name, own in facts.items():
            for look in own.noted:
                self._looking.setdefault(look, []).append(name)
            for fact in own.asked:
                self._asking.setdefault(fact, []).append(name)

    def has_grown(self) -> bool:
        """Whether one of them has read more since, or there are more of them."""
        return list(map(len, self._now)) != self._sizes

    def grown(self) -> Iterator[tuple[str, _OwnFacts]]:
        """Those who have read more since."""
        for at, (name, own) in enumerate(self.facts.items()):
            if [len(own.noted), len(own.asked)] != self._sizes[2 * at + 1 : 2 * at + 3]:
                yield name, own

    def besides(self, looks: Iterable[Read]) -> dict[str, _OwnFacts]:
        """Those who have not looked there, nor asked for a fact that may therefore be another."""
        found = self.facts.copy()
        found.pop(_FILES, None)
        pending = [name for look in looks for name in self._looking[look]]
        while pending:
            name = pending.pop()
            if found.pop(name, None) is not None:
                pending += self._asking.get(name, ())
        return found


class _Once(dict[str, bool]):
    """Answers, each found when it is first asked for."""

    def __init__(self, find: Callable[[str], bool]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, name: str) -> bool:
        found = self[name] = self._find(name)
        return found
