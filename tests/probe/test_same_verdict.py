"""The engine is judged from what the probe carries as it would be from the files themselves."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.facts.engine import EngineInputs, EngineOutcome, rebuild
from dockworthy.masking import HIDDEN
from tests.facts.engine.corpus_host import case_inputs
from tests.probe.carrying import carried

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).parents[1] / "data" / "engine-config"
TEST_FILE = "/etc/docker/test.json"
# Values that are free text, of which only the shape is told.
FREE = frozenset(
    ("exec-opts", "labels", "log-opts", "node-generic-resources", "runtimes", "storage-opts", "default-network-opts")
)


def read(name: str) -> list[dict[str, Any]]:
    with (DATA / name).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def cases() -> list[dict[str, Any]]:
    """The cases of the three files in the form of the first; of the long ones some."""
    found = read("cases.jsonl")
    found += [{**case, "env": {}, "config_path": "/etc/docker/daemon.json"} for case in read("started.jsonl")[::2]]
    for case in read("validated.jsonl")[::3]:
        file = {"path": TEST_FILE, "type": "file", "base64": case["file"]}
        argv = ["--validate", "--config-file", TEST_FILE, *case["argv"]]
        found.append({"argv": argv, "env": {}, "daemon_json": None, "layout": [file]})
    return found


CASES = cases()


def _data(item: dict[str, Any]) -> bytes:
    return base64.b64decode(item["base64"]) if item.get("base64") else (item.get("text") or "").encode()


def _reader(path: str) -> str:
    if path.endswith(".json"):
        return "filter_json"
    is_unit = path.endswith((".service", ".socket", ".conf"))
    return "filter_unit" if is_unit else "filter_environment_file"


def texts(case: dict[str, Any]) -> Iterator[tuple[str, int, str, bytes]]:
    """Where in a case a text stands that the probe would carry, and by which reader."""
    if case.get("daemon_json_base64"):
        yield "daemon_json_base64", 0, "filter_json", base64.b64decode(case["daemon_json_base64"])
    elif case["daemon_json"] is not None:
        yield "daemon_json", 0, "filter_json", case["daemon_json"].encode("utf-8", "surrogatepass")
    for key in ("unit_files", "layout"):
        for number, item in enumerate(case.get(key) or []):
            is_text = item.get("type", "file") == "file" and not item.get("target") and "copy_of" not in item
            if is_text and (key == "unit_files" or item["path"].endswith(".json")):
                yield key, number, _reader(item["path"]), _data(item)
    if case["argv"] is not None and not case.get("unit_files"):
        words = "".join(f"{word.replace(chr(10), chr(4))}\n" for word in ["dockerd", *case["argv"]])
        variables = "".join(f"{name}={value}\n" for name, value in case["env"].items())
        yield "argv", 0, "filter_arguments", f"{words}\3\n{variables}".encode("utf-8", "surrogateescape")


def put(case: dict[str, Any], key: str, number: int, told: bytes) -> None:
    if key.startswith("daemon_json"):
        case["daemon_json"], case["daemon_json_base64"] = "", base64.b64encode(told).decode()
    elif key == "argv":
        words, _, variables = told.decode("utf-8", "surrogateescape").partition("\3\n")
        case["argv"] = [word.replace("\4", "\n") for word in words.split("\n")[1:-1]]
        case["env"] = dict(line.split("=", 1) for line in variables.splitlines())
    else:
        case[key][number].pop("text", None)
        case[key][number]["base64"] = base64.b64encode(told).decode()


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[dict[str, Any], Any, Any]]:
    """Each case with what its own files come to, and what the carried ones do."""
    places = [(number, *text) for number, case in enumerate(CASES) for text in texts(case)]
    jobs = list(dict.fromkeys((reader, data) for _, _, _, reader, data in places))
    told = dict(zip(jobs, carried(jobs, tmp_path_factory.mktemp("carried")), strict=True))
    copies = json.loads(json.dumps(CASES))
    for number, key, index, reader, data in places:
        put(copies[number], key, index, told[reader, data])
    return [(case, _come_to(case), _come_to(copy)) for case, copy in zip(CASES, copies, strict=True)]


def _come_to(case: dict[str, Any]) -> Any:
    inputs = case_inputs(case)
    return rebuild(inputs) if isinstance(inputs, EngineInputs) else inputs


def test_a_start_that_is_decided_is_decided_in_the_same_way(judged: list[tuple[dict[str, Any], Any, Any]]) -> None:
    hidden = 0
    for case, before, after in judged:
        if not isinstance(before, EngineOutcome) or not isinstance(after, EngineOutcome):
            assert before == after, case
        elif after.starts is None and before.starts is not None:
            assert any(reason.startswith("the value of ") for reason in after.undecided), case
            hidden += 1
        else:
            assert after.starts == before.starts, (case, before.refusal, after.refusal, after.undecided)
            stages = [one.refusal.stage if one.refusal else None for one in (before, after)]
            assert stages[0] == stages[1], (case, before.refusal, after.refusal)
    assert hidden < len(judged) / 20


def test_a_setting_that_is_known_is_the_same(judged: list[tuple[dict[str, Any], Any, Any]]) -> None:
    compared = 0
    for case, before, after in judged:
        if not isinstance(before, EngineOutcome) or not isinstance(after, EngineOutcome):
            continue
        if before.starts != after.starts:
            continue
        for key in before.settings.keys() & after.settings.keys():
            ours, theirs = after.settings[key], before.settings[key]
            if not ours.is_known or not theirs.is_known or (key in FREE and HIDDEN in str(ours.value)):
                continue
            compared += 1
            assert ours.value == theirs.value or HIDDEN in str(ours.value), (case, key, theirs, ours)
    assert compared > 20_000
