"""Waivers: findings that somebody answers for, until a given moment.

The check still runs. A waiver is in force before the instant ``expires``, which is in UTC unless it says
otherwise; a day alone means its first instant. An instant that is none stops the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.moments import shown
from dockworthy.profile.entries import Entries
from dockworthy.profile.statements import OPTIONAL, Statement, shared
from dockworthy.profile.tree import Node, fail, read_tree
from dockworthy.typed import shown_word

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

__all__ = ["Waiver", "load_waivers", "parse_waivers", "read_waivers", "state"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver(Statement):
    """One accepted finding."""

    reason: str  # why the finding is accepted

    def as_json(self) -> dict[str, str]:
        """What a result says of the waiver that covers it."""
        return {"reason": self.reason, "owner": self.owner, "expires": shown(self.expires)}

    def as_decision(self) -> dict[str, str | None]:
        """What the record's policy says of it."""
        return {**self.about(), "reason": self.reason, "given": None}


def read_waivers(node: Node, file: str, layer: str) -> list[Waiver]:
    """The waivers of a profile's list; `UsageError` with file and line, if one is incomplete or its instant is none."""
    entries = Entries(file, "a waiver", required=("check", "reason", "owner", "expires"), optional=OPTIONAL)
    return [Waiver(reason=entry.prose("reason"), **shared(entry, layer)) for entry in entries.of(node)]


def load_waivers(path: Path) -> list[Waiver]:
    """The waivers of a file that holds nothing else: a list, or a mapping with the one key ``waivers``."""
    return parse_waivers(read_tree(path), str(path), path.stem)


def parse_waivers(tree: Node, file: str, layer: str) -> list[Waiver]:
    """The same of a file's tree."""
    if isinstance(tree.content, dict):
        for key, line in tree.key_lines.items():
            if key != "waivers":
                fail(file, line, f"the key {shown_word(key)!r} is not known here; a waiver file has only `waivers`.")
        tree = tree.content.get("waivers", Node([], 1))
    return read_waivers(tree, file, layer)


def state(waiver: Waiver, now: datetime, *, used: bool) -> str:
    """``expired``, ``in force`` or ``unused`` (in force, but no finding of the run is covered by it)."""
    if not waiver.in_force(now):
        return "expired"
    return "in force" if used else "unused"
