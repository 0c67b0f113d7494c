"""The verdict that a record has by itself: by what was demanded of its run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dockworthy.report.verdict import because, judged
from dockworthy.results.exit_status import COMPLIANT, FINDINGS, UNDECIDED
from dockworthy.results.reader import merge
from tests.results_factory import RUN, record, result

if TYPE_CHECKING:
    from dockworthy.results.model import Result, Results


def demanding(fail_on: str, min_decided: float, *results: Result) -> Results:
    return replace(record(*results), run=replace(RUN, gate={"fail_on": fail_on, "min_decided": min_decided}))


@pytest.mark.parametrize(
    ("fail_on", "min_decided", "status", "said"),
    [
        ("low", 100.0, FINDINGS, "1 finding on 1 host (1 medium)"),
        ("high", 100.0, UNDECIDED, "no finding at or above high, but 1 result could not be decided"),
        ("high", 50.0, COMPLIANT, "no finding at or above high"),
    ],
)
def test_a_record_is_judged_by_what_its_run_demanded(fail_on: str, min_decided: float, status: int, said: str) -> None:
    given = demanding(fail_on, min_decided, result("fail", severity="medium"), result("error", param="x"))
    assert (judged(given), because(given, judged(given))) == (status, said)


def test_runs_that_demanded_the_same_are_judged_so_and_others_by_the_defaults() -> None:
    one = demanding("high", 100.0, result("fail", host="web1"))
    same = demanding("high", 100.0, result("fail", host="web2"))
    stricter = demanding("info", 100.0, result("fail", host="web2"))
    assert judged(merge([one, same])) == COMPLIANT
    assert judged(merge([one, stricter])) == FINDINGS
