"""Published ports, and what ufw or firewalld says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.hosts import checks_in, outcomes
from tests.network_host import NETWORKS, container, engine_host, filter_table, nat_table, network, save
from tests.rows import each_of

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts

(PUBLISHED,) = checks_in("network", "published.py").values()
PORT, EVERY = "web 8080/tcp", "0.0.0.0"  # noqa: S104 - it is what an engine says
UFW = "ufw yes DROP DROP yes\n"
DENIED = UFW + "tuple 4 allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in\n"
FIREWALLD = "firewalld yes public\nzone public default\nservice public ssh\nservice-port ssh 22 tcp\n"


WIDE = container((EVERY, "8080"))


def judged(
    firewall: str,
    *containers: dict[str, Any],
    user: tuple[str, ...] = (),
    sections: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str | None, str]:
    """The outcomes, by port; `user` are the rules of DOCKER-USER."""
    params = {key: more.pop(key) for key in ("published_ports_open",) if key in more}
    facts: Facts = engine_host(
        {
            "cmd:host-firewall": firewall,
            "cmd:iptables-save": save(filter_table(user=user), nat_table()),
            **(sections or {}),
        },
        containers=containers or (WIDE,),
        **more,
    )
    return {name: found.outcome for name, found in outcomes(PUBLISHED, facts, **params).items()}


# What the firewall's files say, and whether a stranger comes in past it at port 8080.
FIREWALLS = [
    (DENIED, "fail"),
    (UFW, "fail"),
    (UFW.replace("DROP DROP", "REJECT DROP"), "fail"),
    (UFW.replace("DROP DROP", "ACCEPT DROP"), "pass"),
    (f"{DENIED}tuple 4 allow tcp 8080 0.0.0.0/0 any 0.0.0.0/0 in\n", "pass"),
    (f"{DENIED}tuple 4 limit tcp 8080 0.0.0.0/0 any 0.0.0.0/0 in\n", "pass"),
    (f"{DENIED}tuple 4 allow_log tcp 8080 0.0.0.0/0 any 0.0.0.0/0 in\n", "pass"),
    (f"{DENIED}tuple 4 allow any 8000:8100,22 0.0.0.0/0 any 0.0.0.0/0 in\n", "pass"),
    (f"{DENIED}tuple 4 allow tcp 80 0.0.0.0/0 any 0.0.0.0/0 in\n", "fail"),  # the container's port, not the host's
    (f"{DENIED}tuple 4 allow udp 8080 0.0.0.0/0 any 0.0.0.0/0 in\n", "fail"),
    (f"{DENIED}tuple 4 allow tcp 8080 0.0.0.0/0 any 10.0.0.0/8 in\n", "fail"),  # to some alone
    (f"{DENIED}tuple 4 allow tcp 8080 0.0.0.0/0 any 0.0.0.0/0 in_up0\n", "pass"),
    (f"{DENIED}tuple 4 allow tcp 8080 0.0.0.0/0 any 0.0.0.0/0 in_up1\n", "fail"),
    (f"{DENIED}tuple 4 allow tcp 8080 0.0.0.0/0 any 0.0.0.0/0 out\n", "fail"),
    (f"{DENIED}tuple 4 allow tcp 8080 192.0.2.2 any 0.0.0.0/0 in\n", "pass"),
    (f"{DENIED}tuple 4 allow tcp 8080 192.0.2.9 any 0.0.0.0/0 in\n", "fail"),
    (f"{DENIED}tuple 6 allow tcp 8080 ::/0 any ::/0 in\n", "fail"),  # of the other family
    (f"{DENIED}tuple 4 route:allow tcp 80 0.0.0.0/0 any 0.0.0.0/0 in_up0\n", "fail"),  # which is not chained from it
    (
        f"{UFW}tuple 4 deny any any 0.0.0.0/0 any 0.0.0.0/0 in\ntuple 4 allow tcp 8080 0.0.0.0/0 any 0.0.0.0/0 in\n",
        "fail",
    ),
    (f"{UFW}unread 4\nunread 6\n", "error"),
    (FIREWALLD, "fail"),
    (f"{FIREWALLD}port public 8080 tcp\n", "pass"),
    (f"{FIREWALLD}port public 8000-8100 tcp\n", "pass"),
    (f"{FIREWALLD}port public 8080 udp\n", "fail"),
    (f"{FIREWALLD}service public web\nservice-port web 8080 tcp\n", "pass"),
    (f"{FIREWALLD}service public web\nunread web\n", "error"),
    (f"{FIREWALLD}rich public\n", "error"),
    (f"{FIREWALLD}protocol public tcp\n", "pass"),
    (f"{FIREWALLD}protocol public udp\n", "fail"),
    (f"{FIREWALLD}beside direct\n", "error"),
    (f"{FIREWALLD}beside policy\n", "error"),
    (f"{FIREWALLD}beside policy\nport public 8080 tcp\n", "pass"),
    (f"{FIREWALLD}zone all ACCEPT\nsource all 0.0.0.0/0\n", "pass"),
    (f"{FIREWALLD}zone lan ACCEPT\nsource lan 10.0.0.0/8\n", "fail"),
    (FIREWALLD.replace("zone public default", "zone public ACCEPT"), "pass"),
    (f"{FIREWALLD}zone open ACCEPT\ninterface open up0\n", "pass"),
    (f"{FIREWALLD}zone open ACCEPT\ninterface open up1\n", "fail"),
    ("firewalld yes public\nunread public\n", "error"),
    (FIREWALLD + UFW + "tuple 4 allow tcp 8080 0.0.0.0/0 any 0.0.0.0/0 in\n", "fail"),  # the other of two
]


@each_of(("firewall", "expected"), FIREWALLS)
def test_a_port_that_the_firewall_denies_and_the_engine_opens_is_found(firewall: str, expected: str) -> None:
    assert judged(firewall) == {PORT: expected}


@each_of("firewall", ["", "ufw no DROP DROP yes\n", "firewalld no public\nzone public default\n"])
def test_without_a_firewall_nobody_believes_that_a_port_is_closed(firewall: str) -> None:
    assert judged(firewall) == {None: "skip"}


def test_a_firewall_that_was_not_looked_at_leaves_it_undecided() -> None:
    assert judged("", sections={"cmd:host-firewall": 63}) == {None: "error"}
    assert judged(DENIED, sections={"cmd:iptables-save": 13, "cmd:iptables-other-save": 13}) == {PORT: "error"}


@each_of(
    ("rules", "expected"),
    [
        (("-i up0 -j DROP",), "pass"),
        (("-i up0 ! -s 10.0.0.0/8 -j DROP",), "pass"),
        (("-i up0 -s 10.0.0.0/8 -j DROP",), "fail"),  # drops some, and no stranger
        (("-i up0 -p tcp -m conntrack --ctorigdstport 8080 --ctdir ORIGINAL -j DROP",), "pass"),
        (("-i up0 -p tcp -m tcp --dport 80 -j REJECT",), "pass"),
        (("-i up0 -p tcp -m tcp --dport 8080 -j DROP",), "fail"),  # it is 80 by then
        (("-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN", "-i up0 -j DROP"), "pass"),
        (("-i up0 -m set --match-set REDACTED src -j DROP",), "error"),
        (("-i up0 -m set --match-set REDACTED src -j ACCEPT", "-i up0 -j DROP"), "error"),
        (("-i up1 -j DROP",), "fail"),
    ],
)
def test_a_drop_in_docker_user_closes_it(rules: tuple[str, ...], expected: str) -> None:
    assert judged(DENIED, user=rules) == {PORT: expected}


def test_firewalld_may_drop_what_the_engine_forwards() -> None:
    strict = (
        "table inet firewalld {\nchain filter_FORWARD {\ntype filter hook forward priority 10; policy accept;\n"
        'ct state established,related accept\niifname "docker0" accept\nreject with icmpx admin-prohibited\n}\n}\n'
    )
    assert judged(FIREWALLD, sections={"cmd:nft-ruleset": strict}) == {PORT: "pass"}
    lenient = strict.replace("reject with", "ct status dnat accept\nreject with")
    assert judged(FIREWALLD, sections={"cmd:nft-ruleset": lenient}) == {PORT: "fail"}


def test_what_no_stranger_reaches_is_no_fault() -> None:
    assert judged(DENIED, container(("127.0.0.1", "8080"))) == {PORT: "pass"}
    assert judged(DENIED, container(("192.0.2.2", "8080"))) == {PORT: "fail"}
    assert judged(DENIED, config='{"iptables": false}') == {PORT: "pass"}  # docker-proxy listens, as any program
    assert judged(DENIED, container()) == {None: "skip"}


def test_ports_of_ipv6_are_led_past_it_only_where_the_engine_makes_rules_for_ipv6() -> None:
    both = container((EVERY, "8080"), ("::", "8080"))
    open_on_four = f"{DENIED}tuple 4 allow tcp 8080 0.0.0.0/0 any 0.0.0.0/0 in\n"
    assert judged(open_on_four, both) == {PORT: "pass"}
    six = container((EVERY, "8080"), ("::", "8080"), six="fd00:1::2")
    config = '{"ipv6": true, "experimental": true, "ip6tables": true, "fixed-cidr-v6": "fd00:1::/64"}'
    networks = (network("bridge", "172.17.0.0/16", "bridge", "fd00:1::/64"),)
    assert judged(open_on_four, six, networks=networks, config=config) == {PORT: "fail"}
    assert judged(
        f"{open_on_four}tuple 6 allow tcp 8080 ::/0 any ::/0 in\n", six, networks=networks, config=config
    ) == {PORT: "pass"}
    assert judged(open_on_four, six, networks=networks) == {PORT: "pass"}


def test_what_the_profile_declares_is_meant() -> None:
    assert judged(DENIED, published_ports_open={"w*": ("8080",)}) == {PORT: "pass"}
    assert judged(DENIED, published_ports_open={"w*": ("8080/udp",)}) == {PORT: "fail"}
    assert judged(DENIED, published_ports_open={"db": ("8080",)}) == {PORT: "fail"}


def test_each_port_of_each_container_is_told_by_its_name() -> None:
    more = container((EVERY, "53"), name="dns", pid=201, inside="53/udp")
    assert judged(DENIED, WIDE, more) == {PORT: "fail", "dns 53/udp": "fail"}
    stopped = {**container((EVERY, "9"), name="old"), "State": {"Status": "exited", "Running": False, "Pid": 0}}
    assert judged(DENIED, WIDE, stopped, networks=NETWORKS) == {PORT: "fail"}
