"""A run beside its baseline: what is new fails, what is known remains, another host's baseline is told as such."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from tests.run.conftest import snapshot_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHECK = ("--check", "kernel.fits-release", "--min-decided", "0")


def host(path: Path, name: str) -> str:
    """A host whose kernel is too old, and nothing else."""
    path.write_bytes(
        snapshot_of(
            {
                "cmd:date": b"1795000000 x\n",
                "cmd:hostname": f"{name}\n".encode(),
                "file:/etc/os-release": b'ID=debian\nVERSION_ID="13"\n',
                "cmd:uname": b"Linux\n2.6.32\nx86_64\n#1 SMP\n",
            }
        )
    )
    return f"snapshot:{path}"


def test_an_equal_run_says_that_nothing_is_new_and_what_remains(tmp_path: Path, dockworthy: Callable[..., Any]) -> None:
    target, first = host(tmp_path / "a.snapshot", "web1"), str(tmp_path / "first.json")
    assert dockworthy("check", target, *CHECK, "--results", first).returncode == 1
    done = dockworthy("check", target, *CHECK, "--baseline", first, env={**os.environ, "COLUMNS": "999"})
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == f"NOT WORSE: nothing new since {first}; 1 known finding remains"
    assert done.stderr == ""


def test_another_hosts_baseline_is_told_before_and_in_the_verdict(
    tmp_path: Path, dockworthy: Callable[..., Any]
) -> None:
    first = str(tmp_path / "first.json")
    dockworthy("check", host(tmp_path / "a.snapshot", "web1"), *CHECK, "--results", first)
    target = host(tmp_path / "b.snapshot", "web2")
    done = dockworthy("check", target, *CHECK, "--baseline", first, env={**os.environ, "COLUMNS": "999"})
    told = f"{first} is of web1 and not of web2: there is no host in common, and everything counts as new"
    assert done.returncode == 1
    assert done.stderr == f"dockworthy: --baseline {told}.\n"
    assert told in done.stdout.splitlines()[0]
