"""What real engines of seven releases did with the same configurations, and what the rebuilding makes of them."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

import dockworthy.facts.engine
from dockworthy.facts.engine import EngineInputs, rebuild
from tests.facts.engine.corpus_host import case_inputs, observed

DATA = Path(__file__).parents[2] / "data" / "engine-config" / "generations.jsonl"
ENGINES = ("20.10.5", "20.10.24", "26.1.5", "27.5.1", "28.5.2", "29.0.1", "29.3.0")


def read() -> list[tuple[dict[str, Any], str, dict[str, Any]]]:
    """Each configuration with a release and what its engine did."""
    configurations = map(json.loads, DATA.read_text(encoding="utf-8").splitlines())
    return [(one, engine, did) for one in configurations for engines, did in one["answers"] for engine in engines]


ANSWERS = read()


def words(text: str) -> list[str]:
    """A message's words, those of lists in any order, as Go's maps have none."""
    return sorted(text.replace(",", " ").split())


@pytest.mark.parametrize(
    ("case", "engine", "did"), ANSWERS, ids=[f"{case['case']}-{engine}-{case['title']}" for case, engine, _ in ANSWERS]
)
def test_each_release_did_so(case: dict[str, Any], engine: str, did: dict[str, Any]) -> None:
    inputs = case_inputs({**case, "engine": engine})
    assert isinstance(inputs, EngineInputs)
    outcome = rebuild(inputs)
    assert outcome.starts is did["starts"]
    assert words(outcome.refusal.text if outcome.refusal else "") == words(did["error"])
    if did["starts"]:
        seen = observed(outcome, inputs, {})
        assert {key: seen.get(key) for key in did["effective"]} == did["effective"]


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
