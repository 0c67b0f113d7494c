"""Records the snapshot of a Debian host with an engine and a few containers: ``python -m tests.engine.record FILE``.

``python -m tests.engine.record rehearsals`` records the hosts of three suites from which upgrades are rehearsed.

The tests change copies of it by named edits; what it holds was seen on a real engine.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from dockworthy.probe import script
from tests.engine.harness import Engine
from tests.engine.roots import system


def without_boot_arguments(data: bytes) -> bytes:
    """The snapshot with a plain kernel command line: that of the machine which records is its own affair."""
    frame = re.search(rb"@ file:/proc/cmdline 0 raw (\d+)\n", data)
    if frame is None:
        return data
    plain = b"BOOT_IMAGE=/boot/vmlinuz root=/dev/vda ro quiet\n"
    rest = data[frame.end() + int(frame[1]) :]
    return data[: frame.start()] + b"@ file:/proc/cmdline 0 raw %d\n%s" % (len(plain), plain) + rest


def record(path: Path) -> None:
    """Set the host up, look at it, write what was seen."""
    with Engine(isolated=True, config={"icc": False, "live-restore": True}) as engine:
        engine.container("--network", "none", "--memory", "64m", name="tight")
        engine.container("--privileged", "-p", "8080:80", name="loose")
        engine.docker("create", "--name", "never-started", "busybox:test", "true")
        done = engine.run("sh", "-s", stdin=script())
        path.write_bytes(without_boot_arguments(done.stdout.encode()))


REHEARSALS: dict[str, dict[str, object]] = {
    "bookworm": {"graph": "/srv/docker", "oom-score-adjust": -500, "icc": False, "log-opts": {"max-size": "10m"}},
    "trixie": {"icc": False, "live-restore": True, "api-cors-header": "https://ui.example.com"},
    "sid": {"live-restore": True, "userland-proxy": False, "ip-forward-no-drop": True},
}
ARGUMENTS = {"sid": ("--allow-nondistributable-artifacts=registry.example.com",)}


def record_rehearsals(folder: Path) -> None:
    """A host of each suite with its own engine, and a configuration that engine takes."""
    folder.mkdir(exist_ok=True)
    for suite, config in REHEARSALS.items():
        with Engine(system=system(suite), config=config, args=ARGUMENTS.get(suite, ())) as engine:
            done = engine.run("sh", "-s", stdin=script())
        (folder / f"{suite}.snapshot").write_bytes(without_boot_arguments(done.stdout.encode()))


if __name__ == "__main__":
    if sys.argv[1] == "rehearsals":
        record_rehearsals(Path(__file__).parent.parent / "data" / "rehearsals")
    else:
        record(Path(sys.argv[1]))
