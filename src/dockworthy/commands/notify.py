"""``dockworthy notify``: sends the messages that wait in a spool, for a timer; looks at no host."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.commands.output import say
from dockworthy.typed import shown_path

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]

_PATIENCE = 60.0  # seconds for all that waits


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which spool, and whether pauses are kept."""
    add = parser.add_argument
    add("--spool", metavar="DIR", help="the spool of `check --notify` (default: reports/notify)")
    add("--now", action="store_true", help="also what is in a pause after a failure")


def run(args: argparse.Namespace) -> int:
    """Send it; 6 where something waits yet."""
    from dockworthy.notify.spool import boxes  # noqa: PLC0415 - the command's own need
    from dockworthy.notify.telling import SPOOL, send_waiting  # noqa: PLC0415 - see above
    from dockworthy.results.exit_status import COMPLIANT, UNDECIDED  # noqa: PLC0415 - see above

    spool = Path(args.spool) if args.spool else Path("reports") / SPOOL
    if not send_waiting(boxes(spool), spool, _PATIENCE, at_once=args.now):
        return UNDECIDED
    say(f"{shown_path(str(spool))}: nothing waits")
    return COMPLIANT
