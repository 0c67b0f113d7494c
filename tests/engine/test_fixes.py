"""Each fix that can be carried out here is.

Break the setting on a real engine, see `fail`, carry out the printed fix, see `pass`, see that the engine still runs,
and that the fix changes nothing the second time. Proofs on the same engine are carried out side by side: it is
snapshot once when all is broken and once when all is fixed. The proofs are in parts, so that several hosts can be
broken and fixed beside each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.engine.fixing import CHECKS, Outcome, carry_out
from tests.engine.harness import Engine
from tests.engine.proof import batches
from tests.engine.proofs import PROOFS
from tests.engine.unproven import UNPROVEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.engine.proof import Proof

BATCHES = batches(PROOFS)
PARTS = 3


def part_of(number: int) -> list[Proof]:
    """The proofs of one part: whole batches, the parts as equal as they come."""
    parts: list[list[Proof]] = [[] for _ in range(PARTS)]
    for batch in sorted(BATCHES.values(), key=lambda batch: -len(batch.proofs)):
        min(parts, key=len).extend(batch.proofs)
    return parts[number]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each class below has its own part of the proofs."""
    if "proof" in metafunc.fixturenames:
        metafunc.parametrize("proof", part_of(metafunc.cls.part), ids=lambda proof: proof.id, scope="function")


@pytest.fixture(scope="class")
def host() -> Iterator[Engine]:
    """One host for all proofs of a part; each batch starts from its own configuration."""
    with Engine(isolated=True) as engine:
        # The programs are the machine's own: no fix may change them.
        engine.run("sh", "-e", "-c", "mount --rbind /usr /usr; mount -o remount,bind,ro /usr")
        yield engine


@pytest.fixture(scope="class")
def carried_out(host: Engine, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Proof], Outcome]:
    """What came of a proof; its whole batch is carried out when the first of it is asked for."""
    folder: Path = tmp_path_factory.mktemp("profiles")
    done: dict[str, dict[Proof, Outcome] | str] = {}

    def outcome(proof: Proof) -> Outcome:
        if proof.key not in done:
            try:
                done[proof.key] = carry_out(host, BATCHES[proof.key], folder)
            except Exception as error:  # noqa: BLE001 - each proof of the batch is to fail with it
                done[proof.key] = f"the batch could not be carried out: {str(error)[-1500:]}"
        found = done[proof.key]
        assert not isinstance(found, str), found
        return found[proof]

    return outcome


class Fixes:
    """What is asked of each proof."""

    part = 0

    @pytest.mark.slow
    def test_the_printed_fix_works(self, carried_out: Callable[[Proof], Outcome], proof: Proof) -> None:
        outcome = carried_out(proof)
        assert outcome.before["outcome"] == proof.first, outcome.before
        fix = outcome.before["fix"]
        assert [text for text in proof.named if text not in fix] == [], fix
        assert outcome.trouble == "", fix
        after = outcome.after
        assert after["outcome"] in proof.then, (after["outcome"], after.get("reason"), after.get("observed"), fix)
        assert outcome.runs, "the engine does not run any more"
        assert outcome.again == [], fix


class TestFirstPart(Fixes):
    part = 0


class TestSecondPart(Fixes):
    part = 1


class TestThirdPart(Fixes):
    part = 2


def test_every_check_has_a_proof_or_a_reason_why_none_can_be_had_here() -> None:
    proven = {proof.check for proof in PROOFS}
    missing = sorted(set(CHECKS) - proven - set(UNPROVEN))
    assert missing == []
    assert sorted(set(UNPROVEN) - set(CHECKS)) == []
    assert sorted(proven & set(UNPROVEN)) == []
    assert all(reason.strip() for reason in UNPROVEN.values())
