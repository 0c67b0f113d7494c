"""``check --harbor``: a Harbor as another release would take today's files, what breaks and what is mended."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.errors import UsageError
from dockworthy.facts.harbor.prepared.upgrading import resolve_release
from tests.harborengine import compose_of
from tests.harborhost import FOLDER, YML, harbor_host

from .conftest import frame, snapshot_of

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]

DF = (
    "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/sdb1 9000000 0 {free} 40% /data\n"
    "Filesystem Inodes IUsed IFree IUse% Mounted on\n/dev/sdb1 1000 1 999 1% /data\n"
)


def target(tmp_path: Path, databases: str = "pg14 14 1000\n", yml: str = YML, free: int = 8_000_000) -> str:
    """A host with a Harbor of 2.10.0, as a target."""
    folders = ("ca_download", "registry", "database", "job_logs", "redis", "secret", "secret/keys/secretkey")
    facts = harbor_host(
        {f"/data/{name}": 2 for name in folders},
        {
            f"cmd:harbor-databases{FOLDER}": databases,
            f"cmd:harbor-prepare{FOLDER}": "v2.10.0\n",
            f"file:{FOLDER}/docker-compose.yml": compose_of().replace("v2.12.2", "v2.10.0"),
            "df:/data/database": DF.format(free=free),
        },
        yml=yml,
    )
    frames = [frame(one.name, one.data, one.status) for one in facts.snapshot.sections.values()]
    path = tmp_path / "host.snapshot"
    path.write_bytes(b"dockworthy-snapshot 1 0.1.0\n" + b"".join(frames) + b"@end %d\n" % len(frames))
    return f"snapshot:{path}"


def judged(done: subprocess.CompletedProcess[str], folder: Path) -> dict[str, Any]:
    assert "Traceback" not in done.stderr
    data: dict[str, Any] = json.loads((folder / "cwd" / "reports" / "latest" / "results.json").read_text())
    return data


def outcomes(data: dict[str, Any], *checks: str) -> dict[str, tuple[str | None, str]]:
    """Before and after of a check's one result."""
    return {
        one["check"].partition(".")[2]: (one["before"], one["outcome"])
        for one in data["results"]
        if one["check"].partition(".")[2] in checks
    }


UPGRADE = ("upgrade-step", "upgrade-database", "upgrade-space")


def test_a_release_that_would_start_empty_is_what_breaks(dockworthy: Run, tmp_path: Path) -> None:
    done = dockworthy("check", target(tmp_path), "--harbor", "2.15.2", "--at", "snapshot")
    data = judged(done, tmp_path)
    assert data["run"]["rehearsal"] == {"engine": None, "harbor": "2.15.2", "applied": []}
    assert [one["harbor"] for one in data["hosts"]] == ["2.10.0"]
    assert {one["release"] for one in data["results"] if one["check"].startswith("harbor.")} == {"2.15.2"}
    assert {one["check"] for one in data["results"] if one["before"] != one["outcome"]} == {
        "harbor.upgrade-database",
        "harbor.upgrade-step",
    }
    assert outcomes(data, *UPGRADE) == {
        "upgrade-step": ("skip", "fail"),
        "upgrade-database": ("skip", "fail"),
        "upgrade-space": ("skip", "skip"),
    }
    # What its own release opens is judged as before.
    assert outcomes(data, "database-directory") == {"database-directory": ("pass", "pass")}
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Harbor 2.10.0 → 2.15.2: ")
    assert "2.15.2 makes an empty database beside it" in done.stdout
    assert "Harbor's own build of the release" in " ".join(done.stdout.split())
    assert done.returncode == 1


def test_a_release_that_takes_the_database_over_needs_room_for_a_copy(dockworthy: Run, tmp_path: Path) -> None:
    for free, room in ((8_000_000, "pass"), (1000, "fail")):
        done = dockworthy("check", target(tmp_path, free=free), "--harbor", "2.11", "--topic", "harbor")
        data = judged(done, tmp_path)
        assert data["run"]["rehearsal"]["harbor"] == "2.11.2"
        assert outcomes(data, *UPGRADE) == {
            "upgrade-step": ("skip", "pass"),
            "upgrade-database": ("skip", "pass"),
            "upgrade-space": ("skip", room),
        }


def test_its_settings_are_judged_by_the_rules_of_that_release(dockworthy: Run, tmp_path: Path) -> None:
    """The redis block is one that 2.10 reads, and 2.8.0 does not."""
    host = target(tmp_path, yml=YML + "redis:\n  registry_db_index: 3\n")
    found = {}
    for release in ("2.8.0", "2.10.1"):
        data = judged(dockworthy("check", host, "--harbor", release, "--topic", "harbor"), tmp_path)
        found[release] = outcomes(data, "redis-block-effective")["redis-block-effective"]
    assert found["2.10.1"][0] == found["2.10.1"][1]
    assert found["2.8.0"][0] != found["2.8.0"][1]


def test_both_may_be_rehearsed_at_once(dockworthy: Run, tmp_path: Path) -> None:
    done = dockworthy("check", target(tmp_path), "--harbor", "2.15.2", "--engine", "29.3", "--topic", "harbor")
    data = judged(done, tmp_path)
    assert data["run"]["rehearsal"] == {"engine": "29.3.1", "harbor": "2.15.2", "applied": []}
    assert "→ 29.3.1; Harbor 2.10.0 → 2.15.2: " in done.stdout.splitlines()[0]


def test_a_host_without_a_harbor_has_nothing_to_rehearse(dockworthy: Run, tmp_path: Path) -> None:
    path = tmp_path / "bare.snapshot"
    path.write_bytes(snapshot_of({"cmd:harbor-found": b"", "file:/etc/os-release": b'ID=debian\nVERSION_ID="13"\n'}))
    done = dockworthy("check", f"snapshot:{path}", "--harbor", "latest", "--topic", "harbor")
    assert done.stdout.splitlines()[0].startswith("Harbor none that is known → 2.15.2: nothing breaks")


@pytest.mark.parametrize(
    ("release", "words"),
    [
        ("newest", "no release of Harbor"),
        ("2.12.2; rm -rf /", "no release of Harbor"),
        ("1.7.0", "is not known here"),
        ("2.99.0", "is not known here"),
        ("2.12.9", "is not known here"),
        ("", "no release of Harbor"),
    ],
)
def test_what_is_no_release_of_harbor_is_refused_in_one_sentence(
    dockworthy: Run, small_snapshot: Path, release: str, words: str
) -> None:
    done = dockworthy("check", f"snapshot:{small_snapshot}", "--harbor", release)
    assert (done.returncode, done.stdout) == (4, "")
    assert len(done.stderr.splitlines()) == 1
    assert "--harbor" in done.stderr
    assert words in done.stderr


@pytest.mark.parametrize(
    ("text", "release"),
    [
        ("2.13.0", (2, 13, 0)),
        ("v2.13.0", (2, 13, 0)),
        ("2.13", (2, 13, 5)),
        ("2.16", (2, 16, 0)),
        ("latest", (2, 15, 2)),
    ],
)
def test_a_minor_is_its_last_patch_and_latest_the_last_that_is_out(text: str, release: tuple[int, ...]) -> None:
    assert resolve_release(text) == release
    with pytest.raises(UsageError):
        resolve_release("3")


WHOLE = (
    YML.partition("https:")[0]
    + """harbor_admin_password: REDACTED
database: {password: REDACTED, max_idle_conns: 50, max_open_conns: 100}
data_volume: /data
jobservice: {max_job_workers: 10, logger_sweeper_duration: 1}
notification: {webhook_job_max_retry: 3, webhook_job_http_client_timeout: 3}
log: {level: info, local: {rotate_count: 50, rotate_size: 200M, location: /var/log/harbor}}
cache: {enabled: false, expire_hours: 24}
"""
)


def test_what_its_prepare_would_refuse_or_not_read_is_judged_by_that_release(dockworthy: Run, tmp_path: Path) -> None:
    """``job_loggers`` is asked for from 2.9 on, and ``cache`` read from 2.6 on; the host's own is 2.10."""
    found, printed = {}, {}
    for release in ("2.5.6", "2.8.6", "2.9.5"):
        done = dockworthy("check", target(tmp_path, yml=WHOLE), "--harbor", release, "--topic", "harbor")
        found[release] = outcomes(judged(done, tmp_path), "prepare-accepts", "config-keys-known")
        printed[release] = done.stdout
    assert found["2.8.6"] == {"prepare-accepts": ("fail", "pass"), "config-keys-known": ("pass", "pass")}
    assert found["2.9.5"] == {"prepare-accepts": ("fail", "fail"), "config-keys-known": ("pass", "pass")}
    assert found["2.5.6"]["config-keys-known"] == ("pass", "fail")
    assert "harbor.prepare-accepts" in printed["2.8.6"].partition("What is mended")[2]
    assert "harbor.config-keys-known" in printed["2.5.6"].partition("What breaks")[2]
