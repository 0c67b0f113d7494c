from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar

import jsonschema
import pytest

from dockworthy.errors import UsageError
from dockworthy.report import parse_report, write_report
from dockworthy.report.changes import as_json, as_lines
from dockworthy.report.formats.interface import Writer, names, writer
from dockworthy.results.compare import compare
from dockworthy.results.model import schema
from dockworthy.results.reader import read_results
from tests.results_factory import HOSTILE_NAMES, record, result

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from dockworthy.results.model import Results


def test_formats_are_found_by_being_there() -> None:
    assert {"json", "jsonl", "junit", "text"} <= set(names())


def test_an_unknown_format_names_the_one_that_was_meant_or_those_that_there_are() -> None:
    with pytest.raises(UsageError, match=r"there is no report format 'nunit'; did you mean junit\?"):
        writer("nunit")
    with pytest.raises(UsageError, match=r"there is no report format 'xyz'; there are .*junit"):
        writer("xyz")


def test_two_writers_cannot_have_one_name() -> None:
    writer("junit")
    with pytest.raises(TypeError, match=r"written by dockworthy\.report\.formats\.junit already"):

        class Second(Writer):
            name: ClassVar[str] = "junit"
            file_name: ClassVar[str] = "x"

            def write(self, results: Results, out: BinaryIO) -> None:
                """Nothing."""


@pytest.mark.parametrize("name", ["json", "jsonl"])
def test_the_record_as_a_report_reads_back(tmp_path: Path, name: str) -> None:
    given = record(result("fail", param=HOSTILE_NAMES[0]), result("pass"))
    path = write_report(name, given, folder=tmp_path)
    assert path is not None
    back = read_results(path)
    assert (back.run, back.hosts, back.results, back.complete) == (given.run, given.hosts, given.results, True)
    if name == "json":
        jsonschema.validate(json.loads(path.read_bytes()), dict(schema()))


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
        "new            medium   web1: daemon.icc-disabled[a\\nb]: observed true, expected false (GET /info: x)",
        "fixed          medium   web1: daemon.icc-disabled[fixed]",
        "changed        medium   web1: daemon.icc-disabled[lost]: pass → error",
        "disappeared    medium   web1: daemon.icc-disabled[gone]: fail",
        "1 new, 1 fixed, 0 still failing, 1 otherwise changed, 0 appeared, 1 disappeared",
    ]
    told = as_json(comparison)
    assert [item["param"] for item in told["new"]] == ["a\nb"]
    assert told["fixed"][0]["was"] == {"outcome": "fail", "observed": True}
    json.dumps(told)
