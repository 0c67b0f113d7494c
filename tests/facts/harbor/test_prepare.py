"""What is said of a harbor.yml beside what prepare did with it."""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.harbor_prepare_case import expanded
from tests.replay_harbor_prepare import agrees, judged, read_cases
from tests.rows import each_of

CASES = Path("tests/data/harbor-prepare")
RECORDED = json.loads((CASES / "recorded.json").read_text(encoding="utf-8"))
VERSIONS = sorted(
    {case["version"] for case in read_cases(CASES)}
    | {f"v{release}" for case in RECORDED["cases"].values() for release in case["runs"]}
)
# What they depend on stays on the host: digits that are none of ASCII's, and what is no address, no name, no login.
UNDECIDED = {
    *("purge-age-'²h'", "purge-interval-'²h'", "redis-host-open-bracket", "redis-sentinel-slash"),
    *("redis-password-hash", "redis-password-slash"),
}
# Which one of several missing files is found first is chance; a value that stayed on the host is not in the words.
OTHER_WORDS = {
    *("internal-tls-no-trivy", "redis-index-text", "redis-sentinel-index-text", "redis-chart-index-text"),
    "storage-filesystem-root-text",
}


@cache
def judged_by_version() -> dict[str, list[tuple[Any, dict[str, Any]]]]:
    """Every recorded case, through the probe's reader in one run."""
    found = defaultdict(list)
    for case, prediction in judged([*read_cases(CASES), *expanded(RECORDED)]):
        found[case["version"]].append((case, prediction))
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_it_is_what_prepare_did(version: str) -> None:
    wrong = {case["id"]: found for case, found in judged_by_version()[version] if not agrees(case, found)}
    undecided = {name for name, found in wrong.items() if found["accepted"] is None}
    assert (wrong.keys() - undecided, undecided - UNDECIDED) == (set(), set())


@each_of("version", VERSIONS)
def test_what_it_ends_with_is_said_in_its_own_words(version: str) -> None:
    other = {
        case["id"]: (case["last_stderr"], words)
        for case, found in judged_by_version()[version]
        if (words := found.get("words")) and words not in case["last_stderr"] and "is no YAML" not in words
    }
    assert other.keys() - OTHER_WORDS == set()


def test_of_what_is_no_yaml_the_place_is_told() -> None:
    """PyYAML's own last line is the place: ``in "/input/harbor.yml", line 2, column 1``."""
    cases = [
        one for cases in judged_by_version().values() for one in cases if "is no YAML" in (one[1].get("words") or "")
    ]
    assert {case["id"] for case, _ in cases} >= {"tab", "unclosed", "bad-indent", "unclosed-quote"}
    for case, found in cases:
        _, _, place = case["last_stderr"].partition(", line ")
        assert found["words"].rpartition(", line ")[2].partition(",")[0] == place.partition(",")[0], case["id"]
