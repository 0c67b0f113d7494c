"""What passes between who looks at hosts and who judges them: plain values, which may go to another process."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dockworthy.dataclass import dataclass
from dockworthy.run.options import Options

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dockworthy.applied import Applied
    from dockworthy.results.model import Policy, Result
    from dockworthy.results.policy import Decision

__all__ = ["Failure", "Judged", "Look", "Orders"]


@dataclass(frozen=True, slots=True)
class Orders:
    """By what hosts are judged; a process that has them comes to the same verdicts as any other."""

    options: Mapping[str, Any]  # the fields of `Options`
    started: str  # the moment by which dates are judged where no other is named, RFC 3339
    baseline: str | None = None  # the record that the run is compared with, or None
    applied: tuple[Any, ...] = ()  # the files that hosts are judged with in place of their own, as plain values

    @classmethod
    def of(
        cls,
        options: Options,
        started: datetime,
        baseline: str | None = None,
        applied: Iterable[Applied] = (),
    ) -> Orders:
        """Those of a run."""
        told = options._replace(argv=(), report=(), results=None, store=None, notify=(), spool=None)
        return cls(told._asdict(), started.isoformat(), baseline, tuple(one.as_plain() for one in applied))

    @property
    def as_options(self) -> Options:
        """What the user asked for."""
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in self.options.items()
        }
        return Options(**given)

    @property
    def moment(self) -> datetime:
        """When the run began."""
        return datetime.fromisoformat(self.started)


@dataclass(frozen=True, slots=True)
class Look:
    """What came of looking at one host."""

    number: int  # its place among the hosts of the run
    name: str  # unique in the run
    target: str  # as it was named, passwords masked
    data: bytes | None = field(default=None, repr=False)  # the snapshot
    path: str | None = None  # or the file that holds it; with neither, the host was not reached
    error: str | None = None  # why not, in a sentence
    named_at: str | None = None  # the inventory's file and line where it is named
    seconds: float = 0.0  # how long it took
    round_trips: int = 0  # connections made
    profile: str | None = None  # by which an inventory has it judged
    registries: tuple[str, ...] = ()  # that an inventory names for it


@dataclass(frozen=True, slots=True)
class Failure:
    """Results of one host by one check that are equal for a summary."""

    check: str
    title: str
    severity: str
    outcome: str  # fail, error, waived or manual
    reason: str | None
    code: str | None  # the reason in a word
    count: int = 1  # how many there are


@dataclass(frozen=True, slots=True)
class Judged:
    """One host, judged: its lines of the record, and what is counted of them."""

    number: int  # its place among the hosts of the run
    name: str
    reached: bool
    error: str | None  # why it was not, or None
    lines: bytes = field(repr=False)  # of the record: the host, its results, its certificates
    counts: Mapping[tuple[str, str], int]  # how many results each pair of severity and outcome has
    failures: tuple[Failure, ...] = ()  # what is no pass
    covered: Mapping[Decision, int] = field(default_factory=dict)  # results by the decision that covers them
    profile: tuple[str, str] = ("", "")  # the name and the digest of that by which it was judged
    policy: Policy | None = None  # its decisions, where no host of this process was judged by it before
    new: tuple[Result, ...] = ()  # with a baseline: the failures that it does not have
    fixed: int = 0  # likewise: how many failures of the baseline are gone
    known: int = 0  # and how many remain
    was_known: bool = True  # whether the baseline looked at the host
    changed: tuple[Result, ...] = ()  # in a rehearsal: what breaks, what is mended, which starts and pulls are others
    has_harbor: bool = False  # whether a Harbor is installed on it
