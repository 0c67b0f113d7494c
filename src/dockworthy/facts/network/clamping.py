"""Rules that clamp the segments of TCP to what the path takes: ``TCPMSS`` of iptables, ``maxseg`` of nftables.

They rewrite the size of segments that the first packet of a connection offers, in the chains that a forwarded packet
passes. Source: iptables-extensions(8) TCPMSS, nft(8) EXTENSION HEADER EXPRESSIONS.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Reason, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.regex import regex
from dockworthy.snapshot import NO_TOOL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dockworthy.snapshot import Snapshot

__all__ = ["Clamping", "clamping"]

_SAVED = ("cmd:iptables-save", "cmd:iptables-other-save")
_NFT = "cmd:nft-ruleset"
_CHAINS = frozenset({"FORWARD", "POSTROUTING"})
# What a rule of iptables may ask of a packet and still be for each that opens a connection.
_PLAIN = regex(
    r"-p tcp|-m (?:tcpmss|tcp|comment)|--tcp-flags (?:FIN,)?SYN,RST(?:,ACK)? SYN|-m tcpmss --mss \S+|--mss \S+"
    r"|-j TCPMSS|--clamp-mss-to-pmtu|--set-mss \d+|REDACTED"
)
_INTERFACE = regex(r"(! )?(-[io]) (\S+)")
_NFT_INTERFACE = regex(r'\b(iifname|oifname|iif|oif) (!= )?(\{[^}]*\}|"[^"]*"|\S+)')
_HOOK = regex(r"type \w+ hook (\w+) ")
_SIZE = regex(r"--set-mss (\d+)|maxseg size set (\d+)")
_HEADERS = 40  # bytes, of IPv4 and TCP
_SOURCE = "the rules of the packet filter"
_AMBIGUOUS = Reason("a rule clamps TCP to the path for some packets, and which is not told", Code.AMBIGUOUS)


@dataclass(frozen=True, slots=True)
class _Rule:
    """One rule that clamps: the interfaces that it is for, and whether it asks for anything else."""

    comes_by: str  # empty for any; one ending with + or * stands for all that begin so
    leaves_by: str
    is_plain: bool
    size: int | None = None  # of the segments that it allows, in bytes; None of what the path takes

    def is_for(self, bridge: str, uplink: str, mtu: int) -> bool:
        """Whether what comes from this bridge and leaves by this interface may meet it, and then fits."""
        fits = self.size is None or self.size <= mtu - _HEADERS
        return fits and _fits(self.comes_by, bridge) and _fits(self.leaves_by, uplink)


@dataclass(frozen=True, slots=True)
class Clamping:
    """The rules that clamp."""

    rules: tuple[_Rule, ...]
    failure: Reason | None  # why there may be others, or None

    def of(self, bridge: str, uplinks: Mapping[str, int]) -> Evidence[bool]:
        """Whether what the containers of a bridge send by these interfaces, each with its MTU, is clamped."""
        found = [[rule for rule in self.rules if rule.is_for(bridge, *uplink)] for uplink in uplinks.items()]
        if all(any(rule.is_plain for rule in rules) for rules in found):
            return known(True, _SOURCE)  # noqa: FBT003 - the evidence's value
        if self.failure is not None:
            return unknown(self.failure, _SOURCE)
        if all(found):
            return unknown(_AMBIGUOUS, _SOURCE)
        return known(False, _SOURCE)  # noqa: FBT003 - the evidence's value


@fact
def clamping(snapshot: Snapshot) -> Clamping:
    """The rules of IPv4 that clamp TCP to the path."""
    rules: list[_Rule] = []
    failure: Reason | None = None
    for name in (*_SAVED, _NFT):
        section = snapshot.get(name)
        text = section.text if section is not None else ""
        # Without its program a variant of iptables has no rules, unless tables of it are there all the same.
        has_none = section is not None and section.status == NO_TOOL and not text.strip()
        failure = failure or (None if has_none else snapshot.text(name).unknown)
        rules += _nft(text) if name == _NFT else _iptables(text)
    return Clamping(tuple(rules), failure)


def _fits(pattern: str, interface: str) -> bool:
    names = pattern.split(",") if pattern else [interface]
    return any(interface.startswith(name[:-1]) if name[-1:] in {"+", "*"} else name == interface for name in names)


def _iptables(text: str) -> Iterator[_Rule]:
    """Lines ``-A FORWARD -o tun0 -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu``."""
    for line in text.splitlines():
        chain = line.split(maxsplit=2)[1:2]
        if not line.startswith("-A ") or " -j TCPMSS" not in line:
            continue
        rest = line.partition(chain[0])[2]
        interfaces = {option: name for no, option, name in _INTERFACE.findall(rest) if not no}
        left = _PLAIN.sub("", _INTERFACE.sub(lambda found: "!" if found[1] else "", rest))
        is_plain = chain[0] in _CHAINS and not left.strip()
        yield _Rule(interfaces.get("-i", ""), interfaces.get("-o", ""), is_plain, _size(line))


def _nft(text: str) -> Iterator[_Rule]:
    """Lines ``oifname "tun0" tcp flags syn tcp option maxseg size set rt mtu``."""
    hook = ""
    for line in text.splitlines():
        rule = line.strip()
        if rule.startswith("chain "):
            hook = ""
        hook = _HOOK.findall(rule)[0] if _HOOK.match(rule) else hook
        if "maxseg size set" not in rule or hook not in {"", "forward", "postrouting"}:
            continue
        found = {kind[0]: _names(names) for kind, no, names in _NFT_INTERFACE.findall(rule) if not no}
        left = _NFT_INTERFACE.sub(lambda item: "!" if item[2] else "", rule).partition("tcp option maxseg size set")[0]
        left = re.sub(
            r"tcp flags (?:& \(fin \| syn \| rst\) == )?(?:syn / syn,rst|syn|& \(syn \| rst\) == syn)", "", left
        )
        is_plain = not re.sub(
            r"meta l4proto tcp|ip protocol tcp|counter(?: packets \d+ bytes \d+)?|meta", "", left
        ).strip()
        yield _Rule(found.get("i", ""), found.get("o", ""), is_plain, _size(rule))


def _size(rule: str) -> int | None:
    found = _SIZE.search(rule)
    return int(found[1] or found[2]) if found else None


def _names(text: str) -> str:
    return ",".join(re.findall(r"[^\s\"{},]+", text))
