"""When a snapshot is whole, and what counts of it."""

from __future__ import annotations

import pytest

from dockworthy.snapshot import parse_snapshot
from tests.run.conftest import frame

HEAD = b"dockworthy-snapshot 1 0.1.0\n"
TWO = frame("file:/a", b"first") + frame("file:/a", b"second")


def test_a_file_that_two_parts_of_the_probe_looked_at_is_no_broken_snapshot() -> None:
    snapshot = parse_snapshot(HEAD + TWO + b"@end 2\n", "twice")
    assert not snapshot.truncated
    assert snapshot["file:/a"].data == b"second"


@pytest.mark.parametrize("end", [b"", b"@end 1\n", b"@end 3\n"])
def test_a_snapshot_with_another_number_of_frames_than_it_says_is_broken_off(end: bytes) -> None:
    assert parse_snapshot(HEAD + TWO + end, "cut").truncated
