"""PEM as Go's ``encoding/pem`` reads it: what begins a block, what spoils it, and where reading goes on.

A block that is broken is skipped without a word, and so is everything that is no block: that is why a
``.crt`` file may hold no certificate for the engine although it looks like one.

Source: ``encoding/pem/pem.go`` (Decode), ``encoding/base64`` of Go 1.24.
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.golang.text import from_octets
from dockworthy.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Block", "decode"]

_BEGIN = b"\n-----BEGIN "
_END = b"\n-----END "
_DASHES = b"-----"
_BASE64 = regex(rb"[A-Za-z0-9+/\r\n \t]*(?:=[\r\n \t]*){0,2}")
_BLANK_LINE = regex(rb"[ \t]*(?:\r?\n|\Z)")
_BASE64_QUANTUM = 4


@dataclass(frozen=True, slots=True)
class Block:
    """A PEM block.

    Attributes:
        kind: what stands after ``BEGIN``.
        headers: the ``Key: value`` lines; a block that has any is no certificate to Go.
        octets: the decoded body.
        start: and ``end``: where the block stands in the text.
    """

    kind: str
    headers: dict[str, str]
    octets: bytes
    start: int
    end: int


def _line(data: bytes, pos: int) -> tuple[bytes, int]:
    """The line that begins here, without its end and trailing blanks, and where the next begins."""
    newline = data.find(b"\n", pos)
    if newline < 0:
        end = following = len(data)
    else:
        end, following = newline, newline + 1
        if end > pos and data[end - 1 : end] == b"\r":
            end -= 1
    return data[pos:end].rstrip(b" \t"), following


def _decode_body(data: bytes, start: int, end: int) -> bytes | None:
    """The bytes that a body stands for, or None where it is no base64 to Go."""
    match = _BASE64.match(data, start, end)
    if match is None or match.end() != end:
        return None
    body = data[start:end].translate(None, b"\r\n \t")
    return binascii.a2b_base64(body) if len(body) % _BASE64_QUANTUM == 0 else None


class _Decoder:
    """Finds the blocks of a text one after the other."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._next_end = 0
        self._blank = (-1, False)

    def _find_begin(self, pos: int) -> int:
        """Where the type of the next block begins, or -1."""
        if self._data.startswith(_BEGIN[1:], pos):
            return pos + len(_BEGIN) - 1
        found = self._data.find(_BEGIN, pos)
        return found + len(_BEGIN) if found >= 0 else -1

    def _find_end(self, pos: int) -> int:
        """Where the next END line begins, its newline included, or -1.

        The answer is kept, since a hostile text may ask for the same END a million times.
        """
        if 0 <= self._next_end < pos or not self._next_end:
            self._next_end = self._data.find(_END, pos)
        return self._next_end

    def _headers(self, pos: int) -> tuple[dict[str, str], int] | None:
        """The header lines, and where they end; None if the text ends with them."""
        headers: dict[str, str] = {}
        while True:
            if pos >= len(self._data):
                return None
            line, following = _line(self._data, pos)
            key, colon, value = line.partition(b":")
            if not colon:
                return headers, pos
            headers[from_octets(key.strip())] = from_octets(value.strip())
            pos = following

    def _is_end_of(self, kind: bytes, pos: int) -> bool:
        """Whether an END line's tail is this type, five dashes and nothing else."""
        tail = kind + _DASHES
        return self._data.startswith(tail, pos) and self._is_blank_to_line_end(pos + len(tail))

    def _is_blank_to_line_end(self, pos: int) -> bool:
        if self._blank[0] != pos:
            self._blank = (pos, _BLANK_LINE.match(self._data, pos) is not None)
        return self._blank[1]

    def next_block(self, pos: int) -> Block | None:
        """The next good block at or after this place."""
        data = self._data
        while True:
            begin = self._find_begin(pos)
            if begin < 0:
                return None
            kind, pos = _line(data, begin)
            if not kind.endswith(_DASHES):
                continue
            kind = kind[: -len(_DASHES)]
            parsed = self._headers(pos)
            if parsed is None:
                return None
            headers, pos = parsed
            if not headers and data.startswith(_END[1:], pos):
                end, trailer = pos, pos + len(_END) - 1
            else:
                end = self._find_end(pos)
                trailer = end + len(_END)
            if end < 0 or not self._is_end_of(kind, trailer):
                continue
            octets = _decode_body(data, pos, end)
            if octets is None:
                continue
            _, following = _line(data, end + len(_END) - 1)
            return Block(from_octets(kind), headers, octets, begin - len(_BEGIN) + 1, following)


class _DecoderFromEnd(_Decoder):
    """The reader of Go 1.24.8, 1.25.2 and later: an END line is found first, then the last BEGIN before it."""

    def _find_start(self, pos: int, end: int) -> int | None:
        """Where the block that ends there begins, or None where the BEGIN stands in a line's middle."""
        begin = self._data.rfind(_BEGIN[1:], pos, end)
        at_line = begin == pos or self._data[begin - 1 : begin] == b"\n"
        return begin if begin >= 0 and at_line else None

    def next_block(self, pos: int) -> Block | None:
        """The next good block at or after this place."""
        data = self._data
        while pos <= len(data):
            end = data.find(_END, pos)
            if end < 0:
                return None
            trailer = end + len(_END)
            begin = self._find_start(pos, end)
            pos = trailer
            if begin is None:
                continue
            kind, body = _line(data, begin + len(_BEGIN) - 1)
            if not kind.endswith(_DASHES):
                continue
            kind = kind[: -len(_DASHES)]
            parsed = self._headers(body)
            if parsed is None:
                return None
            headers, body = parsed
            if headers and trailer < body:
                return None  # header lines have eaten the END line
            if headers and end < body:
                continue  # or the newline before it
            if not self._is_end_of(kind, trailer):
                continue
            octets = _decode_body(data, body, end) if end > body else b""
            if octets is not None:
                _, following = _line(data, trailer - 1)
                return Block(from_octets(kind), headers, octets, begin, following)
        return None


def decode(data: bytes, *, from_end: bool = False) -> Iterator[Block]:
    """The blocks of a text, as repeated calls of ``pem.Decode`` find them.

    ``from_end``: by their END lines, as Go does since 1.24.8 and 1.25.2.
    """
    decoder = _DecoderFromEnd(data) if from_end else _Decoder(data)
    pos = 0
    while (block := decoder.next_block(pos)) is not None:
        yield block
        pos = block.end
