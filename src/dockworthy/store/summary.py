"""What came of all runs of a store, kept beside them, so that a question need not read every result again.

``refresh(store)`` takes in the runs that came since. A summary names the runs that are in it and lies in a folder of
its own; ``current.json`` says which counts, put in place in one step, so that whoever reads has one or the other. Two
who make one at the same time do the same work twice, and nothing is lost: what the one that counts has not is taken in
next time.

Runs may come in any order. One that is older than what is known of a host that it has makes all be read anew.
"""

from __future__ import annotations

import json
from datetime import timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from dockworthy.dataclass import dataclass
from dockworthy.errors import UsageError
from dockworthy.store.duck import connected, listed_in_sql
from dockworthy.store.parts import TABLES, parts_of
from dockworthy.store.place import WHOLE, age_of, new_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    import duckdb

    from dockworthy.store.parts import Kept, Part
    from dockworthy.store.place import Place
    from dockworthy.store.store import Store

__all__ = ["MEMORY", "STATE", "Summary", "empty", "kept_since", "read", "refresh", "rest"]

CURRENT, BASE = "summary/current.json", "summary/base.json"
MEMORY: Final = "1GB"
"""What DuckDB may take of memory for a question or a summary; the rest goes to a temporary file."""
_AN_HOUR = timedelta(hours=1)
_BEGINNING = "0001-01-01"
_HOSTS = {
    "host": "VARCHAR",
    "first_tried": "TIMESTAMPTZ",
    "last_tried": "TIMESTAMPTZ",
    "last_run": "VARCHAR",
    "last_reached": "TIMESTAMPTZ",
    "reached_run": "VARCHAR",
    "error": "VARCHAR",
    "target": "VARCHAR",
    "os": "VARCHAR",
    "os_version": "VARCHAR",
    "engine": "VARCHAR",
    "harbor": "VARCHAR",
    "profile": "VARCHAR",
    "recorded": "TIMESTAMPTZ",
    "snapshot_sha256": "VARCHAR",
}
_EPISODES = {
    "host": "VARCHAR",
    "check": "VARCHAR",
    "param": "VARCHAR",
    "severity": "VARCHAR",
    "state": "VARCHAR",
    "first_seen": "TIMESTAMPTZ",
    "first_run": "VARCHAR",
    "new": "BOOLEAN",
    "last_seen": "TIMESTAMPTZ",
    "last_run": "VARCHAR",
    "ended": "TIMESTAMPTZ",
    "ended_run": "VARCHAR",
}
_PAUSES = {
    "host": "VARCHAR",
    "check": "VARCHAR",
    "param": "VARCHAR",
    "severity": "VARCHAR",
    "since": "TIMESTAMPTZ",
    "until": "TIMESTAMPTZ",
}
STATE: Final[Mapping[str, tuple[Mapping[str, str], str]]] = {
    "episodes": (_EPISODES, 'host, "check", param NULLS FIRST, first_seen'),
    "pauses": (_PAUSES, 'host, "check", param NULLS FIRST, since'),
    "judged": ({"host": "VARCHAR", "word": "BIGINT", "bits": "BIGINT"}, "host, word"),
    "hosts": (_HOSTS, "host"),
    "certificates": (TABLES["certificates"], "not_after, host, place"),
    "checks": ({"check": "VARCHAR", "title": "VARCHAR", "number": "BIGINT"}, '"check"'),
    "aliases": ({"alias": "VARCHAR", "check": "VARCHAR"}, "alias"),
    "looks": ({"day": "DATE", "host": "VARCHAR", "reached": "BOOLEAN"}, "day, host"),
    "runs": (TABLES["runs"], "started, run"),
}
"""The tables of a summary: their columns with DuckDB's types, and the order of their rows."""
_SOURCES = {"results": "results", "run_hosts": "hosts", "run_certificates": "certificates", "run_runs": "runs"}


@dataclass(frozen=True, slots=True)
class Summary:
    """One summary, as its pointer names it."""

    name: str | None  # of its folder below ``summary/``, None for that of a store without runs
    runs: Mapping[str, str]  # the names of the runs that are in it, each with its day
    before: str = ""  # the day from which on runs are kept; empty where all are

    def files(self, place: Place) -> dict[str, str | None]:
        """Each table's file as DuckDB opens it, None where there is none yet."""
        return {name: self.name and place.path(f"summary/{self.name}/{name}.parquet") for name in STATE}

    def as_json(self) -> bytes:
        """The pointer to it."""
        return json.dumps({"summary": self.name, "before": self.before, "runs": dict(self.runs)}).encode()


def read(paths: Sequence[str]) -> str:
    """How SQL reads these files as one table."""
    return f"SELECT * FROM read_parquet({listed_in_sql(paths)}, hive_partitioning = false)"  # noqa: S608 - paths, quoted


def empty(columns: Mapping[str, str]) -> str:
    """A table with these columns and no row."""
    told = ", ".join(f'CAST(NULL AS {kind}) AS "{name}"' for name, kind in columns.items())
    return f"SELECT {told} WHERE false"


def _pointed(place: Place, pointer: str) -> Summary | None:
    try:
        told: dict[str, Any] = json.loads(place.read(pointer))
        found = Summary(told["summary"], told["runs"], told["before"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"--store {place.shown}: its {pointer} is damaged; remove it.") from None
    # Whoever named it put it in place before; where it is not there, somebody removed it.
    return found if found.name is None or place.has(f"summary/{found.name}") else None


def base_of(place: Place) -> Summary:
    """What came of the runs that are no longer kept."""
    return _pointed(place, BASE) or Summary(None, {})


def kept_since(store: Store) -> str:
    """The day from which on runs are kept, as ``YYYY-MM-DD``; empty where all are."""
    return base_of(store.place).before


def refresh(store: Store, keeping: Path | None = None) -> dict[str, str | None]:
    """Take in what came since the summary was made, make that the current one, and name each table's file.

    It is None where there is none yet. With ``keeping``, a folder, a new summary lies there instead: for stores that
    only may be read. Raises OSError where it cannot be written, and duckdb.Error where a file was removed since.
    """
    place = store.place
    base = base_of(place)
    parts = parts_of(place, since=base.before)
    known = _pointed(place, CURRENT) or base
    there = {one.name for part in parts for one in part.runs}
    left = {name for name, day in known.runs.items() if day >= base.before}
    missing = [(part, one) for part in parts for one in part.runs if one.name not in known.runs]
    if left <= there and not missing and known.before == base.before:
        return known.files(place)
    with connected("--store", memory=MEMORY) as database:
        place.connect(database)
        anew = not left <= there
        if not anew:
            _begin(database, known, place, missing)
            _forget_before(database, base.before, base.before)
            anew = _comes_too_late(database)
        if anew:
            known, missing = base, [(part, one) for part in parts for one in part.runs]
            _begin(database, known, place, missing)
            _forget_before(database, base.before, base.before)
        return _made(database, place, known, missing, keeping)


def _made(
    database: duckdb.DuckDBPyConnection,
    place: Place,
    known: Summary,
    missing: Sequence[tuple[Part, Kept]],
    keeping: Path | None,
) -> dict[str, str | None]:
    """Fold what was laid out, and put it in place."""
    _fold(database)
    if keeping is not None:
        _write(database, keeping)
        return {name: str(keeping / f"{name}.parquet") for name in STATE}
    before = base_of(place).before
    runs = {name: day for name, day in known.runs.items() if day >= before}
    found = Summary(new_name(), {**runs, **{one.name: part.day for part, one in missing}}, before)
    _put(database, place, found)
    place.write(CURRENT, found.as_json())
    _forget(place)
    return found.files(place)


def rest(store: Store, before: str) -> None:
    """Have what came of the runs of earlier days stand for them, so that they can be removed."""
    place, base = store.place, base_of(store.place)
    missing = [(part, one) for part in parts_of(place, since=base.before) if part.day < before for one in part.runs]
    with connected("--store", memory=MEMORY) as database:
        place.connect(database)
        _begin(database, base, place, missing)
        _forget_before(database, before, base.before)
        _fold(database)
        found = Summary(new_name(), {}, before)
        _put(database, place, found)
        place.write(BASE, found.as_json())


def _begin(
    database: duckdb.DuckDBPyConnection,
    known: Summary,
    place: Place,
    missing: Iterable[tuple[Part, Kept]],
) -> None:
    """Lay out what `_fold` reads: what is known, and the runs to take in."""
    missing = sorted(missing, key=lambda pair: pair[1].order)
    parts = list(dict.fromkeys(part for part, _ in missing))
    for name, path in known.files(place).items():
        query = read([path]) if path else empty(STATE[name][0])
        database.execute(f"CREATE OR REPLACE TEMP VIEW old_{name} AS {query}")
    for view, table in _SOURCES.items():
        query = read([place.path(part.file(table)) for part in parts]) if parts else empty(TABLES[table])
        database.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS {query}")
    database.execute("CREATE OR REPLACE TEMP TABLE todo (n BIGINT, run VARCHAR, started TIMESTAMPTZ, complete BOOLEAN)")
    rows = [[number, one.run, one.started, one.complete] for number, (_, one) in enumerate(missing, 1)]
    if rows:
        database.executemany("INSERT INTO todo VALUES (?, ?, ?, ?)", rows)


def _forget_before(database: duckdb.DuckDBPyConnection, ended: str, tried: str) -> None:
    """Leave out what ended before a day, and hosts that nobody tried since another; an empty one is none."""
    for name, day in (("since", ended), ("tried", tried)):
        database.execute(f"SET VARIABLE {name} = CAST(? AS TIMESTAMPTZ)", [f"{day or _BEGINNING}T00:00:00Z"])


def _comes_too_late(database: duckdb.DuckDBPyConnection) -> bool:
    """Whether of a host that is to be taken in something later is known already."""
    found = database.execute(
        "SELECT count(*) FROM run_hosts h JOIN todo t USING (run) JOIN old_hosts o USING (host) "
        "WHERE o.last_tried > t.started OR (o.last_tried = t.started AND o.last_run >= t.run)"
    ).fetchone()
    return bool(found and found[0])


def _fold(database: duckdb.DuckDBPyConnection) -> None:
    """From what is known and the runs to take in to what is known with them, in the tables that `STATE` names."""
    text = (files("dockworthy.store") / "fold.sql").read_text(encoding="utf-8")
    database.execute(text)


def _put(database: duckdb.DuckDBPyConnection, place: Place, summary: Summary) -> None:
    """Put what was folded in place as this summary."""
    with place.put(f"summary/{summary.name}") as folder:
        _write(database, folder)


def _write(database: duckdb.DuckDBPyConnection, folder: Path) -> None:
    for name, (columns, order) in STATE.items():
        told = ", ".join(f'"{column}"' for column in columns)
        rows = database.sql(f"SELECT {told} FROM temp.{name} ORDER BY {order}")  # noqa: S608 - names of ours
        rows.write_parquet(str(folder / f"{name}.parquet"), compression="zstd")
    (folder / WHOLE).write_text(json.dumps({"runs": []}), encoding="utf-8")


def _forget(place: Place) -> None:
    """Remove summaries that no longer count, once nobody reads them any more."""
    counted = {one.name for one in (_pointed(place, CURRENT), base_of(place)) if one is not None}
    for name in place.names("summary"):
        if name not in counted and age_of(name) > _AN_HOUR:
            place.remove(f"summary/{name}")
