"""Every certificate that was seen of a host: where, what it is there for, and which other one signed it.

That is what lies in its files and was carried from there, what registries and a Harbor gave, and what a swarm trusts.
Of the system's roots, which are many and nobody's concern, those count in which the chain of one of these ends.
"""

from __future__ import annotations

import posixpath
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from dockworthy.dataclass import dataclass
from dockworthy.evidence import NotApplicable, NotDecided
from dockworthy.facts.engine.paths import from_its_folder
from dockworthy.facts.registry.layout import registry_name
from dockworthy.facts.registry.roots import LOCAL_ROOTS
from dockworthy.facts.registry.served import REALM, handshake
from dockworthy.golang.time import from_datetime
from dockworthy.tables import decode, rows
from dockworthy.trust.reference import split_host_port
from dockworthy.trust.rules import GO_1_24
from dockworthy.trust.x509.certificate import certificates_of, is_signed_by, parse_certificate, readable
from dockworthy.trust.x509.der import X509Error
from dockworthy.trust.x509.pem import decode as pem_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from dockworthy.facts.facts import Facts
    from dockworthy.facts.harbor.api.harbor import HarborAPI
    from dockworthy.facts.harbor.installed.config import HarborInstallation
    from dockworthy.trust.x509.certificate import Certificate

__all__ = ["USES", "SeenCertificate", "seen_certificates"]

_CA_OF: Final = "CA for registry"
_CLIENT_OF: Final = "client certificate for registry"
_BESIDE: Final = "beside the certificates of registry"
_SERVED_BY: Final = "served by registry"
_SERVED_BY_REALM: Final = "served by token service"
_LOOSE: Final = "in no registry's folder"
_DOWNLOAD: Final = "CA that Harbor gives to download"
_HARBOR_SERVER: Final = "Harbor's server certificate"
_HARBOR_INTERNAL: Final = "Harbor's internal TLS"
_HARBOR_INTERNAL_CA: Final = "CA of Harbor's internal TLS"
_HARBOR_TOKENS: Final = "key of Harbor's tokens"
_HARBOR_TRUSTS: Final = "CA that Harbor trusts"
_HARBOR_BESIDE: Final = "beside Harbor's files"
_SERVED_BY_HARBOR: Final = "served by Harbor"
_HARBOR_ENDPOINT: Final = "CA of a registry that Harbor replicates with"
_ENGINE_SERVER: Final = "engine TLS: server certificate"
_ENGINE_CA: Final = "engine TLS: CA of clients"
_SWARM_NODE: Final = "swarm node"
_SWARM_CA: Final = "swarm CA"
_LOCAL_ROOT: Final = "added to the system's roots"
_SYSTEM_ROOT: Final = "system root"
_OTHER: Final = "other"

USES: Final = (
    *(_SERVED_BY, _SERVED_BY_REALM, _SERVED_BY_HARBOR, _CA_OF, _CLIENT_OF, _BESIDE, _LOOSE, _ENGINE_SERVER, _ENGINE_CA),
    *(_HARBOR_SERVER, _HARBOR_INTERNAL, _HARBOR_INTERNAL_CA, _HARBOR_TOKENS, _DOWNLOAD, _HARBOR_TRUSTS),
    *(_HARBOR_ENDPOINT, _HARBOR_BESIDE, _SWARM_NODE, _SWARM_CA, _LOCAL_ROOT, _SYSTEM_ROOT, _OTHER),
)
"""What a certificate can be there for; after a registry's or a token service's comes its name."""
_BEGIN: Final = b"-----BEGIN CERTIFICATE-----"
_HTTPS_PORT: Final = 443
_SWARM_FILES: Final = {
    "/swarm/certificates/swarm-node.crt": _SWARM_NODE,
    "/swarm/certificates/swarm-root-ca.crt": _SWARM_CA,
}
_FOLDERS_OF_ROOTS: Final = ("/etc/ssl/certs", "/etc/pki/tls/certs")
# Who signed is a question of mathematics, not of what a program still accepts.
_WHOEVER_SIGNED: Final = replace(GO_1_24, sha1_signatures=True, dsa_signatures=True, min_rsa_bits=0)


@dataclass(frozen=True, slots=True)
class SeenCertificate:
    """One certificate at one place."""

    where: str  # a file's path, a server as ``host:port``, or a request to an API
    used_for: str  # what it is there for, in a few words
    certificate: Certificate  # itself
    issuer: Certificate | None = None  # the one that signed it, itself where it did; None where that was not seen


Place = tuple[str, str, tuple["Certificate", ...]]
"""Where, what for, and which."""


def seen_certificates(facts: Facts) -> list[SeenCertificate]:
    """Those of one host; first what servers gave, then what lies in files."""
    served, told, files = list(_served(facts)), list(_told(facts)), list(_in_files(facts))
    every = {one.raw: one for _, _, found in (*served, *told, *files) for one in found}
    if not every:
        return []
    moment = from_datetime(facts.now).seconds
    issuers = {raw: _issuer(one, every, moment) for raw, one in every.items()}
    roots = _ends(facts, (one.raw for _, _, found in served for one in found), every, issuers)
    for raw in roots.keys() | {raw for raw, issuer in issuers.items() if issuer is None} if roots else ():
        issuers[raw] = _issuer({**every, **roots}[raw], {**every, **roots}, moment)
    anchors = [(_bundle_path(facts), _SYSTEM_ROOT, tuple(roots.values()))] if roots else []
    return list(_listed([*served, *told, *anchors, *files], issuers))


def _listed(places: Iterable[Place], issuers: Mapping[bytes, Certificate | None]) -> Iterator[SeenCertificate]:
    """Each certificate once at each place."""
    listed: set[tuple[str, bytes]] = set()
    for where, used_for, found in places:
        for one in found:
            if (where, one.raw) not in listed:
                listed.add((where, one.raw))
                yield SeenCertificate(where, used_for, one, issuers[one.raw])


# --- who signed ------------------------------------------------------------------------------------------------


def _issuer(child: Certificate, every: Mapping[bytes, Certificate], moment: int) -> Certificate | None:
    """The certificate whose key made the signature; of several with one key the one that is valid and lasts longest."""
    if child.is_self_issued and _signed(child, child):
        return child
    signers = [one for one in every.values() if _may_have_signed(one, child) and _signed(child, one)]
    return max(
        signers,
        key=lambda one: (one.not_before.seconds <= moment < one.not_after.seconds, one.not_after.seconds),
        default=None,
    )


def _may_have_signed(one: Certificate, child: Certificate) -> bool:
    """By its name, or by its key's identifier: a name can be written in more than one way."""
    key = child.facts.authority_key_id
    return one.raw_subject == child.raw_issuer or (bool(key) and one.facts.subject_key_id == key)


@lru_cache(maxsize=4096)
def _signed(child: Certificate, by: Certificate) -> bool:
    return is_signed_by(child, by, _WHOEVER_SIGNED)


def _ends(
    facts: Facts,
    served: Iterable[bytes],
    every: Mapping[bytes, Certificate],
    issuers: Mapping[bytes, Certificate | None],
) -> dict[bytes, Certificate]:
    """The system's roots in which the chains end: those that signed what nobody else did, and those that are served."""
    ends = {_end(raw, issuers) for raw in served}
    orphans = [every[raw] for raw, issuer in issuers.items() if issuer is None]
    if not ends and not orphans:
        return {}
    names = {one.raw_issuer for one in orphans}
    found = {}
    for block in pem_blocks(facts.registries.roots.bundle.get(b"")):
        # Few of them matter, and to look for a name in one takes less than to read it.
        if block.octets not in ends and not any(name in block.octets for name in names):
            continue
        with suppress(X509Error):
            root = parse_certificate(block.octets)
            if root.raw in ends or any(_may_have_signed(root, one) and _signed(one, root) for one in orphans):
                found[root.raw] = root
    return found


def _end(raw: bytes, issuers: Mapping[bytes, Certificate | None]) -> bytes:
    """The last of the chain above a certificate."""
    passed: set[bytes] = set()
    issuer = issuers[raw]
    while issuer is not None and raw not in passed:
        passed.add(raw)
        raw, issuer = issuer.raw, issuers[issuer.raw]
    return raw


def _bundle_path(facts: Facts) -> str:
    """The file with the system's roots."""
    first = next(iter(rows(facts.snapshot.text("cmd:system-roots").get(""), 3)), None)
    path = decode(first[0]) if first is not None else ""
    return path if path.startswith("/") and path not in _FOLDERS_OF_ROOTS else facts.registries.roots.bundle.source


# --- what servers gave -----------------------------------------------------------------------------------------


def _served(facts: Facts) -> Iterator[Place]:
    snapshot = facts.snapshot
    for kind, words in (("registry:", _SERVED_BY), (REALM, _SERVED_BY_REALM)):
        for section in snapshot.names(kind):
            name, _, what = section.removeprefix(kind).partition("/")
            if what not in {"tls", "tls12", "getcert"}:
                continue
            where = _address(name)
            if what == "getcert":
                yield where, _DOWNLOAD, certificates_of(snapshot[section].data)
                continue
            with suppress(NotDecided):
                served = handshake(snapshot, name if kind == "registry:" else f"{REALM}{name}", what)
                yield where, f"{words} {name}", tuple(readable(served.chain))


def _address(name: str) -> str:
    """The server that a registry's name means, with its port."""
    host, port = split_host_port(name)
    return f"{host}:{port or _HTTPS_PORT}"


def _told(facts: Facts) -> Iterator[Place]:
    """What the APIs of the engine and of a Harbor tell."""
    if facts.snapshot.is_harbor:
        with suppress(NotApplicable, NotDecided, ValueError):  # an address that is none, in a file that others wrote
            yield from _told_by_harbor(facts.harbor_api)
    elif b"TrustRoot" in facts.snapshot.data("docker:info").get(b""):
        roots = facts.swarm.roots
        yield roots.source, _SWARM_CA, roots.get(())


def _told_by_harbor(api: HarborAPI) -> Iterator[Place]:
    yield _address(urlsplit(api.url).netloc), _SERVED_BY_HARBOR, certificates_of(api.answers.certificate().encode())
    for node in api.nodes:
        yield node.name, _SERVED_BY_HARBOR, certificates_of(api.answers.certificate(node.name).encode())
    for row in api.answers.listing("/registries", login=True).known_ones:
        found = certificates_of(row.text("ca_certificate", default="").get("").encode())
        yield f"{row.source}: {row.text('name').get('')}", _HARBOR_ENDPOINT, found


# --- what lies in files ----------------------------------------------------------------------------------------


def _in_files(facts: Facts) -> Iterator[Place]:
    """The certificates of every file that was carried, and what each is there for."""
    uses = _Uses(facts)
    for section in facts.snapshot.starting("file:"):
        if _BEGIN in section.data:
            path = section.name.removeprefix("file:")
            found = certificates_of(section.data)
            if found:
                yield path, uses.of(path), found


class _Uses:
    """What files are there for; what has to be known for that is asked for when the first file needs it."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._known: dict[str, str] = {}
        self._pending: list[Callable[[Facts], Mapping[str, str]]] = [_of_registries, _of_harbors, _of_engine]

    def of(self, path: str) -> str:
        """What this one is there for."""
        if path.startswith(LOCAL_ROOTS):
            return _LOCAL_ROOT
        swarm = next((use for end, use in _SWARM_FILES.items() if path.endswith(end)), None)
        if swarm is not None:
            return swarm
        while path not in self._known and self._pending:
            with suppress(NotApplicable, NotDecided):
                self._known = {**self._pending.pop(0)(self._facts), **self._known}
        return self._known.get(path, _OTHER)


def _of_registries(facts: Facts) -> dict[str, str]:
    certs = facts.certsd
    found = {file.path: _LOOSE for file in certs.loose}
    for folder in certs.folders.values():
        try:
            registry = registry_name(folder, facts)
        except NotDecided:
            registry = folder.name
        for file in folder.entries:
            ending = posixpath.splitext(file.name)[1]
            use = {".crt": _CA_OF, ".cert": _CLIENT_OF}.get(ending, _BESIDE)
            found[file.path] = f"{use} {registry}"
    return found


def _of_harbors(facts: Facts) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in facts.harbor.installations.get(()):
        with suppress(NotDecided):
            found |= _of_harbor(one)
    return found


def _of_harbor(one: HarborInstallation) -> dict[str, str]:
    named, folder = one.certificate.get(""), one.text("internal_tls", "dir").get("")
    internal = (one.in_data("secret/tls/"), *([posixpath.join(folder, "")] if folder else []))
    exact = {
        one.in_data("secret/cert/server.crt"): _HARBOR_SERVER,
        one.in_data("secret/registry/root.crt"): _HARBOR_TOKENS,
        one.in_data("ca_download/ca.crt"): _DOWNLOAD,
        named: _HARBOR_SERVER,
    }
    found = dict.fromkeys(one.seen(""), _HARBOR_BESIDE)
    for path in found:
        if path.startswith(internal) and path.endswith("/harbor_internal_ca.crt"):
            found[path] = _HARBOR_INTERNAL_CA
        elif path.startswith(internal):
            found[path] = _HARBOR_INTERNAL
        elif posixpath.dirname(path).endswith("/common/config/shared/trust-certificates"):
            found[path] = _HARBOR_TRUSTS
    return {**found, **exact}


def _of_engine(facts: Facts) -> dict[str, str]:
    daemon = facts.daemon
    found = {}
    for start in filter(None, (daemon.next_start, daemon.running)):
        for key, use in (("tlscacert", _ENGINE_CA), ("tlscert", _ENGINE_SERVER)):
            path = start.setting(key).get("")
            if path:
                found[from_its_folder(facts, path)] = use
    return found
