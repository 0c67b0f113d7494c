"""What changed between two runs, as text and as JSON, and what a baseline makes of a verdict."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from dockworthy.report.words import instance, listed, observation, plain, quantity
from dockworthy.results.model import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from dockworthy.results.compare import Change, Comparison
    from dockworthy.results.model import Result

__all__ = ["IN", "as_json", "as_lines", "known_findings", "other_hosts"]

GROUPS = 20  # of a kind of change, where not all are asked for
PLACES = 4  # of a group, likewise
IN = 24  # characters that the names in a line stand in
_INDENT = " " * IN


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
        "only_old": list(comparison.only_old),
        "only_new": list(comparison.only_new),
    }


def _changes(changes: Iterable[Change]) -> list[dict[str, Any]]:
    return [
        {**change.new.as_json(), "was": {"outcome": change.old.outcome, "observed": change.old.observed}}
        for change in changes
    ]


# --- as text ---------------------------------------------------------------------------------------------------


def as_lines(comparison: Comparison, *, everything: bool = False) -> Iterator[str]:
    """The comparison as text: what is new first, equal changes once with where they are, the totals last.

    Args:
        comparison: of the two runs.
        everything: every change and place; else of each kind the worst ones, and how many more there are.
    """
    after = {id(change.new): change.old for change in (*comparison.fixed, *comparison.still_failing)}
    after |= {id(change.new): change.old for change in comparison.changed}

    def outcomes(result: Result) -> str:
        return f"{after[id(result)].outcome} → {result.outcome}"

    for name, results, told in (
        ("new", comparison.new, observation),
        ("fixed", [change.new for change in comparison.fixed], None),
        ("still failing", [change.new for change in comparison.still_failing], None),
        ("changed", [change.new for change in comparison.changed], outcomes),
    ):
        yield from _section(name, results, told, everything=everything)
    for name, results, hosts in (
        ("appeared", comparison.appeared, comparison.only_new),
        ("disappeared", comparison.disappeared, comparison.only_old),
    ):
        whole = set() if everything else set(hosts)
        for host in sorted(whole):
            yield _whole_host(name, [result for result in results if result.host == host], host)
        left = [result for result in results if result.host not in whole]
        yield from _section(name, left, _outcome, everything=everything)
    for host in comparison.not_compared:
        yield f"{'not compared':<14} {'':<8} {plain(host)}: could not be looked at in the new run"
    yield _totals(comparison)


def _whole_host(name: str, results: Sequence[Result], host: str) -> str:
    """A host that one of the runs alone looked at; its findings that are new are told by themselves."""
    counts = Counter(result.outcome for result in results)
    told = ", ".join(f"{counts[outcome]} {outcome}" for outcome in OUTCOMES if counts[outcome])
    rest = "other result" if name == "appeared" else "result"
    return f"{name:<14} {'':<8} {plain(host)}: the whole host, {quantity(len(results), rest)}: {told or 'none'}"


def _outcome(result: Result) -> str:
    return result.outcome


def _section(
    name: str, results: Iterable[Result], told: Callable[[Result], str] | None, *, everything: bool
) -> Iterator[str]:
    """One kind of change, the worst first."""
    groups: dict[tuple[str, ...], list[Result]] = {}
    for result in sorted(results, key=lambda one: (one.rank, one.check, one.host, one.param or "")):
        groups.setdefault(_cause(result, told), []).append(result)
    shown = list(groups.values()) if everything else list(groups.values())[:GROUPS]
    for group in shown:
        first = group[0]
        words = f": {told(first)}" if told is not None else ""
        if len(group) == 1:
            yield f"{name:<14} {first.severity:<8} {plain(first.host)}: {instance(first)}{words}"
            continue
        yield f"{name:<14} {first.severity:<8} {first.check}, {len(group)} times{words}"
        yield f"{_INDENT}{listed([_place(one) for one in group], len(group) if everything else PLACES)}"
    left = sum(map(len, groups.values())) - sum(map(len, shown))
    if left:
        yield f"{name:<14} {'':<8} … and {left} more of {quantity(len(groups) - len(shown), 'kind')}; --all shows them"


def _cause(result: Result, told: Callable[[Result], str] | None) -> tuple[str, ...]:
    """What is equal for changes that are told once: all but host and instance."""
    if told is not observation:
        return (result.severity, result.check, told(result) if told is not None else "")
    seen = json.dumps([result.observed, result.expected], sort_keys=True, default=str)
    return (result.severity, result.check, seen, result.reason or "")


def _place(result: Result) -> str:
    return plain(result.host, 100) + (f"[{plain(result.param, 100)}]" if result.param is not None else "")


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


# --- what a baseline makes of a verdict ------------------------------------------------------------------------


def known_findings(comparison: Comparison, fail_on: str) -> str:
    """``nothing new since BASELINE; 78 known findings remain``."""
    known = len(comparison.still_failing)
    remain = "remains" if known == 1 else "remain"
    rest = f"; {quantity(known, 'known finding')} {remain}" if known else ""
    what = f"no new finding at or above {fail_on}" if comparison.new else "nothing new"
    return f"{what} since {plain(comparison.since)}{rest}"


def other_hosts(comparison: Comparison) -> str | None:
    """What is to be known where the older run did not look at some hosts, or at none of them; else None."""
    if not comparison.only_new:
        return None
    since, new = plain(comparison.since), listed([plain(name, 100) for name in comparison.only_new], PLACES)
    if comparison.in_common:
        return f"{since} has nothing of {new}, and what is found there counts as new"
    old = listed([plain(name, 100) for name in comparison.only_old], PLACES) or "no host that could be looked at"
    return f"{since} is of {old} and not of {new}: there is no host in common, and everything counts as new"
