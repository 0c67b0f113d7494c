"""The probe is one script that means the same to every shell, and only reads."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from dockworthy.errors import UsageError
from dockworthy.probe import fragments, script
from dockworthy.snapshot import parse_snapshot
from tests.probe.world import COMMANDS, OF_THE_SPACES, SHELLS, World, missing, without_times

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dockworthy.snapshot import Snapshot


@pytest.fixture(scope="module")
def host(new_world: Callable[[], World]) -> World:
    world = new_world()
    world.plant("/etc/docker/daemon.json", '{"icc": false, "log-opts": {"a": "b"}}\n')
    world.plant("/etc/sysctl.d/60-x.conf", "net.ipv4.ip_forward = 1\n")
    return world


INSTALLED = [name for name in COMMANDS if missing(SHELLS[name.removesuffix(" itself")][0]) is None]


@pytest.fixture(scope="module")
def printed(host: World) -> dict[str, bytes]:
    """What every shell that is installed tells of one host, and dash once more."""
    return dict(zip((*INSTALLED, "dash again"), host.run_each([*INSTALLED, "dash"]), strict=True))


@pytest.fixture(scope="module")
def seen(printed: dict[str, bytes]) -> dict[str, Snapshot]:
    """The same, read."""
    found = {name: parse_snapshot(data, name) for name, data in printed.items()}
    assert [name for name, snapshot in found.items() if snapshot.truncated] == []
    return found


@pytest.fixture(scope="module")
def seen_read_only(host: World) -> dict[str, Snapshot]:
    """What they see where nothing can be written."""
    shells = [name for name in INSTALLED if name in SHELLS]
    return dict(zip(shells, replace(host, read_only=True).snapshots(shells), strict=True))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_shell_sees_the_same(name: str, seen: dict[str, Snapshot]) -> None:
    """Which is what dash sees, apart from the times."""
    if name not in seen:
        pytest.skip(f"{name} is not installed")
    one, other = seen[name], seen["dash again" if name == "dash" else "dash"]
    assert without_times(one) == without_times(other)


def test_an_answer_cut_off_is_known_as_such(printed: dict[str, bytes]) -> None:
    whole = printed["dash"]
    for part in (0.2, 0.5, 0.99):
        assert parse_snapshot(whole[: int(len(whole) * part)], "cut").truncated


def test_the_probe_finds_what_it_should_where_nothing_can_be_written(
    shell: str, seen: dict[str, Snapshot], seen_read_only: dict[str, Snapshot]
) -> None:
    assert without_times(seen_read_only[shell], *OF_THE_SPACES) == without_times(seen[shell], *OF_THE_SPACES)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_probe_opens_nothing_for_writing(shell: str, tmp_path: Path) -> None:
    log = tmp_path / "calls"
    # The calls that are not looked for do not stop a process.
    tracing = ["strace", "-f", "--seccomp-bpf", "-qq", "-o", str(log), "-e", "signal=none"]
    calls = "trace=open,openat,creat,mkdir,mkdirat,unlink,unlinkat,rename,renameat2,mknod,symlink,link,chmod,truncate"
    done = subprocess.run(
        [*tracing, "-e", calls, *SHELLS[shell], "-s"],
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
