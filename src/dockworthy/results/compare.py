"""What changed between two runs, and what a run has that its baseline has not.

``compare(old, new) -> Comparison`` puts each result into one place. A result is the same as an older one when host,
check and instance are; a check's former ids count. A host that the new run could not look at is not compared:
what was found there before is neither fixed nor gone.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.results.exit_status import is_finding
from dockworthy.results.fingerprint import Key, keys

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockworthy.results.model import Result, Results

__all__ = ["Change", "Comparison", "compare"]

_GOOD = {"pass", "skip"}
_WORST_FIRST = ("fail", "error", "waived", "manual", "skip", "pass")


@dataclass(frozen=True, slots=True)
class Change:
    """One result in both runs."""

    old: Result  # what it was
    new: Result  # what it is


@dataclass(slots=True)
class Comparison:
    """What changed; each result stands in one place, what is the same and no failure in none."""

    # fails now, and did not: it passed, was waived or undecided, or is there for the first time
    new: list[Result] = field(default_factory=list)
    fixed: list[Change] = field(default_factory=list)  # failed, and passes now or no longer applies
    still_failing: list[Change] = field(default_factory=list)  # failed and fails
    # another change of outcome: a failure that is waived or undecided now, a pass that is undecided
    changed: list[Change] = field(default_factory=list)
    appeared: list[Result] = field(default_factory=list)  # there for the first time, and no failure
    # was there, and is no longer; hosts that could not be looked at left out
    disappeared: list[Result] = field(default_factory=list)
    not_compared: list[str] = field(default_factory=list)  # hosts that the new run could not look at
    since: str = ""  # the older run: the file that it was read from, else its id
    only_old: list[str] = field(default_factory=list)  # hosts that the older run alone looked at
    # hosts that the older run did not look at, so that everything of them is there for the first time
    only_new: list[str] = field(default_factory=list)
    in_common: int = 0  # hosts that both looked at

    def new_findings(self, fail_on: str = "low") -> list[Result]:
        """What is new and fails a run with this demand."""
        return [result for result in self.new if is_finding(result, fail_on)]

    def put(self, older: Result | None, result: Result) -> None:
        """Put one result of the new run into its place."""
        failed, fails = older is not None and older.outcome == "fail", result.outcome == "fail"
        if older is None:
            (self.new if fails else self.appeared).append(result)
        elif failed and fails:
            self.still_failing.append(Change(older, result))
        elif fails:
            self.new.append(result)
        elif failed and result.outcome in _GOOD:
            self.fixed.append(Change(older, result))
        elif older.outcome != result.outcome:
            self.changed.append(Change(older, result))


def _indexed(results: Iterable[Result]) -> dict[Key, Result]:
    """Results by identity, former ids included; of two with one identity the worse."""
    found: dict[Key, Result] = {}
    for result in results:
        for key in keys(result):
            known = found.get(key)
            if known is None or _WORST_FIRST.index(result.outcome) < _WORST_FIRST.index(known.outcome):
                found[key] = result
    return found


def compare(old: Results, new: Results) -> Comparison:
    """Compare an earlier run, or the baseline, with a later one."""
    before = _indexed(old.results)
    lost = {host.name for host in new.hosts if not host.reachable}
    was, now = (_reached(run) for run in (old, new))
    found = Comparison(
        not_compared=sorted(lost),
        since=old.path or old.run.id,
        only_old=sorted(was - now - lost),
        only_new=sorted(now - was),
        in_common=len(was & now),
    )
    seen: set[int] = set()
    for result in _once(new.results):
        older = next((before[key] for key in keys(result) if key in before), None)
        if older is not None:
            seen.add(id(older))
        if result.host not in lost:
            found.put(older, result)
    found.disappeared = [
        result
        for result in _once(old.results)
        if id(result) not in seen and result.host not in lost and result.check != "host.reachable"
    ]
    return found


def _reached(run: Results) -> set[str]:
    return {host.name for host in run.hosts if host.reachable}


def _once(results: Iterable[Result]) -> list[Result]:
    """Each identity once, the worse of two."""
    return list({id(result): result for result in _indexed(results).values()}.values())
