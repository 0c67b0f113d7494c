"""The kernel's facts from a snapshot: its sections under the names that ``docs/snapshot.md`` gives them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.facts.facts import fact
from dockworthy.facts.kernel.cgroups import CgroupFacts
from dockworthy.facts.kernel.facts import KernelFacts
from dockworthy.facts.kernel.lookup import Lookup
from dockworthy.facts.kernel.modules import ModuleFacts
from dockworthy.facts.kernel.namespaces import NamespaceFacts
from dockworthy.facts.kernel.sysctl import SysctlFacts
from dockworthy.snapshot import CUT_OFF, NOT_HELD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockworthy.evidence import Reason
    from dockworthy.snapshot import Section, Snapshot

__all__ = ["cgroups", "kernel", "modules", "namespaces", "sysctls"]

# Sections that are no file or directory, and what the kernel's facts call them.
_COMMANDS = {
    "cmd:cgroup-statfs": "statfs:sys/fs/cgroup",
    "cmd:engines": "engines",
    "cmd:kernel-config": "config",
    "cmd:kernel-config-source": "config-source",
    "cmd:modules-on-disk": "modules-on-disk",
    "cmd:modules-dir": "modules-dir",
    "file:modules.builtin": "modules.builtin",
}
_ABSENT = 2
_TOO_OLD = 127


def _path(name: str) -> str | None:
    """What the kernel's facts call a section, or None where they do not ask for it."""
    if name in _COMMANDS:
        return _COMMANDS[name]
    kind, _, path = name.partition(":/")
    if kind == "file":
        return path
    return f"list:{path}" if kind == "list" else None


def _sections(snapshot: Snapshot) -> Iterator[tuple[str, Section]]:
    for name, section in snapshot.sections.items():
        path = _path(name)
        if path is not None:
            yield path, section


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
    return dict(zip(("uname-s", "uname-r", "uname-m"), lines, strict=False))


def _init(snapshot: Snapshot) -> dict[str, bytes]:
    """Whether systemd runs the system: then ``systemctl`` answers."""
    section = snapshot.get("cmd:systemctl-show")
    if section is None or section.status not in {0, 1, _TOO_OLD}:
        return {}
    return {"init": b"systemd" if section.status == 0 else b"other"}


def lookup(snapshot: Snapshot) -> Lookup:
    """A snapshot's sections by the paths that the kernel's facts ask for."""
    contents: dict[str, bytes | None] = {**_uname(snapshot), **_init(snapshot)}
    reasons: dict[str, Reason] = {}
    for path, section in _sections(snapshot):
        if section.status == 0:
            contents[path] = _listing(section) if path.startswith("list:") else section.data
        elif section.status == _ABSENT:
            contents[path] = None
        else:
            reasons[path] = section.failure or NOT_HELD
    if snapshot.truncated:
        return Lookup(contents, reasons, CUT_OFF)
    return Lookup(contents, reasons)


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
