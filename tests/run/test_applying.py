"""``check --apply``: what is refused before anything is looked at, what is told of a file, and what the record says."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.applied import Applied
from dockworthy.errors import UsageError
from dockworthy.run.applying import applied_of, registries_of
from tests.recorded import FOLDER
from tests.trust.host import made

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]

_BRIEF = ("--at", "snapshot", "--topic", "daemon")
HOST = f"snapshot:{FOLDER / 'debian-13.snapshot'}"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in which what is named lies."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def certs_d(top: Path) -> Path:
    """A folder with a registry's CA and a pair."""
    folder = top / "certs.d" / "registry.example.com:5000"
    folder.mkdir(parents=True)
    client = made()["client"]
    for name, text in (("ca.crt", made()["root"].pem), ("client.cert", client.pem), ("client.key", client.key_pem())):
        (folder / name).write_text(text)
    return folder.parent


def test_what_cannot_be_applied_is_refused_in_one_sentence(here: Path) -> None:
    (here / "good.json").write_text("{}")
    (here / "no.pem").write_bytes(b"\x30\x82")
    (here / "large.json").write_bytes(b" " * (1 << 20) + b"{}")
    dangling = here / "dangling" / "registry.example.com"
    dangling.mkdir(parents=True)
    (dangling / "ca.crt").symlink_to("/nowhere/ca.crt")
    pipe = here / "pipe" / "registry.example.com"
    pipe.mkdir(parents=True)
    os.mkfifo(pipe / "ca.crt")
    for given, words in (
        (("good.json",), "--apply good.json: is none of daemon.json=FILE, certs.d=DIR, ca=FILE"),
        (("seccomp=good.json",), "--apply seccomp: is none of"),
        (("daemon.json=",), "is none of"),
        (("daemon.json=good.json", "daemon.json=good.json"), "--apply daemon.json: is given twice"),
        (("daemon.json=none.json",), "--apply daemon.json=none.json: cannot be read (No such file or directory)"),
        (("daemon.json=.",), "--apply daemon.json=.: cannot be read (Is a directory)"),
        (("daemon.json=large.json",), "is larger than 1024 KiB"),
        (("ca=no.pem",), "--apply ca=no.pem: there is no certificate in PEM in it"),
        (("certs.d=good.json",), "--apply certs.d=good.json: cannot be read (Not a directory)"),
        (("certs.d=none",), "--apply certs.d=none: cannot be read (No such file or directory)"),
        (("certs.d=dangling",), "registry.example.com/ca.crt cannot be read (No such file or directory)"),
        (("certs.d=pipe",), "registry.example.com/ca.crt is neither a file nor a folder"),
    ):
        with pytest.raises(UsageError) as refused:
            applied_of(given)
        assert words in str(refused.value)
        assert "\n" not in str(refused.value)


def test_a_folder_has_the_digest_of_what_sha256sum_prints_of_its_files(here: Path) -> None:
    certs_d(here)
    (applied,) = applied_of(("certs.d=certs.d",))
    printed = subprocess.run(
        ["sh", "-c", "find . -type f | LC_ALL=C sort | xargs -d '\\n' sha256sum"],
        cwd=here / "certs.d",
        capture_output=True,
        check=True,
    )
    assert applied.sha256 == hashlib.sha256(printed.stdout).hexdigest()
    assert registries_of([applied]) == ("registry.example.com:5000",)


def test_nothing_secret_of_a_file_is_told(here: Path) -> None:
    certs_d(here)
    secret = "s3cr3t-value"
    proxy = f"http://deploy:{secret}@proxy.example.com:3128"
    (here / "daemon.json").write_text(json.dumps({"proxies": {"http-proxy": proxy}, "labels": [f"token={secret}"]}))
    told = b"".join(
        section.data
        for one in applied_of(("daemon.json=daemon.json", "certs.d=certs.d"))
        for section in one.sections.values()
    )
    assert secret.encode() not in told
    body = made()["client"].key_pem().splitlines()[1]
    assert body.encode() not in told
    assert b"-----BEGIN CERTIFICATE-----" in told


def test_links_in_a_folder_are_followed_as_a_copy_would(here: Path) -> None:
    folder = certs_d(here)
    (here / "corporate.pem").write_text(made()["other"].pem)
    (folder / "registry.example.com:5000" / "other.crt").symlink_to(here / "corporate.pem")
    (applied,) = applied_of(("certs.d=certs.d",))
    assert applied.sections["file:/etc/docker/certs.d/registry.example.com:5000/other.crt"].status == 0


def test_another_process_is_told_the_same(here: Path) -> None:
    (here / "daemon.json").write_text('{"icc": false}')
    (applied,) = applied_of(("daemon.json=daemon.json",))
    assert Applied.of_plain(applied.as_plain()) == applied


# --- a run ---------------------------------------------------------------------------------------------------------


def judged(done: subprocess.CompletedProcess[str], folder: Path) -> dict[str, Any]:
    assert "Traceback" not in done.stderr
    data: dict[str, Any] = json.loads((folder / "cwd" / "reports" / "latest" / "results.json").read_text())
    return data


def of(data: dict[str, Any], check: str) -> dict[str, Any]:
    (found,) = [one for one in data["results"] if one["check"] == check]
    return dict(found)


def test_a_file_that_the_engine_would_refuse_is_a_finding_of_each_host(dockworthy: Run, tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text('{"icc": false, "bogus": 1}')
    done = dockworthy("check", HOST, HOST, "--apply", f"daemon.json={bad}", *_BRIEF)
    data = judged(done, tmp_path)
    digest = hashlib.sha256(bad.read_bytes()).hexdigest()
    applied = [f"daemon.json={bad} sha256:{digest}"]
    assert data["run"]["rehearsal"] == {"engine": None, "harbor": None, "applied": applied}
    stopped = [one for one in data["results"] if one["check"] == "daemon.starts-again"]
    assert [(one["before"], one["outcome"]) for one in stopped] == [("pass", "fail")] * 2
    assert done.returncode == 1
    told = "".join(done.stdout.split())
    assert "2hostswouldnotstart:unabletoconfiguretheDockerdaemonwithfile/etc/docker/daemon.json" in told
    assert f"daemon.json={bad}:2thingsbreak,nothingismended" in told


def test_what_a_file_mends_and_what_it_leaves_as_it_is(dockworthy: Run, tmp_path: Path) -> None:
    good = tmp_path / "good.json"
    good.write_text('{"icc": false, "live-restore": true, "no-new-privileges": true}')
    data = judged(dockworthy("check", HOST, "--apply", f"daemon.json={good}", "--at", "snapshot"), tmp_path)
    changed = {one["check"]: one["outcome"] for one in data["results"] if one["before"] != one["outcome"]}
    assert changed == {
        "daemon.no-new-privileges": "pass",
        "daemon.upgrade-keeps-settings": "fail",
        "daemon.no-drift": "skip",
        "engine.no-restart-pending": "skip",
    }


def test_with_a_baseline_it_is_a_gate(dockworthy: Run, tmp_path: Path) -> None:
    now, worse, same = (tmp_path / name for name in ("now.json", "worse.json", "same.json"))
    dockworthy("check", HOST, *_BRIEF, "--results", str(now))
    worse.write_text('{"icc": true, "live-restore": true}')
    same.write_text('{"icc": false, "live-restore": true}')
    more = (*_BRIEF, "--baseline", str(now), "--min-decided", "80")
    assert dockworthy("check", HOST, "--apply", f"daemon.json={same}", *more).returncode == 0
    done = dockworthy("check", HOST, "--apply", f"daemon.json={worse}", *more)
    assert done.returncode == 1
    assert "daemon.icc-disabled" in done.stdout


def test_together_with_a_release_it_is_judged_by_that(dockworthy: Run, tmp_path: Path) -> None:
    """A key that 28 knows, and 26.1 does not."""
    given = tmp_path / "daemon.json"
    given.write_text('{"ip-forward-no-drop": true}')
    found = {}
    for more in ((), ("--engine", "28.5.2")):
        done = dockworthy("check", HOST, "--apply", f"daemon.json={given}", *_BRIEF, *more)
        found[more] = of(judged(done, tmp_path), "daemon.starts-again")["outcome"]
    assert list(found.values()) == ["fail", "pass"]


def test_workers_judge_the_same_also_of_what_can_be_read_once(dockworthy: Run, tmp_path: Path) -> None:
    given = tmp_path / "daemon.json"
    given.write_text('{"icc": true, "log-driver": "local"}')
    records = []
    for more in ((), ("--", "-n", "2")):
        done = dockworthy("check", HOST, "--apply", f"daemon.json={given}", *_BRIEF, *more)
        data = judged(done, tmp_path)
        records.append(
            sorted((one["check"], str(one["param"]), one["outcome"], one["before"]) for one in data["results"])
        )
    assert records[0] == records[1]


def test_what_is_gone_with_a_folder_goes_with_its_findings(dockworthy: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    host = f"snapshot:{FOLDER / 'registries.snapshot'}"
    done = dockworthy("check", host, "--apply", f"certs.d={tmp_path / 'empty'}", "--at", "snapshot")
    data = judged(done, tmp_path)
    gone = [one for one in data["results"] if one["reason_code"] == "absent" and one["before"] == "fail"]
    assert {one["check"] for one in gone} == {"file.registry-certificates-mode"}
    assert f"nothing breaks, {len(gone)} are mended" in " ".join(done.stdout.split())


def test_what_cannot_be_read_is_wrong_usage(dockworthy: Run, tmp_path: Path) -> None:
    done = dockworthy("check", HOST, "--apply", f"ca={tmp_path / 'none.pem'}")
    assert done.returncode == 4
    assert done.stderr.count("\n") == 1
    assert "cannot be read" in done.stderr
