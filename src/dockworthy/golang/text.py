"""Go's strings in Python: bytes that are mostly UTF-8, and how Go's ``%q`` prints them.

A Go string holds any bytes. Here it is a ``str`` whose undecodable bytes are surrogate escapes, so that
nothing is lost on the way to a message.

Source: ``strconv/quote.go``, ``fmt``.
"""

from __future__ import annotations

import re

from dockworthy.regex import regex

__all__ = ["decimal", "from_octets", "quote", "to_octets", "unquote"]

_NAMED = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
}
_FIRST_ESCAPE, _LAST_ESCAPE = 0xDC80, 0xDCFF
_DELETE = 0x7F
_LAST_OF_PLANE_0 = 0xFFFF


def from_octets(octets: bytes) -> str:
    """The text of a Go string made of these bytes."""
    return octets.decode("utf-8", "surrogateescape")


def to_octets(text: str) -> bytes:
    """The bytes of a Go string."""
    return text.encode("utf-8", "surrogateescape")


def _escape(character: str, delimiter: str = "") -> str:
    if character == delimiter:
        return f"\\{character}"
    if named := _NAMED.get(character):
        return named
    if character.isprintable():
        return character
    code = ord(character)
    if _FIRST_ESCAPE <= code <= _LAST_ESCAPE:
        return f"\\x{code - 0xDC00:02x}"
    if character < " " or code == _DELETE:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= _LAST_OF_PLANE_0 else f"\\U{code:08x}"


def quote(text: str, delimiter: str = '"') -> str:
    """``strconv.Quote`` and ``%q`` (or with ``'`` the quoting of one rune)."""
    return delimiter + "".join(_escape(character, delimiter) for character in text) + delimiter


_OF_NAME = {escape[1]: character for character, escape in _NAMED.items()}
_ESCAPED = regex(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_LAST_CHARACTER = 0x10FFFF


def unquote(text: str) -> str:
    """What ``quote`` made this of; a quote that is not closed, because a line was cut off, ends with the text."""
    inner = text.removeprefix('"')
    whole = re.match(r'(?:[^"\\]|\\.)*', inner, re.DOTALL)
    return _ESCAPED.sub(_unescaped, whole[0] if whole else inner)


def _unescaped(escape: re.Match[str]) -> str:
    digits = escape[1] or escape[2] or escape[3]
    if digits is None:
        return _OF_NAME.get(escape[4], escape[4])
    code = int(digits, 16)
    return chr(code) if code <= _LAST_CHARACTER and not 0xD800 <= code < 0xE000 else "\ufffd"  # noqa: PLR2004 - surrogates


_CHUNK_DIGITS = 4000
_LONGEST_NUMBER_BITS = 1 << 16


def decimal(number: int) -> str:
    """A number of any size in decimal, where Python itself stops at 4300 digits.

    Beyond 65,536 bits, which only a hostile certificate has, the number is described instead.
    """
    if number.bit_length() > _LONGEST_NUMBER_BITS:
        return f"<a number of {number.bit_length()} bits>"
    chunks: list[str] = []
    rest = abs(number)
    while rest >= 10**_CHUNK_DIGITS:
        rest, chunk = divmod(rest, 10**_CHUNK_DIGITS)
        chunks.append(f"{chunk:0{_CHUNK_DIGITS}}")
    sign = "-" if number < 0 else ""
    return sign + str(rest) + "".join(reversed(chunks))
