"""The commands that pages show, taken apart as a shell would, and where each can be tried."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from tests.docs.blocks import PAGES, blocks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.docs.blocks import Block

# Its commands are the checks' fixes, which `tests/engine/test_fixes.py` carries out.
FIXES = "docs/checks.md"
_COMMENT = re.compile(r"(?:^|\s)#\s.*")
_BETWEEN = {"|", "&&", "||", ";"}
_INLINE = re.compile(r"`(dockworthy [^`…\[\]|]+)`")
# A word that stands for another one: NAME, DIR=FILE; but for those that there is something for.
STAND_INS = {"ID", "$ERROR"}
_PLACEHOLDER = re.compile(r"[A-Z]{2,}\b(?!-\d)")


@dataclass(frozen=True)
class Command:
    """One command of a page.

    Attributes:
        page: the page's name.
        line: as it stands there, in one line.
        words: its words, without what becomes of its output.
        transcript: whether what it prints stands below it, with which it is compared elsewhere.
        written: the file that takes its output, if any.
    """

    page: str
    line: str
    words: tuple[str, ...]
    transcript: bool = False
    written: str | None = None

    @property
    def ours(self) -> bool:
        """Whether it is dockworthy."""
        return self.words[0].rpartition("/")[2] == "dockworthy"

    @property
    def arguments(self) -> tuple[str, ...]:
        """What follows the program."""
        return self.words[1:]


def lines(block: Block) -> Iterator[str]:
    """The lines that are typed: of a transcript those behind the prompt; continued ones as one."""
    joined = block.text.replace("\\\n", " ").splitlines()
    prompted = block.text.startswith("$ ")
    for line in joined:
        typed = _COMMENT.sub("", line.removeprefix("$ ")).strip()
        if typed and (not prompted or line.startswith("$ ")):
            yield " ".join(typed.split())


def commands(page: Path) -> list[Command]:
    """What a page's blocks have to type, in their order."""
    found: list[Command] = []
    for block in blocks(page):
        if block.language in {"console", "sh"} and block.page != FIXES:
            for line in lines(block):
                found += _commands(block.page, line, transcript=block.text.startswith("$ "))
    return found


def inline(page: Path) -> list[Command]:
    """The commands in a page's sentences and tables, but for those with a word that stands for another."""
    text = "" if page.as_posix().endswith(FIXES) else page.read_text("utf-8")
    found = [one for line in _INLINE.findall(text) for one in _commands(page.name, " ".join(line.split()))]
    return [one for one in found if not any(_PLACEHOLDER.search(word) for word in {*one.words} - STAND_INS)]


def of_page(page: Path) -> list[Command]:
    """What is to be tried of a page: in sentences what is more than a command's name."""
    return [*commands(page), *(one for one in inline(page) if one.arguments[1:])]


@cache
def all_commands() -> tuple[Command, ...]:
    """Of all pages."""
    return tuple(command for page in PAGES for command in of_page(page))


def _commands(page: str, line: str, *, transcript: bool = False) -> Iterator[Command]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;>")
    lexer.whitespace_split = True
    lexer.commenters = ""
    words: list[str] = []
    written = None
    for word in [*lexer, ";"]:
        if word in _BETWEEN:
            if words:
                yield Command(page, line, tuple(words), transcript, written)
            words, written = [], None
        elif word == ">":
            written = ""
        elif written == "":
            written = word
        else:
            words.append(word)
