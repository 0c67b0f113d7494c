"""Compose as a plugin, as a program of its own, as both, and as version 1."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from tests.checks.engine.base import ubuntu
from tests.hosts import checks_in, outcome, outcomes
from tests.rows import each_of

CHECKS = checks_in("compose", "versions.py")
TABLE = {"as_of": date(2026, 8, 23), "source": "x", "series": {"1": date(2023, 6, 30)}}


def versions(text: str) -> Any:
    return ubuntu({"cmd:cli-versions": text})


def test_no_compose_fails_and_either_way_of_calling_it_passes() -> None:
    check = CHECKS["compose.installed"]
    found = outcome(check, versions("docker\tDocker version 28\n"))
    assert (found.outcome, found.observed) == ("fail", {})
    assert "docker-compose-plugin" in (found.fix or "")
    assert outcome(check, versions("docker compose\tDocker Compose version v2.24.5\n")).outcome == "pass"
    assert outcome(check, versions("docker-compose\tdocker-compose version 1.25.4, build 8d51620a\n")).observed == {
        "docker-compose": "1.25.4"
    }
    assert outcome(check, ubuntu({"cmd:cli-versions": 124})).outcome == "error"
    assert outcome(check, versions("docker compose\trubbish\n")).outcome == "error"


@each_of(
    ("said", "verdict"),
    [
        ("Docker Compose version v2.24.5", "pass"),
        ("Docker Compose version 2.20.2-desktop.1", "pass"),
        ("Docker Compose version v2.3.3", "fail"),
        ("Docker Compose version v2.20.0-rc.1", "fail"),
        ("docker-compose version 1.29.2, build 5becea4c", "fail"),
        ("no version", "error"),
    ],
)
def test_the_version_must_reach_the_minimum(said: str, verdict: str) -> None:
    found = outcomes(CHECKS["compose.version-minimum"], versions(f"docker compose\t{said}\n"))
    assert found["docker compose"].outcome == verdict


@each_of(
    ("plugins", "verdict"),
    [
        ([{"Name": "buildx", "Version": "v9"}, {"Name": "compose", "Version": "v2.24.5", "Path": "/x"}], "pass"),
        ([{"Name": "compose", "Version": "2.3.3"}], "fail"),
        ([{"Name": "buildx", "Version": "v2.24.5"}, {"Name": "compose", "Path": "/x"}], "error"),
        ([{"Name": "compose", "Version": "REDACTED"}], "error"),
        ([], "error"),
        (None, "error"),
        ("compose", "error"),
    ],
)
def test_the_plugins_version_is_what_docker_info_tells(plugins: Any, verdict: str) -> None:
    lines = "docker compose\ttold by docker info\ndocker-compose\ttold by docker info\n"
    # The engine need not answer: the plugins are the docker command's own.
    answer = (1, json.dumps({"ServerErrors": ["Cannot connect"], "ClientInfo": {"Plugins": plugins}}))
    found = outcomes(CHECKS["compose.version-minimum"], ubuntu({"cmd:cli-versions": lines, "docker:info": answer}))
    assert {command: item.outcome for command, item in found.items()} == {
        "docker compose": verdict,
        "docker-compose": verdict,
    }


def test_the_seeds_version_passes_its_own_minimum() -> None:
    facts = versions("docker-compose\tdocker-compose version 1.25.4, build 8d51620a\n")
    assert outcome(CHECKS["compose.version-minimum"], facts, min_compose_version="1.25.4").outcome == "pass"


def test_version_1_gets_no_fixes() -> None:
    facts = versions("docker compose\tv2.40.0\ndocker-compose\tdocker-compose version 1.29.2\n")
    found = outcomes(CHECKS["compose.version-maintained"], facts, maintained_compose_versions=TABLE)
    assert {command: item.outcome for command, item in found.items()} == {
        "docker compose": "pass",
        "docker-compose": "fail",
    }
    assert found["docker-compose"].observed == "1.29.2: no fixes since 2023-06-30"


def test_both_must_be_the_same() -> None:
    check = CHECKS["compose.one-version"]
    same = versions("docker compose\tv2.26.1-4\ndocker-compose\tDocker Compose version 2.26.1\n")
    assert outcome(check, same).outcome == "pass"
    different = versions("docker compose\tv2.26.1\ndocker-compose\tv2.20.0\n")
    found = outcome(check, different)
    assert (found.outcome, found.observed) == ("fail", {"docker compose": "2.26.1", "docker-compose": "2.20.0"})
    assert outcome(check, ubuntu()).outcome == "skip"
