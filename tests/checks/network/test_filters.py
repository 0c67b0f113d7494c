"""The engine's rules in the packet filter, and whether it lets containers' packets pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy.facts.facts import Facts
from dockworthy.releases import Release
from tests.hosts import checks_in, outcome, outcomes
from tests.network_host import (
    APP,
    BRIDGE,
    NETWORKS,
    ROUTES,
    ROUTES_6,
    container,
    engine_host,
    filter_table,
    nat_table,
    network,
    save,
    table,
)
from tests.rows import each_of

if TYPE_CHECKING:
    from dockworthy.check import Check

CHECKS = checks_in("network", "filters.py")
RULES, MASQUERADE, FORWARD, SECOND, VARIANT = (
    CHECKS[f"network.{name}"]
    for name in (
        *("engine-rules-present", "masquerade-present", "forward-accepted", "no-second-firewall-drop"),
        "one-iptables-variant",
    )
)
DATA = Path(__file__).parents[2] / "data" / "network"
OWN, OTHER, NFT = "cmd:iptables-save", "cmd:iptables-other-save", "cmd:nft-ruleset"
SIX = {"ipv6": True, "experimental": True, "ip6tables": True, "fixed-cidr-v6": "fd00:1::/64"}
PUBLIC = network("bridge", "172.17.0.0/16", "bridge", "fd00:1::/64")


def of(check: Check, facts: Facts, **params: Any) -> dict[str | None, str]:
    """The outcomes of a check, by instance."""
    return {name: found.outcome for name, found in outcomes(check, facts, **params).items()}


def of_filter(*first: str, other: str = "", **more: Any) -> Facts:
    """A host with a table filter of the engine's, and what stands before."""
    sections = {OWN: save(filter_table(*first, **more), nat_table())}
    return engine_host({**sections, OTHER: save(other, variant="legacy")} if other else sections)


# --- what is not judged ------------------------------------------------------------------------------------------


def test_nothing_is_judged_without_an_engine_or_of_one_without_root() -> None:
    no_engine = {"cmd:engines": ""}
    no_dockerd = {"cmd:engines": "100 containerd /usr/bin/containerd 0 1000 1 -\n", "docker:info": 1}
    rootless = {"docker:info": json.dumps({"ServerVersion": "26.1.5", "SecurityOptions": ["name=rootless"]})}
    for sections in (no_engine, no_dockerd, rootless):
        for check in CHECKS.values():
            assert of(check, engine_host(sections)) == {None: "skip"}


@each_of("status", [13, 124, 127, 95])
def test_rules_that_were_not_told_leave_it_undecided(status: int) -> None:
    facts = engine_host(dict.fromkeys((OWN, OTHER, NFT), status))
    assert of(RULES, facts)["ip nat"] == "error"
    assert of(MASQUERADE, facts) == {"bridge": "error", "app": "error"}
    assert of(FORWARD, facts) == {"bridge": "error", "app": "error"}
    assert of(SECOND, facts) == {None: "error"}
    assert of(VARIANT, facts)["ipv4"] == "error"


def test_another_name_space_than_the_engines_is_not_looked_at() -> None:
    facts = engine_host({"cmd:ns-self": "net net:[1]\n", "proc:100/ns": "net net:[2]\n"})
    other = {**checks_in("network", "connections.py"), **checks_in("network", "managers.py")}
    other["routes"] = checks_in("network", "forwarding.py")["network.ipv6-route-survives"]
    every = (*CHECKS.values(), *other.values())
    assert {outcome_ for check in every for outcome_ in of(check, facts).values()} == {"error"}


# --- the engine's own rules --------------------------------------------------------------------------------------

NEW = (
    *("FORWARD -j DOCKER-USER", "FORWARD -j DOCKER-FORWARD", "DOCKER-FORWARD -j DOCKER-CT"),
    *("DOCKER-FORWARD -j DOCKER-BRIDGE", f"DOCKER-BRIDGE -o {BRIDGE} -j DOCKER", f"DOCKER-BRIDGE -o {APP} -j DOCKER"),
)
NEW_CHAINS = {
    "FORWARD": "ACCEPT",
    **dict.fromkeys(("DOCKER", "DOCKER-USER", "DOCKER-FORWARD", "DOCKER-BRIDGE", "DOCKER-CT"), "-"),
}
EMPTY = table("filter", {"INPUT": "ACCEPT", "FORWARD": "ACCEPT", "OUTPUT": "ACCEPT"}, [])

# the release; what is in the table filter; what is said of it, and of the table nat
KEPT = [
    ("26.1.5", filter_table(), "pass"),
    ("20.10.24", filter_table(), "pass"),
    ("26.1.5", filter_table(policy="DROP"), "pass"),
    ("26.1.5", filter_table(without=("FORWARD -j DOCKER-USER",)), "fail"),
    ("26.1.5", filter_table(without=("FORWARD -j DOCKER-ISOLATION-STAGE-1",)), "fail"),
    ("26.1.5", filter_table(without=(f"FORWARD -o {APP} -j DOCKER",)), "fail"),
    ("26.1.5", EMPTY, "fail"),
    ("26.1.5", "", "fail"),
    # what somebody's reload leaves of it
    ("26.1.5", table("filter", {"FORWARD": "ACCEPT", "DOCKER-USER": "-"}, ["FORWARD -j DOCKER-USER"]), "fail"),
    ("26.1.5", table("filter", NEW_CHAINS, list(NEW)), "fail"),
    ("28.5.2", table("filter", NEW_CHAINS, list(NEW)), "pass"),
    ("29.3.0", table("filter", NEW_CHAINS, list(NEW)), "pass"),
    ("28.5.2", filter_table(), "fail"),
    ("28.5.2", table("filter", NEW_CHAINS, list(NEW[:1])), "fail"),
    ("28.5.2", table("filter", NEW_CHAINS, list(NEW[:4])), "fail"),
    # of 28.0.0, which has a set of its bridges
    (
        "28.0.0",
        table(
            "filter",
            {"FORWARD": "ACCEPT", **dict.fromkeys(("DOCKER", "DOCKER-USER", "DOCKER-ISOLATION-STAGE-1"), "-")},
            [
                *("FORWARD -j DOCKER-USER", "FORWARD -m set --match-set REDACTED dst -j DOCKER"),
                "FORWARD -j DOCKER-ISOLATION-STAGE-1",
            ],
        ),
        "pass",
    ),
]


@each_of(("release", "text", "expected"), KEPT)
def test_what_the_release_hooks_in_is_there(release: str, text: str, expected: str) -> None:
    facts = engine_host({OWN: save(text, nat_table())}, version=release)
    assert of(RULES, facts) == {
        "ip nat": "pass",
        "ip filter": expected,
        **dict.fromkeys(("ip6 nat", "ip6 filter"), "skip"),
    }


@each_of(
    ("nat", "expected"),
    [
        (nat_table(), "pass"),
        (nat_table(without=("PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",)), "fail"),
        (table("nat", {"PREROUTING": "ACCEPT", "POSTROUTING": "ACCEPT"}, []), "fail"),
        ("", "fail"),
    ],
)
def test_published_ports_are_led_by_a_chain_that_is_jumped_to(nat: str, expected: str) -> None:
    assert of(RULES, engine_host({OWN: save(filter_table(), nat)}))["ip nat"] == expected


def test_a_chain_without_a_rule_for_a_published_port_has_lost_it() -> None:
    web = container(("0.0.0.0", "8080"), ("::", "8080"))  # noqa: S104 - what an engine says
    led = "*nat\n:DOCKER - 0\n-A DOCKER ! -i docker0 -p tcp -m tcp --dport {} -j DNAT --to-destination 172.17.0.2:80\n"
    for port, expected in (("8080", "pass"), ("80", "fail")):
        nat = nat_table().replace("*nat\n", led.format(port))
        assert of(RULES, engine_host({OWN: save(filter_table(), nat)}, containers=(web,)))["ip nat"] == expected
    assert of(RULES, engine_host(containers=(web,)))["ip nat"] == "fail"
    cut = nat_table().replace("COMMIT", "cut DOCKER\nCOMMIT")
    assert of(RULES, engine_host({OWN: save(filter_table(), cut)}, containers=(web,)))["ip nat"] == "error"
    routed = (network("bridge", "172.17.0.0/16", Options={MODE: "routed"}),)
    assert of(RULES, engine_host(containers=(web,), networks=routed))["ip nat"] == "pass"


def test_the_rules_may_lie_in_the_variant_that_iptables_was_when_the_engine_started() -> None:
    rules = {OWN: save(EMPTY), OTHER: save(filter_table(), nat_table(), variant="legacy")}
    assert of(RULES, engine_host(rules)) == {
        "ip nat": "pass",
        "ip filter": "pass",
        "ip6 nat": "skip",
        "ip6 filter": "skip",
    }
    assert of(MASQUERADE, engine_host(rules)) == {"bridge": "pass", "app": "pass"}


def test_a_dump_that_breaks_off_is_decided_by_what_is_left_or_not_at_all() -> None:
    whole = save(filter_table(), nat_table())
    cut = engine_host({OWN: (124, whole[: whole.index("*nat") + 30]), OTHER: 127})
    assert of(RULES, cut)["ip nat"] == "error"
    assert of(RULES, cut)["ip filter"] == "pass"
    assert of(FORWARD, cut) == {"bridge": "error", "app": "error"}  # another table may drop
    dropping = save(filter_table("-i docker0 -j DROP"))
    assert of(FORWARD, engine_host({OWN: (124, dropping)})) == {"bridge": "fail", "app": "error"}
    assert of(MASQUERADE, cut) == {"bridge": "error", "app": "error"}


def test_iptables_that_the_engine_leaves_alone_are_not_missed() -> None:
    facts = engine_host({OWN: save(EMPTY)}, config='{"iptables": false}')
    assert of(RULES, facts) == dict.fromkeys(("ip nat", "ip filter", "ip6 nat", "ip6 filter"), "skip")
    assert of(MASQUERADE, facts) == {"bridge": "skip", "app": "skip"}
    assert of(FORWARD, facts) == {"bridge": "pass", "app": "pass"}


def test_ipv6_is_judged_where_the_engine_makes_rules_for_it_and_a_network_has_it() -> None:
    facts = engine_host(networks=(PUBLIC,), config=json.dumps(SIX))
    assert of(RULES, facts) == {"ip nat": "pass", "ip filter": "pass", "ip6 nat": "fail", "ip6 filter": "fail"}
    assert of(RULES, engine_host(config=json.dumps(SIX)))["ip6 nat"] == "skip"
    rules = save(filter_table(bridges=(BRIDGE,)), nat_table(subnets={BRIDGE: "fd00:1::/64"}))
    whole = engine_host({"cmd:ip6tables-save": rules}, networks=(PUBLIC,), config=json.dumps(SIX))
    assert of(RULES, whole)["ip6 nat"] == "pass"
    assert of(RULES, whole)["ip6 filter"] == "pass"
    assert of(MASQUERADE, whole) == {"bridge": "pass"}
    assert of(MASQUERADE, facts) == {"bridge": "fail"}


BRIDGES_NFT = """table ip docker-bridges {
chain filter-FORWARD {
type filter hook forward priority filter; policy accept;
oifname vmap @S1
}
chain nat-PREROUTING {
type nat hook prerouting priority dstnat; policy accept;
fib daddr type local counter jump nat-prerouting-and-output
}
chain nat-prerouting-and-output {
}
chain nat-POSTROUTING {
type nat hook postrouting priority srcnat; policy accept;
iifname vmap @S2
}
map S2 {
type ifname : verdict
elements = { "docker0" : jump out, "br-aaaaaaaaaaaa" : jump out }
}
chain out {
oifname != "docker0" ip saddr { 172.17.0.0/16, 10.210.0.0/24 } counter masquerade
}
}
"""


def test_an_engine_with_nftables_has_tables_of_its_own() -> None:
    facts = engine_host({OWN: save(), NFT: BRIDGES_NFT}, version="29.3.0", backend="nftables")
    assert of(RULES, facts)["ip nat"] == "pass"
    assert of(RULES, facts)["ip filter"] == "pass"
    assert of(MASQUERADE, facts) == {"bridge": "pass", "app": "pass"}
    assert of(FORWARD, facts) == {"bridge": "skip", "app": "skip"}
    assert of(SECOND, facts) == {None: "skip"}
    flushed = engine_host({OWN: save(), NFT: ""}, version="29.3.0", backend="nftables")
    assert of(RULES, flushed)["ip nat"] == "fail"
    left = engine_host(
        {OWN: save(filter_table(policy="DROP", bridges=())), NFT: BRIDGES_NFT}, version="29.3.0", backend="nftables"
    )
    assert of(FORWARD, left) == {"bridge": "fail", "app": "fail"}


# --- masquerade --------------------------------------------------------------------------------------------------


@each_of(
    ("nat", "expected"),
    [
        (nat_table(), "pass"),
        (nat_table(without=(f"POSTROUTING -s 10.210.0.0/24 ! -o {APP} -j MASQUERADE",)), "fail"),
        (nat_table("-s 10.210.0.0/24 -j SNAT --to-source 192.0.2.2"), "pass"),
        (nat_table("-s 10.0.0.0/8 -j MASQUERADE", subnets={BRIDGE: "172.17.0.0/16"}), "pass"),
        (nat_table("-o up0 -j MASQUERADE", subnets={BRIDGE: "172.17.0.0/16"}), "pass"),
        (nat_table("-o up1 -j MASQUERADE", subnets={BRIDGE: "172.17.0.0/16"}), "fail"),
        (nat_table("-s 10.210.0.0/24 -j ACCEPT"), "fail"),
        (nat_table("-s 10.210.0.0/24 -d 10.0.0.0/8 -j ACCEPT"), "pass"),
        (nat_table("-s 10.210.0.0/24 -m policy --dir out --pol ipsec -j ACCEPT"), "pass"),
        (nat_table("-m mark --mark 0x4000 -j MASQUERADE"), "pass"),
        (nat_table("-m mark --mark 0x4000 -j MASQUERADE", subnets={BRIDGE: "172.17.0.0/16"}), "error"),
        (nat_table("-m mark --mark 0x4000 -j RETURN"), "error"),
        (nat_table("-s 10.210.0.0/25 -j MASQUERADE", subnets={BRIDGE: "172.17.0.0/16"}), "error"),
    ],
)
def test_what_leaves_a_network_is_to_have_the_hosts_address(nat: str, expected: str) -> None:
    assert of(MASQUERADE, engine_host({OWN: save(filter_table(), nat)}))["app"] == expected


def test_a_table_of_somebody_elses_nftables_may_give_it() -> None:
    nft = (
        "table inet mine {\nchain post {\ntype nat hook postrouting priority 100; policy accept;\n"
        'ip saddr 10.0.0.0/8 oifname "up0" masquerade\n}\n}\n'
    )
    facts = engine_host({OWN: save(filter_table(), nat_table(subnets={})), NFT: nft})
    assert of(MASQUERADE, facts) == {"bridge": "fail", "app": "pass"}


MODE = "com.docker.network.bridge.gateway_mode_ipv4"


@each_of(
    ("one", "expected"),
    [
        (network("net", "10.9.0.0/24", Internal=True), "skip"),
        (network("net", "10.9.0.0/24", Options={"com.docker.network.bridge.enable_ip_masquerade": "false"}), "skip"),
        (network("net", "10.9.0.0/24", Options={MODE: "routed"}), "skip"),
        (network("net", "10.9.0.0/24", "macvlan"), "skip"),
        (network("net", "10.9.0.0/24", "overlay"), "skip"),
        (network("net", "", "host"), "skip"),
        (network("net", "10.9.0.0/24"), "fail"),
    ],
)
def test_networks_that_are_to_keep_their_addresses_are_left_alone(one: dict[str, Any], expected: str) -> None:
    assert of(MASQUERADE, engine_host(networks=(one,))) == {"net": expected}


# --- forwarding --------------------------------------------------------------------------------------------------

BOTH = {"bridge": "pass", "app": "pass"}
PASSING = [
    (of_filter(), BOTH),
    (of_filter(policy="DROP"), BOTH),
    (of_filter(policy="DROP", last=("-j DROP",)), BOTH),
    (of_filter("-i docker0 -j DROP"), {"bridge": "fail", "app": "pass"}),
    (of_filter("-j REJECT --reject-with icmp-host-prohibited"), {"bridge": "fail", "app": "fail"}),
    (of_filter(user=("-i br+ -j DROP",)), {"bridge": "pass", "app": "fail"}),
    (of_filter(user=("-i docker0 -j RETURN", "-i docker0 -j DROP")), BOTH),
    (of_filter(user=("-i up0 -j DROP",)), {"bridge": "fail", "app": "fail"}),
    (of_filter(user=("-i up0 -m conntrack --ctstate NEW -j DROP",)), BOTH),
    (of_filter(user=("-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "-i up0 -j DROP")), BOTH),
    (of_filter(policy="DROP", bridges=(BRIDGE,)), {"bridge": "pass", "app": "fail"}),
    (of_filter(policy="DROP", bridges=(BRIDGE,), last=("-i br-+ -j ACCEPT", "-o br-+ -j ACCEPT")), BOTH),
    (of_filter(policy="DROP", bridges=(BRIDGE,), last=("-i br-+ -j ACCEPT",)), {"bridge": "pass", "app": "fail"}),
    (of_filter("-m set --match-set REDACTED src -j DROP"), {"bridge": "error", "app": "error"}),
    (of_filter("-i docker0 -m owner --uid-owner REDACTED -j DROP"), {"bridge": "error", "app": "pass"}),
    (of_filter(last=("-m mark --mark 0x1 -j DROP",)), BOTH),
    (of_filter(other=filter_table(policy="DROP", bridges=())), {"bridge": "fail", "app": "fail"}),
    (of_filter(other=table("filter", {"INPUT": "DROP", "FORWARD": "ACCEPT"}, [])), BOTH),
    # ufw before the engine's own: its accepts come too late
    (
        of_filter(
            *("-j ufw-before-forward", "-j ufw-reject-forward", "!ufw-before-forward -j ufw-user-forward"),
            *(
                "!ufw-before-forward -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
                "!ufw-reject-forward -j REJECT",
            ),
            chains=dict.fromkeys(("ufw-before-forward", "ufw-reject-forward", "ufw-user-forward"), "-"),
        ),
        {"bridge": "fail", "app": "fail"},
    ),
    (
        of_filter(
            policy="DROP",
            last=("-j ufw-before-forward", "-j ufw-reject-forward", "!ufw-reject-forward -j REJECT"),
            chains=dict.fromkeys(("ufw-before-forward", "ufw-reject-forward"), "-"),
        ),
        BOTH,
    ),
]


@each_of(("facts", "expected"), PASSING)
def test_what_drops_a_containers_packets_or_their_answers_is_found(facts: Facts, expected: dict[str, str]) -> None:
    assert of(FORWARD, facts) == expected


def test_the_fix_lets_the_network_pass_in_the_variant_that_drops() -> None:
    facts = engine_host({OTHER: save(filter_table(policy="DROP", bridges=()), variant="legacy")}, networks=NETWORKS[:1])
    fix = outcome(FORWARD, facts).fix or ""
    assert "iptables-legacy -I FORWARD -i docker0 -o up0 -j ACCEPT" in fix
    assert "iptables-legacy -I FORWARD -i up0 -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT" in fix


def test_what_leads_nowhere_is_not_judged() -> None:
    assert of(FORWARD, engine_host(routes="4 192.0.2.0/24 dev up0\n")) == {"bridge": "skip", "app": "skip"}
    assert of(FORWARD, engine_host(networks=(network("net", "10.9.0.0/24", Internal=True),))) == {"net": "skip"}
    assert of(FORWARD, engine_host({"cmd:ip-route-all": 124})) == {"bridge": "error", "app": "error"}


def test_the_halves_of_all_addresses_by_which_a_tunnel_takes_all_come_first() -> None:
    halves = "".join(f"4 {half} via 10.8.0.1 dev tun0\n" for half in ("0.0.0.0/1", "128.0.0.0/1"))
    rules = {OWN: save(filter_table("-o tun0 -j DROP"), nat_table())}
    assert of(FORWARD, engine_host(rules)) == BOTH
    assert of(FORWARD, engine_host(rules, routes=ROUTES + halves)) == {"bridge": "fail", "app": "fail"}


def test_the_default_route_of_the_lowest_metric_is_the_one_that_is_taken() -> None:
    rules = {OWN: save(filter_table("-o up1 -j DROP"), nat_table())}
    routes = "4 default via 198.51.100.1 dev up1 metric 200\n4 default via 192.0.2.1 dev up0 metric 100\n"
    assert of(FORWARD, engine_host(rules, routes=routes)) == BOTH
    assert of(FORWARD, engine_host(rules, routes=routes.replace("200", "50"))) == {"bridge": "fail", "app": "fail"}


def test_packets_of_ipv6_are_followed_where_they_can_leave() -> None:
    rules = {"cmd:ip6tables-save": save(filter_table(policy="DROP", bridges=()))}
    assert of(FORWARD, engine_host(rules, networks=(PUBLIC,))) == {"bridge": "pass"}
    assert of(FORWARD, engine_host(rules, networks=(PUBLIC,), routes=ROUTES + ROUTES_6)) == {"bridge": "fail"}


# --- other tables of nftables ------------------------------------------------------------------------------------


def chain_of(*rules: str, policy: str = "accept", family: str = "inet", name: str = "t", hook: str = "forward") -> str:
    """A table with one base chain."""
    lines = "".join(f"{rule}\n" for rule in rules)
    return (
        f"table {family} {name} {{\nchain f {{\ntype filter hook {hook} priority 0; policy {policy};\n{lines}}}\n}}\n"
    )


ANSWERS = "ct state established,related accept"
SECONDS = [
    (chain_of(), "pass"),
    (chain_of(policy="drop"), "fail"),
    (chain_of("drop"), "fail"),
    (chain_of("rt ipsec exists drop", "rt type 0 drop"), "pass"),
    (chain_of("rt ipsec missing drop"), "fail"),
    (chain_of("rt ipsec missing ip daddr 192.168.0.0/16 drop"), "pass"),
    (chain_of("rt classid 10 drop"), "error"),
    (chain_of("counter reject with icmpx admin-prohibited"), "fail"),
    (chain_of(ANSWERS, f'iifname {{ "{BRIDGE}", "{APP}" }} accept', policy="drop"), "pass"),
    (chain_of(ANSWERS, 'iifname { "docker0", "br-*" } accept', policy="drop"), "pass"),
    (chain_of(ANSWERS, "ip saddr { 172.16.0.0/12, 10.0.0.0/8 } accept", policy="drop"), "pass"),
    (chain_of(ANSWERS, 'oifname "up0" accept', policy="drop"), "pass"),
    (chain_of(ANSWERS, f'iifname "{BRIDGE}" accept', policy="drop"), "fail"),  # of one network alone
    (chain_of('iifname { "docker0", "br-*" } accept', policy="drop"), "fail"),  # and no answers
    (chain_of("iifname @S0 accept", policy="drop"), "error"),
    (chain_of("meta mark 0x1 accept", policy="drop"), "error"),
    (chain_of("meta mark 0x1 drop"), "error"),
    (chain_of('iifname "lxdbr0" drop', "tcp dport 25 drop", "ct state invalid drop"), "pass"),
    (chain_of(policy="drop", family="ip"), "fail"),
    (chain_of(policy="drop", family="ip6"), "pass"),  # no network has such packets
    (chain_of(policy="drop", family="bridge"), "fail"),  # containers of one network can't talk
    (chain_of('meta ibrname "br-lan" drop', family="bridge"), "pass"),
    (chain_of(policy="drop", family="ip", name="filter"), "fail"),  # f is none of iptables' own chains
]


@each_of(("text", "expected"), SECONDS)
def test_each_other_chain_at_the_forward_hook_is_asked(text: str, expected: str) -> None:
    (found,) = outcomes(SECOND, engine_host({NFT: text})).items()
    assert (found[0], found[1].outcome) == (" ".join([*text.split()[1:3], "f"]), expected)


def test_a_table_that_iptables_cannot_read_is_read_as_nftables_tell_it() -> None:
    own = {OWN: f"variant nft\nincompatible filter\n{nat_table()}"}
    chains = "".join(f"chain {name} {{\n}}\n" for name in ("DOCKER", "DOCKER-USER", "DOCKER-ISOLATION-STAGE-1"))
    jumps = "jump DOCKER-USER\njump DOCKER-ISOLATION-STAGE-1\njump DOCKER\n"
    for policy, expected in (("accept", "pass"), ("drop", "fail")):
        base = f"type filter hook forward priority filter; policy {policy};\n"
        text = f"table ip filter {{\n{chains}chain FORWARD {{\n{base}{jumps}}}\n}}\n"
        facts = engine_host({**own, NFT: text})
        assert of(RULES, facts)["ip filter"] == "pass"
        assert of(FORWARD, facts) == {"bridge": expected, "app": expected}
    assert of(RULES, engine_host(own))["ip filter"] == "error"
    assert of(FORWARD, engine_host(own)) == {"bridge": "error", "app": "error"}


@each_of(
    "text",
    [
        "",
        "absent\n",
        chain_of(policy="drop", hook="input"),
        chain_of(policy="drop").replace("chain f", "flags dormant\nchain f"),
        chain_of(policy="drop", family="ip", name="docker-bridges"),
        chain_of(policy="drop", family="ip", name="filter").replace("chain f", "chain FORWARD"),
    ],
)
def test_what_no_forwarded_packet_comes_to_and_what_others_judge_is_left_alone(text: str) -> None:
    assert of(SECOND, engine_host({NFT: text})) == {None: "skip"}


def test_firewalld_lets_pass_what_is_in_its_zone_for_docker_and_nothing_else() -> None:
    """What firewalld 2.3.1 made beside an engine that had told it of docker0."""
    text = (DATA / "firewalld-2.3.1.txt").read_text(encoding="utf-8")
    where = "inet firewalld filter_FORWARD"
    assert of(SECOND, engine_host({NFT: text}, networks=NETWORKS[:1])) == {where: "pass"}
    (found,) = outcomes(SECOND, engine_host({NFT: text})).values()
    assert (found.outcome, found.observed) == ("fail", [f"{APP}: dropped by: reject with icmpx admin-prohibited"])


def test_ufw_that_denies_what_is_routed_leaves_the_engines_networks_alone() -> None:
    """What ufw 0.36.2 has loaded, with the policy DROP, and the engine's own jumps before it or behind."""
    text = (DATA / "ufw-0.36.2.txt").read_text(encoding="utf-8")
    rules = [line[3:] for line in text.splitlines() if line.startswith("-A ")]
    chains = {line[1:].split()[0]: "-" for line in text.splitlines() if line.startswith(":ufw")}
    jumps = tuple(rule.removeprefix("FORWARD ") for rule in rules if rule.startswith("FORWARD"))
    others = tuple(f"!{rule}" for rule in rules if not rule.startswith("FORWARD"))
    for before, behind in (((), jumps), (jumps, ())):
        facts = of_filter(*before, *others, policy="DROP", last=behind, chains=chains)
        assert of(FORWARD, facts) == BOTH
    assert of(FORWARD, of_filter(*jumps, *others, policy="DROP", bridges=(), chains=chains)) == {
        "bridge": "fail",
        "app": "fail",
    }


def test_tables_that_were_not_told_are_not_taken_for_harmless() -> None:
    assert of(SECOND, engine_host({NFT: (124, chain_of())})) == {"inet t f": "pass", "(others)": "error"}
    assert of(SECOND, engine_host({NFT: f"{chain_of(policy='drop')}cut\n"})) == {
        "inet t f": "fail",
        "(others)": "error",
    }


def test_the_fix_accepts_the_bridges_that_are_dropped() -> None:
    facts = engine_host({NFT: chain_of(ANSWERS, f'iifname "{BRIDGE}" accept', policy="drop")})
    (found,) = outcomes(SECOND, facts).values()
    assert found.fix == (
        f'nft insert rule inet t f iifname "{APP}" accept\n'
        f'nft insert rule inet t f oifname "{APP}" ct state established,related accept'
    )


# --- both variants -----------------------------------------------------------------------------------------------

STALE = save(nat_table(), variant="legacy")
VARIANTS = [
    ({}, "pass"),
    ({OTHER: save(EMPTY, variant="legacy")}, "pass"),
    ({OTHER: STALE}, "fail"),
    ({OTHER: save(table("filter", {"FORWARD": "DROP"}, []), variant="legacy")}, "fail"),
    ({OTHER: save(table("filter", {"FORWARD": "ACCEPT"}, ["FORWARD -i docker0 -j DROP"]), variant="legacy")}, "fail"),
    (
        {OTHER: save(table("filter", {"FORWARD": "ACCEPT"}, ["FORWARD -m mark --mark 1 -j DROP"]), variant="legacy")},
        "error",
    ),
    ({OTHER: save(table("filter", {"INPUT": "DROP", "FORWARD": "ACCEPT"}, []), variant="legacy")}, "pass"),
    ({OTHER: save(table("nat", {"POSTROUTING": "ACCEPT"}, ["POSTROUTING -j MASQUERADE"]), variant="legacy")}, "pass"),
    ({OWN: save(EMPTY), OTHER: STALE}, "pass"),
    # the rules of a firewall in the variant that iptables is, the engine's in the other
    ({OWN: save(table("filter", {"FORWARD": "DROP"}, [])), OTHER: STALE}, "fail"),
    ({OTHER: (124, save(variant="legacy"))}, "error"),
    ({OTHER: 127}, "skip"),
    ({OTHER: (127, "tables\n")}, "error"),
    ({OWN: 13, OTHER: 13}, "error"),
]


@each_of(
    ("sections", "expected"),
    [
        ({OTHER: 127}, "pass"),
        ({OTHER: (127, "tables\n")}, "error"),
        ({OWN: 127, OTHER: 127}, "error"),
        ({OTHER: (4, "variant legacy\n")}, "error"),
        ({OTHER: (0, "variant legacy\n")}, "pass"),
        ({OTHER: 127, OWN: save(filter_table("-i docker0 -j DROP"), nat_table(), variant="legacy")}, "fail"),
    ],
)
def test_a_variant_of_which_nothing_is_installed_and_nothing_there_drops_nothing(
    sections: dict[str, Any], expected: str
) -> None:
    assert of(FORWARD, engine_host(sections))["bridge"] == expected


@each_of(("sections", "expected"), VARIANTS)
def test_rules_in_both_variants_are_a_fault_where_they_do_harm(sections: dict[str, Any], expected: str) -> None:
    assert of(VARIANT, engine_host(sections))["ipv4"] == expected


def test_the_fix_empties_the_variant_that_iptables_is_not() -> None:
    other = save(table("filter", {"FORWARD": "DROP"}, []), nat_table(), variant="legacy")
    fix = outcomes(VARIANT, engine_host({OTHER: other}))["ipv4"].fix or ""
    wanted = ["-t filter -P FORWARD ACCEPT", "-t filter -F", "-t filter -X", "-t nat -F", "-t nat -X"]
    assert fix.splitlines()[1:] == [*(f"iptables-legacy {one}" for one in wanted), "systemctl restart docker.service"]


def test_another_release_that_is_rehearsed_changes_nothing_of_what_is_there() -> None:
    facts = engine_host()
    for release in ("28.5.2", "29.3.0"):
        rehearsed = Facts(facts.snapshot, facts.now, rehearsal=Release.parse(release), today=facts)
        assert of(RULES, rehearsed) == of(RULES, facts)
