"""``dockworthy report RESULTS…``: reports from results files; no host is touched."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from dockworthy.results.model import Results

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``report``."""
    from dockworthy.report.formats.interface import own  # noqa: PLC0415 - the names alone, from its folder

    add = parser.add_argument
    add("results", nargs="*", metavar="RESULTS", help="results.json, results.jsonl, or a run's folder; several: merged")
    add("--store", metavar="PATH|URL", help="in their place the last record of each host that is kept there")
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


def _results(paths: Sequence[Path], store: str | None) -> Results:
    if bool(paths) == (store is not None):
        raise UsageError("name results files, or a store by --store, and not both.")
    if store is None:
        from dockworthy.results.reader import merge, read_results  # noqa: PLC0415 - one of two

        return merge([read_results(path) for path in paths])
    from dockworthy.store.last import last_record  # noqa: PLC0415 - one of two
    from dockworthy.store.store import open_store  # noqa: PLC0415 - beside it

    return last_record(open_store(store))


def run(args: argparse.Namespace) -> int:
    """Write them; 6 where a record is of a run that did not come to its end."""
    from dockworthy.report import parse_reports, write_report  # noqa: PLC0415 - the command's own need
    from dockworthy.results.exit_status import COMPLIANT, UNDECIDED  # noqa: PLC0415 - see above

    paths = [Path(path) for path in args.results]
    wanted = parse_reports(args.formats, "--format", paths)
    results = _results(paths, args.store)
    for name, path in wanted:
        write_report(name, results, path)
    return COMPLIANT if results.complete else UNDECIDED
