"""Proofs for the checks about containers: fixed while they run, or recreated as the fix says.

A container's name is that of its check, so that all of them stand beside each other on one engine.
"""

from __future__ import annotations

from tests.engine.proof import Proof

__all__ = ["CONTAINER_PROOFS", "CONTAINER_UNPROVEN"]

_SLEEP = "busybox:test sleep 3600"
# The address that the fixes print stands for one of the host's own.
_ADDRESS = "ip address replace 192.0.2.10/32 dev lo"
_WGET = "--health-cmd 'wget -q -O /dev/null http://127.0.0.1:8080/ || exit 1' --health-interval 30s"
_TARGET = "type=bind,source=DIR,target=DIR,bind-propagation="
_ALL_STATES = "params: {container_states: all}"


def _run(check: str, options: str, command: str = _SLEEP) -> str:
    return f"docker run -d --name {check} {options} {command}"


def _fixed(check: str, options: str = "", once: str = "") -> Proof:
    """The fix is a command, and is carried out on the container that runs."""
    name = check.partition(".")[2]
    return Proof(check, {}, before=_run(name, options), param=name, group="containers", prepare=_ADDRESS, once=once)


def _recreated(
    check: str, bad: str, good: str = "", *, named: str = "", profile: str = "", command: str = _SLEEP
) -> Proof:
    """The fix says with which options to make the container anew; ``named`` is how it says it."""
    name = check.partition(".")[2]
    return Proof(
        f"container.{name}",
        {},
        before=_run(name, bad, command),
        param=name,
        profile=profile,
        group="containers",
        prepare=_ADDRESS,
        named=(named or good,),
        person=f"docker rm -f -v {name} && {_run(name, good)}",
    )


CONTAINER_PROOFS = [
    _fixed("container.memory-limit"),
    _fixed("container.cpu-limit"),
    _fixed("container.pids-limit"),
    _fixed("container.restart-bounded", "--restart always"),
    _fixed("container.no-default-bridge", once="it is connected already"),
    _recreated("container.no-privileged", "--privileged", named="without --privileged"),
    _recreated("container.capabilities", "--cap-add NET_ADMIN", "--cap-drop ALL --cap-add NET_BIND_SERVICE"),
    _recreated("container.no-dac-read-search", "--cap-add DAC_READ_SEARCH", "--cap-drop DAC_READ_SEARCH"),
    _recreated("container.no-sys-module", "--cap-add CAP_SYS_MODULE", "--cap-drop SYS_MODULE"),
    _recreated("container.no-sys-admin", "--cap-add sys_admin", "--cap-drop SYS_ADMIN"),
    _recreated("container.no-sys-ptrace", "--cap-add ALL", "--cap-drop SYS_PTRACE"),
    _recreated(
        "container.seccomp",
        "--security-opt seccomp=unconfined",
        named="leave --security-opt seccomp=unconfined and --privileged out",
    ),
    _recreated("container.no-new-privileges", "", "--security-opt no-new-privileges=true"),
    _recreated("container.non-root-user", "", "--user 10001:10001"),
    _recreated(
        "container.system-paths-masked",
        "--security-opt systempaths=unconfined",
        named="without --security-opt systempaths=unconfined",
    ),
    Proof(
        "container.no-host-network",
        {},
        before=_run("no-host-network", "--network host"),
        param="no-host-network",
        group="containers",
        prepare=_ADDRESS,
        named=("docker network create apps && docker run --network apps",),
        person="docker network create own; docker rm -f no-host-network; " + _run("no-host-network", "--network own"),
    ),
    _recreated("container.no-host-pid", "--pid host", named="without --pid=host"),
    _recreated("container.no-host-ipc", "--ipc host", named="without --ipc=host"),
    _recreated("container.no-host-uts", "--uts host", named="without --uts=host"),
    _recreated("container.no-sensitive-mounts", "-v /etc:/data", "--mount type=volume,source=data,target=/data"),
    _recreated("container.no-docker-socket", "-v /run:/host-run:ro", named="without the mount that holds the socket"),
    _recreated("container.read-only-root", "", "--read-only --tmpfs /tmp --tmpfs /run"),
    _recreated(
        "container.no-shared-propagation",
        f"--mount {_TARGET}rshared".replace("DIR", "/opt"),
        f"--mount {_TARGET}rslave".replace("DIR", "/opt"),
        named=f"--mount {_TARGET}rslave",
    ),
    _recreated("container.no-host-devices", "--device /dev/null:/dev/other", named="without --device"),
    _recreated("container.no-privileged-ports", "-p 127.0.0.1:80:443", "--publish 192.0.2.10:8443:443"),
    _recreated(
        "container.ports-on-one-interface",
        "-p 8444:443",
        "--publish 192.0.2.10:8444:443",
        named="--publish 192.0.2.10:8443:443",
    ),
    _recreated(
        "container.published-ports-needed",
        "-p 192.0.2.10:8445:443",
        named="without the ports that nobody needs",
        profile="params: {container_allowed_ports: {'*': ['8446']}}",
    ),
    _recreated("container.log-rotation", "", "--log-opt max-size=10m --log-opt max-file=3"),
    _recreated("container.health-check", "--no-healthcheck", _WGET),
    _recreated(
        "container.ulimits",
        "--ulimit nofile=64:64",
        named="without --ulimit",
        profile="params: {container_allowed_ulimits: {}}",
    ),
    # Created and not run: the kernel would keep the group.
    Proof(
        "container.cgroup-parent",
        {},
        before="docker create --name cgroup-parent --cgroup-parent /apart busybox:test true",
        param="cgroup-parent",
        profile=_ALL_STATES,
        group="containers",
        prepare=_ADDRESS,
        named=("without --cgroup-parent",),
        person="docker rm cgroup-parent; docker create --name cgroup-parent busybox:test true",
    ),
    Proof(
        "container.no-ssh-daemon",
        {},
        before='printf \'FROM busybox:test\\nRUN printf "#!/bin/sh\\\\nsleep 3600\\\\n" >/bin/sshd; chmod 755 /bin/sshd'
        "' | docker build -q -t with-ssh --network none - && " + _run("no-ssh-daemon", "", "with-ssh sshd"),
        param="no-ssh-daemon",
        group="containers",
        prepare=_ADDRESS,
        named=("Take the SSH server out of the image", "recreate no-ssh-daemon"),
        person="docker rm -f no-ssh-daemon; " + _run("no-ssh-daemon", ""),
    ),
    Proof(
        "container.image-current",
        {},
        before="docker tag busybox:test moving:1; "
        + _run("image-current", "", "moving:1 sleep 3600")
        + "; printf 'FROM busybox:test\\nENV NEW=1' | docker build -q -t moving:1 -",
        param="image-current",
        group="containers",
        prepare=_ADDRESS,
        named=("docker rm -f image-current, then docker run",),
        person="docker rm -f image-current; " + _run("image-current", "", "moving:1 sleep 3600"),
    ),
    # What was done before is for a person to attest, when nothing is being done now.
    *(
        Proof(
            f"container.{name}",
            {},
            before=f"{_run(name, '--user 10001')}; docker exec -d {option} {name} tail -f /dev/null",
            param=name,
            group="containers",
            prepare=_ADDRESS,
            named=("End the session",),
            person=f"docker exec -u 0 {name} killall -q tail; sleep 1",
            then=frozenset({"manual"}),
        )
        for name, option in (("no-privileged-exec", "--privileged"), ("no-root-exec", "--user 0"))
    ),
    Proof(
        "container.image-pinned",
        {},
        before=_run("image-pinned", ""),
        param="image-pinned",
        group="containers",
        prepare=_ADDRESS,
        named=("Name the image by its digest",),
        person="id=$(docker inspect --format '{{.Image}}' image-pinned); docker rm -f image-pinned; "
        + _run("image-pinned", "", '"$id" sleep 3600'),
        first="manual",
    ),
    Proof(
        "container.user-namespace",
        {"userns-remap": "default"},
        before=_run("user-namespace", "--userns host"),
        param="user-namespace",
        named=("without --userns=host",),
        person=f"docker rm -f user-namespace && {_run('user-namespace', '')}",
    ),
    Proof(
        "engine.stopped-containers",
        {},
        group="leftovers",
        before="for n in 1 2 3 4 5 6 7; do docker run --name c$n busybox:test true; done",
    ),
    Proof("housekeeping.exited-containers", {}, group="leftovers"),
]

CONTAINER_UNPROVEN = {
    "container.apparmor": "the kernel of the test's machine has no AppArmor",
    "container.selinux": "the kernel of the test's machine has no SELinux",
    "container.settings-obeyed": "an engine makes no container with a setting that its release does not have",
    "container.healthy": "the fix shows what is wrong with the program in the container; to fix that is its owner's",
    "engine.known-escapes": "installs packages, which the tests do not do to the machine that they run on",
    "engine.selinux-enforcing": "the kernel of the test's machine has no SELinux",
    "engine.no-legacy-registry": "engines since 17.12 have no such setting",
}
