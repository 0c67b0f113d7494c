"""Stores and runs for tests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dockworthy.store.adding import add
from dockworthy.store.questions import Wanted, answer
from dockworthy.store.store import open_store
from tests.results_factory import record

if TYPE_CHECKING:
    from pathlib import Path

    from dockworthy.results.model import Host, Result, Results
    from dockworthy.store.store import Store

__all__ = ["asked", "on", "store_of"]


def on(day: int, *results: Result, hosts: tuple[Host, ...] = (), **fields: Any) -> Results:
    """A run of this day of November."""
    made = record(*results, hosts=hosts)
    told = {"id": f"r{day}", "started": f"2026-11-{day:02d}T00:00:00Z", **fields}
    return replace(made, run=replace(made.run, **told))


def store_of(path: Path | str, *runs: Results) -> Store:
    """A store with these runs, put there in this order."""
    store = open_store(str(path), make=True)
    for run in runs:
        assert add(store, run)
    return store


def asked(store: Store, question: str, *columns: str, **wanted: Any) -> list[Any]:
    """These columns of an answer's rows; of one column its values."""
    found = answer(store, question, Wanted(**wanted))
    places = [found.columns.index(name) for name in columns]
    return [row[places[0]] if len(places) == 1 else tuple(row[place] for place in places) for row in found.rows]
