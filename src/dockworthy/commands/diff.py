"""``dockworthy diff OLD NEW``: what is new, fixed, still failing, appeared and disappeared between two runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.commands.output import say_json, say_wrapped

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``diff``."""
    from dockworthy.results.model import SEVERITIES  # noqa: PLC0415 - light, and only here

    parser.add_argument("old", metavar="OLD", help="results of the earlier run")
    parser.add_argument("new", metavar="NEW", help="results of the later run")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument(
        "--all", action="store_true", help="every change and place (default: of each kind of change the worst)"
    )
    parser.add_argument(
        "--fail-on", choices=SEVERITIES, default="low", metavar="LEVEL", help="the lowest severity that counts as new"
    )


def run(args: argparse.Namespace) -> int:
    """Print what changed; 1 where something is new."""
    from dockworthy.report.changes import IN, as_json, as_lines, other_hosts  # noqa: PLC0415 - the command's own need
    from dockworthy.results.compare import compare  # noqa: PLC0415 - the command's own need
    from dockworthy.results.reader import read_results  # noqa: PLC0415 - see above

    comparison = compare(read_results(Path(args.old)), read_results(Path(args.new)))
    if (told := other_hosts(comparison)) is not None:
        sys.stderr.write(f"dockworthy: {told}.\n")
    if args.format == "json":
        say_json(as_json(comparison))
    else:
        for line in as_lines(comparison, everything=args.all):
            say_wrapped(line, IN)
    return 1 if comparison.new_findings(args.fail_on) else 0
