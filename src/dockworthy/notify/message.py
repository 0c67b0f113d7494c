"""What is told: what is new, what was fixed and what ends soon, each cause once with how many hosts have it.

A message is bounded, whatever happened: the worst causes by name, of the others their number. Names that come from
hosts are on one line and made of what can be printed; what a form takes for markup is the form's own matter.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Final

from dockworthy.dataclass import dataclass
from dockworthy.printable import printable
from dockworthy.report.words import listed, quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["KINDS", "Group", "Message"]

KINDS: Final = ("new", "fixed", "ending")
FORMAT: Final = "1"
GROUPS: Final = 30  # of each kind
PLACES: Final = 5  # hosts by name
_LONGEST: Final = 100  # characters of a host's name, likewise of a title
_TITLE: Final = 200


@dataclass(slots=True)
class Group:
    """What is told in one line: one check, or one certificate, waiver or attestation."""

    name: str  # the check's id, or what it is that ends
    title: str  # in words
    severity: str = ""  # of a check
    rank: int = 0  # 0 the worst
    ends: str = ""  # RFC 3339 in UTC, of what ends
    results: int = 0  # how many results, or places of what ends, are meant
    hosts: int = 0  # on how many hosts
    first: list[str] = field(default_factory=list)  # some of these by name
    last: str | None = None  # the one that was counted last: what concerns a host comes together

    def add(self, host: str | None) -> None:
        """One result more, or one thing that is on no host."""
        self.results += 1
        if host is None or host == self.last:
            return
        self.last = host
        self.hosts += 1
        if len(self.first) < PLACES:
            self.first.append(host)

    def as_json(self) -> dict[str, Any]:
        """As the message has it."""
        told: dict[str, Any] = {"name": printable(self.name), "title": printable(self.title, _TITLE)}
        told |= {"severity": self.severity} if self.severity else {}
        told |= {"ends": self.ends} if self.ends else {}
        first = [printable(name, _LONGEST) for name in self.first]
        return {**told, "results": self.results, "hosts": self.hosts, "for_instance": first}


@dataclass(frozen=True, slots=True)
class Message:
    """What is told at one time to one reader; plain JSON values alone."""

    body: dict[str, Any]

    @classmethod
    def of(cls, run: dict[str, Any], moment: str, hosts: dict[str, int], groups: dict[str, list[Group]]) -> Message:
        """The message of these groups, which are put into their order."""
        body: dict[str, Any] = {
            "format": FORMAT,
            "made": moment,
            "run": run,
            "hosts": hosts,
            "counts": {kind: _count(kind, groups[kind]) for kind in KINDS},
        }
        for kind in KINDS:
            ordered = sorted(groups[kind], key=lambda one: (one.rank, one.ends, -one.hosts, one.name))
            body[kind] = [group.as_json() for group in ordered[:GROUPS]]
        body["left_out"] = {kind: max(0, len(groups[kind]) - GROUPS) for kind in KINDS}
        return cls(body)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not any(self.body["counts"].values())

    @property
    def headline(self) -> str:
        """What it is about, in figures: no word of it comes from a host."""
        counts = self.body["counts"]
        told = [
            f"{counts['new']} new" if counts["new"] else "",
            f"{counts['fixed']} fixed" if counts["fixed"] else "",
            f"{counts['ending']} about to end" if counts["ending"] else "",
        ]
        looked_at, lost = quantity(self.body["hosts"]["looked_at"], "host"), self.body["hosts"]["lost"]
        not_reached = f", {lost} not reached" if lost else ""
        return f"dockworthy: {', '.join(filter(None, told))} ({looked_at} looked at{not_reached})"

    def lines(self) -> Iterator[tuple[str, str]]:
        """Each group's kind, and its line as plain text."""
        for kind in KINDS:
            for group in self.body[kind]:
                yield kind, _line(kind, group)
            if left := self.body["left_out"][kind]:
                yield kind, f"{kind}: and {left} more of other kinds"


def _count(kind: str, groups: list[Group]) -> int:
    """Results; of what ends each thing once, wherever it is."""
    return len(groups) if kind == "ending" else sum(group.results for group in groups)


def _line(kind: str, group: dict[str, Any]) -> str:
    names = group["for_instance"]
    places = listed(names, PLACES) + (f" and {group['hosts'] - len(names)} more" if group["hosts"] > len(names) else "")
    on = f" on {quantity(group['hosts'], 'host')} ({places})" if names else ""
    if kind == "ending":
        return f"ends {group['ends']}: {group['name']}{on}: {group['title']}"
    severity = f"{group['severity']} " if group.get("severity") else ""
    more = f", {group['results']} times" if group["results"] > group["hosts"] else ""
    title = f": {group['title']}" if group["title"] else ""
    return f"{kind}: {severity}{group['name']}{on}{more}{title}"
