"""Pools of trusted certificates, each knowing where it came from.

Source: ``crypto/x509/cert_pool.go`` of Go 1.24.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.trust.rules import DEBIAN_ENGINE_26_1, GoRules
from dockworthy.trust.x509.certificate import parse_certificate
from dockworthy.trust.x509.der import X509Error
from dockworthy.trust.x509.pem import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockworthy.trust.x509.certificate import Certificate

__all__ = ["MAX_PEM_OCTETS", "CertPool", "PEMTooLargeError"]

MAX_PEM_OCTETS = 8 << 20
"""A longer file is not read: the whole of Mozilla's roots is a 30th of this."""


class PEMTooLargeError(ValueError):
    """A file beyond our own limit: what the engine would make of it is not known."""


class CertPool:
    """Trusted certificates in the order in which they were added.

    A pool can stand on another (the system's roots), which it does not change: the engine starts each
    registry's pool as a copy of the system's.
    """

    __slots__ = ("_added", "_base", "_by_subject", "_origins", "_rules")

    def __init__(self, base: CertPool | None = None, rules: GoRules = DEBIAN_ENGINE_26_1) -> None:
        self._base = base
        self._rules = rules
        self._added: list[Certificate] = []
        self._by_subject: dict[bytes, list[Certificate]] = {}
        self._origins: dict[bytes, list[str]] = {}

    def __len__(self) -> int:
        """How many certificates there are."""
        return len(self._added) + (len(self._base) if self._base is not None else 0)

    def __iter__(self) -> Iterator[Certificate]:
        """The certificates in the order in which they were added."""
        if self._base is not None:
            yield from self._base
        yield from self._added

    def __contains__(self, certificate: Certificate) -> bool:
        """Whether the very same bytes are in the pool."""
        return certificate.raw in self._origins or (self._base is not None and certificate in self._base)

    def add(self, certificate: Certificate, origin: str = "") -> None:
        """Adds a certificate; a second time changes nothing but the list of its origins."""
        if certificate not in self:
            self._added.append(certificate)
            self._by_subject.setdefault(certificate.raw_subject, []).append(certificate)
        self._origins.setdefault(certificate.raw, []).append(origin)

    def append_pem(self, data: bytes, origin: str = "") -> bool:
        """Adds every certificate of a PEM text, as ``AppendCertsFromPEM``; says whether there was one.

        Blocks of another type, with headers, or that Go cannot parse are skipped without a word. Raises a
        PEMTooLargeError for a text beyond [MAX_PEM_OCTETS][dockworthy.trust.x509.pool.MAX_PEM_OCTETS].
        """
        if len(data) > MAX_PEM_OCTETS:
            raise PEMTooLargeError(f"{origin or 'a PEM file'} has {len(data)} bytes: not judged")
        found = False
        for block in decode(data, from_end=self._rules.pem_from_end):
            if block.kind != "CERTIFICATE" or block.headers:
                continue
            try:
                certificate = parse_certificate(block.octets, self._rules)
            except X509Error:
                continue
            self.add(certificate, origin)
            found = True
        return found

    def with_subject(self, raw_subject: bytes) -> list[Certificate]:
        """The certificates of a subject, in the order in which they were added."""
        below = self._base.with_subject(raw_subject) if self._base is not None else []
        return below + self._by_subject.get(raw_subject, [])

    def origins(self, certificate: Certificate) -> list[str]:
        """Where the certificate came from: the names given when it was added."""
        below = self._base.origins(certificate) if self._base is not None else []
        return below + self._origins.get(certificate.raw, [])

    def potential_parents(self, child: Certificate) -> list[Certificate]:
        """Who may have signed the certificate, the most plausible first (``findPotentialParents``)."""
        if self._rules.key_id_first:
            wanted = child.facts.authority_key_id
            by_key = [each for each in self if each.facts.subject_key_id == wanted] if wanted else []
            return by_key or self.with_subject(child.raw_issuer)
        candidates = self.with_subject(child.raw_issuer)
        if len(candidates) > 1:
            candidates = sorted(candidates, key=lambda candidate: _plausibility(candidate, child))
        return candidates


def _plausibility(candidate: Certificate, child: Certificate) -> int:
    """0 where the key identifiers are equal, 1 where only one side has one, 2 where they differ."""
    mine, wanted = candidate.facts.subject_key_id, child.facts.authority_key_id
    if mine == wanted:
        return 0
    return 2 if mine and wanted else 1
