"""A saved snapshot: nothing is touched but its file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.errors import SnapshotError
from dockworthy.snapshot import read_bytes
from dockworthy.target.interface import Collected

if TYPE_CHECKING:
    from dockworthy.target.interface import CollectOptions, Pending, Target

__all__ = ["Done", "start"]


class Done:
    """A snapshot that is here already."""

    def __init__(self, collected: Collected) -> None:
        self._collected = collected

    def result(self) -> Collected:
        """What was read."""
        return self._collected

    def cancel(self) -> None:
        """Nothing is under way."""


def start(target: Target, options: CollectOptions) -> Pending:
    """Read the file; `SnapshotError` if it cannot be read or is too large."""
    del options  # a snapshot is what it is
    path = Path(target.host)
    try:
        if path.is_dir():
            raise SnapshotError(f"{path} is a directory, not a snapshot file.")
        return Done(Collected(target, read_bytes(path)))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is no path"
        raise SnapshotError(f"{path} cannot be read: {reason}.") from None
