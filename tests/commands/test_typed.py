"""Nothing that a user types or keeps is told: not on the terminal, in no file, to no process."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.cli import main
from dockworthy.typed import shown_argv, shown_target
from tests import warm
from tests.commands.typed_spellings import SPELLINGS, WHOLE, Spelling
from tests.probe.spellings.table import Finder, Planted
from tests.probe.spellings.table import Spelling as Text
from tests.rows import each_of

if TYPE_CHECKING:
    from collections.abc import Callable

CLIENTS = ("ssh", "docker", "podman", "kubectl", "oc", "lxc", "sudo")
# A client that notes what it was called with, and says what a server may say.
CLIENT = '#!/bin/sh\n{{ echo "$0" "$@"; env; }} >>{folder}/called\necho "banner {canary}: no" >&2\nexit 255\n'


def canaries_of(*marks: str) -> tuple[dict[str, str], Finder]:
    """New secrets, and who finds them in any disguise."""
    made = [Planted.of(Text(mark, "", mark)) for mark in marks]
    return {item.case.name: item.canaries[0] for item in made}, Finder(made)


def planted(text: str, canaries: dict[str, str], folder: Path) -> str:
    for mark, canary in canaries.items():
        text = text.replace(mark, canary)
    return text.replace("@d@", str(folder))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Spelling], tuple[list[str], Finder]]:
    """The folder, files, clients and environment of a case; gives its command line and who finds its secrets."""
    canaries, finder = canaries_of("«1»", "«2»")
    clients = tmp_path / "bin"
    clients.mkdir()
    for name in CLIENTS:
        (clients / name).write_text(CLIENT.format(folder=tmp_path, canary=canaries["«1»"]))
        (clients / name).chmod(0o755)
    folder = tmp_path / "d"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", f"{clients}:{os.environ['PATH']}")
    monkeypatch.setenv("DOCKWORTHY_DEBUG", "1")

    def plant(case: Spelling) -> tuple[list[str], Finder]:
        for name, text in case.files.items():
            (folder / name).write_text(planted(text, canaries, folder))
        for name, text in case.env.items():
            monkeypatch.setenv(name, planted(text, canaries, folder))
        return [planted(word, canaries, folder) for word in case.argv], finder

    return plant


@pytest.mark.parametrize("case", SPELLINGS, ids=[case.name for case in SPELLINGS])
def test_what_is_typed_or_kept_is_not_told(
    case: Spelling,
    world: Callable[[Spelling], tuple[list[str], Finder]],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    argv, finder = world(case)
    try:
        status = main(argv)
    except SystemExit as ended:
        status = int(ended.code or 0)
    out, err = capfd.readouterr()
    assert status in case.status, err
    assert "Traceback" not in out + err
    if status == 4:
        assert len(err.splitlines()) == 1, err
    for text in case.keeps:
        assert text.replace("@d@", str(tmp_path / "d")) in out + err
    called = tmp_path / "called"
    written = [
        path for path in tmp_path.rglob("*") if path.is_file() and path.parent.name not in {"bin", "__pycache__"}
    ]
    told = [path for path in written if path.name not in case.files]
    assert finder.found((out + err).encode()) == {}
    assert finder.found(b"\n".join(path.read_bytes() for path in told)) == {}
    assert called.exists() == (6 in case.status and status == 6)


@each_of(
    "spec",
    [
        "local://",
        "ssh://web1",
        "ssh://deploy@web1.example.com:2222",
        "ssh://deploy@[2001:db8::1]:22?ssh_config=/etc/a b&sudo=true&timeout=5",
        "docker://My_App",
        "kubectl://pod-1?namespace=n&container=c&context=x",
        "chroot:///mnt/a",
        "ansible://web*",
        "snapshot:/a/b c.snapshot",
        "rootfs:/mnt",
    ],
)
def test_a_target_without_a_secret_is_shown_as_it_is(spec: str) -> None:
    assert shown_target(spec) == spec


def test_a_harmless_command_line_is_kept_whole() -> None:
    line = (
        "dockworthy check ssh://web1 snapshot:/a/b.snapshot --profile ubuntu-24.04 --registry harbor.example.com:5000 "
        "--registry [2001:db8::1]:443 --report junit=/tmp/j.xml --report json --check kernel.namespace --topic daemon "
        "--refs CIS-Docker-1.6:2.1 --severity high --docker-host unix:///run/user/1000/docker.sock --at snapshot "
        "--at 2026-11-24T12:00:00Z --sudo --forks 4 --min-decided=99.5 --output-dir reports/x -- -k some -x -n 2"
    )
    assert shown_argv(line.split()) == line.split()


@each_of(
    "line",
    [
        "check ssh://h?password=«1»",
        "check kubectl://pod?namespace=n&token=«1»",
        "check --docker-host tcp://u:«1»@h",
        "check --docker-host=tcp://u:«1»@h",
        "check ssh://u:«1»@h",
        "check --dw-target=ssh://u:«1»@h",
        "check --dw-target ssh://u:«1»@h",
        "check --registry u:«1»@h",
        "check --report json=https://u:«1»@h/x",
        "check --report=«1»",
        "check --token «1»",
        "check --token=«1»",
        "check --«1»",
        "check --«1»=x",
        "check -t«1»",
        "check -t «1»",
        "check --sudo=«1»",
        "check --check «1»",
        "check --at «1»",
        "check --notify https://hooks.example.com/«1»",
        "check --store postgres://u:«1»@h/db",
        "check -- --api-key «1»",
        "check -- --api-key=«1» -o token=«1» -e «1»",
        "check -- -o «1»",
        "check --profile https://u:«1»@h/p.yaml",
        "check --inventory u:«1»@web1,",
        "check «1»",
        "check u:«1»@web1",
        "check snapshot:https://u:«1»@h/x",
        "check token=«1»",
        "check --docker tcp://u:«1»@h",
    ],
)
def test_the_recorded_command_line_holds_no_secret(line: str) -> None:
    canaries, finder = canaries_of("«1»")
    shown = shown_argv(["dockworthy", *line.replace("«1»", canaries["«1»"]).split()])
    assert finder.found(" ".join(shown).encode()) == {}
    assert shown[:2] == ["dockworthy", "check"]
    assert len(shown) == len(line.split()) + 1


# --- whole runs, with what their processes are given -------------------------------------------------------------


class Sampler(threading.Thread):
    """Reads the arguments and the environment of all that descends from a process, again and again."""

    def __init__(self, root: int, seen: Path) -> None:
        super().__init__(daemon=True)
        self.kin, self.root, self.seen, self.ended, self.found = {root}, root, seen, False, b""

    def run(self) -> None:
        while not self.ended:
            for pid in tuple(self.kin):
                self._look(pid)
            time.sleep(0.003)

    def _look(self, pid: int) -> None:
        """Read one, and note its children; one that ended is forgotten."""
        try:
            for task in Path(f"/proc/{pid}/task").iterdir():
                self.kin.update(map(int, (task / "children").read_text().split()))
            if pid == self.root:
                return
            own = Path(f"/proc/{self.root}/cmdline").read_bytes()
            given = Path(f"/proc/{pid}/cmdline").read_bytes()
            # What was forked and has not become another program yet shows its parent's.
            if given != own:
                self.found += given + b"\n" + Path(f"/proc/{pid}/environ").read_bytes() + b"\n"
                if b"docker\0exec\0" in given:
                    self.seen.touch()  # which the client waits for
        except FileNotFoundError:
            self.kin.discard(pid)
        except (OSError, ValueError):
            return


# What is found instead of docker: it says what a host says, without looking at one, when the sampler has seen it.
DOCKER = """#!/bin/sh
cat >/dev/null
until [ -e "${0%/*}/seen" ]; do sleep 0.01; done
printf '%s\\n' 'dockworthy-snapshot 1 0.1.0' '@ cmd:hostname 0 raw 5' host '' '@end 1'
"""


@pytest.mark.parametrize("case", WHOLE, ids=[case.name for case in WHOLE])
def test_a_whole_run_tells_nothing_to_anyone(case: Spelling, tmp_path: Path) -> None:
    canaries, finder = canaries_of("«1»", "«2»")
    for name, text in case.files.items():
        (tmp_path / name).write_text(planted(text, canaries, tmp_path))
    argv = [planted(word, canaries, tmp_path) for word in case.argv]
    env = {**os.environ, "DOCKWORTHY_DEBUG": "1", "HOME": str(tmp_path)}
    env |= {name: planted(text, canaries, tmp_path) for name, text in case.env.items()}
    (tmp_path / "bin").mkdir()
    if "docker://here" in case.argv:
        (tmp_path / "bin/docker").write_text(DOCKER)
        (tmp_path / "bin/docker").chmod(0o755)
        env["PATH"] = f"{tmp_path}/bin:{env['PATH']}"
    pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = warm.start(*argv, cwd=tmp_path, env=env, text=False, **pipes)
    sampler = Sampler(process.pid, tmp_path / "bin/seen")
    sampler.start()
    out, err = process.communicate(timeout=300)
    sampler.ended = True
    sampler.join()
    assert process.returncode in case.status, err.decode()
    assert b"Traceback" not in out + err
    for text in case.keeps:
        assert text.encode() in out + err
    streams = {"standard output": out, "standard error": err, "its processes": sampler.found}
    streams |= {
        str(path): path.read_bytes()
        for path in tmp_path.rglob("*")
        # What Python compiles of a check file lies beside it, and is that file.
        if path.is_file() and path.name not in case.files and path.parent.name != "__pycache__"
    }
    told = {name: finder.found(data) for name, data in streams.items() if finder.found(data)}
    assert told == {}
    if "docker://here" in case.argv:
        assert b"docker\0exec\0" in sampler.found, "the sampler saw no client"
    if case.argv[0] == "collect" and case.status == (0,):
        assert re.search(rb"sh\0-s", sampler.found), "the sampler saw no probe"
