"""Links, addresses and routes: what `ip` prints of them, and what the kernel's files say where there is no `ip`."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import pytest

from dockworthy.evidence import Code
from tests.hosts import host
from tests.rows import each_of

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts
    from dockworthy.facts.network.routes import Route

LINKS = """\
1 lo 65536 LOOPBACK,UP,LOWER_UP UNKNOWN - loopback 1 0
2 eth0 1500 BROADCAST,MULTICAST,UP,LOWER_UP UP - ether 1 0
5 docker0 1500 NO-CARRIER,BROADCAST,MULTICAST,UP DOWN - ether - -
7 br-0123456789ab 1500 BROADCAST,MULTICAST DOWN - ether 1 1
9 veth1@x 1500 UP UP docker0 ether 1 0
"""


def routed(text: str, rules: str = "") -> Facts:
    return host({"cmd:ip-route-all": text, "cmd:ip-rule": rules})


def shown(found: tuple[Route, ...]) -> list[str]:
    return [route.shown for route in found]


def test_a_bridge_without_ports_is_up_though_nothing_is_plugged_in() -> None:
    links = host({"cmd:net-links": LINKS}).links
    docker0, unused, port = links.find("docker0"), links.find("br-0123456789ab"), links.find("veth1@x")
    assert docker0 is not None
    assert docker0.is_up
    assert docker0.operstate == "DOWN"
    assert docker0.accept_ra is None
    assert unused is not None
    assert unused.is_up is False
    assert unused.forwards_ipv6
    assert port is not None
    assert port.master == "docker0"
    assert links.failure is None
    assert links.find("eth1") is None


def test_links_of_another_name_spaces_sys_have_names_and_nothing_else() -> None:
    (link,) = host({"cmd:net-links": "- eth0 - - - - - 2 1\n"}).links.known_ones
    assert (link.name, link.mtu, link.is_up, link.operstate, link.accept_ra) == ("eth0", None, None, "", 2)


@each_of(
    ("sections", "code"),
    [
        ({"cmd:net-links": f"{LINKS}cut\n"}, Code.TOO_LARGE),
        ({"cmd:net-links": ""}, Code.MALFORMED),
        ({"cmd:net-links": 127}, Code.TOOL_MISSING),
        ({}, Code.NOT_PROBED),
    ],
)
def test_links_that_are_not_all_there_are_known_to_be_missing(sections: dict[str, str | int], code: Code) -> None:
    failure = host(sections).links.failure
    assert failure is not None
    assert failure.code is code


@each_of(
    ("line", "expected"),
    [
        ("4 default via 192.0.2.1 dev eth0 proto dhcp src 192.0.2.2 metric 100", ["0.0.0.0/0 via 192.0.2.1 dev eth0"]),
        ("6 default via fe80::1 dev eth0 proto ra metric 1024 pref medium", ["::/0 via fe80::1 dev eth0"]),
        ("4 default dev wg0 table 51820 scope link", ["0.0.0.0/0 dev wg0 table 51820"]),
        ("4 172.17.0.0/16 dev docker0 proto kernel scope link src 172.17.0.1 linkdown", ["172.17.0.0/16 dev docker0"]),
        ("4 10.8.0.5 dev tun0 proto kernel scope link src 10.8.0.6", ["10.8.0.5/32 dev tun0"]),
        ("4 blackhole 10.0.0.0/8 proto static", ["blackhole 10.0.0.0/8"]),
        ("6 unreachable default dev lo metric 4294967295 error -101 pref medium", ["unreachable ::/0"]),
        ("4 10.9.0.0/16 table 254 via 192.0.2.3 dev eth0", ["10.9.0.0/16 via 192.0.2.3 dev eth0"]),
        ("4 10.9.0.0/16 via inet6 fe80::9 dev eth0", ["10.9.0.0/16 via fe80::9 dev eth0"]),
        (
            "4 default proto static nexthop via 192.0.2.1 dev eth0 weight 1 nexthop dev tun0 weight 1",
            ["0.0.0.0/0 via 192.0.2.1 dev eth0", "0.0.0.0/0 dev tun0"],
        ),
        ("4 nonsense", []),
        ("4 blackhole", []),
        ("cut", []),
    ],
)
def test_each_way_is_a_route(line: str, expected: list[str]) -> None:
    assert shown(routed(f"{line}\n").routes.known_ones) == expected


def test_what_is_on_the_link_is_told_from_what_is_behind_a_gateway_and_from_other_tables() -> None:
    routes = routed(
        "4 default via 192.0.2.1 dev eth0 metric 100\n4 192.0.2.0/24 dev eth0 scope link\n"
        "4 198.51.100.0/24 dev eth1 table 7 scope link\n4 10.0.0.0/8 via 192.0.2.7 dev eth0\n"
        "4 unreachable 10.3.0.0/16\n"
    ).routes
    assert shown(routes.on_link.value) == ["192.0.2.0/24 dev eth0"]
    around = routes.overlapping(ipaddress.ip_network("10.3.4.0/24"))
    assert shown(around) == [
        "0.0.0.0/0 via 192.0.2.1 dev eth0",
        "10.0.0.0/8 via 192.0.2.7 dev eth0",
        "unreachable 10.3.0.0/16",
    ]
    assert routes.complete.value


RULES = """\
0: from all lookup local
5210: from all fwmark 0x80000/0xff0000 lookup main
32764: not from all fwmark 0xca6c lookup 51820
32765: from 10.0.0.0/8 unreachable
32766: from all lookup main
32767: from all lookup default
"""


def test_a_default_route_counts_only_in_a_table_that_a_rule_asks() -> None:
    text = "4 default dev wg0 table 51820 scope link\n4 default via 192.0.2.1 dev eth0\n4 default dev x table 99\n"
    assert routed(text, RULES).routes.uplinks(4) == ("wg0", "eth0")
    assert routed(text, RULES).routes.by_rules == ("51820",)
    assert routed(text, "32766: from all lookup main\n").routes.uplinks(4) == ("eth0",)


def test_two_halves_of_everything_are_uplinks_and_a_quarter_is_none() -> None:
    text = "4 0.0.0.0/1 via 10.8.0.5 dev tun0\n4 128.0.0.0/1 via 10.8.0.5 dev tun0\n4 64.0.0.0/2 dev eth9\n"
    assert routed(text).routes.uplinks(4) == ("tun0",)


def test_of_very_many_routes_those_on_the_link_may_all_be_there() -> None:
    routes = routed("4 192.0.2.0/24 dev eth0\n4 10.0.0.0/24 via 192.0.2.1 dev eth0\ncut\n").routes
    assert routes.on_link.is_known
    assert not routes.all.is_known
    assert not routed("4 192.0.2.0/24 dev eth0\ncut links\n").routes.on_link.is_known


FILES: dict[str, str | int] = {
    "cmd:net-addresses": 127,
    "cmd:ip-rule": 127,
    "cmd:ip-route-all": 127,
    "file:/proc/net/route": "Iface Destination Gateway Flags Metric Mask\neth0 00000000 010200C0 0003 0 00000000\n"
    "eth0 000200C0 00000000 0001 0 00FFFFFF\ndocker0 000011AC 00000000 0001 0 0000FFFF\n"
    "* 0000000A 00000000 0001 0 000000FF\n",
    "file:/proc/net/ipv6_route": "fd000000000000000000000000000000 40 00000000000000000000000000000000 00000100 "
    "00000001 eth0\n00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 00450003 eth0\n"
    "00000000000000000000000000000001 80 00000000000000000000000000000000 00000000 80200001 lo\n"
    "ff000000000000000000000000000000 08 00000000000000000000000000000000 00000100 00000001 eth0\n"
    "00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff 00200200 lo\n",
    "file:/proc/net/if_inet6": "fd000000000000000000000000000002 02 40 00 00 eth0\n"
    "00000000000000000000000000000001 01 80 10 80 lo\n",
    "file:/proc/net/fib_trie": "127.0.0.1\n172.17.0.1\n192.0.2.2\n",
}


def test_without_ip_the_kernels_files_say_the_same() -> None:
    facts = host(FILES)
    assert shown(facts.routes.known_ones) == [
        "0.0.0.0/0 via 192.0.2.1 dev eth0",
        "192.0.2.0/24 dev eth0",
        "172.17.0.0/16 dev docker0",
        "unreachable 10.0.0.0/8",
        "fd00::/64 dev eth0",
        "::/0 via fe80::1 dev eth0",
    ]
    found = {(address.interface, str(address.ip)) for address in facts.addresses.known_ones}
    assert found == {
        ("", "127.0.0.1/32"),
        ("docker0", "172.17.0.1/16"),
        ("eth0", "192.0.2.2/24"),
        ("eth0", "fd00::2/64"),
        ("lo", "::1/128"),
    }
    flags = {str(address.ip): address.flags for address in facts.addresses.known_ones}
    assert "dynamic" in flags["fd00::2/64"]
    assert "dynamic" not in flags["::1/128"]
    assert facts.addresses.failure is None
    assert facts.routes.failure is None


@pytest.mark.parametrize("name", ["file:/proc/net/route", "file:/proc/net/fib_trie"])
def test_without_ip_and_without_its_file_nothing_is_taken_for_absent(name: str) -> None:
    facts = host({**FILES, name: 13})
    failures = {facts.routes.failure, facts.addresses.failure}
    assert any(failure is not None and failure.code is Code.NOT_PERMITTED for failure in failures)


def test_an_address_has_its_interface_prefix_scope_and_flags() -> None:
    facts = host(
        {
            "cmd:net-addresses": "eth0 inet 192.0.2.2/24 brd 192.0.2.255 scope global dynamic eth0\n"
            "tun0 inet 10.8.0.6 peer 10.8.0.5/32 scope global tun0\n"
            "eth0 inet6 2001:db8::2/64 scope global dynamic mngtmpaddr noprefixroute\nnonsense inet x\n",
            "cmd:ip-route-all": "",
        }
    )
    one, peer, six = facts.addresses.known_ones
    assert (str(one.ip), one.scope, one.flags) == ("192.0.2.2/24", "global", frozenset({"dynamic"}))
    assert str(peer.ip) == "10.8.0.6/32"
    assert six.flags == {"dynamic", "mngtmpaddr", "noprefixroute"}
    assert facts.addresses.holds(ipaddress.ip_address("10.8.0.6"))
    assert not facts.addresses.holds(ipaddress.ip_address("10.8.0.5"))
    assert len(facts.addresses.of("eth0")) == 2
    assert host({"cmd:net-addresses": "cut\n", "cmd:ip-route-all": ""}).addresses.failure is not None
