"""The one way in which a file is written: whole, by rename, and only where a regular file is or nothing yet.

``refuse_place(path, option)`` says before any work is done that a path cannot be written. ``written(path, option)``
gives a stream and puts the file in place at its end; what goes wrong leaves what was there before as it was.
``append(path, data, option)`` adds to a file that is not ours alone. ``standard_output(option)`` is the stream for a
path that is ``-``.

A FIFO, a device, a socket, a folder and a link, wherever it leads, are refused and left as they are: to write "into"
one is to destroy it, to wait for ever, or to write where nobody meant.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import stat
import sys
from typing import TYPE_CHECKING

from dockworthy.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

__all__ = [
    "STANDARD_OUTPUT",
    "append",
    "kind_of",
    "make_folder",
    "refuse_folder",
    "refuse_place",
    "standard_output",
    "written",
]

STANDARD_OUTPUT = "-"
_KINDS = {
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a folder",
}
_count = itertools.count()


def kind_of(mode: int) -> str | None:
    """What there is by this mode that is no regular file, in words; None for one."""
    return None if stat.S_ISREG(mode) else _KINDS.get(stat.S_IFMT(mode), "no regular file")


def _kept(path: Path, option: str) -> int | None:
    """The permissions of the regular file there, None where nothing is; `UsageError` if something else is there."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _unwritable(path, option, error) from None
    kind = kind_of(mode)
    if kind is not None:
        raise UsageError(f"{option}{path}: is {kind}, and is left as it is; name a regular file.")
    return stat.S_IMODE(mode)


def _unwritable(path: Path, option: str, error: Exception) -> UsageError:
    why = getattr(error, "strerror", None) or "no name that a file can have"
    return UsageError(f"{option}{path}: cannot be written ({why}); name another place.")


def refuse_place(path: Path, option: str = "") -> None:
    """Refuse a path that cannot be written, as far as that can be told; folders that it lacks are made later."""
    _kept(path, option)
    refuse_folder(path.parent, option)


def refuse_folder(folder: Path, option: str = "") -> None:
    """Refuse a folder in which nothing can be made; one that is not there yet is made below the nearest that is."""
    try:
        nearest = next(place for place in (folder, *folder.absolute().parents) if os.path.lexists(place))
    except ValueError as error:
        raise _unwritable(folder, option, error) from None
    if not nearest.is_dir():
        raise UsageError(f"{option}{folder}: cannot be written ({nearest} is no folder); name another place.")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise UsageError(f"{option}{folder}: cannot be written ({nearest} does not let you); name another place.")


def make_folder(folder: Path, option: str = "") -> None:
    """Make the folder and those above it, unless it is there; `UsageError` if it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no name that a folder can have"
        raise UsageError(f"{option}{folder}: the folder cannot be made ({why}); name another.") from None


@contextlib.contextmanager
def written(path: Path, option: str = "", *, mode: int | None = None) -> Iterator[BinaryIO]:
    """A stream whose bytes are the file's once it is closed: all of them, or the file is what it was.

    ``mode`` are the permissions; by default those of the file that is replaced, else what the umask leaves of 0666.
    `UsageError` if it cannot be written, in one sentence; whatever else is raised inside is passed on.
    """
    known = _kept(path, option)
    partial = path.with_name(f".dockworthy.{os.getpid()}.{next(_count)}.partial")
    try:
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666 if mode is None else mode)
    except (OSError, ValueError) as error:
        raise _unwritable(path, option, error) from None
    try:
        with open(handle, "wb") as stream:  # noqa: PTH123 - a descriptor
            if mode is None and known is not None:
                os.fchmod(handle, known)
            yield stream
        _kept(path, option)  # what came there meanwhile stays, too
        partial.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _unwritable(path, option, error) from None
        raise


def append(path: Path, data: bytes, option: str = "") -> None:
    """Add bytes to the end of a file that others add to as well: all of them, or none; `UsageError` where it cannot be.

    It is made where it is not there yet.
    """
    known = _kept(path, option)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        handle = os.open(path, flags, 0o666 if known is None else known)
        with open(handle, "wb", buffering=0) as stream:  # noqa: PTH123 - a descriptor
            size = os.fstat(handle).st_size
            rest = memoryview(data)
            try:
                while rest:
                    rest = rest[stream.write(rest) or 0 :]
            except OSError:
                os.ftruncate(handle, size)
                raise
    except (OSError, ValueError) as error:
        raise _unwritable(path, option, error) from None


@contextlib.contextmanager
def standard_output(option: str = "") -> Iterator[BinaryIO]:
    """Standard output as bytes, flushed at its end; `UsageError` if it takes none, `BrokenPipeError` unread."""
    if sys.stdout is None or sys.stdout.closed:
        raise UsageError(f"{option}{STANDARD_OUTPUT}: standard output is closed; name a file.")
    try:
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        with contextlib.suppress(OSError, ValueError):  # or what could not be written is tried again at the very end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        why = error.strerror
        raise UsageError(f"{option}{STANDARD_OUTPUT}: standard output cannot be written ({why}).") from None
