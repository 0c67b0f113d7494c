"""What the files of one node say of what all nodes of a group must have in common.

Each reader gives fields that can be compared, under names that a person reads, and the faults that are the node's own.
Secrets are there as keyed digests alone, made on their hosts.

Source: goharbor/harbor ``make/photon/prepare`` (models.py, templates), ``make/harbor.yml.tmpl`` (NOTICE of cache).
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, NotDecided, derived, known, unknown
from dockworthy.facts.harbor.group.own import comparable, public_url, root_key_id
from dockworthy.facts.harbor.installed.composed import composed_services
from dockworthy.facts.harbor.installed.release import harbor_release
from dockworthy.facts.harbor.prepare.effective import effective
from dockworthy.facts.harbor.prepared.keys import digests
from dockworthy.facts.harbor.settings.blocks import is_loopback, rules_for
from dockworthy.golang.ip import is_address
from dockworthy.masking import HIDDEN
from dockworthy.trust.reference import split_host_port
from dockworthy.trust.rules import GO_1_24
from dockworthy.trust.x509.hostname import verify_host

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dockworthy.facts.harbor.installed.config import HarborInstallation

__all__ = ["Seen"]

_SHARED: Final = frozenset(
    (
        *("nfs", "nfs4", "ceph", "glusterfs", "fuse.glusterfs", "fuse.ceph", "fuse.ceph-fuse", "cifs", "smb3"),
        *("lustre", "gpfs", "beegfs", "ocfs2", "gfs2", "9p", "virtiofs", "fuse.s3fs", "fuse.juicefs", "fuse.lizardfs"),
    )
)
_FAMILIES: Final = {"nfs4": "nfs", "fuse.glusterfs": "glusterfs", "fuse.ceph": "ceph", "fuse.ceph-fuse": "ceph"}
_OWN_SERVICES: Final = {"database": "postgresql", "redis": "redis"}
# By driver: what names the place, the account (a digest of it) and its password.
_PLACES: Final = {
    "s3": (("bucket", "region", "regionendpoint", "rootdirectory"), "accesskey", "secretkey"),
    "gcs": (("bucket", "rootdirectory"), "", ""),
    "azure": (("container", "realm", "rootdirectory"), "accountname", "accountkey"),
    "swift": (("container", "region", "authurl", "prefix"), "username", "password"),
    "oss": (("bucket", "region", "endpoint", "rootdirectory"), "accesskeyid", "accesskeysecret"),
}
_INDEXES: Final = (
    *("registry_db_index", "jobservice_db_index", "trivy_db_index", "harbor_db_index", "cache_layer_db_index"),
    *("chartmuseum_db_index", "clair_db_index"),
)
_DATABASE: Final = "external_database.harbor"
_REDIS_PORT: Final = 6379


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one node.

    Attributes:
        fields: what must be the same on every node that has it.
        faults: what is wrong on this node whatever the others have, one sentence each.
        noted: what is shown besides and need not be the same.
    """

    fields: Mapping[str, Any]
    faults: tuple[str, ...] = ()
    noted: Mapping[str, Any] | None = None

    def as_json(self) -> dict[str, Any]:
        """What a result shows."""
        faults = {"fault": "; ".join(self.faults)} if self.faults else {}
        return {**self.fields, **(self.noted or {}), **faults}


# --- what harbor.yml comes to --------------------------------------------------------------------------------------


def values_of(one: HarborInstallation) -> Mapping[str, Any]:
    """What `prepare` makes of its harbor.yml; raises NotDecided where that is not known."""
    return effective(one.settings.value, rules_for(one).release)


def _value(values: Mapping[str, Any], key: str, one: HarborInstallation) -> Any:
    """A value that the probe told; raises NotDecided where it did not."""
    value = values.get(key)
    if isinstance(value, str) and HIDDEN in value:
        raise NotDecided("the probe does not tell it", f"{one.config}: {key}", Code.HIDDEN)
    return value


def release_of(one: HarborInstallation) -> Evidence[Seen]:
    """Its release, and the release that its harbor.yml is written for."""
    release = harbor_release(one)
    written = release.config.map(lambda version: {"_version": version.upstream}).get({})
    return release.of_today.map(lambda version: Seen({"release": version.upstream}, noted=written))


def address_of(one: HarborInstallation) -> Evidence[Seen]:
    """The address that clients use."""
    url = public_url(one)
    return url.map(
        lambda text: Seen({"address": comparable(text)}, noted={"written": text} if text != comparable(text) else None)
    )


@derived
def database_of(one: HarborInstallation, hashes: Mapping[str, str]) -> Evidence[Seen]:
    """Its database, and whether others reach the same."""
    source = f"{one.config}: external_database"
    values = values_of(one)
    if not values.get("external_database"):
        return known(Seen({"host": "its own"}, ("the database is the node's own",)), source)
    host = str(_value(values, "database_host", one) or "")
    fields = {"host": host.lower(), "port": _number(values.get("database_port")), "name": values.get("database_name")}
    fields |= _password_field(hashes, f"{_DATABASE}.username", f"{_DATABASE}.password")
    return known(Seen(fields, _faults_of_host("database", host, one)), source)


@derived
def redis_of(one: HarborInstallation, hashes: Mapping[str, str]) -> Evidence[Seen]:
    """Its Redis, the sentinels in no order."""
    source = f"{one.config}: external_redis"
    values = values_of(one)
    if not values.get("external_redis"):
        return known(Seen({"host": "its own"}, ("Redis is the node's own",)), source)
    redis: Mapping[str, Any] = values["redis"]
    port = redis.get("port") or _REDIS_PORT
    named = [text.strip().lower() for text in str(_value(redis, "host", one) or "").split(",")]
    hosts = [_with_port(text, port) for text in named if text]
    fields: dict[str, Any] = {"host": ",".join(sorted(set(hosts)))}
    fields["sentinel_master_set"] = redis.get("sentinel_master_set") or ""
    fields |= {name: _number(redis.get(name) or 0) for name in _INDEXES if name in redis}
    fields |= _password_field(hashes, "external_redis.username", "external_redis.password")
    faults = tuple(dict.fromkeys(fault for host in hosts for fault in _faults_of_host("redis", host, one)))
    return known(Seen(fields, faults), source)


def _with_port(text: str, default: Any) -> str:
    host, port = split_host_port(text)
    return f"{host}:{port or default}"


def _number(value: Any) -> Any:
    """A number as prepare's templates print it, however it is written."""
    return int(value) if isinstance(value, str) and value.strip().isdecimal() else value


def _faults_of_host(what: str, address: str, one: HarborInstallation) -> tuple[str, ...]:
    host = split_host_port(address)[0].strip("[]").rstrip(".").lower()
    faults = []
    if is_loopback(host) or host in _OWN_SERVICES.values():
        faults.append(f"{host} is this node alone, and on each node another {what}")
    service = _OWN_SERVICES[what]
    if service in composed_services(one).get({}):
        faults.append(f"docker-compose.yml has a {service} of the node's own")
    return tuple(faults)


def _password_field(hashes: Mapping[str, str], user: str, password: str) -> dict[str, str]:
    """The digest of a password under the digest of its user: of another user it may be another."""
    if password not in hashes:
        return {}
    return {f"password of user {hashes.get(user, '-')}": hashes[password]}


# --- storage -------------------------------------------------------------------------------------------------------


@derived
def storage_of(one: HarborInstallation, hashes: Mapping[str, str]) -> Evidence[Seen]:
    """Where its images lie, and whether others reach the same place."""
    values = values_of(one)
    driver = str(values.get("storage_driver") or "filesystem")
    source = f"{one.config}: storage_service"
    if driver == "filesystem":
        return shared_folder(one, "registry").by(f"the mount of {one.in_data('registry')}")
    place, user, password = _PLACES.get(driver, ((), "", ""))
    settings: Mapping[str, Any] = values.get("storage_settings") or {}
    fields: dict[str, Any] = {"driver": driver}
    for key in place:
        value = _value(settings, key, one)
        fields[key] = str(value).rstrip("/").lower() if key.endswith(("endpoint", "url")) and value else value or ""
    base = f"storage_service.{driver}"
    if driver == "azure":  # the account is part of the place
        account = hashes.get(f"{base}.{user}")
        if account is None:
            return unknown("the account is compared by a digest, and there is none", source, Code.NOT_PROBED)
        fields["account"] = account
    fields |= _password_field(hashes, f"{base}.{user}", f"{base}.{password}")
    return known(Seen(fields), source)


@derived
def shared_folder(one: HarborInstallation, name: str) -> Evidence[Seen]:
    """A folder of the data volume: on which file system it lies, and where in that."""
    path = one.in_data(name)
    mount = one.facts.mounts.of(path).value
    if mount.kind not in _SHARED:
        fault = f"{path} lies on {mount.kind}, which no other node has"
        return known(Seen({"driver": "filesystem"}, (fault,)), path)
    inside = posixpath.normpath(posixpath.join(mount.root, posixpath.relpath(path, mount.point)))
    server, colon, export = mount.source.rpartition(":")
    where = posixpath.normpath(posixpath.join("/", export if colon else mount.source, inside.lstrip("/")))
    fields = {"driver": "filesystem", "type": _FAMILIES.get(mount.kind, mount.kind), "folder": where}
    return known(Seen({**fields, "server": server.strip("[]").lower()}), path)


def may_be_one(servers: Iterable[str]) -> bool:
    """Whether servers that are written differently may be one: a name and an address."""
    return len({is_address(server) for server in servers}) > 1


# --- jobs, cache, connections --------------------------------------------------------------------------------------


@derived
def job_logs_of(one: HarborInstallation) -> Evidence[Seen]:
    """Where its jobs' logs lie: in the database, or in a folder that others reach, too."""
    loggers = sorted(str(name).upper() for name in values_of(one).get("job_loggers") or ["FILE"])
    source = f"{one.config}: jobservice.job_loggers"
    if "DB" in loggers:
        return known(Seen({}, noted={"job_loggers": loggers}), source)
    if "FILE" not in loggers:
        return known(Seen({}, (f"{', '.join(loggers)} keeps no log that Harbor shows",)), source)
    folder = shared_folder(one, "job_logs").value
    return known(Seen(folder.fields, folder.faults, {"job_loggers": loggers}), source)


@derived
def cache_of(one: HarborInstallation) -> Evidence[Seen]:
    """Whether it caches."""
    cache = values_of(one).get("cache") or {}
    source = f"{one.config}: cache.enabled"
    return known(
        Seen({"enabled": bool(cache.get("enabled"))}, noted={"expire_hours": cache.get("expire_hours")}), source
    )


@derived
def connections_of(one: HarborInstallation) -> Evidence[tuple[int, int]]:
    """The connections that it may open to the database, and how many pools it has of that size; 0 is no limit."""
    values = values_of(one)
    source = f"{one.config}: external_database.harbor.max_open_conns"
    limit = _number(values.get("database_max_open_conns") or 0)
    if not isinstance(limit, int):
        return unknown("it is no number", source, Code.MALFORMED)
    return known((limit, 2 if (values.get("metric") or {}).get("enabled") else 1), source)


def is_external(one: HarborInstallation) -> bool:
    """Whether its database is one of outside; raises NotDecided where that is not known."""
    return bool(values_of(one).get("external_database"))


# --- keys and certificates -----------------------------------------------------------------------------------------


@derived
def secret_of(one: HarborInstallation, name: str) -> Evidence[Seen]:
    """The digest of one secret."""
    found = digests(one)
    if name not in found.value:
        return unknown(f"there is no digest of {name}: it was not there, or not to be read", found.source, Code.ABSENT)
    return known(Seen({f"{name} (keyed digest)": found.value[name]}), found.source)


@derived
def token_key_of(one: HarborInstallation, *, with_digests: bool) -> Evidence[Seen]:
    """The key that signs its tokens, and that which its registry trusts: the same, and the same as on other nodes.

    Args:
        one: the installation.
        with_digests: whether digests can be compared with other nodes'.
    """
    trusted = root_key_id(one)
    fields: dict[str, Any] = {"root.crt": trusted.value}
    faults: tuple[str, ...] = ()
    hashes = digests(one).get({})
    signing, known_as = hashes.get("private_key.pem"), hashes.get("root.crt")
    if signing is not None and known_as is not None and signing != known_as:
        faults = ("private_key.pem does not belong to root.crt",)
    if signing is not None and with_digests:
        fields["private_key.pem (keyed digest)"] = signing
    return known(Seen(fields, faults), trusted.source)


@derived
def certificate_of(one: HarborInstallation, host: str) -> Evidence[Seen]:
    """Whether the certificate that it serves covers the group's name."""
    if not one.serves_https.value:
        return known(Seen({}, noted={"https": "TLS ends before this node"}), one.config)
    path = one.in_data("secret/cert/server.crt")
    if one.is_absent(path):
        path = one.certificate.value
    leaves = one.file(path).certificates
    if not leaves:
        return unknown("it has no certificate", path, Code.MALFORMED)
    mismatch = verify_host(leaves[0], host, GO_1_24)
    faults = () if mismatch is None else (mismatch.message,)
    return known(Seen({}, faults, {"certificate": path}), path)


def same_machine(found: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The nodes by what names their machine, of those machines that are more than one node's."""
    machines: dict[str, dict[str, None]] = {}
    for node, machine in found:
        machines.setdefault(machine, {})[node] = None
    return {machine: list(names) for machine, names in machines.items() if len(names) > 1}
