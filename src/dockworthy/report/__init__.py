"""Who needs to read it: views of a run's results. A format never changes a verdict or an exit status."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.errors import UsageError
from dockworthy.report.formats.interface import names, writer
from dockworthy.writing import STANDARD_OUTPUT, refuse_place, standard_output, written

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockworthy.results.model import Results

__all__ = ["is_printed", "parse_report", "parse_reports", "write_report"]


def parse_report(text: str, option: str = "--report") -> tuple[str, Path | None]:
    """The format and the path of ``NAME[=PATH]``, looked at but not touched; `UsageError` if it cannot be written."""
    name, equals, path = text.partition("=")
    if not name:
        raise UsageError(f"{option} names no format; there are {', '.join(names())}.")
    writer(name)
    if equals and not path:
        raise UsageError(f"{option} {name}=: names no file; leave the = out, or name one.")
    if equals and path != STANDARD_OUTPUT:
        refuse_place(Path(path), f"{option} {name}=")
    return name, Path(path) if path else None


_RECORDS = ("json", "jsonl")


def parse_reports(
    texts: Iterable[str], option: str = "--report", read: Iterable[Path] = ()
) -> list[tuple[str, Path | None]]:
    """The same of several, each once; `UsageError` where two would be one file, or one of the results that are read.

    One record may be put in its own place, as what it is.
    """
    wanted = list(dict.fromkeys(parse_report(text, option) for text in texts))
    read = list(read)
    kept = {os.path.realpath(place) for path in read for place in (path, path / "results.json", path / "results.jsonl")}
    formats: dict[str, str] = {}
    for name, path in wanted:
        if path is None or str(path) == STANDARD_OUTPUT:
            continue
        place = os.path.realpath(path)  # `Path.resolve` raises at a link that leads to itself
        if place in kept and not (name in _RECORDS and len(read) == 1):
            raise UsageError(f"{option} {name}={path}: is the record that the report is of; name another file.")
        if formats.setdefault(place, name) != name:
            other = formats[place]
            raise UsageError(f"{option} {name}={path}: is the file of the report {other}, too; name another.")
    return wanted


def is_printed(text: str) -> bool:
    """Whether ``NAME[=PATH]``, found right, goes to standard output where a run has a folder."""
    name, _, path = text.partition("=")
    return path == STANDARD_OUTPUT or (not path and writer(name).file_name is None)


def write_report(name: str, results: Results, path: Path | None = None, folder: Path | None = None) -> Path | None:
    """Write one report, and return its path; `UsageError` if there is no such format or the file cannot be written.

    Without a path the file lies in the folder, under the format's own name; with neither, or with ``-``, the report
    goes to standard output, as does one that is read from there.
    """
    made = writer(name)
    if path is None and folder is not None and made.file_name is not None:
        path = folder / made.file_name
    if path is None or str(path) == STANDARD_OUTPUT:
        with standard_output(f"{name}=") as out:
            made.write(results, out)
        return None
    with written(path, f"{name}=") as out:
        made.write(results, out)
    return path
