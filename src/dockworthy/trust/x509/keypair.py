"""Client certificates with their keys, as Go's ``tls.LoadX509KeyPair`` takes them, with its errors in its order.

Whether a key belongs to a certificate is decided from its public half. A snapshot has no private keys: there
the host has said what kind of PEM blocks the file has and what the key's public half is
([KeyFacts][dockworthy.hosttree.keys.KeyFacts]). Where the bytes are at hand (replays, the test's own files)
they are read as Go reads them, and nothing but the public half leaves this module.

Source: ``crypto/tls/tls.go`` (X509KeyPair, parsePrivateKey), ``crypto/x509/pkcs1.go``, ``pkcs8.go``, ``sec1.go``,
``crypto/internal/fips140/rsa/rsa.go`` (checkPrivateKey) of Go 1.24.
"""

from __future__ import annotations

import math
from itertools import chain
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.hosttree.keys import KeyBlock, KeyFacts
from dockworthy.trust.rules import DEBIAN_ENGINE_26_1, GoRules
from dockworthy.trust.x509.asn1 import TAG_BIT_STRING, TAG_OID, Asn1Error, Fields, unmarshal_sequence
from dockworthy.trust.x509.certificate import Certificate, CertificateTooLargeError, parse_certificate
from dockworthy.trust.x509.chain import Failure
from dockworthy.trust.x509.der import BIT_STRING, INTEGER, SEQUENCE, Reader, X509Error
from dockworthy.trust.x509.keys import (
    CURVES,
    ML_DSA,
    OID_EC,
    OID_ED25519,
    OID_RSA,
    OID_X25519,
    AlgorithmIdentifier,
    Curve,
    ECKey,
    Ed25519Key,
    MLDSAKey,
    PublicKey,
    RSAKey,
    parse_public_key,
)
from dockworthy.trust.x509.pem import decode
from dockworthy.trust.x509.signature import openssl_curve

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["KeyPair", "facts_of_key", "x509_key_pair"]

_ED25519_SEED_OCTETS = 32
_X25519_OCTETS = 32
_MAX_EXPONENT = 2**31 - 1
_UNPARSED = "tls: failed to parse private key"
_UNKNOWN_KIND = "tls: found unknown private key type in PKCS#8 wrapping"


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A client certificate that the engine can present.

    Attributes:
        certificates: the chain as it stands in the file, DER.
        leaf: the first of them.
    """

    certificates: tuple[bytes, ...]
    leaf: Certificate


class _NotJudged(Exception):  # noqa: N818 - an outcome, not a fault of the program
    """A private key of a kind that Go knows and that is not read here."""


class _Unreadable(Exception):  # noqa: N818 - an outcome, not a fault of the program
    """A private key that Go cannot use; carries Go's text and never a byte of the key."""


@dataclass(frozen=True, slots=True)
class _OtherKey:
    """A key that Go parses and has no use for in TLS."""


# -- private keys in full: only their public halves are returned ------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class _RSAPrivate:
    n: int
    e: int
    d: int
    primes: tuple[int, ...]
    crt: tuple[int, int, int] | None

    def numbers(self) -> Sequence[int]:
        return (self.n, self.d, *self.primes, *(self.crt or ()))


def _is_public(key: _RSAPrivate) -> bool:
    return key.n > 1 and key.n % 2 == 1 and key.e > 1 and key.e % 2 == 1 and key.e <= _MAX_EXPONENT


def _recomputed(key: _RSAPrivate) -> tuple[int, int, int] | None:
    p, q = key.primes
    if p % 2 == 0 or min(p, q) < 3:  # noqa: PLR2004 - the least odd prime
        return None
    return key.d % (p - 1), key.d % (q - 1), pow(q, p - 2, p)


def _is_consistent(key: _RSAPrivate, crt: tuple[int, int, int] | None, rules: GoRules) -> bool:
    """Whether two primes and the CRT values belong to the key (``checkPrivateKey``)."""
    p, q = key.primes
    if crt is None or min(p, q) < 3 or max(p, q) >= key.n or p * q % key.n:  # noqa: PLR2004 - see above
        return False
    dp, dq, q_inverse = crt
    if dp >= p - 1 or dq >= q - 1 or q_inverse >= p:
        return False
    if key.e * dp % (p - 1) != 1 or key.e * dq % (q - 1) != 1 or q_inverse * q % p != 1:
        return False
    if rules.modern_keys and (key.d % (p - 1), key.d % (q - 1)) != (dp, dq):
        return False
    half = key.n.bit_length() // 2
    return p != q and abs(p - q).bit_length() > half - 100 and key.d.bit_length() > half


def _is_multi_prime(key: _RSAPrivate) -> bool:
    product = key.primes[0]
    if min(key.primes) <= 1:
        return False
    for prime in key.primes[1:]:
        if math.gcd(product, prime) != 1:
            return False
        product *= prime
    return True


def _is_product(key: _RSAPrivate) -> bool:
    """``Validate`` as it was up to Go 1.23: the primes and the exponents belong together."""
    if not 2 <= key.e <= _MAX_EXPONENT or min(key.primes) <= 1:  # noqa: PLR2004 - the least exponent
        return False
    return math.prod(key.primes) == key.n and all(key.e * key.d % (prime - 1) == 1 for prime in key.primes)


def _is_valid(key: _RSAPrivate, rules: GoRules) -> bool:
    if not rules.checked_rsa:
        return _is_product(key)
    if not _is_public(key) or key.d >= key.n:
        return False
    if len(key.primes) > 2:  # noqa: PLR2004 - the deprecated kind
        return _is_multi_prime(key)
    if key.crt is not None and _is_consistent(key, key.crt, rules):
        return True
    return (key.crt is None or not rules.strict_rsa_crt) and _is_consistent(key, _recomputed(key), rules)


def _parse_pkcs1(der: bytes, rules: GoRules) -> RSAKey:
    fields, behind = unmarshal_sequence(der)
    version = fields.integer()
    n, e, d = fields.big_integer(), fields.integer(), fields.big_integer()
    p, q = fields.big_integer(), fields.big_integer()
    dp, dq, q_inverse = (fields.optional_integer() for _ in range(3))
    others = fields.sequence_items() or []
    more = [(item.big_integer(), item.big_integer(), item.big_integer())[0] for item in others]
    given = [number for number in (dp, dq, q_inverse) if number is not None]
    crt = (dp, dq, q_inverse) if dp is not None and dq is not None and q_inverse is not None else None
    key = _RSAPrivate(n, e, d, (p, q, *more), crt)
    positive = chain(key.numbers(), given) if rules.checked_rsa else (n, d, *key.primes)
    if behind or version > 1 or min(positive) <= 0 or not _is_valid(key, rules):
        raise Asn1Error
    return RSAKey(n, e)


def _public_point(curve: Curve, secret: int) -> ECKey:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - heavy, and not always needed

    if not secret:
        return ECKey(curve, 0, 0)  # the point at infinity, as Go writes it: it matches no certificate
    numbers = ec.derive_private_key(secret, openssl_curve(curve)).public_key().public_numbers()
    return ECKey(curve, numbers.x, numbers.y)


def _parse_ec(der: bytes, named: tuple[int, ...] | None, rules: GoRules) -> ECKey:
    fields, _ = unmarshal_sequence(der)
    version, octets = fields.integer(), fields.octet_string()
    inner = fields.oid() if fields.optional_explicit(0, TAG_OID) else None
    if fields.optional_explicit(1, TAG_BIT_STRING):
        fields.bit_string()
    curve = CURVES.get(named or inner or ())
    if version != 1 or curve is None:
        raise Asn1Error
    secret = int.from_bytes(octets, "big")
    if secret >= curve.n or (rules.modern_keys and not secret):
        raise Asn1Error
    return _public_point(curve, secret)


def _parse_ed25519(parameters: bytes, der: bytes) -> Ed25519Key:
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415 - heavy, and not always needed

    seed = Fields(der).octet_string()
    if parameters or len(seed) != _ED25519_SEED_OCTETS:
        raise Asn1Error
    public = ed25519.Ed25519PrivateKey.from_private_bytes(seed).public_key()
    return Ed25519Key(public.public_bytes_raw())


def _named_curve(parameters: bytes) -> tuple[int, ...] | None:
    try:
        return Fields(parameters).oid()
    except Asn1Error:
        return None


def _parse_x25519(der: bytes) -> _OtherKey:
    if len(Fields(der).octet_string()) != _X25519_OCTETS:
        raise Asn1Error
    return _OtherKey()


def _parse_pkcs8(der: bytes, rules: GoRules) -> PublicKey | _OtherKey:
    fields, _ = unmarshal_sequence(der)
    fields.integer()
    algorithm, inner = fields.algorithm(), fields.octet_string()
    if rules.ml_dsa and algorithm.oid in ML_DSA:
        raise _NotJudged
    if algorithm.oid == OID_RSA:
        return _parse_pkcs1(inner, rules)
    if algorithm.oid == OID_EC:
        return _parse_ec(inner, _named_curve(algorithm.parameters), rules)
    if algorithm.oid == OID_ED25519:
        return _parse_ed25519(algorithm.parameters, inner)
    if algorithm.oid == OID_X25519 and not algorithm.parameters and rules.x25519:
        return _parse_x25519(inner)
    raise Asn1Error


def _parse_private_key(der: bytes, rules: GoRules) -> PublicKey:
    """The public half of a private key in any of the three forms that Go tries."""
    forms: tuple[Callable[[], PublicKey | _OtherKey], ...] = (
        lambda: _parse_pkcs1(der, rules),
        lambda: _parse_pkcs8(der, rules),
        lambda: _parse_ec(der, None, rules),
    )
    for form in forms:
        try:
            key = form()
        except Asn1Error:
            continue
        if isinstance(key, _OtherKey):
            raise _Unreadable(_UNKNOWN_KIND)
        return key
    raise _Unreadable(_UNPARSED)


# -- the pair ------------------------------------------------------------------------------------------------


def _go_list(kinds: list[str]) -> str:
    """Strings as Go's ``%v`` prints a list of them."""
    return "[" + " ".join(kinds) + "]"


def _certificates(text: bytes, rules: GoRules) -> tuple[list[bytes], Failure | None]:
    found: list[bytes] = []
    skipped: list[str] = []
    for block in decode(text, from_end=rules.pem_from_end):
        if block.kind == "CERTIFICATE":
            found.append(block.octets)
        else:
            skipped.append(block.kind)
    if found:
        return found, None
    if not skipped:
        message = "tls: failed to find any PEM data in certificate input"
    elif len(skipped) == 1 and skipped[0].endswith("PRIVATE KEY"):
        message = (
            "tls: failed to find certificate PEM data in certificate input, "
            "but did find a private key; PEM inputs may have been switched"
        )
    else:
        message = (
            'tls: failed to find "CERTIFICATE" PEM block in certificate input '
            f"after skipping PEM blocks of the following types: {_go_list(skipped)}"
        )
    return [], Failure("keypair-pem", message)


def _no_key(skipped: list[str]) -> Failure:
    if not skipped:
        message = "tls: failed to find any PEM data in key input"
    elif skipped == ["CERTIFICATE"]:
        message = "tls: found a certificate rather than a key in the PEM for the private key"
    else:
        message = (
            'tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input '
            f"after skipping PEM blocks of the following types: {_go_list(skipped)}"
        )
    return Failure("keypair-pem", message)


def facts_of_key(text: bytes, rules: GoRules = DEBIAN_ENGINE_26_1) -> KeyFacts:
    """What a key file's bytes say, without their private parts, as the probe would tell it."""
    blocks = list(decode(text, from_end=rules.pem_from_end))
    kinds = tuple(KeyBlock(block.kind, block.headers) for block in blocks)
    first = next((block for block, kind in zip(blocks, kinds, strict=True) if kind.is_private_key), None)
    if first is None:
        return KeyFacts(kinds)
    encrypted = first.kind == "ENCRYPTED PRIVATE KEY" or "DEK-Info" in first.headers
    try:
        key = _parse_private_key(first.octets, rules)
    except _Unreadable:
        return KeyFacts(kinds, parses=False, encrypted=encrypted)
    except _NotJudged:
        return KeyFacts(kinds, encrypted=encrypted)
    return KeyFacts(kinds, parses=True, public=_to_spki(key), encrypted=encrypted)


def _tlv(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    head = bytes((size,)) if size < 128 else bytes((0x80 | len(length),)) + length  # noqa: PLR2004 - the short form
    return bytes((tag,)) + head + body


def _unsigned(number: int) -> bytes:
    return _tlv(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


_ID_RSA = bytes.fromhex("06092a864886f70d0101010500")
_ID_ED25519 = bytes.fromhex("06032b6570")
_ID_EC = bytes.fromhex("06072a8648ce3d0201")
_ID_CURVES = {
    "P-224": bytes.fromhex("06052b81040021"),
    "P-256": bytes.fromhex("06082a8648ce3d030107"),
    "P-384": bytes.fromhex("06052b81040022"),
    "P-521": bytes.fromhex("06052b81040023"),
}


def _to_spki(key: PublicKey) -> bytes | None:
    """The SubjectPublicKeyInfo of a public half; None for one that has none (the point at infinity)."""
    if isinstance(key, RSAKey):
        algorithm, bits = _ID_RSA, _tlv(SEQUENCE, _unsigned(key.n), _unsigned(key.e))
    elif isinstance(key, Ed25519Key):
        algorithm, bits = _ID_ED25519, key.raw
    elif isinstance(key, ECKey) and key.curve.holds(key.x, key.y):
        size = key.curve.octets
        algorithm = _ID_EC + _ID_CURVES[key.curve.name]
        bits = b"\x04" + key.x.to_bytes(size, "big") + key.y.to_bytes(size, "big")
    else:
        return None
    return _tlv(SEQUENCE, _tlv(SEQUENCE, algorithm), _tlv(BIT_STRING, b"\0", bits))


def _parse_spki(der: bytes, rules: GoRules) -> PublicKey | _OtherKey | None:
    """The key of a SubjectPublicKeyInfo that the host's tools wrote, or None where Go would know none."""
    try:
        spki = Reader(der).read(SEQUENCE, "")
        algorithm = spki.read(SEQUENCE, "")
        oid = algorithm.oid("")
        identifier = AlgorithmIdentifier(oid, algorithm.rest())
        if oid == OID_X25519 and rules.x25519:
            return _OtherKey()
        return parse_public_key(identifier, spki.bit_string(""), rules)
    except X509Error:
        return None


def _undecided(why: str) -> Failure:
    return Failure("other", why, undecided=True)


def _key_from_facts(facts: KeyFacts, rules: GoRules) -> PublicKey | Failure:
    unparsed = Failure("keypair-parse", _UNPARSED)
    if facts.parses is False or (facts.encrypted and not facts.parses):
        return unparsed
    if facts.public is None:
        return _undecided("whether the private key can be read is not known")
    key = _parse_spki(facts.public, rules)
    if isinstance(key, _OtherKey):
        return Failure("keypair-parse", _UNKNOWN_KIND)
    return unparsed if key is None or key.algorithm == "DSA" else key


def _mismatch(certificate: Certificate, private: PublicKey, rules: GoRules) -> Failure | None:
    public = certificate.key
    if not isinstance(public, (RSAKey, ECKey, Ed25519Key, MLDSAKey)):
        return Failure("other", "tls: unknown public key algorithm", certificate=certificate)
    if public.algorithm != private.algorithm:
        kind = "tls: private key type does not match public key type"
        return Failure("keypair-mismatch", kind, certificate=certificate)
    if rules.modern_keys:
        same = public == private
    elif isinstance(public, RSAKey) and isinstance(private, RSAKey):
        same = public.n == private.n  # Go did not look at the exponent until 1.26
    elif isinstance(public, ECKey) and isinstance(private, ECKey):
        same = (public.x, public.y) == (private.x, private.y)
    else:
        same = public == private
    if same:
        return None
    return Failure("keypair-mismatch", "tls: private key does not match public key", certificate=certificate)


def _read_key(key: bytes | KeyFacts, rules: GoRules) -> PublicKey | Failure:
    if isinstance(key, KeyFacts):
        return _key_from_facts(key, rules)
    for block in decode(key, from_end=rules.pem_from_end):
        if KeyBlock(block.kind).is_private_key:
            try:
                return _parse_private_key(block.octets, rules)
            except _Unreadable as unreadable:
                return Failure("keypair-parse", str(unreadable))
            except _NotJudged:
                return _undecided("ML-DSA private keys are not judged")
    raise AssertionError("the caller has seen a private key's block")


def x509_key_pair(certificate: bytes, key: bytes | KeyFacts, rules: GoRules = DEBIAN_ENGINE_26_1) -> KeyPair | Failure:
    """Takes a certificate file and a key file as ``tls.X509KeyPair`` does.

    Args:
        certificate: the PEM text of the ``.cert`` file.
        key: the PEM text of the ``.key`` file, or what the host told of it.
        rules: the build of the engine.
    """
    chain_, failure = _certificates(certificate, rules)
    if failure is not None:
        return failure
    if isinstance(key, KeyFacts):
        blocks = list(key.blocks)
    else:
        blocks = [KeyBlock(block.kind) for block in decode(key, from_end=rules.pem_from_end)]
    if not any(block.is_private_key for block in blocks):
        return _no_key([block.kind for block in blocks])
    try:
        leaf = parse_certificate(chain_[0], rules)
    except X509Error as error:
        return Failure("keypair-parse", str(error), undecided=isinstance(error, CertificateTooLargeError))
    private = _read_key(key, rules)
    if isinstance(private, Failure):
        return private
    return _mismatch(leaf, private, rules) or KeyPair(tuple(chain_), leaf)
