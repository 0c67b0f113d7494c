"""One signature: our own arithmetic for keys that OpenSSL finds too short agrees with OpenSSL's on longer ones."""

from __future__ import annotations

import hashlib

from dockworthy.trust.rules import DEBIAN_ENGINE_26_1
from dockworthy.trust.x509.certificate import parse_certificate
from dockworthy.trust.x509.keys import RSAKey
from dockworthy.trust.x509.signature import SignatureAlgorithm, _verify_short_rsa, check_signature
from tests.rows import each_of
from tests.trust.builder import keys, leaf


@each_of("index", range(5))
@each_of("pss", [False, True])
@each_of("digest", ["sha256", "sha384"])
def test_arithmetic_for_short_keys_agrees_with_openssl(index: int, pss: bool, digest: str) -> None:
    """Moduli of 1024, 1025, 1030 and 2048 bits: PSS has a spare octet, spare bits or neither."""
    key = keys().rsa[index]
    one = leaf()
    one.key = key
    public = parse_certificate(one.encode()).key
    assert isinstance(public, RSAKey)
    signature = key.sign(b"message", digest, pss=pss)
    algorithm = SignatureAlgorithm("", "RSA", digest, pss)
    hashed = hashlib.new(digest, b"message").digest()
    assert _verify_short_rsa(public, algorithm, hashed, int.from_bytes(signature, "big"))
    assert check_signature(algorithm, b"message", signature, public, DEBIAN_ENGINE_26_1) is None
    for position in (0, len(signature) // 2, len(signature) - 1):
        spoiled = bytearray(signature)
        spoiled[position] ^= 1
        assert not _verify_short_rsa(public, algorithm, hashed, int.from_bytes(spoiled, "big"))
        refused = check_signature(algorithm, b"message", bytes(spoiled), public, DEBIAN_ENGINE_26_1)
        assert refused == "crypto/rsa: verification error"


@each_of(
    ("n", "e", "message"),
    [
        (1, 3, "modulus must be > 1"),
        (2**1024, 3, "crypto/rsa: public modulus is even"),
        (2**1024 + 1, 1, "crypto/rsa: public exponent too small or negative"),
        (2**1024 + 1, 4, "crypto/rsa: public exponent is even"),
        (2**1024 + 1, 2**31 + 1, "crypto/rsa: public exponent too large"),
        (2**20_000 + 1, 3, "RSA keys of more than 16384 bits are not judged"),
    ],
    ids=range(6),
)
def test_rsa_key_that_verifies_nothing(n: int, e: int, message: str) -> None:
    """Refused before any arithmetic; the last limit is our own."""
    algorithm = SignatureAlgorithm("SHA256-RSA", "RSA", "sha256")
    assert check_signature(algorithm, b"", b"", RSAKey(n, e), DEBIAN_ENGINE_26_1) == message
