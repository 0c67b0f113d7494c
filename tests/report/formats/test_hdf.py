"""HDF: one profile a host with one control a result; Heimdall's own reader reads it in tests/readers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.results.writer import encodable
from tests.report.formats.samples import ALL, WAIVER, every, killed, of, rehearsed, written
from tests.results_factory import record

if TYPE_CHECKING:
    from dockworthy.results.model import Results


def profiles(results: Results) -> dict[str, dict[str, Any]]:
    return {profile["name"]: profile for profile in json.loads(written("hdf", results))["profiles"]}


@pytest.mark.parametrize("name", ALL)
def test_every_result_is_a_control_of_its_host_with_an_id_of_its_own(name: str) -> None:
    results = ALL[name]()
    found = profiles(results)
    assert list(found) == [encodable(host.name) for host in results.hosts]
    for host, profile in found.items():
        controls = profile["controls"]
        ids = [control["id"] for control in controls]
        assert len(ids) == len(set(ids))
        assert sorted(ids) == sorted(one for group in profile["groups"] for one in group["controls"])
        given = [encodable(result.as_json()) for result in results.results if encodable(result.host) == host]
        assert [json.loads(control["code"]) for control in controls] == given


def test_a_waiver_stands_beside_the_failed_test() -> None:
    (control,) = [one for one in profiles(every())["web1"]["controls"] if one["id"] == "daemon.waived"]
    assert control["waiver_data"] == {
        "justification": f"{WAIVER['reason']} ({WAIVER['owner']})",
        "expiration_date": WAIVER["expires"],
        "run": True,
        "skipped_due_to_waiver": True,
        "message": "",
    }
    assert [test["status"] for test in control["results"]] == ["failed"]


def test_what_was_not_reached_not_finished_or_rehearsed_says_so() -> None:
    lost = profiles(every())["lost1"]
    assert (lost["status"], lost["status_message"]) == ("failed", "connection timed out")
    assert profiles(killed())["web1"]["summary"] == "The run did not come to its end; results are missing."
    assert profiles(rehearsed())["web1"]["summary"] == "This is a rehearsal with engine 29.3.1."
    (control,) = profiles(rehearsed())["web1"]["controls"]
    assert "with the release that the host has: pass" in control["results"][0]["message"]


def test_references_to_nist_are_where_heimdall_looks_for_them() -> None:
    (control,) = profiles(record(of("fail", refs=["NIST-800-53:CM-6", "CIS-Docker-1.6:2.2"])))["web1"]["controls"]
    assert control["tags"]["nist"] == ["CM-6"]
    assert control["refs"] == [{"ref": "NIST-800-53:CM-6"}, {"ref": "CIS-Docker-1.6:2.2"}]
