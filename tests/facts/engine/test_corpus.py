"""What a real Docker Engine 26.1.5 did with each configuration, and what the rebuilding makes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dockworthy.facts.engine import EngineInputs, Stage, rebuild, service_start
from tests.facts.engine.corpus_host import (
    assert_each,
    case_inputs,
    inherited_limits,
    observed,
    service_host,
    words,
)

DATA = Path(__file__).parents[2] / "data" / "engine-config"


def read(name: str) -> list[dict[str, Any]]:
    with (DATA / name).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


CASES = read("cases.jsonl")
STARTED = read("started.jsonl")
VALIDATED = read("validated.jsonl")
GROUPS = sorted({case["group"] for case in CASES})
SERVICES = [case for case in CASES if case["group"] == "U" and case["argv"] is not None]


def as_the_engine(case: dict[str, Any]) -> None:
    """It starts as the engine did, with the same in force, or is refused in the same words."""
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


@pytest.mark.parametrize("group", GROUPS)
def test_the_engine_started_so_and_had_this_in_force(group: str) -> None:
    of_it = [(str(case["id"]), case) for case in CASES if case["group"] == group]
    assert_each(as_the_engine, of_it)


def as_its_start(case: dict[str, Any]) -> None:
    """It starts, or is refused, as the engine was."""
    inputs = case_inputs({**case, "env": {}, "config_path": "/etc/docker/daemon.json"})
    assert isinstance(inputs, EngineInputs)
    outcome = rebuild(inputs)
    assert outcome.starts is case["starts"]
    if case["error"]:
        assert outcome.refusal is not None
        assert words(outcome.refusal.text) == words(case["error"])


def test_a_start_ends_as_the_engine_s_own_did() -> None:
    """More starts of the same engine, of settings that are refused only after the configuration was accepted."""
    named = [(f"{case['argv']} {case['daemon_json']}"[:90], case) for case in STARTED]
    assert_each(as_its_start, named)


def as_its_validation(case: dict[str, Any]) -> None:
    """Its command line and file are accepted, or refused in the same words."""
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


def test_the_engine_s_validation_says_the_same() -> None:
    """Generated command lines and files, as ``dockerd --validate`` judged them."""
    numbered = [(str(number), case) for number, case in enumerate(VALIDATED)]
    assert_each(as_its_validation, numbered)


def as_its_process(case: dict[str, Any]) -> None:
    """The rebuilt arguments and variables are those that the process had."""
    start = service_start(service_host(case).view(), specifiers={"H": "dockerhost", "l": "dockerhost"})
    assert list(start.arguments or ()) == case["argv"]
    # what systemd and a shell add of their own is no part of the unit
    own = {"LISTEN_FDS", "LISTEN_FDNAMES", "PWD", "LANG", "USER", "PATH"}
    kept = {name: value for name, value in case["env"].items() if name not in own}
    assert {name: value for name, value in start.environment.items() if name not in own} == kept


def test_systemd_started_the_engine_with_these_words() -> None:
    assert_each(as_its_process, [(str(case["id"]), case) for case in SERVICES])


def test_all_ten_groups_are_there() -> None:
    assert "".join(GROUPS) == "ABCDEFGHIU"
