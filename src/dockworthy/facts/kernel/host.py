"""The kernel's facts from a snapshot: its sections under the names that ``docs/snapshot.md`` gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.facts.facts import fact
from dockworthy.facts.kernel.cgroups import CgroupFacts
from dockworthy.facts.kernel.facts import KernelFacts
from dockworthy.facts.kernel.lookup import Lookup
from dockworthy.facts.kernel.modules import ModuleFacts
from dockworthy.facts.kernel.namespaces import NamespaceFacts
from dockworthy.facts.kernel.sysctl import SysctlFacts
from dockworthy.snapshot import CUT_OFF, NOT_HELD

if TYPE_CHECKING:
    from dockworthy.evidence import Reason
    from dockworthy.facts.kernel.lookup import Content
    from dockworthy.snapshot import Section, Snapshot

__all__ = ["cgroups", "kernel", "modules", "namespaces", "sysctls"]

# What the kernel's facts call a section that is no file or directory.
_COMMANDS = {
    "statfs:sys/fs/cgroup": "cmd:cgroup-statfs",
    "engines": "cmd:engines",
    "config": "cmd:kernel-config",
    "config-source": "cmd:kernel-config-source",
    "modules-on-disk": "cmd:modules-on-disk",
    "modules-dir": "cmd:modules-dir",
    "modules.builtin": "file:modules.builtin",
}
_UNAME = ("uname-s", "uname-r", "uname-m")  # the lines of cmd:uname
_ABSENT = 2
_TOO_OLD = 127


def _name(path: str) -> str:
    """The section that holds what the kernel's facts ask for."""
    if path in _COMMANDS:
        return _COMMANDS[path]
    kind, _, folder = path.partition(":")
    return f"list:/{folder}" if kind == "list" else f"file:/{path}"


def _listing(section: Section) -> bytes:
    """A directory's names, one a line, no longer percent-encoded."""
    from urllib.parse import unquote_to_bytes  # noqa: PLC0415 - for the few names that need it

    data = section.data
    return unquote_to_bytes(data) if b"%" in data else data


def _uname(snapshot: Snapshot) -> dict[str, bytes]:
    section = snapshot.get("cmd:uname")
    if section is None or section.status:
        return {}
    lines = [line.strip() for line in section.data.split(b"\n")]
    return dict(zip(_UNAME, lines, strict=False))


def _init(snapshot: Snapshot) -> dict[str, bytes]:
    """Whether systemd runs the system: then ``systemctl`` answers."""
    section = snapshot.get("cmd:systemctl-show")
    if section is None or section.status not in {0, 1, _TOO_OLD}:
        return {}
    return {"init": b"systemd" if section.status == 0 else b"other"}


@dataclass(frozen=True, slots=True)
class _Seen:
    """A snapshot's sections by the paths that the kernel's facts ask for."""

    snapshot: Snapshot

    def get(self, path: str, default: Reason, /) -> Content:
        """What was seen of a path, or the default where it was not looked for."""
        if path in _UNAME:
            return _uname(self.snapshot).get(path, default)
        if path == "init":
            return _init(self.snapshot).get(path, default)
        section = self.snapshot.get(_name(path))
        if section is None:
            return default
        if section.status == 0:
            return _listing(section) if path.startswith("list:") else section.data
        return None if section.status == _ABSENT else section.failure or NOT_HELD


def lookup(snapshot: Snapshot) -> Lookup:
    """A snapshot's sections by the paths that the kernel's facts ask for."""
    return Lookup(_Seen(snapshot), CUT_OFF) if snapshot.truncated else Lookup(_Seen(snapshot))


@fact
def modules(snapshot: Snapshot) -> ModuleFacts:
    """The fact ``modules``."""
    return ModuleFacts.from_lookup(lookup(snapshot))


@fact
def cgroups(snapshot: Snapshot) -> CgroupFacts:
    """The fact ``cgroups``."""
    return CgroupFacts.from_lookup(lookup(snapshot))


@fact
def namespaces(snapshot: Snapshot) -> NamespaceFacts:
    """The fact ``namespaces``."""
    return NamespaceFacts.from_lookup(lookup(snapshot))


@fact
def sysctls(snapshot: Snapshot) -> SysctlFacts:
    """The fact ``sysctls``."""
    return SysctlFacts.from_lookup(lookup(snapshot))


@fact
def kernel(snapshot: Snapshot, modules: ModuleFacts, cgroups: CgroupFacts, namespaces: NamespaceFacts) -> KernelFacts:
    """The fact ``kernel``."""
    return KernelFacts.from_lookup(lookup(snapshot), modules=modules, cgroups=cgroups, namespaces=namespaces)
