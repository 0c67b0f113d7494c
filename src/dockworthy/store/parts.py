"""Which runs a store holds, and where: ``runs/day=YYYY-MM-DD/NAME/``, a part each, of one run or of a whole day.

A part has the tables of `TABLES` as Parquet, and ``part.json`` names its runs. Rehearsals lie below ``rehearsals/``
in the same way, where nobody takes them for what hosts are. A day is that on which a run started, by the clock of the
machine that made it, in UTC; what clocks hosts have is their own matter.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import field
from typing import TYPE_CHECKING, Any, Final

from dockworthy.dataclass import dataclass
from dockworthy.results.writer import encodable
from dockworthy.store.duck import COLUMNS
from dockworthy.store.place import WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dockworthy.results.model import Run
    from dockworthy.store.place import Place

__all__ = [
    "CUT",
    "ORDERS",
    "REHEARSALS",
    "RUNS",
    "TABLES",
    "Kept",
    "Part",
    "chosen",
    "day_of",
    "kept_of",
    "of_day",
    "parts_of",
    "told_of",
]

RUNS, REHEARSALS = "runs", "rehearsals"
CUT: Final = "-cut"
"""How the name of a run ends that did not come to its end; the whole one takes its place."""
_CERTIFICATES = {
    "run": "VARCHAR",
    "started": "TIMESTAMPTZ",
    "host": "VARCHAR",
    "place": "VARCHAR",
    "used_for": "VARCHAR",
    "subject": "VARCHAR",
    "issuer": "VARCHAR",
    "sha256": "VARCHAR",
    "not_before": "TIMESTAMPTZ",
    "not_after": "TIMESTAMPTZ",
    "issued_by": "VARCHAR",
}
_HOSTS = {
    "run": "VARCHAR",
    "started": "TIMESTAMPTZ",
    "host": "VARCHAR",
    "target": "VARCHAR",
    "reachable": "BOOLEAN",
    "os": "VARCHAR",
    "os_version": "VARCHAR",
    "engine": "VARCHAR",
    "harbor": "VARCHAR",
    "profile": "VARCHAR",
    "recorded": "TIMESTAMPTZ",
    "snapshot_sha256": "VARCHAR",
    "error": "VARCHAR",
    "certificates_left_out": "BIGINT",
    "record": "VARCHAR",  # the whole of it, as JSON
}
_RUNS = {
    "run": "VARCHAR",
    "started": "TIMESTAMPTZ",
    "finished": "TIMESTAMPTZ",
    "complete": "BOOLEAN",
    "tool_version": "VARCHAR",
    "rehearsal": "VARCHAR",
    "hosts": "BIGINT",
    "reached": "BIGINT",
    "results": "BIGINT",
    "record": "VARCHAR",  # the whole of it, as JSON
    "policy": "VARCHAR",  # waivers and attestations, as JSON
}
TABLES: Final = {
    "runs": _RUNS,
    "hosts": _HOSTS,
    # The fingerprint is made of three others, and takes more room than all of them.
    "results": {**{name: kind for name, kind in COLUMNS.items() if name != "fingerprint"}, "aliases": "VARCHAR[]"},
    "certificates": _CERTIFICATES,
}
"""Each table's columns, and DuckDB's type of each."""
ORDERS: Final = {
    "runs": "started, run",
    "hosts": "started, run, host",
    # What fails stands together, so that who asks for findings reads little else.
    "results": "outcome = 'pass', outcome = 'skip', outcome, host, \"check\", param NULLS FIRST",
    "certificates": "not_after, host, place",
}
"""In which order each table's rows are kept."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One run of a part."""

    name: str  # of digits, the same for the same run; one that was cut off has `CUT` at its end
    run: str  # its id
    started: str  # RFC 3339 in UTC, to the second
    complete: bool  # whether it came to its end

    @property
    def order(self) -> tuple[str, str]:
        """By which runs follow each other: when they began, and of two in one second by their ids."""
        return self.started, self.run


@dataclass(frozen=True, slots=True)
class Part:
    """One folder of runs."""

    name: str  # from the store on
    day: str  # YYYY-MM-DD
    runs: tuple[Kept, ...] = field(default=())

    def file(self, table: str) -> str:
        """The name of a table's file."""
        return f"{self.name}/{table}.parquet"


def day_of(started: str) -> str:
    """The day on which a run began, in UTC."""
    return started[:10]


def kept_of(run: Run, started: str, *, complete: bool) -> Kept:
    """A run as a part names it."""
    identity: str = encodable(run.id)
    name = hashlib.sha256(identity.encode()).hexdigest()[:24]
    return Kept(name if complete else name + CUT, identity, started, complete)


def told_of(runs: Iterable[Kept]) -> bytes:
    """What ``part.json`` says of these runs."""
    told = [{"name": one.name, "run": one.run, "started": one.started, "complete": one.complete} for one in runs]
    return json.dumps({"runs": told}, indent=1).encode()


def parts_of(place: Place, below: str = RUNS, since: str = "") -> list[Part]:
    """The parts that count, the oldest day first, from the day ``since`` on: no run is in two of them."""
    found: list[Part] = []
    for folder in place.names(below):
        day = folder.removeprefix("day=")
        if day != folder and day >= since:
            found += chosen(of_day(place, f"{below}/{folder}", day))
    return found


def of_day(place: Place, folder: str, day: str) -> Iterator[Part]:
    """Every part of a day that was put there as a whole, those that others have replaced as well."""
    for name in place.names(folder):
        try:
            told = json.loads(place.read(f"{folder}/{name}/{WHOLE}"))
        except (FileNotFoundError, NotADirectoryError, ValueError):
            continue  # it is being written, or removed
        yield Part(f"{folder}/{name}", day, tuple(_kept(one) for one in told["runs"]))


def _kept(told: dict[str, Any]) -> Kept:
    return Kept(told["name"], told["run"], told["started"], told["complete"])


def chosen(parts: Iterable[Part]) -> Iterator[Part]:
    """Of parts that hold the same run the larger, and of a run that was cut off the whole one."""
    taken: set[str] = set()
    for part in sorted(
        parts, key=lambda part: (not part.runs or not part.runs[0].complete, -len(part.runs), part.name)
    ):
        names = {one.name.removesuffix(CUT) for one in part.runs}
        if taken.isdisjoint(names):
            taken |= names
            yield part
