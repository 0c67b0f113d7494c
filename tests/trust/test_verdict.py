"""Each set-up of our own gets the class that the real engine gave to it (``tests/engine/test_trust_live.py``)."""

from __future__ import annotations

from tests.replay_certsd import judge_case
from tests.rows import each_of
from tests.trust.setups import Setup, everything

SETUPS = everything()


@each_of("setup", SETUPS, ids=lambda setup: setup.id)
def test_the_classic_loader_says_what_the_engine_says(setup: Setup) -> None:
    assert judge_case(setup.record, "pull")[0] == setup.pull


@each_of("setup", [each for each in SETUPS if each.ctrd], ids=lambda setup: setup.id)
def test_the_containerd_store_says_what_the_engine_says(setup: Setup) -> None:
    assert judge_case(setup.record, "pull-ctrd")[0] == setup.ctrd


@each_of("setup", [each for each in SETUPS if each.ctr], ids=lambda setup: setup.id)
def test_containerds_own_client_says_what_it_says(setup: Setup) -> None:
    assert judge_case(setup.record, "ctr")[0] == setup.ctr
