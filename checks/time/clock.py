"""The host's clock: who keeps it, and in which zone the hardware's is taken to be."""

from __future__ import annotations

from dockworthy.check import check, expect, fix_with, not_applicable, not_decided
from dockworthy.evidence import Evidence, known
from dockworthy.facts.host.timekeeping import TimeKeeping

_OUTSIDE = "the host is a container, whose clock is the outer host's affair"
_NO_OFFSET = ("+0000", "-0000", "+00:00")


@check(
    "time.kept",
    severity="medium",
    refs=("man:adjtimex(2)", "man:timedatectl(1)", "moby:11534"),
    fix="systemctl enable --now chrony || systemctl enable --now chronyd || systemctl enable --now systemd-timesyncd",
)
def check_time_kept(timekeeping: TimeKeeping) -> None:
    """Something keeps the clock right, and will after a reboot.

    trust.clock-right judges the time of now; this, who keeps it. The kernel has to say that the clock follows another
    (one that ntpdate sets now and then does not), by one service, which the next boot starts as well.
    """
    if timekeeping.is_contained:
        not_applicable(_OUTSIDE)
    synchronized = timekeeping.synchronized
    if synchronized.is_known and not synchronized.value and timekeeping.by_hypervisor.get(default=False):
        not_decided("Hyper-V may set the clock (hv_utils), which does not tell the kernel", "/sys/module/hv_utils")
    expect(synchronized).equals(demand=True)
    names = tuple(one.name for one in timekeeping.active)
    if len(names) > 1:
        fix_with(f"# two set the clock: keep one of {', '.join(names)}\nsystemctl disable --now {names[-1]}")
    expect(names, "services that run").satisfies(lambda found: len(found) < 2, "at most one")  # noqa: PLR2004
    expect(_starts(timekeeping)).equals(demand=True)


def _starts(timekeeping: TimeKeeping) -> Evidence[bool]:
    """Whether the next boot starts the service that runs; any, where none of those known runs."""
    judged = timekeeping.active or timekeeping.services.value
    if not timekeeping.active and not any(one.starts for one in judged):
        not_decided("the clock follows another, and none of the services that are known runs", "/etc/systemd/system")
    for one in judged:
        fix_with(f"systemctl enable --now {one.name}")
    return known(any(one.starts for one in judged), "started at boot: " + ", ".join(one.name for one in judged))


@check(
    "time.hardware-clock-utc",
    severity="low",
    refs=("man:adjtime_config(5)", "man:timedatectl(1)"),
    fix="timedatectl set-local-rtc 0 || hwclock --systohc --utc",
)
def check_hardware_clock_utc(timekeeping: TimeKeeping) -> None:
    """The hardware clock is in UTC.

    Where /etc/adjtime says LOCAL, the clock is set by the zone's offset at boot: until the network sets it right it is
    hours off, certificates are "not yet valid", and the first pulls and restarts fail. Of a zone without an offset, as
    some have in winter, that changes nothing now.
    """
    if timekeeping.is_contained:
        not_applicable(_OUTSIDE)
    local = timekeeping.local
    if local.is_known and local.value is None and not timekeeping.has_hardware_clock.value:
        not_applicable("there is no hardware clock")
    if not local.value:
        expect(local.map(lambda _no: "UTC")).equals("UTC")
        return
    offset = timekeeping.offset
    expect(offset.map(lambda hours: f"LOCAL, {hours}").by("/etc/adjtime, /etc/localtime")).is_in(
        ("UTC", *(f"LOCAL, {none}" for none in _NO_OFFSET))
    )
