"""OCSF: every event by the class's schema, as the project of OCSF publishes it."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from dockworthy.moments import parse_moment
from dockworthy.report.formats.ocsf import VERSION
from tests.report.formats.samples import ALL, every, killed, of, rehearsed, written
from tests.results_factory import RUN, record

if TYPE_CHECKING:
    from dockworthy.results.model import Results


def events(results: Results) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written("ocsf", results).splitlines()]


@cache
def judge(version: str) -> jsonschema.Draft202012Validator:
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=version)).get_class_schema("compliance_finding")
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("name", ALL)
def test_the_schema_takes_every_event(name: str) -> None:
    for event in events(ALL[name]()):
        assert event["metadata"]["version"] == VERSION
        judge(VERSION).validate(event)


def test_newer_schemas_take_them_too() -> None:
    for event in events(every()):
        judge("1.8.0").validate(event)


def test_the_schema_refuses_what_is_none() -> None:
    (event,) = events(record(of("fail")))
    for wrong in ({"severity_id": 42}, {"unknown": 1}, {"time": "2026-11-24T10:00:00Z"}):
        with pytest.raises(jsonschema.ValidationError):
            judge(VERSION).validate({**event, **wrong})
    del event["time"]
    with pytest.raises(jsonschema.ValidationError):
        judge(VERSION).validate(event)


def test_each_outcome_keeps_its_meaning() -> None:
    told = {event["unmapped"]["outcome"]: event for event in events(every())}
    words = {
        outcome: (event["compliance"]["status"], event["status"], event["severity"]) for outcome, event in told.items()
    }
    assert words == {
        "pass": ("Pass", "No Finding", "Informational"),
        "fail": ("Fail", "New", "Medium"),
        "waived": ("Fail", "Suppressed", "Medium"),
        "error": ("Unknown", "New", "Informational"),
        "skip": ("Not Applicable", "No Finding", "Informational"),
        "manual": ("To Be Attested", "New", "Informational"),
    }
    assert told["waived"]["comment"].startswith("Waived until 2027-03-31T00:00:00Z by ops: ")
    assert told["error"]["compliance"]["status_code"] == "code-error"


def test_times_are_milliseconds_and_say_when_the_host_was_looked_at() -> None:
    event = events(every())[0]
    assert event["time"] == parse_moment(RUN.finished or "").timestamp() * 1000
    assert event["start_time"] == parse_moment("2026-11-24T10:00:01Z").timestamp() * 1000


def test_what_is_no_state_of_the_host_or_not_all_of_it_says_so() -> None:
    assert events(rehearsed())[0]["unmapped"]["rehearsal"]["engine"] == "29.3.1"
    assert events(rehearsed())[0]["unmapped"]["before"] == "pass"
    assert events(killed())[0]["unmapped"]["run_complete"] is False
