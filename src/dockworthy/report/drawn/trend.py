"""How findings came and went over several runs, drawn: by severity, by host and by topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.report.drawn import rendered
from dockworthy.results.model import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from dockworthy.results.trend import Part, Step, Trend

__all__ = ["trend_drawing"]

WIDTH, HEIGHT = 720, 160
ROWS = 40  # hosts in sight; the rest is folded away
LINE_WIDTH, LINE_HEIGHT = 120, 22


@dataclass(frozen=True, slots=True)
class Bar:
    """One severity's share of one run's column."""

    severity: str  # which
    x: float  # its left edge
    y: float  # its upper edge
    width: float  # of the column
    height: float  # of this share


def trend_drawing(trend: Trend) -> Markup:
    """The drawing of two runs and more."""
    return rendered(
        "trend.html.j2",
        trend=trend,
        bars=_bars(trend.steps),
        most=max((_total(step) for step in trend.steps), default=0),
        width=WIDTH,
        height=HEIGHT,
        lines={id(part): _line(part) for part in (*trend.hosts, *trend.topics)},
        line_width=LINE_WIDTH,
        line_height=LINE_HEIGHT,
        identity=id,
        rows=ROWS,
        severities=SEVERITIES,
    )


def _total(step: Step) -> int:
    return sum(step.findings.values())


def _bars(steps: Sequence[Step]) -> list[Bar]:
    """The columns, one a run, the worst severity at the bottom."""
    most = max((_total(step) for step in steps), default=0) or 1
    pitch = WIDTH / max(len(steps), 1)
    bars = []
    for number, step in enumerate(steps):
        y = float(HEIGHT)
        for severity in SEVERITIES:
            height = HEIGHT * step.findings.get(severity, 0) / most
            if height:
                y -= height
                left = number * pitch + pitch * 0.1
                bars.append(Bar(severity, round(left, 1), round(y, 1), round(pitch * 0.8, 1), round(height, 1)))
    return bars


def _line(part: Part) -> str:
    """The path of a host's or topic's findings; a run that did not judge it is a gap."""
    most = max((count for count in part.findings if count is not None), default=0) or 1
    pitch = LINE_WIDTH / max(len(part.findings) - 1, 1)
    path, pen = "", "M"
    for number, count in enumerate(part.findings):
        if count is None:
            pen = "M"
            continue
        path += f"{pen}{number * pitch:.1f} {2 + (LINE_HEIGHT - 4) * (1 - count / most):.1f}"
        pen = "L"
    return path
