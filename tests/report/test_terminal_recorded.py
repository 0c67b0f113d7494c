"""The summary of every recorded host: sentences and no JSON, as wide as the screen, and nothing left out."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from dockworthy.profile.loader import load_profile
from dockworthy.profile.locate import checks_folder
from dockworthy.report.screen import cells, shown
from dockworthy.report.terminal import VERBOSE, summary_lines
from dockworthy.report.words import observation, should, table, value
from dockworthy.results.exit_status import exit_status
from dockworthy.results.model import Result, Results
from dockworthy.run.hosts import RunHost
from dockworthy.run.judging import judge_host
from dockworthy.run.loading import load_checks
from dockworthy.snapshot import read_snapshot
from tests.results_factory import record

SNAPSHOTS = sorted((Path(__file__).parent.parent / "data").glob("*/*.snapshot"))
JSON = re.compile(r"[{}\[\]\"]|\b(?:null|None|True|False)\b")
FOLDER = Path("reports/r1")


@cache
def recorded(path: Path) -> Results:
    snapshot = read_snapshot(path)
    assert snapshot.recorded is not None
    host = RunHost(path.stem, f"snapshot:{path}", load_profile("base"), snapshot, snapshot.recorded.value)
    return record(*(Result(**made) for made in judge_host(host, load_checks(checks_folder()).values())))


def plain(item: Any) -> Any:
    """The same value with harmless texts: what is left of JSON then is ours."""
    if isinstance(item, dict):
        return {key if re.fullmatch(r"[\w .,-]+", key) else "x": plain(one) for key, one in item.items()}
    if isinstance(item, list):
        return [plain(one) for one in item]
    return "x" if isinstance(item, str) else item


@pytest.mark.parametrize("path", SNAPSHOTS, ids=lambda path: path.stem)
def test_no_value_of_a_recorded_host_is_shown_as_json(path: Path) -> None:
    for result in (one for one in recorded(path).results if one.reason is None):
        observed, expected = plain(result.observed), plain(result.expected)
        told = [
            value(observed),
            should(expected, observed),
            observation(Result(**{**result.as_json(), "observed": observed, "expected": expected, "source": "s"})),
            *(cell for row in table(observed) for cell in row),
        ]
        assert not [text for text in told if JSON.search(text)], (result.check, json.dumps(result.as_json()))


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("path", SNAPSHOTS, ids=lambda path: path.stem)
def test_a_recorded_host_is_told_within_the_width_with_every_finding_and_the_verdict_last(
    path: Path, width: int
) -> None:
    results = recorded(path)
    commands = {line.strip() for one in results.results for line in (one.fix or "").splitlines()}
    status = exit_status(results.results, results.hosts)
    lines = ["".join(text for text, _ in row) for row in shown(summary_lines(results, status, folder=FOLDER), width)]
    wide = [line for line in lines if cells(line) > width and line.strip().removeprefix("fix: ") not in commands]
    assert wide == []
    told = re.sub(r"\s", "", "".join(lines))  # names may be broken between lines
    assert not [one.check for one in results.results if one.outcome == "fail" and one.check not in told]
    last = re.sub(r"\s+", " ", " ".join(lines[-24:]))
    word = {0: "COMPLIANT:", 1: "NOT COMPLIANT:", 5: "NOTHING EVALUATED:", 6: "INCONCLUSIVE:"}[status]
    order = [last.rindex(part) for part in (word, "Coverage: ", "Reports: reports/r1")]
    assert order == sorted(order)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_many_hosts_are_told_in_hardly_more_lines_than_one(width: int) -> None:
    hosts = [recorded(path).results for path in SNAPSHOTS]
    results = record(*(one for host in hosts for one in host))
    lines = ["".join(text for text, _ in row) for row in shown(summary_lines(results, 1, folder=FOLDER), width)]
    assert len(lines) < (100 + 22 * len(hosts)) * 80 // min(width, 80)
    told = re.sub(r"\s", "", "".join(lines))
    assert not [one.check for one in results.results if one.outcome == "fail" and one.check not in told]


@pytest.mark.parametrize("path", SNAPSHOTS, ids=lambda path: path.stem)
def test_a_recorded_host_is_told_in_few_lines_and_each_fix_once(path: Path) -> None:
    results = recorded(path)
    status = exit_status(results.results, results.hosts)
    brief = list(shown(summary_lines(results, status), 120))
    assert len(brief) < 120
    whole = ["".join(text for text, _ in row).strip() for row in shown(summary_lines(results, status, detail=VERBOSE))]
    rules = [line for line in whole if line.startswith("grep -qsxF -e '-w ")]
    assert len(rules) <= 4
