"""SARIF: by the models of sarif-pydantic; the schema and Microsoft's validator read it in tests/readers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import TypeAdapter
from sarif_pydantic import Sarif as Model

from dockworthy.report.location import Locations
from dockworthy.results.model import Host
from tests.report.formats.samples import ALL, WAIVER, every, hostile, killed, of, rehearsed, written
from tests.results_factory import record, result


def run_of(results: Any) -> dict[str, Any]:
    (run,) = json.loads(written("sarif", results))["runs"]
    return dict(run)


@pytest.mark.parametrize("name", ALL)
def test_the_models_take_it_and_every_result_has_rule_place_and_identity(name: str) -> None:
    document = written("sarif", ALL[name]())
    TypeAdapter(Model).validate_json(document)
    (run,) = json.loads(document)["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules))
    identities = [one["partialFingerprints"]["primaryLocationLineHash"] for one in run["results"]]
    assert len(identities) == len(set(identities))
    for one in run["results"]:
        assert rules[one["ruleIndex"]] == one["ruleId"]
        (location,) = one["locations"]
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        assert uri.isascii()
        assert not {"", ".", ".."} & set(uri.split("/"))


def test_each_outcome_keeps_its_meaning() -> None:
    told = {one["properties"]["outcome"]: one for one in run_of(every())["results"]}
    assert {outcome: (one["kind"], one["level"]) for outcome, one in told.items()} == {
        "fail": ("fail", "warning"),
        "waived": ("fail", "warning"),
        "error": ("open", "none"),
        "manual": ("review", "none"),
    }
    assert [outcome for outcome, one in told.items() if "suppressions" in one] == ["waived"]
    assert told["waived"]["suppressions"][0]["justification"] == (
        f"until {WAIVER['expires']} by {WAIVER['owner']}: {WAIVER['reason']}"
    )


def test_what_is_no_problem_is_counted_and_listed_nowhere() -> None:
    run = run_of(every())
    assert run["properties"]["outcomes"] == dict.fromkeys(("pass", "fail", "skip", "waived", "manual"), 1) | {
        "error": 2
    }
    assert {"daemon.pass", "daemon.skip"}.isdisjoint(rule["id"] for rule in run["tool"]["driver"]["rules"])


def test_a_rule_has_help_and_the_worst_severity_of_its_results() -> None:
    (rule,) = run_of(record(result("fail", severity="low"), result("fail", severity="critical", param="x")))["tool"][
        "driver"
    ]["rules"]
    assert rule["properties"]["security-severity"] == "9.5"
    assert rule["defaultConfiguration"]["level"] == "error"
    for text in rule["help"].values():
        assert "fix it" in text
        assert "CIS-Docker-1.6:2.2" in text


def test_a_message_says_what_was_seen_and_holds_no_link_of_a_name() -> None:
    (one,) = run_of(record(result("fail", host="[x](http://evil.example)")))["results"]
    assert "x in GET /info is true; it should be false" in one["message"]["text"]
    assert all("](" not in made["message"]["text"] for made in run_of(hostile())["results"])
    assert one["properties"]["host"] == "[x](http://evil.example)"


@pytest.mark.parametrize(
    ("named_at", "target", "uri", "line"),
    [
        ("hosts/prod.ini:12", "ssh://web1", "hosts/prod.ini", 12),
        ("./a//b c.ini:3", "ssh://web1", "a/b%20c.ini", 3),
        ("../prod.ini:12", "ssh://web1", "hosts/web1", 1),
        ("/etc/prod.ini:12", "ssh://web1", "hosts/web1", 1),
        ("prod.ini", "ssh://web1", "hosts/web1", 1),
        ("prod.ini:x", "ssh://web1", "hosts/web1", 1),
        (None, "snapshot:saved/web1.snapshot", "saved/web1.snapshot", 1),
        (None, "rootfs:/mnt", "hosts/web1", 1),
    ],
)
def test_a_place_is_where_the_host_is_named(named_at: str | None, target: str, uri: str, line: int) -> None:
    place = Locations(record(result("fail"), hosts=(Host("web1", target, reachable=True, named_at=named_at),))).of(
        "web1"
    )
    assert (place.uri, place.line, place.is_file) == (uri, line, not uri.startswith("hosts/w"))


def test_a_run_that_was_killed_or_missed_a_host_says_so() -> None:
    assert run_of(killed())["invocations"][0]["executionSuccessful"] is False
    assert "did not come to its end" in str(run_of(killed())["invocations"][0]["toolExecutionNotifications"])
    assert "lost1 could not be looked at: connection timed out" in str(run_of(every())["invocations"])


def test_a_rehearsal_is_told_from_what_is() -> None:
    run = run_of(rehearsed())
    assert run["properties"]["judged"] == "a rehearsal with engine 29.3.1"
    assert run["results"][0]["properties"]["before"] == "pass"
    assert "with the release that the host has: pass" in run["results"][0]["message"]["text"]


def test_two_results_of_one_identity_are_two_alerts() -> None:
    twice = run_of(record(of("fail"), of("fail")))["results"]
    assert [one["partialFingerprints"]["primaryLocationLineHash"][-2:] for one in twice] == [":1", ":2"]
