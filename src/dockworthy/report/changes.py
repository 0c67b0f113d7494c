"""What changed between two runs, as text and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.report.words import instance, observation, plain, quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dockworthy.results.compare import Change, Comparison
    from dockworthy.results.model import Result

__all__ = ["as_json", "as_lines"]


def as_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison's lists; a result that is in both runs has its former outcome beside it."""
    return {
        "new": [result.as_json() for result in comparison.new],
        "fixed": _changes(comparison.fixed),
        "still_failing": _changes(comparison.still_failing),
        "changed": _changes(comparison.changed),
        "appeared": [result.as_json() for result in comparison.appeared],
        "disappeared": [result.as_json() for result in comparison.disappeared],
        "not_compared": list(comparison.not_compared),
    }


def _changes(changes: Iterable[Change]) -> list[dict[str, Any]]:
    return [
        {**change.new.as_json(), "was": {"outcome": change.old.outcome, "observed": change.old.observed}}
        for change in changes
    ]


def as_lines(comparison: Comparison) -> Iterator[str]:
    """The comparison as text, what is new first."""
    for result in sorted(comparison.new, key=lambda item: (item.rank, item.check, item.host)):
        yield f"new            {result.severity:<8} {_where(result)}: {observation(result)}"
    for name, changes in (("fixed", comparison.fixed), ("still failing", comparison.still_failing)):
        for change in changes:
            yield f"{name:<14} {change.new.severity:<8} {_where(change.new)}"
    for change in comparison.changed:
        outcomes = f"{change.old.outcome} → {change.new.outcome}"
        yield f"{'changed':<14} {change.new.severity:<8} {_where(change.new)}: {outcomes}"
    for name, results in (("appeared", comparison.appeared), ("disappeared", comparison.disappeared)):
        for result in results:
            yield f"{name:<14} {result.severity:<8} {_where(result)}: {result.outcome}"
    for host in comparison.not_compared:
        yield f"{'not compared':<14} {'':<8} {plain(host)}: could not be looked at in the new run"
    yield _totals(comparison)


def _where(result: Result) -> str:
    return f"{plain(result.host)}: {instance(result)}"


def _totals(comparison: Comparison) -> str:
    counts = [
        f"{len(comparison.new)} new",
        f"{len(comparison.fixed)} fixed",
        f"{len(comparison.still_failing)} still failing",
        f"{len(comparison.appeared)} appeared",
        f"{len(comparison.disappeared)} disappeared",
    ]
    if comparison.changed:
        counts.insert(3, f"{len(comparison.changed)} otherwise changed")
    if comparison.not_compared:
        counts.append(f"{quantity(len(comparison.not_compared), 'host')} not compared")
    return ", ".join(counts)
