"""Waivers: findings that somebody answers for, until a given moment.

``read_waivers(node, file, layer) -> list[Waiver]`` from a profile's list; ``load_waivers(path) -> list[Waiver]``
from a file of its own (a list, or a mapping with the one key ``waivers``); ``state(waiver, now, used) -> str``.

The check still runs. A waiver is in force before the instant ``expires``, which is in UTC unless it says
otherwise; a day alone means its first instant. An instant that is none stops the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dockworthy.profile.entries import Entries
from dockworthy.profile.globs import covers
from dockworthy.profile.origin import DEFAULT, Origin
from dockworthy.profile.times import shown
from dockworthy.profile.tree import Node, fail, read_tree
from dockworthy.typed import shown_word

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

__all__ = ["Waiver", "load_waivers", "read_waivers", "state"]


@dataclass(frozen=True, slots=True)
class Waiver:
    """One accepted finding."""

    check: str  # the check's id, or one that it had before
    reason: str  # why the finding is accepted
    owner: str  # who answers for it
    expires: datetime  # the instant from which it no longer holds
    host: str | None = None  # a pattern of host names, or None for every host
    param: str | None = None  # a pattern of instances, or None for every one
    origin: Origin = DEFAULT  # where it is written

    def in_force(self, now: datetime) -> bool:
        """Whether it holds at that moment."""
        return now < self.expires

    def covers(self, host: str, param: str | None) -> bool:
        """Whether it is about this host and instance."""
        return covers(self.host, host) and covers(self.param, param)

    def as_json(self) -> dict[str, str]:
        """What a result says of the waiver that covers it."""
        return {"reason": self.reason, "owner": self.owner, "expires": shown(self.expires)}


def read_waivers(node: Node, file: str, layer: str) -> list[Waiver]:
    """The waivers of a profile's list; `UsageError` with file and line, if one is incomplete or its instant is none."""
    entries = Entries(file, "a waiver", required=("check", "reason", "owner", "expires"), optional=("host", "param"))
    return [
        Waiver(
            check=entry.text("check"),
            reason=entry.prose("reason"),
            owner=entry.prose("owner"),
            expires=entry.moment("expires"),
            host=entry.optional("host"),
            param=entry.optional("param"),
            origin=Origin(layer, file, entry.line),
        )
        for entry in entries.of(node)
    ]


def load_waivers(path: Path) -> list[Waiver]:
    """The waivers of a file that holds nothing else."""
    tree, file = read_tree(path), str(path)
    if isinstance(tree.content, dict):
        for key, line in tree.key_lines.items():
            if key != "waivers":
                fail(file, line, f"the key {shown_word(key)!r} is not known here; a waiver file has only `waivers`.")
        tree = tree.content.get("waivers", Node([], 1))
    return read_waivers(tree, file, path.stem)


def state(waiver: Waiver, now: datetime, *, used: bool) -> str:
    """``expired``, ``in force`` or ``unused`` (in force, but no finding of the run is covered by it)."""
    if not waiver.in_force(now):
        return "expired"
    return "in force" if used else "unused"
