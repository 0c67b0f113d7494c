"""A host judged, and judged again only where it changed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar

from dockworthy.facts.watched import Watched

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from dockworthy.facts.facts import Facts
    from dockworthy.facts.watched import Read
    from dockworthy.snapshot import Snapshot

__all__ = ["Judged"]

T = TypeVar("T")


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
    ) -> None:
        """Ask of a host; what was said of ``near``, asked the same, is taken where both have in common what it read."""
        self.watched = Watched(snapshot, now)
        self.said: dict[str, T] = {}
        self._taken: dict[str, frozenset[Read]] = {}
        if near is not None:
            self._take(near)
        self.again = [name for name in questions if name not in self.said]
        for name in self.again:
            self.said[name] = questions[name](self.watched.facts(name))

    @cached_property
    def reads(self) -> dict[str, frozenset[Read]]:
        """What each answer rests on; few are asked for it."""
        return {**self._taken, **{name: self.watched.reads(name) for name in self.again}}

    @cached_property
    def all_reads(self) -> frozenset[Read]:
        """What all answers together rest on."""
        return frozenset().union(*self.reads.values())

    def _take(self, near: Judged[T]) -> None:
        differing = self.watched.differing(near.watched, near.all_reads)
        for name, reads in near.reads.items():
            if reads.isdisjoint(differing):
                self.said[name], self._taken[name] = near.said[name], reads
