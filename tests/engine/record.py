"""Records the snapshot of a Debian host with an engine and a few containers: ``python -m tests.engine.record FILE``.

The tests change copies of it by named edits; what it holds was seen on a real engine.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.engine.harness import Engine


def record(path: Path) -> None:
    """Set the host up, look at it, write what was seen."""
    from dockworthy.probe import script  # noqa: PLC0415 - the harness comes first

    with Engine(isolated=True, config={"icc": False, "live-restore": True}) as engine:
        engine.container("--network", "none", "--memory", "64m", name="tight")
        engine.container("--privileged", "-p", "8080:80", name="loose")
        engine.docker("create", "--name", "never-started", "busybox:test", "true")
        done = engine.run("sh", "-s", stdin=script())
        path.write_text(done.stdout)


if __name__ == "__main__":
    record(Path(sys.argv[1]))
