"""Splits a fix's text as a shell would: comments, JSON objects and commands, quotes and here-documents kept whole."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Part", "parts", "pieces", "uncommented"]

_HERE = re.compile(r"<<-?\s*(['\"]?)([A-Za-z_][A-Za-z0-9_]*)\1")
_SEPARATORS = ("&&", ";")
_COMPOUND = re.compile(r"(?:if|for|while|until|case|function)\b|[({]")


@dataclass(frozen=True, slots=True)
class Part:
    """One comment, command or JSON object of the text.

    Attributes:
        text: as it stands there, without the comment sign.
        kind: ``comment``, ``command`` or ``json``.
        value: the object, of JSON.
    """

    text: str
    kind: str
    value: Any = None


def _state(text: str, quote: str) -> str:
    """Which quote is open after the text, if ``quote`` was open before it."""
    escaped = False
    previous = " "
    for character in text:
        if escaped:
            escaped = False
        elif character == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "#" and previous.isspace():
            break
        previous = character
    return quote


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


def _command(lines: list[str], number: int) -> tuple[str, int]:
    """A whole command, from the line before ``number``: until no quote, escape or here-document is open."""
    taken = [lines[number - 1].strip()]
    quote = _state(taken[0], "")
    ends = [match[2] for match in _HERE.finditer(taken[0])] if not quote else []
    while number < len(lines):
        if ends:
            taken.append(lines[number])
            if lines[number].strip() == ends[0]:
                ends.pop(0)
        elif quote or taken[-1].endswith("\\"):
            taken.append(lines[number])
            quote = _state(lines[number], quote)
        else:
            break
        number += 1
    return "\n".join(taken), number


def uncommented(command: str) -> str:
    """The command without a comment at its end."""
    quote, escaped, previous = "", False, " "
    for index, character in enumerate(command):
        if escaped:
            escaped = False
        elif character == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "#" and previous.isspace() and "\n" not in command[index:]:
            return command[:index].rstrip()
        previous = character
    return command


def pieces(command: str) -> list[str]:
    """The simple commands of a list that is joined by ``&&`` or ``;``; a compound command or pipe stays whole."""
    if _COMPOUND.match(command) or "<<" in command:
        return [command]
    found: list[str] = []
    current, quote, index, depth = "", "", 0, 0
    while index < len(command):
        character = command[index]
        if character == "\\" and quote != "'":
            current += command[index : index + 2]
            index += 2
            continue
        quote = _quote_after(character, quote)
        depth += _depth_of(character) if not quote else 0
        separator = next((mark for mark in _SEPARATORS if command.startswith(mark, index)), "")
        if not quote and not depth and separator:
            found.append(current.strip())
            current = ""
            index += len(separator)
            continue
        if not quote and not depth and character == "|":
            return [command]
        current += character
        index += 1
    return [piece for piece in (*found, current.strip()) if piece]


def _quote_after(character: str, quote: str) -> str:
    if quote:
        return "" if character == quote else quote
    return character if character in "'\"`" else ""


def _depth_of(character: str) -> int:
    return {"(": 1, ")": -1}.get(character, 0)
