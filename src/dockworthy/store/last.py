"""What a store knows of each host last: the record of it, and the snapshot from which it was judged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dockworthy.errors import UsageError
from dockworthy.results.fields import BadRecordError, made, made_policy
from dockworthy.results.model import Certificate, Host, Policy, Result, Results, Run, summarise
from dockworthy.results.reader import merge
from dockworthy.store.asking import ask

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

    from dockworthy.store.store import Store

__all__ = ["last_record", "last_snapshots"]

_RUNS = "SELECT record, policy, complete, run FROM runs SEMI JOIN hosts ON last_run = run ORDER BY started, run"
_HOSTS = """
SELECT r.run, r.record, r.certificates_left_out FROM run_hosts r JOIN hosts h ON h.host = r.host AND h.last_run = r.run
"""
_CERTIFICATES = """
SELECT r.run, r.host, place, used_for, subject, issuer, sha256, strftime(not_before, '%Y-%m-%dT%H:%M:%SZ'),
    strftime(not_after, '%Y-%m-%dT%H:%M:%SZ'), issued_by
FROM run_certificates r JOIN hosts h ON h.host = r.host AND h.last_run = r.run ORDER BY r.host, place
"""
_FIELDS = (
    *("host", "check", "param", "title", "severity", "outcome", "observed", "expected", "source", "fix", "refs"),
    *("waiver", "reason", "seconds", "aliases", "reason_code", "release", "before"),
)
_RESULTS = """
SELECT r.run, r.host, r."check", param, title, severity, outcome, observed, expected, source, fix, refs, waiver, reason,
    seconds, aliases, reason_code, release, before
FROM results r JOIN hosts h ON h.host = r.host AND h.last_run = r.run ORDER BY r.host, r."check", param NULLS FIRST
"""
_AT_ONCE = 10_000


def last_record(store: Store) -> Results:
    """One record of the last run of each host; `UsageError` where no run is kept."""
    try:
        found = ask(store, _records)
    except (BadRecordError, ValueError) as error:
        raise UsageError(f"--store {store.shown}: what is kept of a run {error}; remove its folder.") from None
    if not found:
        raise UsageError(f"--store {store.shown}: holds no run yet; `dockworthy check --store` puts one there.")
    return merge(found)


def last_snapshots(store: Store) -> list[tuple[str, str, str]]:
    """Each host that was reached: its name, its target, and the SHA-256 of its last snapshot."""
    return ask(
        store,
        lambda database: database.execute(
            "SELECT host, target, snapshot_sha256 FROM hosts WHERE snapshot_sha256 IS NOT NULL ORDER BY host"
        ).fetchall(),
    )


def _records(database: duckdb.DuckDBPyConnection) -> list[Results]:
    hosts: dict[str, list[Host]] = {}
    left_out: dict[str, dict[str, int]] = {}
    for run, record, number in _rows(database, _HOSTS):
        host = made(Host, json.loads(record))
        hosts.setdefault(run, []).append(host)
        if number:
            left_out.setdefault(run, {})[host.name] = number
    results: dict[str, list[Result]] = {}
    for run, *values in _rows(database, _RESULTS):
        results.setdefault(run, []).append(_result(values))
    certificates: dict[str, list[Certificate]] = {}
    for run, *values in _rows(database, _CERTIFICATES):
        certificates.setdefault(run, []).append(Certificate(*values))
    return [
        Results(
            one,
            tuple(sorted(hosts.get(run, ()), key=lambda host: host.name)),
            tuple(results.get(run, ())),
            summarise(results.get(run, ())),
            complete=complete,
            certificates=tuple(certificates.get(run, ())),
            policy=policy,
            certificates_left_out=left_out.get(run, {}),
        )
        for run, one, policy, complete in _runs(database)
    ]


def _runs(database: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, Run, Policy, bool]]:
    for record, policy, complete, run in _rows(database, _RUNS):
        yield run, made(Run, json.loads(record)), made_policy(json.loads(policy)), complete


def _result(values: list[Any]) -> Result:
    fields = dict(zip(_FIELDS, values, strict=True))
    return Result(**{**fields, "observed": json.loads(fields["observed"]), "expected": json.loads(fields["expected"])})


def _rows(database: duckdb.DuckDBPyConnection, query: str) -> Iterator[tuple[Any, ...]]:
    found = database.execute(query)
    while rows := found.fetchmany(_AT_ONCE):
        yield from rows
