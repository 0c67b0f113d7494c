"""Nothing secret leaves a host: canaries are planted wherever the probe looks, and none comes out in any file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.engine.harness import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOCKWORTHY = [sys.executable, "-m", "dockworthy"]
CANARIES = {
    name: f"canary{number:02d}Zq7Kx9Wv3"
    for number, name in enumerate(
        (
            "container environment",
            "container label",
            "container command",
            "health check",
            "log option",
            "image environment",
            "image history argument",
            "image history literal",
            "image label",
            "proxy password",
            "daemon label value",
            "unit environment",
            "unit environment file",
            "dockerd argument",
            "foreign process environment",
            "private key",
            "key in a certificate",
            "harbor password",
            "kernel argument",
            "service label",
            "default file",
            "compose label",
            "seccomp profile",
            "network option",
            "endpoint option",
            "address pool option",
            "volume option",
            "volume device",
            "mount flag",
            "volume label",
            "argument of a package manager",
            "maintainer",
            "null command",
        )
    )
}
SECCOMP = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": []}
KEY = "-----BEGIN RSA PRIVATE KEY-----\n{0}AAAA{0}\n-----END RSA PRIVATE KEY-----\n"


def canary(name: str) -> str:
    return CANARIES[name]


@pytest.fixture(scope="module")
def planted() -> Iterator[Engine]:
    """An engine's host with a canary in every place."""
    password = canary("proxy password")
    config = {
        "proxies": {"http-proxy": f"http://user:{password}@proxy.example:3128"},
        "labels": [f"token={canary('daemon label value')}"],
    }
    with Engine(
        isolated=True,
        config=config,
        args=["--https-proxy", f"http://user:{canary('dockerd argument')}@proxy.example:3128"],
        env={"DATABASE_PASSWORD": canary("foreign process environment")},
        start=False,
    ) as engine:
        engine.start()
        _plant_files(engine)
        _plant_containers(engine)
        yield engine


def _plant_files(engine: Engine) -> None:
    engine.write(
        "/etc/systemd/system/docker.service.d/env.conf",
        f"[Service]\nEnvironment=DB_PASSWORD={canary('unit environment')}\nEnvironmentFile=/etc/docker/secret.env\n",
    )
    engine.write("/etc/docker/secret.env", f"API_TOKEN={canary('unit environment file')}\n", 0o600)
    engine.write("/etc/default/docker", f'DOCKER_OPTS="--log-opt splunk-token={canary("default file")}"\n')
    folder = "/etc/docker/certs.d/harbor.example.com"
    engine.write(f"{folder}/client.key", KEY.format(canary("private key")), 0o600)
    engine.write(f"{folder}/ca.crt", KEY.format(canary("key in a certificate")), 0o644)
    engine.write("/opt/harbor/harbor.yml", f"hostname: h.example\nharbor_admin_password: {canary('harbor password')}\n")


def _plant_containers(engine: Engine) -> None:
    engine.build(
        "leaky",
        "FROM busybox:test\n"
        f"ARG TOKEN={canary('image history argument')}\n"
        f"ENV SECRET_KEY={canary('image environment')}\n"
        f"LABEL password={canary('image label')}\n"
        f"RUN export PASSWORD={canary('image history literal')}; true\n"
        f"LABEL org.opencontainers.image.description={canary('image label')}\n"
        f"MAINTAINER {canary('maintainer')}\n"
        f"RUN pip() {{ :; }}; pip install {canary('argument of a package manager')}; true\n"
        f'CMD ["NONE", "{canary("null command")}"]\n',
    )
    engine.write("/etc/docker/seccomp.json", json.dumps(SECCOMP | {"comment": canary("seccomp profile")}))
    engine.docker(
        *("network", "create", "--opt", f"com.example.site={canary('network option')}"),
        *("--ipam-opt", f"site={canary('address pool option')}", "leaky-net"),
    )
    engine.docker(
        *("volume", "create", "--opt", "type=tmpfs", "--opt", f"device=https://u:{canary('volume device')}@h/x"),
        *("--opt", f"o=size=1m,password={canary('volume option')},{canary('mount flag')}"),
        *("--label", f"site={canary('volume label')}", "leaky-volume"),
    )
    engine.docker(
        *("run", "-d", "--name", "leaky"),
        *("-e", f"PASSWORD={canary('container environment')}"),
        *("--label", f"secret={canary('container label')}"),
        *("--label", f"com.docker.compose.environment={canary('compose label')}"),
        *("--security-opt", "seccomp=/etc/docker/seccomp.json"),
        *("--network", f"name=leaky-net,driver-opt=site={canary('endpoint option')}"),
        *("--health-cmd", f"test {canary('health check')}"),
        *("--log-opt", "max-size=1m", "--log-opt", f"tag={canary('log option')}"),
        *("leaky", "sh", "-c", f"sleep 999; : {canary('container command')}"),
    )


def leaks(text: bytes) -> list[str]:
    """The places whose canary is in there."""
    return [name for name, value in CANARIES.items() if value.encode() in text]


def test_no_canary_is_in_anything_that_a_run_writes_or_prints(planted: Engine, tmp_path: Path) -> None:
    """Snapshot, results, JUnit, HTML, every other report, standard output and error."""
    done = planted.run(
        *DOCKWORTHY, "collect", "-o", str(tmp_path / "snapshots"), "--registry", "harbor.example.com", check=False
    )
    printed = done.stdout + done.stderr
    run = [*DOCKWORTHY, "check", "--output-dir", str(tmp_path / "reports"), "--registry", "harbor.example.com"]
    for more in ([], ["--", "-v", "-rA"]):
        done = planted.run(*run, *more, check=False, timeout=300)
        assert done.returncode in {0, 1, 6}, done.stderr
        printed += done.stdout + done.stderr
    latest = tmp_path / "reports" / "latest" / "results.json"
    for form in ("sh", "ansible"):
        done = planted.run(*DOCKWORTHY, "remediate", str(latest), "--format", form, check=False)
        printed += done.stdout + done.stderr
    assert leaks(printed.encode()) == []
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} >= {".snapshot", ".json", ".jsonl", ".xml", ".html"}
    assert {path.name: leaks(path.read_bytes()) for path in files if leaks(path.read_bytes())} == {}


def test_no_password_of_a_target_or_an_inventory_comes_out(tmp_path: Path) -> None:
    secret = "canaryZq7InTarget"
    inventory = tmp_path / "hosts"
    inventory.write_text(
        "[web]\n"
        f"w1 ansible_host=127.0.0.1 ansible_port=1 ansible_user=u ansible_password={secret} ansible_ssh_pass={secret}\n"
        f"[web:vars]\nansible_become_password={secret}\ndb_password={secret}\n"
    )
    printed = b""
    for arguments in (
        ["--inventory", str(inventory)],
        [f"paramiko://user:{secret}@127.0.0.1:1"],
        [f"paramiko://user:p@{secret}@127.0.0.1:1"],
        [f"ssh://user:{secret}@127.0.0.1:1"],
        [f"gopher://user:{secret}@host"],
    ):
        done = subprocess.run(
            [*DOCKWORTHY, "check", "--host-timeout", "20", "--output-dir", str(tmp_path / "out"), *arguments],
            capture_output=True,
            check=False,
            cwd=tmp_path,
            env={**os.environ, "HOME": str(tmp_path)},
        )
        assert done.returncode in {4, 6}, done.stderr
        printed += done.stdout + done.stderr
    assert secret.encode() not in printed
    for path in tmp_path.rglob("*"):
        if path.is_file() and path != inventory:
            assert secret.encode() not in path.read_bytes(), path
