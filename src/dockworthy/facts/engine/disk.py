"""Where and how the engine stores images and containers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Reason, derived, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.regex import regex
from dockworthy.tables import number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.facts.api.engine import Engine
    from dockworthy.snapshot import Snapshot

__all__ = ["Space", "Storage", "Volume", "parse_df", "storage"]

_SNAPSHOTTER = "io.containerd.snapshotter.v1"
# Total, used, free, percent, mount point; names on both sides may have blanks in them.
_ROW = regex(r".*?\s(\d{1,20})\s+\d{1,20}\s+(\d{1,20})\s+(?:\d{1,3}%|-)\s+/.*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Space:
    """Blocks of 1 KiB, or inodes, of a file system: in all, and those that are free for the engine."""

    total: int
    free: int

    @property
    def free_percent(self) -> float:
        """The free part in percent, of 100 where there is nothing to count."""
        return 100.0 if self.total <= 0 else round(100 * self.free / self.total, 1)


@dataclass(frozen=True, slots=True)
class Volume:
    """What is left of a file system: space, and inodes."""

    blocks: Evidence[Space]
    inodes: Evidence[Space]


@dataclass(frozen=True, slots=True)
class Storage:
    """The engine's storage."""

    # the storage driver, or the snapshotter of the containerd image store: ``overlay2``, ``overlayfs``, …
    driver: Evidence[str]
    backing: Evidence[str]  # the file system below it as the engine calls it: ``extfs``, ``xfs``, ``btrfs``, …
    supports_d_type: Evidence[bool]  # whether that file system tells the type of its directories' entries
    image_store: Evidence[bool]  # whether images lie in containerd's store, below containerd's own root
    data_root: Volume  # what is left where the engine keeps its data
    elsewhere: Mapping[str, Volume]  # what is left in other folders that the probe looked at, by their paths
    snapshot: Snapshot

    def xfs_ftype(self, path: str = "") -> Evidence[bool]:
        """Whether xfs tells the type of entries, by xfs_info of containerd's root; of the data root without a path."""
        return _ftype(self.snapshot.text(f"xfs:{path}" if path else "cmd:xfs-info").by(f"xfs_info {path}: ftype"))


@fact
def storage(snapshot: Snapshot, engine: Engine) -> Storage:
    """Storage by the engine's ``GET /info`` and the host's ``df``."""
    status = engine.info.items("DriverStatus", default=()).map(_pairs)
    return Storage(
        engine.info.text("Driver"),
        _pair(status, "Backing Filesystem"),
        _d_type(status, snapshot),
        status.map(lambda pairs: pairs.get("driver-type") == _SNAPSHOTTER),
        _volume(snapshot.text("cmd:mounts-of-data-root"), ""),
        {
            path: _volume(snapshot.text(f"df:{path}"), f" {path}")
            for path in (name.removeprefix("df:") for name in snapshot.names("df:"))
        },
        snapshot,
    )


def _pairs(items: tuple[object, ...]) -> dict[str, str]:
    pairs = [item for item in items if isinstance(item, list) and len(item) == 2]  # noqa: PLR2004 - name and value
    return {str(name): str(value) for name, value in pairs}


@derived
def _pair(status: Evidence[dict[str, str]], name: str) -> Evidence[str]:
    status = status.by(f"{status.source}[{name}]")
    if name not in status.value:
        return unknown("the engine does not say it", status.source, Code.NOT_TOLD)
    return known(status.value[name], status.source)


def _d_type(status: Evidence[dict[str, str]], snapshot: Snapshot) -> Evidence[bool]:
    said = _pair(status, "Supports d_type")
    if said.is_known:
        return said.map(lambda text: text.strip().lower() == "true")
    found = _ftype(snapshot.text("cmd:xfs-info").by("xfs_info: ftype"))
    return found if found.is_known else said.map(bool)


@derived
def _ftype(xfs: Evidence[str]) -> Evidence[bool]:
    for word in xfs.value.replace(",", " ").split():
        name, _, value = word.partition("=")
        if name == "ftype" and value in {"0", "1"}:
            return known(value == "1", xfs.source)
    return unknown("xfs_info does not tell it", xfs.source, Code.NOT_TOLD)


def _volume(text: Evidence[str], path: str) -> Volume:
    found = parse_df(text.get(""))

    def of(kind: str, source: str) -> Evidence[Space]:
        if kind in found:
            return known(found[kind], source)
        return unknown(text.unknown or Reason("df does not tell it", Code.NOT_TOLD), source)

    return Volume(of("blocks", f"df -Pk{path}"), of("inodes", f"df -Pi{path}"))


def parse_df(text: str) -> dict[str, Space]:
    """Read the tables of ``df -Pk`` and ``df -Pi``, whichever are there: the last line of each counts."""
    found: dict[str, Space] = {}
    kind = ""
    for line in text.splitlines():
        if line.startswith("Filesystem"):
            kind = "inodes" if "nodes" in line else "blocks"
            continue
        row = _ROW.fullmatch(line.strip())
        if not kind or not row:
            continue
        total, free = number(row[1]), number(row[2])
        if total is not None and free is not None:
            found[kind] = Space(total, free)
    return found
