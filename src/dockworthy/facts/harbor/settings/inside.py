"""Which of the hosts that Harbor calls itself would be asked through its proxy, by Go's rules.

Source: goharbor/harbor ``make/photon/prepare/g.py`` (INTERNAL_NO_PROXY_DN), ``utils/configs.py`` (proxy),
``templates/{core,jobservice,trivy-adapter}/env.jinja``; ``golang.org/x/net/http/httpproxy``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, NotApplicable, NotDecided
from dockworthy.facts.engine.proxies import is_exempt
from dockworthy.facts.harbor.settings.blocks import block, rules_for
from dockworthy.facts.harbor.settings.stores import storage_choice
from dockworthy.masking import HIDDEN
from dockworthy.trust.reference import split_host_port

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dockworthy.facts.harbor.installed.config import HarborInstallation

__all__ = ["Proxy", "proxied_inside", "proxy_of"]

_ASKING: Final = frozenset({"core", "jobservice", "trivy", "clair"})  # the components whose environment has a proxy
_PORTS: Final = {"https": "443", "http": "80"}


@dataclass(frozen=True, slots=True)
class Proxy:
    """The proxy that Harbor's components are given."""

    schemes: frozenset[str]  # of the requests that it is asked for
    exempt: tuple[str, ...]  # the entries of NO_PROXY, those that prepare adds included


def proxy_of(harbor: HarborInstallation) -> Proxy:
    """The proxy of harbor.yml; raises NotApplicable where no component of Harbor's asks one."""
    found = block(harbor, "proxy")
    schemes = frozenset(scheme for scheme in _PORTS if found.get(f"{scheme}_proxy"))
    if not schemes:
        raise NotApplicable(f"{harbor.config} names no proxy")
    components = harbor.setting("proxy", "components")
    if not isinstance(components.value, (list, tuple, type(None))):
        raise NotDecided("it is no list", components.source, Code.MALFORMED)
    if _ASKING.isdisjoint(map(str, components.value or ())):
        raise NotApplicable("proxy.components names no component of Harbor's that calls others")
    own = harbor.setting("proxy", "no_proxy")
    if own.value and not isinstance(own.value, str):
        raise NotDecided("it is no text, which prepare refuses", own.source, Code.MALFORMED)
    return Proxy(schemes, (*sorted(rules_for(harbor).inside), *(own.value or "").split(",")))


def proxied_inside(harbor: HarborInstallation, proxy: Proxy, nodes: Iterable[str]) -> dict[str, str]:
    """The hosts that Harbor calls and that would be asked through the proxy: where each is named, and which it is.

    Args:
        harbor: the installation.
        proxy: what its components are given.
        nodes: the addresses of the other nodes of its group.
    """
    found: dict[str, str] = {}
    for named, scheme, authority in _called(harbor, nodes):
        host, port = split_host_port(authority)
        if not host or (scheme and scheme not in proxy.schemes):
            continue
        if is_exempt(proxy.exempt, host, port or _PORTS.get(scheme, "")):
            continue
        if HIDDEN in authority or HIDDEN in proxy.exempt:
            raise NotDecided("the probe does not tell all of it", f"{harbor.config}: {named}", Code.HIDDEN)
        found[named] = f"{found[named]}, {host}" if named in found else host
    return found


def _called(harbor: HarborInstallation, nodes: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Each host that Harbor calls: where it is named, the scheme (empty where it is no HTTP), host and port."""
    name = harbor.hostname.value
    scheme = "https" if harbor.serves_https.value else "http"
    port = harbor.text(scheme, "port").value or _PORTS[scheme]
    yield "hostname", scheme, _joined(name, port)
    yield "external_url", *_of_url(harbor.external_url.value)
    yield from _of_database(harbor)
    hosts = block(harbor, "external_redis").get("host")
    for one in str(hosts or "").split(","):
        yield "external_redis.host", "", one.strip()
    if _driver(harbor) == "s3":
        yield (
            "storage_service.s3.regionendpoint",
            *_of_url(harbor.text("storage_service", "s3", "regionendpoint").value),
        )
    for node in nodes:
        yield "nodes", "https", node


def _of_database(harbor: HarborInstallation) -> Iterator[tuple[str, str, str]]:
    if not block(harbor, "external_database"):
        return
    settings: Mapping[str, Any] = block(harbor, "external_database", "harbor")
    host = str(settings.get("host") or "")
    if host and not host.startswith("/"):
        yield "external_database.harbor.host", "", _joined(host, str(settings.get("port") or ""))


def _driver(harbor: HarborInstallation) -> str:
    try:
        return storage_choice(harbor).in_force
    except NotApplicable:
        return ""


def _of_url(url: str) -> tuple[str, str]:
    """Scheme and authority; what has no scheme is taken for https, as the drivers do."""
    try:
        parts = urlsplit(url if "://" in url else f"https://{url}")
    except ValueError:
        return "", ""
    return parts.scheme.lower(), parts.netloc.rpartition("@")[2]


def _joined(host: str, port: str) -> str:
    bracketed = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return f"{bracketed}:{port}" if port and host else bracketed
