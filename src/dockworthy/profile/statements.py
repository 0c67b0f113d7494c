"""What a person states about results until a moment, as waivers and attestations do: whom it covers, and how long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from dockworthy.dataclass import dataclass
from dockworthy.moments import shown
from dockworthy.patterns import covers
from dockworthy.profile.origin import DEFAULT, Origin
from dockworthy.profile.selectors import Selectable, named

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from dockworthy.profile.entries import Entry

__all__ = ["OPTIONAL", "Statement", "in_force", "shared"]

OPTIONAL = ("host", "param")
"""The keys of a statement that need not be there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement."""

    check: str  # the check's id, or one that it had before
    owner: str  # who answers for it
    expires: datetime  # the instant from which it no longer holds
    host: str | None = None  # a pattern of host names, or None for every host
    param: str | None = None  # a pattern of instances, or None for every one
    origin: Origin = DEFAULT  # where it is written

    def in_force(self, now: datetime) -> bool:
        """Whether it holds at that moment."""
        return now < self.expires

    def about(self) -> dict[str, str | None]:
        """What every decision in the record's policy has."""
        return {
            "check": self.check,
            "host": self.host,
            "param": self.param,
            "owner": self.owner,
            "expires": shown(self.expires),
        }

    def covers(self, host: str, param: str | None) -> bool:
        """Whether it is about this host and instance."""
        return covers(self.host, host) and covers(self.param, param)


def shared(entry: Entry, layer: str) -> dict[str, Any]:
    """The fields of every statement, read from a list's entry."""
    return {
        "check": entry.text("check"),
        "owner": entry.prose("owner"),
        "expires": entry.moment("expires"),
        **{key: entry.optional(key) for key in OPTIONAL},
        "origin": Origin(layer, entry.file, entry.line),
    }


S = TypeVar("S", bound=Statement)


def in_force(statements: Iterable[S], check: Selectable, host: str, param: str | None, now: datetime) -> S | None:
    """The statement in force that covers this result: of several, the one that lasts longest."""
    covering = [one for one in statements if named(check, one.check) and one.in_force(now) and one.covers(host, param)]
    return max(covering, key=lambda one: one.expires, default=None)
