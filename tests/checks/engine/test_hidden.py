"""What is hidden from the checks of the engine's host never makes one of them pass."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.checks.engine.base import SHOW, VERSION, good
from tests.checks.engine.test_compliant import FILES
from tests.hosts import checks_in, host, hosts_outcomes, passing, row

CHECKS = [check for parts in FILES for check in checks_in(*parts).values()]
PARAMS: dict[str, Any] = {
    "docker_trusted_users": ("ann",),
    "maintained_engine_versions": {"as_of": date(2026, 8, 1), "source": "x", "series": {"28": date(2026, 5, 1)}},
    "maintained_distribution_versions": {"as_of": date(2026, 8, 1), "source": "x", "series": {"28": None}},
    "maintained_compose_versions": {"as_of": date(2026, 8, 1), "source": "x", "series": {"1": date(2023, 6, 30)}},
}
DROP_IN = "/etc/systemd/system/docker.service.d/x.conf"
NEVER = "-a never,exit -F path=/usr/bin/dockerd -F perm=rwxa\n-a always,exit -F path=/etc/docker -F perm=wa\n"
EXTRA = "/srv/api.sock"


def loose() -> dict[str, Any]:
    """Everything is open: modes, owners, groups, rules, packages, versions."""
    files = {
        "/etc/docker": row("/etc/docker", "dir", "0777", "dev:users"),
        "/etc/docker/daemon.json": row("/etc/docker/daemon.json", mode="0666", owner="dev:users", mtime=2_000_000_000),
        "/run/docker.sock": row("/run/docker.sock", "socket", "0666", "root:users", acl="+"),
        EXTRA: row(EXTRA, "socket", "0660", "root:docker", acl="+"),
        "/run/containerd/containerd.sock": row("/run/containerd/containerd.sock", "socket", "0666", "dev:users"),
        "/var/lib/docker": row("/var/lib/docker", "dir", "0710", device="1"),
        DROP_IN: row(DROP_IN, mode="0666", owner="dev:users", mtime=2_000_000_000),
    }
    return {
        **good(
            files=files,
            show=SHOW.replace("UnitFileState=enabled", "UnitFileState=disabled").replace("Reload=no", "Reload=yes"),
            info={"Driver": "aufs", "DriverStatus": [["Backing Filesystem", "nfs"], ["Supports d_type", "false"]]},
            version={"Server": {**VERSION["Server"], "Version": "17.06.2-ce", "MinAPIVersion": "1.99"}},
            arguments=("-H", "fd://", "-H", f"unix://{EXTRA}"),
        ),
        "cmd:dpkg-query": "docker-engine\t17.06\tinstall ok installed\tx\ndocker.io\t24\tinstall ok installed\tx\n",
        "file:/etc/apt/sources.list.d/docker.list": "deb [trusted=yes] http://download.docker.com/linux/ubuntu n s\n",
        "file:/etc/group": "root:x:0:\ndocker:x:999:eve\nusers:x:100:mallory\n",
        "cmd:getent-group-docker": "docker:x:999:eve\n",
        "cmd:cli-versions": "docker compose\tv2.1.0\ndocker-compose\tdocker-compose version 1.29.2\n",
        "cmd:auditctl-l": "-w /usr/bin/dockerd -p rwxa\n-w /etc/docker -p wa\n",
        "file:/etc/audit/rules.d/docker.rules": NEVER,
        "file:/etc/audit/audit.rules": NEVER,
        "cmd:mounts-of-data-root": "Filesystem 1 U A C M\n/x 100 99 1 99% /\n"
        "Filesystem Inodes U F % M\n/x 100 99 1 99% /\n",
    }


def switched_off() -> dict[str, Any]:
    """The rules are right, but audit is off; images lie in containerd's store on the root file system."""
    store = {"Driver": "overlayfs", "DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]}
    return {**good(info=store), "cmd:auditctl-s": "enabled 0\n"}


def elsewhere() -> dict[str, Any]:
    """The engine was told other places than the usual ones, and those are open."""
    config, root = "/srv/daemon.json", "/srv/data"
    files = {
        config: row(config, mode="0666", owner="dev:users"),
        root: row(root, "dir", "0777", device="1"),
        EXTRA: row(EXTRA, "socket", "0666", "dev:users"),
        "/srv/ctr.sock": row("/srv/ctr.sock", "socket", "0666", "dev:users"),
    }
    arguments = ("--config-file", config, "--data-root", root, "-H", f"unix://{EXTRA}", "--containerd", "/srv/ctr.sock")
    info = {"DockerRootDir": root, "Containerd": None}
    edits = {f"file:{config}": "{}", "proc:812/listen": f"unix {EXTRA}\n"}
    return {**good(files=files, arguments=arguments, info=info), **edits}


@pytest.mark.parametrize("made", [loose, switched_off, elsewhere])
def test_a_hidden_section_never_makes_a_pass(made: Any) -> None:
    sections = made()
    whole, cut = (hosts_outcomes(CHECKS, host(sections, truncated=truncated), **PARAMS) for truncated in (False, True))
    before = passing(whole)
    assert passing(cut) <= before
    wrong = {}
    for name in sections:
        for how, hidden in (
            ("missing", {key: value for key, value in sections.items() if key != name}),
            ("denied", {**sections, name: 13}),
            ("timed out", {**sections, name: 124}),
        ):
            near = cut if how == "missing" else whole
            after = hosts_outcomes(CHECKS, host(hidden, truncated=near is cut), near, **PARAMS)
            more = passing(after) - before
            if more:
                wrong[name, how] = sorted(more, key=str)
    assert wrong == {}
