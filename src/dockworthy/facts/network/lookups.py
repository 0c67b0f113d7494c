"""What this host's resolver answers: for registries and mirrors, its own names, and random ones of its domains."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Reason, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.tables import decode, rows
from dockworthy.trust.reference import split_host_port

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.facts.network.routes import IPAddress
    from dockworthy.snapshot import Snapshot

__all__ = ["NO_ANSWER", "Answer", "Resolution", "address_of", "resolution"]

NO_ANSWER = Reason("no name server answered in time", Code.TIMEOUT)
_UNSURE = Reason("whether there is no such name or no server answered could not be told", Code.TOOL_MISSING)
_REFUSED = Reason("getent has no such option, or ended with an error", Code.TOOL_MISSING)
_NOT_ASKED = Reason("it was not looked up", Code.NOT_PROBED)
_STATES = {"no-answer": NO_ANSWER, "unsure": _UNSURE, "refused": _REFUSED}
Answer = tuple["IPAddress", ...]
"""The addresses of a name; none where the resolver says that it has none."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """The answers, by what was asked about.

    Kinds of a question: ``registry`` and ``mirror``; ``files`` and ``dns``, the same names asked of one of these alone;
    ``self``, the host's own names; ``search``, for a random name in a domain.
    """

    answers: Mapping[tuple[str, str], Evidence[Answer]]  # by kind and name
    before: Mapping[str, Answer]  # of registries, in snapshots that tell nothing but addresses
    failure: Reason | None  # why nothing was looked up, or None
    linkage: Evidence[str]  # of the engine's program: ``dynamic`` or ``static``
    has_tool: bool  # whether there was something to look up with

    def answer(self, kind: str, name: str) -> Evidence[Answer]:
        """What came of a question; unknown where it was not asked, or nobody answered."""
        found = self.answers.get((kind, name))
        if found is not None:
            return found
        return unknown(self.failure or _NOT_ASKED, f"getent for {name}")

    def asked(self, kind: str) -> tuple[str, ...]:
        """The names that were asked about."""
        return tuple(name for one, name in self.answers if one == kind)

    def of_registry(self, authority: str) -> Evidence[Answer]:
        """The addresses of ``host[:port]``; those of an address are itself."""
        host = split_host_port(authority)[0]
        literal = address_of(host)
        if literal is not None:
            return known((literal,), authority)
        found = self.answers.get(("registry", host))
        if found is None and self.before.get(host):
            return known(self.before[host], f"getent for {host}")
        return self.answer("registry", host)


def address_of(text: str) -> IPAddress | None:
    """An address without its zone, or None; one of IPv4 also where it is told as one of IPv6 (AI_V4MAPPED)."""
    try:
        found = ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


@fact
def resolution(snapshot: Snapshot) -> Resolution:
    """The answers of the host's resolver."""
    answers: dict[tuple[str, str], Evidence[Answer]] = {}
    linkage: Evidence[str] = unknown(_NOT_ASKED, "the engine's program")
    for section in ("cmd:lookups", "cmd:mirror-lookups"):
        for words in rows(snapshot.text(section).get(""), 3):
            kind, name, state = words[0], decode(words[1]), words[2]
            if kind == "engine":
                linkage = known(state, name) if state != "unknown" else unknown("is no ELF program", name)
                continue
            answers[kind, name] = _answer(f"getent for {name}", state, words[3:])
    found = snapshot.text("cmd:lookups")
    failure = found.unknown
    if failure is not None and failure.code == Code.TOOL_MISSING:
        failure = Reason("there is no getent to look names up with", Code.TOOL_MISSING)
    before = {words[0]: _addresses(words[1:]) for words in rows(snapshot.text("cmd:resolve").get(""), 1)}
    return Resolution(answers, before, failure, linkage, found.is_known)


def _answer(source: str, state: str, words: list[str]) -> Evidence[Answer]:
    if state == "found":
        return known(_addresses(words), source)
    if state == "not-found":
        return known((), source)
    return unknown(_STATES.get(state, _REFUSED), source)


def _addresses(words: list[str]) -> Answer:
    return tuple(address for word in words if (address := address_of(word)) is not None)
