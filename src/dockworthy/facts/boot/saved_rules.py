"""Rules of packet filters that lie in files: what loading them again removes, and what of the engine's own is in them.

Sources: nft(8); iptables-restore(8), which empties each table that its input names unless it is told not to; the units
and plugins that load the files (nftables.service, netfilter-persistent, iptables-services).
"""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, known, unknown
from dockworthy.facts.boot.told import untold
from dockworthy.facts.facts import fact
from dockworthy.facts.host.services import parse_show
from dockworthy.regex import regex
from dockworthy.tables import number, rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dockworthy.facts.host.services import Unit
    from dockworthy.snapshot import Snapshot

__all__ = ["SavedFile", "SavedRules", "Statement", "saved_rules"]

_LOADED_BY = {
    "/etc/nftables.conf": "nftables.service",
    "/etc/sysconfig/nftables.conf": "nftables.service",
    "/etc/iptables/rules.v4": "netfilter-persistent.service",
    "/etc/iptables/rules.v6": "netfilter-persistent.service",
    "/etc/sysconfig/iptables": "iptables.service",
    "/etc/sysconfig/ip6tables": "ip6tables.service",
}
_OF_THE_ENGINE = frozenset({"nat", "filter"})
_USERS_OWN = "DOCKER-USER"
_ON = frozenset({"enabled", "enabled-runtime", "static", "alias", "linked", "generated", "indirect"})
_BRIDGE = regex(r"br-[0-9a-f]{12}|docker0|docker_gwbridge", re.ASCII)
_WITH_WILDCARD = regex(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of a file, as far as the probe tells it."""

    file: str
    number: int  # the line
    words: tuple[str, ...]

    @property
    def source(self) -> str:
        """The file and the line."""
        return f"{self.file}:{self.number}"


@dataclass(frozen=True, slots=True)
class SavedFile:
    """A file that a service loads, and what it includes."""

    path: str
    unit: str  # the service that loads it
    statements: tuple[Statement, ...]  # in order, what is included in its place
    failed: Evidence[Statement | None] | None  # why there may be others, or None
    keeps_others: bool  # whether its loader adds to what is there

    @property
    def is_nft(self) -> bool:
        """Whether nft reads it, else iptables-restore does."""
        return "nftables" in self.path

    def flushes(self, families: frozenset[str], *, legacy: bool) -> Evidence[Statement | None]:
        """The first statement that removes rules of the engine; None where none does.

        Args:
            families: ``ip``, ``ip6``: those for which the engine makes rules.
            legacy: whether the engine's rules are in the kernel's older tables, which nft does not see.
        """
        return self._first(lambda words: self._removes(words, families, legacy=legacy))

    @property
    def family(self) -> str:
        """``ip`` or ``ip6``, for which iptables-restore or ip6tables-restore reads it."""
        return "ip6" if self.path.endswith(("v6", "ip6tables")) else "ip"

    def _first(self, is_meant: Callable[[tuple[str, ...]], bool]) -> Evidence[Statement | None]:
        found = next((one for one in self.statements if is_meant(one.words)), None)
        if found is None and self.failed is not None:
            return self.failed
        return known(found, self.path if found is None else found.source)

    def _removes(self, words: tuple[str, ...], families: frozenset[str], *, legacy: bool) -> bool:
        if not self.is_nft:
            is_meant = words[0] == "table" and words[-1] in _OF_THE_ENGINE and self.family in families
            return is_meant and not self.keeps_others
        return not legacy and _nft_removes(words, families)

    @property
    def of_the_engine(self) -> Evidence[Statement | None]:
        """The first statement that the engine wrote, and not a person."""
        return self._first(_is_engines)


def _nft_removes(words: tuple[str, ...], families: frozenset[str]) -> bool:
    if words[0] not in {"flush", "delete", "destroy"} or len(words) < 2:  # noqa: PLR2004 - VERB WHAT
        return False
    family = words[2] if len(words) > 2 else ""  # noqa: PLR2004 - VERB WHAT FAMILY
    if words[1] == "ruleset":
        return words[0] == "flush" and family in {"", *families}
    if family not in families or len(words) < 4:  # noqa: PLR2004 - VERB WHAT FAMILY TABLE
        return False
    if words[1] == "table":
        return words[3] in {*_OF_THE_ENGINE, "docker-bridges"}
    chain = words[-1]
    return words[3] in _OF_THE_ENGINE and (
        (chain.startswith("DOCKER") and chain != _USERS_OWN) or chain in {"FORWARD", "PREROUTING", "POSTROUTING"}
    )


def _is_engines(words: tuple[str, ...]) -> bool:
    kind = words[0]
    if kind == "table":
        return words[-1] == "docker-bridges"
    if kind in {"chain", "jump"}:
        return words[-1] != _USERS_OWN
    return kind in {"masquerade", "dnat"} and bool(_BRIDGE.fullmatch(words[-1]))


@dataclass(frozen=True, slots=True)
class SavedRules:
    """The files that are there, and the services that load them."""

    files: Evidence[tuple[SavedFile, ...]]
    _units: Evidence[dict[str, Unit]]

    def loads(self, file: SavedFile) -> Evidence[bool]:
        """Whether the service that loads a file is on, now or at boot."""
        source = f"systemctl show {file.unit}"
        if not self._units.is_known:
            return unknown(self._units.unknown or "", source)
        unit = self._units.value.get(file.unit)
        if unit is None:
            return unknown("systemctl does not tell it", source, Code.NOT_TOLD)
        on = unit.enabled.get("") in _ON or unit.active.get("") in {"active", "activating", "reloading"}
        return known(on, f"{source}: UnitFileState={unit.enabled.get('')}, ActiveState={unit.active.get('')}")


@fact
def saved_rules(snapshot: Snapshot) -> SavedRules:
    """The rules that lie in files."""
    adds = "noflush" in snapshot.text("cmd:netfilter-persistent").get("").split()
    files = tuple(
        _file(snapshot, path, unit, adds=adds)
        for path, unit in _LOADED_BY.items()
        if f"file:{path}" in snapshot and not snapshot.is_absent(f"file:{path}")
    )
    missing = untold(snapshot, *_LOADED_BY)
    looked = missing is None or (missing.source in _LOADED_BY and f"file:{missing.source}" in snapshot)
    everything: Evidence[tuple[SavedFile, ...]] = known(files, "saved rules")
    if missing is not None and not looked:
        everything = unknown(missing.unknown or "", missing.source)
    return SavedRules(everything, _services(snapshot))


def _services(snapshot: Snapshot) -> Evidence[dict[str, Unit]]:
    text = snapshot.text("cmd:filter-services").by("systemctl show")
    if not text.is_known:
        return unknown("whether a service loads it is not known without systemd", "systemctl show", Code.NOT_TOLD)
    return text.map(parse_show)


def _file(snapshot: Snapshot, path: str, unit: str, *, adds: bool) -> SavedFile:
    found: list[Statement] = []
    failures = tuple(_read(snapshot, path, found, (path,)))
    keeps = adds and unit == "netfilter-persistent.service"
    return SavedFile(path, unit, tuple(found), failures[0] if failures else None, keeps_others=keeps)


def _read(
    snapshot: Snapshot, path: str, found: list[Statement], above: tuple[str, ...]
) -> Iterator[Evidence[Statement | None]]:
    """Collects the statements of a file and of what it includes; yields why some cannot be known."""
    text = snapshot.text(f"file:{path}")
    if not text.is_known:
        yield unknown(text.unknown or "", path)
        return
    for place, *words in rows(text.value, 2):
        if words[0] == "cut":
            yield unknown("has more statements than the probe tells", path, Code.TOO_LARGE)
        elif words[0] == "include":
            for file in _included(snapshot, words[-1]):
                if file not in above:
                    yield from _read(snapshot, file, found, (*above, file))
        else:
            found.append(Statement(path, number(place) or 0, tuple(words)))


def _included(snapshot: Snapshot, pattern: str) -> Iterable[str]:
    """The files that an ``include`` means; a plain name that was not read is one that is missing, or not looked at."""
    place = posixpath.normpath(posixpath.join("/etc", pattern))
    if not _WITH_WILDCARD.search(place):
        return [place]
    parts = place.split("/")
    names = (name.removeprefix("file:") for name in snapshot.names("file:/"))
    return sorted(name for name in names if _is_like(name.split("/"), parts))


def _is_like(names: list[str], parts: list[str]) -> bool:
    """Whether a path is one that a pattern means: a star stands for no slash, and not for a dot at the beginning."""
    return len(names) == len(parts) and all(
        fnmatchcase(name, part) and (not name.startswith(".") or part.startswith("."))
        for name, part in zip(names, parts, strict=True)
    )
