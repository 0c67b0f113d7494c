"""The addresses of networks: what they hide, what is left of them, and whether the bridges have theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.check import check, expect, fix_with, instances, not_applicable, not_decided
from dockworthy.evidence import Evidence, known, unknown
from dockworthy.facts.network.bridges import networks_judged
from dockworthy.facts.network.routes import is_accepted
from dockworthy.fixes import another_pool, another_subnet, daemon_json

if TYPE_CHECKING:
    from dockworthy.facts.api.networks import Network
    from dockworthy.facts.engine.daemon import DaemonConfig
    from dockworthy.facts.network.addresses import Addresses
    from dockworthy.facts.network.bridges import BridgeNetwork, BridgeNetworks
    from dockworthy.facts.network.links import Links
    from dockworthy.facts.network.pools import AddressPools
    from dockworthy.facts.network.routes import Route, Routes
    from dockworthy.facts.network.spare import SpareSubnets

_LIKE_THE_DEFAULT = 8  # routes with a shorter prefix lead nearly everywhere
_MOST_POOLS = 2048  # that are counted


def _bridge(network: Network, bridge_networks: BridgeNetworks) -> BridgeNetwork:
    """The network's bridge; ends the check where it has none."""
    found = bridge_networks.find(network.id)
    if found is None:
        not_applicable(f"a network of the driver {network.driver} has no bridge of the engine's")
    return found


def _hidden(bridge: BridgeNetwork, routes: Routes, accepted: tuple[str, ...]) -> tuple[Route, ...]:
    """The routes that lead elsewhere to what is in the network."""
    return tuple(
        route
        for subnet in bridge.subnets
        for route in routes.overlapping(subnet)
        if route.kind == "unicast"
        and route.interface != bridge.interface
        and route.network.prefixlen >= _LIKE_THE_DEFAULT
        and not is_accepted(route.network, subnet, accepted)
    )


@check(
    "network.subnet-free",
    severity="high",
    refs=("moby:libnetwork/netutils", "docker:networking"),
    fix="# of the default bridge with bip in daemon.json; any other network is made anew:\n"
    "docker network rm {param} && docker network create --subnet 10.201.0.0/24 {param}",
    each=instances("network", networks_judged),
    params=("subnet_overlaps_accepted",),
)
def check_subnet_free(
    network: Network,
    bridge_networks: BridgeNetworks,
    routes: Routes,
    daemon: DaemonConfig,
    spare_subnets: SpareSubnets,
    params: Any,
) -> None:
    """A network's addresses do not hide a route of the host.

    What lies behind another route to the same addresses (a VPN's, a branch office's) cannot be reached from here, or
    the containers' answers leave the wrong way. The engine keeps away from what is on the link alone, and looks but
    once, when the network is made: routes through a gateway, and those of a VPN that comes up later, are never avoided.
    """
    bridge = _bridge(network, bridge_networks)
    fix_with(another_subnet(daemon, spare_subnets, network.name, is_default=network.is_default_bridge))
    if not bridge.subnets:
        not_applicable("it has no addresses")
    hidden = _hidden(bridge, routes, params.subnet_overlaps_accepted)
    if not hidden and routes.failure is not None:
        not_decided(routes.failure, routes.source)
    shown = [route.shown for route in hidden]
    source = f"{routes.source}, {network.answer.source}"
    expect(shown, source).is_empty()


@check(
    "network.pools-left",
    severity="medium",
    refs=("moby:libnetwork/ipams/defaultipam", "docker:networking"),
    fix="docker network prune\n# or smaller subnets:\n"
    + daemon_json('{"default-address-pools": [{"base": "10.201.0.0/16", "size": 24}]}'),
    params=("min_free_address_pools",),
)
def check_pools_left(next_pools: AddressPools, spare_subnets: SpareSubnets, params: Any) -> None:
    """The engine can still make a network.

    A network that names no subnet takes the first free one of the engine's pools: by default 31 of them, fewer where a
    network of the host's own lies in their ranges. Networks that nobody uses count, and so do those that were given a
    subnet inside a pool. With none left, ``docker network create`` and every new compose project fail: ``could not find
    an available, non-overlapping IPv4 address pool``.
    """
    if next_pools.is_without_engine:
        not_applicable("no engine runs")
    fix_with(f"docker network prune\n# or smaller subnets, where nothing known here is:\n{another_pool(spare_subnets)}")
    wanted = params.min_free_address_pools
    left = next_pools.next(min(max(wanted, 1), _MOST_POOLS))
    if wanted > _MOST_POOLS and len(left.value) == _MOST_POOLS:
        not_decided(f"more than {_MOST_POOLS} are not counted", left.source)
    expect(left.map(len)).at_least(wanted)


@check(
    "network.next-pool-free",
    severity="medium",
    refs=("moby:libnetwork/ipams/defaultipam", "docker:networking"),
    fix="# with a range that nothing else here uses:\n"
    + daemon_json('{"default-address-pools": [{"base": "10.201.0.0/16", "size": 24}]}'),
    params=("subnet_overlaps_accepted",),
)
def check_next_pool_free(next_pools: AddressPools, routes: Routes, spare_subnets: SpareSubnets, params: Any) -> None:
    """The next network will not hide a route of the host.

    The engine keeps away from what is on the link and from its name servers; a route through a gateway (a VPN's split
    tunnel, a static route) into the subnet that it takes next is hidden by that network. Where no engine runs yet,
    the next network is the default bridge.
    """
    fix_with(f"# with a range that nothing known here uses:\n{another_pool(spare_subnets)}")
    found = next_pools.next(1)
    if not found.value:
        not_applicable("no pool is left, as network.pools-left says")
    subnet = found.value[0]
    hidden = [
        route.shown
        for route in routes.overlapping(subnet)
        if route.kind == "unicast"
        and route.network.prefixlen >= _LIKE_THE_DEFAULT
        and not is_accepted(route.network, subnet, params.subnet_overlaps_accepted)
    ]
    if not hidden and routes.failure is not None:
        not_decided(routes.failure, routes.source)
    expect({str(subnet): hidden}, found.source).equals({str(subnet): []})


@check(
    "network.bridge-has-address",
    severity="high",
    refs=("moby:libnetwork/drivers/bridge", "docker:networking"),
    fix="systemctl restart docker.service\n# then have the network manager leave it alone: network.bridges-left-alone",
    each=instances("network", networks_judged),
)
def check_bridge_has_address(
    network: Network, bridge_networks: BridgeNetworks, links: Links, addresses: Addresses
) -> None:
    """Each bridge is up and still has its gateway address.

    The address on the bridge is the containers' way out. NetworkManager, systemd-networkd or a script may take it, or
    the whole bridge, away; the engine does not look again until it starts. A bridge without containers has no carrier,
    which is as it should be.
    """
    bridge = _bridge(network, bridge_networks)
    if bridge.inhibits_ipv4:
        not_applicable("its bridge is not to have an address (inhibit_ipv4)")
    if bridge.gateway_mode(4) == "isolated":
        not_applicable("its bridge is not to have an address (the gateway mode isolated)")
    link = links.find(bridge.interface)
    if link is None and links.failure is not None:
        not_decided(links.failure, links.source)
    name = bridge.interface
    expect(link is not None, f"{links.source}: {name}", shown=lambda there: "there" if there else "missing").equals(
        True
    )
    up: Evidence[bool | None] = known(link.is_up if link else None, f"{links.source}: {name}")
    if up.value is None:
        not_decided("whether it is up was not seen", up.source)
    expect(up, shown=lambda is_up: "up" if is_up else "down").equals(True)
    expect(_addresses_missing(bridge, addresses)).is_empty()


def _addresses_missing(bridge: BridgeNetwork, addresses: Addresses) -> Evidence[list[str]]:
    """The gateways that the bridge does not have; of a subnet whose gateway is not told, the first to be given out."""
    has = [address.ip.ip for address in (*addresses.of(bridge.interface), *addresses.of(""))]
    missing = [str(gateway) for gateway in bridge.gateways if gateway not in has]
    for subnet in bridge.subnets:
        told = any(gateway in subnet for gateway in bridge.gateways)
        first = bridge.first_of(subnet)
        if not told and not any(address in has for address in first):
            missing.append(" or ".join(map(str, first)))
    source = f"{addresses.source}: {bridge.interface}"
    if missing and addresses.failure is not None:
        return unknown(addresses.failure, source)
    return known(missing, source)
