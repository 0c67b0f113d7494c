"""``check --notify`` and ``notify`` as they are typed, and the same of a plain pytest run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import warm
from tests.notify.servers import hook

SNAPSHOT = Path(__file__).parent.parent / "data" / "snapshots" / "debian-13.snapshot"
SECRET = "s3cr3t-canary"


def check(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = ("check", f"snapshot:{SNAPSHOT}", "--at", "snapshot", "--topic", "daemon", "-q", *words)
    return warm.run(*command, cwd=folder)


def test_a_run_tells_what_is_new_and_its_status_is_its_own_whether_anybody_listens(tmp_path: Path) -> None:
    with hook() as server:
        url = f"{server.url}/{SECRET}"
        server.status = 500
        first = done = check(tmp_path, "--notify", url)
        assert done.returncode == 1
        assert done.stderr == (
            f"dockworthy: {server.url} was not told: it answered 500; the message waits in reports/notify, for the "
            "next run or `dockworthy notify --spool reports/notify`.\n"
        )
        server.status = 200
        assert warm.run("notify", cwd=tmp_path).returncode == 6  # in its pause
        assert warm.run("notify", "--now", cwd=tmp_path).returncode == 0
        done = warm.run("notify", "--spool", "reports/notify", cwd=tmp_path)
        assert (done.returncode, done.stdout) == (0, "reports/notify: nothing waits\n")
        again = check(tmp_path, "--notify", url)
        assert (again.returncode, again.stderr) == (1, "")
    assert len(server.got) == 2
    assert [path for path, _, _ in server.got] == [f"/{SECRET}"] * 2
    told = json.loads(server.got[1][2])
    assert told["counts"]["new"] == sum(group["results"] for group in told["new"]) > 0
    assert '"fix":' not in server.got[1][2].decode()
    told_elsewhere = [path for path in (tmp_path / "reports").glob("2*/*") if SECRET in path.read_text()]
    assert told_elsewhere == []
    assert SECRET not in first.stdout + first.stderr
    argv = json.loads((tmp_path / "reports/latest/results.json").read_text())["run"]["argv"]
    assert argv[argv.index("--notify") + 1] == server.url


def test_a_baseline_s_findings_are_not_told(tmp_path: Path) -> None:
    assert check(tmp_path, "--output-dir", "before").returncode == 1
    with hook() as server:
        assert check(tmp_path, "--baseline", "before/latest", "--notify", server.url).returncode == 0
        assert server.got == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("--notify", "https://u:s3cr3t-canary@h.example.com/"),
            "--notify https://h.example.com: has a password in it",
        ),
        (("--notify", "exec:true", "--engine", "29.3"), "--notify: what --engine, --harbor"),
        (("--notify", "exec:true", "--at", "2030-01-01"), "--notify: what --engine, --harbor"),
        (("--notify", "exec:true", "--spool", "file"), "--spool file: is no folder"),
    ],
)
def test_what_cannot_be_told_is_refused_before_anything_is_looked_at(
    tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    (tmp_path / "file").touch()
    done = check(tmp_path, *words)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith(f"dockworthy: {told}")
    assert SECRET not in done.stderr
    assert not (tmp_path / "reports").exists()


def test_there_is_nothing_to_send_where_no_spool_is(tmp_path: Path) -> None:
    done = warm.run("notify", cwd=tmp_path)
    assert done.returncode == 4
    assert done.stderr.startswith("dockworthy: --spool reports/notify: is not there; ")


def test_a_plain_pytest_run_tells_the_same(tmp_path: Path) -> None:
    checks = Path(__file__).parents[2] / "checks"
    with hook() as server:
        words = ["--dw-target", f"snapshot:{SNAPSHOT}", "--dw-at", "snapshot", "--dw-topic", "daemon", "-q"]
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(checks), *words]
        done = subprocess.run(
            [*command, f"--dw-notify={server.url}"], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 1, done.stdout + done.stderr
        assert check(tmp_path, "--notify", server.url, "--spool", "other").returncode == 1
        refused = subprocess.run(
            [*command, "--dw-notify=ftp://h/"], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert refused.returncode == 4
        assert "--dw-notify REDACTED: is no scheme that is known" in refused.stderr
    first, second = ({**json.loads(body), "id": "", "made": "", "run": {}} for _, _, body in server.got)
    assert first == second


def test_a_fleet_is_told_of_in_the_same_words(tmp_path: Path) -> None:
    with hook() as server:
        assert check(tmp_path, "--notify", server.url, "--spool", "one").returncode == 1
        assert check(tmp_path, "--notify", server.url, "--spool", "other", "--jobs", "1").returncode == 1
        again = check(tmp_path, "--notify", server.url, "--spool", "one", "--jobs", "1")
        assert (again.returncode, again.stderr) == (1, "")
    first, second = ({**json.loads(body), "id": "", "made": "", "run": {}} for _, _, body in server.got)
    assert first == second
