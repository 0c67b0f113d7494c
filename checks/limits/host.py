"""Limits of the whole host, and how much of them is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.check import check, expect, fix_with, instances
from dockworthy.facts.kernel.limits import Limits
from dockworthy.fixes import set_sysctl

if TYPE_CHECKING:
    from dockworthy.evidence import Evidence
    from dockworthy.facts.kernel.used import Used

_PARAMS = ("max_limit_percent",)
_ENOUGH = {"instances": 1024, "watches": 524_288, "kernel.pid_max": 4_194_304, "kernel.threads-max": 262_144}
_MOST = {"kernel.pid_max": 4_194_304}


def _raised(kind: str, used: Used) -> int:
    """A limit that leaves room: twice the one of now, and no less than is usual."""
    wanted = max(_ENOUGH[kind], 2 * (used.limit or 0))
    return min(wanted, _MOST.get(kind, wanted))


def _inotify(limits: Limits) -> dict[str, tuple[str, Used]]:
    """Each user's instances and watches."""
    use = limits.inotify.value
    tables = {"instances": use.instances, "watches": use.watches}
    return {f"{kind} {user}": (kind, used) for kind, table in tables.items() for user, used in table.items()}


@check(
    "limits.inotify-room",
    severity="medium",
    refs=("man:inotify(7)", "containerd:10468", "systemd:17992"),
    fix=set_sysctl("fs.inotify.max_user_instances", _ENOUGH["instances"]),
    each=instances("counted", _inotify, none="nobody has an instance of inotify"),
    params=_PARAMS,
)
def check_inotify_room(counted: tuple[str, Used], params: Any) -> None:
    """There is room for more inotify instances and watches.

    The kernel counts instances and watches by user, over all containers that have no user name space of their own:
    root of ten containers is one user. Where the limit is reached, the next container with systemd, a JVM or a file
    watcher ends with "too many open files" or "no space left on device".
    """
    kind, used = counted
    fix_with(set_sysctl(f"fs.inotify.max_user_{kind}", _raised(kind, used)))
    expect(used.percent(params.max_limit_percent)).below(params.max_limit_percent)


def _processes(limits: Limits) -> dict[str, tuple[str, Evidence[Used]]]:
    """The two limits on all threads of the host."""
    found = {"kernel.pid_max": limits.pid_max, "kernel.threads-max": limits.threads_max}
    return {name: (name, used) for name, used in found.items()}


@check(
    "limits.process-room",
    severity="high",
    refs=("man:proc(5)", "moby:9868", "systemd:7879"),
    fix=set_sysctl("kernel.pid_max", _ENOUGH["kernel.pid_max"]),
    each=instances("counted", _processes),
    params=_PARAMS,
)
def check_process_room(counted: tuple[str, Evidence[Used]], params: Any) -> None:
    """There is room for more processes.

    Each thread takes a number of kernel.pid_max and counts against kernel.threads-max: where they are used up, fork
    fails with "resource temporarily unavailable" for everybody on the host.
    """
    name, counted_used = counted
    used = counted_used.value
    fix_with(f"# most threads: ps -eo nlwp,pid,comm --sort=-nlwp | head\n{set_sysctl(name, _raised(name, used))}")
    expect(used.percent(params.max_limit_percent)).below(params.max_limit_percent)
