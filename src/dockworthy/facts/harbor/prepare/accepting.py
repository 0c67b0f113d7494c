"""Whether `prepare` of the release that is installed would accept today's harbor.yml."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, NotDecided
from dockworthy.facts.harbor.installed.composed import compose_path, composed_services
from dockworthy.facts.harbor.installed.config import read_document
from dockworthy.facts.harbor.installed.release import harbor_release
from dockworthy.facts.harbor.prepare.mounts import Mounts
from dockworthy.facts.harbor.prepare.refusal import Refusal, refusal
from dockworthy.facts.harbor.prepare.rules import every_release, known_releases, newest_release, telling_apart
from dockworthy.snapshot import ABSENT

if TYPE_CHECKING:
    from collections.abc import Collection

    from dockworthy.evidence import Evidence
    from dockworthy.facts.harbor.installed.config import HarborInstallation
    from dockworthy.facts.versions import Version

__all__ = ["Verdict", "candidates", "installed_by", "named", "options", "verdict"]

# What a service of docker-compose.yml says was asked for when it was prepared.
_OPTIONS: Final = {
    "trivy-adapter": "trivy",
    "notary-server": "notary",
    "chartmuseum": "chartmuseum",
    "clair": "clair",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `prepare` would say.

    Attributes:
        refusal: with what it ends; None where it accepts.
        source: the release that was asked, and where it is told.
    """

    refusal: Refusal | None
    source: str


def verdict(harbor: HarborInstallation) -> Verdict:
    """What `prepare` would say of harbor.yml.

    Raises:
        NotDecided: where the releases or options that it may be differ, or something was not seen.
    """
    release = harbor_release(harbor).prepares
    document = read_document(harbor.facts.snapshot, harbor.config)
    source = f"{harbor.config}, by prepare of {named(release)}"
    if document.unknown is not None and document.unknown.code is Code.MALFORMED:
        return Verdict(Refusal(document.unknown), source)
    settings, mounts = document.value, Mounts(harbor)
    found = [
        refusal(settings, numbers, chosen, mounts)
        for numbers, chosen in product(telling_apart(candidates(release, harbor.config)), options(harbor))
    ]
    if any(one is None for one in found) and any(one is not None for one in found):
        raise NotDecided("the releases that it may be differ in whether they accept it", source, Code.RELEASE)
    return Verdict(found[-1], source)


def named(release: Evidence[Version]) -> str:
    """A release and where it is told."""
    return f"{release.value} ({release.source})" if release.is_known else "any release"


def candidates(release: Evidence[Version], config: str) -> tuple[tuple[int, ...], ...]:
    """The releases that one may be: with harbor.yml's ``_version`` alone any patch, and any where nothing tells it.

    Raises:
        NotDecided: for one that is newer than what is known of them.
    """
    if not release.is_known:
        return every_release()
    numbers = release.value.numbers
    if numbers[:2] > newest_release()[:2]:
        raise NotDecided(f"Harbor {release.value} is newer than what is known here", release.source, Code.RELEASE)
    found = known_releases(numbers[:2] if release.source.startswith(config) else (*numbers, 0, 0)[:3])
    if not found:
        raise NotDecided(f"there is no Harbor {release.value} with a harbor.yml", release.source, Code.RELEASE)
    return found


def installed_by(harbor: HarborInstallation) -> Evidence[Version] | None:
    """The release by docker-compose.yml, or by the installer; None where neither is there, nothing being installed."""
    snapshot, found = harbor.facts.snapshot, harbor_release(harbor)
    if not snapshot.is_absent(f"file:{compose_path(harbor)}"):
        return found.composed
    script = snapshot.get(f"cmd:harbor-prepare{harbor.folder}")
    return None if script is not None and script.status == ABSENT else found.installer


def options(harbor: HarborInstallation) -> tuple[Collection[str], ...]:
    """What was installed besides, by docker-compose.yml; with everything and with nothing where there is none."""
    services = composed_services(harbor)
    if not services.is_known:
        return ((), tuple(_OPTIONS.values()))
    return (tuple(option for service, option in _OPTIONS.items() if service in services.value),)
