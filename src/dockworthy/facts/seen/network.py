"""What stands on the way of a packet from a container to the registry, in words: for the record, judged by nobody."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import NotApplicable, NotDecided
from dockworthy.facts.api.document import Document
from dockworthy.facts.engine.proxies import proxies, proxy_for
from dockworthy.facts.network.bridges import end_where_not_judged, networks_judged
from dockworthy.facts.network.filters import FAMILIES
from dockworthy.trust.reference import split_host_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dockworthy.facts.api.networks import Network
    from dockworthy.facts.facts import Facts
    from dockworthy.facts.network.bridges import BridgeNetwork

__all__ = ["MOST", "SeenPart", "seen_network"]

MOST: Final = 64
"""How many parts of one place are listed."""
THERE, ABSENT, UNKNOWN = "there", "absent", "unknown"
_FAMILIES: Final = (4, 6)
_OF_ENGINE: Final = ("containers", "bridge", "forward", "nat")


@dataclass(frozen=True, slots=True)
class SeenPart:
    """One part of the way."""

    place: str  # where on it: containers, bridge, forward, nat, uplink, names, proxy or registry
    name: str | None  # which network, interface or registry; None for the place itself
    state: str  # there, absent or unknown
    seen: str  # what was seen of it


Told = tuple["str | None", str, str]
"""Name, state and what was seen."""


def seen_network(facts: Facts) -> list[SeenPart]:
    """The parts in the order of the way; of a host without an engine what is there of it."""
    found: list[SeenPart] = []
    for place, parts in _PLACES.items():
        listed = list(_guarded(facts, place, parts))
        found += (SeenPart(place, *one) for one in listed[:MOST])
        if len(listed) > MOST:
            found.append(SeenPart(place, None, THERE, f"… and {len(listed) - MOST} more"))
    return found


def _guarded(facts: Facts, place: str, parts: Callable[[Facts], Iterator[Told]]) -> Iterator[Told]:
    """The parts of a place, or why there is none."""
    try:
        if place in _OF_ENGINE:
            end_where_not_judged(facts)
    except (NotApplicable, NotDecided) as no:
        yield _why_not(None, no)
        return
    yield from _or_why(None, parts(facts))


def _or_why(name: str | None, parts: Iterator[Told]) -> Iterator[Told]:
    """These parts, and where they end too early, why."""
    try:
        yield from parts
    except (NotApplicable, NotDecided) as no:
        yield _why_not(name, no)


def _why_not(name: str | None, no: NotApplicable | NotDecided) -> Told:
    return (name, ABSENT, str(no.reason)) if isinstance(no, NotApplicable) else (name, UNKNOWN, str(no))


# --- what the engine makes ---------------------------------------------------------------------------------------


def _networks(facts: Facts) -> Iterator[tuple[str, Network, BridgeNetwork | None]]:
    """The networks that packets cross, by the names that checks give them; the default bridge first."""
    found = networks_judged(facts, None)
    if not found:
        raise NotApplicable("the engine has no network")
    for name, network in sorted(found.items(), key=lambda item: (not item[1].is_default_bridge, item[0])):
        if network.driver not in {"host", "null"}:
            yield name, network, facts.bridge_networks.find(network.id)


def _containers(facts: Facts) -> Iterator[Told]:
    running: Counter[str] = Counter()
    for container in facts.containers.known_ones:
        if container.is_up.get(default=False):
            joined = container.answer.table("NetworkSettings", "Networks").get({})
            running.update(Document("", item).text("NetworkID", default="").get("") for item in joined.values())
    for name, network, one in _networks(facts):
        if one is None:
            told = f"of the driver {network.driver}, past the bridges"
        else:
            mtu = f", MTU {one.mtu.value}" if one.mtu.is_known else ""
            internal = ", internal" if one.is_internal else ""
            told = f"{' and '.join(map(str, one.subnets)) or 'without a subnet'}{mtu}{internal}"
        yield name, THERE, f"{told}, {running[network.id] or 'none'} running"


def _bridges(facts: Facts) -> Iterator[Told]:
    for name, _, one in _networks(facts):
        if one is None:
            continue
        link = facts.links.find(one.interface)
        if link is None:
            failure = facts.links.failure
            why = failure or "there is no such interface"
            yield name, UNKNOWN if failure else ABSENT, f"{one.interface}: {why}"
            continue
        up = {True: ", up", False: ", down", None: ""}[link.is_up]
        yield name, THERE, f"{one.interface}, {_addresses(facts, one.interface)}{up}"


def _addresses(facts: Facts, interface: str) -> str:
    found = [str(address.ip) for address in facts.addresses.of(interface) if address.scope != "link"]
    return " and ".join(found) or "without an address"


def _forwarding(facts: Facts) -> Iterator[Told]:
    """What forwarded packets have to pass; what becomes of a network's is what its check says."""
    packets = facts.packet_filter
    for family, prefix in FAMILIES.items():
        for found, program in packets.table(family, "filter"):
            if not found.is_known:
                yield None, UNKNOWN, f"{prefix} filter ({program}): {found.unknown}"
            elif found.value is not None and not found.value.is_empty:
                policy = found.value.policies.get("FORWARD", "ACCEPT")
                yield None, THERE, f"{prefix} filter: policy {policy}, {found.value.rules} rules ({program})"
    for table, base in packets.foreign():
        end = table.chains[base.chain].policy
        told = f"policy {'accept' if end is None else end.value}"
        yield f"{table.family} {table.name} {base.chain}", THERE, told


def _nothing(_facts: Facts) -> Iterator[Told]:
    yield from ()


# --- what the host has -------------------------------------------------------------------------------------------


def _uplinks(facts: Facts) -> Iterator[Told]:
    routes = facts.routes
    ways: dict[str, list[str]] = {}
    for family in _FAMILIES:
        for route in routes.defaults(family):
            by = f"by {route.gateway}" if route.gateway is not None else "on the link"
            words = "default route" if family == 4 else "IPv6 default route"  # noqa: PLR2004 - the family
            ways.setdefault(route.interface, []).append(f"{words} {by}")
    if not ways:
        if routes.failure is not None:
            raise NotDecided(routes.failure, routes.source)
        raise NotApplicable("the host has no default route")
    for name, told in ways.items():
        link = facts.links.find(name)
        mtu = f", MTU {link.mtu}" if link is not None and link.mtu is not None else ""
        down = ", down" if link is not None and link.is_up is False else ""
        yield name, THERE, f"{_addresses(facts, name)}{mtu}{down}, {', '.join(told)}"


def _names(facts: Facts) -> Iterator[Told]:
    """What the host asks, and what containers get: checks name these two kinds of network."""
    yield from _or_why(None, _asked(facts))
    for name in ("default bridge", "other networks"):
        yield from _or_why(name, _given(facts, name))


def _asked(facts: Facts) -> Iterator[Told]:
    servers = facts.name_servers.of_host.value
    yield None, THERE if servers else ABSENT, f"the host asks {', '.join(servers) or 'nobody'}"


def _given(facts: Facts, name: str) -> Iterator[Told]:
    given = facts.name_servers.given(default_bridge=name == "default bridge").value
    yield name, THERE, f"{', '.join(given.shown) or 'none'}, by {given.path}"


def _proxy(facts: Facts) -> Iterator[Told]:
    settings = proxies(facts).value
    proxy = settings.get("https-proxy") or ""
    if not proxy:
        yield None, ABSENT, "the engine asks registries without one"
        return
    exempt = settings.get("no-proxy") or ""
    yield None, THERE, f"{proxy}{f', not for {exempt}' if exempt else ''}"
    for name in facts.registries.seen:
        yield name, THERE, "by the proxy" if proxy_for(settings, name) else "past it"


def _registries(facts: Facts) -> Iterator[Told]:
    found = facts.registries
    addresses = found.addresses()
    with suppress(NotApplicable):  # without an engine there is no mirror
        for mirror in facts.daemon.registry_mirrors.get(()):
            yield mirror, THERE, "mirror"
    for name in found.seen:
        told = addresses.get(split_host_port(name)[0], ())
        yield name, THERE, " and ".join(told) if told else "no address is known"
    if not found.seen:
        yield None, ABSENT, "none was named to look at"


_PLACES: Final[dict[str, Callable[[Facts], Iterator[Told]]]] = {
    "containers": _containers,
    "bridge": _bridges,
    "forward": _forwarding,
    "nat": _nothing,
    "uplink": _uplinks,
    "names": _names,
    "proxy": _proxy,
    "registry": _registries,
}
