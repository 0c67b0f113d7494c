"""Control groups: the hierarchy that the engine takes, and the controllers that it gets there."""

from __future__ import annotations

import json

import pytest

from dockworthy.facts.kernel.cgroups import CgroupFacts
from dockworthy.hosttree.mountinfo import parse_mountinfo
from tests.facts.kernel.states import DATA, lookup_of
from tests.replay_kernel import cases, state_facts, state_lookup
from tests.rows import each_of

ROOT = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
SYS = "2 1 0:2 / /sys rw - sysfs sysfs rw\n"
TMPFS = "3 2 0:3 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
V2 = "4 2 0:4 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
UNIFIED = "5 3 0:4 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
MEMORY = "6 3 0:5 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
CPU = "7 3 0:6 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpuacct,cpu\n"
SYSTEMD = "8 3 0:7 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
HEADER = "#subsys_name\thierarchy\tnum_cgroups\tenabled\n"


def facts(mountinfo: str | None, **more: str | None) -> CgroupFacts:
    contents: dict[str, str | None] = {
        "proc/self/mountinfo": mountinfo,
        "proc/cmdline": "quiet",
        "uname-r": "6.1.0",
        "proc/cgroups": HEADER + "memory\t0\t1\t1\npids\t0\t1\t1\nperf_event\t0\t1\t1\n",
        "sys/fs/cgroup/cgroup.controllers": "cpu io pids\n",
    }
    contents.update({name.replace("__", "."): text for name, text in more.items()})
    return CgroupFacts.from_lookup(lookup_of(contents))


@each_of("state", sorted(json.loads((DATA / "runtime" / "expected.json").read_text())))
def test_a_recorded_host_is_read_as_it_was(state: str) -> None:
    expected = json.loads((DATA / "runtime" / "expected.json").read_text())[state]
    ours = state_facts(state_lookup(DATA / "runtime" / state))
    assert {fact: ours[fact] for fact in expected} == expected


def test_the_replay_agrees_with_every_recorded_case() -> None:
    differing = [name for name, real, ours in cases(DATA) if real != ours]
    assert differing == []


@each_of(
    ("mountinfo", "mode"),
    [
        (ROOT + SYS + V2, "v2"),
        (ROOT + SYS + TMPFS + MEMORY, "v1"),
        (ROOT + SYS + TMPFS + MEMORY + UNIFIED, "hybrid"),
        (ROOT + SYS + TMPFS + UNIFIED, "hybrid"),
        (ROOT + SYS, "none"),
        (ROOT + SYS + TMPFS, "none"),
        (ROOT + "9 1 0:5 / /cgroup/memory rw - cgroup cgroup rw,memory\n", "v1"),
    ],
    ids=["v2", "v1", "hybrid", "only unified", "nothing", "empty tmpfs", "EL6's place"],
)
def test_the_mode_is_the_engines(mountinfo: str, mode: str) -> None:
    assert facts(mountinfo).mode.value == mode


def test_a_later_mount_hides_the_hierarchies_below_it() -> None:
    """Mountinfo still lists them."""
    cgroups = facts(ROOT + SYS + TMPFS + MEMORY + CPU + "10 3 0:9 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n")
    assert cgroups.v1.value == {}
    assert cgroups.mode.value == "none"
    assert "memory" in cgroups.missing.value


def test_cgroup2_over_v1_hierarchies_is_v2() -> None:
    cgroups = facts(ROOT + SYS + TMPFS + MEMORY + "10 3 0:4 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
    assert cgroups.mode.value == "v2"
    assert cgroups.v1.value == {}


def test_the_file_systems_type_decides_where_it_is_known() -> None:
    cgroups = facts(None, **{"statfs:sys/fs/cgroup": "63677270"})
    assert (cgroups.mode.value, cgroups.mode.source) == ("v2", "statfs /sys/fs/cgroup")


def test_two_witnesses_that_disagree_decide_nothing() -> None:
    cgroups = facts(ROOT + SYS + V2, **{"statfs:sys/fs/cgroup": "1021994"})
    assert "says cgroup v2" in (cgroups.mode.unknown or "")
    assert not cgroups.missing.is_known


def test_without_a_mount_table_nothing_is_known() -> None:
    cgroups = facts(None)
    assert not cgroups.mode.is_known
    assert not cgroups.controller("memory").is_known
    assert not cgroups.swap_accounting.is_known


def test_co_mounted_controllers_are_each_there() -> None:
    cgroups = facts(ROOT + SYS + TMPFS + CPU)
    assert set(cgroups.v1.value) == {"cpu", "cpuacct"}


@each_of(
    ("name", "more", "usable", "state"),
    [
        ("pids", {}, True, "usable"),
        ("blkio", {}, True, "usable"),
        ("io", {}, True, "usable"),
        ("cpuacct", {}, True, "part of every group (cpu.stat)"),
        ("devices", {}, True, "BPF programs in place of a controller"),
        ("devices", {"uname-r": "4.14.0"}, False, "cgroup v2 has it from 4.15"),
        ("freezer", {"uname-r": "5.1.0"}, False, "cgroup v2 has it from 5.2"),
        ("perf_event", {}, True, "implicit in every group"),
        ("net_cls", {}, None, "cgroup v2 has no such controller"),
        ("memory", {}, False, "not offered by the cgroup v2 hierarchy"),
        ("memory", {"proc/cmdline": "cgroup_disable=memory,rdma"}, False, "disabled at boot"),
        ("memory", {"proc/cgroups": HEADER + "memory\t0\t1\t0\n"}, False, "disabled at boot"),
        ("memory", {"proc/cgroups": HEADER + "memory\t4\t1\t1\n"}, False, "held by cgroup v1"),
        ("memory", {"proc/cgroups": HEADER}, False, "not built into the kernel"),
        (
            "io",
            {"sys/fs/cgroup/cgroup.controllers": "cpu", "proc/cgroups": HEADER + "blkio\t7\t1\t1\n"},
            False,
            "held by cgroup v1",
        ),
    ],
)
def test_a_controller_on_v2(name: str, more: dict[str, str], usable: object, state: str) -> None:
    found = facts(ROOT + SYS + V2, **more).controller(name).value
    assert (found.usable, found.state) == (usable, state)


@pytest.mark.parametrize(
    ("name", "more", "usable", "state"),
    [
        ("memory", {}, True, "usable"),
        ("pids", {}, False, "not mounted as cgroup v1"),
        ("cpuset", {"sys/fs/cgroup/unified/cgroup.controllers": "cpuset"}, False, "held by cgroup v2"),
        ("pids", {"proc/cgroups": HEADER + "pids\t3\t1\t1\n"}, False, "mounted where it cannot be reached"),
        ("ns", {}, None, "removed from the kernel in 3.0"),
    ],
)
def test_a_controller_on_v1(name: str, more: dict[str, str], usable: object, state: str) -> None:
    found = facts(ROOT + SYS + TMPFS + MEMORY + UNIFIED, **more).controller(name).value
    assert (found.usable, found.state) == (usable, state)


def test_a_read_only_hierarchy_is_of_no_use() -> None:
    found = facts(ROOT + SYS + TMPFS + MEMORY.replace("rw -", "ro -")).controller("memory").value
    assert (found.usable, found.state) == (False, "mounted read-only at /sys/fs/cgroup/memory")


@pytest.mark.parametrize(
    "line", ["memory", "memory x 1 1", "memory 1 1", "memory " + "9" * 5000 + " 1 1", "#memory 1 1 1"]
)
def test_lines_that_list_no_controller_are_passed_over(line: str) -> None:
    assert facts(ROOT, **{"proc/cgroups": HEADER + line + "\n"}).listed.value == {}


def test_el6_lists_ns_and_a_kernel_of_today_does_not() -> None:
    old = (DATA / "runtime/published/centos-6-proc-cgroups.txt").read_text()
    new = (DATA / "runtime/published/ubuntu-23.04-proc-cgroups.txt").read_text()
    assert "ns" in facts(ROOT, **{"proc/cgroups": old}).listed.value
    assert "ns" not in facts(ROOT, **{"proc/cgroups": new}).listed.value


@pytest.mark.parametrize(
    ("release", "cmdline", "accounted"),
    [
        ("6.1.0", "swapaccount=0", True),
        ("5.10.0", "", True),
        ("5.10.0", "swapaccount=0", False),
        ("4.19.0", "swapaccount=1", True),
        ("4.19.0", "swapaccount=0", False),
    ],
)
def test_swap_accounting_by_version_and_boot_argument(release: str, cmdline: str, *, accounted: bool) -> None:
    cgroups = facts(ROOT + SYS + TMPFS + MEMORY, **{"uname-r": release, "proc/cmdline": cmdline})
    assert cgroups.swap_accounting.value is accounted


def test_before_5_8_swap_accounting_depends_on_the_build() -> None:
    cgroups = facts(ROOT + SYS + TMPFS + MEMORY, **{"uname-r": "4.19.0"})
    assert "how the kernel was built" in (cgroups.swap_accounting.unknown or "")


@pytest.mark.parametrize("there", [True, False])
def test_the_file_that_limits_swap_proves_it(*, there: bool) -> None:
    files = {
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "1",
        "sys/fs/cgroup/memory/memory.memsw.limit_in_bytes": "1" if there else None,
    }
    swap = facts(ROOT + SYS + TMPFS + MEMORY, **{"uname-r": "5.10.0"}, **files).swap_accounting
    assert swap.value is there
    assert swap.source == "/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes"


@pytest.mark.parametrize(
    ("mountinfo", "more", "manager"),
    [
        (ROOT + SYS + V2, {"init": "systemd"}, "systemd"),
        (ROOT + SYS + V2, {"init": "other"}, "none"),
        (ROOT + SYS + V2, {"list:sys/fs/cgroup": "init.scope\nsystem.slice\ncpu.stat\n"}, "systemd"),
        (ROOT + SYS + TMPFS + MEMORY, {"init": "systemd"}, "systemd"),
    ],
)
def test_who_manages_the_groups(mountinfo: str, more: dict[str, str], manager: str) -> None:
    assert facts(mountinfo, **more).manager.value == manager


def test_a_hierarchy_named_systemd_proves_no_systemd() -> None:
    """Scripts mount it where none runs."""
    assert not facts(ROOT + SYS + TMPFS + SYSTEMD).manager.is_known
    assert not facts(ROOT + SYS + V2, **{"list:sys/fs/cgroup": "docker\n"}).manager.is_known


# --- the mount table -------------------------------------------------------------------------------------------


def test_a_path_is_followed_over_mounts_on_one_point() -> None:
    table = parse_mountinfo(
        ROOT + "2 1 0:2 / /srv rw - tmpfs a rw\n3 2 0:3 / /srv rw - xfs b rw\n4 3 0:4 / /srv/x rw - nfs c rw\n"
    )
    assert [getattr(table.at(path), "kind", None) for path in ("/", "/srv", "/srv/x/y", "/srvx")] == [
        "ext4",
        "xfs",
        "nfs",
        "ext4",
    ]
    assert not table.is_visible(table.mounts[1])


def test_a_mount_point_with_escapes_is_read() -> None:
    table = parse_mountinfo(r"1 0 8:1 / /mnt/a\040b\134c rw shared:1 master:2 - ext4 /dev/sda1 rw")
    assert table.mounts[0].point == r"/mnt/a b\c"


@each_of(
    "text",
    [
        "",
        "\n\n",
        "garbage",
        "9" * 5000 + " 1 0:1 / / rw - ext4 a rw",
        "1 2 3",
        "1 x 0:1 / / rw - ext4 a rw",
        "1 1 0:1 / / rw ext4 a rw",
        "\x00" * 100,
    ],
)
def test_lines_that_are_no_mounts_are_passed_over(text: str) -> None:
    assert parse_mountinfo(text).at("/sys/fs/cgroup") is None


def test_mounts_that_sit_on_each_other_in_a_circle_end() -> None:
    table = parse_mountinfo("1 2 0:1 / / rw - ext4 a rw\n2 1 0:2 / / rw - ext4 b rw\n3 0 0:3 / / rw - ext4 c rw\n")
    assert table.at("/sys") is not None
