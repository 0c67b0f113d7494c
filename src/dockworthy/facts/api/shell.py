"""The commands in a shell script, as far as words and operators tell them: what an image's build steps ran.

This reads quoting, comments, line continuations, operators, redirections, here-documents and the reserved words;
it expands nothing and runs nothing. What cannot be told apart is left as words.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Command", "commands"]

_OPERATORS = ("&&", "||", ";;", "|&", ";", "|", "&", "\n", "(", ")", "`")
_RESERVED = frozenset({"if", "then", "else", "elif", "fi", "do", "done", "while", "until", "{", "}", "!", "in", "esac"})
_PREFIXES = frozenset(
    {"sudo", "env", "exec", "command", "time", "nice", "nohup", "eatmydata", "ionice", "builtin", "doas", "chronic"}
)
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh", "zsh"})
_MAX_DEPTH = 4
_MAX_COMMANDS = 4096


@dataclass(frozen=True, slots=True)
class Command:
    """One simple command.

    Attributes:
        program: the base name of what is run, without what only prepares it (``sudo``, ``env A=b``).
        words: its arguments.
        pipe_to: the program that its output is piped into; empty where there is none.
    """

    program: str
    words: tuple[str, ...]
    pipe_to: str = ""


def commands(script: str) -> list[Command]:
    """The simple commands of a script, in order, those of ``sh -c '…'`` and ``$(…)`` too."""
    found: list[Command] = []
    _collect(script, found, 0)
    return found


def _collect(script: str, found: list[Command], depth: int) -> None:
    inner: list[str] = []
    simple = [(_strip(words), operator) for words, operator in _simple_commands(script, inner)]
    for index, (words, operator) in enumerate(simple):
        if not words or len(found) > _MAX_COMMANDS:
            continue
        following = simple[index + 1][0] if operator in {"|", "|&"} and index + 1 < len(simple) else []
        program = posixpath.basename(words[0])
        found.append(Command(program, tuple(words[1:]), posixpath.basename(following[0]) if following else ""))
        inner.extend(_scripts(program, words[1:]))
    if depth < _MAX_DEPTH:
        for text in inner:
            _collect(text, found, depth + 1)


def _simple_commands(script: str, inner: list[str]) -> list[tuple[list[str], str]]:
    """The words of each command, and the operator that ends it."""
    raw: list[tuple[list[str], str]] = []
    words: list[str] = []
    for kind, text in _tokens(script, inner):
        if kind == "word":
            words.append(text)
        elif words:
            raw.append((words, text))
            words = []
        if len(raw) > _MAX_COMMANDS:
            return raw
    return [*raw, (words, "")] if words else raw


def _scripts(program: str, words: list[str]) -> Iterator[str]:
    """The scripts that a command runs: of ``sh -c`` and ``eval``."""
    if program in _SHELLS:
        yield from _dash_c(words)
    elif program == "eval":
        yield " ".join(words)


def _dash_c(words: list[str]) -> Iterator[str]:
    for index, word in enumerate(words):
        if word.startswith("-") and not word.startswith("--") and word.endswith("c") and index + 1 < len(words):
            yield words[index + 1]
            return


def _strip(words: list[str]) -> list[str]:
    """The words without reserved ones, assignments and commands that only prepare another."""
    position = 0
    while position < len(words):
        word = words[position]
        if word in _RESERVED or _is_assignment(word):
            position += 1
        elif posixpath.basename(word) in _PREFIXES:
            position += 1
            while position < len(words) and words[position].startswith("-"):
                position += 1
        else:
            break
    return words[position:]


def _is_assignment(word: str) -> bool:
    name, equals, _ = word.partition("=")
    return bool(equals) and name.removesuffix("+").replace("_", "a").isalnum() and not name[:1].isdigit()


class _Reader:
    """A cursor over the script."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    @property
    def done(self) -> bool:
        return self.at >= len(self.text)

    def starts(self, prefix: str) -> bool:
        return self.text.startswith(prefix, self.at)

    def take_until(self, end: str) -> str:
        """The text up to ``end``, which is passed over; all of the rest where it does not come."""
        stop = self.text.find(end, self.at)
        stop = len(self.text) if stop < 0 else stop
        taken = self.text[self.at : stop]
        self.at = stop + len(end)
        return taken


def _tokens(script: str, inner: list[str]) -> Iterator[tuple[str, str]]:
    reader = _Reader(script.replace("\\\r\n", "").replace("\\\n", ""))
    heredocs: list[str] = []
    while not reader.done:
        character = reader.text[reader.at]
        if character in " \t\r":
            reader.at += 1
        elif character == "#":
            _ = reader.text.find("\n", reader.at)
            reader.at = _ if _ >= 0 else len(reader.text)
        elif reader.starts("<<") and not reader.starts("<<<"):
            heredocs.append(_heredoc(reader))
        elif character in "<>" or (character.isdigit() and reader.text[reader.at + 1 : reader.at + 2] in {"<", ">"}):
            _redirection(reader)
        elif operator := next((text for text in _OPERATORS if reader.starts(text)), ""):
            reader.at += len(operator)
            yield "operator", operator
            if operator == "\n" and heredocs:
                yield from _bodies(reader, heredocs, inner)
        else:
            yield "word", _word(reader, inner)


def _heredoc(reader: _Reader) -> str:
    reader.at += 2
    if reader.starts("-"):
        reader.at += 1
    while not reader.done and reader.text[reader.at] in " \t":
        reader.at += 1
    return _word(reader, [])


def _bodies(reader: _Reader, heredocs: list[str], inner: list[str]) -> Iterator[tuple[str, str]]:
    """Pass over the bodies of here-documents; one that is the whole step (``RUN <<EOF``) is the script itself."""
    whole = reader.text.lstrip().startswith("<<")
    for mark in heredocs:
        lines = []
        while not reader.done:
            line = reader.take_until("\n")
            if line.strip("\t ") == mark:
                break
            lines.append(line)
        if whole:
            inner.append("\n".join(lines))
    heredocs.clear()
    yield "operator", "\n"


def _redirection(reader: _Reader) -> None:
    while not reader.done and reader.text[reader.at] in "0123456789<>&|":
        reader.at += 1
    while not reader.done and reader.text[reader.at] in " \t":
        reader.at += 1
    if not reader.done and reader.text[reader.at] not in "\n;|&()":
        _word(reader, [])


def _word(reader: _Reader, inner: list[str]) -> str:
    parts: list[str] = []
    while not reader.done:
        character = reader.text[reader.at]
        if character in " \t\r\n;|&()<>`":
            break
        reader.at += 1
        parts.append(_piece(reader, character, inner))
    if not parts and not reader.done:
        reader.at += 1
    return "".join(parts)


def _piece(reader: _Reader, character: str, inner: list[str]) -> str:
    if character == "'":
        return reader.take_until("'")
    if character == '"':
        return _double(reader, inner)
    if character == "\\":
        reader.at += 1
        return reader.text[reader.at - 1 : reader.at]
    if character == "$" and reader.starts("("):
        return _substitution(reader, inner)
    return character


def _double(reader: _Reader, inner: list[str]) -> str:
    parts: list[str] = []
    while not reader.done:
        character = reader.text[reader.at]
        reader.at += 1
        if character == '"':
            break
        if character == "\\":
            parts.append(reader.text[reader.at : reader.at + 1])
            reader.at += 1
        elif character == "$" and reader.starts("("):
            parts.append(_substitution(reader, inner))
        else:
            parts.append(character)
    return "".join(parts)


def _substitution(reader: _Reader, inner: list[str]) -> str:
    """``$(…)``: its script is noted, and stands as one word."""
    depth, start = 0, reader.at + 1
    while not reader.done:
        character = reader.text[reader.at]
        reader.at += 1
        depth += (character == "(") - (character == ")")
        if depth == 0:
            break
    text = reader.text[start : reader.at - 1]
    if not text.startswith("("):
        inner.append(text)
    return "$()"
