"""Who owns what Harbor's ``prepare`` made, and who may read it, held against what ``prepare`` itself gives.

Source: goharbor/harbor ``make/photon/prepare/utils`` (jinja.py, misc.py: mark_file, cert.py, db.py, redis.py,
registry.py) and ``models.py`` (InternalTLS).
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, NotDecided
from dockworthy.facts.harbor.installed.config import demand_table, installations
from dockworthy.facts.harbor.prepared.rendered import CORE, rendered_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dockworthy.facts.harbor.installed.config import Harbor, HarborInstallation
    from dockworthy.hosttree.looked import FileFacts

__all__ = ["Place", "data_places", "demand_volume", "rendered_places", "secret_places"]

HARBOR_ID: Final = 10000  # as whom most of its services run
DATABASE_ID: Final = 999  # as whom its database and its Redis do
_RENDERED: Final = (
    CORE,
    *("db/env", "jobservice/env", "registryctl/env", "trivy-adapter/env", "exporter/env", "registry/config.yml"),
    *("registry/passwd", "jobservice/config.yml"),
)
_OWN: Final = ("secret/cert/server.crt", "secret/cert/server.key", "secret/core/private_key.pem")
_SECRETS: Final = (*_OWN, "secret/registry/root.crt", "secret/keys/secretkey")
_PUBLIC: Final = 0o644
_READ: Final = 0o400
_ANY: Final = 0o7777


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder and what it must be.

    Attributes:
        harbor: the installation.
        facts: what was seen of it.
        uid: the number of its owner and its group inside the containers; None where that is not judged.
        mask: the bits that it may have.
    """

    harbor: HarborInstallation
    facts: FileFacts
    uid: int | None
    mask: int

    @property
    def path(self) -> str:
        """Where it lies."""
        return self.facts.path

    @property
    def owner(self) -> Evidence[str]:
        """Its owner and group, as numbers."""
        owners = self.facts.owners
        return owners.map(lambda found: f"{found[0].uid}:{found[0].gid}").by(f"{self.path}: owner")

    @property
    def wanted_owner(self) -> str:
        """The numbers that they must be on the host: shifted where the engine remaps; raises NotDecided."""
        number = (self.uid or 0) + _shift(self.harbor)
        return f"{number}:{number}"

    @property
    def has_mode(self) -> bool:
        """Whether its mode is judged."""
        return self.mask != _ANY

    @property
    def is_readable(self) -> Evidence[bool]:
        """Whether its owner may read it."""
        return self.facts.mode.map(lambda mode: bool(mode & _READ))


def _shift(harbor: HarborInstallation) -> int:
    """By how much numbers of users inside containers are others on the host."""
    base = harbor.facts.engine.remap_base
    if base is not None:
        return base
    setting = harbor.facts.daemon.userns_remap
    if setting.is_known and setting.value:
        raise NotDecided(
            "the engine remaps users, and where their numbers begin is not known", setting.source, Code.NOT_TOLD
        )
    return 0


def rendered_places(harbor: Harbor) -> dict[str, Place]:
    """The rendered files with secrets that there are."""
    return _places(harbor, _rendered)


def secret_places(harbor: Harbor) -> dict[str, Place]:
    """The secrets in the data volumes that there are."""
    return _places(harbor, _secrets)


def data_places(harbor: Harbor) -> dict[str, Place]:
    """The folders of the data volumes that Harbor's own services use."""
    return _places(harbor, _data)


def _places(harbor: Harbor, of: Callable[[HarborInstallation], Iterable[Place]]) -> dict[str, Place]:
    """The places of all installations by their paths; raises NotDecided where one was not looked at."""
    found = {}
    for one in installations(harbor).values():
        demand_table(one)
        found.update({place.path: place for place in of(one)})
    return found


def _rendered(one: HarborInstallation) -> Iterable[Place]:
    _demand_seen(one, rendered_path(one, CORE))
    for name in _RENDERED:
        facts = one.facts.files[rendered_path(one, name)]
        if facts.exists.get(default=False):
            # Harbor's own way to write the hashes of its one user leaves them readable.
            yield Place(one, facts, None, 0o774 if name == "registry/passwd" else 0o770)


def _demand_seen(one: HarborInstallation, path: str) -> None:
    """Make sure that it was seen whether a path exists: beside one that was not, others were not, either."""
    facts = one.facts.files[path]
    if not facts.exists.is_known:
        raise NotDecided(facts.exists.unknown or "", path)


def demand_volume(one: HarborInstallation) -> None:
    """Make sure that it is known what lies in the data volume; raises NotDecided."""
    volume = one.data_volume
    _demand_seen(one, volume)
    if one.facts.files[volume].kind == "link":
        raise NotDecided("it is a link that leads nowhere", volume, Code.UNREADABLE)


def _secrets(one: HarborInstallation) -> Iterable[Place]:
    demand_volume(one)
    _demand_seen(one, one.in_data(_SECRETS[-1]))
    for name in _SECRETS:
        facts = one.facts.files[one.in_data(name)]
        if facts.exists.get(default=False):
            yield Place(one, facts, HARBOR_ID, _PUBLIC if name.endswith("root.crt") else 0o600)
    folder = one.in_data("secret/tls") + "/"
    for path in one.seen(".crt", ".key"):
        if path.startswith(folder):
            name = posixpath.basename(path)
            uid = DATABASE_ID if name.startswith("harbor_db.") else HARBOR_ID
            yield Place(one, one.facts.files[path], uid, _PUBLIC if name.endswith(".crt") else 0o600)


def _data(one: HarborInstallation) -> Iterable[Place]:
    demand_volume(one)
    wanted = dict.fromkeys(("registry", "job_logs", "ca_download"), HARBOR_ID)
    if not one.setting("external_redis").value:
        wanted["redis"] = DATABASE_ID
    seen = one.seen("")
    scanner = ("trivy-adapter/trivy", "trivy-adapter/reports")
    wanted |= {name: HARBOR_ID for name in scanner if one.in_data(name) in seen}
    for name, uid in wanted.items():
        facts = one.facts.files[one.in_data(name)]
        if not facts.is_absent:
            yield Place(one, facts, uid, _ANY)
    if one.setting("external_database").value:
        return
    database = one.in_data("database")
    for path in (database, *(path for path in seen if _is_cluster(path, database))):
        facts = one.facts.files[path]
        if not facts.is_absent:
            yield Place(one, facts, DATABASE_ID, 0o700)


def _is_cluster(path: str, database: str) -> bool:
    """Whether that is the folder of one release of the database: ``database/pg15``."""
    folder, _, name = path.rpartition("/")
    return folder == database and name.startswith("pg") and name[2:].isdigit()
