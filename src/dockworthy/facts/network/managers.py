"""The programs that manage the host's network, and which of the engine's interfaces systemd-networkd takes for its own.

Source: systemd.network(5), and ``net-condition.c`` (``net_match_config``) of systemd: the first file by name whose
[Match] holds decides, wherever the files lie; one in /etc hides its namesake elsewhere. NetworkManager takes what
others made for "external", and leaves it as it is.
"""

from __future__ import annotations

import posixpath
from dataclasses import field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Reason, derived, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.masking import HIDDEN
from dockworthy.tables import rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dockworthy.snapshot import Snapshot

__all__ = ["NETWORKD", "Interface", "NetworkFile", "NetworkManagers", "network_managers"]

NETWORKD, _COMM = "systemd-networkd", "systemd-network"
_FOLDERS = ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib")
_KEYS = ("Name", "Type", "Kind", "Driver")
# What no interface that the engine makes has: a wireless network, a place on a bus, an address burnt in.
_OF_OTHERS = frozenset({"WLANInterfaceType", "SSID", "BSSID", "Path", "PermanentMACAddress"})
_TRUE = frozenset({"1", "yes", "y", "true", "t", "on"})  # parse_boolean
_SOURCE = "*.network files of systemd-networkd"


@dataclass(frozen=True, slots=True)
class Interface:
    """An interface as networkd sees it."""

    name: str
    type: str
    kind: str

    def of(self, key: str) -> str:
        """What a key of [Match] is compared with."""
        return {"Name": self.name, "Type": self.type}.get(key, self.kind)


@dataclass(slots=True)
class NetworkFile:
    """One file, with those that are dropped into its folder."""

    path: str
    match: dict[str, list[str]] = field(default_factory=dict)
    is_unmanaged: bool = False
    is_readable: bool = True

    def add(self, key: str, value: str) -> None:
        """Take one assignment: an empty one takes those before it away."""
        if key == "Unmanaged":
            self.is_unmanaged = value.lower() in _TRUE
        elif not value:
            self.match.pop(key, None)
        else:
            self.match.setdefault(key, []).append(value)

    def matches(self, interface: Interface) -> bool | None:
        """Whether it is for the interface; None where that depends on what is not known of it."""
        if not self.is_readable:
            return None
        if not self.match:
            return False
        held: list[bool | None] = [_holds(key, values, interface) for key, values in self.match.items()]
        return False if False in held else None if None in held else True


def _holds(key: str, values: Sequence[str], interface: Interface) -> bool | None:
    if key in _OF_OTHERS and not values[0].startswith("!"):
        return False
    if key not in _KEYS or HIDDEN in values:
        return None
    patterns = " ".join(values).replace('"', "").split()
    is_inverse = bool(patterns) and patterns[0].startswith("!")
    patterns[:1] = [patterns[0].removeprefix("!")] if patterns else []
    return is_inverse != any(fnmatchcase(interface.of(key), pattern.replace("[^", "[!")) for pattern in patterns)


@dataclass(frozen=True, slots=True)
class NetworkManagers:
    """What manages the network."""

    running: Evidence[tuple[str, ...]]  # ``systemd-networkd``, ``NetworkManager``
    files: Evidence[tuple[NetworkFile, ...]]  # of networkd, in the order in which they are asked

    @derived
    def claims(self, interfaces: Iterable[Interface]) -> Evidence[dict[str, str]]:
        """Which of the interfaces networkd manages, each with the file that says so."""
        found: dict[str, str] = {}
        for interface in interfaces:
            file = self._claiming(interface)
            if file is not None:
                found[interface.name] = file.path
        return known(found, _SOURCE)

    def _claiming(self, interface: Interface) -> NetworkFile | None:
        """The file by which networkd manages the interface, or None; where it depends on what is not known, it ends."""
        perhaps: list[NetworkFile] = []
        decisive: NetworkFile | None = None
        for file in self.files.value:
            matches = file.matches(interface)
            if matches is None:
                perhaps.append(file)
            elif matches:
                decisive = file
                break
        is_claimed = decisive is not None and not decisive.is_unmanaged
        for file in perhaps:
            if file.is_unmanaged == is_claimed:
                why = f"whether its [Match] holds for {interface.name} depends on what is not known of it"
                _ = unknown(Reason(why, Code.AMBIGUOUS), file.path).value
        return decisive if is_claimed else None


@fact
def network_managers(snapshot: Snapshot) -> NetworkManagers:
    """The programs that run, and networkd's files."""
    source = "the programs that manage the network"
    running = snapshot.text("cmd:network-managers").by(source).map(_names)
    text = snapshot.text("cmd:networkd-files").by(_SOURCE)
    if text.is_known and "cut" in text.value.splitlines():
        return NetworkManagers(running, unknown("they are longer than the probe reads", _SOURCE, Code.TOO_LARGE))
    return NetworkManagers(running, text.map(lambda found: tuple(_files(found))))


def _names(text: str) -> tuple[str, ...]:
    found = (words[1] for words in rows(text, 2))
    return tuple(dict.fromkeys(NETWORKD if name == _COMM else name for name in found))


def _files(text: str) -> list[NetworkFile]:
    """Those in force, by their names."""
    lines = [(path, item) for path, tab, item in (line.partition("\t") for line in text.splitlines()) if tab]
    chosen: dict[str, str] = {}
    for path in sorted({path for path, _ in lines}, key=_precedence):
        chosen.setdefault(_name(path), path)
    files = {name: NetworkFile(path) for name, path in chosen.items() if "/" not in name}
    # What is dropped in is read after the file itself, by its own name.
    for name in sorted(chosen, key=lambda name: (name.partition("/")[0].removesuffix(".d"), "/" in name, name)):
        file = files.get(name.partition("/")[0].removesuffix(".d") if "/" in name else name)
        if file is None:
            continue
        for item in (item for path, item in lines if path == chosen[name]):
            key, equals, value = item.partition("=")
            if equals:
                file.add(key, value)
            elif item == "!":
                file.is_readable = False
    return [files[name] for name in sorted(files)]


def _precedence(path: str) -> int:
    return next(
        (index for index, folder in enumerate(_FOLDERS) if path.startswith(f"{folder}/systemd/")), len(_FOLDERS)
    )


def _name(path: str) -> str:
    """``10-a.network``, or ``10-a.network.d/b.conf``."""
    folder = posixpath.basename(posixpath.dirname(path))
    name = posixpath.basename(path)
    return f"{folder}/{name}" if folder.endswith(".network.d") else name
