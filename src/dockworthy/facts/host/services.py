"""The engine's units as systemd knows them: ``systemctl show``."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, derived, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.regex import regex
from dockworthy.snapshot import NO_TOOL
from dockworthy.tables import number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.snapshot import Snapshot


__all__ = ["Services", "Unit", "parse_show", "services"]

_SECTION = "cmd:systemctl-show"
_SOURCE = "systemctl show"
_STAMP = regex(r"(?:[A-Z][a-z]{2} )?(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.\d+)?(?: (UTC|GMT))?", re.ASCII)
_ESCAPED = regex(r"\\(x[0-9a-fA-F]{2}|.)", re.DOTALL)
_LISTEN = regex(r"(.+?) \((Stream|Datagram|SequentialPacket|FIFO|Netlink|Special|MessageQueue|USBFunction)\)")


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit."""

    name: str  # ``docker.service``
    # as systemctl prints them; a property that occurs often has its values on separate lines
    properties: Mapping[str, str]

    def _source(self, name: str) -> str:
        return f"systemctl show {self.name}: {name}"

    def text(self, name: str) -> Evidence[str]:
        """A property; unknown where systemctl did not print it."""
        value = self.properties.get(name)
        if value is None:
            return unknown("systemctl does not tell it", self._source(name), Code.NOT_TOLD)
        return known(value, self._source(name))

    @property
    def is_loaded(self) -> Evidence[bool]:
        """Whether there is a unit file that systemd could read."""
        return self.text("LoadState").map(lambda state: state == "loaded")

    @property
    def active(self) -> Evidence[str]:
        """``active``, ``inactive``, ``failed``, ``activating`` and so on."""
        return self.text("ActiveState")

    @property
    def enabled(self) -> Evidence[str]:
        """``enabled``, ``disabled``, ``static``, ``masked`` and so on."""
        return self.text("UnitFileState")

    @property
    def needs_daemon_reload(self) -> Evidence[bool]:
        """Whether unit files changed since systemd read them."""
        return self.text("NeedDaemonReload").map(lambda text: text == "yes")

    @property
    @derived
    def files(self) -> Evidence[tuple[str, ...]]:
        """The unit's file and its drop-ins, in the order in which they count; none where there is no unit."""
        fragment = self.text("FragmentPath")
        drop_ins = self.text("DropInPaths")
        paths = [*([fragment.value] if fragment.value else []), *_paths(drop_ins.get(""))]
        return known(tuple(dict.fromkeys(paths)), f"systemctl show {self.name}: FragmentPath, DropInPaths")

    @property
    def environment_files(self) -> tuple[str, ...]:
        """The files that its environment comes from, as far as their names have no pattern."""
        lines = self.properties.get("EnvironmentFiles", "").splitlines()
        paths = [line.partition(" (")[0].strip() for line in lines]
        return tuple(path for path in paths if path.startswith("/"))

    @property
    def main_pid(self) -> int:
        """The process that systemd started for it; 0 where none runs or that is not known."""
        return number(self.properties.get("MainPID", "0")) or 0

    @property
    def started(self) -> Evidence[datetime]:
        """When its main process was started, in UTC; unknown where systemctl prints a zone that is not UTC."""
        text = self.text("ExecMainStartTimestamp")
        found = _STAMP.fullmatch(text.get("").strip())
        if not found or not found[7]:
            return unknown(text.unknown or "it was never started, or the time's zone is not UTC", text.source)
        try:
            year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
            stamp = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
        except ValueError:
            return unknown("it is not a time", text.source, Code.MALFORMED)
        return known(stamp, text.source)

    @property
    def listens(self) -> Evidence[tuple[str, ...]]:
        """The addresses of a socket unit (``/run/docker.sock``, ``0.0.0.0:2375``)."""
        return self.text("Listen").map(
            lambda text: (
                tuple(found[1].strip() for line in text.splitlines() if (found := _LISTEN.match(line.strip() + " ")))
                if text
                else ()
            )
        )


@dataclass(frozen=True, slots=True)
class Services:
    """The units that the probe asked for."""

    units: Evidence[Mapping[str, Unit]]  # by name; unknown where systemd did not answer
    has_systemd: Evidence[bool]  # whether systemd manages this host; unknown where the probe could not tell

    @derived
    def __getitem__(self, name: str) -> Evidence[Unit]:
        unit = self.units.value.get(name)
        if unit is None:
            return unknown("systemctl does not tell it", f"systemctl show {name}", Code.NOT_TOLD)
        return known(unit, f"systemctl show {name}")


def _paths(text: str) -> list[str]:
    """Paths separated by white space, in which systemd escapes white space itself."""
    return [_ESCAPED.sub(_unescaped, word) for word in text.split()]


def _unescaped(found: re.Match[str]) -> str:
    code = found[1]
    return chr(int(code[1:], 16)) if len(code) == 3 else code  # noqa: PLR2004 - xNN


def parse_show(text: str) -> dict[str, Unit]:
    """Read what ``systemctl show`` printed: one block of ``NAME=VALUE`` a unit, blank lines between them."""
    units: dict[str, Unit] = {}
    block: dict[str, str] = {}
    for line in [*text.splitlines(), ""]:
        if not line.strip():
            _close(units, block)
            block = {}
            continue
        name, equals, value = line.partition("=")
        if not equals:
            continue
        if name == "Id" and "Id" in block:
            _close(units, block)
            block = {}
        block[name] = f"{block[name]}\n{value}" if name in block else value
    return units


def _close(units: dict[str, Unit], block: dict[str, str]) -> None:
    name = block.get("Id", "")
    if name:
        units.setdefault(name, Unit(name, dict(block)))


@fact
def services(snapshot: Snapshot) -> Services:
    """The engine's units; unknown where systemctl is missing or could not reach systemd."""
    section = snapshot.get(_SECTION)
    text = snapshot.text(_SECTION)
    if section is None or not text.is_known:
        absent = section is not None and section.status in {1, NO_TOOL}
        has: Evidence[bool] = known(False, _SOURCE) if absent else unknown(text.unknown or "", _SOURCE)  # noqa: FBT003 - a value
        return Services(unknown(text.unknown or "", _SOURCE), has)
    units = parse_show(text.value)
    if not units:
        return Services(
            unknown("systemd does not answer", _SOURCE, Code.NOT_TOLD),
            unknown("systemd does not answer", _SOURCE, Code.NOT_TOLD),
        )
    return Services(known(units, _SOURCE), known(True, _SOURCE))  # noqa: FBT003 - a value
