"""Control groups: which hierarchy the engine will use, and which controllers it gets there.

The engine takes the hierarchy as containerd's ``cgroups.Mode`` does: cgroup v2 where ``/sys/fs/cgroup`` itself is
one, hybrid where ``/sys/fs/cgroup/unified`` is, else v1. A controller belongs to one hierarchy at a time: what a v1
mount holds is not offered by v2, and the other way round. ``/proc/cgroups`` lists what was built in with v1 code
(``cgroups(7)``); since 6.12 a kernel without v1 code for a controller may leave it out there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, known, unknown
from dockworthy.facts.kernel.bootargs import BootArguments, boot_arguments
from dockworthy.facts.kernel.namespaces import kernel_release
from dockworthy.hosttree.mountinfo import Mount, MountTable, parse_mountinfo
from dockworthy.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dockworthy.facts.kernel.lookup import Lookup
    from dockworthy.facts.kernel.release import KernelRelease

__all__ = ["V1_REQUIRED", "V2_REQUIRED", "CgroupFacts", "ControllerState", "Listed", "Mode"]

Mode = Literal["v1", "hybrid", "v2", "none"]

# What Docker does not run without (moby's check-config.sh): on v1, and on v2.
V1_REQUIRED = ("cpu", "cpuacct", "cpuset", "devices", "freezer", "memory")
V2_REQUIRED = ("cpu", "cpuset", "io", "memory", "pids")

ROOT = "/sys/fs/cgroup"
UNIFIED = "/sys/fs/cgroup/unified"
_LINE = regex(r"([^#\s]\S*)\s+(\d{1,9})\s+\d+\s+(\d+)", re.ASCII)  # name, hierarchy, groups, enabled
_CGROUP2_MAGIC = "63677270"

# Controllers that v1 has had in any kernel: what else stands in a v1 mount's options is an option.
_V1_CONTROLLERS = frozenset(
    {
        "blkio",
        "cpu",
        "cpuacct",
        "cpuset",
        "debug",
        "devices",
        "dmem",
        "freezer",
        "hugetlb",
        "memory",
        "misc",
        "net_cls",
        "net_prio",
        "ns",
        "perf_event",
        "pids",
        "rdma",
    }
)
_V2_NAMES = {"blkio": "io"}
_V1_NAMES = {"io": "blkio"}
_V1_ONLY = frozenset({"net_cls", "net_prio", "ns"})


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of ``/proc/cgroups``.

    Attributes:
        hierarchy: the number of the v1 hierarchy that holds the controller; 0 where none does.
        enabled: whether it was not switched off at boot.
    """

    hierarchy: int
    enabled: bool


@dataclass(frozen=True, slots=True)
class ControllerState:
    """One controller, as the engine finds it.

    Attributes:
        usable: whether containers can use it; None where the hierarchy has no such controller and needs none.
        state: in a few words: ``usable``, ``disabled at boot``, ``held by cgroup v1``, ``not mounted`` …
    """

    usable: bool | None
    state: str


@dataclass(frozen=True, slots=True)
class CgroupFacts:
    """The host's control groups.

    Attributes:
        mode: the hierarchy that the engine uses; ``none`` where nothing is mounted.
        v1: the controllers of the v1 mounts that can be reached, and where; ``read_only`` ones too.
        v2: the controllers that the reachable v2 hierarchy offers.
        listed: ``/proc/cgroups``.
        boot: the kernel's command line.
        release: the kernel's release.
        manager: ``systemd`` where it manages the hierarchy, else ``none``.
        swap_file: whether memory groups have the file that limits swap; unknown where none was seen.
    """

    mode: Evidence[Mode]
    v1: Evidence[Mapping[str, Mount]]
    v2: Evidence[frozenset[str]]
    listed: Evidence[Mapping[str, Listed]]
    boot: Evidence[BootArguments]
    release: Evidence[KernelRelease]
    manager: Evidence[str]
    swap_file: Evidence[bool]

    @classmethod
    def from_lookup(cls, lookup: Lookup) -> CgroupFacts:
        """The facts from evidence by path."""
        table = lookup.text("proc/self/mountinfo").map(parse_mountinfo)
        mode = _mode(lookup, table)
        v1 = table.map(_v1_mounts)
        return cls(
            mode=mode,
            v1=v1,
            v2=_v2(lookup, mode, table),
            listed=lookup.lines("proc/cgroups").map(_listed),
            boot=boot_arguments(lookup),
            release=kernel_release(lookup),
            manager=_manager(lookup, mode),
            swap_file=_swap_file(lookup, mode, v1),
        )

    @property
    def is_v2(self) -> Evidence[bool]:
        """Whether the engine uses cgroup v2."""
        return self.mode.map(lambda mode: mode == "v2")

    @property
    def disabled(self) -> Evidence[frozenset[str]]:
        """The controllers that ``/proc/cgroups`` says were switched off at boot."""
        return self.listed.map(lambda listed: frozenset(name for name, line in listed.items() if not line.enabled))

    @property
    def missing(self) -> Evidence[tuple[str, ...]]:
        """The controllers that Docker does not run without and that it does not get, sorted."""
        on_v1 = self.v1.map(lambda there: _without(V1_REQUIRED, there))
        on_v2 = self.v2.map(lambda there: _without(V2_REQUIRED, there))
        return self.mode.then(lambda mode: on_v2 if mode == "v2" else on_v1)

    def controller(self, name: str) -> Evidence[ControllerState]:
        """One controller by either of its names (``blkio`` and ``io`` are the same)."""
        on_v1, on_v2 = _V1_NAMES.get(name, name), _V2_NAMES.get(name, name)
        return self.mode.then(lambda mode: self._on_v2(on_v2) if mode == "v2" else self._on_v1(on_v1))

    def _on_v2(self, name: str) -> Evidence[ControllerState]:
        if name in _V1_ONLY:
            return known(ControllerState(None, "cgroup v2 has no such controller"), self.mode.source)
        if name == "cpuacct":
            return known(ControllerState(usable=True, state="part of every group (cpu.stat)"), self.mode.source)
        if name in _BY_VERSION:
            return self.release.map(lambda release: _by_version(name, release))
        if name == "perf_event":
            return self._implicit(name)
        if not self.v2.is_known:
            return unknown(self.v2.unknown or "", self.v2.source)
        if name in self.v2.value:
            return known(ControllerState(usable=True, state="usable"), self.v2.source)
        return self._reason(name, _V1_NAMES.get(name, name), offered="not offered by the cgroup v2 hierarchy")

    def _implicit(self, name: str) -> Evidence[ControllerState]:
        """A controller that works in every v2 group and is listed in none: ``/proc/cgroups`` tells of it."""
        if not self.listed.is_known:
            return unknown(self.listed.unknown or "", self.listed.source)
        line = self.listed.value.get(name)
        if line is not None and line.enabled and not line.hierarchy:
            return known(ControllerState(usable=True, state="implicit in every group"), self.listed.source)
        return self._reason(name, name, offered="not offered")

    def _on_v1(self, name: str) -> Evidence[ControllerState]:
        if not self.v1.is_known:
            return unknown(self.v1.unknown or "", self.v1.source)
        mount = self.v1.value.get(name)
        if mount is not None:
            state = f"mounted read-only at {mount.point}" if mount.read_only else "usable"
            return known(ControllerState(not mount.read_only, state), self.v1.source)
        if name in _V1_ONLY - {"net_cls", "net_prio"} and self.listed.is_known and name not in self.listed.value:
            return known(ControllerState(None, "removed from the kernel in 3.0"), self.listed.source)
        v2_name = _V2_NAMES.get(name, name)
        if v2_name in self.v2.get(frozenset()):
            return known(ControllerState(usable=False, state="held by cgroup v2"), self.v2.source)
        return self._reason(name, name, offered="not mounted as cgroup v1")

    def _reason(self, name: str, listed_name: str, *, offered: str) -> Evidence[ControllerState]:
        """Why a controller that is not offered is not."""
        switched_off = self.boot.map(lambda boot: boot.items("cgroup_disable"))
        if {name, listed_name} & switched_off.get(frozenset()):
            return known(ControllerState(usable=False, state="disabled at boot"), switched_off.source)
        if not self.listed.is_known:
            return unknown(self.listed.unknown or "", self.listed.source)
        line = self.listed.value.get(listed_name)
        if line is None:
            state = "not built into the kernel"
        elif not line.enabled:
            state = "disabled at boot"
        elif line.hierarchy and self.mode.value == "v2":
            state = "held by cgroup v1"
        elif line.hierarchy:
            state = "mounted where it cannot be reached"
        else:
            state = offered
        return known(ControllerState(usable=False, state=state), self.listed.source)

    @property
    def swap_accounting(self) -> Evidence[bool]:
        """Whether swap can be limited per group; unknown where neither files nor version tell."""
        return self.swap_file if self.swap_file.is_known else self._swap_by_version()

    def _swap_by_version(self) -> Evidence[bool]:
        """Always on from 6.1; from 5.8 unless ``swapaccount=0``; before it depends on the build."""
        if not self.release.is_known:
            return unknown(self.release.unknown or "", self.release.source)
        memory = self.controller("memory")
        if not memory.is_known or not memory.value.usable:
            return memory.map(lambda _: False)
        if self.release.value.at_least(6, 1):
            return known(True, self.release.source)  # noqa: FBT003 - the evidence's value
        if not self.boot.is_known:
            return unknown(self.boot.unknown or "", self.boot.source)
        given = self.boot.value.switch("swapaccount")
        if given is not None or self.release.value.at_least(5, 8):
            return known(given is not False, self.boot.source)
        return unknown("before 5.8 it depends on how the kernel was built", self.boot.source, Code.AMBIGUOUS)


def _without(required: Iterable[str], there: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(required) - set(there)))


# --- v2's devices and freezer --------------------------------------------------------------------------------

_BY_VERSION: dict[str, tuple[tuple[int, int], str]] = {
    "devices": ((4, 15), "BPF programs in place of a controller"),
    "freezer": ((5, 2), "part of every group (cgroup.freeze)"),
}


def _by_version(name: str, release: KernelRelease) -> ControllerState:
    since, state = _BY_VERSION[name]
    if release.at_least(*since):
        return ControllerState(usable=True, state=state)
    return ControllerState(usable=False, state=f"cgroup v2 has it from {since[0]}.{since[1]}")


# --- reading -------------------------------------------------------------------------------------------------


def _mode(lookup: Lookup, table: Evidence[MountTable]) -> Evidence[Mode]:
    magic = lookup.word("statfs:sys/fs/cgroup")
    if magic.is_known and magic.value.lower().removeprefix("0x") == _CGROUP2_MAGIC:
        return known("v2", magic.source)
    mode = table.map(_mode_by_mounts)
    if mode.is_known and mode.value == "v2" and magic.is_known:
        return unknown(
            f"the mount table says cgroup v2, the file system's type says {magic.value}", magic.source, Code.AMBIGUOUS
        )
    return mode


def _mode_by_mounts(table: MountTable) -> Mode:
    if _is_at(table, ROOT):
        return "v2"
    if _is_at(table, UNIFIED):
        return "hybrid"
    return "v1" if any(table.visible("cgroup")) else "none"


def _is_at(table: MountTable, path: str) -> bool:
    mount = table.at(path)
    return mount is not None and mount.point == path and mount.kind == "cgroup2"


def _v1_mounts(table: MountTable) -> Mapping[str, Mount]:
    return {name: mount for mount in table.visible("cgroup") for name in mount.super_options if name in _V1_CONTROLLERS}


def _v2_root(mode: Mode, table: Evidence[MountTable]) -> str | None:
    if mode == "v2":
        return ROOT
    if mode == "hybrid":
        return UNIFIED
    return next((mount.point for mount in table.value.visible("cgroup2")), None) if table.is_known else None


def _v2(lookup: Lookup, mode: Evidence[Mode], table: Evidence[MountTable]) -> Evidence[frozenset[str]]:
    if not mode.is_known:
        return unknown(mode.unknown or "", mode.source)
    root = _v2_root(mode.value, table)
    if root is None:
        return known(frozenset(), mode.source)
    return lookup.text(f"{root.lstrip('/')}/cgroup.controllers").map(lambda text: frozenset(text.split()))


def _listed(lines: list[str]) -> Mapping[str, Listed]:
    listed: dict[str, Listed] = {}
    for line in lines:
        found = _LINE.fullmatch(line)
        if found:
            listed[found[1]] = Listed(int(found[2]), found[3] != "0")
    return listed


def _swap_file(lookup: Lookup, mode: Evidence[Mode], v1: Evidence[Mapping[str, Mount]]) -> Evidence[bool]:
    """Whether a group has the file that limits swap, seen in a group that has the one that limits memory."""
    if not mode.is_known:
        return unknown(mode.unknown or "", mode.source)
    if mode.value == "v2":
        return _has_file(lookup, "sys/fs/cgroup/system.slice", "memory.max", "memory.swap.max")
    mount = v1.value.get("memory") if v1.is_known else None
    if mount is None:
        return unknown("the memory controller is not mounted as cgroup v1", v1.source, Code.ABSENT)
    return _has_file(lookup, mount.point.lstrip("/"), "memory.limit_in_bytes", "memory.memsw.limit_in_bytes")


def _has_file(lookup: Lookup, group: str, beside: str, name: str) -> Evidence[bool]:
    names = lookup.lines(f"list:{group}").get([])
    if beside in names:
        return known(name in names, f"/{group}")
    if lookup.exists(f"{group}/{beside}").get(default=False):
        return lookup.exists(f"{group}/{name}")
    return unknown("no group with memory limits was seen", f"/{group}", Code.NOT_PROBED)


def _manager(lookup: Lookup, mode: Evidence[Mode]) -> Evidence[str]:
    """Who manages the hierarchy: systemd where it runs, else nobody; on v2 its slices show it, too."""
    init = lookup.word("init")
    if init.is_known:
        return init.map(lambda name: "systemd" if name == "systemd" else "none")
    groups = lookup.lines("list:sys/fs/cgroup")
    if mode.get("none") == "v2" and {"init.scope", "system.slice"} <= set(groups.get([])):
        return known("systemd", groups.source)
    return unknown("whether systemd runs is not known", init.source, Code.AMBIGUOUS)
