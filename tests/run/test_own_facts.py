"""A user's own facts: declared in a folder of checks, asked for by its checks, refused where they are wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]

FACTS = """
from dockworthy.evidence import Evidence
from dockworthy.facts.facts import fact

@fact
def release(os) -> Evidence[str]:
    "The host's name and release."
    return os.version_id.map(lambda version: f"debian {version}")

@fact
def releases(release, facts, now) -> dict[str, Evidence[str]]:
    "Each release that there is."
    return {"this": release}
"""
CHECKS = """
from dockworthy.check import check, expect, instances

@check("site.release", severity="low", refs=["site:1"], fix="upgrade")
def check_release(release):
    "The host has the release that we maintain."
    expect(release).equals("debian 13")

def each_release(releases):
    return releases

@check("site.releases", severity="low", refs=["site:1"], fix="upgrade", each=instances("one", each_release))
def check_releases(one, host_name):
    "Each release is maintained."
    expect(one).equals("debian 12")
"""
CONFTEST = """
import pytest

@pytest.fixture
def host_name():
    return "a"
"""


def written(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def judged(done: subprocess.CompletedProcess[str], path: Path) -> dict[tuple[str, str | None], str]:
    assert path.exists(), done.stdout + done.stderr
    records: list[dict[str, Any]] = json.loads(path.read_text())["results"]
    return {(one["check"], one["param"]): one["outcome"] for one in records if one["check"].startswith("site.")}


def test_checks_ask_for_the_facts_of_their_folder(dockworthy: Run, small_snapshot: Path, tmp_path: Path) -> None:
    folder = written(tmp_path / "own", {"a_checks.py": CHECKS, "z_facts.py": FACTS, "conftest.py": CONFTEST})
    results = tmp_path / "r.json"
    done = dockworthy("check", f"snapshot:{small_snapshot}", "--checks", str(folder), "--results", str(results))
    assert judged(done, results) == {("site.release", None): "pass", ("site.releases", "this"): "fail"}


HEARING = (
    CONFTEST
    + """
def pytest_runtest_logstart(nodeid):
    print("starts", nodeid.partition("::")[2])

def pytest_runtest_logreport(report):
    print("reports", report.when)

def pytest_runtest_logfinish(nodeid):
    print("ends", nodeid.partition("::")[2])
"""
)


def test_a_plugin_that_listens_hears_all_of_an_item(dockworthy: Run, small_snapshot: Path, tmp_path: Path) -> None:
    folder = written(tmp_path / "ours", {"facts.py": FACTS, "checks.py": CHECKS, "conftest.py": HEARING})
    done = dockworthy("check", f"snapshot:{small_snapshot}", "--checks", str(folder), "--check", "site.release")
    heard = [line for line in done.stdout.splitlines() if line.startswith(("starts", "reports", "ends"))]
    assert heard == ["starts site.release[small]", "reports call", "reports teardown", "ends site.release[small]"]


def test_facts_stand_in_pytest_s_own_test_files_too(small_snapshot: Path, tmp_path: Path) -> None:
    folder = written(tmp_path / "own", {"test_site.py": FACTS + CHECKS, "conftest.py": CONFTEST})
    results = tmp_path / "r.json"
    command = [sys.executable, "-m", "pytest", str(folder), "--dw-target", f"snapshot:{small_snapshot}"]
    done = subprocess.run([*command, "--dw-results", str(results)], capture_output=True, text=True, check=False)
    assert judged(done, results) == {("site.release", None): "pass", ("site.releases", "this"): "fail"}


def refused(dockworthy: Run, snapshot: Path, folder: Path) -> str:
    done = dockworthy("check", f"snapshot:{snapshot}", "--checks", str(folder))
    assert done.returncode == 4, done.stdout + done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.strip()]
    return line


def test_a_need_that_does_not_exist_is_refused(dockworthy: Run, small_snapshot: Path, tmp_path: Path) -> None:
    text = FACTS.replace("def release(os)", "def release(oss)")
    folder = written(tmp_path / "own", {"a.py": CHECKS, "b.py": text})
    assert "b.py:5: the fact 'release' needs 'oss', and there is no such fact" in refused(
        dockworthy, small_snapshot, folder
    )


def test_facts_that_need_each_other_are_refused(dockworthy: Run, small_snapshot: Path, tmp_path: Path) -> None:
    text = FACTS.replace("def release(os)", "def release(releases)")
    folder = written(tmp_path / "own", {"b.py": text})
    assert "release needs releases needs release" in refused(dockworthy, small_snapshot, folder)


def test_a_name_that_is_taken_is_refused(dockworthy: Run, small_snapshot: Path, tmp_path: Path) -> None:
    folder = written(tmp_path / "own", {"a.py": FACTS, "b.py": FACTS.replace("release(os)", "release(daemon)")})
    assert "b.py:5: the fact 'release' is already declared at" in refused(dockworthy, small_snapshot, folder)
    other = written(tmp_path / "other", {"a.py": FACTS.replace("def release(", "def kernel(")})
    assert "a.py:5: 'kernel' is a name of dockworthy's own" in refused(dockworthy, small_snapshot, other)
