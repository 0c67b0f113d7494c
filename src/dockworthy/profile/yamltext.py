"""YAML as it is written by hand: texts in the shortest form that the reader here takes for the same text."""

from __future__ import annotations

import re

__all__ = ["quoted", "scalar"]

_WORD = re.compile(r"[A-Za-z_/](?:[A-Za-z0-9_./@+ -]*[A-Za-z0-9_./@+-])?", re.ASCII)
_OTHER = re.compile(r"~|null|true|false|yes|no|on|off|y|n", re.IGNORECASE)  # other readers' booleans among them
_ESCAPED = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}


def scalar(text: str) -> str:
    """The text as a plain word where that is one, else in double quotes; for block style."""
    return text if _WORD.fullmatch(text) and not _OTHER.fullmatch(text) else quoted(text)


def quoted(text: str) -> str:
    """The text in double quotes, on one line, with everything that is not printable escaped."""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(char: str) -> str:
    if char in _ESCAPED:
        return _ESCAPED[char]
    if char.isprintable():
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004
