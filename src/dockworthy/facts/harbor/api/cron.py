"""How far apart the moments of a schedule are, by its cron text with seconds first, as Harbor writes it, in UTC.

Source: robfig/cron ``spec.go`` and ``parser.go``, with the six fields that Harbor's parser asks for.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Final

from dockworthy.regex import regex

__all__ = ["longest_gap"]

_FIELDS = 6
_DAYS_LOOKED_AT: Final = 8 * 366 + 8  # 29 February comes back after eight years at the most
_SPANS: Final = 9  # days of the schedule that are compared
_MONTHS: Final = {
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "apr": 4,
    "may": 5,
    "jun": 6,
    "jul": 7,
    "aug": 8,
    "sep": 9,
    "oct": 10,
    "nov": 11,
    "dec": 12,
}
_WEEKDAYS: Final = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}
_PART: Final = regex(r"(?P<first>\*|\?|\w{1,9})(?:-(?P<last>\w{1,9}))?(?:/(?P<step>\d{1,9}))?", re.ASCII)
_SHORTEST: Final = timedelta(minutes=1)  # seconds are not counted
_EVERY: Final = frozenset("*?")


def longest_gap(cron: str, now: datetime) -> timedelta | None:
    """The longest time between two moments of the schedule, of those before now; None where it is no such text."""
    fields = cron.split()
    if len(fields) != _FIELDS:
        return None
    seconds, minutes, hours = (_values(text, 0, top) for text, top in zip(fields[:3], (59, 59, 23), strict=True))
    days, months = _values(fields[3], 1, 31), _values(fields[4], 1, 12, _MONTHS)
    weekdays = _values(fields[5], 0, 6, _WEEKDAYS)
    if not (seconds and minutes and hours and days and months and weekdays):
        return None
    either = not (_is_every(fields[3]) or _is_every(fields[5]))
    met: list[datetime] = []
    today = now.astimezone(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    for back in range(_DAYS_LOOKED_AT):
        day = today - timedelta(days=back)
        by_day, by_weekday = day.day in days, day.isoweekday() % 7 in weekdays
        if day.month in months and (by_day or by_weekday if either else by_day and by_weekday):
            met.append(day)
            if len(met) > _SPANS:
                break
    return _gap(met, sorted(hours), sorted(minutes)) if len(met) > 1 else timedelta(days=_DAYS_LOOKED_AT)


def _gap(days: list[datetime], hours: list[int], minutes: list[int]) -> timedelta:
    """The longest time between two moments: over a night, or within a day."""
    apart = max(later - earlier for later, earlier in pairwise(days))
    times = [timedelta(hours=hour, minutes=minute) for hour in hours for minute in minutes]
    return max(apart - (times[-1] - times[0]), *(later - earlier for earlier, later in pairwise(times)), _SHORTEST)


def _is_every(text: str) -> bool:
    """Whether a field of days leaves it to the other which days are meant: a star that no step thins out."""
    return any(part.partition("/")[0] in _EVERY and part.partition("/")[2] in {"", "1"} for part in text.split(","))


def _values(text: str, low: int, high: int, names: dict[str, int] | None = None) -> frozenset[int]:
    """The numbers that a field stands for; none where it is not of the form."""
    found: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            return frozenset()
        first, last = _ends(match, low, high, names or {})
        step = int(match["step"] or 1)
        if not (low <= first <= last <= high and step):
            return frozenset()
        found.update(range(first, last + 1, step))
    return frozenset(found)


def _ends(match: re.Match[str], low: int, high: int, names: dict[str, int]) -> tuple[int, int]:
    if match["first"] in _EVERY:
        return (low, high) if match["last"] is None else (-1, -1)
    first = _number(match["first"], names)
    if match["last"] is not None:
        return first, _number(match["last"], names)
    return first, high if match["step"] is not None else first


def _number(word: str, names: dict[str, int]) -> int:
    return names.get(word.lower(), int(word) if word.isdecimal() else -1)
