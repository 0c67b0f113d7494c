"""Moments as people and records write them: RFC 3339, in UTC where no zone is given."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from dockworthy.regex import regex

__all__ = ["known_moment", "parse_moment", "shown"]

_MOMENT = regex(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"(?:[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?:([Zz])|([+-])(\d{2}):(\d{2}))?)?"
)


def parse_moment(text: str) -> datetime:
    """Read ``2027-03-31T00:00:00Z``; a day alone is its first instant.

    Raises:
        ValueError: if it is no moment, such as the 30th of February.
    """
    match = _MOMENT.fullmatch(text.strip())
    if match is None or not text.isascii():
        raise ValueError("not a moment")
    year, month, day, hour, minute, second, _, _, sign, hours, minutes = match.groups()
    moment = datetime(
        int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=timezone.utc
    )
    if sign is None:
        return moment
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if offset >= timedelta(days=1):
        raise ValueError("not an offset")
    try:
        return moment - offset if sign == "+" else moment + offset
    except OverflowError:
        raise ValueError("not a moment") from None


def known_moment(text: str | None) -> datetime | None:
    """The moment that a record has there, or None where it has none, or no moment."""
    try:
        return parse_moment(text or "")
    except ValueError:
        return None


def shown(moment: datetime) -> str:
    """The moment as RFC 3339 in UTC, to the second."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
