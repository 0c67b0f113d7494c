"""Whether the engine reaches a host through a proxy, by Go's rules.

Source: ``golang.org/x/net/http/httpproxy`` (config.useProxy, ipMatch, cidrMatch, domainMatch), ``net/http``
(ProxyFromEnvironment).
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from dockworthy.evidence import Evidence, NotApplicable, known
from dockworthy.trust.reference import split_host_port

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dockworthy.facts.facts import Facts

__all__ = ["is_exempt", "proxies", "proxy_for", "proxy_of"]


def proxies(facts: Facts) -> Evidence[Mapping[str, str]]:
    """``http-proxy``, ``https-proxy`` and ``no-proxy`` in force: as the engine shows them, else as it was started."""
    info = facts.engine.info
    plain, secure, exempt = info.text("HttpProxy", default=""), info.text("HttpsProxy"), info.text("NoProxy")
    if plain.is_known and secure.is_known and exempt.is_known:
        found = {"http-proxy": plain.value, "https-proxy": secure.value, "no-proxy": exempt.value}
        return known(found, "GET /info: HttpsProxy, NoProxy")
    process = facts.processes.target
    if process is not None:
        environment = facts.snapshot.data(f"proc:{process.pid}/environ")
        if not environment.is_known:
            return Evidence(environment.source, None, environment.unknown)
    started: Evidence[Mapping[str, str]] = facts.daemon.proxies
    return started


def proxy_for(settings: Mapping[str, str], authority: str, scheme: str = "https") -> str:
    """The proxy for requests to ``host[:port]`` by that scheme; empty where there is none."""
    proxy = settings.get(f"{scheme}-proxy") or ""
    if not proxy:
        return ""
    host, port = split_host_port(authority)
    port = port or {"https": "443", "http": "80"}.get(scheme, "")
    return "" if is_exempt((settings.get("no-proxy") or "").split(","), host, port) else proxy


def is_exempt(entries: Iterable[str], host: str, port: str) -> bool:
    """Whether no proxy is asked for this host at this port, by the entries of ``NO_PROXY``."""
    host = host.lower().rstrip(".")
    address = _address(host)
    if host == "localhost" or (address is not None and address.is_loopback):
        return True
    return any(_matches(entry.strip().lower(), host, port, address) for entry in entries)


Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _address(text: str) -> Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _matches(entry: str, host: str, port: str, address: Address | None) -> bool:
    if not entry:
        return False
    if entry == "*":
        return True
    if "/" in entry:
        return address is not None and _in_network(address, entry)
    name, wanted = _split(entry)
    if wanted and wanted != port:
        return False
    literal = _address(name)
    if literal is not None:
        return address is not None and literal == address
    if not name:
        return False
    if name.startswith("*."):
        name = name[1:]
    if not name.startswith("."):
        return host == name or host.endswith(f".{name}")
    return host.endswith(name)


def _split(entry: str) -> tuple[str, str]:
    """``host:port`` taken apart; an address without brackets that has colons has no port."""
    if _address(entry) is not None:
        return entry, ""
    return split_host_port(entry)


def _in_network(address: Address, text: str) -> bool:
    try:
        return address in ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False


def proxy_of(facts: Facts, authority: str) -> Evidence[str]:
    """The proxy that the engine asks for ``host[:port]`` by HTTPS; empty for none, and where there is no engine."""
    try:
        found = proxies(facts)
    except NotApplicable:
        return known("", "no engine is installed")
    return found.map(lambda settings: proxy_for(settings, authority))
