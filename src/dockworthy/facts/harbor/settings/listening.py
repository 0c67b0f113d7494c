"""Where Harbor is to listen on its host: its ports and who holds them, and the families of addresses of its proxy.

Source: goharbor/harbor ``make/photon/prepare/templates/docker_compose`` (the proxy's ports, the log's
``127.0.0.1:1514:10514``) and ``templates/nginx/nginx.https.conf.jinja`` (``ip_family``); bind(2).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from dockworthy.evidence import Code, Evidence, NotApplicable, NotDecided, known, unknown
from dockworthy.facts.api.live import host_listeners
from dockworthy.facts.api.ports import is_every_address
from dockworthy.facts.harbor.installed.release import project_containers
from dockworthy.facts.harbor.prepared.rendered import is_prepared, lines
from dockworthy.facts.harbor.settings.blocks import block, rules_for

if TYPE_CHECKING:
    from dockworthy.facts.api.container import Container
    from dockworthy.facts.harbor.installed.config import HarborInstallation

__all__ = ["families", "family_faults", "has_ipv6", "port_holders"]

_LOG: Final = ("the log's", 1514, "127.0.0.1")
_DEFAULTS: Final = {"http": 80, "https": 443, "metric": 9090}
_FAMILIES: Final = ("ipv4", "ipv6")
_HIGHEST: Final = 65_535
_NGINX: Final = "nginx/nginx.conf"
_SYSCTL: Final = "/proc/sys/net/ipv6/conf/all/disable_ipv6"


# --- ports -----------------------------------------------------------------------------------------------------


def _wanted(harbor: HarborInstallation) -> list[tuple[str, int, str]]:
    """Who wants each port, the port, and the address: empty for all of them."""
    blocks = ["http"]
    if harbor.serves_https.value:
        blocks.append("https")
    if rules_for(harbor).has("metric") and block(harbor, "metric").get("enabled"):
        blocks.append("metric")
    wanted = []
    for name in blocks:
        found = harbor.setting(name, "port") if block(harbor, name) else known(None, harbor.config)
        text = str(_DEFAULTS[name] if found.value is None else found.value)
        if not (text.isascii() and text.isdigit() and 0 < int(text[:6]) <= _HIGHEST):
            raise NotDecided("it is no port", found.source, Code.MALFORMED)
        wanted.append((f"{name}.port", int(text), ""))
    return [*wanted, _LOG]


def port_holders(harbor: HarborInstallation) -> dict[str, str]:
    """Who holds each port that harbor.yml names: ``free``, ``Harbor``, or somebody else in words.

    Raises NotDecided where it is not known who listens, or whose a listener is.
    """
    listening = host_listeners(harbor.facts.snapshot)
    found = {}
    for name, port, address in _wanted(harbor):
        holder = _of_containers(harbor, port, address)
        if holder is None:
            clashes = [one for one in listening.value if one.port == port and _clash(one.address, address)]
            holder = f"another process, at {clashes[0].address}" if clashes else "free"
        found[f"{port} ({name})"] = holder
    return found


def _of_containers(harbor: HarborInstallation, port: int, address: str) -> str | None:
    """Which container publishes it; None where none does. Without userland-proxy nothing but the engine tells it."""
    facts = harbor.facts
    if facts.containers.failure is not None and facts.processes.of_kind("dockerd").value == ():
        return None  # no engine runs, and so no container
    own = {one.id for one in project_containers(harbor).value}
    for one in facts.containers.all.value:
        if one.has_process and _publishes(one, port, address):
            return "Harbor" if one.id in own else f"the container {one.name}"
    return None


def _publishes(container: Container, port: int, address: str) -> bool:
    return any(
        item.protocol == "tcp" and item.first <= port <= item.last and _clash(item.host_address, address)
        for item in container.published.value
    )


def _clash(one: str, other: str) -> bool:
    """Whether a socket at one address keeps the other from being bound: where both are the same, or one means all.

    A listener at one address alone keeps all of them from being bound; ``::`` takes IPv4 along.
    """
    if is_every_address(one) is not False or is_every_address(other) is not False:
        return True
    return _plain(one) == _plain(other)


def _plain(address: str) -> object:
    parsed = ipaddress.ip_address(address.strip("[]").partition("%")[0])
    return getattr(parsed, "ipv4_mapped", None) or parsed


# --- families of addresses -------------------------------------------------------------------------------------


def family_faults(harbor: HarborInstallation) -> list[str]:
    """What keeps the proxy from listening with TLS by ``ip_family`` of harbor.yml."""
    settings = _ip_family(harbor)
    if not settings:
        return []
    if not isinstance(settings, Mapping):
        return ["prepare ends with an error: it is no table"]
    missing = [family for family in _FAMILIES if family not in settings]
    if missing:
        return [f"prepare ends with an error: {missing[0]} is not there"]
    enabled = [family for family in _FAMILIES if _is_enabled(harbor, settings, family)]
    return [] if enabled else ["neither ipv4 nor ipv6 is enabled, so that nothing listens with TLS"]


def families(harbor: HarborInstallation) -> Evidence[tuple[str, ...]]:
    """The families of addresses that the proxy listens on: by harbor.yml, and by the nginx.conf that was rendered.

    Raises NotApplicable where neither says anything.
    """
    settings = _ip_family(harbor)
    source = f"{harbor.config}: ip_family"
    if isinstance(settings, Mapping) and _is_enabled(harbor, settings, "ipv6"):
        return known(("IPv4", "IPv6"), source)
    if not is_prepared(harbor):
        if not harbor.setting("ip_family").value:
            raise NotApplicable("nothing was prepared yet, and there is no ip_family")
        return known(("IPv4",), source)
    rendered = lines(harbor, _NGINX)
    # With IPv6 either would do.
    if not rendered.is_known and not has_ipv6(harbor).get(default=False):
        return unknown(rendered.unknown or "", rendered.source)
    six = any(line.startswith("listen [") for line in rendered.get(()))
    return known(("IPv4", "IPv6") if six else ("IPv4",), f"{source}; {rendered.source}: listen")


def _ip_family(harbor: HarborInstallation) -> object:
    """What is written, where prepare reads it: of the releases that do, and with TLS alone."""
    if not rules_for(harbor).has("ip-family") or not harbor.serves_https.value:
        return None
    return harbor.setting("ip_family").value


def _is_enabled(harbor: HarborInstallation, settings: Mapping[str, object], family: str) -> bool:
    return isinstance(settings.get(family), Mapping) and bool(harbor.setting("ip_family", family, "enabled").value)


def has_ipv6(harbor: HarborInstallation) -> Evidence[bool]:
    """Whether the host's kernel has IPv6, and has it switched on."""
    snapshot = harbor.facts.snapshot
    if snapshot.is_absent(f"file:{_SYSCTL}"):
        return known(value=False, source=_SYSCTL)
    text = snapshot.text(f"file:{_SYSCTL}").by(_SYSCTL)
    if text.is_known and text.value.strip() not in {"0", "1"}:
        return unknown("it is neither 0 nor 1", _SYSCTL, Code.MALFORMED)
    return text.map(lambda word: word.strip() == "0")
