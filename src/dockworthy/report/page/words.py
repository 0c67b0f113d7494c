"""How the page puts texts, values and times; all of them are escaped by the template that takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.moments import known_moment
from dockworthy.report.words import ALL, plain, value

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["LONGEST", "block", "count", "day", "line", "moment", "shown"]

LONGEST = 2048  # characters of one value; results.json has all of it
_LONGEST_BLOCK = 65536
_DAY = 86400


def line(text: object) -> str:
    """A text on one line, what is nothing but white space in quotes."""
    told = plain(str(text), LONGEST)
    return f'"{told}"' if told.isspace() else told


def block(text: object) -> str:
    """A text with its line ends and nothing else that is not printable."""
    return "\n".join(plain(part, _LONGEST_BLOCK) for part in str(text).strip("\n").split("\n"))


def shown(item: object) -> str:
    """A JSON value."""
    return value(item, LONGEST, ALL)


def count(number: int) -> str:
    """A number, in groups of three where it has more than four digits."""
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}") if number >= 10_000 else str(number)  # noqa: PLR2004


def _time(text: object) -> datetime | None:
    return known_moment(text) if isinstance(text, str) else None


def moment(text: object) -> str:
    """``2026-11-27 10:11 UTC``; what is no time as it is."""
    found = _time(text)
    if found is None:
        return line(text or "not known")
    return found.strftime("%Y-%m-%d %H:%M UTC")


def day(text: object, now: object) -> int | None:
    """How many days lie between a moment and another, below zero where it is over; None where one is no time."""
    end, start = _time(text), _time(now)
    if end is None or start is None:
        return None
    return int((end - start).total_seconds() // _DAY)
