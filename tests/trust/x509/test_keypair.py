"""Client pairs: tls.X509KeyPair's errors in its order, and never a byte of a key in any of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, x25519

from dockworthy.hosttree.keys import KeyBlock, KeyFacts
from dockworthy.trust.rules import GO_1_24
from dockworthy.trust.x509.chain import Failure
from dockworthy.trust.x509.keypair import KeyPair, facts_of_key, x509_key_pair
from tests.fuzz import asn
from tests.fuzz.cases import pem
from tests.fuzz.keys import Key
from tests.fuzz.pairs import _integers, _pkcs8, _traditional
from tests.rows import each_of
from tests.trust.builder import keys, leaf

UNPARSED = ("keypair-parse", "tls: failed to parse private key")
MISMATCH = ("keypair-mismatch", "tls: private key does not match public key")


def certificate(key: Key) -> bytes:
    one = leaf()
    one.key = key
    return pem(one.encode())


def told(result: KeyPair | Failure) -> tuple[str, str]:
    return ("ok", "") if isinstance(result, KeyPair) else (result.cls, result.message)


def every_kind() -> list[Key]:
    return [keys().fast[0], keys().fast[-1], *keys().slow, *keys().rsa, *keys().short]


@each_of("index", range(14))
def test_key_of_every_kind_in_every_form_fits_its_certificate(index: int) -> None:
    """PKCS #8, PKCS #1 and SEC 1, under any label that ends in PRIVATE KEY."""
    key = every_kind()[index]
    for der in (_pkcs8(key), _traditional(key)):
        for label in ("PRIVATE KEY", "RSA PRIVATE KEY", "ANY PRIVATE KEY"):
            text = pem(der, label)
            assert told(x509_key_pair(certificate(key), text)) == ("ok", "")
            assert told(x509_key_pair(certificate(key), facts_of_key(text))) == ("ok", "")


def test_chain_in_the_file_is_kept() -> None:
    """The engine sends what follows the leaf, too."""
    one = certificate(keys().fast[0])
    pair = x509_key_pair(one + certificate(keys().fast[1]), pem(_pkcs8(keys().fast[0]), "PRIVATE KEY"))
    assert isinstance(pair, KeyPair)
    assert len(pair.certificates) == 2
    assert pair.leaf.subject.common_name == "leaf"


@pytest.mark.parametrize(
    ("cert", "expected"),
    [
        (b"", "tls: failed to find any PEM data in certificate input"),
        (
            pem(b"x", "PRIVATE KEY"),
            (
                "tls: failed to find certificate PEM data in certificate input, "
                "but did find a private key; PEM inputs may have been switched"
            ),
        ),
        (
            pem(b"x", "A") + pem(b"x", "PRIVATE KEY"),
            (
                'tls: failed to find "CERTIFICATE" PEM block in certificate input '
                "after skipping PEM blocks of the following types: [A PRIVATE KEY]"
            ),
        ),
    ],
    ids=["nothing", "a key", "others"],
)
def test_certificate_file_without_a_certificate(cert: bytes, expected: str) -> None:
    """It is told before the key file is looked at."""
    assert told(x509_key_pair(cert, b"")) == ("keypair-pem", expected)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (b"junk", "tls: failed to find any PEM data in key input"),
        (pem(b"x"), "tls: found a certificate rather than a key in the PEM for the private key"),
        (
            pem(b"x") + pem(b"x", "PUBLIC KEY"),
            (
                'tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input '
                "after skipping PEM blocks of the following types: [CERTIFICATE PUBLIC KEY]"
            ),
        ),
    ],
    ids=["nothing", "a certificate", "others"],
)
def test_key_file_without_a_key(key: bytes, expected: str) -> None:
    """The blocks' types decide, in the bytes and in what the probe told alike."""
    text = pem(b"not even a certificate")
    assert told(x509_key_pair(text, key)) == ("keypair-pem", expected)
    assert told(x509_key_pair(text, facts_of_key(key))) == ("keypair-pem", expected)


def test_unreadable_certificate_is_told_before_an_unreadable_key() -> None:
    """X509KeyPair parses the certificate first."""
    junk = pem(b"junk", "PRIVATE KEY")
    assert told(x509_key_pair(pem(b"junk"), junk)) == ("keypair-parse", "x509: malformed certificate")
    assert told(x509_key_pair(certificate(keys().fast[0]), junk)) == UNPARSED


@pytest.mark.parametrize(
    "der",
    [
        _pkcs8(Key("x", "ec", b"", ec.derive_private_key(7, ec.SECP256K1()))),
        ed448.Ed448PrivateKey.generate().private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        asn.sequence(asn.integer(0), asn.integer(5)),
        b"",
    ],
    ids=["secp256k1", "Ed448", "rubbish", "empty"],
)
def test_key_that_go_cannot_parse(der: bytes) -> None:
    """Whatever else could read it."""
    assert told(x509_key_pair(certificate(keys().fast[0]), pem(der, "PRIVATE KEY"))) == UNPARSED


def test_key_with_a_passphrase_cannot_be_read() -> None:
    """Neither the old form, with headers, nor PKCS #8's own; the engine asks nobody."""
    private = keys().fast[0].private
    for form in (serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL):
        text = private.private_bytes(serialization.Encoding.PEM, form, serialization.BestAvailableEncryption(b"secret"))
        assert told(x509_key_pair(certificate(keys().fast[0]), text)) == UNPARSED
        assert facts_of_key(text).encrypted
        assert told(x509_key_pair(certificate(keys().fast[0]), facts_of_key(text))) == UNPARSED


def test_x25519_key_parses_and_is_of_no_use() -> None:
    """It has words of its own."""
    der = x25519.X25519PrivateKey.generate().private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    expected = ("keypair-parse", "tls: found unknown private key type in PKCS#8 wrapping")
    assert told(x509_key_pair(certificate(keys().fast[0]), pem(der, "PRIVATE KEY"))) == expected


def test_key_of_another_certificate_or_kind() -> None:
    """The kinds are compared first, then the public halves."""
    cert = certificate(keys().fast[0])
    assert told(x509_key_pair(cert, pem(_pkcs8(keys().fast[1]), "PRIVATE KEY"))) == MISMATCH
    other = ("keypair-mismatch", "tls: private key type does not match public key type")
    assert told(x509_key_pair(cert, pem(_pkcs8(keys().rsa[0]), "PRIVATE KEY"))) == other


def test_certificate_with_a_key_that_tls_has_no_use_for() -> None:
    """DSA and what Go does not know: told after the private key has been read."""
    odd = next(key for key in keys().odd if key.name == "ed448")
    text = pem(_pkcs8(keys().fast[0]), "PRIVATE KEY")
    assert told(x509_key_pair(certificate(odd), text)) == ("other", "tls: unknown public key algorithm")


def test_wrong_crt_values_are_a_matter_of_the_build() -> None:
    """Up to Go 1.23, and in Debian's build, an RSA key's CRT values are computed anew."""
    key = keys().rsa[0]
    numbers = _integers(key.pkcs1)
    numbers[6] += 2
    text = pem(asn.sequence(*map(asn.integer, numbers)), "RSA PRIVATE KEY")
    assert told(x509_key_pair(certificate(key), text)) == ("ok", "")
    assert told(x509_key_pair(certificate(key), text, GO_1_24)) == UNPARSED


@pytest.mark.parametrize(
    ("facts", "expected", "undecided"),
    [
        (KeyFacts((KeyBlock("PRIVATE KEY"),), parses=False), UNPARSED[1], False),
        (KeyFacts((KeyBlock("PRIVATE KEY"),), encrypted=True), UNPARSED[1], False),
        (KeyFacts((KeyBlock("PRIVATE KEY"),)), "whether the private key can be read is not known", True),
        (KeyFacts((KeyBlock("PRIVATE KEY"),), parses=True), "whether the private key can be read is not known", True),
        (KeyFacts((KeyBlock("PRIVATE KEY"),), parses=True, public=b"junk"), UNPARSED[1], False),
    ],
)
def test_what_the_host_could_not_tell_is_not_guessed(facts: KeyFacts, expected: str, undecided: bool) -> None:
    """A host without openssl cannot say whether a key parses: that is no verdict."""
    failure = x509_key_pair(certificate(keys().fast[0]), facts)
    assert isinstance(failure, Failure)
    assert (failure.message, failure.undecided) == (expected, undecided)


def test_no_byte_of_a_key_leaves_in_what_is_returned_or_printed() -> None:
    """Results, their repr and the facts hold public halves alone."""
    for key in every_kind():
        text = pem(_traditional(key), "PRIVATE KEY")
        facts = facts_of_key(text)
        told_all = repr((x509_key_pair(certificate(keys().fast[2]), text), facts, replace(facts, parses=None)))
        private = key.pkcs1[-40:] if key.kind == "rsa" else _traditional(key)[8:30]
        assert private.hex() not in told_all
        assert repr(private)[2:-1] not in told_all
        assert text.splitlines()[1].decode() not in told_all
