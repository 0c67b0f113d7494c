"""The Harbors whose containers are on this host's engine: compose projects, their services and their files.

Compose tells by labels whose a container is; its name tells nothing, because anybody may have a ``redis``.

Source: goharbor/harbor ``make/photon/prepare/templates/docker_compose/docker-compose.yml.jinja``.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from dockworthy.data import table
from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, NotDecided, derived, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.facts.harbor.installed.composed import FILE, services_in
from dockworthy.facts.harbor.installed.release import PROJECT, agreed_release, is_harbors
from dockworthy.facts.versions import parse_version

if TYPE_CHECKING:
    from dockworthy.facts.api.container import Container
    from dockworthy.facts.facts import Facts
    from dockworthy.facts.harbor.installed.config import HarborInstallation
    from dockworthy.facts.versions import Version

__all__ = [
    "HarborProject",
    "HarborProjects",
    "Service",
    "ServiceRow",
    "defined_services",
    "harbor_projects",
    "judged_services",
    "projects_by_folder",
    "wanted_services",
]

_SERVICE: Final = "com.docker.compose.service"
_ONEOFF: Final = "com.docker.compose.oneoff"
_FOLDER: Final = "com.docker.compose.project.working_dir"
_FILES: Final = "com.docker.compose.project.config_files"
_OWN_BLOCKS: Final = {"own-database": "external_database", "own-redis": "external_redis"}


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One of Harbor's services, as ``services.csv`` has it."""

    service: str
    container: str  # its container's name
    config: str  # its folder below common/config
    since: Version | None
    until: Version | None
    needs: str  # what it is there for; empty for what every Harbor has

    def is_of(self, release: Version) -> bool:
        """Whether a release has it."""
        return (self.since is None or self.since <= release) and (self.until is None or release <= self.until)


@lru_cache(maxsize=1)
def service_rows() -> Mapping[str, ServiceRow]:
    """Harbor's services by name."""
    lines = table("dockworthy.facts.harbor.running", "services.csv")
    return {
        row["service"]: ServiceRow(
            row["service"],
            row["container"],
            row["config"],
            parse_version(row["since"]),
            parse_version(row["until"]),
            row["needs"],
        )
        for row in lines
    }


@dataclass(frozen=True, slots=True)
class HarborProject:
    """One compose project that is a Harbor.

    Attributes:
        name: the project's.
        folder: where it was started: the installer's folder; empty where compose did not note it.
        compose_files: the compose files in force.
        containers: of each service the one that counts: one that is up, else the newest.
    """

    name: str
    folder: str
    compose_files: tuple[str, ...]
    containers: Mapping[str, Container]
    facts: Facts = field(repr=False)

    @property
    def place(self) -> str:
        """By what results name it: its folder, else its name."""
        return self.folder or self.name

    @property
    def installation(self) -> HarborInstallation | None:
        """The installation in its folder; None where none is there, or nothing is known of it."""
        found = self.facts.harbor.installations.get(())
        return next((one for one in found if posixpath.normpath(one.folder) == self.folder), None)

    @property
    def release(self) -> Evidence[Version]:
        """The release that most of its containers are of."""
        return agreed_release(map(image_of, self.containers.values()), f"the tags of the images of {self.name}")

    @property
    @derived
    def defined(self) -> Evidence[Mapping[str, Mapping[str, Any]]]:
        """The services of all compose files in force, later ones over earlier ones."""
        found: dict[str, Mapping[str, Any]] = {}
        for path in self.compose_files:
            for name, one in services_in(self.facts.snapshot, path).value.items():
                found[name] = {**found.get(name, {}), **one}
        if not self.compose_files:
            return unknown("compose did not note its files", f"the labels of {self.name}", Code.NOT_TOLD)
        return known(found, ", ".join(self.compose_files))

    @property
    def is_whole(self) -> bool:
        """Whether the engine listed all containers, so that what is not there is not there."""
        return self.facts.containers.failure is None


@dataclass(frozen=True, slots=True)
class Service:
    """A service of a project; of one that has no container ``container`` is None."""

    name: str
    project: HarborProject
    container: Container | None = None

    @property
    def here(self) -> Container:
        """Its container; raises NotDecided where it has none."""
        if self.container is None:
            raise NotDecided("it has no container", self.name, Code.ABSENT)
        return self.container

    @property
    def row(self) -> ServiceRow | None:
        """What the table has of it; None for one that is not Harbor's own."""
        return service_rows().get(self.name)


@dataclass(frozen=True, slots=True)
class HarborProjects:
    """The projects, by name; unknown where the engine could not be asked."""

    all: Evidence[tuple[HarborProject, ...]]


def image_of(container: Container) -> str:
    """The image that it was made of, as it was named; empty where that is not known."""
    return container.answer.text("Config", "Image").get("")


@fact
def harbor_projects(facts: Facts) -> HarborProjects:
    """The compose projects with an image of Harbor's."""
    containers = facts.containers
    if containers.failure is not None and not containers.known_ones:
        return HarborProjects(unknown(containers.failure, "GET /containers"))
    grouped: dict[str, list[Container]] = {}
    for one in containers.known_ones:
        name = one.label(PROJECT)
        if name and (one.label(_ONEOFF) or "").lower() != "true":
            grouped.setdefault(name, []).append(one)
    found = tuple(
        _project(facts, name, members)
        for name, members in sorted(grouped.items())
        if any(is_harbors(image_of(one)) for one in members)
    )
    return HarborProjects(known(found, "GET /containers: Config.Labels"))


def _project(facts: Facts, name: str, members: list[Container]) -> HarborProject:
    by_service: dict[str, Container] = {}
    for one in sorted(members, key=_rank):
        by_service[one.label(_SERVICE) or one.name] = one
    newest = max(members, key=lambda one: one.answer.text("Created", default="").get(""))
    folder = newest.label(_FOLDER) or ""
    folder = posixpath.normpath(folder) if folder.startswith("/") else ""
    files = tuple(filter(None, (newest.label(_FILES) or "").split(",")))
    if not files and folder:
        files = (posixpath.join(folder, FILE),)
    paths = tuple(posixpath.normpath(posixpath.join(folder or "/", path)) for path in files)
    return HarborProject(name, folder, paths, by_service, facts)


def _rank(container: Container) -> tuple[bool, str]:
    """Those that are up come last, and among equals the newest: an interrupted `up` leaves an old one behind."""
    return container.is_up.get(False), container.answer.text("Created", default="").get("")


def _projects(facts: Facts) -> tuple[HarborProject, ...]:
    found = facts.harbor_projects.all
    if not found.is_known:
        _ = facts.daemon  # raises NotApplicable where no engine is installed
    return found.value


def projects_by_folder(facts: Facts) -> dict[str, HarborProject]:
    """The projects by the installer's folder."""
    found = _projects(facts)
    places = [one.place for one in found]
    return {one.place if places.count(one.place) == 1 else f"{one.place} ({one.name})": one for one in found}


def _named(projects: tuple[HarborProject, ...], services: list[Service]) -> dict[str, Service]:
    alone = len(projects) == 1
    return {one.name if alone else f"{one.project.name}/{one.name}": one for one in services}


def judged_services(facts: Facts) -> dict[str, Service]:
    """The services that have a container and are not left over from before."""
    projects = _projects(facts)
    found = []
    for project in projects:
        defined = project.defined.get({name: {} for name in project.containers})
        found += [Service(name, project, one) for name, one in project.containers.items() if name in defined]
    return _named(projects, found)


def defined_services(facts: Facts) -> dict[str, Service]:
    """All services that have a container, those that no compose file defines any more included."""
    projects = _projects(facts)
    return _named(projects, [Service(name, one, made) for one in projects for name, made in one.containers.items()])


def wanted_services(facts: Facts) -> dict[str, Service]:
    """The services that a project should have: those of its compose file, else those of its release."""
    projects = _projects(facts)
    found = [Service(name, project, project.containers.get(name)) for project in projects for name in _wanted(project)]
    return _named(projects, found)


def _wanted(project: HarborProject) -> list[str]:
    defined = project.defined
    if defined.is_known:
        return [name for name, one in defined.value.items() if _is_started(one)]
    release = project.release
    return [row.service for row in service_rows().values() if _is_needed(row, project, release)]


def _is_started(settings: Mapping[str, Any]) -> bool:
    """Whether compose starts it by itself."""
    deploy = settings.get("deploy")
    scale = settings.get("scale", deploy.get("replicas") if isinstance(deploy, Mapping) else None)
    return not settings.get("profiles") and scale != 0


def _is_needed(row: ServiceRow, project: HarborProject, release: Evidence[Version]) -> bool:
    """Whether a release has it; what only an option brings is asked of nobody who does not show that it is wanted."""
    if not release.map(row.is_of).get(row.until is None):
        return False
    if not row.needs:
        return True
    installation = project.installation
    if installation is None:
        return False
    if row.needs == "metric":
        return installation.setting("metric", "enabled").get(None) is True
    block = _OWN_BLOCKS.get(row.needs)
    return block is not None and installation.setting(block).map(lambda value: not value).get(False)
