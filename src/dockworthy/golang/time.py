"""Times in certificates: what Go's ``time.Parse`` accepts there, and how it prints them.

Go's times reach beyond ``datetime`` (the year 0) and keep the offset they were written with, so a time is
the number of seconds since 1970 and that offset.

Source: ``cryptobyte.ReadASN1UTCTime`` and ``ReadASN1GeneralizedTime``, ``time/format.go``.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from dockworthy.regex import regex

__all__ = ["GoTime", "from_datetime", "parse_generalized_time", "parse_utc_time"]

# The texts must survive being parsed and printed again: digits only, no fractions, "Z" for no offset.
_UTC = regex(rb"(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(Z|[+-]\d{4})")
_GENERALIZED = regex(rb"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(Z|[+-]\d{4})")

_FIRST_YEAR_OF_THE_1900S = 69
_LAST_YEAR_OF_UTC_TIME = 2049
_MAX_OFFSET_HOURS = 24
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_YEAR_1 = -62_135_596_800  # in seconds since 1970; the year before is 0, which ``datetime`` does not have
_CALENDAR = 400 * 365 + 97  # the days after which the calendar repeats itself: in 400 years


class GoTime(NamedTuple):
    """A moment, and the offset in seconds east of UTC that it is printed with.

    A certificate's times are whole seconds; the moment of the question may lie between two.
    """

    seconds: int
    offset: int = 0
    microseconds: int = 0

    def is_before(self, other: GoTime) -> bool:
        """Whether it comes earlier."""
        return (self.seconds, self.microseconds) < (other.seconds, other.microseconds)

    def rfc3339(self) -> str:
        """The moment as ``time.RFC3339`` prints it."""
        local = self.seconds + self.offset
        repeats = int(local < _YEAR_1)
        moment = _EPOCH + timedelta(days=repeats * _CALENDAR, seconds=local)
        if not self.offset:
            zone = "Z"
        else:
            minutes = abs(self.offset) // 60
            zone = f"{'-' if self.offset < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
        return f"{moment.year - 400 * repeats:04}-{moment:%m-%dT%H:%M:%S}{zone}"

    def as_datetime(self) -> datetime | None:
        """The moment in UTC, or None where ``datetime`` cannot hold it."""
        try:
            return _EPOCH + timedelta(seconds=self.seconds)
        except OverflowError:
            return None


def from_datetime(moment: datetime) -> GoTime:
    """An aware time, with its own offset."""
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError("a time without a time zone")
    since = moment - _EPOCH
    return GoTime(since // timedelta(seconds=1), int(offset.total_seconds()), moment.microsecond)


def _offset(zone: bytes) -> int | None:
    if zone == b"Z":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[3:5])
    # 60 minutes would be printed as an hour, and +0000 as Z: neither survives.
    if hours > _MAX_OFFSET_HOURS or minutes > 59 or not (hours or minutes):  # noqa: PLR2004 - minutes in an hour
        return None
    seconds = (hours * 60 + minutes) * 60
    return -seconds if zone[:1] == b"-" else seconds


def _moment(year: int, fields: list[int], zone: bytes) -> GoTime | None:
    month, day, hour, minute, second = fields
    offset = _offset(zone)
    try:
        local = datetime(year or 400, month, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError:
        return None
    if offset is None:
        return None
    since = local - _EPOCH - timedelta(days=0 if year else _CALENDAR)
    return GoTime(since // timedelta(seconds=1) - offset, offset)


def parse_utc_time(octets: bytes) -> GoTime | None:
    """A UTCTime, with or without seconds; the years 50 to 99 are 1950 to 1999. None where Go refuses it."""
    match = _UTC.fullmatch(octets)
    if match is None:
        return None
    short = int(match[1])
    # Go counts from 1969 to 2068 and takes a century off what UTCTime cannot say (RFC 5280, 4.1.2.5.1).
    year = short + (1900 if short >= _FIRST_YEAR_OF_THE_1900S else 2000)
    year -= 100 if year > _LAST_YEAR_OF_UTC_TIME else 0
    fields = [int(match[index] or 0) for index in range(2, 7)]
    return _moment(year, fields, match[7])


def parse_generalized_time(octets: bytes) -> GoTime | None:
    """A GeneralizedTime in whole seconds, or None where Go refuses it."""
    match = _GENERALIZED.fullmatch(octets)
    if match is None:
        return None
    return _moment(int(match[1]), [int(match[index]) for index in range(2, 7)], match[7])
