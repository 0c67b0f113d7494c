"""A store as DuckDB sees it: ``ask(store, question)`` hands a database with its tables to a question.

Tables are views of files, and a file may be removed while it is asked for: by retention, by compaction, by a new
summary. Then the question is put again to what is there by then.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, TypeVar

from dockworthy.errors import UsageError
from dockworthy.masking import masked
from dockworthy.printable import printable
from dockworthy.store.duck import connected, listed_in_sql
from dockworthy.store.parts import REHEARSALS, RUNS, TABLES, parts_of
from dockworthy.store.summary import MEMORY, STATE, empty, kept_since, read, refresh

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import duckdb

    from dockworthy.store.store import Store

__all__ = ["VIEWS", "ask", "import_duckdb", "own_question", "settle"]

T = TypeVar("T")
_TRIES = 4
_OWN_SECONDS = 60
VIEWS = {
    "runs": "each run that is kept",
    "run_hosts": "each host of each run",
    "run_certificates": "each certificate that each run saw on each host",
    "results": "each result of each run",
    "rehearsal_results": "the same of runs that judged hosts as they would be",
    "hosts": "each host, as it was last seen",
    "certificates": "the certificates of each host, as they were last seen",
    "episodes": "each finding from the run that first saw it to the one that no longer did",
    "pauses": "when findings were waived",
    "checks": "each check's title",
    "aliases": "names that checks had before",
    "looks": "on which days each host was tried, and reached",
}
"""What there is to ask, for a question of one's own."""
_MACROS = """
CREATE MACRO shown(moment) AS strftime(moment, '%Y-%m-%dT%H:%M:%SZ');
CREATE MACRO rank_of(severity) AS
    CASE severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 WHEN 'low' THEN 3 ELSE 4 END;
CREATE MACRO whole(number) AS CAST(coalesce(number, 0) AS BIGINT);
CREATE MACRO days_between(earlier, later) AS
    CAST(floor((epoch(CAST(later AS TIMESTAMPTZ)) - epoch(CAST(earlier AS TIMESTAMPTZ))) / 86400) AS BIGINT);
"""
_OF_RUNS = {"run_hosts": "hosts", "run_certificates": "certificates", "results": "results"}


def ask(store: Store, question: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
    """What the question finds; `UsageError` where the store cannot be read."""
    import_duckdb()
    import duckdb  # noqa: PLC0415 - it is there by now

    try:
        for _ in range(_TRIES - 1):
            again = suppress(duckdb.IOException, duckdb.InvalidInputException, FileNotFoundError)
            with again, _seen(store) as database:
                return question(database)
        with _seen(store) as database:
            return question(database)
    except (duckdb.IOException, duckdb.InvalidInputException, duckdb.OutOfMemoryException, OSError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        raise UsageError(
            f"--store {store.shown}: cannot be read ({why}); where a file is damaged, restore it or remove its folder."
        ) from None


def import_duckdb() -> None:
    """Refuse to go on without DuckDB, in one sentence."""
    from importlib.util import find_spec  # noqa: PLC0415 - only where a library is needed

    if find_spec("duckdb") is None:
        raise UsageError("a store needs duckdb, which is not installed; run `pip install 'dockworthy[store]'`.")


@contextmanager
def _seen(store: Store) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database whose tables are the store's, with all runs that are there by now."""
    with ExitStack() as opened:
        try:
            known = refresh(store)
        except FileNotFoundError:
            raise
        except OSError:  # it may be read alone
            folder = opened.enter_context(tempfile.TemporaryDirectory(prefix="dockworthy-"))
            known = refresh(store, Path(folder))
        tables = {name: read([path]) if path else empty(STATE[name][0]) for name, path in known.items()}
        database = opened.enter_context(connected("--store", memory=MEMORY))
        store.place.connect(database)
        since = kept_since(store)
        files = [path for path in known.values() if path]
        for below, names in ((RUNS, _OF_RUNS), (REHEARSALS, {"rehearsal_results": "results"})):
            parts = parts_of(store.place, below, since)
            for view, table in names.items():
                paths = [store.place.path(part.file(table)) for part in parts]
                tables[view] = read(paths) if paths else empty(TABLES[table])
                files += paths
        database.execute(_MACROS)
        for view in VIEWS:
            database.execute(f"CREATE VIEW {view} AS {tables[view]}")
        database.execute(f"SET VARIABLE paths = CAST({listed_in_sql(files)} AS VARCHAR[])")
        yield database


def settle(store: Store) -> None:
    """Take in what came since, so that the next question need not; where another one does that, too, it is left."""
    with suppress(OSError):
        ask(store, lambda _: None)


def own_question(store: Store, text: str) -> tuple[list[str], list[tuple[object, ...]]]:
    """The columns and rows of a query of one's own; it may read the store's tables, and nothing else.

    Raises:
        UsageError: where it is no single query, is wrong, or takes longer or more memory than it may.
    """
    import_duckdb()
    import duckdb  # noqa: PLC0415 - it is there by now

    def question(database: duckdb.DuckDBPyConnection) -> tuple[list[str], list[tuple[object, ...]]]:
        # From now on it reads the store's files, and nothing else of this machine or the network.
        database.execute("SET allowed_paths = getvariable('paths')")
        database.execute("SET enable_external_access = false")
        database.execute("SET lock_configuration = true")
        limit = Timer(_OWN_SECONDS, database.interrupt)
        limit.daemon = True
        limit.start()
        try:
            found = database.execute(text)
            columns = [str(column[0]) for column in found.description or ()]
            return columns, [tuple(map(_told, row)) for row in found.fetchall()]
        except duckdb.InterruptException:
            raise UsageError(f"--sql: takes longer than {_OWN_SECONDS} seconds; ask for less.") from None
        except duckdb.OutOfMemoryException:
            raise UsageError(f"--sql: takes more than {MEMORY} of memory; ask for less.") from None
        except duckdb.IOException:
            raise
        except duckdb.Error as error:
            raise UsageError(f"--sql: {_complaint(error)}") from None
        finally:
            limit.cancel()

    try:
        kinds = [one.type for one in duckdb.extract_statements(text)]
    except duckdb.Error as error:
        raise UsageError(f"--sql: {_complaint(error)}") from None
    if kinds != [duckdb.StatementType.SELECT]:
        raise UsageError("--sql: is not one query that reads; write one SELECT.")
    return ask(store, question)


def _told(value: object) -> object:
    """A moment as every output has it, a number as JSON has one; all else as it is."""
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
    return float(value) if isinstance(value, Decimal) else value


def _complaint(error: Exception) -> str:
    """The first line of what DuckDB complains of."""
    told = printable(masked(str(error).strip().partition("\n")[0]).rstrip("."))
    return f"{told}; `dockworthy history --help` names the tables."
