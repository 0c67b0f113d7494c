"""``dockworthy serve``: the last run's report and metrics over HTTP, read-only, for this host alone unless asked."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.commands.output import say
from dockworthy.typed import shown_path

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is served, and where."""
    add = parser.add_argument
    add(
        "--results",
        default="reports",
        metavar="DIR|FILE",
        help="a record, a run's folder, or the folder of the runs, of which the latest is served (default: reports)",
    )
    add(
        "--listen",
        metavar="ADDRESS:PORT",
        help="where to listen (default: 127.0.0.1:9585, which this host alone reaches)",
    )


def run(args: argparse.Namespace) -> int:
    """Answer until SIGTERM or Ctrl-C."""
    from dockworthy.serve.app import App  # noqa: PLC0415 - the command's own need
    from dockworthy.serve.latest import Latest  # noqa: PLC0415 - see above
    from dockworthy.serve.server import LISTEN, address_of, listening, made  # noqa: PLC0415 - see above

    listen, place = args.listen or LISTEN, Path(args.results)
    is_local = address_of(listen)[0].is_loopback
    with listening(listen) as where:
        server = made(App(Latest(place), is_local=is_local), where)
        host, port = where.getsockname()[:2]
        if not is_local:
            sys.stderr.write(
                f"dockworthy: {host} is reached from other hosts, without a password and without TLS; "
                "have a proxy ask for both.\n"
            )
        say(f"serving {shown_path(str(place))} at http://{f'[{host}]' if ':' in host else host}:{port}/")
        sys.stdout.flush()
        server.run()
    return 0
