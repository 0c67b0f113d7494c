"""The summary at the end of a run: the verdict, what could not be looked at, the worst findings, the counts.

Colours come from rich, and only where the stream is a terminal and ``NO_COLOR`` is not set (``FORCE_COLOR`` asks
for them elsewhere); without them it is not imported. Names are data: they go out as text, never as markup.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from dockworthy.report import rehearsal
from dockworthy.report.verdict import OUTCOME_WORDS, because, by_severity, coverage, reached, verdict, worst_first
from dockworthy.report.words import demand, instance, observation, plain, quantity, table
from dockworthy.results.exit_status import FINDINGS
from dockworthy.results.model import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import TextIO

    from dockworthy.results.compare import Comparison
    from dockworthy.results.model import Result, Results

__all__ = ["coloured", "print_summary", "summary_lines"]

Piece = tuple[str, str]  # text and style
Line = list[Piece]

_VERDICT_STYLES = {0: "bold green", FINDINGS: "bold red"}
_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}
LIMIT = 20
SHOWN = 4  # lines of a fix, and further instances of a finding
ROWS = 12  # of what was seen in several places
_INDENT = " " * 11


def print_summary(
    results: Results,
    *,
    exit_status: int,
    folder: Path | None = None,
    comparison: Comparison | None = None,
    fail_on: str = "low",
    stream: TextIO | None = None,
    limit: int = LIMIT,
) -> None:
    """Print a run's summary; ``exit_status`` decides the verdict's words, ``limit`` how many checks are shown."""
    out = stream or sys.stdout
    lines = summary_lines(results, exit_status, comparison, folder, fail_on, limit)
    if coloured(out):
        _print_rich(lines, out)
    else:
        for line in lines:
            text = "".join(piece for piece, _ in line).rstrip()
            encoding = getattr(out, "encoding", None) or "utf-8"
            out.write(text.encode(encoding, "replace").decode(encoding) + "\n")
    out.flush()


def coloured(out: TextIO) -> bool:
    """Whether colours are wanted; see https://no-color.org and https://force-color.org."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (out.isatty() and os.environ.get("TERM") != "dumb")


def _print_rich(lines: Iterator[Line], out: TextIO) -> None:
    from rich.console import Console  # noqa: PLC0415 - only where colours are wanted
    from rich.text import Text as RichText  # noqa: PLC0415 - see above

    console = Console(file=out, highlight=False, markup=False, emoji=False, force_terminal=True, soft_wrap=True)
    for line in lines:
        console.print(RichText.assemble(*line))


def summary_lines(
    results: Results,
    status: int,
    comparison: Comparison | None = None,
    folder: Path | None = None,
    fail_on: str = "low",
    limit: int = LIMIT,
) -> Iterator[Line]:
    """The summary's lines, each a list of texts with their styles."""
    if results.run.rehearsal is not None:
        yield from _rehearsal(results, status, comparison, fail_on, limit)
    else:
        yield _verdict(results, status, comparison, fail_on)
        yield from _unreachable(results)
        yield from _findings(results.results, limit, many_hosts=len(results.hosts) > 1)
        yield from _undecided(results.results, limit)
        yield from _waivers(results)
        if comparison is not None:
            yield from _since(comparison)
    yield []
    yield _counts(results)
    yield _coverage(results)
    if folder is not None:
        yield [("Reports: ", ""), (plain(str(folder), 4096), "bold")]


def _rehearsal(
    results: Results, status: int, comparison: Comparison | None, fail_on: str, limit: int
) -> Iterator[Line]:
    """What another release breaks and mends; what stays as it is is counted."""
    worse, better = rehearsal.broken(results.results, comparison), rehearsal.mended(results.results, comparison)
    yield [(rehearsal.headline(results, comparison), "bold red" if worse else "bold green")]
    yield from _unreachable(results)
    yield from _findings(worse, limit, many_hosts=len(results.hosts) > 1, title="What breaks, the worst first")
    for title, style, found in (
        ("What is mended", "bold green", better),
        ("What changes and breaks nothing", "bold", rehearsal.changed(results.results)),
    ):
        if found:
            yield []
            yield [(title, "bold")]
        for result in sorted(found, key=worst_first)[:limit]:
            yield [("  ", ""), (instance(result), style), (f"  {observation(result)}", "")]
    yield from _undecided([one for one in results.results if one.before != "error"], limit)
    yield []
    yield _verdict(results, status, comparison, fail_on)
    yield from ([(f"{sentence}.", "dim")] for sentence in rehearsal.assumed(results))


def _verdict(results: Results, status: int, comparison: Comparison | None, fail_on: str) -> Line:
    told = f": {because(results, status, comparison, fail_on)}"
    return [(verdict(status, comparison).upper(), _VERDICT_STYLES.get(status, "bold yellow")), (told, "")]


def _unreachable(results: Results) -> Iterator[Line]:
    if results.unreachable:
        yield []
        yield [("Could not be looked at", "bold")]
    for host in results.unreachable:
        yield [("  ", ""), (plain(host.name), "bold"), (f": {plain(host.error or 'no reason is known')}", "")]


def _findings(
    results: Sequence[Result], limit: int, *, many_hosts: bool, title: str = "Findings, the worst first"
) -> Iterator[Line]:
    """The findings by check, the worst first: one line for what was seen, one for where else, and the fix."""
    found = sorted((result for result in results if result.outcome == "fail"), key=worst_first)
    if not found:
        return
    groups: dict[tuple[int, str], list[Result]] = {}
    for result in found:
        groups.setdefault((result.rank, result.check), []).append(result)
    yield []
    yield [(title, "bold")]
    for group in list(groups.values())[:limit]:
        yield from _finding(group, many_hosts=many_hosts)
    if len(groups) > limit:
        rest = [result for group in list(groups.values())[limit:] for result in group]
        yield [(f"  … and {len(rest)} more ({by_severity(rest)}); the reports have all", "dim")]


def _finding(group: Sequence[Result], *, many_hosts: bool) -> Iterator[Line]:
    first = group[0]
    host = f"{plain(first.host)}: " if many_hosts else ""
    rows = table(first.observed) if first.reason is None else []
    yield [
        (f"  {first.severity:<8} ", _STYLES.get(first.severity, "")),
        (host, ""),
        (instance(first), "bold"),
        (f"  {demand(first) if rows else observation(first)}", ""),
    ]
    yield from _table(rows)
    others = [_where(result, many_hosts=many_hosts) for result in group[1:]]
    if others:
        more = f" and {len(others) - SHOWN} more" if len(others) > SHOWN else ""
        yield [(f"{_INDENT}and so: {', '.join(others[:SHOWN])}{more}", "")]
    yield from _fix(first)


def _table(rows: Sequence[tuple[str, str, str]]) -> Iterator[Line]:
    """What was seen in several places, one below the other."""
    first, second = (max((len(row[column]) for row in rows), default=0) for column in (0, 1))
    for row, column, cell in rows[:ROWS]:
        name = f"{column:<{second}}  " if second else ""
        yield [(f"{_INDENT}{row:<{first}}  ", "bold"), (f"{name}{cell}", "")]
    if len(rows) > ROWS:
        yield [(f"{_INDENT}… and {len(rows) - ROWS} more; the reports have all", "dim")]


def _where(result: Result, *, many_hosts: bool) -> str:
    param = plain(result.param, 100) if result.param is not None else ""
    return " ".join(part for part in (plain(result.host, 100) if many_hosts else "", param) if part) or "once more"


def _fix(result: Result) -> Iterator[Line]:
    lines = [line for line in (result.fix or "").splitlines() if line.strip()]
    for number, line in enumerate(lines[:SHOWN]):
        yield [(f"{_INDENT}{'fix: ' if number == 0 else '     '}", "green"), (plain(line, 400), "")]
    if len(lines) > SHOWN:
        yield [(f"{_INDENT}     … dockworthy explain {result.check}", "dim")]


def _undecided(results: Sequence[Result], limit: int) -> Iterator[Line]:
    errors = [result for result in results if result.outcome == "error" and result.check != "host.reachable"]
    if not errors:
        return
    yield []
    yield [("Could not be decided", "bold")]
    grouped: dict[tuple[str, str], list[Result]] = {}
    for result in sorted(errors, key=worst_first):
        grouped.setdefault((result.reason or "", result.source), []).append(result)
    for group in list(grouped.values())[:limit]:
        checks = list(dict.fromkeys(instance(result) for result in group))
        shown = ", ".join(checks[:3]) + (f" and {len(checks) - 3} more" if len(checks) > 3 else "")  # noqa: PLR2004
        yield [("  ", ""), (shown, "bold"), (f"  {observation(group[0])}", "")]
    if len(grouped) > limit:
        yield [(f"  … and {len(grouped) - limit} more reasons; the reports have all", "dim")]


def _waivers(results: Results) -> Iterator[Line]:
    waived = [result for result in results.results if result.waiver is not None]
    if not waived:
        return
    yield []
    yield [("Waived", "bold")]
    for result in sorted(waived, key=worst_first)[:LIMIT]:
        waiver = result.waiver or {}
        told = f"  until {plain(str(waiver.get('expires')))} by {plain(str(waiver.get('owner')))}"
        yield [("  ", ""), (instance(result), "bold"), (f"{told}: {plain(str(waiver.get('reason')))}", "")]
    if len(waived) > LIMIT:
        yield [(f"  … and {len(waived) - LIMIT} more", "dim")]


def _since(comparison: Comparison) -> Iterator[Line]:
    yield []
    yield [
        ("Since the baseline: ", "bold"),
        (f"{len(comparison.new)} new, ", ""),
        (f"{len(comparison.fixed)} fixed, {len(comparison.still_failing)} still failing", ""),
    ]
    for change in comparison.fixed[:LIMIT]:
        yield [("  fixed    ", "green"), (f"{plain(change.new.host)}: {instance(change.new)}", "")]


def _counts(results: Results) -> Line:
    counts = results.summary.by_outcome
    parts = [f"{counts[outcome]} {OUTCOME_WORDS[outcome]}" for outcome in OUTCOMES if counts[outcome]]
    return [(f"{quantity(len(results.results), 'result')}: ", ""), (", ".join(parts) or "none", "")]


def _coverage(results: Results) -> Line:
    return [(f"Coverage: {coverage(results)}, {reached(results)}", "")]
