"""``dockworthy calendar RESULTS…``: when the certificates of a fleet end, and who depends on each."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.errors import UsageError
from dockworthy.typed import shown_word

if TYPE_CHECKING:
    import argparse
    from typing import BinaryIO

    from dockworthy.report.calendar import Calendar

__all__ = ["add_arguments", "run"]

FORMS = ("text", "json", "html", "ics")
MOST_DAYS = 100_000
_NOT_WHOLE = 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``calendar``."""
    add = parser.add_argument
    add(
        "results",
        nargs="+",
        metavar="RESULTS",
        help="results.json, results.jsonl, or a run's folder; the newest counts",
    )
    add(
        "--format",
        dest="forms",
        action="append",
        metavar="NAME[=PATH]",
        help="text, json, html or ics, which is iCalendar; without a path, or with -, to standard output (repeatable)",
    )
    add("--until", metavar="DAYS", help="how far it looks ahead (default: 730)")


def run(args: argparse.Namespace) -> int:
    """Write it; 6 where certificates may be missing: a host was not reached, or a run did not come to its end."""
    from dockworthy.report.calendar import calendar_of  # noqa: PLC0415 - the command's own need

    paths = [Path(path) for path in args.results]
    wanted = [_parsed(text, paths) for text in dict.fromkeys(args.forms or ["text"])]
    calendar = calendar_of(paths, _days(args.until))
    for name, path in wanted:
        _write(name, path, calendar)
    return 0 if calendar.is_whole else _NOT_WHOLE


def _days(text: str | None) -> int:
    if text is None:
        return 730
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:9]) <= MOST_DAYS and len(text) < 7):  # noqa: PLR2004
        raise UsageError(f"--until {shown_word(text)}: no number of days from 1 to {MOST_DAYS}.")
    return int(text)


def _parsed(text: str, read: list[Path]) -> tuple[str, Path | None]:
    """A format and its path, looked at but not touched."""
    from dockworthy.writing import STANDARD_OUTPUT, refuse_place  # noqa: PLC0415 - the command's own need

    name, equals, path = text.partition("=")
    if name not in FORMS:
        raise UsageError(f"--format {shown_word(name)}: is none of {', '.join(FORMS)}.")
    if equals and not path:
        raise UsageError(f"--format {name}=: names no file; leave the = out, or name one.")
    if name == "ics":
        from dockworthy.report.calendar.ical import refuse_without_library  # noqa: PLC0415 - an extra

        refuse_without_library()
    if not path or path == STANDARD_OUTPUT:
        return name, None
    place = os.path.realpath(path)
    kept = {os.path.realpath(one / below) for one in read for below in ("", "results.json", "results.jsonl")}
    if place in kept:
        raise UsageError(f"--format {name}={path}: is the record that the calendar is of; name another file.")
    refuse_place(Path(path), f"--format {name}=")
    return name, Path(path)


def _write(name: str, path: Path | None, calendar: Calendar) -> None:
    from dockworthy.writing import standard_output, written  # noqa: PLC0415 - the command's own need

    if name == "text" and path is None:
        from dockworthy.report.calendar.text import lines  # noqa: PLC0415 - one of four
        from dockworthy.report.screen import print_lines  # noqa: PLC0415 - beside it

        print_lines(lines(calendar), sys.stdout)
        return
    with standard_output(f"{name}=") if path is None else written(path, f"{name}=") as out:
        _put(name, calendar, out)


def _put(name: str, calendar: Calendar, out: BinaryIO) -> None:
    if name == "ics":
        from dockworthy.report.calendar.ical import write_ical  # noqa: PLC0415 - one of four

        write_ical(calendar, out)
        return
    from dockworthy.report.calendar.page import page  # noqa: PLC0415 - one of four
    from dockworthy.report.calendar.text import as_json, lines  # noqa: PLC0415 - one of four
    from dockworthy.report.screen import plain_lines  # noqa: PLC0415 - one of four

    if name == "text":
        out.writelines(plain_lines(lines(calendar)))
        return
    text = page(calendar) if name == "html" else json.dumps(as_json(calendar), indent=2, ensure_ascii=False) + "\n"
    out.write(text.encode("utf-8", "replace"))
