"""What a store answers, for people: each question as a table, and an overview of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from dockworthy.printable import printable
from dockworthy.report.screen import Line
from dockworthy.report.table import columns_of
from dockworthy.report.words import quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["Told", "answer_lines", "overview_lines"]

_DAY = 10  # characters of a moment
_MOST = 3  # names that the overview tells


class Told(NamedTuple):
    """An answer as it is told."""

    columns: Sequence[str]  # their names
    rows: Sequence[Sequence[Any]]  # the first of them
    total: int  # how many there are


def _day(row: Mapping[str, Any], name: str) -> str | None:
    return row[name][:_DAY] if row[name] else None


def _since(row: Mapping[str, Any], word: str = "") -> str:
    """Since when, or before which day it was there when it was looked for first."""
    day = _day(row, "first_seen")
    return f"{word}{day}" if row.get("new", True) else f"before {day}"


def _took(row: Mapping[str, Any]) -> str:
    return "unknown" if row["days"] is None else f"{row['days']:.1f}"


_OF_FINDING: Final[tuple[tuple[str, Any], ...]] = (("severity", None), ("host", None), ("check", None), ("param", None))
_SHOWN: Final[Mapping[str, tuple[tuple[str, Callable[[Mapping[str, Any]], Any] | None], ...]]] = {
    "findings": (
        *_OF_FINDING,
        ("state", None),
        ("since", _since),
        ("last seen", lambda row: _day(row, "last_seen")),
        ("ended", lambda row: _day(row, "ended")),
    ),
    "fixes": (
        *_OF_FINDING,
        ("first seen", lambda row: _day(row, "first_seen")),
        ("fixed", lambda row: _day(row, "fixed")),
        ("days", _took),
    ),
    "flapping": (
        *_OF_FINDING,
        ("came back", lambda row: row["came_back"]),
        ("first seen", lambda row: _day(row, "first_seen")),
        ("last seen", lambda row: _day(row, "last_seen")),
        ("state", None),
    ),
    "missing": (
        ("host", None),
        ("last reached", lambda row: _day(row, "last_reached") or "never"),
        ("days", None),
        ("last tried", lambda row: _day(row, "last_tried")),
        ("error", None),
    ),
    "certificates": (
        ("ends", lambda row: _day(row, "ends")),
        ("days", None),
        ("hosts", None),
        ("host", None),
        ("used for", lambda row: row["used_for"]),
        ("where", None),
        ("subject", None),
    ),
    "engines": (
        ("engine", lambda row: row["engine"] or "unknown"),
        ("hosts", None),
        ("last seen", lambda row: _day(row, "last_seen")),
    ),
}
"""What of each answer people are shown: the heading, and the value, which is the column of that name."""
_NOTHING = {
    "days": "No run is kept of these days.",
    "findings": "Nothing is open.",
    "fixes": "Nothing was fixed.",
    "flapping": "Nothing came back.",
    "missing": "Every host was reached.",
    "certificates": "No certificate ends.",
    "engines": "No host was reached.",
}


def answer_lines(name: str, told: Told) -> Iterator[Line]:
    """One answer: its rows, and how many more there are."""
    if not told.rows:
        yield Line([(_NOTHING.get(name, "No row."), "")])
        return
    shown = _SHOWN.get(name)
    if shown is None:
        yield from columns_of(told.columns, told.rows)
    else:
        rows = [dict(zip(told.columns, row, strict=True)) for row in told.rows]
        kept = [one for one in shown if one[0] != "ended" or any(row["ended"] for row in rows)]
        values = [[row[heading] if value is None else value(row) for heading, value in kept] for row in rows]
        yield from columns_of([heading for heading, _ in kept], values)
    if told.total > len(told.rows):
        more = f"… {told.total - len(told.rows)} more: --limit {told.total}, or --format csv"
        yield Line([(more, "dim")])


def overview_lines(store: str, answers: Mapping[str, Told], days: Mapping[str, int]) -> Iterator[Line]:
    """The days, and below them a line of each other answer."""
    found = answers["days"]
    if not found.rows:
        yield Line([(f"{store} holds no run of these days.", "")])
        return
    yield Line([(f"{store}: {quantity(found.total, 'day')} with runs, the last {found.rows[-1][0]}", "bold")])
    yield Line()
    yield from columns_of(found.columns, found.rows)
    yield Line()
    facts = {
        "Open": _open(answers["findings"]),
        "Fixed": _fixed(answers["fixes"], answers["time_to_fix"]),
        "Came back": _came_back(answers["flapping"]),
        f"Not seen for {days['missing']} days": _named(answers["missing"], "every host was reached"),
        f"Certificates that end within {days['certificates']} days": _ending(answers["certificates"]),
        "Engines": _engines(answers["engines"]),
    }
    for name, text in facts.items():
        yield Line([(f"{name}: ", "bold"), (text, "")], hang=2)


def _rows(told: Told) -> list[dict[str, Any]]:
    return [dict(zip(told.columns, row, strict=True)) for row in told.rows]


def _finding(row: Mapping[str, Any]) -> str:
    param = f"[{printable(row['param'], 40)}]" if row["param"] is not None else ""
    return f"{row['check']}{param} on {printable(row['host'], 40)}"


def _open(told: Told) -> str:
    if not told.total:
        return "nothing"
    worst = _rows(told)[0]
    about = f"{worst['severity']}, {_since(worst, 'since ')}"
    return f"{quantity(told.total, 'finding')}; the worst is {_finding(worst)} ({about})"


def _fixed(told: Told, times: Told) -> str:
    (known,) = _rows(times)
    seen = "" if known["fixed"] == told.total else f"of {known['fixed']} the beginning was seen: "
    half = "half of them" if not seen else "half"
    took = f"; {seen}{half} within {known['days']:.1f} days" if known["fixed"] else ""
    return f"{quantity(told.total, 'finding')}{took}" if told.total else "nothing"


def _came_back(told: Told) -> str:
    rows = _rows(told)
    if not rows:
        return "nothing"
    first = f"{_finding(rows[0])} {quantity(rows[0]['came_back'], 'time')}"
    return f"{quantity(told.total, 'finding')}; most often {first}"


def _named(told: Told, none: str) -> str:
    names = [f"{printable(row['host'], 40)} ({_last(row)})" for row in _rows(told)[:_MOST]]
    return _with_more(names, told.total) or none


def _last(row: Mapping[str, Any]) -> str:
    return f"since {_day(row, 'last_reached')}" if row["last_reached"] else "never reached"


def _ending(told: Told) -> str:
    names = [
        f"{_day(row, 'ends')} {printable(row['subject'], 60)} on {quantity(row['hosts'], 'host')}"
        for row in _rows(told)[:_MOST]
    ]
    return _with_more(names, told.total) or "none"


def _engines(told: Told) -> str:
    names = [
        f"{printable(row['engine'] or 'unknown', 40)} on {quantity(row['hosts'], 'host')}"
        for row in _rows(told)[: 2 * _MOST]
    ]
    return _with_more(names, told.total) or "none"


def _with_more(names: Sequence[str], total: int) -> str:
    more = f"; and {total - len(names)} more" if names and total > len(names) else ""
    return "; ".join(names) + more
