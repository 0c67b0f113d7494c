"""The operating system and its clock."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, derived, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.regex import regex

if TYPE_CHECKING:
    from datetime import datetime

    from dockworthy.snapshot import Snapshot

__all__ = ["Clock", "OperatingSystem", "clock", "os", "parse_os_release"]

_ASSIGNMENT = regex(r"([A-Za-z0-9_]{1,128})=(.*)", re.ASCII | re.DOTALL)
_UNESCAPE = regex(r"\\([\\$\"'`])")
_FILES = ("file:/etc/os-release", "file:/usr/lib/os-release")
_FAMILIES = {
    "debian": {"debian", "ubuntu", "raspbian", "linuxmint", "devuan", "kali"},
    "rhel": {"rhel", "centos", "fedora", "rocky", "almalinux", "ol", "amzn", "amazon"},
    "suse": {"sles", "sled", "suse", "opensuse", "opensuse-leap", "opensuse-tumbleweed", "sle_hpc", "sles_sap"},
    "alpine": {"alpine"},
    "arch": {"arch"},
}


@dataclass(frozen=True, slots=True)
class OperatingSystem:
    """What os-release says."""

    fields: Evidence[dict[str, str]]  # its variables; unknown where there is no such file or it cannot be read

    def _field(self, name: str, default: str) -> Evidence[str]:
        value = self.fields.map(lambda fields: fields.get(name) or default)
        return value.by(f"{self.fields.source}: {name}")

    @property
    def id(self) -> Evidence[str]:
        """The distribution: ``ubuntu``. os-release(5): ``linux`` where the file does not say."""
        return self._field("ID", "linux")

    @property
    def version_id(self) -> Evidence[str]:
        """The release: ``24.04``; empty for a rolling one."""
        return self._field("VERSION_ID", "")

    @property
    def family(self) -> str:
        """Whose packages it uses: debian, rhel, suse, alpine, arch, or empty where that is not known.

        For descriptions and fixes, never for a verdict.
        """
        fields = self.fields.get({})
        for word in [fields.get("ID", ""), *fields.get("ID_LIKE", "").split()]:
            for family, members in _FAMILIES.items():
                if word.lower() in members:
                    return family
        return ""


def parse_os_release(text: str) -> dict[str, str]:
    """Read os-release: shell assignments, one a line; what is none is passed over."""
    fields: dict[str, str] = {}
    for line in text.splitlines():
        found = _ASSIGNMENT.fullmatch(line.strip())
        if not found:
            continue
        name, value = found[1], found[2].strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        fields[name] = _UNESCAPE.sub(r"\1", value)
    return fields


@fact
def os(snapshot: Snapshot) -> OperatingSystem:
    """The operating system by /etc/os-release, else by the vendor's /usr/lib/os-release."""
    return OperatingSystem(_first(snapshot))


def _first(snapshot: Snapshot) -> Evidence[dict[str, str]]:
    first: Evidence[dict[str, str]] | None = None
    for name in _FILES:
        evidence = snapshot.text(name).map(parse_os_release)
        if evidence.is_known or not snapshot.is_absent(name):
            return evidence if first is None or evidence.is_known else first
        first = first or evidence
    return first or unknown("does not exist", "/etc/os-release", Code.ABSENT)


@dataclass(frozen=True, slots=True)
class Clock:
    """The host's clock."""

    recorded: Evidence[datetime]  # what it showed when the probe ran, in UTC
    synchronized: Evidence[bool]  # whether it follows another clock (NTP)
    now: datetime  # the moment by which dates are judged, in UTC; not the host's clock


@fact
def clock(snapshot: Snapshot, now: datetime) -> Clock:
    """The clock as the probe met it."""
    return Clock(snapshot.recorded, _synchronized(snapshot), now)


@derived
def _synchronized(snapshot: Snapshot) -> Evidence[bool]:
    text = snapshot.text("cmd:clock").by("timedatectl: NTPSynchronized")
    for line in text.value.splitlines():
        name, _, value = line.partition("=")
        if name.strip() == "NTPSynchronized" and value.strip() in {"yes", "no"}:
            return known(value.strip() == "yes", "timedatectl: NTPSynchronized")
        if line.startswith("Leap status"):  # chronyc tracking
            return known("Not synchronised" not in line, "chronyc tracking: Leap status")
    return unknown("no tool says whether the clock is synchronized", "timedatectl: NTPSynchronized", Code.NOT_TOLD)
