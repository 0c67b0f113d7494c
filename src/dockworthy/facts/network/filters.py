"""The host's packet filter: what it has, and what becomes of a packet of a container on its way.

Each table's base chain at a hook is asked, of both variants of iptables and of nftables: a packet passes where none
drops it. Source: moby ``libnetwork/drivers/bridge`` (``iptabler``, ``nftabler``) and ``libnetwork/firewall_linux.go``;
nft(8), iptables(8).
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Reason, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.facts.network.iptables import Dump, Table, read_dump
from dockworthy.facts.network.nft import read_ruleset
from dockworthy.facts.network.packets import Packet, Verdict, Walk, walk
from dockworthy.snapshot import NO_TOOL

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dockworthy.facts.engine.daemon import DaemonConfig
    from dockworthy.facts.facts import Facts
    from dockworthy.facts.network.bridges import BridgeNetwork
    from dockworthy.facts.network.nft import Base, NftTable, Ruleset
    from dockworthy.facts.network.routes import Routes
    from dockworthy.snapshot import Snapshot

__all__ = [
    "FAMILIES",
    "NFT_TABLE",
    "NOT_WHOLE",
    "PacketFilter",
    "Passage",
    "dropped",
    "families_of",
    "in_effect",
    "inside",
    "makes_rules",
    "packet_filter",
    "uplink",
    "ways",
]

FAMILIES: Mapping[int, str] = {4: "ip", 6: "ip6"}
NFT_TABLE = "docker-bridges"
_FORWARDING = ("mangle", "filter", "security")  # in the kernel's order
_MADE_BY_IPTABLES = frozenset({"filter", "mangle", "nat", "raw", "security"})
_BUILT_IN = frozenset({"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"})
_TOOLS = {"nft": "iptables-nft", "legacy": "iptables-legacy"}
_OTHERS = {"nft": "legacy", "legacy": "nft"}
_HTTPS = 443
_INCOMPATIBLE = Reason("iptables cannot read it, because another program has written to it", Code.MALFORMED)
NOT_WHOLE = Reason("the rules were not told to their end", Code.TRUNCATED)


@dataclass(frozen=True, slots=True)
class Passage:
    """One place that a packet has to pass."""

    where: str  # ``ip filter FORWARD``, with the program of iptables whose it is: ``ip filter FORWARD (iptables-nft)``
    walk: Evidence[Walk]  # what it meets there
    program: str = ""  # the program of iptables whose it is; empty of nftables

    @property
    def verdict(self) -> Verdict:
        """The one verdict, or that it is not known."""
        return self.walk.value.verdict if self.walk.is_known else Verdict.UNKNOWN

    @property
    def by(self) -> str:
        """The rule that decides, or on which it depends, or why that is not known."""
        return self.walk.value.by if self.walk.is_known else str(self.walk.unknown)


@dataclass(frozen=True, slots=True)
class PacketFilter:
    """All that filters packets."""

    own: Mapping[int, Evidence[Dump]]  # by family: the rules of the variant that the engine's iptables is
    other: Mapping[int, Evidence[Dump]]  # those of the other variant
    ruleset: Evidence[Ruleset]  # tables of nftables that none of them has made
    backend: str  # by which the engine makes its rules: ``iptables`` or ``nftables``
    is_whole: Mapping[tuple[int, bool], bool]  # by family and whether it is the other: whether its dump ended well

    def dumps(self, family: int) -> Iterator[tuple[Evidence[Dump], str, bool]]:
        """Both variants: the dump, the program's name, and whether it ended well."""
        mine, others = self.own[family], self.other[family]
        variant = mine.value.variant if mine.is_known else ""
        variant = variant or _OTHERS.get(others.value.variant if others.is_known else "", "nft")
        prefix = "" if family == 4 else "6"  # noqa: PLR2004 - IPv4
        for dump, kind, is_other in ((mine, variant, False), (others, _OTHERS[variant], True)):
            yield dump, _TOOLS[kind].replace("ip", f"ip{prefix}", 1), self.is_whole[family, is_other]

    def table(self, family: int, name: str) -> list[tuple[Evidence[Table | None], str]]:
        """One table in both variants, with the program's name; None where there is certainly none."""
        found = [(_table(dump, name, tool, is_whole=whole), tool) for dump, tool, whole in self.dumps(family)]
        return [(self._by_nft(table, FAMILIES[family], name), tool) for table, tool in found]

    def _by_nft(self, table: Evidence[Table | None], family: str, name: str) -> Evidence[Table | None]:
        """A table that iptables cannot read, because a chain of somebody's is in it: as nftables tell it."""
        if table.unknown is not _INCOMPATIBLE or not self.ruleset.is_known:
            return table
        found = self.ruleset.value.find(family, name)
        if found is None:
            return table
        counts = {chain.name: len(chain.rules) for chain in found.chains.values()}
        policies = {chain.name: "DROP" if chain.policy is Verdict.DROP else "-" for chain in found.chains.values()}
        return known(Table(name, found.chains, policies, counts, is_whole=True), table.source)

    def of_iptables(self, packet: Packet, table: str, start: str) -> Iterator[Passage]:
        """What a packet meets from a base chain of a table on, in both variants."""
        for found, tool in self.table(packet.family, table):
            where = f"{FAMILIES[packet.family]} {table} {start} ({tool})"
            if found.is_known and found.value is None:
                continue
            yield Passage(where, found.then(lambda one: _walked(one, start, packet)).by(where), tool)

    def forwarding(self, packet: Packet) -> Iterator[Passage]:
        """All that a forwarded packet has to pass."""
        yield from chain.from_iterable(self.of_iptables(packet, table, "FORWARD") for table in _FORWARDING)
        yield from self.of_nft(packet)

    def of_nft(self, packet: Packet) -> Iterator[Passage]:
        """The same of tables that neither iptables nor the engine has made."""
        if not self.ruleset.is_known:
            yield Passage("nftables", unknown(self.ruleset.unknown or "", self.ruleset.source))
            return
        for table, base in self.foreign():
            if table.is_for(packet.family):
                yield self.passage(table, base, packet)

    def passage(self, table: NftTable, base: Base, packet: Packet) -> Passage:
        """What a packet meets in one base chain of nftables."""
        where = f"{table.family} {table.name} {base.chain}"
        return Passage(where, known(walk(table.chains, base.chain, packet), f"nft list ruleset: {where}"))

    def foreign(self, hook: str = "forward", kind: str = "filter") -> Iterator[tuple[NftTable, Base]]:
        """The base chains at a hook that neither iptables nor the engine has made."""
        for table in self.ruleset.value.tables:
            for base in table.at(hook, kind):
                if not table.is_dormant and not _is_iptables(table, base) and table.name != NFT_TABLE:
                    yield table, base

    def translating(self, packet: Packet) -> Iterator[Passage]:
        """All that may give a packet another source address, of whomever."""
        yield from self.of_iptables(packet, "nat", "POSTROUTING")
        if not self.ruleset.is_known:
            yield Passage("nftables", unknown(self.ruleset.unknown or "", self.ruleset.source))
            return
        for table in self.ruleset.value.tables:
            for base in table.at("postrouting", "nat"):
                if table.is_for(packet.family) and not _is_iptables(table, base):
                    yield self.passage(table, base, packet)


def _walked(table: Table | None, start: str, packet: Packet) -> Evidence[Walk]:
    if table is None or (start not in table.chains and not table.is_whole):
        return unknown(NOT_WHOLE, start)
    return known(walk(table.chains, start, packet), start)


def _is_iptables(table: NftTable, base: Base) -> bool:
    return table.family in FAMILIES.values() and table.name in _MADE_BY_IPTABLES and base.chain in _BUILT_IN


def _table(dump: Evidence[Dump], name: str, tool: str, *, is_whole: bool) -> Evidence[Table | None]:
    source = f"{tool}-save: table {name}"
    if not dump.is_known:
        return unknown(dump.unknown or "", source)
    found = dump.value
    if name in found.incompatible:
        return unknown(_INCOMPATIBLE, source)
    if found.has_unread:
        return unknown(f"it is there, and {tool}-save, which prints it, is not installed", source, Code.TOOL_MISSING)
    if name not in found.tables and not is_whole:
        return unknown(NOT_WHOLE, source)
    return known(found.tables.get(name), source)


@fact
def packet_filter(snapshot: Snapshot, facts: Facts) -> PacketFilter:
    """The rules and tables of the host's packet filter."""
    own, other, whole = {}, {}, {}
    for family, name in FAMILIES.items():
        own[family], whole[family, False] = _dump(snapshot, f"cmd:{name}tables-save", f"{name}tables-save")
        other[family], whole[family, True] = _other_dump(snapshot, name)
    ruleset, is_all = _content(snapshot, "cmd:nft-ruleset", "nft list ruleset")
    return PacketFilter(
        own, other, ruleset.map(lambda text: read_ruleset(text, is_whole=is_all)), _backend(facts), whole
    )


def _dump(snapshot: Snapshot, section: str, source: str) -> tuple[Evidence[Dump], bool]:
    text, is_whole = _content(snapshot, section, source)
    if text.get("").startswith("variant ") and len(text.value.split()) == 2 and not is_whole:  # noqa: PLR2004
        return unknown(snapshot.text(section).unknown or NOT_WHOLE, source), False  # it failed, and printed nothing
    return text.map(read_dump), is_whole


def _other_dump(snapshot: Snapshot, name: str) -> tuple[Evidence[Dump], bool]:
    """The same of the other variant: where its program is missing, and that is all, the kernel has no table of it."""
    section, source = f"cmd:{name}tables-other-save", f"{name}tables-save of the other variant"
    dump, is_whole = _dump(snapshot, section, source)
    has_own = not _is_missing(snapshot, f"cmd:{name}tables-save")
    if has_own and _is_missing(snapshot, section) and not dump.is_known:
        return known(Dump("", has_program=False), f"{source}, which is not installed"), True
    return dump, is_whole


def _is_missing(snapshot: Snapshot, name: str) -> bool:
    section = snapshot.get(name)
    return section is not None and section.status == NO_TOOL


def _content(snapshot: Snapshot, name: str, source: str) -> tuple[Evidence[str], bool]:
    """What a program printed, also one that did not end well; and whether it did."""
    section = snapshot.get(name)
    if section is not None and section.status and section.data.strip():
        return known(section.text, source), False
    return snapshot.text(name).by(source), section is not None and not section.status


def _backend(facts: Facts) -> str:
    told: str = facts.engine.info.text("FirewallBackend", "Driver", default="").get("")
    return "nftables" if told.startswith("nftables") else "iptables"


# --- the engine's own settings and networks ----------------------------------------------------------------------


def in_effect(facts: Facts, key: str) -> Evidence[Any]:
    """A setting of the engine that runs: rules are made at its start, also where another release is rehearsed."""
    daemon: DaemonConfig = facts.daemon
    return (daemon.replaced or daemon.in_force).setting(key)


def makes_rules(facts: Facts, family: int) -> Evidence[bool]:
    """Whether the engine makes rules for IPv4 (4) or IPv6 (6)."""
    if family == 4:  # noqa: PLR2004 - IPv4
        return in_effect(facts, "iptables").map(bool)
    return in_effect(facts, "ip6tables").map(bool)


def uplink(routes: Routes, family: int) -> Evidence[str]:
    """The interface by which what is for nobody near leaves; empty where there is none.

    Of several default routes it is the one that is taken: with carrier, of the main table, a half of all addresses
    before the whole, of the lowest metric.
    """
    found = sorted(
        routes.defaults(family),
        key=lambda one: (not one.has_carrier, one.table != "main", -one.network.prefixlen, one.metric),
    )
    if not found and routes.links_failure is not None:
        return unknown(routes.links_failure, routes.source)
    return known(found[0].interface if found else "", routes.source)


def families_of(bridge: BridgeNetwork) -> tuple[int, ...]:
    """The families of which a network has addresses."""
    versions = {subnet.version for subnet in bridge.subnets}
    return tuple(family for family, has in ((4, bridge.has_ipv4), (6, bridge.has_ipv6)) if has and family in versions)


def ways(bridge: BridgeNetwork, family: int, outside: str) -> Iterator[Packet]:
    """What has to pass so that a container of the network can ask a stranger: the question, and the answer."""
    for subnet in bridge.subnets:
        if subnet.version == family:
            yield Packet(family, bridge.interface, outside, subnet, None, 0, _HTTPS)
            yield Packet(family, outside, bridge.interface, None, subnet, _HTTPS, 0, is_new=False)


def inside(bridge: BridgeNetwork) -> Iterator[Packet]:
    """What has to pass so that two containers of the network can talk, in the bridge itself."""
    for subnet in bridge.subnets:
        yield Packet(subnet.version, "", "", subnet, subnet, 0, _HTTPS, bridge=bridge.interface)
        yield Packet(subnet.version, "", "", subnet, subnet, _HTTPS, 0, is_new=False, bridge=bridge.interface)


def dropped(passages: Iterable[Passage]) -> Evidence[Passage | None]:
    """The first place that certainly drops the packet; None where none does. Unknown where one may."""
    doubt: Passage | None = None
    for passage in passages:
        if passage.verdict is Verdict.DROP:
            return known(passage, passage.where)
        if doubt is None and passage.verdict not in {Verdict.ACCEPT, Verdict.TRANSLATE}:
            doubt = passage
    if doubt is None:
        return known(None, "the rules of the packet filter")
    if not doubt.walk.is_known:
        return unknown(doubt.walk.unknown or "", doubt.walk.source)
    return unknown(
        Reason(f"whether it drops depends on what is not seen here: {doubt.by}", Code.AMBIGUOUS), doubt.where
    )
