"""Links, addresses, routes and pools of real hosts: each verdict beside its twin, and what the engine does next."""

from __future__ import annotations

import sys

from dockworthy.facts.facts import Facts
from dockworthy.releases import known
from tests.engine.fitness import GATEWAY, Said, judged, state
from tests.engine.pools import CROWDED, POOLS, foretold, taken
from tests.hosts import checks_in, outcomes

MTU, FREE, HAS = "network.mtu-fits-uplink", "network.subnet-free", "network.bridge-has-address"
ALONE, ROUTE, FILTERED = "network.bridges-left-alone", "network.ipv6-route-survives", "kernel.sysctl"
NF4, NF6 = "net.bridge.bridge-nf-call-iptables", "net.bridge.bridge-nf-call-ip6tables"
FORWARD = "network.forwarding-for-nftables"
CLAMP = "iptables -w -t mangle -%s FORWARD -o up0 -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu"


def some(said: Said, check: str) -> dict[str | None, str]:
    """What a check says, without what it does not judge."""
    return {param: outcome for param, outcome in said.of(check).items() if outcome != "skip"}


def test_a_plain_host_then_one_whose_uplink_bridges_and_routes_were_changed() -> None:
    with state() as host:
        app = host.network("app", "10.210.0.0/24")
        host.network("small", "10.213.0.0/24", driver_mtu="1380")
        host.network("inner", "10.214.0.0/24", "--internal")
        six = host.network("six", "10.215.0.0/24", "--ipv6", "--subnet", "fd00:15::/64")
        lan = host.engine.docker(
            "network", "create", "-d", "macvlan", "-o", "parent=up0", "--subnet", "10.9.0.0/24", "lan"
        )
        assert lan
        plain = host.judged("network", "kernel")
        assert plain.findings("low", ("network",)) == {}
        assert some(plain, MTU) == dict.fromkeys(("bridge", "app", "small", "lan", "six"), "pass")
        assert some(plain, HAS) == dict.fromkeys(("bridge", "app", "small", "inner", "six"), "pass")
        assert plain.of("network.conntrack-room") == {None: "pass"}
        host.sh(f"""
        ip link set up0 mtu 1400
        ip link set {app} down
        ip route add 10.213.0.77/32 via {GATEWAY}
        ip route add blackhole 10.214.0.0/24 metric 9
        ip addr flush dev docker0
        ip -6 addr del fd00:15::1/64 dev {six}
        sysctl -qw {NF4}=0 {NF6}=0
        """)
        changed = host.judged("network", "kernel", max_conntrack_percent=0)
        assert some(changed, MTU) == {"bridge": "fail", "app": "fail", "small": "pass", "lan": "pass", "six": "fail"}
        assert some(changed, HAS) == {"bridge": "fail", "app": "fail", "small": "pass", "inner": "pass", "six": "fail"}
        assert some(changed, FREE) == {"bridge": "pass", "app": "pass", "small": "fail", "inner": "pass", "six": "pass"}
        assert changed.outcomes((FILTERED, NF4), (FILTERED, NF6)) == {(FILTERED, NF4): "skip", (FILTERED, NF6): "skip"}
        assert changed.of("network.conntrack-room") == {None: "fail"}
        host.sh(f"{CLAMP % 'A'}; ip link del {app}")
        mended = host.judged("network", subnet_overlaps_accepted=("10.213.0.0/25",))
        assert some(mended, MTU) == dict.fromkeys(("bridge", "app", "small", "lan", "six"), "pass")
        assert some(mended, HAS)["app"] == "fail"
        assert some(mended, FREE)["small"] == "pass"


def test_a_vpn_that_takes_everything_and_rules_that_choose() -> None:
    tunnel = """
    ip link add tun9 mtu 1380 type veth peer name far9
    ip link set far9 up
    ip link set tun9 up
    ip addr add 10.8.0.2/24 dev tun9
    """
    with state("--icc=false", before=tunnel) as host:
        host.sh(f"ip route add 0.0.0.0/1 via 10.8.0.1; ip route add 128.0.0.0/1 via 10.8.0.1; sysctl -qw {NF4}=0")
        said = host.judged("network", "kernel")
        assert some(said, MTU) == {"bridge": "fail"}
        assert some(said, FREE) == {"bridge": "pass"}
        assert said[FILTERED, NF4].outcome == "fail"
        host.sh("ip route del 0.0.0.0/1; ip route del 128.0.0.0/1; ip route add default dev tun9 table 51820")
        assert some(host.judged("network"), MTU) == {"bridge": "pass"}
        host.sh("ip rule add not fwmark 51820 table 51820")
        assert some(host.judged("network"), MTU) == {"bridge": "error"}
        host.sh("ip route flush table 51820; ip route del default")
        assert some(host.judged("network"), MTU) == {}


def test_a_border_router_has_more_routes_than_are_read() -> None:
    many = "".join(f"route add 10.{high}.{low}.0/24 via {GATEWAY}\n" for high in range(20, 40) for low in range(250))
    with state() as host:
        host.network("app", "10.210.0.0/24")
        host.engine.run("ip", "-batch", "-", stdin=many)
        said = host.judged("network")
        assert some(said, FREE) == {"bridge": "error", "app": "error"}
        assert some(said, MTU) == {"bridge": "pass", "app": "pass"}
        assert said.of("network.pools-left") == {None: "pass"}
        host.network("seen", "10.20.0.0/16")
        assert some(host.judged("network"), FREE)["seen"] == "fail"


# A router's advertisement (RFC 4861, 4.2) of one prefix, sent by the other end of the uplink.
ADVERTISE = """
import socket, struct
out = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
link = socket.if_nametoindex("gw0")
out.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
out.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, link)
prefix = struct.pack("!BBBBIII", 3, 4, 64, 0xC0, 3600, 1800, 0) + socket.inet_pton(socket.AF_INET6, "2001:db8:9::")
head = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0)
out.sendto(head + prefix, ("ff02::1", 0, 0, link))
"""
UNTIL = "for turn in $(seq 100); do %s | grep -q '%s' && exit; sleep 0.1; done; exit 1"


def test_advertised_ipv6_does_not_survive_forwarding_unless_it_is_told_to() -> None:
    with state(engine=False) as host:
        assert host.judged("network")[ROUTE, "up0"].outcome == "skip"
        host.sh("""
        for name in up0 gw0; do
            sysctl -qw net.ipv6.conf.$name.accept_dad=0
            ip link set $name down
            ip link set $name up
        done
        sysctl -qw net.ipv6.conf.gw0.accept_ra=0
        sysctl -qw net.ipv6.conf.up0.accept_ra=1 net.ipv6.conf.up0.accept_ra_from_local=1
        """)
        host.sh(UNTIL % ("ip -6 addr show dev gw0", "scope link"))
        host.engine.run(sys.executable, "-c", ADVERTISE)
        host.sh(UNTIL % ("ip -6 route", "default.*proto ra"))
        host.sh(UNTIL % ("ip -6 addr show dev up0", "2001:db8:9:"))
        assert host.judged("network")[ROUTE, "up0"].outcome == "pass"
        host.sh("sysctl -qw net.ipv6.conf.all.forwarding=1")
        assert "default" not in host.sh("ip -6 route")  # as the kernel does, at once
        said = host.judged("network")
        assert (said[ROUTE, "up0"].outcome, said[ROUTE, "gw0"].outcome) == ("fail", "skip")
        host.sh("sysctl -qw net.ipv6.conf.up0.accept_ra=2")
        assert host.judged("network")[ROUTE, "up0"].outcome == "pass"
        host.sh("sysctl -qw net.ipv6.conf.up0.accept_ra=1; ip -6 addr flush dev up0 scope global")
        host.sh("ip -6 addr add 2001:db8::2/64 dev up0")
        assert host.judged("network")[ROUTE, "up0"].outcome == "pass"


def test_networkd_claims_what_its_first_file_is_for() -> None:
    with state(engine=False) as host:
        host.sh("cp /bin/sleep /run/systemd-networkd; mkdir -p /etc/systemd/network /run/systemd/network")
        host.write("/run/systemd/network/10-netplan-eth0.network", "[Match]\nMACAddress=52:54:00:00:00:01\nName=eth0\n")
        assert set(host.judged("network").of(ALONE).values()) == {"skip"}
        with host.running("sh", "-c", "echo up; exec /run/systemd-networkd 100", ready="up"):
            assert set(host.judged("network").of(ALONE).values()) == {"pass"}
            host.write(
                "/etc/systemd/network/20-all.network",
                "# all\n[Match]\nName=eth* \\\n docker* br-*\n[Network]\nDHCP=yes\n",
            )
            assert host.judged("network").of(ALONE) == {"docker0": "fail", "br-*": "fail", "veth*": "pass"}
            host.write("/usr/lib/systemd/network/05-x.network", "[Match]\nName=docker0\n[Link]\nUnmanaged=yes\n")
            assert host.judged("network").of(ALONE) == {"docker0": "pass", "br-*": "fail", "veth*": "pass"}
            host.sh("ln -sf /nowhere /etc/systemd/network/05-x.network")
            assert host.judged("network").of(ALONE)["docker0"] == "pass"
            host.sh("ln -sf /dev/null /etc/systemd/network/05-x.network")
            assert host.judged("network").of(ALONE)["docker0"] == "fail"


def test_the_engine_takes_the_subnets_that_are_foretold() -> None:
    with state(before=CROWDED) as host:
        first = foretold(host, 3)
        assert first == ["172.18.0.0/16", "172.21.0.0/16", "172.22.0.0/16"]
        said = host.judged("network")
        assert said["network.next-pool-free", None].observed == {
            "172.18.0.0/16": ["172.18.0.0/16 via 192.0.2.1 dev up0"]
        }
        assert taken(host, "a", "b", "c") == first
        host.engine.docker("network", "rm", "b")
        assert foretold(host, 1) == taken(host, "d") == ["172.23.0.0/16"]
        host.engine.restart()
        assert foretold(host, 2) == taken(host, "e", "f") == ["172.21.0.0/16", "172.24.0.0/16"]


def test_pools_that_are_used_up_are_foretold_too() -> None:
    with state(config=POOLS) as host:
        host.network("own", "10.211.0.64/28")
        host.sh("ip addr add 10.211.0.200/32 dev up0; ip route add 10.211.0.130/32 dev up0")
        assert host.judged("network").of("network.pools-left") == {None: "pass"}
        left = foretold(host, 9)
        assert taken(host, *"abcdefgh") == left
        assert foretold(host, 1) == []
        assert host.judged("network").of("network.pools-left") == {None: "fail"}


def test_before_an_engine_starts_what_its_file_plans_is_judged() -> None:
    pools = [{"base": "10.212.0.0/24", "size": 25}]
    with state(engine=False, config={"firewall-backend": "nftables", "default-address-pools": pools}) as host:
        host.sh(f"ip route add 10.212.0.0/25 via {GATEWAY}; sysctl -qw net.ipv4.ip_forward=1")
        found = host.snapshot()
        assert judged(found, "network")["network.next-pool-free", None].outcome == "fail"
        assert set(judged(found, "network").of(FORWARD).values()) == {"skip"}
        today = Facts(found)
        then = Facts(found, today.now, rehearsal=known().resolve("29.3"), today=today)
        check = checks_in("network", "forwarding.py")[FORWARD]
        said = {name: one.outcome for name, one in outcomes(check, then).items()}
        assert said == {"ipv4": "fail", "ipv6": "skip"}
        host.sh("echo net.ipv4.ip_forward=1 >/etc/sysctl.d/99-docker-forward.conf")
        then = Facts(host.snapshot(), today.now, rehearsal=known().resolve("29.3"), today=Facts(host.snapshot()))
        assert outcomes(check, then)["ipv4"].outcome == "pass"
