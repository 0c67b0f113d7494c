"""The commands in a shell script, as far as words and operators tell them: what an image's build steps ran.

This knows reserved words, assignments and what only prepares a command; it expands nothing and runs nothing.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.shell import Lexer

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Command", "commands"]

_RESERVED = frozenset({"if", "then", "else", "elif", "fi", "do", "done", "while", "until", "{", "}", "!", "in", "esac"})
_PREFIXES = frozenset(
    {"sudo", "env", "exec", "command", "time", "nice", "nohup", "eatmydata", "ionice", "builtin", "doas", "chronic"}
)
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh", "zsh"})
_MAX_DEPTH = 4
_MAX_COMMANDS = 4096


@dataclass(frozen=True, slots=True)
class Command:
    """One simple command."""

    program: str  # the base name of what is run, without what only prepares it (``sudo``, ``env A=b``)
    words: tuple[str, ...]  # its arguments
    pipe_to: str = ""  # the program that its output is piped into; empty where there is none


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
    lexer = Lexer(script)
    for token in lexer:
        if token.kind == "word":
            words.append(token.text)
        elif token.kind == "operator" and words:
            raw.append((words, token.text))
            words = []
        if len(raw) > _MAX_COMMANDS:
            break
    inner.extend(lexer.inner)
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
