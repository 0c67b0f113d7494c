"""The way of a packet as a person draws it: from a container to the registry, and where it breaks.

What stands where is the record's (`Host.network`); how each part is comes from the results that speak for it, and from
nothing else: a part that no check judges is there, and no more is said of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from dockworthy.dataclass import dataclass
from dockworthy.report.verdict import worst_first
from dockworthy.report.words import value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from dockworthy.results.model import Host, Result

__all__ = [
    "ABSENT",
    "BROKEN",
    "LATER",
    "OK",
    "PLACES",
    "STATES",
    "THERE",
    "UNKNOWN",
    "Part",
    "Station",
    "speaks",
    "state_of",
    "stations",
]

BROKEN, UNKNOWN, LATER, OK, THERE, ABSENT = "broken", "unknown", "later", "ok", "there", "absent"
STATES: Final = {
    BROKEN: ("✗", "it breaks here"),
    UNKNOWN: ("?", "not known"),
    LATER: ("!", "works, and is in danger"),
    OK: ("✓", "as it should be"),
    THERE: ("●", "there"),
    ABSENT: ("-", "not there"),
}
"""How a part can be, the worst first: its mark, and what that means."""
_WORST: Final = tuple(STATES)
PLACES: Final = {
    "containers": "containers",
    "bridge": "bridge",
    "forward": "forwarding",
    "nat": "address translation",
    "uplink": "uplink",
    "names": "name servers",
    "proxy": "proxy",
    "registry": "registry",
}
"""The places on the way, in its order, and what they are called."""
_BY_NETWORK: Final = frozenset({"forward", "nat"})  # where the record has nothing of a network but what checks found


class _Speaks(NamedTuple):
    """A check that speaks for a place, for all its instances or those whose name is so."""

    place: str
    of: str = ""
    now: bool = True  # whether packets are lost now; otherwise they will be when something happens


_BY_CHECK: Final = {
    "network.bridge-has-address": (_Speaks("bridge"),),
    "network.subnet-free": (_Speaks("bridge"),),
    "network.bridges-left-alone": (_Speaks("bridge", now=False),),
    "network.pools-left": (_Speaks("bridge", now=False),),
    "network.next-pool-free": (_Speaks("bridge", now=False),),
    "network.forward-accepted": (_Speaks("forward"),),
    "network.no-second-firewall-drop": (_Speaks("forward"),),
    "network.one-iptables-variant": (_Speaks("forward"),),
    "network.forwarding-for-nftables": (_Speaks("forward"),),
    "network.engine-rules-present": (_Speaks("forward", r".* filter"), _Speaks("nat", r".* nat")),
    "network.reload-keeps-rules": (_Speaks("forward", now=False),),
    "network.saved-rules-clean": (_Speaks("forward", now=False),),
    "kernel.sysctl": (_Speaks("forward", r"net\.(bridge\.bridge-nf-call-ip6?tables|ipv[46]\..*forward(ing)?)"),),
    "network.masquerade-present": (_Speaks("nat"),),
    "network.conntrack-room": (_Speaks("nat", now=False),),
    "network.mtu-fits-uplink": (_Speaks("uplink"),),
    "network.ipv6-route-survives": (_Speaks("uplink"),),
    "dns.servers-for-containers": (_Speaks("names"),),
    "dns.server-not-shadowed": (_Speaks("names"),),
    "dns.search-does-not-capture": (_Speaks("names"),),
    "dns.localhost-known": (_Speaks("names"),),
    "dns.host-name-known": (_Speaks("names"),),
    "network.registry-past-proxy": (_Speaks("proxy"),),
    "dns.registry-resolves": (_Speaks("registry"),),
    "dns.registry-known-to-engine": (_Speaks("registry"),),
    "network.registry-not-shadowed": (_Speaks("registry"),),
    "network.mirror-answers": (_Speaks("registry"),),
    "trust.registry-verifies": (_Speaks("registry"),),
}


@dataclass(slots=True)
class Part:
    """One part of a station: a network's bridge, a name server, a registry."""

    name: str  # which one; empty for the station itself
    seen: str  # what was seen of it; empty where only results name it
    state: str  # how it is, one of `STATES`
    results: list[Result]  # those that speak for it, the worst first

    @property
    def wrong(self) -> list[Result]:
        """What keeps it from being as it should be, the worst first."""
        found = [one for one in self.results if state_of(one) in {BROKEN, UNKNOWN, LATER}]
        return sorted(found, key=lambda one: _WORST.index(state_of(one)))


@dataclass(slots=True)
class Station:
    """One place on the way."""

    place: str  # its key in `PLACES`
    parts: list[Part]  # what is there

    @property
    def title(self) -> str:
        """What it is called."""
        return PLACES[self.place]

    @property
    def state(self) -> str:
        """The worst of its parts'."""
        return min((part.state for part in self.parts), key=_WORST.index, default=UNKNOWN)


def stations(host: Host, results: Iterable[Result]) -> list[Station]:
    """The way of one host, by its own results; empty where nothing is known of it."""
    seen = {place: list[dict[str, str | None]]() for place in PLACES}
    for told in host.network:
        seen.get(told.get("place") or "", []).append(told)
    speaking: dict[str, dict[str, list[Result]]] = {place: {} for place in PLACES}
    for one in results:
        place = _place(one)
        if place is not None:
            speaking[place].setdefault(one.param or "", []).append(one)
    if not any(seen.values()):
        return []
    networks = [name for told in seen["containers"] if (name := told.get("name"))]
    return [
        Station(place, list(_parts(seen[place], speaking[place], networks if place in _BY_NETWORK else ())))
        for place in PLACES
    ]


def speaks(check: str) -> bool:
    """Whether a check says something of the way."""
    return check in _BY_CHECK


def _place(one: Result) -> str | None:
    for speaks in _BY_CHECK.get(one.check, ()):
        if not speaks.of or re.fullmatch(speaks.of, one.param or ""):
            return speaks.place
    return None


def _is_now(one: Result) -> bool:
    return all(speaks.now for speaks in _BY_CHECK[one.check])


def _parts(
    seen: Sequence[dict[str, str | None]], speaking: dict[str, list[Result]], networks: Collection[str]
) -> Iterator[Part]:
    """What was seen, each with what is said of it; of these networks what is said alone; then what else is wrong."""
    left = dict(speaking)
    for told in seen:
        name = told.get("name") or ""
        found = sorted(left.pop(name, []), key=worst_first)
        yield Part(name, told.get("seen") or "", _state(found, told.get("state") or UNKNOWN), found)
    own = [(name, sorted(left.pop(name), key=worst_first)) for name in networks if name in left]
    yield from (Part(name, _said(found[0]), _state(found, _unseen(found)), found) for name, found in own)
    others = [
        Part(name, "", _state(found, _unseen(found)), sorted(found, key=worst_first)) for name, found in left.items()
    ]
    wrong = [part for part in others if part.wrong]
    yield from wrong
    if others and not (seen or own or wrong):
        best = min(others, key=lambda part: _WORST.index(part.state))
        yield Part("", "", best.state, best.results)


def _unseen(found: Sequence[Result]) -> str:
    """How a part is of which nothing was seen: not there, where that is why nothing applies."""
    return ABSENT if all(one.outcome == "skip" for one in found) else UNKNOWN


def _said(one: Result) -> str:
    """What one result has seen, each thing once, or why it has not."""
    observed = one.observed
    if isinstance(observed, list):
        observed = [item for number, item in enumerate(observed) if item not in observed[:number]]
    return one.reason or value(observed)


def _state(found: Sequence[Result], seen: str) -> str:
    """How a part is: by what is said of it, and where nothing is, by whether it is there."""
    states = {state for state in map(state_of, found) if state}
    return min(states, key=_WORST.index, default=seen if seen in STATES else UNKNOWN)


def state_of(one: Result) -> str:
    """What one result says of its part; nothing where it says nothing of it."""
    if one.outcome in {"fail", "waived"}:
        return BROKEN if _is_now(one) else LATER
    if one.outcome == "pass":
        return OK
    return UNKNOWN if one.outcome in {"error", "manual"} and _is_now(one) else ""
