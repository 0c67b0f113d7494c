"""DuckDB as it is used here: it asks no network, loads nothing, and keeps to what it is given of memory and time.

``connected()`` gives a database in memory, ``rows_of(record)`` a record's results as lines, ``converted`` makes a
Parquet file of such lines. ``observed``, ``expected`` and the run's ``rehearsal`` are JSON in text, because each may be
any value.
"""

from __future__ import annotations

import contextlib
import tempfile
from typing import TYPE_CHECKING, Any

from dockworthy.errors import UsageError
from dockworthy.moments import known_moment, shown
from dockworthy.results.fingerprint import fingerprint
from dockworthy.results.writer import dumps

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

    import duckdb

    from dockworthy.results.model import Host, Result, Run

__all__ = ["COLUMNS", "about", "connected", "converted", "listed_in_sql", "moment", "rows_of"]

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
"""The columns of a table of results, and DuckDB's type of each."""
_AS_THEY_ARE = (
    *("host", "check", "topic", "param", "title", "severity", "outcome", "source", "fix", "refs", "reason"),
    *("reason_code", "waiver", "release", "before", "seconds"),
)
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "preserve_insertion_order": "true",
}
_SHORT = 1 << 20  # bytes of a line


@contextlib.contextmanager
def connected(
    told: str, *, threads: int | None = None, memory: str | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that reads times as UTC; ``told`` begins the sentence where it cannot be.

    What does not fit in ``memory`` (DuckDB's way to write a size) goes to a folder of its own below TMPDIR.
    """
    try:
        import duckdb  # noqa: PLC0415 - heavy, and only here
    except ImportError:  # it is there, and does not work
        raise UsageError(f"{told}: duckdb cannot be loaded here; install it again.") from None
    settings = {
        **_SETTINGS,
        **({"threads": threads} if threads else {}),
        **({"memory_limit": memory} if memory else {}),
    }
    with (
        tempfile.TemporaryDirectory(prefix="dockworthy-", ignore_cleanup_errors=True) as folder,
        duckdb.connect(":memory:", config={**settings, "temp_directory": folder}) as database,
    ):
        database.execute("SET TimeZone = 'UTC'")
        database.execute("SET enable_progress_bar = false")
        yield database


def converted(
    database: duckdb.DuckDBPyConnection, rows: Iterable[bytes], columns: Mapping[str, str], table: Path, order: str = ""
) -> None:
    """Put lines of JSON into a Parquet file, in their order or in that of an ``ORDER BY``; raises duckdb.Error."""
    lines = table.with_suffix(".lines")
    longest = _SHORT  # DuckDB takes memory for several such lines
    with lines.open("wb") as stream:
        for row in rows:
            longest = max(longest, len(row))
            stream.write(row)
    found = database.read_json(
        str(lines), format="newline_delimited", columns=dict(columns), maximum_object_size=2 * longest
    )
    (found.order(order) if order else found).write_parquet(str(table), compression="zstd")
    lines.unlink()


def listed_in_sql(texts: Iterable[str]) -> str:
    """A list of texts as SQL has it."""
    return "[" + ", ".join("'" + text.replace("'", "''") + "'" for text in texts) + "]"


def about(run: Run, *, complete: bool) -> dict[str, Any]:
    """What is told of the run in each row of its results."""
    return {
        "run": run.id,
        "started": moment(run.started),
        "finished": moment(run.finished),
        "complete": complete,
        "rehearsal": None if run.rehearsal is None else dumps(run.rehearsal).decode(),
    }


def rows_of(
    told: Mapping[str, Any], hosts: Iterable[Host], results: Iterable[Result], columns: Collection[str]
) -> Iterator[bytes]:
    """The rows of these results as lines of JSON, with what is told of their run, as far as the columns have it."""
    known = {
        host.name: {"reachable": host.reachable, "recorded": moment(host.recorded), "profile": host.profile}
        for host in hosts
    }
    names = [name for name in (*_AS_THEY_ARE, "aliases") if name in columns]
    for result in results:
        row = {
            **told,
            **known.get(result.host, {}),
            **{name: getattr(result, name) for name in names},
            "observed": dumps(result.observed).decode(),
            "expected": dumps(result.expected).decode(),
        }
        if "fingerprint" in columns:
            row["fingerprint"] = fingerprint(result)
        yield dumps(row) + b"\n"


def moment(text: str | None) -> str | None:
    """A moment of a record to the second, None where it is none."""
    known = known_moment(text)
    return None if known is None else shown(known)
