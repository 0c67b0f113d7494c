"""Annotations and the job's summary, as the runner of GitHub Actions reads them."""

from __future__ import annotations

import os
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from dockworthy.cli import main
from dockworthy.errors import UsageError
from dockworthy.report import parse_report, write_report
from dockworthy.results.model import Host
from dockworthy.results.writer import dumps
from tests.report.formats.samples import ALL, every, fleet, killed, of, rehearsed, written
from tests.results_factory import record

if TYPE_CHECKING:
    from pathlib import Path

    from dockworthy.results.model import Results

COMMAND = re.compile(r"::(error|warning|notice) (?:([^:]*))::(.*)")
MIB = 1024 * 1024


def told(results: Results) -> list[tuple[str, dict[str, str], str]]:
    """Level, properties and message of each, unescaped as the runner does."""
    found = []
    for line in written("github", results).decode().split("\n")[:-1]:
        match = COMMAND.fullmatch(line)
        assert match, line
        given = dict(part.split("=", 1) for part in match[2].split(","))
        for text, character in (("%2C", ","), ("%3A", ":"), ("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
            given = {name: value.replace(text, character) for name, value in given.items()}
        message = match[3].replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
        found.append((match[1], given, message))
    return found


@pytest.fixture(autouse=True)
def _no_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)


@pytest.mark.parametrize("name", ALL)
def test_every_line_is_one_command_with_known_properties(name: str) -> None:
    found = told(ALL[name]())
    assert found
    assert {key for _, given, _ in found for key in given} <= {"title", "file", "line"}
    assert max(Counter(level for level, *_ in found).values()) <= 10


def test_levels_follow_severities_and_only_findings_and_what_is_undecided_are_problems() -> None:
    found = told(every())
    assert [(level, given["title"]) for level, given, _ in found] == [
        ("warning", "2 results could not be decided"),
        ("warning", "medium: The title of fail"),
        ("notice", "dockworthy: Not compliant"),
        ("notice", "1 result to be attested by a person"),
    ]
    assert not any("waived" in message or "daemon.pass" in message for *_, message in found)
    severities = ("critical", "high", "medium", "low", "info")
    levels = [told(record(of("fail", severity=one, title=one))) for one in severities]
    assert [
        [level for level, given, _ in found if severity in given["title"]]
        for severity, found in zip(severities, levels, strict=True)
    ] == [["error"], ["error"], ["warning"], ["warning"], ["notice"]]


def test_a_finding_stands_on_the_line_where_the_host_is_named() -> None:
    host = Host("web1", "ssh://web1", reachable=True, named_at="prod.ini:7")
    (finding,) = [given for level, given, _ in told(record(of("fail"), hosts=(host,))) if level == "warning"]
    assert (finding["file"], finding["line"]) == ("prod.ini", "7")


def test_each_check_comes_once_before_any_comes_twice() -> None:
    many = [of("fail", check="a.many", param=str(number), severity="high") for number in range(30)]
    found = [
        message
        for level, _, message in told(record(*many, of("fail", check="b.one", severity="high")))
        if level == "error"
    ]
    assert len(found) == 10
    assert found[0].startswith("a.many[0]: ")
    assert "And so in 29 more places." in found[0]
    assert found[1].startswith("b.one: ")
    assert found[2].startswith("a.many[1]: ")


def test_a_run_without_a_verdict_is_a_warning() -> None:
    ((level, given, message),) = told(killed())
    assert (level, given["title"]) == ("warning", "dockworthy: Inconclusive")
    assert message.startswith("no finding at or above low, but the run did not come to its end.")
    assert any("a rehearsal with engine 29.3.1" in message for *_, message in told(rehearsed()))


def test_the_summary_is_appended_and_stays_below_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = tmp_path / "summary"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    summary.write_text("# Before\n")
    write_report("github", fleet(4, 30), tmp_path / "annotations")
    assert summary.read_text().startswith("# Before\n# Not compliant: ")
    summary.write_bytes(b"x" * (MIB - 20_000))
    write_report("github", fleet(4, 300), tmp_path / "annotations")
    assert MIB - 20_000 < summary.stat().st_size < MIB
    full = b"x" * (MIB - 100)
    summary.write_bytes(full)
    write_report("github", fleet(4, 30), tmp_path / "annotations")
    assert summary.read_bytes() == full


@pytest.mark.parametrize("value", [None, ""])
def test_without_a_summary_there_are_annotations_alone(
    value: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    if value is not None:
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", value)
    write_report("github", every(), folder=tmp_path)
    assert capsys.readouterr().out.startswith("::")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["folder", "fifo", "file/x", "missing/x"])
def test_a_summary_that_cannot_be_written_is_one_sentence_before_anything_is_looked_at(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "fifo")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", f"{tmp_path}/{place}")
    with pytest.raises(UsageError, match="GITHUB_STEP_SUMMARY="):
        parse_report("github")
    (tmp_path / "r.json").write_bytes(dumps(every().as_json()))
    assert main(["report", str(tmp_path / "r.json"), "--format", "github"]) == 4
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
