"""Whether a container is older than the files that `prepare` rendered for it.

What ``env_file`` names is read when the container is made; what is mounted is opened when it is started. So a new
``core/env`` needs a new container, and a new ``nginx.conf`` a restart.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from dockworthy.evidence import Code, Evidence, derived, known, unknown
from dockworthy.facts.api.document import parse_time
from dockworthy.hosttree.places import is_under

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dockworthy.facts.api.container import Container
    from dockworthy.facts.harbor.running.projects import Service
    from dockworthy.hosttree.looked import FileFacts

__all__ = ["newer_files", "started"]

_CONFIG: Final = "common/config"
_SECRETS: Final = ("secret/cert", "secret/tls")
_ENVIRONMENTS: Final = frozenset({"env", "server_env", "signer_env", "clair_env"})
_MOST: Final = 20


@derived
def started(container: Container) -> Evidence[float]:
    """When its process was last started, in seconds since the epoch; unknown of one that never was."""
    return _moment(container, "State", "StartedAt")


@derived
def _moment(container: Container, *path: str) -> Evidence[float]:
    text = container.answer.text(*path)
    moment = parse_time(text.value)
    if moment is None:
        return unknown("is no time", text.source, Code.MALFORMED)
    if moment.year < 1971:  # noqa: PLR2004 - Go's zero time
        return unknown("it was never started", text.source, Code.ABSENT)
    return known(moment.timestamp(), text.source)


@derived
def newer_files(service: Service) -> Evidence[tuple[str, ...]]:
    """The files that were written after the container took them over, by their paths."""
    container, project = service.here, service.project
    created, begun = int(_moment(container, "Created").value), int(started(container).value)
    folder = posixpath.join(project.folder, _CONFIG)
    _ = project.facts.snapshot.text(f"stat:harbor-rendered{project.folder}").by(folder).value
    read, mounted = _named(service, folder)
    if service.row is not None:
        mounted.append(posixpath.join(folder, service.row.config))
    found = dict.fromkeys(one.path for one in _seen(service, read) if one.mtime.value > created)
    for one in _seen(service, mounted):
        if one.mtime.value > (created if _is_environment(one.path) else begun):
            found[one.path] = None
    source = f"{container.answer.source}: Created, State.StartedAt; when the files were written"
    return known(tuple(found)[:_MOST], source)


def _is_environment(path: str) -> bool:
    return posixpath.basename(path) in _ENVIRONMENTS


def _seen(service: Service, places: Iterable[str]) -> Iterator[FileFacts]:
    """The files that the probe saw at these places and below them."""
    files = service.project.facts.files
    for place in dict.fromkeys(places):
        yield from (one for one in (files[place], *files.below(place)) if one.kind == "file")


def _named(service: Service, config: str) -> tuple[list[str], list[str]]:
    """What the compose files have it read when it is made, and what of Harbor's own they have it mount."""
    project = service.project
    settings = project.defined.get({}).get(service.name, {})
    installation = project.installation
    inside = [config, *(installation.in_data(name) for name in _SECRETS if installation is not None)]
    read = (one.get("path") if isinstance(one, Mapping) else one for one in _list(settings.get("env_file")))
    mounts = (
        one.get("source") if isinstance(one, Mapping) else str(one).partition(":")[0]
        for one in _list(settings.get("volumes"))
    )
    paths = [
        [posixpath.normpath(posixpath.join(project.folder, text)) for text in found if isinstance(text, str) and text]
        for found in (read, mounts)
    ]
    return paths[0], [path for path in paths[1] if any(is_under(path, one) for one in inside)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
