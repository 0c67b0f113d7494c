"""Which release of Docker Engine runs, and which one the next start would run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dockworthy.evidence import Code, Evidence, derived, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.releases import Release

if TYPE_CHECKING:
    from dockworthy.facts.api.engine import Engine
    from dockworthy.facts.host.packages import Installation, Packages

__all__ = ["EngineRelease", "engine_release"]


@dataclass(frozen=True, slots=True)
class EngineRelease:
    """The releases of the engine on a host."""

    running: Evidence[Release]  # by the engine's own answer
    installed: Evidence[Release]  # by its package: a package that was upgraded waits for the next start

    @property
    def next_start(self) -> Evidence[Release]:
        """What the next start runs: the installed one, else what runs now."""
        return self.installed if self.installed.is_known or not self.running.is_known else self.running

    @property
    def in_force(self) -> Evidence[Release]:
        """By which rules the running engine was started: its own answer, else its package."""
        return self.running if self.running.is_known or not self.installed.is_known else self.installed


@fact
def engine_release(engine: Engine, packages: Packages) -> EngineRelease:
    """The running release by ``GET /version``, the installed one by its package."""
    return EngineRelease(_running(engine), _installed(packages.engine))


def _running(engine: Engine) -> Evidence[Release]:
    names = engine.version_answer.objects("Components", default=()).get(())
    name = next((item.text("Name", default="").get("") for item in names), "")
    return engine.version_answer.text("Version").map(lambda text: Release.parse(text, name))


@derived
def _installed(engine: Evidence[Installation | None]) -> Evidence[Release]:
    found = engine.value
    if found is None:
        return unknown("no engine is installed", engine.source, Code.ABSENT)
    if found.package is None or found.kind == "podman-docker":
        return unknown("no package brought this engine", found.program or engine.source, Code.NOT_TOLD)
    return known(Release.parse(found.package.version), f"package {found.package.name}")
