"""Which of the folders in certs.d count: by their names, and by what keeps the engine from reading them."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, NotApplicable, NotDecided, known, unknown
from dockworthy.facts.registry.certsd import CONTAINERD, DOCKER, CertFile, Folder
from dockworthy.facts.registry.layout import is_hosts_loader, is_server_only, real_folders
from dockworthy.facts.registry.registries import registry_of_folder
from dockworthy.trust.advice.wording import shell, title
from dockworthy.trust.generations import Loader
from dockworthy.trust.loaders.insecure import InsecureRegistries

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts
    from dockworthy.facts.registry.certsd import Certsd
    from dockworthy.facts.registry.layout import CertificateSource
    from dockworthy.facts.registry.registries import Registries

__all__ = ["Shadow", "is_usable", "key_holder", "shadows", "usable_name"]

_HUB: Final = "docker.io"
_HOSTS: Final = "hosts.toml"


# --- names -----------------------------------------------------------------------------------------------------


def is_usable(folder: Folder, facts: Facts) -> bool:
    """Whether a reference can name the folder, and the program that it is for would read it."""
    by_hosts = folder.root.program == CONTAINERD
    name = registry_of_folder(folder, by_hosts=by_hosts)
    if name == _HUB and folder.root.program == DOCKER:
        return is_hosts_loader(facts)  # the classic loader reads no folder for Docker Hub
    if name is not None:
        return True
    if by_hosts:
        return folder.name == "_default"
    looks_so = folder.name == "_default" or registry_of_folder(folder, by_hosts=True) is not None
    return looks_so and folder.root.program == DOCKER and is_hosts_loader(facts)


def usable_name(folder: Folder, facts: Facts) -> str:
    """A name that was probably meant; empty where there is none."""
    by_hosts = registry_of_folder(folder, by_hosts=True)
    guesses = [by_hosts] if by_hosts else []
    bare = re.sub(r"^(?:https?:+_*|_+)", "", folder.name).rstrip("._ ")
    address = re.fullmatch(r"([0-9A-Fa-f:]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:]*)", bare)
    guesses += [f"[{bare}]" if address else bare, bare.replace("_", ":")]
    for guess in guesses:
        if guess and guess != folder.name:
            meant = Folder(posixpath.join(folder.root.path, guess), guess, folder.root, folder.kind)
            if is_usable(meant, facts):
                return guess
    return ""


# --- what is not read ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shadow:
    """A registry's folder, and why it is not read."""

    folder: Folder  # which
    state: Evidence[str]  # why; empty where it is read
    fix: str = ""  # commands that fix it
    entry: str = ""  # the entry of insecure-registries that makes the registry insecure


def shadows(facts: Facts, _params: object) -> dict[str, Shadow]:
    """The folders of registries, those in a place that this engine does not use among them."""
    certs: Certsd = facts.certsd
    found = {path: _shadow(folder, facts) for path, folder in real_folders(facts).items() if _is_usable(folder, facts)}
    for folder in certs.folders.values():
        if folder.kind == "dir" and not folder.root.is_used:
            new = posixpath.join(certs.engine.path, folder.name)
            fix = f"mkdir -p {shell(certs.engine.path)}\ncp -r {shell(folder.path)} {shell(new)}"
            why = f"not read: this engine runs rootless, and reads {certs.engine.path}"
            found[folder.path] = Shadow(folder, known(why, folder.path), fix)
    return found


def _is_usable(folder: Folder, facts: Facts) -> bool:
    try:
        return is_usable(folder, facts)
    except NotDecided:
        return True  # said by the check about names


def _shadow(folder: Folder, facts: Facts) -> Shadow:
    try:
        why, fix, entry = _why(folder, facts)
    except NotDecided as error:
        return Shadow(folder, unknown(error.reason, error.source))
    except NotApplicable:
        why, fix, entry = "", "", ""
    return Shadow(folder, known(why, f"{folder.path}; the engine's insecure registries"), fix, entry)


def _why(folder: Folder, facts: Facts) -> tuple[str, str, str]:
    """Why the folder is not read, the fix, and the entry of insecure-registries that is the reason."""
    seen: Registries = facts.registries
    own = seen.generation
    hosts = folder.named(_HOSTS)
    by_hosts = folder.root.program == CONTAINERD or own.loader in {Loader.CONTAINERD, Loader.CTR}
    if by_hosts and hosts is not None and hosts.data.strip():
        beside = [file.name for file in folder.files if file.name.endswith((".crt", ".cert", ".key"))]
        named = hosts.data.decode("utf-8", "replace")
        ignored = [name for name in beside if name not in named]
        if ignored:
            fix = f"# name them in {shell(hosts.path)} (ca = …, client = …), or remove it"
            return f"not read: hosts.toml wins, and does not name {', '.join(ignored[:10])}", fix, ""
    if folder.root.program != DOCKER or own.loader is not Loader.CLASSIC:
        return "", "", ""
    entry = _insecure_entry(folder, seen)
    if entry is None:
        return "", "", ""
    return f"not read: the registry is insecure by {entry}", "", entry


def _insecure_entry(folder: Folder, seen: Registries) -> str | None:
    """The entry that makes the folder's registry insecure; by networks only where its addresses are known.

    Raises:
        NotDecided: where it may lie in a network that is listed, and its addresses are not known.
    """
    name = registry_of_folder(folder) or folder.name
    settings = seen.settings
    addresses = seen.addresses()
    if not any("/" in entry for entry in settings.insecure):
        # Only the loopback is left: a registry that was not looked up is taken to lie elsewhere.
        host = name.rpartition(":")[0] or name
        addresses = {host: (), **addresses}
        addresses = {host.strip("[]"): (), name: (), **addresses}
    own = seen.generation
    return InsecureRegistries.of(settings.insecure, loopback_v6=own.loopback_v6).match(name, addresses)


# --- whose key it is -------------------------------------------------------------------------------------------


def key_holder(file: CertFile, certs: Certsd, served: tuple[CertificateSource, ...]) -> str:
    """The server whose key this is, or nothing; raises NotDecided where a key that decides is not known."""
    if file.entry.unknown is not None:
        raise NotDecided(file.entry.unknown, file.path)
    if not file.has_private_key:
        return ""
    key = file.key
    if key is None or key.public is None:
        return _holder_by_name(file, certs)
    holder = _server_with(key.public, served) or _server_certificate(key.public, certs)
    unseen = next((source for source in served if source.unknown is not None), None)
    if not holder and unseen is not None:
        raise NotDecided(unseen.unknown or "", unseen.source)
    return holder


def _server_with(public: bytes, served: tuple[CertificateSource, ...]) -> str:
    """The registry that serves a certificate with this key."""
    for source in served:
        if source.unknown is None and any(one.raw_key == public for one in source.certificates[:1]):
            return f"that of the server {source.name}"
    return ""


def _server_certificate(public: bytes, certs: Certsd) -> str:
    """The certificate with this key that is made for a server, and lies beside it or elsewhere in certs.d."""
    files = [file for folder in certs.all() for file in folder.entries]
    for file in files:
        if file.entry.unknown is not None or file.entry.kind != "file":
            continue
        for certificate in file.certificates:
            if certificate.raw_key == public and is_server_only(certificate):
                return f"that of the server certificate {title(certificate)} in {file.path}"
    return ""


def _holder_by_name(file: CertFile, certs: Certsd) -> str:
    """By the certificate of the same name, where the key itself could not be read on the host."""
    sibling = f"{file.path.removesuffix('.key')}.cert"
    for folder in certs.all():
        for other in folder.entries:
            if other.path == sibling and other.entry.unknown is None:
                leaf = next(iter(other.certificates), None)
                if leaf is not None and is_server_only(leaf):
                    return f"that of the server certificate {title(leaf)} in {other.path}, by its name"
    key = file.key
    if key is not None and (key.encrypted or key.parses is False):
        return ""
    raise NotDecided("its public half could not be read on the host", file.path, Code.MALFORMED)
