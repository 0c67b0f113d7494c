"""The record line by line, as it grows while a run goes on: the run, its hosts, its results, and at its end the counts.

The lines of a run that did not come to its end have no counts, so that they still say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.report.formats.interface import Writer
from dockworthy.results.model import lines_of
from dockworthy.results.writer import dumps

if TYPE_CHECKING:
    from typing import BinaryIO

    from dockworthy.results.model import Results

__all__ = ["JsonLines"]


class JsonLines(Writer):
    """``--report jsonl``."""

    name = "jsonl"
    file_name = "results.jsonl"

    def write(self, results: Results, out: BinaryIO) -> None:
        """Write a line for each part of the record."""
        out.writelines(dumps(line) + b"\n" for line in lines_of(results))
