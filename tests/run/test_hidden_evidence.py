"""Unknown is never a pass: hiding any part of a real snapshot must not turn a result into ``pass``."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dockworthy.profile.loader import load_profile
from dockworthy.profile.locate import checks_folder
from dockworthy.run.hosts import RunHost
from dockworthy.run.judging import asked_of_host, judgement_of
from dockworthy.run.loading import load_checks
from dockworthy.snapshot import Section, Snapshot, parse_snapshot, read_snapshot
from tests.judged import Judged

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from dockworthy.check import Check, Judgement
    from dockworthy.facts.facts import Facts

DATA = Path(__file__).parent.parent / "data"
SNAPSHOTS = [*sorted((DATA / "snapshots").glob("*.snapshot")), DATA / "network" / "well.snapshot"]
NOW = datetime(2026, 11, 24, tzinfo=timezone.utc)
CHECKS = list(load_checks(checks_folder()).values())
ALL = [check.id for check in CHECKS]
BASE = load_profile("base", registries=["harbor.example.com"])

Key = tuple[str, "str | None"]
Said = list[tuple[Key, "Judgement"]]


def host(snapshot: Snapshot) -> RunHost:
    return RunHost("host", "snapshot", BASE, snapshot, NOW)


def judgements(asked: RunHost, definitions: Iterable[Check], besides: Collection[Key] = ()) -> Said:
    """What a run says of the host; of the instances besides these."""
    return [
        ((definition.id, given[0]), judgement_of(definition, asked, given, arguments))
        for definition, given, arguments in asked_of_host(asked, definitions, besides)
    ]


def judged(snapshot: Snapshot, near: Judged[Said] | None = None, besides: Collection[Key] = ()) -> Judged[Said]:
    """The host judged; only where it differs, if there is one of which the rest is known, and besides these."""
    asked = host(snapshot)

    def question(definition: Check) -> Callable[[Facts], Said]:
        return lambda facts: judgements(asked.of(facts), [definition], besides)

    return Judged(snapshot, NOW, {definition.id: question(definition) for definition in CHECKS}, near)


@cache
def recorded(path: Path, *, truncated: bool = False) -> tuple[Snapshot, Judged[Said]]:
    """A recorded snapshot and the host judged by it, or by it as if the probe had not got to its end."""
    whole = read_snapshot(path)
    assert not whole.truncated
    whole = replace(whole, truncated=truncated)
    return whole, judged(whole)


def passes(known: Judged[Said], ids: Iterable[str] = ALL) -> set[Key]:
    return {key for name in ids for key, judgement in known.said[name] if judgement.outcome == "pass"}


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


def another(name: str, snapshot: Snapshot) -> Snapshot:
    """The section with another first byte."""
    section = snapshot.sections[name]
    data = bytes(byte ^ 1 for byte in section.data[:1]) + section.data[1:]
    return replace(snapshot, sections={**snapshot.sections, name: replace(section, data=data)})


CHANGES: dict[str, Callable[[str, Snapshot], Snapshot]] = {
    "missing": without,
    "permission denied": failed(13),
    "timed out": failed(124),
    "cut off": halved,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize("path", SNAPSHOTS, ids=lambda path: path.stem)
def test_hiding_a_section_makes_no_result_pass(path: Path, change: Callable[[str, Snapshot], Snapshot]) -> None:
    """Each section in turn: what passes with it hidden passed before, under the same name.

    So of what passed before it is not asked again whether it still does.
    """
    whole, base = recorded(path)
    before = passes(base)
    assert before
    _, near = recorded(path, truncated=True) if change is halved else (whole, base)
    assert passes(near) <= before
    gained = {}
    for name in whole.sections:
        after = judged(change(name, whole), near, before)
        more = passes(after, after.again) - before
        if more:
            gained[name] = sorted(more, key=str)
    assert gained == {}


@pytest.mark.parametrize("path", SNAPSHOTS, ids=lambda path: path.stem)
def test_a_snapshot_cut_anywhere_makes_no_result_pass(path: Path) -> None:
    data = path.read_bytes()
    before = passes(recorded(path)[1])
    near = None
    for part in range(1, 40):
        cut = parse_snapshot(data[: max(len(data) * part // 40, 40)], "cut")
        assert cut.truncated
        near = judged(cut, near)
        assert passes(near) <= before


@pytest.mark.parametrize("path", SNAPSHOTS, ids=lambda path: path.stem)
def test_what_was_judged_once_is_as_if_judged_anew_where_nothing_that_it_read_differs(path: Path) -> None:
    """Every sixth section, and on the next host another: hidden, cut off, or with another first byte."""
    whole, base = recorded(path)
    _, cut = recorded(path, truncated=True)
    taken = 0
    ways = cycle((without, halved, another))
    for name, change in zip(list(whole.sections)[SNAPSHOTS.index(path) :: 6], ways, strict=False):
        changed = change(name, whole)
        after = judged(changed, cut if changed.truncated else base)
        said = [item for definition in CHECKS for item in after.said[definition.id]]
        assert said == judgements(host(changed), CHECKS), (name, change)
        taken += len(CHECKS) - len(after.again)
    assert taken > 100


def test_there_are_recorded_snapshots() -> None:
    assert SNAPSHOTS
