"""Root file systems of Debian's suites, each with its own Docker Engine: ``python -m tests.engine.roots``.

They are made once by ``debootstrap`` and kept outside the checkout, one folder a suite and recipe, complete or not
there at all; an [Engine][tests.engine.harness.Engine] lays a writable folder over one and never changes it. To have
newer packages of a suite, remove its folder.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SERVER", "SUITES", "RootNotMade", "Suite", "made", "system"]

# What another recipe would make otherwise: a change of it makes every folder anew.
_RECIPE = 1
_PACKAGES = (
    "docker.io", "containerd", "runc", "iptables", "ca-certificates", "openssl", "curl", "iproute2", "procps",
    "kmod",
)  # fmt: skip
_FETCHED = ("var/cache/apt/archives", "var/lib/apt/lists", "usr/share/locale", "usr/share/man")
_HOSTS = "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n"
_QUERY = "${Package} ${Version}\n"


class RootNotMade(Exception):  # noqa: N818 - as EngineDidNotStart
    """A root file system is not there and could not be made; the text says why."""


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite of Debian.

    Attributes:
        name: as the archive calls it.
        packages: what is installed besides the essential ones.
    """

    name: str
    packages: tuple[str, ...] = _PACKAGES

    @property
    def folder(self) -> Path:
        """Where its root file system is kept; it is complete if it is there."""
        recipe = hashlib.sha256(repr((_RECIPE, self.packages)).encode()).hexdigest()[:12]
        return _cache() / f"{self.name}-{recipe}"


# The older docker.io holds the docker command itself.
SUITES = {
    "bullseye": Suite("bullseye"),
    "bookworm": Suite("bookworm"),
    "trixie": Suite("trixie", (*_PACKAGES, "docker-cli")),
    "sid": Suite("sid", (*_PACKAGES, "docker-cli")),
}
# What people have on a server beside it: firewalls, upgrades that nobody attends, and an engine without root.
SERVER = Suite(
    "trixie",
    (
        *_PACKAGES, "docker-cli", "unattended-upgrades", "needrestart", "ufw", "nftables", "systemd",
        "systemd-sysv", "rootlesskit", "slirp4netns", "uidmap", "libcap2-bin", "busybox-static",
        "util-linux", "fdisk",
    ),
)  # fmt: skip


def system(name: str) -> Path:
    """The root file system of one of the suites, or of the ``server``; see ``made``."""
    return made(SERVER if name == "server" else SUITES[name])


def made(suite: Suite) -> Path:
    """A root file system, made now if it is not there yet.

    Raises:
        RootNotMade: if it can't be made here.
    """
    if suite.folder.is_dir():
        return suite.folder
    if os.geteuid() != 0:
        raise RootNotMade(f"making a root file system of {suite.name} needs root")
    if shutil.which("debootstrap") is None:
        raise RootNotMade(f"making a root file system of {suite.name} needs debootstrap")
    with _alone(suite):
        if not suite.folder.is_dir():
            _make(suite)
    return suite.folder


def _cache() -> Path:
    return Path(os.environ.get("DOCKWORTHY_ROOTS") or "/var/cache/dockworthy-tests/roots")


@contextmanager
def _alone(suite: Suite) -> Iterator[None]:
    _cache().mkdir(parents=True, exist_ok=True)
    with (_cache() / f".{suite.folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(suite: Suite) -> None:
    """Build beside the place, and move there what is complete."""
    prefix = f".{suite.folder.name}."
    for old in _cache().glob(f"{prefix}*.part"):
        shutil.rmtree(old)
    part = Path(tempfile.mkdtemp(prefix=prefix, suffix=".part", dir=_cache()))
    command = ["debootstrap", "--variant=minbase", f"--include={','.join(suite.packages)}", suite.name, str(part)]
    try:
        done = subprocess.run(
            # What it mounts ends with it, also when it is killed.
            ["unshare", "--mount", "--propagation", "private", *command, *_mirror()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=_environment(),
            check=False,
        )
        if done.returncode:
            log = part / "debootstrap/debootstrap.log"
            words = (log.read_text("utf-8", "replace") if log.exists() else "") + done.stdout
            raise RootNotMade(f"{' '.join(command)} ended with {done.returncode}: {words[-2000:]}")
        for folder in _FETCHED:
            shutil.rmtree(part / folder, ignore_errors=True)
        (part / "var/cache/apt/archives/partial").mkdir(parents=True)
        (part / "var/lib/apt/lists/partial").mkdir(parents=True)
        (part / "etc/hosts").write_text(_HOSTS)
        (part / "etc/hostname").write_text(f"{suite.name}\n")
        (part / "etc/resolv.conf").write_text("")
        part.chmod(0o755)
        part.rename(suite.folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _mirror() -> list[str]:
    """The mirror that this machine's apt asks for Debian's own packages; without one, debootstrap has its usual one."""
    columns = "$(ORIGIN) $(LABEL) $(REPO_URI)"
    told = _told("apt-get", "indextargets", "--format", columns, "Created-By: Packages")
    rows = [line.split() for line in told.splitlines()]
    uris = [row[2] for row in rows if row[:2] == ["Debian", "Debian"] and len(row) == len(columns.split())]
    return [uri.rstrip("/") for uri in uris if uri.startswith(("http://", "https://", "file:"))][:1]


def _environment() -> dict[str, str]:
    """This process's environment, with the proxies of apt's configuration for what debootstrap fetches with."""
    env = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    for scheme in ("http", "https"):
        told = _told("apt-config", "shell", "PROXY", f"Acquire::{scheme}::Proxy")
        proxy = told.strip().removeprefix("PROXY=").strip("'")
        if proxy and proxy != "DIRECT":
            env.setdefault(f"{scheme}_proxy", proxy)
    return env


def _told(*command: str) -> str:
    """What a command prints; nothing where there is no such command."""
    if shutil.which(command[0]) is None:
        return ""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def _told_of(name: str) -> str:
    """What a suite's engine is, once it is there; or why it is not."""
    try:
        root = system(name)
    except RootNotMade as error:
        return f"{name}: not made: {error}"
    query = ["dpkg-query", f"--root={root}", "-W", "-f", _QUERY, "docker.io", "containerd", "runc"]
    return f"{name}: " + ", ".join(
        subprocess.run(query, capture_output=True, text=True, check=True).stdout.splitlines()
    )


def main() -> int:
    """Make all that are missing, beside each other; what can't be made is left to the tests."""
    missing = [name for name, suite in SUITES.items() if not suite.folder.is_dir()]
    with ThreadPoolExecutor(len(SUITES)) as pool:
        for line in pool.map(_told_of, missing):
            sys.stdout.write(f"{line}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
