"""The whole record as one JSON document, valid by ``dockworthy schema``; for merging and converting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.report.formats.interface import Writer
from dockworthy.results.writer import dumps, listed

if TYPE_CHECKING:
    from typing import BinaryIO

    from dockworthy.results.model import Results

__all__ = ["Json"]


class Json(Writer):
    """``--report json``."""

    name = "json"
    file_name = "results.json"

    def write(self, results: Results, out: BinaryIO) -> None:
        """Write the whole record, a host, a result and a certificate a line."""
        for name, value in results.as_json().items():
            out.write(b'{"%b": ' % name.encode() if name == "schema_version" else b',\n"%b":' % name.encode())
            out.writelines(listed(value) if isinstance(value, list) else [dumps(value)])
        out.write(b"}\n")
