"""What a run ends with: a pure function of what was found and what was demanded of it.

0 compliant, 1 a finding at or above ``fail_on`` (with a baseline: a new one), 5 nothing was evaluated, 6 not enough is
decided or a host was not reached. 1 wins over 6, and 6 over 5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.results.model import RANK, summarise

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from dockworthy.results.model import Host, Result, Summary

__all__ = [
    "COMPLIANT",
    "FINDINGS",
    "INTERNAL",
    "INTERRUPTED",
    "NOTHING",
    "UNDECIDED",
    "USAGE",
    "exit_status",
    "is_finding",
    "status_of",
]

COMPLIANT, FINDINGS, INTERRUPTED, INTERNAL, USAGE, NOTHING, UNDECIDED = range(7)


def is_finding(result: Result, fail_on: str = "low") -> bool:
    """Whether the result fails a run with this demand."""
    return result.outcome == "fail" and result.rank <= RANK[fail_on]


def exit_status(
    results: Sequence[Result],
    hosts: Iterable[Host] = (),
    *,
    fail_on: str = "low",
    min_decided: float = 100.0,
    new: Collection[Result] | None = None,
) -> int:
    """The exit status of a run; ``new`` are, with a baseline, the failures that it does not have."""
    judged = results if new is None else new
    found = any(is_finding(result, fail_on) for result in judged)
    reached = all(host.reachable for host in hosts)
    return status_of(summarise(results), found=found, reached=reached, min_decided=min_decided)


def status_of(summary: Summary, *, found: bool, reached: bool, min_decided: float) -> int:
    """The same, by whether there is something that fails the run, and whether all hosts were reached."""
    if found:
        return FINDINGS
    if not reached:
        return UNDECIDED
    if not summary.applicable:
        return NOTHING
    if summary.decided * 100 < min_decided * summary.applicable:
        return UNDECIDED
    return COMPLIANT
