"""Proofs for the checks about links, addresses, routes and the table of connections."""

from __future__ import annotations

from tests.engine.proof import Proof

__all__ = ["ROUTES_PROOFS", "ROUTES_UNPROVEN"]

_UPLINK = (
    "ip link show dw0 >/dev/null 2>&1 || { ip link add dw0 type veth peer name dw1 && ip link set dw1 up && "
    "ip link set dw0 up && ip addr add 198.51.100.2/24 dev dw0; }; "
)
_SMALL = {"default-address-pools": [{"base": "10.211.0.0/24", "size": 26}]}

ROUTES_PROOFS = [
    Proof(
        "network.subnet-free",
        {},
        group="ways",
        param="hidden",
        before=f"{_UPLINK} docker network create --subnet 10.222.0.0/24 hidden; "
        "ip route add 10.222.0.77/32 via 198.51.100.1",
    ),
    Proof(
        "network.next-pool-free",
        {},
        group="next-pool",
        before=f"{_UPLINK} ip route add 172.18.0.0/15 via 198.51.100.1",
    ),
    Proof(
        "network.pools-left",
        _SMALL,
        group="pools",
        before="for name in one two three; do docker network create $name; done",
    ),
    Proof(
        "network.bridge-has-address",
        {},
        group="bridges",
        param="bridge",
        before="ip addr flush dev docker0",
    ),
    Proof(
        "network.mtu-fits-uplink",
        {},
        group="mtu",
        param="bridge",
        before=f"{_UPLINK} ip link set dw0 mtu 1400; ip route add default via 198.51.100.1",
    ),
    Proof(
        "network.ipv6-route-survives",
        {},
        group="advertised",
        param="dw0",
        before=f"{_UPLINK} /usr/sbin/sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv6.conf.dw0.accept_ra=1; "
        "ip addr add 2001:db8::2/64 dev dw0 valid_lft 600 preferred_lft 600",
    ),
]

ROUTES_UNPROVEN = {
    "network.bridges-left-alone": "networkctl tells a systemd-networkd that runs, and the test's host has no systemd",
    "network.conntrack-room": "the table's size is that of the whole machine",
    "network.forwarding-for-nftables": "the engine of the test's machine is older than the nftables backend",
}
