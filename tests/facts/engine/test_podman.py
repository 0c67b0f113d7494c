"""Podman that answers in Docker's name is no Docker Engine: what it said on a host without one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dockworthy.facts.facts import Facts
from dockworthy.profile.loader import load_profile
from dockworthy.profile.locate import checks_folder
from dockworthy.run.hosts import RunHost
from dockworthy.run.judging import judge_host
from dockworthy.run.loading import load_checks
from dockworthy.snapshot import read_snapshot
from tests.hosts import NOW

SNAPSHOT = read_snapshot(Path(__file__).parents[2] / "data" / "snapshots" / "podman.snapshot")


@pytest.fixture(scope="module")
def results() -> dict[tuple[str, str], dict[str, Any]]:
    """Every result of the base profile."""
    host = RunHost("podman", "local://", load_profile("base"), SNAPSHOT, NOW)
    records = judge_host(host, load_checks(checks_folder()).values())
    return {(item["check"], item["param"] or ""): item for item in records}


def test_the_release_that_answers_is_podmans() -> None:
    running = Facts(SNAPSHOT, NOW).engine_release.running.value
    assert (str(running), running.is_engine) == ("5.4.2", False)


def test_what_dockerds_own_arguments_decide_is_undecided(results: dict[tuple[str, str], dict[str, Any]]) -> None:
    for check in ("daemon.icc-disabled", "daemon.starts-again", "daemon.no-drift", "daemon.userland-proxy-disabled"):
        found = results[check, ""]
        assert (found["outcome"], found["reason"]) == ("error", "the engine that answers is no process of this host")


def test_a_container_is_judged_by_what_podman_tells_of_it(results: dict[tuple[str, str], dict[str, Any]]) -> None:
    assert results["container.no-privileged", "web"]["outcome"] == "pass"
    assert results["container.pids-limit", "web"]["observed"] == 2048  # podman's own default


@pytest.mark.parametrize("check", ["known-escapes", "version-minimum", "version-maintained"])
def test_no_table_of_dockers_releases_holds_for_podmans(
    check: str, results: dict[tuple[str, str], dict[str, Any]]
) -> None:
    """Its numbers are its own: 5.4.2 is not older than 26.0, and no escape of Docker's 5.4.2 is known of it."""
    assert results[f"engine.{check}", "engine"]["outcome"] in {"skip", "error"}


@pytest.mark.parametrize("check", ["engine.storage-driver", "daemon.no-experimental"])
def test_what_podman_calls_otherwise_is_no_finding(check: str, results: dict[tuple[str, str], dict[str, Any]]) -> None:
    """Its ``overlay`` is what Docker calls overlay2, and what it says of experimental features is always the same."""
    assert results[check, ""]["outcome"] != "fail"
