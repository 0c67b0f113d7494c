"""The databases in a Harbor's data volume, and which of them a release would open.

A release knows two major versions of PostgreSQL: the one that it serves, and the one before, which it takes over. Of
any other it takes no notice, and from 2.7 on it makes an empty database beside it without a word.

Source: goharbor/harbor ``make/photon/db/Dockerfile`` (ENTRYPOINT), ``docker-entrypoint.sh``, ``upgrade.sh``, read at
the tags of 1.6.0 to 2.15.2 and at the head of each release's branch.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from dockworthy.data import table
from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, NotApplicable, NotDecided, derived, known, unknown
from dockworthy.regex import regex
from dockworthy.snapshot import ABSENT
from dockworthy.tables import decode, number, rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.facts.harbor.installed.config import HarborInstallation

__all__ = ["TOP", "Database", "DatabaseRow", "Opening", "databases", "opening", "own_databases", "row_of", "takes_over"]

TOP: Final = "."
_OWN = regex(r"pg\d{1,3}", re.ASCII)
_NO_VERSION: Final = "-"


@dataclass(frozen=True, slots=True)
class Database:
    """A folder with the files of PostgreSQL.

    Attributes:
        name: of the folder below ``database``, `TOP` for that itself.
        version: what PG_VERSION says; empty where that file is.
        kib: how much it takes up; None where that took too long to find out.
    """

    name: str
    version: str
    kib: int | None

    @property
    def is_one(self) -> bool:
        """Whether it counts as a database: an empty PG_VERSION is none."""
        return self.version != ""

    @property
    def is_harbors(self) -> bool:
        """Whether a release may open it, by its name; any other is a copy that somebody made."""
        return self.name == TOP or _OWN.fullmatch(self.name) is not None

    def __str__(self) -> str:
        return f"PostgreSQL {self.version} in database itself" if self.name == TOP else self.name


@dataclass(frozen=True, slots=True)
class DatabaseRow:
    """What one release opens, as ``databases.csv`` has it."""

    since: tuple[int, ...]
    until: tuple[int, ...]
    new: str
    old: tuple[str, ...]
    blocks: str
    otherwise: str
    schema: int


@lru_cache(maxsize=1)
def _table() -> tuple[DatabaseRow, ...]:
    return tuple(
        DatabaseRow(
            _numbers(row["since"]),
            _numbers(row["until"]),
            row["new"],
            tuple(row["old"].split()),
            row["blocks"],
            row["otherwise"],
            int(row["schema"]),
        )
        for row in table("dockworthy.facts.harbor.prepared", "databases.csv")
    )


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def row_of(release: tuple[int, ...]) -> DatabaseRow | None:
    """What a release opens, by its three numbers; None for one that the table does not know."""
    return next((row for row in _table() if row.since <= release <= row.until), None)


def takes_over(name: str) -> tuple[str, str] | None:
    """The first and the last release that open a database; None where none does."""
    found = [row for row in _table() if name == row.new or name in row.old]
    if not found:
        return None
    first, last = ".".join(map(str, found[0].since)), found[-1].until
    return first, ".".join(map(str, last[:2] if last[2] == 99 else last))  # noqa: PLR2004 - any patch


@derived
def databases(harbor: HarborInstallation) -> Evidence[Mapping[str, Database]]:
    """The databases by the names of their folders; none where there is no folder for them."""
    name, place = f"cmd:harbor-databases{harbor.folder}", harbor.in_data("database")
    section = harbor.facts.snapshot.get(name)
    if section is not None and section.status == ABSENT:
        return known({}, place)
    text = harbor.facts.snapshot.text(name).by(place)
    found = {}
    for folder, version, size in (words[:3] for words in rows(text.value, 3)):
        one = Database(decode(folder), "" if version == _NO_VERSION else version, number(size))
        if version == "?" and one.is_harbors:
            return unknown(f"the PG_VERSION of {one.name} is no version", place, Code.MALFORMED)
        found[one.name] = one
    return known(found, place)


def own_databases(harbor: HarborInstallation) -> Evidence[Mapping[str, Database]]:
    """The databases of a Harbor that has its own.

    Raises:
        NotApplicable: where it uses an external one, or has none yet.
    """
    if harbor.setting("external_database").value:
        raise NotApplicable("it uses an external database")
    found = databases(harbor)
    if not any(one.is_one for one in found.value.values()):
        raise NotApplicable("there is no database yet")
    return found


@dataclass(frozen=True, slots=True)
class Opening:
    """What a release does with the databases that are there.

    Attributes:
        what: ``serves`` one, ``takes over`` one, makes an ``empty`` one, or ``refuses`` to start.
        database: the one that it opens; None where it opens none.
    """

    what: str
    database: Database | None = None

    @property
    def is_good(self) -> bool:
        """Whether what was in there is still there afterwards."""
        return self.database is not None

    def __str__(self) -> str:
        if self.database is not None:
            return f"{self.what} {self.database}"
        return {"empty": "makes an empty database beside it", "refuses": "does not start"}[self.what]


def opening(row: DatabaseRow, found: Mapping[str, Database]) -> Opening:
    """What a release does with databases of which there is at least one."""
    there = {name: one for name, one in found.items() if one.is_one}
    if row.blocks in there:
        return Opening("refuses")
    if row.new in there:
        return Opening("serves", there[row.new])
    old = next((there[name] for name in row.old if name in there), None)
    if old is not None:
        return Opening("takes over", old)
    return Opening("empty" if row.otherwise == "empty" else "refuses")


def openings(harbor: HarborInstallation, releases: tuple[tuple[int, ...], ...], source: str) -> Opening:
    """What any of these releases does.

    Raises:
        NotApplicable: as `own_databases`.
        NotDecided: where the releases differ, or one is not known.
    """
    found = own_databases(harbor).value
    said = {}
    for release in releases:
        row = row_of(release)
        if row is None:
            raise NotDecided(
                f"which database Harbor {'.'.join(map(str, release))} opens is not known here", source, Code.RELEASE
            )
        said[str(opening(row, found))] = opening(row, found)
    if len(said) != 1:
        raise NotDecided("the releases that it may be open different databases", source, Code.RELEASE)
    return next(iter(said.values()))
