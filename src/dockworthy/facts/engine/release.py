"""Which release of Docker Engine runs, and which one the next start would run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, derived, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.facts.versions import Version, parse_version, version_evidence
from dockworthy.releases import Release
from dockworthy.releases import known as known_releases

if TYPE_CHECKING:
    from dockworthy.facts.api.engine import Engine
    from dockworthy.facts.facts import Facts
    from dockworthy.facts.host.packages import Installation, Packages

__all__ = ["REHEARSAL", "EngineRelease", "engine_release"]

REHEARSAL = "--engine"


@dataclass(frozen=True, slots=True)
class EngineRelease:
    """The releases of the engine on a host."""

    running: Evidence[Release]  # by the engine's own answer
    installed: Evidence[Release]  # by its package: a package that was upgraded waits for the next start
    go: tuple[int, ...] = ()  # the release of Go that built the running one; none where it does not say it
    rehearsed: Evidence[Release] | None = None  # what is asked about in place of these; None where nothing is
    applied: bool = False  # whether it is asked about after a start with other files

    @property
    def is_ahead(self) -> bool:
        """Whether what is judged is a start that is yet to come, and not the engine that runs."""
        return self.applied or self.rehearsed is not None

    @property
    def version(self) -> Evidence[Version]:
        """The version of the engine that answers, or that is rehearsed; podman, which answers in its name, has none."""
        if self.rehearsed is not None:
            return version_evidence(self.rehearsed.map(str))
        running = self.running
        if running.is_known and not running.value.is_engine:
            return unknown(known_releases().doubt(running.value), running.source, Code.RELEASE)
        return version_evidence(running.map(lambda release: release.text))

    @property
    def next_start(self) -> Evidence[Release]:
        """What the next start runs: what is rehearsed, else the installed one, else what runs now."""
        if self.rehearsed is not None:
            return self.rehearsed
        return self.installed if self.installed.is_known or not self.running.is_known else self.running

    @property
    def of_today(self) -> Evidence[Release]:
        """The release of the engine that the host has: its own answer, else its package."""
        return self.running if self.running.is_known or not self.installed.is_known else self.installed

    @property
    def in_force(self) -> Evidence[Release]:
        """By which rules the engine was started: its own answer, else its package; what is rehearsed comes first."""
        return self.of_today if self.rehearsed is None else self.rehearsed


@fact
def engine_release(
    engine: Engine, packages: Packages, rehearsal: Release | None, before: Facts | None
) -> EngineRelease:
    """The running release by ``GET /version``, the installed one by its package, and the one that is rehearsed.

    After a start with other files that which is installed runs.
    """
    go = parse_version(engine.version_answer.text("GoVersion", default="").get("").removeprefix("go"))
    rehearsed = known(rehearsal, REHEARSAL) if rehearsal is not None else None
    numbers = go.numbers if go is not None else ()
    running, installed = _running(engine), _installed(packages.engine)
    if before is not None and running.is_known and installed.is_known and running.value != installed.value:
        running, numbers = installed, ()
    return EngineRelease(running, installed, numbers, rehearsed, applied=before is not None)


def _running(engine: Engine) -> Evidence[Release]:
    names = engine.version_answer.objects("Components", default=()).get(())
    name = next((item.text("Name", default="").get("") for item in names), "")
    answered = engine.version_answer.text("Version")
    said = answered if answered.is_known else engine.info.text("ServerVersion")
    return (said if said.is_known else answered).map(lambda text: Release.parse(text, name))


@derived
def _installed(engine: Evidence[Installation | None]) -> Evidence[Release]:
    found = engine.value
    if found is None:
        return unknown("no engine is installed", engine.source, Code.ABSENT)
    if found.package is None or found.kind == "podman-docker":
        return unknown("no package brought this engine", found.program or engine.source, Code.NOT_TOLD)
    return known(Release.parse(found.package.version), f"package {found.package.name}")
