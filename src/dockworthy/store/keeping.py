"""What a store is rid of: runs of days that are over (``keep``), many small files (``compact``), snapshots of old.

Whoever is killed in the middle leaves a store that says the same as before: what replaces something is put in place
first, and what it replaces no longer counts from then on.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from dockworthy.errors import UsageError
from dockworthy.store.asking import ask, import_duckdb
from dockworthy.store.duck import connected
from dockworthy.store.parts import CUT, ORDERS, REHEARSALS, RUNS, TABLES, chosen, of_day, parts_of, told_of
from dockworthy.store.place import WHOLE, new_name
from dockworthy.store.store import unwritable
from dockworthy.store.summary import MEMORY, kept_since, read, rest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dockworthy.store.parts import Part
    from dockworthy.store.store import Store

__all__ = ["compact", "keep"]

_A_DAY = timedelta(days=1)


def keep(store: Store, days: int, now: datetime | None = None) -> int:
    """Remove the runs of days that are more than so many days ago, and tell how many; what came of them stays known."""
    import_duckdb()
    before = ((now or datetime.now(tz=timezone.utc)) - timedelta(days=days)).date().isoformat()
    try:
        return _keep(store, before)
    except OSError as error:
        raise unwritable(store, error) from None


def _keep(store: Store, before: str) -> int:
    place, removed = store.place, 0
    if before > kept_since(store) and any(part.day < before for part in parts_of(place)):
        rest(store, before)
    since = max(kept_since(store), before)
    for below in (RUNS, REHEARSALS):
        for folder in place.names(below):
            day = folder.removeprefix("day=")
            if day == folder or day >= since:
                continue
            removed += sum(len(part.runs) for part in chosen(of_day(place, f"{below}/{folder}", day)))
            place.remove(f"{below}/{folder}")
    place.tidy()
    _remove_snapshots(store, "SELECT snapshot_sha256 FROM run_hosts UNION SELECT snapshot_sha256 FROM hosts")
    return removed


def compact(store: Store) -> int:
    """Put the runs of each day into one part, and tell how many days had several.

    Of snapshots the last of each host stays.
    """
    import_duckdb()
    place, done = store.place, 0
    try:
        for below in (RUNS, REHEARSALS):
            for folder in place.names(below):
                day = folder.removeprefix("day=")
                if day != folder:
                    done += _compact_day(store, f"{below}/{folder}", day)
        place.tidy()
    except OSError as error:
        raise unwritable(store, error) from None
    _remove_snapshots(store, "SELECT snapshot_sha256 FROM hosts")
    return done


def _compact_day(store: Store, folder: str, day: str) -> bool:
    place = store.place
    every = list(of_day(place, folder, day))
    whole = [part for part in chosen(every) if all(one.complete for one in part.runs)]
    runs = [one for part in whole for one in part.runs]
    united = f"{folder}/{new_name()}" if len(whole) > 1 else "".join(part.name for part in whole)
    if len(whole) > 1:
        with place.put(united) as made:
            _unite(store, whole, made)
            (made / WHOLE).write_bytes(told_of(sorted(runs, key=lambda one: one.order)))
    names = {one.name for one in runs}
    for part in every:
        if part.name != united and names.issuperset(one.name.removesuffix(CUT) for one in part.runs):
            place.remove(part.name)
    return len(whole) > 1


def _unite(store: Store, parts: Sequence[Part], folder: Path) -> None:
    with connected("--compact", memory=MEMORY) as database:
        import duckdb  # noqa: PLC0415 - it is there by now

        store.place.connect(database)
        try:
            for table in TABLES:
                rows = database.sql(read([store.place.path(part.file(table)) for part in parts]))
                rows.order(ORDERS[table]).write_parquet(str(folder / f"{table}.parquet"), compression="zstd")
        except duckdb.Error as error:
            raise UsageError(
                f"--store {store.shown}: the runs of {parts[0].day} cannot be put together ({type(error).__name__}); "
                "make room, or set TMPDIR."
            ) from None


def _remove_snapshots(store: Store, needed: str) -> None:
    """Remove the snapshots that nothing needs; one of today may be of a run that is just being put there."""
    names = {name.removesuffix(".gz") for name in store.place.names("snapshots")}
    if not names:
        return
    kept = {sha256 for (sha256,) in ask(store, lambda database: database.execute(needed).fetchall())}
    for sha256 in names - kept:
        name = f"snapshots/{sha256}.gz"
        try:
            if datetime.now(tz=timezone.utc) - store.place.changed(name) > _A_DAY:
                store.place.remove(name)
        except FileNotFoundError:
            continue  # somebody else removed it
