"""What a job of GitHub Actions shows: annotations, as commands on its standard output, and a summary.

GitHub shows ten errors, ten warnings and ten notices of a step, and drops the others without a word. So the findings
are told once a check first, the worst before the others, and further instances only where there is room. A finding of
critical or high severity is an error, one of medium or low a warning, of ``info`` a notice; what could not be decided,
or looked at, is a warning a cause; what a person must attest is a notice. What is waived, passed or does not apply is
none of these.

Where ``GITHUB_STEP_SUMMARY`` names a file, the Markdown report is appended to it, as far as there is room below 1 MiB.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.errors import UsageError
from dockworthy.report.formats.interface import Writer
from dockworthy.report.groups import grouped
from dockworthy.report.location import Locations
from dockworthy.report.sentence import kept, rehearsed
from dockworthy.report.verdict import because, coverage, judged, verdict, worst_first
from dockworthy.report.words import instance, observation, plain, quantity
from dockworthy.results.exit_status import COMPLIANT, FINDINGS
from dockworthy.writing import append, refuse_place

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

    from dockworthy.results.model import Result, Results

__all__ = ["GitHub"]

VARIABLE = "GITHUB_STEP_SUMMARY"
_OPTION = f"{VARIABLE}="
_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "warning", "info": "notice"}
_MOST = 10  # annotations of one level that a step shows
_ROOM = 1024 * 1024 - 1  # bytes of a step's summary
_LEAST = 8192  # in which a page has its head, at least
_LONGEST = 1000
_IN_MESSAGE = {"%": "%25", "\r": "%0D", "\n": "%0A"}  # the first first
_IN_PROPERTY = {**_IN_MESSAGE, ":": "%3A", ",": "%2C"}


class GitHub(Writer):
    """``--report github``."""

    name = "github"
    file_name = None

    def refuse(self) -> None:
        """Refuse a summary that cannot be written."""
        super().refuse()
        if path := os.environ.get(VARIABLE):
            refuse_place(Path(path), _OPTION)
            if not Path(path).parent.is_dir():  # a runner makes it; it is not ours to make
                raise UsageError(f"{_OPTION}{path}: cannot be written (its folder is not there); name another place.")

    def write(self, results: Results, out: BinaryIO) -> None:
        """Append the summary, where there is one, and write the annotations."""
        if path := os.environ.get(VARIABLE):
            _summarise(results, Path(path))
        out.writelines(line.encode("utf-8", "replace") + b"\n" for line in _annotations(results))


# --- annotations ---------------------------------------------------------------------------------------------


def _annotations(results: Results) -> Iterator[str]:
    by_level: dict[str, list[str]] = {"error": [], "warning": [], "notice": []}
    level, line = _verdict(results)
    by_level[level].append(line)
    by_level["warning"] += _of_undecided(results)
    by_level["notice"] += _of_manual(results)
    for result, line in _findings(results):
        by_level[_LEVELS[result.severity]].append(line)
    for lines in by_level.values():
        yield from lines[:_MOST]


def _verdict(results: Results) -> tuple[str, str]:
    """The verdict: a warning where there is none."""
    status = judged(results)
    level = "notice" if status in {COMPLIANT, FINDINGS} else "warning"
    said = f"{because(results, status)}. {coverage(results)}."
    if (what := rehearsed(results.run)) is not None:
        said += f" This is {what}."
    return level, _command(level, said, {"title": f"dockworthy: {verdict(status)}"})


def _findings(results: Results) -> Iterator[tuple[Result, str]]:
    """One of each check with how many more there are, then those more, each the worst first."""
    locations, many = Locations(results), len(results.hosts) > 1
    found = sorted((result for result in results.results if result.outcome == "fail"), key=worst_first)
    groups = grouped(found, lambda result: (result.rank, result.check))
    first = [(group[0], len(group) - 1) for group in groups]
    for result, more in (*first, *((result, 0) for group in groups for result in group[1:])):
        place = f"{plain(result.host)}: " if many else ""
        lines = [f"{place}{instance(result)}: {'; '.join([observation(result, _LONGEST), *kept(result)])}"]
        if more:
            lines.append(f"And so in {quantity(more, 'more place')}.")
        if result.fix:
            lines += ["Fix:", *(plain(line, _LONGEST) for line in result.fix.splitlines())]
        properties = {"title": f"{result.severity}: {plain(result.title)}"}
        where = locations.of(result.host)
        if where.is_file:
            properties = {"file": where.path, "line": str(where.line), **properties}
        yield result, _command(_LEVELS[result.severity], "\n".join(lines), properties)


def _of_undecided(results: Results) -> Iterator[str]:
    errors = [result for result in results.results if result.outcome == "error"]
    groups = grouped(errors, lambda result: (result.reason_code, result.reason))
    for group in sorted(groups, key=len, reverse=True)[: _MOST // 2]:
        first = group[0]
        more = f" and {len(group) - 1} more" if len(group) > 1 else ""
        said = f"{plain(first.host)}: {instance(first)}{more}: {observation(first, _LONGEST)}"
        yield _command("warning", said, {"title": f"{quantity(len(group), 'result')} could not be decided"})


def _of_manual(results: Results) -> Iterator[str]:
    manual = [result for result in results.results if result.outcome == "manual"]
    if manual:
        said = ", ".join(dict.fromkeys(instance(result) for result in manual[:_MOST]))
        yield _command("notice", said, {"title": f"{quantity(len(manual), 'result')} to be attested by a person"})


def _command(level: str, message: str, properties: Mapping[str, str]) -> str:
    """One workflow command, of which a name is no part but text."""
    given = ",".join(f"{name}={_escaped(text, _IN_PROPERTY)}" for name, text in properties.items())
    return f"::{level} {given}::{_escaped(message, _IN_MESSAGE)}"


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    for character, escape in escapes.items():
        text = text.replace(character, escape)
    return text


# --- the summary ---------------------------------------------------------------------------------------------


def _summarise(results: Results, path: Path) -> None:
    """Append the page, unless GitHub would drop with it what is there already."""
    from dockworthy.report.formats.markdown import LIMIT, page  # noqa: PLC0415 - only where there is a summary

    room = min(LIMIT, _ROOM - (path.stat().st_size if path.exists() else 0))
    if room >= _LEAST:
        append(path, page(results, room), _OPTION)
