"""Record what the tests of containers, images and swarms start from: ``python -m tests.record_snapshots``.

They are what a real engine said of a container and an image that meet every demand, and of a swarm that does; and what
podman says that answers in Docker's name, on a host without an engine.
Sections that other tests have their own cases for are left out.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.engine.harness import Engine, busybox_archive
from tests.engine.roots import Suite, made

if TYPE_CHECKING:
    from dockworthy.snapshot import Snapshot

FOLDER = Path(__file__).parent / "data" / "snapshots"
_KEPT = (
    "cmd:date",
    "docker:",
    "cmd:container-",
    "cmd:image-users",
    "cmd:engine",
    "cmd:content-trust",
    "cmd:listeners",
    "cmd:dpkg-query",
    "cmd:rpm",
    "cmd:apk",
    "cmd:snap",
    "cmd:which",
    "stat:bind-sources",
    "file:/proc/self/mountinfo",
    "file:/sys/module/apparmor/parameters/enabled",
    "file:/sys/fs/selinux/enforce",
)
_NOT_OURS = re.compile(rb" /(mnt|tmp)/| /engine/over| - (cgroup|overlay|devpts) ")
_DOCKERFILE = """\
FROM busybox:test
RUN mkdir /srv && chown app:app /srv
COPY Dockerfile /srv/
HEALTHCHECK --interval=1s CMD true
USER app
CMD ["sleep", "3600"]
"""
_OPTIONS = (
    "--read-only --security-opt no-new-privileges=true --cap-drop ALL --memory 64m --cpus 0.5 --pids-limit 50 "
    "--restart on-failure:3 --network apps --publish 127.0.0.1:8080:8080 --log-opt max-size=1m --volume data:/data "
    "--volume /opt/app:/opt:ro"
)
_SWARM = "--autolock --listen-addr 127.0.0.1:2377 --advertise-addr 127.0.0.1 --data-path-addr lo"
_SERVICE = (
    "--detach --name web --restart-condition on-failure --restart-max-attempts 3 --replicas 1 --network secure "
    "--env PGPASSWORD_FILE=/run/secrets/pg --no-resolve-image"
)
# Its storage is on a file system of its own: none of the kernel's overlays lies on another.
_PODMAN = """
mkdir -p /run/podman /var/lib/containers
mount --bind /var/lib/docker /var/lib/containers
ln -s /run/podman/podman.sock /run/docker.sock
podman system service -t 0 unix:///run/podman/podman.sock >/dev/null 2>&1 </dev/null &
until [ -S /run/podman/podman.sock ]; do sleep 0.1; done
"""
_PODMAN_HOST = Suite(
    "trixie",
    (
        "podman", "docker-cli", "netavark", "aardvark-dns", "runc", "nftables", "iptables", "ca-certificates",
        "openssl", "curl", "iproute2", "procps", "kmod",
    ),
)  # fmt: skip


def main() -> None:
    """Record all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with Engine(isolated=True) as engine:
        engine.run("mkdir", "-p", "/opt/app")
        engine.build("shop/app:1", _DOCKERFILE)
        engine.docker("network", "create", "apps")
        engine.docker("run", "-d", "--name", "good", *_OPTIONS.split(), "shop/app:1")
        engine.run("sleep", "3")
        _write("hardened", engine.snapshot(), engine)
    with Engine(isolated=True) as engine:
        engine.build("shop/app:1", _DOCKERFILE)
        engine.docker("swarm", "init", *_SWARM.split())
        engine.docker("network", "create", "--driver", "overlay", "--opt", "encrypted", "secure")
        engine.docker("service", "create", *_SERVICE.split(), "shop/app:1")
        engine.run("sleep", "5")
        _write("swarm", engine.snapshot(), engine)
    with Engine(system=made(_PODMAN_HOST), start=False) as engine:
        _record_podman(engine)


def _record_podman(engine: Engine) -> None:
    engine.run("sh", "-c", _PODMAN)
    engine.run("podman", "import", "-", "shop/app:1", stdin=busybox_archive())
    engine.run(
        "podman",
        "--runtime",
        "/usr/sbin/runc",
        "run",
        "-d",
        "--name",
        "web",
        "--network=none",
        "shop/app:1",
        "sleep",
        "3600",
    )
    _write("podman", engine.snapshot(), engine)


def _write(name: str, snapshot: Snapshot, engine: Engine) -> None:
    frames = [f"dockworthy-snapshot 1 {snapshot.tool_version}\n".encode()]
    count = 0
    for section in snapshot.sections.values():
        kept = section.name.startswith(_KEPT) and not section.name.startswith("cmd:container-listeners:")
        if not (kept or section.name.startswith("proc:") or section.name.endswith("docker-state.json")):
            continue
        if section.name.endswith(("/environ", "/cmdline")):
            continue
        data = section.data.replace(str(engine.root).encode(), b"/engine")
        if section.name == "file:/proc/self/mountinfo":
            data = b"".join(line for line in data.splitlines(keepends=True) if not _NOT_OURS.search(line))
        frames.append(f"@ {section.name} {section.status} raw {len(data)}\n".encode() + data + b"\n")
        count += 1
    frames.append(f"@end {count}\n".encode())
    (FOLDER / f"{name}.snapshot").write_bytes(b"".join(frames))


if __name__ == "__main__":
    main()
