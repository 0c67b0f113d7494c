"""Hosts that are like one that was judged: what rests on nothing that differs is taken from there.

Of some hosts it is kept what each question (a check, what the record says of the host, its certificates) and each fact
read, as `facts.watched` tells: sections, absent ones too, all names of a kind, paths of the file tree, the moment.
Where all of that is the same on another host, by the same profile, the answer is the same, and its lines are taken as
they are. A fact that read something else, and is the same in all its parts, changes nothing for who asked for it.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from dockworthy.facts.api.engine import INFO, Engine, info_texts
from dockworthy.facts.watched import Watched, other_names
from dockworthy.noted import names_between
from dockworthy.run.hosts import RunHost

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from dockworthy.facts.facts import Facts
    from dockworthy.facts.watched import Read

__all__ = ["Alike"]

T = TypeVar("T")
_MISSING = object()
_FILES, _ENGINE, _SECTIONS, _NOW = "files", "engine", "sections", "now"
_MOST = 12  # hosts that are kept; a fleet has few images
_TRIED = 24  # further ones of which it is known what was seen
_MANY = 0.1  # of the questions: who has to be asked more of them may be the first of another kind

Question = tuple[str, Callable[[RunHost], T]]
"""What is asked of a host, and the name by which it is known what it read."""


class Alike(Generic[T]):
    """Asks hosts the same questions, and those again that may have another answer than on a host before.

    Attributes:
        taken: how many answers were taken from another host.
        asked: how many were asked for.
    """

    def __init__(self) -> None:
        self.taken = 0
        self.asked = 0
        self._kept: list[_Kept[T]] = []  # what was used last stands last
        self._tried: list[Mapping[str, object]] = []  # the sections of hosts that were like none of these

    def answers(self, host: RunHost, questions: Sequence[Question[T]], own: Collection[str] = ()) -> list[T]:
        """What a host answers to each question.

        Args:
            host: which was reached, and is judged as it is.
            questions: each with its name.
            own: the names of those whose answer rests on who the host is: on its name, on a waiver of it.
        """
        near, others = self._nearest(host, questions)
        if near is None:
            return self._keep(host, questions)
        differing = near.differing(host) | {*own}
        again = [number for number, (name, _) in enumerate(questions) if name in differing]
        if len(again) > _MANY * len(questions) and self._is_second(host, others):
            return self._keep(host, questions)
        found = list(near.answers)
        for number in again:
            found[number] = questions[number][1](host)
        self.asked += len(again)
        self.taken += len(questions) - len(again)
        self._kept.remove(near)
        self._kept.append(near)
        return found

    def _nearest(self, host: RunHost, questions: Sequence[Question[T]]) -> tuple[_Kept[T] | None, int]:
        """The host that differs in the fewest sections, of those that were asked the same by the same profile.

        And in how many it differs.
        """
        nearest, fewest = None, 0
        for one in reversed(self._kept):
            if one.fits(host, questions):
                number = len(_differing(one.sections, host.facts.snapshot.sections))
                if nearest is None or number < fewest:
                    nearest, fewest = one, number
                if not number:
                    break
        return nearest, fewest

    def _is_second(self, host: RunHost, others: int) -> bool:
        """Whether a host before was more like it than what is kept: then it is one of a kind, and more may come."""
        sections = host.facts.snapshot.sections
        found = any(len(_differing(one, sections)) < others for one in self._tried)
        if not found:
            self._tried.append(sections)
            del self._tried[:-_TRIED]
        return found

    def _keep(self, host: RunHost, questions: Sequence[Question[T]]) -> list[T]:
        kept = _Kept(host, questions)
        self._kept.append(kept)
        del self._kept[:-_MOST]
        self.asked += len(questions)
        return kept.answers


class _Kept(Generic[T]):
    """One host: its sections, its answers, and which question read what."""

    def __init__(self, host: RunHost, questions: Sequence[Question[T]]) -> None:
        snapshot = host.facts.snapshot
        watched = Watched(snapshot, host.now)
        self.answers = [ask(host.of(watched.facts(name))) for name, ask in questions]
        self._questions = questions
        self._host = host
        self.sections = snapshot.sections
        self._single: dict[tuple[str, str], set[str]] = {}  # by table and name who looked there
        self._many: dict[Read, set[str]] = {}  # by start and end of names who asked for all of these
        for name in watched.readers():
            self._note(name, watched.own_reads(name))
        self._info = info_texts(snapshot) if _ENGINE in watched.readers() else {}
        self._watched = watched
        self._written: dict[str, bytes | None] = {}
        of_files = any(table not in {_SECTIONS, _NOW, INFO} for table, _ in self._single)
        self._tables = watched.facts(_FILES).files.tables() if of_files else {}

    def _note(self, name: str, reads: Iterable[Read]) -> None:
        for read in reads:
            if read.end is None:
                self._single.setdefault((read.table, read.name), set()).add(name)
            else:
                self._many.setdefault(read, set()).add(name)

    def fits(self, host: RunHost, questions: Sequence[Question[T]]) -> bool:
        """Whether the other host was looked at to the same end, and is asked the same."""
        mine, theirs = self._host.facts.snapshot, host.facts.snapshot
        same = (mine.tool_version, mine.truncated) == (theirs.tool_version, theirs.truncated)
        return same and self._host.profile is host.profile and self._questions is questions

    def differing(self, host: RunHost) -> set[str]:
        """The questions that may have another answer on the other host."""
        found = self._readers(_SECTIONS, self.sections, host.facts.snapshot.sections)
        if host.now != self._host.now:
            found |= self._single.get((_NOW, ""), set())
        if _FILES in found and self._tables:
            for name, table in host.facts.files.tables().items():
                found |= self._readers(name, self._tables[name], table)
        if _ENGINE in found:
            found |= self._readers(INFO, self._info, info_texts(host.facts.snapshot))
        changed: dict[str, bool] = {}
        return {name for name, _ in self._questions if self._may_differ(name, found, host.facts, changed)}

    def _may_differ(self, reader: str, found: set[str], facts: Facts, changed: dict[str, bool]) -> bool:
        """Whether a reader read something that is another there, or asked for a fact that is."""
        if reader in found:
            return True
        return any(self._is_changed(fact, found, facts, changed) for fact in self._watched.asked(reader))

    def _is_changed(self, fact: str, found: set[str], facts: Facts, changed: dict[str, bool]) -> bool:
        if fact not in changed:
            changed[fact] = False  # of facts that ask for each other, each is as the rest of them is
            changed[fact] = self._may_differ(fact, found, facts, changed) and not self._is_equal(fact, facts)
        return changed[fact]

    def _is_equal(self, fact: str, facts: Facts) -> bool:
        """Whether a fact is the same in all its parts there; not where some of it can go on looking."""
        if fact not in self._written:
            self._written[fact] = _written(fact, self._watched.facts(fact))
        mine = self._written[fact]
        return mine is not None and mine == _written(fact, facts)

    def _readers(self, name: str, mine: Mapping[str, object], theirs: Mapping[str, object]) -> set[str]:
        """Who has read what is another in a table."""
        found: set[str] = set()
        for other in _differing(mine, theirs):
            found |= self._single.get((name, other), set())
        changed = () if list(mine) == list(theirs) else other_names(mine, theirs)
        if changed:
            for read, readers in self._many.items():
                if read.table == name and any(True for _ in names_between(changed, read.name, read.end or "")):
                    found |= readers
        return found


def _written(fact: str, facts: Facts) -> bytes | None:
    """A fact as bytes; None where it has parts that are none, such as what looks again each time that it is asked."""
    found: object
    try:
        found = facts.find(fact)
    except Exception as error:  # noqa: BLE001 - who asks for it is told so, too
        found = type(error), error.args, vars(error)
    try:
        return pickle.dumps(found.unnoted if isinstance(found, Engine) else found)
    except Exception:  # noqa: BLE001 - whatever a part raises that cannot be written
        return None


def _differing(mine: Mapping[str, object], theirs: Mapping[str, object]) -> set[str]:
    """The names under which two tables do not have the same."""
    found = {name for name, value in mine.items() if theirs.get(name, _MISSING) != value}
    return found | (theirs.keys() - mine.keys())
