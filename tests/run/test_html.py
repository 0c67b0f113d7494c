"""pytest-html's rows: observed, expected, source and fix of each result, and nothing that a name could make run."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from dockworthy.run.html import HtmlRows, shown

HOSTILE = "<img src=x onerror=alert(1)>\x1b[31m"
RECORD: dict[str, Any] = {
    "host": HOSTILE,
    "check": "container.no-privileged",
    "param": HOSTILE,
    "title": "No privileged containers",
    "severity": "critical",
    "outcome": "fail",
    "observed": {"name": HOSTILE},
    "expected": False,
    "source": HOSTILE,
    "fix": f"fix {HOSTILE}",
    "reason": None,
}


def row(record: dict[str, Any] | None) -> list[str]:
    cells = ['<td class="col-result">Failed</td>', "id", "duration", "links"]
    report = SimpleNamespace(nodeid="x", dockworthy_item=True, **({"dockworthy": record} if record else {}))
    HtmlRows().pytest_html_results_table_row(report, cells)  # type: ignore[arg-type]
    return cells


def test_a_row_says_what_was_observed_and_expected_and_where() -> None:
    cells = "".join(row({**RECORD, "host": "web1", "param": "c1", "observed": True, "source": "GET /x: Privileged"}))
    for word in ("critical", "container.no-privileged", "web1", "c1", "true", "false", "GET /x: Privileged"):
        assert word in cells


def test_an_undecided_row_says_why() -> None:
    cells = "".join(row({**RECORD, "outcome": "error", "reason": "permission denied"}))
    assert "error: permission denied" in cells


def test_hostile_names_are_data() -> None:
    cells = "".join(row(RECORD))
    assert "<img" not in cells
    assert "\x1b" not in cells


def test_the_fix_stands_below_a_finding_and_a_pass_has_none() -> None:
    for outcome, lines in (("fail", 1), ("pass", 0)):
        data = ["a traceback"]
        report = SimpleNamespace(dockworthy={**RECORD, "outcome": outcome})
        HtmlRows().pytest_html_results_table_html(report, data)  # type: ignore[arg-type]
        assert len(data) == lines
        assert all("fix" in line and "<img" not in line for line in data)


def test_set_up_and_tear_down_of_a_check_are_no_rows() -> None:
    assert row(None) == []


def test_a_value_is_bounded() -> None:
    assert len(shown("x" * 1_000_000)) < 3000
