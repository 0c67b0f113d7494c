"""``--format NAME[=PATH]`` of commands that tell of a fleet in several forms of their own."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy.errors import UsageError
from dockworthy.typed import shown_word

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import BinaryIO

    from dockworthy.report.screen import Line

    Form = Callable[[BinaryIO], None]

__all__ = ["Wanted", "add_form", "add_records", "json_form", "page_form", "parsed", "write"]

Wanted = tuple[str, "Path | None"]


def add_records(parser: argparse.ArgumentParser) -> None:
    """The records that are told of."""
    parser.add_argument(
        "results",
        nargs="+",
        metavar="RESULTS",
        help="results.json, results.jsonl, or a run's folder; the newest counts",
    )


def add_form(parser: argparse.ArgumentParser, names: str, dest: str) -> None:
    """In which forms; ``dest`` is by what they are completed."""
    text = f"{names}; without a path, or with -, to standard output (repeatable)"
    parser.add_argument("--format", dest=dest, action="append", metavar="NAME[=PATH]", help=text)


def parsed(texts: Iterable[str], names: Sequence[str], read: Iterable[Path]) -> list[Wanted]:
    """The forms and their paths, looked at but not touched; `UsageError` for what cannot be written."""
    kept = {os.path.realpath(one / below) for one in read for below in ("", "results.json", "results.jsonl")}
    return [_parsed(text, names, kept) for text in dict.fromkeys(texts)]


def _parsed(text: str, names: Sequence[str], kept: set[str]) -> Wanted:
    from dockworthy.writing import STANDARD_OUTPUT, refuse_place  # noqa: PLC0415 - the command's own need

    name, equals, path = text.partition("=")
    if name not in names:
        raise UsageError(f"--format {shown_word(name)}: is none of {', '.join(names)}.")
    if equals and not path:
        raise UsageError(f"--format {name}=: names no file; leave the = out, or name one.")
    if not path or path == STANDARD_OUTPUT:
        return name, None
    if os.path.realpath(path) in kept:
        raise UsageError(f"--format {name}={path}: is the record that is told of; name another file.")
    refuse_place(Path(path), f"--format {name}=")
    return name, Path(path)


def write(wanted: Iterable[Wanted], lines: Callable[[], Iterable[Line]], forms: Mapping[str, Form]) -> None:
    """Write each form: ``text`` are the lines, the others write themselves."""
    from dockworthy.report.screen import plain_lines, print_lines  # noqa: PLC0415 - the command's own need
    from dockworthy.writing import standard_output, written  # noqa: PLC0415 - the command's own need

    for name, path in wanted:
        if name == "text" and path is None:
            print_lines(lines(), sys.stdout)
            continue
        with standard_output(f"{name}=") if path is None else written(path, f"{name}=") as out:
            if name == "text":
                out.writelines(plain_lines(lines()))
            else:
                forms[name](out)


def json_form(value: Callable[[], Any]) -> Form:
    """A form that is a JSON document."""

    def put(out: BinaryIO) -> None:
        text = json.dumps(value(), indent=2, ensure_ascii=False)
        out.write(text.encode("utf-8", "replace") + b"\n")

    return put


def page_form(value: Callable[[], str]) -> Form:
    """A form that is a page."""

    def put(out: BinaryIO) -> None:
        out.write(value().encode("utf-8", "replace"))

    return put
