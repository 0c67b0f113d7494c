"""From target names to snapshots' bytes, all before pytest collects."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from dockworthy.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dockworthy.run.plan import Options
    from dockworthy.snapshot import Snapshot

__all__ = ["Gathered", "gather"]


@dataclass(frozen=True, slots=True)
class Gathered:
    label: str
    data: bytes | None
    error: str | None = None
    testinfra: str | None = None
    seconds: float = 0.0
    round_trips: int = 0

    def host_name(self, snapshot: Snapshot | None) -> str:
        if snapshot is not None:
            name = snapshot.text("cmd:hostname")
            if name.is_known and name.value.strip():
                return name.value.split()[0]
        return self.label


def gather(options: Options, registries: Sequence[str]) -> list[Gathered]:
    from dockworthy.probe import script

    found = []
    for spec in options.target or ("local://",):
        start = perf_counter()
        if spec == "local://":
            done = subprocess.run(["sh", "-s"], input=script(registries).encode(), capture_output=True, check=False)
            found.append(Gathered(spec, done.stdout, None, "local://", perf_counter() - start, 1))
        elif spec.startswith("snapshot:"):
            try:
                found.append(Gathered(spec, Path(spec[9:]).read_bytes()))
            except OSError as error:
                raise UsageError(f"{spec[9:]} cannot be read: {error.strerror}.") from None
        else:
            raise UsageError(f"{spec}: unknown target")
    return found
