from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from lxml import etree

from dockworthy.report.formats.junit import JUnit
from tests.report.formats.samples import ALL, every, killed, rehearsed
from tests.report.formats.samples import written as of_format
from tests.results_factory import HOSTILE_NAMES, record, result
from tests.rows import each_of

if TYPE_CHECKING:
    from dockworthy.results.model import Host

SCHEMA = Path(__file__).parents[2] / "data" / "report" / "junit-10.xsd"
WAIVER = {"reason": "needs it", "owner": "ops", "expires": "2027-03-31T00:00:00Z"}


def written(*results: object, hosts: tuple[Host, ...] = ()) -> bytes:
    out = io.BytesIO()
    JUnit().write(record(*results, hosts=hosts), out)  # type: ignore[arg-type]
    return out.getvalue()


def cases(document: bytes) -> dict[str, ET.Element]:
    return {case.get("name", ""): case for case in ET.fromstring(document).iter("testcase")}  # noqa: S314 - see above


def test_every_outcome_is_valid_by_the_schema_and_told_apart() -> None:
    document = written(
        result("pass", param="a"),
        result("fail", param="b"),
        result("error", param="c", reason="permission denied"),
        result("skip", param="d", reason="no engine"),
        result("waived", param="e", waiver=WAIVER),
        result("manual", param="f", reason="ask ops"),
        result("pass", host="web2"),
    )
    etree.XMLSchema(etree.parse(str(SCHEMA))).assertValid(etree.fromstring(document))
    found = {name: [(child.tag, child.get("message")) for child in case] for name, case in cases(document).items()}
    assert found["daemon.icc-disabled[a]"] == []
    assert found["daemon.icc-disabled[b]"][0][0] == "failure"
    assert found["daemon.icc-disabled[c]"] == [("error", "permission denied")]
    assert found["daemon.icc-disabled[d]"] == [("skipped", "no engine")]
    assert found["daemon.icc-disabled[e]"] == [("skipped", "waived until 2027-03-31T00:00:00Z by ops: needs it")]
    assert found["daemon.icc-disabled[f]"] == [("skipped", "ask ops")]


def test_suites_are_hosts_and_their_counts_add_up() -> None:
    document = written(result("fail"), result("error", param="x"), result("skip", host="web2"))
    root = ET.fromstring(document)  # noqa: S314 - see above
    suites = {
        suite.get("name"): [suite.get(key) for key in ("tests", "failures", "errors", "skipped")] for suite in root
    }
    assert suites == {"web1": ["2", "1", "1", "0"], "web2": ["1", "0", "0", "1"]}
    assert [root.get(key) for key in ("tests", "failures", "errors")] == ["3", "1", "1"]


def test_a_failure_says_observed_expected_source_fix_and_references() -> None:
    (failure,) = cases(written(result("fail"))).popitem()[1]
    for line in ("observed: true", "expected: false", "source: GET /info: x", "fix: fix it", "CIS-Docker-1.6:2.2"):
        assert line in (failure.text or "")


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_names_stay_text(name: str) -> None:
    document = written(
        result("fail", host=name, param=name, observed=name, source=name, fix=name, title=name),
        result("error", host=name, reason=name),
        result("waived", host=name, param="x", waiver={"reason": name, "owner": name, "expires": name}),
    )
    etree.XMLSchema(etree.parse(str(SCHEMA))).assertValid(etree.fromstring(document))
    root = ET.fromstring(document)  # noqa: S314 - see above
    assert {element.tag for element in root.iter()} == {
        "testsuites",
        "testsuite",
        "testcase",
        "failure",
        "error",
        "skipped",
        "properties",
        "property",
    }


@each_of("name", ALL)
def test_every_record_is_a_valid_document(name: str) -> None:
    etree.XMLSchema(etree.parse(str(SCHEMA))).assertValid(etree.fromstring(of_format("junit", ALL[name]())))


def properties(document: bytes) -> dict[str, str]:
    suite = next(ET.fromstring(document).iter("properties"))  # noqa: S314 - see above
    return {one.get("name", ""): one.get("value", "") for one in suite}


def test_a_suite_says_what_its_verdicts_hold_for() -> None:
    assert properties(of_format("junit", every())) == {
        "recorded": "2026-11-24T10:00:01Z",
        "run": "r1",
        "complete": "true",
    }
    assert properties(of_format("junit", killed()))["complete"] == "false"
    document = of_format("junit", rehearsed())
    assert properties(document)["rehearsal"] == "engine 29.3.1"
    ((failure,),) = cases(document).values()
    assert "with the release that the host has: pass" in (failure.text or "")


def test_a_run_without_results_is_a_valid_document() -> None:
    etree.XMLSchema(etree.parse(str(SCHEMA))).assertValid(etree.fromstring(written()))
