"""What the lists of changes of the engine's packages say: which CVE numbers they name, and how far back they go.

A distribution mends faults under the same upstream version, and names them in its package's list of changes (Debian
policy 4.4, the Debian Security Team's practice; ``rpm -q --changelog``). Debian and Ubuntu leave out the older entries.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Reason, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dockworthy.snapshot import Snapshot

__all__ = ["Changelog", "Changelogs", "changelogs"]

_CVE = regex(r"CVE-(\d{4})-\d+", re.ASCII)
_REBUILT = regex(r"\+b\d+\Z", re.ASCII)  # a build of the same source without changes
_EPOCH = regex(r"\A\d+:", re.ASCII)
_SOURCE = "changelog"
_FIELDS_OF_NAME, _FIELDS_OF_END = 3, 5


@dataclass(frozen=True, slots=True)
class Changelog:
    """The list of changes of one package."""

    package: str  # its name
    version: str  # that its newest entry is about
    named: Mapping[str, str]  # the CVE numbers that it names, with the version of the newest entry that does
    since: int | None  # the year of its oldest entry; None where that is not told
    whole: bool  # whether it goes back to the package's beginning

    def of(self, version: str) -> bool:
        """Whether it is the list of this version of the package."""
        return _plain(version) == _plain(self.version)

    def names(self, cve: str) -> bool | None:
        """Whether it names the fault; None where it might have done so in an entry that is not there any more."""
        if cve in self.named:
            return True
        year = _CVE.fullmatch(cve)
        reaches = self.whole or (self.since is not None and year is not None and self.since < int(year[1]))
        return False if reaches else None


def _plain(version: str) -> str:
    return _REBUILT.sub("", _EPOCH.sub("", version))


@dataclass(frozen=True, slots=True)
class Changelogs:
    """The lists of changes that are on the host."""

    by_package: Evidence[Mapping[str, Changelog]]

    def of(self, package: str, version: str) -> Evidence[Changelog]:
        """The list of one package as it is installed."""
        found = self.by_package.by(f"{_SOURCE} of {package}")
        if not found.is_known:
            return unknown(found.unknown or "", found.source)
        one = found.value.get(package)
        if one is None or not one.of(version):
            why = "is not on this host" if one is None else f"is that of {one.version}, not of {version}"
            return unknown(Reason(f"the list of changes of {package} {why}", Code.ABSENT), found.source)
        return known(one, found.source)


@fact
def changelogs(snapshot: Snapshot) -> Changelogs:
    """The lists of changes of the packages that bring the engine and its parts."""
    return Changelogs(snapshot.text("cmd:changelogs").map(lambda text: {one.package: one for one in _read(text)}))


def _read(text: str) -> Iterator[Changelog]:
    named: dict[str, str] = {}
    for words in map(str.split, text.splitlines()):
        if len(words) == _FIELDS_OF_NAME and _CVE.fullmatch(words[2]):
            named.setdefault(words[2], words[1])
        elif len(words) == _FIELDS_OF_END:
            package, version, status, year, extent = words
            if status == "0":
                yield Changelog(package, version, named, int(year) if year.isdigit() else None, extent == "whole")
            named = {}
