"""What a running kernel shows of its build options where no configuration can be read.

Each proof gives ``y`` or ``m`` where the host shows the function, ``absent`` where it would show it and does not,
and is unknown where it shows nothing either way. What a module carries is known from the lists of modules; the
rest from the file that only a kernel with the option has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, known, unknown
from dockworthy.facts.kernel.catalogue import OPTIONS, RELATED_MODULES
from dockworthy.facts.kernel.kconfig import ABSENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from dockworthy.facts.kernel.cgroups import CgroupFacts
    from dockworthy.facts.kernel.lookup import Lookup
    from dockworthy.facts.kernel.modules import ModuleFacts
    from dockworthy.facts.kernel.namespaces import NamespaceFacts
    from dockworthy.facts.kernel.release import KernelRelease

__all__ = ["FILESYSTEMS", "MODULES", "Host", "prove"]

# The modules that carry an option, by its symbol.
MODULES: dict[str, tuple[str, ...]] = {
    **{option.symbol: option.modules for option in OPTIONS if option.modules},
    **RELATED_MODULES,
}

_NAMESPACES = {"NET_NS": "net", "PID_NS": "pid", "IPC_NS": "ipc", "UTS_NS": "uts", "USER_NS": "user"}

# The controllers by the option that builds them: the names in /proc/cgroups and in cgroup.controllers.
_CONTROLLERS: dict[str, tuple[str, str | None]] = {
    "CGROUP_CPUACCT": ("cpuacct", None),
    "CGROUP_DEVICE": ("devices", None),
    "CGROUP_FREEZER": ("freezer", None),
    "CGROUP_SCHED": ("cpu", "cpu"),
    "CPUSETS": ("cpuset", "cpuset"),
    "MEMCG": ("memory", "memory"),
    "CGROUP_PIDS": ("pids", "pids"),
    "CGROUP_NET_PRIO": ("net_prio", None),
    "NETPRIO_CGROUP": ("net_prio", None),
    "CGROUP_NET_CLASSID": ("net_cls", None),
    "BLK_CGROUP": ("blkio", "io"),
    "CGROUP_PERF": ("perf_event", None),
    "CGROUP_HUGETLB": ("hugetlb", "hugetlb"),
}
_V1_SWITCHES = {"MEMCG_V1": "memory", "CPUSETS_V1": "cpuset"}

# The file system types that an option registers.
FILESYSTEMS: dict[str, tuple[str, ...]] = {
    "CGROUPS": ("cgroup", "cgroup2"),
    "POSIX_MQUEUE": ("mqueue",),
    "OVERLAY_FS": ("overlay", "overlayfs"),
    "BTRFS_FS": ("btrfs",),
    "EXT4_FS": ("ext4",),
    "EXT3_FS": ("ext3",),
}

# Names that a symbol had before: the same evidence would show them.
_FORMER = frozenset({"CGROUP_HUGETLB_RES_CTLR", "CGROUP_MEM_RES_CTLR", "FAIR_CGROUP_SCHED"})


@dataclass(frozen=True, slots=True)
class Host:
    """The evidence of a running kernel, all together."""

    lookup: Lookup
    release: Evidence[KernelRelease]
    modules: ModuleFacts
    cgroups: CgroupFacts
    namespaces: NamespaceFacts


def _nothing(symbol: str) -> Evidence[str]:
    return unknown(
        "no configuration tells, and a running kernel shows nothing of it", f"CONFIG_{symbol}", Code.NOT_TOLD
    )


def _is_there(there: Evidence[bool]) -> Evidence[str]:
    return there.map(lambda is_there: "y" if is_there else ABSENT)


def _by_module(host: Host, symbol: str) -> Evidence[str]:
    values = {"built in": "y", "loaded": "m", "on disk": "m", "absent": ABSENT}
    return host.modules.first(MODULES[symbol]).map(lambda state: values[state])


def _by_filesystem(host: Host, symbol: str) -> Evidence[str]:
    types = host.modules.filesystems
    if types.is_known and types.value & set(FILESYSTEMS[symbol]):
        loaded = host.modules.loaded.get(frozenset()) & set(MODULES.get(symbol, ()))
        return known("m" if loaded else "y", types.source)
    return _by_module(host, symbol) if symbol in MODULES else types.map(lambda _: ABSENT)


def _by_controller(host: Host, symbol: str) -> Evidence[str]:
    v1_name, v2_name = _CONTROLLERS[symbol]
    cgroups = host.cgroups
    if v1_name in cgroups.listed.get({}):
        return known("y", cgroups.listed.source)
    if v2_name is not None and v2_name in cgroups.v2.get(frozenset()):
        return known("y", cgroups.v2.source)
    switched_off = cgroups.boot.map(lambda boot: boot.items("cgroup_disable"))
    for evidence in (cgroups.listed, switched_off, *((cgroups.v2,) if v2_name else ())):
        if not evidence.is_known:
            return unknown(evidence.unknown or "", evidence.source)
    if {v1_name, v2_name} & switched_off.value:
        return unknown(
            "it is switched off at boot, so that the kernel does not show it", switched_off.source, Code.NOT_TOLD
        )
    return known(ABSENT, cgroups.listed.source)


def _by_v1_mount(host: Host, symbol: str) -> Evidence[str]:
    name = _V1_SWITCHES[symbol]
    if name in host.cgroups.v1.get({}):
        return known("y", host.cgroups.v1.source)
    if name in host.cgroups.v2.get(frozenset()):
        return unknown(
            "cgroup v2 holds the controller, so that v1 shows nothing of it", host.cgroups.v2.source, Code.NOT_TOLD
        )
    return _nothing(symbol)


def _by_namespace(host: Host, symbol: str) -> Evidence[str]:
    kind = _NAMESPACES[symbol]
    there = host.namespaces.has(kind)
    before = host.release.is_known and host.release.value.before(3, 8)
    if there.is_known and not there.value and kind in {"pid", "user"} and before:
        return _nothing(symbol)
    return _is_there(there)


def _bridge_netfilter(host: Host, symbol: str) -> Evidence[str]:
    """A module of its own from 3.18 (and in vendors' earlier kernels), before a part of the bridge."""
    sysctl = host.lookup.exists("proc/sys/net/bridge/bridge-nf-call-iptables")
    if sysctl.is_known and sysctl.value:
        return known("m" if "br_netfilter" in host.modules.loaded.get(frozenset()) else "y", sysctl.source)
    found = _by_module(host, symbol)
    if found.is_known and found.value == ABSENT and not (host.release.is_known and host.release.value.at_least(3, 18)):
        return unknown("before 3.18 it is a part of the bridge, and shows when that is loaded", found.source)
    return found


def _seccomp(host: Host, _symbol: str) -> Evidence[str]:
    status = host.lookup.lines("proc/self/status")
    return _is_there(status.map(lambda lines: any(line.startswith("Seccomp:") for line in lines)))


def _seccomp_filter(host: Host, symbol: str) -> Evidence[str]:
    actions = host.lookup.exists("proc/sys/kernel/seccomp/actions_avail")
    if actions.is_known and actions.value:
        return known("y", actions.source)
    if actions.is_known and host.release.is_known and host.release.value.at_least(4, 14):
        return known(ABSENT, actions.source)
    return _nothing(symbol)


def _nf_nat_needed(host: Host, _symbol: str) -> Evidence[str]:
    """A selector without a prompt that follows NF_NAT."""
    return _by_module(host, "NF_NAT").map(lambda value: "y" if value != ABSENT else ABSENT)


def _active_lsm(host: Host, symbol: str) -> Evidence[str]:
    """An active security module is built in; an inactive one may be."""
    name = symbol.removeprefix("SECURITY_").lower()
    active = host.lookup.word("sys/kernel/security/lsm")
    if active.is_known and name in active.value.split(","):
        return known("y", active.source)
    enabled = host.lookup.word(f"sys/module/{name}/parameters/enabled")
    if enabled.is_known:
        return known("y", enabled.source)
    return _nothing(symbol)


_PROOFS: dict[str, Callable[[Host, str], Evidence[str]]] = {
    **dict.fromkeys(MODULES, _by_module),
    **dict.fromkeys(FILESYSTEMS, _by_filesystem),
    **dict.fromkeys(_CONTROLLERS, _by_controller),
    **dict.fromkeys(_V1_SWITCHES, _by_v1_mount),
    **dict.fromkeys(_NAMESPACES, _by_namespace),
    **dict.fromkeys(_FORMER, lambda _host, symbol: known(ABSENT, f"CONFIG_{symbol}")),
    "NAMESPACES": lambda host, _: _is_there(host.lookup.exists("list:proc/self/ns")),
    "KEYS": lambda host, _: _is_there(host.lookup.exists("proc/sys/kernel/keys/root_maxkeys")),
    "BRIDGE_NETFILTER": _bridge_netfilter,
    "SECCOMP": _seccomp,
    "SECCOMP_FILTER": _seccomp_filter,
    "NF_NAT_NEEDED": _nf_nat_needed,
    "SECURITY_APPARMOR": _active_lsm,
    "SECURITY_SELINUX": _active_lsm,
}


def prove(host: Host, symbol: str) -> Evidence[str]:
    """``y``, ``m`` or ``absent`` as the running kernel shows it; unknown where it shows nothing."""
    proof = _PROOFS.get(symbol)
    return _nothing(symbol) if proof is None else proof(host, symbol)
