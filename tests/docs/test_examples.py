"""What the pages show can be copied: checks are judged, transcripts come out as printed."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from runpy import run_path
from typing import TYPE_CHECKING

import pytest

from dockworthy.profile.loader import load_profile
from dockworthy.run.hosts import RunHost
from dockworthy.run.judging import judge_host
from dockworthy.run.loading import Catalogue, import_check_file
from dockworthy.snapshot import read_snapshot
from tests.docs.blocks import PAGES, TOP, Block, all_blocks
from tests.rows import each_of

if TYPE_CHECKING:
    from pathlib import Path

SNAPSHOT = TOP / "tests" / "data" / "snapshots" / "debian-13.snapshot"
NOW = datetime(2026, 11, 24, tzinfo=timezone.utc)
CHECKS = [block for block in all_blocks("python") if "@check(" in block.text]
MAKER = run_path(str(TOP / "docs" / "transcripts.py"))
TRANSCRIPTS = [block for page in PAGES for block in MAKER["transcripts"](page)]
# dockworthy.yaml and its like are files, dockworthy.reports is an entry point.
_NONE = r"ya?ml|service|timer|html|sarif|prom|bash|fish|zsh|reports"
_MODULE = re.compile(rf"(?<![-.\w])\bdockworthy(?!\.(?:{_NONE})\b)(?:\.[a-z_0-9]+)+")


def test_there_are_examples_to_try() -> None:
    assert {block.page for block in CHECKS} >= {"README.md", "CONTRIBUTING.md", "docs/writing-checks.md"}
    assert TRANSCRIPTS


@pytest.mark.parametrize("block", CHECKS, ids=lambda block: block.id)
def test_a_check_that_is_shown_can_be_copied_and_judges(block: Block, tmp_path: Path) -> None:
    """Word for word, in an empty folder: it loads, and no result says that the check broke."""
    file = tmp_path / block.file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(block.text, "utf-8")
    catalogue = Catalogue()
    catalogue.take_in(import_check_file(file))
    assert catalogue.checks
    host = RunHost("host", "snapshot", load_profile("base"), read_snapshot(SNAPSHOT), NOW)
    host.declare(catalogue.facts)
    for definition in catalogue.checks.values():
        records = list(judge_host(host, [definition]))
        assert records
        assert [record["outcome"] for record in records if "broke" in (record["reason"] or "")] == []
        assert {record["outcome"] for record in records} <= {"pass", "fail", "skip", "manual"}


@pytest.mark.parametrize("block", TRANSCRIPTS, ids=lambda block: block.id)
def test_a_transcript_comes_out_as_it_is_printed(block: Block, tmp_path: Path) -> None:
    """Each command is run where the page's files lie, and prints what the page says."""
    told = MAKER["as_on_the_page"](block, MAKER["printed"](block, tmp_path))
    assert told.splitlines() == block.text.splitlines(), "python docs/transcripts.py prints it anew"


@each_of("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_only_modules_that_exist(page: Path) -> None:
    source = TOP / "src"
    for name in sorted(set(_MODULE.findall(page.read_text("utf-8")))):
        parts = name.split(".")
        module = source.joinpath(*parts)
        holder = source.joinpath(*parts[:-1])
        owner = holder.with_suffix(".py") if holder.with_suffix(".py").is_file() else holder / "__init__.py"
        exists = module.is_dir() or module.with_suffix(".py").is_file()
        assert exists or (owner.is_file() and parts[-1] in owner.read_text("utf-8")), name


@each_of("page", PAGES, ids=lambda page: page.name)
def test_a_link_of_a_page_leads_to_a_file(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target
