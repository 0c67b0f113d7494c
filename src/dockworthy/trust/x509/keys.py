"""Public keys in certificates, as ``crypto/x509`` parses and compares them.

Source: ``crypto/x509/parser.go`` (parsePublicKey), ``crypto/elliptic``, ``crypto/internal/fips140/nistec``.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, ClassVar, NamedTuple, TypeAlias

from dockworthy.dataclass import dataclass
from dockworthy.trust.rules import DEBIAN_ENGINE_26_1
from dockworthy.trust.x509.der import SEQUENCE, BitString, Reader, X509Error

if TYPE_CHECKING:
    from collections.abc import Callable

    from dockworthy.trust.rules import GoRules

__all__ = [
    "CURVES",
    "ML_DSA",
    "OID_DSA",
    "OID_EC",
    "OID_ED25519",
    "OID_RSA",
    "OID_X25519",
    "AlgorithmIdentifier",
    "Curve",
    "DSAKey",
    "ECKey",
    "Ed25519Key",
    "MLDSAKey",
    "PublicKey",
    "RSAKey",
    "describe_key",
    "key_algorithm",
    "parse_public_key",
]

OID_RSA = (1, 2, 840, 113549, 1, 1, 1)
OID_RSA_PSS = (1, 2, 840, 113549, 1, 1, 10)
OID_DSA = (1, 2, 840, 10040, 4, 1)
OID_EC = (1, 2, 840, 10045, 2, 1)
OID_ED25519 = (1, 3, 101, 112)
OID_ED448 = (1, 3, 101, 113)
OID_X25519 = (1, 3, 101, 110)

DER_NULL = b"\x05\x00"
_ED25519_OCTETS = 32
_UNCOMPRESSED = 4


class AlgorithmIdentifier(NamedTuple):
    """An algorithm and its parameters, the whole element's bytes (empty where absent)."""

    oid: tuple[int, ...]
    parameters: bytes


@dataclass(frozen=True, slots=True)
class Curve:
    """A NIST curve ``y² = x³ - 3x + b`` over the field of ``p`` elements; ``n`` is its order."""

    name: str
    bits: int
    p: int
    b: int
    n: int

    @property
    def octets(self) -> int:
        """The length of one coordinate in bytes."""
        return (self.bits + 7) // 8

    def holds(self, x: int, y: int) -> bool:
        """Whether the point lies on the curve."""
        return x < self.p and y < self.p and (y * y - (x * x - 3) * x - self.b) % self.p == 0


_P224 = 2**224 - 2**96 + 1
_P256 = 2**256 - 2**224 + 2**192 + 2**96 - 1
_P384 = 2**384 - 2**128 - 2**96 + 2**32 - 1
CURVES: dict[tuple[int, ...], Curve] = {
    (1, 3, 132, 0, 33): Curve(
        "P-224",
        224,
        _P224,
        0xB4050A850C04B3ABF54132565044B0B7D7BFD8BA270B39432355FFB4,
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFF16A2E0B8F03E13DD29455C5C2A3D,
    ),
    (1, 2, 840, 10045, 3, 1, 7): Curve(
        "P-256",
        256,
        _P256,
        0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
        0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    ),
    (1, 3, 132, 0, 34): Curve(
        "P-384",
        384,
        _P384,
        0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
    ),
    (1, 3, 132, 0, 35): Curve(
        "P-521",
        521,
        2**521 - 1,
        0x0051953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109E156193951EC7E937B1652C0BD3BB1BF073573DF883D2C34F1EF451FD46B503F00,
        0x01FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFA51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409,
    ),
}


@dataclass(frozen=True, slots=True)
class RSAKey:
    """An RSA public key."""

    go_type: ClassVar[str] = "*rsa.PublicKey"
    algorithm: ClassVar[str] = "RSA"
    # Python refuses to print numbers of more than 4300 digits.
    n: int = field(repr=False)
    e: int = field(repr=False)

    @property
    def bits(self) -> int:
        """The modulus' length."""
        return self.n.bit_length()


@dataclass(frozen=True, slots=True)
class ECKey:
    """A public key on a NIST curve."""

    go_type: ClassVar[str] = "*ecdsa.PublicKey"
    algorithm: ClassVar[str] = "ECDSA"
    curve: Curve
    x: int
    y: int

    @property
    def bits(self) -> int:
        """The field's length."""
        return self.curve.bits


@dataclass(frozen=True, slots=True)
class Ed25519Key:
    """An Ed25519 public key."""

    go_type: ClassVar[str] = "ed25519.PublicKey"
    algorithm: ClassVar[str] = "Ed25519"
    raw: bytes

    @property
    def bits(self) -> int:
        """The field's length."""
        return 256


@dataclass(frozen=True, slots=True)
class DSAKey:
    """A DSA public key: Go parses it and can do nothing with it."""

    go_type: ClassVar[str] = "*dsa.PublicKey"
    algorithm: ClassVar[str] = "DSA"
    y: int = field(repr=False)
    p: int = field(repr=False)
    q: int = field(repr=False)
    g: int = field(repr=False)

    @property
    def bits(self) -> int:
        """The modulus' length."""
        return self.p.bit_length()


@dataclass(frozen=True, slots=True)
class MLDSAKey:
    """An ML-DSA public key, which Go knows since 1.27; what it signs is not judged here."""

    go_type: ClassVar[str] = "*mldsa.PublicKey"
    algorithm: ClassVar[str] = "ML-DSA"
    name: str
    raw: bytes = field(repr=False)

    @property
    def bits(self) -> int:
        """The number in the name: a measure of strength, and no length."""
        return int(self.name.rpartition("-")[2])


PublicKey: TypeAlias = "RSAKey | ECKey | Ed25519Key | DSAKey | MLDSAKey"

_ALGORITHMS = {OID_RSA: "RSA", OID_DSA: "DSA", OID_EC: "ECDSA", OID_ED25519: "Ed25519"}


def key_algorithm(oid: tuple[int, ...]) -> str | None:
    """Go's name of a key algorithm, or None for one that it does not know (and does not parse)."""
    return _ALGORITHMS.get(oid)


def _parse_rsa(parameters: bytes, key: Reader, _rules: GoRules) -> RSAKey:
    if parameters != DER_NULL:
        raise X509Error("x509: RSA key missing NULL parameters")
    numbers = key.read(SEQUENCE, "x509: invalid RSA public key")
    n = numbers.integer("x509: invalid RSA modulus")
    e = numbers.int64("x509: invalid RSA public exponent")
    if n <= 0:
        raise X509Error("x509: RSA modulus is not a positive number")
    if e <= 0:
        raise X509Error("x509: RSA public exponent is not a positive number")
    return RSAKey(n, e)


def parse_point(curve: Curve, octets: bytes) -> tuple[int, int] | None:
    """The coordinates of an uncompressed point, or None where it is none of this curve's."""
    size = curve.octets
    if len(octets) != 1 + 2 * size or octets[0] != _UNCOMPRESSED:
        return None
    x, y = int.from_bytes(octets[1 : 1 + size], "big"), int.from_bytes(octets[1 + size :], "big")
    return (x, y) if curve.holds(x, y) else None


def _describe_point(curve: Curve, octets: bytes) -> str:
    """Why ``crypto/ecdsa`` refuses a point, in the words of Go 1.26."""
    name, size = curve.name.replace("-", ""), curve.octets
    if octets[:1] != bytes((_UNCOMPRESSED,)):
        return "ecdsa: invalid uncompressed public key"
    if len(octets) != 1 + 2 * size:
        return f"invalid {name} point encoding"
    coordinates = (octets[1 : 1 + size], octets[1 + size :])
    if any(int.from_bytes(coordinate, "big") >= curve.p for coordinate in coordinates):
        # P-256 is written in assembly on the usual machines, the others in Go.
        return f"invalid {name} element encoding" if name == "P256" else f"invalid {name}Element encoding"
    return f"{name} point not on curve"


def _parse_ec(parameters: bytes, key: Reader, rules: GoRules) -> ECKey:
    curve = CURVES.get(Reader(parameters).oid("x509: invalid ECDSA parameters", minimal=rules.minimal_oids))
    if curve is None:
        raise X509Error("x509: unsupported elliptic curve")
    octets = key.rest()
    point = parse_point(curve, octets)
    if point is None and rules.modern_keys:
        raise X509Error(_describe_point(curve, octets))
    if point is None:
        raise X509Error("x509: failed to unmarshal elliptic curve point")
    return ECKey(curve, *point)


def _parse_ed25519(parameters: bytes, key: Reader, _rules: GoRules) -> Ed25519Key:
    if parameters:
        raise X509Error("x509: Ed25519 key encoded with illegal parameters")
    raw = key.rest()
    if len(raw) != _ED25519_OCTETS:
        raise X509Error("x509: wrong Ed25519 public key size")
    return Ed25519Key(raw)


def _parse_dsa(parameters: bytes, key: Reader, _rules: GoRules) -> DSAKey:
    y = key.integer("x509: invalid DSA public key")
    failure = "x509: invalid DSA parameters"
    numbers = Reader(parameters).read(SEQUENCE, failure)
    p, q, g = (numbers.integer(failure) for _ in range(3))
    if min(y, p, q, g) <= 0:
        raise X509Error("x509: zero or negative DSA parameter")
    return DSAKey(y, p, q, g)


# Names and lengths of public keys (FIPS 204).
ML_DSA: dict[tuple[int, ...], tuple[str, int]] = {
    (2, 16, 840, 1, 101, 3, 4, 3, 17): ("ML-DSA-44", 1312),
    (2, 16, 840, 1, 101, 3, 4, 3, 18): ("ML-DSA-65", 1952),
    (2, 16, 840, 1, 101, 3, 4, 3, 19): ("ML-DSA-87", 2592),
}


def _parse_ml_dsa(algorithm: AlgorithmIdentifier, raw: bytes) -> MLDSAKey:
    name, octets = ML_DSA[algorithm.oid]
    if algorithm.parameters:
        raise X509Error("x509: ML-DSA key encoded with illegal parameters")
    if len(raw) != octets:
        raise X509Error("mldsa: invalid public key length")
    return MLDSAKey(name, raw)


_PARSERS: dict[tuple[int, ...], Callable[[bytes, Reader, GoRules], PublicKey]] = {
    OID_RSA: _parse_rsa,
    OID_EC: _parse_ec,
    OID_ED25519: _parse_ed25519,
    OID_DSA: _parse_dsa,
}


def parse_public_key(
    algorithm: AlgorithmIdentifier, key: BitString, rules: GoRules = DEBIAN_ENGINE_26_1
) -> PublicKey | None:
    """The key of a SubjectPublicKeyInfo; None for an algorithm that Go does not know.

    Raises an [X509Error][dockworthy.trust.x509.der.X509Error] with Go's text for a known one that is malformed.
    """
    if rules.ml_dsa and algorithm.oid in ML_DSA:
        return _parse_ml_dsa(algorithm, key.right_aligned())
    parser = _PARSERS.get(algorithm.oid)
    return parser(algorithm.parameters, Reader(key.right_aligned()), rules) if parser else None


_OTHER_NAMES = {OID_RSA_PSS: "RSA-PSS", OID_ED448: "Ed448", OID_X25519: "X25519"}


def describe_key(algorithm: AlgorithmIdentifier, key: PublicKey | None) -> str:
    """A key in a few words for people: ``RSA 2048``, ``P-256``, ``Ed25519``."""
    if isinstance(key, ECKey):
        return key.curve.name
    if isinstance(key, Ed25519Key):
        return "Ed25519"
    if isinstance(key, MLDSAKey):
        return key.name
    if key is not None:
        return f"{key.algorithm} {key.bits}"
    return _OTHER_NAMES.get(algorithm.oid, "unknown key algorithm")
