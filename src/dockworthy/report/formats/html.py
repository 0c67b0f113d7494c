"""The compliance report as one page for people; `page` makes it."""

from __future__ import annotations

import io
from hashlib import sha256
from typing import TYPE_CHECKING

from dockworthy.report.formats.interface import Writer
from dockworthy.report.formats.json import Json
from dockworthy.report.page import render

if TYPE_CHECKING:
    from typing import BinaryIO

    from dockworthy.results.model import Results

__all__ = ["Html"]


class Html(Writer):
    """``--report html``."""

    name = "html"
    file_name = "report.html"

    def write(self, results: Results, out: BinaryIO) -> None:
        """Write the page."""
        record = io.BytesIO()
        Json().write(results, record)
        digest = sha256(record.getbuffer()).hexdigest()
        out.write(render(results, digest).encode("utf-8", "replace"))
