"""Records the snapshot of a Debian host with an engine and a few containers: ``python -m tests.engine.record FILE``.

The tests change copies of it by named edits; what it holds was seen on a real engine.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from tests.engine.harness import Engine


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
    from dockworthy.probe import script  # noqa: PLC0415 - the harness comes first

    with Engine(isolated=True, config={"icc": False, "live-restore": True}) as engine:
        engine.container("--network", "none", "--memory", "64m", name="tight")
        engine.container("--privileged", "-p", "8080:80", name="loose")
        engine.docker("create", "--name", "never-started", "busybox:test", "true")
        done = engine.run("sh", "-s", stdin=script())
        path.write_bytes(without_boot_arguments(done.stdout.encode()))


if __name__ == "__main__":
    record(Path(sys.argv[1]))
