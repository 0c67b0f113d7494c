"""A planned upgrade of Harbor: how far it goes, and whether its database and its disk allow it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.errors import UsageError
from dockworthy.evidence import Code, NotApplicable, NotDecided
from dockworthy.facts.harbor.installed.release import harbor_release
from dockworthy.facts.harbor.prepare.accepting import candidates
from dockworthy.facts.harbor.prepare.rules import every_release
from dockworthy.facts.harbor.prepared.database import openings

if TYPE_CHECKING:
    from dockworthy.facts.harbor.installed.config import HarborInstallation
    from dockworthy.facts.harbor.prepared.database import Opening

__all__ = [
    "Copy",
    "copy_room",
    "installed_opening",
    "planned",
    "resolve_release",
    "shown_release",
    "step",
    "target_opening",
]

_IN_DEVELOPMENT: Final = (2, 16)
_FIRST: Final = {1: 0, 2: 11}  # how many minor releases there were before a major one
_WHOLE: Final = 3


def shown_release(release: tuple[int, ...]) -> str:
    """``2.13.0``."""
    return ".".join(map(str, release))


def resolve_release(text: str) -> tuple[int, ...]:
    """The release that a user names: ``2.13.0``, ``2.13`` (its last), ``2`` (the last of these), ``latest``.

    Raises:
        UsageError: for what is no release of Harbor that is known here.
    """
    every = every_release()
    if text == "latest":
        return max(one for one in every if one[:2] != _IN_DEVELOPMENT)
    if not re.fullmatch(r"v?\d{1,4}(\.\d{1,4}){0,2}", text, re.ASCII):
        raise UsageError(f"{text[:100]!r} is no release of Harbor; write 2.13.0, 2.13 or latest")
    numbers = tuple(map(int, text.removeprefix("v").split(".")))
    found = [one for one in every if one[: len(numbers)] == numbers]
    if not found:
        span = f"{shown_release(min(every))} to {shown_release(max(every))}"
        raise UsageError(f"Harbor {text.removeprefix('v')} is not known here; name one from {span}")
    return max(found)


def _target(text: str, source: str) -> tuple[int, ...]:
    try:
        return resolve_release(text)
    except UsageError as error:
        raise NotDecided(str(error), source, Code.RELEASE) from None


def planned(harbor: HarborInstallation, to: str | None) -> str:
    """The release that Harbor is to be upgraded to: the one that is rehearsed, else what the profile says.

    Raises:
        NotApplicable: where no upgrade is planned.
    """
    rehearsed = harbor.facts.harbor_rehearsal
    if rehearsed is not None:
        return rehearsed.upstream
    if to is None:
        raise NotApplicable("the profile names no harbor_upgrade_to")
    return to


@dataclass(frozen=True, slots=True)
class Step:
    """How far an upgrade goes.

    Attributes:
        minors: how many minor releases; negative for a downgrade.
        back: whether it goes back, be it by a patch.
        source: where the installed release is told.
        text: both, as a result shows them.
        way: by which releases it can be gone, two minor ones at a time; none where there is nothing between.
    """

    minors: int
    back: bool
    source: str
    text: str
    way: tuple[str, ...]


def step(harbor: HarborInstallation, to: str) -> Step:
    """From the installed release to another.

    Raises:
        NotDecided: where the installed one is not known well enough.
    """
    release = harbor_release(harbor).of_today
    numbers = (*release.value.numbers, 0, 0)[:_WHOLE]
    wanted = tuple(map(int, to.split(".")))
    if wanted[0] not in _FIRST or numbers[0] not in _FIRST:
        raise NotDecided("how many releases lie between is not known here", release.source, Code.RELEASE)
    minor = wanted[1] if len(wanted) > 1 else _target(to, "harbor_upgrade_to")[1]
    minors = _FIRST[wanted[0]] + minor - _FIRST[numbers[0]] - numbers[1]
    back = minors < 0 or (minors == 0 and len(wanted) >= _WHOLE and wanted[:_WHOLE] < numbers)
    if minors == 0 and not back and release.source.startswith(harbor.config):
        raise NotDecided("harbor.yml does not tell the patch that is installed", release.source, Code.RELEASE)
    return Step(minors, back, release.source, f"{release.value} to {to}", _way(numbers[:2], (wanted[0], minor)))


def _way(first: tuple[int, ...], last: tuple[int, ...]) -> tuple[str, ...]:
    """The last patch of every second minor release between two."""
    newest = {one[:2]: one for one in sorted(every_release())}
    between = [newest[line] for line in sorted(newest) if first < line < last]
    return tuple(map(shown_release, between[1::2]))


def installed_opening(harbor: HarborInstallation) -> tuple[Opening, str]:
    """What its own release does with the database that is there, and where the release is told."""
    release = harbor_release(harbor).of_today
    return openings(harbor, candidates(release, harbor.config), release.source), release.source


def target_opening(harbor: HarborInstallation, to: str) -> Opening:
    """What another release does with it."""
    return openings(harbor, (_target(to, "harbor_upgrade_to"),), "harbor_upgrade_to")


@dataclass(frozen=True, slots=True)
class Copy:
    """The room that pg_upgrade needs: it copies, and deletes the old files only when it is done.

    Attributes:
        kib: what the database takes up.
        free: what is free on its disk, in KiB.
    """

    kib: int
    free: int


def copy_room(harbor: HarborInstallation, to: str) -> Copy | None:
    """The room for the copy; None where the target takes the database as it is.

    Raises:
        NotApplicable: where it does not take it over.
        NotDecided: where its size or the room is not known.
    """
    found = target_opening(harbor, to)
    if found.database is None:
        raise NotApplicable(f"Harbor {to} does not take over the database that is there")
    if found.what == "serves":
        return None
    place = harbor.in_data("database")
    volume = harbor.facts.storage.elsewhere.get(place)
    if found.database.kib is None or volume is None:
        raise NotDecided("how large it is, or what is free there, could not be found out", place, Code.TIMEOUT)
    return Copy(found.database.kib, volume.blocks.value.free)
