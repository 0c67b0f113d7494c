"""The small languages inside systemd's files: words with quotes and escapes, variables, environment files.

Source: systemd 257, ``src/basic/extract-word.c``, ``escape.c`` (``cunescape_one``), ``env-util.c``
(``replace_env_argv``, ``replace_env_full``), ``env-file.c`` (``parse_env_file_internal``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dockworthy.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["WHITESPACE", "Words", "expand_argument", "is_assignment", "parse_environment_file", "split_variable"]

WHITESPACE = " \t\n\r"
_ESCAPES = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    '"': '"',
    "'": "'",
    "s": " ",
}
_NUMERIC = regex(r"x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}", re.ASCII)
_NAME = regex(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_BAD_VALUE = regex(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_MAX_CODE = 0x10FFFF
_BYTE = 0xFF


def is_assignment(text: str) -> bool:
    """``env_assignment_is_valid``: a name that a shell takes, and a value of UTF-8 without control characters."""
    name, equals, value = text.partition("=")
    return bool(equals and _NAME.fullmatch(name)) and not _BAD_VALUE.search(value)


def _unescape(text: str, position: int) -> tuple[str, int] | None:
    """``cunescape_one``: the character of the escape at a position, and its length; None where it is none."""
    simple = _ESCAPES.get(text[position])
    if simple is not None:
        return simple, 1
    match = _NUMERIC.match(text, position)
    if not match:
        return None
    digits = match[0]
    code = int(digits, 8) if digits[0] in "01234567" else int(digits[1:], 16)
    eight_bit = digits[0] not in "uU"
    if code == 0 or code > (_BYTE if eight_bit else _MAX_CODE):
        return None
    # an escape of one byte that is no ASCII stands for that byte
    char = bytes((code,)).decode("utf-8", "surrogateescape") if eight_bit else chr(code)
    return char, len(digits)


class Words:
    """``extract_first_word`` over one value.

    Attributes:
        text: the value.
        position: where the next word is looked for.
    """

    def __init__(self, text: str, *, escapes: bool = True, relaxed_quotes: bool = False) -> None:
        self.text = text
        self.position = 0
        self._escapes = escapes
        self._relaxed_quotes = relaxed_quotes

    def skip_space(self) -> None:
        """Go to where the next word begins."""
        while self.position < len(self.text) and self.text[self.position] in WHITESPACE:
            self.position += 1

    def next(self, *, relaxed_escapes: bool = False) -> str | None:
        """The next word, or None at the end.

        Raises:
            ValueError: for an open quote, or an escape that is none (unless those are kept as they are).
        """
        self.skip_space()
        if self.position >= len(self.text):
            return None
        word: list[str] = []
        quote = ""
        while self.position < len(self.text):
            char = self.text[self.position]
            if char == "\\":
                self.position += 1
                word.append(self._escaped(quote, relaxed_escapes=relaxed_escapes))
            elif quote and char == quote:
                self.position += 1
                quote = ""
            elif not quote and char in "'\"":
                self.position += 1
                quote = char
            elif not quote and char in WHITESPACE:
                break
            else:
                self.position += 1
                word.append(char)
        if quote and not self._relaxed_quotes:
            raise ValueError("unbalanced quoting")
        self.skip_space()
        return "".join(word)

    def next_kindly(self) -> str | None:
        """``extract_first_word_and_warn``: as ``next``, but an escape that is none is kept as it is."""
        start = self.position
        try:
            return self.next()
        except ValueError:
            self.position = start
            return self.next(relaxed_escapes=True)

    def _escaped(self, quote: str, *, relaxed_escapes: bool) -> str:
        if self.position >= len(self.text):
            if relaxed_escapes and not quote:
                return "\\"
            if self._relaxed_quotes:
                return ""
            raise ValueError("backslash at the end")
        if not self._escapes:
            self.position += 1
            return self.text[self.position - 1]
        found = _unescape(self.text, self.position)
        if found:
            self.position += found[1]
            return found[0]
        if not relaxed_escapes:
            raise ValueError("unknown escape")
        self.position += 1
        return "\\" + self.text[self.position - 1]

    def __iter__(self) -> Iterator[str]:
        word = self.next()
        while word is not None:
            yield word
            word = self.next()


def split_variable(value: str) -> list[str]:
    """The words that ``$NAME`` alone becomes; an open quote ends with the value."""
    return list(Words(value, escapes=False, relaxed_quotes=True))


def _expand_inside(word: str, environment: Mapping[str, str]) -> str:
    """``${NAME}`` anywhere in a word, and ``$$``; ``$NAME`` without braces stays."""

    def replace(match: re.Match[str]) -> str:
        if match[0] == "$$":
            return "$"
        return environment.get(match[1], "")

    # a colon inside the braces is a syntax that is not supported here, and stays as it is
    return re.sub(r"\$\$|\$\{([^}:]*)\}", replace, word)


def expand_argument(word: str, environment: Mapping[str, str]) -> list[str]:
    """``replace_env_argv`` of one argument: none, one or several."""
    if len(word) > 1 and word[0] == "$" and word[1] not in "{$":
        return split_variable(environment.get(word[1:], ""))
    return [_expand_inside(word, environment)]


class _EnvironmentFile:
    """``parse_env_file_internal``: a state machine over characters, one method a state."""

    def __init__(self) -> None:
        self.pairs: dict[str, str] = {}
        self.state = self._before_key
        self.key = ""
        self.value = ""
        self.value_end: int | None = None

    def run(self, text: str) -> dict[str, str]:
        for char in text:
            self.state(char)
        if self.state not in {self._before_key, self._in_key, self._comment, self._comment_escape}:
            self._push()
        return self.pairs

    def _push(self) -> None:
        value = self.value if self.value_end is None else self.value[: self.value_end]
        key = self.key.rstrip(WHITESPACE)
        if is_assignment(f"{key}={value}"):
            self.pairs[key] = value
        self.key = self.value = ""
        self.value_end = None
        self.state = self._before_key

    def _before_key(self, char: str) -> None:
        if char in "#;":
            self.state = self._comment
        elif char not in WHITESPACE:
            self.key = char
            self.state = self._in_key

    def _in_key(self, char: str) -> None:
        if char in "\n\r":
            self.key = ""
            self.state = self._before_key
        elif char == "=":
            self.state = self._before_value
        else:
            self.key += char

    def _before_value(self, char: str) -> None:
        self.value_end = None
        if char in "\n\r":
            self._push()
        elif char in "'\"":
            self.state = self._single_quoted if char == "'" else self._double_quoted
        elif char == "\\":
            self.state = self._escape
        elif char not in WHITESPACE:
            self.value += char
            self.state = self._in_value

    def _in_value(self, char: str) -> None:
        if char in "\n\r":
            self._push()
        elif char == "\\":
            self.value_end = None
            self.state = self._escape
        else:
            if char not in WHITESPACE:
                self.value_end = None
            elif self.value_end is None:
                self.value_end = len(self.value)
            self.value += char

    def _escape(self, char: str) -> None:
        if char not in "\n\r":
            self.value += char
        self.state = self._in_value

    def _single_quoted(self, char: str) -> None:
        if char == "'":
            self.state = self._before_value
        else:
            self.value += char

    def _double_quoted(self, char: str) -> None:
        if char == '"':
            self.state = self._before_value
        elif char == "\\":
            self.state = self._double_quoted_escape
        else:
            self.value += char

    def _double_quoted_escape(self, char: str) -> None:
        if char in '"\\`$':
            self.value += char
        elif char != "\n":
            self.value += "\\" + char
        self.state = self._double_quoted

    def _comment(self, char: str) -> None:
        if char == "\\":
            self.state = self._comment_escape
        elif char in "\n\r":
            self.state = self._before_key

    def _comment_escape(self, char: str) -> None:
        self.state = self._before_key if char in "\n\r" else self._comment


def parse_environment_file(text: str) -> dict[str, str]:
    """The variables of an ``EnvironmentFile``; what is no assignment is dropped, as systemd drops it."""
    return _EnvironmentFile().run(text)
