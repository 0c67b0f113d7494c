"""What nine releases of Go said of certificates on which they differ: each is judged as it judges, to the word."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz.cases import Case
from tests.fuzz.run import ours, without_details
from tests.record_go import cases, octets

CASES = cases(Path(__file__).parent.parent / "data" / "trust" / "go.jsonl.gz")
RELEASES = tuple(CASES[0]["answers"])


def _case(record: dict[str, Any]) -> Case:
    return Case(
        kind=record["kind"],
        served=[octets(text) for text in record.get("served", ())],
        system=octets(record.get("system", "")),
        files=[octets(text) for text in record.get("files", ())],
        host=record.get("host", ""),
        now=datetime.fromisoformat(record["now"].replace("Z", "+00:00")),
        cert=octets(record.get("cert", "")),
        key=octets(record.get("key", "")),
        old_defaults=record["old_defaults"],
    )


def test_releases_from_1_15_to_1_27_were_asked() -> None:
    assert [release.split(".")[1] for release in RELEASES] == ["15", "19", "21", "22", "23", "24", "25", "26", "27"]
    assert len(CASES) > 200


@pytest.mark.parametrize("release", RELEASES)
def test_every_recorded_certificate_is_judged_as_the_release_judges_it(release: str) -> None:
    """Class, message, chains, blocks and which file held a certificate are equal."""
    go = tuple(map(int, release.split(".")))
    for number, record in enumerate(CASES):
        mine = without_details(ours(_case(record), go))
        assert mine == record["answers"][release], number
