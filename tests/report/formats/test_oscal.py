"""OSCAL assessment results; models that are made from NIST's schema read them in tests/readers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tests.report.formats.samples import WAIVER, every, fleet, hostile, killed, rehearsed, written
from tests.results_factory import record

if TYPE_CHECKING:
    from dockworthy.results.model import Results


def document(results: Results) -> dict[str, Any]:
    return dict(json.loads(written("oscal", results)))


def result_of(results: Results) -> dict[str, Any]:
    (one,) = document(results)["assessment-results"]["results"]
    return dict(one)


def props(item: dict[str, Any]) -> dict[str, str]:
    return {prop["name"]: prop["value"] for prop in item["props"]}


def test_each_outcome_keeps_its_meaning() -> None:
    one = result_of(every())
    outcomes = {props(seen)["check"]: props(seen)["outcome"] for seen in one["observations"]}
    assert len(outcomes) == 7
    states = {item["target"]["target-id"]: item["target"]["status"] for item in one["findings"]}
    assert states == {
        "daemon.pass": {"state": "satisfied", "reason": "pass"},
        "daemon.fail": {"state": "not-satisfied", "reason": "fail"},
        "daemon.waived": {"state": "not-satisfied", "reason": "fail"},
    }
    (risk,) = one["risks"]
    assert (risk["status"], risk["deadline"]) == ("deviation-approved", WAIVER["expires"])
    assert props(risk) == {"owner": WAIVER["owner"], "reason": WAIVER["reason"]}
    (waived,) = [item for item in one["findings"] if "related-risks" in item]
    assert (waived["target"]["target-id"], waived["related-risks"]) == ("daemon.waived", [{"risk-uuid": risk["uuid"]}])


def test_every_reference_leads_somewhere_and_no_identifier_comes_twice() -> None:
    for results in (hostile(), fleet(3, 30)):
        read = document(results)["assessment-results"]
        (one,) = read["results"]
        named = [item["uuid"] for kind in ("observations", "risks", "findings") for item in one[kind]]
        hosts = {item["uuid"] for item in one["local-definitions"]["inventory-items"]}
        assert len(named) == len(set(named))
        assert {UUID(name).version for name in (*named, *hosts)} == {5}
        assert {subject["subject-uuid"] for seen in one["observations"] for subject in seen["subjects"]} <= hosts
        assert read["import-ap"]["href"] == f"#{read['back-matter']['resources'][0]['uuid']}"
        observed = {seen["uuid"] for seen in one["observations"]}
        assert {item["related-observations"][0]["observation-uuid"] for item in one["findings"]} <= observed


def test_the_same_record_is_the_same_document() -> None:
    assert written("oscal", every()) == written("oscal", every())


def test_what_was_not_reached_not_finished_or_rehearsed_says_so() -> None:
    items = [props(item) for item in result_of(every())["local-definitions"]["inventory-items"]]
    assert [(item["reachable"], item.get("error")) for item in items] == [("yes", None), ("no", "connection timed out")]
    assert result_of(killed())["remarks"] == "The run did not come to its end; results are missing."
    assert "end" not in result_of(killed())
    assert result_of(rehearsed())["remarks"] == "This is a rehearsal with engine 29.3.1; it is no state of the hosts."
    assert props(result_of(rehearsed())["observations"][0])["before"] == "pass"


def test_an_empty_run_reviewed_nothing() -> None:
    one = result_of(record())
    assert one["reviewed-controls"]["control-selections"][0]["description"] == "Nothing was reviewed."
    assert "observations" not in one
