"""What answers at a registry's address, from the probe's ``registry:HOST/…`` sections.

``openssl s_client`` offered what the engine offers; its words, alerts and the chain that it was sent become the
answer that [dockworthy.trust.wire.server][] judges. Where they do not tell how the engine would fare, nothing is
decided.
"""

from __future__ import annotations

import re
from dataclasses import field, replace
from typing import TYPE_CHECKING, Final

from dockworthy.data import table
from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, NotDecided, Reason
from dockworthy.facts.registry.s_client import parse_served
from dockworthy.regex import regex
from dockworthy.snapshot import NO_READER, NOT_CERTAIN
from dockworthy.tables import number, standard_error
from dockworthy.trust.wire.server import ClientDemand, ServerAnswer
from dockworthy.trust.wire.suites import SUITES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.facts.registry.s_client import Served
    from dockworthy.snapshot import Snapshot
    from dockworthy.trust.generations import Generation

__all__ = [
    "MIRROR",
    "REALM",
    "HTTPHead",
    "handshake",
    "has_no_name",
    "http_head",
    "parse_head",
    "server_answer",
]

TLS_1_2, TLS_1_3 = 0x0303, 0x0304
REALM: Final = "realm:"
MIRROR: Final = "mirror:"
_SUITES: Final = {suite.name: suite.number for suite in SUITES}
_NO_TOOL, _TIMED_OUT = 127, 124

_ALERT_ROWS: Final = table("dockworthy.facts.registry", "alerts.csv")
_ALERTS: Final = {int(row["number"]): row["go"] for row in _ALERT_ROWS}
_OPENSSL_ALERTS: Final = {row["openssl"]: row["go"] for row in _ALERT_ROWS if row["openssl"]}
_OF_CLIENT_CERTIFICATES: Final = frozenset({42, 43, 44, 45, 46, 48, 49, 116})
_HANDSHAKE_FAILURE: Final = 40
_ERRNO: Final = {"111": "refused", "113": "no-route", "101": "unreachable", "104": "reset", "110": "timeout"}
_WORDS: Final = (
    ("Connection refused", "refused"),
    ("No route to host", "no-route"),
    ("Network is unreachable", "unreachable"),
    ("Connection reset", "reset"),
    ("Connection timed out", "timeout"),
)
_NO_NAME: Final = regex(r"name resolution|Name or service not known|Name does not resolve|BIO_lookup|nodename nor")
_NOT_TLS: Final = regex(r"wrong version number|packet length too long|http request|unknown protocol")
_REFUSED: Final = frozenset({400, 403, 495, 496})  # nginx: 400, or 495 and 496 where error_page says so
_NOTHING_SENT: Final = "certificate required"
_GO_GROUPS: Final = ("X25519", "P-256", "PRIME256V1", "SECP256R1", "P-384", "SECP384R1", "P-521", "SECP521R1")


@dataclass(frozen=True, slots=True)
class HTTPHead:
    """The beginning of an HTTP answer: its status, and the headers by their names in lower case."""

    status: int
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def first(self, name: str) -> str:
        """A header's first value, or nothing."""
        return (self.headers.get(name) or ("",))[0]

    @property
    def challenge(self) -> Mapping[str, str]:
        """The parameters of the first Bearer challenge (RFC 6750, 3); empty where there is none."""
        for value in self.headers.get("www-authenticate", ()):
            scheme, _, rest = value.partition(" ")
            if scheme.lower() == "bearer":
                return dict(re.findall(r'(\w{1,32})="?([^",]{0,2000})', rest))
        return {}


def parse_head(text: str) -> HTTPHead | None:
    """Read status line and headers; of several answers (``100 Continue``, redirects) the last; None for none."""
    status: int | None = None
    headers: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        words = line.split()
        if line.startswith("HTTP/") and len(words) > 1:
            status = number(words[1])
            headers = {}
            continue
        name, colon, value = line.partition(":")
        if colon and status is not None:
            key = name.strip().lower()
            headers[key] = (*headers.get(key, ()), value.strip())
    return HTTPHead(status, headers) if status is not None else None


def http_head(snapshot: Snapshot, registry: str, name: str = "http") -> HTTPHead:
    """The answer to ``GET /v2/``, over TLS (``http``) or without (``plain``); raises NotDecided where none was had."""
    section = _tls(registry, name)
    text = snapshot.text(section)
    head = parse_head(text.value) if text.is_known else None
    if head is None:
        why = text.unknown or Reason("the answer is no HTTP", Code.MALFORMED)
        said = standard_error(snapshot, section).splitlines()
        raise NotDecided(f"{why}: {said[-1][:300]}" if said else why, section)
    return head


def handshake(snapshot: Snapshot, registry: str, name: str = "tls") -> Served:
    """A handshake's facts; raises NotDecided where openssl is missing, nobody looked or nothing of it was sent."""
    section = snapshot.get(_tls(registry, name))
    if section is not None and section.status == _NO_TOOL:
        raise NotDecided("openssl is not installed there", _tls(registry, name))
    if section is None or section.status in {NOT_CERTAIN, NO_READER}:
        raise NotDecided(snapshot.data(_tls(registry, name)).unknown or "nobody looked", _tls(registry, name))
    return parse_served(section.data)


def _tls(registry: str, name: str) -> str:
    """The section's name; a token service is asked for as ``realm:HOST``, a mirror as ``mirror:URL``."""
    return f"{registry}/{name}" if registry.startswith((REALM, MIRROR)) else f"registry:{registry}/{name}"


# --- the answer ------------------------------------------------------------------------------------------------


def server_answer(snapshot: Snapshot, registry: str, generation: Generation) -> ServerAnswer:
    """What a client of this generation will meet at a registry; raises NotDecided where what was seen does not tell."""
    section = snapshot.get(_tls(registry, "tls"))
    served = handshake(snapshot, registry)
    if section is not None and section.status == _TIMED_OUT and not served.chain:
        return ServerAnswer(reach="timeout")
    if not served.chain:
        return _without_chain(snapshot, registry, served, generation)
    answer = ServerAnswer(chain=served.chain, versions=_versions(snapshot, registry, served))
    answer = _narrowed(answer, served, generation, _tls(registry, "tls"))
    answer = replace(answer, demand=_demand(snapshot, registry, served))
    return _with_realm(snapshot, registry, answer)


def _versions(snapshot: Snapshot, registry: str, served: Served) -> frozenset[int]:
    found = {served.version}
    older = snapshot.get(_tls(registry, "tls12"))
    if older is not None and older.status == 0 and parse_served(older.data).version == TLS_1_2:
        found.add(TLS_1_2)
    if 0 in found:
        # The handshake broke off after the certificates: what was spoken is not said.
        raise NotDecided("which version of TLS was spoken was not seen", _tls(registry, "tls"), Code.NOT_PROBED)
    return frozenset(found)


def _narrowed(answer: ServerAnswer, served: Served, generation: Generation, source: str) -> ServerAnswer:
    """Whether what was negotiated is something that this generation offers, too."""
    group = served.group.upper()
    if group and not any(name in group for name in _GO_GROUPS):
        raise NotDecided(
            f"whether it has a key exchange of Go's beside {served.group[:60]} was not seen", source, Code.NOT_PROBED
        )
    if served.version >= TLS_1_3:
        return answer
    suite = _SUITES.get(served.cipher)
    if suite is None or suite not in generation.suites:
        raise NotDecided(
            f"whether it has a cipher suite of this engine beside {served.cipher[:60]} was not seen",
            source,
            Code.NOT_PROBED,
        )
    return replace(answer, suites=frozenset({suite}))


def _without_chain(snapshot: Snapshot, registry: str, served: Served, generation: Generation) -> ServerAnswer:
    """Why there were no certificates."""
    if served.alerts:
        return _alerted(served.alerts[0], generation, registry)
    said = "\n".join(served.errors)
    reach = _reach(said)
    if reach:
        return ServerAnswer(reach=reach)
    if _NO_NAME.search(said):
        raise NotDecided("its name could not be resolved when it was asked", _tls(registry, "tls"), Code.NOT_PROBED)
    if "unsupported protocol" in said:
        return ServerAnswer(alert="protocol version not supported")
    if _NOT_TLS.search(said):
        return _plain(snapshot, registry)
    raise NotDecided(
        f"no certificate came: {said.splitlines()[0][:200] if said else 'openssl said nothing'}", _tls(registry, "tls")
    )


def _plain(snapshot: Snapshot, registry: str) -> ServerAnswer:
    """No TLS there; HTTP without it, where somebody looked and it is."""
    head = http_head(snapshot, registry, "plain")
    challenge = head.challenge
    return ServerAnswer(http=True, realm=challenge.get("realm"), service=challenge.get("service", ""))


def _alerted(alert: int, generation: Generation, registry: str) -> ServerAnswer:
    words = _ALERTS.get(alert, f"alert({alert})")
    narrow = frozenset(number for name, number in _SUITES.items() if name.startswith("ECDHE") and "CHACHA" not in name)
    if alert in {_HANDSHAKE_FAILURE, 71} and not generation.suites <= narrow | {0xC012, 0x000A}:
        raise NotDecided(
            "the server refused the suites of the classic loader; others were not offered", _tls(registry, "tls")
        )
    return ServerAnswer(alert=words)


def _reach(said: str) -> str:
    found = re.search(r"errno=(\d{1,3})", said)
    if found is not None and found[1] in _ERRNO:
        return _ERRNO[found[1]]
    return next((reach for words, reach in _WORDS if words in said), "")


def has_no_name(snapshot: Snapshot, registry: str) -> bool:
    """Whether openssl was told that there is no such name: what is known where there is no getent."""
    section = snapshot.get(_tls(registry, "tls"))
    if section is None:
        return False
    served = parse_served(section.data)
    return not served.chain and any(_NO_NAME.search(error) for error in served.errors)


# --- client certificates and tokens ----------------------------------------------------------------------------


def _demand(snapshot: Snapshot, registry: str, served: Served) -> ClientDemand | None:
    """That the server asks for a client certificate, what it does without one, and what with the host's own."""
    if not served.asks_for_certificate:
        return None
    base = _without_certificate(snapshot, registry, served)
    section = snapshot.get(_tls(registry, "client"))
    if section is None or section.status:
        return base
    pair = section.text.removeprefix("pair ").strip()
    if pair in {"", "-"}:
        # No pair on the host is one that would be presented: what comes without one is what comes.
        return replace(base, tried="" if not base.required else _NOTHING_SENT if base.by_alert else "400")
    return _with_pair(snapshot, registry, base)


def _with_pair(snapshot: Snapshot, registry: str, base: ClientDemand) -> ClientDemand:
    """What the server said to the pair."""
    section = snapshot.get(_tls(registry, "client-http"))
    if section is None or section.status in {_NO_TOOL, _TIMED_OUT}:
        return base
    head = parse_head(section.text) if section.status == 0 else None
    if head is not None:
        refused = head.status in _REFUSED
        return replace(base, tried="400" if refused else "", by_alert=not refused)
    alert = _alert_in(standard_error(snapshot, _tls(registry, "client-http")))
    return base if alert is None else replace(base, tried=alert, by_alert=True)


def _alert_in(words: str) -> str | None:
    """The alert that a complaint of OpenSSL's tells of, in Go's words."""
    found = re.search(r"alert ([a-z ]{4,40})", words)
    phrase = found[1].strip() if found is not None else ""
    return next((go for openssl, go in _OPENSSL_ALERTS.items() if phrase.startswith(openssl)), None)


def _without_certificate(snapshot: Snapshot, registry: str, served: Served) -> ClientDemand:
    """What it does without one."""
    alerts = [alert for alert in served.alerts if alert in _OF_CLIENT_CERTIFICATES or alert == _HANDSHAKE_FAILURE]
    if alerts:
        return ClientDemand()
    source = _tls(registry, "http")
    section = snapshot.get(source)
    if section is not None and section.status not in {_NO_TOOL, _TIMED_OUT}:
        head = parse_head(section.text) if section.status == 0 else None
        if head is not None:
            return ClientDemand(required=head.status in _REFUSED, by_alert=head.status not in _REFUSED)
        if _alert_in(standard_error(snapshot, source)) is not None:
            return ClientDemand()
    raise NotDecided(
        "whether it insists on the client certificate that it asks for was not seen", source, Code.NOT_PROBED
    )


def _with_realm(snapshot: Snapshot, registry: str, answer: ServerAnswer) -> ServerAnswer:
    """The token service that the registry names: it is asked with the registry's certificates."""
    if registry.startswith((REALM, MIRROR)):
        return (
            answer  # a token service is asked for a token, and for nothing else; whether a mirror has one is not asked
        )
    if answer.demand is not None and answer.demand.required:
        return answer  # without a certificate no challenge was to be had; the demand itself is judged first
    challenge = http_head(snapshot, registry).challenge
    return replace(answer, realm=challenge.get("realm"), service=challenge.get("service", ""))
