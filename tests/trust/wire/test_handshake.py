"""Whether a server's key can sign for what the client offers is settled before the certificate is judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dockworthy.evidence import NotDecided
from dockworthy.trust.generations import generation
from dockworthy.trust.rules import DEBIAN_ENGINE_26_1, GO_1_24
from dockworthy.trust.wire.handshake import refuse_key, refuse_leaf, refuse_signature, signature_schemes
from dockworthy.trust.wire.server import ServerAnswer
from dockworthy.trust.x509.certificate import parse_certificate
from tests.fuzz import asn
from tests.rows import each_of
from tests.trust.builder import keys, leaf
from tests.trust.host import ENGINE_26, ask

if TYPE_CHECKING:
    from tests.fuzz.keys import Key


def served(key: Key) -> bytes:
    one = leaf()
    one.key = key
    return one.encode()


def by_name(name: str) -> Key:
    pool = keys()
    return next(key for key in (*pool.fast, *pool.slow, *pool.rsa, *pool.short, *pool.odd) if key.name == name)


@each_of(
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


_POINT = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
_P256, _K1 = asn.oid("1.2.840.10045.3.1.7"), asn.oid("1.3.132.0.10")


def _numbers(prime: int) -> bytes:
    """A curve by its numbers, as far as they are looked at."""
    return asn.sequence(asn.integer(1), asn.sequence(asn.oid("1.2.840.10045.1.1"), asn.integer(prime)))


@each_of(
    ("parameters", "form", "sent"),
    [
        (_P256, 2, True),  # compressed
        (_P256, 6, True),  # hybrid
        (_numbers(2**256 - 2**224 + 2**192 + 2**96 - 1), 4, True),
        (_numbers(2**256 - 2**32 - 977), 4, False),  # secp256k1's
        (_K1, 4, False),
        (asn.sequence(), 4, False),
    ],
)
def test_a_curve_that_go_cannot_read_is_sent_where_the_server_knows_it(
    parameters: bytes, form: int, sent: bool
) -> None:
    """Then Go says that it cannot parse the certificate; a curve without a scheme ends the handshake before."""
    x, y = (number.to_bytes(32, "big") for number in _POINT)
    point = bytes((form,)) + x + (b"" if form == 2 else y)
    one = leaf()
    one.spki = asn.sequence(asn.algorithm("1.2.840.10045.2.1", parameters), asn.bit_string(point))
    der = one.encode()
    assert (refuse_leaf(der, DEBIAN_ENGINE_26_1) is None) is sent
    verdict = ask({}, answer=ServerAnswer(chain=(der,)), who=ENGINE_26)
    assert verdict.verdict == ("other" if sent else "tls-handshake")
    assert ("tls: failed to parse certificate from server: x509: " in verdict.message) is sent


@pytest.mark.parametrize("digest", ["sha256", "sha224"])
@pytest.mark.parametrize(("go", "names_signatures"), [((1, 24, 4), False), ((1, 25, 0), True)])
def test_a_server_may_hold_its_certificate_to_the_signatures_that_the_client_names(
    digest: str, go: tuple[int, ...], names_signatures: bool
) -> None:
    """OpenSSL's does, Go's does not; which it is was not always seen."""
    one = leaf()
    one.identifier = asn.algorithm("1.2.840.10045.4.3.1" if digest == "sha224" else "1.2.840.10045.4.3.2")
    who = generation("28.5.2", go=go)

    def said(held: bool | None) -> str:
        answer = ServerAnswer(chain=(one.encode(),), held_to_signatures=held)
        return ask({}, answer=answer, who=who).verdict

    assert said(False) == "unknown-authority"
    if digest == "sha224" and names_signatures:
        assert said(True) == "tls-handshake"
        with pytest.raises(NotDecided, match="signed so was not seen"):
            said(None)
    else:
        assert said(True) == said(None) == "unknown-authority"


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
