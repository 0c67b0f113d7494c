"""Which name servers containers get, by the engine's own reading of the host's files; and which a network swallows."""

from __future__ import annotations

from typing import Any

from tests.hosts import checks_in, outcomes
from tests.nameshost import STARTED, bridge, names_host
from tests.rows import each_of

CHECKS = checks_in("dns", "servers.py")
GIVEN, SHADOWED = CHECKS["dns.servers-for-containers"], CHECKS["dns.server-not-shadowed"]
DEFAULT, OTHERS = "default bridge", "other networks"
ETC, RESOLVED = "file:/etc/resolv.conf", "file:/run/systemd/resolve/resolv.conf"
FALLBACK = ["8.8.8.8 (put in by the engine)", "8.8.4.4 (put in by the engine)"]
STUB = "nameserver 127.0.0.53\n"
LINK = {"link:/etc/resolv.conf": "../run/systemd/resolve/stub-resolv.conf\n"}


def given(text: str | int, network: str, more: dict[str, Any] | None = None, **changes: Any) -> Any:
    """What containers get on a network: the servers where it passes or fails, else the outcome."""
    found = outcomes(GIVEN, names_host({ETC: text, **(more or {})}, **changes))[network]
    if not isinstance(found.observed, list):
        return found.outcome
    assert (found.outcome == "pass") == (
        not any("put in" in str(one) for one in found.observed) and found.observed != []
    )
    return found.observed


@each_of(
    ("text", "version", "on_default", "on_others"),
    [
        ("nameserver 192.0.2.53\n", "26.1.5", ["192.0.2.53"], ["192.0.2.53"]),
        ("nameserver 127.0.0.1\n", "26.1.5", FALLBACK, ["127.0.0.1"]),
        ("nameserver 127.0.0.1\n", "28.0.0", FALLBACK, ["127.0.0.1"]),
        ("nameserver 127.0.0.54\n", "26.1.5", FALLBACK, ["127.0.0.54"]),
        ("nameserver 127.0.0.53\nnameserver 192.0.2.53\n", "26.1.5", ["192.0.2.53"], ["127.0.0.53", "192.0.2.53"]),
        ("", "26.1.5", FALLBACK, FALLBACK),
        ("", "28.0.0", FALLBACK, []),
        (2, "26.1.5", FALLBACK, FALLBACK),  # nothing there, and a link to nowhere
        (2, "29.7.2", FALLBACK, []),
        (21, "26.1.5", "error", "error"),
        (13, "26.1.5", "error", "error"),
        (27, "26.1.5", "error", "error"),
        ("TOO-LONG\nnameserver 192.0.2.53\n", "26.1.5", "error", "error"),
        ("nameserver REDACTED\n", "26.1.5", FALLBACK, FALLBACK),
        (" nameserver 192.0.2.53 #\n", "26.1.5", ["192.0.2.53"], ["192.0.2.53"]),
        # before 26.0 a line counts where nothing but a comment with # follows, and a number may begin with zeros
        (" nameserver 192.0.2.53 #\n", "20.10.24", ["192.0.2.53"], ["192.0.2.53"]),
        ("nameserver 192.0.2.53 ;\n", "26.1.5", ["192.0.2.53"], ["192.0.2.53"]),
        ("nameserver 192.0.2.53 ;\n", "25.0.5", FALLBACK, FALLBACK),
        ("nameserver 192.000.2.53\n", "26.1.5", FALLBACK, FALLBACK),
        ("nameserver 192.000.2.53\n", "25.0.5", ["192.000.2.53"], ["192.000.2.53"]),
        # IPv6: the default bridge has none; other networks ask from the host's side since 26.0
        ("nameserver 2001:db8::53\n", "26.1.5", FALLBACK, ["2001:db8::53"]),
        ("nameserver 2001:db8::53\n", "20.10.24", FALLBACK, FALLBACK),
        ("nameserver ::1\n", "26.1.5", FALLBACK, ["::1"]),
        ("nameserver ::1\n", "24.0.9", FALLBACK, FALLBACK),
        ("nameserver 2001:db8::53\nnameserver 192.0.2.53\n", "24.0.9", ["192.0.2.53"], ["192.0.2.53"]),
    ],
)
def test_what_containers_get_of_a_file(text: str | int, version: str, on_default: Any, on_others: Any) -> None:
    assert given(text, DEFAULT, version=version) == on_default
    assert given(text, OTHERS, version=version) == on_others


@each_of(
    ("more", "changed", "expected"),
    [
        ({RESOLVED: "nameserver 192.0.2.7\n"}, STARTED - 9, ["192.0.2.7"]),
        ({}, STARTED - 9, FALLBACK),  # systemd-resolved does not run
        ({RESOLVED: "nameserver ::1\n"}, STARTED - 9, FALLBACK),
        # it chose when it started, and what it saw then is gone
        ({RESOLVED: "nameserver 192.0.2.7\n"}, STARTED + 9, "error"),
        ({RESOLVED: "nameserver 192.0.2.7\n"}, STARTED + 0.6, "error"),
        ({RESOLVED: "nameserver 192.0.2.7\n"}, STARTED + 0.4, ["192.0.2.7"]),
        ({RESOLVED: "nameserver ::1\n"}, STARTED + 9, FALLBACK),
        # resolved's own file always names that address alone, so that only the link must be old
        ({**LINK, RESOLVED: "nameserver 192.0.2.7\n"}, STARTED - 9, ["192.0.2.7"]),
        ({RESOLVED: "nameserver 192.0.2.7\n", "cmd:resolver-times": None}, STARTED - 9, "error"),
    ],
)
def test_the_stub_alone_stands_for_resolveds_own_file(more: dict[str, Any], changed: float, expected: Any) -> None:
    assert given(STUB, DEFAULT, more, changed=changed) == expected
    assert given(STUB, OTHERS, more, changed=changed) == ["127.0.0.53"]


def test_a_file_that_changed_under_resolved_decides_where_both_ways_lead_to_the_same() -> None:
    behind = {RESOLVED: "nameserver 192.0.2.7\n"}
    assert given("nameserver 127.0.0.1\n", DEFAULT, behind, changed=STARTED + 9) == "error"
    assert given("nameserver 192.0.2.53\n", DEFAULT, behind, changed=STARTED + 9) == ["192.0.2.53", "192.0.2.7"]
    assert given("nameserver 127.0.0.1\n", DEFAULT, {}, changed=STARTED + 9) == FALLBACK


def test_what_the_stubs_link_leads_to_may_change_at_any_time() -> None:
    late = f"/etc/resolv.conf {STARTED - 9} {STARTED - 9}.5\ntarget {STARTED + 9} {STARTED + 9}.5\n"
    times = {"cmd:resolver-times": late, RESOLVED: "nameserver 192.0.2.7\n"}
    assert given(STUB, DEFAULT, {**LINK, **times}) == ["192.0.2.7"]
    assert given(STUB, DEFAULT, {"link:/etc/resolv.conf": "/opt/resolv.conf\n", **times}) == "error"


@each_of(
    ("changes", "on_default", "on_others"),
    [
        ({"daemon": {"dns": ["192.0.2.1"]}}, "skip", "skip"),
        ({"networks": [bridge()]}, FALLBACK, ["127.0.0.1"]),  # compose would make one
        ({"networks": [bridge("app", "10.1.0.0/16")]}, "skip", ["127.0.0.1"]),
        ({"networks": [bridge(EnableIPv6=True)]}, FALLBACK, ["127.0.0.1"]),
        ({"version": "20.10.24", "daemon": {"dns-search": ["example.com"]}}, FALLBACK, FALLBACK),
        ({"version": "23.0.6", "daemon": {"dns-search": ["example.com"]}}, FALLBACK, ["127.0.0.1"]),
        ({"daemon": {"dns-search": ["example.com"]}}, FALLBACK, ["127.0.0.1"]),
    ],
)
def test_the_engines_settings_and_networks_decide(changes: dict[str, Any], on_default: Any, on_others: Any) -> None:
    text = "nameserver 127.0.0.1\n"
    assert (given(text, DEFAULT, **changes), given(text, OTHERS, **changes)) == (on_default, on_others)


def test_a_default_bridge_with_ipv6_has_the_servers_of_ipv6() -> None:
    assert given("nameserver 2001:db8::53\n", DEFAULT, networks=[bridge(EnableIPv6=True)]) == ["2001:db8::53"]


def test_without_other_networks_and_compose_nothing_is_said_of_them() -> None:
    without = {"cmd:cli-versions": ""}
    assert given("", OTHERS, without, networks=[bridge()]) == "skip"
    assert given("", OTHERS, without) == FALLBACK


def test_without_an_engine_nobody_gets_servers_and_one_that_lists_no_networks_decides_nothing() -> None:
    assert given("", DEFAULT, {"cmd:engines": ""}) == "skip"
    assert given("", DEFAULT, {"docker:networks": 1}) == "error"


def test_the_fix_names_servers_that_containers_reach() -> None:
    behind = {RESOLVED: "nameserver 127.0.0.1\n"}
    loopback = outcomes(GIVEN, names_host({ETC: "nameserver 127.0.0.1\n"}))[DEFAULT]
    assert loopback.fix is not None
    assert '{"dns": ["192.0.2.53"]}' in loopback.fix
    assert "in the place of 192.0.2.53" in loopback.fix
    six = outcomes(GIVEN, names_host({ETC: "nameserver 2001:db8::53\n", **behind}))[DEFAULT]
    assert six.outcome == "fail"


@each_of(
    ("text", "networks", "expected"),
    [
        ("nameserver 10.1.0.53\n", [bridge(), bridge("app", "10.1.0.0/16")], {"10.1.0.53": "fail"}),
        ("nameserver 10.2.0.53\n", [bridge(), bridge("app", "10.1.0.0/16")], {"10.2.0.53": "pass"}),
        # a resolver that runs in that network, or on the host at its bridge
        ("nameserver 10.1.0.53\n", [bridge("app", "10.1.0.0/16", {"c": "10.1.0.53"})], {"10.1.0.53": "pass"}),
        ("nameserver 10.1.0.53\n", [bridge("app", "10.1.0.0/16", {"c": "10.1.0.5"})], {"10.1.0.53": "fail"}),
        ("nameserver 172.17.0.1\n", [bridge()], {"172.17.0.1": "pass"}),
        ("nameserver 192.0.2.2\n", [bridge("app", "192.0.2.0/24")], {"192.0.2.2": "pass"}),  # the host's own
        ("nameserver 127.0.0.1\n", [bridge()], {None: "skip"}),
        ("", [bridge()], {None: "skip"}),
        (13, [bridge()], {None: "error"}),
        ("nameserver fe80::1%up0\nnameserver 10.1.0.9\n", [bridge()], {"fe80::1%up0": "pass", "10.1.0.9": "pass"}),
    ],
)
def test_a_server_in_a_networks_subnet_is_swallowed(text: Any, networks: Any, expected: dict[str | None, str]) -> None:
    found = outcomes(SHADOWED, names_host({ETC: text}, networks=networks))
    assert {name: item.outcome for name, item in found.items()} == expected


def test_the_servers_behind_the_stub_are_looked_at_and_its_own_address_is_not() -> None:
    sections = {ETC: STUB, RESOLVED: "nameserver 10.1.0.53\n"}
    found = outcomes(SHADOWED, names_host(sections))
    assert {name: item.outcome for name, item in found.items()} == {"10.1.0.53": "fail"}


def test_a_route_to_less_than_the_subnet_leads_past_the_network() -> None:
    routes = "4 default via 192.0.2.1 dev up0\n4 10.1.0.0/16 dev br-app\n4 10.1.0.53 via 192.0.2.1 dev up0\n"
    swallowed = outcomes(SHADOWED, names_host({ETC: "nameserver 10.1.0.54\n", "cmd:ip-route-all": routes}))
    past = outcomes(SHADOWED, names_host({ETC: "nameserver 10.1.0.53\n", "cmd:ip-route-all": routes}))
    assert (swallowed["10.1.0.54"].outcome, past["10.1.0.53"].outcome) == ("fail", "pass")


def test_a_network_that_is_not_known_decides_nothing_and_one_that_is_decides() -> None:
    broken = "{not json\n"
    unknown = outcomes(SHADOWED, names_host({"docker:networks": broken}))
    assert unknown["192.0.2.53"].outcome == "error"


def test_the_fix_makes_the_network_anew() -> None:
    fix = outcomes(SHADOWED, names_host({ETC: "nameserver 10.1.0.53\n"}))["10.1.0.53"].fix
    assert fix is not None
    assert "docker network rm app && docker network create" in fix
    own = outcomes(SHADOWED, names_host({ETC: "nameserver 172.17.3.4\n"}))["172.17.3.4"].fix
    assert own is not None
    assert '{"bip": "10.200.1.1/24"}' in own
