"""What ``iptables-save`` prints, read by its grammar: tables, chains, and rules that a packet can be asked about.

Source: ``iptables/iptables-save.c`` and the ``save`` of each extension (netfilter's iptables 1.8). Of a rule that has a
match which nobody can decide the other matches still stand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.facts.network import matches
from dockworthy.facts.network.packets import Answer, Chain, Effect, Rule, Verdict
from dockworthy.tables import number

if TYPE_CHECKING:
    from dockworthy.facts.network.packets import Match

__all__ = ["Chains", "Dump", "Table", "read_dump"]

_VERDICTS = {
    **dict.fromkeys(("ACCEPT",), Verdict.ACCEPT),
    **dict.fromkeys(("DROP", "REJECT", "TARPIT", "DELUDE", "STEAL"), Verdict.DROP),
    **dict.fromkeys(("MASQUERADE", "SNAT", "DNAT", "REDIRECT", "NETMAP"), Verdict.TRANSLATE),
    **dict.fromkeys(("RETURN",), Verdict.RETURN),
    **dict.fromkeys(("QUEUE", "NFQUEUE", "SYNPROXY", "MIRROR", "CHAOS"), Verdict.UNKNOWN),
}
# Extensions that write something down, or on the packet, and let it go on.
_PASSING = frozenset(
    {
        *("AUDIT", "CHECKSUM", "CLASSIFY", "CONNMARK", "CONNSECMARK", "CT", "DSCP", "ECN", "HL", "HMARK", "IDLETIMER"),
        *("LED", "LOG", "MARK", "NFLOG", "NOTRACK", "RATEEST", "SECMARK", "SET", "TCPMSS", "TCPOPTSTRIP", "TEE", "TOS"),
        *("TRACE", "TTL", "ULOG"),
    }
)
# Modules that have no question of their own beside the options that follow.
_PLAIN = frozenset(
    {
        *("addrtype", "comment", "conntrack", "icmp", "icmp6", "iprange", "multiport", "physdev", "policy", "state"),
        *("tcp", "udp"),
    }
)
_MOST = 8000  # rules of a chain that are followed
_LOCAL_TYPES = frozenset({"LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "BLACKHOLE", "UNREACHABLE", "PROHIBIT"})


@dataclass(frozen=True, slots=True)
class Table:
    """One table."""

    name: str
    chains: Mapping[str, Chain]
    policies: Mapping[str, str]  # of all chains as printed: ``ACCEPT``, ``DROP``; ``-`` of one's own
    counts: Mapping[str, int]  # of all chains: how many rules each has, also where they were not told
    is_whole: bool  # whether its end was seen

    @property
    def rules(self) -> int:
        """How many rules it has."""
        return sum(self.counts.values())

    @property
    def is_empty(self) -> bool:
        """Whether it lets everything pass and has no rule."""
        return not self.rules and not any(policy == "DROP" for policy in self.policies.values())

    def jumps(self, chain: str) -> frozenset[str]:
        """The chains that one jumps to."""
        found = self.chains.get(chain)
        return frozenset(rule.target for rule in found.rules if rule.target) if found is not None else frozenset()


@dataclass(frozen=True, slots=True)
class Dump:
    """All that one program printed."""

    variant: str  # ``nft`` or ``legacy``; empty where nothing was printed
    tables: Mapping[str, Table] = field(default_factory=dict)
    incompatible: tuple[str, ...] = ()  # tables that another program has written so that this one cannot read them
    has_unread: bool = False  # whether there are tables, and no program that prints them
    has_program: bool = True  # whether there is a program that prints them; without one there may still be no table

    @property
    def is_empty(self) -> bool:
        """Whether nothing in it changes what becomes of a packet."""
        return not self.incompatible and not self.has_unread and all(table.is_empty for table in self.tables.values())


class Chains(Mapping[str, Chain]):
    """The chains of a table, each read when first asked for."""

    __slots__ = ("_cut", "_policies", "_read", "_rules")

    def __init__(self, policies: Mapping[str, str], rules: Mapping[str, list[str]], cut: frozenset[str]) -> None:
        """Take the lines of each chain; `cut` are those of which lines are missing."""
        self._policies = policies
        self._rules = rules
        self._cut = cut
        self._read: dict[str, Chain] = {}

    def __getitem__(self, name: str) -> Chain:
        if name not in self._read:
            policy = {"ACCEPT": Verdict.ACCEPT, "DROP": Verdict.DROP}.get(self._policies[name])
            lines = self._rules.get(name, [])
            rules = tuple(_rule(line, self._policies) for line in lines[:_MOST])
            self._read[name] = Chain(name, policy, rules, name in self._cut or len(lines) > _MOST)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._policies)

    def __len__(self) -> int:
        return len(self._policies)

    def __contains__(self, name: object) -> bool:
        return name in self._policies


def read_dump(text: str) -> Dump:
    """Read what the probe tells of a program's answer."""
    told: dict[str, list[str]] = {"variant": [], "incompatible": [], "tables": []}
    tables: dict[str, Table] = {}
    part = _Part("")
    for line in text.splitlines():
        if line.startswith("*"):
            part.end(tables, is_whole=False)
            part = _Part(line[1:].strip())
        elif line == "COMMIT":
            part.end(tables, is_whole=True)
            part = _Part("")
        elif not part.line(line):
            word, _, rest = line.partition(" ")
            told.setdefault(word, []).append(rest)
    part.end(tables, is_whole=False)
    return Dump("".join(told["variant"][:1]), tables, tuple(told["incompatible"]), bool(told["tables"]))


class _Part:
    """A table while it is read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.policies: dict[str, str] = {}
        self.counts: dict[str, int] = {}
        self.rules: dict[str, list[str]] = {}
        self.cut: set[str] = set()

    def line(self, line: str) -> bool:
        """Take a line of a table; False where it is none."""
        if line.startswith("-A "):
            self.rules.setdefault(line[3:].partition(" ")[0], []).append(line)
        elif line.startswith(":"):
            self._chain(line)
        elif line.startswith("cut "):
            self.cut.add(line[4:])
        else:
            return False
        return True

    def _chain(self, line: str) -> None:
        words = line[1:].split()
        if len(words) > 1:
            self.policies[words[0]] = words[1]
            told = number(words[2]) if len(words) > 2 else None  # noqa: PLR2004 - the third column
            if told is not None:
                self.counts[words[0]] = told

    def end(self, tables: dict[str, Table], *, is_whole: bool) -> None:
        """Put the table among the others, where this is one."""
        if self.name:
            tables[self.name] = self._table(is_whole=is_whole)

    def _table(self, *, is_whole: bool) -> Table:
        for name, lines in self.rules.items():
            self.policies.setdefault(name, "-")
            self.counts[name] = max(self.counts.get(name, 0), len(lines))
        # Of a table whose end was not seen no chain is certain to be whole, and it may have others.
        cut = frozenset(self.cut if is_whole else self.policies)
        return Table(self.name, Chains(self.policies, self.rules, cut), self.policies, self.counts, is_whole)


# --- a rule ------------------------------------------------------------------------------------------------------


def _rule(line: str, chains: Mapping[str, str]) -> Rule:
    words = line.split()
    found: list[Match] = []
    addresses: list[Match] = []
    position, end = 2, len(words)
    negates = False
    while position < end:
        word = words[position]
        position += 1
        if word == "!":
            negates = True
            continue
        if word in {"-j", "-g"}:
            target = words[position] if position < end else ""
            effect = _effect(word, target, chains)
            return Rule(line, (*found, *addresses), effect, target if isinstance(effect, Effect) else "")
        start = position
        while position < end and words[position] != "!" and not _is_option(words[position]):
            position += 1
        values = words[start:position]
        match = _match(word, values)
        if match is not None:
            # Addresses are asked for last: most rules do not match before.
            (addresses if word in {"-s", "-d"} else found).append(matches.negated(match) if negates else match)
        negates = False
    return Rule(line, (*found, *addresses), Effect.NOTHING)


def _is_option(word: str) -> bool:
    return word.startswith("-") and len(word) > 1 and not word[1].isdigit()


def _effect(option: str, target: str, chains: Mapping[str, str]) -> Effect | Verdict:
    if target in chains:
        return Effect.GOTO if option == "-g" else Effect.JUMP
    if target in _PASSING:
        return Effect.NOTHING
    return _VERDICTS.get(target, Verdict.UNKNOWN)


def _match(option: str, values: list[str]) -> Match | None:
    """The question of one option; None where it is none."""
    if option == "-m":
        # Of others the name alone may be a question.
        return None if values and values[0] in _PLAIN else matches.maybe
    if option in {"--comment", "--limit-burst", "--limit-iface-in", "--limit-iface-out"}:
        return None
    read = _OPTIONS.get(option)
    return read(values) if read is not None and values else _BARE.get(option, matches.maybe)


def _names(values: list[str]) -> frozenset[str]:
    return frozenset(values[0].lower().split(","))


def _ports(side: str) -> Callable[[list[str]], Match]:
    def read(values: list[str]) -> Match:
        spans = []
        for part in values[0].split(","):
            first, colon, last = part.partition(":")
            start, end = number(first or "0"), number((last or "65535") if colon else first)
            if start is None or end is None:
                return matches.maybe
            spans.append((start, end))
        return matches.ported(spans, side)

    return read


def _either_port(values: list[str]) -> Match:
    """``--ports``: one of the two."""
    both = [_ports(side)(values) for side in ("source_port", "destination_port")]
    return lambda packet: max((match(packet) for match in both), key=lambda answer: answer.value)


def _flags(values: list[str]) -> Match:
    if len(values) != 2:  # noqa: PLR2004 - the mask, and what is set
        return matches.maybe
    mask, wanted = (() if word == "NONE" else word.split(",") for word in values)
    every = ("FIN", "SYN", "RST", "PSH", "ACK", "URG")
    return matches.flags(every if "ALL" in mask else mask, every if "ALL" in wanted else wanted)


def _type(values: list[str]) -> Match:
    """The sort of an address: what is forwarded is from and to no address of this host's."""
    names = set(values[0].upper().split(","))
    if "UNICAST" in names or "UNSPEC" in names:
        return matches.always
    return matches.never if names <= _LOCAL_TYPES else matches.maybe


def _direction(values: list[str]) -> Match:
    original = values[0] == "ORIGINAL"
    return lambda packet: Answer.of(packet.is_new == original)


def _status(values: list[str]) -> Match:
    """``SEEN_REPLY`` of what answers, ``DNAT`` of what was sent to a published port; of others it is not known."""
    names = _names(values)
    if names == {"dnat"}:
        return lambda packet: Answer.of(bool(packet.published))
    if names <= {"seen_reply", "assured"}:
        return lambda packet: Answer.of(not packet.is_new)
    return matches.maybe


def _published(values: list[str]) -> Match:
    first, colon, last = values[0].partition(":")
    start, end = number(first), number(last if colon else first)
    if start is None or end is None:
        return matches.maybe
    return matches.published(lambda port: start <= port <= end)


def _policy(values: list[str]) -> Match:
    """What is followed is under no policy of IPsec's."""
    return {"none": matches.always, "ipsec": matches.never}.get(values[0], matches.maybe)


_OPTIONS: dict[str, Callable[[list[str]], Match | None]] = {
    "-i": lambda values: matches.interface(values[0], "inbound", "+"),
    "-o": lambda values: matches.interface(values[0], "outbound", "+"),
    "-s": lambda values: matches.addressed(values[0], "source"),
    "-d": lambda values: matches.addressed(values[0], "destination"),
    "--src-range": lambda values: matches.addressed(values[0], "source"),
    "--dst-range": lambda values: matches.addressed(values[0], "destination"),
    "-p": lambda values: matches.protocol(values[0]),
    "--ctstate": lambda values: matches.state(_names(values)),
    "--state": lambda values: matches.state(_names(values)),
    "--ctdir": _direction,
    "--ctstatus": _status,
    "--ctorigdstport": _published,
    "--ctproto": lambda values: matches.protocol(values[0]),
    "--dport": _ports("destination_port"),
    "--dports": _ports("destination_port"),
    "--sport": _ports("source_port"),
    "--sports": _ports("source_port"),
    "--ports": _either_port,
    "--tcp-flags": _flags,
    "--icmp-type": lambda _values: matches.never,
    "--icmpv6-type": lambda _values: matches.never,
    "--src-type": _type,
    "--dst-type": _type,
    "--pol": _policy,
    "--dir": lambda _values: None,
}
# Options that have no value: a packet that is a later piece of another; one that goes from port to port of a bridge.
_BARE: dict[str, Match] = {"-f": matches.never, "--physdev-is-bridged": matches.never}
