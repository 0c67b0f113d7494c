"""Whether what containers send fits through the way out: the traps of MTUs, and the rules that make up for them."""

from __future__ import annotations

from typing import Any

from tests.checks.network.ways import APP, BRIDGE, DEFAULT, LINKS, ROUTES, RULES, network, ways
from tests.hosts import checks_in, outcomes
from tests.rows import each_of

CHECK = checks_in("network", "mtu.py")["network.mtu-fits-uplink"]
SMALL_UPLINK = {"cmd:net-links": LINKS.replace("eth0 1500", "eth0 1400")}
MTU = "com.docker.network.driver.mtu"
ALL_BY_VPN = "4 0.0.0.0/1 via 10.8.0.5 dev tun0\n4 128.0.0.0/1 via 10.8.0.5 dev tun0\n"
WG = "32764: not from all fwmark 0xca6c lookup 51820\n"


def said(edits: dict[str, Any], **more: Any) -> dict[str | None, str]:
    """The outcomes, by network."""
    return {name: one.outcome for name, one in outcomes(CHECK, ways(edits, **more)).items()}


def app(**fields: Any) -> tuple[dict[str, Any], ...]:
    return DEFAULT, {**APP, **fields}


@each_of(
    ("edits", "expected"),
    [
        ({}, "pass"),
        (SMALL_UPLINK, "fail"),
        ({"cmd:net-links": LINKS.replace("eth0 1500", "eth0 9000")}, "pass"),
        ({"cmd:net-links": LINKS.replace(f"{BRIDGE} 1500", f"{BRIDGE} 1400")}, "pass"),
        (
            {
                **SMALL_UPLINK,
                "cmd:net-links": SMALL_UPLINK["cmd:net-links"].replace(f"{BRIDGE} 1500", f"{BRIDGE} 1400"),
            },
            "fail",
        ),
        ({"cmd:ip-route-all": ROUTES + ALL_BY_VPN}, "fail"),
        ({"cmd:ip-route-all": f"{ROUTES}4 10.0.0.0/8 dev tun0\n"}, "pass"),
        ({"cmd:ip-route-all": f"{ROUTES}4 default dev tun0 metric 700\n"}, "fail"),
        ({"cmd:ip-route-all": f"{ROUTES}4 default dev tun0 table 51820\n"}, "pass"),
        ({"cmd:ip-route-all": f"{ROUTES}4 default dev tun0 table 51820\n", "cmd:ip-rule": WG + RULES}, "error"),
        ({"cmd:ip-route-all": f"{ROUTES}4 default dev eth0 table 51820\n", "cmd:ip-rule": WG + RULES}, "pass"),
        (
            {
                **SMALL_UPLINK,
                "cmd:ip-route-all": f"{ROUTES}4 default dev tun0 table 51820\n",
                "cmd:ip-rule": WG + RULES,
            },
            "fail",
        ),
        ({"cmd:ip-route-all": ROUTES.replace("default", "10.0.0.0/8")}, "skip"),
        ({"cmd:ip-route-all": ROUTES.replace("default via 192.0.2.1 dev eth0", "unreachable default")}, "skip"),
        ({"cmd:ip-route-all": ROUTES.replace("dev eth0 proto dhcp", "dev eth7 proto dhcp")}, "error"),
        ({"cmd:net-links": LINKS.replace("2 eth0 1500 BROADCAST,MULTICAST,UP,LOWER_UP UP", "- eth0 - - -")}, "error"),
        ({"cmd:ip-route-all": 124}, "error"),
        ({"cmd:ip-route-all": f"{ROUTES}cut\n"}, "pass"),
        ({"cmd:engines": ""}, "skip"),
    ],
)
def test_what_is_sent_fits_every_way_that_leads_everywhere(edits: dict[str, Any], expected: str) -> None:
    found = said(edits)
    assert found.get("app", found.get(None)) == expected


@each_of(
    ("fields", "expected"),
    [
        ({}, "fail"),
        ({"Options": {MTU: "1400"}}, "pass"),
        ({"Options": {MTU: "1401"}}, "fail"),
        ({"Internal": True}, "skip"),
        ({"Driver": "host", "Options": {}}, "skip"),
        ({"Driver": "macvlan", "Options": {"parent": "eth0"}}, "pass"),
        ({"Driver": "ipvlan", "Options": {"parent": "eth9"}}, "error"),
        ({"Driver": "macvlan", "Options": {"parent": "eth0", MTU: "1400"}}, "pass"),
        ({"Driver": "ipvlan", "Options": {"parent": "eth0", MTU: "1500"}}, "fail"),
        ({"Driver": "macvlan", "Options": {"parent": "eth9", MTU: "1500"}}, "error"),
        ({"Driver": "macvlan", "Options": {}}, "skip"),
        ({"Driver": "overlay"}, "fail"),
        ({"Driver": "overlay", "Options": {MTU: "1400"}}, "pass"),
    ],
)
def test_each_driver_has_its_own_mtu(fields: dict[str, Any], expected: str) -> None:
    assert said(SMALL_UPLINK, networks=app(**fields))["app"] == expected


def test_the_daemons_mtu_is_for_the_default_bridge_alone() -> None:
    options = {**DEFAULT["Options"]}
    del options[MTU]
    networks = ({**DEFAULT, "Options": options}, APP)
    found = said(SMALL_UPLINK, networks=networks, daemon_json='{"mtu": 1400}')
    assert found == {"bridge": "pass", "app": "fail"}


def test_a_network_with_ipv6_is_held_against_that_way_too() -> None:
    edits = {"cmd:ip-route-all": f"{ROUTES}6 default dev tun0 metric 1024 pref medium\n"}
    assert said(edits)["app"] == "pass"
    assert said(edits, networks=app(EnableIPv6=True))["app"] == "fail"


CLAMP = "-p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu"
SIZED = "-p tcp -m tcp --tcp-flags SYN,RST SYN -m tcpmss --mss 1301:65535 -j TCPMSS --set-mss %d"
SYN = "tcp flags syn tcp option maxseg size set rt mtu"
TABLE = "table inet mss {\nchain out {\ntype filter hook %s priority mangle; policy accept;\n%s\n}\n}\n"


@each_of(
    ("edits", "expected"),
    [
        ({"cmd:iptables-save": f"*mangle\n-A FORWARD {CLAMP}\nCOMMIT\n"}, "pass"),
        ({"cmd:iptables-other-save": f"*mangle\n-A POSTROUTING -o eth0 {CLAMP}\nCOMMIT\n"}, "pass"),
        ({"cmd:iptables-save": f"*mangle\n-A FORWARD -i br-+ -o eth0 {CLAMP}\nCOMMIT\n"}, "pass"),
        ({"cmd:iptables-save": f"*mangle\n-A FORWARD -o tun0 {CLAMP}\nCOMMIT\n"}, "fail"),
        ({"cmd:iptables-save": f"*mangle\n-A FORWARD -i docker0 {CLAMP}\nCOMMIT\n"}, "fail"),
        ({"cmd:iptables-save": f"*mangle\n-A FORWARD -s 10.0.0.0/8 {CLAMP}\nCOMMIT\n"}, "error"),
        ({"cmd:iptables-save": f"*mangle\n-A mss {CLAMP}\nCOMMIT\n"}, "error"),
        ({"cmd:iptables-save": f"*mangle\n-A FORWARD ! -i docker0 {CLAMP}\nCOMMIT\n"}, "error"),
        ({"cmd:nft-ruleset": TABLE % ("forward", SYN)}, "pass"),
        ({"cmd:iptables-save": f"*filter\n-A FORWARD {SIZED % 1360}\nCOMMIT\n"}, "pass"),
        ({"cmd:iptables-save": f"*filter\n-A FORWARD {SIZED % 1361}\nCOMMIT\n"}, "fail"),
        ({"cmd:nft-ruleset": TABLE % ("forward", "tcp flags syn tcp option maxseg size set 1300")}, "pass"),
        ({"cmd:nft-ruleset": TABLE % ("forward", "tcp flags syn tcp option maxseg size set 1460")}, "fail"),
        ({"cmd:nft-ruleset": TABLE % ("postrouting", f'oifname "eth0" {SYN}')}, "pass"),
        ({"cmd:nft-ruleset": TABLE % ("forward", f'oifname {{ "eth0", "tun0" }} {SYN}')}, "pass"),
        ({"cmd:nft-ruleset": TABLE % ("forward", f'oifname "tun0" {SYN}')}, "fail"),
        ({"cmd:nft-ruleset": TABLE % ("output", SYN)}, "fail"),
        ({"cmd:nft-ruleset": TABLE % ("forward", f"ip saddr 10.0.0.0/8 {SYN}")}, "error"),
        ({"cmd:iptables-save": 13, "cmd:iptables-other-save": 13, "cmd:nft-ruleset": 13}, "error"),
        ({"cmd:iptables-save": f"*mangle\n-A FORWARD {CLAMP}\nCOMMIT\n", "cmd:nft-ruleset": 124}, "pass"),
        ({"cmd:iptables-save": (124, f"*mangle\n-A FORWARD {CLAMP}\n")}, "pass"),
        ({"cmd:iptables-other-save": 127}, "fail"),
        ({"cmd:iptables-other-save": (127, "tables\n")}, "error"),
    ],
)
def test_rules_that_clamp_tcp_for_the_network_make_up_for_it(edits: dict[str, Any], expected: str) -> None:
    assert said({**SMALL_UPLINK, **edits})["app"] == expected


def test_the_fix_names_the_size_that_fits() -> None:
    found = outcomes(CHECK, ways(SMALL_UPLINK))["app"]
    assert found.observed == 1500
    assert '"mtu": 1400' in (found.fix or "")
    assert "default-network-opts" in (found.fix or "")


def test_the_fix_has_no_key_that_the_engine_would_refuse() -> None:
    package = {"cmd:dpkg-query": "docker-ce\t5:20.10.24~3-0~ubuntu-jammy\tinstall ok installed\tamd64\n"}
    fix = outcomes(CHECK, ways({**SMALL_UPLINK, **package}, version="20.10.24"))["app"].fix or ""
    assert '"mtu": 1400' in fix
    assert "default-network-opts" not in fix


def test_a_swarms_gateway_bridge_is_a_bridge_like_others() -> None:
    bridge = network("docker_gwbridge", "172.18.0.0/16", Options={"com.docker.network.bridge.name": "docker_gwbridge"})
    assert said(SMALL_UPLINK, networks=(DEFAULT, bridge))["docker_gwbridge"] == "fail"
