"""X.509 certificates as Go's ``crypto/x509`` parses them: what it takes, what it refuses, and its words.

Source: ``crypto/x509/parser.go`` (parseCertificate) of Go 1.24.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.trust.rules import DEBIAN_ENGINE_26_1, GoRules
from dockworthy.trust.x509.der import (
    SEQUENCE,
    BitString,
    Reader,
    X509Error,
    constructed,
    context,
    dotted,
)
from dockworthy.trust.x509.extensions import (
    OID_CONSTRAINTS,
    OID_SAN,
    Extension,
    Extensions,
    parse_extension,
    process_extensions,
)
from dockworthy.trust.x509.keys import (
    AlgorithmIdentifier,
    PublicKey,
    describe_key,
    key_algorithm,
    parse_public_key,
)
from dockworthy.trust.x509.lenient import take_apart
from dockworthy.trust.x509.names import Name, parse_name
from dockworthy.trust.x509.pem import decode as pem_blocks
from dockworthy.trust.x509.signature import SignatureAlgorithm, check_signature, signature_algorithm
from dockworthy.trust.x509.times import parse_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from dockworthy.golang.time import GoTime

__all__ = [
    "MAX_CERTIFICATE_OCTETS",
    "Certificate",
    "CertificateTooLargeError",
    "certificates_of",
    "is_signed_by",
    "parse_certificate",
    "readable",
]

MAX_CERTIFICATE_OCTETS = 1 << 20
"""A longer certificate is not looked at. The handshake itself ends at 256 KiB for the whole chain."""
_CACHED_OCTETS = 16_384
_LAST_VERSION = 3


class CertificateTooLargeError(X509Error):
    """A certificate beyond our own limit: not judged."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Certificate:
    """A certificate. Two are the same if their bytes are; objects compare by identity.

    Attributes:
        raw: the whole certificate.
        tbs: what is signed.
        raw_subject: and ``raw_issuer``: the names' own bytes; Go compares those.
        version: 1 to 3.
        key: None for an algorithm that Go does not know.
        key_algorithm: Go's name for it, or None.
        facts: what the extensions say.
    """

    raw: bytes
    tbs: bytes
    version: int
    serial: int
    signature_algorithm: SignatureAlgorithm
    signature: bytes
    raw_issuer: bytes
    issuer: Name
    not_before: GoTime
    not_after: GoTime
    raw_subject: bytes
    subject: Name
    raw_key: bytes
    key_algorithm: str | None
    key_identifier: AlgorithmIdentifier
    key: PublicKey | None
    extensions: tuple[Extension, ...]
    facts: Extensions

    def __repr__(self) -> str:
        """The subject and the fingerprint: enough to tell it by, whatever its size."""
        return f"<Certificate {self.subject}, SHA-256 {self.fingerprint}>"

    @property
    def dns_names(self) -> list[str]:
        """The DNS names among the subject's alternative names."""
        return self.facts.dns_names

    @property
    def ip_addresses(self) -> list[bytes]:
        """The addresses among the subject's alternative names, 4 or 16 octets each."""
        return self.facts.ip_addresses

    @property
    def is_ca(self) -> bool:
        """Whether basicConstraints says so."""
        return self.facts.basic_constraints and self.facts.is_ca

    @property
    def usages(self) -> list[tuple[int, ...]]:
        """The extended key usages; empty where there are none."""
        return self.facts.usages

    def value_of(self, oid: tuple[int, ...]) -> bytes | None:
        """An extension's contents, or None where it is absent."""
        return next((extension.value for extension in self.extensions if extension.oid == oid), None)

    @property
    def has_san(self) -> bool:
        """Whether there is a subjectAltName extension, whatever is in it."""
        return self.value_of(OID_SAN) is not None

    @property
    def has_constraints(self) -> bool:
        """Whether there is a nameConstraints extension."""
        return self.value_of(OID_CONSTRAINTS) is not None

    @property
    def is_self_issued(self) -> bool:
        """Whether issuer and subject are the same name."""
        return self.raw_issuer == self.raw_subject

    @property
    def key_description(self) -> str:
        """The key in a few words: ``RSA 2048``, ``P-256``."""
        return describe_key(self.key_identifier, self.key)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the whole certificate, in hexadecimal."""
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def begins(self) -> datetime | None:
        """The start of validity, or None beyond what ``datetime`` holds."""
        return self.not_before.as_datetime()

    @property
    def ends(self) -> datetime | None:
        """The end of validity, or None beyond what ``datetime`` holds."""
        return self.not_after.as_datetime()


def _parse_version(tbs: Reader) -> int:
    failure = "x509: malformed version"
    wrapped = tbs.optional(constructed(context(0)), failure)
    if wrapped is None:
        return 1
    version = wrapped.int64(failure)
    if not wrapped.empty or version < 0:
        raise X509Error(failure)
    if version >= _LAST_VERSION:
        raise X509Error("x509: invalid version")
    return version + 1


def _parse_algorithm(reader: Reader, rules: GoRules) -> AlgorithmIdentifier:
    oid = reader.oid("x509: malformed OID", minimal=rules.minimal_oids)
    if reader.empty:
        return AlgorithmIdentifier(oid, b"")
    return AlgorithmIdentifier(oid, reader.element(None, "x509: malformed parameters").rest())


def _parse_extensions(tbs: Reader, version: int, rules: GoRules) -> list[Extension]:
    if version == 1:
        return []
    for number, name in ((1, "issuerUniqueID"), (2, "subjectUniqueID")):
        tbs.optional(context(number), f"x509: malformed {name}")
    if version < _LAST_VERSION:
        return []
    failure = "x509: malformed extensions"
    wrapped = tbs.optional(constructed(context(3)), failure)
    if wrapped is None:
        return []
    sequence = wrapped.read(SEQUENCE, failure)
    extensions: list[Extension] = []
    seen: set[tuple[int, ...]] = set()
    while not sequence.empty:
        extension = parse_extension(sequence.read(SEQUENCE, "x509: malformed extension"), rules)
        if extension.oid in seen:
            named = f' with OID "{dotted(extension.oid)}"' if rules.duplicate_names else "s"
            raise X509Error(f"x509: certificate contains duplicate extension{named}")
        seen.add(extension.oid)
        extensions.append(extension)
    return extensions


def _parse_serial(tbs: Reader, rules: GoRules) -> int:
    serial = tbs.integer("x509: malformed serial number")
    if serial < 0 and rules.positive_serials:
        raise X509Error("x509: negative serial number")
    return serial


def _parse_key(spki: Reader, rules: GoRules) -> tuple[AlgorithmIdentifier, str | None, PublicKey | None]:
    inner = spki.read(SEQUENCE, "x509: malformed spki")
    identifier = _parse_algorithm(inner.read(SEQUENCE, "x509: malformed public key algorithm identifier"), rules)
    bits: BitString = inner.bit_string("x509: malformed subjectPublicKey")
    algorithm = key_algorithm(identifier.oid)
    return identifier, algorithm, parse_public_key(identifier, bits, rules)


def _parse_leniently(der: bytes, rules: GoRules) -> Certificate:
    parts = take_apart(der, rules)
    return Certificate(
        raw=parts.raw,
        tbs=parts.tbs,
        version=parts.version,
        serial=parts.serial,
        signature_algorithm=signature_algorithm(parts.algorithm, rules),
        signature=parts.signature.right_aligned(),
        raw_issuer=parts.raw_issuer,
        issuer=parts.issuer,
        not_before=parts.not_before,
        not_after=parts.not_after,
        raw_subject=parts.raw_subject,
        subject=parts.subject,
        raw_key=parts.raw_key,
        key_algorithm=key_algorithm(parts.key_identifier.oid),
        key_identifier=parts.key_identifier,
        key=parts.key,
        extensions=parts.extensions,
        facts=parts.facts,
    )


def _parse(der: bytes, rules: GoRules) -> Certificate:
    if rules.lenient_parser:
        return _parse_leniently(der, rules)
    whole = Reader(der).element(SEQUENCE, "x509: malformed certificate")
    raw = whole.rest()
    outer = whole.read(SEQUENCE, "x509: malformed certificate")
    tbs_element = outer.element(SEQUENCE, "x509: malformed tbs certificate")
    tbs_raw = tbs_element.rest()
    tbs = tbs_element.read(SEQUENCE, "x509: malformed tbs certificate")
    version = _parse_version(tbs)
    serial = _parse_serial(tbs, rules)
    inner_algorithm = tbs.read(SEQUENCE, "x509: malformed signature algorithm identifier")
    outer_algorithm = outer.read(SEQUENCE, "x509: malformed algorithm identifier")
    if outer_algorithm.rest() != inner_algorithm.rest():
        raise X509Error("x509: inner and outer signature algorithm identifiers don't match")
    algorithm = signature_algorithm(_parse_algorithm(inner_algorithm, rules), rules)
    issuer_element = tbs.element(SEQUENCE, "x509: malformed issuer")
    raw_issuer = issuer_element.rest()
    issuer = parse_name(issuer_element, rules)
    validity = tbs.read(SEQUENCE, "x509: malformed validity")
    not_before, not_after = parse_time(validity), parse_time(validity)
    subject_element = tbs.element(SEQUENCE, "x509: malformed issuer")
    raw_subject = subject_element.rest()
    subject = parse_name(subject_element, rules)
    spki = tbs.element(SEQUENCE, "x509: malformed spki")
    raw_key = spki.rest()
    identifier, name, key = _parse_key(spki, rules)
    extensions = _parse_extensions(tbs, version, rules)
    facts = process_extensions(extensions, rules)
    signature = outer.bit_string("x509: malformed signature").right_aligned()
    return Certificate(
        raw=raw,
        tbs=tbs_raw,
        version=version,
        serial=serial,
        signature_algorithm=algorithm,
        signature=signature,
        raw_issuer=raw_issuer,
        issuer=issuer,
        not_before=not_before,
        not_after=not_after,
        raw_subject=raw_subject,
        subject=subject,
        raw_key=raw_key,
        key_algorithm=name,
        key_identifier=identifier,
        key=key,
        extensions=tuple(extensions),
        facts=facts,
    )


@lru_cache(maxsize=2048)
def _parse_cached(der: bytes, rules: GoRules) -> Certificate:
    certificate = _parse(der, rules)
    if len(certificate.raw) != len(der):
        raise X509Error("x509: trailing data")
    return certificate


def parse_certificate(der: bytes, rules: GoRules = DEBIAN_ENGINE_26_1) -> Certificate:
    """Parses one certificate.

    Raises an [X509Error][dockworthy.trust.x509.der.X509Error] with Go's text, or a CertificateTooLargeError beyond
    [MAX_CERTIFICATE_OCTETS][dockworthy.trust.x509.certificate.MAX_CERTIFICATE_OCTETS].
    """
    if len(der) > MAX_CERTIFICATE_OCTETS:
        raise CertificateTooLargeError(f"a certificate of {len(der)} bytes is not judged")
    if len(der) > _CACHED_OCTETS:
        return _parse_cached.__wrapped__(der, rules)
    return _parse_cached(der, rules)


def is_signed_by(lower: Certificate, upper: Certificate, rules: GoRules) -> bool:
    """Whether the upper one's key made the lower one's signature, as far as these rules verify such a signature."""
    if upper.key is None:
        return False
    return check_signature(lower.signature_algorithm, lower.tbs, lower.signature, upper.key, rules) is None


def readable(found: Iterable[bytes]) -> Iterator[Certificate]:
    """Of these DER texts the certificates that Go can parse."""
    for der in found:
        with suppress(X509Error):
            yield parse_certificate(der)


def certificates_of(data: bytes) -> tuple[Certificate, ...]:
    """The certificates of a PEM text that Go takes: no headers, no other label, nothing that it cannot parse."""
    return _in_text.__wrapped__(data) if len(data) > _CACHED_OCTETS else _in_text(data)


@lru_cache(maxsize=512)
def _in_text(data: bytes) -> tuple[Certificate, ...]:
    blocks = (block for block in pem_blocks(data) if block.kind == "CERTIFICATE" and not block.headers)
    return tuple(readable(block.octets for block in blocks))
