"""What a real engine, its containerd image store and ``ctr`` say of each of our own set-ups, beside what we say.

The registries answer at names that map to 0.0.0.0: that reaches the loopback and is not in 127.0.0.0/8, which the
engine never verifies.
"""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.harness import Engine
from tests.engine.registries import Answer, Registries
from tests.replay_certsd import judge_case, same_words
from tests.trust.random_setups import random_setup
from tests.trust.setups import SYSTEM, Setup, everything

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SETUPS = everything()
SEEDS = range(60)
NAMES = {"zero.test": ["0.0.0.0"], "auth.test": ["10.231.0.1"]}  # noqa: S104 - reaches the loopback
# Words that differ from run to run: name servers, ports, and the page that a server answers to a wrong request.
_VARYING = re.compile(r"lookup \S+ on |connection reset by peer|<html>|400 |dial tcp: lookup ")


class Rig:
    """An engine with registries around it; its configuration follows each set-up."""

    def __init__(self, engine: Engine, base: dict[str, Any], system_roots: str) -> None:
        self.engine, self.system_roots = engine, system_roots
        self._base = {**base, "insecure-registries": [], "registry-mirrors": []}
        self._config = json.dumps(self._base)
        engine.configure(self._base)
        self.registries = Registries(engine, NAMES)

    def configure(self, record: dict[str, Any]) -> None:
        """Take over the set-up's daemon.json and each later one, by SIGHUP."""
        for content in (record["daemon_json"], *record["daemon_json_steps"]):
            # A key that is missing keeps its value: a set-up's steps say what is left out on purpose.
            base = self._base if content is record["daemon_json"] else {}
            self._reload(json.dumps({**base, **content}))

    def _reload(self, config: str) -> None:
        if config == self._config:
            return
        before = self.engine.log.count("Reloaded configuration")
        self.engine.configure(config)
        self.engine.reload()
        for _ in range(400):
            if self.engine.log.count("Reloaded configuration") > before:
                break
            time.sleep(0.025)
        self._config = config

    def prepare(self, record: dict[str, Any]) -> None:
        """Lay the files out, and start the server."""
        self.registries.stop_servers()
        self.registries.lay_out(record["layout"])
        self.registries.serve(record["server"])


def _rig(base: dict[str, Any], folder: Path) -> Iterator[Rig]:
    roots = folder / "system.pem"
    roots.write_text(SYSTEM.pem)
    with Engine(isolated=True, start=False, env={"SSL_CERT_FILE": str(roots)}) as engine:
        rig = Rig(engine, base, str(roots))
        try:
            yield rig
        finally:
            rig.registries.close()


@pytest.fixture(scope="module")
def classic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """An engine with a graph driver."""
    yield from _rig({}, tmp_path_factory.mktemp("classic"))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """An engine with the containerd image store."""
    yield from _rig({"features": {"containerd-snapshotter": True}}, tmp_path_factory.mktemp("store"))


def _agree(record: dict[str, Any], answer: Answer, verdict: str) -> str:
    """Compare class and words; the class that both say."""
    cls, words = judge_case(record, verdict)
    assert answer.cls == cls, f"the engine: {answer.words}; we: {words}"
    if cls != "ok" and not _VARYING.search(answer.words):
        assert same_words(answer.words, words), f"the engine: {answer.words}; we: {words}"
    return cls


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.parametrize("setup", SETUPS, ids=lambda setup: setup.id)
def test_the_engine_says_so_too(classic: Rig, setup: Setup) -> None:
    classic.configure(setup.record)
    classic.prepare(setup.record)
    assert _agree(setup.record, classic.registries.pull(setup.record["ref"]), "pull") == setup.pull


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.parametrize("setup", [each for each in SETUPS if each.ctrd], ids=lambda setup: setup.id)
def test_the_containerd_store_says_so_too(store: Rig, setup: Setup) -> None:
    store.configure(setup.record)
    store.prepare(setup.record)
    assert _agree(setup.record, store.registries.pull(setup.record["ref"]), "pull-ctrd") == setup.ctrd


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.parametrize("setup", [each for each in SETUPS if each.ctr], ids=lambda setup: setup.id)
def test_containerds_own_client_says_so_too(classic: Rig, setup: Setup) -> None:
    classic.prepare(setup.record)
    answer = classic.registries.ctr(setup.record["ref"], classic.system_roots)
    assert _agree(setup.record, answer, "ctr") == setup.ctr


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_a_set_up_by_chance_is_answered_alike_by_three_loaders(classic: Rig, store: Rig, seed: int) -> None:
    record = random_setup(seed)
    ref = record["ref"]
    for rig, verdict in ((classic, "pull"), (store, "pull-ctrd")):
        rig.configure(record)
        rig.prepare(record)
        _agree(record, rig.registries.pull(ref), verdict)
    if not record["daemon_json"]:
        classic.prepare(record)
        _agree(record, classic.registries.ctr(ref, classic.system_roots), "ctr")
