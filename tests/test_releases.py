"""Which release a text names, and what is known of each."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dockworthy.facts
from dockworthy.errors import UsageError
from dockworthy.releases import Release, Row, known
from tests.rows import each_of


@each_of(
    ("text", "numbers"),
    [
        ("26.1.5+dfsg1", (26, 1, 5)),
        ("5:29.3.1-1~debian.12~bookworm", (29, 3, 1)),
        ("28.2.2-0ubuntu1~24.04.1", (28, 2, 2)),
        ("docker-v29.7.2", (29, 7, 2)),
        ("18.09.1-ce", (18, 9, 1)),
        ("29.10.0", (29, 10, 0)),
        ("20.10.5+dfsg1-1+deb11u2+b3", (20, 10, 5)),
        ("29.3", (29, 3, 0)),
    ],
)
def test_a_release_is_its_numbers_whatever_a_distribution_adds(text: str, numbers: tuple[int, ...]) -> None:
    found = Release.parse(text)
    assert found.numbers == numbers
    assert found.is_final
    assert found.is_engine


@pytest.mark.parametrize("text", ["29.0.0-rc.1", "29.0.0-beta.2", "5:29.0.0~rc.1-1~debian.12~bookworm", "29.0.0-dev"])
def test_a_pre_release_comes_before_its_release(text: str) -> None:
    found = Release.parse(text)
    assert not found.is_final
    assert Release.parse("28.5.2") < found < Release.parse("29.0.0")


@pytest.mark.parametrize("text", ["29.0.0-rc.1", "29.0.0"])
def test_a_pre_release_has_what_begins_with_its_release_and_takes_nothing_from_it(text: str) -> None:
    """Asked for by itself, as an engine of that release that answers is."""
    rules = known().rules(Release.parse(text))
    assert "log-level" in {row.name for row in rules.settings}  # one row ends with 28.5.2, the next begins with 29.0.0


@each_of("text", ["dev", "library-import", "", "7c4457e", "0.0.0-20260101", "unknown"])
def test_a_build_of_a_commit_is_of_no_known_release(text: str) -> None:
    assert Release.parse(text).numbers == ()


def test_numbers_are_compared_and_not_text() -> None:
    assert Release.parse("29.10.0") > Release.parse("29.9.0")
    assert Release.parse("27.5.1") < Release.parse("27.10.0")
    assert Release.parse("18.09.9") < Release.parse("19.03.0")


def test_podman_is_no_engine_of_any_release() -> None:
    assert not Release.parse("5.4.0", "Podman Engine").is_engine


@pytest.mark.parametrize(
    ("text", "shown", "line"),
    [
        ("26.1.5+dfsg1", "26.1.5", "26.1"),
        ("18.9.1", "18.09.1", "18.09"),
        ("29.0.0-rc.1", "29.0.0-rc.1", "29.0.0-rc.1"),
        ("dev", "dev", "dev"),
    ],
)
def test_a_release_is_shown_as_it_is_called(text: str, shown: str, line: str) -> None:
    found = Release.parse(text)
    assert (str(found), found.line) == (shown, line)


# --- the table ---------------------------------------------------------------------------------------------------


def test_the_table_s_rows_hold_one_by_one() -> None:
    """Of the rows of one name and build, at most one holds for a release, and none is upside down."""
    releases = sorted({end for line in known().lines for end in line})
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in known().rows:
        groups.setdefault((row.kind, row.name, row.build, *(row.within if row.kind == "member" else ())), []).append(
            row
        )
        assert row.since is None or row.until is None or row.since <= row.until, row
    for rows in groups.values():
        for release in releases:
            assert sum(row.holds(release) for row in rows) <= 1, (rows[0].name, str(release))


def test_an_option_is_of_one_key() -> None:
    for _, last in known().lines:
        flags = [row.flag for row in known().rules(last).settings if row.flag]
        assert len(flags) == len(set(flags)), str(last)


@pytest.mark.parametrize(
    ("text", "found"),
    [("29.3", "29.3.1"), ("29", "29.7.2"), ("latest", "29.7.2"), ("18.09", "18.09.9"), ("28.5.2", "28.5.2")],
)
def test_a_release_is_named_by_as_much_of_it_as_one_likes(text: str, found: str) -> None:
    assert str(known().resolve(text)) == found


@each_of(
    ("text", "why"),
    [
        ("29.9", "newer than this table, which ends at 29.7.2"),
        ("30.1.0", "newer than this table"),
        ("17.06", "older than this table, which begins at 18.09.0"),
        ("28.6", "there is no Docker Engine 28.6"),
        ("two", "no release of Docker Engine"),
        ("29.0.0-rc.1", "no release of Docker Engine"),
        ("", "no release of Docker Engine"),
        ("9" * 300, "no release of Docker Engine"),
    ],
)
def test_what_is_no_release_of_the_table_is_one_sentence(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=re.escape(why)) as caught:
        known().resolve(text)
    assert "\n" not in str(caught.value)


def test_a_later_patch_of_a_line_has_its_last_rules() -> None:
    assert known().rules(Release.parse("25.0.18")).holds("oom-score.refused")
    assert known().doubt(Release.parse("25.0.18")) == ""


def test_a_rule_that_no_row_has_is_a_fault_of_ours() -> None:
    with pytest.raises(LookupError):
        known().rules(known().end).holds("no.such-rule")


def test_every_rule_that_is_asked_has_a_row_and_every_row_is_asked() -> None:
    source = Path(dockworthy.facts.__file__).parent
    text = "".join(path.read_text(encoding="utf-8") for path in source.rglob("*.py"))
    asked = set(re.findall(r'holds\(\s*"([a-z0-9.-]+)"', text)) | {"driver.legacy", "driver.devicemapper"}
    rules = {row.name for row in known().rows if row.kind == "rule"}
    assert asked <= rules
    assert rules - asked == set()
