"""Where a reader of code is led for a finding on a host: the file of the checkout in which the host is named.

Services that show reports beside code know files of a repository alone, and a host is none. It is named on a line of an
inventory, or it is a file itself (``snapshot:FILE``, ``rootfs:DIR``). Where there is no such file below the folder in
which the run was started, a name stands in its place that no file has: ``hosts/NAME``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from dockworthy.printable import printable
from dockworthy.typed import REDACTED

if TYPE_CHECKING:
    from dockworthy.results.model import Host, Results

__all__ = ["Location", "Locations"]

_FILES = ("snapshot:", "rootfs:")
_LONGEST = 200


class Location(NamedTuple):
    """One place."""

    path: str  # relative to where the run was started
    line: int  # from 1
    is_file: bool  # whether the path is one of a file, and none that stands in its place

    @property
    def uri(self) -> str:
        """The path as a relative reference by RFC 3986."""
        return quote(self.path, safe="/")


class Locations:
    """The places of a record's hosts."""

    def __init__(self, results: Results) -> None:
        self._places = {host.name: _of(host) for host in results.hosts}

    def of(self, host: str) -> Location:
        """The place of the host of this name."""
        return self._places.get(host) or _named(host)


def _of(host: Host) -> Location:
    named, _, line = (host.named_at or "").rpartition(":")
    if named and line.isdecimal() and (path := _inside(named)) is not None:
        return Location(path, max(1, int(line[:9])), is_file=True)
    kind = next((kind for kind in _FILES if host.target.startswith(kind)), None)
    path = _inside(host.target.removeprefix(kind)) if kind is not None else None
    return Location(path, 1, is_file=True) if path is not None else _named(host.name)


def _named(host: str) -> Location:
    name = printable(host, _LONGEST).replace("/", "_").replace("\\", "_").strip()
    return Location(f"hosts/{name if name.strip('.') else '_'}", 1, is_file=False)


def _inside(path: str) -> str | None:
    """The path without its detours, or None where it is none, or leads elsewhere."""
    if path.startswith(("/", "~")) or not path.isprintable() or REDACTED in path or "\\" in path:
        return None
    parts = [part for part in path.split("/") if part not in {"", "."}]
    return "/".join(parts) if parts and ".." not in parts else None
