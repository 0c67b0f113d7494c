"""What holds for every format, and that the page of the formats says what they write."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from dockworthy.cli import main
from dockworthy.report.formats.interface import Writer, own, writer
from dockworthy.results.writer import dumps
from tests.docs.blocks import TOP, blocks
from tests.report.formats.said import PAGE, page
from tests.report.formats.samples import ALL, every, hostile, killed, rehearsed, written
from tests.results_factory import record
from tests.rows import each_of

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

HEAVY = ("duckdb", "prometheus_client", "jinja2", "sarif_pydantic")
PACKED = {"parquet"}


@each_of("name", own())
@each_of("case", ALL)
def test_every_record_can_be_written(name: str, case: str) -> None:
    data = written(name, ALL[case]())
    assert data or (name, case) == ("ocsf", "empty")  # a line a result: none
    if name not in PACKED:
        data.decode()


@each_of("name", sorted(set(own()) - PACKED - {"csv"}))
def test_no_control_character_of_a_name_comes_out(name: str) -> None:
    """In CSV they stand as they are, between quotes."""
    assert not re.search("[\x00-\x08\x0b-\x1f]", written(name, hostile()).decode())


@each_of("name", ["github", "gitlab", "markdown", "oscal", "prometheus", "text"])
def test_nothing_that_is_shown_turns_the_direction_of_writing(name: str) -> None:
    assert not re.search("[\x7f-\x9f\u202a-\u202e\u2066-\u2069]", written(name, hostile()).decode())


@each_of("name", sorted(set(own()) - PACKED))
def test_a_rehearsal_is_told_from_what_is(name: str) -> None:
    assert b"29.3.1" in written(name, rehearsed())


@each_of("name", sorted(set(own()) - PACKED))
def test_a_killed_run_is_another_report_than_a_finished_one(name: str) -> None:
    assert written(name, killed()) != written(name, record(*killed().results))


@each_of("name", own())
def test_the_same_record_is_the_same_report(name: str) -> None:
    assert written(name, every()) == written(name, every())


def test_several_reports_are_written_at_once_and_one_format_twice(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    (tmp_path / "r.json").write_bytes(dumps(every().as_json()))
    asked = [f"{name}={tmp_path / name}" for name in own()] + [f"sarif={tmp_path / 'again'}", "jsonl=-"]
    assert main(["report", str(tmp_path / "r.json"), *(word for one in asked for word in ("--format", one))]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"r.json", "again", *own()}
    assert (tmp_path / "again").read_bytes() == (tmp_path / "sarif").read_bytes()
    assert capsysbinary.readouterr().out == (tmp_path / "jsonl").read_bytes()


def test_a_run_pays_for_no_format_that_it_was_not_asked_for() -> None:
    told = "import sys; from dockworthy.report import parse_report; parse_report('junit'); parse_report('json');"
    done = subprocess.run(
        [sys.executable, "-c", f"{told} print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert loaded.isdisjoint(HEAVY)
    assert {one for one in loaded if one.startswith("dockworthy.report.formats.")} == {
        f"dockworthy.report.formats.{name}" for name in ("interface", "json", "junit")
    }


def test_the_page_says_what_the_formats_write() -> None:
    text = PAGE.read_text("utf-8")
    assert page(text) == text
    first, _, _ = text.partition("<!-- outcomes")
    names = dict(re.findall(r"^\| `(\w+)` \| (?:`(\S+)`|standard output) \|", first, re.MULTILINE))
    assert names == {name: writer(name).file_name or "" for name in own()}


def test_the_page_names_the_validators_that_are_used() -> None:
    used = json.loads((TOP / "tests" / "readers" / "package.json").read_text("utf-8"))["dependencies"]
    text = PAGE.read_text("utf-8")
    assert f"sarif-multitool {used['@microsoft/sarif-multitool-linux']}" in text
    assert f"inspecjs {used['inspecjs']}" in text


def test_the_writer_that_the_page_shows_writes() -> None:
    (block,) = [block for block in blocks(PAGE) if block.file == "tally.py"]
    names: dict[str, type[Writer]] = {}
    exec(block.text, names)  # noqa: S102 - the page's own example
    out = io.BytesIO()
    names["Tally"]().write(every(), out)
    assert out.getvalue() == b"1 failed\n"
