"""The routes of the host, of all tables, and the rules that say which table is asked.

Source: ``ip route show table all`` and ``ip rule``; without ``ip``, ``/proc/net/route`` and ``/proc/net/ipv6_route``,
which have the main table. Routes to the host itself, and to all hosts of a link, are no part of it.
"""

from __future__ import annotations

import ipaddress
import itertools
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Reason, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.facts.network.links import CUT
from dockworthy.tables import after, number, rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dockworthy.golang.ip import Network
    from dockworthy.snapshot import Snapshot

__all__ = ["MAIN", "IPAddress", "Route", "Routes", "Rule", "is_accepted", "routes"]

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
MAIN = "main"
_CUT_LINKS = f"{CUT} links"
_KINDS = frozenset({"unicast", "blackhole", "unreachable", "prohibit", "throw", "nat"})
_TABLES = {"254": MAIN, "253": "default", "255": "local"}
_STANDARD = frozenset({"local", MAIN, "default"})
_LEADS_EVERYWHERE = 1  # the longest prefix of a route that stands for the default one: 0/1 beside 128/1
_ROUTE_UP, _ROUTE_GATEWAY, _ROUTE_REJECT, _ROUTE_LOCAL = 0x1, 0x2, 0x200, 0x80000000  # linux/route.h, ipv6_route.h
_BY_ADVERTISEMENT = 0x00040000  # RTF_ADDRCONF
_LAST_METRIC = 0xFFFFFFFF
_MANY = Reason("the host has more routes than the probe reads", Code.TOO_LARGE)


@dataclass(frozen=True, slots=True)
class Route:
    """One way: of a route with several next hops, one of them."""

    network: Network
    interface: str  # the one that it leaves by; empty of one that leads nowhere
    gateway: IPAddress | None  # None of a network that is reached on the link itself
    kind: str  # ``unicast``, or ``blackhole``, ``unreachable``, ``prohibit``, ``throw``
    table: str  # ``main``, or another's name or number
    metric: int  # of two to the same network, the lower one is taken
    protocol: str = ""  # who set it: ``kernel``, ``dhcp``, ``ra``, ``static``; empty where it is not known
    scope: str = ""  # of IPv4: ``link``, ``host``, ``global``; empty where it is not known
    has_carrier: bool = True  # whether its interface is not seen to be without carrier (``linkdown``)

    @property
    def is_on_link(self) -> bool:
        """Whether what it leads to is reached without a gateway."""
        return self.kind == "unicast" and self.gateway is None

    @property
    def leads_everywhere(self) -> bool:
        """Whether it is the default route, or one of the two halves of it."""
        return self.kind == "unicast" and self.network.prefixlen <= _LEADS_EVERYWHERE

    @property
    def shown(self) -> str:
        """As a person would write it."""
        kind = "" if self.kind == "unicast" else f"{self.kind} "
        via = f" via {self.gateway}" if self.gateway is not None else ""
        dev = f" dev {self.interface}" if self.interface else ""
        table = f" table {self.table}" if self.table != MAIN else ""
        return f"{kind}{self.network}{via}{dev}{table}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of IPv4's: which table is asked for which packets."""

    table: str
    is_for_all: bool  # whether it is for every packet
    text: str


@dataclass(frozen=True, slots=True)
class Routes:
    """All routes."""

    known_ones: tuple[Route, ...]
    failure: Reason | None  # why others are missing, or None
    # the same for those without a gateway and those that lead everywhere, which are kept first
    links_failure: Reason | None
    rules: Evidence[tuple[Rule, ...]]
    source: str

    @property
    def all(self) -> Evidence[tuple[Route, ...]]:
        """All of them, or why not all are known."""
        return known(self.known_ones, self.source) if self.failure is None else unknown(self.failure, self.source)

    @property
    def complete(self) -> Evidence[bool]:
        """True, or why not all are known."""
        return self.all.map(lambda _: True)

    def of_family(self, family: int) -> tuple[Route, ...]:
        """Those of IPv4 (4) or IPv6 (6)."""
        return tuple(route for route in self.known_ones if route.network.version == family)

    @property
    def on_link(self) -> Evidence[tuple[Route, ...]]:
        """The routes of the main table that lead to what is reached without a gateway."""
        if self.links_failure is not None:
            return unknown(self.links_failure, self.source)
        return known(tuple(route for route in self.known_ones if route.is_on_link and route.table == MAIN), self.source)

    @property
    def by_rules(self) -> tuple[str, ...]:
        """The tables other than the usual ones that a rule has asked."""
        tables = (rule.table for rule in self.rules.get(()))
        return tuple(dict.fromkeys(table for table in tables if table not in _STANDARD))

    def defaults(self, family: int) -> tuple[Route, ...]:
        """The routes that lead everywhere, of all tables that are asked."""
        asked = {MAIN, "default", *self.by_rules}
        return tuple(route for route in self.of_family(family) if route.leads_everywhere and route.table in asked)

    def uplinks(self, family: int) -> tuple[str, ...]:
        """The interfaces by which everything leaves that no other route is for."""
        return tuple(dict.fromkeys(route.interface for route in self.defaults(family)))

    def overlapping(self, network: Network) -> tuple[Route, ...]:
        """The routes that lead to a part of the network, or to more than all of it."""
        return tuple(route for route in self.of_family(network.version) if route.network.overlaps(network))


def is_accepted(one: Network, other: Network, accepted: Iterable[str]) -> bool:
    """Whether what two networks have in common lies in one of those accepted (in CIDR form)."""
    common = one if one.prefixlen >= other.prefixlen else other
    wider = (ipaddress.ip_network(text, strict=False) for text in accepted)
    return any(network.version == common.version and common.subnet_of(network) for network in wider)  # type: ignore[arg-type]


@fact
def routes(snapshot: Snapshot) -> Routes:
    """The routes of the host and the rules for them."""
    source = "the host's routes"
    text = snapshot.text("cmd:ip-route-all")
    rules = snapshot.text("cmd:ip-rule").by("the host's rules for routes").map(lambda found: tuple(_rules(found)))
    if not text.is_known and "file:/proc/net/route" in snapshot:
        return _of_files(snapshot, rules, source)
    found = tuple(itertools.chain.from_iterable(_routes(words) for words in rows(text.get(""), 2)))
    lines = text.get("").splitlines()[-1:]
    links_failure = text.unknown or (_MANY if lines == [_CUT_LINKS] else None)
    return Routes(found, links_failure or (_MANY if lines == [CUT] else None), links_failure, rules, source)


def _rules(text: str) -> Iterator[Rule]:
    """Lines ``32766: from all lookup main``; a rule without a table (``unreachable``) asks none."""
    for words in rows(text, 3):
        table = after(words, "lookup")
        if table:
            rest = words[1 : words.index("lookup")]
            yield Rule(_TABLES.get(table, table), rest == ["from", "all"], " ".join(words[1:]))


def _routes(words: list[str]) -> Iterator[Route]:
    """One line: its family, and a route as ``ip`` prints it, with all its next hops."""
    family, rest = words[0], words[1:]
    kind = rest[0] if rest[0] in _KINDS else "unicast"
    destination = rest[1] if rest[0] in _KINDS and len(rest) > 1 else rest[0]
    network = _network(destination, family)
    if network is None:
        return
    table = after(rest, "table") or MAIN
    for hop in _hops(rest):
        yield Route(
            network=network,
            interface="" if kind != "unicast" else after(hop, "dev"),
            gateway=_gateway(hop),
            kind=kind,
            table=_TABLES.get(table, table),
            metric=number(after(rest, "metric")) or 0,
            protocol=after(rest, "proto"),
            scope="" if family == "6" else after(rest, "scope") or "global",
            has_carrier="linkdown" not in hop,
        )


def _hops(words: list[str]) -> list[list[str]]:
    """The words of each next hop; of a route that has but one, all."""
    starts = [index for index, word in enumerate(words) if word == "nexthop"]
    if not starts:
        return [words]
    return [words[start:end] for start, end in zip(starts, [*starts[1:], None], strict=True)]


def _gateway(hop: list[str]) -> IPAddress | None:
    """The address after ``via``, which may name its family first (``via inet6 fe80::1``)."""
    word = after(hop, "via")
    word = after(hop, word) if word in {"inet", "inet6"} else word
    try:
        return ipaddress.ip_address(word) if word else None
    except ValueError:
        return None


def _network(text: str, family: str) -> Network | None:
    everything = "::/0" if family == "6" else "0.0.0.0/0"
    try:
        return ipaddress.ip_network(everything if text == "default" else text, strict=False)
    except ValueError:
        return None


# --- without ip --------------------------------------------------------------------------------------------------


def _of_files(snapshot: Snapshot, rules: Evidence[tuple[Rule, ...]], source: str) -> Routes:
    four, six = snapshot.text("file:/proc/net/route"), snapshot.text("file:/proc/net/ipv6_route")
    found = (*_four(four.get("")), *_six(six.get("")))
    failure = four.unknown or (None if snapshot.is_absent("file:/proc/net/ipv6_route") else six.unknown)
    if failure is None and CUT in (*four.value.splitlines(), *six.get("").splitlines()):
        failure = _MANY
    return Routes(found, failure, failure, rules, source)


def _four(text: str) -> Iterator[Route]:
    """Lines ``INTERFACE DESTINATION GATEWAY FLAGS METRIC MASK``: addresses as the machine's numbers, in hexadecimal."""
    for words in rows(text, 6):
        try:
            destination, gateway, flags, mask = (int(word, 16) for word in (*words[1:4], words[5]))
        except ValueError:
            continue  # the heading
        leads_nowhere = words[0] == "*" or flags & _ROUTE_REJECT
        yield Route(
            network=ipaddress.IPv4Network((_turned(destination), mask.bit_count()), strict=False),
            interface="" if leads_nowhere else words[0],
            gateway=ipaddress.IPv4Address(_turned(gateway)) if flags & _ROUTE_GATEWAY else None,
            kind="unreachable" if leads_nowhere else "unicast",
            table=MAIN,
            metric=number(words[4]) or 0,
        )


def _turned(value: int) -> int:
    """The octets in their order: the kernel prints them as a number of the machine, whose last octet comes first."""
    return int.from_bytes(value.to_bytes(4, "little"), "big")


def _six(text: str) -> Iterator[Route]:
    """Lines ``DESTINATION LENGTH GATEWAY METRIC FLAGS INTERFACE``, in hexadecimal."""
    for words in rows(text, 6):
        try:
            address, length, gateway, metric, flags = (int(word, 16) for word in words[:5])
            network = ipaddress.IPv6Network((address, length), strict=False)
        except ValueError:
            continue
        is_end = metric == _LAST_METRIC  # what the kernel itself has at the end of each table
        if is_end or flags & _ROUTE_LOCAL or network.is_multicast or not flags & (_ROUTE_UP | _ROUTE_REJECT):
            continue
        yield Route(
            network=network,
            interface="" if flags & _ROUTE_REJECT else words[5],
            gateway=ipaddress.IPv6Address(gateway) if flags & _ROUTE_GATEWAY else None,
            kind="unreachable" if flags & _ROUTE_REJECT else "unicast",
            table=MAIN,
            metric=metric,
            protocol="ra" if flags & _BY_ADVERTISEMENT and flags & _ROUTE_GATEWAY else "",
        )
