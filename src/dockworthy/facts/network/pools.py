"""The subnets that the engine takes for networks that name none, by its own rule.

Source: moby ``libnetwork/ipams/defaultipam/address_space.go`` (``allocatePredefinedPool``) since 27.0, before
``libnetwork/ipam/allocator.go`` and ``requestPoolHelper``; ``libnetwork/netutils/utils_linux.go`` for what is kept
free. Before 27.0 the search goes on behind the
pool that was taken last since the engine's start, of which only the networks tell that are still there.
"""

from __future__ import annotations

import ipaddress
import itertools
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, derived, known, unknown
from dockworthy.facts.engine.network import address_pools
from dockworthy.facts.engine.planned import planned
from dockworthy.facts.facts import fact
from dockworthy.facts.kernel.usage import no_engine
from dockworthy.facts.network.bridges import end_where_not_judged
from dockworthy.facts.network.routes import MAIN
from dockworthy.golang.values import GoError, GoPanic
from dockworthy.regex import regex
from dockworthy.releases import known as known_releases

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from dockworthy.facts.facts import Facts
    from dockworthy.releases import Rules

__all__ = ["AddressPools", "Taken", "next_pools", "next_subnets"]

_ETC, _RESOLVED = "/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"
_STUB = ("127.0.0.53",)
_SERVER = regex(r"^\s*nameserver\s+(\S+)", re.MULTILINE)
_BITS = 32  # of an address of IPv4
_EVERYTHING = ipaddress.IPv4Network("0.0.0.0/0")
Subnet = ipaddress.IPv4Network


class Split(NamedTuple):
    """A pool of IPv4, and the length of the prefixes of the subnets that it is split into."""

    base: Subnet
    size: int


class Taken(NamedTuple):
    """A subnet that a network has, and when the network was made; None if before the engine started."""

    subnet: Subnet
    created: datetime | None


@dataclass(frozen=True, slots=True)
class AddressPools:
    """The pools of IPv4 of the engine."""

    pools: Evidence[tuple[Split, ...]]
    taken: Evidence[tuple[Taken, ...]]
    kept_free: Evidence[tuple[Subnet, ...]]  # what no network may overlap that names no subnet itself
    is_sorted: Evidence[bool]  # whether the engine looks at them by their addresses, not in the order of its list
    is_without_engine: bool  # whether no engine runs: the next subnet is then the default bridge's

    @derived
    def next(self, most: int) -> Evidence[tuple[Subnet, ...]]:
        """The subnets that the next networks get, in their order, at most so many."""
        pools, taken, kept = self.pools.value, self.taken.value, self.kept_free.value
        found = tuple(itertools.islice(next_subnets(pools, taken, kept, is_sorted=self.is_sorted.value), most))
        return known(found, f"{self.pools.source}, {self.taken.source}, {self.kept_free.source}")


@fact
def next_pools(facts: Facts) -> AddressPools:
    """The address pools of the engine that runs, or of the one that would be started.

    Raises:
        NotApplicable: where the engine is rootless.
        NotDecided: where the engine is in another name space.
    """
    is_without = no_engine(facts)
    if not is_without:
        end_where_not_judged(facts)
    rules = _rules(facts)
    return AddressPools(
        pools=rules.then(lambda found: _pools(facts, found)),
        taken=_own_bridge(facts) if is_without else _taken(facts),
        kept_free=rules.then(lambda found: _kept_free(facts, found)),
        is_sorted=rules.map(lambda found: found.holds("pools.sorted")),
        is_without_engine=is_without,
    )


def _rules(facts: Facts) -> Evidence[Rules]:
    """By the release; where there is no engine yet, by the newest that is known."""
    releases = known_releases()
    release = facts.engine_release.in_force
    if not release.is_known and no_engine(facts):
        return known(releases.rules(releases.end), "the newest engine")
    return release.map(releases.rules)


@derived
def _pools(facts: Facts, rules: Rules) -> Evidence[tuple[Split, ...]]:
    source, configured = _configured(facts)
    try:
        found = address_pools(configured, rules)
    except (GoError, GoPanic) as error:
        return unknown(f"the engine refuses them: {error}", source, Code.NO_START)
    return known(tuple(Split(pool.base, pool.size) for pool in found if isinstance(pool.base, Subnet)), source)


def _configured(facts: Facts) -> tuple[str, list[dict[str, Any]]]:
    key = "default-address-pools"
    setting: Evidence[Any] = planned(facts, key, None) if no_engine(facts) else facts.daemon.setting(key)
    found = setting.value or []
    if not isinstance(found, list) or not all(_is_pool(item) for item in found):
        _ = unknown("are no pools", setting.source, Code.MALFORMED).value
    return setting.source, found


def _is_pool(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("base"), str) and isinstance(item.get("size"), int)


def _own_bridge(facts: Facts) -> Evidence[tuple[Taken, ...]]:
    """The subnet that the default bridge will have, where the settings name one."""
    return planned(facts, "bip", "").map(
        lambda bip: tuple(Taken(subnet, None) for subnet in (_subnet(str(bip)),) if subnet is not None)
    )


def _taken(facts: Facts) -> Evidence[tuple[Taken, ...]]:
    """The subnets of networks of this engine alone: those of a swarm have pools of their own."""
    networks, started = facts.networks, facts.engine.started
    if networks.failure is not None:
        return unknown(networks.failure, networks.source)
    found = []
    for network in networks.known_ones:
        made = network.answer.time("Created")
        is_new = made.is_known and started is not None and made.value.timestamp() >= started
        for item in network.answer.objects("IPAM", "Config", default=()).get(()):
            subnet = _subnet(item.text("Subnet", default="").get(""))
            if subnet is not None and network.answer.text("Scope", default="local").get("") == "local":
                found.append(Taken(subnet, made.value if is_new else None))
    return known(tuple(found), networks.source)


def _subnet(text: str) -> Subnet | None:
    try:
        return ipaddress.IPv4Network(text, strict=False)
    except ValueError:
        return None


@derived
def _kept_free(facts: Facts, rules: Rules) -> Evidence[tuple[Subnet, ...]]:
    """What is on the link by a route of the main table, up to 20.10.14 by any such route; name servers."""
    routes = facts.routes
    if rules.holds("pools.all-routes"):
        found = tuple(route for route in routes.all.value if route.table == MAIN)
    else:
        found = tuple(route for route in routes.on_link.value if route.scope in {"link", ""})
    led_to = [route.network for route in found if isinstance(route.network, Subnet)]
    is_sorted = rules.holds("pools.sorted")  # since then what begins at 0.0.0.0 is no network of a link either
    reserved = (
        network
        for network in (*led_to, *_servers(facts))
        if (int(network.network_address) if is_sorted else network.prefixlen)
    )
    return known(tuple(reserved), "the host's routes and name servers")


def _servers(facts: Facts) -> list[Subnet]:
    """The name servers of the file that the engine reads: systemd-resolved's where the usual one has its stub alone."""
    found = tuple(_SERVER.findall(_text(facts, _ETC)))
    if found == _STUB:
        found = tuple(_SERVER.findall(_text(facts, _RESOLVED)))
    return [subnet for server in found if "/" not in server and (subnet := _subnet(server)) is not None]


def _text(facts: Facts, path: str) -> str:
    """What is in it; the engine takes a file that it cannot read for empty."""
    text: Evidence[str] = facts.snapshot.text(f"file:{path}").by(path)
    if text.unknown is not None and text.unknown.code is Code.ABSENT:
        return ""
    return text.value


# --- the engine's search ------------------------------------------------------------------------------------------


def next_subnets(
    pools: Sequence[Split], taken: Iterable[Taken], kept: Iterable[Subnet], *, is_sorted: bool
) -> Iterator[Subnet]:
    """The subnets that the engine takes one after the other."""
    if not is_sorted:
        yield from _in_order(pools, tuple(taken), tuple(kept))
        return
    allocated = sorted({item.subnet for item in taken}, key=_order)
    reserved = sorted(kept, key=_order)
    chosen = _without_overlaps(pools)
    while (found := _Search(chosen, allocated, reserved).result()) is not None:
        yield found
        allocated = sorted([*allocated, found], key=_order)


def _in_order(pools: Sequence[Split], taken: Sequence[Taken], kept: Sequence[Subnet]) -> Iterator[Subnet]:
    """As engines before 27.0: all subnets in the list's order, begun behind the one that a network got last."""
    new = [
        (item.created, place) for item in taken if item.created is not None and (place := _place(item.subnet, pools))
    ]
    index, start = max(new)[1] if new else (0, 0)
    used = [*(item.subnet for item in taken), *kept]
    spans = [(pool.size, int(pool.base.network_address), _last(pool.base)) for pool in pools]
    if not spans:
        return
    size, first, last = spans[index]
    begun = start or first
    for span in ((size, begun, last), *spans[index + 1 :], *spans[:index], (size, first, begun - 1)):
        yield from _free(*span, used)


def _place(subnet: Subnet, pools: Sequence[Split]) -> tuple[int, int] | None:
    """Which pool the subnet is one of, and where the next one begins; None where it is none of them."""
    for index, pool in enumerate(pools):
        if subnet.prefixlen == pool.size and subnet.subnet_of(pool.base):
            return index, _last(subnet) + 1
    return None


def _free(size: int, first: int, last: int, used: list[Subnet]) -> Iterator[Subnet]:
    """The subnets between two addresses that overlap nothing that is used; each is used then."""
    while first <= last:
        subnet = ipaddress.IPv4Network((first, size))
        met = next((other for other in used if subnet.overlaps(other)), None)
        if met is None:
            yield subnet
            used.append(subnet)
        end = _last(subnet) if met is None else max(_last(subnet), _last(met))
        first = (((end >> (_BITS - size)) + 1) << (_BITS - size)) if size else last + 1


def _order(network: Subnet) -> tuple[int, int]:
    return int(network.network_address), network.prefixlen


def _without_overlaps(pools: Iterable[Split]) -> list[Split]:
    """By their addresses; of two that overlap the one that comes first (``newAddrSpace``)."""
    found: list[Split] = []
    for pool in sorted(pools, key=lambda pool: _order(pool.base)):
        if not found or not found[-1].base.overlaps(pool.base):
            found.append(pool)
    return found


def _last(network: Subnet) -> int:
    return int(network.broadcast_address)


def _after(previous: Subnet, size: int) -> Subnet | None:
    """The subnet of that size right after (``PrefixAfter``); None at the end of all addresses."""
    address = (int(previous.network_address) + (1 << (_BITS - min(size, previous.prefixlen)))) % (1 << _BITS)
    return ipaddress.IPv4Network((address, size), strict=False) if address else None


class _Search:
    """One search for a subnet (``allocatePredefinedPool``), word for word: it overlooks some, and takes some twice."""

    def __init__(self, pools: Sequence[Split], allocated: Sequence[Subnet], reserved: Sequence[Subnet]) -> None:
        self.pools = pools
        self.met = sorted([*allocated, *reserved], key=_order)
        self.index = 0  # of the pool
        self.is_partly_taken = False
        self.previous = _EVERYTHING

    def result(self) -> Subnet | None:
        """The subnet, or None where there is none."""
        position = 0
        while position < len(self.met):
            if self.index >= len(self.pools):
                return None
            pool, one = self.pools[self.index], self.met[position]
            found: Subnet | None
            if one.overlaps(pool.base):
                if one.prefixlen <= pool.base.prefixlen:
                    self._next_pool()
                    continue
                found = self._before(pool, one)
                if found is not None:
                    return found
                position += 1
                if _last(one) == _last(pool.base):
                    self._next_pool()
                else:
                    self.is_partly_taken, self.previous = True, one
            elif self.is_partly_taken:
                found = self._behind(pool)
                if found is not None:
                    return found
                self._next_pool()
            elif pool.base.network_address < one.network_address:
                return _first(pool)
            else:
                position += 1
        return self._at_the_end()

    def _next_pool(self) -> None:
        self.index += 1
        self.is_partly_taken = False

    def _before(self, pool: Split, one: Subnet) -> Subnet | None:
        """A subnet between what was met before in the pool, or its beginning, and this one."""
        start = _after(self.previous, pool.size) if self.is_partly_taken else _first(pool)
        shift = _BITS - pool.size
        if start is None or int(one.network_address) >> shift <= int(start.network_address) >> shift:
            return None
        return start

    def _behind(self, pool: Split) -> Subnet | None:
        """The subnet behind what was met last in the pool."""
        found = _after(self.previous, pool.size)
        return found if found is not None and found.overlaps(pool.base) else None

    def _at_the_end(self) -> Subnet | None:
        if self.index < len(self.pools) and self.is_partly_taken:
            found = self._behind(self.pools[self.index])
            if found is not None:
                return found
            self._next_pool()
        return _first(self.pools[self.index]) if self.index < len(self.pools) else None


def _first(pool: Split) -> Subnet:
    return ipaddress.IPv4Network((int(pool.base.network_address), pool.size))
