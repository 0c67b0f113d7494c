"""The mirrors of Docker Hub that the engine has, and what it would make of their answers.

Source: moby ``distribution/pull.go``, ``registry/config.go`` (ValidateMirror), ``registry/service_v2.go``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, NotDecided, derived, known
from dockworthy.facts.engine.proxies import proxies, proxy_for
from dockworthy.facts.facts import fact
from dockworthy.facts.registry.served import MIRROR, parse_head, server_answer
from dockworthy.golang.url import URLError, parse_url
from dockworthy.printable import printable
from dockworthy.snapshot import NO_TOOL, TIMED_OUT
from dockworthy.trust.pulls import ask_mirror
from dockworthy.trust.reference import HUB, split_host_port

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.facts.engine.daemon import DaemonConfig
    from dockworthy.facts.facts import Facts
    from dockworthy.facts.registry.served import HTTPHead

__all__ = ["ANSWERS", "Mirror", "Mirrors", "mirrors"]

ANSWERS: Final = "answers as a registry"
_OK, _UNAUTHORIZED, _FIRST_REDIRECT, _LAST_REDIRECT = 200, 401, 300, 399
_VERSION: Final = "docker-distribution-api-version"
_CURL: Final = {
    6: "its name has no address",
    7: "the connection is refused, or there is no way to it",
    28: "it does not answer in time",
    TIMED_OUT: "it does not answer in time",
    52: "it breaks the connection off",
    56: "it breaks the connection off",
}
"""What exit statuses of curl say of a server."""


@dataclass(frozen=True, slots=True)
class Mirror:
    """One mirror."""

    facts: Facts
    url: str  # as the engine has it, with one slash at its end

    @property
    @derived
    def answer(self) -> Evidence[str]:
        """`ANSWERS`, or why a pull passes it over."""
        source = f"{self.url}v2/"
        proxy = self._proxy
        if proxy:
            why = f"the engine goes through the proxy {proxy}, and the probe went without"
            raise NotDecided(why, "the engine's proxies", Code.NOT_PROBED)
        section, host = self._section, split_host_port(self._authority)[0]
        named = self.facts.resolution.answers.get(("mirror", host))
        if named is not None and not named.value:
            return known("its name has no address", source)
        if self._is_plain:
            return known(self._said(f"{section}/plain"), source)
        addresses = {} if named is None else {host: tuple(map(str, named.value))}
        return known(self._refusal(section, addresses) or self._said_either(section), source)

    @property
    def _is_plain(self) -> bool:
        return self.url.startswith("http://")

    @property
    def _authority(self) -> str:
        try:
            return parse_url(self.url).host
        except URLError:
            raise NotDecided("is no URL", self.url, Code.MALFORMED) from None

    @property
    def _proxy(self) -> str:
        return proxy_for(proxies(self.facts).value, self._authority, "http" if self._is_plain else "https")

    @property
    def _section(self) -> str:
        """How the sections of what was asked of it begin: it may be spelled with or without the slash at its end."""
        for text in (self.url, self.url.removesuffix("/")):
            if any(f"{MIRROR}{text}/{name}" in self.facts.snapshot for name in ("tls", "http", "plain")):
                return f"{MIRROR}{text}"
        raise NotDecided("it was not asked from this host", self.url, Code.NOT_PROBED)

    def _refusal(self, section: str, addresses: Mapping[str, tuple[str, ...]]) -> str:
        """Why the engine's TLS client does not get to the mirror, by its own words; empty where it does."""
        registries = self.facts.registries
        own, authority = registries.generation, self._authority
        case = registries.case(f"{HUB}/library/image")
        answers = {authority: server_answer(self.facts.snapshot, section, own)}
        asked = replace(case, answers=answers, addresses={**case.addresses, **addresses}, proxy="")
        refusal = ask_mirror(asked, self.url)
        return "" if refusal is None else printable(refusal.message, 500)

    def _said_either(self, section: str) -> str:
        """What answers by HTTPS; without, where an insecure mirror does not speak it."""
        plain = self.facts.snapshot.get(f"{section}/plain")
        return self._said(f"{section}/{'http' if plain is None or plain.status else 'plain'}")

    def _said(self, section: str) -> str:
        found = self.facts.snapshot.get(section)
        if found is None:
            raise NotDecided("it was not asked from this host", section, Code.NOT_PROBED)
        if found.status == NO_TOOL:
            raise NotDecided("curl is not installed there", section, Code.TOOL_MISSING)
        if found.status in _CURL:
            return _CURL[found.status]
        head = parse_head(found.text) if found.status == 0 else None
        if head is None:
            return "it does not speak HTTP as a registry does"
        if _FIRST_REDIRECT <= head.status <= _LAST_REDIRECT:
            raise NotDecided("it sends to another place, which was not asked", section, Code.NOT_PROBED)
        if _is_registry(head):
            return ANSWERS
        return f"is no registry: HTTP {head.status} {printable(head.first('content-type'), 100)}".strip()


def _is_registry(head: HTTPHead) -> bool:
    """Whether that is the answer to ``GET /v2/`` of a registry, and not of a page that answers everything."""
    if head.status == _UNAUTHORIZED:
        return True
    kind = head.first("content-type").lower()
    return head.status == _OK and (_VERSION in head.headers or not kind or "json" in kind)


@dataclass(frozen=True, slots=True)
class Mirrors:
    """The mirrors of an engine."""

    all: tuple[Mirror, ...]


@fact
def mirrors(facts: Facts, daemon: DaemonConfig) -> Mirrors:
    """The mirrors in force; raises NotDecided where they are not known."""
    return Mirrors(tuple(Mirror(facts, url) for url in daemon.registry_mirrors.value))
