"""Signals that ask a run to end: each ends it as Ctrl-C does, so that what was judged is kept."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

__all__ = ["interrupt_on_end"]


def interrupt_on_end() -> Callable[[], None]:
    """Take SIGTERM and SIGHUP as Ctrl-C, and return what undoes it.

    One that is ignored, as nohup does it, stays so, and so does another's handler.
    """
    ends = (signal.SIGTERM, signal.SIGHUP)
    taken = [number for number in ends if signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, _interrupt)

    def undo() -> None:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)

    return undo


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    """End what was begun; a second signal kills."""
    del frame
    signal.signal(number, signal.SIG_DFL)
    raise KeyboardInterrupt
