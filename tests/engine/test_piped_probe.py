"""``dockworthy probe | sh > host.snapshot``, judged with ``snapshot:``, says what judging the host directly says."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.harness import Engine

SHELLS = {"dash": "dash", "bash": "bash", "busybox": "busybox ash"}
MOVES = {"engine.storage-space", "engine.storage-inodes", "trust.clock-right"}  # from one look to the next
COMMAND = f"{sys.executable} -m dockworthy"


def judged(engine: Engine, folder: Path, target: str) -> dict[tuple[str, str | None], tuple[Any, ...]]:
    """Outcome, observed value, expected value and source of each result, by check and instance."""
    done = engine.run("sh", "-c", f"cd {folder} && {COMMAND} check {target} --results r.json", check=False)
    assert done.returncode in {1, 6}, done.stderr
    return {
        (one["check"], one["param"]): (
            one["outcome"],
            None if one["check"] in MOVES else one["observed"],
            one["expected"],
            one["source"],
        )
        for one in json.loads((folder / "r.json").read_text())["results"]
    }


@pytest.mark.parametrize("shell", SHELLS.values(), ids=SHELLS.keys())
def test_a_saved_snapshot_is_judged_as_the_host_is(engine: Engine, tmp_path: Path, shell: str) -> None:
    engine.container("--network", "none", "--memory", "64m", name="one")
    engine.run("sh", "-c", f"{COMMAND} probe | {shell} >{tmp_path}/host.snapshot")
    direct = judged(engine, tmp_path, "local://")
    assert len(direct) > 300
    assert judged(engine, tmp_path, f"snapshot:{tmp_path}/host.snapshot") == direct
