"""How many recommendations each outside benchmark has, so that coverage has one denominator."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockworthy.profile.selectors import Selectable

__all__ = ["Coverage", "covered", "recommendations", "sort_key"]

# By section: how many numbered recommendations it has. 1.8 adds 2.7.
_SECTIONS = {"1.1": 18, "1.2": 2, "2": 18, "3": 24, "4": 12, "5": 32, "6": 2, "7": 9}
_BENCHMARKS = {
    "CIS-Docker-1.6": _SECTIONS,
    "CIS-Docker-1.7": _SECTIONS,
    "CIS-Docker-1.8": {**_SECTIONS, "2": 19},
}
_DIGITS = 9  # of a part that is read as a number


@dataclass(frozen=True, slots=True)
class Coverage:
    """Which of a benchmark's recommendations have a check."""

    answered: dict[str, list[str]]  # the ids of the checks by the recommendation's number
    missing: list[str]  # the numbers that none answers


def recommendations(standard: str) -> list[str]:
    """The numbers of a benchmark's recommendations, in its order."""
    sections = _BENCHMARKS.get(standard, {})
    return [f"{section}.{number}" for section, count in sections.items() for number in range(1, count + 1)]


def sort_key(number: str) -> tuple[tuple[int, int, str], ...]:
    """Orders 2.2 before 2.10 and AC-6(1) before AC-17, and words after numbers."""
    parts = re.findall(r"[^.()-]+", number)
    return tuple((0, int(part), "") if part.isdecimal() and len(part) <= _DIGITS else (1, 0, part) for part in parts)


def covered(standard: str, checks: Iterable[Selectable]) -> Coverage:
    """Which recommendations of the benchmark these checks answer."""
    answered: dict[str, list[str]] = {}
    for check in checks:
        for reference in check.refs:
            its_standard, _, number = reference.partition(":")
            if its_standard == standard:
                answered.setdefault(number, []).append(check.id)
    missing = [number for number in recommendations(standard) if number not in answered]
    return Coverage(dict(sorted(answered.items(), key=lambda item: sort_key(item[0]))), missing)
