"""The docker-compose.yml that `prepare` wrote beside harbor.yml: which services it defines, and of which images.

Source: goharbor/harbor ``make/photon/prepare/templates/docker_compose/docker-compose.yml.jinja``.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from dockworthy.evidence import Code, Evidence, derived, known, unknown
from dockworthy.facts.harbor.installed.config import read_yaml

if TYPE_CHECKING:
    from dockworthy.facts.harbor.installed.config import HarborInstallation
    from dockworthy.snapshot import Snapshot

__all__ = ["compose_path", "composed_services", "has_service", "service_images", "services_in"]

FILE: Final = "docker-compose.yml"


def compose_path(harbor: HarborInstallation) -> str:
    """Where `prepare` writes it."""
    return posixpath.join(harbor.folder, FILE)


def composed_services(harbor: HarborInstallation) -> Evidence[Mapping[str, Mapping[str, Any]]]:
    """The services by name, each with its settings as far as they are carried; unknown where there is no such file."""
    return services_in(harbor.facts.snapshot, compose_path(harbor))


@derived
def services_in(snapshot: Snapshot, path: str) -> Evidence[Mapping[str, Mapping[str, Any]]]:
    """The same of any compose file."""
    content = read_yaml(snapshot, path).value
    services = content.get("services")
    if services is None and "version" not in content:
        services = {name: one for name, one in content.items() if isinstance(one, Mapping) and "image" in one}
    if not isinstance(services, Mapping):
        return unknown("it defines no services", path, Code.MALFORMED)
    return known({str(name): one if isinstance(one, Mapping) else {} for name, one in services.items()}, path)


def has_service(harbor: HarborInstallation, name: str, *, unless: bool = False) -> bool:
    """Whether it defines that service; not where nothing was prepared yet.

    Where the file could not be read, raises NotDecided, ``unless`` it makes no difference.
    """
    services = composed_services(harbor)
    if services.is_known or not (unless or harbor.facts.snapshot.is_absent(f"file:{compose_path(harbor)}")):
        return name in services.value
    return False


def service_images(harbor: HarborInstallation) -> Evidence[Mapping[str, str]]:
    """The image of each service that names one."""
    return composed_services(harbor).map(
        lambda services: {
            name: image for name, one in services.items() if isinstance(image := one.get("image"), str) and image
        }
    )
