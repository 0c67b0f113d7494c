from __future__ import annotations

import pytest

from dockworthy.results.compare import Comparison, compare
from dockworthy.results.fingerprint import fingerprint
from dockworthy.results.model import Host
from tests.results_factory import HOSTILE_NAMES, record, result
from tests.rows import each_of

PLACES = ("new", "fixed", "still_failing", "changed", "appeared", "disappeared", "not_compared")


def place(comparison: Comparison) -> str:
    """The one list that has something in it."""
    filled = [name for name in PLACES if getattr(comparison, name)]
    assert len(filled) <= 1
    return filled[0] if filled else ""


@each_of(
    ("old", "new", "where"),
    [
        ("pass", "fail", "new"),
        ("error", "fail", "new"),
        ("waived", "fail", "new"),
        ("skip", "fail", "new"),
        (None, "fail", "new"),
        ("fail", "pass", "fixed"),
        ("fail", "skip", "fixed"),
        ("fail", "fail", "still_failing"),
        ("fail", "error", "changed"),
        ("fail", "waived", "changed"),
        ("fail", "manual", "changed"),
        ("pass", "error", "changed"),
        (None, "pass", "appeared"),
        (None, "error", "appeared"),
        ("pass", None, "disappeared"),
        ("fail", None, "disappeared"),
        ("pass", "pass", ""),
        ("waived", "waived", ""),
    ],
)
def test_each_result_has_one_place(old: str | None, new: str | None, where: str) -> None:
    """A failure that can no longer be decided is not fixed."""
    before = record(*([result(old)] if old else []))
    after = record(*([result(new)] if new else []))
    assert place(compare(before, after)) == where


@pytest.mark.parametrize("outcome", ["pass", "fail"])
def test_a_renamed_check_is_found_by_its_former_id(outcome: str) -> None:
    old = record(result("fail", check="daemon.no-icc"))
    new = record(result(outcome, aliases=["daemon.no-icc"]))
    assert place(compare(old, new)) == ("fixed" if outcome == "pass" else "still_failing")


@pytest.mark.parametrize("other", [{"host": "web2"}, {"param": "x"}, {"check": "daemon.other"}])
def test_host_check_and_instance_tell_results_apart(other: dict[str, str]) -> None:
    comparison = compare(record(result("fail")), record(result("fail"), result("fail", **other)))
    assert [len(comparison.still_failing), len(comparison.new)] == [1, 1]


def test_a_host_that_was_not_reached_is_not_compared() -> None:
    old = record(result("fail", host="db1"), result("pass", host="db1", param="x"))
    gone = Host("db1", "ssh://db1", reachable=False)
    new = record(result("error", host="db1", check="host.reachable"), hosts=(gone,))
    comparison = compare(old, new)
    assert comparison.not_compared == ["db1"]
    assert (comparison.fixed, comparison.disappeared, comparison.appeared, comparison.changed) == ([], [], [], [])


def test_a_host_that_is_reached_again_has_not_lost_anything() -> None:
    gone = Host("db1", "ssh://db1", reachable=False)
    old = record(result("error", host="db1", check="host.reachable"), hosts=(gone,))
    assert place(compare(old, record(result("pass", host="db1")))) == "appeared"


def test_of_two_results_with_one_identity_the_worse_counts() -> None:
    comparison = compare(record(result("pass")), record(result("fail"), result("pass")))
    assert [item.outcome for item in comparison.new] == ["fail"]


def test_what_is_new_is_weighed_by_severity() -> None:
    comparison = compare(record(), record(result("fail", severity="info"), result("fail", param="x")))
    assert len(comparison.new) == 2
    assert [item.param for item in comparison.new_findings("low")] == ["x"]


def test_fingerprints_are_stable_and_tell_names_apart() -> None:
    names = [*HOSTILE_NAMES, None, "", "null"]
    marks = {fingerprint(result(param=name)) for name in names}
    assert len(marks) == len(names)
    assert all(len(mark) == 32 and set(mark) <= set("0123456789abcdef") for mark in marks)
    assert fingerprint(result("fail")) == fingerprint(result("pass", severity="low", observed=3))
    assert fingerprint(result(host="a", check="b.c")) != fingerprint(result(host="a.b", check="c.c"))
