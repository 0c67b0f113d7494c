"""Whether a server's key can sign for what the client offers is settled before the certificate is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dockworthy.trust.rules import DEBIAN_ENGINE_26_1, GO_1_24
from dockworthy.trust.wire.handshake import refuse_key, refuse_leaf, refuse_signature, signature_schemes
from dockworthy.trust.x509.certificate import parse_certificate
from tests.trust.builder import keys, leaf

if TYPE_CHECKING:
    from tests.fuzz.keys import Key


def served(key: Key) -> bytes:
    one = leaf()
    one.key = key
    return one.encode()


def by_name(name: str) -> Key:
    pool = keys()
    return next(key for key in (*pool.fast, *pool.slow, *pool.rsa, *pool.short, *pool.odd) if key.name == name)


@pytest.mark.parametrize(
    ("name", "tls13", "tls12"),
    [
        ("p256-0", True, True),
        ("p384", True, True),
        ("p521", True, True),
        ("p224", False, False),
        ("ed25519-0", True, True),
        ("rsa2048", True, True),
        ("rsa768", True, True),
        ("rsa512", False, True),
        ("secp256k1", False, False),
        ("rsa-pss", False, False),
        ("ed448", False, False),
        ("dsa", False, False),
    ],
)
def test_key_that_fits_no_scheme_of_the_client_ends_the_handshake(name: str, tls13: bool, tls12: bool) -> None:
    """RSA-PSS with SHA-256 wants 66 bytes; TLS 1.3 has no PKCS #1 any more (RFC 8446, 4.2.3)."""
    der = served(by_name(name))
    assert (refuse_leaf(der, DEBIAN_ENGINE_26_1) is None) is tls13
    assert (refuse_leaf(der, DEBIAN_ENGINE_26_1, tls13=False) is None) is tls12


def test_refusal_is_the_servers() -> None:
    """So the words are those of an alert."""
    failure = refuse_key(None)
    assert failure is not None
    assert (failure.cls, failure.message) == ("tls-handshake", "remote error: tls: handshake failure")


def test_leaf_without_a_key_to_be_found_says_nothing() -> None:
    """No server starts with such a certificate; Go's parser has the word."""
    assert refuse_leaf(b"junk", DEBIAN_ENGINE_26_1) is None
    assert refuse_leaf(served(by_name("rsa-bare")), DEBIAN_ENGINE_26_1) is None


def test_schemes_grow_with_the_key() -> None:
    """In the order of crypto/tls/auth.go."""
    short = parse_certificate(served(by_name("rsa768"))).key
    assert signature_schemes(short, tls13=True) == ["rsa_pss_rsae_sha256"]
    assert "rsa_pkcs1_sha512" in signature_schemes(short, tls13=False)


def test_servers_own_signature_with_a_short_key_is_a_matter_of_the_build() -> None:
    """The chain is found good first."""
    certificate = parse_certificate(served(by_name("rsa768")))
    assert refuse_signature(certificate, DEBIAN_ENGINE_26_1) is None
    failure = refuse_signature(certificate, GO_1_24)
    assert failure is not None
    assert failure.message.startswith("tls: invalid signature by the server certificate: crypto/rsa: 768-bit keys")
