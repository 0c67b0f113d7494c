"""The terminal's summary with every finding, as a plain file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.report.formats.interface import Writer
from dockworthy.report.terminal import summary_lines
from dockworthy.results.exit_status import exit_status

if TYPE_CHECKING:
    from typing import BinaryIO

    from dockworthy.results.model import Results

__all__ = ["Text"]


class Text(Writer):
    """``--report text``: the same summary, with every finding, as a plain file."""

    name = "text"
    file_name = "summary.txt"

    def write(self, results: Results, out: BinaryIO) -> None:
        """Write plain lines."""
        status = exit_status(results.results, results.hosts)
        lines = summary_lines(results, status, limit=len(results.results))
        out.writelines(
            "".join(piece for piece, _ in line).rstrip().encode("utf-8", "replace") + b"\n" for line in lines
        )
