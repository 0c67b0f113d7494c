"""The tables that come with the package, each beside the module that reads it."""

from __future__ import annotations

import csv
from importlib.resources import files

__all__ = ["table"]


def table(package: str, name: str) -> list[dict[str, str]]:
    """The rows of a CSV file of the package, by the names in its first line; a line that begins with ``#`` is none."""
    lines = (files(package) / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))
