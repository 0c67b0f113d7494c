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
from dockworthy.results.model import Certificate, Host, Policy, schema
from dockworthy.results.reader import merge, read_results
from dockworthy.results.writer import ResultsWriter, dumps
from tests.fulldisk import full_after
from tests.results_factory import HOSTILE_NAMES, RUN, record, result
from tests.rows import each_of

if TYPE_CHECKING:
    from pathlib import Path

    from dockworthy.results.model import Result

BEGUN = '{"type": "run", "schema_version": "1", "id": "r", "started": "2026-11-24T10:00:00Z"}'
ROOT = Certificate(
    host="web1",
    where="/etc/x.crt",
    used_for="CA",
    subject="CN=a",
    issuer="CN=a",
    sha256="a" * 64,
    not_before="2020-01-01T00:00:00Z",
    not_after="2030-01-01T00:00:00Z",
    issued_by="a" * 64,
)
WAIVER = {
    "check": "daemon.icc-disabled",
    "host": None,
    "param": None,
    "reason": "r",
    "owner": "o",
    "given": None,
    "expires": "2027-01-01T00:00:00Z",
    "covered": 0,
}
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
        (f"{BEGUN}\n[]\n", 2, "is no record"),
        (BEGUN + '\n{"type": "result"}\n', 2, "lacks `host`"),
        (f"{BEGUN}\nnonsense\n", 2, "is not JSON"),
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


def besides(folder: Path) -> ResultsWriter:
    """A record with a result, a certificate, others that are left out, and a waiver."""
    writer = ResultsWriter(folder / "results.json", replace(RUN, finished=None), [WEB])
    writer.certificate(ROOT)
    writer.result(result("fail"))
    writer.left_out("web1", 7)
    writer.policy(Policy([WAIVER], []))
    writer.finish("2026-11-24T10:00:02Z")
    return writer


def test_certificates_and_policy_are_read_back_wherever_they_stand(tmp_path: Path) -> None:
    writer = besides(tmp_path)
    jsonschema.validate(json.loads(writer.path.read_bytes()), dict(schema()))
    for path in (writer.path, writer.lines_path):
        back = read_results(path)
        assert back.certificates == (ROOT,)
        assert back.certificates_left_out == {"web1": 7}
        assert back.policy == Policy([WAIVER], [])
        assert back.results == (result("fail"),)


def test_a_record_of_before_there_were_any_is_read_as_one_that_has_none(tmp_path: Path) -> None:
    writer = besides(tmp_path)
    whole = json.loads(writer.path.read_bytes())
    for name in ("certificates", "certificates_left_out", "policy"):
        del whole[name]
    jsonschema.validate(whole, dict(schema()))
    writer.path.write_text(json.dumps(whole))
    back = read_results(writer.path)
    assert (back.certificates, back.certificates_left_out, back.policy) == ((), {}, Policy())
    assert back.complete


def test_lines_of_a_kind_that_a_later_version_has_are_left_out(tmp_path: Path) -> None:
    writer = besides(tmp_path)
    with writer.lines_path.open("a") as lines:
        lines.write('{"type":"later","host":5}\n')
    assert read_results(writer.lines_path).results == (result("fail"),)


def test_shards_become_one_record_and_the_later_look_at_a_host_counts() -> None:
    first = record(result("fail", host="a"), result("fail", host="b"))
    second = replace(record(result("pass", host="b")), run=replace(RUN, id="r2", started="2026-11-24T11:00:00Z"))
    merged = merge([second, first])
    assert [(item.host, item.outcome) for item in merged.results] == [("a", "fail"), ("b", "pass")]
    assert [host.name for host in merged.hosts] == ["a", "b"]
    assert merged.summary.by_outcome["fail"] == 1


def test_merging_keeps_of_each_host_what_its_later_run_saw_and_counts_what_is_covered() -> None:
    waived = {"reason": "r", "owner": "o", "expires": "2027-01-01T00:00:00Z"}
    of_b = replace(ROOT, host="b")
    early = replace(
        record(result("waived", host="a", waiver=waived), result("waived", host="b", waiver=waived)),
        certificates=(replace(ROOT, host="a"), of_b),
        certificates_left_out={"a": 1, "b": 2},
        policy=Policy([{**WAIVER, "covered": 2}], []),
    )
    late = replace(
        record(result("pass", host="b")),
        run=replace(RUN, id="r2", started="2026-11-24T11:00:00Z"),
        certificates=(replace(of_b, where="/new.crt"),),
        policy=Policy([{**WAIVER, "covered": 0}, {**WAIVER, "reason": "another", "covered": 0}], []),
    )
    merged = merge([late, early])
    assert [(one.host, one.where) for one in merged.certificates] == [("a", "/etc/x.crt"), ("b", "/new.crt")]
    assert merged.certificates_left_out == {"a": 1}
    assert [(one["reason"], one["covered"]) for one in merged.policy.waivers] == [("r", 1), ("another", 0)]


@each_of(
    ("one", "other", "are_two"),
    [
        ("ssh://10.0.0.1", "ssh://10.0.0.2", True),
        ("ssh://a.example.com", "ssh://b.example.com", True),
        ("ssh://root@web1:22", "ssh://web1.example.com", False),
        ("ssh://web1", "snapshot:web1.snapshot", False),
        ("local://", "ssh://web1", False),
    ],
)
def test_two_machines_with_one_name_are_not_merged(one: str, other: str, are_two: bool) -> None:
    records = [replace(record(result("fail"), hosts=(replace(WEB, target=target),))) for target in (one, other)]
    if not are_two:
        assert len(merge(records).hosts) == 1
        return
    with pytest.raises(UsageError, match="two machines with one name"):
        merge(records)
    records[1] = replace(records[1], run=replace(RUN, started="2026-11-26T10:00:00Z"))
    assert len(merge(records).hosts) == 1  # days later it may have moved


def test_hosts_that_come_as_blocks_in_any_order_make_the_same_record(tmp_path: Path) -> None:
    def block(host: str) -> bytes:
        lines: list[dict[str, Any]] = [
            {"type": "host", **Host(host, f"ssh://{host}", reachable=True).as_json()},
            {"type": "result", **result("fail", host=host).as_json()},
            {"type": "result", **result("pass", host=host, param="\r\x85").as_json()},
        ]
        return b"".join(dumps(line) + b"\n" for line in lines)

    records = []
    for order in ([0, 1, 2], [2, 0, 1]):
        with ResultsWriter(tmp_path / f"{order[0]}" / "results.json", RUN) as writer:
            for number in order:
                writer.block(number, block(f"web{number}"), {("medium", "fail"): 1, ("medium", "pass"): 1})
            records.append(writer.finish("2026-11-24T10:00:02Z").read_bytes())
    assert records[0] == records[1]
    read = read_results(tmp_path / "2" / "results.json")
    assert [host.name for host in read.hosts] == ["web0", "web1", "web2"]
    assert [one.host for one in read.results] == ["web0", "web0", "web1", "web1", "web2", "web2"]
    assert read.summary == writer.summary
