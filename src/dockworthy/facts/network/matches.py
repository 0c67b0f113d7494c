"""What the rules of a packet filter ask of a packet, whichever program wrote them."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING

from dockworthy.facts.network.packets import Answer, holds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from dockworthy.facts.network.packets import Match, Packet
    from dockworthy.golang.ip import Network

    IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

__all__ = ["addressed", "flags", "interface", "maybe", "negated", "network", "never", "ported", "protocol", "state"]

NO, MAYBE, YES = Answer
_NUMBERS = {"6": "tcp", "17": "udp", "1": "icmp", "58": "ipv6-icmp", "132": "sctp"}
_FIRST_OF_CLIENTS, _LAST = 32768, 60999  # net.ipv4.ip_local_port_range as the kernel sets it


def maybe(_packet: Packet) -> Answer:
    """What nobody can tell of a packet: a mark, a set of addresses, a rate."""
    return MAYBE


def never(_packet: Packet) -> Answer:
    """What none of the packets that are followed is."""
    return NO


def always(_packet: Packet) -> Answer:
    """What every packet is."""
    return YES


def negated(match: Match) -> Match:
    """The opposite."""
    return lambda packet: match(packet).negated


def interface(pattern: str, side: str, wildcard: str) -> Match:
    """An interface by its name, or its beginning where the wildcard ends it; of ``inbound`` or ``outbound``.

    Where a packet stays in a bridge, the ports of which have names that nobody knows, only the bridge is certain.
    """
    prefix = pattern.removesuffix(wildcard) if pattern.endswith(wildcard) else None

    def asked(packet: Packet) -> Answer:
        if packet.bridge and side in {"inbound", "outbound"}:
            return YES if prefix is not None and "veth".startswith(prefix) else MAYBE
        name = packet.bridge if side == "bridge" else getattr(packet, side)
        return Answer.of(name == pattern if prefix is None else name.startswith(prefix))

    return asked


@lru_cache(maxsize=4096)
def network(text: str) -> Network | None:
    """The network of an address, with or without its prefix; None where the text is none, such as one with holes."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def addressed(text: str, side: str) -> Match:
    """An address: one, a network, or the first and the last; of ``source`` or ``destination``."""

    def asked(packet: Packet) -> Answer:
        address = getattr(packet, side)
        found = network(text)
        if found is not None:
            return holds(found, address)
        first, dash, last = text.partition("-")
        one, other = network(first), network(last) if dash else None
        return MAYBE if one is None or other is None else _between(one, other, address)

    return asked


def _between(one: Network, other: Network, address: Network | None) -> Answer:
    start, end = one.network_address, other.network_address
    if isinstance(start, ipaddress.IPv4Address) and isinstance(end, ipaddress.IPv4Address) and start <= end:
        parts: Iterable[Network] = ipaddress.summarize_address_range(start, end)
    elif isinstance(start, ipaddress.IPv6Address) and isinstance(end, ipaddress.IPv6Address) and start <= end:
        parts = ipaddress.summarize_address_range(start, end)
    else:
        return MAYBE
    if address is not None and _spans(start, end, address):
        return YES
    return Answer(max(holds(part, address).value for part in parts))


def _spans(start: IPAddress, end: IPAddress, network: Network) -> bool:
    """Whether a range has all addresses of a network that a container can have."""
    ends = (network.network_address, network.broadcast_address)
    return start.version == network.version and int(start) <= int(ends[0]) + 1 and int(end) >= int(ends[1]) - 1


def protocol(name: str) -> Match:
    """A protocol, by its name or number."""
    known = _NUMBERS.get(name, name)
    if known in {"all", "0"}:
        return always
    return lambda packet: Answer.of(packet.protocol == known)


def ported(spans: Collection[tuple[int, int]], side: str) -> Match:
    """A port in one of some spans; of ``source_port`` or ``destination_port``. A client's port is any of the usual."""

    def asked(packet: Packet) -> Answer:
        port = getattr(packet, side)
        if port:
            return Answer.of(any(first <= port <= last for first, last in spans))
        if any(first <= _FIRST_OF_CLIENTS and last >= _LAST for first, last in spans):
            return YES
        return MAYBE if any(last - first > _LAST - _FIRST_OF_CLIENTS for first, last in spans) else NO

    return asked


def state(names: Collection[str]) -> Match:
    """The state of the connection, by its names in lower case."""

    def asked(packet: Packet) -> Answer:
        own = "new" if packet.is_new else "established"
        return Answer.of(own in names or ("dnat" in names and bool(packet.published)))

    return asked


def flags(mask: Collection[str], wanted: Collection[str]) -> Match:
    """The flags of TCP: those of ``mask`` that are set are ``wanted``."""

    def asked(packet: Packet) -> Answer:
        own = {"SYN"} if packet.is_new else {"ACK"}
        return Answer.of(packet.protocol == "tcp" and own.intersection(mask) == set(wanted))

    return asked


def published(port: Callable[[int], bool]) -> Match:
    """The port of the host to which the first packet of the connection was sent."""
    return lambda packet: Answer.of(port(packet.published)) if packet.published else MAYBE
