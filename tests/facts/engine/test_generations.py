"""What real engines of seven releases did with the same configurations, and what the rebuilding makes of them."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import dockworthy.facts.engine
from dockworthy.facts.engine import EngineInputs, Stage, rebuild
from tests.facts.engine.corpus_host import assert_each, case_inputs, observed, words

DATA = Path(__file__).parents[2] / "data" / "engine-config"
NOBODY = 65534
ENGINES = ("20.10.5", "20.10.24", "26.1.5", "27.5.1", "28.5.2", "29.0.1", "29.3.0")


def read(name: str) -> list[tuple[dict[str, Any], str, Any]]:
    """Each configuration with a release and what its engine did or said."""
    configurations = map(json.loads, (DATA / name).read_text(encoding="utf-8").splitlines())
    return [(one, engine, did) for one in configurations for engines, did in one["answers"] for engine in engines]


ANSWERS = read("generations.jsonl")
VALIDATED = read("validated-releases.jsonl")


def as_its_start(answer: tuple[dict[str, Any], str, dict[str, Any]]) -> None:
    """It starts as that release did, with the same in force, or is refused in the same words."""
    case, engine, did = answer
    inputs = case_inputs({**case, "engine": engine})
    assert isinstance(inputs, EngineInputs)
    outcome = rebuild(inputs)
    assert outcome.starts is did["starts"]
    assert words(outcome.refusal.text if outcome.refusal else "") == words(did["error"])
    if did["starts"]:
        seen = observed(outcome, inputs, {})
        assert {key: seen.get(key) for key in did["effective"]} == did["effective"]


@pytest.mark.parametrize("engine", ENGINES)
def test_each_release_did_so(engine: str) -> None:
    of_it = [(f"{answer[0]['case']}-{answer[0]['title']}", answer) for answer in ANSWERS if answer[1] == engine]
    assert_each(as_its_start, of_it)


def as_its_validation(answer: tuple[dict[str, Any], str, str]) -> None:
    """As ``dockerd --validate`` judged it, and before that came an engine without root, which says so at last."""
    case, engine, said = answer
    path = "/etc/docker/test.json"
    file = {"path": path, "type": "file", "base64": case["file"]}
    rootless = engine.startswith("20.10")
    argv = [*([] if rootless else ["--validate"]), "--config-file", path, *case["argv"]]
    layout = {"argv": argv, "env": case["env"], "daemon_json": None, "layout": [file], "engine": engine}
    inputs = case_inputs(layout)
    assert isinstance(inputs, EngineInputs)
    refusal = rebuild(replace(inputs, uid=NOBODY if rootless else 0)).refusal
    assert refusal is not None
    accepted = "needs to be started with root" in refusal.text if rootless else refusal.stage == Stage.NOT_A_START
    assert accepted is not bool(said)
    assert accepted or words(refusal.text) == words(said.replace("FILE", path))


@pytest.mark.parametrize("engine", sorted({engine for _, engine, _ in VALIDATED}))
def test_each_release_says_so_of_a_command_line_and_a_file(engine: str) -> None:
    of_it = [(str(number), answer) for number, answer in enumerate(VALIDATED) if answer[1] == engine]
    assert_each(as_its_validation, of_it)


def test_all_seven_are_there() -> None:
    assert {engine for _, engine, _ in ANSWERS} == set(ENGINES)


def test_no_rule_of_the_engine_compares_releases_itself() -> None:
    """What differs by release is asked by a rule's name, so that a new release is new rows of the table alone."""
    modules = set(Path(dockworthy.facts.engine.__file__).parent.glob("*.py"))
    found = [
        f"{path.name}:{node.lineno}"
        for path in modules
        if path.name != "escapes.py"  # which compares versions of packages
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Compare)
        and any(isinstance(sign, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for sign in node.ops)
        and any(isinstance(part, ast.Attribute) and part.attr in {"numbers", "release"} for part in ast.walk(node))
    ]
    assert found == []
