"""The calendar as one page for people, in the dress of the compliance report; it needs no script."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.moments import shown
from dockworthy.report.calendar.words import HEADINGS, about, name_of, name_of_all, told
from dockworthy.report.drawn import days
from dockworthy.report.drawn import style as drawn_style
from dockworthy.report.drawn.timeline import timeline
from dockworthy.report.page.template import style
from dockworthy.report.templates import environment
from dockworthy.report.words import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jinja2 import Environment

    from dockworthy.report.calendar.calendar import Calendar
    from dockworthy.results.model import Certificate

__all__ = ["page"]

_ROWS = 500  # certificates of a span; the rest is counted
_HOSTS = 200  # that are named of what depends
_PLACES = 20
_HERE = Path(__file__).resolve().parent
_CLASSES = {"ended": "bad", "7 days": "bad", "30 days": "warn"}


@cache
def _environment() -> Environment:
    made = environment(_HERE)
    made.filters.update(told=told, days=days, quantity=quantity, name=name_of, name_all=name_of_all)
    return made


def page(calendar: Calendar) -> str:
    """The whole page."""
    spans = calendar.by_span()
    return (
        _environment()
        .get_template("calendar.html.j2")
        .render(
            calendar=calendar,
            spans=spans,
            headings=HEADINGS,
            classes=_CLASSES,
            worst=_CLASSES.get(spans[0][0], "ok") if spans else "ok",
            verdict=_verdict(spans[0][0], sum(len(one.endings) for one in spans[0][1])) if spans else "Nothing ends",
            about=list(about(calendar)),
            drawing=timeline(_drawn(calendar), calendar.now),
            style=style(),
            drawn_style=drawn_style(),
            rows=_ROWS,
            numbers={span: sum(len(one.endings) for one in found) for span, found in spans},
            hosts=_HOSTS,
            places=_PLACES,
        )
    )


def _verdict(span: str, number: int) -> str:
    told_number = quantity(number, "certificate")
    if span == "ended":
        return f"{told_number} ended"
    ends = f"{told_number} {'ends' if number == 1 else 'end'}"
    return f"{ends} later" if span == "later" else f"{ends} within {span}"


def _drawn(calendar: Calendar) -> Iterator[Certificate]:
    """Each certificate once for each kind of place, which says on how many hosts: equal ones are told once."""
    for ending in calendar.endings:
        uses = list(ending.uses) or [""]
        for number, (place, hosts) in enumerate(list(ending.places.items())[:_PLACES]):
            where = f"{place} on {quantity(hosts, 'host')}" if calendar.hosts > 1 else place
            used_for, until = uses[min(number, len(uses) - 1)], shown(ending.until)
            yield replace(ending.certificate, host="", where=where, used_for=used_for, not_after=until)
