"""The engine's bridge networks: which bridge, which addresses, which size of packets; and where nothing is judged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.evidence import NotApplicable, NotDecided
from dockworthy.facts.network.bridges import end_where_not_judged, networks_judged
from tests.hosts import host
from tests.rows import each_of

if TYPE_CHECKING:
    from dockworthy.facts.network.bridges import BridgeNetwork

ENGINE = "100 dockerd /usr/bin/dockerd 0 1000 1 -\n"
ID = "0123456789abcdef" * 4


def network(options: dict[str, str], **fields: Any) -> BridgeNetwork:
    """One network by what the engine says of it."""
    answer = {"Name": "app", "Id": ID, "Driver": "bridge", "Options": options, **fields}
    (found,) = host({"cmd:engines": ENGINE, "docker:networks": json.dumps(answer)}).bridge_networks.known_ones
    return found


def test_a_bridge_is_named_by_the_networks_id_unless_an_option_names_it() -> None:
    assert network({}).interface == "br-0123456789ab"
    assert network({"com.docker.network.bridge.name": "lan0"}).interface == "lan0"


@each_of(
    ("options", "mtu"),
    [
        ({}, 1500),
        ({"com.docker.network.driver.mtu": "1400"}, 1400),
        ({"com.docker.network.driver.mtu": "0"}, 1500),
        ({"com.docker.network.driver.mtu": "wide"}, None),
    ],
)
def test_what_containers_send_is_as_large_as_the_option_says_else_as_the_kernel_does(
    options: dict[str, str], mtu: int | None
) -> None:
    said = network(options).mtu
    assert (said.value if said.is_known else None) == mtu


def test_subnets_and_gateways_are_those_that_the_engine_tells() -> None:
    config = [{"Subnet": "10.1.0.0/16", "Gateway": "10.1.0.1"}, {"Subnet": "fd00::/64"}, {"Subnet": "no"}]
    found = network({}, IPAM={"Driver": "default", "Config": config}, EnableIPv6=True)
    assert [str(one) for one in found.subnets] == ["10.1.0.0/16", "fd00::/64"]
    assert [str(one) for one in found.gateways] == ["10.1.0.1"]
    assert found.has_ipv4
    assert found.has_ipv6


@each_of(
    ("option", "expected"),
    [
        ({"com.docker.network.bridge.enable_icc": "false"}, (False, True, False, "nat")),
        ({"com.docker.network.bridge.enable_icc": "odd"}, (True, True, False, "nat")),
        ({"com.docker.network.bridge.enable_ip_masquerade": "0"}, (True, False, False, "nat")),
        ({"com.docker.network.bridge.inhibit_ipv4": "true"}, (True, True, True, "nat")),
        ({"com.docker.network.bridge.gateway_mode_ipv4": "isolated"}, (True, True, False, "isolated")),
    ],
)
def test_options_are_read_as_go_reads_them(option: dict[str, str], expected: tuple[bool, bool, bool, str]) -> None:
    found = network(option)
    assert (found.icc, found.masquerades, found.inhibits_ipv4, found.gateway_mode(4)) == expected


@each_of(
    ("sections", "outcome"),
    [
        ({"cmd:engines": ""}, NotApplicable),
        ({"cmd:engines": ENGINE, "docker:info": '{"SecurityOptions":["name=rootless"]}'}, NotApplicable),
        (
            {"cmd:engines": ENGINE, "docker:version": '{"Version":"5.4.2","Components":[{"Name":"Podman Engine"}]}'},
            NotApplicable,
        ),
        ({"cmd:engines": ENGINE, "cmd:ns-self": "net net:[1]\n", "proc:100/ns": "net net:[2]\n"}, NotDecided),
        ({"cmd:engines": ENGINE, "cmd:ns-self": "net net:[1]\n", "proc:100/ns": "net net:[1]\n"}, None),
        ({"cmd:engines": ENGINE}, None),
    ],
)
def test_networks_are_judged_only_where_they_are_this_hosts(
    sections: dict[str, str | int], outcome: type[Exception] | None
) -> None:
    if outcome is None:
        end_where_not_judged(host(sections))
    else:
        with pytest.raises(outcome):
            end_where_not_judged(host(sections))


def test_two_networks_of_one_name_are_told_apart_by_their_ids() -> None:
    lines = "".join(
        json.dumps({"Name": "app", "Id": digit * 64, "Driver": "bridge", "Options": {}}) + "\n" for digit in "ab"
    )
    facts = host({"cmd:engines": ENGINE, "docker:networks": lines})
    assert list(networks_judged(facts, None)) == ["app", "app bbbbbbbbbbbb"]
    with pytest.raises(NotDecided):
        networks_judged(host({"cmd:engines": ENGINE, "docker:networks": 1}), None)
