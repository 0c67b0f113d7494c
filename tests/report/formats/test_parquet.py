"""Parquet, read back by DuckDB: every value exactly, with its type."""

from __future__ import annotations

import json
import sys
import tempfile
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from dockworthy.cli import main
from dockworthy.errors import UsageError
from dockworthy.moments import shown
from dockworthy.report import write_report
from dockworthy.results.writer import encodable
from dockworthy.store.duck import COLUMNS
from tests.fulldisk import full_after
from tests.report.formats.samples import ALL, WAIVER, every, fleet, killed, rehearsed
from tests.results_factory import record, result

if TYPE_CHECKING:
    from pathlib import Path

    from dockworthy.results.model import Results


def rows(results: Results, folder: Path) -> list[dict[str, Any]]:
    path = write_report("parquet", results, folder=folder)
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        found = database.read_parquet(str(path))
        assert dict(zip(found.columns, map(str, found.types), strict=True)).keys() == COLUMNS.keys()
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


@pytest.mark.parametrize("name", ALL)
def test_every_value_is_there_exactly(name: str, tmp_path: Path) -> None:
    results = ALL[name]()
    found = rows(results, tmp_path)
    assert len(found) == len(results.results)
    for row, one in zip(found, results.results, strict=True):
        for column in (
            "host",
            "check",
            "param",
            "title",
            "severity",
            "outcome",
            "source",
            "fix",
            "refs",
            "reason",
            "waiver",
        ):
            assert row[column] == encodable(getattr(one, column))
        for column in ("observed", "expected"):
            assert json.loads(row[column]) == encodable(getattr(one, column))


def test_outcomes_waivers_and_what_is_stale_have_columns(tmp_path: Path) -> None:
    told = {row["check"]: row for row in rows(every(), tmp_path)}
    assert told["daemon.waived"]["waiver"] == WAIVER
    assert told["host.reachable"]["reachable"] is False
    assert shown(told["daemon.fail"]["recorded"]) == "2026-11-24T10:00:01Z"
    (row,) = rows(rehearsed(), tmp_path)
    assert json.loads(row["rehearsal"])["engine"] == "29.3.1"
    assert (row["before"], row["release"]) == ("pass", "29.3.1")
    (row,) = rows(killed(), tmp_path)
    assert (row["complete"], row["finished"]) == (False, None)


def test_a_folder_without_room_is_one_sentence_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with full_after(2000), pytest.raises(UsageError, match="parquet"):
        write_report("parquet", fleet(4, 30), tmp_path / "results.parquet")
    assert list(tmp_path.iterdir()) == []


def test_a_value_as_large_as_a_log_is_no_matter(tmp_path: Path) -> None:
    (row,) = rows(record(result("fail", observed="x" * 17_000_000)), tmp_path)
    assert len(row["observed"]) == 17_000_002


def test_without_duckdb_the_way_to_get_it_is_told_and_nothing_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    assert main(["check", "snapshot:/nowhere", "--report", f"parquet={tmp_path}/x"]) == 4
    said = capsys.readouterr().err
    assert "the report format parquet needs duckdb" in said
    assert "`pip install 'dockworthy[parquet]'`" in said
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_it_goes_to_standard_output_as_any_other(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    write_report("parquet", every())
    data = capsysbinary.readouterr().out
    assert (data[:4], data[-4:]) == (b"PAR1", b"PAR1")
