"""Markdown, as GitHub and GitLab read it: for a job's summary, a comment, a wiki.

What is most is told first, and what is one is told once: a check with the places where it failed, a cause with what it
leaves undecided. A page stays below 1 MB, since GitHub drops a summary of more than 1 MiB without a word; what does not
fit is counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.report.formats.interface import Writer
from dockworthy.report.groups import grouped
from dockworthy.report.marked import fenced, marked
from dockworthy.report.sentence import kept, rehearsed
from dockworthy.report.verdict import OUTCOME_WORDS, because, coverage, judged, reached, verdict, worst_first
from dockworthy.report.words import observation
from dockworthy.results.model import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import BinaryIO

    from dockworthy.results.model import Result, Results

__all__ = ["LIMIT", "Markdown", "page"]

LIMIT = 1_000_000  # bytes
_TAIL = 400  # bytes that the sentence of what did not fit may take
_PLACES = 3  # named of each group
_LONGEST = 120  # characters of a name in a cell


class Markdown(Writer):
    """``--report markdown``."""

    name = "markdown"
    file_name = "report.md"

    def write(self, results: Results, out: BinaryIO) -> None:
        """Write the page."""
        out.write(page(results))


def page(results: Results, limit: int = LIMIT) -> bytes:
    """The page, in no more bytes than that, which must be 4096 at least."""
    made = _Page(limit)
    made.put(*_head(results))
    for title, head, rows in _tables(results):
        made.section(title, head, rows)
    fixes = grouped(_of(results, "fail"), lambda result: (result.check, result.fix))
    made.blocks("How to fix them", [_fix(group[0]) for group in fixes if group[0].fix])
    return made.bytes()


class _Page:
    """Lines, as long as there is room for them."""

    def __init__(self, limit: int) -> None:
        self._room = limit - _TAIL
        self._lines: list[str] = []
        self._left_out = 0

    def put(self, *lines: str) -> bool:
        """Add the lines, or none of them where there is no room."""
        size = sum(len(line.encode("utf-8", "replace")) + 1 for line in lines)
        if size > self._room:
            return False
        self._room -= size
        self._lines += lines
        return True

    def section(self, title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Add a table with its title, row by row, unless it has none."""
        started = False
        for row in rows:
            if not started:
                started = self.put("", f"## {title}", "", _row(head), _row(["---"] * len(head)))
            if not (started and self.put(_row(row))):
                self._left_out += 1

    def blocks(self, title: str, blocks: Iterable[Sequence[str]]) -> None:
        """Add a title and what stands below it, block by block."""
        for number, block in enumerate(blocks):
            if not self.put(*([] if number else ["", f"## {title}"]), "", *block):
                self._left_out += 1

    def bytes(self) -> bytes:
        """The whole, with the number of what did not fit."""
        if self._left_out:
            more = f"{self._left_out} more rows and fixes" if self._left_out > 1 else "One more row or fix"
            self._lines += ["", f"_{more} did not fit here; results.json has all._"]
        return ("\n".join(self._lines) + "\n").encode("utf-8", "replace")


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _of(results: Results, outcome: str) -> list[Result]:
    return sorted((result for result in results.results if result.outcome == outcome), key=worst_first)


def _head(results: Results) -> Iterator[str]:
    status, run = judged(results), results.run
    yield f"# {verdict(status)}: {because(results, status)}"
    yield ""
    yield f"{coverage(results)}, {reached(results)}."
    if not results.complete:
        yield "**The run did not come to its end: results are missing.**"
    if (what := rehearsed(run)) is not None:
        yield f"**This is {marked(what)}: the hosts were judged as they would be, not as they are.**"
    yield ""
    yield _row(OUTCOME_WORDS[outcome] for outcome in OUTCOMES)
    yield _row(["---"] * len(OUTCOMES))
    yield _row(str(results.summary.by_outcome[outcome]) for outcome in OUTCOMES)
    yield ""
    profiles = ", ".join(marked(str(profile.get("name"))) for profile in run.profiles) or "none"
    yield f"Run {marked(run.id)} of {marked(run.started)}, dockworthy {marked(run.tool_version)}; profiles: {profiles}."


def _tables(results: Results) -> Iterator[tuple[str, Sequence[str], Iterator[Sequence[str]]]]:
    hosts = len(results.hosts) > 1
    lost = ((marked(host.name), marked(host.error or "no reason is known")) for host in results.unreachable)
    yield "What could not be looked at", ("host", "why"), lost
    causes = grouped(_of(results, "error"), lambda result: (result.reason_code, result.reason, result.source))
    yield (
        "What could not be decided",
        ("why", "results", "for instance"),
        ((_why(group[0]), str(len(group)), _checks(group)) for group in causes),
    )
    findings = grouped(_of(results, "fail"), lambda result: (result.rank, result.check))
    yield (
        "Findings, the worst first",
        ("severity", "check", "what is demanded", "what was seen", "where"),
        (_finding(group, hosts=hosts) for group in findings),
    )
    yield (
        "Waived",
        ("severity", "check", "where", "until", "by", "why"),
        (_waiver(result, hosts=hosts) for result in _of(results, "waived")),
    )
    manual = grouped(_of(results, "manual"), lambda result: (result.check, result.reason))
    yield (
        "To be attested by a person",
        ("check", "what", "where"),
        ((marked(group[0].check), _why(group[0]), _where(group, hosts=hosts)) for group in manual),
    )


def _why(result: Result) -> str:
    return marked(observation(result) if result.reason else result.title)


def _checks(group: Sequence[Result]) -> str:
    checks = list(dict.fromkeys(result.check for result in group))
    more = f" and {len(checks) - _PLACES} more" if len(checks) > _PLACES else ""
    return ", ".join(marked(check, _LONGEST) for check in checks[:_PLACES]) + more


def _where(group: Sequence[Result], *, hosts: bool) -> str:
    """The places of a group, the first few by name."""
    places = [_place(result, hosts=hosts) for result in group[:_PLACES]]
    more = f" and {len(group) - _PLACES} more" if len(group) > _PLACES else ""
    return ", ".join(places) + more


def _place(result: Result, *, hosts: bool) -> str:
    param = "" if result.param is None else marked(result.param, _LONGEST)
    host = marked(result.host, _LONGEST) if hosts or not param else ""
    return f"{host}: {param}" if host and param else host or param


def _finding(group: Sequence[Result], *, hosts: bool) -> Sequence[str]:
    first = group[0]
    seen = "; ".join([observation(first, _LONGEST), *kept(first)])
    names = (first.severity, marked(first.check, _LONGEST), marked(first.title), marked(seen, 4 * _LONGEST))
    return (*names, _where(group, hosts=hosts))


def _waiver(result: Result, *, hosts: bool) -> Sequence[str]:
    waiver = result.waiver or {}
    told = (marked(str(waiver.get(key)), _LONGEST) for key in ("expires", "owner", "reason"))
    return (result.severity, marked(result.check, _LONGEST), _where([result], hosts=hosts), *told)


def _fix(result: Result) -> list[str]:
    return [f"{marked(result.check, _LONGEST)}: {marked(result.title)}", "", *fenced(result.fix or "")]
