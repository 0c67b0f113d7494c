"""Limits of the engine's own processes, and those that containers have from them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dockworthy.check import check, expect, fix_with, instances, not_applicable, not_decided
from dockworthy.facts.facts import Facts
from dockworthy.facts.host.processes import EngineProcess, Processes
from dockworthy.facts.kernel.limits import Limits
from dockworthy.fixes import service_limit

if TYPE_CHECKING:
    from dockworthy.facts.kernel.limits import Room

_PARAMS = ("max_limit_percent",)
_UNIT_ENDINGS = (".service", ".slice", ".scope")
_MOST_FILES = 1_048_576  # the kernel's own fs.nr_open; a unit's ``infinity`` is whatever that is set to
_FILES = "LimitNOFILE=1024:524288"


def _engine_processes(processes: Processes, limits: Limits) -> dict[str, EngineProcess]:
    """The engine that is judged, and the containerd that serves it."""
    if not processes.running.value and limits.hidden is not None:
        not_decided(limits.hidden, "/proc")
    if processes.target is None and processes.of_kind("dockerd").value:
        not_decided("which of the engines is meant is not known", "the processes of the engines")
    found = {"dockerd": processes.target, "containerd": processes.containerd}
    return {kind: process for kind, process in found.items() if process is not None}


_EACH = instances("process", _engine_processes, none="no engine runs")


def _service(process: EngineProcess) -> str:
    """The service whose limits a process has: a containerd that the engine started has the engine's."""
    return "docker" if process.kind == "dockerd" or process.is_supervised else "containerd"


def _by_unit(room: Room) -> str:
    """The fix for a control group: by systemd where it is one of its units, else by its file."""
    name = room.group.rpartition("/")[2]
    if name.endswith(_UNIT_ENDINGS):
        return f"systemctl set-property {shlex.quote(name)} TasksMax=infinity"
    return f"# pids.max of the control group {room.group}, by whoever made it: echo max >pids.max"


@check(
    "limits.engine-tasks-room",
    severity="high",
    refs=("man:systemd.resource-control(5)", "kernel:cgroup-v2"),
    fix="systemctl set-property docker.service TasksMax=infinity",
    each=_EACH,
    params=_PARAMS,
)
def check_engine_tasks_room(process: EngineProcess, limits: Limits, params: Any) -> None:
    """The engine's control group has room for more tasks.

    The engine and the shims of its containers are threads of its service's group: where that, or a group above it,
    reaches its pids.max (TasksMax), no container starts any more, and the engine ends with "failed to create new OS
    thread".
    """
    rooms = limits.rooms(process.pid).value
    bounded = [room for room in rooms if not room.used.is_known or room.used.value.limit is not None]
    if not bounded:
        not_applicable("no control group limits its tasks" if rooms else "no control group counts its tasks")
    most = params.max_limit_percent

    def fullness(room: Room) -> float:
        return room.used.then(lambda used: used.percent(most)).get(-1.0)

    # What is reached is told, whatever else could not be read.
    for room in sorted(bounded, key=fullness, reverse=True):
        fix_with(_by_unit(room))
        expect(room.used.value.percent(most)).below(most)


@check(
    "limits.open-files-room",
    severity="high",
    refs=("man:getrlimit(2)", "containerd:3201", "moby:44547"),
    fix=service_limit("docker", _FILES),
    each=_EACH,
    params=_PARAMS,
)
def check_open_files_room(process: EngineProcess, limits: Limits, params: Any) -> None:
    """The engine is not about to run out of open files.

    Each container, each connection and each log that is followed holds some. At its limit the engine accepts no
    connection and starts nothing ("too many open files"). The hard limit counts: programs in Go raise the soft one by
    themselves.
    """
    fix_with(service_limit(_service(process), _FILES))
    most = params.max_limit_percent
    expect(limits.descriptors(process.pid).value.percent(most)).below(most)


def _containerd(processes: Processes, limits: Limits) -> dict[str, EngineProcess]:
    """The containerd in use, whose limits containers inherit."""
    found = _engine_processes(processes, limits)
    return {"containerd": found["containerd"]} if "containerd" in found else {}


@check(
    "limits.open-files-bounded",
    severity="medium",
    refs=("moby:45534", "containerd:7566", "containerd:3201"),
    fix=service_limit("containerd", _FILES),
    each=instances("process", _containerd, none="no containerd runs"),
)
def check_open_files_bounded(process: EngineProcess, limits: Limits, facts: Facts) -> None:
    """Containers do not inherit a boundless number of open files.

    What containerd may open each container may, unless the engine's default-ulimits say otherwise. With the
    LimitNOFILE=infinity of older units that is fs.nr_open, often a thousand million: programs that close or allocate
    for every possible file (MySQL 5, Java 8, rpm, xz, sudo, Postfix) take minutes and gigabytes. The process counts and
    not its unit, and its soft limit, which is the one that programs see.
    """
    files = limits.open_files(process.pid)
    fix_with(service_limit(_service(process), _FILES))
    soft, hard = files.value.soft, files.value.hard
    if soft is None or soft > _MOST_FILES:
        default = _default_limit(facts)
        if default is not None:
            expect(default, "dockerd: default-ulimits").at_most(_MOST_FILES)
            return
        # Go's runtime leaves this mark where it raised the limit for the process alone (os/rlimit.go).
        if soft is not None and hard is not None and soft == hard - 1:
            not_decided(
                "Go's runtime raised the soft limit of containerd itself; containers inherit the one before",
                files.source,
            )
    expect(files.map(lambda found: found.soft), shown=lambda soft: "unlimited" if soft is None else soft).satisfies(
        lambda value: value is not None and value <= _MOST_FILES, {"at most": _MOST_FILES}
    )


def _default_limit(facts: Facts) -> int | None:
    """The soft limit that the engine gives each container; None where it gives none."""
    limit = facts.daemon.default_ulimits.value.get("nofile")
    soft = limit.get("Soft") if isinstance(limit, Mapping) else None
    return soft if isinstance(soft, int) else None
