"""The tables that come with the package, each beside the module that reads it."""

from __future__ import annotations

import csv
from importlib.resources import files

__all__ = ["table", "text"]


def text(package: str, name: str) -> str:
    """The text of a file of the package."""
    return (files(package) / name).read_text(encoding="utf-8")


def table(package: str, name: str) -> list[dict[str, str]]:
    """The rows of a CSV file of the package, by the names in its first line; a line that begins with ``#`` is none."""
    return list(csv.DictReader(line for line in text(package, name).splitlines() if not line.startswith("#")))
