"""What ``list``, ``explain`` and the generated documentation share: the checks, loaded and selected."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.profile.locate import checks_folder
from dockworthy.run.loading import check_syntax, load_checks

if TYPE_CHECKING:
    import argparse

    from dockworthy.check import Check

__all__ = ["add_checks_argument", "all_checks"]


def add_checks_argument(parser: argparse.ArgumentParser) -> None:
    """``--checks DIR``: folders with checks of the user's own."""
    parser.add_argument(
        "--checks", action="append", default=[], metavar="DIR", help="a folder with checks of your own (repeatable)"
    )


def all_checks(folders: list[str]) -> list[Check]:
    """The product's checks and those in the folders, by id; `UsageError` if a folder or file cannot be loaded."""
    paths = [Path(folder) for folder in folders]
    check_syntax(paths)
    loaded = load_checks(checks_folder(), *paths)
    return sorted(loaded.values(), key=lambda check: check.id)
