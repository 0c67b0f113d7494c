"""Networks' addresses: what they hide, what is left of them, and the bridges' own."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from tests.checks.network.ways import ADDRESSES, APP, BRIDGE, DEFAULT, HOST, LINKS, ROUTES, network, ways
from tests.hosts import checks_in, outcome, outcomes
from tests.rows import each_of

if TYPE_CHECKING:
    from dockworthy.check import Judgement

CHECKS = checks_in("network", "addresses.py")


def of_app(check: str, edits: dict[str, Any], **more: Any) -> Judgement:
    """What a check says of the network of compose's kind."""
    params = more.pop("params", {})
    return outcomes(CHECKS[check], ways(edits, **more), **params)["app"]


# --- network.subnet-free ------------------------------------------------------------------------------------------


@each_of(
    ("route", "expected"),
    [
        ("4 10.210.0.0/24 via 192.0.2.7 dev eth0", "fail"),
        ("4 10.210.0.77/32 via 192.0.2.7 dev eth0", "fail"),
        ("4 10.210.0.77 dev tun0 scope link", "fail"),
        ("4 10.0.0.0/8 via 192.0.2.7 dev eth0", "fail"),
        ("4 10.210.0.0/25 dev wg0 table 51820 scope link", "fail"),
        ("4 10.210.0.0/24 proto static nexthop via 192.0.2.7 dev eth0 weight 1 nexthop dev tun0 weight 1", "fail"),
        ("4 10.210.0.128/25 dev eth9 scope link linkdown", "fail"),
        ("4 10.0.0.0/7 via 192.0.2.7 dev eth0", "pass"),
        ("4 0.0.0.0/1 via 192.0.2.7 dev tun0", "pass"),
        ("4 10.211.0.0/24 via 192.0.2.7 dev eth0", "pass"),
        ("4 blackhole 10.210.0.0/24", "pass"),
        ("4 blackhole 10.0.0.0/8", "pass"),
        ("4 unreachable 10.210.0.0/16 metric 4278198272", "pass"),
        (f"4 10.210.0.0/24 dev {BRIDGE} table 7 scope link", "pass"),
        (f"4 10.210.0.99 via 10.210.0.5 dev {BRIDGE}", "pass"),
        ("6 fd00:210::/64 via fe80::1 dev eth0 metric 1024 pref medium", "pass"),
    ],
)
def test_a_network_hides_what_another_route_leads_to(route: str, expected: str) -> None:
    said = of_app("network.subnet-free", {"cmd:ip-route-all": f"{ROUTES}{route}\n"})
    assert said.outcome == expected
    if expected == "fail":
        assert isinstance(said.observed, list)
        assert said.observed[0].split()[0].split("/")[0] in route


def test_the_default_bridge_is_told_apart_and_its_own_fix_recreates_nothing() -> None:
    edits = {"cmd:ip-route-all": f"{ROUTES}4 172.16.0.0/12 via 192.0.2.7 dev eth0\n"}
    said = outcomes(CHECKS["network.subnet-free"], ways(edits))
    assert {name: one.outcome for name, one in said.items()} == {"bridge": "fail", "app": "pass", "host": "skip"}
    assert "docker network rm" not in (said["bridge"].fix or "")


@each_of(
    ("accepted", "expected"),
    [
        (("10.210.0.0/16",), "pass"),
        (("10.210.0.64/26",), "pass"),
        (("10.210.0.77/32",), "pass"),
        (("10.211.0.0/16",), "fail"),
        (("10.210.0.78/32", "fd00::/8"), "fail"),
    ],
)
def test_an_overlap_that_is_accepted_is_no_finding(accepted: tuple[str, ...], expected: str) -> None:
    edits = {"cmd:ip-route-all": f"{ROUTES}4 10.210.0.77/32 via 192.0.2.7 dev eth0\n"}
    said = of_app("network.subnet-free", edits, params={"subnet_overlaps_accepted": accepted})
    assert said.outcome == expected


def test_where_routes_are_missing_only_what_is_seen_to_overlap_is_decided() -> None:
    assert of_app("network.subnet-free", {"cmd:ip-route-all": f"{ROUTES}cut\n"}).outcome == "error"
    seen = f"{ROUTES}4 10.210.0.0/16 via 192.0.2.7 dev eth0\ncut\n"
    assert of_app("network.subnet-free", {"cmd:ip-route-all": seen}).outcome == "fail"
    assert of_app("network.subnet-free", {"cmd:ip-route-all": 124}).outcome == "error"


def test_ipv6_networks_hide_routes_too() -> None:
    six = copy.deepcopy(APP)
    six["IPAM"]["Config"].append({"Subnet": "fd00:210::/64"})
    edits = {"cmd:ip-route-all": f"{ROUTES}6 fd00:210::/48 via fe80::1 dev eth0 metric 1024 pref medium\n"}
    assert of_app("network.subnet-free", edits, networks=(DEFAULT, six)).outcome == "fail"


@each_of("driver", ["macvlan", "ipvlan", "overlay"])
def test_networks_that_share_the_links_addresses_are_not_judged(driver: str) -> None:
    shared = network("lan", "192.0.2.0/24", driver, Options={"parent": "eth0"})
    said = outcomes(CHECKS["network.subnet-free"], ways(networks=(DEFAULT, shared)))
    assert said["lan"].outcome == "skip"


@pytest.mark.parametrize("check", ["network.subnet-free", "network.bridge-has-address"])
def test_nothing_is_judged_without_an_engine_or_of_a_rootless_one(check: str) -> None:
    for edits in ({"cmd:engines": ""}, {"docker:info": '{"SecurityOptions":["name=rootless"]}'}):
        assert outcome(CHECKS[check], ways(edits)).outcome == "skip"
    assert outcome(CHECKS[check], ways({"docker:networks": 1})).outcome == "error"


# --- network.pools-left, network.next-pool-free ---------------------------------------------------------------------

SMALL = '{"default-address-pools": [{"base": "10.211.0.0/24", "size": 26}]}'


def used(*subnets: str) -> tuple[dict[str, Any], ...]:
    """Networks with these subnets, beside the default bridge outside all pools."""
    outside = network("bridge", "172.17.0.0/16", Options=DEFAULT["Options"])
    return (outside, *(network(f"{index}x", subnet) for index, subnet in enumerate(subnets)))


FOUR = ("10.211.0.0/26", "10.211.0.64/26", "10.211.0.128/26", "10.211.0.192/26")


@each_of("version", ["20.10.24", "26.1.5", "27.3.1", "28.5.1"])
@each_of(
    ("subnets", "routes", "servers", "left"),
    [
        (FOUR, "", "", 0),
        (FOUR[:3], "", "", 1),
        (FOUR[1:3], "", "", 2),
        (("10.211.0.0/24",), "", "", 0),
        (("10.211.0.1/32", "10.211.0.70/32"), "", "", 2),
        (FOUR[:3], "4 10.211.0.200/32 dev tun0 scope link\n", "", 0),
        (FOUR[:3], "4 10.0.0.0/8 dev eth9 scope link\n", "", 0),
        (FOUR[:3], "4 10.211.0.192/26 via 192.0.2.7 dev eth0\n", "", 1),
        (FOUR[:3], "4 10.211.0.192/26 dev wg0 table 51820 scope link\n", "", 1),
        (FOUR[:3], "4 default dev ppp0 scope link\n", "", 1),
        (FOUR[:3], "4 10.211.0.200/32 dev tun0\n", "", 1),
        (FOUR[:3], "", "nameserver 10.211.0.201\n", 0),
        (FOUR[:3], "", "nameserver 10.211.0.130\nnameserver ::1\n# nameserver 10.211.0.201\n", 1),
    ],
)
def test_pools_are_left_as_the_engine_counts_them(
    subnets: tuple[str, ...], routes: str, servers: str, left: int, version: str
) -> None:
    edits = {"cmd:ip-route-all": ROUTES + routes, "file:/etc/resolv.conf": servers}
    facts = ways(edits, version=version, networks=used(*subnets), daemon_json=SMALL)
    said = outcome(CHECKS["network.pools-left"], facts, min_free_address_pools=5)
    assert (said.outcome, said.observed) == ("fail", left)
    enough = outcome(CHECKS["network.pools-left"], facts, min_free_address_pools=1)
    assert enough.outcome == ("pass" if left else "fail")


@each_of("version", ["26.1.5", "28.5.1"])
def test_the_default_pools_are_thirty_one_and_a_host_in_192_168_takes_sixteen_of_them(version: str) -> None:
    facts = ways(version=version, networks=(DEFAULT,))
    assert outcome(CHECKS["network.pools-left"], facts, min_free_address_pools=40).observed == 30
    at_home = {"cmd:ip-route-all": f"{ROUTES}4 192.168.0.0/16 dev eth1 scope link\n"}
    facts = ways(at_home, version=version, networks=(DEFAULT,))
    assert outcome(CHECKS["network.pools-left"], facts, min_free_address_pools=40).observed == 14


def test_networks_of_a_swarm_take_none_of_the_hosts_pools() -> None:
    swarm = network("s", "10.211.0.192/26", "overlay", Scope="swarm")
    facts = ways(networks=(*used(*FOUR[:3]), swarm), daemon_json=SMALL)
    assert outcome(CHECKS["network.pools-left"], facts).outcome == "pass"


@each_of(
    ("edits", "expected"),
    [
        ({"docker:networks": 1}, "error"),
        ({"cmd:ip-route-all": 127}, "error"),
        ({"cmd:ip-route-all": f"{ROUTES}cut\n"}, "pass"),
        ({"cmd:ip-route-all": f"{ROUTES}cut links\n"}, "error"),
        ({"file:/etc/resolv.conf": 13}, "error"),
        ({"file:/etc/resolv.conf": 2}, "pass"),
        ({"file:/etc/resolv.conf": "nameserver 127.0.0.53\n"}, "error"),
        (
            {
                "file:/etc/resolv.conf": "nameserver 127.0.0.53\n",
                "file:/run/systemd/resolve/resolv.conf": "nameserver 192.0.2.53\n",
            },
            "pass",
        ),
        ({"cmd:engines": ""}, "skip"),
        ({"docker:info": '{"SecurityOptions":["name=rootless"]}'}, "skip"),
    ],
)
def test_pools_are_undecided_only_where_what_decides_is_missing(edits: dict[str, Any], expected: str) -> None:
    assert outcome(CHECKS["network.pools-left"], ways(edits)).outcome == expected


@each_of(
    ("route", "expected"),
    [
        ("", "pass"),
        ("4 172.18.5.0/24 via 192.0.2.7 dev eth0", "fail"),
        ("4 172.16.0.0/12 via 192.0.2.7 dev tun0", "fail"),
        ("4 172.18.0.0/16 dev wg0 table 51820 scope link", "fail"),
        ("4 172.18.5.0/24 dev eth9 scope link", "pass"),
        ("4 172.19.0.0/16 via 192.0.2.7 dev eth0", "pass"),
        ("4 blackhole 172.16.0.0/12", "pass"),
        ("4 128.0.0.0/1 via 192.0.2.7 dev tun0", "pass"),
    ],
)
def test_the_next_network_hides_only_what_lies_behind_a_gateway(route: str, expected: str) -> None:
    facts = ways({"cmd:ip-route-all": f"{ROUTES}{route}\n"})
    assert outcome(CHECKS["network.next-pool-free"], facts).outcome == expected


def test_engines_of_old_kept_away_from_every_route_of_the_main_table() -> None:
    for version, expected in (("20.10.14", "172.19.0.0/16"), ("20.10.24", "172.18.0.0/16")):
        facts = ways({"cmd:ip-route-all": f"{ROUTES}4 172.18.0.0/16 via 192.0.2.7 dev eth0\n"}, version=version)
        assert [str(subnet) for subnet in facts.next_pools.next(1).value] == [expected]
    everything = f"{ROUTES}4 0.0.0.0/1 via 10.8.0.5 dev tun0\n4 128.0.0.0/1 via 10.8.0.5 dev tun0\n"
    facts = ways({"cmd:ip-route-all": everything}, version="20.10.14")
    assert outcome(CHECKS["network.pools-left"], facts).outcome == "fail"
    assert outcome(CHECKS["network.pools-left"], ways({"cmd:ip-route-all": everything})).outcome == "pass"


def test_before_an_engine_is_there_the_next_network_is_the_default_bridge() -> None:
    nothing = {"cmd:engines": "", "docker:networks": 127, "docker:info": 127, "cmd:which": "", "cmd:dpkg-query": ""}
    alone = "4 default via 192.0.2.1 dev eth0\n4 192.0.2.0/24 dev eth0 scope link\n"
    vpn = f"{alone}4 172.17.0.0/16 via 192.0.2.7 dev eth0\n"
    for routes, expected in ((alone, "pass"), (vpn, "fail")):
        said = outcome(CHECKS["network.next-pool-free"], ways({**nothing, "cmd:ip-route-all": routes}))
        assert said.outcome == expected, said
    assert said.observed == {"172.17.0.0/16": ["172.17.0.0/16 via 192.0.2.7 dev eth0"]}


def test_without_a_pool_there_is_no_next_network() -> None:
    facts = ways(networks=used(*FOUR), daemon_json=SMALL)
    assert outcome(CHECKS["network.next-pool-free"], facts).outcome == "skip"


# --- network.bridge-has-address --------------------------------------------------------------------------------------


def without(text: str, name: str) -> str:
    """The lines without those of one interface."""
    return "".join(f"{line}\n" for line in text.splitlines() if name not in line)


DOWN = LINKS.replace(f"{BRIDGE} 1500 BROADCAST,MULTICAST,UP,LOWER_UP UP -", f"{BRIDGE} 1500 BROADCAST,MULTICAST DOWN -")


@each_of(
    ("edits", "expected", "observed"),
    [
        ({}, "pass", ["there", "up", []]),
        ({"cmd:net-links": DOWN}, "fail", "down"),
        ({"cmd:net-links": without(LINKS, BRIDGE)}, "fail", "missing"),
        ({"cmd:net-links": without(LINKS, BRIDGE) + "cut\n"}, "error", None),
        ({"cmd:net-addresses": without(ADDRESSES, BRIDGE)}, "fail", ["10.210.0.1"]),
        ({"cmd:net-addresses": without(ADDRESSES, BRIDGE) + "cut\n"}, "error", None),
        ({"cmd:net-addresses": 124}, "error", None),
        (
            {"cmd:net-addresses": without(ADDRESSES, BRIDGE) + "eth0 inet 10.210.0.1/24 scope global eth0\n"},
            "fail",
            ["10.210.0.1"],
        ),
    ],
)
def test_a_bridge_is_there_up_and_has_its_address(edits: dict[str, Any], expected: str, observed: object) -> None:
    said = of_app("network.bridge-has-address", edits)
    assert (said.outcome, said.observed) == (expected, observed)


def test_where_nobody_named_a_gateway_it_is_the_first_address_that_can_be_given_out() -> None:
    """Another address of the subnet, which somebody gave the bridge, is none."""
    for config, address, expected in (
        ({}, "10.210.0.1", "pass"),
        ({}, "10.210.0.9", "fail"),
        ({"IPRange": "10.210.0.128/25"}, "10.210.0.128", "pass"),
        ({"IPRange": "10.210.0.128/25"}, "10.210.0.1", "fail"),
        ({"IPRange": "10.210.0.0/25"}, "10.210.0.1", "pass"),
        ({"Gateway": "10.210.0.9"}, "10.210.0.9", "pass"),
        ({"Gateway": "10.210.0.9"}, "10.210.0.1", "fail"),
    ):
        network = {**APP, "IPAM": {"Driver": "default", "Config": [{"Subnet": "10.210.0.0/24", **config}]}}
        edits = {"cmd:net-addresses": ADDRESSES.replace("10.210.0.1/24", f"{address}/24")}
        said = of_app("network.bridge-has-address", edits, networks=(DEFAULT, network, HOST))
        assert said.outcome == expected, (config, address)


def test_a_bridge_without_containers_is_as_it_should_be() -> None:
    assert outcomes(CHECKS["network.bridge-has-address"], ways())["bridge"].outcome == "pass"
    gone = {"cmd:net-addresses": without(ADDRESSES, "docker0")}
    said = outcomes(CHECKS["network.bridge-has-address"], ways(gone))
    assert (said["bridge"].outcome, said["bridge"].observed) == ("fail", ["172.17.0.1"])
    assert said["app"].outcome == "pass"


@each_of(
    "fields",
    [
        {"Options": {"com.docker.network.bridge.inhibit_ipv4": "true"}},
        {"Options": {"com.docker.network.bridge.gateway_mode_ipv4": "isolated"}},
        {"Driver": "macvlan"},
        {"Driver": "overlay"},
    ],
)
def test_a_network_that_has_no_address_of_its_own_is_not_judged(fields: dict[str, Any]) -> None:
    edits = {"cmd:net-addresses": without(ADDRESSES, BRIDGE)}
    assert of_app("network.bridge-has-address", edits, networks=(DEFAULT, {**APP, **fields}, HOST)).outcome == "skip"


def test_the_bridge_that_an_option_names_is_the_one_that_counts() -> None:
    named = {**APP, "Options": {"com.docker.network.bridge.name": "lan0"}}
    edits = {
        "cmd:net-links": LINKS.replace(f"5 {BRIDGE}", "5 lan0"),
        "cmd:net-addresses": ADDRESSES.replace(f"{BRIDGE} inet", "lan0 inet"),
    }
    assert of_app("network.bridge-has-address", edits, networks=(DEFAULT, named)).outcome == "pass"
    assert of_app("network.bridge-has-address", {}, networks=(DEFAULT, named)).outcome == "fail"


def test_without_ip_the_route_of_a_link_tells_whose_the_address_is() -> None:
    files = {
        "cmd:net-addresses": 127,
        "cmd:ip-route-all": 127,
        "file:/proc/net/route": f"{BRIDGE} 0000D20A 00000000 0001 0 00FFFFFF\n"
        "docker0 000011AC 00000000 0001 0 0000FFFF\n",
        "file:/proc/net/ipv6_route": 2,
        "file:/proc/net/if_inet6": 2,
        "file:/proc/net/fib_trie": "10.210.0.1\n172.17.0.1\n",
    }
    assert of_app("network.bridge-has-address", files).outcome == "pass"
    files["file:/proc/net/fib_trie"] = "172.17.0.1\n"
    assert of_app("network.bridge-has-address", files).outcome == "fail"


def test_a_network_that_must_make_way_gets_addresses_that_nothing_known_uses() -> None:
    everything = {
        "cmd:ip-route-all": f"{ROUTES}4 10.200.0.0/16 via 192.0.2.7 dev eth0\n4 10.202.0.0/15 via 192.0.2.7 dev eth0\n",
        "file:/etc/resolv.conf": "nameserver 10.201.0.53\n",
    }
    spare = ways(everything, networks=used("10.201.1.0/24", "10.201.3.0/24")).spare_subnets
    names = sorted(spare.networks)
    found = [str(spare.for_network(name)) for name in names]
    assert len(set(found)) == len(names), "two networks would be given the same addresses"
    assert found[0] == "10.201.2.0/24", found
    assert found[1] == "10.201.4.0/24", found
    assert str(spare.pool) == "10.204.0.0/16"


def test_where_all_is_used_the_fix_still_names_a_subnet() -> None:
    taken = "".join(f"4 {net} via 192.0.2.7 dev eth0\n" for net in ("10.0.0.0/8", "192.168.0.0/16"))
    assert str(ways({"cmd:ip-route-all": f"{ROUTES}{taken}"}).spare_subnets.for_network("bridge")) == "10.200.0.0/24"
