"""What must be on for the engine's own separation to work."""

from __future__ import annotations

import pytest

from tests.hosts import checks_in, outcome
from tests.recorded import edited

CHECKS = checks_in("engine", "confinement.py")
SELINUX = {"SecurityOptions": ["name=seccomp,profile=builtin", "name=selinux"]}


@pytest.mark.parametrize(("enforce", "expected"), [("1", "pass"), ("0", "fail"), (13, "error")])
def test_selinux_must_enforce_where_the_engine_relies_on_it(enforce: str | int, expected: str) -> None:
    facts = edited(info=SELINUX, sections={"file:/sys/fs/selinux/enforce": enforce})
    judgement = outcome(CHECKS["engine.selinux-enforcing"], facts)
    assert judgement.outcome == expected
    assert judgement.source == "/sys/fs/selinux/enforce"


def test_an_engine_that_does_not_use_selinux_is_not_asked() -> None:
    assert outcome(CHECKS["engine.selinux-enforcing"], edited()).outcome == "skip"


@pytest.mark.parametrize(("version", "expected"), [("26.1.5", "skip"), ("17.12.0-ce", "skip"), ("17.09.1-ce", "error")])
def test_engines_since_17_12_do_not_know_the_old_protocol(version: str, expected: str) -> None:
    facts = edited(version={"Server": {"Version": version}})
    assert outcome(CHECKS["engine.no-legacy-registry"], facts).outcome == expected
