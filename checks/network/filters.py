"""The host's packet filter: whether the engine's rules are in it, and whether it lets containers' packets pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.check import check, expect, fix_with, instances, not_applicable, not_decided
from dockworthy.evidence import Code, Evidence, NotApplicable, NotDecided, Reason, known, unknown
from dockworthy.facts.api.networks import Network
from dockworthy.facts.facts import Facts
from dockworthy.facts.network.bridges import BridgeNetwork, end_where_not_judged, networks_judged
from dockworthy.facts.network.filters import (
    FAMILIES,
    NOT_WHOLE,
    PacketFilter,
    Passage,
    dropped,
    families_of,
    inside,
    makes_rules,
    uplink,
    ways,
)
from dockworthy.facts.network.hooks import hooks, missing, missing_of_nft, published
from dockworthy.facts.network.packets import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dockworthy.facts.network.iptables import Dump
    from dockworthy.facts.network.nft import Base, NftTable

RESTART = "systemctl restart docker.service"
NETWORKS = instances("network", networks_judged, none="the engine has no network")


# --- the engine's own rules --------------------------------------------------------------------------------------


def _tables(facts: Facts, _params: object) -> Mapping[str, tuple[int, str]]:
    end_where_not_judged(facts)
    return {f"{name} {table}": (family, table) for family, name in FAMILIES.items() for table in ("nat", "filter")}


@check(
    "network.engine-rules-present",
    severity="high",
    refs=["moby:libnetwork/drivers/bridge/internal/iptabler/iptabler.go"],
    fix=f"{RESTART}\n# Containers stay up meanwhile where live-restore is on. Then let the tool that flushed the rules "
    "flush its own table only.",
    each=instances("table", _tables, none="there is no table"),
)
def check_engine_rules_present(table: tuple[int, str], facts: Facts) -> None:
    """The engine's rules are still in the packet filter.

    The engine makes its chains when it starts and never looks again. Whoever flushes or restores the rules of the whole
    host takes them away: published ports lead nowhere, and containers no longer reach anything, while the engine says
    that all is well. Chains that nothing jumps to are as good as none.
    """
    family, name = table
    if not makes_rules(facts, family).value:
        not_applicable(f"the engine makes no rules for IPv{family}")
    bridges = [one for one in facts.bridge_networks.known_ones if family in families_of(one)]
    if not bridges and facts.bridge_networks.failure is not None:
        raise NotDecided(facts.bridge_networks.failure, facts.bridge_networks.source)
    if not bridges:
        not_applicable(f"no bridge network has addresses of IPv{family}")
    packets: PacketFilter = facts.packet_filter
    if packets.backend == "nftables":
        expect(packets.ruleset.map(lambda found: missing_of_nft(found, family, name))).is_empty()
        return
    wanted = hooks(facts, family, name, bridges)
    ports = published(facts, bridges) if (FAMILIES[family], name) == ("ip", "nat") else []
    # The engine's rules may lie in the variant that iptables was when it started.
    found = [
        one.then(lambda seen, source=one.source: missing(seen, wanted, ports, source))  # type: ignore[misc]
        for one, _ in packets.table(family, name)
    ]
    whole = next((one for one in found if one.get(["unknown"]) == []), None)
    expect(whole if whole is not None else found[0]).is_empty()


@check(
    "network.masquerade-present",
    severity="high",
    refs=["moby:libnetwork/drivers/bridge/internal/iptabler/network.go"],
    fix=RESTART,
    each=NETWORKS,
)
def check_masquerade_present(network: Network, facts: Facts) -> None:
    """Each network that is to reach outside has its masquerade rule.

    Addresses of containers are private: nobody outside knows the way back to them. Without the rule by which a packet
    leaves under the host's own address, containers send and never get an answer.
    """
    bridge = _bridge(facts, network)
    if bridge.is_internal:
        not_applicable("the network is internal: nothing leaves it")
    if not bridge.masquerades:
        not_applicable("the network is declared not to masquerade")
    families = [
        family
        for family in families_of(bridge)
        if bridge.gateway_mode(family) not in {"routed", "isolated"} and makes_rules(facts, family).value
    ]
    if not families:
        not_applicable("the engine is not to masquerade what leaves it")
    for family in families:
        outside = uplink(facts.routes, family).get("")
        for packet in ways(bridge, family, outside):
            if packet.is_new:
                passages = list(facts.packet_filter.translating(packet))
                expect(_translated(passages, family)).satisfies(
                    bool, f"a MASQUERADE or SNAT rule for {packet.source} that is reached"
                )


def _translated(passages: list[Passage], family: int) -> Evidence[str]:
    """The rule that gives a packet the host's address; empty where none does."""
    source = f"{FAMILIES[family]} nat POSTROUTING"
    doubt: Passage | None = None
    for passage in passages:
        if passage.verdict is Verdict.TRANSLATE:
            return known(passage.by, passage.where)
        if doubt is None and passage.verdict is Verdict.UNKNOWN:
            doubt = passage
    if doubt is None:
        return known("", source)
    if not doubt.walk.is_known:
        return unknown(doubt.walk.unknown or "", doubt.walk.source)
    return unknown(Reason(f"it depends on what is not seen here: {doubt.by}", Code.AMBIGUOUS), doubt.where)


def _bridge(facts: Facts, network: Network) -> BridgeNetwork:
    """The network as the host's bridge.

    Raises:
        NotApplicable: for one of another driver.
    """
    bridge: BridgeNetwork | None = facts.bridge_networks.find(network.id)
    if bridge is None:
        raise NotApplicable(f"a network of the driver {network.driver} has no rules of this kind")
    return bridge


# --- whether packets pass ----------------------------------------------------------------------------------------


@check(
    "network.forward-accepted",
    severity="critical",
    refs=["moby:libnetwork/drivers/bridge/setup_ip_forwarding.go"],
    fix="iptables -I DOCKER-USER -i BRIDGE -j ACCEPT  # only after reading what drops\n"
    "# From 28.0 on ip-forward-no-drop keeps the engine from setting the policy DROP.",
    each=NETWORKS,
)
def check_forward_accepted(network: Network, facts: Facts) -> None:
    """Packets of a container are not dropped between bridge and uplink.

    A packet of a container to the outside, and the answer to it, are followed through the FORWARD chains of both
    variants of iptables as they stand. The policy DROP alone is no fault: the engine sets it itself, and accepts what
    is its own. A rule before that, or a policy without the engine's rules, cuts every container off.
    """
    bridge = _bridge(facts, network)
    packets: PacketFilter = facts.packet_filter
    if bridge.is_internal:
        not_applicable("the network is internal: nothing leaves it")
    if packets.backend == "nftables" and _is_without_filter(packets):
        not_applicable("the engine makes its rules by nftables, and the tables of iptables are empty")
    outsides = {family: uplink(facts.routes, family) for family in families_of(bridge)}
    if not any(found.value for found in outsides.values()):
        not_applicable("the host has no default route")
    for family, found in outsides.items():
        if not found.value:
            continue
        for packet in ways(bridge, family, found.value):
            passages = (
                passage
                for table in ("mangle", "filter", "security")
                for passage in packets.of_iptables(packet, table, "FORWARD")
            )
            drop = dropped(passages)
            if drop.get(None) is not None:
                fix_with(_accepting(drop.get(None), bridge, found.value))
            way = f"{packet.inbound} to {packet.outbound}"
            expect(drop, shown=_shown).satisfies(lambda one: one is None, f"nothing drops what goes from {way}")


def _is_without_filter(packets: PacketFilter) -> bool:
    return all(
        found.is_known and (found.value is None or found.value.is_empty)
        for family in FAMILIES
        for found, _ in packets.table(family, "filter")
    )


def _shown(passage: Passage | None) -> str:
    return "nothing drops it" if passage is None else f"dropped by: {passage.by}"


def _accepting(passage: Passage | None, bridge: BridgeNetwork, outside: str) -> str:
    """The commands that let the network's packets pass the table in which they are dropped."""
    if passage is None or not passage.program:
        return ""
    table = passage.where.split()[1]
    insert = f"{passage.program}{'' if table == 'filter' else f' -t {table}'} -I FORWARD"
    answers = "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
    return "\n".join(
        (
            f"# Dropped by: {passage.by} ({passage.where}). Only after it is known who wants that, and why:",
            f"{insert} -i {bridge.interface} -o {outside} -j ACCEPT",
            f"{insert} -i {outside} -o {bridge.interface} {answers}",
            "# and keep them where the firewall keeps its rules, so that they are there after a reboot.",
        )
    )


def _foreign(facts: Facts, _params: object) -> Mapping[str, tuple[NftTable, Base] | None]:
    end_where_not_judged(facts)
    ruleset = facts.packet_filter.ruleset
    if ruleset.unknown is not None:
        raise NotDecided(ruleset.unknown, ruleset.source)
    if not ruleset.value.is_supported:
        raise NotApplicable("the kernel has no nftables in use")
    found: dict[str, tuple[NftTable, Base] | None] = {
        f"{table.family} {table.name} {base.chain}": (table, base) for table, base in facts.packet_filter.foreign()
    }
    if ruleset.value.is_cut:
        found["(others)"] = None
    return found


@check(
    "network.no-second-firewall-drop",
    severity="critical",
    refs=["moby:libnetwork/drivers/bridge/internal/nftabler/nftabler.go"],
    fix='nft insert rule inet TABLE CHAIN iifname "docker0" accept\n'
    'nft insert rule inet TABLE CHAIN oifname "docker0" ct state established,related accept',
    each=instances("base", _foreign, none="nftables have no other chain that forwarded packets come to"),
)
def check_no_second_firewall_drop(base: tuple[NftTable, Base] | None, facts: Facts) -> None:
    """No other nftables table drops what the engine accepts.

    Each chain at the forward hook is asked, whatever its priority: what one table accepts, another may still drop. The
    engine's rules accept its bridges in its own tables alone.
    """
    if base is None:
        raise NotDecided(Reason("not all tables were told", Code.TRUNCATED), facts.packet_filter.ruleset.source)
    table, chain = base
    bridges = [one for one in facts.bridge_networks.known_ones if not one.is_internal]
    if not bridges and facts.bridge_networks.failure is not None:
        raise NotDecided(facts.bridge_networks.failure, facts.bridge_networks.source)
    if not bridges:
        not_applicable("no bridge network leads outside")
    names: list[BridgeNetwork] = []
    by = ""
    doubt: Evidence[Passage | None] | None = None
    for bridge in bridges:
        packets = _packets_at(table, bridge, facts)
        drop = dropped(facts.packet_filter.passage(table, chain, packet) for packet in packets)
        passage = drop.get(None)
        if passage is not None:
            names.append(bridge)
            by = by or passage.by
        elif not drop.is_known:
            doubt = doubt or drop
    if not names and doubt is not None:
        raise NotDecided(doubt.unknown or "", doubt.source)
    where = f"nft list ruleset: {table.family} {table.name} {chain.chain}"
    if names:
        fix_with("\n".join(_nft_accepting(table, chain, bridge) for bridge in names))
        expect([f"{bridge.interface}: dropped by: {by}" for bridge in names], where).is_empty()
    expect([], where).is_empty()


def _packets_at(table: NftTable, bridge: BridgeNetwork, facts: Facts) -> Iterator[Any]:
    if table.family == "bridge":
        yield from inside(bridge) if bridge.icc else ()
        return
    for family in families_of(bridge):
        if table.is_for(family):
            yield from ways(bridge, family, uplink(facts.routes, family).get(""))


def _nft_accepting(table: NftTable, base: Base, bridge: BridgeNetwork) -> str:
    insert = f"nft insert rule {table.family} {table.name} {base.chain}"
    if table.family == "bridge":
        return f'{insert} meta ibrname "{bridge.interface}" accept'
    return (
        f'{insert} iifname "{bridge.interface}" accept\n'
        f'{insert} oifname "{bridge.interface}" ct state established,related accept'
    )


# --- two variants ------------------------------------------------------------------------------------------------


def _variants(facts: Facts, _params: object) -> Mapping[str, int]:
    end_where_not_judged(facts)
    return {f"ipv{family}": family for family in FAMILIES}


@check(
    "network.one-iptables-variant",
    severity="high",
    refs=["moby:libnetwork/iptables/iptables.go"],
    fix="update-alternatives --set iptables /usr/sbin/iptables-nft\n"
    "update-alternatives --set ip6tables /usr/sbin/ip6tables-nft\n"
    "iptables-legacy -F; iptables-legacy -X; iptables-legacy -t nat -F; iptables-legacy -t nat -X\n"
    f"iptables-legacy -P FORWARD ACCEPT\n{RESTART}",
    each=instances("family", _variants, none="there is no family"),
)
def check_one_iptables_variant(family: int, facts: Facts) -> None:
    """Rules do not lie in both iptables variants.

    The kernel asks the tables of iptables-legacy and of iptables-nft, and each program sees its own alone. Rules of the
    engine that were left in the one it no longer uses publish ports that are gone; a firewall in the other drops what
    the engine accepts.
    """
    packets: PacketFilter = facts.packet_filter
    own, other = packets.own[family], packets.other[family]
    if own.is_known and other.is_known and not other.value.has_program and not other.value.has_unread:
        not_applicable("only one variant is installed, and the other has no tables")
    found = [(dump, program) for dump, program, _ in packets.dumps(family)]
    for dump, program, is_whole in packets.dumps(family):
        if dump.value.has_unread:
            not_decided(f"it has tables, and {program}-save, which prints them, is not installed", program)
        if dump.value.is_empty and not is_whole:
            raise NotDecided(NOT_WHOLE, program)
    used = {program: dump.value for dump, program in found if not dump.value.is_empty}
    if len(used) < len(found):
        expect(list(used), "the rules of both variants").satisfies(
            lambda programs: len(programs) < len(found), "rules in one variant at most"
        )
        return
    program = found[1][1]
    fix_with(_emptied(used[program], program))
    stale = [program for program, one in used.items() if _has_chains(one)]
    expect(stale, "chains of the engine's").satisfies(
        lambda programs: len(programs) < len(found), "chains of the engine's in one variant at most"
    )
    for program in used:
        if program not in stale:
            for bridge in facts.bridge_networks.known_ones:
                _expect_passing(facts, bridge, family, program)


def _emptied(dump: Dump, program: str) -> str:
    """The commands that empty the variant that iptables is not, and have the engine make its rules in the other."""
    lines = ["# Whatever of this is to stay has to be told to iptables first: it is lost here."]
    for table in dump.tables.values():
        lines += [
            f"{program} -t {table.name} -P {chain} ACCEPT"
            for chain, policy in table.policies.items()
            if policy == "DROP"
        ]
        lines += [f"{program} -t {table.name} -F", f"{program} -t {table.name} -X"]
    return "\n".join([*lines, RESTART])


def _expect_passing(facts: Facts, bridge: BridgeNetwork, family: int, program: str) -> None:
    """Demand that one variant drops nothing of a network's."""
    if bridge.is_internal or family not in families_of(bridge):
        return
    packets: PacketFilter = facts.packet_filter
    for packet in ways(bridge, family, uplink(facts.routes, family).get("")):
        passages = (
            passage
            for table in ("mangle", "filter", "security")
            for passage in packets.of_iptables(packet, table, "FORWARD")
            if passage.program == program
        )
        expect(dropped(passages), shown=_shown).satisfies(
            lambda one: one is None, f"{program} drops nothing of {bridge.interface}"
        )


def _has_chains(dump: Dump) -> bool:
    return any(name.startswith("DOCKER") for table in dump.tables.values() for name in table.chains)
