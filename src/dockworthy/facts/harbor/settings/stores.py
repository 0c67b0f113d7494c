"""Where Harbor keeps what it has, as ``prepare`` takes it from harbor.yml: images in a driver's storage, jobs in Redis.

Source: goharbor/harbor ``make/photon/prepare/utils/configs.py`` (storage_config, get_redis_configs).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, NotApplicable, NotDecided
from dockworthy.facts.harbor.installed.composed import has_service
from dockworthy.facts.harbor.prepare.effective import DRIVERS, redis_of
from dockworthy.facts.harbor.prepare.hidden import Hidden, unhidden
from dockworthy.facts.harbor.prepared.rendered import is_prepared, settings
from dockworthy.facts.harbor.settings.blocks import block, rules_for
from dockworthy.masking import HIDDEN
from dockworthy.trust.reference import split_host_port

if TYPE_CHECKING:
    from dockworthy.facts.harbor.installed.config import HarborInstallation

__all__ = [
    "StorageChoice",
    "redis_block_faults",
    "redis_host_faults",
    "redis_indexes",
    "redis_remark",
    "same_indexes",
    "storage_choice",
    "storage_in_force",
]

_NO_DRIVERS: Final = frozenset({"redirect", "ca_bundle"})
_REGISTRY: Final = "registry/config.yml"
_MASTER: Final = "sentinel_master_set"


# --- storage ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StorageChoice:
    """The storage drivers of harbor.yml."""

    written: tuple[str, ...]  # the names in storage_service that are to be drivers
    filled: tuple[str, ...]  # those of them that have something in them
    in_force: str  # the one that prepare takes
    rendered: str = ""  # the one that the registry has now; empty where that was not told

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
        if self.rendered and self.rendered != self.in_force:
            faults.append(f"the registry still has {self.rendered}: prepare has not run since")
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


def storage_in_force(harbor: HarborInstallation) -> StorageChoice:
    """The same, and where nothing of it is wrong, the driver that was rendered; raises as that and NotDecided."""
    choice = storage_choice(harbor)
    return choice if choice.faults else replace(choice, rendered=_rendered_driver(harbor))


def _rendered_driver(harbor: HarborInstallation) -> str:
    """The driver of the registry's rendered settings; raises NotDecided where these could not be read."""
    if not is_prepared(harbor):
        return ""
    storage = settings(harbor, _REGISTRY).value.get("storage")
    return next((driver for driver in DRIVERS if isinstance(storage, Mapping) and driver in storage), "")


# --- Redis -----------------------------------------------------------------------------------------------------


def redis_block_faults(harbor: HarborInstallation) -> list[str]:
    """What of the blocks about Redis is not in force; raises NotApplicable where there is none."""
    inside, outside = block(harbor, "redis"), block(harbor, "external_redis")
    if not inside and not outside:
        raise NotApplicable(f"{harbor.config} has neither redis nor external_redis")
    rules = rules_for(harbor)
    if inside and not rules.has("redis-block"):
        return [f"redis: is not read by {'.'.join(map(str, rules.release))}"]
    if not inside or not outside:
        return []
    host = str(redis_of({"redis": inside}, rules)["host"])
    return [f"redis: takes the place of all of external_redis: Harbor asks {host}, and its own Redis is not started"]


def redis_indexes(harbor: HarborInstallation) -> dict[str, str]:
    """The Redis database of each component that uses one, as it is rendered into its URL.

    A component that is installed only by an option counts where docker-compose.yml has its service.
    """
    rules = rules_for(harbor)
    blocks = {name: block(harbor, name) for name in ("redis", "external_redis")}
    source = f"{harbor.config}: redis, external_redis"
    try:
        redis = redis_of(unhidden(blocks), rules)
    except KeyError as missing:
        raise NotDecided(f"prepare refuses it: {missing}", source, Code.ABSENT) from None

    def index(component: str) -> str:
        value = redis.get(f"{component}_db_index")
        if isinstance(value, Hidden):
            raise NotDecided("the probe does not tell an index", source, Code.HIDDEN)
        return str(value) if value is not None else "0"

    found = {"core": "0", "registry": index("registry"), "jobservice": index("jobservice")}
    optional = {"trivy": "trivy-adapter", "chartmuseum": "chartmuseum"}
    for component, service in optional.items():
        known = component == "trivy" or rules.has("chartmuseum")
        if known and has_service(harbor, service, unless=index(component) not in found.values()):
            found[component] = index(component)
    if rules.has("redis-block"):
        own = {component: index(component) for component in ("harbor", "cache_layer")}
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
    if HIDDEN in found.value:
        raise NotDecided("the probe does not tell all of it", found.source, Code.HIDDEN)
    apart = rules_for(harbor).has("redis-port")
    hosts = found.value.split(",")
    faults = []
    if any(char.isspace() for char in found.value):
        faults.append("there are blanks in it, which go into the URL")
    faults += [
        f"{one.strip() or 'an empty entry'} has no port" for one in hosts if not apart and not _has_port(one.strip())
    ]
    if len(hosts) > 1 and not harbor.setting("external_redis", _MASTER).value:
        faults.append(f"several hosts without {_MASTER}: Harbor knows sentinels, and no cluster")
    return faults


def _has_port(text: str) -> bool:
    host, port = split_host_port(text)
    bare = ":" in host and not text.startswith("[")
    return bool(host) and port.isdigit() and not bare


def redis_remark(harbor: HarborInstallation) -> str:
    """How the address of an external Redis is taken."""
    host, master = harbor.text("external_redis", "host").value, harbor.setting("external_redis", _MASTER).value
    if not master:
        return host
    return f"{host}, asked as {'sentinels' if ',' in host else 'one sentinel'} for the master {master}"
