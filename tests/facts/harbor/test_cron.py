"""The longest time between two moments of a schedule, as Harbor's own parser reads its text."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from dockworthy.facts.harbor.api.cron import longest_gap
from tests.rows import each_of

NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)


@each_of(
    ("cron", "hours"),
    [
        ("0 0 0 * * *", 24),
        ("0 0 */6 * * *", 6),
        ("0 0 * * * *", 1),
        ("0 */5 * * * *", 1 / 12),
        ("* * * * * *", 1 / 60),
        ("0 0 22,2 * * *", 20),
        ("0 0 3 * * 1", 7 * 24),
        ("0 0 3 * * MON-FRI", 3 * 24),
        ("0 0 9-17 * * 1-5", 2 * 24 + 16),
        ("0 0 0 ? * 0,6", 6 * 24),
        ("0 0 0 1 * *", 31 * 24),
        ("0 0 0 1 * 1", 7 * 24),  # the first of the month or a Monday
        ("0 0 0 */2 * 1", 2 * 24),  # a star with a step restricts
        ("0 0 0 */1 * 1", 7 * 24),
        ("0 30 1 1 jan,jul *", 184 * 24),
        ("0 0 0 29 2 *", 1461 * 24),
    ],
)
def test_the_longest_gap(cron: str, hours: float) -> None:
    assert longest_gap(cron, NOW) == timedelta(hours=hours)


def test_a_schedule_that_never_comes_has_a_gap_of_years() -> None:
    found = longest_gap("0 0 0 31 2 *", NOW)
    assert found is not None
    assert found > timedelta(days=8 * 365)


@each_of(
    "cron",
    [
        *("", "0 0 0 * *", "@daily", "0 0 24 * * *", "0 0 0 * * 7", "a b c d e f", "0 0 0 5-1 * *", "0 0 0 * foo *"),
        *("0 0 0/0 * * *", "0 0 0 *-5 * *", "0 0 0 1, * *", "0 0 0 1 * * *", "0 0 0 " + "1," * 9 + "x * *"),
    ],
)
def test_what_harbor_would_not_take_has_none(cron: str) -> None:
    assert longest_gap(cron, NOW) is None
