"""Whether an engine would start again is what the engine of each suite does with the same file and arguments.

An engine that starts is looked at while it runs so. Beside one that refuses, another runs with its defaults, and has
the refused file lying there for its next start.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from dockworthy.facts.facts import Facts
from tests.engine.harness import Engine, EngineDidNotStart
from tests.hosts import checks_in, outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dockworthy.check import Judgement

STARTS_AGAIN = checks_in("engine", "daemon.py")["daemon.starts-again"]
POLICY = {"gc": {"enabled": True, "policy": [{"reservedSpace": "1GB", "filter": ["unused-for=48h"]}]}}

FILES: dict[str, object] = {
    "empty": "",
    "byte order mark": '\ufeff{"debug": true}',
    "text after the object": '{"debug": true} x',
    "a list": "[]",
    "a comment": '{\n// debug\n"debug": true}',
    "a key twice": '{"icc": true, "icc": false}',
    "unknown key": {"no-such-key": 1},
    "debug a text": {"debug": "true"},
    "null": {"live-restore": None},
    "cdi-spec-dirs": {"cdi-spec-dirs": ["/etc/cdi", "/srv/cdi"]},
    "proxies": {"proxies": {"http-proxy": "http://proxy.example:3128", "no-proxy": "localhost"}},
    "a mirror with a path": {"registry-mirrors": ["https://mirror.example/path"]},
    "a mirror without a scheme": {"registry-mirrors": ["mirror.example"]},
    "insecure-registries with a path": {"insecure-registries": ["registry.example/team"]},
    "api-cors-header": {"api-cors-header": "*"},
    "graph": {"graph": "/srv/graph"},
    "cluster-store": {"cluster-store": "consul://192.0.2.8:8500"},
    "host-gateway-ips": {"host-gateway-ips": ["192.0.2.1", "2001:db8::1"]},
    "ip-forward-no-drop": {"ip-forward-no-drop": True},
    "allow-direct-routing": {"allow-direct-routing": True},
    "firewall-backend": {"firewall-backend": "nftables"},
    "min-api-version": {"min-api-version": "1.24"},
    "bip6": {"ipv6": True, "bip6": "2001:db8:1::1/64"},
    "ipv6 alone": {"ipv6": True},
    "ip6tables": {"ip6tables": True},
    "log-format": {"log-format": "json"},
    "log-level": {"log-level": "notice"},
    "seccomp-profile builtin": {"seccomp-profile": "builtin"},
    "exec-opts of an unknown name": {"exec-opts": ["bogus=1"]},
    "storage-driver devicemapper": {"storage-driver": "devicemapper"},
    "features with a text": {"features": {"containerd-snapshotter": "true"}},
    "containerd-snapshotter": {"features": {"containerd-snapshotter": True}},
    "builder's policy without keepStorage": {"builder": POLICY},
    "default-ulimits a list": {"default-ulimits": [{"Name": "nofile", "Soft": 512, "Hard": 1024}]},
    "default-runtime unknown": {"default-runtime": "no-such-runtime"},
    "log-opts of another driver": {"log-opts": {"gelf-address": "udp://127.0.0.1:1"}},
    "address pool too small": {"default-address-pools": [{"base": "10.200.0.0/24", "size": 16}]},
}
# A refusal that may depend on what was not looked at, or stays on the host, may be left undecided.
UNDECIDED = {"seccomp-profile builtin", "storage-driver devicemapper", "cluster-store"}
# By arguments: the suites whose engine knows them.
ARGUMENTS: dict[str, tuple[list[str], set[str]]] = {
    "--oom-score-adjust": (["--oom-score-adjust", "-400"], {"bullseye", "bookworm"}),
    "--graph": (["--graph", "/srv/graph"], {"bullseye", "bookworm"}),
    "--http-proxy": (["--http-proxy", "http://proxy.example:3128"], {"trixie", "sid"}),
    "--ip-forward-no-drop": (["--ip-forward-no-drop"], {"sid"}),
    "--host-gateway-ip twice": (
        ["--host-gateway-ip", "192.0.2.1", "--host-gateway-ip", "2001:db8::1"],
        {"bullseye", "bookworm", "trixie", "sid"},
    ),
}


@dataclass
class Pair:
    """An engine that is tried, and one beside it that runs with its defaults."""

    tried: Engine
    running: Engine

    def refusal(self, file: str, arguments: list[str]) -> str | None:
        """What the tried engine says instead of starting."""
        self.tried.stop()
        self.tried.args = arguments
        self.tried.configure(file)
        try:
            self.tried.start()
        except EngineDidNotStart as refused:
            return str(refused)
        return None

    def judged(self, engine: Engine) -> Judgement:
        """What is said of an engine's next start."""
        return outcome(STARTS_AGAIN, Facts(engine.snapshot(), datetime.now(tz=timezone.utc)))


@pytest.fixture(scope="module")
def pair(suite: Path) -> Iterator[Pair]:
    with Engine(system=suite, start=False) as tried, Engine(system=suite) as running:
        yield Pair(tried, running)


def _agree(pair: Pair, refusal: str | None, name: str = "") -> None:
    """Starts and passes, or refuses and fails with the engine's words, of which a secret may be left out."""
    said = pair.judged(pair.tried if refusal is None else pair.running)
    told = f"{said.outcome}, {said.observed} ({said.reason})"
    if refusal is None:
        assert said.outcome == "pass", f"it starts; said: {told}"
        return
    if said.outcome == "error" and name in UNDECIDED:
        return
    words = str(said.observed)
    pattern = ".*".join(map(re.escape, words.split("REDACTED")))
    same = re.search(pattern, refusal) or any(_comparable(words) == _comparable(line) for line in refusal.splitlines())
    assert (said.outcome, bool(same)) == ("fail", True), f"it says: {refusal[-400:]}; said: {told}"


def _comparable(words: str) -> list[str]:
    """The words of a message, those of a list in any order: Go's maps have none."""
    return sorted(words.replace(",", " ").split())


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_judged_as_the_engine_takes_it(pair: Pair, name: str) -> None:
    content = FILES[name]
    text = content if isinstance(content, str) else json.dumps(content)
    refusal = pair.refusal(text, [])
    if refusal is not None:
        pair.running.configure(text)
    _agree(pair, refusal, name)


@pytest.mark.parametrize("name", ARGUMENTS)
def test_an_engine_that_runs_with_arguments_starts_again_with_them(suite: Path, pair: Pair, name: str) -> None:
    arguments, known = ARGUMENTS[name]
    refusal = pair.refusal("{}", arguments)
    if suite.name.partition("-")[0] in known:
        assert refusal is None, refusal
        _agree(pair, refusal)
    else:
        assert f"unknown flag: {arguments[0]}" in pair.tried.log
