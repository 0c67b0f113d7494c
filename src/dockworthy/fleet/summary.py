"""The summary of a fleet: who was reached, what was found and on how many hosts, what could not be decided, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.report.advice import advice
from dockworthy.report.rehearsal import comes_to, headline_of
from dockworthy.report.screen import Line, command
from dockworthy.report.terminal import NORMAL, QUIET, SEVERITY_STYLES, VERBOSE, verdict_style
from dockworthy.report.verdict import OUTCOME_WORDS, coverage_of, reached_of, verdict_of
from dockworthy.report.words import listed, plain, quantity
from dockworthy.results.exit_status import COMPLIANT, FINDINGS, NOTHING
from dockworthy.results.model import OUTCOMES, SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from dockworthy.fleet.tally import Group, Tally

__all__ = ["Told", "summary_lines"]

_MOST = 20  # kinds of findings that are told
_CAUSES = 10
_IN = 12  # cells that what is said of a finding stands in


@dataclass(frozen=True, slots=True)
class Told:
    """What a summary is of."""

    tally: Tally
    record: Path  # where it lies
    total: int  # hosts that were named
    baseline: str | None = None  # as it was named
    only_old: int = 0  # hosts that the baseline alone has
    rehearsal: str | None = None  # what was taken in place of what the hosts have, in words
    reports: bool = True  # whether it is to be said how a report is made


def summary_lines(told: Told, detail: int = NORMAL) -> Iterator[Line]:
    """The summary's lines, before it is known how wide they are shown."""
    tally = told.tally
    if detail != QUIET:
        body = list(_body(told, everything=detail >= VERBOSE))
        if body:
            yield from (*_headline(told), *body, Line())
        yield _counts(tally)
    yield _verdict(told)
    yield Line([(f"Coverage: {coverage_of(tally.summary)}, {reached_of(tally.hosts, tally.lost)}", "")], hang=2)
    if detail == QUIET:
        return
    yield Line([("Record: ", ""), (plain(str(told.record), 4096), "bold")], hang=2)
    if told.reports:
        yield Line([("Next: a page of it, which is not made of so many hosts unless it is asked for", "")], hang=2)
        yield command("dockworthy", "report", str(told.record), "--format", "html=report.html", indent=4)


def _headline(told: Told) -> list[Line]:
    """The verdict, or of a rehearsal what it comes to."""
    tally = told.tally
    if told.rehearsal is None:
        return [_verdict(told)]
    worse = sum(group.results for group in tally.broken.values())
    text = f"{told.rehearsal}: {headline_of(worse, tally.mended)}"
    return [Line([(text, "bold red" if worse else "bold green")], hang=2)]


def _body(told: Told, *, everything: bool) -> Iterator[Line]:
    tally = told.tally
    yield from _unreached(tally)
    findings = tally.new if tally.has_baseline else tally.findings
    title = "New since the baseline, the worst first" if tally.has_baseline else "Findings, the worst first"
    if told.rehearsal is not None:
        sentences = comes_to(tally.consequences)
        yield from (Line(), Line([("What it comes to", "bold")])) if sentences else ()
        yield from (Line([(f"{sentence}.", "")], 2, 4) for sentence in sentences)
        if not tally.has_baseline:
            findings, title = tally.broken, "What breaks, the worst first"
    yield from _findings(title, findings, len(findings) if everything else _MOST)
    if tally.has_baseline:
        yield Line()
        since = f"{quantity(sum(one.results for one in tally.new.values()), 'result')} new, {tally.fixed} fixed"
        yield Line([("Since the baseline: ", "bold"), (f"{since}, {tally.known} still failing", "")], hang=2)
    yield from _undecided(tally.undecided, len(tally.undecided) if everything else _CAUSES)


def _unreached(tally: Tally) -> Iterator[Line]:
    if not tally.lost:
        return
    yield Line()
    yield Line([("Could not be looked at", "bold")])
    for name, error in tally.unreached.items():
        yield Line([(plain(name), "bold"), (f": {plain(error)}", "")], 2, 4)
    if tally.lost > len(tally.unreached):
        yield Line([(f"… and {quantity(tally.lost - len(tally.unreached), 'host')} more", "dim")], 2)


def _worst(groups: Mapping[str, Group]) -> list[tuple[str, Group]]:
    return sorted(groups.items(), key=lambda item: (item[1].rank, -item[1].hosts, item[0]))


def _on(group: Group) -> str:
    where = f"on {plain(group.host, 100)}" if group.hosts == 1 else f"on {quantity(group.hosts, 'host')}"
    return where if group.results == group.hosts else f"{group.results} times {where}"


def _findings(title: str, groups: Mapping[str, Group], most: int) -> Iterator[Line]:
    if not groups:
        return
    yield Line()
    yield Line([(title, "bold")])
    ordered = _worst(groups)
    for check, group in ordered[:most]:
        head = (f"{group.severity:<8}  ", SEVERITY_STYLES.get(group.severity, ""))
        yield Line([head, (plain(check), "bold"), (f": {plain(group.title)}; {_on(group)}", "")], 2, _IN)
    yield from _more(ordered[most:], "kind")


def _undecided(groups: Mapping[str, Group], most: int) -> Iterator[Line]:
    if not groups:
        return
    yield Line()
    yield Line([("Could not be decided", "bold")])
    ordered = sorted(groups.items(), key=lambda item: (-item[1].hosts, -item[1].results, item[0]))
    for code, group in ordered[:most]:
        checks = listed([plain(name) for name, _ in group.checks.most_common()], 4)
        yield Line([(plain(group.title), "bold"), (f"; {_on(group)}: {checks}", "")], 2, 4)
        what = advice(code)
        if what is not None:
            yield Line([("to decide it: ", "green"), (f"{what[0].lower()}{what[1:].removesuffix('.')}", "")], 4, 6)
    yield from _more(ordered[most:], "reason")


def _more(rest: Sequence[tuple[str, Group]], what: str) -> Iterator[Line]:
    if rest:
        results = sum(group.results for _, group in rest)
        yield Line([(f"… and {quantity(results, 'result')} of {quantity(len(rest), f'more {what}')}", "dim")], 2)


def _counts(tally: Tally) -> Line:
    counts = tally.summary.by_outcome
    parts = [f"{counts[outcome]} {OUTCOME_WORDS[outcome]}" for outcome in OUTCOMES if counts[outcome]]
    return Line([(f"{quantity(sum(counts.values()), 'result')}: {', '.join(parts) or 'none'}", "")], hang=2)


def _verdict(told: Told) -> Line:
    status = told.tally.status
    word = verdict_of(status, not_worse=told.tally.has_baseline and bool(told.tally.known)).upper()
    return Line([(word, verdict_style(status)), (f": {_because(told, status)}", "")], hang=2)


def _because(told: Told, status: int) -> str:
    tally = told.tally
    nothing = f"no finding at or above {tally.fail_on}"
    if tally.has_baseline:
        nothing = f"nothing new since {plain(told.baseline or 'the baseline')}"
        if tally.known:
            nothing += f"; {quantity(tally.known, 'known finding')} {'remains' if tally.known == 1 else 'remain'}"
    if status == FINDINGS:
        return _found(tally)
    if status == COMPLIANT:
        return nothing
    if status == NOTHING:
        return "no check was applicable" if tally.counts else "no check was asked of any host"
    undecided = tally.summary.applicable - tally.summary.decided - tally.lost
    parts = [f"{quantity(tally.lost, 'host')} could not be looked at"] if tally.lost else []
    parts += [f"{quantity(undecided, 'result')} could not be decided"] if undecided > 0 else []
    return f"{nothing}, but {' and '.join(parts) or 'too little is decided'}"


def _found(tally: Tally) -> str:
    if tally.has_baseline:
        return f"{quantity(tally.new_findings, 'finding')} that the baseline does not have"
    rank = SEVERITIES.index(tally.fail_on)
    told = [f"{tally.found(severity)} {severity}" for severity in SEVERITIES[: rank + 1] if tally.found(severity)]
    number = sum(tally.found(severity) for severity in SEVERITIES[: rank + 1])
    return f"{quantity(number, 'finding')} on {quantity(tally.failing_hosts, 'host')} ({', '.join(told)})"
