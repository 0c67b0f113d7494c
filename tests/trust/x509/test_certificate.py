"""Certificates are taken and refused as crypto/x509's parser does, with its words and at its first fault."""

from __future__ import annotations

from typing import Any

import pytest

from dockworthy.golang.text import decimal
from dockworthy.trust.x509.certificate import (
    MAX_CERTIFICATE_OCTETS,
    CertificateTooLargeError,
    parse_certificate,
)
from dockworthy.trust.x509.der import X509Error
from tests.fuzz import asn
from tests.fuzz import certs as c
from tests.fuzz.keys import pss_identifier
from tests.rows import each_of
from tests.trust.builder import keys, leaf, root


def refusal(one: c.Spec) -> str | None:
    try:
        parse_certificate(one.encode())
    except X509Error as error:
        return str(error)
    return None


def changed(**fields: Any) -> c.Spec:
    one = leaf()
    for name, value in fields.items():
        setattr(one, name, value)
    return one


def extended(kind: str, value: bytes, *, critical: bool | bytes = False) -> c.Spec:
    one = leaf()
    one.put(kind, value, critical=critical)
    return one


def keyed(name: str) -> c.Spec:
    return changed(key=next(key for key in keys().odd if key.name == name))


def named(*attributes: tuple[str, int, str | bytes]) -> c.Spec:
    return changed(subject=c.name(*attributes))


INVALID_VALUE = "x509: invalid RDNSequence: invalid attribute value: "
CRITICAL = "incorrectly marked critical"
REFUSED = [
    (changed(raw=b""), "x509: malformed certificate"),
    (changed(raw=b"\x30\x80\0\0"), "x509: malformed certificate"),
    (changed(raw=b"\x30\x81\x01\0"), "x509: malformed certificate"),
    (changed(raw=asn.sequence()), "x509: malformed tbs certificate"),
    (changed(trailing=b"\0"), "x509: trailing data"),
    (changed(version=asn.context(0, asn.integer(3))), "x509: invalid version"),
    (changed(version=asn.context(0, asn.integer(-1))), "x509: malformed version"),
    (changed(version=asn.context(0, asn.integer(2), b"\5\0")), "x509: malformed version"),
    (changed(serial=b"\x02\x00"), "x509: malformed serial number"),
    (changed(serial=b"\x02\x02\x00\x01"), "x509: malformed serial number"),
    (changed(serial=b"\x02\x02\xff\xff"), "x509: malformed serial number"),
    (
        changed(outer_identifier=asn.algorithm("1.2.3")),
        "x509: inner and outer signature algorithm identifiers don't match",
    ),
    (changed(identifier=asn.sequence(b"\5\0")), "x509: malformed OID"),
    (changed(not_before=asn.tlv(0x13, b"x")), "x509: unsupported time format"),
    (changed(not_before=asn.tlv(0x17, b"200230000000Z")), "x509: malformed UTCTime"),
    (changed(not_after=asn.tlv(0x18, b"20200101000000.5Z")), "x509: malformed GeneralizedTime"),
    (changed(issuer=asn.sequence(b"\5\0")), "x509: invalid RDNSequence"),
    (changed(issuer=b"\5\0"), "x509: malformed issuer"),
    (changed(subject=b"\5\0"), "x509: malformed issuer"),
    (named((c.COMMON_NAME, c.UNIVERSAL, b"")), INVALID_VALUE + "unsupported string type: 28"),
    (named((c.COMMON_NAME, c.PRINTABLE, "a@b")), INVALID_VALUE + "invalid PrintableString"),
    (named((c.COMMON_NAME, c.UTF8, b"\xff")), INVALID_VALUE + "invalid UTF-8 string"),
    (named((c.COMMON_NAME, c.BMP, b"\0")), INVALID_VALUE + "invalid BMPString"),
    (keyed("secp256k1"), "x509: unsupported elliptic curve"),
    (keyed("off-curve"), "x509: failed to unmarshal elliptic curve point"),
    (keyed("compressed"), "x509: failed to unmarshal elliptic curve point"),
    (keyed("ec-bare"), "x509: invalid ECDSA parameters"),
    (keyed("rsa-bare"), "x509: RSA key missing NULL parameters"),
    (keyed("rsa-negative"), "x509: RSA modulus is not a positive number"),
    (keyed("rsa-e0"), "x509: RSA public exponent is not a positive number"),
    (keyed("rsa-e-huge"), "x509: invalid RSA public exponent"),
    (keyed("ed25519-short"), "x509: wrong Ed25519 public key size"),
    (keyed("ed25519-null"), "x509: Ed25519 key encoded with illegal parameters"),
    (keyed("dsa-bare"), "x509: invalid DSA parameters"),
    (extended(c.SUBJECT_KEY, asn.octet_string(b"x"), critical=True), f"x509: subject key identifier {CRITICAL}"),
    (extended(c.AUTHORITY_KEY, asn.sequence(), critical=True), f"x509: authority key identifier {CRITICAL}"),
    (extended(c.AUTHORITY_INFO, asn.sequence(), critical=True), f"x509: authority info access {CRITICAL}"),
    (extended(c.BASIC, b"\5\0"), "x509: invalid basic constraints"),
    (extended(c.USAGE, b"\5\0"), "x509: invalid key usage"),
    (extended(c.EXTENDED, asn.sequence(b"\5\0")), "x509: invalid extended key usages"),
    (extended(c.POLICIES, asn.sequence(asn.sequence())), "x509: invalid certificate policies"),
    (extended("1.2.3", b"", critical=b"\1\1\1"), "x509: malformed extension critical field"),
    (extended(c.SAN, asn.sequence(c.general_name(7, b"\1\2\3"))), "x509: cannot parse IP address of length 3"),
    (extended(c.SAN, asn.sequence(c.general_name(2, b"\xe9"))), "x509: SAN dNSName is malformed"),
    (
        extended(c.SAN, asn.sequence(c.general_name(6, b"http://a b/"))),
        'x509: cannot parse URI "http://a b/": parse "http://a b/": invalid character " " in host name',
    ),
    (
        extended(c.SAN, asn.sequence(c.general_name(6, b"http://a../"))),
        'x509: cannot parse URI "http://a../": invalid domain',
    ),
    (changed(signature_padding=9), "x509: malformed signature"),
]  # fmt: skip


@each_of(("one", "message"), REFUSED, ids=[str(number) for number in range(len(REFUSED))])
def test_malformed_certificate_is_refused_in_gos_words(one: c.Spec, message: str) -> None:
    """The text is what a user finds in the engine's log."""
    assert refusal(one) == message


def test_extension_twice_is_refused_with_its_number() -> None:
    """RFC 5280, 4.2."""
    one = leaf()
    one.extensions *= 2
    assert refusal(one) == 'x509: certificate contains duplicate extension with OID "2.5.29.17"'


@each_of(
    "one",
    [
        changed(serial=asn.integer(0)),
        changed(serial=asn.integer(-5)),
        changed(serial=asn.integer(1 << 400)),
        changed(subject=asn.sequence()),
        changed(not_after=asn.tlv(0x18, b"00000101000000Z")),
        changed(not_after=asn.tlv(0x18, b"99991231235959Z")),
        changed(not_before=asn.tlv(0x17, b"2001010000Z")),
        changed(signature=b""),
        changed(signature_padding=3),
        changed(unique=asn.tlv(0x81, b"x")),
        changed(identifier=asn.algorithm("1.2.3.4")),
        keyed("unknown"),
        keyed("rsa-even"),
        keyed("dsa"),
        named((c.COMMON_NAME, c.PRINTABLE, "a*b&c")),
        named((c.COMMON_NAME, c.T61, b"\xff\x80")),
        extended(c.BASIC, c.basic_constraints(ca=True, length=-1)),
        extended(c.SAN, asn.sequence()),
        extended(c.AUTHORITY_KEY, asn.sequence()),
    ],
    ids=range(19),
)
def test_odd_certificate_is_accepted_as_go_does(one: c.Spec) -> None:
    """Other parsers refuse most of these."""
    assert refusal(one) is None


def test_year_of_utctime_is_that_of_rfc_5280() -> None:
    """50 to 99 are the last century (4.1.2.5.1)."""
    for text, year in ((b"491231235959Z", 2049), (b"500101000000Z", 1950), (b"690101000000Z", 1969)):
        begins = parse_certificate(changed(not_before=asn.tlv(0x17, text)).encode()).begins
        assert begins is not None
        assert begins.year == year


def test_version_decides_what_is_read() -> None:
    """Extensions of a v1 or v2 certificate are not looked at, however broken."""
    for version in (b"", asn.context(0, asn.integer(1))):
        one = extended(c.BASIC, b"junk")
        one.version = version
        assert parse_certificate(one.encode()).extensions == ()


def test_facts_for_people() -> None:
    """What the picture of a chain shows."""
    certificate = parse_certificate(root().encode())
    assert certificate.is_ca
    assert certificate.is_self_issued
    assert certificate.key_description == "P-256"
    assert len(certificate.fingerprint) == 64
    described = {key.name: key for key in (*keys().rsa, *keys().odd)}
    for name, words in (("rsa2048", "RSA 2048"), ("ed448", "Ed448"), ("rsa-pss", "RSA-PSS"), ("dsa", "DSA 512")):
        one = changed(key=described[name])
        assert parse_certificate(one.encode()).key_description.startswith(words[:6])


@each_of(
    ("identifier", "name"),
    [
        (pss_identifier("sha256"), "SHA256-RSAPSS"),
        (pss_identifier("sha384", null=False), "SHA384-RSAPSS"),
        (pss_identifier("sha256", extra=asn.context(3, asn.integer(1))), "SHA256-RSAPSS"),
        (pss_identifier("sha256", extra=asn.context(3, b"\5\0")), "SHA256-RSAPSS"),
        (pss_identifier("sha256", extra=asn.context(3, asn.integer(2))), "0"),
        (pss_identifier("sha256", salt=20), "0"),
        (pss_identifier("sha256", mask="sha1"), "0"),
        (pss_identifier("sha1"), "0"),
        (asn.algorithm("1.2.840.113549.1.1.10"), "0"),
        (asn.algorithm("1.3.101.112", asn.NULL), "0"),
        (asn.algorithm("1.2.840.113549.1.1.11"), "SHA256-RSA"),
        (asn.algorithm("1.3.14.3.2.29", asn.NULL), "SHA1-RSA"),
        (asn.algorithm("2.16.840.1.101.3.4.3.2"), "DSA-SHA256"),
    ],
    ids=range(13),
)
def test_signature_algorithm_is_told_by_its_parameters(identifier: bytes, name: str) -> None:
    """RSA-PSS must have equal digests and a salt as long as they; other parameters hardly matter."""
    one = changed(identifier=identifier)
    assert parse_certificate(one.encode()).signature_algorithm.name == name


def test_numbers_beyond_pythons_own_limit_can_be_shown() -> None:
    """Python prints no number of more than 4300 digits; a certificate may hold one."""
    one = changed(serial=asn.integer(10**5000), key=next(key for key in keys().odd if key.name == "rsa-8192"))
    certificate = parse_certificate(one.encode())
    assert decimal(certificate.serial) == "1" + "0" * 5000
    assert decimal(-(1 << 70_000)) == "<a number of 70001 bits>"
    assert repr(certificate).startswith("<Certificate CN=leaf, SHA-256 ")
    assert repr(certificate.key) == "RSAKey()"


def test_giant_certificate_is_not_judged() -> None:
    """Our own limit is said as such."""
    with pytest.raises(CertificateTooLargeError, match="not judged"):
        parse_certificate(bytes(MAX_CERTIFICATE_OCTETS + 1))


@each_of("cut", range(0, 280, 7))
def test_truncated_certificate_is_an_error_and_never_a_traceback(cut: int) -> None:
    """Wherever it ends."""
    with pytest.raises(X509Error):
        parse_certificate(leaf().encode()[:cut])
