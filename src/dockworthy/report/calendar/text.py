"""The calendar for a terminal, and for programs as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.moments import shown
from dockworthy.report.calendar.words import HEADINGS, about, name_of_all, told
from dockworthy.report.drawn import days
from dockworthy.report.screen import Line
from dockworthy.report.words import listed, quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockworthy.report.calendar.calendar import Alike, Calendar
    from dockworthy.report.calendar.endings import Ending

__all__ = ["as_json", "lines"]

_MOST, _HOSTS, _DEPENDENTS, _PLACES = 100, 4, 6, 2
_STYLES = {"ended": "red", "7 days": "red", "30 days": "yellow"}
_INDENT = 14


def lines(calendar: Calendar) -> Iterator[Line]:
    """What is printed."""
    for sentence in about(calendar):
        yield Line([(sentence, "bold")])
    for span, found in calendar.by_span():
        yield Line()
        yield Line([(HEADINGS[span], "bold")])
        for alike in found[:_MOST]:
            yield from _alike(calendar, alike, _STYLES.get(span, ""))
        if len(found) > _MOST:
            yield Line([(f"… and {len(found) - _MOST} more; --format json has all", "")], 2)


def _alike(calendar: Calendar, alike: Alike, style: str) -> Iterator[Line]:
    ending, dependents = alike.first, alike.dependents
    left = ending.until - calendar.now
    when = f"ended {days(left)} ago" if left.total_seconds() < 0 else f"{days(left)} left"
    if ending.begins > calendar.now:
        when = f"not valid before {ending.begins:%Y-%m-%d}"
    head = [(f"{ending.until:%Y-%m-%d}", style or "bold"), (f"  {name_of_all(alike)}", "bold"), (f", {when}", style)]
    yield Line(head, 2, _INDENT)
    if ending.ended_by is not None:
        signer = told(calendar.named(ending.ended_by)) or told(ending.ended_by)
        yield Line(
            [(f"with {signer}, which signed it; its own end is {ending.ends:%Y-%m-%d}", "")], _INDENT, _INDENT + 2
        )
    for one in dependents[:_DEPENDENTS]:
        hosts = listed([told(name) for name in one.hosts], _HOSTS)
        yield Line(
            [("breaks: ", "yellow"), (f"{told(one.what)}, {quantity(len(one.hosts), 'host')}: {hosts}", "")],
            _INDENT,
            _INDENT + 2,
        )
    if len(dependents) > _DEPENDENTS:
        yield Line([(f"… and {len(dependents) - _DEPENDENTS} more; --format json has all", "")], _INDENT)
    if not dependents:
        yield Line([("nobody is known to depend on it", "")], _INDENT, _INDENT + 2)
    places = listed([told(place) for place in ending.places], _PLACES)
    yield Line([(f"{listed([told(use) for use in ending.uses], _PLACES)} ({places})", "dim")], _INDENT, _INDENT + 2)


def as_json(calendar: Calendar) -> dict[str, Any]:
    """What programs read."""
    return {
        "as_of": shown(calendar.now),
        "days": calendar.days,
        "hosts": calendar.hosts,
        "not_reached": list(calendar.not_reached),
        "left_out": calendar.left_out,
        "complete": calendar.complete,
        "later": calendar.later,
        "certificates": [_as_json(calendar, one) for one in calendar.endings],
    }


def _as_json(calendar: Calendar, ending: Ending) -> dict[str, Any]:
    certificate = ending.certificate
    return {
        "sha256": certificate.sha256,
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "not_before": certificate.not_before,
        "not_after": certificate.not_after,
        "holds_until": shown(ending.until),
        "ended_by": ending.ended_by,
        "within": ending.span(calendar.now),
        "used_for": {use: len(numbers) for use, numbers in ending.uses.items()},
        "places": ending.places,
        "more_places": ending.more_places,
        "breaks": [{"what": one.what, "hosts": list(one.hosts)} for one in ending.dependents],
    }
