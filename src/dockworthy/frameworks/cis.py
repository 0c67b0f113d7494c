"""How the recommendations of the CIS Docker Benchmark are numbered in its versions."""

from __future__ import annotations

__all__ = ["as_in_1_7", "cis", "cis18"]

_OLD, _MIDDLE, _NEW = "CIS-Docker-1.6:", "CIS-Docker-1.7:", "CIS-Docker-1.8:"
_ADDED_IN_1_8 = 7  # 2.7 (devicemapper), which moved 2.7 to 2.18 up by one; all other numbers are the same


def cis(number: str) -> tuple[str, ...]:
    """The references for a recommendation by its number in CIS Docker 1.6 and 1.7, with that of 1.8."""
    place = _place_in_2(number)
    return (
        f"{_OLD}{number}",
        f"{_MIDDLE}{number}",
        f"{_NEW}2.{place + 1}" if place >= _ADDED_IN_1_8 else _NEW + number,
    )


def cis18(number: str) -> tuple[str, ...]:
    """The reference for a recommendation that only CIS Docker 1.8 has."""
    return (f"{_NEW}{number}",)


def as_in_1_7(reference: str) -> str:
    """The reference to the same recommendation in CIS Docker 1.7; any other as it is, and what only 1.8 has."""
    if reference.startswith(_OLD):
        return _MIDDLE + reference.removeprefix(_OLD)
    if not reference.startswith(_NEW):
        return reference
    number = reference.removeprefix(_NEW)
    place = _place_in_2(number)
    if place == _ADDED_IN_1_8:
        return reference
    return f"{_MIDDLE}2.{place - 1}" if place > _ADDED_IN_1_8 else _MIDDLE + number


def _place_in_2(number: str) -> int:
    """The place of a recommendation in section 2, where the versions differ; 0 of any other."""
    section, _, place = number.partition(".")
    return int(place) if section == "2" and place.isdecimal() else 0
