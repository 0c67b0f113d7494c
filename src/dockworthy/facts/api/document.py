"""A JSON answer of the engine, read field by field: each field is evidence, known by its kind or unknown.

The engine writes an empty Go slice or map as ``null``; other API versions leave fields out. What an absent
field means is the reader's to say (``default``), and only where the API's documentation says it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Reason, derived, known, unknown
from dockworthy.masking import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockworthy.snapshot import Snapshot

__all__ = ["UNTOLD", "Document", "Listing", "documents", "failure_of", "one_document", "parse_time"]

T = TypeVar("T")
_MISSING: Any = object()
_NOT_TOLD = Reason("the answer does not have it", Code.NOT_TOLD)
_OF_ANOTHER_KIND = Reason("is not of the kind that the API documents", Code.MALFORMED)
_FRACTION_DIGITS = 6
UNTOLD = Reason("the probe does not tell its value, which may be a secret", Code.HIDDEN)


@dataclass(frozen=True, slots=True)
class Document:
    """One JSON object of an answer."""

    source: str  # the request that gave it, as in ``GET /info``
    content: Mapping[str, Any] = field(default_factory=dict)  # the object
    unknown: Reason | None = None  # why there is none, or None
    prefix: str = ""  # the path of this object inside the answer

    def _where(self, path: tuple[str, ...]) -> str:
        return f"{self.source}: {'.'.join((self.prefix, *path) if self.prefix else path)}"

    def _raw(self, path: tuple[str, ...]) -> tuple[Any, Reason | None]:
        """What stands at a path, `_MISSING` where nothing does, and why that is not known."""
        if self.unknown is not None:
            return _MISSING, self.unknown
        value: Any = self.content
        for key in path:
            if value is None:
                return _MISSING, None
            if not isinstance(value, (dict, Mapping)):  # of a dict it is told faster
                return _MISSING, _OF_ANOTHER_KIND
            value = value.get(key, _MISSING)
            if value is _MISSING:
                return _MISSING, None
        return value, None

    def _typed(self, path: tuple[str, ...], kind: type[T], default: T | None, *, null: T | None = None) -> Evidence[T]:
        value, why = self._raw(path)
        where = self._where(path)
        if why is not None:
            return unknown(why, where)
        if value is None and null is not None:
            return known(null, where)
        if value is None or value is _MISSING:
            return unknown(_NOT_TOLD, where) if default is None else known(default, where)
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            return unknown(_OF_ANOTHER_KIND, where)
        return known(value, where)

    def has(self, *path: str) -> bool:
        """Whether the field is there and not null."""
        value, why = self._raw(path)
        return why is None and value is not None and value is not _MISSING

    def flag(self, *path: str, default: bool | None = None) -> Evidence[bool]:
        """A boolean."""
        return self._typed(path, bool, default)

    def number(self, *path: str, default: int | None = None) -> Evidence[int]:
        """A whole number."""
        return self._typed(path, int, default)

    def text(self, *path: str, default: str | None = None) -> Evidence[str]:
        """A string; one that the probe does not tell is not known."""
        found = self._typed(path, str, default)
        return unknown(UNTOLD, found.source) if found.content == HIDDEN else found

    def items(self, *path: str, default: tuple[Any, ...] | None = None) -> Evidence[tuple[Any, ...]]:
        """A list; null is the empty one."""
        found: Evidence[list[Any]] = self._typed(path, list, None if default is None else list(default), null=[])
        return found.map(tuple)

    def texts(self, *path: str, default: tuple[str, ...] | None = None) -> Evidence[tuple[str, ...]]:
        """A list of strings; null is the empty one."""
        found = self.items(*path, default=default)
        if found.is_known and not all(isinstance(item, str) for item in found.value):
            return unknown("holds what is not text", found.source, Code.MALFORMED)
        return found

    def objects(self, *path: str, default: tuple[Any, ...] | None = None) -> Evidence[tuple[Document, ...]]:
        """A list of objects; null is the empty one."""
        found = self.items(*path, default=default)
        if found.is_known and not all(isinstance(item, Mapping) for item in found.value):
            return unknown("holds what is no object", found.source, Code.MALFORMED)
        prefix = ".".join((self.prefix, *path) if self.prefix else path)
        return found.map(
            lambda items: tuple(
                Document(self.source, item, None, f"{prefix}[{index}]") for index, item in enumerate(items)
            )
        )

    def table(self, *path: str, default: Mapping[str, Any] | None = None) -> Evidence[Mapping[str, Any]]:
        """An object; null is the empty one."""
        found: Evidence[dict[str, Any]] = self._typed(path, dict, None if default is None else dict(default), null={})
        return found.map(lambda value: value)

    def at(self, *path: str) -> Document:
        """The object at a path, as a document of its own."""
        prefix = ".".join((self.prefix, *path) if self.prefix else path)
        value, why = self._raw(path)
        if why is not None:
            return Document(self.source, {}, why, prefix)
        if value is None or value is _MISSING:
            return Document(self.source, {}, _NOT_TOLD, prefix)
        if not isinstance(value, (dict, Mapping)):
            return Document(self.source, {}, _OF_ANOTHER_KIND, prefix)
        return Document(self.source, value, None, prefix)

    @derived
    def time(self, *path: str) -> Evidence[datetime]:
        """A moment, in UTC."""
        found = self.text(*path)
        moment = parse_time(found.value)
        return unknown("is no time", found.source, Code.MALFORMED) if moment is None else known(moment, found.source)


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """All of a kind that the engine has, in its order."""

    known_ones: tuple[T, ...]  # those whose answer could be read; some may be unknown inside
    failure: Reason | None  # why others are missing, or None
    source: str = ""  # the request that lists them

    @property
    def all(self) -> Evidence[tuple[T, ...]]:
        """All of them, or why not all are known."""
        return known(self.known_ones, self.source) if self.failure is None else unknown(self.failure, self.source)


def parse_time(text: str) -> datetime | None:
    """A moment in RFC 3339 with up to nine digits of a second, in UTC; None where the text is none."""
    head, dot, tail = text.partition(".")
    zone = tail.lstrip("0123456789") if dot else ""
    digits = tail[: len(tail) - len(zone)][:_FRACTION_DIGITS].ljust(_FRACTION_DIGITS, "0") if dot else ""
    whole = f"{head}.{digits}{zone}" if dot else head
    try:
        moment = datetime.fromisoformat(whole.replace("Z", "+00:00").replace("z", "+00:00"))
    except ValueError:
        return None
    return moment.astimezone(timezone.utc) if moment.tzinfo else None


def _parse(text: str, source: str) -> Document:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return Document(source, {}, Reason("the engine's answer is cut off or no JSON", Code.MALFORMED))
    if not isinstance(value, dict):
        return Document(source, {}, Reason("the engine's answer is no JSON object", Code.MALFORMED))
    return Document(source, value)


def failure_of(snapshot: Snapshot, name: str) -> Reason | None:
    """Why a section of the engine's API has no content, with the last line of what the client said; else None."""
    why = snapshot.data(name).unknown
    if why is None:
        return None
    said = snapshot.text(f"{name}:err").get("").strip().splitlines()
    return why.within(f"{why}: {said[-1][:300]}") if said else why


def one_document(snapshot: Snapshot, name: str, source: str) -> Document:
    """The one object of a section such as ``docker:info``."""
    failure = failure_of(snapshot, name)
    if failure is not None:
        return Document(source, {}, failure)
    found = _parse(snapshot[name].text, source)
    if found.unknown is None and not found.content:
        return Document(source, {}, Reason("the engine's answer is empty", Code.MALFORMED))
    return found


def documents(snapshot: Snapshot, name: str, source: str) -> tuple[list[Document], Reason | None]:
    """The objects of a section that has one a line, and why some are missing (None: all are there).

    A line that is cut off or no JSON gives a document that is unknown, so that the others stand.
    """
    section = snapshot.get(name)
    reason = failure_of(snapshot, name)
    if section is None or not section.data.strip():
        return [], reason
    found = [_parse(line, source) for line in _lines(section.text)]
    return found, None if reason and _only_vanished(snapshot, name) else reason


def _lines(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        if line.strip():
            yield line


def _only_vanished(snapshot: Snapshot, name: str) -> bool:
    """Whether all that the client complained of are things that were removed since they were listed."""
    said = [line.strip().lower() for line in snapshot.text(f"{name}:err").get("").splitlines() if line.strip()]
    return snapshot[name].status == 1 and bool(said) and all("no such" in line for line in said)
