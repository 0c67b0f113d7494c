"""Chains: what Go's client says of the certificates that a server sends.

The order in which faults win is Go's: the served certificates are parsed first, then the leaf is judged
alone (critical extensions, dates, host name), then a way to a trusted certificate is searched, and only then
are policies and extended usages looked at.

Source: ``crypto/tls/handshake_client.go`` (verifyServerCertificate), ``crypto/x509/verify.go`` (Verify,
buildChains, isValid, checkChainForKeyUsage), ``crypto/x509/x509.go`` (CheckSignatureFrom) of Go 1.24.
"""

from __future__ import annotations

from dataclasses import field
from functools import lru_cache
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.golang.text import decimal, from_octets, quote
from dockworthy.golang.time import GoTime, from_datetime
from dockworthy.trust.rules import DEBIAN_ENGINE_26_1, GoRules
from dockworthy.trust.x509 import constraints as nc
from dockworthy.trust.x509.certificate import Certificate, CertificateTooLargeError, parse_certificate
from dockworthy.trust.x509.chain_constraints import check_chain
from dockworthy.trust.x509.der import X509Error
from dockworthy.trust.x509.distrusted import is_distrusted
from dockworthy.trust.x509.extensions import (
    ANY_USAGE,
    GATED_CRYPTO,
    KEY_CERT_SIGN,
    NAME_DNS,
    NAME_EMAIL,
    NAME_IP,
    NAME_URI,
    OID_SAN,
    SERVER_AUTH,
    san_entries,
)
from dockworthy.trust.x509.hostname import verify_host
from dockworthy.trust.x509.keys import DSAKey, RSAKey
from dockworthy.trust.x509.lenient import san_entries as lenient_entries
from dockworthy.trust.x509.policies import policies_valid
from dockworthy.trust.x509.pool import CertPool
from dockworthy.trust.x509.signature import NOT_JUDGED, UNIMPLEMENTED, check_signature

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

__all__ = ["Attempt", "CertPool", "ChainVerdict", "Failure", "verify", "verify_server_chain"]

MAX_SIGNATURE_CHECKS = 100
"""How many signatures Go checks for one chain (``maxChainSignatureChecks``)."""

_VERSION_3 = 3
_CANNOT_SIGN = "x509: invalid signature: parent certificate cannot sign this kind of certificate"
_NOT_AUTHORIZED = "x509: a root or intermediate certificate is not authorized to sign for this name: "
_PANIC = "panic: interface conversion: "
_VERIFY_PREFIX = "tls: failed to verify certificate: "


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the engine refuses.

    Attributes:
        cls: the verdict's class.
        message: the error of the layer that found it, in its own words: ``x509: …`` or ``tls: …``.
        prefix: what ``crypto/tls`` puts before it.
        certificate: the one that broke the chain, if it was one.
        undecided: the engine's answer is not known, since our own limits were met.
    """

    cls: str
    message: str
    prefix: str = ""
    certificate: Certificate | None = None
    undecided: bool = False

    @property
    def tls_message(self) -> str:
        """The error as the handshake returns it: ``tls: failed to verify certificate: x509: …``."""
        return self.prefix + self.message


@dataclass(frozen=True, slots=True)
class Attempt:
    """A certificate that was tried as another's issuer.

    Attributes:
        is_root: whether it came from the trusted pool, and not from the server.
        error: why it was refused, or None.
    """

    child: Certificate
    candidate: Certificate
    is_root: bool
    error: str | None


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """What the client makes of a served chain.

    Attributes:
        failure: None where it is trusted.
        served: the certificates that could be parsed, in the order in which they were sent.
        chains: the ways to a trusted certificate, leaf first; empty where there is a failure.
        attempts: every issuer that was tried, in order.
    """

    failure: Failure | None
    served: tuple[Certificate, ...] = ()
    chains: tuple[tuple[Certificate, ...], ...] = ()
    attempts: tuple[Attempt, ...] = ()


class _Refused(Exception):  # noqa: N818 - an outcome, not a fault of the program
    """A certificate or a whole chain is refused."""

    def __init__(self, cls: str, message: str, certificate: Certificate | None = None) -> None:
        super().__init__(message)
        self.cls = cls
        self.message = message
        self.certificate = certificate


def _check_names(issuer: Certificate, child: Certificate, counter: nc.Counter) -> None:
    """Compares every name of a certificate below with an issuer's constraints."""
    limits = issuer.facts.constraints
    value = child.value_of(OID_SAN)
    if limits is None or value is None:
        return
    for kind, octets in lenient_entries(value) if child.facts.rules.lenient_parser else san_entries(value):
        if kind == NAME_EMAIL:
            nc.check_email(limits, from_octets(octets), counter)
        elif kind == NAME_DNS:
            nc.check_dns(limits, from_octets(octets), counter)
        elif kind == NAME_URI:
            nc.check_uri(limits, from_octets(octets), counter)
        elif kind == NAME_IP:
            nc.check_ip(limits, octets, counter)


def _check_constraints(issuer: Certificate, chain: Sequence[Certificate]) -> None:
    rules = issuer.facts.rules
    if not rules.every_name:
        chain = chain[:1] if rules.lenient_parser else (chain[0], issuer)
    counter = nc.Counter(wildcards=issuer.facts.rules.wildcard_exclusions)
    try:
        for child in chain:
            _check_names(issuer, child, counter)
    except nc.NameRefused as refusal:
        raise _Refused(
            "name-constraint",
            f"{_NOT_AUTHORIZED}{refusal}",
            issuer,
        ) from None
    except nc.TooManyConstraints:
        # Go's error has no text of its own for this reason.
        raise _Refused("other", "x509: unknown error", issuer) from None
    except (nc.NameUnparsable, X509Error) as error:
        raise _Refused("other", str(error), issuer) from None


def _check_dates(certificate: Certificate, now: GoTime) -> None:
    if now.is_before(certificate.not_before):
        relation, limit = "before", certificate.not_before
    elif certificate.not_after.is_before(now):
        relation, limit = "after", certificate.not_after
    else:
        return
    raise _Refused(
        "expired",
        "x509: certificate has expired or is not yet valid: "
        f"current time {now.rfc3339()} is {relation} {limit.rfc3339()}",
        certificate,
    )


def _check_validity(
    certificate: Certificate, chain: Sequence[Certificate], now: GoTime, *, is_intermediate: bool
) -> None:
    """Whether a certificate may come behind the chain so far (``isValid``); an empty one means a leaf."""
    facts = certificate.facts
    if facts.unhandled:
        raise _Refused("critical-ext", "x509: unhandled critical extension", certificate)
    if chain and chain[-1].raw_issuer != certificate.raw_subject:
        text = "x509: issuer name does not match subject from issuing certificate"
        raise _Refused("other", text, certificate)
    _check_dates(certificate, now)
    if chain and certificate.has_constraints and not facts.rules.constraints_last:
        _check_constraints(certificate, chain)
    if is_intermediate and not certificate.is_ca:
        raise _Refused("other", "x509: certificate is not authorized to sign other certificates", certificate)
    if facts.basic_constraints and facts.path_length is not None and len(chain) - 1 > facts.path_length:
        raise _Refused("path-length", "x509: too many intermediates for path length constraint", certificate)


@lru_cache(maxsize=4096)
def _check_signature_from(child: Certificate, parent: Certificate, rules: GoRules) -> str | None:
    """Why the parent cannot have issued the child, in Go's words, or None (``CheckSignatureFrom``).

    Certificates are parsed once and compare by identity, so a good answer need not be found twice.
    """
    facts = parent.facts
    if (parent.version == _VERSION_3 and not facts.basic_constraints) or (facts.basic_constraints and not facts.is_ca):
        return _CANNOT_SIGN
    if facts.key_usage and not facts.key_usage & KEY_CERT_SIGN:
        return _CANNOT_SIGN
    if parent.key is None:
        return UNIMPLEMENTED
    return check_signature(child.signature_algorithm, child.tbs, child.signature, parent.key, rules)


def _is_in_chain(candidate: Certificate, chain: Sequence[Certificate]) -> bool:
    """Whether subject, key and alternative names are those of a certificate in the chain."""
    if candidate.facts.rules.cached_chains:
        return any(candidate.raw == certificate.raw for certificate in chain)
    names = candidate.value_of(OID_SAN)
    for certificate in chain:
        if candidate.raw_subject != certificate.raw_subject:
            continue
        if candidate.facts.rules.raw_keys:
            same = candidate.raw_key == certificate.raw_key
        elif candidate.key is None:
            raise _Refused("other", f"{_PANIC}interface is nil, not x509.pubKeyEqual", candidate)
        elif isinstance(candidate.key, DSAKey):
            # DSA keys cannot be compared in Go: the program ends here.
            raise _Refused("other", f"{_PANIC}*dsa.PublicKey is not x509.pubKeyEqual: missing method Equal", candidate)
        else:
            same = candidate.key == certificate.key
        if not same:
            continue
        others = certificate.value_of(OID_SAN)
        if names is None or others is None:
            return names is others
        if names == others:
            return True
    return False


@dataclass(slots=True)
class _Search:
    """The search for a way to a trusted certificate."""

    roots: CertPool
    intermediates: CertPool
    now: GoTime
    rules: GoRules
    usage: tuple[int, ...] = SERVER_AUTH
    checks: int = 0
    above: dict[Certificate, list[tuple[Certificate, ...]]] = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)


class _Level:
    """One step of the search: the candidates for the issuer of the chain's last certificate."""

    def __init__(self, search: _Search, chain: tuple[Certificate, ...]) -> None:
        self._search = search
        self._chain = chain
        self._child = chain[-1]
        self._error: _Refused | None = None
        self._hint: tuple[str, Certificate] | None = None
        self._found: list[tuple[Certificate, ...]] = []

    def _is_passed_over(self, candidate: Certificate) -> bool:
        is_unknown = candidate.key is None and self._search.rules.skips_unknown_keys
        return is_unknown or _is_in_chain(candidate, self._chain)

    def _note(self, candidate: Certificate, error: str | None, *, is_root: bool, is_hint: bool = True) -> None:
        self._search.attempts.append(Attempt(self._child, candidate, is_root, error))
        if error is not None and is_hint and self._hint is None:
            self._hint = (error, candidate)

    def _consider(self, candidate: Certificate, *, is_root: bool) -> None:
        search, chain, rules = self._search, self._chain, self._search.rules
        if not rules.limits_first and self._is_passed_over(candidate):
            return
        search.checks += 1
        if search.checks > MAX_SIGNATURE_CHECKS:
            limit = "x509: signature check attempts limit reached while verifying certificate chain"
            self._error = _Refused("other", limit, candidate)
            return
        if rules.limits_first and self._is_passed_over(candidate):
            return
        refusal = _check_signature_from(self._child, candidate, search.rules)
        if refusal is not None:
            self._note(candidate, refusal, is_root=is_root)
            return
        self._error = None
        try:
            _check_validity(candidate, chain, search.now, is_intermediate=not is_root)
        except _Refused as error:
            self._error = error
            self._note(candidate, error.message, is_root=is_root, is_hint=rules.validity_hints)
            return
        self._note(candidate, None, is_root=is_root)
        longer = (*chain, candidate)
        if is_root:
            self._found.append(longer)
            return
        if rules.cached_chains and candidate in search.above:
            self._found += search.above[candidate]
            return
        found, self._error = _Level(search, longer).run()
        search.above[candidate] = found
        self._found += found

    def run(self) -> tuple[list[tuple[Certificate, ...]], _Refused | None]:
        """The chains found, and the error that Go would return for this step."""
        search = self._search
        for pool in (search.roots, search.intermediates):
            for candidate in pool.potential_parents(self._child):
                self._consider(candidate, is_root=pool is search.roots)
                if search.checks > MAX_SIGNATURE_CHECKS:
                    break  # Go goes on, and says the same of every other candidate
        if self._found:
            return self._found, None
        return [], self._error or self._unknown_authority()

    def _unknown_authority(self) -> _Refused:
        message = "x509: certificate signed by unknown authority"
        if self._hint is None:
            return _Refused("unknown-authority", message, self._child)
        error, certificate = self._hint
        subject = certificate.subject
        name = subject.common_name or (subject.organizations or [""])[0]
        if not subject.common_name and not subject.organizations:
            name = f"serial:{decimal(certificate.serial)}"
        message += (
            f" (possibly because of {quote(error)} while trying to verify candidate authority certificate "
            f"{quote(name)})"
        )
        return _Refused("unknown-authority", message, certificate)


def _allows(chain: Sequence[Certificate], usage: tuple[int, ...]) -> bool:
    """Whether every certificate of the chain that names extended usages allows this one."""
    return all(
        not certificate.usages or ANY_USAGE in certificate.usages or _names_usage(certificate, usage)
        for certificate in chain
    )


def _names_usage(certificate: Certificate, usage: tuple[int, ...]) -> bool:
    """Whether an extended usage is named, or one that stood for it up to Go 1.16."""
    usages = certificate.usages
    is_gated = usage == SERVER_AUTH and certificate.facts.rules.lenient_parser and not GATED_CRYPTO.isdisjoint(usages)
    return usage in usages or is_gated


def _within_names(chains: list[tuple[Certificate, ...]]) -> tuple[list[tuple[Certificate, ...]], str | None]:
    """The chains whose names are within their constraints (since Go 1.26), and the first fault found."""
    faults = [check_chain(chain) for chain in chains]
    good = [chain for chain, fault in zip(chains, faults, strict=True) if fault is None]
    return good, next((fault for fault in faults if fault is not None), None)


def _select(leaf: Certificate, chains: list[tuple[Certificate, ...]], search: _Search) -> list[tuple[Certificate, ...]]:
    """The chains whose policies and usages are good; raises where none is left."""
    names_last = search.rules.constraints_last
    valid = [chain for chain in chains if not search.rules.policies or policies_valid(chain)]
    if not valid and not names_last:
        raise _Refused("other", "x509: no valid chains built: all candidate chains have invalid policies", leaf)
    allowed = usable = [chain for chain in valid if _allows(chain, search.usage)]
    fault = None
    if names_last:
        usable, fault = _within_names(usable)
    if search.rules.distrusted_keys:
        usable = [chain for chain in usable if not is_distrusted(chain)]
    if usable:
        return usable
    if fault is not None:
        raise _Refused("name-constraint", _NOT_AUTHORIZED + fault, leaf)
    if allowed and len(allowed) == len(chains):
        raise _Refused("other", "x509: no valid chains built", leaf)
    bad = len(valid) - len(allowed), len(chains) - len(valid)
    raise _no_chain(leaf, *bad, "candidate chains" if names_last else "chains")


def _no_chain(leaf: Certificate, bad_usages: int, bad_policies: int, kind: str) -> _Refused:
    if not bad_policies:
        return _Refused("eku", "x509: certificate specifies an incompatible key usage", leaf)
    details = [f"{bad_usages} {kind} with incompatible key usage"] if bad_usages else []
    details.append(f"{bad_policies} {kind} with invalid policies")
    return _Refused("eku" if bad_usages else "other", f"x509: no valid chains built: {', '.join(details)}", leaf)


def _verify(search: _Search, leaf: Certificate, host: str) -> list[tuple[Certificate, ...]]:
    _check_validity(leaf, (), search.now, is_intermediate=False)
    mismatch = verify_host(leaf, host, search.rules) if host else None
    if mismatch is not None:
        raise _Refused(mismatch.verdict, mismatch.message, leaf)
    if leaf in search.roots:
        chains: list[tuple[Certificate, ...]] = [(leaf,)]
    else:
        chains, error = _Level(search, (leaf,)).run()
        if error is not None:
            raise error
    return _select(leaf, chains, search)


def verify(
    certificates: Sequence[Certificate],
    host: str,
    roots: CertPool,
    now: datetime,
    rules: GoRules = DEBIAN_ENGINE_26_1,
    usage: tuple[int, ...] = SERVER_AUTH,
) -> ChainVerdict:
    """Judges parsed certificates, the leaf first, as ``Certificate.Verify`` does.

    A TLS client asks for a server's usage; a server that judges a client's certificate for a client's.
    """
    leaf, *others = certificates
    intermediates = CertPool(rules=rules)
    for certificate in others:
        intermediates.add(certificate)
    search = _Search(roots, intermediates, from_datetime(now), rules, usage)
    served = tuple(certificates)
    try:
        chains = _verify(search, leaf, host)
    except _Refused as refusal:
        is_panic = refusal.message.startswith("panic: ")
        failure = Failure(
            refusal.cls,
            refusal.message,
            "" if is_panic else _VERIFY_PREFIX,
            refusal.certificate,
            undecided=any(attempt.error in NOT_JUDGED for attempt in search.attempts),
        )
        return ChainVerdict(failure, served, (), tuple(search.attempts))
    return ChainVerdict(None, served, tuple(chains), tuple(search.attempts))


def _parse_served(served: Sequence[bytes], rules: GoRules) -> tuple[list[Certificate], Failure | None]:
    parsed: list[Certificate] = []
    for der in served:
        try:
            certificate = parse_certificate(der, rules)
        except X509Error as error:
            prefix = "tls: failed to parse certificate from server: "
            return parsed, Failure("other", str(error), prefix, undecided=isinstance(error, CertificateTooLargeError))
        parsed.append(certificate)
        if isinstance(certificate.key, RSAKey) and 0 < rules.max_rsa_bits < certificate.key.bits:
            message = f"tls: server sent certificate containing RSA key larger than {rules.max_rsa_bits} bits"
            return parsed, Failure("other", message, certificate=certificate)
    return parsed, None


def _message_length(served: Sequence[bytes]) -> int:
    """The length of a TLS 1.3 Certificate message without extensions (RFC 8446, 4.4.2)."""
    return 4 + sum(len(der) + 5 for der in served)


def verify_server_chain(
    served: Sequence[bytes],
    host: str,
    roots: CertPool,
    now: datetime,
    rules: GoRules = DEBIAN_ENGINE_26_1,
) -> ChainVerdict:
    """Judges what a server sent, as the engine's TLS client does.

    Args:
        served: DER certificates in the order in which they were sent, the leaf first.
        host: the registry's host without a port; an IPv6 address with or without brackets.
        roots: what is trusted: the system's roots and those of certs.d.
        now: an aware time.
        rules: the build of the engine.
    """
    length = _message_length(served)
    if length > rules.max_certificates:
        text = f"tls: handshake message of length {length} bytes exceeds maximum of {rules.max_certificates} bytes"
        return ChainVerdict(Failure("other", text))
    if not served:
        return ChainVerdict(Failure("other", "tls: received empty certificates message"))
    parsed, failure = _parse_served(served, rules)
    if failure is not None:
        return ChainVerdict(failure, tuple(parsed))
    verdict = verify(parsed, host, roots, now, rules)
    leaf = parsed[0]
    if verdict.failure is None and (leaf.key is None or isinstance(leaf.key, DSAKey)):
        kind = "<nil>" if leaf.key is None else leaf.key.go_type
        message = f"tls: server's certificate contains an unsupported type of public key: {kind}"
        return ChainVerdict(Failure("other", message, certificate=leaf), verdict.served)
    return verdict
