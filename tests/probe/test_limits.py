"""What the probe counts of limits, by every shell and every awk, and what it tells of the clock."""

from __future__ import annotations

import ctypes
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from dockworthy.probe.script import fragments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dockworthy.snapshot import Snapshot
    from tests.probe.world import World

AWKS = {"mawk": ["mawk"], "gawk": ["gawk"], "original-awk": ["original-awk"], "busybox": ["busybox", "awk"]}
WATCHER = """import ctypes, time
libc = ctypes.CDLL(None)
libc.inotify_add_watch(libc.inotify_init(), b"/etc", 2)
time.sleep(100)
"""
PROGRAM = fragments()["69-limits.sh"].partition("INOTIFY_AWK='")[2].partition("\n'\n")[0]


@pytest.fixture(scope="module")
def seen(host_shell: str, new_world: Callable[[], World]) -> Snapshot:
    """A host on which systemd has services that keep the clock, and one program watches a folder."""
    world = new_world()
    world.plant("/run/systemd/system/x", "")
    world.plant("/etc/systemd/system/chrony.service", "[Service]\nExecStart=/x CANARY\n")
    world.link("/etc/systemd/system/chronyd.service", "/etc/systemd/system/chrony.service")
    world.link("/etc/systemd/system/multi-user.target.wants/chrony.service", "/etc/systemd/system/chrony.service")
    world.plant("/etc/systemd/system/ntpsec.service", "[Service]\n")
    world.link("/etc/systemd/system/systemd-timesyncd.service", "/dev/null")
    world.plant("/etc/adjtime", "0.5 1764000000 CANARY\nCANARY\nLOCAL\nCANARY\n")
    world.link("/etc/localtime", "/usr/share/zoneinfo/Asia/Tokyo")
    world.tool("systemctl", "#!/bin/sh\nexit 1\n")
    world.tool("timedatectl", "#!/bin/sh\necho NTPSynchronized=yes\n")
    world.plant("/opt/watch.py", WATCHER)
    world.background = ["python3 -S /opt/watch.py"]
    return world.snapshot(host_shell)


def test_services_of_the_clock_are_told_by_their_files(seen: Snapshot) -> None:
    lines = seen.text("cmd:time-kept").value.splitlines()
    assert [line for line in lines if "chrony" in line or "ntpsec" in line or "timesyncd" in line] == [
        "service chrony inactive enabled",
        "service ntpsec inactive disabled",
        "service systemd-timesyncd inactive masked",
    ]
    assert lines[0] == "init systemd"


def test_of_adjtime_the_third_line_is_told_and_the_zones_offset_with_it(seen: Snapshot) -> None:
    assert seen.text("file:/etc/adjtime").value == "0\n\nLOCAL\n"
    assert seen.text("cmd:hardware-clock").value.splitlines()[1:] == ["zone +0900"]
    assert all(b"CANARY" not in section.data for section in seen.sections.values())


def test_instances_and_threads_are_those_of_this_proc(seen: Snapshot) -> None:
    assert seen.text("cmd:inotify-use").value == "0 - - 1 1 0\n"
    total, found = (line.split() for line in seen.text("cmd:tasks").value.splitlines())
    assert total[0] == "total"
    assert found[0] == "seen"
    assert 0 < int(found[1]) <= int(found[2]) <= int(total[1])


def test_without_systemd_links_of_init_and_a_tool_tell_who_keeps_the_clock(world: World) -> None:
    world.plant("/etc/init.d/chrony", "#!/bin/sh\n")
    world.plant("/etc/init.d/ntpsec", "#!/bin/sh\n")
    world.link("/etc/rc3.d/S01chrony", "/etc/init.d/chrony")
    world.tool("chronyc", "#!/bin/sh\necho 'C0000201,192.0.2.1,3,1764000000.0,0.1,0.1,0.1,1,1,1,0.1,0.1,64.0,Normal'\n")
    assert world.snapshot().text("cmd:time-kept").value.splitlines() == [
        "init files",
        "service chrony inactive enabled",
        "service ntpsec inactive disabled",
        "kernel yes chronyc",
    ]
    world.tool("chronyc", "#!/bin/sh\nexit 1\n")
    for error, said in ((15_999_999, "yes"), (16_000_000, "no")):
        world.tool("adjtimex", f"#!/bin/sh\nprintf '    mode: 0\\n maxerror:    {error}\\n'\n")
        assert world.snapshot().text("cmd:time-kept").value.splitlines()[-1] == f"kernel {said} adjtimex"


@pytest.mark.parametrize("third", [b"", b"password", b"LOCAL "])
def test_what_is_no_zone_in_adjtime_stays_on_the_host(world: World, third: bytes) -> None:
    world.plant("/etc/adjtime", b"0 0 0\n0\n" + third)
    told = "REDACTED" if third else ""
    assert world.snapshot().text("file:/etc/adjtime").value == f"0\n\n{told}\n"


@pytest.fixture
def made() -> Iterator[list[int]]:
    """Instances of inotify of this process; the first has a watch."""
    libc = ctypes.CDLL(None)
    numbers = [libc.inotify_init() for _ in range(3)]
    assert libc.inotify_add_watch(numbers[0], b"/etc", 2) > 0
    yield numbers
    for number in numbers:
        os.close(number)


def counted(awk: str, text: str, most: int = 20000) -> list[str]:
    done = subprocess.run(
        [*AWKS[awk], "-v", f"MAX={most}", PROGRAM], input=text, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def listed(pid: int, *numbers: int) -> str:
    """A folder of descriptors as ``ls -ln`` lists it."""
    lines = [f"lr-x------ 1 0 0 64 Nov 27 12:00 {number} -> anon_inode:inotify" for number in numbers]
    return "\n".join([f"/proc/{pid}/fd:", "total 0", "lrwx------ 1 0 0 64 Nov 27 12:00 0 -> /dev/null", *lines, "", ""])


@pytest.mark.parametrize("awk", AWKS)
def test_every_awk_counts_what_a_process_made_and_not_what_it_inherited(awk: str, made: list[int]) -> None:
    me = os.getpid()
    text = listed(me, *made)
    uid = os.geteuid()
    assert counted(awk, f"{text}ended 0\n") == [f"{uid} - - 3 1 0"]
    assert counted(awk, f"{text}ended 124\n") == [f"{uid} - - 3 1 0", "cut"]
    assert counted(awk, text, most=2) == [f"{uid} - - 1 1 0", "cut"]
    assert counted(awk, f"unseen 1\n{listed(me)}ended 1\n") == ["unseen 0 1"]
    with subprocess.Popen(["sleep", "100"], pass_fds=made) as child:
        try:
            # with a watch they are the same for certain, and without one perhaps
            assert counted(awk, f"{text}{listed(child.pid, *made)}ended 0\n") == [f"{uid} - - 3 1 2"]
        finally:
            child.kill()
