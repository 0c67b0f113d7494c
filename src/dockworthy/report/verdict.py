"""The verdict of a run in words, which every report says in the same ones; it is decided elsewhere."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from dockworthy.report.changes import known_findings, other_hosts
from dockworthy.report.words import quantity
from dockworthy.results.exit_status import COMPLIANT, FINDINGS, NOTHING, UNDECIDED, exit_status, is_finding
from dockworthy.results.model import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockworthy.results.compare import Comparison
    from dockworthy.results.model import Result, Results, Summary

__all__ = [
    "OUTCOME_WORDS",
    "because",
    "by_severity",
    "coverage",
    "coverage_of",
    "judged",
    "reached",
    "reached_of",
    "verdict",
    "verdict_of",
    "worst_first",
]

_VERDICTS = {
    COMPLIANT: "Compliant",
    FINDINGS: "Not compliant",
    NOTHING: "Nothing evaluated",
    UNDECIDED: "Inconclusive",
}
OUTCOME_WORDS = {
    "pass": "passed",
    "fail": "failed",
    "error": "undecided",
    "skip": "not applicable",
    "waived": "waived",
    "manual": "to be attested",
}


def verdict(status: int, comparison: Comparison | None = None) -> str:
    """The word for a run's exit status, where it was compared with a baseline for what that means."""
    return verdict_of(status, not_worse=comparison is not None and bool(comparison.still_failing))


def verdict_of(status: int, *, not_worse: bool) -> str:
    """The same, where it is known whether findings of a baseline remain."""
    if status == COMPLIANT and not_worse:
        return "Not worse"  # it is not compliant, and was not before
    return _VERDICTS.get(status, "Not judged")


def judged(results: Results) -> int:
    """The exit status of the record by itself: what did not come to its end is undecided, unless it has a finding."""
    run = results.run
    status = exit_status(results.results, results.hosts, fail_on=run.fail_on, min_decided=run.min_decided)
    return status if results.complete or status == FINDINGS else UNDECIDED


def because(results: Results, status: int, comparison: Comparison | None = None) -> str:
    """Why the verdict is what it is, in half a sentence."""
    fail_on = results.run.fail_on
    nothing = f"no finding at or above {fail_on}" if comparison is None else known_findings(comparison, fail_on)
    if status == FINDINGS:
        if comparison is not None:
            new = comparison.new_findings(fail_on)
            told = f"{quantity(len(new), 'finding')} that the baseline does not have ({by_severity(new)})"
            return "; ".join(filter(None, (told, other_hosts(comparison))))
        found = [result for result in results.results if is_finding(result, fail_on)]
        hosts = len({result.host for result in found})
        return f"{quantity(len(found), 'finding')} on {quantity(hosts, 'host')} ({by_severity(found)})"
    if status == NOTHING:
        return _nothing(results)
    if status == UNDECIDED:
        lost = len(results.unreachable)
        undecided = results.summary.applicable - results.summary.decided - lost
        parts = [f"{quantity(lost, 'host')} could not be looked at"] if lost else []
        if undecided > 0:
            parts.append(f"{quantity(undecided, 'result')} could not be decided")
        if not results.complete:
            parts.append("the run did not come to its end")
        return f"{nothing}, but {' and '.join(parts) or 'too little is decided'}"
    if status == COMPLIANT:
        return nothing
    return "the run did not come to its end"


def _nothing(results: Results) -> str:
    if results.summary.by_outcome["manual"]:
        return "all that applies is for a person to attest"
    return "no check was applicable" if results.results else "no check was asked of any host"


def by_severity(found: Sequence[Result]) -> str:
    """``2 critical, 1 low``."""
    counts = Counter(result.severity for result in found)
    return ", ".join(f"{counts[severity]} {severity}" for severity in SEVERITIES if counts[severity]) or "below it"


def coverage(results: Results) -> str:
    """``303 of 318 applicable results decided (95.2 %)``."""
    return coverage_of(results.summary)


def coverage_of(summary: Summary) -> str:
    """The same of counts alone."""
    decided = f"{summary.decided} of {summary.applicable} applicable results decided"
    return decided + (f" ({int(summary.decided_percent * 10) / 10:g} %)" if summary.applicable else "")


def reached(results: Results) -> str:
    """``1 of 1 host reached``."""
    return reached_of(len(results.hosts), len(results.unreachable))


def reached_of(hosts: int, lost: int) -> str:
    """The same of numbers: of all hosts, and of those that could not be looked at."""
    return f"{hosts - lost} of {quantity(hosts, 'host')} reached"


def worst_first(result: Result) -> tuple[int, str, str, str]:
    """The order of results for a reader: by severity, then by check, host and instance."""
    return (result.rank, result.check, result.host, result.param or "")
