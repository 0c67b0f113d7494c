"""The probe is one script that means the same to every shell, and only reads."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from dockworthy.errors import UsageError
from dockworthy.probe import fragments, script
from dockworthy.snapshot import parse_snapshot
from tests.probe.world import OF_THE_SPACES, SHELLS, World, without_times

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("shell", [*SHELLS, "ksh itself"])
def test_every_shell_sees_the_same(shell: str, world: World) -> None:
    """Ksh gives way to another shell, because it keeps what `$(…)` prints in files; by itself it works, too."""
    if shutil.which(SHELLS[shell.removesuffix(" itself")][0]) is None:
        pytest.skip(f"{shell} is not installed")
    world.plant("/etc/docker/daemon.json", '{"icc": false, "log-opts": {"a": "b"}}\n')
    world.plant("/etc/sysctl.d/60-x.conf", "net.ipv4.ip_forward = 1\n")
    env = {"DOCKWORTHY_SAME_SHELL": "1"} if shell.endswith(" itself") else {}
    one, other = world.snapshots([shell.removesuffix(" itself"), "dash"], env=env)
    assert without_times(one) == without_times(other)


def test_two_looks_at_an_unchanged_host_are_equal_apart_from_the_times(world: World) -> None:
    one, other = world.snapshots(["dash", "dash"])
    assert without_times(one) == without_times(other)


def test_the_probe_finds_what_it_should_where_nothing_can_be_written(shell: str, world: World) -> None:
    writable = world.snapshot(shell)
    world.read_only = True
    seen = world.snapshot(shell)
    assert without_times(seen, *OF_THE_SPACES) == without_times(writable, *OF_THE_SPACES)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_probe_opens_nothing_for_writing(shell: str, tmp_path: Path) -> None:
    log = tmp_path / "calls"
    calls = "trace=open,openat,creat,mkdir,mkdirat,unlink,unlinkat,rename,renameat2,mknod,symlink,link,chmod,truncate"
    done = subprocess.run(
        ["strace", "-f", "-qq", "-o", str(log), "-e", calls, "-e", "signal=none", *SHELLS[shell], "-s"],
        input=script().encode(),
        capture_output=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "HOME": "/root", "DOCKER_HOST": f"unix://{tmp_path}/none.sock"},
    )
    assert done.stdout.startswith(b"dockworthy-snapshot ")
    written = [
        line
        for line in log.read_text().splitlines()
        if re.search(r" (?:open|openat)\(.*(?:O_WRONLY|O_RDWR|O_CREAT)| (?!open)[a-z0-9]+\(", line)
    ]
    # Go's runtime opens its own process's settings for writing where it may; nothing is written there.
    harmless = ('"/dev/null"', '"/dev/tty"', "ENOENT", "+++", "/sys/kernel/mm/transparent_hugepage")
    assert [line for line in written if not any(word in line for word in harmless)] == []


def test_a_script_that_arrives_cut_off_does_nothing(shell: str) -> None:
    text = script()
    for part in (0.3, 0.6, 0.9, 0.999):
        cut = text[: int(len(text) * part)].encode()
        done = subprocess.run([*SHELLS[shell], "-s"], input=cut, capture_output=True, check=False, timeout=20)
        assert done.stdout == b""


def test_an_answer_cut_off_is_known_as_such(world: World) -> None:
    whole = world.run()
    for part in (0.2, 0.5, 0.99):
        assert parse_snapshot(whole[: int(len(whole) * part)], "cut").truncated


@pytest.mark.parametrize("name", sorted(fragments()))
def test_fragments_are_clean_under_shellcheck(name: str) -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed")
    done = subprocess.run(
        ["shellcheck", "-s", "sh", "-"], input=fragments()[name], capture_output=True, text=True, check=False
    )
    assert done.stdout == ""


def test_fragments_say_what_they_are_about() -> None:
    assert [name for name, text in fragments().items() if not text.startswith("# ")] == []


def test_fragments_have_no_here_documents_and_write_to_no_file() -> None:
    for name, text in fragments().items():
        for number, line in enumerate(text.splitlines(), 1):
            code = "" if line.lstrip().startswith("#") else line
            assert "<<" not in code, f"{name}:{number}"
            targets = re.findall(r"[ (\d]>>?\s?(/[^\s;)]+|\"?\$[^\s;)]+)", code)
            assert {target.strip("'\"") for target in targets} <= {"/dev/null"}, f"{name}:{number}"


def test_a_registry_is_a_host_and_nothing_that_a_shell_could_run() -> None:
    for text in ("a;b", "$(x)", "`x`", "a b", "-x", "h:port", "", "a/b", "a'b"):
        with pytest.raises(UsageError):
            script([text])
    assert "REGISTRIES='harbor.example.com:8443 [::1]:5000'" in script(["harbor.example.com:8443", "[::1]:5000"])


def test_the_engine_that_was_named_is_one_word(world: World) -> None:
    """A value with quotes stays a value."""
    world.tool(
        "docker",
        '#!/bin/sh\n[ "$DOCKER_HOST" != "unix:///tmp/it\'s \\$(id).sock" ] || echo permission denied >&2\nexit 1\n',
    )
    seen = parse_snapshot(world.run(text=script(docker_host="unix:///tmp/it's $(id).sock")), "x")
    assert seen.text("cmd:engine-target").value.splitlines()[0].startswith("docker-host ")
    assert seen["docker:version:err"].text == "permission denied"


def test_no_function_of_the_probe_is_defined_twice() -> None:
    names = re.findall(r"^([a-z_0-9]+)\(\)", script(), re.MULTILINE)
    assert sorted(names) == sorted(set(names))
