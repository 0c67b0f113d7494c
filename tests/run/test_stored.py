"""``check --store`` without a target, in a rehearsal: each host that the store knows, by its last snapshot."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.recorded import FOLDER

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]

HOSTS = [f"snapshot:{FOLDER.parent / 'rehearsals' / name}.snapshot" for name in ("bookworm", "trixie")]
BRIEF = ("--topic", "daemon", "--at", "snapshot")
FILE = '{"icc": false, "live-restore": true, "ip-forward-no-drop": true}'


@pytest.fixture
def store(dockworthy: Run, tmp_path: Path) -> Path:
    """A store that knows two hosts."""
    place = tmp_path / "store"
    assert dockworthy("check", *HOSTS, "--store", str(place), *BRIEF).returncode == 1
    return place


def judged(folder: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((folder / "cwd" / "reports" / "latest" / "results.json").read_text())
    return data


def starts(data: dict[str, Any]) -> dict[str, tuple[str, str]]:
    return {
        one["host"]: (one["before"], one["outcome"]) for one in data["results"] if one["check"] == "daemon.starts-again"
    }


def test_what_is_rehearsed_is_judged_on_each_host_that_it_knows(dockworthy: Run, tmp_path: Path, store: Path) -> None:
    given = tmp_path / "daemon.json"
    given.write_text(FILE)
    done = dockworthy("check", "--store", str(store), "--apply", f"daemon.json={given}", *BRIEF)
    data = judged(tmp_path)
    assert [(host["name"], host["reachable"]) for host in data["hosts"]] == [("bookworm", True), ("trixie", True)]
    assert starts(data) == {"bookworm": ("pass", "fail"), "trixie": ("pass", "fail")}
    assert "2 hosts would not start" in done.stdout
    dockworthy("check", "--store", str(store), "--engine", "29.3", *BRIEF)
    assert starts(judged(tmp_path)) == {"bookworm": ("pass", "fail"), "trixie": ("pass", "fail")}


def test_side_by_side_it_is_told_and_judged_alike(dockworthy: Run, tmp_path: Path, store: Path) -> None:
    given = tmp_path / "daemon.json"
    given.write_text(FILE)
    told, records = [], []
    for more in ((), ("--jobs", "2")):
        done = dockworthy("check", "--store", str(store), "--apply", f"daemon.json={given}", *BRIEF, *more)
        data = judged(tmp_path)
        records.append(sorted((one["host"], one["check"], one["outcome"], one["before"]) for one in data["results"]))
        told.append([line for line in done.stdout.splitlines() if "would not start" in line or "break" in line])
    assert records[0] == records[1]
    assert told[0] == told[1] != []


def test_a_host_whose_snapshot_is_gone_is_one_that_was_not_reached(
    dockworthy: Run, tmp_path: Path, store: Path
) -> None:
    min((store / "snapshots").iterdir()).unlink()
    dockworthy("check", "--store", str(store), "--engine", "29.3", *BRIEF)
    data = judged(tmp_path)
    (lost,) = [host for host in data["hosts"] if not host["reachable"]]
    assert "its last snapshot is not kept any more" in lost["error"]
    assert [one["outcome"] for one in data["results"] if one["host"] == lost["name"]] == ["error"]


def test_a_store_that_is_not_there_is_refused_and_not_made(dockworthy: Run, tmp_path: Path) -> None:
    done = dockworthy("check", "--store", str(tmp_path / "none"), "--engine", "29.3")
    assert done.returncode == 4
    assert "there is no store" in done.stderr
    assert not (tmp_path / "none").exists()


def test_a_snapshot_that_gzip_made_smaller_is_read(dockworthy: Run, tmp_path: Path, store: Path) -> None:
    file = min((store / "snapshots").iterdir())
    dockworthy("check", f"snapshot:{file}", *BRIEF)
    assert judged(tmp_path)["hosts"][0]["snapshot_sha256"] == file.name.removesuffix(".gz")
