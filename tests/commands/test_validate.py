"""Files before there is a host: what would not be taken is said with its place, and nothing that is secret."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from dockworthy.cli import main

if TYPE_CHECKING:
    from pathlib import Path

Out = pytest.CaptureFixture[str]


def judged(capfd: Out, path: Path, text: str, *arguments: str) -> tuple[int, str]:
    path.write_text(text)
    status = main(["validate", *arguments, str(path)])
    told = capfd.readouterr()
    return status, told.out + told.err


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("daemon.json", '{"icc": false, "live-restore": true}'),
        ("web/prod-daemon.json", "{}"),
        ("site.yaml", "extends: debian-13\nparams: {max_stopped_containers: 2}\n"),
        ("w.yaml", "- {check: container.no-privileged, reason: r, owner: o, expires: 2099-01-01}\n"),
        ("w2.yaml", "waivers:\n- {check: container.no-privileged, reason: r, owner: o, expires: 2099-01-01}\n"),
        ("tls.json", '{"tls": true, "tlscert": "/on/the/host.pem", "tlskey": "/on/the/host.key"}'),
    ],
)
def test_what_would_be_taken_is(tmp_path: Path, capfd: Out, name: str, text: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    kind = ["--kind", "daemon.json"] if name == "tls.json" else []
    status, told = judged(capfd, path, text, *kind)
    assert (status, told.splitlines()[-1].partition(", ")[2]) == (0, "nothing in it is refused"), told


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("daemon.json", '{"log-lvl": "x"}', "don't match any configuration option: log-lvl"),
        ("daemon.json", '{"icc": fals', "would not start with it"),
        ("daemon.json", '{"log-level": "nope"}', "invalid logging level: nope"),
        ("site.yaml", "extends: base\nparms: {}\n", "site.yaml:2: the key 'parms' is not known"),
        ("w.yaml", "- {check: container.no-privilegd, reason: r, owner: o, expires: 2099-01-01}\n", "no-privileged?"),
        ("site.yaml", "a: [\n", "site.yaml:"),
    ],
)
def test_what_would_not_is_told_in_one_sentence_with_its_place(
    tmp_path: Path, capfd: Out, name: str, text: str, said: str
) -> None:
    status, told = judged(capfd, tmp_path / name, text)
    assert status == 1
    assert said in told
    assert len(told.splitlines()) == 1


def test_a_release_that_refuses_a_key_is_told_from_one_that_takes_it(tmp_path: Path, capfd: Out) -> None:
    key = '{"min-api-version": "1.24"}'
    assert judged(capfd, tmp_path / "daemon.json", key, "--engine", "28.5")[0] == 1
    assert judged(capfd, tmp_path / "daemon.json", key, "--engine", "29.7")[0] == 0


def test_secrets_of_a_refused_file_stay_in_it(tmp_path: Path, capfd: Out) -> None:
    text = '{"http-proxy": "http://u:hunter2@x", "registry-mirrors": ["https://u:hunter2@m/p?q"], "hunter2": "hunter2"}'
    status, told = judged(capfd, tmp_path / "daemon.json", text)
    assert status == 1
    assert "hunter2" not in told


def test_a_file_that_cannot_be_read_is_wrong_usage(tmp_path: Path, capfd: Out) -> None:
    (tmp_path / "daemon.json").write_text("{}")
    assert main(["validate", str(tmp_path / "daemon.json"), str(tmp_path / "none.yaml")]) == 4
    assert capfd.readouterr() == (
        "",
        f"dockworthy: {tmp_path}/none.yaml: cannot be read (No such file or directory); name a file.\n",
    )


def test_a_pipe_is_read_once_and_judged_as_a_file_is(tmp_path: Path) -> None:
    for text, kind, status in (
        ('{"log-lvl": 1}', "daemon.json", 1),
        ("{}", "daemon.json", 0),
        ("extends: base", "profile", 0),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "dockworthy", "validate", "--kind", kind, "/dev/stdin"],
            input=text, capture_output=True, text=True, check=False, cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == status, done.stderr
