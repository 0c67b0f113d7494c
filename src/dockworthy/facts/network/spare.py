"""Addresses of IPv4 that nothing here is known to use: what a fix gives to a network that has to make way."""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.facts.facts import fact
from dockworthy.facts.network.lookups import address_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockworthy.facts.facts import Facts

__all__ = ["SpareSubnets", "spare_subnets"]

Subnet = ipaddress.IPv4Network
_NETWORK, _POOL = 24, 16  # the prefixes of a subnet and of a pool
# The ranges of RFC 1918 in the order in which they are tried; the engine's own pools, 172.16/12 and 192.168/16, last.
_FOR_NETWORKS = tuple(ipaddress.IPv4Network(text) for text in ("10.200.0.0/15", "10.0.0.0/8", "192.168.0.0/16"))
_FOR_POOLS = tuple(ipaddress.IPv4Network(text) for text in ("10.202.0.0/15", "10.204.0.0/14", "10.0.0.0/8"))


@dataclass(frozen=True, slots=True)
class SpareSubnets:
    """Subnets and pools that overlap nothing that is known."""

    used: tuple[Subnet, ...]  # by routes, links, networks of the engine, name servers and registries
    networks: tuple[str, ...]  # the engine's networks: each has a spare subnet of its own

    def for_network(self, name: str) -> Subnet:
        """The subnet that a network can have; another for each, so that several can move."""
        number = self.networks.index(name) if name in self.networks else len(self.networks)
        return self._free(_FOR_NETWORKS, _NETWORK, number)

    @property
    def pool(self) -> Subnet:
        """A pool that the engine can take its subnets from."""
        return self._free(_FOR_POOLS, _POOL, 0)

    def _free(self, ranges: tuple[Subnet, ...], prefix: int, number: int) -> Subnet:
        """The free one of that number; where there are not so many, the first one of all, used or not."""
        every = (subnet for one in ranges for subnet in one.subnets(new_prefix=prefix))
        free = (subnet for subnet in every if not any(subnet.overlaps(other) for other in self.used))
        found = next(itertools.islice(free, number, None), None)
        return found if found is not None else next(ranges[0].subnets(new_prefix=prefix))


@fact
def spare_subnets(facts: Facts) -> SpareSubnets:
    """What is left beside all that is known here; what could not be read may be in use, which the fix says."""
    return SpareSubnets(
        tuple(dict.fromkeys(_used(facts))),
        tuple(sorted(network.name for network in facts.networks.known_ones)),
    )


def _used(facts: Facts) -> Iterator[Subnet]:
    for route in facts.routes.of_family(4):
        if not route.leads_everywhere and isinstance(route.network, Subnet):
            yield route.network
    for address in facts.addresses.known_ones:
        if isinstance(address.ip, ipaddress.IPv4Interface):
            yield address.ip.network
    for network in facts.networks.known_ones:
        for item in network.answer.objects("IPAM", "Config", default=()).get(()):
            with contextlib.suppress(ValueError):  # one of IPv6, or none
                yield Subnet(item.text("Subnet", default="").get(""), strict=False)
    servers = (address_of(text) for text in facts.name_servers.of_host.get(()))
    answers = (address for answer in facts.resolution.answers.values() for address in answer.get(()))
    for single in (*servers, *answers):
        if isinstance(single, ipaddress.IPv4Address):
            yield Subnet(single)
