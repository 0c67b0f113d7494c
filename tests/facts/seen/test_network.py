"""What of the way from a container to the registry is recorded in words, of hosts with an engine and without one."""

from __future__ import annotations

import json
from typing import Any

from dockworthy.facts.facts import Facts
from dockworthy.facts.seen.network import MOST, seen_network
from dockworthy.results.model import schema
from dockworthy.run.network import network_of_host
from dockworthy.snapshot import read_snapshot
from tests.engine.broken_network import RECORD
from tests.hosts import NOW, host
from tests.run.test_whole_record import run_host

ENGINE = "100 dockerd /usr/bin/dockerd 0 1000 1 -\n"
BRIDGE = {
    "Name": "bridge",
    "Id": "a" * 64,
    "Driver": "bridge",
    "Options": {
        "com.docker.network.bridge.default_bridge": "true",
        "com.docker.network.bridge.name": "docker0",
        "com.docker.network.driver.mtu": "1400",
    },
    "IPAM": {"Config": [{"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.1"}]},
}
APP = {"Name": "app", "Id": "b" * 64, "Driver": "bridge", "Internal": True, "Options": {}, "IPAM": {"Config": []}}
LAN = {"Name": "lan", "Id": "c" * 64, "Driver": "macvlan"}
NONE = {"Name": "none", "Id": "d" * 64, "Driver": "null"}
WEB = {"Name": "/web", "Id": "e" * 64, "State": {"Status": "running", "Running": True}}
SECTIONS: dict[str, Any] = {
    "cmd:engines": ENGINE,
    "cmd:net-links": (
        "2 eth0 1450 BROADCAST,UP UP - ether 1 0\n3 docker0 1500 BROADCAST,UP UP - ether 0 0\n"
        "4 wg0 1380 POINTOPOINT - - none 0 0\n"
    ),
    "cmd:net-addresses": (
        "eth0 inet 192.0.2.2/24 scope global eth0\neth0 inet6 2001:db8::2/64 scope global\n"
        "eth0 inet6 fe80::1/64 scope link\ndocker0 inet 172.17.0.1/16 scope global docker0\n"
    ),
    "cmd:ip-route-all": "4 default via 192.0.2.1 dev eth0\n4 0.0.0.0/1 dev wg0\n6 default via fe80::9 dev eth0\n",
    "cmd:ip-rule": "0: from all lookup local\n32766: from all lookup main\n",
    "docker:networks": "".join(f"{json.dumps(one)}\n" for one in (APP, BRIDGE, LAN, NONE)),
    "docker:containers": json.dumps(
        {**WEB, "NetworkSettings": {"Networks": {"bridge": {"NetworkID": "a" * 64}, "lan": {"NetworkID": "c" * 64}}}}
    ),
    "docker:info": json.dumps(
        {
            "HttpsProxy": "http://me:hunter2000@proxy.test:3128",
            "NoProxy": "10.0.0.0/8",
            "RegistryConfig": {"Mirrors": ["https://mirror.test/"]},
        }
    ),
    "cmd:resolve": "registry.test 192.0.2.80 2001:db8::80\n10.1.1.1 10.1.1.1\n",
    "registry:registry.test/tls": "x",
    "registry:10.1.1.1:5000/tls": "x",
}


def seen(**changes: Any) -> dict[str, list[tuple[str | None, str, str]]]:
    """What is seen, by place."""
    facts: Facts = host({**SECTIONS, **{name.replace("__", ":"): value for name, value in changes.items()}})
    found: dict[str, list[tuple[str | None, str, str]]] = {}
    for one in seen_network(facts):
        found.setdefault(one.place, []).append((one.name, one.state, one.seen))
    return found


def test_each_network_has_its_addresses_and_its_bridge() -> None:
    found = seen()
    assert found["containers"] == [
        ("bridge", "there", "172.17.0.0/16, MTU 1400, 1 running"),
        ("app", "there", "without a subnet, MTU 1500, internal, none running"),
        ("lan", "there", "of the driver macvlan, past the bridges, 1 running"),
    ]
    assert found["bridge"] == [
        ("bridge", "there", "docker0, 172.17.0.1/16, up"),
        ("app", "absent", "br-bbbbbbbbbbbb: there is no such interface"),
    ]


def test_each_interface_by_which_packets_leave_has_its_size_and_routers() -> None:
    assert seen()["uplink"] == [
        (
            "eth0",
            "there",
            "192.0.2.2/24 and 2001:db8::2/64, MTU 1450, default route by 192.0.2.1, IPv6 default route by fe80::9",
        ),
        ("wg0", "there", "without an address, MTU 1380, down, default route on the link"),
    ]
    assert seen(**{"cmd__ip-route-all": "4 10.0.0.0/8 dev eth0\n"})["uplink"] == [
        (None, "absent", "the host has no default route")
    ]


def test_the_proxy_says_for_whom_it_is_and_its_password_is_not_recorded() -> None:
    found = seen()
    assert found["proxy"][1:] == [("registry.test", "there", "by the proxy"), ("10.1.1.1:5000", "there", "past it")]
    facts = host(SECTIONS)
    recorded = network_of_host(run_host(facts))
    assert "hunter2000" not in json.dumps(recorded)
    (proxy,) = [one for one in recorded if one["place"] == "proxy" and one["name"] is None]
    assert proxy["seen"] is not None
    assert "proxy.test:3128, not for 10.0.0.0/8" in proxy["seen"]
    assert set(proxy) == set(schema()["$defs"]["host"]["properties"]["network"]["items"]["properties"])
    assert seen(docker__info=json.dumps({"HttpsProxy": "", "NoProxy": ""}))["proxy"] == [
        (None, "absent", "the engine asks registries without one")
    ]


def test_registries_have_the_addresses_that_the_host_knows() -> None:
    assert seen()["registry"] == [
        ("https://mirror.test/", "there", "mirror"),
        ("registry.test", "there", "192.0.2.80 and 2001:db8::80"),
        ("10.1.1.1:5000", "there", "10.1.1.1"),
    ]


def test_of_a_recorded_host_its_packet_filter_and_its_name_servers_are_told() -> None:
    found: dict[str, list[tuple[str | None, str, str]]] = {}
    for one in seen_network(Facts(read_snapshot(RECORD), NOW)):
        found.setdefault(one.place, []).append((one.name, one.state, one.seen))
    assert found["forward"][0][:2] == (None, "there")
    assert found["forward"][0][2].startswith("ip filter: policy ")
    assert found["forward"][0][2].endswith(" rules (iptables-nft)")
    assert "nat" not in found, "what becomes of each network is what its check says"
    assert found["names"] == [
        (None, "there", "the host asks 127.0.0.1"),
        (
            "default bridge",
            "there",
            "8.8.8.8 (put in by the engine), 8.8.4.4 (put in by the engine), by /etc/resolv.conf",
        ),
        ("other networks", "there", "127.0.0.1, by /etc/resolv.conf"),
    ]


def test_without_an_engine_there_is_what_the_host_has() -> None:
    found = seen(cmd__engines="")
    for place in ("containers", "bridge"):
        assert found[place] == [(None, "absent", "no engine runs")]
    assert found["uplink"][0][0] == "eth0"


def test_what_was_not_looked_at_is_not_known() -> None:
    facts = host({"cmd:engines": ENGINE})
    found = {(one.place, one.state) for one in seen_network(facts)}
    assert ("containers", "unknown") in found
    assert ("uplink", "unknown") in found


def test_no_more_is_recorded_than_a_reader_can_use() -> None:
    networks = [{**APP, "Name": f"n{number:03}", "Id": f"{number:064x}"} for number in range(MOST + 5)]
    found = seen(docker__networks="".join(f"{json.dumps(one)}\n" for one in networks))
    assert len(found["containers"]) == MOST + 1
    assert found["containers"][-1] == (None, "there", "… and 5 more")
