"""CIS 1.2.2: the engine and its parts are recent enough, and still get fixes."""

from __future__ import annotations

from typing import Any

from dockworthy.check import check, cis, expect, fix_with, instances, not_decided
from dockworthy.evidence import known
from dockworthy.facts.engine.components import Component, components, engine_components
from dockworthy.facts.engine.release import EngineRelease
from dockworthy.facts.engine.upgrading import upgrade_commands
from dockworthy.facts.host.os import Clock, OperatingSystem
from dockworthy.facts.host.packages import Packages
from dockworthy.facts.versions import Version, parse_version

_UPDATE = "# bring the engine and its parts up to date with the packages that they came from"
_DISTRIBUTIONS_OWN = frozenset({"docker.io", "docker", "moby-engine"})


_DOCKERS_PACKAGES = """# {kind} of this distribution ends at {newest}: no upgrade of it reaches {demanded}. Docker's own
# packages do; images and containers stay where they are. Add its repository, then put them in the place of {kind}:
# https://docs.docker.com/engine/install/
"""
_REPLACE = {
    "dpkg": "apt-get update\napt-get install -y docker-ce docker-ce-cli containerd.io {kind}- containerd- runc-",
    "rpm": "dnf install -y --allowerasing docker-ce docker-ce-cli containerd.io",
}


def _offer_update(packages: Packages, os: OperatingSystem, engine_release: EngineRelease) -> None:
    """The fix for this host: the packages that brought the engine and its parts, by its own package manager."""
    commands = upgrade_commands(packages, os, engine_release)
    if commands is not None:
        fix_with(commands)


def _offer_to_reach(
    demanded: Version, packages: Packages, os: OperatingSystem, engine_release: EngineRelease, params: Any
) -> None:
    """An upgrade, or other packages where the distribution's own cannot be upgraded so far."""
    _offer_update(packages, os, engine_release)
    if engine_release.rehearsed is not None:
        return
    engine = packages.engine.get(None)
    series = [one for one in map(parse_version, params.maintained_distribution_versions.series) if one is not None]
    if engine is None or engine.package is None or engine.kind not in _DISTRIBUTIONS_OWN or not series:
        return
    newest = max(series)
    ends_below = newest < demanded and not demanded.in_series(newest.upstream)
    if ends_below and params.engine_repositories and engine.package.manager in _REPLACE:
        note = _DOCKERS_PACKAGES.format(kind=engine.kind, newest=newest, demanded=demanded)
        fix_with(note + _REPLACE[engine.package.manager].format(kind=engine.kind))


@check(
    "engine.version-minimum",
    severity="high",
    refs=cis("1.2.2"),
    fix=_UPDATE,
    each=instances("component", components, none="no engine is installed"),
    params=(
        *("min_engine_version", "min_containerd_version", "min_runc_version"),
        *("maintained_distribution_versions", "engine_repositories"),
    ),
)
def check_version_minimum(
    component: Component, packages: Packages, os: OperatingSystem, engine_release: EngineRelease, params: Any
) -> None:
    """The engine, containerd and runc are at least as new as the profile demands.

    Known ways out of a container are closed by newer versions. What a distribution adds to a version (+dfsg1, ~ds1,
    -1~ubuntu) is no part of it.
    """
    demanded = {
        "engine": params.min_engine_version,
        "containerd": params.min_containerd_version,
        "runc": params.min_runc_version,
    }[component.name]
    minimum = parse_version(demanded)
    if minimum is None:
        not_decided(f"{demanded!r} is not a version", f"profile: min_{component.name}_version")
    if component.name == "engine":
        _offer_to_reach(minimum, packages, os, engine_release, params)
    else:
        _offer_update(packages, os, engine_release)
    expect(component.version, shown=str).at_least(minimum)


def _series_of(version: Version, table: Any) -> str | None:
    """The most exact series of the table that the version belongs to; None where it is newer than all.

    Raises:
        NotDecided: through `not_decided`, where the version lies among the series and belongs to none.
    """
    fitting = [series for series in table.series if version.in_series(series)]
    if fitting:
        return str(max(fitting, key=len))
    known_ones = [parse_version(series) for series in table.series]
    if all(one is not None and one < version for one in known_ones):
        return None
    return ""


@check(
    "engine.version-maintained",
    severity="high",
    refs=cis("1.2.2"),
    fix=_UPDATE,
    each=instances("component", engine_components, none="no engine is installed"),
    params=("maintained_engine_versions", "maintained_distribution_versions", "max_maintained_table_age_days"),
)
def check_version_maintained(
    component: Component,
    packages: Packages,
    clock: Clock,
    os: OperatingSystem,
    engine_release: EngineRelease,
    params: Any,
) -> None:
    """The engine's release series still gets fixes.

    The answer comes from a dated table in the profile: of upstream's releases or, for a distribution's own package, of
    that distribution's. A table that is too old, or that does not have so new a release, decides nothing.
    """
    engine = packages.engine.value
    _offer_update(packages, os, engine_release)
    table = params.maintained_engine_versions
    is_own = engine is not None and engine.kind in _DISTRIBUTIONS_OWN and engine_release.rehearsed is None
    if is_own and params.maintained_distribution_versions.series:
        table = params.maintained_distribution_versions
    if table.as_of is None or not table.series:
        not_decided("the profile has no table of maintained versions", "profile: maintained_engine_versions")
    today = clock.now.date()
    age = (today - table.as_of).days
    if age > params.max_maintained_table_age_days:
        not_decided(f"the table of maintained versions is {age} days old ({table.as_of})", table.source)
    version = component.version.value
    series = _series_of(version, table)
    if series is None:
        not_decided(f"{version} is newer than the table of maintained versions ({table.as_of})", table.source)
    end = table.series.get(series) if series else None
    maintained = bool(series) and (end is None or end >= today)
    seen = f"{version}: {'maintained' if maintained else f'no fixes since {end}' if end else 'in no maintained series'}"
    expect(known(maintained, component.version.source), shown=lambda _: seen).satisfies(
        bool, f"a series that gets fixes, by the table of {table.as_of} ({age} days old; {table.source})"
    )
