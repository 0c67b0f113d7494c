"""A pool of keys, the same for the same seed, that sign as they are told: rightly or not."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from functools import cache, cached_property
from random import Random
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

from tests.fuzz import asn

_RSA, _PSS, _EC = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.10045.2.1"
_SHA = {
    "md5": "1.2.840.113549.2.5",
    "sha1": "1.3.14.3.2.26",
    "sha224": "2.16.840.1.101.3.4.2.4",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}
_RSA_SIGNATURES = {
    "md5": "1.2.840.113549.1.1.4",
    "sha1": "1.2.840.113549.1.1.5",
    "sha224": "1.2.840.113549.1.1.14",
    "sha256": "1.2.840.113549.1.1.11",
    "sha384": "1.2.840.113549.1.1.12",
    "sha512": "1.2.840.113549.1.1.13",
}
_EC_SIGNATURES = {
    "sha1": "1.2.840.10045.4.1",
    "sha224": "1.2.840.10045.4.3.1",
    "sha256": "1.2.840.10045.4.3.2",
    "sha384": "1.2.840.10045.4.3.3",
    "sha512": "1.2.840.10045.4.3.4",
}
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha224": hashes.SHA224,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
_CURVES: dict[str, tuple[type[ec.EllipticCurve], str]] = {
    "p224": (ec.SECP224R1, "1.3.132.0.33"),
    "p256": (ec.SECP256R1, "1.2.840.10045.3.1.7"),
    "p384": (ec.SECP384R1, "1.3.132.0.34"),
    "p521": (ec.SECP521R1, "1.3.132.0.35"),
}


@dataclass
class Key:
    """A key pair, or a public key that nobody can sign with.

    Attributes:
        kind: ``rsa``, ``ec``, ``ed25519`` or ``none``.
        private: what ``cryptography`` signs with.
        numbers: an RSA key's modulus and private exponent, for keys that ``cryptography`` finds too short.
    """

    name: str
    kind: str
    spki: bytes
    private: Any = None
    numbers: tuple[int, int] = (0, 0)
    pkcs1: bytes = field(default=b"", repr=False)

    @property
    def digests(self) -> tuple[str, ...]:
        """The digests that a sound signature may use."""
        return (
            ("sha256",)
            if self.kind == "rsa" and self.numbers[0].bit_length() < 1000
            else ("sha256", "sha384", "sha512")
        )

    def identifier(self, digest: str, *, pss: bool = False) -> bytes:
        """The AlgorithmIdentifier of a signature."""
        if self.kind == "ed25519":
            return asn.algorithm("1.3.101.112")
        if self.kind == "ec":
            return asn.algorithm(_EC_SIGNATURES.get(digest, _EC_SIGNATURES["sha256"]))
        if pss:
            return pss_identifier(digest)
        return asn.algorithm(_RSA_SIGNATURES[digest], asn.NULL)

    def sign(self, tbs: bytes, digest: str, *, pss: bool = False) -> bytes:
        """A signature; keys that cannot sign give something that looks like one."""
        if self.kind == "ed25519":
            return bytes(self.private.sign(tbs))
        if self.kind == "ec" and digest in _HASHES:
            scheme = ec.ECDSA(_HASHES[digest](), deterministic_signing=True)
            return bytes(self.private.sign(tbs, scheme))
        if self.kind != "rsa" or digest not in _HASHES:
            return hashlib.sha512(tbs).digest()
        if self.private is None:
            return self._sign_short(tbs, digest)
        how: Any = padding.PKCS1v15()
        if pss:
            how = padding.PSS(padding.MGF1(_HASHES[digest]()), _HASHES[digest]().digest_size)
        try:
            return bytes(self.private.sign(tbs, how, _HASHES[digest]()))
        except ValueError:  # the digest and its salt do not fit the key
            return bytes(self.private.sign(tbs, padding.PKCS1v15(), _HASHES[digest]()))

    def _sign_short(self, tbs: bytes, digest: str) -> bytes:
        modulus, exponent = self.numbers
        size = (modulus.bit_length() + 7) // 8
        hashed = hashlib.new(digest, tbs, usedforsecurity=False).digest()
        info = asn.sequence(asn.algorithm(_SHA[digest], asn.NULL), asn.octet_string(hashed))
        padded = b"\0\1" + b"\xff" * (size - len(info) - 3) + b"\0" + info
        number = int.from_bytes(padded, "big") % modulus
        return pow(number, exponent, modulus).to_bytes(size, "big")


def pss_identifier(
    digest: str, *, mask: str = "", salt: int | None = None, extra: bytes = b"", null: bool = True
) -> bytes:
    """RSA-PSS parameters, right or wrong."""
    null_octets = asn.NULL if null else b""
    salt = hashlib.new(digest, usedforsecurity=False).digest_size if salt is None else salt
    mask_function = asn.algorithm("1.2.840.113549.1.1.8", asn.algorithm(_SHA[mask or digest], null_octets))
    return asn.algorithm(
        _PSS,
        asn.sequence(
            asn.context(0, asn.algorithm(_SHA[digest], null_octets)),
            asn.context(1, mask_function),
            asn.context(2, asn.integer(salt)),
            extra,
        ),
    )


_SMALL = math.prod(number for number in range(3, 4000, 2) if all(number % low for low in range(3, min(number, 64), 2)))


def _is_prime(number: int, random: Random) -> bool:
    """Whether a large random number is prime: of those that are not, two trials let through none in 2**100."""
    if math.gcd(number, _SMALL) > 1:
        return False
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(2):
        power = pow(random.randrange(2, number - 1), odd, number)
        if power in {1, number - 1}:
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


def _prime(bits: int, exponent: int, random: Random) -> int:
    while True:
        number = random.getrandbits(bits) | 3 << (bits - 2) | 1
        if (number - 1) % exponent and _is_prime(number, random):
            return number


def rsa_spki(modulus: int, exponent: int, parameters: bytes = asn.NULL) -> bytes:
    numbers = asn.sequence(asn.integer(modulus), asn.integer(exponent))
    return asn.sequence(asn.algorithm(_RSA, parameters), asn.bit_string(numbers))


def _rsa_key(name: str, bits: int, exponent: int, random: Random) -> Key:
    p, q = _prime((bits + 1) // 2, exponent, random), _prime(bits // 2, exponent, random)
    modulus = p * q
    secret = pow(exponent, -1, (p - 1) * (q - 1))
    crt = (secret % (p - 1), secret % (q - 1), pow(q, -1, p))
    private = None
    if bits >= 1024:
        public = rsa.RSAPublicNumbers(exponent, modulus)
        numbers = rsa.RSAPrivateNumbers(p, q, secret, *crt, public)
        private = numbers.private_key(unsafe_skip_rsa_key_validation=True)
    pkcs1 = asn.sequence(*map(asn.integer, (0, modulus, exponent, secret, p, q, *crt)))
    return Key(name, "rsa", rsa_spki(modulus, exponent), private, (modulus, secret), pkcs1)


def _ec_key(name: str, curve: str, random: Random) -> Key:
    secret = random.getrandbits(200) + 1
    private = ec.derive_private_key(secret, _CURVES[curve][0]())
    spki = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Key(name, "ec", spki, private)


def _ed25519_key(name: str, random: Random) -> Key:
    private = ed25519.Ed25519PrivateKey.from_private_bytes(random.randbytes(32))
    spki = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return Key(name, "ed25519", spki, private)


def _odd_keys(random: Random) -> list[Key]:
    """Public keys that Go refuses, does not know, or cannot use."""
    point = b"\4" + random.randbytes(64)
    p256, p224 = _CURVES["p256"][1], _CURVES["p224"][1]
    good = rsa_spki(random.getrandbits(1024) | 1 << 1023 | 1, 65537)
    modulus = random.getrandbits(1024) | 1 << 1023 | 1
    dsa = asn.sequence(*(asn.integer(random.getrandbits(bits) | 1) for bits in (512, 160, 500)))
    spkis = {
        "x25519": asn.sequence(asn.algorithm("1.3.101.110"), asn.bit_string(random.randbytes(32))),
        "ed448": asn.sequence(asn.algorithm("1.3.101.113"), asn.bit_string(random.randbytes(57))),
        "ed25519-short": asn.sequence(asn.algorithm("1.3.101.112"), asn.bit_string(random.randbytes(31))),
        "ed25519-null": asn.sequence(asn.algorithm("1.3.101.112", asn.NULL), asn.bit_string(random.randbytes(32))),
        "dsa": asn.sequence(asn.algorithm("1.2.840.10040.4.1", dsa), asn.bit_string(asn.integer(99))),
        "dsa-bare": asn.sequence(asn.algorithm("1.2.840.10040.4.1"), asn.bit_string(asn.integer(99))),
        "secp256k1": asn.sequence(asn.algorithm(_EC, asn.oid("1.3.132.0.10")), asn.bit_string(point)),
        "off-curve": asn.sequence(asn.algorithm(_EC, asn.oid(p256)), asn.bit_string(point)),
        "compressed": asn.sequence(asn.algorithm(_EC, asn.oid(p256)), asn.bit_string(b"\2" + point[1:33])),
        "infinity": asn.sequence(asn.algorithm(_EC, asn.oid(p224)), asn.bit_string(b"\0")),
        "ec-bare": asn.sequence(asn.algorithm(_EC), asn.bit_string(point)),
        "rsa-pss": asn.sequence(asn.algorithm(_PSS), asn.bit_string(good[-140:])),
        "rsa-bare": rsa_spki(modulus, 65537, b""),
        "rsa-even": rsa_spki(modulus - 1, 65537),
        "rsa-e1": rsa_spki(modulus, 1),
        "rsa-e2": rsa_spki(modulus, 2),
        "rsa-e0": rsa_spki(modulus, 0),
        "rsa-e-large": rsa_spki(modulus, 2**31 + 1),
        "rsa-e-huge": rsa_spki(modulus, 2**64 + 1),
        "rsa-negative": rsa_spki(-modulus, 65537),
        "rsa-one": rsa_spki(1, 65537),
        "rsa-8192": rsa_spki(random.getrandbits(8192) | 1 << 8191 | 1, 65537),
        "rsa-8193": rsa_spki(random.getrandbits(8193) | 1 << 8192 | 1, 65537),
        "ml-dsa": asn.sequence(asn.algorithm("2.16.840.1.101.3.4.3.17"), asn.bit_string(random.randbytes(1312))),
        "ml-dsa-short": asn.sequence(asn.algorithm("2.16.840.1.101.3.4.3.18"), asn.bit_string(random.randbytes(1312))),
        "ml-dsa-null": asn.sequence(
            asn.algorithm("2.16.840.1.101.3.4.3.17", asn.NULL), asn.bit_string(random.randbytes(1312))
        ),
        "unknown": asn.sequence(asn.algorithm("1.2.3.4"), asn.bit_string(b"key")),
    }
    return [Key(name, "none", spki) for name, spki in spkis.items()]


class KeyPool:
    """Keys to draw from, the same for the same seed; RSA's, which take long to find, once they are asked for."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        random = self._random("fast")
        self.fast = [_ec_key(f"p256-{number}", "p256", random) for number in range(10)]
        self.fast += [_ed25519_key(f"ed25519-{number}", random) for number in range(6)]
        self.slow = [_ec_key(curve, curve, random) for curve in ("p224", "p384", "p384", "p521")]

    def _random(self, part: str) -> Random:
        return Random(f"{self._seed}:{part}")  # noqa: S311 - cases, not secrets

    @cached_property
    def rsa(self) -> list[Key]:
        """Keys that are long enough."""
        kinds = ((1024, 65537), (1024, 3), (1025, 65537), (1030, 17), (2048, 65537))
        random = self._random("rsa")
        return [_rsa_key(f"rsa{bits}", bits, exponent, random) for bits, exponent in kinds]

    @cached_property
    def short(self) -> list[Key]:
        """Keys that are too short."""
        random = self._random("short")
        return [_rsa_key(f"rsa{bits}", bits, 65537, random) for bits in (496, 512, 768)]

    @cached_property
    def odd(self) -> list[Key]:
        """Keys that nobody can sign with."""
        return _odd_keys(self._random("odd"))

    def draw(self, random: Random) -> Key:
        """A sound key, most often a fast one."""
        choice = random.random()
        if choice < 0.75:
            return random.choice(self.fast)
        return random.choice(self.rsa if choice < 0.92 else self.slow)


@cache
def key_pool(seed: int) -> KeyPool:
    """The pool of a seed, made once."""
    return KeyPool(seed)
