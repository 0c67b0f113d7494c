"""Splits a fix's text as a shell would: comments, JSON objects and commands, quotes and here-documents kept whole."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from dockworthy.dataclass import dataclass
from dockworthy.shell import Lexer

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Part", "parts", "pieces", "uncommented"]

_SEPARATORS = ("&&", ";")
_COMPOUND = re.compile(r"(?:if|for|while|until|case|function)\b|[({]")


@dataclass(frozen=True, slots=True)
class Part:
    """One comment, command or JSON object of the text."""

    text: str  # as it stands there, without the comment sign
    kind: str  # ``comment``, ``command`` or ``json``
    value: Any = None  # the object, of JSON


def parts(text: str) -> Iterator[Part]:
    """The comments, commands and JSON objects of a fix, in its order."""
    lines = text.splitlines()
    number = 0
    while number < len(lines):
        line = lines[number].strip()
        number += 1
        if not line:
            continue
        if line.startswith("#"):
            yield Part(line.lstrip("#").strip(), "comment")
            continue
        if line.startswith("{"):
            found, used = _json(lines[number - 1 :])
            if found is not None:
                yield found
                number += used - 1
                continue
        command, number = _command(lines, number)
        yield Part(command, "command")


def _json(lines: list[str]) -> tuple[Part | None, int]:
    """The JSON object that begins here, and how many lines it has."""
    text = "\n".join(lines)
    try:
        value, end = json.JSONDecoder().raw_decode(text.lstrip())
    except (ValueError, RecursionError):
        return None, 0
    begun = len(text) - len(text.lstrip())
    shown = text[: begun + end].strip()
    return (Part(shown, "json", value), shown.count("\n") + 1) if isinstance(value, dict) else (None, 0)


def _missing(text: str) -> str:
    """What the text ends without: a quote, a parenthesis, a here-document's mark, the line after a backslash."""
    lexer = Lexer(f"{text}\n")
    for _ in lexer:
        pass
    return lexer.missing


def _command(lines: list[str], number: int) -> tuple[str, int]:
    """A whole command, from the line before ``number``: until no quote, escape or here-document is open."""
    taken = [lines[number - 1].strip()]
    missing = _missing(taken[0])
    while missing and number < len(lines):
        taken.append(lines[number])
        number += 1
        if missing in taken[-1] or missing == "\n":
            missing = _missing("\n".join(taken))
    return "\n".join(taken), number


def uncommented(command: str) -> str:
    """The command without a comment at its end."""
    comment = next((token for token in Lexer(command) if token.kind == "comment"), None)
    if comment is None or "\n" in command[comment.start :]:
        return command
    return command[: comment.start].rstrip()


def pieces(command: str) -> list[str]:
    """The simple commands of a list that is joined by ``&&`` or ``;``; a compound command or pipe stays whole."""
    if _COMPOUND.match(command) or "<<" in command:
        return [command]
    found: list[str] = []
    start = depth = 0
    for token in Lexer(command):
        if token.kind != "operator":
            continue
        depth += _depth_of(token.text, depth)
        if depth == 0 and token.text.startswith("|"):
            return [command]
        if depth == 0 and token.text in _SEPARATORS:
            found.append(command[start : token.start].strip())
            start = token.end
    return [piece for piece in (*found, command[start:].strip()) if piece]


def _depth_of(operator: str, depth: int) -> int:
    """How much deeper an operator leads: into parentheses, or between backquotes."""
    if operator == "`":
        return 1 if depth == 0 else -1
    return {"(": 1, ")": -1}.get(operator, 0)
