"""DER as Go reads it: a reader with the same leniencies and refusals as ``x/crypto/cryptobyte``.

Go accepts certificates that other parsers refuse, and the other way round, so the bytes are read here and
by nobody else. Each read names the sentence that Go answers with if it fails.

Source: ``golang.org/x/crypto/cryptobyte/asn1.go`` as vendored by Go 1.24.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

__all__ = [
    "BIT_STRING",
    "BOOLEAN",
    "GENERALIZED_TIME",
    "INTEGER",
    "OBJECT_IDENTIFIER",
    "OCTET_STRING",
    "SEQUENCE",
    "SET",
    "UTC_TIME",
    "BitString",
    "Reader",
    "X509Error",
    "constructed",
    "context",
    "dotted",
    "is_minimal_integer",
    "parse_oid",
    "to_bit_string",
]

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
SEQUENCE = 0x30
SET = 0x31

_HIGH_TAG = 0x1F
_LONG_FORM = 0x80
_MAX_LENGTH_OCTETS = 4
_SHORT_LENGTH = 128
_MAX_BASE128_OCTETS = 5
_BASE128_OVERFLOW = 1 << 24
_MAX_PADDING = 7
_INT64_OCTETS = 8


class X509Error(ValueError):
    """What Go's ``crypto/x509`` says of a certificate that it cannot parse; the text is Go's own."""


def context(number: int) -> int:
    """The identifier octet of a primitive, context-specific tag."""
    return 0x80 | number


def constructed(tag: int) -> int:
    """The same tag with the constructed bit set."""
    return tag | 0x20


class BitString(NamedTuple):
    """An ASN.1 BIT STRING: its octets and the number of valid bits in them."""

    octets: bytes
    bit_length: int

    def at(self, index: int) -> bool:
        """Whether the bit at this index is set; bits beyond the end are not."""
        if index >= self.bit_length:
            return False
        return bool(self.octets[index // 8] >> (7 - index % 8) & 1)

    def right_aligned(self) -> bytes:
        """The octets with the padding bits moved to the front, as ``asn1.BitString.RightAlign``."""
        shift = -self.bit_length % 8
        if not shift or not self.octets:
            return self.octets
        return (int.from_bytes(self.octets, "big") >> shift).to_bytes(len(self.octets), "big")


class Reader:
    """A string of DER elements, consumed from the front.

    Every reading method takes the sentence that Go fails with at that place, and raises it as an
    [X509Error][dockworthy.trust.x509.der.X509Error].
    """

    __slots__ = ("data", "end", "pos")

    def __init__(self, data: bytes, pos: int = 0, end: int | None = None) -> None:
        self.data = data
        self.pos = pos
        self.end = len(data) if end is None else end

    @property
    def empty(self) -> bool:
        """Whether nothing is left."""
        return self.pos >= self.end

    def peek(self, tag: int) -> bool:
        """Whether the next element begins with this tag."""
        return self.pos < self.end and self.data[self.pos] == tag

    def rest(self) -> bytes:
        """What is left, unread."""
        return self.data[self.pos : self.end]

    def _header(self, failure: str) -> tuple[int, int, int]:
        """Steps over the next element; gives its tag, and where its contents begin and end."""
        data, pos, end = self.data, self.pos, self.end
        if end - pos < 2:  # noqa: PLR2004 - a tag and a length octet
            raise X509Error(failure)
        tag, length = data[pos], data[pos + 1]
        if tag & _HIGH_TAG == _HIGH_TAG:
            raise X509Error(failure)
        body = pos + 2
        if length & _LONG_FORM:
            octets = length & 0x7F
            if not 0 < octets <= _MAX_LENGTH_OCTETS or end < body + octets:
                raise X509Error(failure)
            length = int.from_bytes(data[body : body + octets], "big")
            # DER wants the shortest form, and Go insists on it.
            if length < _SHORT_LENGTH or not length >> (octets - 1) * 8:
                raise X509Error(failure)
            body += octets
        if body + length > end:
            raise X509Error(failure)
        self.pos = body + length
        return tag, body, self.pos

    def any(self, failure: str) -> tuple[int, Reader]:
        """The next element's tag and contents."""
        tag, body, end = self._header(failure)
        return tag, Reader(self.data, body, end)

    def read(self, tag: int, failure: str) -> Reader:
        """The contents of the next element, which must have this tag."""
        found, body, end = self._header(failure)
        if found != tag:
            raise X509Error(failure)
        return Reader(self.data, body, end)

    def octets(self, tag: int, failure: str) -> bytes:
        """The contents of the next element as bytes."""
        found, body, end = self._header(failure)
        if found != tag:
            raise X509Error(failure)
        return self.data[body:end]

    def element(self, tag: int | None, failure: str) -> Reader:
        """The next element with its tag and length; any tag will do if none is given."""
        start = self.pos
        found, _, end = self._header(failure)
        if tag is not None and found != tag:
            raise X509Error(failure)
        return Reader(self.data, start, end)

    def optional(self, tag: int, failure: str) -> Reader | None:
        """The contents of the next element if it has this tag, else None and nothing is read."""
        return self.read(tag, failure) if self.peek(tag) else None

    def integer_octets(self, failure: str, tag: int = INTEGER) -> bytes:
        """The two's complement octets of an INTEGER, which must be minimal."""
        octets = self.octets(tag, failure)
        if not is_minimal_integer(octets):
            raise X509Error(failure)
        return octets

    def integer(self, failure: str) -> int:
        """An INTEGER of any size."""
        return int.from_bytes(self.integer_octets(failure), "big", signed=True)

    def int64(self, failure: str, tag: int = INTEGER) -> int:
        """An INTEGER that must fit 64 bits, as it does where Go reads it into an ``int``."""
        octets = self.integer_octets(failure, tag)
        if len(octets) > _INT64_OCTETS:
            raise X509Error(failure)
        return int.from_bytes(octets, "big", signed=True)

    def boolean(self, failure: str) -> bool:
        """A BOOLEAN; only 0x00 and 0xff are one."""
        octets = self.octets(BOOLEAN, failure)
        if octets not in {b"\x00", b"\xff"}:
            raise X509Error(failure)
        return octets == b"\xff"

    def oid(self, failure: str, *, minimal: bool = True) -> tuple[int, ...]:
        """An OBJECT IDENTIFIER; ``minimal``: whether its numbers must be written as short as can be."""
        value = parse_oid(self.octets(OBJECT_IDENTIFIER, failure), minimal=minimal)
        if value is None:
            raise X509Error(failure)
        return value

    def bit_string(self, failure: str) -> BitString:
        """A BIT STRING, whose padding bits must be zero."""
        bits = to_bit_string(self.octets(BIT_STRING, failure))
        if bits is None:
            raise X509Error(failure)
        return bits


def is_minimal_integer(octets: bytes) -> bool:
    """Whether these are the contents of an INTEGER in its shortest form."""
    if len(octets) < 2:  # noqa: PLR2004 - one octet is always the shortest
        return bool(octets)
    return (octets[0], octets[1] >> 7) not in {(0x00, 0), (0xFF, 1)}


def to_bit_string(octets: bytes) -> BitString | None:
    """A BIT STRING's contents, or None where its padding is wrong."""
    if not octets:
        return None
    padding, bits = octets[0], octets[1:]
    if padding > _MAX_PADDING or (padding and not bits) or (bits and bits[-1] & ((1 << padding) - 1)):
        return None
    return BitString(bits, len(bits) * 8 - padding)


@lru_cache(maxsize=1024)
def _parse_short_oid(octets: bytes, minimal: bool) -> tuple[int, ...] | None:
    parts: list[int] = []
    value = read = 0
    for octet in octets:
        if read == _MAX_BASE128_OCTETS or value >= _BASE128_OVERFLOW or (minimal and not read and octet == 0x80):  # noqa: PLR2004 - a leading zero
            return None
        value = value << 7 | octet & 0x7F
        read += 1
        if not octet & 0x80:
            parts.append(value)
            value = read = 0
    if read or not parts:
        return None
    first = parts[0]
    return (*divmod(first, 40), *parts[1:]) if first < 80 else (2, first - 80, *parts[1:])  # noqa: PLR2004 - X.690, 8.19.4


_CACHED_OID_OCTETS = 64


def parse_oid(octets: bytes, *, minimal: bool = True) -> tuple[int, ...] | None:
    """The components of an OBJECT IDENTIFIER's contents, or None where Go refuses it.

    Each component must fit 31 bits.
    """
    if len(octets) > _CACHED_OID_OCTETS:
        return _parse_short_oid.__wrapped__(octets, minimal)
    return _parse_short_oid(octets, minimal)


def dotted(oid: tuple[int, ...]) -> str:
    """The usual spelling of an object identifier: ``2.5.29.17``."""
    return ".".join(map(str, oid))
