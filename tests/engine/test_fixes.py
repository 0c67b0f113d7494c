"""Each fix that can be carried out here is.

Break the setting on a real engine, see `fail`, apply the printed fix, see `pass`, and see that the engine still runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.engine.container_proofs import CONTAINER_PROOFS
from tests.engine.fixing import CHECKS, apply_fix, judged
from tests.engine.harness import Engine
from tests.engine.host_proofs import HOST_PROOFS
from tests.engine.proof import Proof
from tests.engine.unproven import UNPROVEN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


PROOFS = [
    Proof("daemon.icc-disabled", {}),
    Proof("daemon.icc-disabled", {"debug": False}, ("--icc=true",)),
    Proof("daemon.log-level-info", {"log-level": "debug"}),
    Proof("daemon.log-level-info", {"debug": True}),
    Proof("daemon.log-level-info", None, ("-D", "-l", "warn")),
    Proof("daemon.iptables-managed", {"iptables": False}),
    Proof("daemon.no-insecure-registries", {"insecure-registries": ["plain.example:5000"]}),
    Proof("daemon.no-insecure-registries", None, ("--insecure-registry", "plain.example:5000", "--live-restore")),
    Proof("daemon.default-ulimits", {}),
    Proof("daemon.userns-remap", {}),
    Proof("daemon.default-cgroup-parent", {"cgroup-parent": "/elsewhere"}),
    Proof("daemon.remote-logging", {"log-driver": "none"}),
    Proof("daemon.no-new-privileges", {"no-new-privileges": False}),
    Proof("daemon.live-restore", {}),
    Proof("daemon.live-restore", None, ("--live-restore=f",)),
    Proof("daemon.userland-proxy-disabled", {"userland-proxy": True}),
    Proof("daemon.seccomp-profile", {"seccomp-profile": "unconfined"}),
    Proof("daemon.no-experimental", {"experimental": True}),
    Proof("file.config-folder-mode", {}, before="chmod 0777 /etc/docker"),
    Proof("file.config-folder-owner", {}, before="chown 12345:12345 /etc/docker"),
    Proof("file.daemon-json-mode", {}, before="chmod 0622 /etc/docker/daemon.json"),
    Proof("file.daemon-json-owner", {}, before="chown 12345 /etc/docker/daemon.json"),
    Proof("file.default-docker-mode", {}, before="chmod 0606 /etc/default/docker"),
    Proof("file.default-docker-owner", {}, before="chown 12345 /etc/default/docker"),
    Proof("file.docker-service-mode", {}, before="chmod 0666 /usr/lib/systemd/system/docker.service"),
    Proof("file.docker-service-owner", {}, before="chown 1:1 /usr/lib/systemd/system/docker.service"),
    Proof("file.docker-socket-unit-mode", {}, before="chmod 0577 /usr/lib/systemd/system/docker.socket"),
    Proof("file.docker-socket-unit-owner", {}, before="chown 1 /usr/lib/systemd/system/docker.socket"),
    Proof("file.api-socket-mode", {}, before="chmod 0666 /run/docker.sock"),
    Proof("file.api-socket-owner", {}, before="chown 12345 /run/docker.sock"),
    Proof("file.containerd-socket-mode", {}, before="chmod 0666 /run/docker/containerd/containerd.sock"),
    Proof("file.containerd-socket-owner", {}, before="chown 12345 /run/docker/containerd/containerd.sock"),
    Proof("container.memory-limit", {}, before="docker run -d --name c1 busybox:test sleep 999"),
    Proof("container.cpu-limit", {}, before="docker run -d --name c1 busybox:test sleep 999"),
    Proof("container.pids-limit", {}, before="docker run -d --name c1 busybox:test sleep 999"),
    Proof("container.restart-bounded", {}, before="docker run -d --restart always --name c1 busybox:test sleep 999"),
    Proof("housekeeping.dangling-images", {}, before="docker tag busybox:test x:1; echo FROM x:1 | docker build -q -"),
    Proof("housekeeping.exited-containers", {}, before="docker run --name c1 busybox:test true"),
    Proof(
        "engine.stopped-containers",
        {},
        before="for n in 1 2 3 4 5 6 7; do docker run --name c$n busybox:test true; done",
    ),
    *CONTAINER_PROOFS,
    *HOST_PROOFS,
]


@pytest.fixture(scope="module")
def host() -> Iterator[Engine]:
    """One host for all proofs; each starts from its own configuration."""
    with Engine(isolated=True) as engine:
        engine.image()
        yield engine


@pytest.mark.slow
@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: f"{proof.check}-{' '.join(proof.args) or 'file'}")
def test_the_printed_fix_works(host: Engine, proof: Proof, tmp_path: Path) -> None:
    host.clear()
    host.run("rm", "-rf", "/etc/systemd/system/docker.service.d")
    host.args = list(proof.args)
    profile: Path | str = "base"
    if proof.profile:
        profile = tmp_path / "profile.yaml"
        profile.write_text(f"extends: base\n{proof.profile}\n")
    if proof.prepare:
        host.run("sh", "-c", proof.prepare)
    host.restart(config=proof.config or {})
    if proof.before:
        host.run("sh", "-c", proof.before)
    before = judged(host, proof.check, proof.param, profile)
    assert before["outcome"] == "fail", before
    assert before["fix"]
    apply_fix(host, before["fix"])
    after = judged(host, proof.check, proof.param, profile)
    assert after["outcome"] in {"pass", "skip"}, (before["fix"], after)
    assert host.request("/_ping")[0] == 200, "the engine does not run any more"


def test_every_check_has_a_proof_or_a_reason_why_none_can_be_had_here() -> None:
    proven = {proof.check for proof in PROOFS}
    missing = sorted(set(CHECKS) - proven - set(UNPROVEN))
    assert missing == []
    assert sorted(set(UNPROVEN) - set(CHECKS)) == []
    assert sorted(proven & set(UNPROVEN)) == []
    assert all(reason.strip() for reason in UNPROVEN.values())
