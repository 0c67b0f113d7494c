"""Attestations: what a person has seen to, where no evidence on a host can show it.

``read_attestations(node, file, layer) -> list[Attestation]``. With one in force, a ``manual`` result becomes a
``pass`` that says who attested it and where the evidence lies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dockworthy.profile.entries import Entries
from dockworthy.profile.globs import covers
from dockworthy.profile.origin import DEFAULT, Origin
from dockworthy.profile.times import shown
from dockworthy.profile.tree import Node, fail

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["Attestation", "read_attestations"]


@dataclass(frozen=True, slots=True)
class Attestation:
    """One statement of one person."""

    check: str  # the check's id, or one that it had before
    owner: str  # who says so
    evidence: str  # where it can be looked up
    given: datetime  # since when it holds
    expires: datetime  # the instant from which it no longer holds
    host: str | None = None  # a pattern of host names, or None for every host
    param: str | None = None  # a pattern of instances, or None for every one
    origin: Origin = DEFAULT  # where it is written

    def in_force(self, now: datetime) -> bool:
        """Whether it holds at that moment."""
        return self.given <= now < self.expires

    def covers(self, host: str, param: str | None) -> bool:
        """Whether it is about this host and instance."""
        return covers(self.host, host) and covers(self.param, param)

    @property
    def observed(self) -> dict[str, str]:
        """What a result says that was observed."""
        return {"attested by": self.owner, "given": shown(self.given), "expires": shown(self.expires)}

    @property
    def source(self) -> str:
        """Where the observation comes from."""
        return f"attestation: {self.evidence}"


def read_attestations(node: Node, file: str, layer: str) -> list[Attestation]:
    """The attestations of a profile's list.

    Raises:
        UsageError: with file and line, if one is incomplete or an instant is none.
    """
    required = ("check", "owner", "evidence", "given", "expires")
    entries = Entries(file, "an attestation", required=required, optional=("host", "param"))
    read = []
    for entry in entries.of(node):
        given, expires = entry.moment("given"), entry.moment("expires")
        if expires <= given:
            fail(file, entry.line_of("expires"), "`expires` is not after `given`; correct one of them.")
        read.append(
            Attestation(
                check=entry.text("check"),
                owner=entry.prose("owner"),
                evidence=entry.prose("evidence"),
                given=given,
                expires=expires,
                host=entry.optional("host"),
                param=entry.optional("param"),
                origin=Origin(layer, file, entry.line),
            )
        )
    return read
