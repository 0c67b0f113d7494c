"""Causes and fixes of what the server does: it does not answer, does not agree, or does not take the client."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dockworthy.golang.time import from_datetime
from dockworthy.printable import printable
from dockworthy.trust.advice.wording import day, plain, shell, title
from dockworthy.trust.reference import split_host_port
from dockworthy.trust.wire.client import TLS_1_2, TLS_1_3
from dockworthy.trust.wire.handshake import refuse_leaf
from dockworthy.trust.x509.extensions import ANY_USAGE, CLIENT_AUTH
from dockworthy.trust.x509.pool import CertPool

if TYPE_CHECKING:
    from dockworthy.trust.advice.files import Remedy
    from dockworthy.trust.case import TrustCase
    from dockworthy.trust.pulls import Outcome
    from dockworthy.trust.wire.client import Refusal
    from dockworthy.trust.wire.server import ServerAnswer

__all__ = ["client_certificate", "connection", "handshake", "plain_http"]

_NGINX: Final = (
    "# In the server's nginx configuration (Harbor renders it: ./prepare, then docker compose up -d):\n"
    "ssl_protocols TLSv1.2 TLSv1.3;\n"
    "ssl_ciphers ECDHE+AESGCM;"
)


def _authority(outcome: Outcome) -> str:
    return outcome.reply.authority if outcome.reply is not None else ""


def connection(case: TrustCase, outcome: Outcome, refusal: Refusal) -> Remedy:
    """No connection comes about."""
    authority = _authority(outcome)
    host, port = split_host_port(authority)
    shown = printable(authority)
    if refusal.cls == "dns":
        return (
            f"The name {plain(host)} does not resolve on this host.",
            (
                f"getent hosts {shell(host)}\n# Put it into DNS, or (with the registry's address):\n"
                f"# echo '192.0.2.10' {shell(host)} >>/etc/hosts"
            ),
        )
    if refusal.cls != "refused":
        return (
            f"No connection to {shown} comes about: {printable(refusal.detail or refusal.message)}.",
            f"curl -sv -o /dev/null {shell(f'https://{authority}/v2/')}",
        )
    asked = port or "443"
    answer = case.network.answer(authority)
    if answer.reach == "answers" and answer.port is not None:
        better = case.reference.replace(
            authority, f"{authority.removesuffix(f':{port}') if port else authority}:{answer.port}", 1
        )
        return (
            f"Nothing listens at port {asked} of {plain(host)}: the registry is at port {answer.port}.",
            f"docker pull {shell(better)}",
        )
    return f"Nothing listens at {shown}, port {asked}.", f"# On the registry's host:\nss -ltnp 'sport = :{asked}'"


def handshake(case: TrustCase, outcome: Outcome, refusal: Refusal) -> Remedy:
    """The server and the engine do not agree."""
    authority = _authority(outcome)
    shown = printable(authority)
    if refusal.cls == "http-not-https":
        return (
            f"{shown} speaks plain HTTP, and the engine speaks HTTPS to every registry that is not insecure.",
            (
                "# Let the registry speak TLS (Harbor: the https section of harbor.yml). Where that "
                "cannot "
                "be, in /etc/docker/daemon.json:\n"
                f'#   "insecure-registries": ["{printable(authority)}"]\n'
                "systemctl reload docker"
            ),
        )
    answer = case.network.answer(authority)
    if refusal.cls == "tls-version":
        return f"{shown} speaks none of the versions that the engine takes: TLS 1.2 and 1.3.", _NGINX
    return f"{shown} ends the handshake: {_disagreement(answer)}.", _handshake_fix(answer)


def _disagreement(answer: ServerAnswer) -> str:
    if answer.chain and refuse_leaf(answer.chain[0], tls13=TLS_1_3 in answer.versions) is not None:
        return "its certificate's key is of a kind or size for which Go's client takes no signature"
    if not answer.groups:
        return "it shares no key exchange group with Go's client (X25519, P-256, P-384, P-521)"
    if answer.versions == {TLS_1_2}:
        return "it shares no TLS 1.2 cipher suite with the engine, which offers ECDHE with AES-GCM"
    if answer.alert:
        return f'it answered "{answer.alert}"'
    return "they agree on no version, suite and signature"


def _handshake_fix(answer: ServerAnswer) -> str:
    if answer.chain and refuse_leaf(answer.chain[0], tls13=TLS_1_3 in answer.versions) is not None:
        return (
            "# A new key that every client knows, and a certificate for it:\n"
            "openssl ecparam -name prime256v1 -genkey -noout -out server.key\n"
            "openssl req -new -key server.key -out server.csr"
        )
    return _NGINX if answer.groups else "ssl_ecdh_curve auto;"


def client_certificate(case: TrustCase, outcome: Outcome, refusal: Refusal) -> Remedy:
    """The server wants a client certificate, and does not take this one, or gets none."""
    reply = outcome.reply
    shown = printable(_authority(outcome))
    folder = outcome.directory
    if reply is None or not reply.client.pairs:
        which = f"{folder} holds none"
        if outcome.insecure is not None:
            which = "the engine sends none to an insecure registry"
        return (
            f"{shown} wants a client certificate, and {printable(which)}.",
            (
                f"mkdir -p {shell(folder)}\ncp client.pem {shell(folder + '/client.cert')}\ninstall -m "
                "0600 "
                f"client.key {shell(folder + '/client.key')}"
            ),
        )
    return f"{shown} refuses the client certificate: {_why_refused(case, outcome, refusal)}.", (
        "# A client certificate of the CA that the registry trusts, with extendedKeyUsage clientAuth:\n"
        f"cp client.pem {shell(folder + '/client.cert')}\ninstall -m 0600 client.key "
        f"{shell(folder + '/client.key')}"
    )


def _why_refused(case: TrustCase, outcome: Outcome, refusal: Refusal) -> str:
    assert outcome.reply is not None  # noqa: S101 - the caller has looked
    leaf = outcome.reply.client.pairs[0].leaf
    now = from_datetime(case.now)
    if leaf.not_after.seconds < now.seconds:
        return f"{title(leaf)} expired on {day(leaf.not_after)}"
    if leaf.not_before.seconds > now.seconds:
        return f"{title(leaf)} is valid from {day(leaf.not_before)} only"
    if leaf.usages and CLIENT_AUTH not in leaf.usages and ANY_USAGE not in leaf.usages:
        return f"{title(leaf)} is a server's (its extendedKeyUsage has no clientAuth)"
    demand = case.network.answer(outcome.reply.authority).demand
    if demand is not None and _is_foreign(case, outcome):
        return (
            f"no pair was issued by a CA that it trusts for clients; {title(leaf)} was issued by "
            f"{plain(str(leaf.issuer))}"
        )
    return printable(refusal.detail or refusal.message.rpartition(": ")[2])


def _is_foreign(case: TrustCase, outcome: Outcome) -> bool:
    """Whether no pair's issuer is one of those that the server names or trusts."""
    assert outcome.reply is not None  # noqa: S101 - the caller has looked
    demand = case.network.answer(outcome.reply.authority).demand
    if demand is None:
        return False
    names = set(demand.names)
    if demand.authorities is not None:
        authorities = CertPool(rules=case.generation.rules)
        authorities.append_pem(demand.authorities)
        names |= {authority.raw_subject for authority in authorities}
    return not any(pair.leaf.raw_issuer in names for pair in outcome.reply.client.pairs)


def plain_http(_case: TrustCase, outcome: Outcome, refusal: Refusal) -> Remedy:
    """Plain HTTP was spoken to a server that speaks TLS, or the server has no such repository."""
    shown = printable(_authority(outcome))
    if refusal.message.endswith(": not found"):
        return f"{shown} answers, and has no such repository.", ""
    return (
        (
            f"HTTPS to {shown} fails, and plain HTTP, which the engine tries for an insecure registry, "
            "meets "
            "a server that speaks TLS."
        ),
        (
            "# Make the registry verifiable, so that the engine tells what is wrong: take it out of "
            "insecure-registries, and\n"
            f"mkdir -p {shell(outcome.directory)}\ncp ca.crt {shell(outcome.directory + '/ca.crt')}\n"
            "systemctl reload docker"
        ),
    )
