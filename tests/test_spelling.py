"""What is suggested for a mistyped name."""

from __future__ import annotations

import pytest

from dockworthy.spelling import meant, near

NAMES = ("check", "schema", "config", "daemon.icc-disabled", "daemon.live-restore", "debian-12", "debian-13")


@pytest.mark.parametrize(
    ("typed", "suggested"),
    [
        ("chek", ["check"]),
        ("CHECK", ["check"]),
        ("debain-12", ["debian-12"]),
        ("debian-1", ["debian-13", "debian-12"]),
        ("icc-disabled", ["daemon.icc-disabled"]),
        ("restore", ["daemon.live-restore"]),  # a part of a name, however long the rest is
        ("zzz", []),
        ("ic", []),  # too short to be a part that says something
        ("", []),
        ("check" * 100_000, []),
    ],
)
def test_the_closest_names_are_suggested_and_no_others(typed: str, suggested: list[str]) -> None:
    assert near(typed, NAMES) == suggested


def test_where_nothing_comes_close_the_other_sentence_is_told() -> None:
    assert meant("chek", NAMES, "see --help.") == "did you mean check?"
    assert meant("debian-1", NAMES) == "did you mean debian-13 or debian-12?"
    assert meant("zzz", NAMES, "see --help.") == "see --help."
