"""The terminal's summary with every finding, as a plain file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.report.formats.interface import Writer
from dockworthy.report.screen import plain_lines
from dockworthy.report.terminal import VERBOSE, summary_lines
from dockworthy.report.verdict import judged

if TYPE_CHECKING:
    from typing import BinaryIO

    from dockworthy.results.model import Results

__all__ = ["Text"]


class Text(Writer):
    """``--report text``: the same summary, with every result, as a plain file of 80 columns."""

    name = "text"
    file_name = "summary.txt"

    def write(self, results: Results, out: BinaryIO) -> None:
        """Write plain lines."""
        out.writelines(plain_lines(summary_lines(results, judged(results), detail=VERBOSE)))
