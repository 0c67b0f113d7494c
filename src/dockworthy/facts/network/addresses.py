"""The addresses of the host's interfaces.

Source: ``ip -o addr``; without it ``/proc/net/if_inet6``, and ``/proc/net/fib_trie``, which does not say of which
interface an IPv4 address is: then the route of the links that it lies in does.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Reason
from dockworthy.facts.api.document import Listing
from dockworthy.facts.facts import fact
from dockworthy.facts.network.links import CUT
from dockworthy.tables import after, rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockworthy.facts.network.routes import IPAddress, Routes
    from dockworthy.snapshot import Snapshot

__all__ = ["Address", "Addresses", "IPInterface", "addresses"]

IPInterface = ipaddress.IPv4Interface | ipaddress.IPv6Interface
_PERMANENT, _DEPRECATED, _TENTATIVE, _MANAGED, _NO_PREFIX_ROUTE = 0x80, 0x20, 0x40, 0x100, 0x200  # linux/if_addr.h
_FLAGS = {
    _DEPRECATED: "deprecated",
    _TENTATIVE: "tentative",
    _MANAGED: "mngtmpaddr",
    _NO_PREFIX_ROUTE: "noprefixroute",
}
_SCOPES = {0x00: "global", 0x10: "host", 0x20: "link", 0x40: "site"}  # net/ipv6.h
_KNOWN_FLAGS = frozenset(
    {
        "dynamic",
        "deprecated",
        "tentative",
        "mngtmpaddr",
        "noprefixroute",
        "nodad",
        "dadfailed",
        "secondary",
        "temporary",
    }
)


@dataclass(frozen=True, slots=True)
class Address:
    """One address of an interface."""

    interface: str  # its name; empty where it is not known
    ip: IPInterface  # with the prefix that it was set with
    scope: str  # ``global``, ``link``, ``host``, …; empty where it is not known
    flags: frozenset[str]  # ``dynamic`` (its lifetime ends), ``deprecated``, ``tentative``, ``noprefixroute``, …


class Addresses(Listing[Address]):
    """All addresses."""

    __slots__ = ()

    def of(self, interface: str) -> tuple[Address, ...]:
        """Those of one interface."""
        return tuple(address for address in self.known_ones if address.interface == interface)

    def holds(self, ip: IPAddress) -> bool:
        """Whether any interface has the address."""
        return any(address.ip.ip == ip for address in self.known_ones)


@fact
def addresses(snapshot: Snapshot, routes: Routes) -> Addresses:
    """The addresses of the host's interfaces."""
    source = "the host's addresses"
    text = snapshot.text("cmd:net-addresses")
    if not text.is_known and "file:/proc/net/fib_trie" in snapshot:
        return _of_files(snapshot, routes, source)
    found = tuple(address for words in rows(text.get(""), 3) if (address := _address(words)) is not None)
    failure = text.unknown
    if failure is None and CUT in text.value.splitlines():
        failure = Reason("the host has more addresses than the probe reads", Code.TOO_LARGE)
    return Addresses(found, failure, source)


def _address(words: list[str]) -> Address | None:
    """One line: ``eth0 inet 192.0.2.2/24 brd 192.0.2.255 scope global dynamic eth0``; with ``peer`` its end alone."""
    try:
        ip = ipaddress.ip_interface(words[2])
    except ValueError:
        return None
    return Address(words[0], ip, after(words, "scope"), _KNOWN_FLAGS.intersection(words[3:]))


def _of_files(snapshot: Snapshot, routes: Routes, source: str) -> Addresses:
    four, six = snapshot.text("file:/proc/net/fib_trie"), snapshot.text("file:/proc/net/if_inet6")
    found = [*_four(four.get(""), routes), *_six(six.get(""))]
    failure = four.unknown or (None if snapshot.is_absent("file:/proc/net/if_inet6") else six.unknown)
    if failure is None and CUT in six.get("").splitlines():
        failure = Reason("the host has more addresses than the probe reads", Code.TOO_LARGE)
    return Addresses(tuple(found), failure, source)


def _four(text: str, routes: Routes) -> Iterator[Address]:
    for line in text.split():
        try:
            ip = ipaddress.IPv4Address(line)
        except ValueError:
            continue
        around = [route for route in routes.of_family(4) if route.is_on_link and ip in route.network]
        best = max(around, key=lambda route: route.network.prefixlen, default=None)
        length = best.network.prefixlen if best is not None else 32
        yield Address(best.interface if best else "", ipaddress.IPv4Interface((ip, length)), "", frozenset())


def _six(text: str) -> Iterator[Address]:
    """Lines ``ADDRESS INDEX PREFIX SCOPE FLAGS NAME``, all but the last in hexadecimal."""
    for words in rows(text, 6):
        try:
            address, length, scope, bits = (int(word, 16) for word in (words[0], *words[2:5]))
            ip = ipaddress.IPv6Interface((address, length))
        except ValueError:
            continue
        names = {name for bit, name in _FLAGS.items() if bits & bit}
        if not bits & _PERMANENT:
            names.add("dynamic")
        yield Address(words[5], ip, _SCOPES.get(scope, ""), frozenset(names))
