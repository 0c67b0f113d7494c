"""Where a run may write, what it does where it cannot, and that each report can be made again."""

from __future__ import annotations

import json
import os
import shutil
from functools import partial
from typing import TYPE_CHECKING

import pytest

from dockworthy.results.reader import read_results
from dockworthy.results.writer import dumps
from tests.fulldisk import limit
from tests.results_factory import record, result

from .test_bad_input import said

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]

ONE = ("--check", "kernel.namespace")


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "snapshot:/nowhere", "--report", "junit={}"),
        ("check", "snapshot:/nowhere", "--results", "{}"),
        ("check", "snapshot:/nowhere", "--output-dir", "{}"),
        ("report", "{record}", "--format", "json={}"),
        ("remediate", "{record}", "-o", "{}"),
        ("collect", "snapshot:/nowhere", "-o", "{}"),
    ],
)
def test_a_fifo_is_refused_before_anything_is_looked_at(
    dockworthy: Run, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    fifo, record = tmp_path / "fifo", tmp_path / "r.json"
    os.mkfifo(fifo)
    record.write_text(
        '{"schema_version":"1","run":{"id":"r","started":"2026-11-24T10:00:00Z"},"hosts":[],"results":[]}'
    )
    said(dockworthy(*(word.format(fifo, record=record) for word in arguments), timeout=60), 4, str(fifo))
    assert fifo.is_fifo()


def test_a_record_on_standard_output_is_told_from_a_report(dockworthy: Run) -> None:
    said(dockworthy("check", "snapshot:/nowhere", "--results", "-"), 4, "--report json=-")


def test_a_report_on_standard_output_stands_there_alone(dockworthy: Run, small_snapshot: Path, tmp_path: Path) -> None:
    done = dockworthy("check", f"snapshot:{small_snapshot}", *ONE, "--report", "json=-")
    assert json.loads(done.stdout)["results"]
    assert "INCONCLUSIVE" in done.stderr
    assert [path.name for path in (tmp_path / "cwd").iterdir()] == ["reports"]


def test_annotations_stand_alone_on_standard_output(dockworthy: Run, small_snapshot: Path) -> None:
    done = dockworthy("check", f"snapshot:{small_snapshot}", *ONE, "--report", "github")
    assert [line for line in done.stdout.splitlines() if not line.startswith("::")] == []
    assert "dockworthy%3A Inconclusive" in done.stdout
    assert "INCONCLUSIVE" in done.stderr


def test_two_reports_in_one_file_are_refused_before_anything_is_looked_at(dockworthy: Run, tmp_path: Path) -> None:
    same = tmp_path / "same"
    asked = ("--report", f"sarif={same}", "--report", f"csv={tmp_path}/./same")
    said(dockworthy("check", "snapshot:/nowhere", *asked), 4, "is the file of the report sarif, too")
    assert not same.exists()


def test_a_report_takes_the_place_of_no_record_that_it_is_of(dockworthy: Run, tmp_path: Path) -> None:
    good = tmp_path / "results.json"
    good.write_text("{}")
    for given, place in ((good, f"{good.parent}/./{good.name}"), (good.parent, good)):
        done = dockworthy("report", str(given), "--format", f"html={place}")
        said(done, 4, "is the record that the report is of; name another file.")
    assert good.read_text() == "{}"
    asked = ("--report", f"html={tmp_path}/same.json", "--results", f"{tmp_path}/same.json")
    said(dockworthy("check", "snapshot:/nowhere", *asked), 4, "is the record that the report is of")


def test_a_record_can_be_put_in_its_own_place_as_what_it_is(dockworthy: Run, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_bytes(dumps(record(result("fail")).as_json()))
    for name in ("json", "jsonl"):
        assert dockworthy("report", str(path), "--format", f"{name}={path}").returncode == 0
        assert read_results(path).results == (result("fail"),)
    done = dockworthy("report", str(path), str(path), "--format", f"json={path}")
    said(done, 4, "is the record that the report is of; name another file.")


def test_each_report_of_a_run_is_made_again_byte_for_byte(
    dockworthy: Run, small_snapshot: Path, tmp_path: Path
) -> None:
    dockworthy("check", f"snapshot:{small_snapshot}", *ONE)
    latest = tmp_path / "cwd" / "reports" / "latest"
    assert {path.name for path in latest.iterdir()} == {"results.json", "results.jsonl", "junit.xml", "report.html"}
    dockworthy("report", str(latest), "--format", "html=again.html", "--format", "junit=again.xml")
    for name, again in (("report.html", "again.html"), ("junit.xml", "again.xml")):
        assert (tmp_path / "cwd" / again).read_bytes() == (latest / name).read_bytes()


def test_a_disk_that_fills_up_loses_nothing_that_was_known(
    dockworthy: Run, small_snapshot: Path, tmp_path: Path
) -> None:
    whole = tmp_path / "whole.jsonl"
    dockworthy("check", f"snapshot:{small_snapshot}", *ONE, "--results", str(whole))
    few = sum(len(line) for line in whole.read_bytes().splitlines(keepends=True)[:5])
    shutil.rmtree(tmp_path / "cwd" / "reports")
    done = dockworthy("check", f"snapshot:{small_snapshot}", *ONE, preexec_fn=partial(limit, few))
    said(done, 4, "results.jsonl: cannot be written further", "of 8 results")
    assert "INCONCLUSIVE" in done.stdout
    (folder,) = (path for path in (tmp_path / "cwd" / "reports").iterdir() if not path.is_symlink())
    back = read_results(folder)
    assert 0 < len(back.results) < 8
    assert not list(folder.glob(".*"))


def test_a_report_that_cannot_be_written_leaves_the_others(
    dockworthy: Run, small_snapshot: Path, tmp_path: Path
) -> None:
    wanted = ("--report", "text=/proc/none/x", "--report", "jsonl=more/r.jsonl")
    said(dockworthy("check", f"snapshot:{small_snapshot}", *ONE, *wanted), 4, "text=/proc/none")
    assert read_results(tmp_path / "cwd" / "more" / "r.jsonl").complete


def test_a_file_named_latest_stays(dockworthy: Run, small_snapshot: Path, tmp_path: Path) -> None:
    reports = tmp_path / "cwd" / "reports"
    reports.mkdir()
    (reports / "latest").write_text("mine")
    dockworthy("check", f"snapshot:{small_snapshot}", *ONE)
    assert (reports / "latest").read_text() == "mine"
