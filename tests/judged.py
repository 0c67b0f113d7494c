"""A host judged without pytest: what a pytest run of the same checks records, and judged again where it changed."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from dockworthy.evidence import NotApplicable
from dockworthy.facts.watched import Watched
from dockworthy.run.judging import instances_of, judge_instance, own_arguments

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from dockworthy.check import Check
    from dockworthy.facts.facts import Facts
    from dockworthy.facts.watched import Read
    from dockworthy.run.hosts import RunHost
    from dockworthy.snapshot import Snapshot

__all__ = ["Judged", "judge_host"]

T = TypeVar("T")

Record = dict[str, Any]


def _no_testinfra() -> Any:
    raise NotApplicable("the check asks for testinfra's own `host`, and this is no live run")


def judge_host(
    host: RunHost, definitions: Iterable[Check], besides: Collection[tuple[str, str | None]] = ()
) -> Iterator[Record]:
    """All results of one host, besides those of these checks and instances, which nobody asks for."""
    for definition in definitions:
        if not host.profile.selects(definition):
            continue
        for given in instances_of(definition, host):
            if (definition.id, given[0]) in besides:
                continue
            arguments = partial(own_arguments, definition, host, given[1], _no_testinfra)
            yield judge_instance(definition, host, given, arguments)


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
