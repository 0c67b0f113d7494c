"""Which of the engine's places lie on a file system that has to be mounted again after a boot, and what mounts it."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, NotApplicable, NotDecided, derived, known, unknown
from dockworthy.facts.api.mounts import mounts_of
from dockworthy.facts.boot.fstab import EARLY, Entry, awaited
from dockworthy.facts.engine.paths import containerd, data_root, is_rootless
from dockworthy.facts.engine.unitfile import load_unit

if TYPE_CHECKING:
    from dockworthy.facts.boot.fstab import Awaited, MountUnit, NextMounts
    from dockworthy.facts.facts import Facts
    from dockworthy.hosttree.mountinfo import Mount

__all__ = ["Remount", "Store", "remount", "stores"]

_UNIT = "docker.service"
# What holds nothing that would be missed after a boot, or is there without anybody's doing.
_OF_THE_KERNEL = frozenset(
    [
        "tmpfs",
        "ramfs",
        "devtmpfs",
        "proc",
        "sysfs",
        "cgroup",
        "cgroup2",
        "devpts",
        "mqueue",
        "debugfs",
        "tracefs",
        "securityfs",
        "pstore",
        "bpf",
        "configfs",
        "hugetlbfs",
        "fusectl",
        "nsfs",
        "autofs",
        "efivarfs",
        "binfmt_misc",
        "rpc_pipefs",
        "squashfs",
    ]
)
# What systemd mounts by itself, before anything else.
_BY_SYSTEMD = frozenset({"/", "/run", "/dev", "/proc", "/sys"})
_MOST_LAYERS = 8


@dataclass(frozen=True, slots=True)
class Store:
    """A place that the engine needs."""

    path: str
    what: str  # ``data root``, ``containerd's root`` or the containers that have it mounted
    like: str = ""  # another place on the same mount, which is judged for both; or empty


@dataclass(frozen=True, slots=True)
class Remount:
    """What mounts a place again."""

    point: str
    by: str  # the line or the unit; empty where nothing does
    loose: str = ""  # why the engine may start before it, or without it; empty where it cannot


def stores(facts: Facts, _params: object) -> dict[str, Store]:
    """The data root, containerd's root, and the sources of containers' mounts that lie on mounts of their own.

    Raises:
        NotApplicable: where there is no engine of the system's, or whoever runs this host mounts them.
    """
    _end_where_not_judged(facts)
    root = data_root(facts).value
    found = {root: Store(root, "data root")}
    points = {_point(facts, root): root}
    own = containerd(facts).root
    if not posixpath.join(own, "").startswith(posixpath.join(root, "")) and facts.files[own].exists.get(default=False):
        point = _point(facts, own)
        found[own] = Store(own, "containerd's root", points.get(point, "") if point != "/" else "")
        points.setdefault(point, own)
    for path, names in sorted(_sources(facts).items()):
        lies_on = facts.mounts.of(facts.files.canonical(path))
        if (
            not lies_on.is_known
            or lies_on.value.point in {*_BY_SYSTEMD, *points}
            or lies_on.value.kind in _OF_THE_KERNEL
        ):
            continue
        points[lies_on.value.point] = path
        found[path] = Store(path, f"mounted in {', '.join(names)}")
    return found


def _end_where_not_judged(facts: Facts) -> None:
    installed = facts.packages.engine
    if installed.is_known and installed.value is None:
        raise NotApplicable("no engine is installed")
    if is_rootless(facts):
        raise NotApplicable("a rootless engine's places are its user's")
    if facts.snapshot.text("cmd:container").get("none").strip() not in {"none", ""}:
        raise NotApplicable("this host is a container itself: whoever runs it mounts its places")


def _point(facts: Facts, path: str) -> str:
    return facts.mounts.of(facts.files.canonical(path)).map(lambda mount: mount.point).get(path)


def _sources(facts: Facts) -> dict[str, list[str]]:
    """The host's paths in containers that the engine starts by itself, and the names of these."""
    found: dict[str, list[str]] = {}
    for container in facts.containers.known_ones:
        policy = container.answer.text("HostConfig", "RestartPolicy", "Name", default="").get("")
        if not container.is_up.get(default=False) or policy in {"", "no"}:
            continue
        for mount in mounts_of(container.answer).get(()):
            if mount.kind == "bind" and mount.source.startswith("/"):
                found.setdefault(mount.source, []).append(container.name)
    return found


@derived
def remount(facts: Facts, path: str) -> Evidence[tuple[Remount, ...]]:
    """What mounts a path again, from the root on; empty where it lies on the root file system."""
    found: list[Remount] = []
    place = facts.files.canonical(path)
    for _ in range(_MOST_LAYERS):
        mount = facts.mounts.of(place).value
        if mount.kind in _OF_THE_KERNEL and not found:
            raise NotApplicable(f"{mount.point} is {mount.kind}, which is empty after a boot anyway")
        if mount.point in _BY_SYSTEMD or mount.kind in _OF_THE_KERNEL:
            return known(tuple(reversed(found)), "/proc/self/mountinfo")
        entry = facts.next_mounts.entry(mount.point, *_other_names(facts, mount.point))
        found.append(_by(facts, mount, entry))
        if entry is not None and entry.bound and entry.bound != place:
            found += remount(facts, entry.bound).value
        place = posixpath.dirname(mount.point)
    return unknown(f"{path} lies below too many mounts", "/proc/self/mountinfo", Code.AMBIGUOUS)


def _other_names(facts: Facts, point: str) -> list[str]:
    """The places of fstab that lead to a mount point by way of links."""
    places = {entry.point for entry in facts.next_mounts.entries.value}
    return [place for place in places if place != point and facts.files.canonical(place) == point]


def _by(facts: Facts, mount: Mount, entry: Entry | None) -> Remount:
    names: NextMounts = facts.next_mounts
    unit = names.unit(mount.point) if names.units.is_known or entry is None else None
    if entry is None and (unit is None or unit.masked):
        doubt = _by_others(mount)
        if doubt:
            raise NotDecided(doubt, f"/proc/self/mountinfo: {mount.point}", Code.NOT_PROBED)
        return Remount(mount.point, "")
    meant = entry if entry is not None else unit
    by = entry.where if entry is not None else unit.file if unit is not None else ""
    own = awaited(load_unit(_UNIT, facts.files), mount.point)
    loose = _loose(facts, meant, own) if meant is not None else ""
    if not loose and not own.waits and names.units.is_known and names.has_automount(mount.point):
        loose = "mounted when somebody looks there"
    if not loose:
        waiting = own.waits or own.starts
        needed = meant is not None and (meant.unstarted or meant.unordered)
        return Remount(mount.point, f"{by}, {waiting}" if waiting and needed else by)
    if entry is not None and entry.is_cloud_inits:
        raise NotDecided("cloud-init mounts it, and whether before the engine starts is not known", by, Code.NOT_PROBED)
    return Remount(mount.point, by, loose)


def _loose(facts: Facts, meant: Entry | MountUnit, own: Awaited) -> str:
    """Why the engine may start before it is mounted, or without it; empty where it cannot."""
    tools = facts.packages.tools
    is_other = not facts.services.has_systemd.get(default=True) and tools.is_known and "systemctl" not in tools.value
    if isinstance(meant, Entry) and is_other:
        # Another init mounts what is in fstab one after another, before any service.
        return meant.unstarted if meant.unstarted == "noauto" else meant.of_the_network
    if meant.unstarted and not own.starts:
        return meant.unstarted
    if not meant.unordered or own.waits or meant.before & {_UNIT, *EARLY, *own.after}:
        return ""
    return "" if meant.unordered == meant.of_the_network and "remote-fs.target" in own.after else meant.unordered


def _by_others(mount: Mount) -> str:
    """Why something that was not looked at may mount it again; empty where there is no such thing."""
    if mount.kind == "zfs":
        return "zfs mounts its datasets by itself, and whether before the engine starts is not known"
    if mount.source.startswith(("/dev/mapper/", "/dev/dm-")):
        return "a service that looks after the host's volumes may mount this one, and which there are is not known"
    return ""
