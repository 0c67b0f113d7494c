"""``dockworthy pulls RESULTS…``: which hosts can pull from which registries, why not, and what mends most."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.commands.forms import add_form, add_records, json_form, page_form, parsed, write

if TYPE_CHECKING:
    import argparse

__all__ = ["add_arguments", "run"]

FORMS = ("text", "json", "html")
_ALL_WORK, _SOME_FAIL, _NOT_WHOLE = 0, 1, 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``pulls``."""
    add_records(parser)
    add_form(parser, "text, json or html", "forms_of_pulls")


def run(args: argparse.Namespace) -> int:
    """Tell it; 1 where a pull fails that nobody accepts, 6 where none does and not all is known."""
    from dockworthy.report.pulls import matrix_of  # noqa: PLC0415 - the command's own need
    from dockworthy.report.pulls.matrix import FAILS  # noqa: PLC0415 - beside it
    from dockworthy.report.pulls.page import page  # noqa: PLC0415 - beside it
    from dockworthy.report.pulls.text import as_json, lines  # noqa: PLC0415 - beside it

    paths = [Path(path) for path in args.results]
    wanted = parsed(args.forms_of_pulls or ["text"], FORMS, paths)
    matrix = matrix_of(paths)
    forms = {"json": json_form(lambda: as_json(matrix)), "html": page_form(lambda: page(matrix))}
    write(wanted, lambda: lines(matrix), forms)
    if matrix.counts[FAILS] > matrix.waived:
        return _SOME_FAIL
    return _ALL_WORK if matrix.is_whole else _NOT_WHOLE
