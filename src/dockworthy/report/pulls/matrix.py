"""Whether each host can pull from each registry, from what the runs' records say of `trust.registry-verifies`."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dockworthy.dataclass import dataclass
from dockworthy.report.newest import Newest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from dockworthy.results.model import Result

__all__ = ["CHECK", "FAILS", "UNDECIDED", "WORKS", "Cell", "Change", "Matrix", "Row", "matrix_of"]

CHECK: Final = "trust.registry-verifies"
WORKS, FAILS, UNDECIDED = "works", "fails", "undecided"


class Cell(NamedTuple):
    """What comes of pulling from one registry on one host; equal ones are one."""

    registry: str
    state: str  # `WORKS`, `FAILS` or `UNDECIDED`
    verdict: str  # the class of the engine's answer, such as ``expired``; of what is undecided the reason's code
    cause: str  # in a sentence; "" where it works
    fix: str  # commands or configuration; "" where there is none
    waived: bool  # whether somebody accepts that it fails


@dataclass(frozen=True, slots=True)
class Row:
    """Hosts of which the same holds for every registry."""

    hosts: tuple[str, ...]  # their names
    cells: Mapping[str, Cell]  # by registry; one that these hosts do not use is not in it


@dataclass(frozen=True, slots=True)
class Change:
    """Pulls that fail for one cause, or are undecided for one reason, and what is done about it once."""

    fix: str  # the same for all of them; "" where there is none
    verdicts: tuple[str, ...]
    causes: tuple[str, ...]  # each once
    registries: tuple[str, ...]
    hosts: tuple[str, ...]
    pulls: int  # hosts by registries
    waived: int  # how many of these somebody accepts


@dataclass(slots=True)
class Matrix:
    """Hosts by registries."""

    now: datetime  # the moment of the newest run
    hosts: int = 0  # that were looked at
    registries: dict[str, None] = field(default_factory=dict)  # in the order in which they were met
    rows: tuple[Row, ...] = ()  # those with most that fails first
    counts: dict[str, int] = field(default_factory=lambda: {WORKS: 0, FAILS: 0, UNDECIDED: 0})  # pulls by state
    waived: int = 0  # of those that fail
    changes: tuple[Change, ...] = ()  # what fails, that first which mends most
    undecided: tuple[Change, ...] = ()  # likewise
    without: int = 0  # hosts that use no registry
    unknown: dict[str, list[str]] = field(default_factory=dict)  # why it is not known which they use, and of whom
    not_reached: tuple[str, ...] = ()  # hosts that could not be looked at
    complete: bool = True  # whether every run came to its end

    @property
    def is_whole(self) -> bool:
        """Whether every pull that there is was decided."""
        return self.complete and not (self.not_reached or self.unknown or self.counts[UNDECIDED])


def matrix_of(paths: Iterable[Path]) -> Matrix:
    """The matrix of one or several records, read piece by piece; `UsageError` for what is none."""
    known: dict[Cell, Cell] = {}
    of_host: dict[str, dict[str, Cell]] = {}
    with Newest(paths) as newest:
        matrix = Matrix(newest.now, hosts=len(newest.reached), complete=newest.complete)
        matrix.not_reached = tuple(newest.not_reached)
        for one in newest.results(CHECK):
            if one.param is None:
                _of_whole_host(one, matrix)
            elif one.outcome not in {"skip", "manual"}:
                cell = _cell(one)
                matrix.registries.setdefault(cell.registry)
                matrix.counts[cell.state] += 1
                matrix.waived += cell.waived
                of_host.setdefault(one.host, {})[cell.registry] = known.setdefault(cell, cell)
    grouped: dict[tuple[Cell, ...], list[str]] = {}
    for host, cells in of_host.items():
        grouped.setdefault(tuple(cells[name] for name in matrix.registries if name in cells), []).append(host)
    rows = (Row(tuple(hosts), {cell.registry: cell for cell in cells}) for cells, hosts in grouped.items())
    matrix.rows = tuple(sorted(rows, key=_worst_first))
    matrix.changes, matrix.undecided = _changes(matrix.rows, FAILS), _changes(matrix.rows, UNDECIDED)
    return matrix


def _of_whole_host(one: Result, matrix: Matrix) -> None:
    if one.outcome == "skip":
        matrix.without += 1
    elif one.outcome == "error":
        matrix.unknown.setdefault(one.reason or "", []).append(one.host)


def _cell(one: Result) -> Cell:
    observed: dict[str, Any] = one.observed if isinstance(one.observed, dict) else {}
    verdict, cause = str(observed.get("verdict") or ""), str(observed.get("cause") or observed.get("message") or "")
    registry = one.param or ""
    if one.outcome == "pass":
        return Cell(registry, WORKS, verdict or "ok", "", "", waived=False)
    if one.outcome == "error":
        return Cell(registry, UNDECIDED, one.reason_code or "", one.reason or "", "", waived=False)
    return Cell(registry, FAILS, verdict or "other", cause, one.fix or "", waived=one.outcome == "waived")


def _worst_first(row: Row) -> tuple[int, int, str]:
    states = [cell.state for cell in row.cells.values()]
    return -states.count(FAILS), -states.count(UNDECIDED), row.hosts[0]


def _changes(rows: Iterable[Row], state: str) -> tuple[Change, ...]:
    """The pulls of this state by what is done about them; without a fix by their cause."""
    found: dict[tuple[str, str], list[tuple[Cell, tuple[str, ...]]]] = {}
    for row in rows:
        for cell in row.cells.values():
            if cell.state == state:
                found.setdefault((cell.fix, "" if cell.fix else cell.cause), []).append((cell, row.hosts))
    changes = (_change(fix, pulls) for (fix, _), pulls in found.items())
    return tuple(sorted(changes, key=lambda one: (-one.pulls, one.registries, one.causes)))


def _change(fix: str, pulls: list[tuple[Cell, tuple[str, ...]]]) -> Change:
    return Change(
        fix=fix,
        verdicts=tuple(dict.fromkeys(cell.verdict for cell, _ in pulls)),
        causes=tuple(dict.fromkeys(cell.cause for cell, _ in pulls)),
        registries=tuple(dict.fromkeys(cell.registry for cell, _ in pulls)),
        hosts=tuple(dict.fromkeys(host for _, hosts in pulls for host in hosts)),
        pulls=sum(len(hosts) for _, hosts in pulls),
        waived=sum(len(hosts) for cell, hosts in pulls if cell.waived),
    )
