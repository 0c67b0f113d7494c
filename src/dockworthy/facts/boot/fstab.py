"""What is mounted at the next boot: fstab(5), and mount units of systemd.

Sources: getmntent(3) for the file, systemd 257 ``src/fstab-generator`` and ``src/core/mount.c`` for what waits for
what: a mount that must be there is ordered before ``local-fs.target``, and so before every service; one with
``nofail``, one of a network and one that nothing asks for are not.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Evidence, known, unknown
from dockworthy.facts.engine.unitfile import parse_unit_text
from dockworthy.facts.facts import fact
from dockworthy.tables import decode, rows

if TYPE_CHECKING:
    from dockworthy.facts.engine.unitfile import UnitFiles
    from dockworthy.snapshot import Snapshot

__all__ = ["EARLY", "Awaited", "Entry", "MountUnit", "NextMounts", "awaited", "next_mounts", "unit_path"]

_FSTAB = "/etc/fstab"
_OCTAL = re.compile(r"\\([0-3][0-7]{2})", re.ASCII)
_NETWORK = frozenset(
    [
        "afs",
        "ceph",
        "cifs",
        "smb3",
        "smbfs",
        "sshfs",
        "ncpfs",
        "ncp",
        "nfs",
        "nfs4",
        "gfs",
        "gfs2",
        "glusterfs",
        "pvfs2",
        "ocfs2",
        "lustre",
        "davfs",
    ]
)
# What every boot starts, and what starts nothing before the mounts that it waits for.
_STARTED = frozenset(
    {"docker.service", "multi-user.target", "default.target", "graphical.target", "basic.target"}
    | {"sysinit.target", "local-fs.target", "remote-fs.target"}
)
EARLY = frozenset({"local-fs.target", "local-fs-pre.target", "sysinit.target", "basic.target"})
_TABLE_OF_PARTITIONS = "/run/systemd/generator.late/"


def _plain(text: str) -> str:
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), text)


def _is_network(kind: str) -> bool:
    return kind.removeprefix("fuse.") in _NETWORK


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of fstab."""

    number: int  # the line
    source: str  # what is mounted, as it is named there
    point: str  # where, without a slash at its end
    kind: str  # the file system's type
    options: tuple[str, ...]

    @property
    def where(self) -> str:
        """The file and the line."""
        return f"{_FSTAB}:{self.number}"

    @property
    def bound(self) -> str:
        """The path that is mounted once more, or empty."""
        return self.source if {"bind", "rbind"} & set(self.options) and self.source.startswith("/") else ""

    @property
    def is_cloud_inits(self) -> bool:
        """Whether cloud-init wrote the line, and what it waits for is a service of cloud-init's."""
        return "comment=cloudconfig" in self.options

    def _last(self, *names: str) -> str:
        return next((one for one in reversed(self.options) if one in names), "")

    def _named(self, *keys: str) -> frozenset[str]:
        pairs = (one.partition("=") for one in self.options)
        return frozenset(value for key, _, value in pairs if key.removeprefix("x-systemd.") in keys)

    @property
    def starters(self) -> frozenset[str]:
        """The units that alone start it, where its options name such."""
        return self._named("wanted-by", "required-by")

    @property
    def before(self) -> frozenset[str]:
        """The units that its options have wait for it."""
        return self._named("before")

    @property
    def unstarted(self) -> str:
        """Why no boot mounts it before somebody asks for it; empty where it is mounted by itself."""
        for option in ("x-systemd.automount", "comment=systemd.automount"):
            if option in self.options:
                return option
        if self.starters:
            return "" if self.starters & _STARTED else f"x-systemd.wanted-by={min(self.starters)}"
        return "noauto" if self._last("auto", "noauto") == "noauto" else ""

    @property
    def unordered(self) -> str:
        """Why services may start before it is mounted; empty where all of them wait."""
        if self.starters:
            return "x-systemd.required-by or wanted-by, which alone make nothing wait for it"
        if self._last("fail", "nofail") == "nofail":
            return "nofail"
        return "x-systemd.after=docker.service" if "docker.service" in self._named("after") else self.of_the_network

    @property
    def of_the_network(self) -> str:
        """What makes it one of those that wait for a network; empty where nothing does."""
        if "_netdev" in self.options:
            return "_netdev"
        return f"a file system of the network ({self.kind})" if _is_network(self.kind) else ""


def _entries(text: str) -> tuple[Entry, ...]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if len(words) < 2 or words[0].startswith("#"):  # noqa: PLR2004 - what, and where
            continue
        source, point, kind, options = [*words, *("auto", "")[len(words) - 2 :]][:4]
        if kind == "swap" or not point.startswith("/"):
            continue
        place = posixpath.normpath(_plain(point))
        found.append(Entry(number, _plain(source), place, kind, tuple(filter(None, options.split(",")))))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class MountUnit:
    """A mount unit that is no line of fstab."""

    file: str
    name: str
    wanted_by: frozenset[str]  # the units that start it
    kind: str  # of the file system, where it says so
    options: tuple[str, ...]
    by_default: bool  # whether it has the order that mounts have by themselves
    masked: bool
    before: frozenset[str] = frozenset()  # the units that wait for it

    @property
    def point(self) -> str:
        """Where it mounts: systemd takes no other place than its name says."""
        return unit_path(self.name)

    @property
    def unstarted(self) -> str:
        """Why no boot mounts it; empty where one does."""
        return "masked" if self.masked else "" if self.wanted_by else "no unit wants it"

    @property
    def unordered(self) -> str:
        """Why services may start before it is mounted; empty where all of them wait."""
        if not self.by_default:
            return "DefaultDependencies=no"
        return "nofail" if "nofail" in self.options else self.of_the_network

    @property
    def of_the_network(self) -> str:
        """What makes it one of those that wait for a network; empty where nothing does."""
        if "_netdev" in self.options:
            return "_netdev"
        return f"a file system of the network ({self.kind})" if _is_network(self.kind) else ""


def unit_path(name: str) -> str:
    r"""The path that a mount unit's name stands for: a dash is a slash, ``\x2d`` a dash."""
    stem = name.rpartition(".")[0].replace("-", "/")
    return posixpath.normpath("/" + re.sub(r"\\x([0-9a-f]{2})", lambda found: chr(int(found[1], 16)), stem))


@dataclass(frozen=True, slots=True)
class NextMounts:
    """What is mounted at the next boot."""

    entries: Evidence[tuple[Entry, ...]]  # of fstab, whose first line for a place counts
    units: Evidence[tuple[MountUnit, ...]]

    def entry(self, *points: str) -> Entry | None:
        """The line for a place, by any of its names."""
        return next((one for one in self.entries.value if one.point in points), None)

    def unit(self, point: str) -> MountUnit | None:
        """The mount unit for a place."""
        return next((one for one in self.units.value if one.point == point and one.name.endswith(".mount")), None)

    def has_automount(self, point: str) -> bool:
        """Whether a place is mounted when somebody looks there."""
        return any(one.point == point and one.name.endswith(".automount") and one.wanted_by for one in self.units.value)


@fact
def next_mounts(snapshot: Snapshot) -> NextMounts:
    """The lines of fstab, and the mount units of an administrator and of the table of partitions."""
    text = snapshot.text(f"file:{_FSTAB}")
    entries: Evidence[tuple[Entry, ...]] = (
        known((), _FSTAB) if snapshot.is_absent(f"file:{_FSTAB}") else text.by(_FSTAB).map(_entries)
    )
    return NextMounts(entries, _units(snapshot))


def _units(snapshot: Snapshot) -> Evidence[tuple[MountUnit, ...]]:
    text = snapshot.text("cmd:mount-units").by("/etc/systemd/system/*.mount")
    paths: dict[str, str] = {}
    wanted: dict[str, set[str]] = {}
    for words in rows(text.get(""), 2):
        if words[0] == "unit":
            path = decode(words[1])
            paths.setdefault(path.rpartition("/")[2], path)
        elif len(words) > 3:  # noqa: PLR2004 - wanted UNIT by UNIT
            wanted.setdefault(decode(words[1]), set()).add(words[3])
    found = []
    for name, path in paths.items():
        unit = _unit(snapshot, name, path, frozenset(wanted.get(name, ())))
        if isinstance(unit, MountUnit):
            found.append(unit)
        else:
            return unit
    return text.map(lambda _: tuple(found))


def _unit(
    snapshot: Snapshot, name: str, path: str, wanted: frozenset[str]
) -> MountUnit | Evidence[tuple[MountUnit, ...]]:
    if path.startswith(_TABLE_OF_PARTITIONS):
        return MountUnit(path, name, wanted or frozenset({"local-fs.target"}), "", (), by_default=True, masked=False)
    section = snapshot.get(f"file:{path}")
    if section is None or section.absent or section.status == 5 or (section.status == 0 and not section.data):  # noqa: PLR2004 - a device
        return MountUnit(path, name, wanted, "", (), by_default=True, masked=True)
    text = snapshot.text(f"file:{path}")
    if not text.is_known:
        return unknown(text.unknown or "", path)
    said = {(one.section, one.key): one.value for one in parse_unit_text(text.value, path)[0]}
    kind, options = said.get(("Mount", "Type"), ""), said.get(("Mount", "Options"), "")
    loose = said.get(("Unit", "DefaultDependencies"), "yes").lower() in {"no", "false", "off", "0"}
    before = said.get(("Unit", "Before"), "").split()
    return MountUnit(
        path,
        name,
        wanted,
        kind,
        tuple(options.split(",")),
        by_default=not loose,
        masked=False,
        before=frozenset(before),
    )


@dataclass(frozen=True, slots=True)
class Awaited:
    """What a service's own unit has to do with a mount: where it says so, or empty."""

    starts: str  # that it has the mount started
    waits: str  # that it starts only afterwards
    after: frozenset[str]  # all units that it starts after


def awaited(unit: UnitFiles, point: str) -> Awaited:
    """Whether a service's own unit starts a mount, and waits for it."""
    after = {name: one.source for one in unit.values("Unit", "After") for name in one.value.split()}
    waits = next((source for name, source in after.items() if name.endswith(".mount") and unit_path(name) == point), "")
    for key in ("RequiresMountsFor", "WantsMountsFor"):
        for directive in unit.values("Unit", key):
            for path in directive.value.split():
                place = posixpath.normpath(path.strip("\"'"))
                if place == point or place.startswith(point.rstrip("/") + "/"):
                    return Awaited(directive.source, directive.source, frozenset(after))
    for key in ("Requires", "BindsTo", "Wants"):
        for directive in unit.values("Unit", key):
            names = (name for name in directive.value.split() if name.endswith(".mount"))
            if any(unit_path(name) == point for name in names):
                return Awaited(directive.source, waits, frozenset(after))
    return Awaited("", waits, frozenset(after))
