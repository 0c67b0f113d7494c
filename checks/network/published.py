"""Published ports, beside what the host's own firewall says of them."""

from __future__ import annotations

import ipaddress
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from dockworthy.check import check, expect, instances, not_decided
from dockworthy.dataclass import dataclass
from dockworthy.evidence import NotApplicable, NotDecided
from dockworthy.facts.api.container import Container
from dockworthy.facts.api.ports import is_every_address
from dockworthy.facts.facts import Facts
from dockworthy.facts.network.bridges import end_where_not_judged
from dockworthy.facts.network.filters import dropped, makes_rules, uplink
from dockworthy.facts.network.hostfirewall import Asked
from dockworthy.facts.network.packets import Packet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dockworthy.facts.api.document import Document
    from dockworthy.facts.api.ports import Publication
    from dockworthy.facts.network.bridges import BridgeNetwork

IPV4, IPV6 = 4, 6


@dataclass(frozen=True, slots=True)
class Port:
    """One port of the host that a container has, on all its addresses."""

    container: Container
    publications: tuple[Publication, ...]


def _ports(facts: Facts, _params: object) -> Mapping[str, Port]:
    end_where_not_judged(facts)
    firewall = facts.host_firewall.name
    if not firewall.value:
        raise NotApplicable("no firewall of the host's own (ufw, firewalld) is on")
    found: dict[str, Port] = {}
    for container in facts.containers.known_ones:
        if not container.has_process:
            continue
        for publication in container.published.value:
            name = f"{container.name} {publication.first}/{publication.protocol}"
            others = found[name].publications if name in found else ()
            found[name] = Port(container, (*others, publication))
    if not found and facts.containers.failure is not None:
        raise NotDecided(facts.containers.failure, facts.containers.source)
    return found


@check(
    "network.firewall-covers-published",
    severity="high",
    refs=["moby:libnetwork/drivers/bridge/internal/iptabler/port.go"],
    fix="# Ports are fixed when a container is made: recreate it on the address that its clients use.\n"
    "# docker run: --publish 127.0.0.1:8080:80\n"
    "# Or drop in DOCKER-USER what is not to come in, by the port of the host:\n"
    "# iptables -I DOCKER-USER -i UPLINK -p tcp -m conntrack --ctorigdstport 8080 --ctdir ORIGINAL -j DROP\n"
    '# Where it is meant, declare it in the profile: published_ports_open: {web: ["8080"]}',
    each=instances("port", _ports, none="no running container publishes a port"),
    params=("published_ports_open",),
)
def check_firewall_covers_published(port: Port, facts: Facts, params: Any) -> None:
    """The host's firewall does not promise what published ports bypass.

    The engine leads what comes to a published port past the chains in which ufw and firewalld filter what is for the
    host: a port that the firewall denies is open all the same. This is about who believes that it is closed, not about
    whether it is wide.
    """
    source = f"{port.container.name}: published ports"
    if any(_is_meant(one, port.container.name, params.published_ports_open) for one in port.publications):
        expect("meant to be open", "the profile: published_ports_open").equals("meant to be open")
        return
    bypassing = [str(one) for one in port.publications if _bypasses(one, port.container, facts)]
    expect(bypassing, f"{source}, past {facts.host_firewall.name.value}").is_empty()


def _is_meant(publication: Publication, name: str, declared: Mapping[str, tuple[str, ...]]) -> bool:
    for pattern, entries in declared.items():
        if fnmatchcase(name, pattern):
            for entry in entries:
                number, _, protocol = entry.partition("/")
                if number == str(publication.first) and (protocol or "tcp") == publication.protocol:
                    return True
    return False


def _bypasses(publication: Publication, container: Container, facts: Facts) -> bool:
    """Whether a stranger comes in by it, though the firewall denies it.

    Raises:
        NotDecided: where what was seen does not tell.
    """
    reaches = _reaches(publication.host_address, container.name)
    for family in (IPV4, IPV6) if not publication.host_address else (_family(publication.host_address),):
        if not reaches or not makes_rules(facts, family).value:
            continue  # then docker-proxy listens, and the firewall filters what comes to it as for every program
        outside = uplink(facts.routes, family).value
        ends = list(_ends(container, facts, family))
        if not ends:
            continue
        asked = Asked(publication.first, publication.protocol, family, outside)
        if facts.host_firewall.lets_in(asked).value:
            continue
        for bridge, address in ends:
            packet = Packet(
                family,
                outside,
                bridge.interface,
                None,
                ipaddress.ip_network(address),
                0,
                publication.container_port,
                published=publication.first,
                protocol=publication.protocol,
            )
            drop = dropped(_passages(facts, packet))
            if drop.value is None:
                return True
    return False


def _passages(facts: Facts, packet: Packet) -> Iterator[Any]:
    for table in ("mangle", "filter", "security"):
        yield from facts.packet_filter.of_iptables(packet, table, "FORWARD")
    if facts.packet_filter.ruleset.is_known:
        yield from facts.packet_filter.of_nft(packet)


def _family(address: str) -> int:
    return IPV6 if ":" in address else IPV4


def _reaches(address: str, name: str) -> bool:
    """Whether an address of the host is one by which a stranger can come."""
    every = is_every_address(address)
    if every is None:
        not_decided("holds an address that cannot be read", f"{name}: published ports")
    return bool(every) or not ipaddress.ip_address(address.strip("[]").partition("%")[0]).is_loopback


def _ends(container: Container, facts: Facts, family: int) -> Iterator[tuple[BridgeNetwork, str]]:
    """The bridge networks that it is on, and its address in each."""
    networks: Document = container.answer.at("NetworkSettings", "Networks")
    for name in networks.content:
        one = networks.at(name)
        bridge = facts.bridge_networks.find(one.text("NetworkID", default="").get("") or name)
        address = one.text("IPAddress" if family == IPV4 else "GlobalIPv6Address", default="").get("")
        if bridge is not None and address and not bridge.is_internal:
            yield bridge, address
