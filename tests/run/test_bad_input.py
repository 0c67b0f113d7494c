"""Whatever a user gets wrong ends with the documented exit status and one clear sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from dockworthy.cli import main

from .conftest import snapshot_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]


REPEATED = """
from dockworthy.check import check, expect

@check("kernel.namespace", severity="low", refs=["x:1"], fix="f")
def f(os):
    "Mine."
    expect(os.id).equals("debian")
"""


def said(done: subprocess.CompletedProcess[str], status: int, *words: str) -> None:
    """It ended so, in one sentence that has these words, and nothing was judged."""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert done.returncode == status, done.stderr
    assert len(lines) == 1, done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["check", "gopher://web1"], ["gopher"]),
        (["check", "snapshot:/nowhere/x.snapshot"], ["/nowhere/x.snapshot"]),
        (["check", "--profile", "nonesuch"], ["nonesuch", "base"]),
        (["check", "--fail-on", "awful"], ["awful", "critical"]),
        (["check", "--severity", "awful"], ["awful", "critical"]),
        (["check", "--min-decided", "200"], ["200"]),
        (["check", "--host-timeout", "soon"], ["soon"]),
        (["check", "--at", "yesterday"], ["yesterday"]),
        (["check", "--report", "papyrus"], ["papyrus"]),
        (["check", "--inventory", "/nowhere/hosts"], ["/nowhere/hosts"]),
        (["check", "--waivers", "/nowhere/w.yaml"], ["/nowhere/w.yaml"]),
        (["check", "--baseline", "/nowhere/old.json"], ["/nowhere/old.json"]),
        (["check", "--no-such-option"], ["--no-such-option"]),
        (["nonesuch"], ["nonesuch"]),
        ([], ["--help"]),
        (["explain", "no.such-check"], ["no.such-check"]),
        (["diff", "/nowhere/a.json", "/nowhere/b.json"], ["/nowhere/a.json"]),
    ],
)
def test_wrong_usage(dockworthy: Run, arguments: list[str], words: list[str]) -> None:
    said(dockworthy(*arguments), 4, *words)


@pytest.mark.parametrize("option", ["--check", "--skip-check", "--topic", "--refs"])
def test_a_check_that_does_not_exist(dockworthy: Run, small_snapshot: Path, option: str) -> None:
    said(dockworthy("check", f"snapshot:{small_snapshot}", option, "no.such"), 4, "no.such")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", ["not a dockworthy snapshot"]),
        (b"\x7fELF\x00\x01", ["not a dockworthy snapshot"]),
        (b'{"schema_version": "1"}', ["not a dockworthy snapshot"]),
        (b"dockworthy-snapshot 99 9.0\n@end 0\n", ["99", "upgrade"]),
    ],
)
def test_a_file_that_is_no_snapshot_of_ours(dockworthy: Run, tmp_path: Path, data: bytes, words: list[str]) -> None:
    path = tmp_path / "bad.snapshot"
    path.write_bytes(data)
    said(dockworthy("check", f"snapshot:{path}"), 4, str(path), *words)


@pytest.mark.parametrize(
    "data",
    [
        b"dockworthy-snapshot 1 0.1.0\n",
        b"dockworthy-snapshot 1 0.1.0\n@end 0\n",
        b"dockworthy-snapshot 1 0.1.0\n@ cmd:date 0 raw 500\n17950",
        b"dockworthy-snapshot 1 0.1.0\n\0\0\0",
    ],
)
def test_a_snapshot_that_holds_nothing_is_not_judged(dockworthy: Run, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "empty.snapshot"
    path.write_bytes(data)
    said(dockworthy("check", f"snapshot:{path}"), 4, str(path), "holds nothing", "collect")
    assert not (tmp_path / "cwd" / "reports").exists()


@pytest.mark.parametrize("text", [b"soon\n", b"", b"\xff\xfe\n", b"-1\n", b"99999999999999999999\n", b"1e9\n"])
def test_a_snapshot_whose_date_is_no_number_is_judged_as_of_now(dockworthy: Run, tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "undated.snapshot"
    path.write_bytes(snapshot_of({"cmd:date": text, "cmd:hostname": b"undated\n"}))
    done = dockworthy("check", f"snapshot:{path}", "--at", "snapshot", "--topic", "kernel")
    assert done.returncode == 6, done.stderr
    assert done.stderr == ""
    results = next((tmp_path / "cwd" / "reports").glob("*/results.json"))
    assert json.loads(results.read_text())["hosts"][0]["recorded"] is None


def test_a_snapshot_that_cannot_be_read(dockworthy: Run, tmp_path: Path) -> None:
    said(dockworthy("check", f"snapshot:{tmp_path}"), 4, str(tmp_path))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("extends: base\nparms: {}\n", 2, ["parms"]),
        ("extends: nonesuch\n", 1, ["nonesuch"]),
        ("extends: base\nparams:\n  max_stopped_containers: many\n", 3, ["max_stopped_containers"]),
        (
            "extends: base\nwaivers:\n  - {check: container.no-privileged, reason: r, owner: o, expires: soon}\n",
            3,
            ["soon"],
        ),
        ("extends: base\nselect: [no.such-thing]\n", 2, ["no.such-thing"]),
        ("extends: base\nseverity: {daemon.icc-disabled: awful}\n", 2, ["awful"]),
        ("a: [1\n", 1, ["YAML"]),
    ],
)
def test_a_profile_that_is_wrong_names_its_line_and_nothing_is_probed(
    dockworthy: Run, tmp_path: Path, text: str, line: int, words: list[str]
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    said(dockworthy("check", "--profile", str(path), "local://"), 4, f"{path}:{line}", *words)


def test_a_profile_that_extends_itself(dockworthy: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("extends: b.yaml\n")
    (tmp_path / "b.yaml").write_text("extends: a.yaml\n")
    said(dockworthy("check", "--profile", str(tmp_path / "a.yaml")), 4, "b.yaml:1", "cycle")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("from dockworthy.check import check\ndef broken(:\n", [":2"]),
        ("def (", [":1", "not valid Python"]),
        ("x = 1\n\ndef (", [":3", "not valid Python"]),
        ("x = 1\0\n", [":1", "not valid Python"]),
        ("# coding: no-such-one\n", ["not valid Python"]),
        ("from dockworthy.check import check\nimport no_such_module\n", [":2", "no_such_module"]),
        (
            "import dockworthy.check as d\n@d.check('mine.a', severity='low', refs=['x:1'], fix='f')\ndef f(): pass\n",
            ["docstring"],
        ),
        (
            REPEATED,
            ["kernel.namespace", "already defined"],
        ),
    ],
)
def test_a_check_file_that_cannot_be_loaded(
    dockworthy: Run, small_snapshot: Path, tmp_path: Path, text: str, words: list[str]
) -> None:
    folder = tmp_path / "mychecks"
    folder.mkdir()
    (folder / "mine.py").write_text(text)
    said(dockworthy("check", f"snapshot:{small_snapshot}", "--checks", str(folder)), 4, "mine.py", *words)


def test_a_truncated_snapshot_is_judged_and_what_is_missing_is_no_pass(dockworthy: Run, tmp_path: Path) -> None:
    whole = snapshot_of({"file:/etc/os-release": b"ID=debian\nVERSION_ID=13\n", "cmd:hostname": b"cut\n"})
    path = tmp_path / "cut.snapshot"
    path.write_bytes(whole[:-9])
    done = dockworthy("check", f"snapshot:{path}", "--check", "kernel.namespace", "--results", str(tmp_path / "r.json"))
    assert done.returncode == 6, done.stderr
    assert '"outcome":"error"' in (tmp_path / "r.json").read_text()
    assert '"outcome":"pass"' not in (tmp_path / "r.json").read_text()
    sentence = "the snapshot breaks off after 1 section: what is missing is undecided."
    assert done.stderr == f"dockworthy: snapshot:{path}: {sentence}\n"
    assert json.loads((tmp_path / "r.json").read_text())["hosts"][0]["error"] == sentence


def test_a_missing_os_release_falls_back_to_base(dockworthy: Run, tmp_path: Path) -> None:
    path = tmp_path / "bare.snapshot"
    path.write_bytes(snapshot_of({"cmd:hostname": b"bare\n"}))
    done = dockworthy("check", f"snapshot:{path}", "--results", str(tmp_path / "r.json"))
    assert done.returncode in {1, 6}
    assert '"profile":"base"' in (tmp_path / "r.json").read_text()
    assert "Traceback" not in done.stdout + done.stderr


# What a file may hold instead of what it should: nothing that any reader takes.
RUBBISH = {
    "nothing": b"",
    "zeros": b"\0" * 4096,
    "program": b"\x7fELF\x02\x01\x01" + bytes(range(256)),
    "utf-16": "all:\n  hosts: {web1: {}}\n".encode("utf-16"),
    "latin-1": b"web1 ansible_user=J\xfcrgen\n- \xfc: \xe4\n",
    "brackets": b"[" * 100_000,
    "braces": b'{"a":' * 50_000,
    "number": b"a: " + b"9" * 5_000 + b"\n",
    "json-number": b'{"schema_version": ' + b"9" * 5_000 + b"}",
    "surrogate": b"a: \xed\xa0\x80\n",
    "date": b"a: 2026-99-99\nb: 0001-01-01\n",
    "control": b"a: \x1b[31m\x07\n",
    "gzip": b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xcb\x48\xcd\xc9\xc9",
}
READERS = {
    "inventory": ["check", "--inventory", "{}"],
    "inventory.yml": ["check", "--inventory", "{}"],
    "profile.yaml": ["check", "--profile", "{}", "local://"],
    "waivers.yaml": ["waivers", "check", "{}"],
    "baseline.json": ["check", "--baseline", "{}"],
    "results.json": ["report", "{}", "--format", "json"],
    "results.jsonl": ["remediate", "{}"],
    "host.snapshot": ["check", "snapshot:{}"],
}
# Nothing is an empty profile and an empty list of waivers, and these are YAML of a mapping with unknown keys at most.
FINE = {("profile.yaml", "nothing"), ("waivers.yaml", "nothing")}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("content", RUBBISH)
def test_a_file_of_rubbish_is_one_sentence(
    reader: str, content: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if (reader, content) in FINE:
        return
    monkeypatch.chdir(tmp_path)
    path = tmp_path / reader
    path.write_bytes(RUBBISH[content])
    status = main([word.replace("{}", str(path)) for word in READERS[reader]])
    out, err = capfd.readouterr()
    assert (status, len(err.splitlines())) == (4, 1), out + err
    assert reader in err
    assert err.isprintable() or err[:-1].isprintable()


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", ["directory", "missing", "no-permission", "endless", "file-as-folder", "loop"])
def test_a_file_that_cannot_be_read_is_one_sentence(
    reader: str, kind: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / reader
    if kind == "directory":
        path.mkdir()
    elif kind == "no-permission":
        path.symlink_to("/proc/self/mem")  # not even root reads its beginning
    elif kind == "endless":
        path.symlink_to("/dev/zero")
        monkeypatch.setattr("dockworthy.snapshot.MAX_BYTES", 1 << 20)
        monkeypatch.setattr("dockworthy.results.reading.MAX_BYTES", 1 << 20)
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "file-as-folder":
        path.write_bytes(b"")
        path = path / reader
    status = main([word.replace("{}", str(path)) for word in READERS[reader]])
    out, err = capfd.readouterr()
    assert (status, len(err.splitlines())) == (4, 1), out + err
    assert reader in err


def test_waivers_from_a_pipe_hold_to_the_end_of_the_run(dockworthy: Run, small_snapshot: Path, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"- {check: kernel.namespace, reason: r, owner: o, expires: 2099-01-01}\n")
    os.close(writing)
    results = tmp_path / "r.json"
    done = dockworthy(
        "check", f"snapshot:{small_snapshot}", "--topic", "kernel", "--waivers", f"/dev/fd/{reading}",
        "--results", str(results), pass_fds=[reading],
    )  # fmt: skip
    os.close(reading)
    assert done.returncode in {1, 6}, done.stderr
    assert json.loads(results.read_text())["run"]["profiles"][0]["sha256"]


def test_a_folder_of_checks_that_is_not_there(dockworthy: Run, small_snapshot: Path) -> None:
    said(dockworthy("check", f"snapshot:{small_snapshot}", "--checks", "/nowhere/checks"), 4, "/nowhere/checks")


def test_a_folder_that_cannot_be_made(dockworthy: Run, small_snapshot: Path) -> None:
    said(dockworthy("check", f"snapshot:{small_snapshot}", "--output-dir", "/dev/null/x"), 4, "/dev/null/x")
    said(dockworthy("collect", "-o", "/dev/null/x", f"snapshot:{small_snapshot}"), 4, "/dev/null/x")


@pytest.mark.parametrize(
    "address", ["foo", "foo:2375", ":2375", "http://h", "unix://x", "tcp://", "npipe:////./pipe/x", "fd://"]
)
def test_what_is_no_address_of_an_engine_is_refused(dockworthy: Run, small_snapshot: Path, address: str) -> None:
    done = dockworthy("check", f"snapshot:{small_snapshot}", f"--docker-host={address}")
    said(done, 4, "--docker-host", "unix:///PATH")


@pytest.mark.parametrize("line", ["[web", "[web:hosts]", "[web] x", "[]", "web]", "[[web]]"])
def test_a_line_of_an_inventory_that_is_no_section_is_no_host(dockworthy: Run, tmp_path: Path, line: str) -> None:
    path = tmp_path / "hosts"
    path.write_text(f"# hosts\n{line}\nweb1\n")
    said(dockworthy("check", "--inventory", str(path)), 4, f"{path}:2: ")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("test_mine.py", "import no_such_module\n", [":1", "ModuleNotFoundError: no_such_module"]),
        ("test_mine.py", "x = 1\nraise ValueError('s3cret')\n", [":2", "(ValueError)"]),
        ("test_mine.py", "def (", [":1", "not valid Python"]),
        ("helper.py", "def (", [":1", "not valid Python"]),
    ],
)
def test_any_python_file_beside_the_checks_that_cannot_be_loaded(
    dockworthy: Run, small_snapshot: Path, tmp_path: Path, name: str, text: str, words: list[str]
) -> None:
    folder = tmp_path / "mychecks"
    folder.mkdir()
    (folder / name).write_text(text)
    done = dockworthy("check", f"snapshot:{small_snapshot}", "--checks", str(folder), "--topic", "kernel")
    said(done, 4, name, *words)
    assert "s3cret" not in done.stderr


@pytest.mark.parametrize("option", ["--forks=many", "--host-timeout=soon", "--docker-host=foo"])
def test_collect_refuses_what_check_refuses(dockworthy: Run, small_snapshot: Path, option: str) -> None:
    said(dockworthy("collect", "-o", "o", option, f"snapshot:{small_snapshot}"), 4, option.partition("=")[0])


def test_a_truncated_snapshot_is_told_by_collect_and_trust_too(dockworthy: Run, tmp_path: Path) -> None:
    path = tmp_path / "cut.snapshot"
    path.write_bytes(snapshot_of({"cmd:hostname": b"cut\n"})[:-7])
    done = dockworthy("collect", "-o", str(tmp_path / "o"), f"snapshot:{path}")
    assert done.returncode == 6
    assert done.stderr.endswith("breaks off after 1 section: what is missing is undecided.\n")
    done = dockworthy("trust", "127.0.0.1:1/x", f"snapshot:{path}")
    assert "note     the snapshot breaks off after 1 section: what is missing is undecided." in done.stdout


@pytest.mark.parametrize("below", ["", "deeper"])
@pytest.mark.parametrize(
    "breaks", ["raise RuntimeError('s3cret')", "raise SystemExit('s3cret')", "import json\njson.loads('s3cret')"]
)
def test_a_conftest_that_cannot_be_imported_is_told_by_file_and_line(
    dockworthy: Run, small_snapshot: Path, tmp_path: Path, below: str, breaks: str
) -> None:
    folder = tmp_path / "mychecks" / below
    folder.mkdir(parents=True)
    (folder / "conftest.py").write_text(f"import os\n{breaks}\n")
    (folder / "site.py").write_text('"""Ours."""\n\nfrom dockworthy.check import check\n')
    done = dockworthy("check", f"snapshot:{small_snapshot}", "--checks", str(tmp_path / "mychecks"))
    assert done.returncode == 4
    line = 1 + len(breaks.splitlines())
    assert done.stderr.startswith(f"ERROR: {folder}/conftest.py:{line}: conftest.py cannot be loaded (")
    assert len(done.stderr.strip().splitlines()) == 1
    assert "s3cret" not in done.stdout + done.stderr


BROKEN = "def pytest_collection_modifyitems(items):\n    password = 's3cret'\n    raise RuntimeError(password)\n"


@pytest.mark.parametrize("debug", ["", "1"])
def test_an_error_of_our_own_is_told_without_its_message(
    dockworthy: Run, small_snapshot: Path, tmp_path: Path, debug: str
) -> None:
    folder = tmp_path / "mychecks"
    folder.mkdir()
    (folder / "conftest.py").write_text(BROKEN)
    environment = {**os.environ, "DOCKWORTHY_DEBUG": debug}
    arguments = ["check", f"snapshot:{small_snapshot}", "--checks", str(folder), "--topic", "kernel"]
    done = dockworthy(*arguments, env=environment)
    assert done.returncode == 3
    assert "dockworthy: internal error (RuntimeError) in `check`;" in done.stderr
    assert ("conftest.py:3 in pytest_collection_modifyitems" in done.stderr) == bool(debug)
    assert "s3cret" not in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_a_plain_pytest_run_over_checks_without_a_target_says_how_to_name_one(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("from dockworthy.check import check\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 5
    assert "no target is named; add --dw-target local://" in done.stdout
    (tmp_path / "mine.py").write_text("x = 1\n")
    assert "dockworthy" not in subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout
