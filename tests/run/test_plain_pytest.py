"""``pytest checks/`` in a checkout: this host where no target is named, and each check once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).parents[2]
SNAPSHOT = TOP / "tests" / "data" / "snapshots" / "debian-13.snapshot"
NAMESPACES = "checks/kernel/namespaces.py"


def pytest_in_checkout(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A pytest run in the checkout."""
    env = {"PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=TOP,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_without_a_target_this_host_is_judged_and_the_run_says_so() -> None:
    done = pytest_in_checkout(NAMESPACES, "--collect-only")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "dockworthy: judges local:// (name hosts with --dw-target)" in done.stdout
    assert "kernel.namespace[" in done.stdout


def test_a_named_target_is_the_only_one_and_a_file_that_is_named_itself_is_judged_once() -> None:
    done = pytest_in_checkout(NAMESPACES, f"--dw-target=snapshot:{SNAPSHOT}", "--collect-only", "-q")
    assert "judges local://" not in done.stdout
    names = [line for line in done.stdout.splitlines() if "::" in line]
    assert names
    assert len({line.partition("[")[2].partition("-")[0] for line in names}) == 1
    assert len(names) == len(set(names))


def test_the_projects_own_tests_look_at_no_host() -> None:
    done = pytest_in_checkout("tests/test_check.py", "--collect-only", "-q")
    assert done.returncode == 0
    assert "kernel." not in done.stdout


def test_a_mistyped_topic_is_answered_with_the_option_that_was_typed() -> None:
    done = pytest_in_checkout(NAMESPACES, f"--dw-target=snapshot:{SNAPSHOT}", "--dw-topic", "kernal")
    assert done.returncode == 4
    assert "--dw-topic kernal: there is no such topic; did you mean kernel?" in done.stdout + done.stderr
