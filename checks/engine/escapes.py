"""Beyond the benchmark: known container escapes of what runs here."""

from __future__ import annotations

from typing import Any

from dockworthy.check import check, expect, instances, not_decided
from dockworthy.facts.engine.daemon import DaemonConfig
from dockworthy.facts.engine.escapes import ComponentEscapes, Escapes
from dockworthy.facts.facts import Facts


def _components(daemon: DaemonConfig, escapes: Escapes) -> dict[str, ComponentEscapes]:
    del daemon  # which is not applicable where no engine is installed
    return dict(escapes.components)


@check(
    "engine.known-escapes",
    severity="critical",
    refs=("CVE:container-escape",),
    fix="# Upgrade {param} to a release that has the fix, then restart the engine:\n"
    "apt-get update && apt-get install --only-upgrade docker-ce containerd.io runc docker.io\n"
    "systemctl restart docker",
    each=instances("component", _components),
    params=("max_advisories_age_days",),
)
def check_known_escapes(component: ComponentEscapes, escapes: Escapes, facts: Facts, params: Any) -> None:
    """The engine, containerd and runc have no known container escape.

    Some faults let a container out whatever its settings. The table of them has a date; when it is too old, it can
    still find, but not acquit.
    """
    age = (facts.now.date() - escapes.as_of).days
    expect(component.open, shown=lambda found: {"version": str(component.version.value), "escapes": found}).is_empty()
    if age > params.max_advisories_age_days:
        not_decided(
            f"the table of known escapes is {age} days old (of {escapes.as_of.isoformat()}): upgrade dockworthy",
            component.version.source,
        )
