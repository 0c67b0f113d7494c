"""A host to probe: this machine in private name spaces, with files planted where a test wants them.

Nothing outside is changed: `/etc`, `/opt` and the like are overlaid, and everything ends with the name spaces.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy.probe import script
from dockworthy.snapshot import parse_snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dockworthy.snapshot import Snapshot

__all__ = ["COMMANDS", "HOST_SHELLS", "SHELLS", "World", "missing", "without_times"]

SHELLS = {"dash": ["dash"], "bash": ["bash", "--posix"], "ash": ["busybox", "ash"], "ksh": ["ksh"]}
COMMANDS = {**SHELLS, "ksh itself": ["env", "DOCKWORTHY_SAME_SHELL=1", "ksh"]}
"""Ksh gives way to another shell, because it keeps what `$(…)` prints in files; by itself it works, too."""
HOST_SHELLS = tuple(name for name in SHELLS if name != "ksh")
"""Those that look at a host: ksh gives way to dash (`test_shells.py`), which has the same look already."""
OVERLAID = ("/etc", "/opt", "/usr/lib/systemd", "/root", "/run")
MARK = "=== the next shell ==="
TIMES = ("cmd:date", "cmd:timings", "file:/proc/uptime", "cmd:shell")
# What each set of private name spaces has of its own.
OF_THE_SPACES = ("cmd:ns-self", "list:/proc/self/ns", "file:/proc/self/mountinfo")
# Figures of the machine's one disk, on which other programs write meanwhile.
FIGURES = ("cmd:mounts-of-data-root", "df:")
# Counts of what the machine's other programs have.
COUNTS = ("cmd:conntrack-stat", "cmd:inotify-use", "cmd:pids-room", "cmd:tasks", "file:/proc/sys/net/netfilter/")

# An engine's programs where a test brings none: what they print, without the time that 90 MB take to start.
CLIENT = '{"Version":"26.1.5","ApiVersion":"1.45","Os":"linux","Arch":"amd64","Context":"default"}'
PLUGIN = '{"SchemaVersion":"0.1.0","Vendor":"Docker Inc.","Version":"2.26.1","Name":"compose","Path":"/x"}'
ENGINE = {
    "docker": f"""#!/bin/sh
case $1 in
version) echo '{{"Client":{CLIENT},"Server":null}}' ;;
info) echo '{{"ID":"","Driver":"","ServerErrors":["no"],"ClientInfo":{{"Version":"26.1.5","Plugins":[{PLUGIN}]}}}}' ;;
esac
echo 'Cannot connect to the Docker daemon at unix:///none. Is the docker daemon running?' >&2
[ "$1" = info ]
""",
    "docker-compose": "#!/bin/sh\necho Docker Compose version 2.26.1\n",
    "dockerd": "#!/bin/sh\necho Docker version 26.1.5, build 411e817\n",
    "containerd": "#!/bin/sh\necho containerd github.com/containerd/containerd 1.7.24\n",
    "runc": "#!/bin/sh\necho runc version 1.1.15\necho spec: 1.2.0\n",
}


def missing(*tools: str) -> str | None:
    """Why such a host cannot be had here, or None."""
    if os.geteuid() != 0:
        return "private name spaces need root"
    absent = [tool for tool in ("unshare", "mount", *tools) if shutil.which(tool) is None]
    return f"not installed: {', '.join(absent)}" if absent else None


@dataclass
class World:
    """One host.

    Attributes:
        folder: where its changed files lie.
        read_only: mount every file system read-only before the probe starts.
        background: commands that run meanwhile.
    """

    folder: Path
    read_only: bool = False
    background: list[str] = field(default_factory=list)

    def plant(self, path: str | bytes, content: bytes | str = b"", mode: int = 0o644) -> Path:
        """Put a file there."""
        file = Path(os.fsdecode(os.fsencode(self.folder / "over") + os.fsencode(path)))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        file.chmod(mode)
        return file

    def link(self, path: str, target: str) -> None:
        """Put a link there."""
        file = self.folder / f"over{path}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.symlink_to(target)

    def tool(self, name: str, text: str) -> None:
        """Put a program first on the path."""
        file = self.folder / "bin" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        file.chmod(0o755)

    @property
    def programs(self) -> str:
        """The folders of its programs: the ones that were put there, and an engine's."""
        engine = self.folder / "engine"
        if not engine.exists():
            engine.mkdir()
            for name, text in ENGINE.items():
                (engine / name).write_text(text)
                (engine / name).chmod(0o755)
        return f"{self.folder / 'bin'}:{engine}"

    def run(self, shell: str = "dash", **options: Any) -> bytes:
        """Probe it; what was printed."""
        return self.run_each([shell], **options)[0]

    def run_each(
        self,
        shells: Sequence[str],
        *,
        registries: Sequence[str] = (),
        engine_limit: int = 8,
        path: str | None = None,
        env: Mapping[str, str] | None = None,
        text: str | None = None,
    ) -> list[bytes]:
        """Probe it with several shells, one after the other in the same name spaces."""
        setup = ["set -e", "ip link set lo up 2>/dev/null || :"]
        for place in OVERLAID:
            upper, work = self.folder / f"over{place}", self.folder / f"work{place}"
            upper.mkdir(parents=True, exist_ok=True)
            work.mkdir(parents=True, exist_ok=True)
            setup.append(f"mount -t overlay overlay -o lowerdir={place},upperdir={upper},workdir={work} {place}")
        if self.read_only:
            setup.append(
                "for m in / /tmp /dev/shm /run /etc /opt /root; do mount -o remount,bind,ro $m 2>/dev/null || :; done"
            )
            setup.append("! touch /etc/x /tmp/x /root/x 2>/dev/null")
        setup += [f"{command} >/dev/null 2>&1 &" for command in self.background] + ["sleep 0.2"] * bool(self.background)
        probe = self.folder / "probe.sh"
        probe.write_text(text or script(registries, engine_limit=engine_limit))
        setup += [f"{' '.join(COMMANDS[shell])} -s <{probe}; echo; echo {MARK}" for shell in shells]
        done = subprocess.run(
            ["unshare", "-m", "-n", "-p", "-f", "--mount-proc", "sh", "-c", "\n".join(setup)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=120,
            env={
                "PATH": path or f"{self.programs}:{os.environ['PATH']}",
                "HOME": "/root",
                "DOCKER_HOST": f"unix://{self.folder}/none.sock",
                **(env or {}),
            },
        )
        return done.stdout.split(f"\n{MARK}\n".encode())[:-1]

    def snapshot(self, shell: str = "dash", **options: Any) -> Snapshot:
        """Probe it, and read what was printed; it must be whole."""
        return self.snapshots([shell], **options)[0]

    def at_once(self, *shells: str, **options: Any) -> dict[str, Snapshot]:
        """The same for several shells side by side, each in a copy of the world: for what waits long."""
        copies = {shell: replace(self, folder=self.folder / f"for-{shell}") for shell in shells}
        for copy in copies.values():
            shutil.rmtree(copy.folder, ignore_errors=True)
            for part in ("over", "bin"):
                if (self.folder / part).exists():
                    shutil.copytree(self.folder / part, copy.folder / part, symlinks=True)
            copy.folder.mkdir(exist_ok=True)
        with ThreadPoolExecutor(len(shells)) as threads:
            found = {shell: threads.submit(copy.snapshot, shell, **options) for shell, copy in copies.items()}
        return {shell: future.result() for shell, future in found.items()}

    def snapshots(self, shells: Sequence[str], **options: Any) -> list[Snapshot]:
        """The same for several shells."""
        found = [parse_snapshot(data, "probe") for data in self.run_each(shells, **options)]
        assert [snapshot.truncated for snapshot in found] == [False] * len(shells)
        return found


def without_times(snapshot: Snapshot, *more: str) -> dict[str, tuple[int, bytes]]:
    """The sections that two looks at an unchanged host have in common; ``more`` names others to leave out."""
    return {
        name: (section.status, _without_mtimes(section.data) if name.startswith("stat:") else section.data)
        for name, section in snapshot.sections.items()
        if not name.startswith((*TIMES, *FIGURES, *COUNTS, *more))
    }


def _without_mtimes(table: bytes) -> bytes:
    """Other programs write in this machine's folders meanwhile: when, and how large that makes them.

    A file system that is mounted anew gets the next free number of the machine, so these are told by their order.
    """
    rows = [line.split(b" ") for line in table.split(b"\n")]
    devices = list(dict.fromkeys(row[10] for row in rows if len(row) > 10))
    told = [[*row[:10], b"%d" % devices.index(row[10]), *row[11:]] if len(row) > 10 else row for row in rows]
    kept = [row[:8] + row[10:] if len(row) > 2 and row[2] == b"dir" else row for row in told]
    return b"\n".join(b" ".join(row) for row in kept)
