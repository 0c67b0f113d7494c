"""Whether a version still gets fixes, by a dated table of the profile.

``support(table, version, today) -> Support``: the series that the version belongs to, and until when it is
maintained. A table that says nothing of the version, or is older than the profile accepts, decides nothing:
``age(table, today)`` has the table's age in days.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from dockworthy.profile.params import Maintained

__all__ = ["Support", "age", "support"]


@dataclass(frozen=True, slots=True)
class Support:
    """What the table says of one version.

    Attributes:
        series: the longest series that the version belongs to, or None where the table has none.
        until: the day of its last fixes; None while it is maintained.
        maintained: whether it is, on the day that was asked for; None where the table does not say.
        newer: whether the version is newer than everything in the table.
    """

    series: str | None
    until: date | None
    maintained: bool | None
    newer: bool = False


def _numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version: ``27.5.1-ce`` is (27, 5, 1)."""
    numbers = []
    for part in version.removeprefix("v").split("."):
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        if not digits or not digits.isascii():
            break
        numbers.append(int(digits[:9]))
        if digits != part:
            break
    return tuple(numbers)


def support(table: Maintained, version: str, today: date) -> Support:
    """Look a version up."""
    wanted = _numbers(version)
    by_length = sorted(table.series, key=lambda series: len(_numbers(series)), reverse=True)
    for series in by_length:
        numbers = _numbers(series)
        if wanted[: len(numbers)] == numbers and numbers:
            until = table.series[series]
            return Support(series, until, maintained=until is None or today <= until)
    newest = max((_numbers(series) for series in table.series), default=())
    return Support(None, None, maintained=None, newer=bool(newest) and wanted[: len(newest)] > newest)


def age(table: Maintained, today: date) -> int | None:
    """The table's age in days, or None where it has no date."""
    return (today - table.as_of).days if table.as_of is not None else None
