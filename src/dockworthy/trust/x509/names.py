"""Distinguished names.

Source: ``crypto/x509/parser.go`` (parseName), ``crypto/x509/pkix``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from dockworthy.golang.text import from_octets
from dockworthy.printable import printable
from dockworthy.trust.x509.der import SEQUENCE, SET, Reader, X509Error, dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockworthy.trust.rules import GoRules

__all__ = ["Name", "parse_name"]

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


_RESERVED = re.compile("[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def _bmp(octets: bytes, *, modern: bool) -> str:
    if len(octets) % 2:
        raise X509Error("invalid BMPString")
    octets = octets[:-2] if octets[-2:] == b"\0\0" else octets
    # UCS-2 has no surrogates and no non-characters; Go took the string for UTF-16 until 1.25.
    if modern and _RESERVED.search(octets.decode("utf-16-be", "surrogatepass")):
        raise X509Error("invalid BMPString")
    return octets.decode("utf-16-be", "replace")


def _utf8(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        raise X509Error("invalid UTF-8 string") from None


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


def _attributes(sequence: Reader, *, modern: bool) -> Iterator[tuple[tuple[int, ...], str]]:
    invalid = "x509: invalid RDNSequence"
    while not sequence.empty:
        rdn = sequence.read(SET, invalid)
        while not rdn.empty:
            attribute = rdn.read(SEQUENCE, f"{invalid}: invalid attribute")
            kind = attribute.oid(f"{invalid}: invalid attribute type")
            tag, value = attribute.any(f"{invalid}: invalid attribute value")
            try:
                text = _string(tag, value.rest(), modern=modern)
            except X509Error as error:
                raise X509Error(f"{invalid}: invalid attribute value: {error}") from None
            yield kind, text


def parse_name(element: Reader, rules: GoRules) -> Name:
    """The name in a whole RDNSequence element; raises an X509Error with Go's text."""
    return _name(element.rest(), modern=rules.modern_strings)


# Most names stand in several places: a CA's in its own certificate twice, and in each that it has issued.
@lru_cache(maxsize=512)
def _name(octets: bytes, *, modern: bool) -> Name:
    sequence = Reader(octets).read(SEQUENCE, "x509: invalid RDNSequence")
    return Name(tuple(_attributes(sequence, modern=modern)))
