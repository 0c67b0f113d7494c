"""pytest-html's report, through its public hooks: each row says observed, expected, source and fix.

Everything that comes from a host is escaped here, because pytest-html puts cells and ids into the page as they are.
"""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any

from dockworthy.results.model import RANK

if TYPE_CHECKING:
    import pytest

__all__ = ["HtmlRows"]

_LONGEST = 2048  # characters of one value in the page; results.json has all of it
_HEADERS = ("Severity", "Check", "Host", "Instance", "Observed", "Expected", "Source")


def shown(value: object) -> str:
    """A value for people, escaped and bounded."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}… ({len(text)} characters)"
    if not text.isprintable():
        text = "".join(char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}" for char in text)
    return escape(text)


class HtmlRows:
    """The hooks; registered only where pytest-html writes a report."""

    def pytest_html_report_title(self, report: Any) -> None:
        """The page's title."""
        report.title = "dockworthy: is this host fit for Docker and Harbor?"

    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        """Result (which pytest-html needs first), then our columns."""
        cells[1:] = [f"<th>{name}</th>" for name in _HEADERS]
        cells[1] = '<th class="sortable" data-column-type="severity">Severity</th>'

    def pytest_html_results_table_row(self, report: pytest.TestReport, cells: list[str]) -> None:
        """One result."""
        record = getattr(report, "dockworthy", None)
        if record is None and getattr(report, "dockworthy_item", False):
            del cells[:]  # set-up and teardown of a check are no rows
            return
        if record is None:
            cells[1:] = ["<td></td>", f'<td class="col-testId">{escape(report.nodeid)}</td>', *["<td></td>"] * 5]
            return
        severity = record["severity"]
        reason = record["reason"]
        cells[1:] = [
            f'<td class="col-severity"><span hidden>{RANK.get(severity, 9)}</span>{escape(severity)}</td>',
            f'<td class="col-testId" title="{escape(record["title"])}">{escape(record["check"])}</td>',
            f"<td>{shown(record['host'])}</td>",
            f"<td>{shown(record['param'] or '')}</td>",
            f"<td>{shown(record['observed']) if reason is None else shown(record['outcome'] + ': ' + reason)}</td>",
            f"<td>{shown(record['expected']) if reason is None else ''}</td>",
            f"<td>{shown(record['source'])}</td>",
        ]

    def pytest_html_results_table_html(self, report: pytest.TestReport, data: list[str]) -> None:
        """What opens below a row: the fix, instead of a traceback."""
        record = getattr(report, "dockworthy", None)
        if record is None:
            return
        del data[:]
        if record["fix"] and record["outcome"] != "pass":
            data.append(f'<div class="log">{shown(record["title"])}\n\nfix: {shown(record["fix"])}</div>')
