"""Ten thousand random set-ups, and Go's own crypto/x509 says the same of each, to the word."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.fuzz.__main__ import report
from tests.fuzz.oracle import build, version
from tests.fuzz.run import CLASSES, LEAST_ROUNDS, Outcome, compare

if TYPE_CHECKING:
    from pathlib import Path

SEED = 20261124
ROUNDS = 10_000

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("go") is None, reason="needs Go to build the other side"),
]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    program: Path = build(tmp_path_factory.mktemp("oracle"))
    return compare(program, SEED, range(ROUNDS), go=version())


def test_every_round_is_judged_as_go_judges_it(outcome: Outcome, capsys: pytest.CaptureFixture[str]) -> None:
    """Class, message, chains, blocks and which file held a certificate are equal."""
    with capsys.disabled():
        print(f"\n{report(outcome, SEED, 0)}")  # noqa: T201 - CI shows seed and rounds per class
    assert outcome.differences == []
    assert outcome.rounds == ROUNDS


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_is_reached_by_enough_rounds(outcome: Outcome, name: str) -> None:
    """A class that random set-ups hardly reach would be agreed on by accident."""
    assert outcome.classes[name] >= LEAST_ROUNDS
