"""Proofs for the checks about the packet filter."""

from __future__ import annotations

from tests.engine.proof import Proof

__all__ = ["FILTERS_PROOFS", "FILTERS_UNPROVEN"]

# The test's host has no way out of its own; a link that leads nowhere is one.
_UPLINK = (
    "ip link show up0 >/dev/null 2>&1 || { ip link add up0 type veth peer name gw0; ip addr add 192.0.2.2/24 dev up0; "
    "ip link set gw0 up; ip link set up0 up; ip route add default via 192.0.2.1; }"
)
_FLUSH = "for table in nat filter; do iptables -t $table -F; iptables -t $table -X; done"
_FENCE = "nft 'add table inet fence; add chain inet fence f { type filter hook forward priority 5; policy drop; }'"
# The table of the proof before drops what comes from outside, too.
_UFW = (
    "nft delete table inet fence 2>/dev/null || :; "
    "mkdir -p /etc/ufw; echo ENABLED=yes >/etc/ufw/ufw.conf; : >/etc/ufw/user.rules; "
    "echo 'DEFAULT_INPUT_POLICY=\"DROP\"' >/etc/default/ufw"
)
_WEB = "docker run -d --name web --publish 8080:80 busybox:test sleep 3600"
_WEB_AGAIN = "docker rm -f web; docker run -d --name web --publish 127.0.0.1:8080:80 busybox:test sleep 3600"

FILTERS_PROOFS = [
    Proof("network.engine-rules-present", {}, group="flushed", before=_FLUSH, param="ip nat"),
    Proof("network.masquerade-present", {}, group="flushed", param="bridge"),
    Proof(
        "network.one-iptables-variant",
        {},
        group="variants",
        before="iptables-legacy -P FORWARD DROP; iptables-legacy -t nat -N DOCKER; "
        "iptables-legacy -t nat -A DOCKER -p tcp --dport 9 -j DNAT --to-destination 172.17.0.9:9",
        param="ipv4",
    ),
    Proof(
        "network.forward-accepted",
        {},
        group="dropped",
        prepare=_UPLINK,
        before="iptables -I FORWARD -i docker0 -j DROP",
        param="bridge",
    ),
    Proof("network.no-second-firewall-drop", {}, group="dropped", prepare=_UPLINK, before=_FENCE, param="inet fence f"),
    Proof(
        "network.firewall-covers-published",
        {},
        group="published",
        prepare=_UPLINK,
        before=f"{_UFW}; {_WEB}",
        param="web 8080/tcp",
        named=("--publish 127.0.0.1:8080:80",),
        person=_WEB_AGAIN,
    ),
]
FILTERS_UNPROVEN: dict[str, str] = {}
