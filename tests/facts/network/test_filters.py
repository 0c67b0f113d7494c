"""Rules of iptables and nftables, asked about a packet: which it meets, and where nobody can tell."""

from __future__ import annotations

import ipaddress
import time
from dataclasses import replace

from dockworthy.facts.network.iptables import read_dump
from dockworthy.facts.network.nft import read_ruleset
from dockworthy.facts.network.packets import Packet, Walk, walk
from tests.rows import each_of

SUBNET = ipaddress.ip_network("172.17.0.0/16")
SUBNET_6 = ipaddress.ip_network("fd00:1::/64")
OUT = Packet(4, "docker0", "up0", SUBNET, None)
BACK = Packet(4, "up0", "docker0", None, SUBNET, 443, 0, is_new=False)
OUT_6 = Packet(6, "docker0", "up0", SUBNET_6, None)
CONTAINER = ipaddress.ip_network("172.17.0.2/32")
PUBLISHED = Packet(4, "up0", "docker0", None, CONTAINER, 0, 80, published=8080)


def of_iptables(packet: Packet, *rules: str, policy: str = "ACCEPT", more: str = "") -> Walk:
    """What a packet meets in a table of these rules."""
    lines = "".join(f"-A {rule if rule[0].isalpha() else f'FORWARD {rule}'}\n" for rule in rules)
    chains = "".join(f":{name} - 0\n" for name in ("A", "B"))
    dump = read_dump(f"variant nft\n*filter\n:FORWARD {policy} 0\n{chains}{lines}{more}COMMIT\n")
    return walk(dump.tables["filter"].chains, "FORWARD", packet)


YES, NO, MAYBE = "drop", "accept", "unknown"
# What stands before `-j DROP`, and whether it is the packet's: of one that leaves the bridge, and of one that answers.
MATCHES = [
    ("", YES, YES),
    ("-i docker0", YES, NO),
    ("! -i docker0", NO, YES),
    ("-i docker0 -o up0", YES, NO),
    ("-i docker+ -o up+", YES, NO),
    ("-i docker+ ! -o up+", NO, NO),
    ("-i docker", NO, NO),
    ("-o +", YES, YES),
    ("-s 172.17.0.0/16", YES, NO),
    ("-s 172.16.0.0/12", YES, NO),
    ("-s 172.16.0.0/255.240.0.0", YES, NO),
    ("-s 172.16.0.0/255.0.255.0", MAYBE, MAYBE),
    ("-s 0.0.0.0/0", YES, YES),
    ("-s 10.0.0.0/8", NO, NO),
    ("! -s 10.0.0.0/8", YES, YES),
    ("-s 172.17.0.9/32", NO, NO),  # one container's own
    ("! -s 172.17.0.9/32", YES, YES),
    ("-s 172.17.0.0/24", MAYBE, NO),  # as many as there may be
    ("-d 10.0.0.0/8", NO, NO),  # a stranger is in no network that is named
    ("! -d 10.0.0.0/8", YES, YES),
    ("-d 224.0.0.0/4", NO, NO),
    ("-d 0.0.0.0/1", MAYBE, NO),
    ("-m iprange --src-range 172.17.0.1-172.17.255.254", YES, NO),  # all that a container can have
    ("-m iprange --src-range 172.17.0.2-172.17.0.200", MAYBE, NO),
    ("-m iprange --src-range 172.16.0.0-172.31.255.255", YES, NO),
    ("-p tcp", YES, YES),
    ("-p 6", YES, YES),
    ("-p udp", NO, NO),
    ("! -p icmp", YES, YES),
    ("-p icmp -m icmp --icmp-type 8", NO, NO),
    ("-p tcp -m tcp --dport 25", NO, NO),
    ("-p tcp -m tcp --dport 443", YES, NO),
    ("-p tcp -m tcp ! --dport 25", YES, YES),
    ("-p tcp -m tcp --sport 443", NO, YES),
    ("-p tcp -m multiport --dports 25,80,400:500", YES, NO),
    ("-p tcp -m multiport ! --dports 25,80", YES, YES),
    ("-p tcp -m multiport --ports 443", YES, YES),
    ("-p tcp -m tcp --sport 1024:65535", YES, NO),
    ("-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN", YES, NO),
    ("-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN", NO, YES),
    ("-m conntrack --ctstate NEW", YES, NO),
    ("-m conntrack --ctstate RELATED,ESTABLISHED", NO, YES),
    ("-m conntrack ! --ctstate RELATED,ESTABLISHED", YES, NO),
    ("-m state --state INVALID", NO, NO),
    ("-m conntrack --ctstate DNAT", NO, NO),
    ("-m conntrack --ctdir ORIGINAL", YES, NO),
    ("-m addrtype --dst-type LOCAL", NO, NO),
    ("-m addrtype ! --dst-type LOCAL", YES, YES),
    ("-m addrtype --dst-type MULTICAST", NO, NO),
    ("-m physdev --physdev-is-bridged", NO, NO),
    ("-m physdev ! --physdev-is-bridged", YES, YES),
    ("-m policy --dir out --pol ipsec", NO, NO),
    ("-m policy --dir out --pol none", YES, YES),
    ("-f", NO, NO),
    ("-m comment --comment REDACTED", YES, YES),
    # what nobody can tell
    ("-m mark --mark 0x7", MAYBE, MAYBE),
    ("-m set --match-set REDACTED src", MAYBE, MAYBE),
    ("-m limit --limit REDACTED", MAYBE, MAYBE),
    ("-m time --timestart REDACTED", MAYBE, MAYBE),
    ("-m owner --uid-owner REDACTED", MAYBE, MAYBE),
    ("-m string --string REDACTED --algo REDACTED", MAYBE, MAYBE),
    ("-m cgroup", MAYBE, MAYBE),
    ("-m invented --with REDACTED", MAYBE, MAYBE),
    # a part that is certainly not so decides
    ("-m mark --mark 0x7 -i lxdbr0", NO, NO),
    ("-i lxdbr0 -m set --match-set REDACTED src", NO, NO),
]


@each_of(("match", "out", "back"), MATCHES)
def test_a_rule_of_iptables_is_the_packets_by_all_that_it_asks(match: str, out: str, back: str) -> None:
    found = [of_iptables(packet, f"{match or '-m comment'} -j DROP").verdict.value for packet in (OUT, BACK)]
    assert found == [out, back]


WALKS: list[tuple[tuple[str, ...], str, str]] = [
    (("-j ACCEPT", "-j DROP"), "ACCEPT", "accept"),
    (("-j DROP", "-j ACCEPT"), "ACCEPT", "drop"),
    ((), "DROP", "drop"),
    (("-i docker0 -j ACCEPT",), "DROP", "accept"),
    (("-j REJECT --reject-with icmp-port-unreachable",), "ACCEPT", "drop"),
    (("-j LOG --log-prefix REDACTED", "-j MARK --set-xmark REDACTED"), "ACCEPT", "accept"),
    (("-j A", "A -j RETURN", "-j DROP"), "ACCEPT", "drop"),
    (("-j A", "A -j ACCEPT", "-j DROP"), "ACCEPT", "accept"),
    (("-g A", "A -p udp -j DROP", "-j DROP"), "ACCEPT", "accept"),  # after a chain that one goes to comes the policy
    (("-j A", "A -g B", "B -p udp -j DROP", "A -j DROP", "-j ACCEPT"), "DROP", "accept"),
    (("-j A", "A -j B", "B -j DROP", "-j ACCEPT"), "ACCEPT", "drop"),
    (("-j NFQUEUE --queue-num 0",), "ACCEPT", "unknown"),
    (("-j SOMEBODYS",), "ACCEPT", "unknown"),
    (("-j A", "A -j A"), "ACCEPT", "unknown"),
    # both ways lead to the same
    (("-m mark --mark 0x1 -j ACCEPT", "-i docker0 -j ACCEPT"), "DROP", "accept"),
    (("-m mark --mark 0x1 -j ACCEPT",), "ACCEPT", "accept"),
    (("-m mark --mark 0x1 -j LOG",), "ACCEPT", "accept"),
    (("-m mark --mark 0x1 -j A", "A -j RETURN"), "ACCEPT", "accept"),
    (("-m mark --mark 0x1 -j RETURN",), "ACCEPT", "accept"),
    # they do not
    (("-m mark --mark 0x1 -j ACCEPT", "-j DROP"), "ACCEPT", "unknown"),
    (("-m mark --mark 0x1 -j A", "A -j DROP"), "ACCEPT", "unknown"),
    # what comes after a certain verdict does not matter
    (("-i docker0 -j ACCEPT", "-m mark --mark 0x1 -j DROP"), "ACCEPT", "accept"),
]


@each_of(("rules", "policy", "verdict"), WALKS)
def test_a_packet_goes_from_rule_to_rule(rules: tuple[str, ...], policy: str, verdict: str) -> None:
    assert of_iptables(OUT, *rules, policy=policy).verdict.value == verdict


def test_what_is_not_known_names_the_rule_on_which_it_depends() -> None:
    found = of_iptables(OUT, "-p udp -j DROP", "-m mark --mark 0x1 -j ACCEPT", policy="DROP")
    assert found.by == "-A FORWARD -m mark --mark 0x1 -j ACCEPT"
    assert of_iptables(OUT, "-i docker0 -j DROP").by == "-A FORWARD -i docker0 -j DROP"
    assert of_iptables(OUT, policy="DROP").by == "the policy drop of chain FORWARD"


def test_a_chain_that_was_cut_off_decides_by_what_is_left_or_not_at_all() -> None:
    assert of_iptables(OUT, "-i docker0 -j ACCEPT", more="cut FORWARD\n").verdict.value == "accept"
    assert of_iptables(OUT, "-p udp -j ACCEPT", more="cut FORWARD\n").verdict.value == "unknown"
    text = "variant nft\n*filter\n:FORWARD ACCEPT 9\n-A FORWARD -p udp -j DROP\n"
    assert walk(read_dump(text).tables["filter"].chains, "FORWARD", OUT).verdict.value == "unknown"


@each_of(
    ("rule", "verdict"),
    [
        ("-p tcp -m tcp --dport 80 -j DROP", "drop"),
        ("-p tcp -m tcp --dport 8080 -j DROP", "accept"),  # the port has been changed to the container's by then
        ("-p tcp -m conntrack --ctorigdstport 8080 --ctdir ORIGINAL -j DROP", "drop"),
        ("-p tcp -m conntrack --ctorigdstport 80 --ctdir ORIGINAL -j DROP", "accept"),
        ("-d 172.17.0.2/32 -j DROP", "drop"),
        ("-d 172.17.0.3/32 -j DROP", "accept"),
        ("-m conntrack --ctstatus DNAT -j DROP", "drop"),
        ("-m conntrack --ctstate DNAT -j DROP", "drop"),
    ],
)
def test_what_was_sent_to_a_published_port_is_known_by_both_ports(rule: str, verdict: str) -> None:
    assert of_iptables(PUBLISHED, rule).verdict.value == verdict


def test_fifty_thousand_rules_take_less_than_a_second_of_the_processor() -> None:
    lines = "".join(f"-A FORWARD -s 10.{i // 250 % 250}.{i % 250}.1/32 -p tcp -j DROP\n" for i in range(50_000))
    begun = time.process_time()
    chains = read_dump(f"variant nft\n*filter\n:FORWARD ACCEPT 0\n{lines}COMMIT\n").tables["filter"].chains
    assert walk(chains, "FORWARD", OUT).verdict.value == "unknown"
    assert len(chains["FORWARD"].rules) < 50_000
    assert time.process_time() - begun < 10


# --- nftables ----------------------------------------------------------------------------------------------------


def of_nft(packet: Packet, *rules: str, policy: str = "accept", sets: str = "", family: str = "inet") -> str:
    """What a packet meets in a chain of these rules."""
    base = f"type filter hook forward priority filter + 10; policy {policy};"
    lines = "\n".join(rules)
    more = 'chain a {\niifname "docker0" return\ndrop\n}\nchain b {\naccept\n}\n'
    found = read_ruleset(f"table {family} t {{\n{sets}{more}chain f {{\n{base}\n{lines}\n}}\n}}\n")
    (table,) = found.tables
    return walk(table.chains, "f", packet).verdict.value


NFT_MATCHES = [
    ("", YES, YES),
    ('iifname "docker0"', YES, NO),
    ('iif "docker0"', YES, NO),
    ('meta iifname "docker0"', YES, NO),
    ('iifname != "docker0"', NO, YES),
    ('iifname "docker*"', YES, NO),
    ('iifname { "lo", "br-*", "docker0" }', YES, NO),
    ('iifname { "lo", "br-*" }', NO, NO),
    ('iifname != { "lo", "br-*" } oifname "up0"', YES, NO),
    ('iifname . oifname { "docker0" . "up0", "up0" . "docker0" }', YES, YES),
    ('iifname . ip saddr { "docker0" . 10.0.0.0/8 }', NO, NO),
    ("iifname @s", YES, NO),
    ("iifname @S0", MAYBE, MAYBE),
    ("ip saddr 172.17.0.0/16", YES, NO),
    ("ip saddr { 10.0.0.0/8, 172.16.0.0/12 }", YES, NO),
    ("ip saddr != 10.0.0.0/8", YES, YES),
    ("ip saddr 172.17.0.9", NO, NO),
    ("ip saddr 172.16.0.0-172.31.255.255", YES, NO),
    ("ip6 saddr ::/0", NO, NO),
    ("ip6 saddr != fd00::/8", NO, NO),
    ("ip daddr @open", MAYBE, MAYBE),
    ("ip daddr @cut", MAYBE, MAYBE),
    ("ip saddr & 255.0.0.0 == 10.0.0.0", MAYBE, MAYBE),
    ("meta nfproto ipv4", YES, YES),
    ("meta nfproto ipv6", NO, NO),
    ("meta protocol ip", YES, YES),
    ("meta l4proto tcp", YES, YES),
    ("meta l4proto { icmp, ipv6-icmp }", NO, NO),
    ("ip protocol udp", NO, NO),
    ("icmp type echo-request", NO, NO),
    ("tcp dport 443", YES, NO),
    ("tcp dport { 25, 400-500 }", YES, NO),
    ("tcp dport != 25", YES, YES),
    ("udp dport 443", NO, NO),
    ("th dport 443", YES, NO),
    ("tcp flags syn / fin,syn,rst,ack", YES, NO),
    ("tcp flags & (fin | syn | rst | ack) == syn", YES, NO),
    ("tcp flags & syn == 0x0", MAYBE, MAYBE),
    ("ct state new", YES, NO),
    ("ct state established,related", NO, YES),
    ("ct state { established, related }", NO, YES),
    ("ct state != { established, related }", YES, NO),
    ("ct state invalid", NO, NO),
    ("ct status dnat", NO, NO),
    ("ct direction original", YES, NO),
    ("ct mark 0x1", MAYBE, MAYBE),
    ("meta mark 0x1", MAYBE, MAYBE),
    ("meta pkttype { broadcast, multicast }", NO, NO),
    ("meta skuid 0", MAYBE, MAYBE),
    ("fib daddr type local", NO, NO),
    ("fib saddr . iif oif missing", MAYBE, MAYBE),
    ("limit rate over 5/second burst 5 packets", MAYBE, MAYBE),
    ("counter packets 1 bytes 2", YES, YES),
    ("counter log level info flags all", YES, YES),
    ("meta mark set 0x1", YES, YES),
    ("update @open { ip saddr timeout 1m }", YES, YES),
    ('xt match "comment"', MAYBE, MAYBE),
    ("invented 5", MAYBE, MAYBE),
    ('meta mark 0x1 iifname "lo"', MAYBE, MAYBE),
    ('iifname "lo" meta mark 0x1', NO, NO),
]
SETS = (
    'set s {\ntype ifname\nflags interval\nelements = { "br-*", "docker0" }\n}\n'
    "set open {\ntype ipv4_addr\nflags dynamic,timeout\nelements = { 10.0.0.1 timeout 5s }\n}\n"
    "set cut {\ntype ipv4_addr\nelements = { CUT }\n}\n"
    'map m {\ntype ifname : verdict\nelements = { "docker0" : jump b, "up0" : goto a }\n}\n'
)


@each_of(("match", "out", "back"), NFT_MATCHES)
def test_a_rule_of_nftables_is_the_packets_by_all_that_it_asks(match: str, out: str, back: str) -> None:
    assert [of_nft(packet, f"{match} drop", sets=SETS) for packet in (OUT, BACK)] == [out, back]


NFT_WALKS: list[tuple[tuple[str, ...], str, str]] = [
    ((), "drop", "drop"),
    (("ct state vmap { established : accept, related : accept, invalid : drop }",), "drop", "drop"),
    (("ct state vmap { established : accept, new : accept }",), "drop", "accept"),
    (("iifname vmap @m",), "drop", "accept"),
    (("oifname vmap @m",), "accept", "accept"),  # the end of a chain that one goes to: what it has is for others
    (('oifname vmap { "up0" : drop }',), "accept", "drop"),
    (('iifname vmap { "lo" : accept, * : drop }',), "accept", "drop"),
    (("iifname vmap @S0",), "accept", "unknown"),
    (("jump a", "drop"), "accept", "drop"),
    (("jump b", "drop"), "accept", "accept"),
    (("goto a", "drop"), "accept", "accept"),
    (("reject with icmpx admin-prohibited",), "accept", "drop"),
    (('log drop comment "x"',), "accept", "drop"),
    (("queue to 0",), "accept", "unknown"),
    (('xt target "LOG"', "accept"), "drop", "unknown"),
    (("continue", "flow add @f", "accept"), "drop", "accept"),
    (("tcp flags syn tcp option maxseg size set rt mtu",), "accept", "accept"),
]


@each_of(("rules", "policy", "verdict"), NFT_WALKS)
def test_a_packet_goes_through_a_chain_of_nftables(rules: tuple[str, ...], policy: str, verdict: str) -> None:
    assert of_nft(OUT, *rules, policy=policy, sets=SETS) == verdict


def test_rules_of_one_family_are_for_its_packets() -> None:
    assert of_nft(OUT_6, "ip saddr 0.0.0.0/0 drop") == "accept"
    assert of_nft(OUT_6, "ip6 saddr fd00::/8 drop") == "drop"
    assert of_nft(OUT_6, "ip6 daddr 2000::/3 drop") == "drop"


def test_in_a_bridge_the_ports_have_names_that_nobody_knows() -> None:
    packet = replace(OUT, inbound="", outbound="", destination=SUBNET, bridge="docker0")
    assert of_nft(packet, 'meta ibrname "docker0" drop', family="bridge") == "drop"
    assert of_nft(packet, 'meta obrname "br-lan" drop', family="bridge") == "accept"
    assert of_nft(packet, 'iifname "veth*" drop', family="bridge") == "drop"
    assert of_nft(packet, 'iifname "vethab12" drop', family="bridge") == "unknown"


def test_a_ruleset_that_breaks_off_is_not_whole() -> None:
    text = 'table inet t {\nchain f {\ntype filter hook forward priority 0; policy accept;\niifname "lo" drop\n'
    found = read_ruleset(text)
    assert found.is_cut
    assert walk(found.tables[0].chains, "f", OUT).verdict.value == "unknown"
    assert read_ruleset(f"{text}}}\n}}\ncut\n").is_cut
    assert not read_ruleset("absent\n").is_supported
