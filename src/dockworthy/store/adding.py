"""How a run comes into a store: ``add(store, record, snapshots)``, all of it or nothing.

A record is one that is read piece by piece, so that its results are never in memory together, a `Results`, or whatever
has the fields of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from dockworthy.errors import UsageError
from dockworthy.results.streamed import Streamed
from dockworthy.results.writer import dumps
from dockworthy.store.duck import about, connected, converted, moment, rows_of
from dockworthy.store.parts import CUT, ORDERS, REHEARSALS, RUNS, TABLES, Kept, day_of, kept_of, parts_of, told_of
from dockworthy.store.place import WHOLE
from dockworthy.store.store import unwritable
from dockworthy.store.summary import kept_since

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from dockworthy.results.model import Certificate, Host, Policy, Result, Run
    from dockworthy.store.store import Store

__all__ = ["MEMORY", "Record", "add"]

MEMORY = "512MB"
"""What DuckDB may take of memory while it writes; the rest goes to a temporary file."""


class Record(Protocol):
    """What of a record is kept."""

    @property
    def run(self) -> Run:
        """The run."""

    @property
    def complete(self) -> bool:
        """Whether it came to its end."""

    @property
    def hosts(self) -> Iterable[Host]:
        """Its hosts; asked for several times."""

    @property
    def results(self) -> Iterable[Result]:
        """Its results; asked for once."""

    @property
    def certificates(self) -> Iterable[Certificate]:
        """The certificates that were seen; asked for once."""

    @property
    def certificates_left_out(self) -> Mapping[str, int]:
        """How many of a host are not recorded."""

    @property
    def policy(self) -> Policy:
        """The waivers and attestations."""


class _Read:
    """A record that is read piece by piece, by the same fields."""

    def __init__(self, record: Streamed) -> None:
        self.run, self.complete, self.policy = record.run, record.complete, record.policy
        self.certificates_left_out: Mapping[str, int] = record.left_out
        self._record = record

    @property
    def hosts(self) -> Iterable[Host]:
        return self._record.hosts()

    @property
    def results(self) -> Iterable[Result]:
        return self._record.results()

    @property
    def certificates(self) -> Iterable[Certificate]:
        return self._record.certificates()


def add(store: Store, record: Record | Streamed, snapshots: Iterable[bytes] = ()) -> bool:
    """Put a run into the store; False where it is there already. Several may do so at the same time.

    Raises:
        UsageError: where it began before what the store still keeps, or cannot be written.
    """
    record = _Read(record) if isinstance(record, Streamed) else record
    started = moment(record.run.started)
    if started is None:
        raise UsageError(f"--store {store.shown}: the run has no moment at which it started; it cannot be kept.")
    kept = kept_of(record.run, started, complete=record.complete)
    below = RUNS if record.run.rehearsal is None else REHEARSALS
    if day_of(started) < (since := kept_since(store)):
        raise UsageError(f"--store {store.shown}: keeps runs from {since} on, and this one is of {day_of(started)}.")
    name = f"{below}/day={day_of(started)}/{kept.name}"
    for data in snapshots:
        store.keep_snapshot(data)
    if _is_there(store, below, kept):
        return False
    try:
        with store.place.put(name) as folder:
            _write(record, kept, folder)
    except OSError as error:
        raise unwritable(store, error) from None
    return True


def _is_there(store: Store, below: str, kept: Kept) -> bool:
    whole = kept.name.removesuffix(CUT)
    parts = (part for part in parts_of(store.place, below, day_of(kept.started)) if part.day == day_of(kept.started))
    return any(one.name in {kept.name, whole} for part in parts for one in part.runs)


def _write(record: Record, kept: Kept, folder: Path) -> None:
    """Write the tables, and what says that they are whole."""
    with connected("--store", threads=1, memory=MEMORY) as database:
        import duckdb  # noqa: PLC0415 - it is there by now

        count = _Count()
        rows = {
            "results": rows_of(
                about(record.run, complete=record.complete), record.hosts, count.of(record.results), TABLES["results"]
            ),
            "hosts": _hosts(record, kept),
            "certificates": _certificates(record, kept),
            "runs": _run(record, kept, count),
        }
        try:
            for table, lines in rows.items():
                converted(database, lines, TABLES[table], folder / f"{table}.parquet", ORDERS[table])
        except duckdb.Error as error:
            raise UsageError(
                f"--store: DuckDB cannot write the run's {table} ({type(error).__name__}); make room, or set TMPDIR."
            ) from None
    (folder / WHOLE).write_bytes(told_of([kept]))


class _Count:
    """How many there were of what was gone through."""

    def __init__(self) -> None:
        self.results = 0

    def of(self, results: Iterable[Result]) -> Iterator[Result]:
        for result in results:
            self.results += 1
            yield result


def _told(kept: Kept) -> dict[str, Any]:
    return {"run": kept.run, "started": kept.started}


def _run(record: Record, kept: Kept, count: _Count) -> Iterator[bytes]:
    run = record.run
    hosts = [host.reachable for host in record.hosts]
    told = {
        **about(run, complete=record.complete),
        "tool_version": run.tool_version,
        "hosts": len(hosts),
        "reached": sum(hosts),
        "results": count.results,
        "record": dumps(run.as_json()).decode(),
        "policy": dumps(record.policy.as_json()).decode(),
    }
    yield dumps({**told, **_told(kept)}) + b"\n"


def _hosts(record: Record, kept: Kept) -> Iterator[bytes]:
    for host in record.hosts:
        told = {
            "host": host.name,
            "target": host.target,
            "reachable": host.reachable,
            "os": host.os.get("id"),
            "os_version": host.os.get("version_id"),
            "engine": host.engine,
            "harbor": host.harbor,
            "profile": host.profile,
            "recorded": moment(host.recorded),
            "snapshot_sha256": host.snapshot_sha256,
            "error": host.error,
            "certificates_left_out": record.certificates_left_out.get(host.name, 0),
            "record": dumps(host.as_json()).decode(),
        }
        yield dumps({**_told(kept), **told}) + b"\n"


def _certificates(record: Record, kept: Kept) -> Iterator[bytes]:
    for one in record.certificates:
        told = one.as_json()
        place = told.pop("where")
        ends = {name: moment(told[name]) for name in ("not_before", "not_after")}
        yield dumps({**_told(kept), **told, "place": place, **ends}) + b"\n"
