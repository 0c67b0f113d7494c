"""What a file operation on the host would fail with, in Go's words, and what nobody can tell."""

from __future__ import annotations

from typing import Final

from dockworthy.evidence import Code, NotDecided, Reason
from dockworthy.golang.values import GoError

__all__ = ["EACCES", "EINVAL", "EISDIR", "ELOOP", "ENOENT", "ENOTDIR", "ENXIO", "PathError", "UndecidedError"]

# Linux errno values by what Go prints for them (syscall.Errno.Error); numbers of our own would differ per system.
ENOENT: Final = "no such file or directory"
ENOTDIR: Final = "not a directory"
EISDIR: Final = "is a directory"
EACCES: Final = "permission denied"
ELOOP: Final = "too many levels of symbolic links"
ENXIO: Final = "no such device or address"  # what opening a socket's file gives
EINVAL: Final = "invalid argument"


WAS_NOT_LOOKED_AT: Final = Reason("was not looked at", Code.NOT_PROBED)


class UndecidedError(NotDecided):
    """An answer depends on something that was not looked at, or could not be.

    Attributes:
        what: the path or fact that was asked for, as a person would look for it; ``source`` is where it ended.
    """

    def __init__(self, what: str, reason: str = WAS_NOT_LOOKED_AT) -> None:
        super().__init__(reason, what)
        self.what = what

    @property
    def needed(self) -> Reason:
        """What was asked for, with the cause why it is not known."""
        return Reason(self.what, self.reason.code)


class PathError(GoError):
    """A file operation that fails, as Go's ``fs.PathError``: ``open /x: no such file or directory``.

    Attributes:
        op: ``open``, ``read``, ``stat``, ``readdirent`` …, as in Go's message.
        path: the path as the engine wrote it.
        why: the system's words.
    """

    def __init__(self, op: str, path: str, why: str) -> None:
        super().__init__(f"{op} {path}: {why}")
        self.op, self.path, self.why = op, path, why

    @property
    def absent(self) -> bool:
        """``os.IsNotExist``: a missing path, and no other fault."""
        return self.why == ENOENT

    @property
    def denied(self) -> bool:
        """``os.IsPermission``."""
        return self.why == EACCES
