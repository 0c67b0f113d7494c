"""What lies in the folders of registries' certificates, as instances for the checks of their layout.

Each function takes the facts (and the profile's demands, which it does not read), so that it can be the ``find``
of ``instances``. A folder that could not be listed, or an engine that is not known, raises ``NotDecided``.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, NotApplicable, NotDecided, Reason
from dockworthy.facts.registry.certsd import CONTAINERD, CertFile, Folder
from dockworthy.facts.registry.registries import registry_of_folder
from dockworthy.facts.registry.served import handshake
from dockworthy.printable import printable
from dockworthy.trust.generations import Loader
from dockworthy.trust.wire.client import Refusal, Refused, certificate_text, key_text, make_pair
from dockworthy.trust.x509.certificate import readable
from dockworthy.trust.x509.extensions import ANY_USAGE, CLIENT_AUTH, SERVER_AUTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dockworthy.facts.facts import Facts
    from dockworthy.facts.registry.certsd import Certsd
    from dockworthy.facts.registry.registries import Registries
    from dockworthy.trust.rules import GoRules
    from dockworthy.trust.x509.certificate import Certificate
    from dockworthy.trust.x509.keypair import KeyPair

__all__ = [
    "CertificateSource",
    "Ignored",
    "Pair",
    "allows",
    "cert_files",
    "certificate_sources",
    "client_folders",
    "crt_files",
    "folders",
    "ignored",
    "is_hosts_loader",
    "is_server_only",
    "key_files",
    "lone",
    "looks_like_certificate",
    "pairs",
    "real_folders",
    "registry_name",
    "served_sources",
]

_NOT_ALL_READ = Reason("one of them cannot be read", Code.MALFORMED)
_NOTHING_SAID = Reason("nothing was said of them", Code.NOT_PROBED)

# What people give certificates and keys, and no loader reads (the test of the extension is case-sensitive).
_MEANT: Final = frozenset(
    [
        *(".pem", ".cer", ".crt", ".cert", ".key", ".der", ".ca", ".chain", ".bundle", ".ca-bundle"),
        *(".p7b", ".p7c", ".p12", ".pfx", ".jks"),
    ]
)
_READ: Final = (".crt", ".cert", ".key")
_HOSTS: Final = "hosts.toml"


def is_hosts_loader(facts: Facts) -> bool:
    """Whether the engine reads its folder as containerd does, by its version and image store."""
    try:
        return bool(facts.registries.generation.loader is Loader.CONTAINERD)
    except NotApplicable:
        return False


def folders(facts: Facts, _params: object = None) -> dict[str, Folder]:
    """Every name in certs.d that may stand for a registry, by its path."""
    found: Certsd = facts.certsd
    return {folder.path: folder for folder in found.all()}


def client_folders(facts: Facts, _params: object = None) -> dict[str, Folder]:
    """The folders in which a lone key or certificate is a fault: the engine's and podman's."""
    return {
        path: folder
        for path, folder in folders(facts).items()
        if folder.kind == "dir" and folder.root.program != CONTAINERD
    }


def real_folders(facts: Facts, _params: object = None) -> dict[str, Folder]:
    """Those that are folders."""
    return {path: folder for path, folder in folders(facts).items() if folder.kind == "dir"}


def _files(facts: Facts, suffix: str) -> Iterator[CertFile]:
    for folder in real_folders(facts).values():
        yield from (file for file in folder.files if file.name.endswith(suffix))


def crt_files(facts: Facts, _params: object = None) -> dict[str, CertFile]:
    """Every ``.crt`` that is read for certificates to trust."""
    return {file.path: file for file in _files(facts, ".crt")}


def cert_files(facts: Facts, _params: object = None) -> dict[str, CertFile]:
    """Every ``.cert``: a client's certificate to every loader."""
    return {file.path: file for file in _files(facts, ".cert")}


def key_files(facts: Facts, _params: object = None) -> dict[str, CertFile]:
    """Every file with a private key, whatever its name, and each that is called ``.key``; in certs.d itself, too."""
    certs: Certsd = facts.certsd
    found = [file for folder in real_folders(facts).values() for file in folder.files]
    return {
        file.path: file
        for file in [*found, *certs.loose]
        if file.has_private_key or (file.name.endswith(".key") and file.entry.kind == "file")
    }


# --- what is ignored -------------------------------------------------------------------------------------------


def looks_like_certificate(file: CertFile) -> bool:
    """Whether somebody meant the file to be read: by its extension, in any case of its letters."""
    return posixpath.splitext(file.name)[1].lower() in _MEANT


@dataclass(frozen=True, slots=True)
class Ignored:
    """A folder, and the files in it that look like certificates or keys and that nobody reads."""

    folder: str
    files: tuple[CertFile, ...]


def ignored(facts: Facts, _params: object = None) -> dict[str, Ignored]:
    """By folder; certs.d itself is one of them where it has files."""
    certs: Certsd = facts.certsd
    found = {}
    for path, folder in real_folders(facts).items():
        unread = tuple(
            file for file in folder.files if looks_like_certificate(file) and not _is_read(file.name, folder, facts)
        )
        found[path] = Ignored(path, unread)
    for root in certs.roots:
        loose = tuple(file for file in certs.loose if posixpath.dirname(file.path) == root.path)
        if loose:
            found[root.path] = Ignored(root.path, tuple(file for file in loose if looks_like_certificate(file)))
    return found


def _is_read(name: str, folder: Folder, facts: Facts) -> bool:
    if not name.endswith(_READ):
        return name in _named_by_hosts(folder, facts)
    return True


def _named_by_hosts(folder: Folder, facts: Facts) -> frozenset[str]:
    """The files that a hosts.toml beside them names: those may have any extension."""
    hosts = folder.named(_HOSTS)
    if hosts is None or (folder.root.program != CONTAINERD and not is_hosts_loader(facts)):
        return frozenset()
    text = hosts.data.decode("utf-8", "replace")
    return frozenset(file.name for file in folder.files if f"{file.name}" in text)


# --- pairs -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pair:
    """A client's certificate and its key."""

    certificate: CertFile  # the ``.cert``
    key: CertFile  # the ``.key`` of the same name
    folder: Folder  # where they lie

    def load(self, rules: GoRules) -> KeyPair:
        """The pair as Go takes it; raises Refused with Go's words where it does not."""
        for file in (self.certificate, self.key):
            if file.entry.unknown is not None:
                raise NotDecided(file.entry.unknown, file.path)
            if file.entry.kind == "symlink":
                words = f"open {file.path}: no such file or directory"
                raise Refused(Refusal("file-missing", words, "pair", file.path))
            if file.entry.kind != "file":
                raise NotDecided(f"it is no file ({file.entry.kind})", file.path, Code.MALFORMED)
        pem = certificate_text(self.certificate.entry, self.certificate.path)
        return make_pair(pem, key_text(self.key.entry, self.key.path), self.certificate.path, rules)

    @property
    def leaf(self) -> Certificate | None:
        """The certificate that would be presented; None where there is none that Go reads."""
        return next(iter(self.certificate.certificates), None)


def pairs(facts: Facts, _params: object = None) -> dict[str, Pair]:
    """Every certificate with a key of the same name beside it, by the certificate's path."""
    found = {}
    for folder in real_folders(facts).values():
        for file in folder.files:
            if not file.name.endswith(".cert"):
                continue
            key = folder.named(f"{file.name.removesuffix('.cert')}.key")
            if key is not None:
                found[file.path] = Pair(file, key, folder)
    return found


def lone(folder: Folder) -> tuple[str, ...]:
    """The names of keys without a certificate, and of certificates without a key."""
    names = {file.name for file in folder.files} | set(folder.folders)
    alone = []
    for name in sorted(names):
        stem, suffix = posixpath.splitext(name)
        other = {".cert": ".key", ".key": ".cert"}.get(suffix)
        if other is not None and stem + other not in names:
            alone.append(name)
    return tuple(alone)


def allows(certificate: Certificate, usage: tuple[int, ...]) -> bool:
    """Whether the extended key usages allow it; none at all allows everything (RFC 5280, 4.2.1.12)."""
    return not certificate.usages or usage in certificate.usages or ANY_USAGE in certificate.usages


def is_server_only(certificate: Certificate) -> bool:
    """Whether it was made for a server and for no client."""
    return SERVER_AUTH in certificate.usages and not allows(certificate, CLIENT_AUTH)


# --- certificates, wherever they are ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CertificateSource:
    """A file, or a registry, and the certificates that it has."""

    name: str  # the file's path, or the registry's name
    source: str  # how a person would look at them
    found: tuple[Certificate, ...]  # the certificates; those of a server in its order
    is_served: bool = False  # whether a server sent them
    unknown: Reason | None = None

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """The certificates; raises NotDecided where they are not known."""
        if self.unknown is not None:
            raise NotDecided(self.unknown, self.source)
        return self.found


def certificate_sources(facts: Facts, _params: object = None) -> Mapping[str, CertificateSource]:
    """Every file with certificates that is read here, and the chain of every registry that was looked at."""
    found = {}
    for file in (*crt_files(facts).values(), *cert_files(facts).values()):
        if file.entry.kind != "file" or file.entry.unknown is not None:
            found[file.path] = CertificateSource(
                file.path, file.path, (), unknown=file.entry.unknown or Reason("it is no file", Code.MALFORMED)
            )
        elif file.certificates:
            found[file.path] = CertificateSource(file.path, file.path, file.certificates)
    found.update(served_sources(facts))
    return found


def served_sources(facts: Facts, _params: object = None) -> dict[str, CertificateSource]:
    """The chain of each registry that was looked at and serves one."""
    seen: Registries = facts.registries
    found = {}
    for name in seen.seen:
        source = f"the certificates that {name} serves"
        try:
            served = handshake(facts.snapshot, name)
        except NotDecided as error:
            found[name] = CertificateSource(name, source, (), is_served=True, unknown=error.reason)
            continue
        parsed = tuple(readable(served.chain))
        why = _NOT_ALL_READ if len(parsed) < len(served.chain) else None
        if not served.chain and not served.errors and not served.alerts:
            why = _NOTHING_SAID
        if served.chain or why:
            found[name] = CertificateSource(name, source, parsed, is_served=True, unknown=why)
    return found


def registry_name(folder: Folder, facts: Facts) -> str:
    """The registry that a folder is for, or how the folder itself is called."""
    return registry_of_folder(folder, by_hosts=is_hosts_loader(facts)) or printable(folder.name)
