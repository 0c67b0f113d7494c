"""Streams that take nothing, and signals: one sentence where it can be told, and the documented status."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import warm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.warm import Process

SNAPSHOT = b"dockworthy-snapshot 1 0.1.0\n@ cmd:hostname 0 raw 5\nhost\n\n@end 1\n"
CALL = f"{sys.executable} -m dockworthy"
CHECK = ("check", "snapshot:host.snapshot", "--topic", "kernel", "--results", "r.json")

# Where standard output may go to, and what is said of it: closed, to a device that is full, to nobody who reads.
CLOSED, FULL, UNREAD = ">&-", ">/dev/full", "| exec true"
SAID = {
    CLOSED: "standard output is closed",
    FULL: "standard output cannot be written (No space left on device)",
    UNREAD: "standard output cannot be written (Broken pipe)",
}


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of bash; `$D` is the command."""
    env = {**os.environ, "D": CALL}
    return subprocess.run(
        ["bash", "-c", line], cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False
    )


def printed(where: str, arguments: Sequence[str], folder: Path, **streams: Any) -> subprocess.CompletedProcess[str]:
    """Run the command with such a standard output, and with further streams."""
    if where == CLOSED:
        return warm.run(*arguments, cwd=folder, stdout=warm.CLOSED, **streams)
    if where == FULL:
        opened = os.open("/dev/full", os.O_WRONLY)
    else:
        reading, opened = os.pipe()
        os.close(reading)
    try:
        return warm.run(*arguments, cwd=folder, stdout=opened, **streams)
    finally:
        os.close(opened)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "host.snapshot").write_bytes(SNAPSHOT)
    return tmp_path


@pytest.mark.parametrize("command", ["list", "list --format json", "schema", "probe", "config show", "--help"])
@pytest.mark.parametrize("where", SAID)
def test_a_text_that_cannot_be_printed_is_one_sentence(folder: Path, command: str, where: str) -> None:
    done = printed(where, command.split(), folder)
    assert done.returncode == 4, done.stderr
    assert done.stderr == f"dockworthy: {SAID[where]}; not everything was printed.\n"


@pytest.mark.parametrize("where", SAID)
def test_in_a_shell_it_is_the_same(folder: Path, where: str) -> None:
    done = shell(f"set -o pipefail; $D config show {where}", folder)
    assert (done.returncode, done.stderr) == (4, f"dockworthy: {SAID[where]}; not everything was printed.\n")


@pytest.mark.parametrize(
    ("where", "streams"),
    [
        (FULL, {"stderr": subprocess.STDOUT}),
        (CLOSED, {"stderr": warm.CLOSED}),
        (CLOSED, {"stderr": subprocess.DEVNULL, "stdin": warm.CLOSED}),
    ],
)
def test_where_nothing_can_be_told_the_status_still_says_it(folder: Path, where: str, streams: dict[str, int]) -> None:
    assert printed(where, ["list"], folder, **streams).returncode == 4
    assert printed(where, ["nonesuch"], folder, **streams).returncode == 4
    assert printed(where, CHECK, folder, **streams).returncode == 6


@pytest.mark.parametrize("where", SAID)
def test_a_run_keeps_its_status_and_its_record(folder: Path, where: str) -> None:
    done = printed(where, CHECK, folder)
    assert done.returncode == 6, done.stderr
    assert done.stderr.startswith("dockworthy: standard output ")
    assert len(done.stderr.splitlines()) == 1
    assert '"summary"' in (folder / "r.json").read_text()
    assert list((folder / "reports").glob("*/report.html"))


def test_what_is_opened_does_not_become_standard_output(folder: Path) -> None:
    done = printed(CLOSED, CHECK, folder, stderr=warm.CLOSED, stdin=warm.CLOSED)
    assert done.returncode == 6
    lines = (folder / "r.jsonl").read_text().splitlines()
    assert all(line.startswith('{"type":') for line in lines)


# --- signals -----------------------------------------------------------------------------------------------------


SLOW = """
import time
from pathlib import Path
from dockworthy.check import check, expect, instances

@check("mine.slow", severity="low", refs=["x:1"], fix=None, each=instances("number", [str(n) for n in range(100)]))
def slow(number, params):
    "A check that takes its time."
    if number == "3":
        Path("third").touch()
        time.sleep(300)
    expect(number, "here").equals(number)
"""


@pytest.fixture
def running(folder: Path) -> Iterator[Process]:
    """A run that has judged three instances and is at the fourth."""
    (folder / "mine").mkdir()
    (folder / "mine/slow.py").write_text(SLOW)
    argv = ["check", "snapshot:host.snapshot", "--checks", "mine", "--check", "mine.slow", "--results", "r.json"]
    process = start(argv, folder)
    wait_for(folder / "third", process)
    yield process
    process.kill()
    process.wait()


def start(argv: list[str], folder: Path, **more: str) -> Process:
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return warm.start(*argv, cwd=folder, env={**os.environ, **more}, **pipes)


def wait_for(path: Path, process: Process) -> None:
    for _ in range(6000):
        if path.exists():
            return
        assert process.poll() is None, process.stderr.read() if process.stderr else ""
        time.sleep(0.02)
    raise AssertionError(f"{path} did not come")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_a_run_with_what_it_knows(running: Process, folder: Path, number: signal.Signals) -> None:
    running.send_signal(number)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 2, err
    assert "Traceback" not in out + err
    assert err == "dockworthy: interrupted; what was judged until then is in r.jsonl.\n"
    lines = (folder / "r.jsonl").read_text().splitlines()
    assert [line.partition(",")[0] for line in lines] == ['{"type":"run"', '{"type":"host"', *3 * ['{"type":"result"']]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_plain_pytest_run_with_what_it_knows(folder: Path, number: signal.Signals) -> None:
    (folder / "slow").mkdir()
    (folder / "slow" / "slow.py").write_text(SLOW)
    options = ["-p", "no:cacheprovider", "--dw-target=snapshot:host.snapshot", "--dw-results=r.json"]
    command = [sys.executable, "-m", "pytest", "--rootdir", str(folder), *options, "slow"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wait_for(folder / "third", process)
    process.send_signal(number)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 2, out
    lines = (folder / "r.jsonl").read_text().splitlines()
    assert [line.partition(",")[0] for line in lines] == ['{"type":"run"', '{"type":"host"', *3 * ['{"type":"result"']]


@pytest.mark.parametrize("command", ["check", "collect", "trust"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_a_host_is_looked_at_leaves_no_probe_behind(
    folder: Path, command: str, number: signal.Signals
) -> None:
    clients = folder / "bin"
    clients.mkdir()
    (clients / "ssh").write_text(f"#!/bin/sh\necho $$ >{folder}/pid\ncat >/dev/null\ntouch {folder}/there\nsleep 300\n")
    (clients / "ssh").chmod(0o755)
    argv = {"check": ["check"], "collect": ["collect", "-o", "o"], "trust": ["trust", "h.example.com/x"]}[command]
    process = start([*argv, "ssh://web1"], folder, PATH=f"{clients}:{os.environ['PATH']}")
    wait_for(folder / "there", process)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (2, "dockworthy: interrupted.\n"), out
    pid = (folder / "pid").read_text().strip()
    for _ in range(500):
        if not Path("/proc", pid).exists():
            return
        time.sleep(0.02)
    raise AssertionError("the probe still runs")


def test_a_signal_that_is_ignored_stays_so(folder: Path) -> None:
    line = "trap '' TERM; $D check snapshot:host.snapshot --topic kernel & sleep 0.5; kill -TERM $!; wait $!; echo $?"
    assert shell(line, folder).stdout.splitlines()[-1] == "6"
