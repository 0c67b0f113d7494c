"""Whether the way to the registries and mirrors leads there: past the engine's own networks, proxies and fallbacks."""

from __future__ import annotations

import ipaddress
from functools import partial
from typing import TYPE_CHECKING, Any

from dockworthy.check import check, expect, fix_with, instances, not_applicable
from dockworthy.evidence import Code, NotDecided
from dockworthy.facts.engine.proxies import proxies, proxy_for, proxy_of
from dockworthy.facts.network.bridges import end_where_not_judged
from dockworthy.facts.network.shadows import is_meant, is_own, shadow_of, shown, way_to
from dockworthy.facts.registry.mirrors import ANSWERS
from dockworthy.facts.registry.registries import named_registries
from dockworthy.fixes import another_subnet, put_in_force
from dockworthy.trust.reference import split_host_port

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.facts.engine.daemon import DaemonConfig
    from dockworthy.facts.facts import Facts
    from dockworthy.facts.network.lookups import Resolution
    from dockworthy.facts.network.routes import IPAddress
    from dockworthy.facts.network.spare import SpareSubnets
    from dockworthy.facts.registry.mirrors import Mirror

_HTTPS = 443
_PRIVATE = tuple(map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")))


def _port(registry: str) -> int:
    text = split_host_port(registry)[1]
    return int(text) if text.isdecimal() else _HTTPS


@check(
    "network.registry-not-shadowed",
    severity="critical",
    refs=("moby:libnetwork/netutils", "docker:networking"),
    fix="# make the network anew with a subnet that nothing here uses, and keep others from it: default-address-pools\n"
    "docker network inspect --format '{{.Name}} {{range .IPAM.Config}}{{.Subnet}} {{end}}' $(docker network ls -q)",
    each=instances("registry", named_registries, none="no registry is named"),
    params=("registries",),
)
def check_registry_not_shadowed(
    registry: str, facts: Facts, resolution: Resolution, daemon: DaemonConfig, spare_subnets: SpareSubnets
) -> None:
    """No container network swallows the registry's address.

    The host sends everything for a network's subnet into the network's bridge: a registry whose address lies there is
    not reached any more. Of several addresses one in the way is enough to break pulls at random. The host's own
    addresses, and a container that publishes the registry's port, are meant to lie there: a Harbor on this host.
    """
    end_where_not_judged(facts)
    if proxy_of(facts, registry).get(""):
        not_applicable("the engine goes through a proxy")
    answer = resolution.of_registry(registry)
    if not answer.value:
        raise NotDecided("it has no address", answer.source, Code.ABSENT)
    port = _port(registry)
    if all(is_meant(facts, address, port).get(default=False) for address in answer.value):
        not_applicable("its addresses are the host's own, or those of containers that publish its port")
    for address in answer.value:
        shadow = shadow_of(facts, address, port)
        if shadow.is_known and shadow.value is not None:
            network = shadow.value.network
            fix_with(another_subnet(daemon, spare_subnets, network.name, is_default=network.is_default))
        expect(shadow, shown=partial(shown, address)).satisfies(
            lambda found: found is None, "an address outside of all container networks"
        )


@check(
    "network.registry-past-proxy",
    severity="high",
    refs=("docker:daemon-proxy", "go:golang.org/x/net/http/httpproxy"),
    fix="# add the registry to the engine's no-proxy, beside what is there:\n"
    '# merge into /etc/docker/daemon.json:\n{"proxies": {"no-proxy": "registry.example.com"}}\n'
    "systemctl restart docker",
    each=instances("registry", named_registries, none="no registry is named"),
    params=("registries", "registries_through_proxy"),
)
def check_registry_past_proxy(
    registry: str, facts: Facts, resolution: Resolution, daemon: DaemonConfig, params: Any
) -> None:
    """The engine does not send a registry in its own network through the proxy.

    A proxy rarely reaches back into the network that it serves: pulls end with 403, 503 or a timeout. Go compares
    names: an address range in NO_PROXY exempts no name, `.corp` does not exempt `corp`, and quotes in a unit's
    Environment belong to the value. The profile's `registries_through_proxy` names registries that are meant to be
    asked through the proxy.
    """
    found = proxies(facts)
    if not (found.value.get("https-proxy") or ""):
        not_applicable("the engine has no proxy")
    if registry in params.registries_through_proxy:
        not_applicable("the profile says that it is asked through the proxy")
    exempt = found.value.get("no-proxy") or ""
    proxy = found.map(lambda settings: proxy_for(settings, registry))
    if not proxy.value:
        expect(proxy).equals("")
        return
    answer = resolution.of_registry(registry)
    if not answer.value:
        raise NotDecided("it has no address", answer.source, Code.ABSENT)
    host = split_host_port(registry)[0]
    fix_with(_with_exemption(daemon, f"{exempt},{host}" if exempt else host))
    for address in answer.value:
        near = _nearness(facts, address)
        expect(near, f"{found.source}; {answer.source}", shown=lambda how: f"through {proxy.value}, {how}").equals("")


def _with_exemption(daemon: DaemonConfig, exempt: str) -> str:
    return put_in_force(daemon, {"proxies": {"no-proxy": exempt}})


def _nearness(facts: Facts, address: IPAddress) -> str:
    """How this host reaches an address without leaving its own network; empty where it does not."""
    if is_own(facts, address).value:
        return f"though {address} is the host's own"
    way = way_to(facts.routes, address).value
    if way is None or way.kind != "unicast":
        return ""
    if way.is_on_link:
        return f"though {address} is on the link {way.interface}"
    if not way.leads_everywhere and any(
        address in network for network in _PRIVATE if network.version == address.version
    ):
        return f"though a route of its own leads to {address}: {way.shown}"
    return ""


def mirrors(facts: Facts) -> Mapping[str, Mirror]:
    """The mirrors of Docker Hub that the engine has, by their URLs."""
    end_where_not_judged(facts)
    return {mirror.url: mirror for mirror in facts.mirrors.all}


@check(
    "network.mirror-answers",
    severity="high",
    refs=("docker:registry-mirror", "moby:distribution/pull.go"),
    fix="# see why it does not answer, and repair it, or take it out of registry-mirrors:\ncurl -v {param}v2/",
    each=instances("mirror", mirrors, none="the engine has no registry mirror"),
)
def check_mirror_answers(mirror: Mirror) -> None:
    """A registry mirror works and is not bypassed in silence.

    Where a mirror is refused, does not answer in time, has a certificate that the engine does not take, or is no
    registry, the engine goes on to Docker Hub after one line in its log: pulls work, until Hub's rate limit or the
    firewall ends them. A path is taken and asked as `https://HOST/PATH/v2/`, where Harbor does not answer: a project of
    Harbor's that is a proxy cache is no mirror, and its images are named `HOST/PROJECT/library/NAME`.
    """
    expect(mirror.answer).satisfies(lambda said: said == ANSWERS, f"{ANSWERS}, which this engine verifies")
