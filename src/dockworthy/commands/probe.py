"""``dockworthy probe``: the script, exactly as it would run, so that it can be read before it is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the script is told."""
    from dockworthy.run.options import add_arguments as add_options  # noqa: PLC0415 - the command's own need

    add_options(parser, "registry", "docker_host")


def run(args: argparse.Namespace) -> int:
    """Print it."""
    from dockworthy.probe import script  # noqa: PLC0415 - the command's only need

    sys.stdout.write(script(registries=args.registry, docker_host=args.docker_host))
    sys.stdout.flush()
    return 0
