"""The API's TLS: whether the engine can load its certificates, and with which error not.

Certificates and keys are read by [trust][dockworthy.trust.x509.keypair], which has Go's own rules.

Source: ``newAPIServerTLSConfig`` (``cmd/dockerd/daemon.go`` of moby), ``docker/go-connections`` 0.4.0 and 0.5.0
(``tlsconfig/config.go``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.golang.text import quote
from dockworthy.golang.values import GoError
from dockworthy.hosttree.entry import Kind
from dockworthy.hosttree.faults import EISDIR, PathError, UndecidedError

if TYPE_CHECKING:
    from typing import Any

    from dockworthy.hosttree.keys import KeyFacts
    from dockworthy.hosttree.tree import Tree
    from dockworthy.releases import Rules

__all__ = ["check_tls"]


def check_tls(config: dict[str, Any], files: Tree, rules: Rules) -> None:
    """Load certificate, key and CA as the engine does before it listens."""
    if not config["tls"]:
        return
    certificate, key = config["tlscert"], config["tlskey"]
    names = f"(cert: {quote(certificate)}, key: {quote(key)})"
    missing: UndecidedError | None = None
    try:
        _check_pair(certificate, key, files)
    except UndecidedError as error:
        missing = error
    except PathError as error:
        if error.absent:
            could = "Could" if rules.holds("tls.capital") else "could"
            raise GoError(f"{could} not load X509 key pair {names}: {error}") from None
        raise _unreadable(names, error, rules) from None
    except GoError as error:
        raise _unreadable(names, error, rules) from None
    authority = config["tlscacert"]
    if config["tlsverify"] is not False and authority:
        _check_authority(authority, files)
    if missing:
        raise missing


def _check_pair(certificate: str, key: str, files: Tree) -> None:
    """Read both files, or at least see that both are there, before their content is asked for."""
    for path in (certificate, key):
        if files.stat(path, "open").kind == Kind.DIRECTORY:
            raise PathError("read", path, EISDIR)
    _check_key_pair(files.read_file(certificate), files.open(key).key or files.read_file(key))


def _check_key_pair(certificate: bytes, key: bytes | KeyFacts) -> None:
    from dockworthy.trust.x509.chain import Failure  # noqa: PLC0415 - most engines have no TLS
    from dockworthy.trust.x509.keypair import x509_key_pair  # noqa: PLC0415

    result = x509_key_pair(certificate, key)
    if isinstance(result, Failure):
        if result.undecided:
            raise UndecidedError("a certificate beyond the size that is judged")
        raise GoError(result.message)


def _has_certificate(data: bytes, path: str) -> bool:
    from dockworthy.trust.x509.pool import CertPool, PEMTooLargeError  # noqa: PLC0415 - most engines have no TLS

    try:
        return CertPool().append_pem(data, path)
    except PEMTooLargeError:
        raise UndecidedError(path) from None


def _unreadable(names: str, error: GoError, rules: Rules) -> GoError:
    if rules.holds("tls.capital"):
        return GoError(f"Error reading X509 key pair {names}: {error}. Make sure the key is not encrypted.")
    return GoError(f"error reading X509 key pair - make sure the key is not encrypted {names}: {error}")


def _check_authority(path: str, files: Tree) -> None:
    try:
        data = files.read_file(path)
    except PathError as error:
        raise GoError(f"could not read CA certificate {quote(path)}: {error}") from None
    if not _has_certificate(data, path):
        raise GoError(f"failed to append certificates from PEM file: {quote(path)}")
