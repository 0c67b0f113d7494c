"""What a real Docker Engine 26.1.5 did with each configuration, and what the rebuilding makes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dockworthy.facts.engine import EngineInputs, Stage, rebuild, service_start
from tests.facts.engine.corpus_host import case_inputs, inherited_limits, observed, service_host

DATA = Path(__file__).parents[2] / "data" / "engine-config"


def read(name: str) -> list[dict[str, Any]]:
    with (DATA / name).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


CASES = read("cases.jsonl")
STARTED = read("started.jsonl")
VALIDATED = read("validated.jsonl")
SERVICES = [case for case in CASES if case["group"] == "U" and case["argv"] is not None]


def words(text: str) -> list[str]:
    """A message's words, those of lists in any order, as Go's maps have none."""
    return sorted(text.replace(",", " ").split())


@pytest.mark.parametrize("case", CASES, ids=[f"{case['id']}" for case in CASES])
def test_the_engine_started_so_and_had_this_in_force(case: dict[str, Any]) -> None:
    inputs = case_inputs(case)
    if isinstance(inputs, str):
        assert case["starts"] is False
        return
    outcome = rebuild(inputs)
    assert outcome.starts is case["starts"]
    if case["starts"]:
        seen = observed(outcome, inputs, inherited_limits(case))
        assert {key: seen.get(key) for key in case["effective"]} == case["effective"]
    else:
        assert outcome.refusal is not None
        assert words(outcome.refusal.text) == words(case["error"])
        assert outcome.refusal.stage == case["error_kind"]


@pytest.mark.parametrize("case", STARTED, ids=[f"{case['argv']} {case['daemon_json']}"[:90] for case in STARTED])
def test_a_start_ends_as_the_engine_s_own_did(case: dict[str, Any]) -> None:
    """More starts of the same engine, of settings that are refused only after the configuration was accepted."""
    inputs = case_inputs({**case, "env": {}, "config_path": "/etc/docker/daemon.json"})
    assert isinstance(inputs, EngineInputs)
    outcome = rebuild(inputs)
    assert outcome.starts is case["starts"]
    if case["error"]:
        assert outcome.refusal is not None
        assert words(outcome.refusal.text) == words(case["error"])


@pytest.mark.parametrize("case", VALIDATED, ids=[str(number) for number in range(len(VALIDATED))])
def test_the_engine_s_validation_says_the_same(case: dict[str, Any]) -> None:
    """Generated command lines and files, as ``dockerd --validate`` judged them."""
    path = "/etc/docker/test.json"
    file = {"path": path, "type": "file", "base64": case["file"]}
    argv = ["--validate", "--config-file", path, *case["argv"]]
    inputs = case_inputs({"argv": argv, "env": {}, "daemon_json": None, "layout": [file]})
    assert isinstance(inputs, EngineInputs)
    refusal = rebuild(inputs).refusal
    assert refusal is not None
    assert (refusal.stage == Stage.NOT_A_START) is case["accepted"]
    if not case["accepted"]:
        assert words(refusal.text.partition("\n")[0]) == words(case["text"])


@pytest.mark.parametrize("case", SERVICES, ids=[f"{case['id']}" for case in SERVICES])
def test_systemd_started_the_engine_with_these_words(case: dict[str, Any]) -> None:
    """The rebuilt arguments and variables are those that the process had."""
    start = service_start(service_host(case).view(), specifiers={"H": "dockerhost", "l": "dockerhost"})
    assert list(start.arguments or ()) == case["argv"]
    # what systemd and a shell add of their own is no part of the unit
    own = {"LISTEN_FDS", "LISTEN_FDNAMES", "PWD", "LANG", "USER", "PATH"}
    kept = {name: value for name, value in case["env"].items() if name not in own}
    assert {name: value for name, value in start.environment.items() if name not in own} == kept
