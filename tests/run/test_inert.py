"""The plugin is an entry point: it must change nothing in a project that does not use it."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CONFTEST = """
import pytest

def pytest_addoption(parser):
    for name in ("--profile", "--check", "--severity", "--target", "--results", "--report", "--topic", "--waivers"):
        parser.addoption(name, action="store_true", default=False)

@pytest.fixture
def kernel():
    return "my kernel"

@pytest.fixture
def host():
    return "my host"
"""
TESTS = """
import pytest

def test_uses_its_own_fixtures(kernel, host, request):
    assert (kernel, host) == ("my kernel", "my host")
    assert request.config.getoption("--profile") is True

@pytest.mark.parametrize("n", [1, 2])
def test_fails(n):
    assert n == 1

@pytest.mark.skip
def test_skipped(): ...
"""
HELPER = "from dockworthy.check import check\nraise SystemExit('a check file was imported')\n"


def run(folder: Path, *more: str) -> tuple[int, str]:
    """A pytest run there: status and output without times."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-v", "--profile", "--check", *more],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    text = re.sub(r"in \d+\.\d+s", "in T", done.stdout)
    return done.returncode, re.sub(r"^plugins:.*$|^metadata:.*$|dockworthy-[0-9.]+,? ?", "", text, flags=re.MULTILINE)


def test_a_foreign_project_runs_the_same_with_and_without_it(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_foreign.py").write_text(TESTS)
    (tmp_path / "helper.py").write_text(HELPER)
    with_it = run(tmp_path)
    without = run(tmp_path, "-p", "no:dockworthy")
    assert with_it == without
    assert "2 passed, 1 failed, 1 skipped" in with_it[1].replace("1 failed, 2 passed", "2 passed, 1 failed")
    assert with_it[0] == 1
