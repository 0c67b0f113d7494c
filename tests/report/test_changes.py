"""What changed between two runs, as it is told."""

from __future__ import annotations

from dockworthy.report.changes import as_json, as_lines, known_findings, other_hosts
from dockworthy.report.verdict import because
from dockworthy.results.compare import compare
from dockworthy.results.model import Host
from tests.results_factory import HOSTILE_NAMES, record, result
from tests.rows import each_of


def test_equal_changes_are_told_once_with_where_they_are_and_the_totals_come_last() -> None:
    new = record(
        *[result("fail", host=f"web{number}", param="app") for number in range(6)], result("pass", host="web9")
    )
    old = record(
        *[result("pass", host=f"web{number}", param="app") for number in range(6)], result("pass", host="web9")
    )
    assert list(as_lines(compare(old, new))) == [
        "new            medium   daemon.icc-disabled, 6 times: x in GET /info is true; it should be false",
        "                        web0[app], web1[app], web2[app], web3[app] and 2 more",
        "6 new, 0 fixed, 0 still failing, 0 appeared, 0 disappeared",
    ]
    whole = list(as_lines(compare(old, new), everything=True))
    assert whole[1].strip() == "web0[app], web1[app], web2[app], web3[app], web4[app], web5[app]"


def test_what_was_seen_otherwise_is_no_equal_change() -> None:
    new = record(result("fail", param="a", observed=1), result("fail", param="b", observed=2))
    lines = list(as_lines(compare(record(result("pass", param="z")), new)))
    assert [line.partition(" is ")[2][:1] for line in lines if line.startswith("new")] == ["1", "2"]


@each_of("outcome", ["fail", "pass"])
def test_many_kinds_of_change_are_bounded_unless_all_are_asked_for(outcome: str) -> None:
    before = record(result("pass", check="a.b"))
    after = record(result("pass", check="a.b"), *[result(outcome, check=f"topic.check-{n:03}") for n in range(100)])
    name = "new" if outcome == "fail" else "appeared"
    lines = list(as_lines(compare(before, after)))
    assert len(lines) == 22
    assert lines[-2].split() == f"{name} … and 80 more of 80 kinds; --all shows them".split()
    assert lines[-1].startswith("100 new" if outcome == "fail" else "0 new")
    whole = list(as_lines(compare(before, after), everything=True))
    assert len(whole) == 101
    assert not any("more" in line for line in whole)


def test_a_host_of_one_run_alone_is_one_line_beside_its_findings() -> None:
    old = record(*[result("pass", host="web1", param=str(number)) for number in range(30)])
    new = record(
        *[result("pass", host="web2", param=str(number)) for number in range(30)],
        result("error", host="web2", param="x"),
        result("fail", host="web2", param="y"),
    )
    lines = list(as_lines(compare(old, new)))
    assert [" ".join(line.split()) for line in lines] == [
        "new medium web2: daemon.icc-disabled[y]: x in GET /info is true; it should be false",
        "appeared web2: the whole host, 31 other results: 30 pass, 1 error",
        "disappeared web1: the whole host, 30 results: 30 pass",
        "1 new, 0 fixed, 0 still failing, 31 appeared, 30 disappeared",
    ]


def test_runs_without_a_common_host_are_told_as_such() -> None:
    one, two = record(result("fail", host="web1")), record(result("fail", host="web2"))
    both = record(result("fail", host="web1"), result("fail", host="web2"))
    assert other_hosts(compare(one, two)) == (
        "r1 is of web1 and not of web2: there is no host in common, and everything counts as new"
    )
    assert other_hosts(compare(one, both)) == "r1 has nothing of web2, and what is found there counts as new"
    assert other_hosts(compare(both, one)) is None
    assert as_json(compare(one, two))["only_new"] == ["web2"]


def test_a_host_that_was_not_reached_before_has_no_past_and_one_not_reached_now_is_not_missed() -> None:
    lost = record(hosts=(Host("web1", "ssh://web1", reachable=False, error="Connection refused."),))
    had = record(result("fail", host="web1"))
    assert "no host in common" in (other_hosts(compare(lost, had)) or "")
    assert other_hosts(compare(had, lost)) is None
    assert compare(had, lost).only_old == []


@each_of(
    ("old", "new", "status", "told"),
    [
        (2, 2, 0, "nothing new since r1; 2 known findings remain"),
        (1, 1, 0, "nothing new since r1; 1 known finding remains"),
        (1, 0, 0, "nothing new since r1"),
    ],
)
def test_an_equal_run_is_nothing_new_and_no_absence_of_findings(old: int, new: int, status: int, told: str) -> None:
    before = record(*[result("fail", param=str(number)) for number in range(old)], result("pass", param="x"))
    after = record(*[result("fail", param=str(number)) for number in range(new)], result("pass", param="x"))
    assert because(after, status, compare(before, after)) == told


def test_what_is_new_below_the_demanded_severity_is_not_called_nothing() -> None:
    comparison = compare(record(result("pass", param="x")), record(result("fail", param="x", severity="info")))
    assert known_findings(comparison, "low") == "no new finding at or above low since r1"


def test_what_cannot_be_decided_is_told_beside_what_is_known() -> None:
    before = record(result("fail", param="a"), result("pass", param="b"))
    after = record(result("fail", param="a"), result("error", param="b"))
    told = because(after, 6, compare(before, after))
    assert told == "nothing new since r1; 1 known finding remains, but 1 result could not be decided"


def test_the_verdict_names_a_baseline_of_another_host() -> None:
    before, after = record(result("fail", host="web1")), record(result("fail", host="web2"))
    told = because(after, 1, compare(before, after))
    assert told.startswith("1 finding that the baseline does not have (1 medium); r1 is of web1 and not of web2")


@each_of("name", HOSTILE_NAMES)
def test_hostile_names_stay_text(name: str) -> None:
    before = record(result("pass", host="web1"))
    after = record(*[result("fail", host=name, param=name, observed=number // 2) for number in range(4)])
    comparison = compare(before, after)
    for line in (*as_lines(comparison), *as_lines(comparison, everything=True), other_hosts(comparison) or ""):
        assert line.isprintable()
