"""Hosts by topics: for each the worst that was found, and how often."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.report.page.words import line
from dockworthy.results.model import SEVERITIES

if TYPE_CHECKING:
    from dockworthy.results.model import Host, Result, Results

__all__ = ["Cell", "Matrix", "Row", "matrix"]

_UNDECIDED, _FINE = len(SEVERITIES), len(SEVERITIES) + 1  # after the severities, as the worst of a cell
_MARKS = (*((severity, severity[0].upper()) for severity in SEVERITIES), ("undecided", "?"), ("fine", "✓"))


@dataclass(frozen=True, slots=True)
class Cell:
    """One topic on one host."""

    worst: str  # a severity, ``undecided``, ``fine``, or empty where nothing applies
    mark: str  # the same as a letter
    number: int  # how many results have it


@dataclass(frozen=True, slots=True)
class Row:
    """One host."""

    host: Host  # the host
    name: str  # its name
    failed: int  # how many results failed
    undecided: int  # how many are undecided
    cells: list[Cell]  # by topic


@dataclass(frozen=True, slots=True)
class Matrix:
    """All hosts, the worst first."""

    topics: list[str]  # the columns
    rows: list[Row]  # the hosts


def _rank(result: Result) -> int | None:
    """How bad it is; None where it does not count."""
    if result.outcome == "fail":
        return result.rank
    return {"error": _UNDECIDED, "pass": _FINE, "waived": _FINE}.get(result.outcome)


def matrix(results: Results) -> Matrix:
    """The hosts, by the worst that is found there."""
    counts: dict[str, dict[str, list[int]]] = {host.name: {} for host in results.hosts}
    topics: dict[str, None] = {}
    for result in results.results:
        rank, topic = _rank(result), result.topic
        topics.setdefault(topic)
        if rank is not None and result.host in counts:
            counts[result.host].setdefault(topic, [0] * len(_MARKS))[rank] += 1
    names = sorted(topics)
    rows = [_row(host, counts[host.name], names) for host in results.hosts]
    totals = {row.name: _totals(counts[row.host.name]) for row in rows}
    rows.sort(key=lambda row: (row.host.reachable, [-number for number in totals[row.name]], row.name))
    return Matrix(names, rows)


def _totals(by_topic: dict[str, list[int]]) -> list[int]:
    totals: dict[int, int] = defaultdict(int)
    for counts in by_topic.values():
        for rank, number in enumerate(counts[:_FINE]):
            totals[rank] += number
    return [totals[rank] for rank in range(_FINE)]


def _row(host: Host, by_topic: dict[str, list[int]], topics: list[str]) -> Row:
    totals = _totals(by_topic)
    cells = [_cell(by_topic.get(topic)) for topic in topics]
    return Row(host, line(host.name), sum(totals[:_UNDECIDED]), totals[_UNDECIDED], cells)


def _cell(counts: list[int] | None) -> Cell:
    if counts is None:
        return Cell("", "", 0)
    worst = next(rank for rank, number in enumerate(counts) if number)
    word, mark = _MARKS[worst]
    return Cell(word, mark, counts[worst])
