"""A table of answers: for people in columns, as JSON a list of objects, as CSV with a header."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from dockworthy.printable import printable
from dockworthy.report.formats.csv import cell
from dockworthy.report.screen import Line, cells
from dockworthy.results.writer import dumps, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import BinaryIO

__all__ = ["columns_of", "write_csv", "write_json"]

_WIDEST = 48  # cells of one column
_GAP = 2


def write_json(columns: Sequence[str], rows: Iterable[Sequence[Any]], out: BinaryIO) -> None:
    """Write a list with an object a row."""
    out.writelines(listed(dict(zip(columns, row, strict=True)) for row in rows))
    out.write(b"\n")


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]], out: BinaryIO) -> None:
    """Write a header and the rows; no cell of them is a formula."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in (columns, *rows):
        writer.writerow(cell(_plain(value)) for value in row)
        out.write(text.getvalue().encode())
        text.seek(0)
        text.truncate()


def _plain(value: Any) -> Any:
    """What a cell can hold: words for yes and no, JSON for lists and objects."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return dumps(value).decode() if isinstance(value, (list, dict)) else value


def columns_of(headings: Sequence[str], rows: Iterable[Sequence[Any]], indent: int = 0) -> Iterator[Line]:
    """The rows below their headings, in columns that are as wide as they must be, numbers to the right."""
    kept = list(rows)
    told = [[_shown(value) for value in row] for row in kept]
    numeric = [all(isinstance(row[place], (int, float)) for row in kept) for place in range(len(headings))]
    widths = [max([cells(name), *(cells(row[place]) for row in told)]) for place, name in enumerate(headings)]
    for number, row in enumerate([list(headings), *told]):
        texts = []
        for text, width, right in zip(row, widths, numeric, strict=True):
            room = " " * (width - cells(text))
            texts.append(room + text if right else text + room)
        yield Line([((" " * _GAP).join(texts).rstrip(), "" if number else "dim")], indent, whole=True)


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    plain = _plain(value)
    return printable(plain if isinstance(plain, str) else str(plain), _WIDEST)
