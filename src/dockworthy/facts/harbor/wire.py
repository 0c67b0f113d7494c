"""What Harbor shows on the wire, of those registries that were looked at and say that they are one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, NotDecided, known, unknown
from dockworthy.facts.registry.served import handshake, http_head, parse_head
from dockworthy.snapshot import NO_TOOL
from dockworthy.trust.x509.certificate import certificates_of

if TYPE_CHECKING:
    from dockworthy.facts.registry.registries import Registries
    from dockworthy.facts.registry.s_client import Served
    from dockworthy.facts.registry.served import HTTPHead
    from dockworthy.snapshot import Snapshot
    from dockworthy.trust.x509.certificate import Certificate

__all__ = ["HarborOnWire", "harbors_on_wire"]

_SERVICE: Final = "harbor-registry"  # src/server/middleware/v2auth: the name in every challenge
_MODERN: Final = ("GCM", "CHACHA20", "CCM")
_REDIRECT: Final = 300  # 301 of Harbor 1.5, 308 since 1.8
_CLOSED: Final = ("unexpected eof", "errno=104", "errno=0", "onnection reset")


@dataclass(frozen=True, slots=True)
class HarborOnWire:
    """A registry that is a Harbor."""

    name: str  # ``host[:port]``
    head: HTTPHead  # the answer to ``GET /v2/``
    snapshot: Snapshot  # what was seen

    def _source(self, what: str) -> str:
        return f"https://{self.name}: {what}"

    def handshake(self, name: str) -> Evidence[Served]:
        """A handshake: ``tls`` (as the engine's), ``tls12`` (with TLS 1.2 alone), ``tls12-weak``, ``tls-old``."""
        try:
            return known(handshake(self.snapshot, self.name, name), self._source("TLS"))
        except NotDecided as error:
            return unknown(error.reason, error.source)

    @property
    def weaknesses(self) -> Evidence[tuple[str, ...]]:
        """What is old or weak in what it takes.

        What it chooses of all suites says nothing of those that it takes besides: it was asked a second time with only
        the weak ones, and a third time with the protocol's older versions.
        """
        source = self._source("protocol versions and cipher suites")
        parts = (self._too_old(), self._chosen(), self._takes_weak(), self._takes_old())
        faults = tuple(fault for part in parts for fault in part.get(()))
        why = next((part.unknown for part in parts if part.unknown is not None), None)
        return unknown(why, source) if why is not None and not faults else known(faults, source)

    def _too_old(self) -> Evidence[tuple[str, ...]]:
        newest = self.handshake("tls")
        if newest.is_known and not newest.value.version:
            return unknown("no handshake came about", newest.source, Code.NOT_PROBED)
        return newest.map(lambda served: () if served.protocol == "TLSv1.3" else ("TLS 1.3 is not spoken",))

    def _chosen(self) -> Evidence[tuple[str, ...]]:
        return self.handshake("tls12").map(
            lambda served: _suite_faults("chose", served.cipher) if served.version and served.cipher else ()
        )

    def _takes_weak(self) -> Evidence[tuple[str, ...]]:
        return self._taken("tls12-weak").map(lambda served: _suite_faults("takes", served.cipher) if served else ())

    def _takes_old(self) -> Evidence[tuple[str, ...]]:
        return self._taken("tls-old").map(lambda served: ("it takes TLS 1.1 or older",) if served else ())

    def _taken(self, name: str) -> Evidence[Served | None]:
        """The handshake that came about; None where the server refused it."""
        found = self.handshake(name)
        if not found.is_known or found.value.version:
            return found.map(lambda served: served)
        said = found.value
        if said.alerts or any(word in error for error in said.errors for word in _CLOSED):
            return known(None, found.source)
        why = f": {said.errors[-1]}" if said.errors else ""
        return unknown(f"what the server says to a weaker client was not seen{why}", found.source, Code.NOT_PROBED)

    @property
    def hsts(self) -> Evidence[int]:
        """``max-age`` of Strict-Transport-Security, in seconds; 0 where there is none."""
        value = self.head.first("strict-transport-security")
        found = re.search(r"max-age\s*=\s*\"?(\d{1,12})", value, re.IGNORECASE)
        return known(int(found[1]) if found else 0, self._source("Strict-Transport-Security: max-age"))

    @property
    def realm(self) -> Evidence[str]:
        """The token service's address in the challenge."""
        return known(self.head.challenge.get("realm", ""), self._source("WWW-Authenticate: realm"))

    def realm_fault(self) -> str:
        """What is wrong with that address for clients of this registry; empty where it is right."""
        realm = self.realm.value
        try:
            parts = urlsplit(realm)
            port = parts.port
        except ValueError:
            return "it is no URL"
        if parts.scheme != "https":
            return "it is no https address: credentials would go out in clear"
        authority = parts.netloc if port not in {None, 443} else parts.netloc.removesuffix(":443")
        if authority.lower() != self.name.removesuffix(":443").lower():
            return f"it names {authority}, not {self.name}"
        return ""

    @property
    def redirect(self) -> Evidence[str]:
        """Where plain HTTP on port 80 leads; empty where nothing answers there."""
        name = f"registry:{self.name}/redirect"
        source = f"http://{self.name}/v2/: Location"
        section = self.snapshot.get(name)
        if section is None:
            return unknown("nobody asked port 80", source, Code.NOT_PROBED)
        if section.status in {7, 28} or (section.status and not section.data.strip()):
            refused = section.status == 7  # noqa: PLR2004 - curl: failed to connect
            return known("", source) if refused else unknown(section.failure or "", source)
        head = parse_head(section.text)
        if head is None:
            return unknown("the answer is no HTTP", source, Code.MALFORMED)
        place = head.first("location") if _REDIRECT <= head.status < _REDIRECT + 100 else ""
        return known(place or f"answers {head.status}", source)

    @property
    def authority(self) -> Evidence[tuple[Certificate, ...]]:
        """The CA that it gives to download (``/systeminfo/getcert``); empty where it gives none."""
        source = self._source("/api/v2.0/systeminfo/getcert")
        section = self.snapshot.get(f"registry:{self.name}/getcert")
        if section is None or section.status == NO_TOOL:
            return unknown("nobody asked", source, Code.NOT_PROBED)
        if section.status:
            # Harbor answers 404 where no CA was put in place.
            return known((), source) if section.status in {22, 61} else unknown(section.failure or "", source)
        return known(certificates_of(section.data), source)


def _suite_faults(verb: str, suite: str) -> tuple[str, ...]:
    """What is wrong with a suite of TLS 1.2."""
    faults = []
    if not any(word in suite for word in _MODERN):
        faults.append(f"of TLS 1.2 it {verb} {suite}, which is no AEAD suite")
    if not suite.startswith(("ECDHE", "DHE")):
        faults.append(f"of TLS 1.2 it {verb} {suite}, which has no forward secrecy")
    return tuple(faults)


def harbors_on_wire(registries: Registries, snapshot: Snapshot) -> dict[str, HarborOnWire]:
    """Those of the registries that were looked at which say that they are a Harbor."""
    found = {}
    for name in registries.seen:
        try:
            head = http_head(snapshot, name)
        except NotDecided:
            continue
        if head.challenge.get("service") == _SERVICE:
            found[name] = HarborOnWire(name, head, snapshot)
    return found
