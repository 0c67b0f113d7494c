"""Where people read: as wide as the terminal is, in what its encoding can hold, in colours where they are wanted.

A report yields `Line`s, which know what they say and not how wide it is shown: `shown` breaks them at words, and lets
what lies below a heading stand in from it. A command that is to be copied is never cut: one of a fix runs over, one of
ours is continued by a backslash, as a shell reads it.
"""

from __future__ import annotations

import os
import shlex
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from dockworthy.printable import printable, storable
from dockworthy.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TextIO

__all__ = [
    "COLOURS",
    "DEFAULT_WIDTH",
    "Line",
    "cells",
    "coloured",
    "command",
    "fix",
    "plain_lines",
    "print_lines",
    "shown",
    "width_of",
]

Piece = tuple[str, str]  # text and style
DEFAULT_WIDTH = 80  # cells, where there is no terminal that says
_ROOMY, _LESS = 60, 8  # cells; on a screen of fewer a line stands in that much less, where it stands far in
_FIX = "fix: "
_FIX_LINES = 8
_LONGEST_COMMAND = 4096  # characters; what is longer nobody copies
NARROWEST = 20  # a terminal that says that it is narrower is not believed
COLOURS = ("auto", "always", "never")
_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}
_WORDS = regex(r" *[^ ]+| +")
_JOINT = regex(r"[/,.:;=_@\])-]")  # behind these a word that is too long is broken
_WIDE = frozenset("WF")


class Line(NamedTuple):
    """A line before it is known how wide it may be; on a narrow screen it stands in less."""

    pieces: Sequence[Piece] = ()
    indent: int = 0  # cells that it stands in
    hang: int = 0  # cells that its continuations stand in
    whole: bool = False  # whether it is never broken
    again: str = ""  # what begins each continuation: a comment's mark, so that a copy stays one
    until: str = ""  # what ends each line that is continued: a shell's backslash


def command(*words: str, indent: int = 0) -> Line:
    """A command of ours to copy; each word is one of a shell."""
    pieces = [piece for word in words for piece in ((" ", ""), (shlex.quote(word), "bold"))]
    return Line(pieces[1:], indent, indent + 2, until=" \\")


def fix(text: str, indent: int, above: Sequence[str] = ()) -> Iterator[Line]:
    """A fix to copy, with comments above it: a command is never broken, and a comment stays one."""
    lines = [line for line in text.splitlines() if line.strip()]
    hang = indent + len(_FIX)
    for number, line in enumerate((*above, *lines[:_FIX_LINES]) if lines else ()):
        before: list[Piece] = [(_FIX, "green")] if number == 0 else []
        comment = line.startswith("#")
        told = printable(line, _LONGEST_COMMAND)
        if len(line) > _LONGEST_COMMAND and not comment:
            told, comment = f"# a command of {len(line)} characters, which results.json has", True
        again = "# " if comment else ""
        yield Line([*before, (told, "")], indent if before else hang, hang, whole=not comment, again=again)
    if len(lines) > _FIX_LINES:
        yield Line([(f"… {len(lines) - _FIX_LINES} more lines, which the reports have", "dim")], hang)


def coloured(out: TextIO, color: str = "auto") -> bool:
    """Whether colours are wanted: what was asked for, then https://no-color.org, then https://force-color.org."""
    if color in {"always", "never"}:
        return color == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (out.isatty() and os.environ.get("TERM") != "dumb")


def width_of(out: TextIO) -> int:
    """How many cells a line of this stream has: what ``COLUMNS`` says, else what the terminal does, else 80."""
    said = os.environ.get("COLUMNS", "")
    width = int(said) if said.isascii() and said.isdigit() and len(said) < 6 else 0  # noqa: PLR2004 - no terminal is
    if width == 0 and out.isatty():
        try:
            width = os.get_terminal_size(out.fileno()).columns
        except (OSError, ValueError):  # a terminal that does not know
            width = 0
    return max(width, NARROWEST) if width else DEFAULT_WIDTH


def cells(text: str) -> int:
    """How many cells a terminal gives the text."""
    return len(text) if text.isascii() else sum(map(_cells_of, text))


def _cells_of(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in _WIDE else 1


def shown(lines: Iterable[Line], width: int = DEFAULT_WIDTH, encoding: str = "utf-8") -> Iterator[list[Piece]]:
    """The lines as they fit; what the encoding cannot hold is put into what it can, before it is measured."""
    for line in lines:
        words = [(storable(text, encoding), style) for text, style in line.pieces]
        indent, hang = _standing(line.indent, width), _standing(line.hang, width)
        pieces = [(" " * indent, ""), *words] if indent and words else words
        if line.whole or _size(pieces) <= width:
            yield _stripped(pieces)
        else:
            yield from _broken(line, pieces, width, " " * hang + storable(line.again, encoding))


def plain_lines(lines: Iterable[Line]) -> Iterator[bytes]:
    """The lines of a file of 80 columns, without colours."""
    for pieces in shown(lines):
        yield "".join(text for text, _ in pieces).encode("utf-8", "replace") + b"\n"


def _standing(wanted: int, width: int) -> int:
    return wanted if width >= _ROOMY or wanted < _LESS else wanted - _LESS


def _stripped(pieces: Sequence[Piece]) -> list[Piece]:
    """Without what stands behind the last word."""
    kept = list(pieces)
    while kept and not (end := kept[-1][0].rstrip(" ")):
        kept.pop()
    return [*kept[:-1], (end, kept[-1][1])] if kept else []


def _broken(line: Line, pieces: Sequence[Piece], width: int, lead: str) -> Iterator[list[Piece]]:
    """The line at its words, its continuations standing in; a word that is too long at a joint of it."""
    room = width - cells(line.until)
    row: list[Piece] = []
    used = 0
    for gap, word in _words(pieces, quoted=bool(line.until)):
        if used + gap + _size(word) <= room or not any(text.strip() for text, _ in row):
            row += [(" " * gap, ""), *word] if gap else word
            used += gap + _size(word)
        else:
            yield [*_stripped(row), *([(line.until, "")] if line.until else [])]
            row, used = [(lead, ""), *word], cells(lead) + _size(word)
        while used > room and not line.until:
            first, rest = _cut(row, room, len(lead))
            yield _stripped(first)
            row = [(lead, ""), *rest]
            used = _size(row)
    yield _stripped(row)


def _size(word: Iterable[Piece]) -> int:
    return sum(cells(text) for text, _ in word)


def _words(pieces: Iterable[Piece], *, quoted: bool) -> Iterator[tuple[int, list[Piece]]]:
    """Each word, of one piece or of several that touch, with the spaces before it; what is quoted is one piece."""
    gap, word = 0, list[Piece]()
    for text, style in pieces:
        for part in [text] if quoted else _WORDS.findall(text):
            bare = part.lstrip(" ")
            if bare != part:
                if word:
                    yield gap, word
                    gap, word = 0, []
                gap += len(part) - len(bare)
            if bare:
                word.append((bare, style))
    if word:
        yield gap, word


def _cut(row: Sequence[Piece], room: int, lead: int) -> tuple[list[Piece], list[Piece]]:
    """What of the row fits, up to a joint in its second half where there is one, and the rest."""
    texts = "".join(text for text, _ in row)
    fits, used = 0, 0
    for character in texts:
        used += _cells_of(character)
        if used > room:
            break
        fits += 1
    fits = max(fits, lead + 1)
    joint = max((match.end() for match in _JOINT.finditer(texts, lead + (fits - lead) // 2, fits)), default=fits)
    first, rest, place = list[Piece](), list[Piece](), 0
    for text, style in row:
        here = min(max(joint - place, 0), len(text))
        first += [(text[:here], style)] if here else []
        rest += [(text[here:], style)] if text[here:] else []
        place += len(text)
    return first, rest


def print_lines(lines: Iterable[Line], out: TextIO, *, color: str = "auto") -> None:
    """Print them as wide as the stream is; without colours nothing but text goes out."""
    paint = coloured(out, color)
    encoding = getattr(out, "encoding", None) or "utf-8"
    out.writelines(
        "".join(_painted(text, style) if paint else text for text, style in pieces) + "\n"
        for pieces in shown(lines, width_of(out), encoding)
    )
    out.flush()


def _painted(text: str, style: str) -> str:
    codes = ";".join(_CODES[name] for name in style.split())
    return f"\x1b[{codes}m{text}\x1b[0m" if codes and text else text
