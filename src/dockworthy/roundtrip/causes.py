"""Why a step failed, in one sentence, and what to do: of an engine's words, or of what the registry answered here.

Which words tell which cause stands in `dockworthy.messages`. What lies in certificates, names and files is the matter
of `dockworthy trust`, whose words are used for it; here stands what a registry, and a proxy before it, refuse.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from dockworthy import toml

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Cause", "cause_of"]


class Cause(NamedTuple):
    """A cause, and what to do about it."""

    code: str  # in a word
    sentence: str
    fix: str


def cause_of(code: str, facts: Mapping[str, str]) -> Cause | None:
    """A cause in words; None for a code that has none."""
    text = _texts().get(code)
    if text is None:
        return None
    sentence, fix = (text[name].strip().format_map(_Facts(facts)) for name in ("cause", "fix"))
    return Cause(code, sentence, fix)


@lru_cache(maxsize=1)
def _texts() -> dict[str, Any]:
    """The file's tables, by code."""
    return toml.loads(files("dockworthy.roundtrip").joinpath("causes.toml").read_text("utf-8"))


class _Facts(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "somewhere else"
