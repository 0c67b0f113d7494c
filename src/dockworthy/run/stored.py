"""The hosts that a store knows, each by the snapshot from which it was judged last."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.errors import UsageError
from dockworthy.store.last import last_snapshots
from dockworthy.store.store import open_store
from dockworthy.target.interface import Target

if TYPE_CHECKING:
    from dockworthy.store.store import Store

__all__ = ["stored_targets"]

_GONE = "its last snapshot is not kept any more; judge it once with --store"


def stored_targets(text: str) -> list[Target]:
    """Each host that was reached in a run that the store keeps, under its name.

    Raises:
        UsageError: where there is no store, or no host in it.
    """
    store = open_store(text)
    found = [_target(store, host, sha256) for host, _, sha256 in last_snapshots(store)]
    if not found:
        raise UsageError(f"--store {store.shown}: there is no host in it; `dockworthy check --store` puts some there.")
    return found


def _target(store: Store, host: str, sha256: str) -> Target:
    file = _file(store, sha256)
    spec = f"snapshot:{sha256}"
    if file is None:
        return Target(spec, "snapshot", name=host, problem=_GONE)
    return Target(spec, "snapshot", str(file), name=host)


def _file(store: Store, sha256: str) -> Path | None:
    """The snapshot in a file: the store's own where that is a folder of this machine, else a copy."""
    own = store.snapshot_file(sha256)
    if own is not None:
        return own
    data = store.snapshot(sha256)
    if data is None:
        return None
    path = _copies() / f"{sha256}.snapshot"
    path.write_bytes(data)
    return path


_made: list[Path] = []


def _copies() -> Path:
    """A folder of this process's own."""
    if not _made:
        _made.append(Path(tempfile.mkdtemp(prefix="dockworthy-")))
        atexit.register(shutil.rmtree, _made[0], ignore_errors=True)
    return _made[0]
