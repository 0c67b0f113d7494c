"""Ten thousand random set-ups, and Go's own crypto/x509 says the same of each, to the word."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.fuzz.__main__ import differing
from tests.fuzz.oracle import build, version
from tests.fuzz.run import compare

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SEED = 20261124
ROUNDS = 10_000
LEAST_ROUNDS = 100
"""Of each class."""
BLOCKS = 10
"""In so many parts, which workers share."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("go") is None, reason="needs Go to build the other side"),
]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The other side, built once for all workers."""
    folder = tmp_path_factory.getbasetemp()
    return build(folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_round_is_judged_as_go_judges_it(
    block: int, program: Path, record_property: Callable[[str, object], None]
) -> None:
    """Class, message, chains, blocks and which file held a certificate are equal.

    Each block reaches every class by its share of rounds: one that random set-ups hardly reach would be agreed on by
    accident.
    """
    share = ROUNDS // BLOCKS
    outcome = compare(program, SEED, range(block * share, (block + 1) * share), go=version())
    record_property("rounds", (SEED, outcome.rounds, len(outcome.differences), dict(outcome.classes)))
    assert outcome.differences == [], "\n".join(differing(outcome))
    assert outcome.rounds == share
    assert outcome.missing(LEAST_ROUNDS / BLOCKS) == []
