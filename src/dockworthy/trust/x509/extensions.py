"""What a certificate's extensions say, as ``crypto/x509`` reads them.

Source: ``crypto/x509/parser.go`` (processExtensions and what it calls).
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, NamedTuple

from dockworthy.dataclass import dataclass
from dockworthy.golang.ip import unmapped
from dockworthy.golang.text import quote
from dockworthy.golang.url import URLError, parse_url
from dockworthy.trust.rules import DEBIAN_ENGINE_26_1, GoRules
from dockworthy.trust.x509.constraints import Constraints, parse_constraints, to_labels
from dockworthy.trust.x509.der import (
    BOOLEAN,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    Reader,
    X509Error,
    constructed,
    context,
    parse_oid,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dockworthy.trust.x509.der import BitString

__all__ = [
    "ANY_USAGE",
    "CLIENT_AUTH",
    "GATED_CRYPTO",
    "KEY_CERT_SIGN",
    "NAME_DNS",
    "NAME_EMAIL",
    "NAME_IP",
    "NAME_URI",
    "OID_AUTHORITY_INFO",
    "OID_CONSTRAINTS",
    "OID_SAN",
    "SERVER_AUTH",
    "Extension",
    "Extensions",
    "key_usage_bits",
    "parse_extension",
    "process_extensions",
    "san_entries",
]

_CE = (2, 5, 29)
OID_SAN = (*_CE, 17)
OID_CONSTRAINTS = (*_CE, 30)
ANY_USAGE = (*_CE, 37, 0)
_KP = (1, 3, 6, 1, 5, 5, 7, 3)
SERVER_AUTH = (*_KP, 1)
GATED_CRYPTO = frozenset({(1, 3, 6, 1, 4, 1, 311, 10, 3, 3), (2, 16, 840, 1, 113730, 4, 1)})
CLIENT_AUTH = (*_KP, 2)
OID_AUTHORITY_INFO = (1, 3, 6, 1, 5, 5, 7, 1, 1)

NAME_EMAIL, NAME_DNS, NAME_URI, NAME_IP = 1, 2, 6, 7
_ADDRESS_OCTETS = (4, 16)
_KEY_USAGE_BITS = 9
KEY_CERT_SIGN = 1 << 5


class Extension(NamedTuple):
    """An extension as it stands in the certificate."""

    oid: tuple[int, ...]
    critical: bool
    value: bytes


@dataclass(slots=True)
class Extensions:
    """What the extensions say; the defaults stand where one is absent.

    Attributes:
        key_usage: bit 0 is digitalSignature, as in RFC 5280, 4.2.1.3; 0 where absent.
        basic_constraints: whether the extension is there.
        path_length: None where there is no limit.
        usages: extended key usages; empty means that there is no such extension (or an empty one).
        unhandled: critical extensions that Go does not process.
        require_explicit_policy: and the two after it: None where absent.
        rules: the build that they were read with.
    """

    key_usage: int = 0
    basic_constraints: bool = False
    is_ca: bool = False
    path_length: int | None = None
    dns_names: list[str] = field(default_factory=list)
    email_addresses: list[str] = field(default_factory=list)
    ip_addresses: list[bytes] = field(default_factory=list)
    uris: list[str] = field(default_factory=list)
    constraints: Constraints | None = None
    authority_key_id: bytes = b""
    subject_key_id: bytes = b""
    usages: list[tuple[int, ...]] = field(default_factory=list)
    policies: list[bytes] = field(default_factory=list)
    policy_mappings: list[tuple[bytes, bytes]] = field(default_factory=list)
    require_explicit_policy: int | None = None
    inhibit_policy_mapping: int | None = None
    inhibit_any_policy: int | None = None
    unhandled: list[tuple[int, ...]] = field(default_factory=list)
    rules: GoRules = DEBIAN_ENGINE_26_1


def parse_extension(reader: Reader, rules: GoRules) -> Extension:
    """One extension, from its contents."""
    oid = reader.oid("x509: malformed extension OID field", minimal=rules.minimal_oids)
    critical = False
    if reader.peek(BOOLEAN):
        critical = reader.boolean("x509: malformed extension critical field")
    return Extension(oid, critical, reader.octets(OCTET_STRING, "x509: malformed extension value field"))


def key_usage_bits(bits: BitString) -> int:
    """The usages as one number, the first bit the lowest."""
    return sum(1 << index for index in range(_KEY_USAGE_BITS) if bits.at(index))


def _key_usage(out: Extensions, extension: Extension) -> bool:
    out.key_usage = key_usage_bits(Reader(extension.value).bit_string("x509: invalid key usage"))
    return False


def _basic_constraints(out: Extensions, extension: Extension) -> bool:
    failure = "x509: invalid basic constraints"
    letters = (" a", " b", " c") if out.rules.lettered_constraints else ("", "", "")
    reader = Reader(extension.value).read(SEQUENCE, failure + letters[0])
    out.basic_constraints = True
    if reader.peek(BOOLEAN):
        out.is_ca = reader.boolean(failure + letters[1])
    if reader.peek(INTEGER):
        length = reader.int64(failure + letters[2])
        if length < 0 and out.rules.modern_strings:
            raise X509Error(failure)
        out.path_length = length if length >= 0 else None
    return False


def san_entries(value: bytes) -> Iterator[tuple[int, bytes]]:
    """The names of a subjectAltName: the kind's number (RFC 5280, GeneralName) and the contents.

    Kinds that are not primitive and context-specific come out as numbers that mean nothing.
    """
    reader = Reader(value).read(SEQUENCE, "x509: invalid subject alternative names")
    while not reader.empty:
        tag, contents = reader.any("x509: invalid subject alternative name")
        yield tag ^ 0x80, contents.rest()


def _ascii(octets: bytes, kind: str) -> str:
    if not octets.isascii():
        raise X509Error(f"x509: SAN {kind} is malformed")
    return octets.decode("ascii")


def _uri(octets: bytes, rules: GoRules) -> str:
    text = _ascii(octets, "uniformResourceIdentifier")
    try:
        host = parse_url(text, rules.urls).host
    except URLError as error:
        raise X509Error(f"x509: cannot parse URI {quote(text)}: {error}") from None
    if host and to_labels(host, rules) is None:
        raise X509Error(f"x509: cannot parse URI {quote(text)}: invalid domain")
    return text


def _subject_alternative_names(out: Extensions, extension: Extension) -> bool:
    for kind, octets in san_entries(extension.value):
        if kind == NAME_EMAIL:
            out.email_addresses.append(_ascii(octets, "rfc822Name"))
        elif kind == NAME_DNS:
            out.dns_names.append(_ascii(octets, "dNSName"))
        elif kind == NAME_URI:
            out.uris.append(_uri(octets, out.rules))
        elif kind == NAME_IP:
            if len(octets) not in _ADDRESS_OCTETS:
                raise X509Error(f"x509: cannot parse IP address of length {len(octets)}")
            if out.rules.strict_addresses and len(unmapped(octets)) != len(octets):
                raise X509Error("x509: SAN iPAddress contains IPv4-mapped IPv6 address")
            out.ip_addresses.append(octets)
    return not (out.dns_names or out.email_addresses or out.ip_addresses or out.uris)


def _name_constraints(out: Extensions, extension: Extension) -> bool:
    out.constraints, unhandled = parse_constraints(extension.value, out.rules)
    return unhandled


def _crl_distribution_points(_out: Extensions, extension: Extension) -> bool:
    one = "x509: invalid CRL distribution point"
    points = Reader(extension.value).read(SEQUENCE, f"{one}s")
    while not points.empty:
        name = points.read(SEQUENCE, one).optional(constructed(context(0)), one)
        if name is None:
            continue
        full = name.read(constructed(context(0)), one)
        while full.peek(context(6)):
            full.read(context(6), one)
    return False


def _authority_key_id(out: Extensions, extension: Extension) -> bool:
    if extension.critical and out.rules.critical_key_ids:
        raise X509Error("x509: authority key identifier incorrectly marked critical")
    failure = "x509: invalid authority key identifier"
    identifier = Reader(extension.value).read(SEQUENCE, failure).optional(context(0), failure)
    out.authority_key_id = b"" if identifier is None else identifier.rest()
    return False


def _subject_key_id(out: Extensions, extension: Extension) -> bool:
    if extension.critical and out.rules.critical_key_ids:
        raise X509Error("x509: subject key identifier incorrectly marked critical")
    out.subject_key_id = Reader(extension.value).octets(OCTET_STRING, "x509: invalid subject key identifier")
    return False


def _policy_constraints(out: Extensions, extension: Extension) -> bool:
    failure = "x509: invalid policy constraints extension"
    reader = Reader(extension.value).read(SEQUENCE, failure)
    if reader.peek(context(0)):
        out.require_explicit_policy = reader.int64(failure, context(0))
    if reader.peek(context(1)):
        out.inhibit_policy_mapping = reader.int64(failure, context(1))
    return False


def _extended_key_usage(out: Extensions, extension: Extension) -> bool:
    failure = "x509: invalid extended key usages"
    reader = Reader(extension.value).read(SEQUENCE, failure)
    while not reader.empty:
        out.usages.append(reader.oid(failure, minimal=out.rules.minimal_oids))
    return False


def _is_policy(octets: bytes, rules: GoRules) -> bool:
    """Whether the octets are an object identifier of any size (``newOIDFromDER``)."""
    if not rules.long_policies:
        return parse_oid(octets, minimal=rules.minimal_oids) is not None
    if not octets or octets[-1] & 0x80:
        return False
    return not any(
        octet == 0x80 and (not index or not octets[index - 1] & 0x80)  # noqa: PLR2004 - a leading zero
        for index, octet in enumerate(octets)
    )


def _certificate_policies(out: Extensions, extension: Extension) -> bool:
    failure = "x509: invalid certificate policies"
    reader = Reader(extension.value).read(SEQUENCE, failure)
    seen: set[bytes] = set()
    while not reader.empty:
        policy = reader.read(SEQUENCE, failure).octets(OBJECT_IDENTIFIER, failure)
        if (policy in seen and out.rules.policies) or not _is_policy(policy, out.rules):
            raise X509Error(failure)
        seen.add(policy)
        out.policies.append(policy)
    return False


def _policy_mappings(out: Extensions, extension: Extension) -> bool:
    failure = "x509: invalid policy mappings extension"
    reader = Reader(extension.value).read(SEQUENCE, failure)
    while not reader.empty:
        pair = reader.read(SEQUENCE, failure)
        issuer = pair.octets(OBJECT_IDENTIFIER, failure)
        out.policy_mappings.append((issuer, pair.octets(OBJECT_IDENTIFIER, failure)))
    return False


def _inhibit_any_policy(out: Extensions, extension: Extension) -> bool:
    out.inhibit_any_policy = Reader(extension.value).int64("x509: invalid inhibit any policy extension")
    return False


def _authority_info_access(out: Extensions, extension: Extension) -> bool:
    if extension.critical and out.rules.critical_key_ids:
        raise X509Error("x509: authority info access incorrectly marked critical")
    failure = "x509: invalid authority info access"
    reader = Reader(extension.value).read(SEQUENCE, failure)
    while not reader.empty:
        description = reader.read(SEQUENCE, failure)
        description.oid(failure, minimal=out.rules.minimal_oids)
        description.optional(context(6), failure)
    return False


_HANDLERS: dict[tuple[int, ...], Callable[[Extensions, Extension], bool]] = {
    (*_CE, 14): _subject_key_id,
    (*_CE, 15): _key_usage,
    OID_SAN: _subject_alternative_names,
    (*_CE, 19): _basic_constraints,
    OID_CONSTRAINTS: _name_constraints,
    (*_CE, 31): _crl_distribution_points,
    (*_CE, 32): _certificate_policies,
    (*_CE, 33): _policy_mappings,
    (*_CE, 35): _authority_key_id,
    (*_CE, 36): _policy_constraints,
    (*_CE, 37): _extended_key_usage,
    (*_CE, 54): _inhibit_any_policy,
    OID_AUTHORITY_INFO: _authority_info_access,
}


# What is not looked at where policies are not validated.
_OF_POLICIES = frozenset({(*_CE, 33), (*_CE, 36), (*_CE, 54)})


def process_extensions(extensions: list[Extension], rules: GoRules) -> Extensions:
    """What the extensions say, in the order of the certificate, so that the first fault is the one told."""
    out = Extensions(rules=rules)
    passed_over = () if rules.policies else _OF_POLICIES
    for extension in extensions:
        handler = None if extension.oid in passed_over else _HANDLERS.get(extension.oid)
        unhandled = handler is None or handler(out, extension)
        if extension.critical and unhandled:
            out.unhandled.append(extension.oid)
    return out
