"""Proofs for the checks about the engine's host: files, audit rules, users, service, storage, completion, Compose."""

from __future__ import annotations

from tests.engine.proof import Proof

__all__ = ["FILES", "HOST_PROOFS", "HOST_UNPROVEN"]

_CERTIFICATES = "/etc/docker/certs.d/registry.test:5000"
_MAKE_CERTIFICATE = f"mkdir -p {_CERTIFICATES}; echo x >{_CERTIFICATES}/client.key; "
_SYSCONFIG = "mkdir -p /etc/sysconfig; echo x >/etc/sysconfig/docker; "
_TLS_FILES = (
    "mkdir -p /etc/tls; cd /etc/tls; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
    "-subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem 2>/dev/null; "
    "cp cert.pem ca.pem; chmod 0444 *.pem; chmod 0400 key.pem"
)
_TLS = (
    "--tlsverify",
    "--tlscacert=/etc/tls/ca.pem",
    "--tlscert=/etc/tls/cert.pem",
    "--tlskey=/etc/tls/key.pem",
    "-H=unix:///var/run/docker.sock",
    "-H=tcp://127.0.0.1:2376",
)
# The kernel's audit belongs to the whole machine: an auditctl that keeps its rules in a file stands in for it, and the
# real augenrules joins the files and calls it.
_AUDIT = r"""
rm -rf /run/audit /etc/audit/rules.d; mkdir -p /run/audit
cat >/run/audit/auditctl <<'EOF'
#!/bin/sh
cd /run/audit || exit 1
case $1 in
-l) if [ -s rules ]; then cat rules; else echo 'No rules'; fi ;;
-s) echo "enabled $(cat enabled 2>/dev/null || echo 0)" ;;
-e) echo "$2" >enabled ;;
-R) grep '^-w' "$2" >rules || true ;;
esac
EOF
chmod 0755 /run/audit/auditctl
mountpoint -q /usr/sbin/auditctl || mount --bind /run/audit/auditctl /usr/sbin/auditctl
"""
_AUDITED = {
    "dockerd": "/dockerd",
    "containerd-state": "/run/docker/containerd",
    "data-root": "/var/lib/docker",
    "config-folder": "/etc/docker",
    "docker-service": "/docker.service",
    "containerd-socket": "/run/docker/containerd/containerd.sock",
    "docker-socket-unit": "/docker.socket",
    "api-socket": "/run/docker.sock",
    "default-docker": "/etc/default/docker",
    "daemon-json": "/etc/docker/daemon.json",
    "containerd-config": "/run/docker/containerd/containerd.toml",
    "sysconfig-docker": "/etc/sysconfig/docker",
    "containerd": "/containerd",
    "containerd-shim": "/containerd-shim",
    "containerd-shim-runc-v1": "/containerd-shim-runc-v1",
    "containerd-shim-runc-v2": "/containerd-shim-runc-v2",
    "runc": "/runc",
}
_OLD_COMPOSE = (
    "mountpoint -q /usr/local/bin || mount -t tmpfs tmpfs /usr/local/bin && "
    "printf '#!/bin/sh\\necho docker-compose version 1.29.2\\n' >/usr/local/bin/docker-compose && "
    "chmod 0755 /usr/local/bin/docker-compose"
)

_DOCKER_SERVICE = "/usr/lib/systemd/system/docker.service"
_DOCKER_SOCKET = "/usr/lib/systemd/system/docker.socket"
# What is done to each file, and the folder that ends like another's is told by its whole path.
FILES = {
    "config-folder-mode": "chmod 0777 /etc/docker",
    "config-folder-owner": "chown 12345:12345 /etc/docker",
    "daemon-json-mode": "chmod 0622 /etc/docker/daemon.json",
    "daemon-json-owner": "chown 12345 /etc/docker/daemon.json",
    "default-docker-mode": "chmod 0606 /etc/default/docker",
    "default-docker-owner": "chown 12345 /etc/default/docker",
    "docker-service-mode": f"chmod 0666 {_DOCKER_SERVICE}",
    "docker-service-owner": f"chown 1:1 {_DOCKER_SERVICE}",
    "docker-socket-unit-mode": f"chmod 0577 {_DOCKER_SOCKET}",
    "docker-socket-unit-owner": f"chown 1 {_DOCKER_SOCKET}",
    "api-socket-mode": "chmod 0666 /run/docker.sock",
    "api-socket-owner": "chown 12345 /run/docker.sock",
    "containerd-socket-mode": "chmod 0666 /run/docker/containerd/containerd.sock",
    "containerd-socket-owner": "chown 12345 /run/docker/containerd/containerd.sock",
    "registry-certificates-mode": f"{_MAKE_CERTIFICATE}chmod 0606 {_CERTIFICATES}/client.key",
    "registry-certificates-owner": f"{_MAKE_CERTIFICATE}chown nobody {_CERTIFICATES}/client.key",
    "sysconfig-docker-mode": f"{_SYSCONFIG}chmod 0622 /etc/sysconfig/docker",
    "sysconfig-docker-owner": f"{_SYSCONFIG}chgrp users /etc/sysconfig/docker",
}

_SOURCES = "/etc/apt/sources.list.d/docker.list"
_GONE = frozenset({"pass", "skip", "0 results"})

HOST_PROOFS = [
    *(
        Proof(f"audit.{name}", {}, group="host", before=_SYSCONFIG + _AUDIT, param=path)
        for name, path in _AUDITED.items()
    ),
    *(
        Proof(
            f"file.{name}",
            {},
            group="host",
            before=command,
            param="/client.key" if name == "registry-certificates-owner" else None,
        )
        for name, command in FILES.items()
    ),
    *(
        Proof(f"file.tls-{name}-{half}", {}, _TLS, before=f"{command} /etc/tls/{file}", prepare=_TLS_FILES)
        for name, file in (("ca", "ca.pem"), ("certificate", "cert.pem"), ("key", "key.pem"))
        for half, command in (("mode", "chmod 0646"), ("owner", "chown nobody"))
    ),
    Proof(
        "host.docker-socket-users",
        {},
        group="misc",
        once="the account is no member any more",
        before="groupadd -f docker; id eve >/dev/null 2>&1 || useradd -M eve; gpasswd -a eve docker; "
        "chown root:docker /run/docker.sock",
        profile="params: {docker_trusted_users: [ann]}",
    ),
    Proof(
        "engine.no-restart-pending",
        {},
        group="stale",
        before="sleep 4; touch /etc/docker/daemon.json",
        param="/daemon.json",
    ),
    Proof(
        "engine.api-reachable",
        {},
        group="down",
        before='kill "$(cat /run/docker.pid)"; while [ -e /run/docker.pid ]; do sleep 0.1; done',
    ),
    Proof("engine.storage-driver", {"storage-driver": "vfs"}),
    Proof(
        "completion.docker",
        {},
        group="host",
        before="rm -f /etc/bash_completion.d/docker; mountpoint -q /usr/share/bash-completion/completions || "
        "mount -t tmpfs tmpfs /usr/share/bash-completion/completions",
    ),
    Proof(
        "engine.repository-approved",
        {},
        group="misc",
        before=f"echo 'deb https://mirror.test/docker-ce/linux/debian trixie stable' >{_SOURCES}",
        named=("use https://download.docker.com/linux/…",),
        person=f"sed -i 's|mirror.test/docker-ce|download.docker.com|' {_SOURCES}",
    ),
    Proof("compose.one-version", {}, group="misc", before=_OLD_COMPOSE),
    Proof("compose.version-maintained", {}, group="misc", before=_OLD_COMPOSE, param="docker-compose", then=_GONE),
]

_PACKAGES = "installs, updates or removes packages, which the tests do not do to the machine that they run on"
_SERVICE = "a service manager carries it out, and the test's host has none"
_FILE_SYSTEM = "needs another file system, made by a person on a device that is free"
HOST_UNPROVEN = {
    "completion.bash": _PACKAGES,
    "compose.installed": _PACKAGES,
    "compose.version-minimum": _PACKAGES,
    "engine.installed": _PACKAGES,
    "engine.no-conflicting-packages": _PACKAGES,
    "engine.device-mapper-tools": _PACKAGES,
    "engine.version-minimum": _PACKAGES,
    "engine.version-maintained": _PACKAGES,
    "engine.client-agrees": _PACKAGES,
    "engine.repository-configured": "adds a repository on the Internet, which the tests do not reach",
    "engine.repository-signed": "fetches a key from the Internet, which the tests do not reach",
    "engine.service-enabled": _SERVICE,
    "engine.service-active": _SERVICE,
    "engine.only-one": _SERVICE,
    "engine.storage-backing": _FILE_SYSTEM,
    "engine.storage-d-type": _FILE_SYSTEM,
    "host.data-root-separate": _FILE_SYSTEM,
    "host.hardened": "a person attests it",
}
