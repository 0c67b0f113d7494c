"""The errors that a user can cause: each is one sentence that says what, where and what to do."""

from __future__ import annotations

import os

__all__ = ["DockworthyError", "SnapshotError", "UsageError", "internal_error"]


class DockworthyError(Exception):
    """The root of every error that is told to a person and never shown as a traceback.

    Attributes:
        exit_status: what the command ends with, by the table in ``docs/exit-status.md``.
    """

    exit_status = 3


class UsageError(DockworthyError):
    """Wrong usage: an argument, a profile, a waiver, an inventory or a file that cannot be used."""

    exit_status = 4


class SnapshotError(UsageError):
    """A snapshot file that is not one, is of a newer format, or cannot be read."""


MOST_LINES = 1000


def internal_error(error: BaseException, where: str) -> str:
    """What is told of an error of our own: its kind, and with ``DOCKWORTHY_DEBUG`` its places.

    A message or a value of it is never told, because it may be a secret.
    """
    told = f"dockworthy: internal error ({type(error).__name__}) in `{where}`"
    if os.environ.get("DOCKWORTHY_DEBUG"):
        return "".join(_places(error)) + f"{told}; please report it.\n"
    return f"{told}; set DOCKWORTHY_DEBUG=1 to see where, and please report it.\n"


def _places(error: BaseException | None) -> list[str]:
    """Where it broke, innermost last: files and lines."""
    from traceback import extract_tb  # noqa: PLC0415 - only after an internal error

    lines: list[str] = []
    while error is not None and len(lines) < MOST_LINES:  # a bound for a circle of causes
        frames = [f"  {frame.filename}:{frame.lineno} in {frame.name}\n" for frame in extract_tb(error.__traceback__)]
        lines = [*frames, f"{type(error).__name__}\n", *lines]
        error = error.__cause__ or error.__context__
    return lines
