"""Where Harbor keeps what it has, as ``prepare`` takes it from harbor.yml: images in a driver's storage, jobs in Redis.

Source: goharbor/harbor ``make/photon/prepare/utils/configs.py`` (storage_config, get_redis_configs).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from dockworthy.evidence import Code, NotApplicable, NotDecided
from dockworthy.facts.harbor.composed import has_service
from dockworthy.facts.harbor.settings import block, release_of
from dockworthy.masking import HIDDEN
from dockworthy.trust.reference import split_host_port

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.facts.harbor.config import HarborInstallation

__all__ = ["StorageChoice", "redis_blocks", "redis_host_faults", "redis_indexes", "same_indexes", "storage_choice"]

DRIVERS: Final = ("filesystem", "azure", "gcs", "s3", "swift", "oss")  # in the order in which prepare asks for them
_NO_DRIVERS: Final = frozenset({"redirect", "ca_bundle"})
_READS_REDIS: Final = (2, 8)  # get_redis_configs has internal_redis from this release on
_DROPS_EMPTY: Final = (2, 1)  # until then a 0 stays one
_HOST_HAS_PORT: Final = (2, 1)  # until then the port is a key of its own
_LAST_CHARTS: Final = (2, 8)
_MASTER: Final = "sentinel_master_set"


# --- storage ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StorageChoice:
    """The storage drivers of harbor.yml."""

    written: tuple[str, ...]  # the names in storage_service that are to be drivers
    filled: tuple[str, ...]  # those of them that have something in them
    in_force: str  # the one that the registry gets

    @property
    def faults(self) -> list[str]:
        """What of it is not in force."""
        faults = [
            f"{name} is no driver" if name not in DRIVERS else f"{name} gives way to {self.in_force}"
            for name in self.filled
            if name != self.in_force
        ]
        if not self.filled:
            faults += [
                f"{name} is {'empty' if name in DRIVERS else 'no driver'}, so that {self.in_force} is in force"
                for name in self.written
                if name != self.in_force
            ]
        return faults

    @property
    def shown(self) -> str:
        """What is in force, and what stands beside it to no effect."""
        beside = [name for name in self.written if name not in self.filled and name != self.in_force]
        return f"{self.in_force} ({', '.join(beside)} is empty and counts for nothing)" if beside else self.in_force


def storage_choice(harbor: HarborInstallation) -> StorageChoice:
    """The drivers that are written and the one in force; raises NotApplicable where none is written."""
    found = block(harbor, "storage_service")
    written = tuple(str(name) for name in found if name not in _NO_DRIVERS)
    if not written:
        raise NotApplicable(f"{harbor.config} names no storage driver: images lie in the data volume")
    filled = tuple(str(name) for name in found if name in written and found[name])
    in_force = next((driver for driver in DRIVERS if driver in filled), "filesystem")
    if in_force in filled:
        block(harbor, "storage_service", in_force)  # has to be a table
    return StorageChoice(written, filled, in_force)


# --- Redis -----------------------------------------------------------------------------------------------------


def redis_blocks(harbor: HarborInstallation) -> tuple[Mapping[str, Any], Mapping[str, Any], bool]:
    """``redis`` and ``external_redis`` as they are written, and whether the release reads the former."""
    release = release_of(harbor)
    reads = release is None or release.numbers[:2] >= _READS_REDIS
    return block(harbor, "redis"), block(harbor, "external_redis"), reads


def _in_force(harbor: HarborInstallation) -> tuple[str, Mapping[str, Any]]:
    inside, outside, reads = redis_blocks(harbor)
    return ("redis", inside) if inside and reads else ("external_redis", outside)


def redis_indexes(harbor: HarborInstallation) -> dict[str, str]:
    """The Redis database of each component that uses one, as it is rendered into its URL.

    A component that is installed only by an option counts where docker-compose.yml has its service.
    """
    release = release_of(harbor)
    numbers = release.numbers[:2] if release is not None else None
    name, settings = _in_force(harbor)
    keeps_zero = numbers is not None and (1, 9) <= numbers < _DROPS_EMPTY

    def index(component: str, default: int) -> str:
        key = f"{component}_db_index"
        value = harbor.setting(name, key).value if settings else None
        return str(value) if value or (keeps_zero and value is not None) else str(default)

    found = {"core": "0", "registry": index("registry", 1), "jobservice": index("jobservice", 2)}
    optional = [("trivy", "trivy-adapter", 5)]
    if numbers is not None and numbers < _LAST_CHARTS:
        optional.append(("chartmuseum", "chartmuseum", 3))
    for component, service, default in optional:
        if has_service(harbor, service, unless=index(component, default) not in found.values()):
            found[component] = index(component, default)
    if numbers is None or numbers >= _READS_REDIS:
        own = {component: index(component, 0) for component in ("harbor", "cache_layer")}
        found.update({component: value for component, value in own.items() if value != "0"})
    return found


def same_indexes(indexes: Mapping[str, str]) -> dict[str, list[str]]:
    """The databases that several share; what core itself keeps apart may lie together."""
    cores = {"core", "harbor", "cache_layer"}
    shared = {}
    for index in dict.fromkeys(indexes.values()):
        users = [name for name, own in indexes.items() if own == index]
        if len(users) > 1 and not cores.issuperset(users):
            shared[index] = users
    return shared


def redis_host_faults(harbor: HarborInstallation) -> list[str]:
    """What is wrong with the address of an external Redis; raises NotApplicable where there is none."""
    outside = block(harbor, "external_redis")
    if not outside:
        raise NotApplicable(f"{harbor.config} names no external_redis")
    found = harbor.setting("external_redis", "host")
    if found.value is None or found.value == "":
        return ["host is not set, so that it is redis:6379, which does not run"]
    if not isinstance(found.value, str):
        raise NotDecided("it is no text", found.source, Code.MALFORMED)
    release = release_of(harbor)
    apart = release is not None and release.numbers[:2] < _HOST_HAS_PORT
    hosts = found.value.split(",")
    faults = []
    if any(char.isspace() for char in found.value):
        faults.append("there are blanks in it, which go into the URL")
    faults += [
        f"{one.strip() or 'an empty entry'} has no port"
        for one in hosts
        if not apart and not _has_port(one.strip())
    ]
    if len(hosts) > 1 and not harbor.setting("external_redis", _MASTER).value:
        faults.append(f"several hosts without {_MASTER}: Harbor knows sentinels, and no cluster")
    return faults


def _has_port(text: str) -> bool:
    host, port = split_host_port(text)
    bare = ":" in host and not text.startswith("[")
    return bool(host) and port.isdigit() and text != HIDDEN and not bare


def redis_remark(harbor: HarborInstallation) -> str:
    """How the address of an external Redis is taken."""
    host, master = harbor.text("external_redis", "host").value, harbor.setting("external_redis", _MASTER).value
    if not master:
        return host
    return f"{host}, asked as {'sentinels' if ',' in host else 'one sentinel'} for the master {master}"
