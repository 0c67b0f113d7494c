"""The summary at the end of a run, in sentences: the findings, what could not be decided, the verdict, what to do next.

The worst stands first and each thing once: one finding with its instances, one fix with all that it fixes, one cause
with all that it leaves undecided. The last lines hold the verdict, so that it is there when everything else has
scrolled away. Names are data: they go out as text, never as markup.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.regex import regex
from dockworthy.report import rehearsal
from dockworthy.report.advice import advice
from dockworthy.report.groups import grouped
from dockworthy.report.next_step import next_step
from dockworthy.report.screen import Line, command, fix, print_lines
from dockworthy.report.sentence import waived
from dockworthy.report.verdict import OUTCOME_WORDS, because, coverage, reached, verdict, worst_first
from dockworthy.report.words import instance, listed, observation, plain, quantity, seen, should, table
from dockworthy.results.exit_status import COMPLIANT, FINDINGS
from dockworthy.results.model import OUTCOMES, SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
    from pathlib import Path
    from typing import TextIO

    from dockworthy.results.compare import Comparison
    from dockworthy.results.model import Result, Results

__all__ = ["NORMAL", "QUIET", "SEVERITY_STYLES", "VERBOSE", "print_summary", "summary_lines", "verdict_style"]

QUIET, NORMAL, VERBOSE = range(3)  # the verdict alone; what a person needs; every result

SEVERITY_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}
_VERDICTS = {COMPLIANT: "bold green", FINDINGS: "bold red"}  # any other is yellow
LIMIT = 10  # findings that are told with what was seen and the fix; the others are named
_SHOWN = 4  # further instances of a finding, further words for a cause
_NAMES = 12  # of what one cause leaves undecided
_ROWS = 12  # of what was seen in several places
_IN = 12  # cells that what is said of a finding stands in
_PLACE = regex(r"/[^\s'\",;:]+")


@dataclass(frozen=True, slots=True)
class _View:
    """What is told, and how much of it."""

    results: Results
    status: int
    comparison: Comparison | None
    folder: Path | None
    detail: int

    @property
    def limit(self) -> int:
        """How many are told in full."""
        return len(self.results.results) if self.detail >= VERBOSE else LIMIT

    @property
    def many_hosts(self) -> bool:
        """Whether a result has to name its host."""
        return len(self.results.hosts) > 1


def print_summary(
    results: Results,
    *,
    exit_status: int,
    folder: Path | None = None,
    comparison: Comparison | None = None,
    stream: TextIO | None = None,
    detail: int = NORMAL,
    color: str = "auto",
) -> None:
    """Print a run's summary; ``exit_status`` decides the verdict's words."""
    lines = summary_lines(results, exit_status, comparison, folder, detail)
    print_lines(lines, stream or sys.stdout, color=color)


def summary_lines(
    results: Results,
    status: int,
    comparison: Comparison | None = None,
    folder: Path | None = None,
    detail: int = NORMAL,
) -> Iterator[Line]:
    """The summary's lines, before it is known how wide they are shown."""
    view = _View(results, status, comparison, folder, detail)
    headline = _headline(view)
    if detail == QUIET:
        yield from (*headline, *_verdict(view))
        return
    body = list(_body(view))
    if body or headline:
        yield from (*(headline or _verdict_line(view)), *body, Line())
    yield _counts(results)
    yield from _verdict(view)
    if folder is not None:
        yield Line([("Reports: ", ""), (plain(str(folder), 4096), "bold")], hang=2)
    yield from _next(view)


def _body(view: _View) -> Iterator[Line]:
    """All but the verdict: nothing where there is nothing to tell."""
    results = view.results.results
    yield from _unreachable(view.results)
    if view.results.run.rehearsal is not None:
        yield from _rehearsal(view)
        undecided = [one for one in results if one.before != "error"]
    else:
        yield from _findings(view, (one for one in results if one.outcome == "fail"))
        undecided = list(results)
    yield from _undecided(view, undecided)
    yield from _waivers(view)
    if view.comparison is not None and view.results.run.rehearsal is None:
        yield from _since(view.comparison)
    if view.detail >= VERBOSE:
        yield from _rest(view)


def _title(text: str) -> Iterator[Line]:
    yield Line()
    yield Line([(text, "bold")])


def _grouped(results: Iterable[Result], key: Callable[[Result], Hashable]) -> list[list[Result]]:
    """The results that belong together, the worst first."""
    return grouped(sorted(results, key=worst_first), key)


# --- the verdict ---------------------------------------------------------------------------------------------


def _headline(view: _View) -> list[Line]:
    """What a rehearsal comes to, before its verdict; nothing of any other run."""
    if view.results.run.rehearsal is None:
        return []
    worse = rehearsal.broken(view.results.results, view.comparison)
    return [Line([(rehearsal.headline(view.results, view.comparison), "bold red" if worse else "bold green")], hang=2)]


def verdict_style(status: int) -> str:
    """How the verdict of an exit status is set."""
    return _VERDICTS.get(status, "bold yellow")


def _verdict_line(view: _View) -> list[Line]:
    word = verdict(view.status, view.comparison).upper()
    style = verdict_style(view.status)
    told = because(view.results, view.status, view.comparison)
    return [Line([(word, style), (f": {told}", "")], hang=2)]


def _verdict(view: _View) -> Iterator[Line]:
    """The verdict, what it rests on, and how much was looked at."""
    yield from _verdict_line(view)
    yield from (Line([(f"{sentence}.", "dim")], hang=2) for sentence in rehearsal.assumed(view.results))
    yield Line([(f"Coverage: {coverage(view.results)}, {reached(view.results)}", "")], hang=2)


def _counts(results: Results) -> Line:
    counts = results.summary.by_outcome
    parts = [f"{counts[outcome]} {OUTCOME_WORDS[outcome]}" for outcome in OUTCOMES if counts[outcome]]
    return Line([(f"{quantity(len(results.results), 'result')}: {', '.join(parts) or 'none'}", "")], hang=2)


def _next(view: _View) -> Iterator[Line]:
    """The commands that help from here, each with what it is for."""
    for what, words in next_step(view.results, view.status, view.folder, view.comparison):
        yield Line([(f"Next: {what}", "")], hang=2)
        yield command(*words, indent=4)


def _unreachable(results: Results) -> Iterator[Line]:
    if results.unreachable:
        yield from _title("Could not be looked at")
    for host in results.unreachable:
        yield Line([(plain(host.name), "bold"), (f": {plain(host.error or 'no reason is known')}", "")], 2, 4)


# --- findings ------------------------------------------------------------------------------------------------


def _rehearsal(view: _View) -> Iterator[Line]:
    """What another release, or other files, break and mend; what stays as it is is counted."""
    results = view.results.results
    told = rehearsal.consequences(view.results)
    if told:
        yield from _title("What it comes to")
    yield from (Line([(f"{sentence}.", "")], 2, 4) for sentence in told)
    yield from _findings(view, rehearsal.broken(results, view.comparison), "What breaks, the worst first")
    for title, style, found in (
        ("What is mended", "bold green", rehearsal.mended(results, view.comparison)),
        ("What changes and breaks nothing", "bold", rehearsal.changed(results)),
    ):
        if found:
            yield from _title(title)
        for result in sorted(found, key=worst_first)[: view.limit]:
            said = seen(result) if result.outcome == "pass" else observation(result)
            yield Line([(instance(result), style), (f": {said}", "")], 2, 4)
        if len(found) > view.limit:
            yield Line([(f"… and {len(found) - view.limit} more", "dim")], 2)


def _findings(view: _View, found: Iterable[Result], title: str = "Findings, the worst first") -> Iterator[Line]:
    """The findings, the worst first: what is demanded, what was seen, the fix; from the eleventh on by name."""
    groups = _grouped(found, lambda result: (result.rank, result.check, _form(result.fix or "", result)))
    families: dict[Hashable, list[list[Result]]] = {}
    for group in groups:
        families.setdefault(_family(group[0]), []).append(group)
    if groups:
        yield from _title(title)
    for family in list(families.values())[: view.limit]:
        yield from _finding(view, family)
    rest = [group for family in list(families.values())[view.limit :] for group in family]
    if rest:
        yield from _title("More findings")
    for severity in SEVERITIES:
        names = [_name(view, group) for group in rest if group[0].severity == severity]
        if names:
            yield Line([(f"{severity:<8}  ", SEVERITY_STYLES.get(severity, "")), (", ".join(names), "")], 2, _IN)


def _named(text: str, result: Result) -> str:
    """A text but for the instance's own name."""
    return re.sub(rf"(?<!\w){re.escape(result.param)}(?!\w)", "/", text) if result.param else text


def _form(text: str, result: Result) -> str:
    """A text but for what differs from instance to instance: its name, and paths."""
    return _PLACE.sub("/", _named(text, result))


def _family(result: Result) -> Hashable:
    """What is equal for findings of several checks that are one thing to do: twelve audit rules."""
    if not result.fix:
        return (result.rank, result.check)
    seen_of_it = _named(repr(result.observed), result)
    return (result.rank, result.topic, _form(result.fix, result), _form(repr(result.expected), result), seen_of_it)


def _name(view: _View, group: Sequence[Result]) -> str:
    """The check with its instances, and where there are several hosts how many have it."""
    first = group[0]
    params = list(dict.fromkeys(plain(result.param, 100) for result in group if result.param is not None))
    name = f"{first.check}[{listed(params, _SHOWN)}]" if params else first.check
    if not view.many_hosts:
        return name
    hosts = list(dict.fromkeys(result.host for result in group))
    return f"{name} on {plain(hosts[0], 100) if len(hosts) == 1 else quantity(len(hosts), 'host')}"


def _finding(view: _View, family: Sequence[Sequence[Result]]) -> Iterator[Line]:
    group = family[0]
    first = group[0]
    alone = len(group) == 1
    yield Line(
        [
            (f"{first.severity:<8}  ", SEVERITY_STYLES.get(first.severity, "")),
            (_name(view, group) if alone else first.check, "bold"),
            (f": {plain(first.title)}", ""),
        ],
        2,
        _IN,
    )
    clusters = _grouped(group, lambda result: _named(observation(result), result))
    for cluster in clusters[:_SHOWN]:
        yield from _seen(view, cluster, alone=alone)
    if len(clusters) > _SHOWN:
        rest = [result for cluster in clusters[_SHOWN:] for result in cluster]
        yield Line([(f"otherwise: {listed([_where(view, one) for one in rest], _SHOWN)}", "")], _IN, _IN + 2)
    others = [_name(view, other) for other in family[1:]]
    if others:
        yield Line([(f"likewise: {', '.join(others)}", "")], _IN, _IN + 2)
    same = len({result.fix for part in family for result in part}) == 1
    yield from _fix(first, [] if same else [f"# for {_where(view, first)}; the others want it with their own names:"])


def _seen(view: _View, cluster: Sequence[Result], *, alone: bool) -> Iterator[Line]:
    """What was seen of instances that are alike, told of the first."""
    first = cluster[0]
    rows = table(first.observed) if first.reason is None else []
    place = [] if alone else [(f"{_where(view, first)}: ", "bold")]
    yield Line([*place, (_over_rows(first) if rows else observation(first), "")], _IN, _IN + 2)
    yield from _table(rows)
    others = [_where(view, result) for result in cluster[1:]]
    if others:
        yield Line([(f"and so: {listed(others, _SHOWN)}", "")], _IN, _IN + 2)


def _over_rows(result: Result) -> str:
    """What stands above a table of what was seen."""
    source = f" ({plain(result.source)})" if result.source else ""
    expected = should(result.expected, result.observed)
    return f"{expected}; this was seen{source}:" if expected else f"this was seen{source}:"


def _table(rows: Sequence[tuple[str, str, str]]) -> Iterator[Line]:
    """What was seen in several places, one below the other."""
    first, second = (max((len(row[column]) for row in rows), default=0) for column in (0, 1))
    for row, column, cell in rows[:_ROWS]:
        name = f"{column:<{second}}  " if second else ""
        yield Line([(f"{row:<{first}}  ", "bold"), (f"{name}{cell}", "")], _IN, _IN + 4)
    if len(rows) > _ROWS:
        yield Line([(f"… and {len(rows) - _ROWS} more; the reports have all", "dim")], _IN)


def _where(view: _View, result: Result) -> str:
    param = plain(result.param, 100) if result.param is not None else ""
    return " ".join(part for part in (plain(result.host, 100) if view.many_hosts else "", param) if part) or "once more"


def _fix(result: Result, above: Sequence[str]) -> Iterator[Line]:
    return fix(result.fix or "", _IN, above)


# --- what is no finding --------------------------------------------------------------------------------------


def _undecided(view: _View, results: Sequence[Result]) -> Iterator[Line]:
    """What could not be decided, by cause: each once, with all that it touches."""
    errors = [result for result in results if result.outcome == "error" and result.check != "host.reachable"]
    if not errors:
        return
    yield from _title("Could not be decided")
    causes = _grouped(errors, lambda result: result.reason_code or result.reason)
    most = len(errors) if view.detail >= VERBOSE else _NAMES
    for cause in causes[: view.limit]:
        sentences = _grouped(cause, lambda result: result.reason)
        head = max(sentences, key=len)[0].reason
        sources = listed(list(dict.fromkeys(plain(one.source, 100) for one in cause if one.source)), 3)
        names = [_name(view, group) for group in _grouped(cause, lambda result: result.check)]
        told = f"{f' ({sources})' if sources else ''}: {listed(names, most)}"
        yield Line([(plain(head or "no reason is known"), "bold"), (told, "")], 2, 4)
        other = [plain(one[0].reason or "no reason is known") for one in sentences if one[0].reason != head]
        if other:
            yield Line([(f"or: {listed(other, _SHOWN, comma='; ')}", "")], 4, 6)
        what = advice(cause[0].reason_code)
        if what is not None:
            yield Line([("to decide it: ", "green"), (f"{what[0].lower()}{what[1:].removesuffix('.')}", "")], 4, 6)
    if len(causes) > view.limit:
        rest = [result for cause in causes[view.limit :] for result in cause]
        names = [_name(view, group) for group in _grouped(rest, lambda result: result.check)]
        yield Line([(f"for {len(causes) - view.limit} more reasons: {listed(names, most)}", "")], 2, 4)


def _waivers(view: _View) -> Iterator[Line]:
    accepted = [result for result in view.results.results if result.outcome == "waived"]
    if accepted:
        yield from _title("Waived")
    groups = _grouped(accepted, lambda result: tuple(sorted((result.waiver or {}).items())))
    for group in groups[: view.limit]:
        names = ", ".join(_name(view, same) for same in _grouped(group, lambda result: result.check))
        yield Line([(names, "bold"), (f"  {waived(group[0].waiver or {})}", "")], 2, 4)
    if len(groups) > view.limit:
        rest = sum(map(len, groups[view.limit :]))
        yield Line([(f"… and {quantity(rest, 'result')} by {len(groups) - view.limit} more waivers", "dim")], 2)


def _since(comparison: Comparison) -> Iterator[Line]:
    yield Line()
    told = f"{len(comparison.new)} new, {len(comparison.fixed)} fixed, {len(comparison.still_failing)} still failing"
    yield Line([("Since the baseline: ", "bold"), (told, "")], hang=2)
    for change in comparison.fixed[:LIMIT]:
        yield Line([("fixed     ", "green"), (f"{plain(change.new.host)}: {instance(change.new)}", "")], 2, _IN)
    if len(comparison.fixed) > LIMIT:
        yield Line([(f"… and {len(comparison.fixed) - LIMIT} more are fixed", "dim")], 2)


def _rest(view: _View) -> Iterator[Line]:
    """What no person has to do anything about, asked for by name."""
    passed = [result for result in view.results.results if result.outcome == "pass"]
    if passed:
        yield from _title("Passed")
    for result in sorted(passed, key=worst_first):
        host = f"{plain(result.host)}: " if view.many_hosts else ""
        yield Line([(host, ""), (instance(result), "bold"), (f": {seen(result)}", "")], 2, 4)
    for outcome in ("manual", "skip"):
        found = [result for result in view.results.results if result.outcome == outcome]
        if found:
            yield from _title(OUTCOME_WORDS[outcome].capitalize())
        for group in _grouped(found, lambda result: result.reason):
            names = [_name(view, same) for same in _grouped(group, lambda result: result.check)]
            yield Line([(f"{plain(group[0].reason or 'no reason is known')}: ", "bold"), (", ".join(names), "")], 2, 4)
