"""What runs and what would start, of each suite's engine: by itself, beside a newer file, by its unit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dockworthy.facts.facts import Facts
from dockworthy.snapshot import Section
from tests.engine.harness import Engine, EngineDidNotStart
from tests.hosts import checks_in, outcome

if TYPE_CHECKING:
    from pathlib import Path

CHECKS = checks_in("engine", "daemon.py")
STARTS, DRIFT = CHECKS["daemon.starts-again"], CHECKS["daemon.no-drift"]
UNIT = "[Service]\nType=notify\nEnvironmentFile=-/etc/default/docker\nExecStart=/usr/sbin/dockerd $DOCKER_OPTS\n"


def of_its_service(engine: Engine) -> Facts:
    """The engine as if systemd ran there and had started it."""
    snapshot = engine.snapshot()
    pid = next(line.split()[0] for line in snapshot["cmd:engines"].text.splitlines() if " dockerd " in line)
    section = Section(f"proc:{pid}/unit", 0, b"system docker.service\n")
    return Facts(replace(snapshot, sections={**snapshot.sections, section.name: section}))


def test_what_runs_and_what_would_are_told_apart(suite: Path) -> None:
    """Nothing drifts at first; then the file, then the unit say otherwise; the unit's start is refused as foretold."""
    with Engine(system=suite, config={"icc": False, "mtu": 1400}) as engine:
        engine.write("/etc/systemd/system/docker.service", UNIT)
        for facts in (Facts(engine.snapshot()), of_its_service(engine)):
            said = outcome(STARTS, facts), outcome(DRIFT, facts)
            assert [item.outcome for item in said] == ["pass", "pass"], said
        engine.configure({"icc": True, "live-restore": True})
        engine.run("touch", "-d", "+1 hour", "/etc/docker/daemon.json")
        facts = Facts(engine.snapshot())
        assert {item.key for item in facts.daemon.drift} == {"icc", "live-restore"}
        assert facts.daemon.mtu.unknown is not None
        engine.write("/etc/default/docker", 'DOCKER_OPTS="--icc=false"\n')
        found = outcome(STARTS, of_its_service(engine))
        assert found.outcome == "fail"
        with pytest.raises(EngineDidNotStart) as refusal:
            engine.restart(args=of_its_service(engine).daemon.next_start.arguments)
        assert str(found.observed) in str(refusal.value)
