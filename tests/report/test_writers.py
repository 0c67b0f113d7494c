from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING

import jsonschema
import pytest

from dockworthy.cli import main
from dockworthy.errors import UsageError
from dockworthy.report import parse_report, write_report
from dockworthy.report.changes import as_json, as_lines
from dockworthy.report.formats.interface import own, writer
from dockworthy.results.compare import compare
from dockworthy.results.model import schema
from dockworthy.results.reader import read_results
from tests.fulldisk import full_after
from tests.results_factory import HOSTILE_NAMES, RUN, record, result

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_formats_are_found_by_being_there() -> None:
    assert {"html", "json", "jsonl", "junit", "text"} <= set(own())
    assert [writer(name).name for name in own()] == list(own())


def test_an_unknown_format_names_the_one_that_was_meant_or_those_that_there_are() -> None:
    with pytest.raises(UsageError, match=r"there is no report format 'nunit'; did you mean junit\?"):
        writer("nunit")
    with pytest.raises(UsageError, match=r"there is no report format 'xyz'; there are .*junit"):
        writer("xyz")
    for text in ("", "=x.html"):
        with pytest.raises(UsageError, match=r"--report names no format; there are .*html"):
            parse_report(text)


@pytest.mark.parametrize("name", ["json", "jsonl"])
def test_the_record_as_a_report_reads_back(tmp_path: Path, name: str) -> None:
    given = record(result("fail", param=HOSTILE_NAMES[0]), result("pass"))
    path = write_report(name, given, folder=tmp_path)
    assert path is not None
    back = read_results(path)
    assert (back.run, back.hosts, back.results, back.complete) == (given.run, given.hosts, given.results, True)
    if name == "json":
        jsonschema.validate(json.loads(path.read_bytes()), dict(schema()))


@pytest.mark.parametrize("name", ["json", "jsonl"])
def test_the_record_of_a_killed_run_still_says_so_as_a_report(tmp_path: Path, name: str) -> None:
    killed = replace(record(result("pass")), complete=False, run=replace(RUN, finished=None))
    path = write_report(name, killed, folder=tmp_path)
    assert path is not None
    assert not read_results(path).complete


def test_no_name_breaks_a_line_of_json_for_any_reader(tmp_path: Path) -> None:
    results = record(result("fail", param="a\x85b\u2028c\u2029d\x0be", observed={"é\u2028": "\udc80"}))
    for name in ("jsonl", "ocsf"):
        path = write_report(name, results, tmp_path / name)
        assert path is not None
        assert [
            line for line in path.read_text().splitlines() if not line.startswith("{") or json.loads(line) is None
        ] == []
    assert read_results(tmp_path / "jsonl").results[0].param == "a\x85b\u2028c\u2029d\x0be"


def test_a_report_is_put_in_place_by_rename(tmp_path: Path) -> None:
    (tmp_path / "junit.xml").write_text("old")
    write_report("junit", record(result("fail")), tmp_path / "junit.xml")
    assert [path.name for path in tmp_path.iterdir()] == ["junit.xml"]
    assert (tmp_path / "junit.xml").read_text().startswith("<?xml")


def test_a_place_that_cannot_be_written_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        write_report("junit", record(), tmp_path / "nowhere" / "junit.xml")


def test_without_a_path_a_report_goes_to_standard_output(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert write_report("text", record(result("fail"))) is None
    assert capsysbinary.readouterr().out.startswith(b"NOT COMPLIANT")


def test_a_report_is_named_with_or_without_its_path() -> None:
    assert parse_report("junit") == ("junit", None)
    assert str(parse_report("junit=a=b.xml")[1]) == "a=b.xml"
    for wrong in ("junit=", "nunit=x"):
        with pytest.raises(UsageError):
            parse_report(wrong)


def test_changes_are_told_as_lines_and_as_json() -> None:
    old = record(result("fail", param="gone"), result("fail", param="fixed"), result("pass", param="lost"))
    new = record(
        result("pass", param="fixed"), result("error", param="lost", reason="denied"), result("fail", param="a\nb")
    )
    comparison = compare(old, new)
    lines = list(as_lines(comparison))
    assert lines == [
        "new            medium   web1: daemon.icc-disabled[a\\nb]: x in GET /info is true; it should be false",
        "fixed          medium   web1: daemon.icc-disabled[fixed]",
        "changed        medium   web1: daemon.icc-disabled[lost]: pass → error",
        "disappeared    medium   web1: daemon.icc-disabled[gone]: fail",
        "1 new, 1 fixed, 0 still failing, 1 otherwise changed, 0 appeared, 1 disappeared",
    ]
    told = as_json(comparison)
    assert [item["param"] for item in told["new"]] == ["a\nb"]
    assert told["fixed"][0]["was"] == {"outcome": "fail", "observed": True}
    json.dumps(told)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A record in a file."""
    path = write_report("json", record(result("fail")), tmp_path / "good.json")
    assert path is not None
    return path


@pytest.mark.parametrize(
    "make",
    [
        os.mkfifo,
        lambda path: path.mkdir(),
        lambda path: path.symlink_to("good.json"),
        lambda path: path.symlink_to("nowhere"),
        lambda path: path.symlink_to("/dev/null"),
    ],
)
def test_a_report_replaces_nothing_but_a_regular_file(
    tmp_path: Path, good: Path, capsys: pytest.CaptureFixture[str], make: Callable[[Path], object]
) -> None:
    place = tmp_path / "place"
    make(place)
    before, data = place.lstat(), good.read_bytes()
    assert main(["report", str(good), "--format", f"junit={place}"]) == 4
    said = capsys.readouterr().err
    assert f"--format junit={place}: is a" in said
    assert len(said.splitlines()) == 1
    assert place.lstat() == before
    assert good.read_bytes() == data
    assert {path.name for path in tmp_path.iterdir()} == {"good.json", "place"}


@pytest.mark.parametrize("place", ["/dev/null", "/proc/none/x", "no/such\0name", "good.json/below"])
def test_a_place_where_no_report_can_be_is_one_sentence(
    good: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.chdir(good.parent)
    assert main(["report", str(good), "--format", f"junit={place}"]) == 4
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert "junit=" in said


def test_who_reads_a_report_while_it_is_replaced_reads_the_one_that_was_there(tmp_path: Path, good: Path) -> None:
    place = tmp_path / "metrics"
    main(["report", str(good), "--format", f"json={place}"])
    before = place.read_bytes()
    write_report("json", record(result("pass"), result("pass", param="x")), good)
    with place.open("rb") as reader:
        beginning = reader.read(10)
        assert main(["report", str(good), "--format", f"json={place}"]) == 0
        assert beginning + reader.read() == before
    assert place.read_bytes() != before


def test_a_disk_that_is_full_leaves_every_report_as_it_was(
    tmp_path: Path, good: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text("kept")
    with full_after(200):
        assert main(["report", str(good), "--format", f"json={tmp_path}/a", "--format", f"junit={tmp_path}/b"]) == 4
    assert "cannot be written (File too large)" in capsys.readouterr().err
    assert {path.name: path.read_text() for path in tmp_path.iterdir() if path != good} == {"a": "kept", "b": "kept"}


def test_the_summary_of_a_killed_run_gives_no_verdict(tmp_path: Path) -> None:
    killed = replace(record(result("pass")), complete=False, run=replace(RUN, finished=None))
    path = write_report("text", killed, folder=tmp_path)
    assert path is not None
    assert path.read_text().startswith("INCONCLUSIVE: no finding at or above low, but the run did not")
