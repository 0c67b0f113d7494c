"""Random client certificates with keys that do or do not belong to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization

from tests.fuzz import asn
from tests.fuzz.cases import Case, Scene, pem, scene
from tests.fuzz.mutate import mutate_der, mutate_pem

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tests.fuzz.keys import Key, KeyPool

_RSA, _EC = "1.2.840.113549.1.1.1", "1.2.840.10045.2.1"
_CURVES = {"p224": "1.3.132.0.33", "p256": "1.2.840.10045.3.1.7", "p384": "1.3.132.0.34", "p521": "1.3.132.0.35"}


def _pkcs8(key: Key) -> bytes:
    if key.kind == "rsa":
        return asn.sequence(asn.integer(0), asn.algorithm(_RSA, asn.NULL), asn.octet_string(key.pkcs1))
    return bytes(
        key.private.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def _traditional(key: Key) -> bytes:
    if key.kind == "rsa":
        return key.pkcs1
    if key.kind == "ed25519":
        return _pkcs8(key)
    return bytes(
        key.private.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )


def _odd_ec(key: Key, random: Random) -> bytes:
    """A SEC 1 key by hand: padded, short, too large, of another curve, or without one."""
    secret = key.private.private_numbers().private_value if key.kind == "ec" else 5
    octets = secret.to_bytes(random.choice((32, 33, 66, 28)), "big", signed=False) if secret < 1 << 220 else b"\1"
    octets = random.choice((octets, octets, octets.lstrip(b"\0"), b"\xff" * 32, b"", b"\0" * 32))
    curve = asn.oid(random.choice(list(_CURVES.values())))
    parts = (
        asn.integer(random.choice((1, 1, 1, 0, 2))),
        asn.octet_string(octets),
        random.choice((asn.context(0, curve), asn.context(0, curve), b"", asn.context(0), asn.context(0, b"\5\0"))),
        random.choice((b"", asn.context(1, asn.bit_string(b"x")), asn.context(1, b"\5\0"), asn.context(2, b"\5\0"))),
        random.choice((b"", b"\5\0")),
    )
    sec1 = asn.sequence(*parts)
    if random.random() < 0.5:
        return sec1
    parameters = random.choice((curve, b"", b"\5\0", curve + b"\5\0"))
    return asn.sequence(asn.integer(0), asn.algorithm(_EC, parameters), asn.octet_string(sec1))


def _odd_rsa(key: Key, random: Random) -> bytes:
    """A PKCS #1 key with numbers changed, dropped or added."""
    numbers = _integers(key.pkcs1)
    choice = random.randrange(7)
    if choice == 0:
        numbers[random.randrange(len(numbers))] += random.choice((1, -1, 2))
    elif choice == 1:
        del numbers[random.randrange(5, len(numbers)) :]
    elif choice == 2:
        numbers[random.randrange(len(numbers))] = random.choice((0, 1, -1, 2, 3))
    elif choice == 3:
        numbers[4], numbers[5] = numbers[5], numbers[4]
    elif choice == 4:
        numbers[3] += numbers[1]
    elif choice == 5:
        numbers[0] = random.choice((1, 2))
    extra = b""
    if random.random() < 0.2:
        prime = asn.sequence(*map(asn.integer, (random.choice((3, 7, 1, 0, numbers[4])), 1, 1)))
        extra = asn.sequence(*[prime] * random.randint(0, 2))
    der = asn.sequence(*map(asn.integer, numbers), extra)
    if random.random() < 0.3:
        return asn.sequence(asn.integer(0), asn.algorithm(_RSA), asn.octet_string(der))
    return der + random.choice((b"", b"", b"\0"))


def _integers(der: bytes) -> list[int]:
    pos = 4 if der[1] == 0x82 else 3
    numbers = []
    while pos < len(der):
        length, body = der[pos + 1], pos + 2
        if length & 0x80:
            octets = length & 0x7F
            length, body = int.from_bytes(der[body : body + octets], "big"), body + octets
        numbers.append(int.from_bytes(der[body : body + length], "big", signed=True))
        pos = body + length
    return numbers


def _other_pkcs8(random: Random) -> bytes:
    oid = random.choice(("1.3.101.110", "1.3.101.113", "1.3.101.112", "1.2.840.10040.4.1", "1.2.840.113549.1.1.10"))
    inner = random.choice((asn.octet_string(random.randbytes(random.choice((31, 32, 57)))), b"\5\0", b""))
    parameters = random.choice((b"", b"", asn.NULL))
    return asn.sequence(asn.integer(0), asn.algorithm(oid, parameters), asn.octet_string(inner))


def _key_der(s: Scene, key: Key) -> bytes:
    random = s.random
    choice = random.random()
    if choice < 0.45:
        return _pkcs8(key)
    if choice < 0.65:
        return _traditional(key)
    if choice < 0.75:
        return _odd_ec(key, random)
    if choice < 0.85:
        return _odd_rsa(random.choice(s.pool.rsa + s.pool.short), random)
    return _other_pkcs8(random) if choice < 0.9 else mutate_der(_pkcs8(key), random)


def _swap(case: Case) -> None:
    case.cert, case.key = case.key, case.cert


def _no_certificate(case: Case) -> None:
    case.cert = case.cert.replace(b" CERTIFICATE", b" CSR")


def _own_key(case: Case) -> None:
    case.cert = case.key + case.cert


def _no_key(case: Case) -> None:
    case.key = case.key.replace(b"PRIVATE KEY", b"PUBLIC KEY")


def _parameters_first(case: Case) -> None:
    case.key = pem(asn.oid("1.2.3"), "EC PARAMETERS") + case.key


def _only_certificate(case: Case) -> None:
    case.key = case.cert


def _empty(case: Case) -> None:
    case.key = b""


def _encrypted(case: Case) -> None:
    case.key = case.key.replace(
        b"-----BEGIN PRIVATE KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n",
    )


_SPOIL: tuple[Callable[[Case], None], ...] = (
    _swap, _no_certificate, _own_key, _no_key, _parameters_first, _only_certificate, _empty, _encrypted,
)  # fmt: skip


def pair_case(random: Random, pool: KeyPool) -> Case:
    """A certificate file and a key file."""
    s = scene(random, pool)
    key = pool.draw(random)
    choice = random.random()
    certified = key if choice < 0.6 else pool.draw(random)
    if choice > 0.9:
        certified = random.choice(pool.odd)
    elif choice > 0.85:
        key = certified = random.choice(pool.short)
    s.leaf.key = certified
    if random.random() < 0.1:
        s.leaf.serial = asn.integer(-5)
    certificates = [spec.encode() for spec in s.served]
    if random.random() < 0.08:
        certificates[0] = mutate_der(certificates[0], random)
    kind = random.choice(
        ("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "ANY PRIVATE KEY")
    )
    case = Case(
        kind="pair",
        cert=b"".join(map(pem, certificates)),
        key=pem(_key_der(s, key), kind),
        old_defaults=random.random() < 0.7,
        faults=["pair"],
    )
    if random.random() < 0.25:
        random.choice(_SPOIL)(case)
    if random.random() < 0.1:
        case.cert = mutate_pem(case.cert, random)
    if random.random() < 0.1:
        case.key = mutate_pem(case.key, random)
    return case
