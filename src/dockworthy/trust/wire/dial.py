"""A request to a registry: name, connection, handshake, client certificate, token; and Go's words where it ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from dockworthy.golang.ip import is_address
from dockworthy.golang.text import quote
from dockworthy.trust.reference import split_host_port
from dockworthy.trust.wire.client import Refusal
from dockworthy.trust.wire.server import shake_hands

if TYPE_CHECKING:
    from dockworthy.trust.case import TrustCase
    from dockworthy.trust.reference import Reference
    from dockworthy.trust.wire.client import ClientTLS
    from dockworthy.trust.x509.chain import ChainVerdict

__all__ = ["Reply", "connect", "token_host"]

DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_MAX_PORT: Final = 65535
_ENDS: Final = {
    "refused": ("refused", "connect: connection refused"),
    "timeout": ("other", "i/o timeout"),
    "no-route": ("other", "connect: no route to host"),
    "unreachable": ("other", "connect: network is unreachable"),
    "reset": ("other", "read: connection reset by peer"),
}
PLAIN_TO_TLS: Final = "400 Bad Request"


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a request.

    Attributes:
        refusal: why it failed, or None.
        chain: what became of the served certificates, where they were looked at.
        client: the client's side.
        authority: who was asked.
    """

    refusal: Refusal | None
    chain: ChainVerdict | None
    client: ClientTLS
    authority: str


def _dial(case: TrustCase, scheme: str, authority: str) -> Refusal | None:
    """Why no connection comes about, or None."""
    host, port_text = split_host_port(authority)
    if scheme not in DEFAULT_PORTS:
        return Refusal("other", f"unsupported protocol scheme {quote(scheme)}", "connect")
    if not case.resolves(authority):
        return Refusal("dns", f"dial tcp: lookup {host}: no such host", "connect")
    if port_text and not (port_text.isascii() and port_text.isdecimal()):
        return Refusal("other", f"dial tcp: lookup tcp/{port_text}: unknown port", "connect")
    port = int(port_text[:6] or DEFAULT_PORTS[scheme])
    if port > _MAX_PORT:
        return Refusal("other", f"dial tcp: address {port_text}: invalid port", "connect")
    answer = case.answer(authority)
    reach = answer.reach
    if reach == "answers" and answer.port not in {None, port}:
        reach = "refused"
    if reach == "answers":
        return None
    cls, words = _ENDS[reach]
    addresses = case.addresses.get(host) or (host,)
    target = addresses[0] if not is_address(host) else host
    shown = f"[{target}]" if ":" in target else target
    return Refusal(cls, f"dial tcp {shown}:{port}: {words}", "connect")


def connect(case: TrustCase, scheme: str, authority: str, client: ClientTLS) -> Reply:
    """Ask a registry for its first answer.

    Args:
        case: the host and what answers.
        scheme: ``https`` or ``http``.
        authority: ``host[:port]``.
        client: the client's side of TLS.

    Raises:
        NotDecided: where nobody looked at what answers there.
    """
    refusal = _dial(case, scheme, authority)
    if refusal is not None:
        return Reply(refusal, None, client, authority)
    answer = case.answer(authority)
    if scheme == "http":
        # A TLS server answers a plain request with 400, or drops the connection.
        plain = None if answer.http else Refusal("other", PLAIN_TO_TLS, "http")
        return Reply(plain, None, client, authority)
    refusal, chain = shake_hands(answer, client, split_host_port(authority)[0], case.now)
    if refusal is not None and not case.generation.names_the_verification:
        refusal = replace(refusal, message=refusal.message.removeprefix("tls: failed to verify certificate: "))
    return Reply(refusal, chain, client, authority)


def token_host(case: TrustCase, authority: str, reference: Reference) -> tuple[str, str, str, str] | None:
    """Scheme, ``host[:port]``, URL and query of the token service that a registry names, or None for none."""
    answer = case.answer(authority)
    realm = answer.realm
    if not realm:
        return None
    scheme, separator, rest = realm.partition("://")
    if not separator or scheme not in DEFAULT_PORTS:
        return None
    wanted = {"scope": f"repository:{reference.path}:pull"}
    if answer.service:
        wanted["service"] = answer.service
    return scheme, rest.partition("/")[0], realm, f"?{urlencode(wanted)}"
