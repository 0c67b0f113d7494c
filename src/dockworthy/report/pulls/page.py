"""The pull matrix as one page for people, in the dress of the compliance report; it needs no script."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.report.page.template import style
from dockworthy.report.pulls.matrix import FAILS, UNDECIDED, WORKS
from dockworthy.report.pulls.text import about, label
from dockworthy.report.templates import environment
from dockworthy.report.words import plain, quantity

if TYPE_CHECKING:
    from jinja2 import Environment

    from dockworthy.report.pulls.matrix import Matrix

__all__ = ["page"]

_ROWS, _COLUMNS, _HOSTS, _CHANGES = 500, 40, 200, 200
_HERE = Path(__file__).resolve().parent
_MARKS = {WORKS: ("pass", "✓"), FAILS: ("fail", "✗"), UNDECIDED: ("error", "?")}


@cache
def _environment() -> Environment:
    made = environment(_HERE)
    made.filters.update(plain=plain, quantity=quantity, label=label)
    return made


def page(matrix: Matrix) -> str:
    """The whole page."""
    counts = matrix.counts
    whole = "ok" if matrix.is_whole else "warn"
    return (
        _environment()
        .get_template("pulls.html.j2")
        .render(
            matrix=matrix,
            about=list(about(matrix)),
            worst="bad" if counts[FAILS] else whole,
            verdict=_verdict(matrix),
            marks=_MARKS,
            style=style(),
            columns=list(matrix.registries)[:_COLUMNS],
            rows=_ROWS,
            hosts=_HOSTS,
            most=_CHANGES,
        )
    )


def _verdict(matrix: Matrix) -> str:
    counts = matrix.counts
    if counts[FAILS]:
        return f"{quantity(counts[FAILS], 'pull')} {'fails' if counts[FAILS] == 1 else 'fail'}"
    if not matrix.is_whole:
        return "Not decided"
    return "All pulls work" if counts[WORKS] else "No pulls"
