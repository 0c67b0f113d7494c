"""What each release of Harbor's ``prepare`` reads, asks for and does, as ``prepare.csv`` has it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from dockworthy.data import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Rules", "every_release", "known_releases", "newest_release", "rules_of", "telling_apart"]


class Rules:
    """What one release does.

    Attributes:
        release: its three numbers.
        inside: the names that no proxy is asked for.
        keys: those of harbor.yml, to the second level, as ``http.port``.
    """

    __slots__ = ("_rules", "inside", "keys", "release")

    def __init__(self, release: tuple[int, ...]) -> None:
        self.release = release
        held = {(kind, name) for kind, name, since, until in _rows() if since <= release <= (until or release)}
        self._rules = {name: ("rule", name) in held for kind, name, _, _ in _rows() if kind == "rule"}
        self.inside = frozenset(name for kind, name in held if kind == "inside")
        self.keys = frozenset(name for kind, name in held if kind == "key")

    def has(self, name: str) -> bool:
        """Whether a rule holds for the release; KeyError for a name that no rule has."""
        return self._rules[name]

    @property
    def told_by(self) -> object:
        """What tells it from other releases: its line, and all that it does."""
        return self.release[:2], frozenset(self._rules.items()), self.inside, self.keys


@lru_cache(maxsize=512)  # where nothing tells the release, all of them are asked one after the other
def rules_of(release: tuple[int, ...]) -> Rules:
    """The rules of a release, by its three numbers."""
    return Rules(release)


def known_releases(release: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """The releases that one may be of which only ``(major, minor)`` is known; itself where all three numbers are."""
    numbers = tuple(release[:3])
    if len(numbers) > 2:  # noqa: PLR2004 - with its patch
        return (numbers,)
    lines = ((since, until) for kind, _, since, until in _rows() if kind == "line")
    return tuple((*first[:2], patch) for first, last in lines if first[:2] == numbers for patch in range(last[2] + 1))


def every_release() -> tuple[tuple[int, ...], ...]:
    """All releases that the table knows."""
    lines = {name: since for kind, name, since, _ in _rows() if kind == "line"}
    return tuple(release for since in lines.values() for release in known_releases(since[:2]))


def telling_apart(releases: Iterable[tuple[int, ...]]) -> tuple[tuple[int, ...], ...]:
    """Of these releases the last of each line that do the same."""
    return tuple({rules_of(one).told_by: one for one in releases}.values())


def newest_release() -> tuple[int, ...]:
    """The newest release that the table knows."""
    return max(until for kind, _, _, until in _rows() if kind == "line")


@lru_cache(maxsize=1)
def _rows() -> tuple[tuple[str, str, tuple[int, ...], tuple[int, ...]], ...]:
    lines = table("dockworthy.facts.harbor.prepare", "prepare.csv")
    return tuple((row["kind"], row["name"], _numbers(row["since"]), _numbers(row["until"])) for row in lines)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split("."))) if text else ()
