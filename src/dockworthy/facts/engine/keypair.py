"""Whether a certificate and a key are a pair, as Go's ``tls.X509KeyPair`` sees it.

Only whether they load and belong together is told; no byte of a key leaves this module.

Source: ``crypto/tls/tls.go`` (``X509KeyPair``, ``parsePrivateKey``), ``encoding/pem/pem.go``,
``x509.CertPool.AppendCertsFromPEM`` of Go 1.24.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from dockworthy.facts.engine.golang import GoError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

__all__ = ["check_key_pair", "has_certificate", "pem_blocks"]

_BLOCK = re.compile(
    rb"(?:^|\n)-----BEGIN ([^\n]*?)-----[ \t\r]*\n(.*?)(?:^|\n)-----END \1-----[ \t\r]*(?:\n|$)", re.DOTALL
)
_HEADER = re.compile(rb"[^\n:]*:[^\n]*\n")
_CERTIFICATE = "CERTIFICATE"


def pem_blocks(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The type and the content of each PEM block; what is no block is passed over."""
    for match in _BLOCK.finditer(data):
        body = match[2]
        header = _HEADER.match(body)
        while header:
            body = body[header.end() :]
            header = _HEADER.match(body)
        try:
            yield match[1].decode("utf-8", "replace"), base64.b64decode(b"".join(body.split()), validate=True)
        except binascii.Error:
            continue


def _load_certificate(der: bytes) -> x509.Certificate:
    from cryptography import x509  # noqa: PLC0415 - only where TLS is configured

    try:
        return x509.load_der_x509_certificate(der)
    except ValueError:
        raise GoError("x509: malformed certificate") from None


def has_certificate(data: bytes) -> bool:
    """Whether ``AppendCertsFromPEM`` finds a certificate that it can read."""
    for kind, der in pem_blocks(data):
        if kind != _CERTIFICATE:
            continue
        try:
            _load_certificate(der)
        except GoError:
            continue
        return True
    return False


def _skipped(kinds: list[str], what: str) -> str:
    return f"tls: failed to find {what} PEM data in {'certificate' if what == 'certificate' else 'key'} input" + (
        " after skipping PEM blocks of the following types: [" + " ".join(kinds) + "]" if kinds else ""
    )


def _find_certificate(data: bytes) -> bytes:
    kinds = []
    for kind, der in pem_blocks(data):
        if kind == _CERTIFICATE:
            return der
        kinds.append(kind)
    if not kinds:
        raise GoError("tls: failed to find any PEM data in certificate input")
    if len(kinds) == 1 and kinds[0].endswith("PRIVATE KEY"):
        raise GoError(
            "tls: failed to find certificate PEM data in certificate input, but did find a private key; "
            "PEM inputs may have been switched"
        )
    raise GoError(
        'tls: failed to find "CERTIFICATE" PEM block in certificate input after skipping PEM blocks of the '
        f"following types: [{' '.join(kinds)}]"
    )


def _find_key(data: bytes) -> bytes:
    kinds = []
    for kind, der in pem_blocks(data):
        if kind == "PRIVATE KEY" or kind.endswith(" PRIVATE KEY"):
            return der
        kinds.append(kind)
    if not kinds:
        raise GoError("tls: failed to find any PEM data in key input")
    if len(kinds) == 1 and kinds[0] == _CERTIFICATE:
        raise GoError("tls: found a certificate rather than a key in the PEM for the private key")
    raise GoError(
        'tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM '
        f"blocks of the following types: [{' '.join(kinds)}]"
    )


def _load_key(der: bytes) -> PrivateKeyTypes:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - only where TLS is configured
    from cryptography.hazmat.primitives.serialization import load_der_private_key  # noqa: PLC0415

    try:
        return load_der_private_key(der, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise GoError("tls: failed to parse private key") from None


def _public_bytes(key: object) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: PLC0415

    result: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]
    return result


def check_key_pair(certificate: bytes, key: bytes) -> None:
    """``tls.X509KeyPair``.

    Raises:
        GoError: where the two cannot be loaded or do not belong together.
    """
    leaf_der = _find_certificate(certificate)
    key_der = _find_key(key)
    leaf = _load_certificate(leaf_der)
    private = _load_key(key_der)
    ours, theirs = private.public_key(), leaf.public_key()
    if type(ours) is not type(theirs):
        raise GoError("tls: private key type does not match public key type")
    if _public_bytes(ours) != _public_bytes(theirs):
        raise GoError("tls: private key does not match public key")
