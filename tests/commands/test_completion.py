"""What bash, zsh and fish complete by the script for them: asked of the shells themselves."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import subprocess
from functools import lru_cache
from typing import TYPE_CHECKING

import pytest

from dockworthy.cli import main
from dockworthy.commands import COMMANDS
from dockworthy.commands.completion import SHELLS, script, whole_parser

if TYPE_CHECKING:
    from pathlib import Path

# What is typed before TAB, and the one word that it comes to.
COMPLETED = {
    "dockworthy remed": "remediate",
    "dockworthy check --skip-ch": "--skip-check",
    "dockworthy check --check daemon.icc-d": "daemon.icc-disabled",
    "dockworthy check --sudo --topic kern": "kernel",
    "dockworthy check --severity crit": "critical",
    "dockworthy check --refs CIS-Docker-1.7": "CIS-Docker-1.7",
    "dockworthy check --profile ubuntu-26": "ubuntu-26.04",
    "dockworthy check --engine lat": "latest",
    "dockworthy check --report jun": "junit",
    "dockworthy report x --format jun": "junit",
    "dockworthy explain container.no-docker-s": "container.no-docker-socket",
    "dockworthy list --refs CIS-Docker-1.7 --form": "--format",
    "dockworthy list --format js": "json",
    "dockworthy waivers ad": "add",
    "dockworthy waivers add --own": "--owner",
    "dockworthy waivers add --check daemon.live-r": "daemon.live-restore",
    "dockworthy config sh": "show",
    "dockworthy completion fi": "fish",
    "dockworthy init --ci gitl": "gitlab",
    "dockworthy diff a b --fail-on med": "medium",
    "dockworthy check --baseline last-r": "last-run.json",
    "dockworthy check --profile ./our": "./ours.yaml",
    "dockworthy doctor roo": "rootfs:",
    "dockworthy check --sudo snapshot:./last-r": "snapshot:./last-run.json",
}
LIMIT = 60  # seconds in which a shell says something, on the slowest machine
MANY = {
    "dockworthy co": {name for name in COMMANDS if name.startswith("co")},
    "dockworthy check --topic co": {"completion", "compose", "container"},
    "dockworthy waivers ": {"add", "check"},
    "dockworthy completion ": set(SHELLS),
}


@lru_cache(maxsize=3)
def made(shell: str) -> str:
    return script(shell)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with the scripts and a file of each kind."""
    for shell in SHELLS:
        (tmp_path / f"script.{shell}").write_text(made(shell))
    for name in ("last-run.json", "ours.yaml"):
        (tmp_path / name).touch()
    return tmp_path


def run(place: Path, *command: str, stdin: str = "") -> str:
    done = subprocess.run(
        command, input=stdin, cwd=place, capture_output=True, text=True, timeout=120, check=True, env=environment(place)
    )
    assert done.stderr == ""
    return done.stdout


def environment(place: Path) -> dict[str, str]:
    """A user's without settings of their own."""
    return {"PATH": "/usr/bin:/bin", "HOME": str(place), "TERM": "xterm", "LC_ALL": "C.UTF-8"}


def bash(place: Path, lines: list[str]) -> list[set[str]]:
    asked = [". ./script.bash", "compopt() { :; }"]
    for line in lines:
        words = re.split(r" +|(?<=:)|(?=:)", line)  # as COMP_WORDBREAKS has it
        asked += [f"COMP_WORDS=({shlex.join(words)})", f"COMP_CWORD={len(words) - 1}", "_shtab_dockworthy"]
        asked += ['printf "%s\\n" "${COMPREPLY[@]}" ---']
    return parted(run(place, "bash", "--norc", "-s", stdin="\n".join(asked)))


def fish(place: Path, lines: list[str]) -> list[set[str]]:
    asked = ["source script.fish", *(f"complete -C {shlex.quote(line)}; echo ---" for line in lines)]
    return parted(run(place, "fish", "--no-config", "-c", "\n".join(asked)))


def parted(text: str) -> list[set[str]]:
    """What was printed before each mark, without what describes it."""
    return [{line.split("\t")[0] for line in part.split("\n") if line} for part in text.split("---\n")[:-1]]


@pytest.mark.parametrize("ask", [bash, fish])
def test_a_word_that_is_begun_comes_to_its_end(place: Path, ask: object) -> None:
    assert callable(ask)
    found = ask(place, list(COMPLETED))
    wanted = {line: {word} for line, word in COMPLETED.items()}
    if ask is bash:  # to which a colon ends a word
        wanted["dockworthy check --sudo snapshot:./last-r"] = {"./last-run.json"}
    assert dict(zip(COMPLETED, found, strict=True)) == wanted


@pytest.mark.parametrize("ask", [bash, fish])
def test_where_several_fit_all_are_offered(place: Path, ask: object) -> None:
    assert callable(ask)
    assert dict(zip(MANY, ask(place, list(MANY)), strict=True)) == MANY


def test_zsh_at_a_terminal_writes_the_word_to_its_end(place: Path) -> None:
    """Typed as a person does: TAB, then Enter, which runs a function of that name."""
    setup = (
        "unsetopt prompt_cr prompt_sp; PS1='rea''dy> '; autoload -U compinit; compinit -u -d ./dump; "
        'eval "$(<script.zsh)"; '
        'dockworthy() { print -r -- "GOT:${(j: :)@}|" }; zstyle ":completion:*" menu no\n'
    )
    parent, child = pty.openpty()
    process = subprocess.Popen(
        ["zsh", "-f", "-i"],
        stdin=child,
        stdout=child,
        stderr=child,
        cwd=place,
        env=environment(place),
        close_fds=True,
        start_new_session=True,
    )
    os.close(child)
    try:
        os.write(parent, setup.encode())
        until(parent, b"ready> ")
        for line, word in COMPLETED.items():
            os.write(parent, f"{line}\t\n".encode())
            told = until(parent, b"GOT:", b"ready> ").partition(b"|")[0].decode()
            assert told == " ".join([*line.split()[1:-1], word])
    finally:
        os.close(parent)
        process.kill()
        process.wait()


def until(terminal: int, *marks: bytes) -> bytes:
    """What is said between the last two marks; the last one says that the shell waits for what is typed."""
    said, between = b"", b""
    for mark in marks:
        while mark not in said:
            assert select.select([terminal], [], [], LIMIT)[0], said
            said += os.read(terminal, 65536).replace(b"\r", b"")
        between, _, said = said.partition(mark)
    return between


def test_every_command_and_option_is_in_every_script() -> None:
    options = {
        name
        for command in COMMANDS
        for one in whole_parser()._subparsers._group_actions[0].choices[command]._actions  # type: ignore[union-attr,index]
        for name in one.option_strings
        if name.startswith("--")
    }
    for shell in SHELLS:
        text = made(shell)
        assert not [name for name in COMMANDS if name not in text]
        assert not [name for name in options if name not in text and name[2:] not in text]


def test_a_shell_that_there_is_not_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["completion", "csh"])
    assert ended.value.code == 4
    assert "bash, zsh, fish" in capsys.readouterr().err.replace("'", "")
