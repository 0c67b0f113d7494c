"""The whole record as one JSON document, valid by ``dockworthy schema``; for merging and converting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.report.formats.interface import Writer
from dockworthy.results.writer import dumps

if TYPE_CHECKING:
    from typing import BinaryIO

    from dockworthy.results.model import Results

__all__ = ["Json"]


class Json(Writer):
    """``--report json``."""

    name = "json"
    file_name = "results.json"

    def write(self, results: Results, out: BinaryIO) -> None:
        """Write the whole record."""
        out.write(dumps(results.as_json()) + b"\n")
