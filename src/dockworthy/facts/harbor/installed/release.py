"""Which release of Harbor an installation is: by what runs, by what was prepared, by its installer, by harbor.yml.

Source: goharbor/harbor ``make/prepare`` (the image's tag), the images' tags in docker-compose.yml, ``_version``.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, derived, known, unknown
from dockworthy.facts.harbor.installed.composed import service_images
from dockworthy.facts.versions import Version, parse_version
from dockworthy.snapshot import ABSENT
from dockworthy.trust.reference import split_reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dockworthy.facts.api.container import Container
    from dockworthy.facts.harbor.installed.config import HarborInstallation

__all__ = ["HarborRelease", "agreed_release", "harbor_release", "image_version", "is_harbors", "project_containers"]

REHEARSAL: Final = "--harbor"
PROJECT: Final = "com.docker.compose.project"
_FOLDER: Final = "com.docker.compose.project.working_dir"
_NAMESPACE: Final = "goharbor"
_IMAGES: Final = frozenset(
    (
        *("harbor-core", "harbor-portal", "harbor-jobservice", "harbor-log", "harbor-db", "harbor-registryctl"),
        *("harbor-exporter", "registry-photon", "nginx-photon", "redis-photon", "valkey-photon"),
        *("trivy-adapter-photon", "chartmuseum-photon", "notary-server-photon", "notary-signer-photon"),
        *("clair-photon", "clair-adapter-photon", "harbor-adminserver", "harbor-ui"),
    )
)
_NOT_KNOWN: Final = "no image, no installer and no _version tells it"


@dataclass(frozen=True, slots=True)
class HarborRelease:
    """What each place says of an installation's release; the source of each is the place.

    Attributes:
        running: the tags of the images of its containers.
        composed: the tags of the images in docker-compose.yml.
        installer: the tag of the image that `prepare` runs.
        config: ``_version`` of harbor.yml: the minor release alone.
        rehearsed: what is asked about in place of these; None where nothing is.
    """

    running: Evidence[Version]
    composed: Evidence[Version]
    installer: Evidence[Version]
    config: Evidence[Version]
    rehearsed: Evidence[Version] | None = None

    @property
    def installed(self) -> Evidence[Version]:
        """The release that its files are of: docker-compose.yml, else the installer, else ``_version``."""
        return _first(self.composed, self.installer, self.config)

    @property
    def prepares(self) -> Evidence[Version]:
        """The release whose `prepare` would run next: the rehearsed one, else the installer's, else as `installed`."""
        return self.rehearsed or _first(self.installer, self.composed, self.running, self.config)

    @property
    def of_today(self) -> Evidence[Version]:
        """The release that runs, else the one that is installed."""
        return _first(self.running, self.installed)

    @property
    def in_force(self) -> Evidence[Version]:
        """By which release it is judged: the rehearsed one, else today's."""
        return self.rehearsed or self.of_today

    @property
    def has_patch(self) -> bool:
        """Whether all its numbers are told, as ``_version`` does not."""
        told = (self.running, self.composed, self.installer)
        return self.rehearsed is not None or any(one.is_known for one in told)


def _first(*found: Evidence[Version]) -> Evidence[Version]:
    for one in found:
        if one.is_known:
            return one
    return unknown(_NOT_KNOWN, ", ".join(one.source for one in found), Code.NOT_TOLD)


def harbor_release(harbor: HarborInstallation) -> HarborRelease:
    """What is known of an installation's release."""
    folder, to = harbor.folder, harbor.facts.harbor_rehearsal
    return HarborRelease(
        running=_running(harbor),
        composed=_of_images(service_images(harbor)),
        installer=_of_installer(harbor, posixpath.join(folder, "prepare")),
        config=_of_config(harbor),
        rehearsed=None if to is None else known(to, REHEARSAL),
    )


def image_version(image: str) -> Version | None:
    """The release that an image's tag names; None where it has none, or none that is a version.

    Up to 1.10 the tags of other projects' programs have their own version first: ``v2.7.1-patch-2819-v1.10.0``.
    """
    _, tag, _ = split_reference(image)
    _, _, last = tag.rpartition("-v")
    return parse_version(last if last[:1].isdigit() else tag) if tag else None


def is_harbors(image: str) -> bool:
    """Whether an image is one of Harbor's own, of whichever registry and namespace."""
    name, _, _ = split_reference(image)
    parts = name.split("/")
    return parts[-1] in _IMAGES or _NAMESPACE in parts[:-1]


def project_containers(harbor: HarborInstallation) -> Evidence[tuple[Container, ...]]:
    """The containers that compose made from this folder."""
    return harbor.facts.containers.all.map(
        lambda found: tuple(
            one for one in found if posixpath.normpath(one.label(_FOLDER) or "-") == posixpath.normpath(harbor.folder)
        )
    )


@derived
def _running(harbor: HarborInstallation) -> Evidence[Version]:
    found = project_containers(harbor).by("the tags of its containers' images")
    images = (one.answer.text("Config", "Image").get("") for one in found.value)
    return agreed_release(images, found.source)


@derived
def _of_images(images: Evidence[Mapping[str, str]]) -> Evidence[Version]:
    return agreed_release(images.value.values(), f"{images.source}: the images' tags")


def agreed_release(images: Iterable[str], source: str) -> Evidence[Version]:
    """The release of most of Harbor's own images: that not all agree is a finding of its own."""
    versions = [found for image in images if is_harbors(image) and (found := image_version(image)) is not None]
    if not versions:
        return unknown("no image of Harbor's with a version as its tag", source, Code.NOT_TOLD)
    return known(max(Counter(versions).items(), key=lambda item: (item[1], item[0]))[0], source)


@derived
def _of_installer(harbor: HarborInstallation, path: str) -> Evidence[Version]:
    name = f"cmd:harbor-prepare{harbor.folder}"
    section = harbor.facts.snapshot.get(name)
    if section is not None and section.status == ABSENT:
        return unknown("it is not there", path, Code.ABSENT)
    text = harbor.facts.snapshot.text(name).by(f"{path}: the image that it runs").value
    version = parse_version(text.strip())
    return known(version, f"{path}: the image that it runs") if version else unknown("no tag", path, Code.NOT_TOLD)


@derived
def _of_config(harbor: HarborInstallation) -> Evidence[Version]:
    text = harbor.text("_version")
    version = parse_version(text.value)
    return known(version, text.source) if version else unknown("it is not there, or no version", text.source)
