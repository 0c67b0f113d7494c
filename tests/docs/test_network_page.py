"""What the page says that the checks of this host's fitness were tried against was counted, and is no promise."""

from __future__ import annotations

from dockworthy.report.network import PLACES, STATES
from tests.docs.network_page import (
    BEGIN,
    END,
    PAGE,
    PLAIN_BEGIN,
    PLAIN_END,
    fitness_checks,
    plain_table,
    rows,
    table,
)


def test_each_check_has_passed_and_failed_where_it_was_tried() -> None:
    """Count again with ``python -m tests.docs.network_page made real`` where a check is new."""
    assert [row["check"] for row in rows()] == fitness_checks()
    for row in rows():
        for outcome in ("pass", "fail"):
            assert int(row[f"real_{outcome}"]) + int(row[f"made_{outcome}"]) > 0, (row["check"], outcome)


def test_the_page_has_the_table() -> None:
    """Make it again with ``python -m tests.docs.network_page`` where it has not."""
    text = PAGE.read_text("utf-8")
    assert f"{BEGIN}{table()}{END}" in text
    assert f"{PLAIN_BEGIN}{plain_table()}{PLAIN_END}" in text


def test_the_page_explains_each_station_and_each_mark() -> None:
    text = PAGE.read_text("utf-8")
    for title in PLACES.values():
        assert f"\n| {title} |" in text
    for mark, _ in STATES.values():
        assert f"\n| {mark} |" in text
