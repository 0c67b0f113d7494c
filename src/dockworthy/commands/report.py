"""``dockworthy report RESULTS…``: reports from results files; no host is touched."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``report``."""
    from dockworthy.report.formats.interface import own  # noqa: PLC0415 - the names alone, from its folder

    add = parser.add_argument
    add("results", nargs="+", metavar="RESULTS", help="results.json, results.jsonl, or a run's folder; several: merged")
    add(
        "--format",
        "--report",
        dest="formats",
        action="append",
        required=True,
        metavar="NAME[=PATH]",
        help=f"{', '.join(own())}, or what an installed package adds; "
        "without a path, or with -, to standard output (repeatable)",
    )


def run(args: argparse.Namespace) -> int:
    """Write them; 6 where a record is of a run that did not come to its end."""
    from dockworthy.report import parse_reports, write_report  # noqa: PLC0415 - the command's own need
    from dockworthy.results.exit_status import COMPLIANT, UNDECIDED  # noqa: PLC0415 - see above
    from dockworthy.results.reader import merge, read_results  # noqa: PLC0415 - see above

    paths = [Path(path) for path in args.results]
    wanted = parse_reports(args.formats, "--format", paths)
    results = merge([read_results(path) for path in paths])
    for name, path in wanted:
        write_report(name, results, path)
    return COMPLIANT if results.complete else UNDECIDED
