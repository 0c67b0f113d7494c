"""A small host to judge, and the command as a user calls it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests import warm

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

OS_RELEASE = b'ID=debian\nVERSION_ID="13"\n'


def frame(name: str, data: bytes, status: int = 0) -> bytes:
    """One section, as the probe frames it."""
    return b"@ %s %d raw %d\n%s\n" % (name.encode(), status, len(data), data)


def snapshot_of(sections: dict[str, bytes]) -> bytes:
    """A whole snapshot with these sections."""
    body = b"".join(frame(name, data) for name, data in sections.items())
    return b"dockworthy-snapshot 1 0.1.0\n" + body + b"@end %d\n" % len(sections)


@pytest.fixture
def small_snapshot(tmp_path: Path) -> Path:
    """A snapshot that knows its operating system and little else."""
    path = tmp_path / "small.snapshot"
    path.write_bytes(
        snapshot_of(
            {
                "cmd:date": b"1795000000 Tue Nov 17 12:26:40 UTC 2026\n",
                "cmd:hostname": b"small\n",
                "file:/etc/os-release": OS_RELEASE,
            }
        )
    )
    return path


@pytest.fixture
def dockworthy(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run the command in an empty folder."""
    folder = tmp_path / "cwd"
    folder.mkdir()

    def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        return warm.run(*arguments, **{"cwd": folder, **options})

    return run
