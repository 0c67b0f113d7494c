"""What would help: the same chain judged again with something that lies nearby and does not count.

A cause that is guessed from a message is often wrong; here each candidate (a file with another extension, a folder
with another name, a bundle that was changed after the engine started) is added to what is trusted, and named only
if the chain then holds.
"""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import NotDecided
from dockworthy.hosttree.faults import PathError
from dockworthy.hosttree.keys import KeyFacts
from dockworthy.trust.reference import split_host_port
from dockworthy.trust.x509.certificate import parse_certificate
from dockworthy.trust.x509.chain import verify_server_chain
from dockworthy.trust.x509.der import X509Error
from dockworthy.trust.x509.pem import decode
from dockworthy.trust.x509.pool import CertPool, PEMTooLargeError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dockworthy.hosttree.entry import Entry
    from dockworthy.trust.case import TrustCase
    from dockworthy.trust.pulls import Outcome
    from dockworthy.trust.x509.certificate import Certificate

__all__ = ["Found", "certificates_in", "ignored_file", "late_bundle", "other_folder"]

_MOST_FOLDERS: Final = 64
_MOST_FILES: Final = 64
_MOST_TRIES: Final = 256
_LONGEST: Final = 1 << 20
_ENCODINGS: Final = ("utf-16", "utf-16-le", "utf-8-sig")


@dataclass(frozen=True, slots=True)
class Found:
    """Something that would help.

    Attributes:
        path: where it lies.
        form: how it is written: ``pem``, ``der``, ``pkcs7`` or ``text`` (PEM that Go cannot read as it is).
    """

    path: str
    form: str = "pem"


def certificates_in(data: bytes) -> tuple[list[bytes], str]:
    """The certificates that a person would say are in a file, and the form in which they are."""
    if len(data) > _LONGEST:
        return [], ""
    found = [block.octets for block in decode(data) if block.kind == "CERTIFICATE" and not block.headers]
    if found:
        return found, "pem"
    if data[:1] == b"\x30" and _is_certificate(data):
        return [data], "der"
    for block in decode(data):
        if block.kind in {"X509 CERTIFICATE", "CERTIFICATE"}:
            return [block.octets], "label"
        if block.kind == "TRUSTED CERTIFICATE":
            return [], "label"
        if block.kind == "PKCS7":
            return [], "pkcs7"
    repaired = _repaired(data)
    return (repaired, "text") if repaired else ([], "")


def _is_certificate(der: bytes) -> bool:
    try:
        parse_certificate(der)
    except X509Error:
        return False
    return True


def _repaired(data: bytes) -> list[bytes]:
    """Certificates in a text of another encoding, with other line ends, or indented."""
    texts = [data.replace(b"\r", b"\n")]
    for encoding in _ENCODINGS:
        with suppress(ValueError):
            texts.append(data.decode(encoding).encode())
    for text in texts:
        lines = b"\n".join(line.strip() for line in text.splitlines()) + b"\n"
        lines = lines.replace(b"----------BEGIN", b"-----\n-----BEGIN")
        found = [block.octets for block in decode(lines) if block.kind == "CERTIFICATE" and not block.headers]
        if found:
            return found
    return []


def _helps(case: TrustCase, outcome: Outcome, more: list[bytes]) -> bool:
    """Whether the served chain holds with these certificates trusted, too."""
    reply = outcome.reply
    if reply is None or reply.chain is None or not more:
        return False
    pool = CertPool(reply.client.roots, reply.client.rules)
    added = False
    for der in more:
        try:
            certificate = parse_certificate(der, reply.client.rules)
        except X509Error:
            continue
        if certificate not in reply.client.roots and not _is_mere_leaf(certificate, reply.chain.served[0]):
            pool.add(certificate)
            added = True
    if not added:
        return False
    served = [certificate.raw for certificate in reply.chain.served]
    host = split_host_port(reply.authority)[0]
    return verify_server_chain(served, host, pool, case.now, reply.client.rules).failure is None


def _is_mere_leaf(certificate: Certificate, leaf: Certificate) -> bool:
    """Whether it is the served leaf itself, issued by another: to trust that would hold until it is renewed."""
    return certificate.raw == leaf.raw and not leaf.is_self_issued


def _files(case: TrustCase, folder: str) -> Iterator[tuple[str, Entry]]:
    """The files in a folder and in the folders in it, as far as they are known."""
    try:
        entries = case.tree.read_dir(folder)[:_MOST_FILES]
    except (PathError, NotDecided):
        return
    for name, _ in entries:
        path = f"{folder}/{name}"
        try:
            entry = case.tree.stat(path)
        except (PathError, NotDecided):
            continue
        if entry.kind == "file":
            yield path, entry


def _known(entry: Entry) -> bytes:
    return b"" if isinstance(entry.key, KeyFacts) or entry.data is None else entry.data


def _first(
    case: TrustCase, outcome: Outcome, folders: list[str], wanted: Callable[[str], bool] = lambda _: True
) -> Found | None:
    files = ((path, entry) for folder in folders for path, entry in _files(case, folder) if wanted(path))
    for path, entry in islice(files, _MOST_TRIES):
        certificates, form = certificates_in(_known(entry))
        if _helps(case, outcome, certificates):
            return Found(path, form)
    return None


def ignored_file(case: TrustCase, outcome: Outcome) -> Found | None:
    """A file in the registry's folder, or a folder below it, that holds what is missing and is not read for it."""
    folder = outcome.directory
    if not folder:
        return None
    below = [f"{folder}/{name}" for name in case.tree.names(folder)][:_MOST_FILES]
    return _first(case, outcome, [folder, *below])


def other_folder(case: TrustCase, outcome: Outcome) -> Found | None:
    """A file in another folder of certs.d, or in certs.d itself, that holds what is missing."""
    root = case.certs_dir
    roots = [root, "/etc/docker/certs.d"] if case.rootless else [root]
    folders = []
    for each in roots:
        names = sorted(case.tree.names(each), key=lambda name: -_likeness(name, outcome))[:_MOST_FOLDERS]
        folders += [f"{each}/{name}" for name in names if f"{each}/{name}" != outcome.directory]
        folders.append(each)
    return _first(case, outcome, folders, lambda path: path.endswith(".crt"))


def _likeness(name: str, outcome: Outcome) -> int:
    """How much a folder's name is like the registry's: what is meant comes first."""
    if outcome.reference is None:
        return 0
    host = outcome.reference.host.lower()
    bare = split_host_port(name.lower().strip("."))[0]
    return 2 if bare.rstrip(".") == host else int(host in name.lower())


def late_bundle(case: TrustCase, outcome: Outcome) -> Certificate | None:
    """A system root that is on disk, not in force, and would help."""
    reply = outcome.reply
    if case.bundle_now is None or reply is None or reply.chain is None:
        return None
    pool = CertPool(rules=case.generation.rules)
    try:
        pool.append_pem(case.bundle_now)
    except PEMTooLargeError:
        return None
    before = case.pool()
    new = [certificate for certificate in pool if certificate not in before]
    return next((certificate for certificate in new if _helps(case, outcome, [certificate.raw])), None)
