"""On a real engine: the traps of CIS sections 4 and 5, each beside a twin that complies.

The containers of the shared engine are started together and looked at once, as a host would be. Where a trap is in the
engine's own settings, an engine of its own is started.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.facts.facts import Facts
from tests.engine.harness import BUSYBOX, Engine
from tests.hosts import checks_in, outcomes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockworthy.check import Judgement

pytestmark = pytest.mark.slow

CHECKS = {
    key: check
    for folder, file in (
        ("containers", "privileges"),
        ("containers", "isolation"),
        ("containers", "ports"),
        ("containers", "resources"),
        ("containers", "operation"),
        ("images", "images"),
        ("engine", "operations"),
    )
    for key, check in checks_in(folder, f"{file}.py").items()
}
PASS, FAIL, SKIP, MANUAL = "pass", "fail", "skip", "manual"
SLEEP = ("sleep", "3600")


@dataclass(frozen=True)
class Case:
    """A container: its name, docker's options, and what the checks named (without ``container.``) must say."""

    name: str
    options: str
    verdicts: dict[str, str]
    command: tuple[str, ...] = SLEEP
    image: str = BUSYBOX
    start: bool = field(default=True)


USER, PRIVILEGED, CAPS = "non-root-user", "no-privileged", "capabilities"
MOUNTS, SOCKET, DEVICES = "no-sensitive-mounts", "no-docker-socket", "no-host-devices"
PORTS, INTERFACE, NEEDED = "no-privileged-ports", "ports-on-one-interface", "published-ports-needed"
NET, PID, IPC, UTS = "no-host-network", "no-host-pid", "no-host-ipc", "no-host-uts"
SECCOMP, GAIN, CPU, RESTART = "seccomp", "no-new-privileges", "cpu-limit", "restart-bounded"
ADMIN, MODULE, TRACE, READ = "no-sys-admin", "no-sys-module", "no-sys-ptrace", "no-dac-read-search"
PROPAGATION, BRIDGE, HEALTH, SSH = "no-shared-propagation", "no-default-bridge", "health-check", "no-ssh-daemon"
MEMORY, PIDS, ROOT, LIMITS, PARENT = "memory-limit", "pids-limit", "read-only-root", "ulimits", "cgroup-parent"
LOGS, PATHS = "log-rotation", "system-paths-masked"
EVERYTHING = {
    PRIVILEGED: FAIL,
    CAPS: FAIL,
    SECCOMP: FAIL,
    DEVICES: FAIL,
    ADMIN: FAIL,
    MODULE: FAIL,
    TRACE: FAIL,
    READ: FAIL,
}

CASES = [
    # 4.1: every spelling of root, and names of the number 0
    Case("user-none", "", {USER: FAIL}),
    Case("user-zero-zero", "--user 0:0", {USER: FAIL}),
    Case("user-double-zero", "--user 00", {USER: FAIL}),
    Case("user-zero-group", "--user 0:1000", {USER: FAIL}),
    Case("user-root-name", "--user root:app", {USER: FAIL}),
    Case("user-toor", "--user toor", {USER: FAIL}),
    Case("user-app", "--user app", {USER: PASS}),
    Case("user-number", "--user 1000", {USER: PASS}),
    Case("user-number-group", "--user 1000:0", {USER: PASS}),
    # 5.4, 5.5, C.5.3.x: what is privileged, whatever it is called
    Case("vanilla", "--privileged", EVERYTHING),
    Case("opted-out", "--privileged --label docker.bench.security=true", EVERYTHING),
    Case(
        "plain",
        "",
        {PRIVILEGED: PASS, CAPS: PASS, SECCOMP: PASS, DEVICES: PASS, ADMIN: PASS, PATHS: PASS, LIMITS: PASS},
    ),
    Case("cap-lower", "--cap-add sys_admin", {CAPS: FAIL, ADMIN: FAIL, MODULE: PASS}),
    Case("cap-prefix", "--cap-add CAP_SYS_PTRACE", {CAPS: FAIL, TRACE: FAIL}),
    Case("cap-all", "--cap-add all", {CAPS: FAIL, ADMIN: FAIL, MODULE: FAIL, TRACE: FAIL, READ: FAIL}),
    Case("cap-all-but-admin", "--cap-add ALL --cap-drop SYS_ADMIN", {CAPS: FAIL, ADMIN: PASS, MODULE: FAIL}),
    Case("cap-both", "--cap-add SYS_ADMIN --cap-drop SYS_ADMIN", {CAPS: FAIL, ADMIN: FAIL}),
    Case("cap-all-both", "--cap-add ALL --cap-drop ALL", {CAPS: FAIL, ADMIN: FAIL}),
    Case("cap-none", "--cap-drop ALL", {CAPS: PASS, ADMIN: PASS, READ: PASS}),
    Case("cap-default", "--cap-add CHOWN", {CAPS: PASS}),
    # 5.6, 5.32: mounts, by what they are
    Case("mount-passwd", "-v /etc/passwd:/x:ro", {MOUNTS: FAIL, SOCKET: PASS}),
    Case("mount-root-home", "-v /root:/x", {MOUNTS: FAIL, SOCKET: PASS}),
    Case("mount-data-root", "-v /var/lib/docker:/x", {MOUNTS: FAIL}),
    Case("mount-parent", "-v /var:/x:ro", {MOUNTS: FAIL}),
    Case("mount-host", "-v /:/host:ro", {MOUNTS: FAIL, SOCKET: FAIL}),
    Case("mount-etc-and-volume", "-v /etc:/x:ro -v data:/y", {MOUNTS: FAIL}),
    Case("mount-device-volume", "-v etc:/x", {MOUNTS: FAIL}),
    Case("mount-overlay-volume", "-v layered:/x", {MOUNTS: FAIL}),
    Case("mount-proc-volume", "-v kernel:/x", {MOUNTS: FAIL}),
    Case("mount-link", "-v /srv/link:/x", {MOUNTS: FAIL}),
    Case("mount-bind", "-v /srv/bound:/x", {MOUNTS: FAIL}),
    Case("mount-over-bind", "-v /srv:/x", {MOUNTS: FAIL}),
    Case("mount-volume-at-etc", "-v data:/etc/app", {MOUNTS: PASS, SOCKET: PASS}),
    Case("mount-tmpfs-at-etc", "--tmpfs /etc/app", {MOUNTS: PASS}),
    Case("mount-library", "-v /library:/x -v /etcetera:/y", {MOUNTS: PASS, SOCKET: PASS}),
    Case("mount-quoted", "-v /opt/app's:/x", {MOUNTS: PASS}),
    Case("socket", "-v /run/docker.sock:/s", {SOCKET: FAIL, MOUNTS: FAIL}),
    Case("socket-old-name", "-v /var/run/docker.sock:/s:ro", {SOCKET: FAIL}),
    Case("socket-folder", "-v /run:/hostrun", {SOCKET: FAIL}),
    Case("socket-link", "-v /opt/run-link:/x", {SOCKET: FAIL}),
    Case("socket-volume", "-v run:/x", {SOCKET: FAIL}),
    Case("socket-containerd", "-v /run/docker/containerd:/x", {SOCKET: FAIL}),
    Case("no-socket", "-v /opt/app:/x", {SOCKET: PASS, MOUNTS: PASS}),
    # 5.7
    Case("ssh-server", "", {SSH: FAIL}, command=("/usr/sbin/sshd",), image="tools:test"),
    Case("ssh-agent", "", {SSH: PASS}, command=("/usr/bin/ssh-agent",), image="tools:test"),
    # 5.8, 5.9, 5.14
    Case("port-ipv6-loopback", "-p [::1]:80:80", {PORTS: FAIL, INTERFACE: PASS, NEEDED: MANUAL}),
    Case("port-ipv6-any", "-p [::]:8081:80", {PORTS: PASS, INTERFACE: FAIL}),
    Case("port-any", "-p 8082:80", {PORTS: PASS, INTERFACE: FAIL}),
    Case("port-udp", "-p 127.0.0.1:53:53/udp", {PORTS: FAIL, INTERFACE: PASS}),
    Case("port-1024", "-p 127.0.0.1:1024:80", {PORTS: PASS, INTERFACE: PASS}),
    Case("port-1023", "-p 127.0.0.1:1023:80", {PORTS: FAIL}),
    Case("port-exposed", "--expose 22", {PORTS: PASS, INTERFACE: PASS, NEEDED: PASS}),
    Case("port-host-listener", "--network host", {PORTS: FAIL, NET: FAIL}, command=("nc", "-l", "-p", "222")),
    Case("port-host-quiet", "--network host", {PORTS: PASS, NET: FAIL}, command=("nc", "-l", "-p", "2222")),
    # 5.10, 5.16, 5.17, 5.21: namespaces, through others and by other names
    Case("net-host", "--network host", {NET: FAIL, UTS: PASS, BRIDGE: PASS}),
    Case("net-of-host", "--network container:net-host", {NET: FAIL}),
    Case("port-of-host-listener", "--network container:net-host", {PORTS: FAIL}, command=("nc", "-l", "-p", "223")),
    Case("net-of-plain", "--network container:plain", {NET: PASS, BRIDGE: FAIL}),
    Case("net-none", "--network none", {NET: PASS, BRIDGE: PASS}),
    Case("net-apps", "--network apps", {NET: PASS, BRIDGE: PASS}),
    Case("net-default", "", {BRIDGE: FAIL}),
    Case("pid-host", "--pid host", {PID: FAIL, IPC: PASS}),
    Case("pid-of-host", "--pid container:pid-host", {PID: FAIL}),
    Case("pid-of-plain", "--pid container:plain", {PID: PASS}),
    Case("ipc-host", "--ipc host", {IPC: FAIL, PID: PASS}),
    Case("ipc-of-host", "--ipc container:ipc-host", {IPC: FAIL}),
    Case("ipc-shareable", "--ipc shareable", {IPC: PASS}),
    Case("uts-host", "--uts host", {UTS: FAIL, NET: PASS}),
    # 5.11, 5.12, 5.13, 5.15, 5.19, 5.25, 5.29
    Case("memory", "--memory 64m", {MEMORY: PASS}),
    Case("memory-reserved", "--memory-reservation 64m", {MEMORY: FAIL}),
    Case("cpu-quota", "--cpu-quota 50000", {CPU: PASS}),
    Case("cpu-set", "--cpuset-cpus 0", {CPU: PASS}),
    Case("cpus", "--cpus 0.5", {CPU: PASS}),
    Case("cpu-shares", "--cpu-shares 512", {CPU: PASS}),
    Case("cpu-shares-default", "--cpu-shares 1024", {CPU: FAIL}),
    Case("read-only", "--read-only", {ROOT: PASS}),
    Case("writable", "", {ROOT: FAIL, MEMORY: FAIL, CPU: FAIL, PIDS: FAIL, HEALTH: FAIL, LOGS: FAIL}),
    Case("restart-always", "--restart always", {RESTART: FAIL}),
    Case("restart-unless-stopped", "--restart unless-stopped", {RESTART: FAIL}),
    Case("restart-on-failure", "--restart on-failure", {RESTART: FAIL}),
    Case("restart-six", "--restart on-failure:6", {RESTART: FAIL}),
    Case("restart-five", "--restart on-failure:5", {RESTART: PASS}),
    Case("restart-no", "--restart no", {RESTART: PASS}),
    Case("ulimit", "--ulimit nofile=512:1024", {LIMITS: MANUAL}),
    Case("cgroup-parent", "--cgroup-parent /apart", {PARENT: FAIL}),
    Case("cgroup-default", "", {PARENT: PASS}),
    Case("pids", "--pids-limit 50", {PIDS: PASS}),
    Case("pids-unlimited", "--pids-limit -1", {PIDS: FAIL}),
    Case("pids-zero", "--pids-limit 0", {PIDS: FAIL}),
    Case("logs-rotated", "--log-opt max-size=1m", {LOGS: PASS}),
    Case("logs-local", "--log-driver local", {LOGS: PASS}),
    Case("logs-none", "--log-driver none", {LOGS: PASS}),
    # 5.18, 5.20
    Case("device", "--device /dev/null:/dev/x", {DEVICES: FAIL}),
    Case("device-rule", "--device-cgroup-rule a_*:*_rwm", {DEVICES: FAIL}),
    Case("device-mount", "-v /dev/shm:/x", {DEVICES: FAIL, MOUNTS: FAIL}),
    Case("propagation-rshared", "--mount type=bind,src=/opt/app,dst=/x,bind-propagation=rshared", {PROPAGATION: FAIL}),
    Case("propagation-shared", "-v /opt/app:/x:shared -v /library:/y", {PROPAGATION: FAIL}),
    Case("propagation-slave", "-v /opt/app:/x:rslave", {PROPAGATION: PASS}),
    # 5.22, 5.26
    Case("seccomp-off", "--security-opt seccomp=unconfined", {SECCOMP: FAIL}),
    Case("seccomp-off-colon", "--security-opt seccomp:unconfined", {SECCOMP: FAIL}),
    Case("seccomp-builtin", "--security-opt seccomp=builtin", {SECCOMP: PASS}),
    Case("gain-false", "--security-opt no-new-privileges=false", {GAIN: FAIL}),
    Case("gain-true", "--security-opt no-new-privileges=true", {GAIN: PASS}),
    Case("gain-colon", "--security-opt no-new-privileges:true", {GAIN: PASS}),
    Case("gain-bare", "--security-opt no-new-privileges", {GAIN: PASS}),
    Case("paths-open", "--security-opt systempaths=unconfined", {PATHS: FAIL}),
    # 5.27
    Case("health", "--health-cmd true --health-interval 1s", {HEALTH: PASS}),
    Case("health-of-image", "", {HEALTH: PASS}, image="checked:test"),
    Case("health-off", "--no-healthcheck", {HEALTH: FAIL}, image="checked:test"),
    # hostile names and labels
    Case("a.b_c-d", "--privileged --label a=$(id)", {PRIVILEGED: FAIL}),
    # what does not run is judged by what it would start with
    Case("made-privileged", "--privileged", {PRIVILEGED: FAIL, SECCOMP: FAIL}, start=False),
    Case("made-user", "--user 0:0 -p 80:80", {USER: FAIL, PORTS: FAIL, INTERFACE: FAIL, BRIDGE: FAIL}, start=False),
    Case("made-range", "-p 1020-1030:80", {PORTS: FAIL}, start=False),
    Case("made-random", "-p 127.0.0.1::80 --user app", {PORTS: PASS, INTERFACE: PASS, USER: PASS}, start=False),
    Case("made-all", "--publish-all --expose 80", {PORTS: PASS, INTERFACE: FAIL}, start=False),
    Case("made-host", "--network container:net-host", {NET: FAIL}, start=False),
    Case("made-well", "--network apps --security-opt no-new-privileges", {GAIN: PASS, BRIDGE: PASS}, start=False),
    Case("made-local", "--network local-only -p 8090:80", {INTERFACE: PASS}, start=False),
]
# Names that begin as a sensitive one's; they cannot be private to the engine's host, and are removed.
AT_THE_TOP = ("/library", "/etcetera")
TOOLS = """FROM busybox:test
COPY script /usr/sbin/sshd
COPY script /usr/bin/ssh-agent
RUN chmod 755 /usr/sbin/sshd /usr/bin/ssh-agent
"""
CHECKED = "FROM busybox:test\nHEALTHCHECK --interval=1s CMD true\n"
IMAGES: list[tuple[str, str, bool, dict[str, str]]] = [
    ("img/root:1", "FROM busybox:test\nUSER 0:0\n", False, {USER: FAIL, HEALTH: FAIL}),
    ("img/toor:1", "FROM busybox:test\nUSER toor\n", False, {USER: FAIL}),
    ("img/app:1", "FROM busybox:test\nUSER app\nHEALTHCHECK CMD true\n", False, {USER: PASS, HEALTH: PASS}),
    ("img/number:1", "FROM busybox:test\nUSER 10001:0\n", True, {USER: PASS}),
    ("img/none:1", "FROM checked:test\nHEALTHCHECK NONE\n", False, {HEALTH: FAIL}),
    ("img/inherits:1", "FROM checked:test\nENV A=b\n", False, {HEALTH: PASS}),
    (
        "img/label:1",
        "FROM busybox:test\nLABEL note=update-policy\nENV LISTEN_ADDR=x\n",
        False,
        {"no-lone-update": PASS},
    ),
    ("img/env:1", "FROM busybox:test\nENV LISTEN_ADDR=0.0.0.0\n", True, {"copy-not-add": PASS}),
    ("img/update:1", "FROM apt:test\nRUN apt-get update\nRUN apt-get install x\n", False, {"no-lone-update": FAIL}),
    ("img/update:2", "FROM apt:test\nRUN apt-get update -qq\n", True, {"no-lone-update": FAIL}),
    ("img/both:1", "FROM apt:test\nRUN apt-get update && apt-get install -y x\n", False, {"no-lone-update": PASS}),
    ("img/both:2", "FROM apt:test\nRUN apt-get update && apt-get install -y x\n", True, {"no-lone-update": PASS}),
    ("img/add:1", "FROM busybox:test\nADD script /x\n", False, {"copy-not-add": FAIL}),
    ("img/add:2", "FROM busybox:test\nADD script /x\n", True, {"copy-not-add": FAIL}),
    ("img/on-added:1", "FROM img/add:1\nCOPY script /y\n", False, {"copy-not-add": PASS}),
    ("img/copy:1", "FROM busybox:test\nCOPY script /ADD\n", True, {"copy-not-add": PASS}),
    (
        "img/insecure:1",
        "FROM apt:test\nRUN apt-get install --allow-unauthenticated x\n",
        False,
        {"packages-verified": FAIL},
    ),
    ("img/secret:1", "FROM busybox:test\nENV DB_PASSWORD=hunter2\n", False, {"no-secrets": FAIL}),
    ("img/no-secret:1", "FROM busybox:test\nENV DB_HOST=db\n", False, {"no-secrets": PASS}),
]
# Imported: they have no history, and what they start with all the same.
IMPORTED: list[tuple[str, str, str]] = [
    ("imported/plain:1", "ENV DB_PASSWORD_FILE=/run/secrets/db", PASS),
    ("imported/env:1", "ENV DB_PASSWORD=hunter2", FAIL),
    ("imported/label:1", "LABEL db.url=postgres://app:hunter2@db/x", FAIL),
    ("imported/command:1", 'CMD ["app", "--password", "hunter2"]', FAIL),
    ("imported/check:1", "HEALTHCHECK CMD curl -H 'Authorization: Bearer hunter2' 127.0.0.1", FAIL),
]


def prepare(engine: Engine) -> None:
    """What the cases refer to."""
    engine.image()
    engine.run("mkdir", "-p", *AT_THE_TOP, "/opt/app", "/opt/app's", "/srv/bound")
    engine.run("ln", "-sfn", "/etc", "/srv/link")
    engine.run("ln", "-sfn", "/var/run", "/opt/run-link")
    engine.run("mount", "--bind", "/usr", "/srv/bound")
    engine.docker("network", "create", "apps")
    local = "com.docker.network.bridge.host_binding_ipv4=127.0.0.1"
    engine.docker("network", "create", "-o", local, "local-only")
    for name, options in {
        "etc": {"type": "none", "o": "bind", "device": "/etc"},
        "run": {"type": "none", "o": "bind", "device": "/run"},
        "kernel": {"type": "proc", "device": "proc"},
        "layered": {"type": "overlay", "device": "overlay", "o": "lowerdir=/etc:/opt"},
    }.items():
        engine.docker("volume", "create", *(f"--opt={key}={value}" for key, value in options.items()), name)
    script = b"#!/bin/sh\nsleep 3600\n"
    engine.build("tools:test", TOOLS, files={"script": script})
    engine.build("checked:test", CHECKED)
    engine.build(
        "apt:test",
        "FROM busybox:test\nCOPY script /bin/apt-get\nRUN chmod 755 /bin/apt-get\n",
        files={"script": b"#!/bin/sh\n"},
    )
    for name, dockerfile, buildkit, _ in IMAGES:
        engine.build(name, dockerfile, buildkit=buildkit, files={"script": script})
    for name, change, _ in IMPORTED:
        engine.image(name, [change])


def start(engine: Engine, case: Case) -> None:
    options = [word.replace("_", " ") if "*:*" in word else word for word in case.options.split()]
    how = ["run", "-d"] if case.start else ["create"]
    engine.docker(*how, "--name", case.name, *options, case.image, *case.command)


@pytest.fixture(scope="module")
def looked_at() -> Iterator[Facts]:
    """What the probe saw of all cases together."""
    with Engine(isolated=True, env={"DOCKER_BUILDKIT": "0"}) as engine:
        prepare(engine)
        for case in CASES:
            start(engine, case)
        engine.run("sleep", "2")
        yield Facts(engine.snapshot())
        engine.clear()
        engine.run("rmdir", *AT_THE_TOP)


@pytest.fixture(scope="module")
def said(looked_at: Facts) -> dict[tuple[str, str | None], Judgement]:
    """What each check says of each container and image."""
    found = {}
    for key, check in CHECKS.items():
        for param, judgement in outcomes(check, looked_at, container_states="all").items():
            found[key, param] = judgement
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_container_is_judged_by_what_is_in_force(case: Case, said: dict[tuple[str, str | None], Judgement]) -> None:
    for check, outcome in case.verdicts.items():
        judgement = said[f"container.{check}", case.name]
        assert judgement.outcome == outcome, (check, judgement)


@pytest.mark.parametrize(("name", "verdicts"), [(image[0], image[3]) for image in IMAGES])
def test_an_image_is_judged_by_how_it_was_built(
    name: str, verdicts: dict[str, str], said: dict[tuple[str, str | None], Judgement]
) -> None:
    for check, outcome in verdicts.items():
        judgement = said[f"image.{check}", name]
        assert judgement.outcome == outcome, (check, judgement)


@pytest.mark.parametrize(("name", "outcome"), [(name, outcome) for name, _, outcome in IMPORTED])
def test_an_imported_image_is_searched_for_secrets(
    name: str, outcome: str, said: dict[tuple[str, str | None], Judgement]
) -> None:
    assert said["image.no-secrets", name].outcome == outcome


def test_nothing_is_left_undecided(said: dict[tuple[str, str | None], Judgement]) -> None:
    undecided = {key: judgement.reason for key, judgement in said.items() if judgement.outcome == "error"}
    # What the lower folders of an overlay volume lead to is not looked at: where they matter they are found by name.
    assert {param for _, param in undecided} <= {"mount-overlay-volume"}


def test_a_host_without_apparmor_and_selinux_is_not_asked_for_them(
    said: dict[tuple[str, str | None], Judgement],
) -> None:
    assert {said[f"container.{check}", "plain"].outcome for check in ("apparmor", "selinux", "user-namespace")} == {
        SKIP
    }


def verdict(engine: Engine, check: str, container: str, **params: Any) -> str:
    found = outcomes(CHECKS[f"container.{check}"], Facts(engine.snapshot()), container_states="all", **params)
    return found[container].outcome


def test_an_engine_wide_unconfined_profile_switches_seccomp_off() -> None:
    with Engine(isolated=True, config={"seccomp-profile": "unconfined"}) as engine:
        engine.container(name="open")
        engine.container("--security-opt", "seccomp=builtin", name="own")
        assert verdict(engine, SECCOMP, "open") == FAIL
        assert verdict(engine, SECCOMP, "own") == PASS


def test_the_engine_s_default_covers_only_containers_made_since() -> None:
    with Engine(isolated=True) as engine:
        engine.container(name="older")
        engine.restart({"no-new-privileges": True})
        engine.docker("start", "older")
        engine.container(name="newer")
        engine.container("--security-opt", "no-new-privileges=false", name="refuses")
        engine.docker("create", "--name", "made", BUSYBOX, "true")
        assert verdict(engine, GAIN, "older") == FAIL
        assert verdict(engine, GAIN, "newer") == PASS
        assert verdict(engine, GAIN, "refuses") == FAIL
        assert verdict(engine, GAIN, "made") == PASS
        engine.docker("stop", "-t", "0", "older")
        assert verdict(engine, GAIN, "older") == "error"


def test_a_default_bridge_of_another_name_is_the_default_bridge() -> None:
    with Engine(isolated=True, start=False) as engine:
        engine.run("ip", "link", "add", "br9", "type", "bridge")
        engine.run("ip", "addr", "add", "192.168.77.1/24", "dev", "br9")
        engine.run("ip", "link", "set", "br9", "up")
        engine.configure({"bridge": "br9"})
        engine.start()
        engine.docker("network", "create", "apps")
        engine.container(name="joined")
        engine.container("--network", "apps", name="apart")
        assert verdict(engine, BRIDGE, "joined") == FAIL
        assert verdict(engine, BRIDGE, "apart") == PASS


def test_without_a_default_bridge_nothing_is_on_it() -> None:
    with Engine(isolated=True, config={"bridge": "none"}) as engine:
        engine.container(name="alone")
        assert verdict(engine, BRIDGE, "alone") == PASS


def test_under_remapping_root_is_root_of_the_container_and_the_host_s_namespace_is_told() -> None:
    with Engine(isolated=True, start=False) as engine:
        engine.write("/etc/subuid", "daemon:100000:65536\n")
        engine.write("/etc/subgid", "daemon:100000:65536\n")
        engine.configure({"userns-remap": "daemon"})
        engine.start()
        engine.container(name="remapped")
        engine.container("--user", "app", name="remapped-app")
        engine.container("--user", "toor", name="remapped-toor")
        engine.container("--userns", "host", name="as-host")
        snapshot = Facts(engine.snapshot())
        users = outcomes(CHECKS["container.non-root-user"], snapshot)
        assert {name: item.outcome for name, item in users.items() if name != "as-host"} == {
            "remapped": FAIL,
            "remapped-app": PASS,
            "remapped-toor": FAIL,
        }
        namespaces = outcomes(CHECKS["container.user-namespace"], snapshot)
        assert {str(name): item.outcome for name, item in namespaces.items()} == {
            "as-host": FAIL,
            "remapped": PASS,
            "remapped-app": PASS,
            "remapped-toor": PASS,
        }


def test_an_engine_s_own_sockets_and_data_are_found_wherever_they_are() -> None:
    arguments = ["--data-root=/srv/images", "-H", "unix:///opt/api/engine.sock", "-H", "unix:///run/docker.sock"]
    with Engine(isolated=True, start=False, args=arguments) as engine:
        engine.run("mkdir", "-p", "/srv/images", "/opt/api", "/opt/quiet")
        engine.run("mount", "-t", "tmpfs", "tmpfs", "/srv/images")
        engine.start()
        engine.container("-v", "/opt/api:/x", name="reaches")
        engine.container("-v", "/opt/quiet:/x", "-v", "data:/data", name="quiet")
        engine.container("-v", "/srv/images:/x", name="data-root")
        assert verdict(engine, SOCKET, "reaches") == FAIL
        assert verdict(engine, SOCKET, "quiet") == PASS
        assert verdict(engine, MOUNTS, "quiet") == PASS
        assert verdict(engine, MOUNTS, "data-root") == FAIL


def test_sessions_that_run_now_are_told(engine: Engine) -> None:
    engine.container("--user", "app", name="used")
    engine.container("--user", "app", name="quiet")
    engine.docker("exec", "-d", "--privileged", "--user", "0:0", "used", "sleep", "600")
    engine.docker("exec", "-d", "quiet", "sleep", "600")
    engine.container("--user", "app", name="renamed")
    engine.docker("exec", "-d", "--user", "toor", "renamed", "sleep", "600")
    assert verdict(engine, "no-root-exec", "renamed") == FAIL
    assert verdict(engine, "no-privileged-exec", "used") == FAIL
    assert verdict(engine, "no-root-exec", "used") == FAIL
    assert verdict(engine, "no-privileged-exec", "quiet") == MANUAL
    assert verdict(engine, "no-root-exec", "quiet") == MANUAL


def test_a_container_older_than_its_tag_is_told(engine: Engine) -> None:
    engine.build("moving:1", "FROM busybox:test\nENV V=1\n")
    engine.container(name="old-one", image="moving:1")
    engine.build("moving:1", "FROM busybox:test\nENV V=2\n")
    engine.container(name="new-one", image="moving:1")
    assert verdict(engine, "image-current", "old-one") == FAIL
    assert verdict(engine, "image-current", "new-one") == PASS


def test_what_lies_about_is_counted(engine: Engine) -> None:
    for number in range(3):
        engine.docker("create", "--name", f"made-{number}", BUSYBOX, "true")
    facts = Facts(engine.snapshot())
    stopped = CHECKS["engine.stopped-containers"]
    assert outcomes(stopped, facts, max_stopped_containers=3)[None].outcome == PASS
    assert outcomes(stopped, facts, max_stopped_containers=2)[None].outcome == FAIL
