"""What is said of certificates in every form of the calendar, bounded and without what could drive a terminal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dockworthy.report.words import plain, quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockworthy.report.calendar.calendar import Alike, Calendar
    from dockworthy.report.calendar.endings import Ending

__all__ = ["HEADINGS", "about", "name_of", "name_of_all", "told"]

HEADINGS = {
    "ended": "Ended",
    "7 days": "Within 7 days",
    "30 days": "Within 30 days",
    "90 days": "Within 90 days",
    "later": "Later",
}
_LONGEST = 300
_COMMON_NAME = re.compile(r"(?:^|,)CN=((?:[^,\\]|\\.)+)")


def told(text: str) -> str:
    """A name of somebody else's, on one line."""
    return plain(text, _LONGEST)


def name_of_all(alike: Alike) -> str:
    """What people call the first of them, and how many there are beside it."""
    name, more = name_of(alike.first), len(alike.endings) - 1
    return f"{name} and {more} more" if more else name


def name_of(ending: Ending) -> str:
    """What people call a certificate: its common name, its whole subject, or what it is there for."""
    subject = ending.certificate.subject.strip()
    found = _COMMON_NAME.findall(subject)
    return told(found[-1] if found else subject or next(iter(ending.uses), "") or "a certificate without a name")


def about(calendar: Calendar) -> Iterator[str]:
    """Of what it is, and what is missing in it, in sentences."""
    number = quantity(len(calendar.endings), "certificate")
    yield f"{number} of {quantity(calendar.hosts, 'host')}, as of {calendar.now:%Y-%m-%d %H:%M} UTC."
    if calendar.later:
        yield f"{calendar.later} more end after the next {quantity(calendar.days, 'day')}."
    if calendar.not_reached:
        yield f"{quantity(len(calendar.not_reached), 'host')} could not be looked at: what is there is not known."
    if calendar.left_out:
        yield f"{quantity(calendar.left_out, 'certificate')} were seen and are not recorded, because they are too many."
    if not calendar.complete:
        yield "A run did not come to its end: there may be more."
