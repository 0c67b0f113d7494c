from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dockworthy.report.next_step import next_step
from dockworthy.results.compare import compare
from dockworthy.results.model import Host, Result, Results
from tests.results_factory import record, result

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = Path("reports/r1")
DENIED = {"reason": "permission denied", "reason_code": "not-permitted"}
REMEDIATE = ["dockworthy", "remediate", "reports/r1", "--format", "sh"]


def commands(*results: Result, status: int, target: str = "local://", argv: Sequence[str] = ()) -> list[list[str]]:
    given = record(*results, hosts=(Host("web1", target, reachable=True),))
    run = replace(given.run, argv=["/opt/bin/dockworthy", "check", *argv])
    return [words for _, words in next_step(replace(given, run=run), status, FOLDER)]


def test_after_findings_come_their_fixes_and_the_worst_of_them() -> None:
    found = [result("fail", check="a.low", severity="low"), result("fail", check="a.worst", severity="critical")]
    assert commands(*found, status=1) == [REMEDIATE, ["dockworthy", "explain", "a.worst"]]


@pytest.mark.parametrize(
    ("check", "target", "words"),
    [
        ("network.forward-accepted", "ssh://web1", ["doctor", "--explain-network", "ssh://web1"]),
        ("dns.registry-resolves", "local://", ["doctor", "--explain-network", "local://"]),
        ("network.forward-accepted", "ssh://REDACTED@web1", ["explain", "network.forward-accepted"]),
        ("network.firewall-covers-published", "ssh://web1", ["explain", "network.firewall-covers-published"]),
        ("trust.registry-verifies", "ssh://web1", ["explain", "trust.registry-verifies"]),
    ],
)
def test_where_packets_get_lost_their_way_is_offered(check: str, target: str, words: list[str]) -> None:
    found = [result("fail", check="a.low", severity="low"), result("fail", check=check, severity="critical")]
    assert commands(*found, status=1, target=target) == [REMEDIATE, ["dockworthy", *words]]


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--inventory", "hosts.ini"], ["doctor", "--inventory", "hosts.ini", "--limit", "web1"]),
        (["--inventory=a=b", "--sudo"], ["doctor", "--inventory", "a=b", "--limit", "web1"]),
        (["--inventory", "-"], None),
        (["--inventory", "REDACTED"], None),
        (["--sudo"], ["doctor", "web1"]),
    ],
)
def test_a_host_of_an_inventory_is_meant_by_its_name_there(argv: list[str], words: list[str] | None) -> None:
    given = record(hosts=(Host("web1", "web1", reachable=False, error="not reached"),))
    given = replace(given, run=replace(given.run, argv=["dockworthy", "check", *argv]))
    steps = [step for _, step in next_step(given, 6, FOLDER)]
    assert steps == ([["dockworthy", *words]] if words is not None else [])


def test_without_a_command_in_any_fix_no_script_is_offered() -> None:
    by_hand = result("fail", fix="# ask somebody\n")
    assert commands(by_hand, status=1) == [["dockworthy", "explain", by_hand.check]]


@pytest.mark.parametrize(
    ("target", "argv", "command"),
    [
        ("local://", [], ["sudo", "dockworthy", "check"]),
        ("local://", ["--topic", "kernel"], ["sudo", "dockworthy", "check", "--topic", "kernel"]),
        ("ssh://web1", ["ssh://web1"], ["dockworthy", "check", "ssh://web1", "--sudo"]),
    ],
)
def test_where_root_would_decide_more_the_run_as_root_is_offered(
    target: str, argv: list[str], command: list[str]
) -> None:
    denied = result("error", **DENIED)
    assert commands(denied, status=6, target=target, argv=argv) == [command, ["dockworthy", "explain", denied.check]]
    assert commands(denied, result("fail", check="a.b"), status=1, target=target, argv=argv) == [REMEDIATE, command]


@pytest.mark.parametrize(
    ("target", "argv"),
    [
        ("snapshot:web1.snapshot", []),
        ("ssh://web1", ["ssh://web1", "--sudo"]),
        ("ssh://web1", ["ssh://web1", "REDACTED"]),
        ("ssh://web1", ["ssh://web1", "--", "-x"]),
    ],
)
def test_no_run_as_root_is_offered_that_would_decide_no_more_or_that_cannot_be_told(
    target: str, argv: list[str]
) -> None:
    denied = result("error", **DENIED)
    assert commands(denied, status=6, target=target, argv=argv) == [["dockworthy", "explain", denied.check]]


def test_a_compliant_run_becomes_a_baseline() -> None:
    assert commands(result("pass"), status=0) == [["dockworthy", "check", "--baseline", "reports/r1"]]
    assert commands(result("pass"), status=0, argv=["--fail-on", "high"]) == [
        ["dockworthy", "check", "--fail-on", "high", "--baseline", "reports/r1"]
    ]


@pytest.mark.parametrize("argv", [["--baseline", "x"], ["--topic=kernel"], ["--check", "a.b"], ["snapshot:x"]])
def test_a_run_that_has_a_baseline_or_looked_at_a_part_becomes_none(argv: list[str]) -> None:
    assert commands(result("pass"), status=0, argv=argv) == []


def test_a_command_with_a_reader_whose_address_is_shown_in_part_is_not_offered_again() -> None:
    for argv in (["--notify", "https://hooks.example.com"], ["--notify=https://hooks.example.com"]):
        assert commands(result("pass"), status=0, argv=argv) == []


def test_where_nothing_applied_the_checks_are_listed_and_a_run_that_broke_offers_nothing() -> None:
    assert commands(result("skip"), status=5) == [["dockworthy", "list"]]
    assert commands(result("fail"), status=3) == []


def test_with_a_baseline_what_is_new_counts() -> None:
    old = record(result("fail", check="a.old", severity="critical"))
    new = record(result("fail", check="a.old", severity="critical"), result("fail", check="a.new", severity="low"))
    steps = next_step(new, 1, None, compare(old, new))
    assert [words for _, words in steps] == [["dockworthy", "explain", "a.new"]]


@pytest.mark.parametrize(
    ("target", "offered"), [("ssh://web1", [["dockworthy", "doctor", "ssh://web1"]]), ("snapshot:web1.snapshot", [])]
)
def test_a_host_that_could_not_be_reached_is_examined(target: str, offered: list[list[str]]) -> None:
    lost = result("error", check="host.reachable", reason="no route to host")
    given: Results = record(lost, hosts=(Host("web1", target, reachable=False, error="no route to host"),))
    assert [words for _, words in next_step(given, 6, FOLDER)] == offered
