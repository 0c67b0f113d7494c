"""What the files of ufw and firewalld say of who may reach a port of the host.

Source: ufw(8) and ``src/backend_iptables.py`` of ufw (``### tuple ###`` lines: action, protocol, port and address of
the destination, of the source, direction with its interface); firewalld.zone(5), firewalld.service(5),
firewalld.conf(5). A stranger, anywhere in the Internet, is asked about: what is open to some addresses alone is closed.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, derived, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.tables import number, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from dockworthy.facts.network.addresses import Addresses
    from dockworthy.snapshot import Snapshot

__all__ = ["Asked", "HostFirewall", "host_firewall"]

_UFW = "/etc/ufw/user.rules"
_UFW6 = "/etc/ufw/user6.rules"
_FIREWALLD = "/etc/firewalld"
_ANY = frozenset({"any", "0.0.0.0/0", "::/0"})
_OPEN = frozenset({"allow", "limit"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a stranger would reach."""

    port: int
    protocol: str
    family: int
    interface: str  # by which it comes in


@dataclass(frozen=True, slots=True)
class HostFirewall:
    """The host's own firewall, where it has one that is on."""

    name: Evidence[str]  # ``ufw``, ``firewalld`` or both; empty where none is on
    _openings: tuple[Callable[[Asked], Evidence[bool]], ...]

    def lets_in(self, asked: Asked) -> Evidence[bool]:
        """Whether it means to let a stranger in; of two, both have to."""
        closed: Evidence[bool] | None = None
        found = [opening(asked) for opening in self._openings]
        for one in found:
            if one.is_known and not one.value:
                return one
            closed = closed or (None if one.is_known else one)
        return closed or (found[0] if found else known(True, self.name.source))  # noqa: FBT003 - the evidence's value


@fact
def host_firewall(snapshot: Snapshot, addresses: Addresses) -> HostFirewall:
    """What ufw and firewalld say of the host's ports."""
    text = snapshot.text("cmd:host-firewall")
    lines = [line.split() for line in text.get("").splitlines()]
    names: list[str] = []
    openings: list[Callable[[Asked], Evidence[bool]]] = []
    for words in rows(text.get(""), 3):
        if words[0] == "ufw" and words[1].lower() == "yes":
            names.append("ufw")
            openings.append(_Ufw(lines, words[1:], addresses).lets_in)
        if words[0] == "firewalld" and words[1] == "yes":
            names.append("firewalld")
            openings.append(_Firewalld(lines, words[2]).lets_in)
    return HostFirewall(text.map(lambda _: " and ".join(names)).by("the host's firewall"), tuple(openings))


class _Ufw:
    """The rules that ufw keeps in its files."""

    def __init__(self, lines: Sequence[list[str]], words: Sequence[str], addresses: Addresses) -> None:
        self._policy = words[1] if len(words) > 1 else "DROP"
        self._has_ipv6 = len(words) < 4 or words[3].lower() != "no"  # noqa: PLR2004 - its last column
        self._tuples = [(line[1], line[2:]) for line in lines if line[:1] == ["tuple"] and len(line) >= 9]  # noqa: PLR2004
        self._unread = {line[1] for line in lines if line[:1] == ["unread"] and len(line) > 1}
        self._addresses = addresses

    @derived
    def lets_in(self, asked: Asked) -> Evidence[bool]:
        source = _UFW if asked.family == 4 else _UFW6  # noqa: PLR2004 - IPv4
        if asked.family == 6 and not self._has_ipv6:  # noqa: PLR2004 - IPv6
            return known(False, "/etc/default/ufw: IPV6")  # noqa: FBT003 - the evidence's value
        if str(asked.family) in self._unread:
            return unknown("cannot be read", source, Code.NOT_PERMITTED)
        for family, words in self._tuples:
            action, protocol, port, to, sport, sender, way = words[:7]
            if family != str(asked.family) or action.startswith("route:"):
                continue
            if not (protocol in {"any", asked.protocol} and _has_port(port, asked.port, ":") and sport == "any"):
                continue
            direction, _, interface = way.partition("_")
            if direction == "in" and interface in {"", asked.interface} and self._is_to(to) and sender in _ANY:
                return known(action.partition("_")[0] in _OPEN, source)
        return known(self._policy == "ACCEPT", "/etc/default/ufw: DEFAULT_INPUT_POLICY")

    def _is_to(self, address: str) -> bool:
        """Whether a rule is for this host, whichever of its addresses is meant."""
        if address in _ANY:
            return True
        try:
            network = ipaddress.ip_network(address, strict=False)
        except ValueError:
            return False
        return any(one.ip.ip in network for one in self._addresses.known_ones if one.ip.version == network.version)


class _Firewalld:
    """The zones of firewalld."""

    def __init__(self, lines: Sequence[list[str]], default: str) -> None:
        self._lines = lines
        self._default = default

    def _of(self, kind: str, name: str) -> list[list[str]]:
        return [line[2:] for line in self._lines if line[:2] == [kind, name]]

    @derived
    def lets_in(self, asked: Asked) -> Evidence[bool]:
        bound = (line[1] for line in self._lines if line[:1] == ["interface"] and line[2:] == [asked.interface])
        zone = self._of_everybody(asked) or next(bound, self._default)
        source = f"{_FIREWALLD}: zone {zone}"
        if not self._of("zone", zone):
            return unknown("the zone's file was not read", source, Code.UNREADABLE)
        if self._of("zone", zone)[0] == ["ACCEPT"]:
            return known(True, source)  # noqa: FBT003 - the evidence's value
        services = [words[0] for words in self._of("service", zone) if words]
        ports = [*self._of("port", zone), *(words for name in services for words in self._of("service-port", name))]
        if any(_is_port(words, asked) for words in ports) or [asked.protocol] in self._of("protocol", zone):
            return known(True, source)  # noqa: FBT003 - the evidence's value
        beside = next((line[1] for line in self._lines if line[:1] == ["beside"]), "")
        if beside:
            place = f"{_FIREWALLD}/{'direct.xml' if beside == 'direct' else 'policies'}"
            return unknown("what it lets in was not read", place, Code.NOT_PROBED)
        if self._of("rich", zone):
            return unknown("it has rich rules, which are not read", source, Code.NOT_PROBED)
        unread = next((name for name in services if [] in self._of("unread", name)), None)
        if unread is not None:
            return unknown(f"what its service {unread} is was not read", source, Code.UNREADABLE)
        return known(False, source)  # noqa: FBT003 - the evidence's value

    def _of_everybody(self, asked: Asked) -> str:
        """The zone that has all addresses for its sources, which goes before one of an interface."""
        everybody = "0.0.0.0/0" if asked.family == 4 else "::/0"  # noqa: PLR2004 - IPv4
        return next((line[1] for line in self._lines if line[:1] == ["source"] and line[2:] == [everybody]), "")


def _is_port(words: Collection[str], asked: Asked) -> bool:
    port, protocol = (*words, "", "")[:2]
    return protocol == asked.protocol and _has_port(port, asked.port, "-")


def _has_port(text: str, port: int, dash: str) -> bool:
    """Whether ``any``, a port, a range or several with commas between hold the port."""
    if text == "any":
        return True
    for part in text.split(","):
        first, between, last = part.partition(dash)
        start, end = number(first), number(last if between else first)
        if start is not None and end is not None and start <= port <= end:
            return True
    return False
