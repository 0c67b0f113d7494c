"""The packet filter of real hosts: what the kernel has of it, as its own programs made it, and what is said of that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.engine.fitness import state
from tests.engine.harness import missing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.engine.fitness import State

RULES, MASQUERADE, FORWARD, SECOND, VARIANT, PUBLISHED = (
    f"network.{name}"
    for name in (
        *("engine-rules-present", "masquerade-present", "forward-accepted", "no-second-firewall-drop"),
        *("one-iptables-variant", "firewall-covers-published"),
    )
)
OPTION = "--opt=com.docker.network.bridge."


@pytest.fixture(scope="module", autouse=True)
def _needs_an_engine() -> None:
    reason = missing()
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="module")
def plain() -> Iterator[State]:
    """A host with an engine, a network of somebody's and an internal one."""
    with state() as made:
        made.network("app", "10.210.0.0/24")
        made.network("inner", "10.211.0.0/24", "--internal")
        made.network("bare", "10.212.0.0/24", f"{OPTION}enable_ip_masquerade=false")
        made.network("wide", "10.214.0.0/24", f"{OPTION}host_binding_ipv4=192.0.2.2")
        yield made


def test_on_a_plain_host_all_is_well(plain: State) -> None:
    said = plain.judged("network")
    assert said.of(RULES) == {"ip nat": "pass", "ip filter": "pass", "ip6 nat": "skip", "ip6 filter": "skip"}
    assert said.of(MASQUERADE) == {
        **dict.fromkeys(("bridge", "app", "wide"), "pass"),
        **dict.fromkeys(("inner", "bare", "host", "none"), "skip"),
    }
    assert said.of(FORWARD) == {
        **dict.fromkeys(("bridge", "app", "bare", "wide"), "pass"),
        **dict.fromkeys(("inner", "host", "none"), "skip"),
    }
    assert said.of(SECOND) == {None: "skip"}
    assert said.of(VARIANT) == {"ipv4": "pass", "ipv6": "pass"}
    assert said.of(PUBLISHED) == {None: "skip"}
    assert said.findings(topics=("network",)) == {}


# What somebody does to the packet filter, what it is undone by, and what differs then from the plain host.
CHANGES = {
    "a flush of a table's rules leaves chains that nothing jumps to": (
        "iptables -t nat -F PREROUTING",
        "iptables -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
        {(RULES, "ip nat"): "fail"},
    ),
    "one jump of the filter is gone": (
        "iptables -D FORWARD -j DOCKER-ISOLATION-STAGE-1",
        "iptables -I FORWARD 2 -j DOCKER-ISOLATION-STAGE-1",
        {(RULES, "ip filter"): "fail"},
    ),
    "a foreign rule gives the address as well": (
        (
            "iptables -t nat -D POSTROUTING -s 10.210.0.0/24 ! -o {app} -j MASQUERADE; "
            "iptables -t nat -A POSTROUTING -s 10.0.0.0/8 -o up0 -j MASQUERADE"
        ),
        (
            "iptables -t nat -D POSTROUTING -s 10.0.0.0/8 -o up0 -j MASQUERADE; "
            "iptables -t nat -A POSTROUTING -s 10.210.0.0/24 ! -o {app} -j MASQUERADE"
        ),
        {},
    ),
    "the rule of one network is gone": (
        "iptables -t nat -D POSTROUTING -s 10.210.0.0/24 ! -o {app} -j MASQUERADE",
        "iptables -t nat -A POSTROUTING -s 10.210.0.0/24 ! -o {app} -j MASQUERADE",
        {(MASQUERADE, "app"): "fail"},
    ),
    "the rule is not reached": (
        "iptables -t nat -I POSTROUTING -s 172.17.0.0/16 -j ACCEPT",
        "iptables -t nat -D POSTROUTING -s 172.17.0.0/16 -j ACCEPT",
        {(MASQUERADE, "bridge"): "fail"},
    ),
    "the policy alone": ("iptables -P FORWARD DROP", "iptables -P FORWARD ACCEPT", {}),
    "a drop below the engine's accepts": (
        "iptables -A FORWARD -j DROP",
        "iptables -D FORWARD -j DROP",
        {},
    ),
    "a drop in DOCKER-USER": (
        "iptables -I DOCKER-USER -i docker0 -o up0 -j DROP",
        "iptables -D DOCKER-USER -i docker0 -o up0 -j DROP",
        {(FORWARD, "bridge"): "fail"},
    ),
    "a drop that is for others": (
        (
            "iptables -I DOCKER-USER -i docker0 -d 10.0.0.0/8 -j DROP; "
            "iptables -I DOCKER-USER -i docker0 -p udp -j DROP; "
            "iptables -I FORWARD -i br+ -p tcp -m multiport --dports 25,465 -j REJECT; "
            "iptables -I FORWARD -s 172.17.0.9/32 -j DROP"
        ),
        "iptables -D FORWARD 1; iptables -D FORWARD 1; iptables -D DOCKER-USER 1; iptables -D DOCKER-USER 1",
        {},
    ),
    "the answers are dropped": (
        "iptables -I DOCKER-USER -i up0 ! -s 10.9.0.0/16 -j DROP",
        "iptables -D DOCKER-USER 1",
        {(FORWARD, name): "fail" for name in ("bridge", "app", "bare", "wide")},
    ),
    "only what is asked from outside is dropped": (
        "iptables -I DOCKER-USER -i up0 ! -s 10.9.0.0/16 -m conntrack --ctstate NEW -j DROP",
        "iptables -D DOCKER-USER 1",
        {},
    ),
    "what depends on a mark": (
        "iptables -I FORWARD -m mark --mark 7 -j DROP",
        "iptables -D FORWARD 1",
        {(FORWARD, name): "error" for name in ("bridge", "app", "bare", "wide")},
    ),
    "a mark that does no harm": (
        (
            "iptables -I FORWARD -m mark --mark 7 -j ACCEPT; iptables -I FORWARD -m limit --limit 3/min -j LOG; "
            "iptables -I FORWARD -m comment --comment '-j DROP' -p icmp -j DROP"
        ),
        "iptables -D FORWARD 1; iptables -D FORWARD 1; iptables -D FORWARD 1",
        {},
    ),
    "the mangle table drops": (
        "iptables -t mangle -A FORWARD -o docker0 -j DROP",
        "iptables -t mangle -F FORWARD",
        {(FORWARD, "bridge"): "fail"},
    ),
    "a table with accepting chains only": (
        (
            "nft add table inet t; nft add chain inet t f '{{ type filter hook forward priority 5; policy accept; }}'; "
            "nft add rule inet t f oifname lxdbr0 drop; nft add rule inet t f ct state invalid drop"
        ),
        "nft delete table inet t",
        {(SECOND, "inet t f"): "pass"},
    ),
    "a table that drops": (
        "nft add table inet t; nft add chain inet t f '{{ type filter hook forward priority 5; policy drop; }}'",
        "nft delete table inet t",
        {(SECOND, "inet t f"): "fail"},
    ),
    "a chain at another hook": (
        (
            "nft add table inet t; nft add chain inet t f '{{ type filter hook input priority 5; policy drop; }}'; "
            "nft add rule inet t f iifname lo accept"
        ),
        "nft delete table inet t",
        {},
    ),
    "a table that is asleep": (
        (
            "nft add table inet t '{{ flags dormant; }}'; "
            "nft add chain inet t f '{{ type filter hook forward priority 5; policy drop; }}'"
        ),
        "nft delete table inet t",
        {},
    ),
    "a table of the other family": (
        "nft add table ip6 t; nft add chain ip6 t f '{{ type filter hook forward priority 5; policy drop; }}'",
        "nft delete table ip6 t",
        {(SECOND, "ip6 t f"): "pass"},
    ),
    "a set of bridges, and a map of verdicts": (
        (
            "nft -f - <<'X'\ntable inet t {{\n"
            ' set s {{ type ifname; flags interval; elements = {{ "docker0", "br-*" }}; }}\n'
            ' map m {{ type ifname : verdict; elements = {{ "docker0" : jump in, "{app}" : accept, "{bare}" : accept,'
            ' "{wide}" : accept }}; }}\n chain in {{ ct state vmap {{ established : accept, related : accept }}; }}\n'
            " chain f {{ type filter hook forward priority 5; policy drop; iifname @s accept; oifname vmap @m; }}\n"
            "}}\nX"
        ),
        "nft delete table inet t",
        {(SECOND, "inet t f"): "pass"},
    ),
    "subnets are accepted by another chain": (
        (
            "nft -f - <<'X'\ntable ip filter {{\n chain lower {{ ip saddr {{ 10.0.0.0/8, 172.16.0.0/12 }} accept; "
            "ip daddr 172.17.0.1-172.17.255.254 drop; ct state established,related accept; }}\n"
            " chain forward {{ type filter hook forward priority 5; policy drop; jump lower; }}\n}}\nX"
        ),
        "nft delete chain ip filter forward; nft delete chain ip filter lower",
        {(SECOND, "ip filter forward"): "fail"},
    ),
    **{
        f"each of the tables {names} is asked": (
            (
                f"for T in {names}; do nft add table inet $T; "
                "nft add chain inet $T f '{{ type filter hook forward priority 5; policy drop; }}'; done"
            ),
            f"for T in {names}; do nft delete table inet $T; done",
            {(SECOND, f"inet {name} f"): "fail" for name in names.split()},
        )
        for names in ("a b", "a b c d e")
    },
    "a range of other addresses": (
        "iptables -I FORWARD -m iprange --src-range 10.99.0.1-10.99.0.9 -j DROP",
        "iptables -D FORWARD 1",
        {},
    ),
    "the older variant is not installed": (
        "mount --bind /dev/null /usr/sbin/xtables-legacy-multi",
        "umount /usr/sbin/xtables-legacy-multi",
        {(VARIANT, "ipv4"): "skip"},
    ),
    "the older variant has tables that let all pass": (
        "iptables-legacy -A INPUT -p tcp --dport 99 -j DROP",
        "iptables-legacy -F",
        {},
    ),
    "the older variant drops": (
        "iptables-legacy -P FORWARD DROP",
        "iptables-legacy -P FORWARD ACCEPT",
        {
            (VARIANT, "ipv4"): "fail",
            **{(FORWARD, name): "fail" for name in ("bridge", "app", "bare", "wide")},
        },
    ),
    "the older variant has the engine's chains, too": (
        "iptables-legacy -t nat -N DOCKER; iptables-legacy -t nat -A DOCKER -p tcp --dport 80 -j DNAT --to 172.17.0.9",
        "iptables-legacy -t nat -F; iptables-legacy -t nat -X",
        {(VARIANT, "ipv4"): "fail"},
    ),
}


def test_each_change_changes_what_it_concerns_and_nothing_else(plain: State) -> None:
    before = dict(plain.judged("network"))
    names = {
        name: plain.engine.docker("network", "inspect", "-f", "br-{{.Id}}", name)[:15]
        for name in ("app", "bare", "wide")
    }
    told = {}
    for what, (do, undo, wanted) in CHANGES.items():
        plain.sh(do.format(**names))
        try:
            said = plain.judged("network")
        finally:
            plain.sh(undo.format(**names))
        changed = {
            pair: item.outcome
            for pair, item in said.items()
            if (pair not in before or before[pair].outcome != item.outcome) and pair[1] is not None
        }
        if changed != wanted:
            told[what] = {
                "changed": changed,
                "why": {pair: said[pair].reason or said[pair].observed for pair in changed},
            }
    assert told == {}


TUPLE = "### tuple ### allow tcp 8080 0.0.0.0/0 any 0.0.0.0/0 in"


def test_a_published_port_that_ufw_denies_is_open_until_docker_user_drops_it(plain: State) -> None:
    plain.engine.container("-p", "8080:80", "-p", "127.0.0.1:8081:81", name="web")
    ports = ("web 8080/tcp", "web 8081/tcp")

    def said() -> list[str]:
        found = plain.judged("network")
        return [found.of(PUBLISHED).get(port, "absent") for port in ports] + [found.of(RULES)["ip nat"]]

    try:
        assert plain.judged("network").of(PUBLISHED) == {None: "skip"}
        plain.write("/etc/ufw/ufw.conf", "ENABLED=yes\n")
        plain.write("/etc/default/ufw", 'DEFAULT_INPUT_POLICY="DROP"\n')
        plain.write("/etc/ufw/user.rules", "", 0o640)
        assert said() == ["fail", "pass", "pass"]
        plain.sh("iptables -I DOCKER-USER -i up0 -p tcp -m conntrack --ctorigdstport 8080 --ctdir ORIGINAL -j DROP")
        assert said() == ["pass", "pass", "pass"]
        plain.sh("iptables -D DOCKER-USER 1")
        plain.write("/etc/ufw/user.rules", f"{TUPLE}\n", 0o640)
        assert said() == ["pass", "pass", "pass"]
        plain.sh("iptables -t nat -F DOCKER")
        assert said() == ["pass", "pass", "fail"]
    finally:
        plain.engine.docker("rm", "-f", "web")
        plain.sh("rm -rf /etc/ufw /etc/default/ufw")
        plain.engine.restart()
