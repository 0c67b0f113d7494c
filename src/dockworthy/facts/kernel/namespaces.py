"""Namespaces: which the kernel has, and whether they can be used.

A name in ``/proc/self/ns`` proves that the kernel has the namespace; a limit of zero, a boot argument or a
sysctl may still forbid to make one (``namespaces(7)``, ``user_namespaces(7)``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, known, unknown
from dockworthy.facts.kernel.bootargs import boot_arguments
from dockworthy.facts.kernel.release import KernelRelease, parse_release

if TYPE_CHECKING:
    from dockworthy.facts.kernel.lookup import Lookup

__all__ = ["KINDS", "NamespaceFacts", "Usability", "kernel_release"]

# The kinds, and the mainline version since when each can be used (`namespaces(7)`; ipc for POSIX queues).
KINDS: dict[str, tuple[int, int, int]] = {
    "mnt": (2, 4, 19),
    "ipc": (2, 6, 30),
    "uts": (2, 6, 19),
    "pid": (2, 6, 24),
    "net": (2, 6, 29),
    "user": (3, 8, 0),
    "cgroup": (4, 6, 0),
    "time": (5, 6, 0),
}

# Before 3.8 the kernel has these but /proc/self/ns does not show them.
_SHOWN_FROM_3_8 = frozenset({"mnt", "pid", "user"})

# The builds of Enterprise Linux 7 before this one (7.6) need a boot argument for user namespaces.
_EL7 = 7
_EL7_WITHOUT_ARGUMENT = 957

# The sysctls that keep users without privileges from it: the value that does, and what it means.
_FOR_USERS = (
    ("kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone is 0"),
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "kernel.apparmor_restrict_unprivileged_userns is 1 (no capabilities without an AppArmor profile)",
    ),
)


@dataclass(frozen=True, slots=True)
class Usability:
    """Whether a namespace can be made, and what forbids it."""

    usable: bool
    obstacles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NamespaceFacts:
    """The namespaces of the running kernel.

    Attributes:
        kinds: those that ``/proc/self/ns`` shows.
        root: by kind, whether root can make one.
        user_unprivileged: whether a user without privileges can make a user namespace and has rights in it.
    """

    kinds: Evidence[frozenset[str]]
    root: dict[str, Evidence[Usability]]
    user_unprivileged: Evidence[Usability]

    @classmethod
    def from_lookup(cls, lookup: Lookup) -> NamespaceFacts:
        """The facts from evidence by path."""
        kinds = lookup.lines("list:proc/self/ns").map(_kinds)
        root = {kind: _by_root(lookup, kinds, kind) for kind in KINDS}
        return cls(kinds, root, _unprivileged(lookup, root["user"]))

    def has(self, kind: str) -> Evidence[bool]:
        """Whether the kernel has that kind of namespace."""
        return self.kinds.map(lambda kinds: kind in kinds)


def kernel_release(lookup: Lookup) -> Evidence[KernelRelease]:
    """The running kernel's release."""
    for path in ("uname-r", "proc/sys/kernel/osrelease"):
        text = lookup.word(path)
        release = parse_release(text.value) if text.is_known else None
        if release is not None:
            return known(release, "uname -r" if path == "uname-r" else text.source)
    return unknown("no kernel release was read", "uname -r", Code.NOT_PROBED)


def _kinds(lines: list[str]) -> frozenset[str]:
    """The kinds; ``pid_for_children`` and the like are not kinds of their own."""
    names = (line.split()[0] for line in lines)
    return frozenset(name for name in names if not name.endswith("_for_children"))


def _by_root(lookup: Lookup, kinds: Evidence[frozenset[str]], kind: str) -> Evidence[Usability]:
    if not kinds.is_known:
        return unknown(kinds.unknown or "", kinds.source)
    if kind not in kinds.value:
        release = kernel_release(lookup)
        if kind in _SHOWN_FROM_3_8 and release.is_known and release.value.before(3, 8):
            return unknown("the kernel does not show it before 3.8", kinds.source, Code.NOT_TOLD)
        return known(Usability(usable=False, obstacles=("the kernel does not have it",)), kinds.source)
    limit = _limit(lookup, kind)
    if not limit.is_known or kind != "user":
        return limit.map(_usability)
    return _el7_argument(lookup).then(lambda more: known(_usability((*limit.value, *more)), limit.source))


def _usability(obstacles: tuple[str, ...]) -> Usability:
    return Usability(not obstacles, obstacles)


def _limit(lookup: Lookup, kind: str) -> Evidence[tuple[str, ...]]:
    """The obstacle that a limit of zero is; there is no limit before 4.9, and none of its file."""
    path = f"proc/sys/user/max_{kind}_namespaces"
    limit = lookup.number(path)
    if limit.is_known:
        zero = f"user.max_{kind}_namespaces is {limit.value}"
        return known((zero,) if limit.value <= 0 else (), limit.source)
    there = lookup.exists(path)
    if there.is_known and not there.value:
        return known((), "/proc/self/ns")
    return unknown(limit.unknown or "", limit.source)


def _el7_argument(lookup: Lookup) -> Evidence[tuple[str, ...]]:
    """The obstacle that EL7's own switch is: its kernel has user namespaces and kept them off until 7.6."""
    release = kernel_release(lookup)
    if not release.is_known:
        return unknown(release.unknown or "", release.source)
    build = release.value.build
    if release.value.enterprise != _EL7 or build is None or build >= _EL7_WITHOUT_ARGUMENT:
        return known((), release.source)
    words = "Enterprise Linux 7 before 7.6 needs the boot argument user_namespace.enable=1"
    return boot_arguments(lookup).map(lambda boot: () if boot.switch("user_namespace.enable") else (words,))


def _unprivileged(lookup: Lookup, by_root: Evidence[Usability]) -> Evidence[Usability]:
    if not by_root.is_known:
        return by_root
    obstacles = list(by_root.value.obstacles)
    sources = [by_root.source]
    for name, forbidding, words in _FOR_USERS:
        path = f"proc/sys/{name}"
        there, value = lookup.exists(path), lookup.word(path)
        if not value.is_known and (not there.is_known or there.value):
            return unknown(value.unknown or "", value.source)
        if value.is_known and value.value == forbidding:
            obstacles.append(words)
            sources.append(value.source)
    return known(Usability(not obstacles, tuple(obstacles)), ", ".join(sources))
