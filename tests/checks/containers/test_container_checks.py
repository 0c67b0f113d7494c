"""Each check of containers on what a real engine said of a hardened one, and on the same with one thing changed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.hosts import checks_in, outcomes
from tests.recorded import GONE, edited
from tests.rows import each_of

CHECKS = {
    key: check
    for file in ("privileges", "isolation", "ports", "resources", "operation")
    for key, check in checks_in("containers", f"{file}.py").items()
}
FULL = "000001ffffffffff"
PRIVILEGED = {"HostConfig": {"Privileged": True}}
SETUP: dict[str, dict[str, Any]] = {
    # what a check needs to apply at all
    "container.apparmor": {
        "info": {"SecurityOptions": ["name=apparmor", "name=seccomp,profile=builtin"]},
        "container": {"AppArmorProfile": "docker-default"},
        "process": {8: "docker-default%20%28enforce%29"},
    },
    "container.selinux": {
        "info": {"SecurityOptions": ["name=seccomp,profile=builtin", "name=selinux"]},
        "container": {"ProcessLabel": "system_u:system_r:container_t:s0:c1,c2"},
    },
    "container.user-namespace": {
        "info": {"SecurityOptions": ["name=seccomp,profile=builtin", "name=userns"]},
        "process": {13: "user:[4026530000]"},
    },
    "container.no-privileged-exec": {},
}
PARAMS = {
    "container.published-ports-needed": {"container_allowed_ports": {"good": ("8080/tcp",)}},
}
# Outcomes of the recorded container that are no pass: only a person can say.
PEOPLE = {"container.no-privileged-exec", "container.no-root-exec", "container.image-pinned"}


def _engine_namespace(kind: str) -> str:
    return str(edited().engine.namespaces.value[kind])


def host_config(**change: Any) -> dict[str, Any]:
    return {"container": {"HostConfig": change}}


def mount(source: str, target: str = "/x", **change: Any) -> dict[str, Any]:
    entry = {"Type": "bind", "Source": source, "Destination": target, "Mode": "", "RW": True, "Propagation": "rprivate"}
    rows = f"{source} {change.pop('resolved', source)} dir 0755 0 0 root root 4096 1 65024 - 0 0\n"
    return {"container": {"Mounts": [{**entry, **change}]}, "sections": {"stat:bind-sources": rows}}


def volume(**options: str) -> dict[str, Any]:
    return {"volume": {"Options": options}}


FAILS: list[tuple[str, dict[str, Any], object, str]] = [
    # id, edits, what is observed, the end of where
    ("container.no-privileged", {"container": PRIVILEGED}, True, "HostConfig.Privileged"),
    ("container.capabilities", {"container": PRIVILEGED}, True, "HostConfig.Privileged"),
    ("container.capabilities", host_config(CapAdd=["cap_sys_time"]), ["SYS_TIME"], "HostConfig.CapAdd"),
    ("container.capabilities", host_config(CapAdd=["CAP_NET_ADMIN"], CapDrop=["ALL"]), ["NET_ADMIN"], "CapAdd"),
    ("container.capabilities", {"process": {5: "0000000000200000"}}, ["SYS_ADMIN"], "/status: CapBnd"),
    ("container.seccomp", {"container": PRIVILEGED}, True, "HostConfig.Privileged"),
    ("container.seccomp", host_config(SecurityOpt=["seccomp=unconfined"]), "unconfined", "HostConfig.SecurityOpt"),
    ("container.seccomp", host_config(SecurityOpt=["seccomp:unconfined"]), "unconfined", "HostConfig.SecurityOpt"),
    ("container.seccomp", {"process": {6: "0"}}, 0, "/status: Seccomp"),
    (
        "container.seccomp",
        {"info": {"SecurityOptions": ["name=seccomp,profile=unconfined"]}},
        {"name": "seccomp", "profile": "unconfined"},
        "GET /info: SecurityOptions",
    ),
    ("container.seccomp", {"info": {"SecurityOptions": []}}, None, "GET /info: SecurityOptions"),
    ("container.no-new-privileges", {"process": {7: "0"}}, False, "/status: NoNewPrivs"),
    ("container.apparmor", {"container": {"AppArmorProfile": "unconfined"}}, "unconfined", "AppArmorProfile"),
    ("container.apparmor", {"container": {"AppArmorProfile": ""}}, "", "AppArmorProfile"),
    ("container.apparmor", {"process": {8: "unconfined"}}, "unconfined", "attr/current"),
    ("container.apparmor", {"process": {8: "mine%20%28complain%29"}}, "mine (complain)", "attr/current"),
    ("container.selinux", {"container": {"ProcessLabel": ""}}, "", "ProcessLabel"),
    ("container.selinux", host_config(SecurityOpt=["label:disable"]), True, "HostConfig.SecurityOpt"),
    ("container.selinux", host_config(SecurityOpt=["label=disable"]), True, "HostConfig.SecurityOpt"),
    (
        "container.selinux",
        {"container": {"ProcessLabel": "system_u:system_r:spc_t:s0"}},
        "system_u:system_r:spc_t:s0",
        "ProcessLabel",
    ),
    ("container.user-namespace", host_config(UsernsMode="host"), True, "HostConfig.UsernsMode"),
    ("container.non-root-user", {"container": {"Config": {"User": ""}}}, {"user": "", "uid": 0}, "Config.User"),
    ("container.non-root-user", {"container": {"Config": {"User": "00"}}}, {"user": "00", "uid": 0}, "Config.User"),
    (
        "container.non-root-user",
        {"container": {"Config": {"User": "0:1000"}}},
        {"user": "0:1000", "uid": 0},
        "Config.User",
    ),
    (
        "container.non-root-user",
        {"container": {"Config": {"User": "root:app"}}},
        {"user": "root:app", "uid": 0},
        "Config.User",
    ),
    (
        "container.non-root-user",
        {"container": {"Config": {"User": "toor"}}, "process": {2: "0"}},
        {"user": "toor", "uid": 0},
        "/status: Uid",
    ),
    ("container.no-host-network", host_config(NetworkMode="host"), True, "HostConfig.NetworkMode"),
    ("container.no-host-network", {"process": {9: _engine_namespace("net")}}, True, "/ns/net"),
    ("container.no-host-pid", host_config(PidMode="host"), True, "HostConfig.PidMode"),
    ("container.no-host-ipc", host_config(IpcMode="host"), True, "HostConfig.IpcMode"),
    ("container.no-host-uts", host_config(UTSMode="host"), True, "HostConfig.UTSMode"),
    ("container.no-host-uts", {"process": {12: _engine_namespace("uts")}}, True, "/ns/uts"),
    (
        "container.no-sensitive-mounts",
        mount("/etc/passwd", RW=False),
        [{"source": "/etc/passwd", "target": "/x", "mode": "ro", "reaches": "/etc"}],
        "Mounts",
    ),
    (
        "container.no-docker-socket",
        mount("/run"),
        [{"source": "/run", "target": "/x", "mode": "rw", "reaches": "/run/docker.sock"}],
        "Mounts",
    ),
    ("container.read-only-root", host_config(ReadonlyRootfs=False), False, "HostConfig.ReadonlyRootfs"),
    ("container.no-shared-propagation", mount("/opt/app", Propagation="rshared"), ["/x: rshared"], "Mounts"),
    ("container.no-shared-propagation", mount("/opt/app", Propagation="shared"), ["/x: shared"], "Mounts"),
    (
        "container.no-host-devices",
        host_config(Devices=[{"PathOnHost": "/dev/sda", "PathInContainer": "/d", "CgroupPermissions": "r"}]),
        ["/dev/sda"],
        "HostConfig.Devices",
    ),
    (
        "container.no-host-devices",
        host_config(DeviceCgroupRules=["a *:* rwm"]),
        ["a *:* rwm"],
        "HostConfig.DeviceCgroupRules",
    ),
    (
        "container.no-host-devices",
        host_config(DeviceRequests=[{"Driver": "", "Count": -1, "DeviceIDs": None, "Capabilities": [["gpu"]]}]),
        ["gpu"],
        "HostConfig.DeviceRequests",
    ),
    ("container.no-host-devices", {"container": PRIVILEGED}, True, "HostConfig.Privileged"),
    (
        "container.no-host-devices",
        mount("/dev/snd"),
        [{"source": "/dev/snd", "target": "/x", "mode": "rw", "reaches": "/dev"}],
        "Mounts",
    ),
    (
        "container.no-privileged-ports",
        {"container": {"NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "::1", "HostPort": "80"}]}}}},
        ["[::1]:80->80/tcp"],
        "NetworkSettings.Ports",
    ),
    (
        "container.published-ports-needed",
        {"container": {"NetworkSettings": {"Ports": {"53/udp": [{"HostIp": "127.0.0.1", "HostPort": "5353"}]}}}},
        ["127.0.0.1:5353->53/udp"],
        "NetworkSettings.Ports",
    ),
    (
        "container.ports-on-one-interface",
        {"container": {"NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "::", "HostPort": "8080"}]}}}},
        ["[::]:8080->80/tcp"],
        "NetworkSettings.Ports",
    ),
    (
        "container.ports-on-one-interface",
        {"container": {"NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "0:0::0", "HostPort": "8080"}]}}}},
        ["[0:0::0]:8080->80/tcp"],
        "NetworkSettings.Ports",
    ),
    ("container.memory-limit", host_config(Memory=0, MemoryReservation=1024), 0, "HostConfig.Memory"),
    (
        "container.cpu-limit",
        host_config(NanoCpus=0, CpuShares=1024),
        [],
        "HostConfig.CpuShares, NanoCpus, CpuQuota, CpusetCpus",
    ),
    ("container.pids-limit", host_config(PidsLimit=None), "no limit", "HostConfig.PidsLimit"),
    ("container.pids-limit", host_config(PidsLimit=0), 0, "HostConfig.PidsLimit"),
    ("container.pids-limit", host_config(PidsLimit=-1), -1, "HostConfig.PidsLimit"),
    *(
        (
            "container.restart-bounded",
            host_config(RestartPolicy={"Name": name, "MaximumRetryCount": count}),
            f"{name}:{count}",
            "HostConfig.RestartPolicy.Name",
        )
        for name, count in (("always", 0), ("unless-stopped", 0), ("on-failure", 0), ("on-failure", 6))
    ),
    ("container.cgroup-parent", host_config(CgroupParent="/mine"), "/mine", "HostConfig.CgroupParent"),
    (
        "container.log-rotation",
        host_config(LogConfig={"Type": "json-file", "Config": {"max-size": "-1"}}),
        "-1",
        "max-size",
    ),
    (
        "container.log-rotation",
        host_config(LogConfig={"Type": "json-file", "Config": {"max-size": "0k"}}),
        "0k",
        "max-size",
    ),
    (
        "container.no-ssh-daemon",
        {"sections": {"cmd:container-tasks": f"{'x' * 64} 1 sh sh\n"}, "container": {"Id": "x" * 64}},
        [],
        "",
    ),
    (
        "container.health-check",
        {"container": {"Config": {"Healthcheck": {"Test0": "NONE", "Count": 1}}}},
        "NONE",
        "Test",
    ),
    ("container.health-check", {"container": {"Config": {"Healthcheck": None}}}, "", "Test"),
    ("container.health-check", {"container": {"State": {"Health": None}}}, "none", "State.Health.Status"),
    ("container.healthy", {"container": {"State": {"Health": {"Status": "unhealthy"}}}}, "unhealthy", "Health.Status"),
    ("container.image-current", {"container": {"Image": "sha256:" + "0" * 64}}, "sha256:" + "0" * 64, "json: Image"),
    ("container.system-paths-masked", host_config(MaskedPaths=[], ReadonlyPaths=[]), [], "HostConfig.MaskedPaths"),
    *(
        (f"container.no-{name.lower().replace('_', '-')}", host_config(CapAdd=[name]), [name], "HostConfig.CapAdd")
        for name in ("DAC_READ_SEARCH", "SYS_MODULE", "SYS_ADMIN", "SYS_PTRACE")
    ),
    *(
        (f"container.no-{name}", {"container": PRIVILEGED}, None, "HostConfig.Privileged")
        for name in ("dac-read-search", "sys-module", "sys-admin", "sys-ptrace")
    ),
    (
        "container.no-default-bridge",
        {"container": {"NetworkSettings": {"Networks": {"odd": {"NetworkID": "BRIDGE"}}}}},
        ["odd"],
        "NetworkSettings.Networks",
    ),
]
FAILS = [item for item in FAILS if item[0] != "container.no-ssh-daemon"]


def judged(check_id: str, edits: dict[str, Any], **params: Any) -> Any:
    setup = SETUP.get(check_id, {})
    facts = edited(**setup) if not edits else edited(**_both(setup, edits))
    (judgement,) = outcomes(CHECKS[check_id], facts, **{**PARAMS.get(check_id, {}), **params}).values()
    return judgement


def _both(setup: dict[str, Any], edits: dict[str, Any]) -> dict[str, Any]:
    found = {**setup}
    for key, change in edits.items():
        found[key] = {**found.get(key, {}), **change}
    return found


@each_of("check_id", [key for key in CHECKS if key not in PEOPLE])
def test_a_hardened_container_passes(check_id: str) -> None:
    judgement = judged(check_id, {})
    assert judgement.outcome == "pass", judgement
    assert judgement.source


@pytest.mark.parametrize("check_id", sorted(PEOPLE))
def test_what_only_a_person_can_say_is_asked(check_id: str) -> None:
    judgement = judged(check_id, {})
    assert judgement.outcome == "manual"
    assert judgement.reason
    assert judgement.reason.endswith(".")


@each_of(("check_id", "edits", "observed", "where"), FAILS)
def test_one_change_fails_and_says_what_and_where(
    check_id: str, edits: dict[str, Any], observed: object, where: str
) -> None:
    if "BRIDGE" in str(edits):
        edits["container"]["NetworkSettings"]["Networks"]["odd"]["NetworkID"] = _bridge()
    judgement = judged(check_id, edits)
    assert judgement.outcome == "fail", judgement
    if observed is not None and not check_id.startswith(("container.no-sys", "container.no-dac")):
        assert judgement.observed == observed
    elif isinstance(observed, list):
        assert observed[0] in judgement.observed
    assert judgement.source.endswith(where)
    assert judgement.fix
    assert "{param}" not in judgement.fix


def _bridge() -> str:
    bridge = edited().networks.default_bridge
    assert bridge is not None
    return str(bridge.id)


def test_every_check_of_containers_has_a_case_that_fails() -> None:
    asked_elsewhere = {"container.no-ssh-daemon", "container.ulimits", *PEOPLE}
    assert set(CHECKS) - {item[0] for item in FAILS} == asked_elsewhere


@each_of(
    ("name", "program", "outcome"),
    [
        ("sshd", "sshd", "fail"),
        ("sshd-session", "sshd-session", "fail"),
        ("worker", "dropbear", "fail"),
        ("tinysshd", "-", "fail"),
        ("ssh-agent", "ssh-agent", "pass"),
        ("sshfs", "sshd-exporter", "pass"),
        ("sshd", "%2fusr%2fsbin%2fsshd%20%28deleted%29", "fail"),
    ],
)
def test_an_ssh_server_is_told_by_its_own_name(name: str, program: str, outcome: str) -> None:
    identity = edited().containers.known_ones[0].id
    sections = {"cmd:container-tasks": f"{identity} 1 sleep sleep\n{identity} 7 {name} {program}\n"}
    assert judged("container.no-ssh-daemon", {"sections": sections}).outcome == outcome


def test_processes_that_could_not_be_seen_decide_nothing() -> None:
    assert judged("container.no-ssh-daemon", {"sections": {"cmd:container-tasks": 13}}).outcome == "error"
    assert judged("container.no-ssh-daemon", {"sections": {"cmd:container-tasks": ""}}).outcome == "error"


LIMIT = {"container": {"HostConfig": {"Ulimits": [{"Name": "nofile", "Soft": 512, "Hard": 1024}]}}}


def test_an_ulimit_that_nobody_declared_is_asked_about() -> None:
    assert judged("container.ulimits", LIMIT).outcome == "manual"
    assert judged("container.ulimits", LIMIT, container_allowed_ulimits={"nofile": "512:1024"}).outcome == "pass"
    refused = judged("container.ulimits", LIMIT, container_allowed_ulimits={})
    assert (refused.outcome, refused.observed) == ("fail", {"nofile": "512:1024"})
    assert judged("container.ulimits", {"container": {"HostConfig": {"Ulimits": None}}}).outcome == "pass"


def test_a_live_privileged_session_is_a_finding_and_an_ended_one_is_not() -> None:
    identity = edited().containers.known_ones[0].id
    line = '{{"ID":"{0}","ContainerID":"{1}","Running":{2},"Privileged":{3},"User":"{4}"}}\n'
    listed = {"container": {"ExecIDs": ["e" * 64]}}

    def with_exec(running: str, privileged: str, user: str) -> dict[str, Any]:
        return {"sections": {"docker:execs": line.format("e" * 64, identity, running, privileged, user)}, **listed}

    assert judged("container.no-privileged-exec", with_exec("true", "true", "app")).outcome == "fail"
    assert judged("container.no-privileged-exec", with_exec("true", "false", "app")).outcome == "manual"
    assert judged("container.no-privileged-exec", with_exec("false", "true", "app")).outcome == "manual"
    assert judged("container.no-root-exec", with_exec("true", "false", "0:0")).outcome == "fail"
    assert judged("container.no-root-exec", with_exec("true", "false", "")).outcome == "manual"
    assert judged("container.no-privileged-exec", {"sections": {"docker:execs": 127}, **listed}).outcome == "error"
    image = edited().containers.known_ones[0].answer.text("Image").value
    named = with_exec("true", "false", "toor")
    named["sections"]["cmd:image-users"] = f"{image} toor 0\n"
    assert judged("container.no-root-exec", named).outcome == "fail"


@pytest.mark.parametrize(
    ("reference", "outcome"),
    [
        ("shop/app@sha256:" + "a" * 64, "pass"),
        ("shop/app:1@sha256:" + "a" * 64, "pass"),
        ("shop/app:1", "manual"),
        ("shop/app", "manual"),
        ("localhost:5000/app", "manual"),
    ],
)
def test_a_digest_pins_an_image_and_a_tag_does_not(reference: str, outcome: str) -> None:
    assert judged("container.image-pinned", {"container": {"Config": {"Image": reference}}}).outcome == outcome


def test_a_missing_field_of_the_engine_s_answer_decides_nothing() -> None:
    for key in ("Privileged", "CapAdd", "ReadonlyRootfs", "Memory", "SecurityOpt", "Devices", "CgroupParent"):
        checks = {
            "Privileged": "container.no-privileged",
            "CapAdd": "container.capabilities",
            "ReadonlyRootfs": "container.read-only-root",
            "Memory": "container.memory-limit",
            "SecurityOpt": "container.seccomp",
            "Devices": "container.no-host-devices",
            "CgroupParent": "container.cgroup-parent",
        }
        judgement = judged(checks[key], host_config(**{key: GONE}))
        assert judgement.outcome == "error", (key, judgement)
        assert "does not have it" in (judgement.reason or "")
