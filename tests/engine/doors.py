"""An ssh server on the network of an engine's host, which leads into it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.engine.harness import Engine

__all__ = ["door", "through"]


def through(folder: Path) -> tuple[str, ...]:
    """The options by which our commands go through the doors whose keys are in a folder."""
    return ("--ssh-config", f"{folder}/ssh_config", "--ssh-identity-file", f"{folder}/id")


def door(engine: Engine, folder: Path, address: str, *names: str) -> subprocess.Popen[bytes]:
    """Open one at an address that the engine's network has, with names; those of one folder share keys."""
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    for name in ("host", "id"):
        if not (folder / name).exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    inside = " ".join(engine.entered(["env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "sh", "-c"]))
    enter, config = folder / f"enter-{address}", folder / f"sshd_config-{address}"
    enter.write_text(f'#!/bin/sh\nexec {inside} "$SSH_ORIGINAL_COMMAND"\n')
    enter.chmod(0o755)
    config.write_text(
        f"ListenAddress {address}:22\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/id.pub\nStrictModes no\n"
        f"UsePAM no\nPidFile none\nPasswordAuthentication no\nPermitRootLogin yes\nForceCommand {enter}\n"
    )
    with (folder / "known_hosts").open("a") as known:
        known.write(f"{','.join((address, *names))} {(folder / 'host.pub').read_text()}")
    (folder / "ssh_config").write_text(
        f"Host *\n  UserKnownHostsFile {folder}/known_hosts\n  GlobalKnownHostsFile none\n  IdentitiesOnly yes\n"
    )
    network = ["nsenter", "--net", "--target", str(engine._inside), "--"]
    return subprocess.Popen([*network, "/usr/sbin/sshd", "-D", "-f", str(config)])
