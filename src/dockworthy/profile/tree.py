"""YAML as a tree that knows its lines, bounded in size and depth, without YAML's surprises.

Scalars follow the core schema of YAML 1.2: ``no`` is a word and not a boolean, ``22:22`` is a word and not the
number 1342, ``0644`` is a word and not 420. Times stay words; who wants one parses it. Tags, several documents
and a repeated key are errors. Aliases work, but what they expand to counts as if it had been written out.
"""

from __future__ import annotations

import math
from dataclasses import field
from typing import TYPE_CHECKING, Any, NoReturn

from dockworthy.dataclass import dataclass
from dockworthy.errors import UsageError
from dockworthy.printable import printable
from dockworthy.regex import regex
from dockworthy.typed import shown_problem, shown_word

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["Node", "fail", "parse_tree", "read_file", "read_tree"]

_LONGEST = 600  # characters of a file's name or a sentence
MAX_BYTES = 1024 * 1024
MAX_NODES = 50_000
MAX_DEPTH = 32
MAX_DIGITS = 18
_piped: dict[str, bytes] = {}

_NULL = regex(r"~|null|Null|NULL|")
_BOOLEAN = regex(r"true|True|TRUE|false|False|FALSE")
_INTEGER = regex(r"[-+]?(?:0|[1-9][0-9]*)")
_FLOAT = regex(r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Node:
    """One value of the file, with the line where it stands."""

    content: Any  # a scalar, a list of nodes, or nodes by key
    line: int  # counted from 1
    text: str = ""  # how a scalar is written
    key_lines: Mapping[str, int] = field(default_factory=dict)  # where each key of a mapping stands
    size: int = 1  # how many values it has when written out

    @property
    def kind(self) -> str:
        """What it is, in a user's words."""
        if isinstance(self.content, dict):
            return "a mapping"
        if isinstance(self.content, list):
            return "a list"
        if self.content is None:
            return "nothing"
        if isinstance(self.content, bool):
            return "true or false"
        return "a text" if isinstance(self.content, str) else "a number"

    def plain(self) -> Any:
        """The value without its lines."""
        if isinstance(self.content, dict):
            return {key: item.plain() for key, item in self.content.items()}
        if isinstance(self.content, list):
            return [item.plain() for item in self.content]
        return self.content

    def line_of(self, path: tuple[str | int, ...]) -> int:
        """The line of what lies deepest on this path of keys and indices."""
        node, line = self, self.line
        for step in path:
            if isinstance(node.content, dict) and step in node.content:
                line = node.key_lines.get(str(step), line)
                node = node.content[step]
            elif isinstance(node.content, list) and isinstance(step, int) and step < len(node.content):
                node = node.content[step]
                line = node.line
            else:
                break
        return line


def fail(file: str, line: int, sentence: str) -> NoReturn:
    """Say what is wrong at this place, and what to do."""
    raise UsageError(f"{printable(file, _LONGEST)}:{line}: {printable(sentence, _LONGEST)}")


def read_tree(path: Path) -> Node:
    """Read one YAML file; `UsageError` if it cannot be read or is not what this module accepts."""
    name, data = str(path), read_file(path)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        fail(name, line, "is not UTF-8; save the file in that encoding.")
    return parse_tree(text, name)


def read_file(
    path: Path, *, advice: str = "name a file that is there", too_large: str = "this cannot be a profile"
) -> bytes:
    """A file's bytes, a pipe's kept for the next reader; `UsageError` if it cannot be read, or is too large.

    Args:
        path: the file.
        advice: what to do where it cannot be read.
        too_large: what a file that is larger comes to.
    """
    name = str(path)
    if name in _piped:
        return _piped[name]
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
            if not stream.seekable():
                _piped[name] = data
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is no path"
        raise UsageError(f"{printable(name)}: cannot be read ({reason}); {advice}.") from None
    if len(data) > MAX_BYTES:
        raise UsageError(f"{printable(name)}: is larger than {MAX_BYTES // 1024} KiB; {too_large}.")
    return data


def parse_tree(text: str, file: str) -> Node:
    """Read YAML text that stands in this file; an empty one is an empty mapping."""
    import yaml  # noqa: PLC0415 - see _Builder

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Builder(file, yaml).document(yaml.parse(text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        last = max(1, len(text.splitlines()))
        problem = shown_problem(error.problem or error.context or "")
        fail(file, min(mark.line + 1, last) if mark else 1, f"is not YAML ({problem}); fix the syntax.")
    except yaml.YAMLError as error:
        position = getattr(error, "position", 0)
        line = text.count("\n", 0, position) + 1 if isinstance(position, int) else 1
        fail(file, line, "holds a character that YAML does not allow; remove it.")


class _Builder:
    """Makes nodes from the parser's events, so that depth and size are known while they grow."""

    def __init__(self, file: str, yaml: Any) -> None:
        self.file = file
        self.yaml = yaml  # its module, which only who reads YAML pays for
        self.anchors: dict[str, Node | None] = {}
        self.total = 0

    def document(self, events: Iterator[Any]) -> Node:
        root: Node | None = None
        for event in events:
            if root is not None and isinstance(event, self.yaml.DocumentStartEvent):
                fail(self.file, root.line, "a second document follows this one; keep one in a file.")
            if isinstance(event, self.yaml.NodeEvent):
                root = self.node(event, events, 0)
        return root or Node({}, 1)

    def node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        line = event.start_mark.line + 1
        if depth > MAX_DEPTH:
            fail(self.file, line, f"is nested more than {MAX_DEPTH} deep; nothing here needs that.")
        if isinstance(event, self.yaml.AliasEvent):
            made = self.alias(str(event.anchor), line)
        else:
            self.untagged(event, line)
            if event.anchor:
                self.anchors[event.anchor] = None
            if isinstance(event, self.yaml.ScalarEvent):
                made = self.scalar(event, line)
            elif isinstance(event, self.yaml.SequenceStartEvent):
                made = self.sequence(events, line, depth)
            else:
                made = self.mapping(events, line, depth)
            if event.anchor:
                self.anchors[event.anchor] = made
        return made

    def count(self, size: int, line: int) -> None:
        self.total += size
        if self.total > MAX_NODES:
            fail(self.file, line, f"has more than {MAX_NODES} values; this cannot be a profile.")

    def alias(self, anchor: str, line: int) -> Node:
        known = self.anchors.get(anchor)
        if known is None:
            what = "refers to itself" if anchor in self.anchors else "refers to an anchor that is not there"
            fail(self.file, line, f"*{shown_word(anchor)} {what}; write the value out.")
        self.count(known.size, line)
        return known

    def untagged(self, event: Any, line: int) -> None:
        if event.tag not in (None, "!"):
            fail(
                self.file, line, f"the tag {shown_word(event.tag.lstrip('!'))} is not accepted; write the plain value."
            )

    def scalar(self, event: Any, line: int) -> Node:
        self.count(1, line)
        plain = event.style in (None, "") and event.tag is None
        return Node(self.resolved(event.value, line) if plain else event.value, line, event.value)

    def resolved(self, text: str, line: int) -> object:
        if _NULL.fullmatch(text):
            return None
        if _BOOLEAN.fullmatch(text):
            return text.lower() == "true"
        is_whole = _INTEGER.fullmatch(text)
        if not is_whole and not _FLOAT.fullmatch(text):
            return text
        if len(text) > MAX_DIGITS if is_whole else math.isinf(float(text)):
            fail(self.file, line, "is too large a number; write it in quotes if it is a name.")
        return int(text) if is_whole else float(text)

    def sequence(self, events: Iterator[Any], line: int, depth: int) -> Node:
        self.count(1, line)
        items: list[Node] = []
        for event in events:
            if isinstance(event, self.yaml.SequenceEndEvent):
                break
            items.append(self.node(event, events, depth + 1))
        return Node(items, line, size=1 + sum(item.size for item in items))

    def mapping(self, events: Iterator[Any], line: int, depth: int) -> Node:
        self.count(1, line)
        items: dict[str, Node] = {}
        lines: dict[str, int] = {}
        for event in events:
            if isinstance(event, self.yaml.MappingEndEvent):
                break
            key = self.key(event, lines)
            items[key] = self.node(next(events), events, depth + 1)
        return Node(items, line, key_lines=lines, size=1 + sum(item.size for item in items.values()))

    def key(self, event: Any, lines: dict[str, int]) -> str:
        line = event.start_mark.line + 1
        if not isinstance(event, self.yaml.ScalarEvent):
            fail(self.file, line, "a key must be a plain word; write it so.")
        key = str(event.value)
        if key in lines:
            fail(self.file, line, f"the key {shown_word(key)!r} stands in line {lines[key]} already; keep one of them.")
        lines[key] = line
        return key
