from __future__ import annotations

import pytest

from dockworthy.results.exit_status import exit_status
from dockworthy.results.model import Host
from tests.results_factory import result
from tests.rows import each_of

GONE = Host("db1", "ssh://db1", reachable=False, error="no route to host")


def outcomes(*given: str) -> list[object]:
    return [result(outcome, param=str(number)) for number, outcome in enumerate(given)]


@each_of(
    ("given", "status"),
    [
        (("pass",), 0),
        (("pass", "skip", "manual", "waived"), 0),
        (("pass", "fail"), 1),
        (("fail", "error"), 1),
        (("pass", "error"), 6),
        (("error",), 6),
        (("skip", "skip"), 5),
        (("manual",), 5),
        ((), 5),
        (("waived",), 0),
    ],
)
def test_the_table_of_exit_statuses(given: tuple[str, ...], status: int) -> None:
    assert exit_status(outcomes(*given)) == status  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("severity", "fail_on", "status"),
    [("info", "low", 0), ("low", "low", 1), ("info", "info", 1), ("high", "critical", 0), ("critical", "high", 1)],
)
def test_only_findings_at_or_above_the_level_fail(severity: str, fail_on: str, status: int) -> None:
    assert exit_status([result("fail", severity=severity)], fail_on=fail_on) == status


@pytest.mark.parametrize(("percent", "status"), [(100, 6), (75.1, 6), (75, 0), (0, 0)])
def test_so_much_must_be_decided_of_what_applies(percent: float, status: int) -> None:
    given = outcomes("pass", "pass", "waived", "error", "skip", "skip", "manual")
    assert exit_status(given, min_decided=percent) == status  # type: ignore[arg-type]


def test_a_host_that_was_not_reached_leaves_the_run_undecided_whatever_may_be() -> None:
    assert exit_status([result("pass")], [GONE], min_decided=0) == 6
    assert exit_status([result("fail")], [GONE]) == 1
    assert exit_status([], [GONE]) == 6


def test_with_a_baseline_only_what_is_new_fails() -> None:
    old, new = result("fail", param="old"), result("fail", param="new")
    assert exit_status([old, new], new=[]) == 0
    assert exit_status([old, new], new=[new]) == 1
    assert exit_status([old, result("error")], new=[]) == 6
    assert exit_status([old], new=[result("fail", severity="info")]) == 0
