"""What a store of 100 million results answers, and how fast: ``python bench/bench_store.py [--rows N] [--folder DIR]``.

The runs are made by DuckDB in the store's own files: nights of 10,000 hosts by 400 checks, of which a twelfth fails
now and then, a hundredth of the hosts is not there on a given night, and each host has ten certificates. Then the
summary is made of all of them but one, the last night is taken in, and each question is asked as a user asks it: a
process of its own, the best of three, its processor time and how long it took by the clock. The folder is removed.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP))

from dockworthy.results.model import Run  # noqa: E402 - found by the line above
from dockworthy.store.asking import settle  # noqa: E402 - the same
from dockworthy.store.duck import connected  # noqa: E402 - the same
from dockworthy.store.parts import TABLES, kept_of, told_of  # noqa: E402 - the same
from dockworthy.store.place import WHOLE  # noqa: E402 - the same
from dockworthy.store.store import open_store  # noqa: E402 - the same

if TYPE_CHECKING:
    import duckdb

    from dockworthy.store.store import Store

DOCKWORTHY = str(Path(sys.executable).parent / "dockworthy")
HOSTS, CHECKS, CERTIFICATES = 10_000, 400, 10
FIRST = date(2026, 1, 1)
LIMIT = 1.0  # seconds of processor time that an answer may take
QUESTIONS = (
    *([name] for name in ("days", "findings", "fixes", "flapping", "missing", "certificates", "engines")),
    ["findings", "--host", "node00017*"],
    ["fixes", "--check", "daemon.rule-0017"],
    [],
    ["--sql", "SELECT severity, count(*) FROM episodes WHERE ended IS NULL GROUP BY ALL"],
    ["--sql", "SELECT outcome, count(*) FROM results WHERE run = 'night0' GROUP BY ALL"],
)
HOST = "printf('node%05d.example.com', h)"
MADE = f"""
CREATE TEMP TABLE hosts AS SELECT h, {HOST} AS host FROM range({HOSTS}) hosts(h);
CREATE TEMP TABLE checks AS
SELECT c, topic, printf('%s.rule-%04d', topic, c) AS "check", printf('What rule %d demands is so', c) AS title,
    CASE WHEN c % 4 = 0 THEN printf('q%d', c) END AS param,
    ['critical', 'high', 'medium', 'low'][c % 4 + 1] AS severity,
    printf('{{"mode":"%04d"}}', c) AS observed, printf('/etc/docker/daemon.json: key%d', c) AS source,
    printf('set key%d', c) AS fix
FROM (
    SELECT c, ['kernel', 'engine', 'daemon', 'file', 'container', 'image', 'trust', 'harbor'][c % 8 + 1] AS topic
    FROM range({CHECKS}) checks(c)
);
"""  # noqa: S608 - numbers of ours
JUDGED = """
CREATE OR REPLACE TEMP TABLE tonight AS
SELECT h, c, CASE
    WHEN (h * 7919 + c * 104729) % 1000 < 85 AND ((getvariable('n') + h + c) % (5 + c % 17)) < 3 + c % 5 THEN 'fail'
    WHEN (h * 7919 + c * 104729) % 1000 < 90 THEN 'error' WHEN (h + c) % 25 = 0 THEN 'skip' ELSE 'pass' END AS outcome
FROM hosts, checks WHERE (h * 31 + getvariable('n') * 17) % 100 <> 0
"""
# Every host by every check; what is judged differs by a number that is the same in every night, and by the night.
ROW = """
SELECT getvariable('run') AS run, getvariable('started') AS started, getvariable('started') AS finished,
    true AS complete, CAST(NULL AS VARCHAR) AS rehearsal, host, true AS reachable, getvariable('started') AS recorded,
    'base' AS profile, "check", topic, param, title, severity, outcome, observed, 'false' AS expected, source, fix,
    ['CIS-Docker-1.8:2.2'] AS refs, CASE WHEN outcome IN ('skip', 'error') THEN 'there is no swarm here' END AS reason,
    CASE WHEN outcome IN ('skip', 'error') THEN 'absent' END AS reason_code,
    CAST(NULL AS STRUCT(reason VARCHAR, owner VARCHAR, expires VARCHAR)) AS waiver, CAST(NULL AS VARCHAR) AS release,
    CAST(NULL AS VARCHAR) AS "before", 0.0001 AS seconds, CAST([] AS VARCHAR[]) AS aliases
FROM tonight JOIN hosts USING (h) JOIN checks USING (c)
"""
OTHERS = {
    "hosts": f"""
SELECT getvariable('run') AS run, getvariable('started') AS started, {HOST} AS host, 'ssh://' || {HOST} AS target,
    (h * 31 + getvariable('n') * 17) % 100 <> 0 AS reachable, 'debian' AS os, '13' AS os_version,
    ['26.1.5', '28.5.1', '29.3.1'][h % 3 + 1] AS engine, CAST(NULL AS VARCHAR) AS harbor, 'base' AS profile,
    getvariable('started') AS recorded, sha256({HOST}) AS snapshot_sha256, CAST(NULL AS VARCHAR) AS error,
    0 AS certificates_left_out, '{{}}' AS record
FROM range({HOSTS}) hosts(h)
""",  # noqa: S608 - numbers of ours
    "certificates": f"""
SELECT getvariable('run') AS run, getvariable('started') AS started, {HOST} AS host,
    printf('/etc/docker/certs.d/%d/ca.crt', c) AS place, 'registry' AS used_for, printf('CN=harbor%d', c) AS subject,
    'CN=ca' AS issuer, sha256(printf('%d', (h * 10 + c) % 7919)) AS sha256,
    TIMESTAMPTZ '2025-01-01 00:00:00Z' AS not_before,
    TIMESTAMPTZ '2026-01-20 00:00:00Z' + to_days(CAST((h * 10 + c) % 7919 AS INTEGER)) AS not_after,
    CAST(NULL AS VARCHAR) AS issued_by
FROM range({HOSTS}) hosts(h), range({CERTIFICATES}) certificates(c) ORDER BY not_after, host
""",  # noqa: S608 - numbers of ours
    "runs": f"""
SELECT getvariable('run') AS run, getvariable('started') AS started, getvariable('started') AS finished,
    true AS complete, '0' AS tool_version, CAST(NULL AS VARCHAR) AS rehearsal, {HOSTS} AS hosts,
    {HOSTS * 99 // 100} AS reached, {HOSTS * CHECKS} AS results, '{{}}' AS record, '{{}}' AS policy
""",
}


def night(database: duckdb.DuckDBPyConnection, store: Store, number: int) -> int:
    """Put one night into the store, and tell how many results it has."""
    started = f"{FIRST + timedelta(days=number)}T01:00:00Z"
    kept = kept_of(Run(f"night{number}", started, started, "0", [], []), started, complete=True)
    database.execute("SET VARIABLE n = ?", [number])
    database.execute("SET VARIABLE run = ?", [kept.run])
    database.execute("SET VARIABLE started = CAST(? AS TIMESTAMPTZ)", [started])
    database.execute(JUDGED)
    classes = ("error", "fail", "skip", "pass")  # in the order of a store
    ordered = " UNION ALL ".join(f"({ROW} WHERE outcome = '{name}')" for name in classes)
    with store.place.put(f"runs/day={started[:10]}/{kept.name}") as folder:
        for table, query in {"results": ordered, **OTHERS}.items():
            columns = ", ".join(f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in TABLES[table].items())
            path = folder / f"{table}.parquet"
            database.sql(f"SELECT {columns} FROM ({query})").write_parquet(str(path), compression="snappy")  # noqa: S608
        told = database.execute("SELECT count(*) FROM tonight").fetchone()
        (folder / WHOLE).write_bytes(told_of([kept]))
    return told[0] if told else 0


def asked(store: Store, words: list[str]) -> tuple[float, float]:
    """The processor time that an answer takes, at best, and how long that was by the clock."""
    times = []
    for _ in range(3):
        before, used = time.perf_counter(), processor()
        command = [DOCKWORTHY, "history", *words, "--store", store.place.path("")]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append((processor() - used, time.perf_counter() - before))
    return min(times)


def processor() -> float:
    """The processor time of the processes that were started, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Make the store, ask it, print the table; 1 where an answer takes longer than it may."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000_000, metavar="N", help="about how many results")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="where the store is made (default: below TMPDIR)")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="dockworthy-bench-", dir=options.folder))
    try:
        store = open_store(str(folder), make=True)
        nights = max(options.rows // (HOSTS * CHECKS), 2)
        before, rows = time.perf_counter(), 0
        with connected("bench") as database:
            database.execute(MADE)
            for number in range(nights - 1):
                rows += night(database, store, number)
            print(f"made: {time.perf_counter() - before:.0f} s", flush=True)
            before = time.perf_counter()
            settle(store)
            print(f"taken in, {nights - 1} nights: {time.perf_counter() - before:.1f} s", flush=True)
            rows += night(database, store, nights - 1)
        before = time.perf_counter()
        settle(store)
        print(f"taken in, one night: {time.perf_counter() - before:.1f} s", flush=True)
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        print(f"{rows} results in {nights} nights, {size / 1e9:.2f} GB")
        slow = 0
        for words in QUESTIONS:
            used, took = asked(store, list(words))
            slow += used > LIMIT
            print(f"| `history {' '.join(words)}` | {used:.2f} s | {took:.2f} s |", flush=True)
    finally:
        shutil.rmtree(folder)
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
