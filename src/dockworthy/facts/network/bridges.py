"""The engine's bridge networks as the host has them: interface, addresses, and what their options make of them.

Source: moby ``libnetwork/drivers/bridge`` (``networkConfiguration``, ``setup_verify``), ``libnetwork/network.go``
(``ipamAllocateVersion``) and ``daemon/daemon_unix.go`` (``initBridgeDriver``).
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, NotApplicable, NotDecided, Reason, known, unknown
from dockworthy.facts.api.document import Listing
from dockworthy.facts.engine.paths import is_rootless
from dockworthy.facts.facts import fact
from dockworthy.facts.kernel.usage import no_engine
from dockworthy.golang.ip import Network as Subnet
from dockworthy.golang.ip import parse_cidr, parse_ip, unmapped
from dockworthy.golang.values import GoError
from dockworthy.releases import known as known_releases
from dockworthy.tables import rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dockworthy.facts.api.networks import Network
    from dockworthy.facts.engine.daemon import DaemonConfig
    from dockworthy.facts.facts import Facts
    from dockworthy.facts.network.links import Link
    from dockworthy.facts.network.routes import IPAddress

__all__ = [
    "DEFAULT_MTU",
    "MTU_OPTION",
    "BridgeNetwork",
    "BridgeNetworks",
    "bridge_networks",
    "end_elsewhere",
    "end_where_not_judged",
    "filters_bridges",
    "networks_judged",
]

_BRIDGE = "com.docker.network.bridge."
MTU_OPTION = "com.docker.network.driver.mtu"
DEFAULT_MTU = 1500  # of the kernel's bridges, which the engine leaves as it is
_DIGITS = 12  # of a network's id in the name of its bridge
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})  # strconv.ParseBool
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})
_OWN_RULES = "the engine runs rootless: its bridges and rules lie in a name space of its own"


@dataclass(frozen=True, slots=True)
class BridgeNetwork:
    """One network of the driver ``bridge``."""

    network: Network
    interface: str  # the name of its bridge
    subnets: tuple[Subnet, ...]
    gateways: tuple[IPAddress, ...]  # the addresses that its bridge has, as far as the engine tells them
    ranges: tuple[Subnet, ...]  # of which containers' addresses are, where they are not of the whole subnets
    options: Mapping[str, str]
    mtu: Evidence[int]  # bytes, of what its containers send

    @property
    def name(self) -> str:
        """The network's name."""
        return self.network.name

    def _switch(self, option: str, *, default: bool) -> bool:
        said = self.options.get(option, "")
        return default if said not in _TRUE | _FALSE else said in _TRUE

    def first_of(self, subnet: Subnet) -> tuple[IPAddress, ...]:
        """The addresses of which its bridge has one where nobody named a gateway: the first that can be given out."""
        starts = [one[0] for one in self.ranges if one[0] in subnet]
        return tuple(start + 1 if start == subnet[0] else start for start in starts or [subnet[0]])

    @property
    def is_internal(self) -> bool:
        """Whether nothing leads out of it."""
        return self.network.answer.flag("Internal", default=False).get(default=False)

    @property
    def masquerades(self) -> bool:
        """Whether what leaves it is to have the host's address."""
        return self._switch(f"{_BRIDGE}enable_ip_masquerade", default=True)

    @property
    def icc(self) -> bool:
        """Whether its containers may talk to each other."""
        return self._switch(f"{_BRIDGE}enable_icc", default=True)

    @property
    def has_ipv4(self) -> bool:
        """Whether it has addresses of IPv4, as all had before 28."""
        return self.network.answer.flag("EnableIPv4", default=True).get(default=True)

    @property
    def has_ipv6(self) -> bool:
        """Whether it has addresses of IPv6."""
        return self.network.answer.flag("EnableIPv6", default=False).get(default=False)

    @property
    def inhibits_ipv4(self) -> bool:
        """Whether its bridge is not to have an address of IPv4."""
        return self._switch(f"{_BRIDGE}inhibit_ipv4", default=False)

    def gateway_mode(self, family: int) -> str:
        """``nat``, ``routed``, ``nat-unprotected`` or ``isolated``, of IPv4 (4) or IPv6 (6)."""
        return self.options.get(f"{_BRIDGE}gateway_mode_ipv{family}", "nat")

    @property
    def is_default(self) -> bool:
        """Whether it is the default bridge."""
        return self.network.is_default_bridge


class BridgeNetworks(Listing[BridgeNetwork]):
    """All of them."""

    __slots__ = ()

    def find(self, name: str) -> BridgeNetwork | None:
        """The one of that name or id, or None."""
        return next((one for one in self.known_ones if name in {one.name, one.network.id}), None)

    def by_interface(self, interface: str) -> BridgeNetwork | None:
        """The one whose bridge has that name, or None."""
        return next((one for one in self.known_ones if one.interface == interface), None)


def end_where_not_judged(facts: Facts) -> None:
    """End where the engine's networks are none of this host's name space, or there is no engine.

    Raises:
        NotApplicable: where no engine runs, or it is rootless, or podman answers in an engine's place.
        NotDecided: where the engine is in another network name space than the one that was looked at.
    """
    engines = facts.processes.of_kind("dockerd")
    if no_engine(facts) or (engines.is_known and not engines.value and not facts.engine.info.content):
        raise NotApplicable("no engine runs")  # containerd alone makes no networks
    if is_rootless(facts):
        raise NotApplicable(_OWN_RULES)
    if _is_podman(facts):
        raise NotApplicable("podman answers in the engine's place, and makes its bridges when a container needs them")
    end_elsewhere(facts)


def end_elsewhere(facts: Facts) -> None:
    """End where the network that was looked at is another than the engine's.

    Raises:
        NotDecided: where it is.
    """
    own = {words[0]: words[1] for words in rows(facts.snapshot.text("cmd:ns-self").get(""), 2)}
    there = {} if is_rootless(facts) else facts.engine.namespaces.get({})
    if own.get("net") and there.get("net") and own["net"] != there["net"]:
        why = Reason("the engine is in another network name space than the one that was looked at", Code.NOT_PROBED)
        raise NotDecided(why, "the engine's network name space")


def _is_podman(facts: Facts) -> bool:
    release = facts.engine_release.running
    return bool(release.map(lambda one: not one.is_engine).get(default=False))


def is_of_engine(link: Link, facts: Facts) -> bool:
    """Whether an interface is one that the engine makes: a network's bridge, or a container's end of one."""
    return (
        link.name.startswith(("veth", "br-"))
        or link.name == "docker0"
        or (facts.bridge_networks.by_interface(link.name) is not None)
    )


def networks_judged(facts: Facts, _params: object) -> dict[str, Network]:
    """All networks of the engine by their names, for checks of what the host has of them.

    Raises:
        NotApplicable, NotDecided: as `end_where_not_judged`; the latter also where the engine does not list them.
    """
    end_where_not_judged(facts)
    found = facts.networks
    if found.failure is not None and not found.known_ones:
        raise NotDecided(found.failure, found.source)
    table: dict[str, Network] = {}
    for network in found.known_ones:
        table[network.name if network.name not in table else f"{network.name} {network.id[:_DIGITS]}"] = network
    return table


def filters_bridges(facts: Facts, family: int) -> Evidence[bool]:
    """Whether the engine's rules must be asked for what stays inside a bridge (``enableBrNfCallIptables``).

    For networks whose containers may not talk to each other, and, from 27.4, where no proxy carries what goes from one
    of the host's own ports to a container.
    """
    try:
        daemon = facts.daemon
    except NotApplicable:
        return known(False, "no engine is installed")  # noqa: FBT003 - the evidence's value
    if no_engine(facts) or is_rootless(facts) or _is_podman(facts):
        return known(False, "no engine runs that makes such rules")  # noqa: FBT003 - the evidence's value
    rules = daemon.setting("iptables")
    if not rules.get(default=True):
        return rules.map(bool)
    bridges = facts.bridge_networks
    ours = [bridge for bridge in bridges.known_ones if family == 4 or bridge.has_ipv6]  # noqa: PLR2004 - IPv4
    if any(not bridge.icc for bridge in ours):
        return known(True, f"{bridges.source}: Options: {_BRIDGE}enable_icc")  # noqa: FBT003 - the evidence's value
    needs_proxy = facts.engine_release.in_force.map(
        lambda release: known_releases().rules(release).holds("bridge-nf.without-proxy")
    )
    without_proxy = needs_proxy.then(
        lambda it_does: daemon.setting("userland-proxy").map(lambda on: not on) if it_does else known(False, "")  # noqa: FBT003 - the evidence's value
    )
    if ours and without_proxy.get(default=True):
        return without_proxy
    return bridges.all.then(lambda _: rules.map(lambda _: False))


@fact
def bridge_networks(facts: Facts) -> BridgeNetworks:
    """The engine's networks of the driver ``bridge``."""
    networks = facts.networks
    found = tuple(_bridge(one, facts) for one in networks.known_ones if one.driver == "bridge")
    return BridgeNetworks(found, networks.failure, networks.source)


def _bridge(network: Network, facts: Facts) -> BridgeNetwork:
    options = {key: value for key, value in network.options.get({}).items() if isinstance(value, str)}
    configured = network.answer.objects("IPAM", "Config", default=()).get(())
    return BridgeNetwork(
        network=network,
        interface=options.get(f"{_BRIDGE}name") or f"br-{network.id[:_DIGITS]}",
        subnets=tuple(filter(None, (_subnet(item.text("Subnet", default="").get("")) for item in configured))),
        ranges=tuple(filter(None, (_subnet(item.text("IPRange", default="").get("")) for item in configured))),
        gateways=tuple(_gateways(item.text("Gateway", default="").get("") for item in configured)),
        options=options,
        mtu=_mtu(network, options, facts),
    )


def _subnet(text: str) -> Subnet | None:
    try:
        return parse_cidr(text)[1]
    except GoError:
        return None


def _gateways(texts: Iterator[str]) -> Iterator[IPAddress]:
    for text in texts:
        octets = parse_ip(text.partition("/")[0])
        if octets is not None:
            yield ipaddress.ip_address(unmapped(octets))


def _mtu(network: Network, options: Mapping[str, str], facts: Facts) -> Evidence[int]:
    """Its own option, of the default bridge else the engine's ``mtu``; nothing, and 0, leave what the kernel gives."""
    source = f"{network.answer.source}: Options: {MTU_OPTION}"
    said = options.get(MTU_OPTION, "")
    if not said and network.is_default_bridge:
        daemon: DaemonConfig = facts.daemon
        setting: Evidence[int] = daemon.setting("mtu")
        return setting.map(lambda mtu: mtu or DEFAULT_MTU)
    if not network.options.is_known:
        return unknown(network.options.unknown or "", source)
    try:
        return known(int(said or 0) or DEFAULT_MTU, source)
    except ValueError:
        return unknown("is no number", source, Code.MALFORMED)
