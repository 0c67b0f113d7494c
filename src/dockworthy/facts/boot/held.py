"""What keeps a package of the engine at its version: a hold of dpkg, a lock or an exclusion of dnf, a pin of apt.

Sources: dpkg(1) (the first word of a package's status), apt_preferences(5), dnf-plugin-versionlock(8), dnf.conf(5).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, known, unknown
from dockworthy.facts.boot.pins import matches, pins_of, standing
from dockworthy.facts.boot.told import files_told, untold
from dockworthy.facts.facts import fact
from dockworthy.facts.host.packages import ENGINE_PACKAGES
from dockworthy.regex import regex

if TYPE_CHECKING:
    from dockworthy.facts.boot.pins import Pin
    from dockworthy.facts.host.os import OperatingSystem
    from dockworthy.facts.host.packages import Package, Packages
    from dockworthy.snapshot import Snapshot

__all__ = ["HeldPackages", "held_packages", "is_of_the_engine"]

_PINS = "/etc/apt/preferences"
_DNF = "/etc/dnf/dnf.conf"
_LOCKS = (
    "/etc/dnf/plugins/versionlock.list",
    "/etc/yum/pluginconf.d/versionlock.list",
    "/etc/dnf/versionlock.toml",
)
_PARTS = regex(
    r"docker-(?:ce|ee|ce-cli|ee-cli|ce-rootless-extras|cli|buildx|buildx-plugin|compose|compose-plugin|compose-v2)"
    r"|containerd(?:\.io)?|runc|moby-(?:engine|cli|containerd|runc|buildx|compose|tini)"
)


def is_of_the_engine(package: Package) -> bool:
    """Whether a package is the engine's, or that of a part of it."""
    if package.manager == "dpkg" and package.name in {"docker", "docker-latest"}:
        return False  # a tray icon
    return package.manager != "snap" and (package.name in ENGINE_PACKAGES or _PARTS.fullmatch(package.name) is not None)


@dataclass(frozen=True, slots=True)
class HeldPackages:
    """The packages of the engine, and what keeps them at their versions."""

    packages: Evidence[tuple[Package, ...]]
    _pins: tuple[Pin, ...]
    _codename: str  # of the distribution's release
    _locks: tuple[tuple[str, str], ...]  # a line of a lock's file, and its place
    _excluded: tuple[tuple[str, str], ...]
    _failed: Evidence[str] | None

    def reason(self, package: Package) -> Evidence[str]:
        """What keeps a package at its version; empty where nothing does."""
        if package.manager == "dpkg":
            if package.status.split()[:1] == ["hold"]:
                return known(f"dpkg: {package.status}", f"dpkg-query: {package.name}")
            found, hidden = standing(self._pins, package, self._codename)
            if found is not None:
                return known(f"{found.source}: Pin: {found.kind} {found.what}, {found.priority}", found.source)
            if hidden is not None:
                return unknown("the probe does not tell what it pins", hidden.source, Code.HIDDEN)
        elif package.manager == "rpm":
            for line, source in (*self._locks, *self._excluded):
                if _locks(line, package.name) or ((line, source) in self._excluded and matches(line, package.name)):
                    return known(f"{source}: {line}", source)
        if self._failed is not None:
            return unknown(self._failed.unknown or "", self._failed.source)
        return known("", f"{package.manager}: {package.name}, and what is pinned or locked")


def _locks(line: str, name: str) -> bool:
    """Whether a line of a lock names a package: ``NAME-EPOCH:VERSION…`` or ``EPOCH:NAME-VERSION…``, or in TOML."""
    line = re.sub(r"^\d+:", "", line)
    if line.startswith("!"):
        return False  # one version alone is left out
    if line.startswith("name"):
        return line.partition("=")[2].strip().strip('"') == name
    return re.match(re.escape(name) + r"(?:-[\d*]|$)", line) is not None


@fact
def held_packages(snapshot: Snapshot, packages: Packages, os: OperatingSystem) -> HeldPackages:
    """The packages of the engine, and what keeps them at their versions."""
    pins: list[Pin] = []
    failed = untold(snapshot, _PINS, *_LOCKS, _DNF)
    for path in files_told(snapshot, _PINS):
        text = snapshot.text(f"file:{path}")
        pins += pins_of(text.get(""), path)
    locks, excluded = [], []
    for path in _LOCKS:
        lines = snapshot.text(f"file:{path}").get("").splitlines()
        locks += [(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line]
    for number, line in enumerate(snapshot.text(f"file:{_DNF}").get("").splitlines(), 1):
        key, _, value = line.partition("=")
        if key in {"exclude", "excludepkgs"}:
            excluded += [(one, f"{_DNF}:{number}") for one in re.split(r"[\s,]+", value) if one]
    found = packages.installed.map(lambda all_: tuple(one for one in all_.values() if is_of_the_engine(one)))
    return HeldPackages(
        found, tuple(pins), os.fields.get({}).get("VERSION_CODENAME", ""), tuple(locks), tuple(excluded), failed
    )
