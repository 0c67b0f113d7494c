"""A request to a registry: name, connection, handshake, client certificate, token; and Go's words where it ends."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, NotDecided
from dockworthy.golang.ip import is_address
from dockworthy.golang.text import quote
from dockworthy.trust.reference import split_host_port
from dockworthy.trust.wire.client import Refusal
from dockworthy.trust.wire.server import shake_hands

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from dockworthy.trust.wire.client import ClientTLS
    from dockworthy.trust.wire.server import ServerAnswer
    from dockworthy.trust.x509.chain import ChainVerdict

__all__ = ["Network", "Reply", "connect", "token_host"]

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


@dataclass(frozen=True, slots=True)
class Network:
    """What a host's requests meet.

    Attributes:
        now: the host's clock.
        answers: what answers, by ``host[:port]`` as the engine names it; ``*`` for every one that is not named.
        addresses: what each host resolves to; empty for one that does not resolve.
        names_the_verification: whether this Go says of a refused certificate that its verification failed.
    """

    now: datetime
    answers: Mapping[str, ServerAnswer]
    addresses: Mapping[str, Sequence[str]]
    names_the_verification: bool

    def answer(self, authority: str) -> ServerAnswer:
        """What answers there; raises NotDecided where nobody looked."""
        found = self.answers.get(authority, self.answers.get("*"))
        if found is None:
            raise NotDecided("nobody looked at what answers there", authority, Code.NOT_PROBED)
        return found

    def resolves(self, authority: str) -> bool:
        """Whether the host has an address, or may have one: where nobody looked, the answer itself tells."""
        host = split_host_port(authority)[0]
        if is_address(host):
            return True
        found = self.addresses.get(host, self.addresses.get(host.lower()))
        return found is None or len(found) > 0


def _dial(network: Network, scheme: str, authority: str) -> Refusal | None:
    """Why no connection comes about, or None."""
    host, port_text = split_host_port(authority)
    if scheme not in DEFAULT_PORTS:
        return Refusal("other", f"unsupported protocol scheme {quote(scheme)}", "connect")
    if not network.resolves(authority):
        return Refusal("dns", f"dial tcp: lookup {host}: no such host", "connect")
    if port_text and not (port_text.isascii() and port_text.isdecimal()):
        return Refusal("other", f"dial tcp: lookup tcp/{port_text}: unknown port", "connect")
    port = int(port_text[:6] or DEFAULT_PORTS[scheme])
    if port > _MAX_PORT:
        return Refusal("other", f"dial tcp: address {port_text}: invalid port", "connect")
    answer = network.answer(authority)
    reach = answer.reach
    if reach == "answers" and answer.port not in {None, port}:
        reach = "refused"
    if reach == "answers":
        return None
    cls, words = _ENDS[reach]
    addresses = network.addresses.get(host) or (host,)
    target = addresses[0] if not is_address(host) else host
    shown = f"[{target}]" if ":" in target else target
    return Refusal(cls, f"dial tcp {shown}:{port}: {words}", "connect")


def connect(network: Network, scheme: str, authority: str, client: ClientTLS) -> Reply:
    """Ask a registry (``host[:port]``) for its first answer by ``https`` or ``http``.

    Raises NotDecided where nobody looked at what answers there.
    """
    refusal = _dial(network, scheme, authority)
    if refusal is not None:
        return Reply(refusal, None, client, authority)
    answer = network.answer(authority)
    if scheme == "http":
        # A TLS server answers a plain request with 400, or drops the connection.
        plain = None if answer.http else Refusal("other", PLAIN_TO_TLS, "http")
        return Reply(plain, None, client, authority)
    refusal, chain = shake_hands(answer, client, split_host_port(authority)[0], network.now)
    if refusal is not None and not network.names_the_verification:
        refusal = replace(refusal, message=refusal.message.removeprefix("tls: failed to verify certificate: "))
    return Reply(refusal, chain, client, authority)


def token_host(network: Network, authority: str, repository: str) -> tuple[str, str, str, str] | None:
    """Scheme, ``host[:port]``, URL and query of the token service that a registry names, or None for none."""
    answer = network.answer(authority)
    realm = answer.realm
    if not realm:
        return None
    scheme, separator, rest = realm.partition("://")
    if not separator or scheme not in DEFAULT_PORTS:
        return None
    wanted = {"scope": f"repository:{repository}:pull"}
    if answer.service:
        wanted["service"] = answer.service
    return scheme, rest.partition("/")[0], realm, f"?{urlencode(wanted)}"
