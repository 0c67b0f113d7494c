"""How values and names are put into words: on one line, bounded, and without what could drive a terminal.

Names of hosts, containers and images come from those who made them: control characters, bidirectional marks and
line ends are shown as escapes.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dockworthy.results.model import Result

__all__ = ["instance", "observation", "plain", "quantity", "value"]

LONGEST = 300
_SEPARATORS = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


def _escaped(character: str) -> str:
    return repr(character)[1:-1] if repr(character) != repr("\\") else character


def plain(text: str, longest: int = LONGEST) -> str:
    """The text on one line, with what is not printable as escapes, and cut where it is too long."""
    cut = text[:longest]
    if not cut.isprintable():
        cut = "".join(character if character.isprintable() else _escaped(character) for character in cut)
    cut = _SEPARATORS.sub(lambda match: f"\\u{ord(match[0]):04x}", cut)
    return cut if len(text) <= longest else f"{cut}…"


def value(item: object, longest: int = LONGEST) -> str:
    """A JSON value for people: a text as it is, everything else as JSON."""
    text = item if isinstance(item, str) else json.dumps(item, ensure_ascii=False, default=str)
    return plain(text, longest) if text else '""'


def instance(result: Result) -> str:
    """The check with its instance."""
    return result.check if result.param is None else f"{result.check}[{plain(result.param)}]"


def observation(result: Result, longest: int = LONGEST) -> str:
    """What was seen, or why nothing was."""
    if result.reason:
        return plain(result.reason, longest) + (f" ({plain(result.source, longest)})" if result.source else "")
    seen = f"observed {value(result.observed, longest)}, expected {value(result.expected, longest)}"
    return f"{seen} ({plain(result.source, longest)})" if result.source else seen


def quantity(number: int, noun: str) -> str:
    """``1 host``, ``2 hosts``."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"
