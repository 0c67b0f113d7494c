"""Who keeps the clock, and in which zone the hardware's is."""

from __future__ import annotations

from typing import Any

from tests.hosts import checks_in, host, outcome
from tests.rows import each_of

CHECKS = checks_in("time", "clock.py")
SYNC, UNSYNC = "NTP=yes\nNTPSynchronized=yes\n", "NTP=no\nNTPSynchronized=no\n"
CHRONY = "init systemd\nservice chrony active enabled\n"


@each_of(
    ("clock", "kept", "more", "outcome"),
    [
        (SYNC, CHRONY, {}, "pass"),
        (UNSYNC, CHRONY, {}, "fail"),
        # runs now, and not after the next boot
        (SYNC, "init systemd\nservice chronyd active disabled\n", {}, "fail"),
        (SYNC, "init systemd\nservice chronyd active disabled\nservice ntp inactive enabled\n", {}, "fail"),
        # one that is installed besides and rests is none too many; two that run fight
        (SYNC, f"{CHRONY}service systemd-timesyncd inactive disabled\n", {}, "pass"),
        (SYNC, f"{CHRONY}service systemd-timesyncd inactive enabled\n", {}, "pass"),
        (SYNC, f"{CHRONY}service systemd-timesyncd active enabled\n", {}, "fail"),
        (SYNC, "init systemd\nservice ntpd inactive enabled\n", {}, "pass"),
        # something else keeps it, of which it is not known whether the next boot starts it
        (SYNC, "init systemd\nservice ntpd inactive masked\n", {}, "error"),
        (SYNC, "init systemd\n", {}, "error"),
        (UNSYNC, "init systemd\n", {}, "fail"),
        # without systemd a tool tells, and the links of init
        (127, "init files\nservice chrony active enabled\nkernel yes chronyc\n", {}, "pass"),
        (127, "init files\nservice ntpd active disabled\nkernel yes adjtimex\n", {}, "fail"),
        (127, "init none\nkernel no adjtimex\n", {}, "fail"),
        (127, "init none\nkernel yes adjtimex\n", {}, "error"),
        (127, "init none\n", {}, "error"),
        (127, None, {}, "error"),
        # the host of a virtual machine may set its clock
        (UNSYNC, "init systemd\n", {"list:/sys/module": "hv_utils\nxfs\n"}, "error"),
        (UNSYNC, "init systemd\n", {"list:/sys/module": "ptp_kvm\n"}, "fail"),
        (UNSYNC, CHRONY, {"cmd:container": "lxc\n"}, "skip"),
    ],
)
def test_one_service_keeps_the_clock_and_will(clock: Any, kept: Any, more: Any, outcome: str) -> None:
    edits = {"cmd:clock": clock, "cmd:container": "none\n", **({} if kept is None else {"cmd:time-kept": kept}), **more}
    assert of("time.kept", edits).outcome == outcome


def of(check: str, edits: dict[str, Any]) -> Any:
    return outcome(CHECKS[check], host(edits))


def test_the_service_that_is_there_is_the_one_to_be_enabled() -> None:
    edits = {"cmd:clock": SYNC, "cmd:time-kept": "init systemd\nservice ntpsec active disabled\n"}
    assert of("time.kept", edits).fix == "systemctl enable --now ntpsec"
    edits["cmd:time-kept"] = "init systemd\nservice ntp active enabled\nservice chronyd active enabled\n"
    assert "systemctl disable --now chronyd" in of("time.kept", edits).fix


RTC, LOCAL = "rtc yes\n", "0\n\nLOCAL\n"


@each_of(
    ("adjtime", "hardware", "container", "outcome"),
    [
        (2, RTC, "none\n", "pass"),
        ("0\n\nUTC\n", RTC, "none\n", "pass"),
        ("0\n\n\n", RTC, "none\n", "pass"),
        (LOCAL, f"{RTC}zone +0100\n", "none\n", "fail"),
        (LOCAL, f"{RTC}zone -0330\n", "none\n", "fail"),
        # some zones have no offset in winter
        (LOCAL, f"{RTC}zone +0000\n", "none\n", "pass"),
        # the word counts in the third line alone
        ("LOCAL\n\nUTC\n", RTC, "none\n", "pass"),
        (LOCAL, RTC, "none\n", "error"),
        (LOCAL, None, "none\n", "error"),
        # systemd sets the clock by the zone's offset, whatever hardware there is
        (LOCAL, "rtc no\nzone +0100\n", "none\n", "fail"),
        (2, "rtc no\n", "none\n", "skip"),
        (13, RTC, "none\n", "error"),
        (None, RTC, "none\n", "error"),
        (LOCAL, f"{RTC}zone +0100\n", "docker\n", "skip"),
    ],
)
def test_the_hardware_clock_is_in_utc(adjtime: Any, hardware: Any, container: str, outcome: str) -> None:
    edits = {"file:/etc/adjtime": adjtime, "cmd:hardware-clock": hardware, "cmd:container": container}
    found = of("time.hardware-clock-utc", {name: value for name, value in edits.items() if value is not None})
    assert found.outcome == outcome
