"""Who needs to read it: views of a run's results. A format never changes a verdict or an exit status.

``write_report(name, results, path=None, folder=None) -> Path | None`` writes one; ``parse_report(text)`` splits
``NAME[=PATH]`` and refuses a name that there is not, before a host is looked at.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.errors import UsageError
from dockworthy.report.interface import writer

if TYPE_CHECKING:
    from dockworthy.results.model import Results

__all__ = ["parse_report", "write_report"]


def parse_report(text: str) -> tuple[str, Path | None]:
    """The format and, where it is given, the path of ``NAME[=PATH]``.

    Raises:
        UsageError: if there is no such format, or the path is empty.
    """
    name, equals, path = text.partition("=")
    writer(name)
    if equals and not path:
        raise UsageError(f"--report {name}=: names no file; leave the = out, or name one.")
    return name, Path(path) if path else None


def write_report(name: str, results: Results, path: Path | None = None, folder: Path | None = None) -> Path | None:
    """Write one report, and return its path.

    Args:
        name: the format.
        results: what is to be told.
        path: its file, put in place by rename; ``-`` is standard output.
        folder: where its file lies, under the format's own name, if there is no path; with neither, the report
            goes to standard output.

    Raises:
        UsageError: if there is no such format or the file cannot be written.
    """
    made = writer(name)
    if path is None and folder is not None:
        path = folder / made.file_name
    if path is None or str(path) == "-":
        made.write(results, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return None
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    in_place = path.exists() and not path.is_file()
    try:
        with (path if in_place else partial).open("wb") as out:
            made.write(results, out)
        if not in_place:
            partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UsageError(f"{path}: the report cannot be written ({error.strerror}); name another place.") from None
    return path
