"""Limits of the host and of the engine's processes, and how much of them is used.

Source: ``kernel/pid.c``, ``kernel/fork.c``, ``proc(5)``, and the kernel's ``admin-guide/cgroup-v1/pids.rst`` and
``cgroup-v2.rst``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Reason, derived, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.facts.kernel.inotify import NOT_SEEN, InotifyUse, inotify_use
from dockworthy.facts.kernel.used import Used
from dockworthy.regex import regex
from dockworthy.tables import decode, number, rows

if TYPE_CHECKING:
    from dockworthy.facts.host.mounts import Mounts
    from dockworthy.facts.host.users import Users
    from dockworthy.facts.kernel.facts import KernelFacts
    from dockworthy.facts.kernel.sysctl import SysctlFacts
    from dockworthy.snapshot import Snapshot

__all__ = ["Limits", "OpenFiles", "Room", "limits"]

_FIRST_PID_NAMESPACE = "pid:[4026531836]"  # PROC_PID_INIT_INO
_OWN_PID_MAX = (6, 14)  # from which release on each process name space has a pid_max
_CAP_SYS_PTRACE = 19
_HEX = regex(r"[0-9a-f]{1,16}", re.ASCII)
_NO_LIMIT = {"unlimited", "max"}
_HIDDEN = Reason("/proc is mounted with hidepid, so that other users' processes are not seen", Code.NOT_PERMITTED)
_INSIDE = Reason("the host is a container: what others use of the same limit is not seen", Code.NOT_TOLD)
_NO_TOTAL = Reason("/proc/loadavg does not tell how many there are", Code.NOT_TOLD)


@dataclass(frozen=True, slots=True)
class OpenFiles:
    """A process's limit on open files (getrlimit(2)): None for none."""

    soft: int | None
    hard: int | None


@dataclass(frozen=True, slots=True)
class Room:
    """A control group's limit on tasks."""

    group: str  # its path in its hierarchy
    used: Evidence[Used]  # with no limit where pids.max says ``max``


@dataclass(frozen=True, slots=True)
class Limits:
    """The host's limits."""

    inotify: Evidence[InotifyUse]
    pid_max: Evidence[Used]  # ``kernel.pid_max``
    threads_max: Evidence[Used]  # ``kernel.threads-max``
    hidden: Reason | None  # why processes of other users are not even listed; None where they are
    snapshot: Snapshot

    @derived
    def open_files(self, pid: int) -> Evidence[OpenFiles]:
        """A process's limit on open files."""
        text = self.snapshot.text(f"proc:{pid}/limits").by(f"/proc/{pid}/limits: Max open files")
        words = text.value.removeprefix("Max open files").split()[:2]
        if len(words) < 2 or not all(word in _NO_LIMIT or number(word) is not None for word in words):  # noqa: PLR2004
            return unknown("cannot be read as limits", text.source, Code.MALFORMED)
        return known(OpenFiles(*map(number, words)), text.source)

    @derived
    def descriptors(self, pid: int) -> Evidence[Used]:
        """How many files a process has open, of its hard limit: programs in Go raise the soft one by themselves."""
        source = f"/proc/{pid}/fd, /proc/{pid}/limits: Max open files"
        count = number(self.snapshot.text(f"proc:{pid}/fds").by(source).value.strip())
        if count is None:
            return unknown("is no number", source, Code.MALFORMED)
        return known(Used(count, count, self.open_files(pid).value.hard, source), source)

    @derived
    def rooms(self, pid: int) -> Evidence[tuple[Room, ...]]:
        """The limits on tasks of a process's control group and of those above; empty where nothing counts them."""
        source = f"/proc/{pid}/cgroup: pids"
        text = self.snapshot.text("cmd:pids-room").by(source)
        mine = [words for words in rows(text.value, 2) if words[0] == str(pid)]
        if not mine:
            return unknown("the probe did not look at it", source, Code.NOT_PROBED)
        if mine[0][1] == "unknown":
            return unknown("in which group it is cannot be told from here", source, Code.NOT_TOLD)
        return known(tuple(_room(*words[1:4]) for words in mine if len(words) > 3), source)  # noqa: PLR2004


def _room(group: str, most: str, current: str) -> Room:
    name = decode(group)
    source = f"pids.current and pids.max of {name}"
    used, limit = number(current), number(most)
    if most in _NO_LIMIT:
        return Room(name, known(Used(used or 0, used or 0, None, source), source))
    if used is None or limit is None:
        return Room(name, unknown("cannot be read", source, Code.UNREADABLE))
    return Room(name, known(Used(used, used, limit, source), source))


# --- processes ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Tasks:
    """Threads: all of the machine, None where that is not told; and those that this /proc shows."""

    total: int | None
    seen: int

    def of(self, limit: Evidence[int]) -> Evidence[Used]:
        """How much of a limit all of them are."""
        source = f"/proc/loadavg, {limit.source}"
        most = None if self.total is None else max(self.total, self.seen)
        least = self.seen if most is None else most
        return limit.map(lambda value: Used(least, most, value, source, _NO_TOTAL)).by(source)


def _tasks(text: str) -> _Tasks:
    found = {words[0]: words[-1] for words in rows(text, 2)}
    return _Tasks(number(found.get("total", "")), number(found.get("seen", "")) or 0)


@derived
def _pids(
    tasks: Evidence[_Tasks], sysctls: SysctlFacts, *, own: Evidence[bool], hidden: Reason | None
) -> Evidence[Used]:
    """Of a process name space that has its own limit, what lies in it; else all of the machine."""
    limit = sysctls.number("kernel.pid_max")
    if not own.value:
        return tasks.value.of(limit)
    seen, source = tasks.value.seen, f"/proc/PID/task, {limit.source}"
    return known(Used(seen, None if hidden else seen, limit.value, source, hidden or _HIDDEN), source)


def _has_own_pid_max(snapshot: Snapshot, kernel: KernelFacts) -> Evidence[bool]:
    names = snapshot.text("list:/proc/self/ns").by("/proc/self/ns/pid")
    if names.is_known and _FIRST_PID_NAMESPACE in names.value:
        return known(False, names.source)  # noqa: FBT003 - a value
    return kernel.release.map(lambda release: release.at_least(*_OWN_PID_MAX))


# --- all ---------------------------------------------------------------------------------------------------------


def _hidden(snapshot: Snapshot, mounts: Mounts) -> Reason | None:
    """Why processes of any user may not be seen; None where all are, or where the probe says whose are not."""
    if snapshot.text("cmd:container").get("none").strip() != "none":
        return _INSIDE
    if snapshot.text("cmd:id").get("").split()[:1] == ["0"]:
        return None if _may_look_into_all(snapshot) else NOT_SEEN
    return _HIDDEN if _hides_processes(mounts) else None


def _hides_processes(mounts: Mounts) -> bool:
    proc = mounts.at("/proc").get(None)
    words = () if proc is None else proc.all_options
    return any(word.startswith("hidepid=") and word not in {"hidepid=0", "hidepid=off"} for word in words)


def _may_look_into_all(snapshot: Snapshot) -> bool:
    lines = (line.split() for line in snapshot.text("file:/proc/self/status").get("").splitlines())
    mask = next((words[1] for words in lines if words[:1] == ["CapEff:"] and len(words) > 1), "")
    return not _HEX.fullmatch(mask) or bool(int(mask, 16) >> _CAP_SYS_PTRACE & 1)


@fact
def limits(snapshot: Snapshot, mounts: Mounts, users: Users, sysctls: SysctlFacts, kernel: KernelFacts) -> Limits:
    """The limits by /proc/sys, and what the probe counted in /proc."""
    tasks = snapshot.text("cmd:tasks").by("/proc/loadavg").map(_tasks)
    if mounts.at("/proc/loadavg").get(None) is not None:  # lxcfs tells a container's own there
        tasks = tasks.map(lambda found: _Tasks(None, found.seen))
    hidden = _hidden(snapshot, mounts)
    return Limits(
        inotify_use(snapshot, users, sysctls, hidden),
        _pids(tasks, sysctls, own=_has_own_pid_max(snapshot, kernel), hidden=hidden if hidden is _HIDDEN else None),
        tasks.then(lambda found: found.of(sysctls.number("kernel.threads-max"))),
        hidden if hidden is _HIDDEN else None,
        snapshot,
    )
