"""The command as a process of its own, without the half second in which a fresh interpreter imports everything.

`run` and `start` are for it what ``subprocess.run`` and ``subprocess.Popen`` are for any program. The process is forked
from a server that has imported what the command needs (``server.py``); where that could make a difference, it is a real
``python -m dockworthy``: with variables that change how an interpreter starts, or where the folder has a module that
hides an installed one. ``test_same_as_real.py`` holds the two ways beside each other.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import site
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from select import select
from threading import Thread
from typing import IO, TYPE_CHECKING, Any, TypeAlias, Union

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Process: TypeAlias = Union["Forked", "subprocess.Popen[Any]"]

__all__ = ["CLOSED", "Process", "run", "start", "start_real"]

CLOSED = -99  # for a standard stream that is not open at all, as `>&-` of a shell
_SERVER = Path(__file__).with_name("server.py")

# A server has these as the command will, because libraries and the interpreter read them once, when they are loaded.
_SHAPING = ("LANG", "LC_", "LD_", "GLIBC_", "MALLOC_", "OPENSSL_", "PYDANTIC_", "PYTHON")
# The variables of the interpreter that mean the same to a server as to the command.
_SAME = {
    f"PYTHON{name}" for name in ("DONTWRITEBYTECODE", "HASHSEED", "IOENCODING", "NOUSERSITE", "UNBUFFERED", "UTF8")
}
# What the command itself sets before it imports anything, whatever it is given.
_SET_ANYWAY = {"PYDANTIC_DISABLE_PLUGINS"}
_GIVEN = ("HOME", "PATH", "TMPDIR")


class _Server:
    """One server, as long as this process lives."""

    def __init__(self, shape: Mapping[str, str]) -> None:
        self.control, theirs = socket.socketpair()
        env = {**{name: os.environ[name] for name in _GIVEN if name in os.environ}, **shape}
        command = [sys.executable, str(_SERVER), str(theirs.fileno())]
        with theirs:
            self._process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
        atexit.register(self.end)

    def ask(self, request: dict[str, Any], descriptors: Mapping[int, int]) -> socket.socket:
        """Send a request with what the process shall have open; return where the answers come."""
        answers, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        about = os.memfd_create("request")
        with theirs, os.fdopen(about, "wb") as file:
            file.write(json.dumps({**request, "descriptors": list(descriptors)}).encode())
            file.seek(0)
            socket.send_fds(self.control, [b"?"], [about, theirs.fileno(), *descriptors.values()])
        return answers

    def end(self) -> None:
        self.control.close()
        self._process.wait()


_servers: dict[tuple[tuple[str, str], ...], _Server] = {}


def _server_for(env: Mapping[str, str]) -> _Server | None:
    """The server whose interpreter is as this environment would make it; None where none can be."""
    shape = {name: value for name, value in env.items() if name.startswith(_SHAPING) and name not in _SET_ANYWAY}
    # An empty variable of the interpreter is to it as none.
    shape = {name: value for name, value in shape.items() if value or not name.startswith("PYTHON")}
    other_site = site.ENABLE_USER_SITE and env.get("HOME") != os.environ.get("HOME")
    measured = any(name.startswith(("COVERAGE_", "COV_")) for name in env)
    if other_site or measured or any(name.startswith("PYTHON") and name not in _SAME for name in shape):
        return None
    key = tuple(sorted(shape.items()))
    if key not in _servers:
        _servers[key] = _Server(shape)
    return _servers[key]


class Forked:
    """A process that was forked, as `subprocess.Popen` shows one."""

    def __init__(self, argv: Sequence[str], answers: socket.socket, pid: int, pidfd: int) -> None:
        self.args, self.pid = list(argv), pid
        self.returncode: int | None = None
        self.stdout: IO[Any] | None = None
        self.stderr: IO[Any] | None = None
        self._answers, self._pidfd = answers, pidfd

    def poll(self) -> int | None:
        """Its exit status, a signal's number negative; None as long as it runs."""
        if self.returncode is None and select([self._answers], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit status."""
        if self.returncode is None:
            self._answers.settimeout(timeout)
            try:
                answer = self._answers.recv(4096)
            except TimeoutError:
                raise subprocess.TimeoutExpired(self.args, timeout or 0) from None
            self.returncode = int(json.loads(answer)["status"])
            self._answers.close()
            os.close(self._pidfd)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, if it still runs."""
        if self.poll() is None:
            signal.pidfd_send_signal(self._pidfd, number)

    def kill(self) -> None:
        """Kill it, if it still runs."""
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float | None = None) -> tuple[Any, Any]:
        """Read its pipes to their ends, wait for it, and return what was read."""
        read: dict[str, Any] = {"stdout": None, "stderr": None}
        threads = []
        for name in read:
            if (pipe := getattr(self, name)) is not None:
                threads.append(Thread(target=_read, args=(pipe, name, read), daemon=True))
                threads[-1].start()
        self.wait(timeout)
        for thread in threads:
            thread.join(timeout)
            if thread.is_alive():
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return read["stdout"], read["stderr"]


def _read(pipe: IO[Any], name: str, into: dict[str, Any]) -> None:
    with pipe:
        into[name] = pipe.read()


def start(
    *arguments: str,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    stdin: int | None = None,
    stdout: int | None = None,
    stderr: int | None = None,
    pass_fds: Sequence[int] = (),
    text: bool = True,
    **more: Any,
) -> Process:
    """Start the command; the arguments are those of `subprocess.Popen`, and `CLOSED` is one more kind of stream.

    With any argument that is not named here, or standard input from a pipe, it is a real one.
    """
    given = dict(os.environ if env is None else env)
    server = _server_for(given) if not more and stdin != subprocess.PIPE else None
    streams = (stdin, stdout, stderr)
    process = server and _forked(server, arguments, cwd, given, streams, pass_fds, text=text)
    if process:
        return process
    more |= {"cwd": cwd, "env": given, "pass_fds": pass_fds, "text": text}
    return start_real(*arguments, stdin=stdin, stdout=stdout, stderr=stderr, **more)


def _forked(
    server: _Server,
    arguments: Sequence[str],
    cwd: Path,
    env: Mapping[str, str],
    streams: Sequence[int | None],
    pass_fds: Sequence[int],
    *,
    text: bool,
) -> Forked | None:
    """Have it forked; None where the server says that a fresh interpreter would not be as it is."""
    with ExitStack() as after:
        opened: dict[int, int] = {number: number for number in pass_fds}
        pipes: dict[str, int] = {}
        for number, wanted in enumerate(streams):
            if wanted == subprocess.PIPE:
                ours, opened[number] = os.pipe()
                after.callback(os.close, opened[number])
                pipes[("stdin", "stdout", "stderr")[number]] = ours
            elif wanted == subprocess.DEVNULL:
                opened[number] = os.open(os.devnull, os.O_RDWR)
                after.callback(os.close, opened[number])
            elif wanted == subprocess.STDOUT:
                opened[number] = opened[1]
            elif wanted != CLOSED and (wanted is not None or _is_open(number)):
                opened[number] = number if wanted is None else wanted
        request = {
            "module": "dockworthy",
            "argv": list(arguments),
            "cwd": str(cwd),
            # One letter a byte: a variable may hold any.
            "env": {os.fsencode(name).decode("latin-1"): os.fsencode(env[name]).decode("latin-1") for name in env},
        }
        answers = server.ask(request, opened)
    message, descriptors, _, _ = socket.recv_fds(answers, 4096, 1)
    answer = json.loads(message)
    if "pid" not in answer:
        answers.close()
        for descriptor in pipes.values():
            os.close(descriptor)
        return None
    process = Forked(arguments, answers, answer["pid"], descriptors[0])
    for name, descriptor in pipes.items():
        setattr(process, name, os.fdopen(descriptor, "r" if text else "rb"))
    return process


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def start_real(
    *arguments: str, stdin: int | None, stdout: int | None, stderr: int | None, **more: Any
) -> subprocess.Popen[Any]:
    """The same through ``python -m dockworthy``, a new interpreter."""
    streams: dict[str, Any] = {"stdin": stdin, "stdout": stdout, "stderr": stderr}
    closed = [number for number, stream in enumerate(streams.values()) if stream == CLOSED]
    streams = {name: None if stream == CLOSED else stream for name, stream in streams.items()}

    def close() -> None:
        for number in closed:
            os.close(number)

    if closed:
        more["preexec_fn"] = close
    return subprocess.Popen([sys.executable, "-m", "dockworthy", *arguments], **streams, **more)


def run(
    *arguments: str,
    capture_output: bool = True,
    timeout: float | None = 300,
    starting: Callable[..., Any] = start,
    **options: Any,
) -> subprocess.CompletedProcess[Any]:
    """Run the command to its end, with the options of `start`, as `subprocess.run` does it."""
    if capture_output:
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    process = starting(*arguments, **{"stdin": None, "stdout": None, "stderr": None, "text": True, **options})
    try:
        out, err = process.communicate(timeout=timeout)
    except BaseException:
        process.kill()
        process.wait()
        raise
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)
