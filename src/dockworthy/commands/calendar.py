"""``dockworthy calendar RESULTS…``: when the certificates of a fleet end, and who depends on each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.commands.forms import add_form, add_records, json_form, page_form, parsed, write
from dockworthy.errors import UsageError
from dockworthy.typed import shown_word

if TYPE_CHECKING:
    import argparse

__all__ = ["FORMS", "add_arguments", "run"]

FORMS = ("text", "json", "html", "ics")
DAYS, MOST_DAYS = 730, 100_000
_NOT_WHOLE = 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``calendar``."""
    add_records(parser)
    add_form(parser, "text, json, html or ics, which is iCalendar", "forms_of_calendar")
    parser.add_argument("--until", metavar="DAYS", help=f"how far it looks ahead (default: {DAYS})")


def run(args: argparse.Namespace) -> int:
    """Write it; 6 where certificates may be missing: a host was not reached, or a run did not come to its end."""
    from dockworthy.report.calendar import calendar_of  # noqa: PLC0415 - the command's own need
    from dockworthy.report.calendar.ical import refuse_without_library, write_ical  # noqa: PLC0415 - beside it
    from dockworthy.report.calendar.page import page  # noqa: PLC0415 - beside it
    from dockworthy.report.calendar.text import as_json, lines  # noqa: PLC0415 - beside it

    paths = [Path(path) for path in args.results]
    wanted = parsed(args.forms_of_calendar or ["text"], FORMS, paths)
    if any(name == "ics" for name, _ in wanted):
        refuse_without_library()
    calendar = calendar_of(paths, _days(args.until))
    forms = {
        "json": json_form(lambda: as_json(calendar)),
        "html": page_form(lambda: page(calendar)),
        "ics": lambda out: write_ical(calendar, out),
    }
    write(wanted, lambda: lines(calendar), forms)
    return 0 if calendar.is_whole else _NOT_WHOLE


def _days(text: str | None) -> int:
    if text is None:
        return DAYS
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:9]) <= MOST_DAYS and len(text) < 7):  # noqa: PLR2004
        raise UsageError(f"--until {shown_word(text)}: no number of days from 1 to {MOST_DAYS}.")
    return int(text)
