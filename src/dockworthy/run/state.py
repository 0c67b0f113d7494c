"""One run as it stands: what was planned, what was gathered, what came of it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy.dataclass import dataclass
from dockworthy.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from dockworthy.applied import Applied
    from dockworthy.releases import Release
    from dockworthy.releases.version import Version
    from dockworthy.results.compare import Comparison
    from dockworthy.results.model import Results
    from dockworthy.results.writer import ResultsWriter
    from dockworthy.run.hosts import RunHost
    from dockworthy.run.options import Options
    from dockworthy.run.selection import Selection
    from dockworthy.target import Collected

__all__ = ["Plan"]


@dataclass(slots=True)
class Plan:
    """One run."""

    options: Options
    run_id: str  # unique; also the name of the run's folder
    started: datetime  # by this machine's clock, in UTC
    hosts: list[RunHost]  # with their snapshots and profiles
    gathered: list[Collected]  # what the targets gave, in the order of the hosts
    selection: Selection  # what the options narrow
    writer: ResultsWriter | None = None  # where results go as they come, or None where no file was asked for
    exit_status: int = 0  # what was judged comes to, at the end
    rehearsal: Release | None = None  # the release of the engine that the hosts are judged with in place of their own
    harbor_rehearsal: Version | None = None  # the same of Harbor
    applied: tuple[Applied, ...] = ()  # the files that the hosts are judged with in place of their own
    baseline: Results | None = None  # the run that this one is compared with
    comparison: Comparison | None = None  # with the baseline, at the end
    outcome: Results | None = None  # the whole record, at the end
    failure: str | None = None  # what of it could not be written, as a sentence, or None
    folder: Path | None = None  # the run's own, or None in a plain pytest run
    _folder: tempfile.TemporaryDirectory[str] | None = None

    def for_workers(self) -> dict[str, Any]:
        """What a worker process needs to come to the same hosts, as plain values."""
        if self._folder is None:
            try:
                self._folder = tempfile.TemporaryDirectory(prefix="dockworthy-")
                for number, item in enumerate(self.gathered):
                    if item.data is not None:
                        Path(self._folder.name, f"{number}.snapshot").write_bytes(item.data)
            except OSError as error:
                raise UsageError(f"the workers' snapshots cannot be written ({error.strerror}); see TMPDIR.") from None
        return {
            "folder": self._folder.name,
            "run_id": self.run_id,
            "started": self.started.isoformat(),
            "hosts": [
                {
                    "name": host.name,
                    "target": host.target,
                    "error": host.error,
                    "testinfra": host.testinfra,
                    "now": host.now.isoformat(),
                    "reached": host.snapshot is not None,
                    "profile": item.target.profile,
                    "registries": item.target.registries,
                }
                for host, item in zip(self.hosts, self.gathered, strict=True)
            ],
            "options": self.options._asdict(),
            "applied": [one.as_plain() for one in self.applied],
        }

    def close(self) -> None:
        """Leave no temporary file behind."""
        if self.writer is not None:
            self.writer.close()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None
