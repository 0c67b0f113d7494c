"""Forwarding, and what turning it on does to the host itself."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from dockworthy.check import check, expect, fix_with, instances, not_applicable
from dockworthy.dataclass import dataclass
from dockworthy.evidence import Evidence, known
from dockworthy.facts.engine.planned import knows_key, planned
from dockworthy.facts.kernel.usage import no_engine
from dockworthy.facts.network.bridges import end_elsewhere, is_of_engine
from dockworthy.fixes import set_sysctl, sysctl_line

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts
    from dockworthy.facts.kernel.sysctl import SysctlFacts
    from dockworthy.facts.network.links import Link

_FORWARDING = {
    "ipv4": ("net.ipv4.ip_forward",),
    "ipv6": ("net.ipv6.conf.all.forwarding", "net.ipv6.conf.default.forwarding"),
}
_ONLY_UNLESS_FORWARDING = 1  # accept_ra


# --- router advertisements -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Uplink:
    """An interface, and whether what it has of IPv6 came by router advertisements."""

    link: Link
    by_advertisement: Evidence[tuple[str, ...]]  # the addresses and the default route that did
    has_others: bool  # whether it has an address of IPv6, beyond the link, that did not
    forwards: Evidence[str]  # ``on``, ``off``, or ``off until the engine starts again``


def _uplinks(facts: Facts, _params: object) -> dict[str, Uplink]:
    """The interfaces that may have IPv6 from elsewhere: none of the engine's own, and no port of a bridge."""
    end_elsewhere(facts)
    links = facts.links
    if links.failure is not None:
        _ = links.all.value
    return {
        link.name: Uplink(link, _advertised(facts, link.name), _has_others(facts, link.name), _forwards(facts, link))
        for link in links.known_ones
        if link.accept_ra is not None and link.kind != "loopback" and not link.master and not is_of_engine(link, facts)
    }


def _advertised(facts: Facts, name: str) -> Evidence[tuple[str, ...]]:
    addresses, routes = facts.addresses, facts.routes
    found = [
        str(address.ip)
        for address in addresses.of(name)
        if address.ip.version == 6 and address.scope != "link" and "dynamic" in address.flags  # noqa: PLR2004 - IPv6
    ]
    found += [
        route.shown
        for route in routes.of_family(6)
        if route.leads_everywhere and route.interface == name and route.protocol == "ra"
    ]
    if not found and addresses.failure is not None:
        return addresses.all.map(lambda _: ())
    return known(tuple(found), f"{addresses.source}, {routes.source}: {name}")


def _has_others(facts: Facts, name: str) -> bool:
    return any(
        address.ip.version == 6 and address.scope != "link" and "dynamic" not in address.flags  # noqa: PLR2004 - IPv6
        for address in facts.addresses.of(name)
    )


def _wants_ipv6(facts: Facts) -> Evidence[bool]:
    """Whether a network of the engine has IPv6, or the default bridge will have it."""
    networks = facts.networks
    if any(network.answer.flag("EnableIPv6", default=False).get(default=False) for network in networks.known_ones):
        return known(True, f"{networks.source}: EnableIPv6")
    setting: Evidence[bool] = planned(facts, "ipv6", False).map(bool)
    if setting.get(default=False) or no_engine(facts):
        return setting
    return networks.all.then(lambda _: setting)


def _forwards(facts: Facts, link: Link) -> Evidence[str]:
    source = f"net.ipv6.conf.{link.name}.forwarding"
    if link.forwards_ipv6:
        return known("on", source)
    wants = _wants_ipv6(facts)
    return wants.map(lambda it_does: "off until the engine starts again" if it_does else "off").by(
        f"{source}, {wants.source}"
    )


@check(
    "network.ipv6-route-survives",
    severity="high",
    refs=("kernel:ip-sysctl", "moby:libnetwork/drivers/bridge"),
    fix=set_sysctl("net.ipv6.conf.{param}.accept_ra", 2),
    each=instances("uplink", _uplinks, none="no interface has IPv6"),
)
def check_ipv6_route_survives(uplink: Uplink) -> None:
    """Turning on IPv6 forwarding has not cost the host its IPv6 default route.

    A kernel that forwards takes no more router advertisements on an interface whose ``accept_ra`` is 1: its address and
    its default route end when their lifetime does, minutes or hours after the engine made a network with IPv6 and
    turned forwarding on. Where systemd-networkd or NetworkManager takes the advertisements, ``accept_ra`` is 0.
    """
    name = uplink.link.name
    spelled = shlex.quote(name.replace(".", "/"))  # of a name with dots sysctl.d(5) has them changed for slashes
    fix_with(set_sysctl(f"net.ipv6.conf.{spelled}.accept_ra", 2))
    if not uplink.by_advertisement.value:
        if not uplink.has_others:
            not_applicable("it has no address of IPv6 beyond the link")
        expect(uplink.by_advertisement).is_empty()
        return
    if uplink.link.accept_ra == 0:
        not_applicable("accept_ra is 0: who manages the network takes advertisements itself")
    source = f"net.ipv6.conf.{name}.accept_ra"
    if uplink.link.accept_ra != _ONLY_UNLESS_FORWARDING:
        expect(uplink.link.accept_ra, source).equals(2)
        return
    forwards = uplink.forwards
    expect({"accept_ra": 1, "forwarding": forwards.value}, f"{source}, {forwards.source}").equals(
        {"accept_ra": 1, "forwarding": "off"}
    )


# --- the nftables backend -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Family:
    """What one family's forwarding has to be on for."""

    names: tuple[str, ...]  # the parameters
    is_asked: Evidence[bool]  # whether the engine asks for it at its next start
    has_networks: Evidence[bool]  # whether there will be a network of it


def _families(facts: Facts, _params: object) -> dict[str, Family]:
    is_asked = planned(facts, "firewall-backend", "").then(
        lambda backend: (
            planned(facts, "ip-forward", True).map(bool)
            if backend == "nftables" and knows_key(facts.engine_release, "firewall-backend")
            else known(False, "the firewall backend is iptables")
        )
    )
    return {name: Family(names, is_asked, _has_networks(facts, name)) for name, names in _FORWARDING.items()}


def _has_networks(facts: Facts, family: str) -> Evidence[bool]:
    """Whether a network has this family, of those that the engine makes or restores at its start."""
    default = planned(facts, "bridge", "").map(lambda bridge: bridge != "none")
    if family == "ipv6":
        default = default.then(lambda there: planned(facts, "ipv6", False).map(lambda six: bool(there and six)))
    bridges = facts.bridge_networks
    others = any(not one.is_default and (family == "ipv4" or one.has_ipv6) for one in bridges.known_ones)
    if default.get(default=False) or no_engine(facts):
        return default
    return known(True, bridges.source) if others else bridges.all.then(lambda _: default)


@check(
    "network.forwarding-for-nftables",
    severity="critical",
    refs=("moby:libnetwork/drivers/bridge", "docker:packet-filtering"),
    fix=f"{sysctl_line('net.ipv4.ip_forward=1')}\nsysctl --system",
    each=instances("family", _families),
)
def check_forwarding_for_nftables(family: Family, sysctls: SysctlFacts) -> None:
    """Forwarding is on before an engine with the nftables backend starts.

    With this backend (from 29.0) the engine asks whether forwarding is on, and no longer turns it on: without it the
    default bridge cannot be made, and the engine does not start. With iptables it turned it on at each start, so that
    no file of such a host ever had to.
    """
    if not family.is_asked.value:
        not_applicable("the engine does not ask for it: its backend is iptables, or ip-forward is off")
    if not family.has_networks.value:
        not_applicable("no network has this family")
    names = family.names
    lines = (sysctl_line(f"{name}=1") for name in names)
    fix_with("\n".join((*lines, "sysctl --system")))
    for name in names:
        expect(sysctls.now(name)).satisfies(_is_on, "1, before the engine starts")
    for name in names:
        at_boot = sysctls.at_next_boot(name)
        expect(at_boot, shown=lambda found: found.value if found else "not set by any file").satisfies(
            lambda found: found is not None and _is_on(found.value), "set to 1 by a file"
        )


def _is_on(text: str | None) -> bool:
    return text is not None and text.strip() not in {"", "0"}
