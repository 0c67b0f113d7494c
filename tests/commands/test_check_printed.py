"""What ``dockworthy check`` prints, and where."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.run.gather import Gathered, Progress
from dockworthy.target import parse_target
from tests import warm

if TYPE_CHECKING:
    import subprocess

    import pytest

SNAPSHOT = Path(__file__).parent.parent / "data" / "snapshots" / "debian-13.snapshot"


def run(folder: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS"}}
    return warm.run(
        *("check", f"snapshot:{SNAPSHOT}", "--at", "snapshot", "--topic", "daemon", *words),
        cwd=folder,
        env={**kept, **env},
    )


def test_in_a_pipe_it_is_text_of_eighty_columns_and_the_verdict_comes_last(tmp_path: Path) -> None:
    done = run(tmp_path)
    assert done.returncode == 1
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    lines = done.stdout.splitlines()
    record = tmp_path / "reports" / "latest" / "results.json"
    fixes = {line for one in json.loads(record.read_text())["results"] for line in (one["fix"] or "").splitlines()}
    assert [line for line in lines if len(line) > 80 and line.strip().removeprefix("fix: ") not in fixes] == []
    place = max(number for number, line in enumerate(lines) if line.startswith("NOT COMPLIANT: "))
    assert [line.partition(": ")[0] for line in lines[place:] if not line.startswith(" ")] == [
        "NOT COMPLIANT",
        "Coverage",
        "Reports",
        "Next",
        "Next",
    ]


def test_quiet_prints_the_verdict_and_the_coverage_alone(tmp_path: Path) -> None:
    lines = run(tmp_path, "-q").stdout.splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["NOT COMPLIANT", "Coverage"]
    assert list((tmp_path / "reports").glob("*/results.json"))


def test_verbose_prints_what_passed_as_well_and_colours_come_where_they_are_asked_for(tmp_path: Path) -> None:
    done = run(tmp_path, "-v", "--color", "always", NO_COLOR="1", COLUMNS="200")
    assert "\x1b[1;31mNOT COMPLIANT\x1b[0m" in done.stdout
    assert set(re.findall(r"\x1b(?!\[[0-9;]*m)", done.stdout)) == set()
    assert re.search(r"Passed.*daemon\.no-insecure-registries", done.stdout, re.DOTALL)


def test_quiet_and_verbose_together_are_wrong_usage(tmp_path: Path) -> None:
    done = run(tmp_path, "-q", "-v")
    assert done.returncode == 4
    assert not (tmp_path / "reports").exists()


def test_a_stream_that_is_not_utf_8_gets_what_it_can_hold(tmp_path: Path) -> None:
    done = run(tmp_path, "-v", PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert done.stderr == ""
    assert done.stdout.isascii()


def test_progress_goes_to_standard_error_and_not_where_nobody_wants_it(capsys: pytest.CaptureFixture[str]) -> None:
    for silent in (False, True):
        progress = Progress(2, silent=silent)
        progress.told(parse_target("ssh://web1"), None)
        progress.told(parse_target("ssh://web1"), Gathered(parse_target("ssh://web1"), None, 1.0))
        progress.close()
    out, err = capsys.readouterr()
    assert (out, err) == ("", "[1/2] ssh://web1: not reached\n")


def test_who_waits_for_one_host_is_told_where_it_takes_long(capsys: pytest.CaptureFixture[str]) -> None:
    for silent, long in ((False, False), (True, True), (False, True)):
        progress = Progress(1, silent=silent, long=long)
        progress.told(parse_target("ssh://web1"), Gathered(parse_target("ssh://web1"), b"", 9.0))
        progress.close()
    out, err = capsys.readouterr()
    assert (out, err) == ("", "looking into the layers of the images, which takes a while\n[1/1] ssh://web1: 9.0 s\n")
