"""Lists of small mappings of texts, as waivers and attestations are: read with a sentence for each mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.masking import masked
from dockworthy.moments import parse_moment
from dockworthy.profile.tree import Node, fail
from dockworthy.typed import shown_word

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

__all__ = ["Entries", "Entry", "texts"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One mapping of the list, its keys known to be right."""

    node: Node
    file: str

    @property
    def line(self) -> int:
        """Where it begins."""
        return self.node.line

    def line_of(self, key: str) -> int:
        """Where a key of it stands."""
        return self.node.line_of((key,))

    def text(self, key: str) -> str:
        """The text of a key; not empty."""
        value = self.node.content[key]
        if not isinstance(value.content, str):
            what = f"{value.kind}, not a text"
            fail(self.file, self.line_of(key), f"`{key}` is {what}; write a text, in quotes where it looks like more.")
        if not value.content.strip():
            fail(self.file, self.line_of(key), f"`{key}` is empty; say it.")
        return str(value.content)

    def prose(self, key: str) -> str:
        """The text of a key that results quote: without the users and queries of its addresses."""
        return masked(self.text(key))

    def optional(self, key: str) -> str | None:
        """The text of a key, or None where it is not there."""
        return self.text(key) if key in self.node.content else None

    def moment(self, key: str) -> datetime:
        """The instant of a key, in UTC."""
        text = self.text(key)
        try:
            return parse_moment(text)
        except ValueError:
            fail(
                self.file,
                self.line_of(key),
                f"`{key}` is {shown_word(text)!r}, which is no date; write it as 2027-03-31T00:00:00Z.",
            )


@dataclass(frozen=True, slots=True)
class Entries:
    """Reads a list of mappings with these keys."""

    file: str  # where the list stands
    what: str  # the entry's name with its article
    required: tuple[str, ...]  # keys that must be there
    optional: tuple[str, ...]  # keys that may be there

    def of(self, node: Node) -> Iterator[Entry]:
        """The list's entries, each with the right keys; nothing is an empty list."""
        if node.content is None:
            return
        if not isinstance(node.content, list):
            fail(self.file, node.line, f"is {node.kind} where a list is wanted; begin each entry with `-`.")
        for item in node.content:
            yield self.entry(item)

    def entry(self, node: Node) -> Entry:
        """One entry."""
        if not isinstance(node.content, dict):
            keys = ", ".join(self.required)
            fail(self.file, node.line, f"{self.what} is {node.kind}; write a mapping with {keys}.")
        for key, line in node.key_lines.items():
            if key not in (*self.required, *self.optional):
                keys = ", ".join((*self.required, *self.optional))
                fail(self.file, line, f"{self.what} has no key {shown_word(key)!r}; it has {keys}.")
        for key in self.required:
            if key not in node.content:
                fail(self.file, node.line, f"{self.what} lacks `{key}`; add it.")
        return Entry(node, self.file)


def texts(node: Node, file: str, key: str) -> list[tuple[str, int]]:
    """A list of texts with their lines; a single text is a list of one, nothing an empty one."""
    if node.content is None:
        return []
    items = node.content if isinstance(node.content, list) else [node]
    found = []
    for item in items:
        if not isinstance(item.content, str) or not item.content.strip():
            fail(file, item.line, f"`{key}` is a list of texts, and this is {item.kind}; correct it.")
        found.append((item.content.strip(), item.line))
    return found
