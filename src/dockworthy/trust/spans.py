"""From which release of a program to which something holds: what the tables of trust say in ``since`` and ``until``."""

from __future__ import annotations

from typing import TypeAlias

__all__ = ["Version", "holds", "numbers"]

Version: TypeAlias = tuple[int, ...]

_NEWEST = 1 << 16


def numbers(text: str) -> Version:
    """The numbers of a release as the tables write it: ``1.24.8``."""
    return tuple(map(int, text.split(".")))


def _of_line(version: Version, text: str) -> Version:
    """Of releases, one for each line, that of the version's own line, or else the last."""
    releases = [numbers(word) for word in text.split()]
    return next((release for release in releases if release[:2] == version[:2]), releases[-1])


def holds(version: Version, since: str, until: str) -> bool:
    """Whether a row holds for a release; a number that is not told is the newest: 29.3 is the last of 29.3.

    Args:
        version: the release.
        since: the first release that has it, or the first of each line that got it; empty for ever.
        until: the last release that has it, or the last of each line; ``1.22`` is all of that line, and empty is none.
    """
    exact = (*version, _NEWEST, _NEWEST)[:3]
    if since and exact < _of_line(exact, since):
        return False
    last = _of_line(exact, until) if until else ()
    return exact[: len(last)] <= last
