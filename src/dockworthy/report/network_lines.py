"""The way of a packet for the terminal: one station below the other, and what is wrong at which."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.report.advice import advice
from dockworthy.report.network import ABSENT, BROKEN, LATER, OK, STATES, THERE, UNKNOWN, state_of
from dockworthy.report.screen import Line, cells, fix
from dockworthy.report.words import listed, observation, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dockworthy.report.network import Part, Station
    from dockworthy.results.model import Result

__all__ = ["lines"]

_STYLES: Final = {BROKEN: "bold red", UNKNOWN: "yellow", LATER: "yellow", OK: "green", THERE: "", ABSENT: "dim"}
_HEADS: Final = {BROKEN: "Where it breaks", LATER: "What is in danger", UNKNOWN: "What is not known"}
_NAME: Final = 24  # cells that a line stands in below a name
_MOST: Final = 8  # parts of a station that are drawn
_LONGEST: Final = 160  # characters of what was seen of a part
_TOLD: Final = 12  # of what is wrong
_ALIKE: Final = 4  # names of what is wrong in the same way


@dataclass(frozen=True, slots=True)
class _Note:
    """What is told below the picture of results that are alike."""

    state: str  # under which head
    results: list[Result]  # of one check


def lines(stations: Sequence[Station]) -> Iterator[Line]:
    """The picture, what is wrong, and the legend of the marks that are in it."""
    notes = _notes(stations)
    numbers = {id(one): number for number, note in enumerate(notes, 1) for one in note.results}
    for station in stations:
        yield from _station(station, numbers, last=station is stations[-1])
    for state, head in _HEADS.items():
        found = [(number, note) for number, note in enumerate(notes, 1) if note.state == state]
        if found:
            yield Line()
            yield Line([(head, "bold")])
        for number, note in found[:_TOLD]:
            yield from _told(number, note)
        if len(found) > _TOLD:
            yield Line([(f"… and {len(found) - _TOLD} more, which `dockworthy check` tells", "dim")], 2)
    yield Line()
    states = {station.state for station in stations} | {part.state for station in stations for part in station.parts}
    legend = [f"{mark} {meaning}" for state, (mark, meaning) in STATES.items() if state in states]
    yield Line([(", ".join(legend), "dim")], hang=2)


# --- the picture -----------------------------------------------------------------------------------------------


def _station(station: Station, numbers: dict[int, int], *, last: bool) -> Iterator[Line]:
    mark = STATES[station.state][0]
    yield Line([(f"{mark} ", _STYLES[station.state]), (station.title, "bold")], 2)
    rail = " " if last else "│"
    shown, rest = _drawn(station.parts)
    width = max((cells(plain(part.name)) for part in shown), default=0)
    for part in shown:
        style = _STYLES[part.state]
        name = plain(part.name) + " " * (width - cells(plain(part.name))) + "  " if width else ""
        told = plain(part.seen or _from_results(part), _LONGEST)
        pieces = [
            (f"{rail}   ", ""),
            (f"{STATES[part.state][0]} ", style),
            (name, ""),
            (told, style if part.state == ABSENT else ""),
        ]
        marks = sorted({numbers[id(one)] for one in part.results if id(one) in numbers})
        pieces.append(("".join(f" [{number}]" for number in marks), style))
        yield Line(pieces, 2, 2, again=f"{rail}     {' ' * min(cells(name), _NAME)}")
    if rest:
        yield Line([(f"{rail}   … and {len(rest)} more, as they should be", "dim")], 2, 2, again=f"{rail}     ")
    if not last:
        yield Line([("✗" if station.state == BROKEN else "▼", _STYLES[BROKEN] if station.state == BROKEN else "")], 2)


def _drawn(parts: Sequence[Part]) -> tuple[list[Part], list[Part]]:
    """Those that are drawn, and those that are counted: of many that are as they should be."""
    if len(parts) <= _MOST:
        return list(parts), []
    calm = [part for part in parts if part.state in {OK, THERE, ABSENT}]
    counted = calm[max(0, _MOST - (len(parts) - len(calm))) :]
    left = set(map(id, counted))
    return [part for part in parts if id(part) not in left], counted


def _from_results(part: Part) -> str:
    """Of what was not seen by itself, what its results say."""
    if part.wrong:
        return part.wrong[0].title
    reasons = [one.reason for one in part.results if one.reason]
    return reasons[0] if reasons and part.state in {ABSENT, UNKNOWN} else STATES[part.state][1]


# --- what is wrong ---------------------------------------------------------------------------------------------


def _notes(stations: Sequence[Station]) -> list[_Note]:
    """What is wrong, what is alike once: what breaks before what is in danger, and each in the order of the way."""
    groups: dict[tuple[str, str, str], list[Result]] = {}
    for part in (part for station in stations for part in station.parts):
        for one in part.wrong:
            state = state_of(one)
            groups.setdefault((state, one.check, (one.reason or "") if state == UNKNOWN else ""), []).append(one)
    order = list(_HEADS)
    return [_Note(key[0], found) for key, found in sorted(groups.items(), key=lambda item: order.index(item[0][0]))]


def _told(number: int, note: _Note) -> Iterator[Line]:
    """One of them: which check says so of what, what was seen, and what to do."""
    first = note.results[0]
    names = [plain(one.param) for one in note.results if one.param]
    of = f" of {listed(names, _ALIKE)}" if names else ""
    waived = ", waived" if first.outcome == "waived" else ""
    told = f"{first.check}{of} ({first.severity}{waived})"
    yield Line([(f"{number:>2}  ", _STYLES[note.state]), (told, "bold")], 0, 4)
    yield Line([(f"{plain(first.title)}: {observation(first)}", "")], 4, 6)
    if note.state != UNKNOWN:
        alike = len({one.fix for one in note.results}) == 1
        yield from fix(
            first.fix or "", 4, [] if alike else [f"# for {names[0]}; the others want it with their own names:"]
        )
    elif what := advice(first.reason_code):
        yield Line([("to know it: ", "green"), (f"{what[0].lower()}{what[1:]}", "")], 4, 6)
