"""Whether a server's key can sign for what the engine's TLS client offers.

This is decided before any certificate is judged: a server whose key fits none of the client's signature
schemes ends the handshake itself, and the engine prints ``remote error: tls: handshake failure``, whatever
else is wrong with the certificate.

Source: ``crypto/tls/auth.go`` (signatureSchemesForCertificate), ``crypto/tls/defaults.go``; OpenSSL's
``ssl/t1_lib.c`` (tls_choose_sigalg) comes to the same for the client's schemes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.trust.x509.chain import Failure
from dockworthy.trust.x509.der import INTEGER, OBJECT_IDENTIFIER, SEQUENCE, Reader, X509Error, constructed, context
from dockworthy.trust.x509.keys import (
    CURVES,
    ML_DSA,
    OID_EC,
    AlgorithmIdentifier,
    ECKey,
    Ed25519Key,
    MLDSAKey,
    RSAKey,
    parse_public_key,
)

if TYPE_CHECKING:
    from dockworthy.trust.rules import GoRules
    from dockworthy.trust.x509.certificate import Certificate
    from dockworthy.trust.x509.der import BitString
    from dockworthy.trust.x509.keys import PublicKey

__all__ = ["is_signature_named", "key_oid", "refuse_key", "refuse_leaf", "refuse_signature", "signature_schemes"]

# Scheme, least length of the modulus in bytes, and whether TLS 1.3 still has it.
_RSA_SCHEMES = (
    ("rsa_pss_rsae_sha256", 66, True),
    ("rsa_pss_rsae_sha384", 98, True),
    ("rsa_pss_rsae_sha512", 130, True),
    ("rsa_pkcs1_sha256", 62, False),
    ("rsa_pkcs1_sha384", 78, False),
    ("rsa_pkcs1_sha512", 94, False),
    ("rsa_pkcs1_sha1", 46, False),
)
_EC_SCHEMES = {
    "P-256": "ecdsa_secp256r1_sha256",
    "P-384": "ecdsa_secp384r1_sha384",
    "P-521": "ecdsa_secp521r1_sha512",
}


_REFUSED = Failure("tls-handshake", "remote error: tls: handshake failure")


def _curve_schemes(curve: str, *, tls13: bool) -> list[str]:
    if curve not in _EC_SCHEMES:
        return []  # P-224 is none of the groups that the client offers, and OpenSSL holds the certificate to them
    return [_EC_SCHEMES[curve]] if tls13 else [*_EC_SCHEMES.values(), "ecdsa_sha1"]


def signature_schemes(key: PublicKey | None, *, tls13: bool) -> list[str]:
    """The signature schemes (IANA names) that a server with this key and Go's client have in common.

    Args:
        key: the leaf's; None for a kind that Go does not know: RSA-PSS, Ed448, X25519.
        tls13: whether the handshake is one of TLS 1.3, where a curve has one scheme and RSA is PSS only.
    """
    if isinstance(key, RSAKey):
        size = (key.bits + 7) // 8
        return [name for name, least, modern in _RSA_SCHEMES if size >= least and (modern or not tls13)]
    if isinstance(key, ECKey):
        return _curve_schemes(key.curve.name, tls13=tls13)
    if isinstance(key, MLDSAKey):
        return [key.name.lower().replace("-", "")] if tls13 else []
    return ["ed25519"] if isinstance(key, Ed25519Key) else []


def refuse_key(key: PublicKey | None, *, tls13: bool = True) -> Failure | None:
    """The end of a handshake in which the server finds no scheme for its key, or None."""
    return None if signature_schemes(key, tls13=tls13) else _REFUSED


def _leaf_key(der: bytes) -> tuple[AlgorithmIdentifier, BitString]:
    """The public key's algorithm and bits of a certificate that Go may refuse for other reasons."""
    tbs = Reader(der).read(SEQUENCE, "").read(SEQUENCE, "")
    tbs.optional(constructed(context(0)), "")
    tbs.element(INTEGER, "")
    for _ in range(4):  # the signature's algorithm, the issuer, the validity, the subject
        tbs.element(SEQUENCE, "")
    spki = tbs.read(SEQUENCE, "")
    algorithm = spki.read(SEQUENCE, "")
    return AlgorithmIdentifier(algorithm.oid(""), algorithm.rest()), spki.bit_string("")


def key_oid(der: bytes) -> tuple[int, ...]:
    """The algorithm of a certificate's key, as the server's own library finds it; empty where there is none."""
    try:
        return _leaf_key(der)[0].oid
    except X509Error:
        return ()


def refuse_leaf(der: bytes, rules: GoRules, *, tls13: bool = True) -> Failure | None:
    """The same for the leaf that is served, whether or not Go can parse it.

    A key that only the server can read (secp256k1, Brainpool, RSA-PSS, Ed448) has no scheme of the client's. To the
    server a point is one in any form, and a curve by its numbers is the curve of that name: Go refuses both later.
    Where not even the key can be found in the certificate nothing is said: no server would start with it.
    """
    try:
        algorithm, bits = _leaf_key(der)
    except X509Error:
        return None
    if algorithm.oid == OID_EC:
        return None if _curve_schemes(_curve(algorithm.parameters), tls13=tls13) else _REFUSED
    try:
        key = parse_public_key(algorithm, bits, rules)
    except X509Error:
        return None  # RSA and Ed25519 keys that Go cannot parse may well be good enough for the server
    return refuse_key(key, tls13=tls13)


def _curve(parameters: bytes) -> str:
    """The name of the curve that parameters stand for, by its name or by its numbers; empty for another."""
    reader = Reader(parameters)
    try:
        if reader.peek(OBJECT_IDENTIFIER):
            named = CURVES.get(reader.oid(""))
            return named.name if named is not None else ""
        numbers = reader.read(SEQUENCE, "")
        numbers.integer("")
        field = numbers.read(SEQUENCE, "")
        field.oid("")
        prime = field.integer("")
    except X509Error:
        return ""
    return next((curve.name for curve in CURVES.values() if curve.p == prime), "")


# The signatures that the client says certificates may have, but for RSA-PSS.
_SIGNATURES = frozenset(
    {
        *((1, 2, 840, 113549, 1, 1, number) for number in (5, 11, 12, 13)),
        (1, 2, 840, 10045, 4, 1),
        *((1, 2, 840, 10045, 4, 3, number) for number in (2, 3, 4)),
        (1, 3, 101, 112),
    }
)
_OID_PSS = (1, 2, 840, 113549, 1, 1, 10)
_PSS_DIGESTS = frozenset((2, 16, 840, 1, 101, 3, 4, 2, number) for number in (1, 2, 3))


def is_signature_named(der: bytes, rules: GoRules) -> bool:
    """Whether the leaf's own signature is among those that the client says certificates may have.

    A server that holds its certificate to them (OpenSSL's does) sends none that is not.
    """
    try:
        outer = Reader(der).read(SEQUENCE, "")
        outer.element(SEQUENCE, "")
        algorithm = outer.read(SEQUENCE, "")
        oid = algorithm.oid("")
        if oid == _OID_PSS:
            parameters = algorithm.read(SEQUENCE, "").optional(constructed(context(0)), "")
            return parameters is not None and parameters.read(SEQUENCE, "").oid("") in _PSS_DIGESTS
    except X509Error:
        return True
    return oid in _SIGNATURES or (rules.ml_dsa and oid in ML_DSA)


def refuse_signature(leaf: Certificate, rules: GoRules) -> Failure | None:
    """The refusal of the server's own signature, which comes after the chain was found good.

    A good server's signature fails for one reason only: its RSA key is too short for the client.
    """
    key = leaf.key
    if isinstance(key, RSAKey) and key.bits < rules.min_rsa_bits:
        return Failure(
            "other",
            f"tls: invalid signature by the server certificate: crypto/rsa: {key.bits}-bit keys are insecure "
            "(see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)",
            certificate=leaf,
        )
    return None
