"""The name servers that containers get, and whether a container network lies in their way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.check import check, expect, fix_with, instances, not_applicable
from dockworthy.facts.network.bridges import end_where_not_judged
from dockworthy.facts.network.lookups import address_of
from dockworthy.facts.network.shadows import shadow_of, shown
from dockworthy.fixes import another_subnet, put_in_force

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.facts.engine.daemon import DaemonConfig
    from dockworthy.facts.facts import Facts
    from dockworthy.facts.network.nameservers import NameServers
    from dockworthy.facts.network.spare import SpareSubnets

DEFAULT_BRIDGE, OTHERS = "default bridge", "other networks"


@check(
    "dns.servers-for-containers",
    severity="high",
    refs=("moby:libnetwork/internal/resolvconf", "docker:networking"),
    fix="# name a server that containers reach, in the place of 192.0.2.53:\n"
    '# merge into /etc/docker/daemon.json:\n{"dns": ["192.0.2.53"]}\nsystemctl restart docker',
    each=instances("network", (DEFAULT_BRIDGE, OTHERS)),
)
def check_servers_for_containers(network: str, name_servers: NameServers, daemon: DaemonConfig) -> None:
    """Containers get the host's name servers, and not a fallback or none.

    A loopback server of the host is another one inside a container, so that on the default bridge the engine leaves it
    out, and puts Google's in where none is left; it takes systemd-resolved's servers only where 127.0.0.53 is the one
    server in resolv.conf, which it looks at once, when it starts. On other networks the engine asks the host's servers
    itself, from the host's side; without any, there is a fallback before Docker Engine 28, and none since.
    """
    given = name_servers.given(default_bridge=network == DEFAULT_BRIDGE)
    if not given.is_known or not given.value.servers:
        fix_with(_with_servers(name_servers, daemon))
    expect(given, shown=lambda found: found.shown).satisfies(
        lambda found: bool(found.servers), "a server of the host's own"
    )


def _with_servers(name_servers: NameServers, daemon: DaemonConfig) -> str:
    """The fix: the host's own servers where some are known that a container reaches, else an example."""
    found = [one for one in name_servers.of_host.get(()) if (ip := address_of(one)) is not None and not ip.is_loopback]
    servers = [one for one in found if ":" not in one] or ["192.0.2.53"]
    example = "" if servers[0] in found else "# name a server that containers reach, in the place of 192.0.2.53:\n"
    return example + put_in_force(daemon, {"dns": servers})


def servers(facts: Facts) -> Mapping[str, str]:
    """The servers that the host asks by its network, by their addresses."""
    end_where_not_judged(facts)
    found = facts.name_servers.of_host.value
    return {one: one for one in found if (ip := address_of(one)) is not None and not ip.is_loopback}


@check(
    "dns.server-not-shadowed",
    severity="critical",
    refs=("moby:libnetwork/netutils", "docker:networking"),
    fix="# make the network anew with a subnet that nothing here uses, and keep others from it: default-address-pools\n"
    "docker network inspect --format '{{.Name}} {{range .IPAM.Config}}{{.Subnet}} {{end}}' $(docker network ls -q)",
    each=instances("server", servers, none="the host has no name server but on its own loopback"),
)
def check_server_not_shadowed(server: str, facts: Facts, daemon: DaemonConfig, spare_subnets: SpareSubnets) -> None:
    """No container network swallows a name server.

    The host sends everything for a network's subnet into the network's bridge. A name server whose address lies there
    is not reached any more, neither from the host nor from containers. The engine avoids the servers of the file that
    it reads when it makes a network; what a VPN client writes into resolv.conf later it does not look at.
    """
    address = address_of(server)
    if address is None:
        not_applicable("it has no address")
    shadow = shadow_of(facts, address)
    if shadow.is_known and shadow.value is not None:
        network = shadow.value.network
        fix_with(another_subnet(daemon, spare_subnets, network.name, is_default=network.is_default))
    expect(shadow, shown=lambda found: shown(address, found)).satisfies(
        lambda found: found is None, "an address outside of all container networks"
    )
