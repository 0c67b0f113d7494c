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

__all__ = ["demand", "instance", "observation", "plain", "quantity", "table", "value"]

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
    return f"observed {value(result.observed, longest)}, {demand(result, longest)}"


def demand(result: Result, longest: int = LONGEST) -> str:
    """What was expected, and where it was looked."""
    expected = f"expected {value(result.expected, longest)}"
    return f"{expected} ({plain(result.source, longest)})" if result.source else expected


def table(item: object, longest: int = LONGEST) -> list[tuple[str, str, str]]:
    """Row, column and cell of a value that has values of its own below names, line by line; nothing of any other."""
    if not isinstance(item, dict) or not any(isinstance(row, dict) for row in item.values()):
        return []
    lines = []
    for name, row in item.items():
        cells = list(row.items()) if isinstance(row, dict) else [("", row)]
        for number, (column, cell) in enumerate(cells or [("", "-")]):
            lines.append((plain(str(name)) if number == 0 else "", plain(str(column)), value(cell, longest)))
    return lines


def quantity(number: int, noun: str) -> str:
    """``1 host``, ``2 hosts``; ``2 days``, ``2 entries``."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2:-1] not in "aeou" else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"
