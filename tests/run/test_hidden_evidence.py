"""Unknown is never a pass: hiding any part of a real snapshot must not turn a result into ``pass``."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dockworthy.profile.loader import load_profile
from dockworthy.profile.locate import checks_folder
from dockworthy.run.hosts import RunHost
from dockworthy.run.loading import load_checks
from dockworthy.snapshot import Section, Snapshot, parse_snapshot, read_snapshot
from tests.judged import judge_host

if TYPE_CHECKING:
    from collections.abc import Callable

SNAPSHOTS = sorted((Path(__file__).parent.parent / "data" / "snapshots").glob("*.snapshot"))
NOW = datetime(2026, 11, 24, tzinfo=timezone.utc)
CHECKS = list(load_checks(checks_folder()).values())
BASE = load_profile("base", registries=["harbor.example.com"])

Key = tuple[str, "str | None"]


def passes(snapshot: Snapshot) -> set[Key]:
    host = RunHost("host", "snapshot", BASE, snapshot, NOW)
    return {(record["check"], record["param"]) for record in judge_host(host, CHECKS) if record["outcome"] == "pass"}


def without(name: str, snapshot: Snapshot) -> Snapshot:
    sections = {key: section for key, section in snapshot.sections.items() if key != name}
    return replace(snapshot, sections=sections)


def failed(status: int) -> Callable[[str, Snapshot], Snapshot]:
    def change(name: str, snapshot: Snapshot) -> Snapshot:
        return replace(snapshot, sections={**snapshot.sections, name: Section(name, status, b"")})

    return change


def halved(name: str, snapshot: Snapshot) -> Snapshot:
    """The section as a probe that was cut off leaves it: half of it, and no closing line."""
    section = snapshot.sections[name]
    return replace(
        snapshot,
        truncated=True,
        sections={**snapshot.sections, name: Section(name, 124, section.data[: len(section.data) // 2])},
    )


CHANGES: dict[str, Callable[[str, Snapshot], Snapshot]] = {
    "missing": without,
    "permission denied": failed(13),
    "timed out": failed(124),
    "cut off": halved,
}


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize("path", SNAPSHOTS, ids=lambda path: path.stem)
def test_hiding_a_section_makes_no_result_pass(path: Path, change: Callable[[str, Snapshot], Snapshot]) -> None:
    """Each section in turn: what passes with it hidden passed before, under the same name."""
    whole = read_snapshot(path)
    before = passes(whole)
    assert before
    gained = {}
    for name in whole.sections:
        more = passes(change(name, whole)) - before
        if more:
            gained[name] = sorted(more, key=str)
    assert gained == {}


@pytest.mark.slow
@pytest.mark.parametrize("path", SNAPSHOTS, ids=lambda path: path.stem)
def test_a_snapshot_cut_anywhere_makes_no_result_pass(path: Path) -> None:
    data = path.read_bytes()
    before = passes(parse_snapshot(data, "whole"))
    for part in range(1, 40):
        cut = parse_snapshot(data[: max(len(data) * part // 40, 40)], "cut")
        assert cut.truncated
        assert passes(cut) <= before


def test_there_are_recorded_snapshots() -> None:
    assert SNAPSHOTS
