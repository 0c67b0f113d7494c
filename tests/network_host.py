"""A host with an engine whose networks and packet filter a test tells, put together by hand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.hosts import host

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.facts.facts import Facts

__all__ = ["APP", "BRIDGE", "container", "engine_host", "filter_table", "nat_table", "network", "save"]

BRIDGE, APP = "docker0", "br-aaaaaaaaaaaa"


def network(name: str, subnet: str, driver: str = "bridge", *more: str, **fields: Any) -> dict[str, Any]:
    """One network as the engine tells it; ``more`` are further subnets."""
    options = {"com.docker.network.bridge.name": BRIDGE} if name == "bridge" else {}
    if name == "bridge":
        options["com.docker.network.bridge.default_bridge"] = "true"
    config = [{"Subnet": one} for one in (subnet, *more) if one]
    made = {"Name": name, "Id": name[0] * 64, "Driver": driver, "IPAM": {"Driver": "default", "Config": config}}
    return {
        **made,
        "EnableIPv6": any(":" in one for one in more),
        **fields,
        "Options": {**options, **fields.get("Options", {})},
    }


NETWORKS = (network("bridge", "172.17.0.0/16"), network("app", "10.210.0.0/24"))
ROUTES = "4 default via 192.0.2.1 dev up0\n4 192.0.2.0/24 dev up0 scope link\n"
ROUTES_6 = "6 default via fe80::1 dev up0 metric 1024\n"


def _lines(items: tuple[Mapping[str, Any], ...]) -> str:
    return "".join(json.dumps(one) + "\n" for one in items)


def engine_host(
    sections: Mapping[str, Any] | None = None,
    *,
    networks: tuple[Mapping[str, Any], ...] = NETWORKS,
    version: str = "26.1.5",
    config: str | None = None,
    backend: str = "",
    containers: tuple[Mapping[str, Any], ...] = (),
    routes: str = ROUTES,
) -> Facts:
    """A host on which an engine runs; a packet filter that is not told is empty."""
    info: dict[str, Any] = {"ServerVersion": version, "SecurityOptions": []}
    if backend:
        info["FirewallBackend"] = {"Driver": backend}
    return host(
        {
            "cmd:engines": "100 dockerd /usr/bin/dockerd 0 1000 1 -\n",
            "proc:100/cmdline": b"/usr/bin/dockerd\0",
            "proc:100/environ": b"",
            "file:/etc/docker/daemon.json": 2 if config is None else config,
            "docker:version": json.dumps({"Server": {"Version": version}}),
            "docker:info": json.dumps(info),
            "docker:networks": _lines(networks),
            "docker:containers": _lines(containers),
            "cmd:container-processes": "".join(
                f"{one['Id']} {one['State']['Pid']} 0 0 0 0 0 0 - - - - - -\n" for one in containers
            ),
            "cmd:ip-route-all": routes,
            "cmd:ip-rule": "0: from all lookup local\n32766: from all lookup main\n",
            "cmd:net-addresses": "up0 inet 192.0.2.2/24 scope global up0\n",
            "cmd:iptables-save": save(filter_table(), nat_table()),
            "cmd:ip6tables-save": "variant nft\n",
            "cmd:iptables-other-save": "variant legacy\n",
            "cmd:ip6tables-other-save": "variant legacy\n",
            "cmd:nft-ruleset": "",
            "cmd:host-firewall": "",
            **(sections or {}),
        }
    )


def container(
    *bindings: tuple[str, str],
    name: str = "web",
    pid: int = 200,
    inside: str = "80/tcp",
    six: str = "",
    network_: str = "bridge",
) -> dict[str, Any]:
    """A running container with these addresses and ports of the host."""
    ports = {inside: [{"HostIp": address, "HostPort": port} for address, port in bindings]}
    joined = {"NetworkID": network_[0] * 64, "IPAddress": "172.17.0.2", "GlobalIPv6Address": six}
    return {
        "Id": name[0] * 64,
        "Name": f"/{name}",
        "State": {"Status": "running", "Running": True, "Pid": pid},
        "HostConfig": {"NetworkMode": "default"},
        "NetworkSettings": {"Ports": ports, "Networks": {network_: joined}},
        "Config": {},
    }


def save(*tables: str, variant: str = "nft") -> str:
    """What a program of iptables printed."""
    return f"variant {variant}\n{''.join(tables)}"


def table(name: str, chains: Mapping[str, str], rules: list[str]) -> str:
    """One table as the probe tells it."""
    heads = "".join(f":{chain} {policy} 0\n" for chain, policy in chains.items())
    return f"*{name}\n{heads}{''.join(f'-A {rule}{chr(10)}' for rule in rules)}COMMIT\n"


def filter_table(
    *first: str,
    policy: str = "ACCEPT",
    user: tuple[str, ...] = (),
    last: tuple[str, ...] = (),
    chains: Mapping[str, str] | None = None,
    without: tuple[str, ...] = (),
    bridges: tuple[str, ...] = (BRIDGE, APP),
) -> str:
    """The table filter of an engine before 28: rules before, in DOCKER-USER and after, and what is not there."""
    rules = [
        *(f"FORWARD {rule}" if not rule.startswith("!") else rule[1:] for rule in first),
        "FORWARD -j DOCKER-USER",
        "FORWARD -j DOCKER-ISOLATION-STAGE-1",
    ]
    for bridge in bridges:
        rules += [
            f"FORWARD -o {bridge} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
            f"FORWARD -o {bridge} -j DOCKER",
            f"FORWARD -i {bridge} ! -o {bridge} -j ACCEPT",
            f"FORWARD -i {bridge} -o {bridge} -j ACCEPT",
            f"DOCKER-ISOLATION-STAGE-1 -i {bridge} ! -o {bridge} -j DOCKER-ISOLATION-STAGE-2",
            f"DOCKER-ISOLATION-STAGE-2 -o {bridge} -j DROP",
        ]
    rules += [*(f"DOCKER-USER {rule}" for rule in user), "DOCKER-USER -j RETURN"]
    rules += [f"FORWARD {rule}" if not rule.startswith("!") else rule[1:] for rule in last]
    own = ("DOCKER", "DOCKER-USER", "DOCKER-ISOLATION-STAGE-1", "DOCKER-ISOLATION-STAGE-2")
    heads = {"INPUT": "ACCEPT", "FORWARD": policy, "OUTPUT": "ACCEPT", **dict.fromkeys(own, "-"), **(chains or {})}
    return table("filter", heads, [rule for rule in rules if rule not in without])


def nat_table(*first: str, without: tuple[str, ...] = (), subnets: Mapping[str, str] | None = None) -> str:
    """The table nat that an engine makes: rules before those of POSTROUTING, and what is not there."""
    own = {BRIDGE: "172.17.0.0/16", APP: "10.210.0.0/24"} if subnets is None else subnets
    rules = [
        "PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
        *(f"POSTROUTING {rule}" for rule in first),
        *(f"POSTROUTING -s {subnet} ! -o {bridge} -j MASQUERADE" for bridge, subnet in own.items()),
    ]
    heads = {**dict.fromkeys(("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"), "ACCEPT"), "DOCKER": "-"}
    return table("nat", heads, [rule for rule in rules if rule not in without])
