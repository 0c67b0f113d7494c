"""The whole record as one JSON document, valid by ``dockworthy schema``; for merging and converting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.report.formats.interface import Writer
from dockworthy.results.model import SCHEMA_VERSION
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
        """Write the whole record, a host and a result a line."""
        out.write(b'{"schema_version": %b,\n"run":%b' % (dumps(SCHEMA_VERSION), dumps(results.run.as_json())))
        for name, records in (
            ("hosts", results.hosts),
            ("results", results.results),
            ("certificates", results.certificates),
        ):
            out.write(b',\n"%b":' % name.encode())
            out.writelines(listed(record.as_json() for record in records))
        for name, record in (("policy", results.policy), ("summary", results.summary)):
            out.write(b',\n"%b":%b' % (name.encode(), dumps(record.as_json())))
        out.write(b"}\n")
