"""``dockworthy schema``: the JSON Schema of ``results.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.commands.output import say_json

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """It takes none."""
    del parser


def run(args: argparse.Namespace) -> int:
    """Print it."""
    from dockworthy.results.model import schema  # noqa: PLC0415 - the command's only need

    del args
    say_json(schema())
    return 0
