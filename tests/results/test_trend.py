"""How findings come and go over runs, told by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from dockworthy.results.model import Host, Result, Results
from dockworthy.results.reader import merge
from dockworthy.results.trend import trend_of
from tests.results_factory import record, result


def on(day: int, *results: Result, hosts: tuple[Host, ...] = ()) -> Results:
    """A run of this day of November."""
    made = record(*results, hosts=hosts)
    return replace(made, run=replace(made.run, id=f"r{day}", started=f"2026-11-{day:02d}T00:00:00Z"))


def test_a_finding_of_the_first_run_is_no_new_one_and_its_time_is_not_counted() -> None:
    trend = trend_of([on(1, result("fail")), on(3, result("pass"))])
    assert (trend.new, trend.fixed, trend.still_open, trend.time_to_fix) == (0, 1, 0, None)
    assert [(step.new, step.fixed) for step in trend.steps] == [(0, 0), (0, 1)]


def test_one_that_came_later_is_new_and_its_time_to_fix_is_known() -> None:
    trend = trend_of([on(1, result("pass")), on(2, result("fail")), on(9, result("skip"))])
    assert (trend.new, trend.fixed, trend.still_open, trend.time_to_fix) == (1, 1, 0, timedelta(days=7))


def test_runs_are_taken_in_the_order_in_which_they_started() -> None:
    trend = trend_of([on(9, result("pass")), on(1, result("fail"))])
    assert [step.run for step in trend.steps] == ["r1", "r9"]
    assert trend.fixed == 1


def test_what_a_run_could_not_look_at_or_left_out_stays_open() -> None:
    lost = Host("web1", "ssh://web1", reachable=False)
    for later in (
        on(2, result("error")),
        on(2, result("pass", check="daemon.other")),
        on(2, result("error", check="host.reachable"), hosts=(lost,)),
    ):
        trend = trend_of([on(1, result("fail")), later])
        assert (trend.fixed, trend.still_open, trend.steps[1].gone) == (0, 1, 0), later


def test_what_is_waived_is_neither_fixed_nor_open_until_it_is_waived_no_more() -> None:
    runs = [on(1, result("pass")), on(2, result("fail")), on(3, result("waived"))]
    waived, over, fixed = (
        trend_of([*runs, *later]) for later in ([], [on(4, result("fail"))], [on(5, result("pass"))])
    )
    assert (waived.new, waived.fixed, waived.still_open, waived.hosts[0].still_open) == (1, 0, 0, 0)
    assert (over.new, over.fixed, over.still_open) == (1, 0, 1)
    assert (fixed.fixed, fixed.time_to_fix) == (1, timedelta(days=3))


def test_an_instance_that_is_not_there_any_more_is_gone_and_not_fixed() -> None:
    trend = trend_of([on(1, result("fail", param="a"), result("fail", param="b")), on(2, result("fail", param="b"))])
    assert (trend.fixed, trend.still_open, trend.steps[1].gone) == (0, 1, 1)


def test_an_instance_that_could_not_be_judged_is_not_gone() -> None:
    trend = trend_of([on(1, result("fail", param="a")), on(2, result("error"))])
    assert (trend.still_open, trend.steps[1].gone) == (1, 0)


def test_a_finding_is_known_by_the_id_that_its_check_had_before() -> None:
    renamed = result("fail", check="daemon.icc", aliases=["daemon.icc-disabled"])
    trend = trend_of([on(1, result("pass")), on(2, result("fail")), on(3, renamed)])
    assert (trend.new, trend.still_open) == (1, 1)


def test_one_that_returns_is_a_finding_of_its_own() -> None:
    trend = trend_of([on(1, result("pass")), on(2, result("fail")), on(3, result("pass")), on(5, result("fail"))])
    assert (trend.new, trend.fixed, trend.still_open, trend.time_to_fix) == (2, 1, 1, timedelta(days=1))


def test_hosts_and_topics_have_figures_of_their_own_and_the_worst_stands_first() -> None:
    trend = trend_of(
        [
            on(1, result("pass"), result("pass", host="web2")),
            on(2, result("pass"), result("fail", host="web2"), result("fail", host="web2", check="file.owner")),
            on(3, result("pass")),
        ]
    )
    assert [(part.name, part.findings, part.still_open) for part in trend.hosts] == [
        ("web2", [0, 2, None], 2),
        ("web1", [0, 0, 0], 0),
    ]
    assert [(part.name, part.findings) for part in trend.topics] == [("daemon", [0, 1, 0]), ("file", [None, 1, None])]


def test_a_time_that_is_none_leaves_the_time_to_fix_unknown() -> None:
    runs = [on(1, result("pass")), on(2, result("fail")), on(3, result("pass"))]
    runs[2] = replace(runs[2], run=replace(runs[2].run, started="9"))
    assert trend_of(runs).time_to_fix is None


def test_runs_that_share_a_host_are_kept_as_the_history_of_what_is_merged() -> None:
    first, second = on(1, result("fail")), on(2, result("pass"), result("fail", host="web2"))
    assert merge([second, first]).history == (first, second)
    assert merge([first, on(2, result("fail", host="web2"))]).history == ()
    assert merge([first]).history == ()
