"""Harbor installations on this host, by their harbor.yml, and what they show of their TLS.

Source: goharbor/harbor ``make/photon/prepare`` (utils/configs.py, utils/cert.py, models.py).
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, NotDecided, derived, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.facts.registry.certsd import CertFile
from dockworthy.hosttree.seen import file_entry
from dockworthy.masking import HIDDEN
from dockworthy.tables import decode
from dockworthy.trust.reference import split_host_port

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts
    from dockworthy.snapshot import Snapshot

__all__ = ["Harbor", "HarborInstallation", "harbor", "installations", "read_document", "read_yaml"]

_LONGEST: Final = 262_144
_DEFAULT_DATA: Final = "/data"
_NOT_CARRIED: Final = "the probe does not tell it: it has not the form that such a value has"
_TEMPLATE: Final = "reg.mydomain.com"
_INTERNAL: Final = "secret/tls"
_HTTPS_PORT: Final = 443
# The services' certificates of internal TLS, by file name, and the name that each must have (prepare, models.py).
INTERNAL_NAMES: Final = {
    **{name: name for name in ("proxy", "core", "registryctl", "registry", "portal", "harbor_db", "chartmuseum")},
    "job_service": "jobservice",
    "trivy_adapter": "trivy-adapter",
    "notary_server": "notary-server",
    "notary_signer": "notary-signer",
}


@dataclass(frozen=True, slots=True)
class HarborInstallation:
    """One installation: a folder with a harbor.yml (or, up to 1.7, a harbor.cfg).

    Attributes:
        folder: where it lies.
        config: the path of its configuration file.
        settings: what that says; passwords are redacted.
        snapshot: what was seen of its files.
        facts: the host.
    """

    folder: str
    config: str
    settings: Evidence[Mapping[str, Any]]
    facts: Facts = field(repr=False)

    @derived
    def setting(self, *path: str) -> Evidence[Any]:
        """A value by its keys; None where it is not set, and unknown where the probe hid it."""
        source = f"{self.config}: {'.'.join(path)}"
        value: Any = self.settings.by(source).value
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
            if isinstance(value, str) and value.strip() == HIDDEN:
                return unknown(_NOT_CARRIED, source)
        return known(value, source)

    def text(self, *path: str) -> Evidence[str]:
        """A value as text; empty where it is not set, or is none."""
        return self.setting(*path).map(
            lambda value: str(value).strip() if isinstance(value, (str, int, float)) and value is not True else ""
        )

    @property
    def is_old(self) -> bool:
        """Whether it is one of 1.7 or before, with a harbor.cfg."""
        return self.config.endswith(".cfg")

    @property
    def serves_https(self) -> Evidence[bool]:
        """Whether it is set up to serve TLS itself."""
        if self.is_old:
            return self.text("ui_url_protocol").map(lambda text: text.lower() == "https")
        return self.setting("https").map(lambda value: isinstance(value, Mapping) and bool(value))

    @property
    def certificate(self) -> Evidence[str]:
        """The path of the certificate."""
        return self.text("ssl_cert") if self.is_old else self.text("https", "certificate").map(_rooted)

    @property
    def private_key(self) -> Evidence[str]:
        """The path of the key."""
        return self.text("ssl_cert_key") if self.is_old else self.text("https", "private_key").map(_rooted)

    @property
    def hostname(self) -> Evidence[str]:
        """The name that clients use, where there is no external_url."""
        return self.text("hostname")

    @property
    def external_url(self) -> Evidence[str]:
        """The address that clients use, where a proxy stands before it; empty where none does."""
        return self.text("external_url")

    @property
    def data_volume(self) -> str:
        """Where its data lie, as the probe writes it: no slash at the end, no two side by side, and no `.`.

        Raises:
            NotDecided: where the probe hid it.
        """
        named = self.text("data_volume")
        if self.settings.is_known and not named.is_known:
            raise NotDecided(named.unknown or "", named.source)
        path = named.get("") or _DEFAULT_DATA
        parts = [part for part in path.split("/") if part not in {"", "."}]
        return f"/{'/'.join(parts)}" if path.startswith("/") else "/".join(parts)

    @property
    @derived
    def names(self) -> Evidence[tuple[str, ...]]:
        """The names that its certificate must be good for: that of the host, and that of the external address."""
        found = [split_host_port(self.hostname.value)[0]] if self.hostname.value else []
        outside = _host_of(self.external_url.value)
        if outside:
            found.append(outside)
        return known(tuple(dict.fromkeys(found)), f"{self.config}: hostname, external_url")

    @property
    def authority(self) -> str:
        """``host[:port]``, as references name it; empty where that is not known."""
        outside = self.external_url.get("")
        if outside or not self.external_url.is_known:
            return _authority_of(outside)
        name = self.hostname.get("")
        port = self.setting("https", "port").get(None)
        if not name or port in {None, _HTTPS_PORT, str(_HTTPS_PORT)}:
            return name
        return f"{name}:{port}"

    def file(self, path: str) -> CertFile:
        """A file as the probe saw it."""
        entry = file_entry(self.facts.snapshot, path, self.facts.files[path])
        return CertFile(path, posixpath.basename(path), entry, self.facts.files[path])

    def is_absent(self, path: str) -> bool:
        """Whether the probe looked, and nothing is there."""
        return self.facts.files[path].is_absent or self.facts.snapshot.is_absent(f"file:{path}")

    def in_data(self, name: str) -> str:
        """A path below the data volume."""
        return posixpath.join(self.data_volume, name)

    def seen(self, *suffixes: str) -> tuple[str, ...]:
        """The paths that the probe looked at for this installation, with these endings."""
        table = self.facts.snapshot.get(f"stat:harbor{self.folder}")
        rows = table.text.splitlines() if table is not None and not table.status else ()
        paths = [decode(line.split(" ", 1)[0]) for line in rows]
        return tuple(path for path in paths if path.endswith(suffixes) and not self.is_absent(path))

    @property
    def internal_certificates(self) -> tuple[str, ...]:
        """The certificates of internal TLS that prepare put into the data volume."""
        folder = self.in_data(_INTERNAL) + "/"
        return tuple(path for path in self.seen(".crt") if path.startswith(folder))

    @property
    def table(self) -> Evidence[str]:
        """The table of its files: without it nothing is known of them."""
        return self.facts.snapshot.text(f"stat:harbor{self.folder}")


@dataclass(frozen=True, slots=True)
class Harbor:
    """The installations on this host; unknown where the probe could not look."""

    installations: Evidence[tuple[HarborInstallation, ...]]


@fact
def harbor(facts: Facts) -> Harbor:
    """The installations on this host."""
    text = facts.snapshot.text("cmd:harbor-found").by("folders with a harbor.yml")
    folders = text.map(lambda found: [decode(line.strip()) for line in found.splitlines() if line.strip()])
    return Harbor(folders.map(lambda found: tuple(_installation(facts, folder) for folder in found)))


def installations(harbor: Harbor) -> dict[str, HarborInstallation]:
    """The installations by their folders; raises NotDecided where the probe could not look."""
    return {one.folder: one for one in harbor.installations.value}


def _installation(facts: Facts, folder: str) -> HarborInstallation:
    config = posixpath.join(folder, "harbor.yml")
    old = posixpath.join(folder, "harbor.cfg")
    if facts.snapshot.is_absent(f"file:{config}") and f"file:{old}" in facts.snapshot:
        return HarborInstallation(folder, old, facts.snapshot.text(f"file:{old}").by(old).map(_read_cfg), facts)
    return HarborInstallation(folder, config, read_yaml(facts.snapshot, config), facts)


@derived
def read_yaml(snapshot: Snapshot, path: str) -> Evidence[Mapping[str, Any]]:
    """A file's settings, as PyYAML reads them; unknown where it is no table."""
    value = read_document(snapshot, path).value
    return (
        known(value, path) if isinstance(value, dict) else unknown("it is no table of settings", path, Code.MALFORMED)
    )


@derived
def read_document(snapshot: Snapshot, path: str) -> Evidence[Any]:
    """What a file says, whatever it is, as PyYAML's ``safe_load`` reads it."""
    text = snapshot.text(f"file:{path}").by(path).value
    if len(text) > _LONGEST:
        return unknown("larger than is read", path, Code.TOO_LARGE)
    import yaml  # noqa: PLC0415 - few hosts have a Harbor

    try:
        return known(_loaded(text), path)
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError):
        return unknown("it is no YAML", path, Code.MALFORMED)


@lru_cache(maxsize=8)
def _loaded(text: str) -> Any:
    """What a text says: many checks ask the same of the same."""
    import yaml  # noqa: PLC0415 - few hosts have a Harbor

    return yaml.safe_load(text)


def _read_cfg(text: str) -> Mapping[str, Any]:
    parts = (line.partition("=") for line in text.splitlines())
    return {
        name.strip(): value.strip()
        for name, equals, value in parts
        if equals and not name.lstrip().startswith(("#", ";"))
    }


def _rooted(path: str) -> str:
    """Where prepare looks for a path, which to it begins at the root with a slash or without; nothing stays so."""
    return f"/{path.lstrip('/')}" if path else path


def _host_of(url: str) -> str:
    return split_host_port(_authority_of(url))[0]


def _authority_of(url: str) -> str:
    """``host[:port]`` of an address, the default port left out."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    host = parts.netloc.rpartition("@")[2]
    if port is None:
        return host
    default = {"https": 443, "http": 80}.get(parts.scheme)
    return host.rpartition(":")[0] if port == default else host


def demand_table(one: HarborInstallation) -> None:
    """Make sure that the files of an installation were looked at; raises NotDecided where they were not."""
    if not one.table.is_known:
        raise NotDecided(one.table.unknown or "", f"the files of {one.folder}")


def is_refused_hostname(hostname: str) -> bool:
    """Whether prepare refuses it, in whatever way clients reach Harbor."""
    return hostname in {"127.0.0.1", _TEMPLATE}


def is_template(hostname: str) -> bool:
    """Whether it is what Harbor is shipped with."""
    return hostname == _TEMPLATE
