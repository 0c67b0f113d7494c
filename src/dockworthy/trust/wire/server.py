"""What answers at a registry's address, and where a handshake with it ends.

An answer is what was seen on the wire (``openssl s_client`` with the engine's offer, in the probe).

Source: Go's ``crypto/tls`` (handshake_client.go, handshake_server.go, alert.go), ``net/http``; OpenSSL's
``ssl/t1_lib.c`` for the server's side of nginx; distribution 2.8 ``registry/registry.go``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, NotDecided
from dockworthy.trust.rules import DEBIAN_ENGINE_26_1
from dockworthy.trust.wire.client import TLS_1_2, TLS_1_3, ClientTLS, Refusal
from dockworthy.trust.wire.handshake import (
    is_signature_named,
    key_oid,
    refuse_leaf,
    refuse_signature,
    signature_schemes,
)
from dockworthy.trust.wire.suites import SUITES
from dockworthy.trust.x509.certificate import parse_certificate
from dockworthy.trust.x509.chain import ChainVerdict, verify, verify_server_chain
from dockworthy.trust.x509.der import X509Error
from dockworthy.trust.x509.extensions import CLIENT_AUTH
from dockworthy.trust.x509.keys import OID_RSA
from dockworthy.trust.x509.pool import CertPool

if TYPE_CHECKING:
    from datetime import datetime

    from dockworthy.trust.rules import GoRules
    from dockworthy.trust.x509.keypair import KeyPair

__all__ = ["ClientDemand", "ServerAnswer", "alert_class", "shake_hands"]

_MODERN: Final = frozenset({TLS_1_2, TLS_1_3})
_EVERY_SUITE: Final = frozenset(suite.number for suite in SUITES)
_WITH_RSA: Final = frozenset(suite.number for suite in SUITES if suite.key == "RSA")
_SIGNED: Final = frozenset(suite.number for suite in SUITES if suite.exchange == "ECDHE")

_CLIENT_ALERTS: Final = frozenset(
    {
        "bad certificate",
        "unsupported certificate",
        "revoked certificate",
        "expired certificate",
        "unknown certificate",
        "unknown certificate authority",
        "access denied",
        "certificate required",
    }
)


@dataclass(frozen=True, slots=True)
class ClientDemand:
    """That a server asks for a client certificate.

    Attributes:
        CAs: the certificates that it trusts for clients, PEM; None where only ``names`` were seen.
        names: the subjects that it names in its request, DER.
        required: whether it ends the connection without one.
        by_alert: whether it refuses in the handshake (Go); nginx finishes it and answers 400.
        tried: what it said to the pair that the engine would present, where the host tried: an alert in Go's words,
            ``400`` where ``by_alert`` is off, or empty where it was content; None where nobody tried.
    """

    authorities: bytes | None = None
    names: tuple[bytes, ...] = ()
    required: bool = True
    by_alert: bool = True
    tried: str | None = None


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """What a client that connects will meet.

    Attributes:
        port: where it listens, or None where the answer was seen at the port that the reference names.
        reach: ``answers``, or what a connection ends with: ``refused``, ``timeout``, ``no-route``,
            ``unreachable``, ``reset``.
        http: whether it speaks HTTP without TLS there.
        chain: the certificates that it sends, DER, in their order.
        versions: the protocol versions that it speaks.
        suites: the TLS 1.2 suites that it takes part in.
        groups: whether it shares a key exchange group with Go's client.
        alert: the alert with which it ended a handshake like the engine's, in Go's words; seen, so it wins.
        demand: the client certificate that it wants.
        realm: the token service's URL in its ``WWW-Authenticate`` header.
        service: the name beside it.
        held_to_signatures: whether it sends a certificate only where the client names its signature, as OpenSSL does
            and Go does not; None where that is not known.
        one_root: whether it is known to serve the API at its root alone.
    """

    port: int | None = None
    reach: str = "answers"
    http: bool = False
    chain: tuple[bytes, ...] = ()
    versions: frozenset[int] = _MODERN
    suites: frozenset[int] = _EVERY_SUITE
    groups: bool = True
    alert: str | None = None
    demand: ClientDemand | None = None
    realm: str | None = None
    service: str = ""
    held_to_signatures: bool | None = None
    one_root: bool = False


def _end_of_negotiation(answer: ServerAnswer, client: ClientTLS) -> str | None:
    """The alert with which the server ends the handshake before it sends its certificate, or None."""
    versions = [version for version in answer.versions if version >= client.min_version]
    if not versions:
        return "protocol version not supported"
    leaf = answer.chain[0]
    if max(versions) == TLS_1_3:
        return None if answer.groups and refuse_leaf(leaf, client.rules) is None else "handshake failure"
    is_rsa = key_oid(leaf) == OID_RSA
    suites = client.suites & answer.suites & (_WITH_RSA if is_rsa else _EVERY_SUITE - _WITH_RSA)
    if not answer.groups or refuse_leaf(leaf, client.rules, tls13=False) is not None:
        suites -= _SIGNED
    return None if suites else "handshake failure"


def alert_class(alert: str) -> str:
    """The verdict's class for an alert that a server sent."""
    if alert == "protocol version not supported":
        return "tls-version"
    return "client-cert-refused" if alert in _CLIENT_ALERTS else "tls-handshake"


def _remote(alert: str, stage: str) -> Refusal:
    return Refusal(alert_class(alert), f"remote error: tls: {alert}", stage)


def shake_hands(
    answer: ServerAnswer, client: ClientTLS, host: str, now: datetime
) -> tuple[Refusal | None, ChainVerdict | None]:
    """Why a TLS connection to a server fails, or None; and what became of the chain, where it was looked at.

    ``host`` is the name that is asked for, without port and brackets; ``now`` the engine's clock. NotDecided where the
    chain was not seen, or lies beyond our own limits.
    """
    if answer.http:
        return Refusal("http-not-https", "http: server gave HTTP response to HTTPS client", "handshake"), None
    alert = answer.alert
    if alert is None or alert_class(alert) == "client-cert-refused":
        alert = _end_of_negotiation(answer, client) if answer.chain else None
    if alert is not None:
        return _remote(alert, "handshake"), None
    if not answer.chain:
        raise NotDecided("the served certificates were not seen", host, Code.NOT_PROBED)
    if client.rules.names_signatures and not is_signature_named(answer.chain[0], client.rules):
        if answer.held_to_signatures is None:
            raise NotDecided(
                "whether the server sends a certificate that is signed so was not seen", host, Code.NOT_TOLD
            )
        if answer.held_to_signatures:
            return _remote("handshake failure", "handshake"), None
    verdict = verify_server_chain(answer.chain, host, client.roots, now, client.rules)
    refusal = _judge(verdict, client, host)
    if refusal is not None:
        return refusal, verdict
    return _present(answer, client, now), verdict


def _judge(verdict: ChainVerdict, client: ClientTLS, host: str) -> Refusal | None:
    """The refusal of the served chain, or of the server's signature after it."""
    failure = verdict.failure
    if failure is not None and failure.undecided:
        raise NotDecided(failure.message, host)
    is_verification = failure is not None and failure.prefix == "tls: failed to verify certificate: "
    if failure is None or (client.skip_verify and is_verification):
        failure = refuse_signature(verdict.served[0], client.rules)
    if failure is None:
        return None
    return Refusal(failure.cls, failure.tls_message, "verify", detail=failure.message)


def _present(answer: ServerAnswer, client: ClientTLS, now: datetime) -> Refusal | None:
    """What becomes of the server's wish for a client certificate."""
    demand = answer.demand
    if demand is None:
        return None
    modern = TLS_1_3 in answer.versions
    pair = _choose(demand, client, modern=modern)
    alert = demand.tried if pair is not None else None
    if alert is None:
        alert = _refuse_pair(demand, pair, now, modern=modern)
    if not alert:
        return None
    if demand.by_alert:
        return _remote(alert, "client")
    reason = "No required SSL certificate was sent" if pair is None else "The SSL certificate error"
    return Refusal("client-cert-refused", f"400 {reason}", "client")


def _choose(demand: ClientDemand, client: ClientTLS, *, modern: bool) -> KeyPair | None:
    """The first pair that one of the named CAs issued (``getClientCertificate``); None where none fits."""
    names = demand.names
    if demand.authorities is not None:
        names = tuple(authority.raw_subject for authority in _authorities(demand.authorities, client.rules))
    for pair in client.pairs:
        if signature_schemes(pair.leaf.key, tls13=modern) and (not names or _is_issued_by(pair, names, client)):
            return pair
    return None


def _is_issued_by(pair: KeyPair, names: tuple[bytes, ...], client: ClientTLS) -> bool:
    for der in pair.certificates:
        try:
            issuer = parse_certificate(der, client.rules).raw_issuer
        except X509Error:
            return False
        if issuer in names:
            return True
    return False


def _authorities(pem: bytes, rules: GoRules) -> CertPool:
    pool = CertPool(rules=rules)
    pool.append_pem(pem, "the server's client authorities")
    return pool


def _refuse_pair(demand: ClientDemand, pair: KeyPair | None, now: datetime, *, modern: bool) -> str | None:
    """The alert with which a Go server refuses what the client presents (``processCertsFromClient``)."""
    if pair is None:
        if not demand.required:
            return None
        return "certificate required" if modern else "bad certificate"
    if demand.authorities is None:
        raise NotDecided(
            "whom the server trusts for client certificates was not seen", "the served handshake", Code.NOT_PROBED
        )
    # The server is a program of its own, with rules of its own: those of a registry of our time.
    roots = _authorities(demand.authorities, DEBIAN_ENGINE_26_1)
    try:
        certificates = [parse_certificate(der, DEBIAN_ENGINE_26_1) for der in pair.certificates]
    except X509Error:
        return "bad certificate"
    failure = verify(certificates, "", roots, now, DEBIAN_ENGINE_26_1, CLIENT_AUTH).failure
    if failure is None:
        return None
    return {"unknown-authority": "unknown certificate authority", "expired": "expired certificate"}.get(
        failure.cls, "bad certificate"
    )
