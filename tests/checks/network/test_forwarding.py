"""Forwarding and what it does to the host: router advertisements, the nftables backend, the table of connections."""

from __future__ import annotations

from typing import Any

from dockworthy.facts.facts import Facts
from dockworthy.releases import known
from tests.checks.network.ways import ADDRESSES, APP, DEFAULT, LINKS, ROUTES, ways
from tests.hosts import checks_in, outcome, outcomes
from tests.rows import each_of

ROOM = checks_in("network", "connections.py")["network.conntrack-room"]
CHECKS = checks_in("network", "forwarding.py")

# --- network.conntrack-room -----------------------------------------------------------------------------------------

_FOLDER = "file:/proc/sys/net/netfilter/nf_conntrack_"


def tracked(count: object, most: object, lost: object = "drop 0\nearly_drop 0\n") -> dict[str, Any]:
    def shown(value: object) -> object:
        return value if not isinstance(value, int) or value < 0 else f"{value}\n"

    return {f"{_FOLDER}count": shown(count), f"{_FOLDER}max": shown(most), "cmd:conntrack-stat": lost}


@each_of(
    ("edits", "percent", "expected"),
    [
        (tracked(100, 1000), 90, "pass"),
        (tracked(899, 1000), 90, "pass"),
        (tracked(900, 1000), 90, "fail"),
        (tracked(1000, 1000), 90, "fail"),
        (tracked(899, 1000), 50, "fail"),
        (tracked(100, 1000, "drop 1\nearly_drop 0\n"), 90, "fail"),
        (tracked(100, 1000, "drop 0\nearly_drop 4294967296\n"), 90, "fail"),
        (tracked(100, 1000, "drop 0\n"), 90, "pass"),
        (tracked(100, 0), 90, "skip"),
        ({**tracked(100, 0), f"{_FOLDER}max": 2}, 90, "skip"),
        ({**tracked(100, 0), f"{_FOLDER}max": 13}, 90, "error"),
        (tracked("many\n", 1000), 90, "error"),
        (tracked(100, 1000, ""), 90, "error"),
        (tracked(100, 1000, (2, "")), 90, "pass"),
        (tracked(900, 1000, (2, "")), 90, "fail"),
        (tracked(100, 1000, (63, "")), 90, "error"),
        ({}, 90, "error"),
    ],
)
def test_the_table_of_connections_has_room_and_lost_nothing(edits: dict[str, Any], percent: int, expected: str) -> None:
    assert outcome(ROOM, ways(edits), max_conntrack_percent=percent).outcome == expected


def test_the_fix_doubles_the_table() -> None:
    assert "nf_conntrack_max=2000" in (outcome(ROOM, ways(tracked(999, 1000))).fix or "")


# --- network.ipv6-route-survives --------------------------------------------------------------------------------------

BY_RA = ADDRESSES + "eth0 inet6 2001:db8::2/64 scope global dynamic mngtmpaddr\neth0 inet6 fe80::2/64 scope link\n"
STATIC = ADDRESSES + "eth0 inet6 2001:db8::2/64 scope global\n"
ROUTE = "6 default via fe80::1 dev eth0 proto ra metric 1024 pref medium\n"
SIX = {**APP, "EnableIPv6": True}


def eth0(accept_ra: int, forwarding: int) -> str:
    """The links, where eth0 has these settings."""
    before = "eth0 1500 BROADCAST,MULTICAST,UP,LOWER_UP UP - ether "
    return LINKS.replace(f"{before}1 0", f"{before}{accept_ra} {forwarding}")


@each_of(
    ("links", "addresses", "route", "networks", "expected"),
    [
        (eth0(1, 1), BY_RA, ROUTE, (DEFAULT, SIX), "fail"),
        (eth0(1, 1), BY_RA, "", (DEFAULT, SIX), "fail"),
        (eth0(1, 1), ADDRESSES, ROUTE, (DEFAULT, SIX), "fail"),
        (eth0(1, 1), BY_RA, ROUTE, (DEFAULT, APP), "fail"),
        (eth0(1, 0), BY_RA, ROUTE, (DEFAULT, SIX), "fail"),
        (eth0(1, 0), BY_RA, ROUTE, (DEFAULT, APP), "pass"),
        (eth0(2, 1), BY_RA, ROUTE, (DEFAULT, SIX), "pass"),
        (eth0(0, 1), BY_RA, ROUTE, (DEFAULT, SIX), "skip"),
        (eth0(1, 1), STATIC, "6 default via fe80::1 dev eth0 metric 1024\n", (DEFAULT, SIX), "pass"),
        (eth0(1, 1), ADDRESSES, "", (DEFAULT, SIX), "skip"),
    ],
)
def test_forwarding_costs_an_interface_what_it_has_by_advertisements(
    links: str, addresses: str, route: str, networks: tuple[dict[str, Any], ...], expected: str
) -> None:
    edits = {"cmd:net-links": links, "cmd:net-addresses": addresses, "cmd:ip-route-all": ROUTES + route}
    said = outcomes(CHECKS["network.ipv6-route-survives"], ways(edits, networks=networks))
    assert said["eth0"].outcome == expected
    assert not {"docker0", "veth0", "lo"} & said.keys()


def test_a_daemon_json_with_ipv6_asks_the_same_of_a_host_that_is_still_well() -> None:
    edits = {"cmd:net-links": eth0(1, 0), "cmd:net-addresses": BY_RA}
    later = ways(edits, daemon_json='{"ipv6": true, "fixed-cidr-v6": "fd00:1::/64"}')
    said = outcomes(CHECKS["network.ipv6-route-survives"], later)["eth0"]
    assert (said.outcome, said.observed) == (
        "fail",
        {"accept_ra": 1, "forwarding": "off until the engine starts again"},
    )


@each_of(
    "edits",
    [
        {"cmd:net-links": 127},
        {"cmd:net-addresses": 124},
        {"cmd:net-links": eth0(1, 0), "cmd:net-addresses": BY_RA, "docker:networks": 1},
    ],
)
def test_advertisements_are_undecided_where_what_decides_was_not_seen(edits: dict[str, Any]) -> None:
    said = outcomes(CHECKS["network.ipv6-route-survives"], ways(edits))
    assert {one.outcome for name, one in said.items() if name in {None, "eth0"}} == {"error"}


# --- network.forwarding-for-nftables ----------------------------------------------------------------------------------

NFT = '{"firewall-backend": "nftables"}'
NOW = {"file:/proc/sys/net/ipv4/ip_forward": "1\n"}
FOLDERS = {f"list:{folder}/sysctl.d": 2 for folder in ("/run", "/usr/local/lib", "/usr/lib", "/lib")}
NO_FILE = {**FOLDERS, "list:/etc/sysctl.d": 2, "file:/etc/sysctl.conf": 2, "file:/proc/cmdline": "quiet\n"}
BY_FILE = {**NO_FILE, "list:/etc/sysctl.d": "a.conf\n", "file:/etc/sysctl.d/a.conf": "net.ipv4.ip_forward=1\n"}


def forwarding(edits: dict[str, Any], rehearsal: str = "", **changes: Any) -> dict[str | None, str]:
    facts = ways(edits, **changes)
    if rehearsal:
        facts = Facts(facts.snapshot, facts.now, rehearsal=known().resolve(rehearsal), today=facts)
    said = outcomes(CHECKS["network.forwarding-for-nftables"], facts)
    return {name: one.outcome for name, one in said.items()}


@each_of(
    ("edits", "config", "version", "expected"),
    [
        ({**NOW, **BY_FILE}, NFT, "29.1.0", "pass"),
        ({**NOW, **NO_FILE}, NFT, "29.1.0", "fail"),
        ({**BY_FILE, "file:/proc/sys/net/ipv4/ip_forward": "0\n"}, NFT, "29.1.0", "fail"),
        ({**BY_FILE, "file:/proc/sys/net/ipv4/ip_forward": 13}, NFT, "29.1.0", "error"),
        ({**NOW, **BY_FILE, "file:/etc/sysctl.d/a.conf": "net.ipv4.ip_forward=0\n"}, NFT, "29.1.0", "fail"),
        ({**NO_FILE}, "{}", "29.1.0", "skip"),
        ({**NO_FILE}, '{"firewall-backend": "iptables"}', "29.1.0", "skip"),
        ({**NO_FILE}, '{"firewall-backend": "nftables", "ip-forward": false}', "29.1.0", "skip"),
        ({**NO_FILE}, "{}", "28.5.1", "skip"),
        ({**NO_FILE}, "{}", "26.1.5", "skip"),
    ],
)
def test_with_nftables_forwarding_is_on_now_and_by_a_file(
    edits: dict[str, Any], config: str, version: str, expected: str
) -> None:
    # the package that is installed starts the next time
    package = {"cmd:dpkg-query": f"docker-ce\t5:{version}-1~ubuntu.24.04~noble\tinstall ok installed\tamd64\n"}
    found = forwarding({**edits, **package}, version=version, daemon_json=config)
    assert found["ipv4"] == expected
    assert found["ipv6"] == "skip"


def test_ipv6_is_asked_where_a_network_has_it() -> None:
    package = {"cmd:dpkg-query": "docker-ce\t5:29.1.0-1~ubuntu.24.04~noble\tinstall ok installed\tamd64\n"}
    names = ("all", "default")
    on = {f"file:/proc/sys/net/ipv6/conf/{name}/forwarding": "1\n" for name in names}
    lines = "".join(f"net.ipv6.conf.{name}.forwarding = 1\n" for name in names)
    edits = {**NOW, **BY_FILE, **package, **on, "file:/etc/sysctl.d/a.conf": f"net.ipv4.ip_forward=1\n{lines}"}
    more: dict[str, Any] = {"version": "29.1.0", "daemon_json": NFT, "networks": (DEFAULT, SIX)}
    assert forwarding(edits, **more) == {"ipv4": "pass", "ipv6": "pass"}
    off = {"file:/proc/sys/net/ipv6/conf/default/forwarding": "0\n"}
    assert forwarding({**edits, **off}, **more)["ipv6"] == "fail"
    assert forwarding({**edits, **off, "docker:networks": 1}, **more)["ipv6"] == "error"


def test_a_rehearsal_asks_before_the_engine_is_upgraded() -> None:
    assert forwarding({**NOW, **NO_FILE}, daemon_json=NFT, rehearsal="29.3")["ipv4"] == "fail"
    assert forwarding({**NOW, **BY_FILE}, daemon_json=NFT, rehearsal="29.3")["ipv4"] == "pass"
