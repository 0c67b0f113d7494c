"""Which files of the next boot, reload and upgrade the probe read: where it names none, there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.evidence import unknown
from dockworthy.snapshot import NOT_HELD
from dockworthy.tables import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockworthy.evidence import Evidence
    from dockworthy.snapshot import Snapshot

__all__ = ["files_told", "untold"]

_LIST = "cmd:next-files"


def files_told(snapshot: Snapshot, *starts: str) -> Iterator[str]:
    """The paths that the probe read and that start so, in order of their names."""
    names = (decode(line) for line in snapshot.text(_LIST).get("").splitlines())
    return (name for name in sorted(names) if name.startswith(starts))


def untold(snapshot: Snapshot, *starts: str) -> Evidence[str] | None:
    """Why what stands in such files is not all known, or None."""
    listed = snapshot.text(_LIST)
    if not listed.is_known:
        return unknown(listed.unknown or "", starts[0])
    for path in files_told(snapshot, *starts):
        text = snapshot.text(f"file:{path}")
        if f"file:{path}" not in snapshot:
            return unknown(NOT_HELD, path)
        if not text.is_known and not snapshot.is_absent(f"file:{path}"):
            return text
    return None
