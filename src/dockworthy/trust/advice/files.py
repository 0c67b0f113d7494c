"""Causes and fixes of what lies in certs.d: folders, CAs, pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dockworthy.evidence import NotDecided
from dockworthy.hosttree.faults import PathError
from dockworthy.trust.advice.texts import advise, commands
from dockworthy.trust.advice.whatif import certificates_in
from dockworthy.trust.x509.certificate import parse_certificate
from dockworthy.trust.x509.der import X509Error
from dockworthy.trust.x509.extensions import CLIENT_AUTH
from dockworthy.trust.x509.pem import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dockworthy.trust.advice.texts import Advice
    from dockworthy.trust.case import TrustCase
    from dockworthy.trust.pulls import Outcome
    from dockworthy.trust.wire.client import Refusal
    from dockworthy.trust.x509.certificate import Certificate

__all__ = ["authority", "folder", "pair"]

FORMS: Final = {
    "der": "it is DER, and the engine reads PEM",
    "pkcs7": "it is PKCS#7, and the engine reads single certificates",
    "label": "its PEM block is not labelled CERTIFICATE",
    "text": "its text is not plain PEM (encoding, line ends or indentation)",
}


def convert(form: str, source: str, target: str) -> str:
    """The command that makes a PEM file of a certificate in another form."""
    if source != target:
        return commands(f"from_{form}", source=source, target=target)
    aside = commands(f"from_{form}", source=source, target=f"{target}.new")
    return commands("in_place", convert=aside, path=target)


def folder(case: TrustCase, outcome: Outcome, refusal: Refusal) -> Advice:
    """The registry's folder cannot be listed."""
    path = refusal.path.removesuffix("/hosts.toml") or outcome.directory
    if refusal.cls == "not-a-directory":
        return advise("folder-is-file", outcome, path=path)
    if refusal.cls == "permission":
        who = f"user {case.tree.user.uid}" if case.tree.user.uid else "root without CAP_DAC_OVERRIDE"
        return advise("folder-forbidden", outcome, path=path, who=who)
    if refusal.path.endswith("hosts.toml") and refusal.cls == "is-a-directory":
        return advise("file-is-folder", outcome, path=refusal.path)
    return advise("folder-unlisted", outcome, path=path, why=refusal.words)


def _missing(kind: str, case: TrustCase, outcome: Outcome, path: str) -> Advice:
    """A file that is not there, or a link that leads nowhere: of a ``ca`` or a ``pair``."""
    entry = case.tree.entries.get(path)
    target = entry.target if entry is not None and entry.kind == "symlink" else ""
    stem = path.rpartition(".")[0]
    return advise(f"{kind}-{'dangling' if target else 'missing'}", outcome, path=path, target=target, stem=stem)


def authority(case: TrustCase, outcome: Outcome, refusal: Refusal) -> Advice:
    """A ``.crt`` that stops the loader."""
    path = refusal.path
    if refusal.cls == "file-missing":
        return _missing("ca", case, outcome, path)
    if refusal.cls == "ca-unloadable":
        return _unloadable(case, outcome, path)
    names = {"is-a-directory": "ca-is-folder", "permission": "ca-forbidden"}
    name = names.get(refusal.cls, "ca-unreadable")
    return advise(name, outcome, path=path, stem=path.removesuffix(".crt"), why=refusal.words)


def content(case: TrustCase, path: str) -> bytes:
    """A file's bytes as far as they are known; for descriptions only."""
    try:
        return case.tree.read_file(path)
    except (PathError, NotDecided):
        return b""


def _unloadable(case: TrustCase, outcome: Outcome, path: str) -> Advice:
    _, form = certificates_in(content(case, path))
    if form in FORMS:
        return advise("ca-unloadable-form", outcome, path=path, why=FORMS[form], convert=convert(form, path, path))
    return advise("ca-unloadable", outcome, path=path, why="there is no certificate in it")


# -- pairs ------------------------------------------------------------------------------------------------------


def first_certificate(data: bytes) -> Certificate | None:
    """The first certificate in a PEM text that Go can read."""
    for block in decode(data):
        if block.kind == "CERTIFICATE":
            try:
                return parse_certificate(block.octets)
            except X509Error:
                return None
    return None


def pair(case: TrustCase, outcome: Outcome, refusal: Refusal) -> Advice:
    """A client certificate or key that stops the loader."""
    path = refusal.path
    if refusal.cls == "missing-cert":
        return _lone_key(case, outcome, path)
    if refusal.cls == "missing-key" or _is_lone(case, refusal):
        return _lone_certificate(case, outcome, path)
    if refusal.cls == "file-missing":
        return _missing("pair", case, outcome, path)
    if refusal.cls in {"is-a-directory", "permission"}:
        return advise("pair-forbidden" if refusal.cls == "permission" else "file-is-folder", outcome, path=path)
    if refusal.cls == "keypair-mismatch":
        return _mismatch(case, outcome, path)
    return _malformed(case, outcome, refusal)


def _key_of(path: str) -> str:
    return path.removesuffix(".cert") + ".key" if path.endswith(".cert") else path


def _is_lone(case: TrustCase, refusal: Refusal) -> bool:
    """Whether BuildKit or containerd stumbled over a certificate without a key: each has words of its own."""
    is_key = refusal.cls == "file-missing" and refusal.path.endswith(".key")
    if not is_key and not refusal.path.endswith(".cert"):
        return False
    folder_path, _, name = _key_of(refusal.path).rpartition("/")
    names = case.tree.names(folder_path)
    return name not in names and f"{name.removesuffix('.key')}.cert" in names


def _near(names: Iterable[str], is_meant: Callable[[str], bool]) -> str:
    return next((name for name in names if is_meant(name)), "")


def _lone_certificate(case: TrustCase, outcome: Outcome, path: str) -> Advice:
    path = path.removesuffix(".key") + ".cert" if path.endswith(".key") else path
    folder_path, _, name = path.rpartition("/")
    wanted = f"{name.removesuffix('.cert')}.key"
    values = {"path": path, "name": name, "stem": path.removesuffix(".cert"), "wanted": wanted}
    certificate = first_certificate(content(case, path))
    if certificate is not None and (certificate.is_ca or certificate.is_self_issued):
        return advise("cert-is-ca", outcome, **values)
    near = _near(case.tree.names(folder_path), lambda each: each != wanted and each.lower() == wanted.lower())
    if near:
        return advise("key-misnamed", outcome, **values, near=near, near_path=f"{folder_path}/{near}")
    usable = certificate is not None and CLIENT_AUTH in certificate.usages
    return advise("key-missing" if usable else "cert-unused", outcome, **values)


def _lone_key(case: TrustCase, outcome: Outcome, path: str) -> Advice:
    folder_path, _, name = path.rpartition("/")
    bare = name.removesuffix(".key")
    names = list(case.tree.names(folder_path))
    beside = f"{bare}.crt"
    values = {"path": path, "name": name, "bare": bare, "stem": f"{folder_path}/{bare}", "beside": beside}
    if beside not in names:
        near = _near(names, lambda each: each.lower() in {f"{bare}.cert".lower(), f"{bare}.pem", f"{bare}.cer"})
        if near:
            return advise("cert-misnamed", outcome, **values, near=near, near_path=f"{folder_path}/{near}")
        return advise("key-unused", outcome, **values)
    certificate = first_certificate(content(case, f"{folder_path}/{beside}"))
    is_ca = certificate is not None and certificate.is_ca
    if certificate is not None and CLIENT_AUTH in certificate.usages and not is_ca:
        return advise("cert-as-crt", outcome, **values)
    whose = "the CA's private key" if is_ca else "the registry server's private key"
    return advise("key-is-foreign", outcome, **values, whose=whose)


def _mismatch(case: TrustCase, outcome: Outcome, path: str) -> Advice:
    folder_path, _, name = path.rpartition("/")
    key = _key_of(path)
    values = {"path": path, "name": name, "key": key, "key_name": key.rpartition("/")[2]}
    certificate = first_certificate(content(case, path))
    if certificate is not None:
        for near in case.tree.names(folder_path):
            other = f"{folder_path}/{near}"
            if near.endswith(".key") and other != key and _belongs(case, certificate, other):
                return advise("key-has-another-name", outcome, **values, near=near, near_path=other)
    return advise("pair-mismatch", outcome, **values)


def _belongs(case: TrustCase, certificate: Certificate, path: str) -> bool:
    entry = case.tree.entries.get(path)
    return entry is not None and entry.key is not None and entry.key.public == certificate.raw_key


def _malformed(case: TrustCase, outcome: Outcome, refusal: Refusal) -> Advice:
    path, words = refusal.path, refusal.words
    key = _key_of(path)
    values = {"path": path, "name": path.rpartition("/")[2], "key": key, "key_name": key.rpartition("/")[2]}
    if "may have been switched" in words:
        return advise("pair-switched", outcome, **values)
    if words.endswith("failed to parse private key"):
        return advise("key-unparsed", outcome, **values)
    if "certificate input" in words:
        _, form = certificates_in(content(case, path))
        if form == "der":
            return advise("cert-is-der", outcome, **values, convert=convert(form, path, path))
        return advise("cert-is-no-pem", outcome, **values)
    if "key input" in words or "certificate rather than a key" in words:
        return advise("key-is-no-pem", outcome, **values)
    return advise("cert-unreadable", outcome, **values, why=words)
