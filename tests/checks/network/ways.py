"""A host with an engine and two networks, its links, addresses and routes, to be changed by named edits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.checks.engine.base import VERSION, good
from tests.hosts import host

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts

__all__ = ["ADDRESSES", "APP", "BRIDGE", "DEFAULT", "HOST", "LINKS", "ROUTES", "RULES", "network", "sections", "ways"]

BRIDGE = "br-aaaaaaaaaaaa"
LINKS = f"""\
1 lo 65536 LOOPBACK,UP,LOWER_UP UNKNOWN - loopback 1 0
2 eth0 1500 BROADCAST,MULTICAST,UP,LOWER_UP UP - ether 1 0
3 tun0 1400 POINTOPOINT,UP,LOWER_UP UNKNOWN - none 1 0
4 docker0 1500 NO-CARRIER,BROADCAST,MULTICAST,UP DOWN - ether 1 1
5 {BRIDGE} 1500 BROADCAST,MULTICAST,UP,LOWER_UP UP - ether 1 1
6 veth0 1500 BROADCAST,MULTICAST,UP,LOWER_UP UP {BRIDGE} ether 1 1
"""
ADDRESSES = f"""\
lo inet 127.0.0.1/8 scope host lo
eth0 inet 192.0.2.2/24 brd 192.0.2.255 scope global dynamic eth0
docker0 inet 172.17.0.1/16 brd 172.17.255.255 scope global docker0
{BRIDGE} inet 10.210.0.1/24 brd 10.210.0.255 scope global {BRIDGE}
"""
ROUTES = f"""\
4 default via 192.0.2.1 dev eth0 proto dhcp metric 100
4 192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.2
4 172.17.0.0/16 dev docker0 proto kernel scope link src 172.17.0.1 linkdown
4 10.210.0.0/24 dev {BRIDGE} proto kernel scope link src 10.210.0.1
"""
RULES = "0: from all lookup local\n32766: from all lookup main\n32767: from all lookup default\n"
_DEFAULT = {
    "com.docker.network.bridge.default_bridge": "true",
    "com.docker.network.bridge.enable_icc": "true",
    "com.docker.network.bridge.name": "docker0",
    "com.docker.network.driver.mtu": "1500",
}


def network(name: str, subnet: str, driver: str = "bridge", gateway: str = "", **fields: Any) -> dict[str, Any]:
    """One network as the engine tells it; its id is made of the first letter of its name."""
    config = {"Subnet": subnet, **({"Gateway": gateway} if gateway else {})}
    return {
        "Name": name,
        "Id": name[0] * 64,
        "Driver": driver,
        "Scope": "local",
        "Created": "2025-10-10T00:00:00Z",
        "IPAM": {"Driver": "default", "Config": [config] if subnet else []},
        "Options": {},
        **fields,
    }


DEFAULT = network("bridge", "172.17.0.0/16", gateway="172.17.0.1", Options=_DEFAULT)
APP = network("app", "10.210.0.0/24")
HOST = network("host", "", "host")


def sections(
    edits: dict[str, Any] | None = None,
    *,
    version: str = "26.1.5",
    networks: tuple[dict[str, Any], ...] = (DEFAULT, APP, HOST),
    **changes: Any,
) -> dict[str, Any]:
    """Its sections; `changes` are those of the host with an engine."""
    server = {**VERSION["Server"], "Version": version, "Components": [{"Name": "Engine", "Version": version}]}
    made = {
        **good(version={"Server": server}, **changes),
        "docker:networks": "".join(f"{json.dumps(one)}\n" for one in networks),
        "cmd:net-links": LINKS,
        "cmd:net-addresses": ADDRESSES,
        "cmd:ip-route-all": ROUTES,
        "cmd:ip-rule": RULES,
        "file:/etc/resolv.conf": "nameserver 192.0.2.53\n",
        "cmd:iptables-save": "",
        "cmd:iptables-other-save": "",
        "cmd:nft-ruleset": "",
        **(edits or {}),
    }
    return {name: value for name, value in made.items() if value is not None}


def ways(edits: dict[str, Any] | None = None, **changes: Any) -> Facts:
    """The facts of such a host."""
    return host(sections(edits, **changes))
