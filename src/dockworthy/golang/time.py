"""Times in certificates: what Go's ``time.Parse`` accepts there, and how it prints them.

Go's times reach beyond ``datetime`` (the year 0) and keep the offset they were written with, so a time is
the number of seconds since 1970 and that offset.

Source: ``cryptobyte.ReadASN1UTCTime`` and ``ReadASN1GeneralizedTime``, ``time/format.go``.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

__all__ = ["GoTime", "from_datetime", "parse_generalized_time", "parse_utc_time"]

# The texts must survive being parsed and printed again: digits only, no fractions, "Z" for no offset.
_UTC = re.compile(rb"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(Z|[+-]\d{4})")
_GENERALIZED = re.compile(rb"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(Z|[+-]\d{4})")

_FIRST_YEAR_OF_THE_1900S = 69
_LAST_YEAR_OF_UTC_TIME = 2049
_FEBRUARY, _DECEMBER = 2, 12
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_MAX_OFFSET_HOURS = 24
_DAYS_BEFORE_1970 = 719_468  # since 0000-03-01, where the civil calendar's 400 years begin


class GoTime(NamedTuple):
    """A moment, and the offset in seconds east of UTC that it is printed with."""

    seconds: int
    offset: int = 0

    def rfc3339(self) -> str:
        """The moment as ``time.RFC3339`` prints it."""
        days, rest = divmod(self.seconds + self.offset, 86_400)
        year, month, day = _civil(days)
        clock = f"{rest // 3600:02}:{rest % 3600 // 60:02}:{rest % 60:02}"
        if not self.offset:
            zone = "Z"
        else:
            minutes = abs(self.offset) // 60
            zone = f"{'-' if self.offset < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
        return f"{year:04}-{month:02}-{day:02}T{clock}{zone}"

    def as_datetime(self) -> datetime | None:
        """The moment in UTC, or None where ``datetime`` cannot hold it."""
        try:
            return datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=self.seconds)
        except OverflowError:
            return None


def from_datetime(moment: datetime) -> GoTime:
    """An aware time in whole seconds, with its own offset."""
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError("a time without a time zone")
    since = moment - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return GoTime(since // timedelta(seconds=1), int(offset.total_seconds()))


def _civil(days: int) -> tuple[int, int, int]:
    """Year, month and day of a count of days since 1970-01-01 (proleptic Gregorian calendar)."""
    era, day_of_era = divmod(days + _DAYS_BEFORE_1970, 146_097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153  # months since March
    month = shifted + 3 if shifted < 10 else shifted - 9  # noqa: PLR2004 - January is the tenth after March
    return (
        year_of_era + era * 400 + (month <= _FEBRUARY),
        month,
        day_of_year - (153 * shifted + 2) // 5 + 1,
    )


def _days(year: int, month: int, day: int) -> int:
    """The count of days since 1970-01-01."""
    year -= month <= _FEBRUARY
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * (month - 3 if month > _FEBRUARY else month + 9) + 2) // 5 + day - 1
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * 146_097 + day_of_era - _DAYS_BEFORE_1970


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _offset(zone: bytes) -> int | None:
    if zone == b"Z":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[3:5])
    # 60 minutes would be printed as an hour, and +0000 as Z: neither survives.
    if hours > _MAX_OFFSET_HOURS or minutes > 59 or not (hours or minutes):  # noqa: PLR2004 - minutes in an hour
        return None
    seconds = (hours * 60 + minutes) * 60
    return -seconds if zone[:1] == b"-" else seconds


def _moment(year: int, fields: list[int], zone: bytes, *, shift_years: int = 0) -> GoTime | None:
    month, day, hour, minute, second = fields
    if not 1 <= month <= _DECEMBER or hour > 23 or minute > 59 or second > 59:  # noqa: PLR2004 - a clock
        return None
    longest = _LONGEST[month - 1] - (month == _FEBRUARY and not _is_leap(year))
    offset = _offset(zone)
    if not 1 <= day <= longest or offset is None:
        return None
    days = _days(year + shift_years, month, day)
    return GoTime(days * 86_400 + hour * 3600 + minute * 60 + second - offset, offset)


def parse_utc_time(octets: bytes) -> GoTime | None:
    """A UTCTime, with or without seconds; the years 50 to 99 are 1950 to 1999. None where Go refuses it."""
    match = _UTC.fullmatch(octets)
    if match is None:
        return None
    short = int(match[1])
    year = short + (1900 if short >= _FIRST_YEAR_OF_THE_1900S else 2000)
    fields = [int(match[index] or 0) for index in range(2, 7)]
    # Go counts from 1969 to 2068 and takes a century off what UTCTime cannot say (RFC 5280, 4.1.2.5.1).
    return _moment(year, fields, match[7], shift_years=-100 if year > _LAST_YEAR_OF_UTC_TIME else 0)


def parse_generalized_time(octets: bytes) -> GoTime | None:
    """A GeneralizedTime in whole seconds, or None where Go refuses it."""
    match = _GENERALIZED.fullmatch(octets)
    if match is None:
        return None
    return _moment(int(match[1]), [int(match[index]) for index in range(2, 7)], match[7])
