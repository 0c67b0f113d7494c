"""Certificates to be spoiled: a description of every field, and how it becomes bytes."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.fuzz import asn

if TYPE_CHECKING:
    from tests.fuzz.keys import Key

SAN, BASIC, USAGE, EXTENDED, CONSTRAINTS = "2.5.29.17", "2.5.29.19", "2.5.29.15", "2.5.29.37", "2.5.29.30"
SUBJECT_KEY, AUTHORITY_KEY, POLICIES, MAPPINGS = "2.5.29.14", "2.5.29.35", "2.5.29.32", "2.5.29.33"
POLICY_CONSTRAINTS, ANY_POLICY, CRL_POINTS, AUTHORITY_INFO = (
    "2.5.29.36",
    "2.5.29.54",
    "2.5.29.31",
    "1.3.6.1.5.5.7.1.1",
)
UTF8, PRINTABLE, T61, IA5, UNIVERSAL, BMP, NUMERIC = 12, 19, 20, 22, 28, 30, 18


@dataclass
class Extension:
    """An extension; ``critical`` may be bytes that are no BOOLEAN."""

    kind: str
    value: bytes
    critical: bool | bytes = False

    def encode(self) -> bytes:
        flag = (
            self.critical if isinstance(self.critical, bytes) else (asn.boolean(value=True) if self.critical else b"")
        )
        return asn.sequence(asn.oid(self.kind), flag, asn.octet_string(self.value))


@dataclass
class Spec:
    """Everything that a certificate is made of."""

    key: Key
    subject: bytes
    issuer: bytes
    signer: Key
    not_before: bytes
    not_after: bytes
    version: bytes = asn.context(0, asn.integer(2))
    serial: bytes = asn.integer(7)
    digest: str = "sha256"
    pss: bool = False
    extensions: list[Extension] = field(default_factory=list)
    unique: bytes = b""
    identifier: bytes | None = None
    outer_identifier: bytes | None = None
    spki: bytes | None = None
    signature: bytes | None = None
    signature_padding: int = 0
    flipped_bit: int | None = None
    changed_after_signing: bool = False
    trailing: bytes = b""
    raw: bytes | None = None

    def extension(self, kind: str) -> Extension | None:
        return next((extension for extension in self.extensions if extension.kind == kind), None)

    def put(self, kind: str, value: bytes, *, critical: bool | bytes = False) -> None:
        """Replaces or adds an extension."""
        self.drop(kind)
        self.extensions.append(Extension(kind, value, critical))

    def drop(self, kind: str) -> None:
        self.extensions = [extension for extension in self.extensions if extension.kind != kind]

    def _tbs(self, identifier: bytes, serial: bytes) -> bytes:
        extensions = b""
        if self.extensions:
            extensions = asn.context(3, asn.sequence(*(extension.encode() for extension in self.extensions)))
        return asn.sequence(
            self.version,
            serial,
            identifier,
            self.issuer,
            asn.sequence(self.not_before, self.not_after),
            self.subject,
            self.spki or self.key.spki,
            self.unique,
            extensions,
        )

    def encode(self) -> bytes:
        """The certificate, signed as the description says."""
        if self.raw is not None:
            return self.raw
        identifier = self.identifier or self.signer.identifier(self.digest, pss=self.pss)
        tbs = self._tbs(identifier, self.serial)
        signature = self.signature
        if signature is None:
            signature = self.signer.sign(tbs, self.digest, pss=self.pss)
        if self.changed_after_signing:
            tbs = self._tbs(identifier, asn.integer(987654321))
        if self.flipped_bit is not None and signature:
            octets = bytearray(signature)
            octets[self.flipped_bit // 8 % len(octets)] ^= 1 << self.flipped_bit % 8
            signature = bytes(octets)
        bits = signature
        if self.signature_padding:
            number = int.from_bytes(signature, "big") << self.signature_padding
            bits = number.to_bytes(len(signature) + 1, "big")
        return (
            asn.sequence(tbs, self.outer_identifier or identifier, asn.bit_string(bits, self.signature_padding))
            + self.trailing
        )


def name(*attributes: tuple[str, int, str | bytes]) -> bytes:
    """A name of (type, string tag, text)."""
    parts = []
    for kind, tag, text in attributes:
        octets = text if isinstance(text, bytes) else text.encode("utf-16-be" if tag == BMP else "utf-8")
        parts.append(asn.tlv(asn.SET, asn.sequence(asn.oid(kind), asn.tlv(tag, octets))))
    return asn.sequence(*parts)


COMMON_NAME, ORGANIZATION, COUNTRY = "2.5.4.3", "2.5.4.10", "2.5.4.6"


def moment(seconds: int) -> bytes:
    """A time as a sound CA writes it: UTCTime up to 2049."""
    fields = time.gmtime(seconds)
    if 1950 <= fields.tm_year < 2050:
        return asn.tlv(0x17, time.strftime("%y%m%d%H%M%SZ", fields).encode())
    return asn.tlv(0x18, f"{fields.tm_year:04}{time.strftime('%m%d%H%M%SZ', fields)}".encode())


def general_name(kind: int, value: bytes) -> bytes:
    return asn.context(kind, value, constructed=kind in {0, 3, 4, 5})


def basic_constraints(*, ca: bool, length: int | None = None) -> bytes:
    return asn.sequence(asn.boolean(value=True) if ca else b"", b"" if length is None else asn.integer(length))


def usages(*kinds: str) -> bytes:
    return asn.sequence(*map(asn.oid, kinds))
