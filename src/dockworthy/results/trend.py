"""How findings came and went over several runs: when each was first seen, and when it was fixed.

``trend_of(runs) -> Trend``. A finding is known again by its host, check and instance, under former ids too. It is
**fixed** when it passes or no longer applies, and **gone** when its check was judged on the host and this instance was
not there any more (a container that was removed). A run that could not look, or that left the check out, says
nothing: the finding stays open. One that is waived is not counted as open, as long as it is. What fails in the first
run that judged its check on the host was there before, so nobody knows for how long: it is no new finding, and its
time to fix is not counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import field
from statistics import median_low
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.moments import known_moment
from dockworthy.results.fingerprint import Key, keys
from dockworthy.results.model import OUTCOMES, SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import timedelta

    from dockworthy.results.model import Result, Results

__all__ = ["Episode", "Part", "Step", "Trend", "trend_of"]

_GOOD = {"pass", "skip"}
_OPEN, FIXED, GONE = "open", "fixed", "gone"


@dataclass(slots=True)
class Episode:
    """One finding from the run that first saw it to the one that no longer did."""

    result: Result  # as it was last seen
    begun: int  # the number of the run that first saw it
    is_new: bool  # whether an earlier run had judged the check on this host
    ended: int | None = None  # the number of the run that found it fixed or gone
    end: str = _OPEN  # ``open``, ``fixed`` or ``gone``
    names: list[Key] = field(default_factory=list)  # the identities under which it is known


@dataclass(frozen=True, slots=True)
class Step:
    """One run of the trend."""

    run: str  # its id
    started: str  # RFC 3339 in UTC
    findings: dict[str, int]  # how many results fail, by severity
    outcomes: dict[str, int]  # how many results have each outcome
    hosts: int  # how many hosts were reached
    new: int  # findings that an earlier run had not
    fixed: int  # findings of earlier runs that are fixed here
    gone: int  # findings whose instance is no longer there


@dataclass(frozen=True, slots=True)
class Part:
    """A host or a topic over the runs."""

    name: str  # of the host or the topic
    findings: list[int | None]  # how many fail in each run; None where it was not judged
    new: int  # findings that came after the first look
    fixed: int  # findings that were fixed
    still_open: int  # findings that nothing has ended, and that are not waived
    time_to_fix: timedelta | None  # the median of those whose beginning was seen, or None


@dataclass(frozen=True, slots=True)
class Trend:
    """Several runs, the oldest first."""

    steps: tuple[Step, ...]  # one a run
    hosts: tuple[Part, ...]  # by host, the one with the most open findings first
    topics: tuple[Part, ...]  # by topic, likewise
    new: int  # findings that came after the first look
    fixed: int  # findings that were fixed
    still_open: int  # findings that nothing has ended, and that are not waived
    time_to_fix: timedelta | None  # the median of those whose beginning was seen, or None


@dataclass(slots=True)
class _Course:
    """What is known while the runs are read."""

    episodes: list[Episode] = field(default_factory=list)
    open: dict[Key, Episode] = field(default_factory=dict)
    judged: set[tuple[str, str]] = field(default_factory=set)  # host and check, by an earlier run

    def read(self, number: int, run: Results) -> None:
        """Take one run in."""
        here: set[Key] = set()
        checks: set[tuple[str, str]] = set()
        lost = {host.name for host in run.hosts if not host.reachable}
        for result in run.results:
            if result.host in lost:
                continue
            names = keys(result)
            here.update(names)
            if result.outcome != "error":
                checks.update((host, check) for host, check, _ in names)
            self._put(number, result, names)
        for episode in {id(episode): episode for episode in self.open.values()}.values():
            self._leave(number, episode, here, checks)
        self.judged |= checks

    def _put(self, number: int, result: Result, names: list[Key]) -> None:
        episode = next((self.open[name] for name in names if name in self.open), None)
        if result.outcome == "fail":
            if episode is None:
                is_new = any((host, check) in self.judged for host, check, _ in names)
                episode = Episode(result, number, is_new)
                self.episodes.append(episode)
            episode.result, episode.names = result, names
            self.open.update(dict.fromkeys(names, episode))
        elif episode is not None and result.outcome in _GOOD:
            self._close(episode, number, FIXED)
        elif episode is not None and result.outcome == "waived":
            episode.result = result

    def _leave(self, number: int, episode: Episode, here: set[Key], checks: set[tuple[str, str]]) -> None:
        """Close an open finding whose instance is no longer there, though its check was judged."""
        if here.isdisjoint(episode.names) and any((host, check) in checks for host, check, _ in episode.names):
            self._close(episode, number, GONE)

    def _close(self, episode: Episode, number: int, end: str) -> None:
        episode.ended, episode.end = number, end
        for name in episode.names:
            self.open.pop(name, None)


def trend_of(runs: Sequence[Results]) -> Trend:
    """How the findings of these runs came and went; the runs are put in the order in which they started."""
    ordered = sorted(runs, key=lambda run: run.run.started)
    course = _Course()
    for number, run in enumerate(ordered):
        course.read(number, run)
    episodes = course.episodes
    took = _durations(ordered)
    return Trend(
        tuple(_step(number, run, episodes) for number, run in enumerate(ordered)),
        _parts(ordered, episodes, took, lambda result: result.host),
        _parts(ordered, episodes, took, lambda result: result.topic),
        *_figures(episodes, took),
    )


def _step(number: int, run: Results, episodes: Iterable[Episode]) -> Step:
    ends = Counter(episode.end for episode in episodes if episode.ended == number)
    severities = Counter(result.severity for result in run.results if result.outcome == "fail")
    return Step(
        run.run.id,
        run.run.started,
        {severity: severities[severity] for severity in SEVERITIES},
        {outcome: run.summary.by_outcome.get(outcome, 0) for outcome in OUTCOMES},
        len(run.hosts) - len(run.unreachable),
        sum(1 for episode in episodes if episode.begun == number and episode.is_new),
        ends[FIXED],
        ends[GONE],
    )


def _durations(runs: Sequence[Results]) -> Callable[[Episode], timedelta | None]:
    """How long a finding was there, where its beginning and its being fixed were seen."""
    starts = [known_moment(run.run.started) for run in runs]

    def took(episode: Episode) -> timedelta | None:
        if episode.end != FIXED or not episode.is_new or episode.ended is None:
            return None
        begun, ended = starts[episode.begun], starts[episode.ended]
        return ended - begun if begun is not None and ended is not None else None

    return took


def _figures(
    episodes: Iterable[Episode], took: Callable[[Episode], timedelta | None]
) -> tuple[int, int, int, timedelta | None]:
    """New, fixed, still open, and the median time to fix."""
    known = list(episodes)
    times = sorted(time for time in map(took, known) if time is not None)
    return (
        sum(1 for episode in known if episode.is_new),
        sum(1 for episode in known if episode.end == FIXED),
        sum(1 for episode in known if episode.end == _OPEN and episode.result.outcome != "waived"),
        median_low(times) if times else None,
    )


def _parts(
    runs: Sequence[Results],
    episodes: Iterable[Episode],
    took: Callable[[Episode], timedelta | None],
    part_of: Callable[[Result], str],
) -> tuple[Part, ...]:
    counts: dict[str, list[int | None]] = defaultdict(lambda: [None] * len(runs))
    for number, run in enumerate(runs):
        fails = Counter(part_of(result) for result in run.results if result.outcome == "fail")
        for name in {part_of(result) for result in run.results if result.outcome != "error"}:
            counts[name][number] = fails[name]
    mine: dict[str, list[Episode]] = defaultdict(list)
    for episode in episodes:
        mine[part_of(episode.result)].append(episode)
    parts = [Part(name, findings, *_figures(mine[name], took)) for name, findings in counts.items()]
    return tuple(sorted(parts, key=lambda part: (-part.still_open, -part.new, part.name)))
