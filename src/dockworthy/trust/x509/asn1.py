"""The few structures that ``crypto/x509`` reads with ``encoding/asn1`` instead of ``cryptobyte``.

``encoding/asn1`` is the more lenient of the two: extra elements at the end of a SEQUENCE are ignored, and
so is whether an explicit tag's length covers what is in it.

Source: ``encoding/asn1/asn1.go`` of Go 1.15 to 1.24.
"""

from __future__ import annotations

from typing import NamedTuple

from dockworthy.trust.x509.der import BitString, is_minimal_integer, parse_oid, to_bit_string
from dockworthy.trust.x509.keys import AlgorithmIdentifier

__all__ = [
    "TAG_BIT_STRING",
    "TAG_BOOLEAN",
    "TAG_INTEGER",
    "TAG_OID",
    "TAG_SEQUENCE",
    "TAG_SET",
    "Asn1Error",
    "Fields",
    "unmarshal_algorithm",
    "unmarshal_sequence",
]

_UNIVERSAL, _CONTEXT = 0, 2
TAG_BOOLEAN, TAG_INTEGER, TAG_BIT_STRING, _TAG_OCTET_STRING, TAG_OID, TAG_SEQUENCE, TAG_SET = 1, 2, 3, 4, 6, 16, 17
_HIGH_TAG = 0x1F
_LONG_FORM = 0x80
_TOO_LONG = 1 << 23
_SHORT_LENGTH = 0x80
_MAX_INT32 = 2**31 - 1
_MAX_BASE128_OCTETS = 5


class Asn1Error(ValueError):
    """The bytes are not what the structure wants; Go's text, without the details of a tag that does not match."""


def _structure(why: str) -> Asn1Error:
    return Asn1Error(f"asn1: structure error: {why}")


def _syntax(why: str) -> Asn1Error:
    return Asn1Error(f"asn1: syntax error: {why}")


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
    for count in range(_MAX_BASE128_OCTETS + 1):
        if pos >= end:
            raise _syntax("truncated base 128 integer")
        if count == _MAX_BASE128_OCTETS:
            break
        if not count and data[pos] == 0x80:  # noqa: PLR2004 - a leading zero
            raise _syntax("integer is not minimally encoded")
        value = value << 7 | data[pos] & 0x7F
        pos += 1
        if not data[pos - 1] & 0x80:
            if value > _MAX_INT32:
                break
            return value, pos
    raise _structure("base 128 integer too large")


def _length(data: bytes, pos: int, end: int) -> tuple[int, int]:
    if pos >= end:
        raise _syntax("truncated tag or length")
    first = data[pos]
    pos += 1
    if not first & _LONG_FORM:
        return first, pos
    octets = first & 0x7F
    if not octets:
        raise _syntax("indefinite length found (not DER)")
    length = 0
    for _ in range(octets):
        if pos >= end:
            raise _syntax("truncated tag or length")
        pos += 1
        if length >= _TOO_LONG:
            raise _structure("length too large")
        length = length << 8 | data[pos - 1]
        if not length:
            raise _structure("superfluous leading zeros in length")
    if length < _SHORT_LENGTH:
        raise _structure("non-minimal length")
    return length, pos


class Fields:
    """The fields of a structure, taken one after the other as ``parseField`` does."""

    __slots__ = ("data", "end", "pos")

    def __init__(self, data: bytes, pos: int = 0, end: int | None = None) -> None:
        self.data = data
        self.pos = pos
        self.end = len(data) if end is None else end

    @property
    def empty(self) -> bool:
        """Whether nothing is left."""
        return self.pos >= self.end

    def _tag(self) -> _Tag:
        if self.pos >= self.end:
            raise _syntax("sequence truncated")
        first = self.data[self.pos]
        self.pos += 1
        number = first & _HIGH_TAG
        if number == _HIGH_TAG:
            number, self.pos = _base128(self.data, self.pos, self.end)
            if number < _HIGH_TAG:
                raise _syntax("non-minimal tag")
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
            raise _syntax("data truncated")
        self.pos = start + tag.length
        return start, self.pos

    def primitive(self, number: int) -> bytes:
        """The contents of one of ASN.1's own types."""
        tag = self._tag()
        if not tag.is_universal(number):
            raise _structure("tags don't match")
        start, end = self._contents(tag)
        return self.data[start:end]

    def is_next(self, number: int, *, compound: bool = False) -> bool:
        """Whether the next element is one of ASN.1's own types."""
        return not self.empty and self._next().is_universal(number, compound=compound)

    def implicit(self, number: int, *, compound: bool = False) -> Fields | None:
        """The contents of a field with this tag in place of its own; None where the next element is another."""
        if self.empty:
            return None
        tag = self._next()
        if (tag.kind, tag.number) != (_CONTEXT, number) or tag.compound != compound:
            return None
        return Fields(self.data, *self._contents(self._tag()))

    def any_implicit(self, number: int) -> None:
        """Steps over an element with this tag, of whatever form, if it is the next."""
        if not self.empty and (tag := self._next()).kind == _CONTEXT and tag.number == number:
            self._contents(self._tag())

    def any(self) -> tuple[_Tag, Fields]:
        """Whatever element is next: its tag and contents."""
        tag = self._tag()
        return tag, Fields(self.data, *self._contents(tag))

    def explicit(self, number: int) -> bool:
        """Steps into an explicit tag; False, and nothing read, where the next element is another."""
        start = self.pos
        if start == self.end:
            return False
        tag = self._tag()
        if self.pos == self.end:
            raise _structure("explicit tag has no child")  # whatever its number
        if tag.kind != _CONTEXT or tag.number != number or (tag.length and not tag.compound):
            self.pos = start
            return False
        if not tag.length:
            raise _structure("zero length explicit tag was not an asn1.Flag")
        return True

    def optional_explicit(self, number: int, inner: int, *, compound: bool = False) -> bool:
        """The same for an optional field: an element of another type inside counts as none at all."""
        start = self.pos
        if not self.explicit(number):
            return False
        if self._next().is_universal(inner, compound=compound):
            return True
        self.pos = start
        return False

    def optional_integer(self) -> int | None:
        """An INTEGER if the next element is one."""
        return self.big_integer() if self.is_next(TAG_INTEGER) else None

    def boolean(self) -> bool:
        """A BOOLEAN; only 0x00 and 0xff are one."""
        octets = self.primitive(TAG_BOOLEAN)
        if octets not in {b"\x00", b"\xff"}:
            raise _syntax("invalid boolean")
        return octets == b"\xff"

    def big_integer(self) -> int:
        """An INTEGER of any size, minimal."""
        octets = self.primitive(TAG_INTEGER)
        if not octets:
            raise _structure("empty integer")
        if not is_minimal_integer(octets):
            raise _structure("integer not minimally-encoded")
        return int.from_bytes(octets, "big", signed=True)

    def integer(self) -> int:
        """An INTEGER that fits 64 bits."""
        value = self.big_integer()
        if not -(2**63) <= value < 2**63:
            raise _structure("integer too large")
        return value

    def oid(self) -> tuple[int, ...]:
        """An OBJECT IDENTIFIER."""
        octets = self.primitive(TAG_OID)
        value = parse_oid(octets)
        if value is None:
            _refuse_oid(octets)
            raise _structure("base 128 integer too large")
        return value

    def octet_string(self) -> bytes:
        """An OCTET STRING."""
        return self.primitive(_TAG_OCTET_STRING)

    def bit_string(self) -> BitString:
        """A BIT STRING."""
        return _bits(self.primitive(TAG_BIT_STRING))

    def optional_bit_string(self, number: int) -> None:
        """A BIT STRING with this tag in place of its own, if it is the next element."""
        found = self.implicit(number)
        if found is not None:
            _bits(found.rest())

    def rest(self) -> bytes:
        """What is left, unread."""
        return self.data[self.pos : self.end]

    def sequence(self, number: int = TAG_SEQUENCE) -> Fields:
        """The fields of a SEQUENCE, or of a SET."""
        tag = self._tag()
        if not tag.is_universal(number, compound=True):
            raise _structure("tags don't match")
        return Fields(self.data, *self._contents(tag))

    def items(self, number: int | None = None, *, compound: bool = False) -> list[Fields]:
        """What is left as elements of one type (or of any), each whole: their tags are looked at before any content."""
        items = []
        while not self.empty:
            start = self.pos
            tag = self._tag()
            if number is not None and not tag.is_universal(number, compound=compound):
                raise _structure("sequence tag mismatch")
            if self.pos + tag.length > self.end:
                raise _syntax("truncated sequence")
            self.pos += tag.length
            items.append(Fields(self.data, start, self.pos))
        return items

    def sequence_items(self) -> list[Fields] | None:
        """A SEQUENCE OF SEQUENCE if the next element is one, each item's fields."""
        if not self.is_next(TAG_SEQUENCE, compound=True):
            return None
        return [item.sequence() for item in self.sequence().items(TAG_SEQUENCE, compound=True)]

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


def _bits(octets: bytes) -> BitString:
    bits = to_bit_string(octets)
    if bits is None:
        raise _syntax("invalid padding bits in BIT STRING" if octets else "zero length BIT STRING")
    return bits


def _refuse_oid(octets: bytes) -> None:
    """Raises with what is wrong with an object identifier."""
    if not octets:
        raise _syntax("zero length OBJECT IDENTIFIER")
    pos = 0
    while pos < len(octets):
        _, pos = _base128(octets, pos, len(octets))


def unmarshal_sequence(data: bytes) -> tuple[Fields, int]:
    """The fields of the SEQUENCE that the bytes begin with, and the number of bytes behind it."""
    outer = Fields(data)
    return outer.sequence(), outer.end - outer.pos


def unmarshal_algorithm(data: bytes) -> AlgorithmIdentifier:
    """The AlgorithmIdentifier that the bytes begin with."""
    return Fields(data).algorithm()
