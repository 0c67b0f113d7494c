from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dockworthy.probe import script

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def short_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """The probe, with a `main` that looks at nothing: for tests of a way that others go with the whole probe."""
    head, call, rest = script().rpartition("\nmain ")
    looks = "main() { printf '%s\\n' 'dockworthy-snapshot 1 0.1.0' '@ cmd:hostname 0 raw 5' short '@end 1'; }"
    monkeypatch.setattr("dockworthy.target._script.script", lambda *_, **__: f"{head}\n{looks}{call}{rest}")


SUDO = """#!/bin/sh
# A sudo that knows the password `s3cret`; it takes one line of its standard input for it, as sudo -S does.
ask=
while :; do
    case $1 in
    -S) ask=1 ;;
    -n) [ -e "%(folder)s/no-password" ] || { echo "sudo: a password is required" >&2; exit 1; } ;;
    -p | -u) shift ;;
    *) break ;;
    esac
    shift
done
if [ -n "$ask" ] && [ ! -e "%(folder)s/no-password" ]; then
    IFS= read -r given
    [ "$given" = s3cret ] || { echo "sudo: 1 incorrect password attempt" >&2; exit 1; }
fi
echo "$*" >"%(folder)s/sudo-ran"
exec "$@"
"""


@dataclass
class SshServer:
    """A real sshd on this machine, for one key."""

    port: int
    folder: Path
    user: str

    @property
    def target(self) -> str:
        return f"ssh://{self.user}@127.0.0.1:{self.port}"

    @property
    def config(self) -> str:
        return str(self.folder / "ssh_config")

    @property
    def key(self) -> str:
        return str(self.folder / "id")


@pytest.fixture
def ssh_server(tmp_path: Path) -> Iterator[SshServer]:
    sshd = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/sbin")
    if sshd is None or shutil.which("ssh") is None or os.geteuid() != 0:
        pytest.skip("an ssh server and client, and root, are needed")
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    for name in ("host", "id", "other"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)], check=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "bin").mkdir()
    sudo = tmp_path / "bin/sudo"
    sudo.write_text(SUDO % {"folder": tmp_path})
    sudo.chmod(0o755)
    (tmp_path / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {tmp_path}/host\nAuthorizedKeysFile {tmp_path}/id.pub\n"
        f"StrictModes no\nUsePAM no\nPidFile none\nPasswordAuthentication no\nPermitRootLogin yes\n"
        f"SetEnv PATH={tmp_path}/bin:/usr/bin:/bin\n"
    )
    known = f"[127.0.0.1]:{port} {(tmp_path / 'host.pub').read_text()}"
    (tmp_path / "known_hosts").write_text(known)
    (tmp_path / "ssh_config").write_text(
        f"Host *\n  UserKnownHostsFile {tmp_path}/known_hosts\n  GlobalKnownHostsFile none\n  IdentitiesOnly yes\n"
    )
    server = subprocess.Popen([sshd, "-D", "-f", str(tmp_path / "sshd_config")], stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield SshServer(port, tmp_path, "root")
    finally:
        server.terminate()
        server.wait(10)


def _wait_for(port: int) -> None:
    for _ in range(500):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("sshd does not listen")
