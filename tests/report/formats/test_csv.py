"""CSV: every value exactly, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

from dockworthy.report.formats.csv import COLUMNS
from dockworthy.results.writer import encodable
from tests.report.formats.samples import ALL, WAIVER, every, killed, of, rehearsed, written
from tests.results_factory import record
from tests.rows import each_of

if TYPE_CHECKING:
    from dockworthy.results.model import Results


def rows(results: Results) -> list[dict[str, str]]:
    """The rows as its documentation has them read: without one apostrophe where a cell begins with it."""
    text = written("csv", results).decode()
    return [
        {name: cell.removeprefix("'") for name, cell in row.items()}
        for row in csv.DictReader(io.StringIO(text, newline=""))
    ]


@each_of("name", ALL)
def test_every_value_is_there_exactly(name: str) -> None:
    results = ALL[name]()
    found = rows(results)
    assert len(found) == len(results.results)
    for row, result in zip(found, results.results, strict=True):
        assert tuple(row) == COLUMNS
        for column in ("host", "check", "param", "title", "severity", "outcome", "source", "fix", "reason"):
            value = encodable(getattr(result, column) or "").replace("\0", "\N{REPLACEMENT CHARACTER}")
            assert row[column] == value
        for column in ("observed", "expected", "refs"):
            assert json.loads(row[column]) == encodable(getattr(result, column))


@each_of(
    "value",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\0=1",
        "\ufeff=1",
        "\N{FULLWIDTH EQUALS SIGN}1",
        "'=1",
        "'",
        "\tx",
    ],
)
def test_no_cell_begins_as_a_formula_does(value: str) -> None:
    made = record(
        of(
            "waived",
            host=value,
            param=value,
            title=value,
            observed=value,
            source=value,
            fix=value,
            refs=[value],
            waiver=dict.fromkeys(WAIVER, value),
        )
    )
    (row,) = list(csv.DictReader(io.StringIO(written("csv", made).decode(), newline="")))
    for name, cell in row.items():
        assert cell.lstrip().lstrip("\0\ufeff\N{REPLACEMENT CHARACTER}")[:1] not in set(
            "=+-@\N{FULLWIDTH EQUALS SIGN}"
        ), name
        assert cell[:1] not in {"\t", "\r", "\n"}, name
    assert row["param"].startswith("'")


def test_lines_end_and_cells_are_quoted_as_the_standard_has_it() -> None:
    data = written("csv", record(of("fail", param='a"b,c\nd')))
    assert data.count(b"\r\n") == 2
    assert b'"a""b,c\nd"' in data


def test_outcomes_waivers_and_what_is_stale_have_columns() -> None:
    told = {row["outcome"]: row for row in rows(every())}
    waived = told["waived"]
    assert [waived[f"waiver_{name}"] for name in ("reason", "owner", "expires")] == list(WAIVER.values())
    assert (told["error"]["reason"], told["error"]["reason_code"]) == ("why error", "code-error")
    assert told["error"]["reachable"] == "false"
    (row,) = rows(rehearsed())
    assert (row["rehearsed_engine"], row["before"], row["release"]) == ("29.3.1", "pass", "29.3.1")
    assert [row["finished"] for row in rows(killed())] == [""]
