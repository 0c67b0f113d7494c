from __future__ import annotations

import json
import math
import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from dockworthy.errors import UsageError
from dockworthy.results.model import Host, schema
from dockworthy.results.reader import merge, read_results
from dockworthy.results.writer import ResultsWriter
from tests.fulldisk import full_after
from tests.results_factory import HOSTILE_NAMES, RUN, record, result

if TYPE_CHECKING:
    from pathlib import Path

    from dockworthy.results.model import Result

WEB = Host("web1", "ssh://web1", reachable=True, os={"id": "debian", "version_id": "13"}, profile="debian-13")


def written(folder: Path, *results: Result | dict[str, Any], finish: bool = True) -> ResultsWriter:
    writer = ResultsWriter(folder / "results.json", replace(RUN, finished=None))
    writer.host(WEB)
    for item in results:
        writer.result(item)
    if finish:
        writer.finish("2026-11-24T10:00:02Z")
    writer.close()
    return writer


def test_what_is_written_is_valid_and_reads_back(tmp_path: Path) -> None:
    given = (result("fail"), result("pass", param="x"), result("skip", reason="no engine", fix=None))
    writer = written(tmp_path, *given)
    jsonschema.validate(json.loads(writer.path.read_bytes()), dict(schema()))
    for path in (writer.path, writer.lines_path, tmp_path):
        back = read_results(path)
        assert back.results == given
        assert back.hosts == (WEB,)
        assert back.complete
        assert back.run == RUN
        assert back.summary.by_outcome == {"pass": 1, "fail": 1, "error": 0, "skip": 1, "waived": 0, "manual": 0}


def test_the_schema_is_one(tmp_path: Path) -> None:
    jsonschema.Draft202012Validator.check_schema(dict(schema()))
    writer = written(tmp_path, result("fail"))
    whole = json.loads(writer.path.read_bytes())
    whole["results"][0]["outcome"] = "xfail"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(whole, dict(schema()))


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_hostile_names_come_back_or_are_replaced_but_never_break_the_file(tmp_path: Path, name: str) -> None:
    writer = written(tmp_path, result(param=name, observed={name: [name]}, source=name))
    jsonschema.validate(json.loads(writer.path.read_bytes()), dict(schema()))
    (back,) = read_results(writer.path).results
    assert back.param == name.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert writer.lines_path.read_bytes().count(b"\n") == 4


def test_numbers_that_json_has_not_are_words(tmp_path: Path) -> None:
    writer = written(tmp_path, result(observed=[math.nan, math.inf, 1.5]))
    assert read_results(writer.path).results[0].observed == ["nan", "inf", 1.5]


def test_a_killed_run_leaves_its_lines_and_no_whole_record(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text("{}")
    writer = written(tmp_path, result("fail"), result("pass", param="x"), finish=False)
    assert not writer.path.exists()
    with writer.lines_path.open("ab") as lines:
        lines.write(b'{"type":"result","host":"we')
    back = read_results(tmp_path)
    assert [item.outcome for item in back.results] == ["fail", "pass"]
    assert not back.complete
    assert back.run.finished is None


def test_each_line_is_there_as_soon_as_it_is_known(tmp_path: Path) -> None:
    writer = ResultsWriter(tmp_path / "results.json", RUN)
    writer.host(WEB)
    writer.result(result("fail"))
    lines = [json.loads(line) for line in writer.lines_path.read_text().splitlines()]
    writer.close()
    assert [line["type"] for line in lines] == ["run", "host", "result"]


def test_no_partial_file_stays_behind(tmp_path: Path) -> None:
    written(tmp_path, result("fail"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["results.json", "results.jsonl"]


def test_a_place_that_cannot_be_written_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="cannot be made"):
        ResultsWriter(tmp_path / "file" / "results.json", RUN)


@pytest.mark.parametrize("size", [0, 100, 400])
def test_a_disk_that_is_full_at_the_beginning_leaves_the_older_record(tmp_path: Path, size: int) -> None:
    older = written(tmp_path, result("fail"))
    before = older.path.read_bytes(), older.lines_path.read_bytes()
    with full_after(size), pytest.raises(UsageError, match=r"results\.jsonl: cannot be written"):
        ResultsWriter(tmp_path / "results.json", RUN, [WEB])
    assert (older.path.read_bytes(), older.lines_path.read_bytes()) == before
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("size", [1500, 2000, 2500])
def test_a_disk_that_fills_up_keeps_every_line_that_fitted(tmp_path: Path, size: int) -> None:
    writer = ResultsWriter(tmp_path / "results.json", replace(RUN, finished=None), [WEB])
    with full_after(size):
        for number in range(50):
            writer.result(result("fail", param=str(number)))
        with pytest.raises(
            UsageError, match=r"cannot be written further \(.*\); it holds [1-9]\d? of 50 results\."
        ) as raised:
            writer.finish("2026-11-24T10:00:02Z")
    back = read_results(tmp_path)
    assert not back.complete
    assert [item.param for item in back.results] == [str(number) for number in range(len(back.results))]
    assert f"it holds {len(back.results)} of 50" in str(raised.value)
    assert [path.name for path in tmp_path.iterdir()] == ["results.jsonl"]


def test_a_whole_record_for_which_no_room_is_left_leaves_its_lines(tmp_path: Path) -> None:
    writer = ResultsWriter(tmp_path / "results.json", replace(RUN, finished=None), [WEB])
    writer.result(result("fail"))
    with full_after(300), pytest.raises(UsageError, match=r"results\.json"):
        writer.finish("2026-11-24T10:00:02Z")
    assert len(read_results(tmp_path).results) == 1


def test_a_folder_that_was_removed_meanwhile_is_made_again_with_all_that_was_known(tmp_path: Path) -> None:
    writer = ResultsWriter(tmp_path / "run" / "results.json", replace(RUN, finished=None), [WEB])
    writer.result(result("fail", param="early"))
    shutil.rmtree(tmp_path / "run")
    writer.result(result("fail", param="late"))
    assert writer.finish("2026-11-24T10:00:02Z") == tmp_path / "run" / "results.json"
    for name in ("results.json", "results.jsonl"):
        back = read_results(tmp_path / "run" / name)
        assert back.complete
        assert [item.param for item in back.results] == ["early", "late"]


@pytest.mark.parametrize("name", ["results.json", "results.jsonl"])
def test_a_record_replaces_no_fifo_and_no_link(tmp_path: Path, name: str) -> None:
    for make in (os.mkfifo, lambda path: path.symlink_to("/dev/null")):
        make(tmp_path / name)
        before = (tmp_path / name).lstat()
        with pytest.raises(UsageError, match="and is left as it is"):
            ResultsWriter(tmp_path / "results.json", RUN)
        assert (tmp_path / name).lstat() == before
        assert [path.name for path in tmp_path.iterdir()] == [name]
        (tmp_path / name).unlink()


def test_why_a_result_is_undecided_has_a_code(tmp_path: Path) -> None:
    given = result("error", reason="permission denied", reason_code="file-denied", release="26.1.5")
    writer = written(tmp_path, given)
    assert read_results(writer.path).results == (given,)
    whole = json.loads(writer.path.read_bytes())
    jsonschema.validate(whole, dict(schema()))
    whole["results"][0]["reason_code"] = "Not a code"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(whole, dict(schema()))


def test_fields_of_a_later_version_are_left_out(tmp_path: Path) -> None:
    writer = written(tmp_path, result("fail"))
    whole = json.loads(writer.path.read_bytes())
    whole["results"][0]["later"] = whole["run"]["later"] = whole["hosts"][0]["later"] = 1
    writer.path.write_text(json.dumps(whole))
    assert read_results(writer.path).results == (result("fail"),)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "is not a results file"),
        ("[]", 1, "is not a results file"),
        ("{}", 1, "is not a results file"),
        ("dockworthy-snapshot 1 0.1\n", 1, "is not a results file"),
        ('{"results": [],\n "a": }', 2, "is not JSON"),
        ('{"a":' * 100_000, 1, "is not JSON"),
        ('{"results": []}', 1, "has no schema_version"),
        ('{"schema_version": "2", "results": []}', 1, "has schema_version '2'"),
        ('{"schema_version": 1, "results": []}', 1, "has schema_version '1'"),
        ('{"schema_version": "1", "results": []}', 1, "a run is no object"),
        ('{"schema_version": "1", "run": {"id": "r"}, "results": []}', 1, "a run lacks `started`"),
        ('{"type": "host", "schema_version": "1"}\n', 1, "does not begin with a run"),
        ('{"type": "run", "schema_version": "1", "id": "r", "started": "s"}\n[]\n', 2, "is no record"),
        ('{"type": "run", "schema_version": "1", "id": "r", "started": "s"}\n{"type": "result"}\n', 2, "lacks `host`"),
        ('{"type": "run", "schema_version": "1", "id": "r", "started": "s"}\nnonsense\n', 2, "is not JSON"),
    ],
)
def test_another_file_is_refused_with_its_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    path = tmp_path / "results.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=what) as caught:
        read_results(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("outcome", "xfail"),
        ("severity", 3),
        ("host", None),
        ("param", 5),
        ("refs", "x"),
        ("seconds", True),
        ("fix", []),
    ],
)
def test_a_field_of_a_wrong_kind_is_refused_with_the_line_of_its_record(
    tmp_path: Path, field: str, value: object
) -> None:
    writer = written(tmp_path, result("fail", param='},\n{"'), result("pass", param="x"))
    whole = json.loads(writer.path.read_bytes())
    whole["results"][1][field] = value
    writer.path.write_text(json.dumps(whole, indent=1))
    with pytest.raises(UsageError, match=rf"results\[1\] has a `{field}`") as caught:
        read_results(writer.path)
    line = int(str(caught.value).removeprefix(f"{writer.path}:").partition(":")[0])
    assert writer.path.read_text().splitlines()[line - 1].strip() == "{"


def test_a_missing_file_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_results(tmp_path / "results.json")


def test_shards_become_one_record_and_the_later_look_at_a_host_counts() -> None:
    first = record(result("fail", host="a"), result("fail", host="b"))
    second = replace(record(result("pass", host="b")), run=replace(RUN, id="r2", started="2026-11-24T11:00:00Z"))
    merged = merge([second, first])
    assert [(item.host, item.outcome) for item in merged.results] == [("a", "fail"), ("b", "pass")]
    assert [host.name for host in merged.hosts] == ["a", "b"]
    assert merged.summary.by_outcome["fail"] == 1
