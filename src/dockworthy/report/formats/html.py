"""One page for people: the verdict, the hosts, the findings with their fixes, what is undecided and why.

The page is self-contained: nothing is fetched and nothing is run, and everything that a host said is escaped.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import ChainableUndefined, Environment

from dockworthy.report.formats.interface import Writer
from dockworthy.report.verdict import OUTCOME_WORDS, because, verdict, worst_first
from dockworthy.report.words import plain, quantity, table, value
from dockworthy.results.exit_status import exit_status
from dockworthy.results.model import OUTCOMES, SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable
    from typing import BinaryIO

    from jinja2 import Template

    from dockworthy.results.model import Result, Results

__all__ = ["Html"]

LONGEST = 2048  # characters of one value; results.json has all of it
Group = list["Result"]


class Html(Writer):
    """``--report html``."""

    name = "html"
    file_name = "report.html"

    def write(self, results: Results, out: BinaryIO) -> None:
        """Write the page."""
        status = exit_status(results.results, results.hosts)
        by_outcome: dict[str, Group] = {outcome: [] for outcome in OUTCOMES}
        for result in sorted(results.results, key=worst_first):
            by_outcome[result.outcome].append(result)
        page = template().generate(
            verdict=verdict(status).upper(),
            because=because(results, status),
            run=results.run,
            summary=results.summary,
            hosts=results.hosts,
            counts=_counts(results.results),
            findings=_groups(by_outcome["fail"], lambda result: (result.rank, result.check, result.fix)),
            undecided=_groups(by_outcome["error"], lambda result: (result.reason_code, result.reason, result.source)),
            waived=by_outcome["waived"],
            manual=_groups(by_outcome["manual"], lambda result: (result.check, result.reason)),
            skipped=_groups(by_outcome["skip"], lambda result: (result.reason_code, result.reason)),
            passed=_groups(by_outcome["pass"], lambda result: result.check),
            outcomes=OUTCOME_WORDS,
            severities=SEVERITIES,
        )
        out.writelines(part.encode("utf-8", "replace") for part in page)


@cache
def template() -> Template:
    """The page's template, compiled."""
    environment = Environment(autoescape=True, undefined=ChainableUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(
        value=lambda item: value(item, LONGEST),
        table=lambda item: table(item, LONGEST),
        plain=_lines,
        quantity=quantity,
    )
    return environment.from_string((files("dockworthy.report.formats") / "page.html.j2").read_text(encoding="utf-8"))


def _lines(text: object) -> str:
    """A text with its line ends and nothing else that is not printable."""
    return "\n".join(plain(line, LONGEST * 32) for line in str(text).split("\n"))


def _groups(results: Iterable[Result], key: Callable[[Result], Hashable]) -> list[Group]:
    """The results that belong together, in the order of the first of each."""
    found: dict[Any, Group] = {}
    for result in results:
        found.setdefault(key(result), []).append(result)
    return list(found.values())


def _counts(results: Iterable[Result]) -> dict[str, Counter[str]]:
    """By host, how many results have each outcome, and how many failed by severity."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for result in results:
        counts[result.host][result.outcome] += 1
        if result.outcome == "fail":
            counts[result.host][result.severity] += 1
    return counts
