"""When certificates end, by their own dates and by those that signed them, and who depends on each.

A chain holds until its first certificate ends. Where a certificate has several signers it holds as long as one of the
ways up does, and depends on what lies on all of them.
"""

from __future__ import annotations

from dataclasses import field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.moments import parse_moment

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from dockworthy.results.model import Certificate

__all__ = ["Dependents", "Ending", "Endings"]

DEEPEST: Final = 64  # certificates of a chain; what is longer is followed no further
SPANS: Final = ((0, "ended"), (7, "7 days"), (30, "30 days"), (90, "90 days"))
LATER: Final = "later"
_PLACES: Final = 200  # that are kept of one certificate; the rest is counted
# What cannot go on without it, by what it is there for; {} is the registry's or token service's name.
_LIVE: Final = {
    "served by registry ": "pulls from {} and pushes to it",
    "served by token service ": "logins at {}",
    "served by Harbor": "Harbor's pages and API",
    "client certificate for registry ": "access to {} with this client certificate",
    "engine TLS: server certificate": "remote access to the engine",
    "engine TLS: CA of clients": "remote access to the engine with certificates of this CA",
    "Harbor's server certificate": "Harbor's pages, API and registry",
    "Harbor's internal TLS": "what Harbor's services say to each other",
    "CA of Harbor's internal TLS": "what Harbor's services say to each other",
    "CA that Harbor trusts": "what Harbor reaches by this CA",
    "CA of a registry that Harbor replicates with": "replication with registries of this CA",
    "swarm node": "the node's place in its swarm, which renews this by itself",
    "swarm CA": "the swarm",
}
_CA_OF: Final = "CA for registry "
_SERVED: Final = "served by registry "


@dataclass(frozen=True, slots=True)
class Dependents:
    """What breaks, and on which hosts."""

    what: str  # in a few words
    hosts: tuple[str, ...]  # their names


@dataclass(slots=True)
class Ending:
    """One certificate, wherever it was seen."""

    certificate: Certificate  # as it was first seen
    begins: datetime  # when it becomes valid
    ends: datetime  # when it is no longer valid
    uses: dict[str, dict[int, None]] = field(default_factory=dict)  # what it is there for, on the hosts by number
    places: dict[str, int] = field(default_factory=dict)  # where it was seen, on how many hosts
    more_places: int = 0  # how often it was seen elsewhere
    signers: dict[str, None] = field(default_factory=dict)  # the digests of those that signed it, itself left out
    holds_until: datetime | None = None  # until when the longest way up holds; None until it is worked out
    ended_by: str | None = None  # the digest of the signer that ends before it, None where it ends by itself
    dependents: tuple[Dependents, ...] = ()  # the most hosts first

    @property
    def until(self) -> datetime:
        """When it is of no more use: its own end, or that of those that signed it."""
        return self.holds_until or self.ends

    def span(self, now: datetime) -> str:
        """How soon that is: ``ended``, ``7 days`` and so on, or ``later``."""
        left = self.until - now
        return next((name for days, name in SPANS if left < timedelta(days=days)), LATER)


class Endings:
    """The certificates of a fleet, as they come."""

    def __init__(self) -> None:
        self.names: list[str] = []  # the hosts; elsewhere they are numbers
        self._numbers: dict[str, int] = {}
        self._found: dict[str, Ending] = {}

    def add(self, one: Certificate) -> None:
        """Take one of one host."""
        known = self._found.get(one.sha256)
        if known is None:
            known = Ending(one, parse_moment(one.not_before), parse_moment(one.not_after))
            self._found[one.sha256] = known
        number = self._numbers.get(one.host)
        if number is None:
            number = self._numbers[one.host] = len(self.names)
            self.names.append(one.host)
        known.uses.setdefault(one.used_for, {})[number] = None
        if one.where in known.places or len(known.places) < _PLACES:
            known.places[one.where] = known.places.get(one.where, 0) + 1
        else:
            known.more_places += 1
        if one.issued_by is not None and one.issued_by != one.sha256:
            known.signers[one.issued_by] = None

    def all(self) -> list[Ending]:
        """Each certificate once, the next to end first."""
        children: dict[str, list[str]] = {}
        for digest, one in self._found.items():
            self._hold(one, DEEPEST)
            for signer in one.signers:
                children.setdefault(signer, []).append(digest)
        served = self._served()
        for digest, one in self._found.items():
            one.dependents = self._dependents(digest, children, served)
        return sorted(
            self._found.values(), key=lambda one: (one.until, one.certificate.subject, one.certificate.sha256)
        )

    def _hold(self, one: Ending, deep: int) -> datetime:
        """Until when it holds, by the longest of its ways up."""
        if one.holds_until is None:
            one.holds_until = one.ends  # of those that signed each other, too
            signers = [self._found[digest] for digest in one.signers if digest in self._found] if deep else []
            if signers:
                last = max(signers, key=lambda signer: self._hold(signer, deep - 1))
                if last.until < one.ends:
                    one.holds_until = last.until
                    one.ended_by = last.ended_by or last.certificate.sha256
        return one.holds_until

    def _dependents(
        self, digest: str, children: Mapping[str, list[str]], served: Mapping[str, set[int]]
    ) -> tuple[Dependents, ...]:
        """What breaks without it: what it is there for itself, and what those are for whose every way up leads here."""
        below = {digest: 0}  # with how far below
        waiting = [digest]
        for parent in waiting:
            for child in children.get(parent, ()) if below[parent] < DEEPEST else ():
                known = [one for one in self._found[child].signers if one in self._found]
                if child not in below and all(one in below for one in known):
                    below[child] = below[parent] + 1
                    waiting.append(child)
        hosts: dict[str, dict[int, None]] = {}
        for one in below:
            for use, numbers in self._found[one].uses.items():
                if what := _live(use):
                    hosts.setdefault(what, {}).update(numbers)
        for use, numbers in self._found[digest].uses.items():
            if use.startswith(_CA_OF):
                name = use.removeprefix(_CA_OF)
                unseen = dict.fromkeys(number for number in numbers if number not in served.get(name, ()))
                if unseen:
                    hosts[f"perhaps pulls from {name}: what it serves was not seen"] = unseen
        return tuple(
            Dependents(what, tuple(self.names[number] for number in numbers))
            for what, numbers in sorted(hosts.items(), key=lambda item: (-len(item[1]), item[0]))
        )

    def _served(self) -> dict[str, set[int]]:
        """Which hosts saw what each registry serves."""
        found: dict[str, set[int]] = {}
        for one in self._found.values():
            for use, numbers in one.uses.items():
                if use.startswith(_SERVED):
                    found.setdefault(use.removeprefix(_SERVED), set()).update(numbers)
        return found


def _live(use: str) -> str:
    for begin, what in _LIVE.items():
        if use == begin or (begin.endswith(" ") and use.startswith(begin)):
            return what.format(use.removeprefix(begin))
    return ""
