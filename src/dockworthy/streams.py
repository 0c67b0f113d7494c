"""Standard output and error that cannot break a run: what they could not take is told once, at the end.

A run's status is its answer, so that a terminal that goes away, a full disk behind ``>`` or a reader like ``head`` that
has seen enough must not change it into a traceback's.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from typing import TYPE_CHECKING, Any, TextIO

from dockworthy.typed import REDACTED, shown_argv

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from typing_extensions import Self

__all__ = ["Streams", "veiled"]

WRONG_USAGE = 4


class _Patient(io.RawIOBase):
    """A file descriptor whose first failure is kept and after which everything is thrown away."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.failure: OSError | None = None

    def write(self, data: Any) -> int:
        """Write, or throw away."""
        view = memoryview(data)
        if self.failure is None:
            try:
                return os.write(self._descriptor, view)
            except OSError as error:
                self.failure = error
        return len(view)

    def writable(self) -> bool:
        """It is."""
        return True

    def fileno(self) -> int:
        """The descriptor, for whoever asks whether it is a terminal."""
        return self._descriptor

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return os.isatty(self._descriptor)


def _is_closed(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return True
    return False


class _Veil:
    """A stream that prints no word of a list."""

    def __init__(self, stream: Any, hidden: Sequence[str]) -> None:
        self._stream = stream
        self._hidden = hidden

    def write(self, text: str) -> int:
        """Write the text without them."""
        for word in self._hidden:
            text = text.replace(word, REDACTED)
        return int(self._stream.write(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def veiled(arguments: Sequence[str]) -> Iterator[None]:
    """While pytest runs with arguments of the user's own: its complaints about them do not quote what may be secret."""
    shown = shown_argv(("pytest", *arguments))[1:]
    parts = {
        part for word, told in zip(arguments, shown, strict=True) if word != told for part in (word, *word.split("="))
    }
    hidden = sorted((part for part in parts if len(part) > 3 and part not in shown), key=len, reverse=True)  # noqa: PLR2004
    if not hidden:
        yield
        return
    before = sys.stdout, sys.stderr
    veils: tuple[Any, Any] = (_Veil(sys.stdout, hidden), _Veil(sys.stderr, hidden))
    sys.stdout, sys.stderr = veils
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


class Streams:
    """While it is entered, ``sys.stdout`` and ``sys.stderr`` are such streams; those of a test stay as they are."""

    def __init__(self) -> None:
        self._patient: dict[str, _Patient] = {}
        self._before: dict[str, TextIO | None] = {}
        self._was_closed = False

    def __enter__(self) -> Self:
        self._open_closed()
        for number, name in ((1, "stdout"), (2, "stderr")):
            given: TextIO | None = getattr(sys, name)
            if given is not None and given is not getattr(sys, f"__{name}__"):
                continue
            raw = _Patient(number)
            text = io.TextIOWrapper(
                io.BufferedWriter(raw),
                encoding=given.encoding if given is not None else "utf-8",
                errors=given.errors if given is not None else "backslashreplace",
                line_buffering=number != 1 or raw.isatty(),
            )
            self._patient[name], self._before[name] = raw, given
            setattr(sys, name, text)
        return self

    def __exit__(self, *_: object) -> None:
        for name in self._patient:
            with contextlib.suppress(OSError, ValueError):
                getattr(sys, name).flush()
        failure = self._failure
        if failure is not None:
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.write(f"dockworthy: standard output {failure}; not everything was printed.\n")
                sys.stderr.flush()
        for name, stream in self._before.items():
            getattr(sys, name).detach().detach()
            setattr(sys, name, stream)

    @property
    def _failure(self) -> str | None:
        """Why standard output did not take everything, in words."""
        raw = self._patient.get("stdout")
        if self._was_closed:
            return "is closed"
        if raw is None or raw.failure is None:
            return None
        return f"cannot be written ({raw.failure.strerror})"

    def _open_closed(self) -> None:
        """Put something behind descriptors that are closed: the next file opened would get their numbers."""
        for number in filter(_is_closed, (0, 1, 2)):
            self._was_closed |= number == 1
            opened = os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free: this one
            os.set_inheritable(opened, True)  # noqa: FBT003 - the standard library's own form

    def status(self, status: int, *, answered: bool) -> int:
        """The status to end with: where the text was the answer and could not be printed, that of wrong usage."""
        return status if answered or self._failure is None else WRONG_USAGE
