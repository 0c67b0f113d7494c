"""Where a reader of code is led for a finding on a host: the file of the checkout in which the host is named.

Services that show reports beside code know files of a repository alone, and a host is none. It is named in the
inventory of the run, or it is a file itself (``snapshot:FILE``, ``rootfs:DIR``). Where there is no such file below the
folder in which the run was started, a name stands in its place that no file has: ``hosts/NAME``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from dockworthy.printable import printable
from dockworthy.typed import REDACTED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockworthy.results.model import Results

__all__ = ["Locations"]

_OPTIONS = ("--inventory", "--dw-inventory")
_FILES = ("snapshot:", "rootfs:")
_LONGEST = 200


class Locations:
    """The places of a record's hosts."""

    def __init__(self, results: Results) -> None:
        self._inventory = _inside(_inventory(results.run.argv))
        self._targets = {host.name: host.target for host in results.hosts}

    def file(self, host: str) -> str | None:
        """The file, relative to where the run was started, or None where none is known there."""
        target = self._targets.get(host, "")
        named = next((target.removeprefix(kind) for kind in _FILES if target.startswith(kind)), None)
        return _inside(named) if named is not None else self._inventory

    def path(self, host: str) -> str:
        """The same, or the name that stands in its place."""
        return self.file(host) or self._named(host)

    def uri(self, host: str) -> str:
        """The path as a relative reference by RFC 3986."""
        return quote(self.path(host), safe="/")

    @staticmethod
    def _named(host: str) -> str:
        name = printable(host, _LONGEST).replace("/", "_").replace("\\", "_").strip()
        return f"hosts/{name if name.strip('.') else '_'}"


def _inventory(argv: Sequence[str]) -> str | None:
    """The inventory that was named on the command line."""
    for index, word in enumerate(argv):
        name, equals, given = word.partition("=")
        if name in _OPTIONS:
            return given if equals else next(iter(argv[index + 1 : index + 2]), None)
    return None


def _inside(path: str | None) -> str | None:
    """The path without its detours, or None where it is none, or leads elsewhere."""
    if path is None or path.startswith(("/", "~")) or not path.isprintable() or REDACTED in path or "\\" in path:
        return None
    parts = [part for part in path.split("/") if part not in {"", "."}]
    return "/".join(parts) if parts and ".." not in parts else None
