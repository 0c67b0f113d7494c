"""Signature algorithms as Go tells them apart, and the check of one signature.

``cryptography`` is asked whether one ECDSA or Ed25519 signature is good, with the key's bare numbers; what
may be asked at all, and in which order the refusals come, is Go's.

Source: ``crypto/x509/x509.go`` (getSignatureAlgorithmFromAI, checkSignature), ``crypto/rsa``,
``crypto/internal/fips140/rsa``.
"""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.trust.x509.asn1 import TAG_INTEGER, Asn1Error, Fields, unmarshal_algorithm, unmarshal_sequence
from dockworthy.trust.x509.der import SEQUENCE, Reader, X509Error
from dockworthy.trust.x509.keys import DER_NULL, ML_DSA, DSAKey, ECKey, MLDSAKey, RSAKey

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    from dockworthy.trust.rules import GoRules
    from dockworthy.trust.x509.keys import AlgorithmIdentifier, Curve, PublicKey

__all__ = [
    "NOT_JUDGED",
    "UNKNOWN_SIGNATURE",
    "SignatureAlgorithm",
    "check_signature",
    "openssl_curve",
    "signature_algorithm",
]

UNIMPLEMENTED = "x509: cannot verify signature: algorithm unimplemented"
_RSA_FAILURE = "crypto/rsa: verification error"
_DSA_FAILURE = "x509: DSA verification failure"
_SHORTEST_MODULUS = 1024
_LEAST_PADDING = 8


@dataclass(frozen=True, slots=True)
class SignatureAlgorithm:
    """A signature algorithm: Go's name, the kind of key it wants, the digest (None: none), RSA-PSS or not."""

    name: str
    key: str
    digest: str | None
    pss: bool = False


UNKNOWN_SIGNATURE = SignatureAlgorithm("0", "0", None)
_OID_PSS = (1, 2, 840, 113549, 1, 1, 10)
_OID_MGF1 = (1, 2, 840, 113549, 1, 1, 8)
_OID_ED25519 = (1, 3, 101, 112)
_BY_OID: dict[tuple[int, ...], SignatureAlgorithm] = {
    (1, 2, 840, 113549, 1, 1, 4): SignatureAlgorithm("MD5-RSA", "RSA", "md5"),
    (1, 2, 840, 113549, 1, 1, 5): SignatureAlgorithm("SHA1-RSA", "RSA", "sha1"),
    (1, 3, 14, 3, 2, 29): SignatureAlgorithm("SHA1-RSA", "RSA", "sha1"),
    (1, 2, 840, 113549, 1, 1, 11): SignatureAlgorithm("SHA256-RSA", "RSA", "sha256"),
    (1, 2, 840, 113549, 1, 1, 12): SignatureAlgorithm("SHA384-RSA", "RSA", "sha384"),
    (1, 2, 840, 113549, 1, 1, 13): SignatureAlgorithm("SHA512-RSA", "RSA", "sha512"),
    (1, 2, 840, 10040, 4, 3): SignatureAlgorithm("DSA-SHA1", "DSA", "sha1"),
    (2, 16, 840, 1, 101, 3, 4, 3, 2): SignatureAlgorithm("DSA-SHA256", "DSA", "sha256"),
    (1, 2, 840, 10045, 4, 1): SignatureAlgorithm("ECDSA-SHA1", "ECDSA", "sha1"),
    (1, 2, 840, 10045, 4, 3, 2): SignatureAlgorithm("ECDSA-SHA256", "ECDSA", "sha256"),
    (1, 2, 840, 10045, 4, 3, 3): SignatureAlgorithm("ECDSA-SHA384", "ECDSA", "sha384"),
    (1, 2, 840, 10045, 4, 3, 4): SignatureAlgorithm("ECDSA-SHA512", "ECDSA", "sha512"),
    _OID_ED25519: SignatureAlgorithm("Ed25519", "Ed25519", None),
}
_PSS: dict[tuple[tuple[int, ...], int], SignatureAlgorithm] = {
    ((2, 16, 840, 1, 101, 3, 4, 2, 1), 32): SignatureAlgorithm("SHA256-RSAPSS", "RSA", "sha256", pss=True),
    ((2, 16, 840, 1, 101, 3, 4, 2, 2), 48): SignatureAlgorithm("SHA384-RSAPSS", "RSA", "sha384", pss=True),
    ((2, 16, 840, 1, 101, 3, 4, 2, 3), 64): SignatureAlgorithm("SHA512-RSAPSS", "RSA", "sha512", pss=True),
}


def _explicit(fields: Fields, number: int) -> Fields:
    if not fields.explicit(number):
        raise Asn1Error
    return fields


def _pss_algorithm(parameters: bytes) -> SignatureAlgorithm:
    fields, _ = unmarshal_sequence(parameters)
    digest = _explicit(fields, 0).algorithm()
    mask = _explicit(fields, 1).algorithm()
    salt = _explicit(fields, 2).integer()
    trailer = fields.integer() if fields.optional_explicit(3, TAG_INTEGER) else 1
    mask_digest = unmarshal_algorithm(mask.parameters)
    if digest.parameters not in {b"", DER_NULL} or mask_digest.parameters not in {b"", DER_NULL}:
        return UNKNOWN_SIGNATURE
    if mask.oid != _OID_MGF1 or mask_digest.oid != digest.oid or trailer != 1:
        return UNKNOWN_SIGNATURE
    return _PSS.get((digest.oid, salt), UNKNOWN_SIGNATURE)


def signature_algorithm(identifier: AlgorithmIdentifier, rules: GoRules) -> SignatureAlgorithm:
    """The algorithm that Go takes an AlgorithmIdentifier for; its parameters matter for RSA-PSS and Ed25519."""
    if identifier.oid in ML_DSA and rules.ml_dsa and not identifier.parameters:
        return SignatureAlgorithm(ML_DSA[identifier.oid][0], "ML-DSA", None)
    if identifier.oid == _OID_ED25519 and identifier.parameters:
        return UNKNOWN_SIGNATURE
    if identifier.oid == _OID_PSS:
        try:
            return _pss_algorithm(identifier.parameters)
        except Asn1Error:
            return UNKNOWN_SIGNATURE
    return _BY_OID.get(identifier.oid, UNKNOWN_SIGNATURE)


def check_signature(
    algorithm: SignatureAlgorithm, signed: bytes, signature: bytes, key: PublicKey, rules: GoRules
) -> str | None:
    """Why the signature is refused, in Go's words, or None where it is good."""
    if algorithm.digest is None and algorithm.key not in {"Ed25519", "ML-DSA"}:
        return UNIMPLEMENTED
    if algorithm.digest == "md5" or (algorithm.digest == "sha1" and not rules.sha1_signatures):
        has_override = rules.sha1_override and algorithm.digest == "sha1" and algorithm.key != "DSA"
        override = " (temporarily override with GODEBUG=x509sha1=1)" if has_override else ""
        return f"x509: cannot verify signature: insecure algorithm {algorithm.name}{override}"
    if isinstance(key, DSAKey) and not rules.dsa_signatures:
        return UNIMPLEMENTED
    if algorithm.key != key.algorithm:
        return (
            f"x509: signature algorithm specifies an {algorithm.key} public key, "
            f"but have public key of type {key.go_type}"
        )
    if isinstance(key, MLDSAKey):
        return _refuse_ml_dsa(key, algorithm)
    if isinstance(key, DSAKey):
        return _check_dsa(key, algorithm.digest or "", signed, signature)
    if isinstance(key, RSAKey):
        return _check_rsa(key, algorithm, signed, signature, rules)
    if isinstance(key, ECKey):
        good = _verify_ecdsa(key, algorithm.digest or "", signed, signature)
        return None if good else "x509: ECDSA verification failure"
    good = _is_good(lambda: _load_ed25519(key.raw).verify(signature, signed))
    return None if good else "x509: Ed25519 verification failure"


_DIGEST_INFO = {
    "sha1": bytes.fromhex("3021300906052b0e03021a05000414"),
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha384": bytes.fromhex("3041300d060960864801650304020205000430"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
_MAX_EXPONENT = 2**31 - 1
_LONGEST_MODULUS = 16_384
"""In bits, OpenSSL's own limit. Go has none, and takes seconds for such a key."""
_NOT_SO_LONG = f"RSA keys of more than {_LONGEST_MODULUS} bits are not judged"
_NOT_ML_DSA = "ML-DSA signatures are not judged"
NOT_JUDGED = frozenset({_NOT_SO_LONG, _NOT_ML_DSA})
"""What is told in place of Go's words where Go's answer is not known."""


def _refuse_ml_dsa(key: MLDSAKey, algorithm: SignatureAlgorithm) -> str:
    if key.name != algorithm.name:
        return (
            f"x509: signature algorithm specifies an ML-DSA public key with {algorithm.name} parameters, "
            f"but have a public key with {key.name} parameters"
        )
    return _NOT_ML_DSA


def _refuse_rsa_key(key: RSAKey, rules: GoRules) -> str | None:
    if key.bits < rules.min_rsa_bits:
        return f"crypto/rsa: {key.bits}-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)"
    refusals = (
        (key.n == 1, "modulus must be > 1"),
        (key.n % 2 == 0, "crypto/rsa: public modulus is even"),
        (key.e == 1, "crypto/rsa: public exponent too small or negative"),
        (key.e % 2 == 0, "crypto/rsa: public exponent is even"),
        (key.e > _MAX_EXPONENT, "crypto/rsa: public exponent too large"),
    )
    return next((text for refused, text in refusals if refused), _too_long(key))


def _too_long(key: RSAKey) -> str | None:
    return _NOT_SO_LONG if key.bits > _LONGEST_MODULUS else None


def _check_rsa(
    key: RSAKey, algorithm: SignatureAlgorithm, signed: bytes, signature: bytes, rules: GoRules
) -> str | None:
    refusal = _refuse_rsa_key(key, rules) if rules.checked_rsa else _too_long(key)
    if refusal:
        return refusal
    if rules.reduced_rsa and key.n % 2 == 0:
        return _RSA_FAILURE
    digest = algorithm.digest or ""
    hashed = hashlib.new(digest, signed, usedforsecurity=False).digest()
    if len(signature) != (key.bits + 7) // 8:
        return _RSA_FAILURE
    loaded = _load_rsa(key)
    if loaded is not None and rules.reduced_rsa:
        good = _verify_rsa(loaded, algorithm, hashed, signature)
    else:
        number = int.from_bytes(signature, "big")
        good = (number < key.n or not rules.reduced_rsa) and _verify_short_rsa(key, algorithm, hashed, number)
    return None if good else _RSA_FAILURE


@lru_cache(maxsize=256)
def _load_rsa(key: RSAKey) -> rsa.RSAPublicKey | None:
    """The key for OpenSSL, or None where it is too short for it."""
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415 - heavy, and not always needed

    try:
        return rsa.RSAPublicNumbers(key.e, key.n).public_key() if key.bits >= _SHORTEST_MODULUS else None
    except ValueError:
        return None


def _is_good(verify: Callable[[], None]) -> bool:
    """Whether ``cryptography`` takes a signature."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - heavy, and not always needed

    try:
        verify()
    except (InvalidSignature, ValueError):
        return False
    return True


def _verify_rsa(key: rsa.RSAPublicKey, algorithm: SignatureAlgorithm, hashed: bytes, signature: bytes) -> bool:
    from cryptography.hazmat.primitives.asymmetric import padding, utils  # noqa: PLC0415 - heavy, and not always needed

    digest = _hash(algorithm.digest or "")
    scheme: padding.PSS | padding.PKCS1v15 = padding.PKCS1v15()
    if algorithm.pss:
        scheme = padding.PSS(padding.MGF1(digest), len(hashed))
    return _is_good(lambda: key.verify(signature, hashed, scheme, utils.Prehashed(digest)))


def _verify_short_rsa(key: RSAKey, algorithm: SignatureAlgorithm, hashed: bytes, number: int) -> bool:
    size = (key.bits + 7) // 8
    encoded = pow(number, key.e, key.n).to_bytes(size, "big")
    digest = algorithm.digest or ""
    if algorithm.pss:
        return _is_pss(encoded, hashed, digest, key.bits - 1)
    tail = b"\x00" + _DIGEST_INFO[digest] + hashed
    padding = size - len(tail) - 2
    return padding >= _LEAST_PADDING and encoded == b"\x00\x01" + b"\xff" * padding + tail


def _mask(seed: bytes, length: int, digest: str) -> bytes:
    """MGF1 of RFC 8017, B.2.1."""
    out = b""
    counter = 0
    while len(out) < length:
        block = seed + counter.to_bytes(4, "big")
        out += hashlib.new(digest, block, usedforsecurity=False).digest()
        counter += 1
    return out[:length]


def _is_pss(encoded: bytes, hashed: bytes, digest: str, bits: int) -> bool:
    """EMSA-PSS-VERIFY of RFC 8017, 9.1.2, with a salt as long as the digest."""
    length = (bits + 7) // 8
    if encoded[: len(encoded) - length].strip(b"\x00"):
        return False
    encoded = encoded[len(encoded) - length :]
    size = len(hashed)
    if length < 2 * size + 2 or encoded[-1] != 0xBC:  # noqa: PLR2004 - the trailer
        return False
    masked, check = encoded[: length - size - 1], encoded[length - size - 1 : -1]
    unused = 8 * length - bits
    if masked[0] >> (8 - unused) and unused:
        return False
    block = int.from_bytes(masked, "big") ^ int.from_bytes(_mask(check, len(masked), digest), "big")
    block &= (1 << (len(masked) * 8 - unused)) - 1
    clear = block.to_bytes(len(masked), "big")
    if clear[: len(clear) - size].lstrip(b"\x00") != b"\x01":
        return False
    salted = bytes(8) + hashed + clear[len(clear) - size :]
    return hashlib.new(digest, salted, usedforsecurity=False).digest() == check


@lru_cache(maxsize=8)
def _hash(name: str) -> hashes.HashAlgorithm:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - heavy, and not always needed

    by_name: dict[str, type[hashes.SHA1 | hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
        "sha1": hashes.SHA1,
        "sha256": hashes.SHA256,
        "sha384": hashes.SHA384,
        "sha512": hashes.SHA512,
    }
    return by_name[name]()


def _is_ecdsa_signature(signature: bytes) -> bool:
    """Whether the bytes are a SEQUENCE of two positive INTEGERs and nothing else (``parseSignature``)."""
    try:
        outer = Reader(signature)
        numbers = outer.read(SEQUENCE, "")
        positive = all(numbers.integer("") >= 0 for _ in range(2))
    except X509Error:
        return False
    return positive and outer.empty and numbers.empty


def openssl_curve(curve: Curve) -> ec.EllipticCurve:
    """The curve by ``cryptography``'s name."""
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - heavy, and not always needed

    curves: dict[str, type[ec.SECP224R1 | ec.SECP256R1 | ec.SECP384R1 | ec.SECP521R1]] = {
        "P-224": ec.SECP224R1,
        "P-256": ec.SECP256R1,
        "P-384": ec.SECP384R1,
        "P-521": ec.SECP521R1,
    }
    return curves[curve.name]()


def _check_dsa(key: DSAKey, digest: str, signed: bytes, signature: bytes) -> str | None:
    """``dsa.Verify``, up to Go 1.15."""
    try:
        numbers, behind = unmarshal_sequence(signature)
        r, s = numbers.big_integer(), numbers.big_integer()
    except Asn1Error as error:
        return str(error)
    if behind:
        return "x509: trailing data after DSA signature"
    if min(r, s) <= 0:
        return "x509: DSA signature contained zero or negative values"
    hashed = hashlib.new(digest, signed, usedforsecurity=False).digest()[: key.q.bit_length() // 8]
    if max(r, s) >= key.q or key.q.bit_length() % 8 or math.gcd(s, key.q) != 1:
        return _DSA_FAILURE
    inverse = pow(s, -1, key.q)
    exponents = int.from_bytes(hashed, "big") * inverse % key.q, r * inverse % key.q
    value = pow(key.g, exponents[0], key.p) * pow(key.y, exponents[1], key.p) % key.p % key.q
    return None if value == r else _DSA_FAILURE


@lru_cache(maxsize=256)
def _load_ec(key: ECKey) -> ec.EllipticCurvePublicKey:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - heavy, and not always needed

    return ec.EllipticCurvePublicNumbers(key.x, key.y, openssl_curve(key.curve)).public_key()


def _verify_ecdsa(key: ECKey, digest: str, signed: bytes, signature: bytes) -> bool:
    from cryptography.hazmat.primitives.asymmetric import ec, utils  # noqa: PLC0415 - heavy, and not always needed

    if not _is_ecdsa_signature(signature):
        return False
    hashed = hashlib.new(digest, signed, usedforsecurity=False).digest()
    return _is_good(lambda: _load_ec(key).verify(signature, hashed, ec.ECDSA(utils.Prehashed(_hash(digest)))))


@lru_cache(maxsize=256)
def _load_ed25519(raw: bytes) -> ed25519.Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415 - heavy, and not always needed

    return ed25519.Ed25519PublicKey.from_public_bytes(raw)
