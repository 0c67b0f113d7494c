"""Which container network swallows an address: the host sends what is for a network's subnet into its bridge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Evidence, derived, known, unknown

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts
    from dockworthy.facts.network.bridges import BridgeNetwork
    from dockworthy.facts.network.routes import IPAddress, Route, Routes
    from dockworthy.golang.ip import Network

__all__ = ["Shadow", "is_meant", "is_own", "shadow_of", "shown", "way_to"]


@dataclass(frozen=True, slots=True)
class Shadow:
    """A network that swallows an address."""

    address: IPAddress
    network: BridgeNetwork
    subnet: Network


def shown(address: IPAddress, shadow: Shadow | None) -> str:
    """Where an address lies, in a sentence."""
    if shadow is None:
        return f"{address} lies in no container network's way"
    return f"{address} lies in {shadow.subnet} of the network {shadow.network.name}"


@derived
def shadow_of(facts: Facts, address: IPAddress, port: int = 0) -> Evidence[Shadow | None]:
    """The network that swallows an address; None where none does, or the address is meant to lie there.

    Args:
        facts: of the host.
        address: that is to be reached.
        port: of a registry; see `is_meant`.
    """
    found = facts.bridge_networks
    for network in found.known_ones:
        inside = next((subnet for subnet in network.subnets if address in subnet), None)
        if inside is None or is_meant(facts, address, port).value:
            continue
        best = way_to(facts.routes, address).get(None)
        if best is not None and best.network.prefixlen > inside.prefixlen and best.interface != network.interface:
            continue
        return known(Shadow(address, network, inside), f"{network.network.answer.source}: IPAM")
    if found.failure is not None:
        return unknown(found.failure, found.source)
    return known(None, found.source)


@derived
def is_meant(facts: Facts, address: IPAddress, port: int = 0) -> Evidence[bool]:
    """Whether an address is meant to be on this host: its own, a bridge's, or a container's.

    Where a port is given, of a container that publishes it: anyone else at the address of a registry is in its way.
    """
    own = is_own(facts, address)
    if own.get(default=False):
        return own
    for network in facts.bridge_networks.known_ones:
        if any(address in subnet for subnet in network.subnets) and _is_container(facts, network, address, port):
            return known(True, network.network.answer.source)  # noqa: FBT003 - the evidence's value
    return own


def is_own(facts: Facts, address: IPAddress) -> Evidence[bool]:
    """Whether the host itself has the address: on a link, on loopback, or as a bridge's."""
    gateways = (gateway for network in facts.bridge_networks.known_ones for gateway in network.gateways)
    if address.is_loopback or address in gateways or facts.addresses.holds(address):
        return known(True, facts.addresses.source)  # noqa: FBT003 - the evidence's value
    return facts.addresses.all.map(lambda _: False)


def _is_container(facts: Facts, network: BridgeNetwork, address: IPAddress, port: int) -> bool:
    """Whether a running container has the address in the network, and publishes the port where one is given."""
    table = network.network.answer.table("Containers", default={}).value
    names = ("IPv4Address", "IPv6Address")
    there = {
        identity
        for identity, item in table.items()
        if isinstance(item, dict) and str(address) in {str(item.get(name, "")).partition("/")[0] for name in names}
    }
    if not there or not port:
        return bool(there)
    return any(
        one.first <= port <= one.last or one.container_port == port
        for container in facts.containers.known_ones
        if container.id in there
        for one in container.published.value
        if one.protocol == "tcp"
    )


def way_to(routes: Routes, address: IPAddress) -> Evidence[Route | None]:
    """The route of the main table that what is for an address takes; None for none."""
    fitting = [one for one in routes.of_family(address.version) if one.table == "main" and address in one.network]
    best = max(fitting, key=lambda one: (one.network.prefixlen, -one.metric), default=None)
    return routes.all.map(lambda _: best)
