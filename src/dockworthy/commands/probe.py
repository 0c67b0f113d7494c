"""``dockworthy probe``: the script, exactly as it would run, so that it can be read before it is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the script is told."""
    parser.add_argument("--registry", action="append", default=[], metavar="HOST[:PORT]", help="a registry to look at")
    parser.add_argument("--docker-host", metavar="URL", help="which engine on the target")


def run(args: argparse.Namespace) -> int:
    """Print it."""
    from dockworthy.probe import script  # noqa: PLC0415 - the command's only need

    sys.stdout.write(script(registries=args.registry, docker_host=args.docker_host))
    sys.stdout.flush()
    return 0
