"""What each release of Docker Engine knows and does, as ``releases.csv`` has it.

A new release is new rows, and no code: whoever needs to know what a release does asks its `Rules` by a rule's name.
"""

from __future__ import annotations

import json
import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from dockworthy.data import table
from dockworthy.dataclass import dataclass
from dockworthy.errors import UsageError
from dockworthy.releases.release import Release

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Row", "Rules", "Table", "known"]

SETTINGS = frozenset({"key", "flag"})
_ASKED = frozenset({"rule", "log-option"})


@lru_cache(maxsize=256)
def _release(text: str) -> Release | None:
    return Release.parse(text) if text else None


def _value(text: str) -> Any:
    """A JSON value, or else the text itself; None for none."""
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; the columns are told in the file itself."""

    kind: str
    name: str
    since: Release | None  # None: from the first
    until: Release | None  # None: to this day
    build: str  # whose builds alone; "" for all
    type: str
    within: tuple[str, ...]
    flag: str
    letter: str
    default: Any  # None where it is zero, or worked out
    empty: Any  # what an empty value comes to in force; None where it stays as it is
    says: str
    source: str
    text: str  # the default as it was written

    @classmethod
    def of(cls, cells: Mapping[str, str]) -> Row:
        """Read the cells of a line."""
        ends = {name: _release(cells[name]) for name in ("since", "until")}
        values = {name: _value(cells[name]) for name in ("default", "empty")}
        within = tuple(filter(None, cells["within"].split("." if cells["kind"] == "key" else " ")))
        return cls(**{**cells, **ends, **values, "within": within, "text": cells["default"]})

    def holds(self, release: Release) -> bool:
        """Whether a release has it, whoever built that."""
        return (self.since is None or self.since <= release) and (self.until is None or release <= self.until)


class Rules:
    """What one release knows and does."""

    def __init__(self, release: Release, rows: Iterable[Row], names: frozenset[str]) -> None:
        self.release = release
        self._names = names  # of every rule of the table
        ours: dict[tuple[str, str, str], Row] = {}
        for row in rows:
            if row.build in {"", release.build} and row.holds(release):
                place = (row.kind, row.within[0] if row.kind == "member" else "", row.name)
                if row.build or place not in ours:
                    ours[place] = row
        self.rows = tuple(ours.values())
        self._of_kind: dict[tuple[str, ...], tuple[Row, ...]] = {}

    def of_kind(self, *kinds: str) -> tuple[Row, ...]:
        """The rows of some kinds, in the table's order."""
        if kinds not in self._of_kind:
            self._of_kind[kinds] = tuple(row for row in self.rows if row.kind in kinds)
        return self._of_kind[kinds]

    @cached_property
    def settings(self) -> tuple[Row, ...]:
        """The keys of daemon.json, and the options that have none."""
        return self.of_kind(*SETTINGS)

    @cached_property
    def whole(self) -> frozenset[str]:
        """The keys whose objects are not taken for groups of keys."""
        return frozenset(row.name for row in self.of_kind("whole"))

    @cached_property
    def accepted(self) -> frozenset[str]:
        """The keys that need no option of their name."""
        return frozenset(row.name for row in self.of_kind("accepted"))

    @cached_property
    def _holding(self) -> frozenset[str]:
        return frozenset(row.name for row in self.rows if row.kind in _ASKED)

    def holds(self, name: str) -> bool:
        """Whether a rule holds for the release.

        Raises:
            LookupError: for a name that no rule has.
        """
        if name not in self._names:
            raise LookupError(name)
        return name in self._holding

    def has(self, name: str) -> bool:
        """The same of what may have no row, as most options of log drivers: they are of every release."""
        return name in self._holding or name not in self._names

    def api(self, which: str) -> str:
        """An API version: ``oldest`` and ``newest`` that it answers, ``lowest`` to which the oldest may be set."""
        return next((row.text for row in self.of_kind("api") if row.name == which), "")

    @cached_property
    def go(self) -> tuple[int, ...]:
        """The release of Go that it is built with, where the engine does not say it."""
        return next((tuple(map(int, row.text.split("."))) for row in self.of_kind("go")), ())


class Table:
    """All rows."""

    def __init__(self, lines: Iterable[Mapping[str, str]]) -> None:
        self.rows = tuple(map(Row.of, lines))
        self.lines = tuple(
            (row.since, row.until) for row in self.rows if row.kind == "line" and row.since and row.until
        )
        self._names = frozenset(row.name for row in self.rows if row.kind in _ASKED)
        self._rules: dict[tuple[tuple[int, ...], str], Rules] = {}

    @property
    def start(self) -> Release:
        """The oldest release that it knows."""
        return min(first for first, _ in self.lines)

    @property
    def end(self) -> Release:
        """The newest release that it knows."""
        return max(last for _, last in self.lines)

    def resolve(self, text: str) -> Release:
        """The release that a user names: ``29.3.1``, ``29.3`` (its last), ``29`` (the last of these), ``latest``.

        Raises:
            UsageError: for what is no release of the table.
        """
        if text == "latest":
            return self.end
        if not re.fullmatch(r"\d{1,4}(\.\d{1,4}){0,2}", text, re.ASCII):
            raise UsageError(f"{text[:100]!r} is no release of Docker Engine; write 29.3.1, 29.3, 29 or latest")
        release = Release.parse(text)
        why = self.doubt(release)
        if text.count(".") == 2:  # noqa: PLR2004 - all three numbers
            found = [] if why else [release]
        else:
            found = [last for _, last in self.lines if f"{last}.".startswith(f"{text}.")]
        if not found:
            raise UsageError(f"{why or f'there is no Docker Engine {text}'}; name one from {self.start} to {self.end}")
        return max(found)

    def doubt(self, release: Release) -> str:
        """Why not everything about a release is known; empty where it is."""
        if not release.is_engine:
            return f"{release.text or 'what answers'} is podman, and no Docker Engine"
        if not release.numbers:
            if not release.text:
                return "which release of Docker Engine this is was not told"
            return f"the version {release.text[:60]!r} names no release of Docker Engine"
        if release > self.end:
            return f"Docker Engine {release} is newer than this table, which ends at {self.end}"
        if release < self.start:
            return f"Docker Engine {release} is older than this table, which begins at {self.start}"
        if not release.is_final:
            return f"Docker Engine {release} is a pre-release, which need not have all that its release has"
        return ""

    def stand_ins(self, release: Release) -> tuple[Rules, ...]:
        """The rules of the releases between which a release lies, by what is known: of a known one its own alone.

        A pre-release has the rules of its release or of the one before it; one that the table does not know, or that
        says none, the nearest that it knows. None where what answers is no Docker Engine.
        """
        if not release.is_engine:
            return ()
        if not release.numbers:
            return (self.rules(self.end),)
        if release < self.start:
            return (self.rules(self.start),)
        if release.is_final:
            return (self.rules(release),)
        final = Release(release.numbers, text=release.text)
        before = max((last for _, last in self.lines if last < final), default=self.start)
        inside = [
            Release((*first.numbers[:2], final.numbers[2] - 1)) for first, last in self.lines if first < final <= last
        ]
        return self.rules(final), self.rules(max([before, *inside]))

    def rules(self, release: Release) -> Rules:
        """The rules of one release; of a later patch of a line that it knows those of the line's last.

        Those of a pre-release are its release's: a row that begins with that one begins with its pre-releases.
        """
        if not release.is_final:
            release = Release(release.numbers, text=release.text)
        key = (release.numbers, release.build)
        if key not in self._rules:
            for first, last in self.lines:
                if release.numbers[:2] == first.numbers[:2] and last < release and last != self.end:
                    release = Release(last.numbers, text=release.text)
            self._rules[key] = Rules(release, self.rows, self._names)
        return self._rules[key]


@lru_cache(maxsize=1)
def _made() -> Table:
    return Table(table("dockworthy.releases", "releases.csv"))


def known() -> Table:
    """The table that comes with the package."""
    return _made()
