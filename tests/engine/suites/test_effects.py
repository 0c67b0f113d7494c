"""What a check says of an engine's settings is what that engine does, on the engine of every suite.

Each effect is measured on the engine itself, at its containers, processes and rules, and never read from a
configuration or from what the engine tells of it: releases differ in what they tell, and in their defaults.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from dockworthy.facts.facts import Facts
from tests.engine.harness import Engine
from tests.hosts import checks_in, outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from dockworthy.check import Judgement

CHECKS = {**checks_in("engine", "daemon.py"), **checks_in("engine", "release.py")}
# The engine's defaults, whatever these are in a release; what the checks ask for; and the opposite of the defaults
# that comply.
CONFIGS: dict[str, dict[str, object]] = {
    "defaults": {},
    "asked for": {
        "icc": False,
        "live-restore": True,
        "userland-proxy": False,
        "no-new-privileges": True,
        "default-ulimits": {"nofile": {"Name": "nofile", "Soft": 512, "Hard": 1024}},
        "log-driver": "gelf",
        "log-opts": {"gelf-address": "udp://127.0.0.1:12201"},
        "userns-remap": "default",
    },
    "opposite": {
        "iptables": False,
        "debug": True,
        "insecure-registries": ["registry.example:5000"],
        "experimental": True,
        "cgroup-parent": "/elsewhere",
    },
}


class Watched:
    """An engine with a container that publishes a port, and what can be seen of it."""

    def __init__(self, engine: Engine, config: Mapping[str, object]) -> None:
        self.engine, self.config = engine, config
        for name, more in {"web": ("-p", "127.0.0.1:8080:80"), "other": ()}.items():
            engine.container("--stop-signal", "KILL", *more, name=name, command=("httpd", "-f", "-h", "/etc"))
        self.pid = engine.docker("inspect", "--format", "{{.State.Pid}}", "web")
        self.facts = Facts(engine.snapshot(), datetime.now(tz=timezone.utc))

    def sh(self, script: str) -> str:
        """What a command of the engine's host prints."""
        return self.engine.run("sh", "-c", script, check=False).stdout.strip()

    def limits(self, pid: str) -> list[list[str]]:
        """A process' limits on open files and processes."""
        rows = self.sh(f"grep -E 'open files|processes' /proc/{pid}/limits").splitlines()
        return [row.split()[-3:] for row in rows]


def _survives(seen: Watched) -> bool:
    """A container goes on while the engine is stopped."""
    seen.engine.stop()
    alive = seen.sh(f"cat /proc/{seen.pid}/comm")
    seen.engine.start()
    return alive == "httpd"


def _no_new_privileges(seen: Watched) -> bool:
    return seen.sh(f"grep NoNewPrivs: /proc/{seen.pid}/status").split() == ["NoNewPrivs:", "1"]


def _isolated(seen: Watched) -> bool:
    """A container does not reach another one on the default bridge."""
    address = seen.engine.api("/containers/web/json")["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
    return "root:" not in seen.sh(f"docker exec other wget -q -T 2 -O - http://{address}/passwd")


def _own_users(seen: Watched) -> bool:
    return seen.sh(f"cat /proc/{seen.pid}/uid_map").split()[1] != "0"


def _other_limits(seen: Watched) -> bool:
    """A container's limits differ from those of the engine's shim, which starts it."""
    shim = seen.sh(f"awk '$1 == \"PPid:\" {{ print $2 }}' /proc/{seen.pid}/status")
    return seen.limits(seen.pid) != seen.limits(shim)


def _described(said: Judgement) -> str:
    return f"{said.outcome}: observed {said.observed!r} from {said.source} ({said.reason})"


def _usual_cgroup(seen: Watched) -> bool:
    return "/elsewhere/" not in seen.sh(f"cat /proc/{seen.pid}/cgroup")


EFFECTS: dict[str, Callable[[Watched], bool]] = {
    "daemon.icc-disabled": _isolated,
    "daemon.userland-proxy-disabled": lambda seen: seen.sh("cat /proc/[0-9]*/comm | grep -c docker-proxy") == "0",
    "daemon.no-new-privileges": _no_new_privileges,
    "daemon.default-ulimits": _other_limits,
    "daemon.userns-remap": _own_users,
    "daemon.iptables-managed": lambda seen: "DOCKER" in seen.sh("iptables-save -t filter"),
    "daemon.log-level-info": lambda seen: "level=debug" not in seen.engine.log,
    "daemon.default-cgroup-parent": _usual_cgroup,
    "daemon.live-restore": _survives,
}


@pytest.fixture(scope="module", params=CONFIGS)
def watched(suite: Path, request: pytest.FixtureRequest) -> Iterator[Watched]:
    """Every suite's engine with every configuration."""
    config = CONFIGS[request.param]
    with Engine(system=suite, config=config) as engine:
        yield Watched(engine, config)


@pytest.mark.parametrize("check", EFFECTS)
def test_the_verdict_is_what_the_engine_does(watched: Watched, check: str) -> None:
    expected = "pass" if EFFECTS[check](watched) else "fail"
    said = outcome(CHECKS[check], watched.facts)
    assert said.outcome == expected, _described(said)


def test_an_engine_that_runs_with_its_file_starts_again_and_has_not_drifted(watched: Watched) -> None:
    verdicts = [outcome(CHECKS[name], watched.facts) for name in ("daemon.starts-again", "daemon.no-drift")]
    watched.engine.restart()
    assert [said.outcome for said in verdicts] == ["pass", "pass"], [_described(said) for said in verdicts]
