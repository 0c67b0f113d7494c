"""Whatever a user gets wrong ends with the documented exit status and one clear sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .conftest import snapshot_of

if TYPE_CHECKING:
    import subprocess
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


def test_a_missing_os_release_falls_back_to_base(dockworthy: Run, tmp_path: Path) -> None:
    path = tmp_path / "bare.snapshot"
    path.write_bytes(snapshot_of({"cmd:hostname": b"bare\n"}))
    done = dockworthy("check", f"snapshot:{path}", "--results", str(tmp_path / "r.json"))
    assert done.returncode in {1, 6}
    assert '"profile":"base"' in (tmp_path / "r.json").read_text()
    assert "Traceback" not in done.stdout + done.stderr
