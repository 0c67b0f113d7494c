"""Spellings of secrets that the files' real readers accept, and the harmless twins that must stay readable.

Each module here exports ``SPELLINGS``; `tests/probe/test_spellings.py` plants them all.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.probe.spellings.table import Spelling

__all__ = ["all_spellings"]


def all_spellings() -> list[Spelling]:
    """The whole table, in the order of the modules' names.

    Raises:
        ValueError: if two cases have one name.
    """
    found: list[Spelling] = []
    for module in sorted(module.name for module in iter_modules(__path__)):
        found += getattr(import_module(f"{__name__}.{module}"), "SPELLINGS", [])
    names = [case.name for case in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"spellings that share a name: {', '.join(twice)}")
    return found
