"""Proofs for the checks about containers, images and swarms, and how a container is recreated as a fix asks."""

from __future__ import annotations

from dataclasses import dataclass

from tests.engine.proof import Proof

__all__ = ["CONTAINER_PROOFS", "CONTAINER_UNPROVEN", "RECREATIONS", "Recreation"]

_RUN = "docker run -d --name c1 busybox:test sleep 999"
_SWARM = "docker swarm init --advertise-addr 127.0.0.1 --listen-addr 127.0.0.1:2377"

CONTAINER_PROOFS = [
    Proof("container.no-default-bridge", {}, before=_RUN),
    Proof("image.content-trust", {}, before="sed -i /DOCKER_CONTENT_TRUST/d /etc/environment"),
    Proof("image.content-trust", {}, before="echo DOCKER_CONTENT_TRUST=0 >> /etc/environment"),
    Proof(
        "engine.unused-images",
        {},
        before=f"{_RUN}; for n in 1 2 3; do printf 'FROM busybox:test\\nENV N=%s\\n' $n | "
        "docker build -q -t n:$n -; done",
    ),
    Proof("swarm.off-unless-declared", {}, before=_SWARM),
    Proof("swarm.autolock", {}, before=_SWARM),
    Proof("swarm.certificate-validity", {}, before=f"{_SWARM} --cert-expiry 4000h"),
]


@dataclass(frozen=True)
class Recreation:
    """A container made with ``bad`` options fails the check; made with ``good`` ones, as the fix says, it passes.

    Attributes:
        check: its id.
        bad: options of the first container.
        good: options of the second; they stand in the fix, unless they are none.
        out: what the fix says to leave out.
    """

    check: str
    bad: str
    good: str = ""
    out: str = ""


RECREATIONS = [
    Recreation("container.no-privileged", "--privileged", out="--privileged"),
    Recreation("container.capabilities", "--cap-add SYS_ADMIN", "--cap-drop ALL --cap-add NET_BIND_SERVICE"),
    Recreation("container.no-dac-read-search", "--cap-add DAC_READ_SEARCH", "--cap-drop DAC_READ_SEARCH"),
    Recreation("container.no-sys-module", "--cap-add SYS_MODULE", "--cap-drop SYS_MODULE"),
    Recreation("container.no-sys-admin", "--privileged", "--cap-drop SYS_ADMIN", out="--privileged"),
    Recreation("container.no-sys-ptrace", "--cap-add ALL", "--cap-drop SYS_PTRACE", out="--cap-add ALL"),
    Recreation("container.seccomp", "--security-opt seccomp=unconfined", out="--security-opt seccomp=unconfined"),
    Recreation("container.no-new-privileges", "", "--security-opt no-new-privileges=true"),
    Recreation("container.non-root-user", "", "--user 10001:10001"),
    Recreation("container.system-paths-masked", "--security-opt systempaths=unconfined", out="systempaths=unconfined"),
    Recreation("container.no-host-network", "--network host", "--network apps"),
    Recreation("container.no-host-pid", "--pid host", out="--pid=host"),
    Recreation("container.no-host-ipc", "--ipc host", out="--ipc=host"),
    Recreation("container.no-host-uts", "--uts host", out="--uts=host"),
    Recreation("container.no-sensitive-mounts", "-v /etc:/data", "--mount type=volume,source=data,target=/data"),
    Recreation("container.no-docker-socket", "-v /run/docker.sock:/run/docker.sock", out="mount"),
    Recreation("container.read-only-root", "", "--read-only --tmpfs /tmp --tmpfs /run"),
    Recreation(
        "container.no-shared-propagation",
        "--mount type=bind,source=/opt,target=/opt,bind-propagation=rshared",
        "--mount type=bind,source=/opt,target=/opt,bind-propagation=rslave",
    ),
    Recreation("container.no-host-devices", "--device /dev/null", out="--device"),
    Recreation("container.no-privileged-ports", "-p 127.0.0.1:80:443", "--publish 127.0.0.1:8443:443"),
    Recreation("container.ports-on-one-interface", "-p 8443:443", "--publish 127.0.0.1:8443:443"),
    Recreation("container.log-rotation", "", "--log-opt max-size=10m --log-opt max-file=3"),
    Recreation("container.health-check", "", "--health-cmd true"),
    Recreation("container.cgroup-parent", "--cgroup-parent /apart", out="--cgroup-parent"),
]
_RECREATED = "the option is fixed when a container is made; shown by recreating the container (test_fixes_recreate)"
_BUILD = "the fix is a change to a Dockerfile, which the host does not have; shown by building (test_cis_containers)"
_PERSON = "only a person can say it; there is nothing to fail here"
_JOIN = "a node's addresses are fixed when it joins; shown by two swarms (test_cis_swarm)"

CONTAINER_UNPROVEN = {
    **{item.check: _RECREATED for item in RECREATIONS},
    **dict.fromkeys(
        (
            "container.no-privileged-exec",
            "container.no-root-exec",
            "container.image-pinned",
            "container.published-ports-needed",
            "container.ulimits",
            "image.minimal-packages",
            "image.scanned-and-rebuilt",
            "image.no-setuid-files",
            "image.signature-verified",
            "image.approved-source",
            "swarm.autolock-key-rotated",
        ),
        _PERSON,
    ),
    **dict.fromkeys(
        (
            "image.non-root-user",
            "image.health-check",
            "image.no-lone-update",
            "image.copy-not-add",
            "image.no-secrets",
            "image.packages-verified",
        ),
        _BUILD,
    ),
    **dict.fromkeys(("swarm.ports-on-one-interface", "swarm.data-on-own-interface"), _JOIN),
    "container.apparmor": "this machine's kernel has no AppArmor",
    "container.selinux": "this machine's engine does not use SELinux",
    "container.user-namespace": "needs an engine that remaps users; shown there (test_cis_containers)",
    "container.no-ssh-daemon": "the fix is another image; the two are shown beside each other (test_cis_containers)",
    "container.healthy": "what is wrong with a container that is not healthy no fix can know",
    "container.image-current": "how the container was made is not on the host; shown by making it anew "
    "(test_cis_containers)",
    "engine.known-escapes": "the fix installs packages from the distribution's archive",
    "engine.selinux-enforcing": "this machine's engine does not use SELinux",
    "engine.no-legacy-registry": "engines since 17.12 have no such setting",
    "swarm.no-privileged-ports": "which port the clients use instead only a person knows",
    "swarm.ports-behind-one-interface": "the fix puts a proxy of the reader's own before the service",
    "swarm.manager-count": "needs three hosts",
    "swarm.overlay-encrypted": "an option of a network is fixed when it is made; shown by two networks "
    "(test_cis_swarm)",
    "swarm.secrets-used": "the service's image must read a file in the place of a variable; shown by two services "
    "(test_cis_swarm)",
    "swarm.root-rotated": "no root certificate can be made old here",
}
