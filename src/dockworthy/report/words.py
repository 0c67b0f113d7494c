"""How values and names are put into words: on one line, bounded, and without what could drive a terminal.

Names of hosts, containers and images come from those who made them: control characters, bidirectional marks and
line ends are shown as escapes.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dockworthy.printable import printable

if TYPE_CHECKING:
    from dockworthy.results.model import Result

__all__ = ["instance", "observation", "plain", "quantity", "value"]

LONGEST = 300


def plain(text: str, longest: int = LONGEST) -> str:
    """The text on one line, with what is not printable as escapes, and cut where it is too long."""
    return printable(text, longest)


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
