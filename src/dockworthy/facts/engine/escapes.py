"""Which known container escapes the installed engine, containerd and runc have, by their versions.

A version of upstream's own tells by itself. A distribution that fixes faults without changing upstream's version tells
by its package's revision, where the table of ``advisories`` knows it; where it does not, nothing is decided.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dockworthy.evidence import Code, Evidence, known, unknown
from dockworthy.facts.engine.advisories import ADVISORIES, AS_OF, BACKPORTS, UNFIXED
from dockworthy.facts.facts import fact
from dockworthy.facts.versions import Version, parse_version, version_evidence

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from dockworthy.facts.api.engine import Engine
    from dockworthy.facts.engine.advisories import Advisory
    from dockworthy.facts.host.packages import Packages

__all__ = ["ComponentEscapes", "Escapes", "dpkg_key", "escapes"]

COMPONENTS = ("engine", "containerd", "runc")
# The packages in which a distribution builds a component itself.
_DISTRIBUTION_PACKAGES = {
    "engine": ("docker.io", "moby-engine", "docker"),
    "containerd": ("containerd",),
    "runc": ("runc", "runc-app"),
}
_DESKTOP = re.compile(r"Docker Desktop (\d+(?:\.\d+){1,3})", re.ASCII)
_REVISION = re.compile(r"(.*?)(?:\+b\d+)?", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class ComponentEscapes:
    """What is known of one component."""

    component: str  # its name
    version: Evidence[Version]  # as the engine tells it
    found: tuple[Advisory, ...]  # the escapes that it has
    unclear: tuple[Advisory, ...]  # those that its version has, and that its distribution may have fixed

    @property
    def open(self) -> Evidence[tuple[str, ...]]:
        """The escapes that it has; unknown where only the distribution could tell."""
        source = f"{self.version.source}; table of {AS_OF.isoformat()}"
        if not self.version.is_known:
            return unknown(self.version.unknown or "", source)
        if not self.found and self.unclear:
            names = ", ".join(item.id for item in self.unclear)
            return unknown(
                f"whether the distribution's package has the fixes of {names} is not known here", source, Code.AMBIGUOUS
            )
        return known(tuple(f"{item.id}: {item.summary}" for item in self.found), source)


@dataclass(frozen=True, slots=True)
class Escapes:
    """All components, and the day on which the table was compared with its sources."""

    components: Mapping[str, ComponentEscapes]
    as_of: date


@fact
def escapes(engine: Engine, packages: Packages) -> Escapes:
    """The known escapes of the components that this host runs."""
    versions = {"engine": engine.version}
    for name in COMPONENTS[1:]:
        versions[name] = version_evidence(engine.component(name))
    platform = engine.version_answer.text("Platform", "Name", default="").get("")
    desktop = _DESKTOP.search(f"{platform} {engine.info.text('OperatingSystem', default='').get('')}")
    if desktop:
        versions["desktop"] = version_evidence(known(desktop[1], "GET /version: Platform.Name"))
    installed: Evidence[Mapping[str, str]] = packages.installed.map(
        lambda found: {name: package.version for name, package in found.items()}
    )
    plugins = bool(engine.info.items("Plugins", "Authorization", default=()).get(("unknown",)))
    return Escapes(
        {name: _judge(name, version, installed, plugins=plugins) for name, version in versions.items()}, AS_OF
    )


def _judge(
    name: str, version: Evidence[Version], packages: Evidence[Mapping[str, str]], *, plugins: bool
) -> ComponentEscapes:
    found, unclear = [], []
    installed = packages.get({})
    package = _package(name, version, installed)
    for advisory in ADVISORIES if version.is_known else ():
        if advisory.component != name or not _affected(advisory, version.value):
            continue
        if advisory.needs_authorization_plugin and not plugins:
            continue
        fixed = _fixed(advisory, package, installed.get(package, "")) if packages.is_known else None
        if fixed is None:
            unclear.append(advisory)
        elif not fixed:
            found.append(advisory)
    return ComponentEscapes(name, version, tuple(found), tuple(unclear))


def _package(name: str, version: Evidence[Version], installed: Mapping[str, str]) -> str:
    """The distribution's package that the running version is from; empty where it is from none."""
    for item in _DISTRIBUTION_PACKAGES.get(name, ()):
        own = parse_version(installed.get(item, ""))
        if own is not None and version.is_known and own.numbers == version.value.numbers:
            return item
    return ""


def _affected(advisory: Advisory, version: Version) -> bool:
    for first, fixed in advisory.affected:
        low, high = parse_version(first), parse_version(fixed)
        if high is not None and version < high and (low is None or version >= low):
            return True
    return False


def _fixed(advisory: Advisory, package: str, revision: str) -> bool | None:
    """Whether the distribution's package has the fix; None where that is not known."""
    if not package:
        return False
    fixed = BACKPORTS.get(package, {}).get(advisory.id, ())
    own = _REVISION.fullmatch(revision)
    upstream = _upstream(revision)
    for candidate in fixed:
        if _upstream(candidate) == upstream:
            return dpkg_key(revision) >= dpkg_key(candidate)
    last = UNFIXED.get(package, {}).get(advisory.id, ())
    if own and any(_upstream(item) == upstream and dpkg_key(own[1]) <= dpkg_key(item) for item in last):
        return False
    return None


def _upstream(revision: str) -> str:
    """A package's version without epoch and revision."""
    return revision.partition(":")[2].rpartition("-")[0] if ":" in revision else revision.rpartition("-")[0]


def dpkg_key(version: str) -> tuple[object, ...]:
    """A key that sorts versions as dpkg does (deb-version(7)): ``~`` before the end, letters before other signs."""
    epoch, _, rest = version.rpartition(":")
    upstream, _, revision = rest.rpartition("-")
    number = int(epoch) if epoch.isdigit() else 0
    return (number, _part_key(upstream or revision), _part_key(revision if upstream else ""))


def _part_key(text: str) -> tuple[object, ...]:
    key: list[object] = []
    for digits, other in re.findall(r"(\d+)|(\D+)", text[:256]):
        if other:
            key.append((*(_order(character) for character in other), 0))
        else:
            if not key:
                key.append((0,))
            key.append(int(digits))
    if len(key) % 2 == 0:
        key.append((0,))
    return tuple(key)


def _order(character: str) -> int:
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 256
