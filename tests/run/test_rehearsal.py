"""``check --engine``: a host as it would start with another release of the engine, what breaks and what is mended."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.recorded import recorded

from .conftest import frame, snapshot_of

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]

FILE = "file:/etc/docker/daemon.json"


@pytest.fixture
def host(tmp_path: Path) -> Callable[..., str]:
    """A recorded host of 26.1.5 with another daemon.json, as a target."""

    def make(daemon_json: str, **sections: bytes) -> str:
        snapshot = recorded("debian-13")
        changed = {FILE: daemon_json.encode(), **{name.replace("__", ":"): data for name, data in sections.items()}}
        frames = [
            frame(name, changed.get(name, section.data), 0 if name in changed else section.status)
            for name, section in snapshot.sections.items()
        ]
        path = tmp_path / "host.snapshot"
        path.write_bytes(b"dockworthy-snapshot 1 0.1.0\n" + b"".join(frames) + b"@end %d\n" % len(frames))
        return f"snapshot:{path}"

    return make


def judged(done: subprocess.CompletedProcess[str], folder: Path) -> dict[str, Any]:
    assert "Traceback" not in done.stderr
    data: dict[str, Any] = json.loads((folder / "cwd" / "reports" / "latest" / "results.json").read_text())
    return data


def of(data: dict[str, Any], check: str, param: str | None = None) -> dict[str, Any]:
    (found,) = [one for one in data["results"] if one["check"] == check and (param is None or one["param"] == param)]
    return dict(found)


def test_a_key_that_the_release_has_no_more_is_said_in_the_engines_words(
    dockworthy: Run, host: Callable[..., str], tmp_path: Path
) -> None:
    done = dockworthy("check", host('{"api-cors-header": "*"}'), "--engine", "29.3", "--at", "snapshot")
    data = judged(done, tmp_path)
    found = of(data, "daemon.starts-again")
    assert (found["before"], found["outcome"], found["release"]) == ("pass", "fail", "29.3.1")
    assert "the following directives don't match any configuration option: api-cors-header" in str(found["observed"])
    assert data["run"]["rehearsal"] == {"engine": "29.3.1", "harbor": None, "applied": []}
    assert [one["engine"] for one in data["hosts"]] == ["26.1.5"]
    assert {one["release"] for one in data["results"]} == {"29.3.1"}
    lines = done.stdout.splitlines()
    assert lines[0].startswith("26.1.5 → 29.3.1: ")
    assert "daemon.starts-again" in done.stdout
    assert done.returncode == 1


def test_a_key_that_only_the_release_has_is_mended(dockworthy: Run, host: Callable[..., str], tmp_path: Path) -> None:
    target = host('{"icc": false, "live-restore": true, "ip-forward-no-drop": true}')
    done = dockworthy("check", target, "--engine", "28.5.2", "--at", "snapshot")
    found = of(judged(done, tmp_path), "daemon.starts-again")
    assert (found["before"], found["outcome"]) == ("fail", "pass")
    assert ", 1 is mended" in done.stdout.splitlines()[0]


def test_a_default_that_changes_under_its_feet_is_judged_by_the_release(
    dockworthy: Run, host: Callable[..., str], tmp_path: Path
) -> None:
    """``ipv6`` with a subnet: the rules of ip6tables are off by default up to 26.1, and on from 27."""
    target = host('{"ipv6": true, "fixed-cidr-v6": "fd00::/64"}')
    found = {}
    for release in ("26.1.5", "27.5"):
        data = judged(dockworthy("check", target, "--engine", release, "--at", "snapshot"), tmp_path)
        found[release] = of(data, "daemon.ip6tables-managed")["outcome"]
    assert found == {"26.1.5": "fail", "27.5": "pass"}


def test_with_a_baseline_only_what_the_upgrade_changes_is_shown_and_fails(
    dockworthy: Run, host: Callable[..., str], tmp_path: Path
) -> None:
    target = host('{"icc": false, "live-restore": true}')
    assert dockworthy("check", target, "--results", str(tmp_path / "now.json"), "--at", "snapshot").returncode == 1
    # What the recording does not hold, of a Harbor and of the network, is no matter of this.
    again = ("--baseline", str(tmp_path / "now.json"), "--at", "snapshot", "--min-decided", "80")
    done = dockworthy("check", target, "--engine", "29.5.1", *again)
    assert done.stdout.splitlines()[0] == "26.1.5 → 29.5.1: nothing breaks, nothing is mended"
    assert done.returncode == 0
    worse = dockworthy("check", host('{"icc": false, "api-cors-header": "x"}'), "--engine", "29.5.1", *again)
    assert worse.returncode == 1
    broken = [line for line in worse.stdout.splitlines() if line.startswith("  critical")]
    assert len(broken) == 1
    assert "daemon.starts-again" in broken[0]


def test_the_release_that_runs_gives_the_verdicts_of_today(
    dockworthy: Run, host: Callable[..., str], tmp_path: Path
) -> None:
    """What is configured is in force here, so that the same release changes no verdict and knows no less."""
    done = dockworthy("check", host('{"icc": false, "live-restore": true}'), "--engine", "26.1.5", "--at", "snapshot")
    data = judged(done, tmp_path)
    changed = {one["check"]: one["outcome"] for one in data["results"] if one["before"] != one["outcome"]}

    # Upstream's 26.1.5 has no fixes of Debian's, and gets none any more; and nothing runs that could differ.
    assert changed == {
        "engine.version-maintained": "fail",
        "engine.known-escapes": "fail",
        "daemon.no-drift": "skip",
        "daemon.upgrade-keeps-settings": "pass",
    }


def test_workers_judge_the_same(dockworthy: Run, host: Callable[..., str], tmp_path: Path) -> None:
    target = host('{"api-cors-header": "*"}')
    records = []
    for more in ((), ("--", "-n", "2")):
        data = judged(dockworthy("check", target, "--engine", "latest", "--at", "snapshot", *more), tmp_path)
        records.append(
            sorted((one["check"], str(one["param"]), one["outcome"], one["before"]) for one in data["results"])
        )
    assert records[0] == records[1]


@pytest.mark.parametrize(
    ("release", "words"),
    [
        ("newest", "no release of Docker Engine"),
        ("26.1.5; rm -rf /", "no release of Docker Engine"),
        ("17.03.2", "older than this table"),
        ("99.0", "newer than this table"),
        ("29.99.1", "newer than this table"),
        ("22.0", "there is no Docker Engine 22.0"),
        ("", "no release of Docker Engine"),
    ],
)
def test_what_is_no_release_of_the_table_is_refused_in_one_sentence(
    dockworthy: Run, small_snapshot: Path, release: str, words: str
) -> None:
    done = dockworthy("check", f"snapshot:{small_snapshot}", "--engine", release)
    assert (done.returncode, done.stdout) == (4, "")
    assert len(done.stderr.splitlines()) == 1
    assert "--engine" in done.stderr
    assert words in done.stderr


def test_a_host_without_an_engine_has_nothing_to_rehearse(dockworthy: Run, tmp_path: Path) -> None:
    path = tmp_path / "bare.snapshot"
    sections = {
        "cmd:which": b"sh /bin/sh /bin/sh\n",
        "cmd:engines": b"",
        "cmd:dpkg-query": b"openssl\t3.5.1-1\tinstall ok installed\tamd64\n",
        "file:/etc/os-release": b'ID=debian\nVERSION_ID="13"\n',
    }
    path.write_bytes(snapshot_of(sections))
    done = dockworthy("check", f"snapshot:{path}", "--engine", "29.3")
    data = judged(done, tmp_path)
    assert done.stdout.splitlines()[0].startswith("no known engine → 29.3.1: nothing breaks")
    found = of(data, "daemon.starts-again")
    assert (found["outcome"], found["reason"]) == ("skip", "no Docker Engine is installed on this host")


def test_a_root_file_system_is_judged_as_far_as_its_files_tell(dockworthy: Run, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "etc/docker").mkdir(parents=True)
    (root / "etc/os-release").write_text('ID=debian\nVERSION_ID="13"\n')
    (root / "etc/docker/daemon.json").write_text('{"graph": "/x"}')
    done = dockworthy("check", f"rootfs:{root}", "--engine", "29.3")
    data = judged(done, tmp_path)
    assert {one["outcome"] for one in data["results"] if one["check"] == "daemon.starts-again"} <= {
        "skip",
        "error",
        "fail",
    }
