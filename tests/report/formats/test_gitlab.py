"""GitLab's code quality report, by what its documentation and its own parser ask of an issue."""

from __future__ import annotations

import json

import jsonschema
import pytest

from tests.report.formats.samples import ALL, WAIVER, every, killed, of, rehearsed, written
from tests.results_factory import record

# What GitLab's documentation says of an issue; its parser takes more.
SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 32},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!\.?/)(?!.*(^|/)\.\.?(/|$)).+$"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}


@pytest.mark.parametrize("name", ALL)
def test_every_issue_is_valid_and_no_two_have_one_fingerprint(name: str) -> None:
    issues = json.loads(written("gitlab", ALL[name]()))
    jsonschema.validate(issues, SCHEMA)
    fingerprints = [issue["fingerprint"] for issue in issues]
    assert len(fingerprints) == len(set(fingerprints))


def test_the_schema_refuses_what_is_none() -> None:
    (issue,) = json.loads(written("gitlab", record(of("fail"))))
    for wrong in ({"severity": "high"}, {"location": {"path": "./x", "lines": {"begin": 1}}}, {"fingerprint": ""}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate([{**issue, **wrong}], SCHEMA)


def test_findings_alone_have_a_severity_and_the_others_say_what_they_are() -> None:
    issues = {issue["check_name"]: issue for issue in json.loads(written("gitlab", every()))}
    assert {name: issue["severity"] for name, issue in issues.items()} == {
        "daemon.fail": "major",
        "daemon.error": "info",
        "host.reachable": "info",
        "daemon.waived": "info",
        "daemon.manual": "info",
    }
    for name, beginning in (("error", "Undecided: "), ("waived", "Waived: "), ("manual", "To be attested: ")):
        assert issues[f"daemon.{name}"]["description"].startswith(f"{beginning}The title of {name}: web1: ")
    assert (
        f"until {WAIVER['expires']} by {WAIVER['owner']}: {WAIVER['reason']}" in issues["daemon.waived"]["description"]
    )


def test_a_run_that_did_not_come_to_its_end_is_no_empty_list() -> None:
    (issue,) = json.loads(written("gitlab", killed()))
    assert issue["description"] == "Undecided: the run did not come to its end, and results are missing"


def test_a_rehearsal_says_so() -> None:
    (issue,) = json.loads(written("gitlab", rehearsed()))
    assert issue["description"].startswith("In a rehearsal with engine 29.3.1: ")
    assert "with the release that the host has: pass" in issue["description"]
