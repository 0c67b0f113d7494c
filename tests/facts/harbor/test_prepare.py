"""What is said of a harbor.yml beside what prepare did with it."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.replay_harbor_prepare import agrees, judged, read_cases

CASES = Path("tests/data/harbor-prepare")
VERSIONS = sorted({case["version"] for case in read_cases(CASES)})


@cache
def judged_by_version() -> dict[str, list[tuple[Any, dict[str, Any]]]]:
    """Every recorded case, through the probe's reader in one run."""
    found = defaultdict(list)
    for case, prediction in judged(list(read_cases(CASES))):
        found[case["version"]].append((case, prediction))
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_it_is_what_prepare_did(version: str) -> None:
    assert [case["id"] for case, found in judged_by_version()[version] if not agrees(case, found)] == []


@pytest.mark.parametrize("version", VERSIONS)
def test_what_it_ends_with_is_said_in_its_own_words(version: str) -> None:
    other = {
        case["id"]: (case["last_stderr"], found["words"])
        for case, found in judged_by_version()[version]
        if not case["accepted"] and found["words"] not in case["last_stderr"]
    }
    assert other == {}
