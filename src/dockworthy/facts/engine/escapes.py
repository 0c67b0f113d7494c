"""Which known container escapes the installed engine, containerd and runc have, by their versions.

A version of upstream's own tells by itself. A distribution that fixes faults without changing upstream's version tells
by its package's list of changes, which names them; where that is not on the host, nothing is decided.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, known, unknown
from dockworthy.facts.engine.advisories import ADVISORIES, AS_OF
from dockworthy.facts.engine.release import REHEARSAL
from dockworthy.facts.facts import fact
from dockworthy.facts.versions import Version, parse_version, version_evidence
from dockworthy.regex import regex

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from dockworthy.facts.api.engine import Engine
    from dockworthy.facts.engine.advisories import Advisory
    from dockworthy.facts.engine.release import EngineRelease
    from dockworthy.facts.host.changelogs import Changelogs
    from dockworthy.facts.host.packages import Packages

__all__ = ["ComponentEscapes", "Escapes", "escapes"]

COMPONENTS = ("engine", "containerd", "runc")
# The packages in which a distribution builds a component itself.
_DISTRIBUTION_PACKAGES = {
    "engine": ("docker.io", "moby-engine", "docker"),
    "containerd": ("containerd",),
    "runc": ("runc", "runc-app"),
}
_DESKTOP = regex(r"Docker Desktop (\d+(?:\.\d+){1,3})", re.ASCII)


@dataclass(frozen=True, slots=True)
class ComponentEscapes:
    """What is known of one component."""

    component: str  # its name
    version: Evidence[Version]  # as the engine tells it
    found: tuple[Advisory, ...]  # the escapes that it has
    unclear: tuple[Advisory, ...]  # those that its version has, and that its distribution may have fixed
    package: str = ""  # the distribution's package and its version, where it is from one

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
def escapes(engine: Engine, packages: Packages, changelogs: Changelogs, engine_release: EngineRelease) -> Escapes:
    """The known escapes of the components that this host runs; of a rehearsal, those of the engine alone."""
    rehearsed = engine_release.rehearsed
    versions = {"engine": engine_release.version}
    if rehearsed is None:
        versions |= {name: version_evidence(engine.component(name)) for name in COMPONENTS[1:]}
    platform = engine.version_answer.text("Platform", "Name", default="").get("")
    desktop = _DESKTOP.search(f"{platform} {engine.info.text('OperatingSystem', default='').get('')}")
    if desktop and rehearsed is None:
        versions["desktop"] = version_evidence(known(desktop[1], "GET /version: Platform.Name"))
    installed: Evidence[Mapping[str, str]] = packages.installed.map(
        lambda found: {name: package.version for name, package in found.items()}
    )
    if rehearsed is not None:
        installed = known({}, REHEARSAL)  # upstream's own build is rehearsed
    plugins = bool(engine.info.items("Plugins", "Authorization", default=()).get(("unknown",)))
    return Escapes(
        {name: _judge(name, version, installed, changelogs, plugins=plugins) for name, version in versions.items()},
        AS_OF,
    )


def _judge(
    name: str,
    version: Evidence[Version],
    packages: Evidence[Mapping[str, str]],
    changes: Changelogs,
    *,
    plugins: bool,
) -> ComponentEscapes:
    found, unclear = [], []
    installed = packages.get({})
    package = _package(name, version, installed)
    for advisory in ADVISORIES if version.is_known else ():
        if advisory.component != name or not _affected(advisory, version.value):
            continue
        if advisory.needs_authorization_plugin and not plugins:
            continue
        fixed = _fixed(advisory, package, installed.get(package, ""), changes) if packages.is_known else None
        if fixed is None:
            unclear.append(advisory)
        elif not fixed:
            found.append(advisory)
    told = f"{package} {installed[package]}" if package else ""
    return ComponentEscapes(name, version, tuple(found), tuple(unclear), told)


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


def _fixed(advisory: Advisory, package: str, revision: str, changes: Changelogs) -> bool | None:
    """Whether the distribution's package has the fix; None where that is not known."""
    if not package:
        return False
    found = changes.of(package, revision)
    return found.value.names(advisory.id) if found.is_known else None
