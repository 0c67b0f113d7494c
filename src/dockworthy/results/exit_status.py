"""What a run ends with: a pure function of what was found and what was demanded of it.

0 compliant, 1 a finding at or above ``fail_on`` (with a baseline: a new one), 5 nothing was evaluated, 6 not enough is
decided or a host was not reached. 1 wins over 6, and 6 over 5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.results.model import RANK, summarise

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from dockworthy.results.model import Host, Result

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
    if any(is_finding(result, fail_on) for result in judged):
        return FINDINGS
    if not all(host.reachable for host in hosts):
        return UNDECIDED
    summary = summarise(results)
    if not summary.applicable:
        return NOTHING
    if summary.decided * 100 < min_decided * summary.applicable:
        return UNDECIDED
    return COMPLIANT
