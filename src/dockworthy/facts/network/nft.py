"""What ``nft list`` prints, read by its grammar: tables, sets, chains, and rules that a packet can be asked about.

Source: nft(8) and ``src/parser_bison.y`` of nftables. Of a rule that has a part which nobody can decide, or which is
not known here, it is not known whether it matches; the verdict at its end stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.facts.network import matches
from dockworthy.facts.network.packets import Answer, Chain, Effect, Rule, Verdict
from dockworthy.regex import regex
from dockworthy.tables import after, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dockworthy.facts.network.packets import Match, Packet

__all__ = ["Base", "NftTable", "Ruleset", "read_ruleset"]

_TOKEN = regex(r'"[^"]*"|[{},;]|[^\s{},;"]+')
_VERDICTS: dict[str, Effect | Verdict] = {
    "accept": Verdict.ACCEPT,
    "drop": Verdict.DROP,
    "reject": Verdict.DROP,
    "return": Verdict.RETURN,
    "queue": Verdict.UNKNOWN,
    "synproxy": Verdict.UNKNOWN,
    **dict.fromkeys(("masquerade", "snat", "dnat", "redirect"), Verdict.TRANSLATE),
    "continue": Effect.NOTHING,
    "jump": Effect.JUMP,
    "goto": Effect.GOTO,
}
_CUT = "CUT"  # what the probe tells in place of a set that is too long
_TIMED = frozenset({"dynamic", "timeout"})
_MAX_RULES = 8000  # of a chain that are followed


@dataclass(frozen=True, slots=True)
class Base:
    """A chain that the kernel asks by itself."""

    chain: str
    kind: str  # ``filter``, ``nat`` or ``route``
    hook: str  # ``forward``, ``postrouting``, …


@dataclass(frozen=True, slots=True)
class NftTable:
    """One table."""

    family: str  # ``inet``, ``ip``, ``ip6``, ``bridge``, …
    name: str
    chains: Mapping[str, Chain]
    bases: tuple[Base, ...]
    is_dormant: bool  # whether it is there and asked nothing

    def at(self, hook: str, kind: str = "filter") -> tuple[Base, ...]:
        """Its base chains at one hook."""
        return tuple(base for base in self.bases if base.hook == hook and base.kind == kind)

    def is_for(self, family: int) -> bool:
        """Whether packets of that family that are forwarded come to it."""
        return not self.is_dormant and self.family in {"inet", "ip" if family == 4 else "ip6"}  # noqa: PLR2004 - IPv4


@dataclass(frozen=True, slots=True)
class Ruleset:
    """All tables that were told: those of iptables are not among them."""

    tables: tuple[NftTable, ...]
    is_supported: bool  # whether the kernel has nftables in use
    is_cut: bool  # whether tables are missing

    def find(self, family: str, name: str) -> NftTable | None:
        """One table, or None."""
        return next((table for table in self.tables if (table.family, table.name) == (family, name)), None)


@dataclass(frozen=True, slots=True)
class _Set:
    """A set or a map: its elements, each a key of one or several parts, and what it leads to."""

    elements: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    is_open: bool  # whether others may be in it: it changes by itself, or was cut off


_NOT_SEEN = _Set((), is_open=True)


def read_ruleset(text: str, *, is_whole: bool = True) -> Ruleset:
    """Read what the probe tells of nftables; not whole where the program did not end well."""
    tables: list[NftTable] = []
    part: _Part | None = None
    is_cut = not is_whole
    for line in text.splitlines():
        if line == "cut":
            is_cut = True
            break
        words = _TOKEN.findall(line)
        if words[:1] == ["table"] and words[-1] == "{":
            part = _Part(words[1], words[2])
        elif part is not None and part.line(words, line):
            tables.append(part.table(is_whole=True))
            part = None
    if part is not None:
        tables.append(part.table(is_whole=False))
    return Ruleset(tuple(tables), "absent" not in text.split("\n", 1)[:1], is_cut or part is not None)


class _Part:
    """A table while it is read."""

    def __init__(self, family: str, name: str) -> None:
        self._family = family
        self._name = name
        self._inside: list[tuple[str, str]] = []  # kind and name of the blocks around a line
        self._sets: dict[str, _Set] = {}
        self._timed: set[str] = set()
        self._rules: dict[str, list[str]] = {}
        self._policies: dict[str, Verdict] = {}
        self._bases: list[Base] = []
        self._dormant = False

    def line(self, words: list[str], text: str) -> bool:
        """Take one line; whether it ends the table."""
        if words == ["}"]:
            if not self._inside:
                return True
            self._inside.pop()
        elif words[-1:] == ["{"] and len(words) > 1:
            self._inside.append((words[0], words[1]))
            if words[0] == "chain":
                self._rules.setdefault(words[1], [])
        elif not self._inside:
            self._dormant = self._dormant or (words[:1] == ["flags"] and "dormant" in words)
        elif words:
            kind, name = self._inside[-1]
            if kind == "chain":
                self._in_chain(name, words, text)
            elif kind in {"set", "map"}:
                self._in_set(name, words)
        return False

    def _in_chain(self, name: str, words: list[str], text: str) -> None:
        if words[0] == "type" and "hook" in words:
            self._bases.append(Base(name, words[1], after(words, "hook")))
            self._policies[name] = Verdict.DROP if after(words, "policy") == "drop" else Verdict.ACCEPT
        else:
            self._rules[name].append(text.strip())

    def _in_set(self, name: str, words: list[str]) -> None:
        self._sets.setdefault(name, _Set((), is_open=False))
        if words[0] in {"flags", "timeout"} and (words[0] == "timeout" or not _TIMED.isdisjoint(words)):
            self._timed.add(name)
        elif words[0] == "elements":
            self._sets[name] = _elements(words[words.index("{") + 1 :] if "{" in words else [_CUT])

    def table(self, *, is_whole: bool) -> NftTable:
        sets = {
            name: _Set(found.elements, is_open=found.is_open or name in self._timed)
            for name, found in self._sets.items()
        }
        chains = {}
        for name, lines in self._rules.items():
            rules = tuple(rule for line in lines[:_MAX_RULES] for rule in _Reader(line, sets).rules())
            chains[name] = Chain(name, self._policies.get(name), rules, not is_whole or len(lines) > _MAX_RULES)
        return NftTable(self._family, self._name, chains, tuple(self._bases), self._dormant)


def _elements(words: Sequence[str]) -> _Set:
    """The elements between braces: ``"docker0" : jump x, 10.0.0.0/8 . 80 timeout 5s``."""
    found: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
    is_open = False
    for item in _split(words, ","):
        key, data = _partition(item, ":")
        parts = tuple(part[0] for part in _split(key, ".") if part)
        if _CUT in parts or "REDACTED" in parts:
            is_open = True
        elif parts:
            found.append((parts, tuple(data)))
    return _Set(tuple(found), is_open)


def _split(words: Iterable[str], by: str) -> Iterator[list[str]]:
    part: list[str] = []
    for word in words:
        if word == by:
            yield part
            part = []
        elif word not in {"{", "}"}:
            part.append(word)
    yield part


def _partition(words: list[str], by: str) -> tuple[list[str], list[str]]:
    where = words.index(by) if by in words else len(words)
    return words[:where], words[where + 1 :]


# --- a rule ------------------------------------------------------------------------------------------------------

Selector = Callable[[str], "Match"]


def _unquoted(word: str) -> str:
    return word.strip('"')


def _of_interface(side: str) -> Selector:
    return lambda word: matches.interface(_unquoted(word), side, "*")


def _of_address(side: str) -> Selector:
    return lambda word: matches.addressed(word, side)


def _of_port(side: str) -> Selector:
    def read(word: str) -> Match:
        first, dash, last = word.partition("-")
        start, end = number(first), number(last if dash else first)
        return matches.maybe if start is None or end is None else matches.ported(((start, end),), side)

    return read


def _of_family(word: str) -> Match:
    family = {"ipv4": 4, "ip": 4, "ipv6": 6, "ip6": 6}.get(word)
    return lambda packet: Answer.of(packet.family == family)


def _of_sort(word: str) -> Match:
    """``meta pkttype``: what is forwarded was sent to this host alone."""
    return matches.always if word in {"host", "unicast"} else matches.never


def _of_direction(word: str) -> Match:
    return lambda packet: Answer.of(packet.is_new == (word == "original"))


def _of_status(word: str) -> Match:
    if word == "dnat":
        return lambda packet: Answer.of(bool(packet.published))
    return matches.never if word == "snat" else matches.maybe


def _of_published(word: str) -> Match:
    first, dash, last = word.partition("-")
    start, end = number(first), number(last if dash else first)
    if start is None or end is None:
        return matches.maybe
    return matches.published(lambda port: start <= port <= end)


def _four(packet: Packet) -> Answer:
    return Answer.of(packet.family == 4)  # noqa: PLR2004 - IPv4


def _six(packet: Packet) -> Answer:
    return Answer.of(packet.family == 6)  # noqa: PLR2004 - IPv6


_PROTOCOL: Selector = matches.protocol
_STATE: Selector = lambda word: matches.state({word})  # noqa: E731 - as the others
# What a rule asks by these words, and what must be so besides.
_SELECTORS: dict[tuple[str, ...], tuple[Selector, Match | None]] = {
    **{(word,): (_of_interface("inbound"), None) for word in ("iifname", "iif")},
    **{(word,): (_of_interface("outbound"), None) for word in ("oifname", "oif")},
    **{("meta", word): (_of_interface("inbound"), None) for word in ("iifname", "iif", "sdifname", "sdif")},
    **{("meta", word): (_of_interface("outbound"), None) for word in ("oifname", "oif")},
    **{("meta", word): (_of_interface("bridge"), None) for word in ("ibrname", "obrname")},
    **{(word,): (_of_interface("bridge"), None) for word in ("ibrname", "obrname")},
    ("meta", "nfproto"): (_of_family, None),
    ("meta", "protocol"): (_of_family, None),
    ("ether", "type"): (_of_family, None),
    ("meta", "l4proto"): (_PROTOCOL, None),
    ("meta", "pkttype"): (_of_sort, None),
    ("pkttype",): (_of_sort, None),
    ("ip", "protocol"): (_PROTOCOL, _four),
    ("ip6", "nexthdr"): (_PROTOCOL, _six),
    ("ip", "saddr"): (_of_address("source"), _four),
    ("ip", "daddr"): (_of_address("destination"), _four),
    ("ip6", "saddr"): (_of_address("source"), _six),
    ("ip6", "daddr"): (_of_address("destination"), _six),
    **{(name, "sport"): (_of_port("source_port"), matches.protocol(name)) for name in ("tcp", "udp")},
    **{(name, "dport"): (_of_port("destination_port"), matches.protocol(name)) for name in ("tcp", "udp")},
    ("th", "sport"): (_of_port("source_port"), None),
    ("th", "dport"): (_of_port("destination_port"), None),
    ("ct", "state"): (_STATE, None),
    ("ct", "direction"): (_of_direction, None),
    ("ct", "status"): (_of_status, None),
    ("ct", "original", "proto-dst"): (_of_published, None),
    ("ct", "protocol"): (_PROTOCOL, None),
}
# Protocols of which no packet is that is followed here: what is asked of them besides does not matter.
_OTHERS = frozenset(
    {"icmp", "icmpv6", "igmp", "sctp", "dccp", "udplite", "esp", "ah", "comp", "arp", "gre", "mh", "rt", "frag", "vlan"}
)
# Statements that let the packet go on, and how many words follow each of their own.
_LOG_OPTIONS = frozenset({"level", "group", "snaplen", "queue-threshold", "flags"})


class _Reader:
    """One rule, word by word."""

    def __init__(self, text: str, sets: Mapping[str, _Set]) -> None:
        self._text = text
        self._words = _TOKEN.findall(text)
        self._at = 0
        self._sets = sets
        self._matches: list[Match] = []

    def rules(self) -> Iterator[Rule]:
        """The rule; of one with a map of verdicts, one for each of its elements."""
        while self._at < len(self._words):
            word = self._words[self._at]
            if word in _VERDICTS:
                yield self._rule(self._matches, self._words[self._at :])
                return
            selectors = self._selectors()
            if selectors:
                if self._peek() == "vmap":
                    self._at += 1
                    yield from self._mapped(selectors)
                    return
                self._matches += self._compared(selectors)
            elif not self._statement(word):
                self._matches.append(matches.maybe)
                yield from self._rest()
                return

    def _peek(self) -> str:
        return self._words[self._at] if self._at < len(self._words) else ""

    def _rest(self) -> Iterator[Rule]:
        """Of a rule with a part that is not known, what it would do."""
        for position in range(self._at, len(self._words)):
            word = self._words[position]
            if word in _VERDICTS:
                yield self._rule(self._matches, self._words[position:])
                return
            if word in {"vmap", "xt", "tproxy", "fwd"} and self._words[position + 1 : position + 2] != ["match"]:
                yield Rule(self._text, tuple(self._matches), Verdict.UNKNOWN)
                return

    def _rule(self, found: Sequence[Match], words: Sequence[str]) -> Rule:
        effect = _VERDICTS[words[0]]
        jumps = effect in {Effect.JUMP, Effect.GOTO}
        return Rule(self._text, tuple(found), effect, words[1] if jumps and len(words) > 1 else "")

    # --- what is asked

    def _selectors(self) -> list[tuple[Selector, Match | None]]:
        """What stands here: one question, or several with dots between; the position is behind them where it is any."""
        found = []
        start = self._at
        while True:
            one = self._selector()
            if one is None:
                self._at = start
                return []
            found.append(one)
            if self._peek() != ".":
                return found
            self._at += 1

    def _selector(self) -> tuple[Selector, Match | None] | None:
        for length in (1, 2, 3):
            one = _SELECTORS.get(tuple(self._words[self._at : self._at + length]))
            if one is not None:
                self._at += length
                return one
        return None

    def _compared(self, selectors: Sequence[tuple[Selector, Match | None]]) -> list[Match]:
        word = self._peek()
        negates = word == "!="
        if word in {"!=", "=="}:
            self._at += 1
        elif word in {"&", "|", "^", "<", ">", "<=", ">=", "set", "lt", "gt"}:
            return [*self._needs(selectors), matches.maybe, *self._skip()]
        match = self._of_set(selectors, self._values())
        return [*self._needs(selectors), matches.negated(match) if negates else match]

    @staticmethod
    def _needs(selectors: Iterable[tuple[Selector, Match | None]]) -> list[Match]:
        return [need for _, need in selectors if need is not None]

    def _skip(self) -> list[Match]:
        """Go to what the rule does in the end."""
        while self._at < len(self._words) and self._words[self._at] not in _VERDICTS:
            self._at += 1
        return []

    def _values(self) -> _Set:
        """The values that follow: a set by its name or here, words with commas between, or one."""
        word = self._peek()
        if word.startswith("@"):
            self._at += 1
            return self._sets.get(word[1:], _NOT_SEEN)
        if word == "{":
            return _elements(self._braced())
        words = [word]
        self._at += 1
        while self._peek() in {",", "."}:
            words += self._words[self._at : self._at + 2]
            self._at += 2
        return _elements(words)

    def _braced(self) -> list[str]:
        end = self._words.index("}", self._at) if "}" in self._words[self._at :] else len(self._words)
        words = self._words[self._at + 1 : end]
        self._at = end + 1
        return words

    def _of_set(self, selectors: Sequence[tuple[Selector, Match | None]], values: _Set) -> Match:
        """Whether the packet is one of the set's elements."""
        found = [self._element(selectors, key) for key, _ in values.elements]
        least = Answer.MAYBE if values.is_open else Answer.NO

        def asked(packet: Packet) -> Answer:
            best = least
            for match in found:
                answer = match(packet)
                if answer is Answer.YES:
                    return answer
                best = max(best, answer, key=lambda one: one.value)
            return best

        return asked

    @staticmethod
    def _element(selectors: Sequence[tuple[Selector, Match | None]], key: Sequence[str]) -> Match:
        if tuple(key) == ("*",):
            return matches.always
        if len(key) != len(selectors):
            return matches.maybe
        parts = [read(word) for (read, _), word in zip(selectors, key, strict=True)]
        return lambda packet: Answer(min(part(packet).value for part in parts))

    def _mapped(self, selectors: Sequence[tuple[Selector, Match | None]]) -> Iterator[Rule]:
        before = [*self._matches, *self._needs(selectors)]
        values = self._values()
        # What stands for all others comes last.
        for key, data in sorted(values.elements, key=lambda element: element[0] == ("*",)):
            match = self._element(selectors, key)
            if data and data[0] in _VERDICTS:
                yield self._rule([*before, match], data)
            else:
                yield Rule(self._text, (*before, match), Verdict.UNKNOWN)
        if values.is_open:
            yield Rule(self._text, (*before, matches.maybe), Verdict.UNKNOWN)

    # --- what is done

    def _statement(self, word: str) -> bool:
        """Go past a statement that lets the packet go on, or ask what is not asked above; False where none is known."""
        rest = self._words[self._at + 1 : self._at + 4]
        if word == "counter":
            self._at += 5 if rest[:1] == ["packets"] else 3 if rest[:1] == ["name"] else 1
        elif word == "log":
            self._log()
        elif word in {"comment", "notrack", "continue"}:
            self._at += 2 if word == "comment" else 1
        elif word == "rt" and rest[:1] == ["ipsec"]:  # what is followed is under no policy of IPsec's
            self._at += 3
            self._matches.append(matches.always if rest[1:2] == ["missing"] else matches.never)
        elif word == "tcp" and rest[:1] == ["flags"]:
            self._matches.append(self._flags())
        elif self._writes(word, rest):
            self._skip()
        elif word in {"limit", "quota", "fib", *_OTHERS}:
            self._matches.append(self._besides(word, rest))
            self._skip()
        else:
            return False
        return True

    @staticmethod
    def _besides(word: str, rest: Sequence[str]) -> Match:
        """What is asked of a rate, of other protocols, and of who has an address: no packet is for this host."""
        if word == "rt" and rest[:1] != ["type"]:  # of the route; ``rt type`` is of a header
            return matches.maybe
        if word in _OTHERS or (word == "fib" and rest == ["daddr", "type", "local"]):
            return matches.never
        return matches.maybe

    def _log(self) -> None:
        self._at += 1
        while self._peek() in _LOG_OPTIONS:
            self._at += 2
            while self._peek() == ",":
                self._at += 2

    @staticmethod
    def _writes(word: str, rest: Sequence[str]) -> bool:
        """Whether a statement changes the packet, a mark, a set or a flow, and nothing of its way."""
        if word in {"meta", "ct", "mark", "ip", "ip6", "tcp", "ether", "udp", "th"}:
            return "set" in rest
        return word in {"add", "update", "delete", "flow", "dup", "last"}

    def _flags(self) -> Match:
        """``tcp flags syn / fin,syn,rst,ack``, or ``tcp flags & (fin | syn | rst | ack) == syn``."""
        self._at += 2
        start = self._at
        while self._at < len(self._words) and self._words[self._at] not in {
            *_VERDICTS,
            "counter",
            "log",
            "limit",
            "ct",
        }:
            self._at += 1
        text = " ".join(self._words[start : self._at])
        new = re.fullmatch(r"(syn|0x2) / (.+)|& \(?(.+?)\)? == (syn|0x2)", text)
        if new is None or (new[2] is None and new[3] is None):
            return matches.maybe
        mask = [word.upper() for word in re.findall(r"[a-z]+", new[2] or new[3])]
        return matches.flags(mask, ("SYN",))
