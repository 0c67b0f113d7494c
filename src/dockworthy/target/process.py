"""A probe that runs as a process here: the script on its standard input, the snapshot on its standard output."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from pathlib import Path
from time import monotonic
from typing import IO, TYPE_CHECKING

from dockworthy.masking import masked
from dockworthy.target._hints import explain
from dockworthy.target.interface import Collected
from dockworthy.typed import words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dockworthy.target.interface import Target

__all__ = ["CREDENTIALS", "ProcessProbe"]

MAX_BYTES = 256 * 1024 * 1024
_MAX_STDERR = 16 * 1024
_CHUNK = 1 << 16
_HEADER = b"dockworthy-snapshot "
_FIRST_SECTION = b"\n@ "

# The environment of a probe: what a shell and the clients need to find their files and sockets. Everything else that
# this process was given (tokens, proxies with a password) is none of theirs.
_PASSED = words(
    "PATH HOME USER LOGNAME SHELL LANG LANGUAGE TZ TERM TMPDIR HOSTALIASES LD_LIBRARY_PATH PYTHONPATH PYTHONHOME "
    "VIRTUAL_ENV SSL_CERT_FILE SSL_CERT_DIR DBUS_SESSION_BUS_ADDRESS KRB5CCNAME KRB5_CONFIG SSH_AUTH_SOCK "
    "SSH_AGENT_PID SUDO_UID SUDO_GID SUDO_USER DOCKER_CONFIG DOCKER_CONTEXT DOCKER_CERT_PATH DOCKER_TLS "
    "DOCKER_TLS_VERIFY DOCKER_API_VERSION DOCKER_CONTENT_TRUST CONTAINERS_CONF CONTAINER_CONNECTION KUBECONFIG "
    "LXD_DIR LXD_CONF ANSIBLE_CONFIG ANSIBLE_INVENTORY ANSIBLE_VAULT_PASSWORD_FILE ANSIBLE_HOST_KEY_CHECKING "
    "ANSIBLE_ROLES_PATH ANSIBLE_LIBRARY DOCKWORTHY_SAME_SHELL"
)
_PASSED_PREFIXES = ("LC_", "XDG_")
_ADDRESSES = words(
    "DOCKER_HOST CONTAINER_HOST http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY"
)
CREDENTIALS = ("AWS_", "AZURE_", "ARM_", "GOOGLE_", "CLOUDSDK_")
"""Beginnings of variables that ssh's proxy commands and kubectl's plugins log in with."""


class ProcessProbe:
    """One running probe, in a session of its own, so that its time limit ends all that it started."""

    def __init__(
        self,
        target: Target,
        argv: Sequence[str],  # the program and its arguments; no secret is in them
        stdin: bytes,  # what it reads: where needed a password's line first, then the script
        *,
        timeout: float,  # seconds from now until it is ended
        explain: Callable[[str, int], str | None] = explain,  # a sentence of its errors, where no snapshot came
        keep: Sequence[str] = (),  # beginnings of names of variables that it needs beside those that all get
    ) -> None:
        self._target = target
        self._argv = argv
        self._started = monotonic()
        self._timeout = timeout
        self._explain = explain
        self._chunks: list[bytes] = []
        self._stderr = b""
        self._size = 0
        self._failure: str | None = None
        self._threads: list[threading.Thread] = []
        try:
            self._process: subprocess.Popen[bytes] | None = subprocess.Popen(
                list(argv),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                env=environment_of(os.environ, keep),
            )
        except OSError as error:
            self._process = None
            self._failure = f"{argv[0]} cannot be run here: {error.strerror}."
            return
        try:
            for work, arguments in ((self._feed, (stdin,)), (self._read_out, ()), (self._read_err, ())):
                thread = threading.Thread(target=work, args=arguments, daemon=True)
                thread.start()
                self._threads.append(thread)
        except BaseException:  # an interruption: nobody else knows of the process yet
            self._kill()
            raise

    def _feed(self, data: bytes) -> None:
        stream = self._stream("stdin")
        # A probe that ends early is told by what it printed, not by its unread script.
        with contextlib.suppress(OSError, ValueError):
            stream.write(data)
        with contextlib.suppress(OSError, ValueError):
            stream.close()

    def _read_out(self) -> None:
        stream = self._stream("stdout")
        with contextlib.suppress(OSError, ValueError):
            while chunk := os.read(stream.fileno(), _CHUNK):
                self._size += len(chunk)
                if self._size > MAX_BYTES:
                    self._failure = f"its snapshot is larger than {MAX_BYTES >> 20} MiB."
                    self._kill()
                    return
                self._chunks.append(chunk)

    def _read_err(self) -> None:
        stream = self._stream("stderr")
        with contextlib.suppress(OSError, ValueError):
            while chunk := os.read(stream.fileno(), _CHUNK):
                self._stderr = (self._stderr + chunk)[-_MAX_STDERR:]

    def _stream(self, name: str) -> IO[bytes]:
        stream: IO[bytes] = getattr(self._process, name)
        return stream

    def cancel(self) -> None:
        """End the process and everything in its session."""
        self._kill()
        if self._process is not None:
            self._process.wait()
            self._close()

    def _kill(self) -> None:
        if self._process is not None and self._process.poll() is None:
            _end_session(self._process.pid)

    def result(self) -> Collected:
        """The snapshot, or why there is none."""
        process = self._process
        if process is not None:
            self._wait(process)
        data = b"".join(self._chunks)
        seconds = monotonic() - self._started
        if self._failure is None and data.startswith(_HEADER) and _FIRST_SECTION in data:
            return Collected(self._target, data, seconds, 1)
        status = process.returncode if process is not None else 127
        error = self._failure or self._why(status)
        return Collected(self._target, None, seconds, 1 if process is not None else 0, error)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        try:
            process.wait(max(0.0, self._started + self._timeout - monotonic()))
        except subprocess.TimeoutExpired:
            self._failure = f"it did not answer within {self._timeout:g} seconds."
            _end_session(process.pid)
            process.wait()
        self._close()

    def _close(self) -> None:
        """Let the streams run dry, then close them; a stray process that holds one does not hold us up."""
        for thread in self._threads:
            thread.join(1.0)
        for name in ("stdin", "stdout", "stderr"):
            with contextlib.suppress(OSError, ValueError):
                self._stream(name).close()

    def _why(self, status: int) -> str:
        text = self._stderr.decode("utf-8", "replace")
        if sentence := self._explain(text, status):
            return sentence
        program = Path(self._argv[0]).name
        hint = "; its words may hold a secret and are not shown: try the same by hand" if text.strip() else ""
        return f"{program} ended with status {status} and no snapshot{hint}."


def environment_of(given: Mapping[str, str], keep: Sequence[str] = ()) -> dict[str, str]:
    """What of an environment a probe gets; of an address that holds a user and password, its place alone."""
    passed = {
        name: value for name, value in given.items() if name in _PASSED or name.startswith((*_PASSED_PREFIXES, *keep))
    }
    return passed | {name: masked(given[name]) for name in _ADDRESSES if name in given}


def _end_session(leader: int) -> None:
    """Kill every process of a session: `timeout` puts what it runs into groups of their own."""
    members = []
    with contextlib.suppress(OSError):
        names = [entry.name for entry in os.scandir("/proc") if entry.name.isdecimal()]
        members = [int(name) for name in names if _session(name) == leader]
    with contextlib.suppress(OSError):
        os.killpg(leader, signal.SIGKILL)
    for pid in members:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def _session(pid: str) -> int:
    try:
        fields = Path("/proc", pid, "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        return int(fields[3])
    except (OSError, ValueError, IndexError):
        return -1
