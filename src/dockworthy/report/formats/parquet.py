"""Parquet, a row a result with typed columns, for DuckDB, pandas, Spark and the like.

DuckDB writes it, from lines that are handed to it in a folder of its own; it asks no network and loads nothing.
``observed``, ``expected`` and the run's ``rehearsal`` are JSON in text, because each may be any value.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from shutil import copyfileobj
from typing import TYPE_CHECKING

from dockworthy.errors import UsageError
from dockworthy.moments import known_moment, shown
from dockworthy.report.formats.interface import Needed, Writer
from dockworthy.results.fingerprint import fingerprint
from dockworthy.results.writer import dumps

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from dockworthy.results.model import Results

__all__ = ["COLUMNS", "Parquet"]

COLUMNS = {
    "run": "VARCHAR",
    "started": "TIMESTAMPTZ",
    "finished": "TIMESTAMPTZ",
    "complete": "BOOLEAN",
    "rehearsal": "VARCHAR",
    "host": "VARCHAR",
    "reachable": "BOOLEAN",
    "recorded": "TIMESTAMPTZ",
    "profile": "VARCHAR",
    "check": "VARCHAR",
    "topic": "VARCHAR",
    "param": "VARCHAR",
    "title": "VARCHAR",
    "severity": "VARCHAR",
    "outcome": "VARCHAR",
    "observed": "VARCHAR",
    "expected": "VARCHAR",
    "source": "VARCHAR",
    "fix": "VARCHAR",
    "refs": "VARCHAR[]",
    "reason": "VARCHAR",
    "reason_code": "VARCHAR",
    "waiver": "STRUCT(reason VARCHAR, owner VARCHAR, expires VARCHAR)",
    "release": "VARCHAR",
    "before": "VARCHAR",
    "seconds": "DOUBLE",
    "fingerprint": "VARCHAR",
}
_AS_THEY_ARE = (
    *("host", "check", "topic", "param", "title", "severity", "outcome", "source", "fix", "refs", "reason"),
    *("reason_code", "waiver", "release", "before", "seconds"),
)
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "threads": "1",
    "preserve_insertion_order": "true",
}
_LARGEST = 1 << 28  # bytes of one line


class Parquet(Writer):
    """``--report parquet``."""

    name = "parquet"
    file_name = "results.parquet"
    needed = Needed("duckdb", "parquet")

    def write(self, results: Results, out: BinaryIO) -> None:
        """Write the table."""
        with tempfile.TemporaryDirectory(prefix="dockworthy-") as folder:
            lines, table = Path(folder) / "results.jsonl", Path(folder) / "results.parquet"
            with lines.open("wb") as stream:
                stream.writelines(_lines(results))
            _convert(lines, table)
            with table.open("rb") as stream:
                copyfileobj(stream, out)


def _convert(lines: Path, table: Path) -> None:
    try:
        import duckdb  # noqa: PLC0415 - heavy, and only here
    except ImportError:  # it is there, and does not work
        raise UsageError("the report format parquet: duckdb cannot be loaded here; install it again.") from None
    try:
        with duckdb.connect(":memory:", config=_SETTINGS) as database:
            rows = database.read_json(
                str(lines), format="newline_delimited", columns=COLUMNS, maximum_object_size=_LARGEST
            )
            rows.write_parquet(str(table), compression="zstd")
    except duckdb.Error as error:
        told = f"the report format parquet: DuckDB cannot write it below {lines.parent.parent} ({type(error).__name__})"
        raise UsageError(f"{told}; look for room there, or set TMPDIR.") from None


def _lines(results: Results) -> Iterator[bytes]:
    """The rows as JSON."""
    run = results.run
    about = {
        "run": run.id,
        "started": _moment(run.started),
        "finished": _moment(run.finished),
        "complete": results.complete,
        "rehearsal": None if run.rehearsal is None else dumps(run.rehearsal).decode(),
    }
    hosts = {
        host.name: {"reachable": host.reachable, "recorded": _moment(host.recorded), "profile": host.profile}
        for host in results.hosts
    }
    for result in results.results:
        row = {
            **about,
            **hosts.get(result.host, {}),
            **{name: getattr(result, name) for name in _AS_THEY_ARE},
            "observed": dumps(result.observed).decode(),
            "expected": dumps(result.expected).decode(),
            "fingerprint": fingerprint(result),
        }
        yield dumps(row) + b"\n"


def _moment(text: str | None) -> str | None:
    moment = known_moment(text)
    return None if moment is None else shown(moment)
