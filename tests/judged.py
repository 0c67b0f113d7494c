"""A host judged without pytest: what a pytest run of the same checks records, and judged again where it changed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from dockworthy.evidence import NotApplicable
from dockworthy.facts.watched import Watched
from dockworthy.run.judging import instances_of, judge_instance, own_arguments

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from dockworthy.check import Check
    from dockworthy.facts.watched import Read
    from dockworthy.run.hosts import RunHost

__all__ = ["Judged", "judge_host"]

Record = dict[str, Any]


def _no_testinfra() -> Any:
    raise NotApplicable("the check asks for testinfra's own `host`, and this is no live run")


def judge_host(host: RunHost, definitions: Iterable[Check]) -> Iterator[Record]:
    """All results of one host."""
    for definition in definitions:
        if not host.profile.selects(definition):
            continue
        for given in instances_of(definition, host):
            arguments = partial(own_arguments, definition, host, given[1], _no_testinfra)
            yield judge_instance(definition, host, given, arguments)


class Judged:
    """A host judged, and for each check what it read, so that another one is judged only where it differs.

    Attributes:
        again: the ids of the checks that were judged, where others were known from a host that is the same for them.
    """

    def __init__(self, host: RunHost, definitions: Collection[Check], alike: Judged | None = None) -> None:
        """Judge a host; what ``alike``, a host of the same profile, says of what this one has in common is taken."""
        assert host.snapshot is not None
        self.watched = Watched(host.snapshot, host.now)
        self.records: dict[str, list[Record]] = {}
        self.reads: dict[str, frozenset[Read]] = {}
        if alike is not None:
            self._take(alike)
        self.again = [definition.id for definition in definitions if definition.id not in self.records]
        for definition in definitions:
            if definition.id not in self.records:
                own = host.of(self.watched.facts(definition.id))
                self.records[definition.id] = list(judge_host(own, [definition]))
        self.reads |= {name: self.watched.reads(name) for name in self.again}

    def _take(self, alike: Judged) -> None:
        differing = self.watched.differing(alike.watched, frozenset().union(*alike.reads.values()))
        for name, reads in alike.reads.items():
            if reads.isdisjoint(differing):
                self.records[name], self.reads[name] = alike.records[name], reads
