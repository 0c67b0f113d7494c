"""apt's settings, as ``apt-config dump`` would show those that the probe tells (apt.conf(5)).

The statements come in the order in which apt reads the files: those of ``apt.conf.d`` by name, then ``apt.conf``. A
scalar's last value counts, a list's add up over all files, ``#clear`` takes back what was said before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, known, unknown
from dockworthy.facts.boot.told import files_told, untold
from dockworthy.facts.facts import fact

if TYPE_CHECKING:
    from dockworthy.snapshot import Snapshot

__all__ = ["AptConf", "Value", "apt_conf"]

_FOLDER = "/etc/apt/apt.conf.d"
_LAST = "/etc/apt/apt.conf"


@dataclass(frozen=True, slots=True)
class Value:
    """One value, and where it stands."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class AptConf:
    """The settings of upgrades that nobody attends."""

    _scalars: dict[str, Value]
    _lists: dict[str, dict[str, Value]]
    failed: Evidence[str] | None  # a file that could not be read, or None

    def scalar(self, key: str) -> Evidence[Value | None]:
        """The value of a key; None where no file sets it."""
        if self.failed is not None:
            return unknown(self.failed.unknown or "", self.failed.source)
        found = self._scalars.get(key.lower())
        return known(found, found.source if found else f"{_FOLDER}: {key}")

    def values(self, key: str) -> Evidence[tuple[Value, ...]]:
        """The values of a list, in order."""
        if self.failed is not None:
            return unknown(self.failed.unknown or "", self.failed.source)
        return known(tuple(self._lists.get(key.lower(), {}).values()), f"{_FOLDER}: {key}")


@fact
def apt_conf(snapshot: Snapshot) -> AptConf:
    """The settings of upgrades that nobody attends, of all of apt's files."""
    scalars: dict[str, Value] = {}
    lists: dict[str, dict[str, Value]] = {}
    failed = untold(snapshot, _FOLDER, _LAST)
    for path in (*files_told(snapshot, f"{_FOLDER}/"), _LAST):
        text = snapshot.text(f"file:{path}")
        if not text.is_known:
            continue
        for line in text.value.splitlines():
            number, _, statement = line.partition(" ")
            name, _, value = statement.partition(" ")
            source = f"{text.source}:{number}"
            if name == "#clear":
                _clear(value.lower(), scalars, lists)
            elif name in {"#include", "cut"}:
                failed = failed or unknown(f"has {name}, which is not followed", text.source, Code.NOT_PROBED)
            else:
                _set(name.lower(), Value(value, source), scalars, lists)
    return AptConf(scalars, lists, failed)


def _set(key: str, value: Value, scalars: dict[str, Value], lists: dict[str, dict[str, Value]]) -> None:
    top, _, rest = key.partition("::")
    name, separator, item = rest.partition("::")
    if not separator or top == "apt":
        scalars[key] = value
        return
    found = lists.setdefault(f"{top}::{name}", {})
    found[item or f"#{len(found)}{value.source}{value.text}"] = value


def _clear(key: str, scalars: dict[str, Value], lists: dict[str, dict[str, Value]]) -> None:
    for table in (scalars, lists):
        for name in [name for name in table if name == key or name.startswith(f"{key}::")]:
            del table[name]
