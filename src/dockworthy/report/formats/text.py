"""The terminal's summary with every finding, as a plain file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.report.formats.interface import Writer
from dockworthy.report.screen import shown
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
        lines = summary_lines(results, judged(results), detail=VERBOSE)
        texts = ("".join(text for text, _ in pieces) for pieces in shown(lines))
        out.writelines(text.encode("utf-8", "replace") + b"\n" for text in texts)
