"""Who keeps the host's clock, and what zone the hardware clock is taken to be in.

Source: ``adjtimex(2)``; systemd's ``time-util.c`` (a clock whose greatest error is below 16 seconds counts as
synchronised), ``clock-util.c`` and ``initialize_clock`` of ``main.c``; ``adjtime_config(5)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Reason, derived, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.tables import rows

if TYPE_CHECKING:
    from dockworthy.facts.host.os import Clock
    from dockworthy.snapshot import Snapshot

__all__ = ["TimeKeeping", "TimeService", "timekeeping"]

_NO_SERVICES = Reason("neither systemd nor links of an init tell which services start", Code.NOT_TOLD)
_THIRD = 2


@dataclass(frozen=True, slots=True)
class TimeService:
    """A service that sets the clock by others."""

    name: str
    is_active: bool
    starts: bool  # whether the next boot starts it


@dataclass(frozen=True, slots=True)
class TimeKeeping:
    """What keeps the clock."""

    is_contained: bool  # whether the host is a container, whose clock is the outer host's
    synchronized: Evidence[bool]  # whether the kernel's clock follows another
    services: Evidence[tuple[TimeService, ...]]  # those that are installed
    by_hypervisor: Evidence[bool]  # whether a module is loaded by which Hyper-V sets the clock
    has_hardware_clock: Evidence[bool]
    # whether /etc/adjtime says that the hardware clock shows local time; None where there is no such file
    local: Evidence[bool | None]
    offset: Evidence[str]  # of the host's zone now, as ``+0100``; told where the clock is local

    @property
    def active(self) -> tuple[TimeService, ...]:
        """The services that run, where they are known."""
        return tuple(one for one in self.services.get(()) if one.is_active)


@fact
def timekeeping(snapshot: Snapshot, clock: Clock) -> TimeKeeping:
    """What the probe saw of services, of the kernel's clock and of /etc/adjtime."""
    lines = snapshot.text("cmd:time-kept").by("the services that keep the clock")
    modules = snapshot.text("list:/sys/module").by("/sys/module")
    hardware = snapshot.text("cmd:hardware-clock").by("/sys/class/rtc")
    return TimeKeeping(
        is_contained=snapshot.text("cmd:container").get("none").strip() != "none",
        synchronized=_synchronized(lines, clock),
        services=_services(lines),
        by_hypervisor=modules.map(lambda text: "hv_utils" in text.split("\n")),
        has_hardware_clock=hardware.map(lambda text: "rtc yes" in text.split("\n")),
        local=_local(snapshot),
        offset=_offset(hardware),
    )


@derived
def _synchronized(lines: Evidence[str], clock: Clock) -> Evidence[bool]:
    if clock.synchronized.is_known:
        return clock.synchronized
    for kind, said, tool in (words[:3] for words in rows(lines.value, 3)):
        if kind == "kernel":
            return known(said == "yes", tool)
    return clock.synchronized


@derived
def _services(lines: Evidence[str]) -> Evidence[tuple[TimeService, ...]]:
    found = tuple(
        TimeService(words[1], words[2] == "active", words[3] == "enabled")
        for words in rows(lines.value, 4)
        if words[0] == "service"
    )
    if not found and "init systemd" not in lines.value.split("\n"):
        return unknown(_NO_SERVICES, lines.source)
    return known(found, lines.source)


def _local(snapshot: Snapshot) -> Evidence[bool | None]:
    name = "file:/etc/adjtime"
    if snapshot.is_absent(name):
        return known(None, "/etc/adjtime")
    return snapshot.text(name).map(lambda text: text.split("\n")[_THIRD : _THIRD + 1] == ["LOCAL"])


@derived
def _offset(hardware: Evidence[str]) -> Evidence[str]:
    for words in rows(hardware.value, 2):
        if words[0] == "zone":
            return known(words[1], "/etc/localtime")
    return unknown("date does not tell it", "/etc/localtime", Code.NOT_TOLD)
