"""Causes and fixes of what the server does: it does not answer, does not agree, or does not take the client."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.golang.time import from_datetime
from dockworthy.printable import printable
from dockworthy.trust.advice.texts import advise, asked
from dockworthy.trust.advice.wording import day, plain, title
from dockworthy.trust.reference import split_host_port
from dockworthy.trust.wire.client import TLS_1_2, TLS_1_3
from dockworthy.trust.wire.handshake import is_signature_named, refuse_leaf
from dockworthy.trust.x509.extensions import ANY_USAGE, CLIENT_AUTH
from dockworthy.trust.x509.pool import CertPool

if TYPE_CHECKING:
    from dockworthy.trust.advice.texts import Advice
    from dockworthy.trust.case import TrustCase
    from dockworthy.trust.pulls import Outcome
    from dockworthy.trust.rules import GoRules
    from dockworthy.trust.wire.client import Refusal
    from dockworthy.trust.wire.dial import Reply
    from dockworthy.trust.wire.server import ServerAnswer

__all__ = ["client_certificate", "connection", "handshake", "plain_http"]


def connection(case: TrustCase, outcome: Outcome, refusal: Refusal) -> Advice:
    """No connection comes about."""
    authority = asked(outcome)
    if refusal.cls == "dns":
        return advise("unresolved", outcome)
    if refusal.cls != "refused":
        return advise("no-connection", outcome, why=refusal.words, url=f"https://{authority}/v2/")
    given = split_host_port(authority)[1]
    port = given or "443"
    answer = case.network.answer(authority)
    if answer.reach == "answers" and answer.port is not None:
        bare = authority.removesuffix(f":{given}") if given else authority
        better = case.reference.replace(authority, f"{bare}:{answer.port}", 1)
        return advise("other-port", outcome, port=port, seen=answer.port, better=better)
    return advise("nobody-listens", outcome, port=port, filter=f"sport = :{port}")


def handshake(case: TrustCase, outcome: Outcome, refusal: Refusal) -> Advice:
    """The server and the engine do not agree."""
    if refusal.cls == "http-not-https":
        return advise("speaks-http", outcome)
    if refusal.cls == "tls-version":
        return advise("tls-version", outcome)
    name, why = _disagreement(case.network.answer(asked(outcome)), case.generation.rules)
    return advise(name, outcome, why=why)


def _disagreement(answer: ServerAnswer, rules: GoRules) -> tuple[str, str]:
    """The fix, and why the handshake ends."""
    leaf = answer.chain[0] if answer.chain else b""
    if leaf and refuse_leaf(leaf, rules, tls13=TLS_1_3 in answer.versions) is not None:
        why = "its certificate's key is of a kind or size for which Go's client takes no signature"
        return "no-common-key", why
    if leaf and rules.names_signatures and answer.held_to_signatures and not is_signature_named(leaf, rules):
        return "no-common-signature", "its certificate is signed in a way that Go's client does not know"
    if not answer.groups:
        why = "it shares no key exchange group with Go's client (X25519, P-256, P-384, P-521)"
        return "no-common-group", why
    why = "they agree on no version, suite and signature"
    if answer.versions == {TLS_1_2}:
        why = "it shares no TLS 1.2 cipher suite with the engine, which offers ECDHE with AES-GCM"
    elif answer.alert:
        why = f'it answered "{answer.alert}"'
    return "no-common-suite", why


def client_certificate(case: TrustCase, outcome: Outcome, refusal: Refusal) -> Advice:
    """The server wants a client certificate, and does not take this one, or gets none."""
    reply = outcome.reply
    if reply is None or not reply.client.pairs:
        is_insecure = outcome.insecure is not None
        which = "the engine sends none to an insecure registry" if is_insecure else f"{outcome.directory} holds none"
        return advise("no-client-certificate", outcome, which=which)
    return advise("client-refused", outcome, why=_why_refused(case, reply, refusal))


def _why_refused(case: TrustCase, reply: Reply, refusal: Refusal) -> str:
    leaf = reply.client.pairs[0].leaf
    now = from_datetime(case.now)
    if leaf.not_after.seconds < now.seconds:
        return f"{title(leaf)} expired on {day(leaf.not_after)}"
    if leaf.not_before.seconds > now.seconds:
        return f"{title(leaf)} is valid from {day(leaf.not_before)} only"
    if leaf.usages and CLIENT_AUTH not in leaf.usages and ANY_USAGE not in leaf.usages:
        return f"{title(leaf)} is a server's (its extendedKeyUsage has no clientAuth)"
    if _is_foreign(case, reply):
        issuer = plain(str(leaf.issuer))
        return f"no pair was issued by a CA that it trusts for clients; {title(leaf)} was issued by {issuer}"
    return printable(refusal.detail or refusal.message.rpartition(": ")[2])


def _is_foreign(case: TrustCase, reply: Reply) -> bool:
    """Whether no pair's issuer is one of those that the server names or trusts."""
    demand = case.network.answer(reply.authority).demand
    if demand is None:
        return False
    names = set(demand.names)
    if demand.authorities is not None:
        authorities = CertPool(rules=case.generation.rules)
        authorities.append_pem(demand.authorities)
        names |= {authority.raw_subject for authority in authorities}
    return not any(pair.leaf.raw_issuer in names for pair in reply.client.pairs)


def plain_http(_case: TrustCase, outcome: Outcome, refusal: Refusal) -> Advice:
    """Plain HTTP was spoken to a server that speaks TLS, or the server has no such repository."""
    return advise("no-repository" if refusal.message.endswith(": not found") else "http-to-tls", outcome)
