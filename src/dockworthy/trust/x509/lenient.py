"""Certificates as Go read them up to 1.16, with ``encoding/asn1``: more lenient, and with other words.

Elements behind those of a structure are passed over, an extension may stand there twice (the last one counts, and of
usages all), names hold any characters, versions and both statements of the signature's algorithm are taken as they
are. Where a tag does not match, Go's words tell more than is told here.

Source: ``crypto/x509/x509.go`` (ParseCertificate, parseCertificate) and ``crypto/x509/pkix`` of Go 1.15.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.golang.text import from_octets, quote
from dockworthy.golang.time import GoTime, parse_generalized_time, parse_utc_time
from dockworthy.golang.url import URLError, parse_url
from dockworthy.trust.x509.asn1 import (
    TAG_BIT_STRING,
    TAG_BOOLEAN,
    TAG_INTEGER,
    TAG_OID,
    TAG_SEQUENCE,
    TAG_SET,
    Asn1Error,
    Fields,
)
from dockworthy.trust.x509.constraints import parse_constraints, to_labels
from dockworthy.trust.x509.der import X509Error
from dockworthy.trust.x509.extensions import (
    NAME_DNS,
    NAME_EMAIL,
    NAME_IP,
    NAME_URI,
    OID_AUTHORITY_INFO,
    OID_CONSTRAINTS,
    OID_SAN,
    Extension,
    Extensions,
    key_usage_bits,
)
from dockworthy.trust.x509.keys import (
    OID_DSA,
    OID_EC,
    OID_RSA,
    AlgorithmIdentifier,
    DSAKey,
    PublicKey,
    RSAKey,
    parse_public_key,
)
from dockworthy.trust.x509.names import STRINGS, Name, parse_string

if TYPE_CHECKING:
    from collections.abc import Callable

    from dockworthy.trust.rules import GoRules
    from dockworthy.trust.x509.der import BitString

__all__ = ["Parts", "san_entries", "take_apart"]

_UTC_TIME, _GENERALIZED_TIME = 23, 24
_CE = (2, 5, 29)
_ADDRESS_OCTETS = (4, 16)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a certificate says."""

    raw: bytes
    tbs: bytes
    version: int
    serial: int
    algorithm: AlgorithmIdentifier
    signature: BitString
    raw_issuer: bytes
    issuer: Name
    not_before: GoTime
    not_after: GoTime
    raw_subject: bytes
    subject: Name
    raw_key: bytes
    key_identifier: AlgorithmIdentifier
    key: PublicKey | None
    extensions: tuple[Extension, ...]
    facts: Extensions


def take_apart(der: bytes, rules: GoRules) -> Parts:
    """Reads a whole certificate; raises an X509Error with Go's text."""
    try:
        return _take_apart(der, rules)
    except Asn1Error as error:
        raise X509Error(str(error)) from None


def _take_apart(der: bytes, rules: GoRules) -> Parts:
    whole = Fields(der)
    outer = whole.sequence()
    raw = der[: whole.pos]
    start = outer.pos
    tbs = outer.sequence()
    tbs_raw = der[start : outer.pos]
    version = tbs.integer() if tbs.optional_explicit(0, TAG_INTEGER) else 0
    serial = tbs.big_integer()
    algorithm = tbs.algorithm()
    raw_issuer = _element(tbs)
    validity = tbs.sequence()
    not_before, not_after = _time(validity), _time(validity)
    raw_subject = _element(tbs)
    start = tbs.pos
    spki = tbs.sequence()
    raw_key = der[start : tbs.pos]
    identifier, bits = spki.algorithm(), spki.bit_string()
    for number in (1, 2):
        tbs.optional_bit_string(number)
    extensions = _extensions(tbs)
    outer.algorithm()
    signature = outer.bit_string()
    if not whole.empty:
        raise X509Error("asn1: syntax error: trailing data")
    key = _public_key(identifier, bits, rules)
    subject = _name(raw_subject)
    issuer = _name(raw_issuer)
    return Parts(
        raw,
        tbs_raw,
        version + 1,
        serial,
        algorithm,
        signature,
        raw_issuer,
        issuer,
        not_before,
        not_after,
        raw_subject,
        subject,
        raw_key,
        identifier,
        key,
        tuple(extensions),
        _facts(extensions, rules),
    )


def _element(fields: Fields) -> bytes:
    """Whatever element is next, whole."""
    start = fields.pos
    fields.any()
    return fields.data[start : fields.pos]


def _time(fields: Fields) -> GoTime:
    is_utc = not fields.is_next(_GENERALIZED_TIME)
    octets = fields.primitive(_UTC_TIME if is_utc else _GENERALIZED_TIME)
    moment = parse_utc_time(octets) if is_utc else parse_generalized_time(octets)
    if moment is None:
        raise X509Error(f"parsing time {quote(from_octets(octets))}")
    return moment


def _name(raw: bytes) -> Name:
    attributes = []
    for rdn in Fields(raw).sequence().items(TAG_SET, compound=True):
        for item in rdn.sequence(TAG_SET).items(TAG_SEQUENCE, compound=True):
            fields = item.sequence()
            kind = fields.oid()
            text = _any_value(fields)
            if text is not None:
                attributes.append((kind, text))
    return Name(tuple(attributes))


def _any_value(fields: Fields) -> str | None:
    """A value of any type: its text, or None for what is no text."""
    start = fields.pos
    tag, contents = fields.any()
    if tag.kind or tag.compound:
        return None
    if tag.number in STRINGS:
        return parse_string(tag.number, contents.rest())
    reader = _VALUES.get(tag.number)
    if reader is not None:
        reader(Fields(fields.data, start, fields.pos))
    return None


_VALUES: dict[int, Callable[[Fields], object]] = {
    TAG_INTEGER: Fields.integer,
    TAG_BIT_STRING: Fields.bit_string,
    TAG_OID: Fields.oid,
    _UTC_TIME: _time,
    _GENERALIZED_TIME: _time,
}


def _public_key(identifier: AlgorithmIdentifier, bits: BitString, rules: GoRules) -> PublicKey | None:
    octets = bits.right_aligned()
    if identifier.oid == OID_RSA:
        return _rsa(identifier, octets)
    if identifier.oid == OID_DSA:
        return _dsa(identifier, octets)
    if identifier.oid == OID_EC:
        parameters = Fields(identifier.parameters)
        try:
            parameters.oid()
        except Asn1Error:
            raise X509Error("x509: failed to parse ECDSA parameters as named curve") from None
    return parse_public_key(identifier, bits, rules)


def _rsa(identifier: AlgorithmIdentifier, octets: bytes) -> RSAKey:
    if identifier.parameters != b"\x05\x00":
        raise X509Error("x509: RSA key missing NULL parameters")
    whole = Fields(octets)
    numbers = whole.sequence()
    n, e = numbers.big_integer(), numbers.integer()
    _end(whole, "RSA public key", of_x509=False)
    if n <= 0:
        raise X509Error("x509: RSA modulus is not a positive number")
    if e <= 0:
        raise X509Error("x509: RSA public exponent is not a positive number")
    return RSAKey(n, e)


def _dsa(identifier: AlgorithmIdentifier, octets: bytes) -> DSAKey:
    whole = Fields(octets)
    y = whole.big_integer()
    _end(whole, "DSA public key", of_x509=False)
    parameters = Fields(identifier.parameters)
    numbers = parameters.sequence()
    p, q, g = (numbers.big_integer() for _ in range(3))
    _end(parameters, "DSA parameters", of_x509=False)
    if min(y, p, q, g) <= 0:
        raise X509Error("x509: zero or negative DSA parameter")
    return DSAKey(y, p, q, g)


def _end(fields: Fields, what: str, *, of_x509: bool = True) -> None:
    if not fields.empty:
        raise X509Error(f"x509: trailing data after {'X.509 ' if of_x509 else ''}{what}")


# -- extensions -------------------------------------------------------------------------------------------------


def _extensions(tbs: Fields) -> list[Extension]:
    if not tbs.optional_explicit(3, TAG_SEQUENCE, compound=True):
        return []
    found = []
    for item in tbs.sequence().items(TAG_SEQUENCE, compound=True):
        fields = item.sequence()
        oid = fields.oid()
        critical = fields.boolean() if fields.is_next(TAG_BOOLEAN) else False
        found.append(Extension(oid, critical, fields.octet_string()))
    return found


def _facts(extensions: list[Extension], rules: GoRules) -> Extensions:
    out = Extensions(rules=rules)
    for extension in extensions:
        handler = _HANDLERS.get(extension.oid)
        unhandled = handler is None or handler(out, extension)
        if extension.critical and unhandled:
            out.unhandled.append(extension.oid)
    return out


def _key_usage(out: Extensions, extension: Extension) -> bool:
    fields = Fields(extension.value)
    out.key_usage = key_usage_bits(fields.bit_string())
    _end(fields, "KeyUsage")
    return False


def _basic_constraints(out: Extensions, extension: Extension) -> bool:
    fields = Fields(extension.value)
    inner = fields.sequence()
    is_ca = inner.boolean() if inner.is_next(TAG_BOOLEAN) else False
    length = inner.integer() if inner.is_next(TAG_INTEGER) else -1
    _end(fields, "BasicConstraints")
    out.basic_constraints, out.is_ca, out.path_length = True, is_ca, length if length >= 0 else None
    return False


def san_entries(value: bytes) -> list[tuple[int, bytes]]:
    """The names of a subjectAltName: each one's tag, whatever its class, and contents; raises X509Error."""
    try:
        outer = Fields(value)
        tag, names = outer.any()
        _end(outer, "extension")
        if not tag.is_universal(TAG_SEQUENCE, compound=True):
            raise X509Error("asn1: structure error: bad SAN sequence")
        entries = []
        while not names.empty:
            found, contents = names.any()
            entries.append((found.number, contents.rest()))
    except Asn1Error as error:
        raise X509Error(str(error)) from None
    return entries


def _alternative_names(out: Extensions, extension: Extension) -> bool:
    out.dns_names, out.email_addresses, out.ip_addresses, out.uris = [], [], [], []
    for kind, octets in san_entries(extension.value):
        if kind == NAME_EMAIL:
            out.email_addresses.append(from_octets(octets))
        elif kind == NAME_DNS:
            out.dns_names.append(from_octets(octets))
        elif kind == NAME_URI:
            out.uris.append(_uri(octets, out.rules))
        elif kind == NAME_IP:
            if len(octets) not in _ADDRESS_OCTETS:
                raise X509Error(f"x509: cannot parse IP address of length {len(octets)}")
            out.ip_addresses.append(octets)
    return not (out.dns_names or out.email_addresses or out.ip_addresses or out.uris)


def _uri(octets: bytes, rules: GoRules) -> str:
    text = from_octets(octets)
    try:
        host = parse_url(text).host
    except URLError as error:
        raise X509Error(f"x509: cannot parse URI {quote(text)}: {error}") from None
    if host and to_labels(host, rules) is None:
        raise X509Error(f"x509: cannot parse URI {quote(text)}: invalid domain")
    return text


def _name_constraints(out: Extensions, extension: Extension) -> bool:
    out.constraints, unhandled = parse_constraints(extension.value, out.rules)
    return unhandled


def _crl_distribution_points(_out: Extensions, extension: Extension) -> bool:
    fields = Fields(extension.value)
    for item in fields.sequence().items(TAG_SEQUENCE, compound=True):
        point = item.sequence()
        name = point.implicit(0, compound=True)
        if name is not None:
            _distribution_point_name(name)
        point.optional_bit_string(1)
        point.any_implicit(2)
    _end(fields, "CRL distribution point")
    return False


def _distribution_point_name(name: Fields) -> None:
    full = name.implicit(0, compound=True)
    if full is not None:
        full.items()
    relative = name.implicit(1, compound=True)
    for rdn in relative.items(TAG_SET, compound=True) if relative is not None else ():
        for item in rdn.sequence(TAG_SET).items(TAG_SEQUENCE, compound=True):
            attribute = item.sequence()
            attribute.oid()
            _any_value(attribute)


def _authority_key_id(out: Extensions, extension: Extension) -> bool:
    fields = Fields(extension.value)
    identifier = fields.sequence().implicit(0)
    _end(fields, "authority key-id")
    out.authority_key_id = b"" if identifier is None else identifier.rest()
    return False


def _subject_key_id(out: Extensions, extension: Extension) -> bool:
    fields = Fields(extension.value)
    out.subject_key_id = fields.octet_string()
    _end(fields, "key-id")
    return False


def _extended_key_usage(out: Extensions, extension: Extension) -> bool:
    fields = Fields(extension.value)
    found = [item.oid() for item in fields.sequence().items(TAG_OID)]
    _end(fields, "ExtendedKeyUsage")
    out.usages += found
    return False


def _certificate_policies(_out: Extensions, extension: Extension) -> bool:
    fields = Fields(extension.value)
    for item in fields.sequence().items(TAG_SEQUENCE, compound=True):
        item.sequence().oid()
    _end(fields, "certificate policies")
    return False


def _authority_info_access(_out: Extensions, extension: Extension) -> bool:
    fields = Fields(extension.value)
    for item in fields.sequence().items(TAG_SEQUENCE, compound=True):
        description = item.sequence()
        description.oid()
        description.any()
    _end(fields, "authority information")
    return False


_HANDLERS: dict[tuple[int, ...], Callable[[Extensions, Extension], bool]] = {
    (*_CE, 14): _subject_key_id,
    (*_CE, 15): _key_usage,
    OID_SAN: _alternative_names,
    (*_CE, 19): _basic_constraints,
    OID_CONSTRAINTS: _name_constraints,
    (*_CE, 31): _crl_distribution_points,
    (*_CE, 32): _certificate_policies,
    (*_CE, 35): _authority_key_id,
    (*_CE, 37): _extended_key_usage,
    OID_AUTHORITY_INFO: _authority_info_access,
}
