"""The few structures that ``crypto/x509`` reads with ``encoding/asn1`` instead of ``cryptobyte``.

``encoding/asn1`` is the more lenient of the two: extra elements at the end of a SEQUENCE are ignored, and
so is whether an explicit tag's length covers what is in it.

Source: ``encoding/asn1/asn1.go`` of Go 1.24.
"""

from __future__ import annotations

from typing import NamedTuple

from dockworthy.trust.x509.der import BitString, is_minimal_integer, parse_oid, to_bit_string
from dockworthy.trust.x509.keys import AlgorithmIdentifier

__all__ = [
    "TAG_BIT_STRING",
    "TAG_INTEGER",
    "TAG_OID",
    "Asn1Error",
    "Fields",
    "unmarshal_algorithm",
    "unmarshal_sequence",
]

_UNIVERSAL, _CONTEXT = 0, 2
TAG_INTEGER, TAG_BIT_STRING, _TAG_OCTET_STRING, TAG_OID, _TAG_SEQUENCE = 2, 3, 4, 6, 16
_HIGH_TAG = 0x1F
_LONG_FORM = 0x80
_TOO_LONG = 1 << 23
_SHORT_LENGTH = 0x80
_MAX_INT32 = 2**31 - 1
_MAX_BASE128_OCTETS = 5


class Asn1Error(ValueError):
    """The bytes are not what the structure wants; Go's texts for this never reach a user."""


class _Tag(NamedTuple):
    kind: int
    number: int
    compound: bool
    length: int

    def is_universal(self, number: int, *, compound: bool = False) -> bool:
        """Whether it is this one of the types that ASN.1 itself has."""
        return (self.kind, self.number, self.compound) == (_UNIVERSAL, number, compound)


def _base128(data: bytes, pos: int, end: int) -> tuple[int, int]:
    value = 0
    for count in range(_MAX_BASE128_OCTETS):
        if pos >= end or (not count and data[pos] == 0x80):  # noqa: PLR2004 - a leading zero
            raise Asn1Error
        value = value << 7 | data[pos] & 0x7F
        pos += 1
        if not data[pos - 1] & 0x80:
            if value > _MAX_INT32:
                raise Asn1Error
            return value, pos
    raise Asn1Error


def _length(data: bytes, pos: int, end: int) -> tuple[int, int]:
    if pos >= end:
        raise Asn1Error
    first = data[pos]
    pos += 1
    if not first & _LONG_FORM:
        return first, pos
    octets = first & 0x7F
    if not octets:
        raise Asn1Error
    length = 0
    for _ in range(octets):
        if pos >= end or length >= _TOO_LONG:
            raise Asn1Error
        length = length << 8 | data[pos]
        pos += 1
        if not length:
            raise Asn1Error
    if length < _SHORT_LENGTH:
        raise Asn1Error
    return length, pos


class Fields:
    """The fields of a structure, taken one after the other as ``parseField`` does."""

    __slots__ = ("data", "end", "pos")

    def __init__(self, data: bytes, pos: int = 0, end: int | None = None) -> None:
        self.data = data
        self.pos = pos
        self.end = len(data) if end is None else end

    def _tag(self) -> _Tag:
        if self.pos >= self.end:
            raise Asn1Error
        first = self.data[self.pos]
        self.pos += 1
        number = first & _HIGH_TAG
        if number == _HIGH_TAG:
            number, self.pos = _base128(self.data, self.pos, self.end)
            if number < _HIGH_TAG:
                raise Asn1Error
        length, self.pos = _length(self.data, self.pos, self.end)
        return _Tag(first >> 6, number, bool(first & 0x20), length)

    def _next(self) -> _Tag:
        """The tag of the next element, which stays the next."""
        start = self.pos
        tag = self._tag()
        self.pos = start
        return tag

    def _contents(self, tag: _Tag) -> tuple[int, int]:
        start = self.pos
        if start + tag.length > self.end:
            raise Asn1Error
        self.pos = start + tag.length
        return start, self.pos

    def _primitive(self, number: int) -> bytes:
        tag = self._tag()
        if not tag.is_universal(number):
            raise Asn1Error
        start, end = self._contents(tag)
        return self.data[start:end]

    def explicit(self, number: int) -> bool:
        """Steps into an explicit tag; False, and nothing read, where the next element is another."""
        start = self.pos
        if start == self.end:
            return False
        tag = self._tag()
        if self.pos == self.end:
            raise Asn1Error  # an explicit tag without a child, whatever its number
        if tag.kind != _CONTEXT or tag.number != number or (tag.length and not tag.compound):
            self.pos = start
            return False
        if not tag.length:
            raise Asn1Error
        return True

    def optional_explicit(self, number: int, inner: int) -> bool:
        """The same for an optional field: an element of another type inside counts as none at all."""
        start = self.pos
        if not self.explicit(number):
            return False
        if self._next().is_universal(inner):
            return True
        self.pos = start
        return False

    def optional_integer(self) -> int | None:
        """An INTEGER if the next element is one."""
        is_next = self.pos < self.end and self._next().is_universal(TAG_INTEGER)
        return self.big_integer() if is_next else None

    def big_integer(self) -> int:
        """An INTEGER of any size, minimal."""
        octets = self._primitive(TAG_INTEGER)
        if not is_minimal_integer(octets):
            raise Asn1Error
        return int.from_bytes(octets, "big", signed=True)

    def integer(self) -> int:
        """An INTEGER that fits 64 bits."""
        value = self.big_integer()
        if not -(2**63) <= value < 2**63:
            raise Asn1Error
        return value

    def oid(self) -> tuple[int, ...]:
        """An OBJECT IDENTIFIER."""
        value = parse_oid(self._primitive(TAG_OID))
        if value is None:
            raise Asn1Error
        return value

    def octet_string(self) -> bytes:
        """An OCTET STRING."""
        return self._primitive(_TAG_OCTET_STRING)

    def bit_string(self) -> BitString:
        """A BIT STRING."""
        bits = to_bit_string(self._primitive(TAG_BIT_STRING))
        if bits is None:
            raise Asn1Error
        return bits

    def sequence(self) -> Fields:
        """The fields of a SEQUENCE."""
        tag = self._tag()
        if not tag.is_universal(_TAG_SEQUENCE, compound=True):
            raise Asn1Error
        return Fields(self.data, *self._contents(tag))

    def sequence_items(self) -> list[Fields] | None:
        """A SEQUENCE OF SEQUENCE if the next element is one, each item's fields."""
        if self.pos == self.end or not self._next().is_universal(_TAG_SEQUENCE, compound=True):
            return None
        inner = self.sequence()
        items = []
        while inner.pos < inner.end:
            items.append(inner.sequence())
        return items

    def optional_any(self) -> bytes:
        """Whatever element is next, whole; empty where there is none."""
        start = self.pos
        if start < self.end:
            self._contents(self._tag())
        return self.data[start : self.pos]

    def algorithm(self) -> AlgorithmIdentifier:
        """An AlgorithmIdentifier."""
        fields = self.sequence()
        return AlgorithmIdentifier(fields.oid(), fields.optional_any())


def unmarshal_sequence(data: bytes) -> tuple[Fields, int]:
    """The fields of the SEQUENCE that the bytes begin with, and the number of bytes behind it."""
    outer = Fields(data)
    return outer.sequence(), outer.end - outer.pos


def unmarshal_algorithm(data: bytes) -> AlgorithmIdentifier:
    """The AlgorithmIdentifier that the bytes begin with."""
    return Fields(data).algorithm()
