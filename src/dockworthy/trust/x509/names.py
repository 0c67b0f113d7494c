"""Distinguished names.

Source: ``crypto/x509/parser.go`` (parseName), ``crypto/x509/pkix``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.golang.text import from_octets
from dockworthy.printable import printable
from dockworthy.trust.x509.der import (
    BIT_STRING,
    BOOLEAN,
    GENERALIZED_TIME,
    INTEGER,
    OBJECT_IDENTIFIER,
    SEQUENCE,
    SET,
    UTC_TIME,
    Reader,
    X509Error,
    dotted,
)
from dockworthy.trust.x509.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dockworthy.trust.rules import GoRules

__all__ = ["STRINGS", "Name", "parse_name", "parse_string"]

_UTF8, _NUMERIC, _PRINTABLE, _T61, _IA5, _BMP = 12, 18, 19, 20, 22, 30
_PRINTABLE_OCTETS = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'()+,-./ :=?*&")
_NUMERIC_OCTETS = frozenset(b"0123456789 ")
_OID_COMMON_NAME = (2, 5, 4, 3)
_OID_ORGANIZATION = (2, 5, 4, 10)
_SHORT_NAMES: dict[tuple[int, ...], str] = {
    (2, 5, 4, 6): "C",
    _OID_ORGANIZATION: "O",
    (2, 5, 4, 11): "OU",
    _OID_COMMON_NAME: "CN",
    (2, 5, 4, 5): "SERIALNUMBER",
    (2, 5, 4, 7): "L",
    (2, 5, 4, 8): "ST",
    (2, 5, 4, 9): "STREET",
    (2, 5, 4, 17): "POSTALCODE",
}


@dataclass(frozen=True, slots=True)
class Name:
    """A distinguished name.

    Attributes:
        attributes: each attribute's type and value, in the order of the certificate.
    """

    attributes: tuple[tuple[tuple[int, ...], str], ...]

    def _values(self, oid: tuple[int, ...]) -> list[str]:
        return [value for kind, value in self.attributes if kind == oid]

    @property
    def common_name(self) -> str:
        """The last common name, which is the one that Go keeps; empty where there is none."""
        return (self._values(_OID_COMMON_NAME) or [""])[-1]

    @property
    def organizations(self) -> list[str]:
        """The organizations."""
        return self._values(_OID_ORGANIZATION)

    def __str__(self) -> str:
        """The name as people write it, in the certificate's order; what cannot be printed is escaped."""
        return ",".join(
            f"{_SHORT_NAMES.get(kind, dotted(kind))}={printable(value, None)}" for kind, value in self.attributes
        )


# Halves of a character of UTF-16, and what stands for none.
_RESERVED = frozenset((*range(0xD800, 0xE000), *range(0xFDD0, 0xFDF0), 0xFFFE, 0xFFFF))


def _bmp(octets: bytes, *, modern: bool) -> str:
    if len(octets) % 2:
        raise X509Error("invalid BMPString")
    octets = octets[:-2] if octets[-2:] == b"\0\0" else octets
    # UCS-2 has no surrogates and no non-characters; Go took the string for UTF-16 until 1.25.
    units = (int.from_bytes(octets[index : index + 2], "big") for index in range(0, len(octets), 2))
    if modern and not _RESERVED.isdisjoint(units):
        raise X509Error("invalid BMPString")
    return octets.decode("utf-16-be", "replace")


def _utf8(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        raise X509Error("invalid UTF-8 string") from None


def _integer(element: Reader) -> None:
    element.int64("invalid ASN.1 integer")


def _bits(element: Reader) -> None:
    element.bit_string("invalid ASN.1 BIT STRING")


def _object(element: Reader) -> None:
    element.oid("invalid ASN.1 OBJECT IDENTIFIER")


def _boolean(element: Reader) -> None:
    element.boolean("invalid ASN.1 BOOLEAN")


STRINGS = frozenset({_UTF8, _NUMERIC, _PRINTABLE, _T61, _IA5, _BMP})
_OTHERS: dict[int, Callable[[Reader], object]] = {
    INTEGER: _integer,
    BIT_STRING: _bits,
    OBJECT_IDENTIFIER: _object,
    UTC_TIME: parse_time,
    GENERALIZED_TIME: parse_time,
    BOOLEAN: _boolean,
}


def _value(attribute: Reader, rules: GoRules) -> str | None:
    """An attribute's text; None for a value that is no text, where such are allowed (``readASN1Any``)."""
    if not rules.any_attributes:
        tag, value = attribute.any("")
        return _string(tag, value.rest(), modern=rules.modern_strings)
    element = attribute.element(None, "invalid ASN.1 element")
    tag = element.data[element.pos]
    if tag in STRINGS:
        return _string(tag, element.any("")[1].rest(), modern=rules.modern_strings)
    if tag in _OTHERS:
        _OTHERS[tag](element)
    return None


def _string(tag: int, octets: bytes, *, modern: bool) -> str:
    if tag == _T61:
        return octets.decode("latin-1") if modern else from_octets(octets)
    if tag == _UTF8:
        return _utf8(octets)
    if tag == _BMP:
        return _bmp(octets, modern=modern)
    if tag == _PRINTABLE:
        good, kind = _PRINTABLE_OCTETS.issuperset(octets), "PrintableString"
    elif tag == _IA5:
        good, kind = octets.isascii(), "IA5String"
    elif tag == _NUMERIC:
        good, kind = _NUMERIC_OCTETS.issuperset(octets), "NumericString"
    else:
        raise X509Error(f"unsupported string type: {tag}")
    if not good:
        raise X509Error(f"invalid {kind}")
    return from_octets(octets)


_FAULTS = {
    "invalid UTF-8 string": "asn1: invalid UTF-8 string",
    "invalid BMPString": "pkcs12: odd-length BMP string",
}


def parse_string(tag: int, octets: bytes) -> str:
    """A text as ``encoding/asn1`` reads it; raises an X509Error with its words."""
    try:
        return _string(tag, octets, modern=False)
    except X509Error as error:
        kind = str(error).removeprefix("invalid ")
        raise X509Error(_FAULTS.get(str(error), f"asn1: syntax error: {kind} contains invalid character")) from None


def _attributes(sequence: Reader, rules: GoRules) -> Iterator[tuple[tuple[int, ...], str]]:
    invalid = "x509: invalid RDNSequence"
    while not sequence.empty:
        rdn = sequence.read(SET, invalid)
        while not rdn.empty:
            attribute = rdn.read(SEQUENCE, f"{invalid}: invalid attribute")
            kind = attribute.oid(f"{invalid}: invalid attribute type", minimal=rules.minimal_oids)
            try:
                text = _value(attribute, rules)
            except X509Error as error:
                why = f": {error}" if str(error) else ""
                raise X509Error(f"{invalid}: invalid attribute value{why}") from None
            if text is not None:
                yield kind, text


def parse_name(element: Reader, rules: GoRules) -> Name:
    """The name in a whole RDNSequence element; raises an X509Error with Go's text."""
    return _name(element.rest(), rules)


# Most names stand in several places: a CA's in its own certificate twice, and in each that it has issued.
@lru_cache(maxsize=512)
def _name(octets: bytes, rules: GoRules) -> Name:
    sequence = Reader(octets).read(SEQUENCE, "x509: invalid RDNSequence")
    return Name(tuple(_attributes(sequence, rules)))
