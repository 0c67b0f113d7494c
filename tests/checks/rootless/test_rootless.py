"""What an engine without root needs of its host, asked for each user who has one or is declared to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.hosts import checks_in, host, outcome, outcomes, table
from tests.rows import each_of

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts

CHECKS = checks_in("rootless", "rootless.py")
USERS = {"rootless_users": ("dev",)}
PASSWD = "root:x:0:0::/root:/bin/sh\ndev:x:1000:1000::/home/dev:/bin/sh\nann:x:1001:1001::/home/ann:/bin/sh\n"
GROUP = "root:x:0:\ndev:x:1000:\nann:x:1001:\n"
MOUNTS = "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"
V2 = "23 22 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n"
V1 = (
    "23 22 0:26 / /sys/fs/cgroup ro - tmpfs tmpfs ro\n24 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
)
OS = "ID=debian\nVERSION_ID=13\n"
UIDMAP = "".join(f"{name} /usr/bin/{name} /usr/bin/{name}\n" for name in ("newuidmap", "newgidmap"))


def tool(name: str, mode: str = "4755", uid: int = 0) -> str:
    """The line of ``stat:engine`` of newuidmap or newgidmap."""
    return f"/usr/bin/{name} /usr/bin/{name} file {mode} {uid} 0 - root 10 1 1 - {uid} 0"


def shown(version: str) -> str:
    """What ``docker version`` prints of an engine of that version."""
    return f'{{"Server":{{"Version":"{version}","Components":[{{"Name":"Engine","Version":"{version}"}}]}}}}'


def ground(**changes: Any) -> Facts:
    """A host on which the user dev may run an engine without root; ``changes`` are sections, by a short name."""
    names = {
        "subuid": "file:/etc/subuid",
        "subgid": "file:/etc/subgid",
        "nsswitch": "file:/etc/nsswitch.conf",
        "passwd": "file:/etc/passwd",
        "group": "file:/etc/group",
        "which": "cmd:which",
        "stat": "stat:engine",
        "mounts": "file:/proc/self/mountinfo",
        "capabilities": "cmd:file-capabilities",
        "linger": "list:/var/lib/systemd/linger",
        "controllers": "cmd:user-controllers",
        "booted": "cmd:booted-by",
        "engines": "cmd:engines",
        "slirp": "cmd:slirp4netns",
        "version": "docker:version",
    }
    sections: dict[str, Any] = {
        "passwd": PASSWD,
        "group": GROUP,
        "subuid": "dev:100000:65536\n",
        "subgid": "dev:100000:65536\n",
        "which": UIDMAP,
        "stat": table(tool("newuidmap"), tool("newgidmap")),
        "mounts": MOUNTS + V2,
        "linger": "dev\n",
        "controllers": "1000 cpu memory pids\n",
        "booted": "systemd\n",
        "engines": "",
        "version": shown("26.1.5"),
        "file:/etc/os-release": OS,
        "cmd:cgroup-statfs": "63677270\n",
        **changes,
    }
    return host({names.get(name, name): value for name, value in sections.items() if value is not None})


def said(check: str, facts: Facts, **params: Any) -> dict[str | None, str]:
    """The outcomes of one check by instance."""
    return {param: one.outcome for param, one in outcomes(CHECKS[check], facts, **(params or USERS)).items()}


def test_nothing_is_asked_where_nobody_runs_an_engine_without_root() -> None:
    undecided = host({"cmd:engines": 95})
    system = ground(engines="700 dockerd /usr/bin/dockerd 0 1 1 -\n")
    for check in CHECKS.values():
        nobody = outcome(check, system)
        assert (nobody.outcome, nobody.reason) == (
            "skip",
            "no rootless engine runs here, and none is declared (params: rootless_users)",
        ), check.id
        assert outcome(check, undecided).outcome == "error", check.id


def test_an_engine_that_runs_tells_its_user() -> None:
    """Each row: the processes of engines, and whose they are."""
    rootlesskit = "600 rootlesskit /usr/bin/rootlesskit 1001 1 1 -\n"
    spaces = {"cmd:ns-self": "pid pid:[1]\n", "proc:700/ns": "pid pid:[2]\n"}
    rows: dict[str, tuple[str, dict[str, Any], set[str]]] = {
        "a user's": ("700 dockerd /usr/bin/dockerd 1001 1 1 -\n", {}, {"ann"}),
        "root's": ("700 dockerd /usr/bin/dockerd 0 1 1 -\n", {}, set()),
        "of a number alone": ("700 dockerd /usr/bin/dockerd 100000 1 1 -\n", {}, set()),
        "in a container": ("700 dockerd /usr/bin/dockerd 1001 1 1 -\n", spaces, set()),
        "without an engine": (rootlesskit, {}, set()),
        "of a directory's": (
            rootlesskit.replace("1001", "5000") + "700 dockerd /usr/bin/dockerd 5000 1 1 -\n",
            {},
            {"5000"},
        ),
    }
    for name, (engines, more, users) in rows.items():
        facts = ground(engines=engines, **more)
        found = said("rootless.lingers", facts, rootless_users=())
        assert {user for user in found if user} == users, name
        assert set(said("rootless.lingers", facts, rootless_users=("dev", "ann"))) == {"dev", "ann", *users}, name


IDS: dict[str, tuple[dict[str, Any], str]] = {
    "by name": ({"subuid": "dev:100000:65536\n"}, "pass"),
    "by number": ({"subuid": "1000:100000:65536\n"}, "pass"),
    "more than needed": ({"subuid": "dev:100000:131072\n"}, "pass"),
    "beside another's": ({"subuid": "ann:100000:65536\ndev:165536:65536\n"}, "pass"),
    "of a user with such a name": ({"subuid": "devel:100000:65536\nadev:100000:65536\n"}, "fail"),
    "none": ({"subuid": "ann:100000:65536\n"}, "fail"),
    "no file": ({"subuid": 2}, "fail"),
    "too few": ({"subuid": "dev:100000:65535\n"}, "fail"),
    "several that add up": ({"subuid": "dev:100000:32768\ndev:132768:32768\n"}, "fail"),
    "several, one of them large": ({"subuid": "dev:100000:1000\ndev:300000:65536\n"}, "pass"),
    "another's, too": ({"subuid": "dev:100000:65536\nann:165535:65536\n"}, "fail"),
    "inside another's": ({"subuid": "dev:200000:65536\n1001:100000:1000000\n"}, "fail"),
    "a remap user's, too": ({"subuid": "dockremap:100000:65536\ndev:100000:65536\n"}, "fail"),
    "twice": ({"subuid": "dev:100000:65536\n1000:100000:65536\n"}, "pass"),
    "with an account in it": (
        {"passwd": f"{PASSWD}svc:x:100500:100::/:/bin/false\n"},
        "fail",
    ),
    "with an account behind it": ({"passwd": f"{PASSWD}svc:x:165536:100::/:/bin/false\n"}, "pass"),
    "with a group in it": ({"group": f"{GROUP}svc:x:100500:\n"}, "pass"),
    "a comment": ({"subuid": "#dev:100000:65536\n"}, "fail"),
    "what is no line": ({"subuid": "dev:x:65536\ndev:100000\n:100000:65536\n"}, "fail"),
    "with blanks, which shadow passes over": ({"subuid": " dev:100000:65536\ndev:200000:65536 \n"}, "fail"),
    "in octal": ({"subuid": "dev:0303240:0200000\n"}, "pass"),
    "too few in octal": ({"subuid": "dev:0303240:065536\n"}, "fail"),
    "hidden": ({"subuid": "REDACTED\n"}, "error"),
    "too few, and hidden": ({"subuid": "dev:100000:10\nREDACTED \n"}, "error"),
    "enough, and hidden": ({"subuid": "REDACTED\ndev:100000:65536\n"}, "pass"),
    "told by files": ({"nsswitch": "passwd: files sss\nsubid: files\n"}, "pass"),
    "told by another": ({"nsswitch": "subid: sss # here\n"}, "error"),
    "a comment about another": ({"nsswitch": "#subid: sss\n"}, "pass"),
    "closed": ({"subuid": 13}, "error"),
    "accounts not seen": ({"passwd": 13}, "error"),
}


@each_of("changes, wanted", IDS.values(), ids=IDS)
def test_a_user_needs_a_range_of_its_own(changes: dict[str, Any], wanted: str) -> None:
    assert said("rootless.subordinate-ids", ground(**changes))["dev uid"] == wanted


def test_groups_are_asked_for_by_their_own_file() -> None:
    facts = ground(subgid="dev:100000:65536\n", group=f"{GROUP}svc:x:100500:\n")
    assert said("rootless.subordinate-ids", facts) == {"dev uid": "pass", "dev gid": "fail"}
    facts = ground(subgid=2)
    assert said("rootless.subordinate-ids", facts) == {"dev uid": "pass", "dev gid": "fail"}


def test_the_name_may_have_a_dot_and_need_not_be_of_an_account_that_is_seen() -> None:
    facts = ground(subuid="d.ev:100000:65536\n", passwd=PASSWD.replace("dev:", "d.ev:"))
    found = outcomes(CHECKS["rootless.subordinate-ids"], facts, rootless_users=("d.ev", "dxev"))
    assert {name: one.outcome for name, one in found.items()} == {
        "d.ev uid": "pass",
        "d.ev gid": "fail",
        "dxev uid": "fail",
        "dxev gid": "fail",
    }


def test_the_fix_names_ids_that_are_free() -> None:
    facts = ground(
        subuid="ann:100000:65536\ndev:165536:10\n1001:200000:65536\n", subgid="dev:100000:65536\nann:100000:9\n"
    )
    found = outcomes(CHECKS["rootless.subordinate-ids"], facts, **USERS)
    assert found["dev uid"].fix == "usermod --add-subuids 265536-331071 dev"
    assert found["dev gid"].fix == "usermod --del-subgids 100000-165535 dev\nusermod --add-subgids 165536-231071 dev"
    assert found["dev gid"].observed == ["dev:100000:65536 and ann:100000:9"]


NONE = table(tool("newuidmap", "0755"), tool("newgidmap", "0755"))
RIGHTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "setuid": ({}, "pass", "setuid root"),
    "not there": ({"which": ""}, "fail", "no: newuidmap is not installed"),
    "of another": ({"stat": table(tool("newuidmap", uid=5))}, "fail", "no: its setuid bit is for 5"),
    "nothing": ({"stat": NONE, "capabilities": ""}, "fail", "no: neither setuid nor cap_setuid"),
    "not told": ({"stat": NONE, "capabilities": 127}, "error", ""),
    "not asked": ({"stat": NONE}, "error", ""),
    "a capability": ({"stat": NONE, "capabilities": "/usr/bin/newuidmap cap_setuid=ep\n"}, "pass", "cap_setuid"),
    "by an old getcap": ({"stat": NONE, "capabilities": "/usr/bin/newuidmap = cap_setuid+ep\n"}, "pass", "cap_setuid"),
    "of several": (
        {"stat": NONE, "capabilities": "/usr/bin/newuidmap cap_setgid,cap_setuid=ep\n"},
        "pass",
        "cap_setuid",
    ),
    "all": ({"stat": NONE, "capabilities": "/usr/bin/newuidmap =ep\n"}, "pass", "cap_setuid"),
    "another": ({"stat": NONE, "capabilities": "/usr/bin/newuidmap cap_setgid=ep\n"}, "fail", "no: neither"),
    "another tool's": ({"stat": NONE, "capabilities": "/usr/bin/newgidmap cap_setuid=ep\n"}, "fail", "no: neither"),
    "not in force": ({"stat": NONE, "capabilities": "/usr/bin/newuidmap cap_setuid=p\n"}, "fail", "no: neither"),
    "by getfattr": (
        {
            "stat": NONE,
            "capabilities": "# file: /usr/bin/newuidmap\n"
            "security.capability=0x0100000280000000000000000000000000000000\n",
        },
        "pass",
        "cap_setuid",
    ),
    "another by getfattr": (
        {
            "stat": NONE,
            "capabilities": "# file: /usr/bin/newuidmap\n"
            "security.capability=0x0100000240000000000000000000000000000000\n",
        },
        "fail",
        "no: neither",
    ),
    "of another name space": (
        {
            "stat": NONE,
            "capabilities": "# file: /usr/bin/newuidmap\n"
            "security.capability=0x0100000380000000000000000000000000000000e8030000\n",
        },
        "fail",
        "no: neither",
    ),
    "nosuid": (
        {"mounts": f"{MOUNTS}30 22 8:2 / /usr rw,nosuid - ext4 /dev/sda2 rw\n"},
        "fail",
        "no: /usr/bin/newuidmap lies on a file system that is mounted nosuid",
    ),
    "nosuid elsewhere": (
        {"mounts": f"{MOUNTS}30 22 8:2 / /usr/local rw,nosuid - ext4 /dev/sda2 rw\n"},
        "pass",
        "setuid",
    ),
    "programs not looked for": ({"which": None}, "error", ""),
}


@each_of("changes, wanted, words", RIGHTS.values(), ids=RIGHTS)
def test_the_tools_need_their_right(changes: dict[str, Any], wanted: str, words: str) -> None:
    found = outcomes(CHECKS["rootless.id-map-tools"], ground(**changes), **USERS)["newuidmap"]
    assert (found.outcome, str(found.observed or "")[: len(words)]) == (wanted, words)


LINGERS: dict[str, tuple[dict[str, Any], str]] = {
    "lingers": ({}, "pass"),
    "others do": ({"linger": "ann\ndeveloper\n"}, "fail"),
    "nobody does": ({"linger": 2}, "fail"),
    "closed": ({"linger": 13}, "error"),
    "no systemd": ({"booted": "", "linger": 2}, "skip"),
    "systemd not looked for": ({"booted": None}, "error"),
}


@each_of("changes, wanted", LINGERS.values(), ids=LINGERS)
def test_the_user_must_linger(changes: dict[str, Any], wanted: str) -> None:
    assert said("rootless.lingers", ground(**changes)) == {"dev": wanted}


def which(*names: str) -> str:
    """``cmd:which`` with these programs, too."""
    return UIDMAP + "".join(f"{name} /usr/bin/{name} /usr/bin/{name}\n" for name in names)


UNIT = "/home/dev/.config/systemd/user/docker.service"
RUNS: dict[str, Any] = {"engines": "700 dockerd /usr/bin/dockerd 1000 1 1 -\n"}
KIT: dict[str, Any] = {
    "engines": f"600 rootlesskit /home/dev/bin/rootlesskit 1000 1 1 -\n{RUNS['engines']}",
    "proc:600/cmdline": b"rootlesskit\0--state-dir=/run/user/1000/x\0--net=slirp4netns\0",
}


def named(net: str) -> dict[str, Any]:
    """A unit of the user's that names its network."""
    text = f'[Service]\nEnvironment="DOCKERD_ROOTLESS_ROOTLESSKIT_NET={net}"\nExecStart=/usr/bin/dockerd-rootless.sh\n'
    return {f"file:{UNIT}": text}


NETWORKS: dict[str, tuple[dict[str, Any], str]] = {
    "slirp4netns": ({"which": which("slirp4netns")}, "pass"),
    "a new one": ({"which": which("slirp4netns"), "slirp": "netns-type yes\n"}, "pass"),
    "an old one": ({"which": which("slirp4netns"), "slirp": "netns-type no\n"}, "fail"),
    "an old one beside vpnkit": ({"which": which("slirp4netns", "vpnkit"), "slirp": "netns-type no\n"}, "pass"),
    "vpnkit": ({"which": which("vpnkit")}, "pass"),
    "none": ({}, "fail"),
    "pasta of an old release": ({"which": which("pasta")}, "fail"),
    "pasta": ({"which": which("pasta"), "version": shown("28.5.2")}, "pass"),
    "none of a newer one": ({"version": shown("28.5.2")}, "fail"),
    "built in": ({"version": shown("29.5.0")}, "skip"),
    "release not known": ({"version": 127}, "error"),
    "release not known, but a program": ({"version": 127, "which": which("slirp4netns")}, "pass"),
    "the one that the unit names": ({"which": which("pasta"), **named("pasta")}, "pass"),
    "not the one that the unit names": ({"which": which("slirp4netns"), **named("pasta")}, "fail"),
    "not the one that is built in": ({"version": shown("29.5.0"), **named("slirp4netns")}, "fail"),
    "one that is built in later": ({"which": which("slirp4netns"), **named("gvisor-tap-vsock")}, "fail"),
    "one that is built in": ({"version": shown("29.5.0"), **named("gvisor-tap-vsock")}, "skip"),
    "none that works": ({"which": which("slirp4netns"), **named("host")}, "fail"),
    "one of another package": (named("lxc-user-nic"), "error"),
    "the one that the engine's process names": (
        {**RUNS, "which": which("slirp4netns"), "proc:700/environ": b"DOCKERD_ROOTLESS_ROOTLESSKIT_NET=vpnkit\0"},
        "fail",
    ),
    "an engine that names none": (
        {**RUNS, "which": which("slirp4netns"), "proc:700/environ": b"HOME=/home/dev\0", **named("pasta")},
        "pass",
    ),
    "one that lies on the engine's own path": ({**KIT, "proc:600/environ": b"PATH=/home/dev/bin:/usr/bin\0"}, "pass"),
    "one that was taken away": ({**KIT, "proc:600/environ": b"PATH=/usr/bin:/bin\0"}, "fail"),
    "of a process that is not seen into": ({**KIT, "proc:600/environ": 13}, "pass"),
    "of an engine whose path is its own": (
        {**RUNS, "proc:700/environ": b"PATH=/home/dev/bin:/usr/bin\0"},
        "error",
    ),
    "programs not looked for": ({"which": None}, "error"),
}


@each_of("changes, wanted", NETWORKS.values(), ids=NETWORKS)
def test_the_engine_needs_a_program_for_its_network(changes: dict[str, Any], wanted: str) -> None:
    found = outcome(CHECKS["rootless.network-helper"], ground(**changes), **USERS)
    assert found.outcome == wanted, (found.reason, found.observed)


def test_one_users_missing_network_counts_before_anothers_unknown_one() -> None:
    facts = ground(**named("lxc-user-nic"))
    assert outcome(CHECKS["rootless.network-helper"], facts, rootless_users=("dev", "ann")).outcome == "fail"


CONTROLLERS: dict[str, tuple[dict[str, Any], dict[str | None, str]]] = {
    "all": ({}, {"cpu": "pass", "memory": "pass", "pids": "pass"}),
    "what systemd gives by itself": (
        {"controllers": "1000 memory pids\n"},
        {"cpu": "fail", "memory": "pass", "pids": "pass"},
    ),
    "another name": ({"controllers": "1000 cpuset memory pids\n"}, {"cpu": "fail", "memory": "pass", "pids": "pass"}),
    "none": ({"controllers": "1000 \n"}, {"cpu": "fail", "memory": "fail", "pids": "fail"}),
    "not logged in": ({"controllers": "1001 cpu memory pids\n"}, dict.fromkeys(("cpu", "memory", "pids"), "error")),
    "cgroup v1": ({"mounts": MOUNTS + V1, "cmd:cgroup-statfs": "1021994\n"}, {None: "skip"}),
}


@each_of("changes, wanted", CONTROLLERS.values(), ids=CONTROLLERS)
def test_the_users_group_needs_the_controllers(changes: dict[str, Any], wanted: dict[str | None, str]) -> None:
    assert said("rootless.controllers-delegated", ground(**changes)) == wanted


def test_other_controllers_are_asked_for_where_the_profile_demands_them() -> None:
    facts = ground(controllers="1000 cpu io memory pids\n")
    params = {**USERS, "rootless_controllers": ("io", "cpuset")}
    assert said("rootless.controllers-delegated", facts, **params) == {"io": "pass", "cpuset": "fail"}
    both = ground(controllers="1000 memory pids\n")
    params = {"rootless_users": ("ann", "dev"), "rootless_controllers": ("cpu",)}
    assert said("rootless.controllers-delegated", both, **params) == {"cpu": "fail"}


@pytest.mark.parametrize("family", ["debian", "rhel", "sles", "alpine", "arch"])
def test_the_fixes_speak_of_the_hosts_own_package_manager(family: str) -> None:
    facts = ground(which="", **{"file:/etc/os-release": f"ID={family}\n"})
    words = {"debian": "apt-get install", "rhel": "dnf", "sles": "zypper", "alpine": "apk", "arch": "# install"}[family]
    for name in ("rootless.id-map-tools", "rootless.network-helper"):
        found = outcomes(CHECKS[name], facts, **USERS)
        assert all(words in (one.fix or "") for one in found.values()), name
