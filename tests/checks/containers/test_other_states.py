"""Containers that do not run, chains of containers, half answers and hidden evidence."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from dockworthy.facts.facts import Facts
from tests.hosts import checks_in, hosts_outcomes, outcomes, passing
from tests.recorded import NOW, edited
from tests.rows import each_of

CHECKS = {
    key: check
    for file in ("privileges", "isolation", "ports", "resources", "operation")
    for key, check in checks_in("containers", f"{file}.py").items()
}
STOPPED = {"Status": "exited", "Running": False, "Pid": 0, "Health": None}
NO_PORTS = {"Ports": {}, "Networks": {"apps": {"NetworkID": ""}}}


def said(check: str, name: str = "good", *, states: str = "all", **edits: Any) -> Any:
    return outcomes(CHECKS[f"container.{check}"], edited(**edits), container_states=states)[name]


def stopped(**host_config: Any) -> dict[str, Any]:
    return {"State": STOPPED, "NetworkSettings": NO_PORTS, "HostConfig": host_config}


def test_a_stopped_container_is_in_scope_only_where_that_is_asked() -> None:
    check = CHECKS["container.no-privileged"]
    assert set(outcomes(check, edited(container=stopped()))) == {None}
    assert outcomes(check, edited(container=stopped()))[None].outcome == "skip"
    assert set(outcomes(check, edited(container=stopped()), container_states="all")) == {"good"}


@pytest.mark.parametrize("status", ["running", "paused", "restarting"])
def test_what_is_up_is_in_scope(status: str) -> None:
    facts = edited(container={"State": {"Status": status}})
    assert set(outcomes(CHECKS["container.no-privileged"], facts)) == {"good"}


def test_what_is_being_removed_is_no_finding() -> None:
    facts = edited(container={"State": {"Status": "removing"}, "HostConfig": {"Privileged": True}})
    assert outcomes(CHECKS["container.no-privileged"], facts, container_states="all")[None].outcome == "skip"


def test_a_state_that_cannot_be_read_is_in_scope() -> None:
    facts = edited(container={"State": None})
    assert set(outcomes(CHECKS["container.no-privileged"], facts)) == {"good"}


@each_of(
    ("check", "change", "outcome"),
    [
        ("no-privileged-ports", {"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "1020-1030"}]}}, "fail"),
        ("no-privileged-ports", {"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": ""}]}}, "pass"),
        ("no-privileged-ports", {"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "x"}]}}, "error"),
        (
            "no-privileged-ports",
            {"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "80"}]}, "NetworkMode": "none"},
            "pass",
        ),
        ("ports-on-one-interface", {"PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}}, "fail"),
        ("ports-on-one-interface", {"PortBindings": {"80/tcp": [{"HostIp": "x", "HostPort": "8080"}]}}, "error"),
        ("no-default-bridge", {"NetworkMode": "bridge"}, "fail"),
        ("no-default-bridge", {"NetworkMode": "default"}, "fail"),
        ("no-default-bridge", {"NetworkMode": "apps"}, "pass"),
        ("no-new-privileges", {"SecurityOpt": ["no-new-privileges=0"]}, "fail"),
        ("no-new-privileges", {"SecurityOpt": ["no-new-privileges:true"]}, "pass"),
        ("no-new-privileges", {"SecurityOpt": ["no-new-privileges", "no-new-privileges=false"]}, "fail"),
        ("no-new-privileges", {"SecurityOpt": None}, "fail"),
        ("no-host-network", {"NetworkMode": "host"}, "fail"),
        ("no-host-network", {"NetworkMode": "container:" + "9" * 64}, "error"),
        ("no-ssh-daemon", {}, "skip"),
        ("healthy", {}, "skip"),
        ("health-check", {}, "pass"),
        ("seccomp", {}, "pass"),
    ],
)
def test_a_stopped_container_is_judged_by_what_it_would_start_with(
    check: str, change: dict[str, Any], outcome: str
) -> None:
    judgement = said(check, container=stopped(**change))
    assert judgement.outcome == outcome, judgement


def test_a_default_of_the_engine_does_not_reach_back_to_older_containers() -> None:
    info = {"SecurityOptions": ["name=seccomp,profile=builtin", "name=no-new-privileges"]}
    old = {**stopped(SecurityOpt=None), "Created": "2020-01-01T00:00:00Z"}
    new = {**stopped(SecurityOpt=None), "Created": "2027-01-01T00:00:00Z"}
    assert said("no-new-privileges", container=old, info=info).outcome == "error"
    assert said("no-new-privileges", container=new, info=info).outcome == "pass"


@pytest.mark.parametrize("reference", ["good", "f" * 12])
def test_a_chain_of_containers_is_followed_by_name_and_by_id(reference: str) -> None:
    edits: dict[str, Any] = {"container": {"HostConfig": {"PidMode": "host"}}, "another": {"State": STOPPED}}
    if reference == "good":
        edits["another"]["HostConfig"] = {"PidMode": "container:good"}
        assert said("no-host-pid", "other", **edits).outcome == "fail"
    else:
        edits = {"another": {"State": STOPPED, "HostConfig": {"PidMode": "host"}}}
        edits["container"] = {"State": STOPPED, "HostConfig": {"PidMode": f"container:{reference}"}}
        assert said("no-host-pid", "good", **edits).outcome == "fail"


def test_a_chain_that_bites_its_own_tail_decides_nothing() -> None:
    edits: dict[str, Any] = {
        "container": {"State": STOPPED, "HostConfig": {"PidMode": "container:" + "f" * 64}},
        "another": {"State": STOPPED, "HostConfig": {"PidMode": "container:good"}},
    }
    assert said("no-host-pid", "other", **edits).outcome == "error"


def test_a_runtime_with_a_kernel_of_its_own_is_not_judged_by_the_host_s_processes() -> None:
    edits: dict[str, Any] = {
        "container": {"HostConfig": {"Runtime": "kata"}},
        "process": {5: "000001ffffffffff", 6: "0"},
    }
    assert said("no-sys-admin", **edits).outcome == "pass"
    assert said("no-ssh-daemon", **edits).outcome == "error"


def test_half_an_answer_leaves_the_other_containers_their_verdicts() -> None:
    text = edited(another={}).snapshot["docker:containers"].text
    found = outcomes(
        CHECKS["container.read-only-root"], edited(sections={"docker:containers": text[: len(text) - 200]})
    )
    assert sorted(item.outcome for item in found.values()) == ["error", "pass"]


def test_an_answer_that_was_cut_off_by_its_time_limit_is_one_more_undecided_result() -> None:
    text = edited().snapshot["docker:containers"].text
    found = outcomes(CHECKS["container.read-only-root"], edited(sections={"docker:containers": (124, text)}))
    assert {str(name): item.outcome for name, item in found.items()} == {"good": "pass", "(others)": "error"}
    assert "time limit" in (found["(others)"].reason or "")


def test_a_container_that_vanished_meanwhile_is_no_finding() -> None:
    text = edited().snapshot["docker:containers"].text
    sections = {"docker:containers": (1, text), "docker:containers:err": "Error: No such container: abc\n"}
    found = outcomes(CHECKS["container.read-only-root"], edited(sections=sections))
    assert {name: item.outcome for name, item in found.items()} == {"good": "pass"}


def test_an_engine_that_does_not_answer_is_one_undecided_result_a_check() -> None:
    sections = {name: (1, "") for name in edited().snapshot.sections if name.startswith("docker:")}
    for check in CHECKS.values():
        found = outcomes(check, edited(sections=sections))
        assert [(name, item.outcome) for name, item in found.items()] == [(None, "error")], check.id


@pytest.mark.parametrize(
    "rubbish", ["null", "[]", "7", '""', "{", "{}", '{"Id":7,"Name":[]}', "\x00\xff", '{"a":' * 5000]
)
def test_rubbish_in_the_place_of_a_container_is_undecided_and_no_traceback(rubbish: str) -> None:
    for check in CHECKS.values():
        for item in outcomes(check, edited(sections={"docker:containers": rubbish + "\n"})).values():
            assert item.outcome in {"error", "skip"}, (check.id, item)
            assert "please report it" not in (item.reason or ""), (check.id, item)


@pytest.mark.parametrize("value", [None, 7, "x", [], {}, True, -1, [{}], [[]], {"a": {"b": []}}, 1e300])
def test_a_field_of_another_kind_is_undecided_and_no_traceback(value: object) -> None:
    judged = {check.id: set(outcomes(check, edited(), container_states="all")) for check in CHECKS.values()}
    assert {frozenset(names) for names in judged.values()} == {frozenset({"good"})}
    for part in ("HostConfig", "NetworkSettings", "Config", "State"):
        facts, names = each_with_another(part, value)
        for check in CHECKS.values():
            found = outcomes(check, facts, container_states="all")
            assert set(found) == names, (part, check.id)
            for key, item in found.items():
                assert "please report it" not in (item.reason or ""), (part, key, check.id, item)


def each_with_another(part: str, value: object) -> tuple[Facts, set[str]]:
    """A host with a container for each key of a part, named by it, with another value there; and those names."""
    seen = edited().snapshot
    (line,) = seen["docker:containers"].text.splitlines()
    whole = json.loads(line)
    ids = {key: f"{number:064x}" for number, key in enumerate(whole[part])}
    changed = [{**whole, "Id": ids[key], "Name": f"/{key}", part: {**whole[part], key: value}} for key in whole[part]]
    sections = {"docker:containers": "".join(f"{json.dumps(one)}\n" for one in changed)}
    for section in seen.starting("cmd:container-"):
        sections[section.name] = "".join(section.text.replace(whole["Id"], mine) for mine in ids.values())
    return edited(sections=sections), set(ids)


def test_hiding_evidence_never_makes_a_finding_pass() -> None:
    bad = edited(
        container={
            "HostConfig": {
                "Privileged": True,
                "Memory": 0,
                "NetworkMode": "host",
                "SecurityOpt": None,
                "PidMode": "host",
            },
            "Config": {"User": "", "Healthcheck": None},
            "Mounts": [{"Type": "bind", "Source": "/opt/l", "Destination": "/x", "RW": True, "Propagation": "shared"}],
        },
        sections={"stat:bind-sources": "/opt/l /etc dir 0755 0 0 root root 4096 1 65024 - 0 0\n"},
        process={6: "0", 7: "0"},
    ).snapshot
    whole, cut = (
        hosts_outcomes(CHECKS.values(), Facts(replace(bad, truncated=truncated), NOW), container_states="all")
        for truncated in (False, True)
    )
    assert passing(cut) <= passing(whole)
    for name in bad.sections:
        rest = {key: section for key, section in bad.sections.items() if key != name}
        hidden = Facts(replace(bad, sections=rest, truncated=True), NOW)
        after = hosts_outcomes(CHECKS.values(), hidden, cut, container_states="all")
        assert passing(after) <= passing(whole), name
