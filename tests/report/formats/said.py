"""How each format says each outcome, read out of what the writers write: ``python -m tests.report.formats.said``.

It puts the table into docs/formats.md; a test holds the page to it. Each function below reads one format as whoever
consumes it does, and gives the words for the outcomes of `samples.every`.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import duckdb

from dockworthy.report.formats.interface import own
from dockworthy.results.model import OUTCOMES
from tests.report.formats.samples import every, written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PAGE = Path(__file__).parents[3] / "docs" / "formats.md"
_START, _END = "<!-- outcomes -->\n", "<!-- /outcomes -->\n"
Said = dict[str, str]


def _by_check(items: list[dict[str, Any]], check: Callable[[dict[str, Any]], str]) -> dict[str, dict[str, Any]]:
    found = {check(item): item for item in items}
    return {outcome: found[f"daemon.{outcome}"] for outcome in OUTCOMES if f"daemon.{outcome}" in found}


def _all(found: Mapping[str, str], otherwise: str) -> Said:
    return {outcome: found.get(outcome, otherwise) for outcome in OUTCOMES}


def _csv(data: bytes) -> Said:
    rows = {row["check"]: row for row in csv.DictReader(io.StringIO(data.decode(), newline=""))}
    return {
        outcome: ", ".join(
            f"`{name}`" if name != "outcome" else f"`{rows[f'daemon.{outcome}'][name]}`"
            for name in ("outcome", "reason", "waiver_reason")
            if name == "outcome" or (rows[f"daemon.{outcome}"][name] and outcome != "fail")
        )
        for outcome in OUTCOMES
    }


def _github(data: bytes) -> Said:
    text = data.decode()
    levels = {"fail": r"::(\w+) title=medium%3A The title of fail", "error": r"::(\w+) title=.*could not be decided"}
    levels["manual"] = r"::(\w+) title=.*to be attested"
    found = {outcome: f"`::{match[1]}`" for outcome, regex in levels.items() if (match := re.search(regex, text))}
    assert "daemon.waived" not in text
    assert "daemon.pass" not in text
    return _all(found, "in the job's summary")


def _gitlab(data: bytes) -> Said:
    issues = _by_check(json.loads(data), lambda issue: str(issue["check_name"]))
    found = {}
    for outcome, issue in issues.items():
        beginning = issue["description"].partition("The title")[0].strip()
        found[outcome] = f"`{issue['severity']}`" + (f", “{beginning}”" if beginning else "")
    return _all(found, "no issue")


def _hdf(data: bytes) -> Said:
    controls = _by_check(json.loads(data)["profiles"][0]["controls"], lambda control: str(control["id"]))
    found = {}
    for outcome, control in controls.items():
        words = [f"`{control['results'][0]['status']}`"]
        words += ["impact 0"] if control["impact"] == 0 else []
        words += ["`waiver_data`"] if "waiver_data" in control else []
        found[outcome] = ", ".join(words)
    return found


def _json(data: bytes) -> Said:
    return _as_it_is(json.loads(data)["results"])


def _jsonl(data: bytes) -> Said:
    return _as_it_is([line for line in map(json.loads, data.splitlines()) if line["type"] == "result"])


def _parquet(data: bytes) -> Said:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as database:
        path = Path(folder) / "table"
        path.write_bytes(data)
        table = database.read_parquet(str(path)).select("check", "outcome", "reason", "waiver")
        return _as_it_is([dict(zip(table.columns, row, strict=True)) for row in table.fetchall()])


def _as_it_is(results: list[dict[str, Any]]) -> Said:
    found = {}
    for outcome, result in _by_check(results, lambda result: str(result["check"])).items():
        words = [f"`{result['outcome']}`"]
        words += [f"`{name}`" for name in ("reason", "waiver") if result[name] is not None]
        found[outcome] = ", ".join(words)
    return found


def _junit(data: bytes) -> Said:
    found = {}
    for case in ET.fromstring(data).iter("testcase"):  # noqa: S314 - our own
        outcome = case.get("name", "").removeprefix("daemon.")
        words = [f"`{child.tag}`" + (f" `{child.get('type')}`" if child.tag == "skipped" else "") for child in case]
        found[outcome] = ", ".join(words) or "no child"
    return {outcome: found[outcome] for outcome in OUTCOMES}


def _markdown(data: bytes) -> Said:
    section = ""
    found: Said = {}
    for line in data.decode().splitlines():
        section = line.removeprefix("## ") if line.startswith("## ") else section
        for outcome in OUTCOMES:
            if f"daemon.{outcome}" in line:
                found.setdefault(outcome, f"“{section}”")
    return _all(found, "counted")


def _ocsf(data: bytes) -> Said:
    events = _by_check(
        [json.loads(line) for line in data.splitlines()], lambda event: str(event["metadata"]["event_code"])
    )
    return {outcome: f"{event['compliance']['status']}; {event['status']}" for outcome, event in events.items()}


def _oscal(data: bytes) -> Said:
    (result,) = json.loads(data)["assessment-results"]["results"]
    findings = _by_check(result["findings"], lambda finding: str(finding["target"]["target-id"]))
    risks = {risk["uuid"]: risk["status"] for risk in result["risks"]}
    found = {}
    for outcome, finding in findings.items():
        words = [f"`{finding['target']['status']['state']}`"]
        words += [f"risk `{risks[one['risk-uuid']]}`" for one in finding.get("related-risks", [])]
        found[outcome] = ", ".join(words)
    return _all(found, "observation alone")


def _prometheus(data: bytes) -> Said:
    counted = re.findall(r'dockworthy_results\{host="web1",outcome="(\w+)"\} 1\.0', data.decode())
    failed = re.search(r'dockworthy_findings\{host="web1",severity="medium"\} 1\.0', data.decode())
    return {outcome: "counted" + (", `findings`" if outcome == "fail" and failed else "") for outcome in counted}


def _sarif(data: bytes) -> Said:
    (run,) = json.loads(data)["runs"]
    found = {}
    for outcome, one in _by_check(run["results"], lambda one: str(one["ruleId"])).items():
        words = [f"kind `{one['kind']}`"] + ([] if one["level"] != "none" else ["level `none`"])
        words += [f"suppression `{given['status']}`" for given in one.get("suppressions", [])]
        found[outcome] = ", ".join(words)
    assert all(run["properties"]["outcomes"][outcome] == 1 for outcome in OUTCOMES if outcome not in found)
    return _all(found, "counted")


# What people read says the outcomes in words, and is read by people.
FOR_PEOPLE = {"html", "text"}
_READERS: dict[str, Callable[[bytes], Said]] = {name: globals()[f"_{name}"] for name in own() if name not in FOR_PEOPLE}


def table() -> str:
    """The table of the page."""
    lines = [
        "| format | " + " | ".join(f"`{outcome}`" for outcome in OUTCOMES) + " |",
        "|---|" + "---|" * len(OUTCOMES),
    ]
    results = every()
    for name, read in _READERS.items():
        said = read(written(name, results))
        lines.append(f"| `{name}` | " + " | ".join(said[outcome] for outcome in OUTCOMES) + " |")
    return "\n".join(lines) + "\n"


def page(text: str) -> str:
    """The page with the table of today."""
    head, _, rest = text.partition(_START)
    _, _, tail = rest.partition(_END)
    return f"{head}{_START}{table()}{_END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
    sys.stdout.write(table())
