"""A packet on its way through the chains of a packet filter: which verdicts it may meet, and by which rule.

Of a packet as much is known as is needed to follow it: its interfaces, its addresses, and that it is the first of a
connection over TCP or an answer to one. A rule matches it, does not, or may (a mark, a set of addresses that change, a
limit on the rate): then both ways are followed, and only where they come to the same verdict is it known.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import field
from enum import Enum
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockworthy.golang.ip import Network

__all__ = ["Answer", "Chain", "Effect", "Packet", "Rule", "Step", "Verdict", "Walk", "every", "holds", "walk"]

_SINGLE = (32, 128)
_SURE = 8  # a stranger may have an address of a wider network than this prefix's, whoever it is
_STRANGERS = {4: ipaddress.ip_network("0.0.0.0/0"), 6: ipaddress.ip_network("2000::/3")}


class Answer(Enum):
    """Whether a rule matches a packet."""

    NO = 0
    MAYBE = 1
    YES = 2

    @property
    def negated(self) -> Answer:
        """The answer to the opposite question."""
        return Answer(2 - self.value)

    @classmethod
    def of(cls, truth: bool) -> Answer:
        """Yes or no."""
        return cls.YES if truth else cls.NO


NO, MAYBE, YES = Answer


class Verdict(Enum):
    """What happens to a packet in a chain."""

    ACCEPT = "accept"
    DROP = "drop"  # and what rejects it
    TRANSLATE = "translate"  # its address is changed, which ends the way through the chains of a nat table
    RETURN = "return"  # the end of a chain of somebody's own
    UNKNOWN = "unknown"  # a program decides, or the rules were cut off


class Effect(Enum):
    """What a rule does with a packet that it matches, beside a verdict."""

    NOTHING = "nothing"
    JUMP = "jump"
    GOTO = "goto"


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet that is forwarded.

    Attributes:
        family: 4 or 6.
        inbound, outbound: the interfaces by which it comes and leaves; empty where that is not known.
        source, destination: the network in which its address lies; None is a stranger's, anywhere in the Internet.
        source_port, destination_port: 0 is any of those that clients take.
        is_new: whether it begins a connection; else it answers to one.
        published: the port of the host that it was sent to, where that led to a container; 0 where none did.
        bridge: the bridge in which it stays; then the interfaces are ports of it, and their names are not known.
    """

    family: int
    inbound: str
    outbound: str
    source: Network | None
    destination: Network | None
    source_port: int = 0
    destination_port: int = 443
    is_new: bool = True
    published: int = 0
    protocol: str = "tcp"
    bridge: str = ""


Match = Callable[[Packet], Answer]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a chain."""

    text: str  # as it was read
    matches: tuple[Match, ...]  # all of which have to match
    effect: Effect | Verdict
    target: str = ""  # the chain that it jumps or goes to

    def answer(self, packet: Packet) -> Answer:
        """Whether it matches."""
        return every(match(packet) for match in self.matches)


@dataclass(frozen=True, slots=True)
class Chain:
    """One chain."""

    name: str
    policy: Verdict | None  # of a base chain; None of another
    rules: tuple[Rule, ...]
    is_cut: bool = False  # whether rules are missing at its end


@dataclass(frozen=True, slots=True)
class Step:
    """What decided, and whether it certainly did."""

    text: str
    is_certain: bool = True


@dataclass(frozen=True, slots=True)
class Walk:
    """What a packet may meet, and by which rule first."""

    outcomes: Mapping[Verdict, Step] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """The one verdict that it meets, or that it is not known."""
        return next(iter(self.outcomes)) if len(self.outcomes) == 1 else Verdict.UNKNOWN

    @property
    def by(self) -> str:
        """The rule, or the policy, that decides; where it is not known, the rule on which it depends."""
        unsure = (
            step.text for verdict, step in self.outcomes.items() if verdict is Verdict.UNKNOWN or not step.is_certain
        )
        return next(unsure, None) or next((step.text for step in self.outcomes.values()), "")


def every(answers: Iterable[Answer]) -> Answer:
    """Whether all are yes; one that is no decides."""
    found = YES
    for answer in answers:
        if answer is NO:
            return NO
        if answer is MAYBE:
            found = MAYBE
    return found


def holds(network: Network, address: Network | None) -> Answer:
    """Whether a network holds what a packet's address is known to be; None is a stranger's.

    Of a whole network of containers one address is nothing: another's packet is followed.
    """
    if address is None:
        return _holds_stranger(network)
    if network.version != address.version or not network.overlaps(address):
        return NO
    if network.prefixlen <= address.prefixlen:
        return YES
    return NO if network.prefixlen in _SINGLE else MAYBE


def _holds_stranger(network: Network) -> Answer:
    everyone = _STRANGERS[network.version]
    if network.prefixlen <= everyone.prefixlen and network.overlaps(everyone):
        return YES
    if network.prefixlen >= _SURE + everyone.prefixlen or network.is_multicast or network.is_reserved:
        return NO
    return MAYBE if network.overlaps(everyone) else NO


def walk(chains: Mapping[str, Chain], start: str, packet: Packet) -> Walk:
    """Follow a packet from a base chain on.

    Args:
        chains: all of the table.
        start: the base chain's name; where there is none, the packet passes.
        packet: what is followed.
    """
    if start not in chains:
        return Walk({Verdict.ACCEPT: Step(f"there is no chain {start}")})
    base = chains[start]
    found = dict(_Walker(chains, packet).chain(start))
    end = found.pop(Verdict.RETURN, None)
    if end is not None:
        policy = base.policy or Verdict.ACCEPT
        found.setdefault(policy, Step(f"the policy {policy.value} of chain {start}", end.is_certain))
    return Walk(found)


class _Walker:
    """The way of one packet; what it meets in a chain is the same whoever jumps there."""

    def __init__(self, chains: Mapping[str, Chain], packet: Packet) -> None:
        self._chains = chains
        self._packet = packet
        self._known: dict[str, Mapping[Verdict, Step]] = {}

    def chain(self, name: str) -> Mapping[Verdict, Step]:
        if name not in self._known:
            self._known[name] = {Verdict.UNKNOWN: Step(f"chain {name} leads to itself")}
            self._known[name] = self._follow(name)
        return self._known[name]

    def _follow(self, name: str) -> Mapping[Verdict, Step]:
        chain = self._chains.get(name)
        if chain is None:
            return {Verdict.UNKNOWN: Step(f"the rules of chain {name} were not seen")}
        found: dict[Verdict, Step] = {}
        certain = True
        for rule in chain.rules:
            if rule.effect is Effect.NOTHING:
                continue
            answer = rule.answer(self._packet)
            if answer is NO:
                continue
            met, goes_on = self._effect(rule)
            for verdict, step in met.items():
                found.setdefault(verdict, Step(step.text, certain and step.is_certain and answer is YES))
            certain = certain and answer is YES and not (met and goes_on)
            if answer is YES and not goes_on:
                return found
        if chain.is_cut:
            found.setdefault(Verdict.UNKNOWN, Step(f"not all rules of chain {name} were read"))
        found.setdefault(Verdict.RETURN, Step(f"the end of chain {name}", certain))
        return found

    def _effect(self, rule: Rule) -> tuple[Mapping[Verdict, Step], bool]:
        """What a rule that matches may bring, and whether what follows it may be asked, too."""
        if isinstance(rule.effect, Verdict):
            return {rule.effect: Step(rule.text)}, False
        met = dict(self.chain(rule.target))
        if rule.effect is Effect.GOTO:
            return met, False
        returns = met.pop(Verdict.RETURN, None)
        return met, returns is not None
