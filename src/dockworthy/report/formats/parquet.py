"""Parquet, a row a result with typed columns, for DuckDB, pandas, Spark and the like.

DuckDB writes it, from lines that are handed to it in a folder of its own; the columns are a store's.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from shutil import copyfileobj
from typing import TYPE_CHECKING

from dockworthy.errors import UsageError
from dockworthy.report.formats.interface import Needed, Writer
from dockworthy.store.duck import COLUMNS, about, connected, converted, rows_of

if TYPE_CHECKING:
    from typing import BinaryIO

    from dockworthy.results.model import Results

__all__ = ["Parquet"]

_WHO = "the report format parquet"


class Parquet(Writer):
    """``--report parquet``."""

    name = "parquet"
    file_name = "results.parquet"
    needed = Needed("duckdb", "parquet")

    def write(self, results: Results, out: BinaryIO) -> None:
        """Write the table."""
        with tempfile.TemporaryDirectory(prefix="dockworthy-") as folder:
            table = Path(folder) / "results.parquet"
            _convert(results, table)
            with table.open("rb") as stream:
                copyfileobj(stream, out)


def _convert(results: Results, table: Path) -> None:
    with connected(_WHO, threads=1) as database:
        import duckdb  # noqa: PLC0415 - it is there by now

        rows = rows_of(about(results.run, complete=results.complete), results.hosts, results.results, COLUMNS)
        try:
            converted(database, rows, COLUMNS, table)
        except duckdb.Error as error:
            told = f"{_WHO}: DuckDB cannot write it below {table.parent.parent} ({type(error).__name__})"
            raise UsageError(f"{told}; look for room there, or set TMPDIR.") from None
