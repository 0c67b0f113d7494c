"""What keeps a package of the engine at its version: a hold of dpkg, a lock or an exclusion of dnf, a pin of apt.

Sources: dpkg(1) (the first word of a package's status), apt_preferences(5), dnf-plugin-versionlock(8), dnf.conf(5).
"""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, known, unknown
from dockworthy.facts.boot.told import files_told, untold
from dockworthy.facts.facts import fact
from dockworthy.facts.host.packages import ENGINE_PACKAGES
from dockworthy.masking import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockworthy.facts.host.packages import Package, Packages
    from dockworthy.snapshot import Snapshot

__all__ = ["HeldPackages", "held_packages", "is_of_the_engine"]

_PREFERRED = 500  # what a repository's own packages count, where nothing is said of them
_WHOLE_VERSION = re.compile(r"(?:\d+:)?\d+\.\d+\.\d+")
_GLOB = frozenset("*?[")
_PINS = "/etc/apt/preferences"
_DNF = "/etc/dnf/dnf.conf"
_LOCKS = (
    "/etc/dnf/plugins/versionlock.list",
    "/etc/yum/pluginconf.d/versionlock.list",
    "/etc/dnf/versionlock.toml",
)
_PARTS = re.compile(
    r"docker-(?:ce|ee|ce-cli|ee-cli|ce-rootless-extras|cli|buildx|buildx-plugin|compose|compose-plugin|compose-v2)"
    r"|containerd(?:\.io)?|runc|moby-(?:engine|cli|containerd|runc|buildx|compose|tini)"
)


def is_of_the_engine(package: Package) -> bool:
    """Whether a package is the engine's, or that of a part of it."""
    if package.manager == "dpkg" and package.name in {"docker", "docker-latest"}:
        return False  # a tray icon
    return package.manager != "snap" and (package.name in ENGINE_PACKAGES or _PARTS.fullmatch(package.name) is not None)


@dataclass(frozen=True, slots=True)
class Pin:
    """One paragraph of apt's preferences."""

    packages: tuple[str, ...]  # names, globs, and expressions between slashes
    kind: str  # ``version``, ``release`` or ``origin``
    what: str
    priority: int
    source: str

    def holds(self, name: str) -> bool:
        """Whether it keeps a package from getting newer."""
        if not any(_names(form, name) for form in self.packages):
            return False
        if self.priority < 0:
            everything = self.what in {"*", "a=*", "o=*", "n=*", "l=*"} or _is_from(self.what, name)
            return everything and "*" not in self.packages
        return self.kind == "version" and self.priority > _PREFERRED and bool(_WHOLE_VERSION.match(self.what))

    def may_hold(self, name: str) -> bool:
        """Whether it could, and what it says is not told."""
        weighs = self.priority < 0 or self.priority > _PREFERRED
        return self.kind == HIDDEN and weighs and any(_names(form, name) for form in self.packages)


def _is_from(what: str, name: str) -> bool:
    """Whether a pin is to all of the archive that a package of this name comes from."""
    if what in {"o=Docker", "l=Docker CE", "download.docker.com"}:
        return name.startswith(("docker-ce", "docker-buildx-plugin", "docker-compose-plugin", "containerd.io"))
    return what in {"o=Debian", "o=Ubuntu"} and name in {"docker.io", "docker-cli", "containerd", "runc"}


def _names(form: str, name: str) -> bool:
    if len(form) > 1 and form[0] == form[-1] == "/":
        try:
            return re.search(form[1:-1], name) is not None
        except re.error:
            return False
    form = form.partition(":")[0]
    return form == name or (not _GLOB.isdisjoint(form) and fnmatch.fnmatchcase(name, form))


def _pins(text: str, file: str) -> Iterator[Pin]:
    fields: dict[str, str] = {}
    start = 1
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if line.strip() and not fields:
            start = number
        name, colon, value = line.partition(": ")
        if colon:
            fields[name.strip().lower()] = value.strip()
            continue
        if line.strip():
            continue
        kind, _, what = fields.get("pin", "").partition(" ")
        priority = fields.get("pin-priority", "")
        if fields.get("package") and kind and re.fullmatch(r"-?\d{1,9}", priority):
            yield Pin(tuple(fields["package"].split()), kind, what.strip(), int(priority), f"{file}:{start}")
        fields = {}


@dataclass(frozen=True, slots=True)
class HeldPackages:
    """The packages of the engine, and what keeps them at their versions."""

    packages: Evidence[tuple[Package, ...]]
    _pins: tuple[Pin, ...]
    _locks: tuple[tuple[str, str], ...]  # a line of a lock's file, and its place
    _excluded: tuple[tuple[str, str], ...]
    _failed: Evidence[str] | None

    def reason(self, package: Package) -> Evidence[str]:
        """What keeps a package at its version; empty where nothing does."""
        if package.manager == "dpkg":
            if package.status.split()[:1] == ["hold"]:
                return known(f"dpkg: {package.status}", f"dpkg-query: {package.name}")
            found = next((pin for pin in self._pins if pin.holds(package.name)), None)
            if found is not None:
                return known(f"{found.source}: Pin: {found.kind} {found.what}, {found.priority}", found.source)
            hidden = next((pin for pin in self._pins if pin.may_hold(package.name)), None)
            if hidden is not None:
                return unknown("the probe does not tell what it pins", hidden.source, Code.HIDDEN)
        elif package.manager == "rpm":
            for line, source in (*self._locks, *self._excluded):
                if _locks(line, package.name) or ((line, source) in self._excluded and _names(line, package.name)):
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
def held_packages(snapshot: Snapshot, packages: Packages) -> HeldPackages:
    """The packages of the engine, and what keeps them at their versions."""
    pins: list[Pin] = []
    failed = untold(snapshot, _PINS, *_LOCKS, _DNF)
    for path in files_told(snapshot, _PINS):
        text = snapshot.text(f"file:{path}")
        pins += _pins(text.get(""), path)
    locks, excluded = [], []
    for path in _LOCKS:
        lines = snapshot.text(f"file:{path}").get("").splitlines()
        locks += [(line, f"{path}:{number}") for number, line in enumerate(lines, 1) if line]
    for number, line in enumerate(snapshot.text(f"file:{_DNF}").get("").splitlines(), 1):
        key, _, value = line.partition("=")
        if key in {"exclude", "excludepkgs"}:
            excluded += [(one, f"{_DNF}:{number}") for one in re.split(r"[\s,]+", value) if one]
    found = packages.installed.map(lambda all_: tuple(one for one in all_.values() if is_of_the_engine(one)))
    return HeldPackages(found, tuple(pins), tuple(locks), tuple(excluded), failed)
