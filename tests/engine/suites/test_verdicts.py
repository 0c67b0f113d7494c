"""The probe sees each suite's host whole, with the shell and tools of that suite, and what is said of it is true.

What is expected was verified by hand: versions and fixes in the suite's packages and their lists of changes, the
distribution's support by the moment at which the hosts are judged, and the settings that an engine has by default.
"""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.profile.loader import load_profile
from dockworthy.profile.pick import pick_profile
from dockworthy.run.hosts import RunHost
from dockworthy.run.judging import judge_host
from dockworthy.snapshot import ABSENT, NO_PEM, NO_TOOL
from tests.engine.fixing import CHECKS

if TYPE_CHECKING:
    from dockworthy.snapshot import Snapshot
    from tests.engine.harness import Engine

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
ORDER = ("bullseye", "bookworm", "trixie", "sid")
PASS, FAIL = "pass", "fail"
# By check and instance: what holds for the engine of each suite, in their order.
EXPECTED: dict[tuple[str, str], tuple[str, str, str, str]] = {
    ("engine.version-minimum", "engine"): (FAIL, FAIL, PASS, PASS),
    ("engine.version-minimum", "containerd"): (FAIL, PASS, PASS, PASS),
    ("engine.version-minimum", "runc"): (FAIL, FAIL, PASS, PASS),
    ("engine.version-maintained", "engine"): (FAIL, PASS, PASS, PASS),
    ("engine.known-escapes", "containerd"): (PASS, PASS, PASS, PASS),
    ("engine.api-reachable", ""): (PASS,) * 4,
    ("engine.client-agrees", ""): (PASS,) * 4,
    ("engine.no-restart-pending", "/usr/sbin/dockerd"): (PASS,) * 4,
    ("engine.only-one", ""): (PASS,) * 4,
    ("engine.storage-driver", ""): (PASS,) * 4,
    ("engine.storage-d-type", ""): (PASS,) * 4,
    ("daemon.starts-again", ""): (PASS,) * 4,
    ("daemon.no-drift", ""): (PASS,) * 4,
    ("daemon.seccomp-profile", ""): (PASS,) * 4,
    ("daemon.api-on-tcp-demands-certificates", ""): (PASS,) * 4,
    ("daemon.no-experimental", ""): (PASS,) * 4,
    ("kernel.fits-release", ""): (PASS,) * 4,
    ("file.api-socket-mode", "/var/run/docker.sock"): (PASS,) * 4,
    ("file.containerd-socket-mode", "/var/run/docker/containerd/containerd.sock"): (PASS,) * 4,
}
# What a host of the suite's packages alone leaves undecided: whether a fix of theirs is there; what other tables than
# those of iptables drop, for which there is no nft; what keeps the clock, which neither systemd nor a tool of it tells.
UNDECIDED = {"engine.known-escapes", "network.no-second-firewall-drop", "time.kept"}
# What these hosts have no program for.
NO_PROGRAM = {"clock", "nft-ruleset", "rpm", "apk", "snap", "systemctl-show", "auditctl-l", "auditctl-s"}


@pytest.fixture(scope="module")
def snapshot(suite_engine: Engine) -> Snapshot:
    suite_engine.container("-p", "127.0.0.1:8080:80", name="web")
    return suite_engine.snapshot()


@pytest.fixture(scope="module")
def results(snapshot: Snapshot) -> dict[tuple[str, str], dict[str, Any]]:
    """Every result by the profile that fits the suite."""
    lines = (line.partition("=") for line in snapshot["file:/etc/os-release"].text.splitlines())
    profile = pick_profile({key: value.strip('"') for key, _, value in lines})
    host = RunHost("engine", "local://", load_profile(profile), snapshot, NOW)
    return {(item["check"], item["param"] or ""): item for item in judge_host(host, CHECKS.values())}


def test_the_probe_runs_with_the_suites_own_tools(suite_engine: Engine) -> None:
    tools = suite_engine.run("readlink", "-f", "/bin/sh", "/usr/bin/awk").stdout.split()
    assert [Path(tool).name for tool in tools] == ["dash", "mawk"]


def test_every_section_is_there_and_only_missing_programs_are_none(snapshot: Snapshot) -> None:
    assert not snapshot.truncated
    named = {
        name.partition(":")[2]: section.status for name, section in snapshot.sections.items() if name[:4] == "cmd:"
    }
    assert {name for name, status in named.items() if status == NO_TOOL} <= NO_PROGRAM
    expected = {0, ABSENT, NO_TOOL, NO_PEM}
    strange = {
        name: section.status
        for name, section in snapshot.sections.items()
        if section.status not in expected and name != "cmd:systemctl-show"
    }
    assert strange == {}


def test_what_was_verified_by_hand_is_what_is_said(suite: Path, results: dict[tuple[str, str], dict[str, Any]]) -> None:
    column = ORDER.index(suite.name.partition("-")[0])
    said = {key: results[key]["outcome"] for key in EXPECTED}
    assert said == {key: outcomes[column] for key, outcomes in EXPECTED.items()}


def test_nothing_else_is_left_undecided(results: dict[tuple[str, str], dict[str, Any]]) -> None:
    undecided = {key: item["reason"] for key, item in results.items() if item["outcome"] == "error"}
    assert {check for check, _ in undecided} <= UNDECIDED, undecided
