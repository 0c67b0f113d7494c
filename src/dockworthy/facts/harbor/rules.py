"""What each release of Harbor's ``prepare`` reads, asks for and does, as ``prepare.csv`` has it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from dockworthy.data import table

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Rules", "known_releases", "rules_of"]

# The lines that the tables were read at, and each line's last release (goharbor/harbor's tags).
_LINES: Final = {
    (1, 8): 6,
    (1, 9): 4,
    (1, 10): 19,
    (2, 0): 6,
    (2, 1): 6,
    (2, 2): 4,
    (2, 3): 5,
    (2, 4): 3,
    (2, 5): 6,
    (2, 6): 4,
    (2, 7): 4,
    (2, 8): 6,
    (2, 9): 5,
    (2, 10): 3,
    (2, 11): 2,
    (2, 12): 4,
    (2, 13): 5,
    (2, 14): 4,
    (2, 15): 2,
    (2, 16): 0,
}


class Rules:
    """What one release does.

    Attributes:
        release: its three numbers.
        inside: the names that no proxy is asked for.
    """

    __slots__ = ("_held", "inside", "release")

    def __init__(self, release: tuple[int, ...]) -> None:
        self.release = release
        self._held = {name: held for kind, name, held in _held(release) if kind == "rule"}
        self.inside = frozenset(name for kind, name, held in _held(release) if held and kind == "inside")

    def has(self, name: str) -> bool:
        """Whether a rule holds for the release; KeyError for a name that no rule has."""
        return self._held[name]


@lru_cache(maxsize=64)
def rules_of(release: tuple[int, ...]) -> Rules:
    """The rules of a release, by its three numbers."""
    return Rules(release)


def known_releases(release: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """The releases that one may be of which only ``(major, minor)`` is known; itself where all three numbers are."""
    numbers = tuple(release)
    if len(numbers) > 2:  # noqa: PLR2004 - with its patch
        return (numbers[:3],)
    return tuple((*numbers, patch) for patch in range(_LINES.get((numbers[0], numbers[1]), 0) + 1))


def _held(release: tuple[int, ...]) -> dict[tuple[str, str, bool], None]:
    """Each name of the table by its kind, and whether one of its rows holds."""
    found: dict[tuple[str, str], bool] = {}
    for kind, name, since, until in _rows():
        holds = since <= release and (not until or release <= until)
        found[kind, name] = found.get((kind, name), False) or holds
    return {(kind, name, held): None for (kind, name), held in found.items()}


@lru_cache(maxsize=1)
def _rows() -> tuple[tuple[str, str, tuple[int, ...], tuple[int, ...]], ...]:
    lines = table("dockworthy.facts.harbor", "prepare.csv")
    return tuple((row["kind"], row["name"], _numbers(row["since"]), _numbers(row["until"])) for row in lines)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split("."))) if text else ()
