"""A process that is forked from the server does what ``python -m dockworthy`` does, and is what that is."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import warm

if TYPE_CHECKING:
    from collections.abc import Callable

SNAPSHOT = b"dockworthy-snapshot 1 0.1.0\n@ cmd:hostname 0 raw 5\nhost\n\n@end 1\n"
CHECK = ("check", "snapshot:host.snapshot", "--topic", "kernel", "--results", "r.json", "--checks", "look")

# A check file that writes down what it sees of the process that imports it, and leaves work for the process's end.
LOOK = """
import atexit, gc, json, locale, os, signal, sys, tempfile, threading, time, warnings

def stream(name):
    one = getattr(sys, f"__{name}__")
    return one and [one.name, one.mode, one.encoding, one.errors, one.newlines, one.line_buffering, one.write_through,
                    type(one.buffer).__name__, one.fileno()]

def late():
    time.sleep(0.2)
    open("late", "w").write("thread")

def last():
    open("late", "a").write(" exit")
    print("the last word")

threading.Thread(target=late).start()
atexit.register(last)
descriptors = [n for n in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{n}")]
main = sys.modules["__main__"]
json.dump({
    "streams": {name: stream(name) for name in ("stdin", "stdout", "stderr")},
    "path": sys.path, "argv": sys.argv, "orig_argv": sys.orig_argv[1:], "flags": list(sys.flags),
    "main": [main.__name__, main.__spec__.name, main.__file__], "executable": sys.executable,
    "cwd": os.getcwd(), "environ": dict(os.environ), "descriptors": {n: os.stat(int(n)).st_mode for n in descriptors},
    "signals": {int(n): repr(signal.getsignal(n)).partition(" at ")[0] for n in signal.valid_signals()},
    "blocked": list(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "ids": [os.getpgrp(), os.getsid(0), os.getuid(), os.getgroups(), os.umask(os.umask(0o22))],
    "locale": locale.setlocale(locale.LC_ALL), "zone": time.tzname, "collected": [gc.isenabled(), gc.get_threshold()],
    "warnings": repr(warnings.filters), "folder": tempfile.gettempdir(),
    "recursion": sys.getrecursionlimit(), "threads": len(threading.enumerate()),
}, open("look.json", "w"), default=repr)
"""


# What is found instead of ssh: it writes down what it was given.
CLIENT = """#!/bin/sh
{ env; echo "$@"; ls /proc/$$/fd; } >there.tmp
mv there.tmp there
cat >/dev/null
exec sleep 300
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where either way runs: the same path, made anew by `both`."""
    return tmp_path / "here"


def both(folder: Path, ask: Callable[[Any], Any]) -> list[Any]:
    """What a question to either way of starting gives."""
    answers = []
    for starting in (warm.start, warm.start_real):
        folder.mkdir()
        (folder / "host.snapshot").write_bytes(SNAPSHOT)
        (folder / "look").mkdir()
        (folder / "look/mine.py").write_text(f"{LOOK}\n# from dockworthy.check import check\n")
        answers.append(ask(starting))
        shutil.rmtree(folder)
    return answers


def told(done: subprocess.CompletedProcess[str]) -> tuple[int, str, str]:
    """Status and streams, without a run's own number and its seconds."""
    varying = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{8}|\d+\.\d+ s\b|0x[0-9a-f]+")
    return done.returncode, varying.sub("N", done.stdout or ""), varying.sub("N", done.stderr or "")


@pytest.mark.parametrize(
    "line", ["--version", "", "nonesuch", "check --no-such-option", "check gopher://h", "explain kernel.namespace"]
)
def test_a_command_says_and_ends_the_same(folder: Path, line: str) -> None:
    forked, real = both(folder, lambda starting: told(warm.run(*line.split(), cwd=folder, starting=starting)))
    assert forked == real


def test_a_run_sees_the_same_of_its_process_and_ends_its_work(folder: Path) -> None:
    env = {**os.environ, "TZ": "Asia/Tokyo", "NOTE": "\udcff=x\n", "TMPDIR": str(folder)}

    def ask(starting: Any) -> Any:
        reading, writing = os.pipe()
        done = warm.run(*CHECK, cwd=folder, env=env, pass_fds=[reading], stdin=subprocess.DEVNULL, starting=starting)
        os.close(reading)
        os.close(writing)
        seen = json.loads((folder / "look.json").read_text())
        return told(done), seen, (folder / "late").read_text(), sorted(path.name for path in folder.iterdir())

    forked, real = both(folder, ask)
    assert forked[1] == real[1]
    assert forked == real
    assert real[2] == "thread exit"
    assert "the last word" in real[0][1]


def test_a_last_word_that_cannot_be_written_is_told_by_the_interpreter(folder: Path) -> None:
    env = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}

    def ask(starting: Any) -> Any:
        with Path("/dev/full").open("w") as full:
            return told(warm.run(*CHECK, cwd=folder, env=env, stdout=full.fileno(), starting=starting))

    forked, real = both(folder, ask)
    assert forked == real
    assert real[0] == 120


@pytest.mark.parametrize("streams", [{"stdout": warm.CLOSED}, {"stdout": warm.CLOSED, "stderr": warm.CLOSED}])
def test_a_closed_stream_is_the_same(folder: Path, streams: dict[str, Any]) -> None:
    forked, real = both(folder, lambda starting: told(warm.run("probe", cwd=folder, starting=starting, **streams)))
    assert forked == real
    assert real[0] == 4


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_and_what_its_children_are_given_are_the_same(folder: Path, number: signal.Signals) -> None:
    def ask(starting: Any) -> Any:
        (folder / "bin").mkdir()
        (folder / "bin/ssh").write_text(CLIENT)
        (folder / "bin/ssh").chmod(0o755)
        env = {**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}", "SECRET": "s3cret"}
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = starting("collect", "-o", "o", "ssh://web1", cwd=folder, env=env, text=True, **pipes)
        while not (folder / "there").exists():
            assert process.poll() is None
            time.sleep(0.01)
        given = (folder / "there").read_text().splitlines()
        process.send_signal(number)
        if number == signal.SIGKILL:  # its child lives on, and holds the pipes open
            process.stdout.close()
            process.stderr.close()
            return process.wait(60), given
        return *process.communicate(timeout=60), process.wait(), given

    forked, real = both(folder, ask)
    assert forked == real
    assert (-9 if number == signal.SIGKILL else 2) in real


@pytest.mark.parametrize(
    ("variables", "files"),
    [
        ({"PYTHONWARNINGS": "error"}, []),
        ({"PYTHONPATH": "/nowhere"}, []),
        ({}, ["yaml.py"]),
        ({}, ["pydantic/__init__.py"]),
    ],
)
def test_where_a_fresh_interpreter_would_differ_it_is_one(
    tmp_path: Path, variables: dict[str, str], files: list[str]
) -> None:
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("raise SystemExit('not the installed one')\n")
    env = {**os.environ, **variables}
    process = warm.start("--version", cwd=tmp_path, env=env, stdout=subprocess.PIPE)
    assert process.communicate(timeout=60)[0].startswith("dockworthy ")
    assert isinstance(process, subprocess.Popen)


def test_the_installed_command_is_the_same(folder: Path) -> None:
    folder.mkdir()
    command = [str(Path(sys.executable).with_name("dockworthy")), "check", "gopher://h"]
    installed = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert told(installed) == told(warm.run(*command[1:], cwd=folder))
