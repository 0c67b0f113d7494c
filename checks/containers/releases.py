"""Beyond the benchmark: what the engine's release makes of a container's settings."""

from __future__ import annotations

from dockworthy.check import check, expect, instances
from dockworthy.facts.api.container import Container
from dockworthy.facts.api.obeyed import no_longer_obeyed
from dockworthy.facts.api.scope import SCOPE, containers_in_scope
from dockworthy.facts.engine.release import EngineRelease


@check(
    "container.settings-obeyed",
    severity="medium",
    refs=("docker:deprecated",),
    fix="# make {param} anew without these settings, or with what took their place",
    each=instances("container", containers_in_scope, none="no container is in scope"),
    params=SCOPE,
)
def check_settings_obeyed(container: Container, engine_release: EngineRelease) -> None:
    """The engine's release still obeys each of a container's settings.

    A container keeps the settings with which an older engine made it. Where a release has dropped one, it is passed
    over in silence, or the container does not start again.
    """
    expect(no_longer_obeyed(container.answer, engine_release.in_force.value)).is_empty()
