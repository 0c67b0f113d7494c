"""A host compared with what an earlier run has of it, without either run being in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dockworthy.results.compare import compare
from dockworthy.results.model import Host, Results, summarise

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockworthy.fleet.look import Judged
    from dockworthy.results.model import Result
    from dockworthy.results.streamed import Streamed

__all__ = ["compared"]


def compared(baseline: Streamed, judged: Judged, results: Iterable[Result]) -> Judged:
    """What was judged, with what is new of it, how much of the baseline's is fixed and how much remains."""
    before = tuple(baseline.results(judged.name))
    after = tuple(results)
    old = Results(baseline.run, _hosts(judged.name, before), before, summarise(before))
    new = Results(baseline.run, (Host(judged.name, reachable=judged.reached, target=""),), after, summarise(after))
    found = compare(old, new)
    return replace(
        judged,
        new=tuple(found.new),
        fixed=len(found.fixed),
        known=len(found.still_failing),
        was_known=not found.only_new,
    )


def _hosts(name: str, results: Iterable[Result]) -> tuple[Host, ...]:
    """The host as the earlier run knew it, where it did."""
    checks = {result.check for result in results} - {"host.reachable"}
    return (Host(name, reachable=True, target=""),) if checks else ()
