"""The table: which sentences there are, and what wraps one into another; read from the TOML files beside this.

A ``[[message]]`` has ``says`` (its phrases), ``checks`` (the ids that answer for it, the likeliest first; ``id:param``
where one instance alone does), ``source``, and where they apply ``verdict`` (of trust), ``cause`` (the round trip's
word for it), ``within`` (it is one only inside one of these, by their tags) and ``vague`` (it says where, but not what:
taken where nothing more telling is found). A ``[[wrapper]]`` has ``says``, in which ``{inner}`` is what is wrapped,
``tags``, ``within``, and ``own`` where these words are printed by none but these programs.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, Generic, TypeVar

from dockworthy import toml
from dockworthy.data import text
from dockworthy.dataclass import dataclass
from dockworthy.messages.phrase import Phrase

__all__ = ["Message", "Wrapper", "messages", "messages_for", "wrappers", "wrappers_for"]

_FILES: Final = ("wrappers", "tls", "registry", "start", "run", "log", "harbor")


@dataclass(frozen=True, slots=True)
class Message:
    """One sentence of the table."""

    phrases: tuple[Phrase, ...]
    checks: tuple[str, ...]  # ids, or id:param
    source: str  # the program's file and function, or the corpus that has it
    verdict: str | None = None
    cause: str | None = None
    within: frozenset[str] = frozenset()
    vague: bool = False


@dataclass(frozen=True, slots=True)
class Wrapper:
    """What one program puts before another's words."""

    phrases: tuple[Phrase, ...]
    tags: frozenset[str]
    within: frozenset[str] = frozenset()
    own: bool = False


Row = TypeVar("Row", Message, Wrapper)


def messages() -> tuple[Message, ...]:
    """All sentences, those that hold in one place alone before those that hold anywhere."""
    return _table()[0]


def wrappers() -> tuple[Wrapper, ...]:
    """All wrappers."""
    return _table()[1]


_BEGINNING: Final = 3  # characters by which rows are found; the fewer rows a text is held against, the better


class _ByBeginning(Generic[Row]):
    """Rows by how their phrases begin, each in its place, so that a text is held only against what it may be."""

    def __init__(self, rows: tuple[Row, ...]) -> None:
        firsts = [[phrase.first[:_BEGINNING] for phrase in row.phrases] for row in rows]
        known = {first for several in firsts for first in several if len(first) == _BEGINNING}
        told = list(zip(rows, firsts, strict=True))

        def chosen(beginning: str) -> tuple[Row, ...]:
            """The rows with a phrase of this beginning, or with one too short to tell."""
            return tuple(row for row, of in told if any(len(one) < _BEGINNING or one == beginning for one in of))

        self._anywhere: tuple[Row, ...] = chosen("")
        self._by: dict[str, tuple[Row, ...]] = {first: chosen(first) for first in known}

    def of(self, text: str) -> tuple[Row, ...]:
        return self._by.get(text[:_BEGINNING], self._anywhere)


def messages_for(text: str) -> tuple[Message, ...]:
    """The sentences that a text may be, by its beginning."""
    return _indices()[0].of(text)


def wrappers_for(text: str) -> tuple[Wrapper, ...]:
    """The wrappers that a text may begin with."""
    return _indices()[1].of(text)


@lru_cache(maxsize=1)
def _indices() -> tuple[_ByBeginning[Message], _ByBeginning[Wrapper]]:
    said, around = _table()
    return _ByBeginning(said), _ByBeginning(around)


@lru_cache(maxsize=1)
def _table() -> tuple[tuple[Message, ...], tuple[Wrapper, ...]]:
    said: list[Message] = []
    around: list[Wrapper] = []
    for name in _FILES:
        found = toml.loads(text("dockworthy.messages", f"{name}.toml"))
        source = str(found.get("source", ""))
        said += [_message(row, source) for row in found.get("message", [])]
        around += [_wrapper(row) for row in found.get("wrapper", [])]
    said.sort(key=lambda one: not one.within)
    return tuple(said), tuple(around)


def _message(row: dict[str, Any], source: str) -> Message:
    return Message(
        phrases=tuple(map(Phrase, row["says"])),
        checks=tuple(row["checks"]),
        source=row.get("source", source),
        verdict=row.get("verdict"),
        cause=row.get("cause"),
        within=frozenset(row.get("within", ())),
        vague=bool(row.get("vague", False)),
    )


def _wrapper(row: dict[str, Any]) -> Wrapper:
    return Wrapper(
        phrases=tuple(map(Phrase, row["says"])),
        tags=frozenset(row.get("tags", ())),
        within=frozenset(row.get("within", ())),
        own=bool(row.get("own", False)),
    )
