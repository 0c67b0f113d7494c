"""Distinguished names, and which host a certificate is good for.

Source: ``crypto/x509/parser.go`` (parseName), ``crypto/x509/pkix``, ``crypto/x509/verify.go``
(VerifyHostname, HostnameError).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dockworthy.golang.ip import ip_text, parse_ip, same_ip
from dockworthy.golang.text import from_octets
from dockworthy.printable import printable
from dockworthy.trust.x509.der import SEQUENCE, SET, X509Error, dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockworthy.trust.rules import GoRules
    from dockworthy.trust.x509.certificate import Certificate
    from dockworthy.trust.x509.der import Reader

__all__ = ["HostMismatch", "Name", "parse_name", "verify_host"]

_UTF8, _NUMERIC, _PRINTABLE, _T61, _IA5, _BMP = 12, 18, 19, 20, 22, 30
_PRINTABLE_OCTETS = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'()+,-./ :=?*&")
_NUMERIC_OCTETS = frozenset(b"0123456789 ")
_MOST_NAMES = 100
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
    sequence = element.read(SEQUENCE, "x509: invalid RDNSequence")
    return Name(tuple(_attributes(sequence, modern=rules.modern_strings)))


@dataclass(frozen=True, slots=True)
class HostMismatch:
    """A certificate that is not good for a host: the verdict's class, and Go's text."""

    verdict: str
    message: str


_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_LABEL = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


def _lower(text: str) -> str:
    """ASCII letters only: Unicode's rules would open sharp corners (RFC 6125, 6.4.1)."""
    return text.translate(_LOWER)


def _without_dot(host: str) -> str:
    return host.removesuffix(".")


def _is_valid_host(host: str, *, pattern: bool) -> bool:
    if not pattern:
        host = _without_dot(host)
    if not host or host == "*":
        return False
    for index, label in enumerate(host.split(".")):
        if pattern and not index and label == "*":
            continue
        if not label or label[0] == "-" or not _LABEL.issuperset(label):
            return False
    return True


def _match_exactly(left: str, right: str) -> bool:
    return left not in {"", "."} and right not in {"", "."} and _lower(left) == _lower(right)


def _match_pattern(pattern: str, host: str) -> bool:
    pattern, host = _lower(pattern), _lower(_without_dot(host))
    if not pattern or not host:
        return False
    wanted, labels = pattern.split("."), host.split(".")
    if len(wanted) != len(labels):
        return False
    start = 1 if wanted[0] == "*" else 0
    return wanted[start:] == labels[start:]


def _match(name: str, host: str, *, valid_host: bool) -> bool:
    if valid_host and _is_valid_host(name, pattern=True):
        return _match_pattern(name, host)
    return _match_exactly(name, host)


def _too_many(count: int, kind: str, host: str, rules: GoRules) -> HostMismatch | None:
    if not rules.wildcard_exclusions or count < _MOST_NAMES:
        return None
    return HostMismatch("name-mismatch", f"x509: certificate is valid for {count} {kind}, but none matched {host}")


def _mismatch(certificate: Certificate, host: str, rules: GoRules) -> HostMismatch:
    if not certificate.has_san and _match_pattern(certificate.subject.common_name, host):
        return HostMismatch("cn-only", "x509: certificate relies on legacy Common Name field, use SANs instead")
    if parse_ip(host) is not None:
        if not certificate.ip_addresses:
            return HostMismatch(
                "no-ip-san",
                f"x509: cannot validate certificate for {host} because it doesn't contain any IP SANs",
            )
        many = _too_many(len(certificate.ip_addresses), "IP SANs", host, rules)
        valid = ", ".join(map(ip_text, certificate.ip_addresses))
    else:
        many = _too_many(len(certificate.dns_names), "names", host, rules)
        valid = ", ".join(certificate.dns_names)
    if many is not None:
        return many
    if not valid:
        return HostMismatch("no-names", f"x509: certificate is not valid for any names, but wanted to match {host}")
    return HostMismatch("name-mismatch", f"x509: certificate is valid for {valid}, not {host}")


def verify_host(certificate: Certificate, host: str, rules: GoRules) -> HostMismatch | None:
    """Whether the certificate is good for a host name or an address, which may stand in brackets."""
    address = host[1:-1] if len(host) >= 3 and host[0] == "[" and host[-1] == "]" else host  # noqa: PLR2004 - brackets and something
    octets = parse_ip(address)
    if octets is not None:
        if any(same_ip(octets, candidate) for candidate in certificate.ip_addresses):
            return None
        return _mismatch(certificate, address, rules)
    candidate = _lower(host)
    valid_host = _is_valid_host(candidate, pattern=False)
    if any(_match(name, candidate, valid_host=valid_host) for name in certificate.dns_names):
        return None
    if rules.common_name and not certificate.has_san:
        common_name = certificate.subject.common_name
        if valid_host and _is_valid_host(common_name, pattern=True) and _match_pattern(common_name, candidate):
            return None
    return _mismatch(certificate, host, rules)
