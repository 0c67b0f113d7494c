"""Looking at many hosts side by side: each comes as soon as it is there, and no more wait than are asked for."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

from dockworthy.errors import DockworthyError
from dockworthy.target import Collected, start

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from typing_extensions import Self

    from dockworthy.target import CollectOptions, Pending, Target

__all__ = ["Probes"]

_TICK = 0.2  # seconds after which who waits for room looks whether the run has ended

Numbered = tuple[int, "Target"]


class Probes:
    """Looks at hosts side by side; what came of each can be had, as soon as it is there, by going through it.

    One that cannot be what it says is one that was not reached. It is left with what is under way ended.
    """

    def __init__(
        self,
        targets: Iterable[Numbered],
        options: Callable[[Target], CollectOptions],
        forks: int,
        told: Callable[[Target, Collected | None], None] = lambda _target, _collected: None,
    ) -> None:
        """Look at these targets, each with its number and by its options, at most ``forks`` at a time."""
        self._targets = iter(targets)
        self._options = options
        self._forks = max(1, forks)
        self._told = told
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._running: set[Pending] = set()
        self._found: queue.Queue[tuple[int, Collected] | None] = queue.Queue(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        with self._lock:
            running = list(self._running)
        for one in running:
            one.cancel()

    def __iter__(self) -> Iterator[tuple[int, Collected]]:
        for _ in range(self._forks):
            threading.Thread(target=self._work, daemon=True).start()
        left = self._forks
        while left and not self._ended.is_set():
            try:
                found = self._found.get(timeout=_TICK)
            except queue.Empty:
                continue
            if found is None:
                left -= 1
            else:
                yield found

    def _work(self) -> None:
        while not self._ended.is_set():
            with self._lock:
                target = next(self._targets, None)
            if target is None:
                break
            self._put((target[0], self._collected(target[1])))
        self._put(None)

    def _put(self, found: tuple[int, Collected] | None) -> None:
        while not self._ended.is_set():
            try:
                self._found.put(found, timeout=_TICK)
            except queue.Full:
                continue
            return

    def _collected(self, target: Target) -> Collected:
        self._told(target, None)
        try:
            collected = self._result(target)
        except DockworthyError as error:
            collected = Collected(target, None, error=str(error))
        except Exception as error:  # noqa: BLE001 - one target must not end the run of all
            collected = Collected(target, None, error=f"it could not be looked at ({type(error).__name__}).")
        self._told(target, collected)
        return collected

    def _result(self, target: Target) -> Collected:
        pending = start(target, self._options(target))
        with self._lock:
            self._running.add(pending)
        try:
            if self._ended.is_set():
                pending.cancel()
            return pending.result()
        finally:
            with self._lock:
                self._running.discard(pending)
