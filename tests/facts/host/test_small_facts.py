"""Accounts, mounts, files, units, versions and the operating system, read from hostile input, too."""

from __future__ import annotations

import pytest

from dockworthy.facts.host.mounts import Mounts
from dockworthy.facts.host.os import parse_os_release
from dockworthy.facts.host.services import parse_show
from dockworthy.facts.host.users import parse_group, parse_passwd
from dockworthy.facts.versions import Version, parse_version
from dockworthy.hosttree.looked import FileFacts, Owner, parse_stat_line
from dockworthy.hosttree.mountinfo import parse_mountinfo
from tests.hosts import host, row, table
from tests.rows import each_of


def version(text: str) -> Version:
    found = parse_version(text)
    assert found is not None
    return found


# --- versions --------------------------------------------------------------------------------------------------


@each_of(
    ("text", "upstream"),
    [
        ("26.1.5+dfsg1", "26.1.5"),
        ("5:27.3.1-1~ubuntu.24.04~noble", "27.3.1"),
        ("3:20.10.9-3.el7", "20.10.9"),
        ("1.7.24~ds1", "1.7.24"),
        ("24.0.7-0ubuntu2~22.04.1", "24.0.7"),
        ("18.09.11-ee-1", "18.09.11"),
        ("17.06.2~ce-0~debian", "17.06.2"),
        ("v2.24.5", "2.24.5"),
        ("2.20.2-desktop.1", "2.20.2"),
        ("1.13.1", "1.13.1"),
        ("1.1.5+ds1-1+deb12u1", "1.1.5"),
    ],
)
def test_what_a_distribution_adds_is_no_part_of_the_version(text: str, upstream: str) -> None:
    found = version(text)
    assert found.upstream == upstream
    assert found.is_release
    assert found == version(upstream)
    assert str(found) == text


@pytest.mark.parametrize(
    "text",
    ["27.0.0-rc.1", "5:27.0.0~rc.1-1~debian.12~bookworm", "27.0.0-beta1", "27.0.0-dev", "17.3.0~ce~rc1-0~ubuntu"],
)
def test_a_pre_release_is_older_than_its_release(text: str) -> None:
    found = version(text)
    assert not found.is_release
    assert found < version(found.upstream)
    assert found > version("1.0")


def test_versions_are_compared_by_their_numbers() -> None:
    assert version("20.10.9") < version("20.10.10") < version("20.11") < version("100.0")
    assert version("26") == version("26.0.0") < version("26.0.1")
    assert version("1.0-rc1") < version("1.0-rc2") < version("1.0-rc10")


def test_a_series_is_the_beginning_of_a_version() -> None:
    assert version("28.1.1").in_series("28")
    assert version("28.1.1").in_series("28.1")
    assert version("28").in_series("28.0")
    assert not version("28.1.1").in_series("2")
    assert not version("28.1.1").in_series("28.10")
    assert not version("28.1.1").in_series("")


@each_of(
    "text",
    [
        "",
        "dev",
        "library-import",
        "master-dockerproject",
        "1" * 300,
        "1.2.3.4.5.6.7",
        "-1",
        "7c4457e00facac03ce1d",
        "7c4457e-dirty",
    ],
)
def test_what_is_no_version_is_none(text: str) -> None:
    assert parse_version(text) is None


# --- the operating system --------------------------------------------------------------------------------------


def test_os_release_is_read_as_shell_assignments() -> None:
    text = 'NAME="A \\"B\\" \\$C"\n# ID=no\nID=ubuntu\n  VERSION_ID=\'24.04\'\nbroken\nBAD KEY=1\nID_LIKE=debian\n'
    assert parse_os_release(text) == {"NAME": 'A "B" $C', "ID": "ubuntu", "VERSION_ID": "24.04", "ID_LIKE": "debian"}


def test_the_vendors_os_release_answers_where_there_is_no_other() -> None:
    facts = host({"file:/etc/os-release": 2, "file:/usr/lib/os-release": "ID=rocky\nVERSION_ID=9.4\n"})
    assert (facts.os.id.value, facts.os.id.source) == ("rocky", "/usr/lib/os-release: ID")
    assert facts.os.family == "rhel"


def test_a_missing_or_unreadable_os_release_is_unknown() -> None:
    assert host({"file:/etc/os-release": 2, "file:/usr/lib/os-release": 2}).os.id.unknown == "does not exist"
    assert host({"file:/etc/os-release": 13}).os.id.unknown == "permission denied"
    assert host({}).os.id.unknown == "the snapshot does not hold it"


def test_an_unknown_distribution_belongs_to_the_family_that_it_names() -> None:
    assert host({"file:/etc/os-release": 'ID=new\nID_LIKE="suse opensuse"\n'}).os.family == "suse"
    assert host({"file:/etc/os-release": "VERSION_ID=1\n"}).os.id.value == "linux"


@pytest.mark.parametrize(("text", "value"), [("NTPSynchronized=yes\n", True), ("NTPSynchronized=no\n", False)])
def test_the_clock_says_whether_it_is_synchronized(text: str, value: bool) -> None:
    assert host({"cmd:clock": text}).clock.synchronized.value is value


def test_a_clock_that_no_tool_tells_of_is_unknown() -> None:
    assert not host({"cmd:clock": 127}).clock.synchronized.is_known
    assert not host({"cmd:clock": "rubbish\n"}).clock.synchronized.is_known


# --- accounts --------------------------------------------------------------------------------------------------


def test_members_are_listed_ones_and_those_with_that_primary_group() -> None:
    facts = host(
        {
            "file:/etc/passwd": "root:x:0:0::/root:/bin/sh\neve:x:1001:999::/:/bin/sh\nbob:x:1002:1002::/:/bin/sh\n",
            "file:/etc/group": "root:x:0:\ndocker:x:999:bob, ann ,\ndockerroot:x:998:mallory\n",
            "cmd:getent-group-docker": "docker:x:999:ldap1\n",
        }
    )
    assert facts.users.members(999).value == {"bob", "ann", "eve", "ldap1"}
    assert facts.users.members(4711).value == frozenset()


def test_accounts_that_cannot_be_read_leave_members_unknown() -> None:
    assert not host({"file:/etc/passwd": 13, "file:/etc/group": "docker:x:999:\n"}).users.members(999).is_known
    assert not host({"file:/etc/passwd": "a:x:1:1::/:\n", "file:/etc/group": 13}).users.members(999).is_known


def test_lines_that_are_no_accounts_are_passed_over() -> None:
    assert parse_passwd("\n:x:0:0\n+::::::\n# a:x:1:1\na:x:b:1:\na:x:-1:1:\nok:x:1:2:c:/h:/s\n")[0].home == "/h"
    assert len(parse_passwd("ok:x:1:2\nbad:x:" + "9" * 40 + ":1:\n")) == 1
    assert parse_group("g:x:1:\nh:x:\n+:::\n:x:2:a\ng2:x:\u00b2:a\n")[0].name == "g"
    assert len(parse_group("g:x:1:a,,b\nh:x:\u0661:\n")) == 1


# --- mounts ----------------------------------------------------------------------------------------------------

MOUNTS = r"""22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:20 / /run rw,nosuid - tmpfs tmpfs rw,mode=755
24 22 8:2 / /var/lib/my\040data rw,noexec master:2 propagate_from:1 - xfs /dev/sdb1 rw,attr2
25 22 8:1 /srv /var/lib/docker rw - ext4 /dev/sda1 rw
26 22 8:3 / /mnt rw - ext4 /dev/sdc1 rw
27 26 8:4 / /mnt/deep rw - ext4 /dev/sdd1 rw
28 26 8:5 / /mnt rw - ext4 /dev/sde1 rw
not a mount
29 22 8:6 / /broken rw - ext4
"""


def test_the_mount_of_a_path_is_found_as_the_kernel_walks() -> None:
    mounts = host({"file:/proc/self/mountinfo": MOUNTS}).mounts
    assert mounts.of("/etc/docker").value.point == "/"
    assert mounts.of("/run").value.kind == "tmpfs"
    assert mounts.of("/running").value.point == "/"
    assert mounts.of("/var/lib/my data/x").value.device == "8:2"
    assert "noexec" in mounts.of("/var/lib/my data/x").value.options


def test_what_a_later_mount_hides_is_not_seen() -> None:
    mounts = host({"file:/proc/self/mountinfo": MOUNTS}).mounts
    assert mounts.of("/mnt/deep/file").value.device == "8:5"


def test_a_bind_mount_is_the_same_file_system() -> None:
    mounts = host({"file:/proc/self/mountinfo": MOUNTS}).mounts
    assert mounts.at("/var/lib/docker").value is not None
    assert mounts.at("/var/lib/docker/x").value is None
    assert mounts.same_file_system("/", "/var/lib/docker").value is True
    assert mounts.same_file_system("/", "/run").value is False


def test_mounts_that_refer_to_each_other_end() -> None:
    table_of = parse_mountinfo("1 2 8:1 / / rw - ext4 a rw\n2 1 8:1 / / rw - ext4 a rw\n3 3 8:1 / /x rw - ext4 a rw\n")
    assert len(table_of.mounts) == 3
    looped = host({"file:/proc/self/mountinfo": "1 2 8:1 / / rw - ext4 a rw\n2 1 8:1 / / rw - ext4 a rw\n"}).mounts
    assert not looped.of("/x").is_known


def test_no_mountinfo_is_unknown() -> None:
    assert isinstance(host({}).mounts, Mounts)
    assert not host({}).mounts.of("/").is_known
    assert not host({"file:/proc/self/mountinfo": "rubbish\n"}).mounts.of("/").is_known


# --- files -----------------------------------------------------------------------------------------------------


def test_a_line_of_a_table_is_read_by_its_columns() -> None:
    found = parse_stat_line("/a%20b /c file 4755 0 65534 root - 12 1700000000 2049 + 1000 1000")
    assert found is not None
    assert (found.path, found.resolved, found.kind, found.bits) == ("/a b", "/c", "file", 0o4755)
    assert found.owners.value == (Owner(0, 65534, "root", ""), Owner(1000, 1000))
    assert found.extended_acl.value is True
    assert str(found.owners.value[0]) == "root:65534"


@pytest.mark.parametrize("line", ["", "/a /a file", "/a /a thing 0644 0 0 r r 1 1 1 - 0 0", "x" * 9000])
def test_a_line_that_is_not_whole_is_no_file(line: str) -> None:
    assert parse_stat_line(line) is None


def test_what_was_not_seen_is_unknown_and_what_is_absent_is_not() -> None:
    facts = host({"stat:engine": table(row("/a", "absent"), row("/b", "denied")), "file:/d": 2})
    assert facts.files["/a"].exists.value is False
    assert facts.files["/b"].exists.unknown == "permission denied"
    assert facts.files["/c"].exists.unknown == "the probe did not look at it"
    assert facts.files["/d"].exists.value is False
    assert facts.files["/b"].mode.unknown == "permission denied"
    assert host({}, truncated=True).files["/c"].mode.unknown == "the snapshot is truncated"


def test_a_link_to_nothing_is_absent_and_numbers_beyond_a_mode_are_not_one() -> None:
    found = parse_stat_line("/a - link - - - - - - - - - 0 0")
    assert found is not None
    assert found.is_absent
    odd = parse_stat_line("/a /a file 9999 x y - - -1 z - ! - -")
    assert odd is not None
    assert (odd.bits, odd.target, odd.size, odd.modified, odd.acl) == (None, None, None, None, "?")
    assert not odd.extended_acl.is_known
    assert isinstance(odd, FileFacts)


# --- units -----------------------------------------------------------------------------------------------------

SHOW = """Listen=/run/docker.sock (Stream)
Listen=0.0.0.0:2375 (Stream)
Id=docker.socket
LoadState=loaded

Id=docker.service
LoadState=loaded
ActiveState=active
UnitFileState=enabled
FragmentPath=/usr/lib/systemd/system/docker.service
DropInPaths=/etc/systemd/system/docker.service.d/a\\x20b.conf /run/systemd/system/docker.service.d/z.conf
NeedDaemonReload=no
MainPID=812
ExecMainStartTimestamp=Tue 2026-11-24 10:00:00 UTC
nothing
"""


def test_units_are_read_with_their_files_and_sockets() -> None:
    services = host({"cmd:systemctl-show": SHOW}).services
    unit = services["docker.service"].value
    assert unit.files.value == (
        "/usr/lib/systemd/system/docker.service",
        "/etc/systemd/system/docker.service.d/a b.conf",
        "/run/systemd/system/docker.service.d/z.conf",
    )
    assert unit.main_pid == 812
    assert unit.started.value.isoformat() == "2026-11-24T10:00:00+00:00"
    assert services["docker.socket"].value.listens.value == ("/run/docker.sock", "0.0.0.0:2375")
    assert not services["containerd.service"].is_known


def test_without_systemd_units_are_unknown() -> None:
    assert host({"cmd:systemctl-show": 127}).services.has_systemd.value is False
    assert host({"cmd:systemctl-show": 1}).services.has_systemd.value is False
    assert not host({"cmd:systemctl-show": 124}).services.has_systemd.is_known
    assert not host({}).services.has_systemd.is_known
    assert not host({"cmd:systemctl-show": "\n"}).services["docker.service"].is_known
    assert parse_show("LoadState=loaded\n\n=\nx\n") == {}


@pytest.mark.parametrize("stamp", ["", "n/a", "Tue 2026-11-24 10:00:00 CET", "Tue 2026-99-99 10:00:00 UTC"])
def test_a_time_without_a_known_zone_is_unknown(stamp: str) -> None:
    text = SHOW.replace("Tue 2026-11-24 10:00:00 UTC", stamp)
    assert not host({"cmd:systemctl-show": text}).services["docker.service"].value.started.is_known
