"""A profile for what is found: what was seen is demanded, nothing is made weaker, and every value says where it was."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import pytest

from dockworthy.profile.loader import load_profile
from dockworthy.profile.locate import checks_folder
from dockworthy.run.hosts import RunHost
from dockworthy.run.judging import judge_host
from dockworthy.run.loading import load_checks
from dockworthy.run.proposing import Proposed, profile_text, proposed
from dockworthy.snapshot import Section, Snapshot, read_snapshot
from tests.hosts import NOW, row, table

DATA = Path(__file__).parents[1] / "data" / "snapshots"
WHOLE = read_snapshot(DATA / "debian-13.snapshot")
BASE = load_profile("debian-13")
CHECKS = load_checks(checks_folder())


Told: TypeAlias = "str | bytes | tuple[int, str]"


def seen(**sections: Told) -> Snapshot:
    """The recorded host with other sections, by their names; a status alone is what is not there."""
    made = dict(WHOLE.sections)
    for name, content in sections.items():
        status, text = content if isinstance(content, tuple) else (0, content)
        made[name] = Section(name, status, text if isinstance(text, bytes) else text.encode())
    return replace(WHOLE, sections=made)


def of(snapshot: Snapshot) -> RunHost:
    return RunHost("web1", "ssh://web1", BASE, snapshot, NOW)


def demands(snapshot: Snapshot) -> dict[str, Proposed]:
    return {one.key: one for one in proposed(of(snapshot))}


def version(engine: str) -> dict[str, str]:
    return {"docker:version": f'{{"Client":{{"Version":"{engine}"}},"Server":{{"Version":"{engine}"}}}}'}


def test_what_was_seen_is_demanded_with_where_it_was_seen() -> None:
    found = demands(WHOLE)
    assert found["min_engine_version"] == Proposed("min_engine_version", "26.1.5", "GET /version: Version: 26.1.5")
    assert found["min_compose_version"].value == "2.26.1"
    assert found["docker_trusted_users"].value == []
    assert found["harbor_folders"].value == ["/opt/harbor"]
    assert found["registries"] == Proposed("registries", ["h.example"], "h.example: /opt/harbor/harbor.yml")


@pytest.mark.parametrize(
    ("engine", "value", "told"),
    [
        ("29.3.1", "29.3.1", "GET /version: Version: 29.3.1"),
        ("28.5.2+dfsg1-2", "28.5.2", "28.5.2"),
        ("20.10.24", None, "20.10.24 is older than 26.0, which stays demanded"),
        ("29.0.0-rc.1", None, "29.0.0-rc.1 is no released version"),
    ],
)
def test_a_version_is_never_demanded_less_than_the_profile_does(engine: str, value: str | None, told: str) -> None:
    found = demands(seen(**version(engine)))["min_engine_version"]
    assert found.value == value
    assert told in found.seen


def test_who_reaches_the_socket_is_listed_to_be_looked_at() -> None:
    members = seen(
        **{
            "cmd:getent-group-docker": "docker:x:106:deploy,ci\n",
            "file:/etc/group": "root:x:0:\ndocker:x:106:deploy,ci\n",
        }
    )
    found = demands(members)["docker_trusted_users"]
    assert (found.value, found.seen) == (
        ["ci", "deploy"],
        "/var/run/docker.sock (group docker); is each of them trusted like root?",
    )


def test_where_no_engine_runs_the_group_docker_is_taken_and_what_is_not_seen_is_a_comment() -> None:
    gone = seen(**{"cmd:engines": "", "file:/etc/group": "docker:x:106:deploy\n", "cmd:getent-group-docker": ""})
    assert demands(gone)["docker_trusted_users"].value == ["deploy"]
    told: dict[str, Told] = {"cmd:engines": "", "file:/etc/group": (13, "")}
    hidden = seen(**told)
    found = demands(hidden)["docker_trusted_users"]
    assert (found.value, found.seen) == (None, "/etc/group: permission denied")
    assert "\n  # docker_trusted_users: not set; /etc/group: permission denied\n" in profile_text(
        of(hidden), proposed(of(hidden)), "today"
    )


def test_registries_come_from_all_that_names_one() -> None:
    info = json.loads(WHOLE["docker:info"].text)
    info["RegistryConfig"]["InsecureRegistryCIDRs"] = ["127.0.0.0/8", "10.0.0.0/8"]
    info["RegistryConfig"]["IndexConfigs"]["r.example:5000"] = {"Name": "r.example:5000", "Secure": False}
    info["RegistryConfig"]["Mirrors"] = ["https://m.example/"]
    folder = "/etc/docker/certs.d"
    told: dict[str, Told] = {
        "docker:info": json.dumps(info),
        "stat:certs.d": table(row(folder, "dir"), row(f"{folder}/c.example", "dir"), row(f"{folder}/docker.io", "dir")),
        f"list:{folder}": "c.example\ndocker.io\n",
        f"list:{folder}/c.example": "",
        f"list:{folder}/docker.io": "",
    }
    found = demands(seen(**told))["registries"]
    assert found.value == ["c.example", "r.example:5000", "m.example", "h.example"]
    assert found.seen.startswith(f"c.example: {folder}/c.example, r.example:5000: GET /info: RegistryConfig")
    assert demands(read_snapshot(DATA / "registries.snapshot"))["registries"].value == ["harbor.example.com"]


def test_a_harbor_with_https_is_asked_by_its_address() -> None:
    found = demands(read_snapshot(DATA / "registries.snapshot"))["harbors"]
    assert found.value == {"harbor.example.com": {"url": "https://harbor.example.com"}}


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ("hostname: h.example\nhttp:\n  port: 80\n", None),
        ("hostname: reg.mydomain.com\nhttps:\n  port: 443\n", None),
        ("hostname: REDACTED\nhttps:\n  port: 443\n", None),
        ("hostname: h.example\nhttps:\n  port: 8443\n", {"h.example-8443": {"url": "https://h.example:8443"}}),
        (
            "hostname: h\nhttp:\n  port: 80\nexternal_url: https://o.example\n",
            {"o.example": {"url": "https://o.example"}},
        ),
        ("hostname: h\nhttps:\n  port: 443\nexternal_url: http://o.example\n", None),
    ],
)
def test_a_harbor_without_a_known_https_address_is_not_asked(settings: str, asked: object) -> None:
    found = demands(seen(**{"file:/opt/harbor/harbor.yml": settings})).get("harbors")
    assert (found.value if found else None) == asked


@pytest.mark.parametrize("name", sorted(path.stem for path in DATA.glob("*.snapshot")))
def test_the_profile_is_one_and_what_it_demands_of_this_host_passes(name: str, tmp_path: Path) -> None:
    snapshot = read_snapshot(DATA / f"{name}.snapshot")
    host = of(snapshot)
    path = tmp_path / "found.yaml"
    found = proposed(host)
    path.write_text(profile_text(host, found, "2026-11-27"))
    profile = load_profile(path, catalogue=CHECKS.values())
    assert {one.key for one in found if one.value is not None} <= {
        key for key in profile.origins for key in (key, key.partition(".")[0])
    }
    judged = judge_host(
        replace(host, profile=profile), [CHECKS["compose.version-minimum"], CHECKS["host.docker-socket-users"]]
    )
    assert "fail" not in {one["outcome"] for one in judged}


def test_what_a_host_calls_itself_stays_text_in_the_file(tmp_path: Path) -> None:
    host = replace(of(WHOLE), name='web"1\n: {evil: [#\x1b')
    path = tmp_path / "found.yaml"
    path.write_text(profile_text(host, proposed(host), "today"))
    assert load_profile(path).layers[-1].description.startswith('what is demanded of web"1')
