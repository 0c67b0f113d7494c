"""A store: opened by its path or URL, with what it is made of. ``open_store(text) -> Store``.

::

    store.json                       which version of this layout it is
    runs/day=YYYY-MM-DD/NAME/        a run, or a day's: runs, hosts, results, certificates, each a Parquet file
    rehearsals/day=YYYY-MM-DD/NAME/  the same of runs that judged hosts as they would be
    snapshots/SHA256.gz              what the probes saw, masked as the probe masks it
    summary/NAME/                    what came of all runs, so that most questions read this alone
    summary/current.json             which of these counts, and which runs are in it
    summary/base.json                what came of runs that are no longer kept
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dockworthy import __version__
from dockworthy.errors import UsageError
from dockworthy.store.place import place_of
from dockworthy.typed import shown_word

if TYPE_CHECKING:
    from dockworthy.store.place import Place

__all__ = ["FORMAT", "Store", "open_store", "refuse_store"]

FORMAT: Final = 1
"""Which layout this version writes; it reads no later one."""
_ABOUT = "store.json"
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_LARGEST = 1 << 30  # bytes of a snapshot


class Store:
    """One store that is there, of a version that is known."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.shown = place.shown

    def has_snapshot(self, sha256: str) -> bool:
        """Whether this snapshot is kept."""
        return bool(_DIGEST.fullmatch(sha256)) and f"{sha256}.gz" in self.place.names("snapshots")

    def keep_snapshot(self, data: bytes) -> str:
        """Keep a snapshot's bytes, and return their SHA-256, by which they are found again."""
        sha256 = hashlib.sha256(data).hexdigest()
        try:
            self.place.write(_snapshot(sha256), gzip.compress(data, 6, mtime=0))
        except OSError as error:
            raise unwritable(self, error) from None
        return sha256

    def snapshot_file(self, sha256: str) -> Path | None:
        """The file that holds a snapshot, compressed; None where there is none, or the store is elsewhere."""
        path = Path(self.place.path(_snapshot(sha256)))
        return path if _DIGEST.fullmatch(sha256) and path.is_file() else None

    def snapshot(self, sha256: str) -> bytes | None:
        """The bytes of a snapshot, None where it is not kept (any more); `UsageError` where it is damaged."""
        if not _DIGEST.fullmatch(sha256):
            return None
        try:
            data = gzip.decompress(self.place.read(_snapshot(sha256)))
        except FileNotFoundError:
            return None
        except (OSError, EOFError, ValueError):
            data = b""
        if hashlib.sha256(data).hexdigest() != sha256:
            raise UsageError(f"{self.shown}/{_snapshot(sha256)}: is damaged; remove it.")
        return data


def _snapshot(sha256: str) -> str:
    return f"snapshots/{sha256}.gz"


def unwritable(store: Store, error: OSError) -> UsageError:
    """The sentence for what cannot be written there."""
    why = error.strerror or str(error) or type(error).__name__
    return UsageError(f"--store {store.shown}: cannot be written ({why}); make room or name another place.")


def open_store(text: str, *, make: bool = False) -> Store:
    """The store at this path or URL; with ``make`` one is made where nothing is yet.

    Raises:
        UsageError: where there is none, where it is of a later version, or where it cannot be read.
    """
    place = place_of(text)
    store = Store(place)
    try:
        there = place.names()
        if _ABOUT in there:
            _refuse_version(place)
        elif there or not make:
            raise UsageError(_no_store(place, is_empty=not there))
        else:
            about = {"dockworthy_store": FORMAT, "written_by": __version__}
            place.write(_ABOUT, json.dumps(about).encode() + b"\n")
    except OSError as error:
        why = error.strerror or str(error) or type(error).__name__
        raise UsageError(f"--store {place.shown}: cannot be used ({why}); name another place.") from None
    return store


def refuse_store(text: str, *, make: bool = True) -> None:
    """Refuse, before anything is looked at, where a run cannot be kept; with ``make`` an empty store is made."""
    from importlib.util import find_spec  # noqa: PLC0415 - only where a library is needed

    if find_spec("duckdb") is None:
        raise UsageError("--store needs duckdb, which is not installed; run `pip install 'dockworthy[store]'`.")
    open_store(text, make=make)


def _no_store(place: Place, *, is_empty: bool) -> str:
    what = "there is no store" if is_empty else "is a folder of something else and no store"
    return (
        f"--store {place.shown}: {what}; `dockworthy check --store` makes one in a folder that is empty or not there."
    )


def _refuse_version(place: Place) -> None:
    try:
        about: Any = json.loads(place.read(_ABOUT))
        version, by = about["dockworthy_store"], str(about.get("written_by"))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise UsageError(f"--store {place.shown}: its {_ABOUT} is damaged or none of dockworthy's.") from None
    if type(version) is not int or version > FORMAT:
        raise UsageError(
            f"--store {place.shown}: is of store format {shown_word(str(version))}, written by dockworthy "
            f"{shown_word(by)}, and dockworthy {__version__} reads up to {FORMAT}; use that version or a later one."
        )
