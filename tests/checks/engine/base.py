"""A compliant Ubuntu host with Docker's own packages and systemd, to be changed by named edits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.hosts import host, row, table

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts

__all__ = ["INFO", "RULES", "SHOW", "STARTED", "UNIT", "VERSION", "good", "ubuntu"]

STARTED = 1_760_000_000
RULES = """-w /usr/bin/dockerd -p rwxa -k docker
-w /run/containerd -p rwxa -k docker
-w /var/lib/docker -p rwxa -k docker
-w /etc/docker -p rwxa -k docker
-w /usr/lib/systemd/system/docker.service -p rwxa -k docker
-w /usr/lib/systemd/system/docker.socket -p rwxa -k docker
-w /run/docker.sock -p rwxa -k docker
-w /etc/default/docker -p rwxa -k docker
-w /etc/containerd/config.toml -p rwxa -k docker
-w /etc/sysconfig/docker -p rwxa -k docker
-w /usr/bin/containerd -p rwxa -k docker
-w /usr/bin/containerd-shim -p rwxa -k docker
-w /usr/bin/containerd-shim-runc-v1 -p rwxa -k docker
-w /usr/bin/containerd-shim-runc-v2 -p rwxa -k docker
-w /usr/bin/runc -p rwxa -k docker
"""
INFO: dict[str, Any] = {
    "ID": "x",
    "Driver": "overlay2",
    "DriverStatus": [["Backing Filesystem", "extfs"], ["Supports d_type", "true"], ["Native Overlay Diff", "true"]],
    "DockerRootDir": "/var/lib/docker",
    "SecurityOptions": ["name=apparmor", "name=seccomp,profile=builtin", "name=cgroupns"],
    "Runtimes": {"runc": {"path": "runc"}, "io.containerd.runc.v2": {"path": "runc"}},
    "DefaultRuntime": "runc",
    "Containerd": {"Address": "/run/containerd/containerd.sock", "Namespaces": {}},
}
VERSION: dict[str, Any] = {
    "Client": {"Version": "28.5.1", "ApiVersion": "1.51", "DefaultAPIVersion": "1.51"},
    "Server": {
        "Version": "28.5.1",
        "ApiVersion": "1.51",
        "MinAPIVersion": "1.24",
        "Components": [
            {"Name": "Engine", "Version": "28.5.1"},
            {"Name": "containerd", "Version": "v1.7.28"},
            {"Name": "runc", "Version": "1.3.0"},
        ],
    },
}
SHOW = """Id=docker.service
LoadState=loaded
ActiveState=active
SubState=running
UnitFileState=enabled
FragmentPath=/usr/lib/systemd/system/docker.service
DropInPaths=
MainPID=812
NeedDaemonReload=no
ExecStart={ path=/usr/bin/dockerd ; argv[]=/usr/bin/dockerd -H fd:// ; ignore_errors=no ; status=0/0 }

Id=docker.socket
LoadState=loaded
ActiveState=active
UnitFileState=enabled
FragmentPath=/usr/lib/systemd/system/docker.socket
DropInPaths=
Listen=/run/docker.sock (Stream)

Id=containerd.service
LoadState=loaded
ActiveState=active
UnitFileState=enabled
"""
UNIT = """[Unit]
Wants=docker.socket

[Service]
Type=notify
ExecStart=/usr/bin/dockerd -H fd://
"""
_MOUNTS = """22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:20 / /run rw,nosuid - tmpfs tmpfs rw
24 22 8:2 / /var/lib/docker rw - ext4 /dev/sdb1 rw
"""
_DF = """Filesystem     1024-blocks     Used Available Capacity Mounted on
/dev/sdb1        103079200 41231680  61847520      40% /var/lib/docker
Filesystem       Inodes  IUsed    IFree IUse% Mounted on
/dev/sdb1       6553600 655360  5898240   10% /var/lib/docker
"""
_DEB = "deb [arch=amd64 signed-by=/etc/apt/keyrings/docker.asc] https://download.docker.com/linux/ubuntu noble stable\n"


def _files() -> dict[str, str]:
    plain = {
        "/etc/docker": row("/etc/docker", "dir", "0755"),
        "/var/lib/docker": row("/var/lib/docker", "dir", "0710", device="2"),
        "/var/lib/containerd": row("/var/lib/containerd", "dir", "0711"),
        "/run/containerd": row("/run/containerd", "dir", "0711"),
        "/run/docker.sock": row("/run/docker.sock", "socket", "0660", "root:docker"),
        "/var/run": row("/var/run", "dir", "0755", resolved="/run"),
        "/": row("/", "dir", "0755"),
        "/lib": row("/lib", "dir", "0755", resolved="/usr/lib"),
        "/run/containerd/containerd.sock": row("/run/containerd/containerd.sock", "socket", "0660"),
        "/usr/share/bash-completion/bash_completion": row("/usr/share/bash-completion/bash_completion"),
        "/usr/share/bash-completion/completions/docker": row("/usr/share/bash-completion/completions/docker"),
        "/etc/bash_completion.d/docker": row("/etc/bash_completion.d/docker", "absent"),
        "/etc/sysconfig/docker": row("/etc/sysconfig/docker", "absent"),
    }
    for path in (
        "/etc/docker/daemon.json",
        "/etc/default/docker",
        "/etc/containerd/config.toml",
        "/usr/lib/systemd/system/docker.service",
        "/usr/lib/systemd/system/docker.socket",
    ):
        plain[path] = row(path)
    for name in (
        "dockerd",
        "containerd",
        "containerd-shim",
        "containerd-shim-runc-v1",
        "containerd-shim-runc-v2",
        "runc",
    ):
        plain[f"/usr/bin/{name}"] = row(f"/usr/bin/{name}", mode="0755")
    return plain


def good(
    *,
    info: dict[str, Any] | None = None,
    version: dict[str, Any] | None = None,
    files: dict[str, str] | None = None,
    show: str = SHOW,
    arguments: tuple[str, ...] = ("-H", "fd://"),
    uid: int = 0,
    daemon_json: str = "{}",
) -> dict[str, Any]:
    """The sections of the host; files are rows by path, and replace or add to the compliant ones."""
    names = sorted(name.rpartition("/")[2] for name in _files() if name.startswith("/usr/bin/"))
    return {
        "file:/etc/os-release": "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=24.04\nVERSION_CODENAME=noble\n",
        "cmd:id": "0 0 root root\n",
        "cmd:engines": (
            f"812 dockerd /usr/bin/dockerd {uid} {STARTED} 1 -\n700 containerd /usr/bin/containerd 0 {STARTED} 1 -\n"
        ),
        "cmd:ns-self": "pid pid:[1]\n",
        "cmd:engine-target": "docker-host -\ncontext default\nendpoint unix:///var/run/docker.sock\n"
        "socket /var/run/docker.sock\npid 812\n",
        "proc:812/cmdline": b"\0".join(word.encode() for word in ("/usr/bin/dockerd", *arguments)) + b"\0",
        "proc:812/environ": b"",
        "proc:812/ns": "pid pid:[1]\n",
        "proc:812/cwd": "/\n",
        "proc:812/listen": "unix /run/docker.sock\nunix /var/run/docker/metrics.sock\n",
        "proc:700/cmdline": b"/usr/bin/containerd\0",
        "proc:700/ns": "pid pid:[1]\n",
        "docker:info": json.dumps({**INFO, **(info or {})}),
        "docker:version": json.dumps({**VERSION, **(version or {})}),
        "docker:df": "",
        "docker:networks": "",
        "cmd:which": "".join(f"{name} /usr/bin/{name} /usr/bin/{name}\n" for name in ["docker", *names]),
        "cmd:dpkg-query": "docker-ce\t5:28.5.1-1~ubuntu.24.04~noble\tinstall ok installed\tamd64\n"
        "containerd.io\t1.7.28-1~ubuntu.24.04~noble\tinstall ok installed\tamd64\n"
        "docker.io\t24.0.7-0ubuntu4\tdeinstall ok config-files\tamd64\n",
        "cmd:rpm": 127,
        "cmd:apk": 127,
        "cmd:snap": 127,
        "list:/etc/apt/sources.list.d": "docker.list\n",
        "file:/etc/apt/sources.list.d/docker.list": _DEB,
        "list:/etc/apt/keyrings": "docker.asc\n",
        "list:/etc/apt/trusted.gpg.d": "ubuntu.gpg\n",
        "list:/etc/yum.repos.d": 2,
        "list:/etc/zypp/repos.d": 2,
        "cmd:systemctl-show": show,
        "file:/usr/lib/systemd/system/docker.service": UNIT,
        "file:/usr/lib/systemd/system/docker.socket": "[Socket]\nListenStream=/run/docker.sock\n",
        "proc:812/unit": "system docker.service\n",
        "cmd:cli-versions": "docker\tDocker version 28.5.1, build e180ab8\n"
        "docker compose\tDocker Compose version v2.40.0\n",
        "file:/etc/passwd": "root:x:0:0::/root:/bin/bash\ndev:x:1000:1000::/home/dev:/bin/bash\n",
        "file:/etc/group": "root:x:0:\ndocker:x:999:\nusers:x:100:\n",
        "cmd:getent-group-docker": "docker:x:999:\n",
        "file:/etc/docker/daemon.json": daemon_json,
        "file:/etc/containerd/config.toml": "version = 2\n",
        "list:/etc/docker/certs.d": 2,
        "list:/etc/containerd/certs.d": 2,
        "file:/proc/self/mountinfo": _MOUNTS,
        "cmd:mounts-of-data-root": _DF,
        "cmd:xfs-info": 2,
        "cmd:auditctl-l": RULES,
        "cmd:auditctl-s": "enabled 1\nfailure 1\n",
        "list:/etc/audit/rules.d": "docker.rules\n",
        "file:/etc/audit/rules.d/docker.rules": RULES,
        "file:/etc/audit/audit.rules": RULES,
        "stat:engine": table(*{**_files(), **(files or {})}.values()),
    }


def ubuntu(edits: dict[str, Any] | None = None, **changes: Any) -> Facts:
    """The host's facts after edits: sections by name, None takes one away; the rest as for `good`."""
    sections = {**good(**changes), **(edits or {})}
    return host({name: value for name, value in sections.items() if value is not None})
