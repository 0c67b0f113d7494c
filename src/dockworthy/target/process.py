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
from dockworthy.printable import printable
from dockworthy.target.interface import Collected

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dockworthy.target.interface import Target

__all__ = ["ProcessProbe"]

MAX_BYTES = 256 * 1024 * 1024
_MAX_STDERR = 16 * 1024
_CHUNK = 1 << 16
_HEADER = b"dockworthy-snapshot "


class ProcessProbe:
    """One running probe, in a session of its own, so that its time limit ends all that it started.

    Args:
        target: what is looked at.
        argv: the program and its arguments; no secret is in them.
        stdin: what it reads: where needed a password's line first, then the script.
        timeout: seconds from now until it is ended.
        explain: makes a sentence of its standard error and exit status, where no snapshot came.
        environment: variables to add.
    """

    def __init__(
        self,
        target: Target,
        argv: Sequence[str],
        stdin: bytes,
        *,
        timeout: float,
        explain: Callable[[str, int], str | None] | None = None,
        environment: Mapping[str, str] | None = None,
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
                env={**os.environ, **environment} if environment else None,
            )
        except OSError as error:
            self._process = None
            self._failure = f"{argv[0]} cannot be run here: {error.strerror}."
            return
        for work, arguments in ((self._feed, (stdin,)), (self._read_out, ()), (self._read_err, ())):
            thread = threading.Thread(target=work, args=arguments, daemon=True)
            thread.start()
            self._threads.append(thread)

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
        if self._failure is None and data.startswith(_HEADER):
            return Collected(self._target, data, seconds, 1)
        status = process.returncode if process is not None else 127
        error = f"{self._target.label} could not be looked at: {self._failure or self._why(status)}"
        return Collected(self._target, None, seconds, 1 if process is not None else 0, masked(error))

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
        if self._explain is not None and (sentence := self._explain(text, status)):
            return sentence
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        said = printable(lines[-1], 300) if lines else ""
        said += "" if said.endswith((".", "!", "?")) else "."
        return said if lines else f"{self._argv[0]} ended with status {status} and no snapshot."


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
