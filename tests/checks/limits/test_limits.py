"""Room below the limits of the host, of the engine's processes, and for images that ask for a limit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.checks.engine.base import STARTED, ubuntu
from tests.hosts import checks_in, outcome, outcomes
from tests.rows import each_of

if TYPE_CHECKING:
    from dockworthy.check import Judgement

CHECKS = {
    **checks_in("limits", "host.py"),
    **checks_in("limits", "engine.py"),
    **checks_in("limits", "containers.py"),
}
ALL = "CapEff:\t000001ffffffffff\n"
FIRST = "pid -> pid:[4026531836]\n"
OTHER = "pid -> pid:[4026532000]\n"
HIDDEN = "21 1 0:20 / /proc rw,nosuid - proc proc rw,hidepid=invisible\n"
LXCFS = "21 1 0:20 / /proc rw - proc proc rw\n22 21 0:50 /proc/loadavg /proc/loadavg rw - fuse.lxcfs lxcfs rw\n"
MODERN, OLD = "Linux\n6.14.0\nx86_64\n#1\n", "Linux\n6.1.0\nx86_64\n#1\n"
BASE: dict[str, Any] = {
    "file:/proc/sys/fs/inotify/max_user_instances": "128\n",
    "file:/proc/sys/fs/inotify/max_user_watches": "1000\n",
    "file:/proc/sys/kernel/pid_max": "1000\n",
    "file:/proc/sys/kernel/threads-max": "2000\n",
    "file:/proc/sys/vm/max_map_count": "65530\n",
    "file:/proc/self/status": ALL,
    "list:/proc/self/ns": FIRST,
    "cmd:uname": MODERN,
    "cmd:tasks": "total 300\nseen 100 300\n",
    "cmd:inotify-use": "0 - - 20 300 0\n",
    "cmd:container": "none\n",
    "proc:812/limits": "Max open files            1024                 524288               files     \n",
    "proc:812/fds": "40\n",
    "proc:700/limits": "Max open files            1024                 524288               files     \n",
    "proc:700/fds": "10\n",
    "cmd:pids-room": "812 /system.slice/docker.service 100 20\n700 none\n",
    "docker:containers": "",
    "docker:images": "",
}


def said(
    check: str, edits: dict[str, Any] | None = None, *, params: dict[str, Any] | None = None, **changes: Any
) -> dict[str | None, Judgement]:
    """What a check says of the host after edits, by instance."""
    return outcomes(CHECKS[check], ubuntu({**BASE, **(edits or {})}, **changes), **(params or {}))


def of(check: str, param: str | None, edits: dict[str, Any] | None = None, **changes: Any) -> str:
    """The outcome for one instance; ``absent`` where there is none of that name."""
    found = said(check, edits, **changes)
    return found[param].outcome if param in found else "absent"


# --- inotify -----------------------------------------------------------------------------------------------------


@each_of(
    ("use", "param", "outcome"),
    [
        ("0 - - 20 300 0\n", "instances root", "pass"),
        # 90 % of 128 are 115.2
        ("0 - - 115 300 0\n", "instances root", "pass"),
        ("0 - - 116 300 0\n", "instances root", "fail"),
        ("54321 - - 126 0 0\n0 - - 3 0 0\n", "instances 54321", "fail"),
        ("54321 - - 126 0 0\n0 - - 3 0 0\n", "instances root", "pass"),
        # a user of /etc/passwd by name
        ("1000 - - 126 0 0\n", "instances dev", "fail"),
        # watches have a limit of their own, and instances are used up long before
        ("0 - - 20 900 0\n", "watches root", "fail"),
        ("0 - - 20 900 0\n", "instances root", "pass"),
        ("0 - - 20 899 0\n", "watches root", "pass"),
        ("0 - - 128 1 0\n", "watches root", "pass"),
        # root of several containers is one user, whatever the probe printed apart
        ("0 - - 60 0 0\n0 - - 60 0 0\n", "instances root", "fail"),
        # what a process may have inherited decides nothing by itself
        ("0 - - 100 0 10\n", "instances root", "pass"),
        ("0 - - 100 0 30\n", "instances root", "error"),
        ("0 - - 120 0 30\n", "instances root", "fail"),
        # instances of a user name space count against who made it, not against the numbers inside
        ("100000 0:100000:65536 0 126 5 0\n", "instances 100000", "absent"),
        ("100000 0:100000:65536 0 126 5 0\n", "instances root", "fail"),
        ("100000 0:100000:65536 0 26 5 0\n", "instances root", "pass"),
        ("1000 0:1000:1 1000 126 5 0\n", "instances dev", "fail"),
        ("1000 0:1000:1 - 126 5 0\n", "instances dev", "fail"),
        ("1000 0:1000:1 0 126 5 0\n", "instances dev", "error"),
        ("1000 0:1000:1 0 126 5 0\n", "instances root", "error"),
        ("1000 0:1000:1 0 12 5 0\n", "instances root", "pass"),
        ("5 0:100000:65536 - 126 5 0\n", "instances root", "fail"),
        # more than the probe looks at shows what is reached, and nothing else
        ("0 - - 20 300 0\ncut\n", "instances root", "error"),
        ("0 - - 120 300 0\ncut\n", "instances root", "fail"),
        ("cut\n", None, "error"),
        ("", None, "skip"),
        ("rubbish\n0 - - x y z\n", None, "skip"),
    ],
)
def test_instances_and_watches_are_counted_by_user(use: str, param: str | None, outcome: str) -> None:
    assert of("limits.inotify-room", param, {"cmd:inotify-use": use}) == outcome


@each_of(
    ("edits", "param", "outcome"),
    [
        ({"cmd:id": "1000 1000 dev no\n", "cmd:inotify-use": "1000 - - 9 9 0\nunseen 0 80\n"}, "instances dev", "pass"),
        (
            {"cmd:id": "1000 1000 dev no\n", "cmd:inotify-use": "1000 - - 9 9 0\nunseen 0 80\n"},
            "instances root",
            "error",
        ),
        (
            {"cmd:id": "1000 1000 dev no\n", "cmd:inotify-use": "1000 - - 9 9 0\nunseen 1000 1\n"},
            "instances dev",
            "error",
        ),
        (
            {"cmd:id": "1000 1000 dev no\n", "cmd:inotify-use": "1000 - - 126 9 0\nunseen 1000 1\n"},
            "instances dev",
            "fail",
        ),
        # with hidepid not even the processes of others are listed
        ({"cmd:id": "1000 1000 dev no\n", "file:/proc/self/mountinfo": HIDDEN}, "instances root", "error"),
        ({"cmd:id": "0 0 root root\n", "file:/proc/self/mountinfo": HIDDEN}, "instances root", "pass"),
        ({"file:/proc/self/status": "CapEff:\t00000000a80425fb\n"}, "instances root", "error"),
        # of a container's host the others are not seen
        ({"cmd:container": "lxc\n"}, "instances root", "error"),
        ({"cmd:container": "lxc\n", "cmd:inotify-use": "0 - - 128 3 0\n"}, "instances root", "fail"),
        ({"cmd:inotify-use": 127}, None, "error"),
        ({"cmd:inotify-use": None}, None, "error"),
        ({"file:/proc/sys/fs/inotify/max_user_instances": 2}, None, "error"),
    ],
)
def test_what_is_not_seen_is_no_room(edits: dict[str, Any], param: str | None, outcome: str) -> None:
    assert of("limits.inotify-room", param, edits) == outcome


def test_how_much_may_be_used_is_the_profiles_and_the_fix_leaves_room() -> None:
    edits = {"cmd:inotify-use": "0 - - 64 300 0\n"}
    found = said("limits.inotify-room", edits, params={"max_limit_percent": 50})["instances root"]
    assert (found.outcome, found.observed, found.expected) == ("fail", 50.0, {"below": 50})
    assert found.fix is not None
    assert found.fix.startswith("sysctl -w fs.inotify.max_user_instances=1024\n")
    edits["file:/proc/sys/fs/inotify/max_user_instances"] = "64\n"
    assert said("limits.inotify-room", edits)["instances root"].observed == 100.0


# --- processes ---------------------------------------------------------------------------------------------------


@each_of(
    ("edits", "pids", "threads"),
    [
        ({}, "pass", "pass"),
        # threads count, not processes
        ({"cmd:tasks": "total 900\nseen 20 900\n"}, "fail", "pass"),
        ({"cmd:tasks": "total 899\nseen 20 899\n"}, "pass", "pass"),
        ({"cmd:tasks": "total 1800\nseen 1800 1800\n"}, "fail", "fail"),
        # what lies in name spaces of processes below is no part of this /proc's, and counts
        ({"cmd:tasks": "total 950\nseen 20 20\n"}, "fail", "pass"),
        # a process name space of its own has its own pid_max, from Linux 6.14 on
        ({"cmd:tasks": "total 1900\nseen 20 20\n", "list:/proc/self/ns": OTHER}, "pass", "fail"),
        ({"cmd:tasks": "total 1000\nseen 20 950\n", "list:/proc/self/ns": OTHER}, "fail", "pass"),
        ({"cmd:tasks": "total 1000\nseen 20 20\n", "list:/proc/self/ns": OTHER, "cmd:uname": OLD}, "fail", "pass"),
        ({"cmd:tasks": "total 1000\nseen 20 20\n", "list:/proc/self/ns": OTHER, "cmd:uname": 127}, "error", "pass"),
        # where processes are hidden, the kernel's own number still tells
        (
            {"cmd:id": "9 9 a no\n", "file:/proc/self/mountinfo": HIDDEN, "cmd:tasks": "total 950\nseen 2 2\n"},
            "fail",
            "pass",
        ),
        (
            {"cmd:id": "9 9 a no\n", "file:/proc/self/mountinfo": HIDDEN, "list:/proc/self/ns": OTHER},
            "error",
            "pass",
        ),
        # a /proc/loadavg that a container's host stands in for is no number of the machine's
        ({"file:/proc/self/mountinfo": LXCFS, "cmd:tasks": "total 5\nseen 20 20\n"}, "error", "error"),
        ({"file:/proc/self/mountinfo": LXCFS, "cmd:tasks": "total 5\nseen 20 1900\n"}, "fail", "fail"),
        ({"cmd:tasks": "total -\nseen 20 20\n"}, "error", "error"),
        ({"cmd:tasks": None}, "error", "error"),
        ({"file:/proc/sys/kernel/pid_max": 2}, "error", "pass"),
        ({"file:/proc/sys/kernel/threads-max": "many\n"}, "pass", "error"),
        # the default of small machines is no fault by itself
        ({"file:/proc/sys/kernel/pid_max": "32768\n"}, "pass", "pass"),
    ],
)
def test_threads_have_room_below_both_limits(edits: dict[str, Any], pids: str, threads: str) -> None:
    found = said("limits.process-room", edits)
    assert (found["kernel.pid_max"].outcome, found["kernel.threads-max"].outcome) == (pids, threads)


def test_a_fix_sets_no_pid_max_that_the_kernel_refuses() -> None:
    edits = {"cmd:tasks": "total 4194304\nseen 1 1\n", "file:/proc/sys/kernel/pid_max": "4194304\n"}
    fix = said("limits.process-room", edits)["kernel.pid_max"].fix
    assert fix is not None
    assert "sysctl -w kernel.pid_max=4194304\n" in fix


# --- the engine's processes ------------------------------------------------------------------------------------------


@each_of(
    ("room", "dockerd", "containerd"),
    [
        ("812 /system.slice/docker.service 100 20\n700 none\n", "pass", "skip"),
        ("812 /system.slice/docker.service 100 90\n700 none\n", "fail", "skip"),
        ("812 /system.slice/docker.service 100 89\n700 none\n", "pass", "skip"),
        ("812 /system.slice/docker.service max 5000\n700 /x max 1\n", "skip", "skip"),
        # a limit of a group above counts
        ("812 /a/docker.service max 20\n812 /a 100 95\n700 /b/c 10 1\n700 /b 100 1\n", "fail", "pass"),
        ("812 /a/docker.service 100 20\n812 /a - -\n700 none\n", "error", "skip"),
        ("812 /a/docker.service 100 99\n812 /a - -\n700 unknown\n", "fail", "error"),
        ("812 /a 0 0\n", "fail", "error"),
    ],
)
def test_a_control_group_and_those_above_have_room_for_tasks(room: str, dockerd: str, containerd: str) -> None:
    found = said("limits.engine-tasks-room", {"cmd:pids-room": room})
    assert (found["dockerd"].outcome, found["containerd"].outcome) == (dockerd, containerd)


@each_of(
    ("group", "fix"),
    [
        ("/system.slice/docker.service", "systemctl set-property docker.service TasksMax=infinity"),
        ("/system.slice", "systemctl set-property system.slice TasksMax=infinity"),
        ("/made%20by%20hand", "# pids.max of the control group /made by hand, by whoever made it: echo max >pids.max"),
    ],
)
def test_the_group_that_is_full_is_the_one_to_be_mended(group: str, fix: str) -> None:
    room = f"812 /own.slice/own.service 100 1\n812 {group} 100 100\n700 none\n"
    assert said("limits.engine-tasks-room", {"cmd:pids-room": room})["dockerd"].fix == fix


def limits_of(soft: str, hard: str) -> str:
    return f"Max open files            {soft:20} {hard:20} files     \n"


@each_of(
    ("limits", "count", "outcome"),
    [
        (limits_of("1024", "1000"), "899\n", "pass"),
        (limits_of("1024", "1000"), "900\n", "fail"),
        # programs in Go raise the soft limit by themselves
        (limits_of("100", "1000"), "150\n", "pass"),
        (limits_of("1024", "unlimited"), "900000\n", "pass"),
        (limits_of("1024", "1000"), (13, ""), "error"),
        (13, "9\n", "error"),
        ("Max open files  rubbish\n", "9\n", "error"),
    ],
)
def test_open_files_are_held_against_the_hard_limit(limits: Any, count: Any, outcome: str) -> None:
    assert of("limits.open-files-room", "dockerd", {"proc:812/limits": limits, "proc:812/fds": count}) == outcome


MANAGED: dict[str, Any] = {
    "cmd:engines": f"812 dockerd /usr/bin/dockerd 0 {STARTED} 1 -\n"
    f"700 containerd /usr/bin/containerd 0 {STARTED} 812 -\n",
    "proc:700/cmdline": b"containerd\0--config\0/var/run/docker/containerd/containerd.toml\0",
}
ALONE: dict[str, Any] = {"cmd:engines": f"812 dockerd /usr/bin/dockerd 0 {STARTED} 1 -\n"}


def test_without_an_engine_or_a_containerd_there_is_nothing_to_be_full() -> None:
    for check in ("limits.engine-tasks-room", "limits.open-files-room", "limits.open-files-bounded"):
        nothing = said(check, {"cmd:engines": "", "cmd:engine-target": ""})
        assert [found.outcome for found in nothing.values()] == ["skip"]
        assert of(check, None, {"cmd:engines": 13}) == "error"
        two = {
            "cmd:engines": MANAGED["cmd:engines"] + f"9 dockerd /x 0 {STARTED} 1 -\n",
            "cmd:engine-target": "pid -\n",
        }
        assert of(check, None, two) == "error"
        # one of another user may run unseen
        unseen = {
            "cmd:engines": "",
            "cmd:engine-target": "",
            "cmd:id": "9 9 a no\n",
            "file:/proc/self/mountinfo": HIDDEN,
        }
        assert of(check, None, unseen) == "error"
    assert of("limits.open-files-bounded", None, ALONE) == "skip"
    assert of("limits.open-files-room", "containerd", ALONE) == "absent"


def nofile(soft: int) -> str:
    return json.dumps({"default-ulimits": {"nofile": {"Name": "nofile", "Soft": soft, "Hard": soft}}})


@each_of(
    ("limits", "daemon", "outcome"),
    [
        (limits_of("1024", "524288"), "{}", "pass"),
        (limits_of("1048576", "1048576"), "{}", "pass"),
        (limits_of("1048577", "1048577"), "{}", "fail"),
        (limits_of("1073741816", "1073741816"), "{}", "fail"),
        (limits_of("unlimited", "unlimited"), "{}", "fail"),
        # the soft limit is what programs see
        (limits_of("524288", "1073741816"), "{}", "pass"),
        # one below the hard limit is Go's own doing, which containers do not inherit
        (limits_of("1073741815", "1073741816"), "{}", "error"),
        (limits_of("1073741816", "1073741816"), nofile(65536), "pass"),
        (limits_of("1073741815", "1073741816"), nofile(65536), "pass"),
        (limits_of("1073741816", "1073741816"), nofile(1073741816), "fail"),
        (13, "{}", "error"),
    ],
)
def test_containers_inherit_a_bounded_number_of_open_files(limits: Any, daemon: str, outcome: str) -> None:
    assert of("limits.open-files-bounded", "containerd", {"proc:700/limits": limits}, daemon_json=daemon) == outcome


def test_the_service_to_be_bounded_is_the_one_that_started_containerd() -> None:
    boundless = {"proc:700/limits": limits_of("1073741816", "1073741816")}
    for edits, service in ((boundless, "containerd"), ({**boundless, **MANAGED}, "docker")):
        fix = said("limits.open-files-bounded", edits)["containerd"].fix
        assert fix is not None
        assert f"systemctl restart {service}" in fix
        assert "LimitNOFILE=1024:524288" in fix


# --- images that ask for a limit ---------------------------------------------------------------------------------


def container(image: str, *given: str, identity: str = "sha256:a", title: str = "") -> dict[str, Any]:
    labels = {"org.opencontainers.image.title": title} if title else {}
    return {
        "docker:containers": json.dumps(
            {
                "Id": "1" * 64,
                "Name": "/search",
                "Image": identity,
                "State": {"Status": "exited", "Running": False},
                "Config": {"Image": image, "EnvNames": list(given), "Labels": labels},
            }
        )
        + "\n"
    }


IMAGE = json.dumps({"Id": "sha256:a", "RepoTags": ["opensearchproject/opensearch:2"], "RepoDigests": []}) + "\n"


@each_of(
    ("edits", "outcome"),
    [
        (container("elasticsearch:8.11.0"), "fail"),
        (container("docker.elastic.co/elasticsearch/elasticsearch:8.11.0"), "fail"),
        (container("docker.elastic.co/elasticsearch/elasticsearch-oss@sha256:" + "a" * 64), "fail"),
        (container("opensearchproject/opensearch"), "fail"),
        (container("sonarqube:lts-community"), "fail"),
        # a mirror has another first part of the name
        (container("mirror.example.com:5000/hub/library/sonarqube:10"), "fail"),
        (container("localhost:5000/opensearch"), "fail"),
        # named by what else is known of the image
        (container("search:1", title="Elasticsearch"), "fail"),
        ({**container("sha256:a"), "docker:images": IMAGE}, "fail"),
        # others that only sound like it
        (container("opensearchproject/opensearch-dashboards:2"), "absent"),
        (container("prometheuscommunity/elasticsearch-exporter:v1"), "absent"),
        (container("elasticsearch.example.com/app:1"), "absent"),
        (container("elasticsearch/kibana:8"), "absent"),
        (container("app:elasticsearch"), "absent"),
        # their own checks are skipped
        (container("elasticsearch:8", "PATH", "discovery.type=single-node"), "pass"),
        (container("elasticsearch:8", "discovery.type"), "fail"),
        (container("sonarqube:10", "SONAR_ES_BOOTSTRAP_CHECKS_DISABLE=true"), "pass"),
        ({**container("elasticsearch:8"), "file:/proc/sys/vm/max_map_count": "262144\n"}, "pass"),
        ({**container("elasticsearch:8"), "file:/proc/sys/vm/max_map_count": "262143\n"}, "fail"),
        ({**container("elasticsearch:8"), "file:/proc/sys/vm/max_map_count": 13}, "error"),
    ],
)
def test_an_image_that_refuses_to_start_below_a_bound_has_it(edits: dict[str, Any], outcome: str) -> None:
    found = said("limits.map-count-for-images", edits)
    assert (found["search"].outcome if "search" in found else "absent") == outcome
    if outcome == "absent":
        assert found[None].outcome == "skip"


@each_of(
    ("image", "images", "outcome"),
    [
        ("site/index:3", {"site/index": 100_000}, "fail"),
        ("site/index:3", {"*/index:3": 100_000}, "fail"),
        ("site/index:3", {"index": 60_000}, "pass"),
        ("site/index:3", {"other": 100_000}, "absent"),
        ("elasticsearch:8", {"elasticsearch*": 0}, "pass"),
        ("elasticsearch:8", {"*": 500_000, "elasticsearch*": 1}, "fail"),
        # as Elasticsearch's pages ask for, and the most that the kernel takes
        ("elasticsearch:8.17", {"elasticsearch": 1_048_576}, "fail"),
        ("app:1", {"app": 2_147_483_647}, "fail"),
    ],
)
def test_the_profile_names_images_with_bounds_of_their_own(image: str, images: dict[str, int], outcome: str) -> None:
    found = of("limits.map-count-for-images", "search", container(image), params={"map_count_images": images})
    assert found == outcome


def test_containers_that_are_not_known_are_no_reason_to_pass() -> None:
    gone = {"docker:containers": (1, ""), "docker:images": (1, "")}
    assert [found.outcome for found in said("limits.map-count-for-images", gone).values()] == ["error"]
    some = {"docker:containers": (124, container("app:1")["docker:containers"])}
    assert "error" in {found.outcome for found in said("limits.map-count-for-images", some).values()}


def test_every_check_has_one_judgement_of_a_plain_host_and_none_is_a_fault() -> None:
    for name, check in CHECKS.items():
        found = outcomes(check, ubuntu(BASE))
        assert {item.outcome for item in found.values()} <= {"pass", "skip"}, name
    assert outcome(CHECKS["limits.map-count-for-images"], ubuntu(BASE)).outcome == "skip"
