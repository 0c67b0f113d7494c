"""Several processes that judge: each gets one host after the other, and hands back what it found.

A process that ends in the middle of a host, whoever ended it, is replaced, and the host judged again in the new one;
a host that ends a second process is one that could not be judged. What a process found counts when all of it is there,
so that no host is counted twice. Processes end when this one does: they read what to do from a pipe that it holds.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import struct
import subprocess
import sys
import threading
from typing import IO, TYPE_CHECKING, Any

from dockworthy.fleet.judge import Judge, keep_in_bounds

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from dockworthy.fleet.look import Judged, Look, Orders

__all__ = ["judge_each", "main"]

_LENGTH = struct.Struct(">Q")
_TRIES = 2  # processes that one host may end
_TICK = 0.2  # seconds after which who waits for work looks whether the run has ended
# The interpreter's own path, so that what lies in the folder where the run was started is not imported.
_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from dockworthy.fleet.workers import main; main()"


def judge_each(looks: Iterable[Look], orders: Orders, judge: Judge, jobs: int) -> Generator[tuple[Look, Judged]]:
    """Judge each host, in this process or in so many others; hosts come in the order in which they are ready.

    Args:
        looks: the hosts; no more of them are taken than can be judged.
        orders: by what they are judged.
        judge: what judges by these in this process.
        jobs: in how many processes; 1 is this one.
    """
    if jobs == 1:
        for look in looks:
            yield look, judge.judge(look)
        return
    pool = _Pool(orders, judge, jobs)
    try:
        yield from pool.each(looks)
    finally:
        pool.stop()


class _Pool:
    """The processes, each with a thread here that speaks with it."""

    def __init__(self, orders: Orders, judge: Judge, jobs: int) -> None:
        self._judge = judge
        self._ended = threading.Event()
        self._todo: queue.Queue[Look | None] = queue.Queue(jobs)
        self._done: queue.Queue[tuple[Look, Judged] | BaseException | None] = queue.Queue(jobs)
        self._workers = [_Worker(orders) for _ in range(jobs)]

    def each(self, looks: Iterable[Look]) -> Iterator[tuple[Look, Judged]]:
        threads = [threading.Thread(target=self._feed, args=(looks,), daemon=True)]
        threads += [threading.Thread(target=self._work, args=(one,), daemon=True) for one in self._workers]
        for thread in threads:
            thread.start()
        left = len(self._workers)
        while left:
            found = self._done.get()
            if isinstance(found, BaseException):
                raise found
            if found is None:
                left -= 1
            else:
                yield found

    def stop(self) -> None:
        """End the processes."""
        self._ended.set()
        for worker in self._workers:
            worker.end()

    def _feed(self, looks: Iterable[Look]) -> None:
        try:
            for look in looks:
                if not self._put(self._todo, look):
                    return
        except BaseException as error:  # noqa: BLE001 - it is raised where the hosts are asked for
            self._put(self._done, error)
        for _ in self._workers:
            self._put(self._todo, None)

    def _put(self, where: queue.Queue[Any], what: object) -> bool:
        while not self._ended.is_set():
            try:
                where.put(what, timeout=_TICK)
            except queue.Full:
                continue
            return True
        return False

    def _work(self, worker: _Worker) -> None:
        try:
            while (look := self._todo.get()) is not None and not self._ended.is_set():
                self._put(self._done, (look, self._judged(worker, look)))
            self._put(self._done, None)
        except BaseException as error:  # noqa: BLE001 - likewise
            self._put(self._done, error)

    def _judged(self, worker: _Worker, look: Look) -> Judged:
        for _ in range(_TRIES):
            found = worker.judge(look)
            if found is not None or self._ended.is_set():
                break
        return found or self._judge.not_judged(look, "the process that judged it ended before it was done, twice.")


class _Worker:
    """One process, and the next one where it ended."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._ended = False

    def judge(self, look: Look) -> Judged | None:
        """What it says of a host; None where it ended before."""
        try:
            process = self._running()
            if process is None:
                return None
            _send(process.stdin, look)
            found: Judged | None = _receive(process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError):
            found = None
        if found is None:
            self._kill()
        return found

    def _running(self) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._process is None and not self._ended:
                self._process = subprocess.Popen(
                    [sys.executable, "-c", _PROGRAM, *filter(None, sys.path)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
                _send(self._process.stdin, self._orders)
            return self._process

    def end(self) -> None:
        """End it, and let no other follow."""
        self._ended = True
        self._kill()

    def _kill(self) -> None:
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    _close(stream)


def _close(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except OSError:  # what was not read by who has ended
        return


def _send(stream: IO[bytes] | None, value: object) -> None:
    if stream is None:
        raise OSError
    data = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def _receive(stream: IO[bytes] | None) -> Any:
    """What was sent: by a process of ours, through a pipe that nobody else has."""
    if stream is None:
        raise EOFError
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return pickle.loads(data)  # noqa: S301 - see above


def main(made: Callable[[Orders], Judge] = Judge) -> None:
    """A process that judges: what to do comes by standard input, what it found goes to standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of Ctrl-C the process that began this one hears, too
    with os.fdopen(os.dup(1), "wb") as out, os.fdopen(os.dup(0), "rb") as told:
        nowhere = os.open(os.devnull, os.O_RDWR)
        os.dup2(nowhere, 0)
        os.dup2(nowhere, 1)  # what prints something does not get between
        try:
            judge = made(_receive(told))
            keep_in_bounds()
            while True:
                _send(out, judge.judge(_receive(told)))
        except (EOFError, BrokenPipeError):
            return
