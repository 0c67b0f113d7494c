"""The errors that a user can cause: each is one sentence that says what, where and what to do."""

from __future__ import annotations

__all__ = ["DockworthyError", "SnapshotError", "UsageError"]


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
