"""When certificates end: each one seen, over the next two years."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.report.drawn import rendered
from dockworthy.report.drawn.seen import Seen, seen

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from markupsafe import Markup

    from dockworthy.results.model import Certificate

__all__ = ["timeline"]

BEFORE, AFTER = timedelta(days=61), timedelta(days=730)  # what is drawn, around the moment of the run
CRITICAL, HIGH = timedelta(days=7), timedelta(days=30)  # the profiles' own, where they say nothing else
WIDTH = 791  # one unit a day
DRAWN = 60  # certificates in sight; the rest is folded away
_YEAR_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Row:
    """One certificate's line."""

    seen: Seen  # the certificate
    state: str  # ``expired``, ``early``, ``critical``, ``high`` or ``good``
    left: timedelta  # until it ends; negative where it has
    start: float  # where its bar begins, in days of the drawing
    length: float  # and how long it is
    later: bool  # whether it goes on beyond the drawing


def timeline(certificates: Iterable[Certificate], now: datetime) -> Markup:
    """The drawing; empty where no certificate was seen."""
    rows = [_row(item, now) for item in seen(certificates)]
    if not rows:
        return rendered("empty.html.j2")
    day = timedelta(days=1)
    return rendered(
        "timeline.html.j2",
        rows=rows,
        drawn=DRAWN,
        width=WIDTH,
        today=BEFORE / day,
        critical=CRITICAL / day,
        high=HIGH / day,
        ticks=_ticks(now),
        now=now,
    )


def _row(item: Seen, now: datetime) -> Row:
    left = item.ends - now
    state = "critical" if left < CRITICAL else "high" if left < HIGH else "good"
    if left < timedelta(0):
        state = "expired"
    elif item.begins > now:
        state = "early"
    start, end = _place(item.begins, now), _place(item.ends, now)
    return Row(item, state, left, start, max(end - start, 2.0), later=item.ends > now + AFTER)


def _place(moment: datetime, now: datetime) -> float:
    """A moment in days from the left, kept within the drawing."""
    return round(min(max((moment - (now - BEFORE)) / timedelta(days=1), 0.0), WIDTH - 2.0), 1)


def _ticks(now: datetime) -> list[tuple[float, str]]:
    """The first day of each quarter, with its words."""
    first = (now - BEFORE).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found = []
    for number in range(1, 28):
        month = first.month - 1 + number
        moment = first.replace(year=first.year + month // _YEAR_MONTHS, month=month % _YEAR_MONTHS + 1)
        if moment > now + AFTER:
            break
        if moment.month % 3 == 1:
            found.append((_place(moment, now), f"{moment:%b %Y}"))
    return found
