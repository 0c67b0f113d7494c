"""Recorded set-ups: what the real engine, its containerd image store and ``ctr`` answered, class and words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dockworthy.hosttree.entry import User
from dockworthy.trust.advice.fix import explain
from dockworthy.trust.generations import Store
from dockworthy.trust.verdict import judge
from tests.certsd_case import to_case
from tests.replay_certsd import judge_case, main, recorded_class, same_words
from tests.rows import each_of

DATA = Path(__file__).parent.parent / "data" / "trust"
FILE = DATA / "certsd.jsonl"
CASES: list[dict[str, Any]] = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
ANSWERS = [
    pytest.param(case, key, id=f"{case['id']}-{key}")
    for case in CASES
    for key, answer in case["verdicts"].items()
    if answer.get("class") and key != "pull-nodac"
]
# The name server of the recording, and a connection that was reset where we say 400.
_OTHER_WORDS = {"name-unknown", "mirror-ca-in-dockerio", "loop-mtls"}


@each_of(("case", "key"), ANSWERS)
def test_the_class_and_the_words_are_the_engines(case: dict[str, Any], key: str) -> None:
    cls, words = judge_case(case, key)
    real = case["verdicts"][key]
    assert cls == real["class"]
    if case["id"] not in _OTHER_WORDS:
        assert same_words(real["error"], words), (real["error"], words)


def _released() -> list[Any]:
    """What other releases answered where 26.1.5 says something else, each answer a case in the format of the others."""
    found = []
    for line in (DATA / "generations.jsonl").read_text("utf-8").splitlines():
        case = json.loads(line)
        for answer in case.pop("answers"):
            key = {"graph": "pull", "containerd": "pull-ctrd"}[answer["store"]]
            whole = {**case, "versions": answer["versions"], "now": answer["now"], "verdicts": {key: answer}}
            found.append(pytest.param(whole, key, id=f"{case['id']}-{answer['versions']['engine']}-{key}"))
    return found


@each_of(("case", "key"), _released())
def test_every_release_is_judged_by_its_own_rules(case: dict[str, Any], key: str) -> None:
    cls, words = judge_case(case, key)
    real = case["verdicts"][key]
    assert recorded_class(cls, key) == real["class"]
    if case["id"] not in _OTHER_WORDS:
        assert same_words(real["error"], words), (real["error"], words)


@pytest.mark.parametrize("name", ["crt-unreadable-root", "pair-key-000"])
def test_root_without_its_capability_is_held_to_the_modes(name: str) -> None:
    case = next(case for case in CASES if case["id"] == name)
    verdict = judge(to_case(case, Store.GRAPH, User(override=False)))
    real = case["verdicts"]["pull-nodac"]
    assert verdict.verdict == real["class"] == "permission"
    assert same_words(real["error"], verdict.message)
    assert explain(verdict).fix.rpartition("\n")[2].startswith("chmod ")


def test_the_replay_prints_one_line_a_case_and_the_count(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(FILE)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"{len(CASES)} of {len(CASES)} agree"
    assert json.loads(lines[0]).keys() >= {"id", "real", "ours"}


def test_a_case_without_a_class_does_not_count(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = {**CASES[0], "verdicts": {"pull": {"verdict": "ok"}}}
    (tmp_path / "one.jsonl").write_text(json.dumps(case))
    assert main([str(tmp_path)]) == 0
    assert capsys.readouterr().out == "0 of 0 agree\n"
