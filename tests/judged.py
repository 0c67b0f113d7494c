"""A host judged, and judged again only where it changed."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Generic, TypeVar

from dockworthy.facts.watched import Watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
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
        self.said: dict[str, T] = {name: said for name, said in before.items() if self.watched.is_as_near(name)}
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
        self._taken: list[tuple[str, _OwnFacts, int, int]] = []
        self._written: dict[str, bytes | None] = {}
        self._looks: tuple[int, frozenset[Read]] = (0, frozenset())
        self._differs = frozenset() if near is None else self.differing(near, near.looks)

    @property
    def looks(self) -> frozenset[Read]:
        """All looks at it until now; what was found may go on looking."""
        count = sum(len(own.noted) for own in self._facts.values())
        if count != self._looks[0]:
            self._looks = count, frozenset().union(*(own.noted for own in self._facts.values()))
        return self._looks[1]

    def is_as_near(self, reader: str) -> bool:
        """Whether a reader finds what it found on the host nearby; then, what was found there is taken."""
        return self._same[reader]

    def _find_same(self, reader: str) -> bool:
        own = None if self._near is None or reader == _FILES else self._near._facts.get(reader)
        if own is None or not own.noted.isdisjoint(self._differs) or not all(map(self._equal.__getitem__, own.asked)):
            return False
        self._facts[reader] = own
        self._taken.append((reader, own, len(own.noted), len(own.asked)))
        return True

    def _find_equal(self, fact: str) -> bool:
        if self._same[fact]:
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
        return any(self._strayed())

    def _strayed(self) -> Iterator[bool]:
        for reader, own, noted, asked in self._taken:
            if (len(own.noted), len(own.asked)) != (noted, asked):
                origin = own._watched
                yield bool(self.differing(origin, origin.reads(reader)))


class _Once(dict[str, bool]):
    """Answers, each found when it is first asked for."""

    def __init__(self, find: Callable[[str], bool]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, name: str) -> bool:
        found = self[name] = self._find(name)
        return found
