"""The engine's settings as ``settings.csv`` lists them: their keys, options, types and defaults."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from dockworthy.data import table

__all__ = ["SETTINGS", "Row"]


@dataclass(frozen=True, slots=True)
class Row:
    """One setting; the columns are told in the file itself."""

    key: str
    type: str
    within: tuple[str, ...]
    flag: str
    letter: str
    default: Any  # None where it is zero, or worked out
    empty: Any  # what an empty value comes to in force; None where it stays as it is


def _value(text: str) -> Any:
    """A JSON value, or else the text itself; None for none."""
    try:
        return json.loads(text)
    except ValueError:
        return text or None


def _row(cells: dict[str, str]) -> Row:
    within = tuple(filter(None, cells["within"].split(".")))
    values = {name: _value(cells[name]) for name in ("default", "empty")}
    return Row(**{**cells, "within": within, **values})


SETTINGS = tuple(map(_row, table("dockworthy.facts.engine", "settings.csv")))
