"""Attestations: what a person has seen to, where no evidence on a host can show it.

With one in force, a ``manual`` result becomes a ``pass`` that says who attested it and where the evidence lies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.moments import shown
from dockworthy.profile.entries import Entries
from dockworthy.profile.statements import OPTIONAL, Statement, shared
from dockworthy.profile.tree import Node, fail

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["Attestation", "read_attestations"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation(Statement):
    """One statement of one person."""

    evidence: str  # where it can be looked up
    given: datetime  # since when it holds

    def in_force(self, now: datetime) -> bool:
        """Whether it holds at that moment."""
        return self.given <= now < self.expires

    @property
    def observed(self) -> dict[str, str]:
        """What a result says that was observed."""
        return {"attested by": self.owner, "given": shown(self.given), "expires": shown(self.expires)}

    @property
    def source(self) -> str:
        """Where the observation comes from."""
        return f"attestation: {self.evidence}"

    def as_decision(self) -> dict[str, str | None]:
        """What the record's policy says of it."""
        return {**self.about(), "evidence": self.evidence, "given": shown(self.given)}


def read_attestations(node: Node, file: str, layer: str) -> list[Attestation]:
    """The attestations of a profile's list; `UsageError` with file and line, if one is incomplete or wrong."""
    required = ("check", "owner", "evidence", "given", "expires")
    entries = Entries(file, "an attestation", required=required, optional=OPTIONAL)
    read = []
    for entry in entries.of(node):
        one = Attestation(evidence=entry.prose("evidence"), given=entry.moment("given"), **shared(entry, layer))
        if one.expires <= one.given:
            fail(file, entry.line_of("expires"), "`expires` is not after `given`; correct one of them.")
        read.append(one)
    return read
