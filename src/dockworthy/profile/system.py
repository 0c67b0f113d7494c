"""For which system a profile of the product's own is: the key ``for`` of its file, and nowhere else.

``for: {ids: [debian, raspbian], version: "12", codename: bookworm, later: true}``, where

- ``ids`` are the values of os-release's ``ID``, ``like`` further words by which others say that they are like it;
- ``version`` is the release: of ``24.04`` major and minor number count, of ``12`` the major alone;
- ``codename`` is the name by which derivatives name it;
- ``later`` says whether a later release that has no profile of its own gets this one.

The versions that it maintains stand in the same file, as the demand ``maintained_distribution_versions``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.profile.entries import Entries, texts
from dockworthy.profile.tree import Node, fail, parse_tree
from dockworthy.regex import regex

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["KEY", "System", "parse_version", "read_system", "systems"]

KEY = "for"
_VERSION = regex(r"([0-9]{1,6})(?:\.([0-9]{1,6}))?(?:\..*)?")
_BLOCK = regex(r"^for:.*\n(?:[ \t]+.*\n)*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class System:
    """One release of a distribution, and of those that are built from it."""

    profile: str  # the name of its profile
    ids: frozenset[str]  # the values of ``ID`` that are such a system itself: its versions are theirs
    like: frozenset[str]  # the words of ``ID_LIKE`` that mean it; its ids among them
    version: tuple[int, int]  # major and minor number
    has_minor: bool  # whether versions are compared by both
    codename: str = ""  # the release's, or empty
    later: bool = False  # whether a later release without a profile of its own gets this one

    def precedes(self, version: tuple[int, int]) -> bool:
        """Whether it is of that version or of an earlier one."""
        return self.version <= self._compared(version)

    def is_of(self, version: tuple[int, int]) -> bool:
        """Whether it is of that very version."""
        return self.version == self._compared(version)

    def _compared(self, version: tuple[int, int]) -> tuple[int, int]:
        return version if self.has_minor else (version[0], 0)


def parse_version(text: str) -> tuple[int, int] | None:
    """Major and minor number of a release; None where it does not begin with a number."""
    match = _VERSION.fullmatch(text)
    return (int(match[1]), int(match[2] or 0)) if match else None


def read_system(node: Node, file: str, profile: str) -> System:
    """The key's value; `UsageError` with file and line, where it is not what it should be."""
    entry = Entries(file, "`for`", ("ids", "version"), ("like", "codename", "later")).entry(node)
    ids = frozenset(text for text, _ in texts(node.content["ids"], file, "ids"))
    like = texts(node.content["like"], file, "like") if "like" in node.content else []
    written = entry.text("version")
    version = parse_version(written)
    if version is None:
        fail(file, entry.line_of("version"), '`version` is no release; write it as "12" or "24.04".')
    later = node.content["later"].content if "later" in node.content else False
    if not isinstance(later, bool):
        fail(file, entry.line_of("later"), "`later` is neither true nor false; write one of them without quotes.")
    named = entry.optional("codename") or ""
    return System(profile, ids, ids | {text for text, _ in like}, version, "." in written, named, later)


@lru_cache(maxsize=4)
def systems(folder: Path) -> tuple[System, ...]:
    """The systems for which a folder has profiles, the oldest release of each first.

    Only that part of each file is read; the whole is checked where the profile is loaded.
    """
    found = []
    for path in sorted(folder.glob("*.yaml")):
        block = _BLOCK.search(path.read_text(encoding="utf-8"))
        if block is not None:
            tree = parse_tree(block[0], str(path))
            found.append(read_system(tree.content[KEY], str(path), path.stem))
    return tuple(sorted(found, key=lambda system: system.version))
