"""Beyond the benchmark: known container escapes of what runs here."""

from __future__ import annotations

from typing import Any

from dockworthy.check import check, expect, fix_with, instances, not_decided
from dockworthy.facts.engine.daemon import DaemonConfig
from dockworthy.facts.engine.escapes import ComponentEscapes, Escapes
from dockworthy.facts.engine.release import EngineRelease
from dockworthy.facts.engine.upgrading import upgrade_commands
from dockworthy.facts.facts import Facts
from dockworthy.facts.host.os import OperatingSystem
from dockworthy.facts.host.packages import Packages


def _components(daemon: DaemonConfig, escapes: Escapes) -> dict[str, ComponentEscapes]:
    del daemon  # which is not applicable where no engine is installed
    return dict(escapes.components)


_NO_FIXED_PACKAGE = """# {package} does not name {faults} among its changes. Where the upgrade brings no newer
# package, or one whose changes do not name it either, the distribution has no fixed package yet. Until then let nobody
# whom you would not make root start, build or copy to and from containers, or take upstream's own package:
# https://docs.docker.com/engine/install/
"""


def _offer_upgrade(
    component: ComponentEscapes, packages: Packages, os: OperatingSystem, engine_release: EngineRelease
) -> None:
    commands = upgrade_commands(packages, os, engine_release)
    if commands is None:
        return
    faults = ", ".join(item.id for item in (*component.found, *component.unclear))
    note = _NO_FIXED_PACKAGE.format(package=component.package, faults=faults) if component.package else ""
    fix_with(note + commands)


@check(
    "engine.known-escapes",
    severity="critical",
    refs=("CVE:container-escape",),
    fix="# upgrade {param} to a release that has the fix, then restart the engine",
    each=instances("component", _components),
    params=("max_advisories_age_days",),
)
def check_known_escapes(
    component: ComponentEscapes,
    escapes: Escapes,
    packages: Packages,
    os: OperatingSystem,
    engine_release: EngineRelease,
    facts: Facts,
    params: Any,
) -> None:
    """The engine, containerd and runc have no known container escape.

    Some faults let a container out whatever its settings. The table of them has a date; when it is too old, it can
    still find, but not acquit. What a distribution fixed under the same version, its package's list of changes names.
    """
    _offer_upgrade(component, packages, os, engine_release)
    age = (facts.now.date() - escapes.as_of).days
    expect(component.open, shown=lambda found: {"version": str(component.version.value), "escapes": found}).is_empty()
    if age > params.max_advisories_age_days:
        not_decided(
            f"the table of known escapes is {age} days old (of {escapes.as_of.isoformat()}): upgrade dockworthy",
            component.version.source,
        )
