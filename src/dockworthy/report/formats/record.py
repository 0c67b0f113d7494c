"""The record itself as a report: ``json`` the whole, ``jsonl`` its lines; for merging and converting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.report.formats.interface import Writer
from dockworthy.results.model import lines_of
from dockworthy.results.writer import dumps

if TYPE_CHECKING:
    from typing import BinaryIO

    from dockworthy.results.model import Results

__all__ = ["Json", "JsonLines"]


class Json(Writer):
    """``--report json``."""

    name = "json"
    file_name = "results.json"

    def write(self, results: Results, out: BinaryIO) -> None:
        """Write the whole record."""
        out.write(dumps(results.as_json()) + b"\n")


class JsonLines(Writer):
    """``--report jsonl``."""

    name = "jsonl"
    file_name = "results.jsonl"

    def write(self, results: Results, out: BinaryIO) -> None:
        """Write a line for each part of the record."""
        out.writelines(dumps(line) + b"\n" for line in lines_of(results))
