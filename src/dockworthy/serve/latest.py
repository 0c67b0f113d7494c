"""The run that is the last one now: looked for anew at each request, read anew only where it is another.

What lies in the run's folder is served as it lies there. What does not is made of the record, once for each run.
"""

from __future__ import annotations

import io
import os
import stat
import threading
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.errors import UsageError
from dockworthy.report.formats.interface import writer
from dockworthy.report.formats.prometheus import Prometheus, exposed
from dockworthy.results.reader import read_results
from dockworthy.results.streamed import streamed
from dockworthy.typed import shown_path

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from dockworthy.report.formats.interface import Writer

__all__ = ["Latest", "Part", "Stamp"]

Stamp = tuple[str, int, int, int]  # the file's real path, and by what it is seen that another was put in its place
_NAMES: Final = ("results.json", "results.jsonl")


@dataclass(frozen=True, slots=True)
class Part:
    """Something to be served: a file, or bytes in memory."""

    stamp: Stamp
    stream: BinaryIO  # whoever gets it closes it
    size: int


class Latest:
    """What ``--results`` names: a record, a run's folder, or the folder of the runs, whose ``latest`` is the last."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._made: dict[str, tuple[Stamp, bytes]] = {}
        self._making = threading.Lock()

    def record(self) -> Part:
        """The record; `UsageError` where there is none yet."""
        return self._opened(self._path())

    def report(self, name: str) -> Part:
        """The report of this format; `UsageError` where there is no record, or it is none."""
        path = self._path()
        with self._opened(path).stream as stream:
            stamp = _stamp(path, stream)
        made = writer(name)
        beside = path.parent / (made.file_name or "")
        if path.name in _NAMES and made.file_name is not None and beside.exists():
            return self._opened(beside)
        with self._making:  # several that ask at once are told what was made once
            kept = self._made.get(name)
            if kept is None or kept[0] != stamp:
                kept = self._made[name] = (stamp, _made(made, path))
        return Part(stamp, io.BytesIO(kept[1]), len(kept[1]))

    def _path(self) -> Path:
        """Where the record lies now."""
        for folder in (self._place, self._place / "latest"):
            for name in _NAMES:
                if (folder / name).is_file():
                    return folder.resolve() / name
        if self._place.is_file():
            return self._place
        shown = shown_path(str(self._place))
        raise UsageError(f"{shown}: there is no run yet; `dockworthy check` makes one.")

    def _opened(self, path: Path) -> Part:
        try:
            stream = open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")  # noqa: PTH123, SIM115 - whoever gets it closes it
            info = os.fstat(stream.fileno())
            if not stat.S_ISREG(info.st_mode):
                stream.close()
                raise UsageError(f"{shown_path(str(path))}: is no regular file.")
        except OSError as error:
            raise UsageError(f"{shown_path(str(path))}: cannot be read ({error.strerror}).") from None
        return Part(_stamp(path, stream), stream, info.st_size)


def _made(report: Writer, path: Path) -> bytes:
    """The report of a record; metrics without the record in memory."""
    if isinstance(report, Prometheus):
        with streamed(path) as record:
            return exposed(record)
    out = io.BytesIO()
    report.write(read_results(path), out)
    return out.getvalue()


def _stamp(path: Path, stream: BinaryIO) -> Stamp:
    info = os.fstat(stream.fileno())
    return str(path), info.st_ino, info.st_mtime_ns, info.st_size
