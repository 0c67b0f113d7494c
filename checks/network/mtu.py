"""Whether what containers send fits through the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.check import check, expect, fix_with, instances, not_applicable, not_decided
from dockworthy.evidence import Evidence, known
from dockworthy.facts.engine.planned import knows_key
from dockworthy.facts.network.bridges import DEFAULT_MTU, MTU_OPTION, networks_judged
from dockworthy.fixes import daemon_json, put_in_force

if TYPE_CHECKING:
    from dockworthy.facts.api.networks import Network
    from dockworthy.facts.engine.daemon import DaemonConfig
    from dockworthy.facts.engine.release import EngineRelease
    from dockworthy.facts.network.bridges import BridgeNetworks
    from dockworthy.facts.network.clamping import Clamping
    from dockworthy.facts.network.links import Links
    from dockworthy.facts.network.routes import Route, Routes

_PARENTED = frozenset({"macvlan", "ipvlan"})
_OVERLAY = "overlay"
_OPTIONS = "default-network-opts"


def _fix(daemon: DaemonConfig, releases: EngineRelease, mtu: int) -> str:
    values: dict[str, object] = {"mtu": mtu}
    if knows_key(releases, _OPTIONS):
        values[_OPTIONS] = {"bridge": {MTU_OPTION: str(mtu)}}
    again = f"# other networks keep what they were made with: make them again, with -o {MTU_OPTION}={mtu}"
    return f"{put_in_force(daemon, values)}\n{again}"


def _sent(network: Network, bridge_networks: BridgeNetworks) -> Evidence[int]:
    """The size of what leaves the network's containers; of an overlay with what is put around it."""
    bridge = bridge_networks.find(network.id)
    if bridge is not None:
        return bridge.mtu
    source = f"{network.answer.source}: Options: {MTU_OPTION}"
    said = network.options.get({}).get(MTU_OPTION, "")
    if isinstance(said, str) and said.isascii() and said.isdigit() and int(said):
        return known(int(said), source)
    return known(0 if network.driver in _PARENTED else DEFAULT_MTU, source)


def _by_parent(network: Network, mtu: Evidence[int], links: Links) -> None:
    """A network of the driver macvlan or ipvlan, whose containers have what its parent has unless an option says it."""
    parent = network.options.get({}).get("parent", "")
    if not isinstance(parent, str) or not parent:
        not_applicable("it has no parent: nothing leads out of it")
    size = _of_link(parent, links)
    _expect_fits(mtu if mtu.value else known(size, f"{links.source}: {parent}, whose MTU they have"), {parent: size})


def _of_link(name: str, links: Links) -> int:
    link = links.find(name)
    if link is None or link.mtu is None:
        not_decided(links.failure or f"the interface {name} was not seen", f"{links.source}: {name}")
    return link.mtu


def _expect_fits(mtu: Evidence[int], uplinks: dict[str, int]) -> None:
    expect(mtu.by(f"{mtu.source}, the host's routes")).at_most(min(uplinks.values()))


@check(
    "network.mtu-fits-uplink",
    severity="high",
    refs=("moby:libnetwork/drivers/bridge", "docker:bridge-driver"),
    fix=daemon_json('{"mtu": 1400}')
    + f"\n# other networks keep what they were made with: make them again, with -o {MTU_OPTION}=1400",
    each=instances("network", networks_judged),
)
def check_mtu_fits_uplink(
    network: Network,
    bridge_networks: BridgeNetworks,
    routes: Routes,
    links: Links,
    clamping: Clamping,
    daemon: DaemonConfig,
    engine_release: EngineRelease,
) -> None:
    """A network's MTU is not larger than the uplink's.

    Where the way out takes smaller packets than containers send (a VPN, a cloud's overlay), small answers come and
    large ones hang, wherever a firewall between drops the messages that would tell. The daemon's ``mtu`` is for the
    default bridge alone; other networks have their own option. The MTU that the bridge itself shows says nothing: an
    empty one has 1500, and takes that of its ports. Rules that clamp the segments of TCP to the path make up for it.
    """
    bridge = bridge_networks.find(network.id)
    mtu = _sent(network, bridge_networks)
    if network.driver in _PARENTED:
        _by_parent(network, mtu, links)
        return
    if bridge is None and network.driver != _OVERLAY:
        not_applicable(f"a network of the driver {network.driver} has no MTU of its own")
    if network.answer.flag("Internal", default=False).get(default=False):
        not_applicable("it is internal: nothing leads out of it")
    families = (4, 6) if network.answer.flag("EnableIPv6", default=False).get(default=False) else (4,)
    ways = [route for family in families for route in routes.defaults(family)]
    if not ways:
        if routes.links_failure is not None:
            not_decided(routes.links_failure, routes.source)
        not_applicable("the host has no default route")
    uplinks = {route.interface: _of_link(route.interface, links) for route in ways}
    too_small = {name: size for name, size in uplinks.items() if size < mtu.value}
    if too_small:
        fix_with(_fix(daemon, engine_release, min(too_small.values())))
        _end_where_rules_decide(ways, too_small, routes)
        clamped = clamping.of(bridge.interface, too_small) if bridge is not None else known(False, "")
        if clamped.value:
            expect(clamped, shown=lambda _: "TCP is clamped to the path").equals(True)
            return
    _expect_fits(mtu, uplinks)


def _end_where_rules_decide(ways: list[Route], too_small: dict[str, int], routes: Routes) -> None:
    """Where only some of the ways are too small, and rules say which are taken, nothing is decided."""
    special = set(routes.by_rules)
    sizes = {route.interface in too_small for route in ways}
    if len(sizes) > 1 and any(route.table in special for route in ways):
        tables = ", ".join(sorted(special))
        not_decided(f"rules (ip rule) choose between the routes of the table main and of {tables}", routes.source)
