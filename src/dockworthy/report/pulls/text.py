"""The pull matrix for a terminal, and for programs as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.moments import shown
from dockworthy.report.pulls.matrix import FAILS, UNDECIDED, WORKS
from dockworthy.report.screen import Line, fix
from dockworthy.report.words import listed, plain, quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockworthy.report.pulls.matrix import Cell, Change, Matrix, Row

__all__ = ["about", "as_json", "label", "lines"]

_MOST, _HOSTS, _CAUSES = 30, 4, 3
_STYLES = {WORKS: "green", FAILS: "red", UNDECIDED: "yellow"}


def about(matrix: Matrix) -> Iterator[str]:
    """Of what it is, and what is missing in it, in sentences."""
    counts = matrix.counts
    pulls = f"{counts[WORKS]} work, {counts[FAILS]} fail, {counts[UNDECIDED]} are not decided"
    waived = f" ({matrix.waived} of those that fail are waived)" if matrix.waived else ""
    whose = f"{quantity(matrix.hosts, 'host')} by {_registries(len(matrix.registries))}"
    yield f"{whose}, as of {matrix.now:%Y-%m-%d %H:%M} UTC: {pulls}{waived}."
    if matrix.without:
        yield f"{quantity(matrix.without, 'host')} of these use no registry of their own."
    for reason, hosts in matrix.unknown.items():
        yield f"Of {quantity(len(hosts), 'host')} it is not known which registries they use: {plain(reason)}."
    if matrix.not_reached:
        yield f"{quantity(len(matrix.not_reached), 'host')} could not be looked at: whether they pull is not known."
    if not matrix.complete:
        yield "A run did not come to its end: there may be more."


def _registries(number: int) -> str:
    return "1 registry" if number == 1 else f"{number} registries"


def label(cell: Cell) -> str:
    """What stands in a cell."""
    if cell.state == WORKS:
        return WORKS
    waived = ", waived" if cell.waived else ""
    return f"{plain(cell.verdict)}{waived}" if cell.state == FAILS else "not decided"


def lines(matrix: Matrix) -> Iterator[Line]:
    """What is printed."""
    for sentence in about(matrix):
        yield Line([(sentence, "bold")])
    if matrix.rows:
        yield Line()
    for row in matrix.rows[:_MOST]:
        yield from _row(row)
    if len(matrix.rows) > _MOST:
        yield Line([(f"… and {len(matrix.rows) - _MOST} more rows; --format json has all", "")], 2)
    for title, changes in (
        ("What fails, that first which mends most", matrix.changes),
        ("Not decided", matrix.undecided),
    ):
        if changes:
            yield Line()
            yield Line([(title, "bold")])
        for change in changes[:_MOST]:
            yield from _change(change)
        if len(changes) > _MOST:
            yield Line([(f"… and {len(changes) - _MOST} more; --format json has all", "")], 2)


def _row(row: Row) -> Iterator[Line]:
    yield Line([(_hosts(row.hosts), "bold")], 2, 4)
    for state in (FAILS, UNDECIDED, WORKS):
        cells = [cell for cell in row.cells.values() if cell.state == state]
        if cells:
            names = (
                plain(one.registry) if state != FAILS else f"{plain(one.registry)} ({label(one)})" for one in cells
            )
            word = "not decided" if state == UNDECIDED else state
            yield Line([(f"{word:<12}", _STYLES[state]), (listed(list(names), _MOST), "")], 4, 16)


def _hosts(hosts: tuple[str, ...]) -> str:
    names = listed([plain(name, 80) for name in hosts], _HOSTS)
    return names if len(hosts) == 1 else f"{quantity(len(hosts), 'host')}: {names}"


def _change(change: Change) -> Iterator[Line]:
    registries = listed([plain(name) for name in change.registries], _CAUSES)
    waived = f", {change.waived} waived" if change.waived else ""
    yield Line(
        [(f"{quantity(change.pulls, 'pull')}{waived}", "bold"), (f" from {registries}, on {_hosts(change.hosts)}", "")],
        2,
        4,
    )
    for cause in change.causes[:_CAUSES]:
        yield Line([(plain(cause, 600), "")], 4, 6)
    if len(change.causes) > _CAUSES:
        yield Line([(f"… and {len(change.causes) - _CAUSES} more causes", "")], 4)
    yield from fix(change.fix, 4)


def as_json(matrix: Matrix) -> dict[str, Any]:
    """What programs read."""
    return {
        "as_of": shown(matrix.now),
        "hosts": matrix.hosts,
        "registries": list(matrix.registries),
        "pulls": matrix.counts,
        "waived": matrix.waived,
        "rows": [
            {
                "hosts": list(row.hosts),
                "pulls": {
                    name: {"state": one.state, "verdict": one.verdict, "waived": one.waived}
                    for name, one in row.cells.items()
                },
            }
            for row in matrix.rows
        ],
        "changes": [_as_json(one) for one in matrix.changes],
        "undecided": [_as_json(one) for one in matrix.undecided],
        "without": matrix.without,
        "unknown": [{"reason": reason, "hosts": hosts} for reason, hosts in matrix.unknown.items()],
        "not_reached": list(matrix.not_reached),
        "complete": matrix.complete,
    }


def _as_json(change: Change) -> dict[str, Any]:
    return {
        "pulls": change.pulls,
        "waived": change.waived,
        "registries": list(change.registries),
        "hosts": list(change.hosts),
        "verdicts": list(change.verdicts),
        "causes": list(change.causes),
        "fix": change.fix or None,
    }
