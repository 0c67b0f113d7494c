"""What was probably meant by a name that there is not: one way for commands, checks, topics, profiles and formats."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["meant", "near"]

_MOST = 3
_LONGEST = 200  # no name is longer, and the search takes the square of it
_AS_GOOD = 0.05  # of two names that are as close as that, either may be meant
_SHORTEST = 3  # a part of a name that says something


def near(name: str, known: Iterable[str], most: int = _MOST, *, cutoff: float = 0.6, parts: bool = True) -> list[str]:
    """The names that come close to what was typed, the closest first.

    Args:
        name: what was typed.
        known: the names that there are.
        most: of them at the most.
        cutoff: how much of both must be the same, of 1.
        parts: whether, where none comes close, those are meant that it is a part of.
    """
    from difflib import SequenceMatcher, get_close_matches  # noqa: PLC0415 - only on an error

    typed = name[:_LONGEST].lower()
    names = {one.lower(): one for one in sorted(known)}
    close = get_close_matches(typed, names, n=most, cutoff=cutoff)
    if close:
        alike = {one: SequenceMatcher(None, one, typed).ratio() for one in close}
        close = [one for one in close if alike[one] > alike[close[0]] - _AS_GOOD]
    elif parts and len(typed) >= _SHORTEST:
        close = [one for one in names if typed in one][:most]
    return [names[one] for one in close]


def meant(name: str, known: Iterable[str], otherwise: str = "", most: int = _MOST) -> str:
    """``did you mean x or y?`` where names come close, else the other sentence."""
    close = near(name, known, most)
    return f"did you mean {' or '.join(close)}?" if close else otherwise
