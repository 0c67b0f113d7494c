"""A calendar, made of the records of runs: of each host the newest counts."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.report.calendar.endings import LATER, SPANS, Dependents, Ending, Endings
from dockworthy.report.newest import Newest

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable
    from pathlib import Path

__all__ = ["Alike", "Calendar", "calendar_of"]


@dataclass(frozen=True, slots=True)
class Alike:
    """Certificates that end on one day, are there for the same and break the same, which is told once."""

    endings: tuple[Ending, ...]  # the next to end first

    @property
    def first(self) -> Ending:
        """The one that stands for all."""
        return self.endings[0]

    @property
    def dependents(self) -> tuple[Dependents, ...]:
        """What breaks without them, on all their hosts."""
        hosts: dict[str, dict[str, None]] = {}
        for ending in self.endings:
            for one in ending.dependents:
                hosts.setdefault(one.what, {}).update(dict.fromkeys(one.hosts))
        return tuple(Dependents(what, tuple(names)) for what, names in hosts.items())


@dataclass(frozen=True, slots=True)
class Calendar:
    """When the certificates of a fleet end."""

    now: datetime  # the moment of the newest run, by which is said how long they hold
    days: int  # how far it looks ahead
    endings: tuple[Ending, ...]  # within these days or over, the next to end first
    later: int  # how many end after that
    hosts: int  # that were looked at
    not_reached: tuple[str, ...]  # hosts whose certificates are not known
    left_out: int  # certificates that were seen and are not recorded
    complete: bool  # whether every run came to its end

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing that could be in it."""
        return self.complete and not self.not_reached and not self.left_out

    def by_span(self) -> list[tuple[str, list[Alike]]]:
        """The certificates by how soon they end; a span without one is left out."""
        spans: dict[str, dict[Hashable, list[Ending]]] = {name: {} for name in (*(name for _, name in SPANS), LATER)}
        for one in self.endings:
            breaks = tuple(dependents.what for dependents in one.dependents)
            key = (one.until.date(), one.ended_by, one.begins > self.now, tuple(one.uses), breaks)
            spans[one.span(self.now)].setdefault(key, []).append(one)
        return [(name, [Alike(tuple(one)) for one in found.values()]) for name, found in spans.items() if found]

    def named(self, digest: str | None) -> str:
        """The subject of a certificate of this calendar, "" where it is not in it."""
        found = next((one for one in self.endings if one.certificate.sha256 == digest), None)
        return found.certificate.subject if found is not None else ""


def calendar_of(paths: Iterable[Path], days: int) -> Calendar:
    """The calendar of one or several records, read piece by piece; `UsageError` for what is none."""
    endings = Endings()
    with Newest(paths) as newest:
        for certificate in newest.certificates():
            endings.add(certificate)
    every = endings.all()
    try:
        last = newest.now + timedelta(days=days)
    except OverflowError:
        last = datetime.max.replace(tzinfo=timezone.utc)
    near = tuple(one for one in every if one.until <= last)
    return Calendar(
        now=newest.now,
        days=days,
        endings=near,
        later=len(every) - len(near),
        hosts=len(newest.reached),
        not_reached=tuple(newest.not_reached),
        left_out=newest.left_out,
        complete=newest.complete,
    )
