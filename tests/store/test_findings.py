"""How findings come and go in a store: told by hand, and as the trend of the same runs tells it."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.moments import parse_moment
from dockworthy.results.model import Host, Result, Results
from dockworthy.results.trend import trend_of
from dockworthy.store.adding import add
from dockworthy.store.asking import settle
from tests.results_factory import result
from tests.store.made import asked, on, store_of

if TYPE_CHECKING:
    from pathlib import Path

    from dockworthy.store.store import Store

SEEDS = 1  # how many fleets are made; whoever changes how runs are taken in tries more
EVERY = ("state", "first_seen", "new", "last_seen", "ended")
LOST = Host("web1", "ssh://web1", reachable=False, error="no route to host")


def episodes(store: Store) -> list[Any]:
    """Each finding's state, and the days of November on which it was first seen, last seen and ended."""
    return [
        (state, int(first[8:10]), new, int(last[8:10]), ended and int(ended[8:10]))
        for state, first, new, last, ended in asked(store, "findings", *EVERY, ended=True)
    ]


def test_a_finding_of_the_first_look_is_no_new_one_and_its_time_is_not_counted(tmp_path: Path) -> None:
    store = store_of(tmp_path, on(1, result("fail")), on(3, result("pass")))
    assert episodes(store) == [("fixed", 1, False, 1, 3)]
    assert asked(store, "fixes", "days") == [None]
    assert asked(store, "days", "open", "new", "fixed") == [(1, 0, 0), (0, 0, 1)]


def test_one_that_came_later_is_new_and_its_time_to_fix_is_known(tmp_path: Path) -> None:
    store = store_of(
        tmp_path, on(1, result("pass")), on(2, result("fail")), on(4, result("fail")), on(9, result("skip"))
    )
    assert episodes(store) == [("fixed", 2, True, 4, 9)]
    assert asked(store, "fixes", "days") == [7.0]
    assert asked(store, "time_to_fix", "fixed", "days") == [(1, 7.0)]


@pytest.mark.parametrize(
    "later",
    [
        on(2, result("error")),
        on(2, result("manual")),
        on(2, result("pass", check="daemon.other")),
        on(2, result("error", check="host.reachable"), hosts=(LOST,)),
        replace(on(2, result("pass", param="other")), complete=False),
    ],
    ids=["undecided", "to be attested", "not asked", "not reached", "cut off"],
)
def test_what_a_run_did_not_say_neither_fixes_nor_opens(later: Results, tmp_path: Path) -> None:
    store = store_of(tmp_path, on(1, result("fail")), later)
    assert episodes(store) == [("open", 1, False, 1, None)]


def test_what_is_waived_is_not_open_as_long_as_it_is(tmp_path: Path) -> None:
    store = store_of(tmp_path, on(1, result("pass")), on(2, result("fail")), on(3, result("waived")))
    assert episodes(store) == [("waived", 2, True, 2, None)]
    assert asked(store, "findings", "host") == []
    add(store, on(4, result("fail")))
    assert episodes(store) == [("open", 2, True, 4, None)]
    add(store, on(5, result("waived")))
    add(store, on(6, result("pass")))
    assert episodes(store) == [("fixed", 2, True, 4, 6)]
    assert asked(store, "days", "open") == [0, 1, 0, 1, 0, 0]


def test_an_instance_that_is_not_there_any_more_is_gone_and_not_fixed(tmp_path: Path) -> None:
    first = on(1, result("fail", param="a"), result("fail", param="b"), result("fail", param=None))
    store = store_of(tmp_path, first, on(2, result("fail", param="b")))
    assert sorted(episodes(store)) == [
        ("gone", 1, False, 1, 2),
        ("gone", 1, False, 1, 2),
        ("open", 1, False, 2, None),
    ]


def test_a_finding_is_known_by_the_id_that_its_check_had_before(tmp_path: Path) -> None:
    renamed = {"check": "daemon.icc", "aliases": ["daemon.icc-disabled"]}
    store = store_of(tmp_path, on(1, result("pass")), on(2, result("fail")), on(3, result("fail", **renamed)))
    assert episodes(store) == [("open", 2, True, 3, None)]
    add(store, on(4, result("fail")))  # by an older version
    assert episodes(store) == [("open", 2, True, 4, None)]
    for name in ("daemon.icc", "daemon.icc-disabled"):
        assert asked(store, "findings", "check", check=name) == ["daemon.icc"]
    assert asked(store, "findings", "check", check="daemon") == []


def test_a_check_that_is_asked_beside_the_one_that_has_its_name_as_a_former_one_stays_itself(tmp_path: Path) -> None:
    split = [result("fail", check="daemon.icc", aliases=["daemon.icc-disabled"]), result("pass")]
    store = store_of(tmp_path, on(1, *split), on(2, *split))
    assert asked(store, "findings", "check") == ["daemon.icc"]


def test_one_that_returns_flaps(tmp_path: Path) -> None:
    runs = [on(day, result("fail" if day % 2 else "pass"), result("pass", host="web2")) for day in range(1, 8)]
    store = store_of(tmp_path, *runs)
    assert asked(store, "flapping", "host", "came_back", "state") == [("web1", 3, "open")]
    assert asked(store, "flapping", "host", times=4) == []


def test_of_two_results_of_one_finding_the_worse_counts(tmp_path: Path) -> None:
    store = store_of(tmp_path, on(1, result("pass"), result("fail")), on(2, result("fail"), result("pass")))
    assert episodes(store) == [("open", 1, False, 2, None)]


def test_two_runs_of_one_second_are_two(tmp_path: Path) -> None:
    store = store_of(tmp_path, on(1, result("fail"), id="a"), on(1, result("pass", host="web2"), id="b"))
    assert asked(store, "days", "runs", "hosts", "open") == [(2, 2, 1)]


def test_a_rehearsal_changes_no_history(tmp_path: Path) -> None:
    rehearsal: dict[str, Any] = {"engine": "29.3.1", "harbor": None, "applied": []}
    store = store_of(tmp_path, on(1, result("fail")), on(2, result("pass"), rehearsal=rehearsal))
    assert episodes(store) == [("open", 1, False, 1, None)]
    assert asked(store, "days", "day") == ["2026-11-01"]


def test_the_clock_of_a_host_moves_nothing(tmp_path: Path) -> None:
    ahead = Host("web1", "ssh://web1", reachable=True, recorded="2027-11-01T00:00:00Z")
    store = store_of(tmp_path, on(1, result("fail"), hosts=(ahead,)), on(2, result("pass")))
    assert episodes(store) == [("fixed", 1, False, 1, 2)]


def test_the_severity_is_that_of_the_last_look(tmp_path: Path) -> None:
    store = store_of(tmp_path, on(1, result("fail", severity="low")), on(2, result("fail", severity="high")))
    assert asked(store, "findings", "severity") == ["high"]


def test_a_period_leaves_out_what_was_over_before_and_what_began_later(tmp_path: Path) -> None:
    runs = [on(1, result("fail", param="a")), on(2, result("pass", param="a")), on(5, result("fail", param="b"))]
    store = store_of(tmp_path, *runs)
    third = parse_moment("2026-11-03")
    assert asked(store, "findings", "param", ended=True, since=third) == ["b"]
    assert asked(store, "findings", "param", ended=True, until=third) == ["a"]
    assert asked(store, "days", "day", "open", since=third) == [("2026-11-05", 1)]


# --- against the trend -----------------------------------------------------------------------------------------


def _fleet(seed: int, days: int) -> list[Results]:
    """Runs in which everything happens that can."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    outcomes = ("pass", "pass", "fail", "fail", "error", "skip", "waived", "manual")
    runs = []
    for day in range(1, days + 1):
        results: list[Result] = []
        hosts: list[Host] = []
        for name in ("web1", "web2"):
            kind = dice.random()
            if kind < 0.1:
                continue
            if kind < 0.25:
                hosts.append(Host(name, f"ssh://{name}", reachable=False))
                results.append(result("error", host=name, check="host.reachable"))
                continue
            renamed = {"check": "daemon.new", "aliases": ["daemon.old"]} if day > days // 2 else {"check": "daemon.old"}
            asked_for = [{"check": "container.a"}, {"check": "container.a"}, renamed]
            for fields in asked_for:
                param = dice.choice([None, "x", "y"])
                if dice.random() < 0.9 and not any(
                    (one.host, one.check, one.param) == (name, fields["check"], param) for one in results
                ):
                    results.append(result(dice.choice(outcomes), host=name, param=param, **fields))
        runs.append(on(day, *results, hosts=tuple(hosts)))
    return runs


def _told(store: Store) -> dict[str, Any]:
    rows = asked(store, "days", "day", "new", "fixed", "gone")
    return {
        "steps": [row[1:] for row in rows],
        "open": len(asked(store, "findings", "host")),
        "new": sum(asked(store, "findings", "new", ended=True)),
        "times": sorted(days for days in asked(store, "fixes", "days") if days is not None),
    }


@pytest.mark.parametrize("seed", range(SEEDS))
def test_it_tells_what_the_trend_of_the_same_runs_tells(seed: int, tmp_path: Path) -> None:
    """Taken in one by one, all at once, or in any order."""
    runs = _fleet(seed, 6)
    trend = trend_of(runs)
    one_by_one, at_once, mixed = (tmp_path / name for name in ("one", "all", "mixed"))
    store = store_of(one_by_one)
    for number, run in enumerate(runs):
        add(store, run)
        if number % 2:
            settle(store)
    shuffled = random.Random(seed).sample(runs, len(runs))  # noqa: S311 - no secret
    other = store_of(mixed, *shuffled[:3])
    settle(other)
    for run in shuffled[3:]:
        add(other, run)
    told = [_told(one) for one in (store, store_of(at_once, *runs), other)]
    assert all(first == second for first, second in pairwise(told))
    assert told[0]["steps"] == [(step.new, step.fixed, step.gone) for step in trend.steps]
    assert (told[0]["open"], told[0]["new"]) == (trend.still_open, trend.new)
    everything = [asked(one, "findings", "host", "check", "param", *EVERY, ended=True) for one in (store, other)]
    assert everything[0] == everything[1]
