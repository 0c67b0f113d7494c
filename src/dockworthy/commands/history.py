"""``dockworthy history``: a store of runs asked, filled, and rid of what is old."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy.errors import UsageError
from dockworthy.typed import shown_word

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from datetime import datetime

    from dockworthy.store.questions import Wanted
    from dockworthy.store.store import Store

__all__ = ["add_arguments", "run"]

_QUESTIONS = ("days", "findings", "fixes", "flapping", "missing", "certificates", "engines")
_ROWS = 20  # that people are shown
_OVERVIEW_DAYS = 14
_MOST = 100_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``history``."""
    add = parser.add_argument
    add(
        "question",
        nargs="?",
        choices=_QUESTIONS,
        metavar="QUESTION",
        help="days: what was open each day, and what came and went; findings: what is open, and since when; "
        "fixes: what was fixed, and how long that took; flapping: what came back; missing: hosts that no run reached; "
        "certificates: those that end; engines: releases by count (default: an overview of all)",
    )
    add("--store", required=True, metavar="PATH|URL", help="the folder of the store, or what fsspec reaches")
    add("--format", choices=("text", "json", "csv"), default="text")
    add("--since", metavar="TIME", help="nothing that was over before this day or moment")
    add("--until", metavar="TIME", help="nothing that began after this day or moment; days are counted from here")
    add("--host", metavar="PATTERN", help="only these hosts, for instance 'web*'")
    add("--check", metavar="ID", help="only this check, by its id or a former one")
    add(
        "--days",
        metavar="N",
        help="missing: in how many days (default: 7); certificates: within how many (default: 30)",
    )
    add("--times", metavar="N", help="flapping: how often a finding came back (default: 2)")
    add("--all", action="store_true", help="findings: those that were fixed, are gone or waived, too")
    add("--limit", metavar="N", help=f"how many rows (default: {_ROWS} as text, else all)")
    add("--sql", metavar="QUERY", help="one SELECT of your own, which may read the store's tables and nothing else")
    add("--add", nargs="+", metavar="RESULTS", help="put these results files into the store, which is made if need be")
    add("--keep", metavar="DAYS", help="remove runs of more days ago; what is known of findings and hosts stays")
    from dockworthy.store.asking import VIEWS  # noqa: PLC0415 - the names of the tables

    add("--compact", action="store_true", help="put the runs of each day together; of snapshots keep each host's last")
    parser.epilog = "The tables for --sql: " + "; ".join(f"{name}, {told}" for name, told in VIEWS.items()) + "."


def run(args: argparse.Namespace) -> int:
    """Do it; 0 where that could be done."""
    from dockworthy.store.store import open_store  # noqa: PLC0415 - the command's own need

    done = [name for name in ("question", "sql", "add", "keep", "compact") if getattr(args, name)]
    if len(done) > 1:
        one, other = ("a question" if name == "question" else f"--{name}" for name in done[:2])
        raise UsageError(f"{one} and {other} are two things to do; leave one of them out.")
    if args.add:
        return _add(args.store, args.add)
    store = open_store(args.store)
    if args.keep or args.compact:
        return _keep(store, args)
    if args.sql:
        return _own(store, args)
    return _answer(store, args)


def _number(text: str | None, option: str, low: int = 0) -> int | None:
    if text is None:
        return None
    if (
        not text.isascii()
        or not text.isdigit()
        or not low <= int(text[:9]) <= _MOST * 100
        or len(text) > len("10000000")
    ):
        raise UsageError(f"--{option} {shown_word(text)}: not a number from {low} to {_MOST * 100}.")
    return int(text)


def _moment(text: str | None, option: str, *, end: bool = False) -> datetime | None:
    """The moment that was named; of a day its beginning, or its end."""
    from datetime import timedelta  # noqa: PLC0415 - beside what it counts

    from dockworthy.moments import parse_moment  # noqa: PLC0415 - the command's own need

    if text is None:
        return None
    try:
        moment = parse_moment(text)
        return moment + timedelta(days=1) if end and ":" not in text else moment
    except (ValueError, OverflowError):
        told = f"--{option} {shown_word(text)}: no day and no moment such as 2026-11-24 or 2026-11-24T12:00:00Z."
        raise UsageError(told) from None


def _wanted(args: argparse.Namespace) -> Wanted:
    from dockworthy.store.questions import Wanted  # noqa: PLC0415 - the command's own need

    limit = _number(args.limit, "limit", 1)
    times = _number(args.times, "times", 1)
    return Wanted(
        since=_moment(args.since, "since"),
        until=_moment(args.until, "until", end=True),
        host=args.host,
        check=args.check,
        days=_number(args.days, "days"),
        times=2 if times is None else times,
        ended=args.all,
        limit=_ROWS if limit is None and args.format == "text" else limit,
    )


def _answer(store: Store, args: argparse.Namespace) -> int:
    from dockworthy.report.history import Told, answer_lines  # noqa: PLC0415 - the command's own need
    from dockworthy.store.questions import answer  # noqa: PLC0415 - see above

    wanted = _wanted(args)
    if args.question is None:
        return _overview(store, args, wanted)
    found = answer(store, args.question, wanted)
    if args.format == "text":
        _print(list(answer_lines(args.question, Told(*found))))
    else:
        _write(args.format, found.columns, found.rows)
    return 0


def _overview(store: Store, args: argparse.Namespace, wanted: Wanted) -> int:
    from dockworthy.report.history import Told, overview_lines  # noqa: PLC0415 - the command's own need
    from dockworthy.results.writer import dumps  # noqa: PLC0415 - see above
    from dockworthy.store.questions import DAYS, answers  # noqa: PLC0415 - see above
    from dockworthy.writing import standard_output  # noqa: PLC0415 - see above

    if args.format == "csv":
        raise UsageError("--format csv: is of one table; name a question, for instance `days`.")
    whole = wanted._replace(limit=None if args.format == "json" else wanted.limit)
    asked = dict.fromkeys((*_QUESTIONS, "time_to_fix"), whole)
    found = answers(store, {**asked, "days": whole._replace(limit=None)})
    if args.format == "json":
        told = {name: [dict(zip(one.columns, row, strict=True)) for row in one.rows] for name, one in found.items()}
        with standard_output() as out:
            out.write(dumps(told) + b"\n")
        return 0
    days = {name: number if wanted.days is None else wanted.days for name, number in DAYS.items()}
    last = found["days"]._replace(rows=found["days"].rows[-_OVERVIEW_DAYS:])
    shown = {name: Told(*one) for name, one in {**found, "days": last}.items()}
    _print(list(overview_lines(store.shown, shown, days)))
    return 0


def _own(store: Store, args: argparse.Namespace) -> int:
    from dockworthy.report.history import Told, answer_lines  # noqa: PLC0415 - the command's own need
    from dockworthy.store.asking import own_question  # noqa: PLC0415 - see above

    limit = _number(args.limit, "limit", 1) or (_ROWS if args.format == "text" else None)
    columns, rows = own_question(store, args.sql)
    if args.format == "text":
        _print(list(answer_lines("", Told(columns, rows[:limit], len(rows)))))
    else:
        _write(args.format, columns, rows[:limit])
    return 0


def _write(name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    from dockworthy.report.table import write_csv, write_json  # noqa: PLC0415 - the command's own need
    from dockworthy.writing import standard_output  # noqa: PLC0415 - see above

    with standard_output() as out:
        (write_json if name == "json" else write_csv)(columns, rows, out)


def _print(lines: Sequence[Any]) -> None:
    from dockworthy.report.screen import print_lines  # noqa: PLC0415 - only where people read

    print_lines(lines, sys.stdout)


def _add(text: str, paths: Sequence[str]) -> int:
    """Put records into the store, one after the other, each as it is read."""
    from dockworthy.commands.output import say  # noqa: PLC0415 - the command's own need
    from dockworthy.results.streamed import streamed  # noqa: PLC0415 - see above
    from dockworthy.store.adding import add  # noqa: PLC0415 - see above
    from dockworthy.store.asking import import_duckdb, settle  # noqa: PLC0415 - see above
    from dockworthy.store.store import open_store  # noqa: PLC0415 - see above

    import_duckdb()
    store = None
    for path in paths:
        with streamed(Path(path)) as record:
            store = store or open_store(text, make=True)
            is_new = add(store, record)
        say(f"{path}: {'added' if is_new else 'is there already'}")
    if store is not None:
        settle(store)
    return 0


def _keep(store: Store, args: argparse.Namespace) -> int:
    from dockworthy.commands.output import say  # noqa: PLC0415 - the command's own need
    from dockworthy.report.words import quantity  # noqa: PLC0415 - see above
    from dockworthy.store.keeping import compact, keep  # noqa: PLC0415 - see above

    if args.compact:
        say(f"{quantity(compact(store), 'day')} put together")
    else:
        days = _number(args.keep, "keep", 1)
        say(f"{quantity(keep(store, days or 1), 'run')} removed")
    return 0
