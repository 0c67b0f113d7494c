"""Certificates and keys in certs.d: what is public stays, whatever a key is called and wherever it stands."""

from __future__ import annotations

import base64
import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.probe.spellings.table import Spelling

__all__ = ["SPELLINGS"]

_FOLDER = "/etc/docker/certs.d"
_KEY = ec.generate_private_key(ec.SECP384R1())
_RAW = serialization.NoEncryption()


def _pem(kind: str, der: bytes) -> str:
    text = base64.b64encode(der).decode()
    return "\n".join(
        (f"-----BEGIN {kind}-----", *(text[at : at + 64] for at in range(0, len(text), 64)), f"-----END {kind}-----\n")
    )


def _certificate() -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "reg.example")])
    start = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(_KEY.public_key())
    made = made.serial_number(7).not_valid_before(start).not_valid_after(start + dt.timedelta(days=400))
    return made.sign(_KEY, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _request() -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "reg.example")])
    made = x509.CertificateSigningRequestBuilder().subject_name(name).sign(_KEY, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.DER)


def _der(form: serialization.PrivateFormat, secret: serialization.KeySerializationEncryption = _RAW) -> bytes:
    return _KEY.private_bytes(serialization.Encoding.DER, form, secret)


_PKCS8, _SEC1 = _der(serialization.PrivateFormat.PKCS8), _der(serialization.PrivateFormat.TraditionalOpenSSL)
_LOCKED = _der(serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x"))
_NUMBER = _KEY.private_numbers().private_value.to_bytes(48, "big")
_CERT = _pem("CERTIFICATE", _certificate())
_REQUEST = _pem("CERTIFICATE REQUEST", _request())
_LINE = _CERT.split("\n")[2]
_KEY8, _KEY1 = _pem("PRIVATE KEY", _PKCS8), _pem("EC PRIVATE KEY", _SEC1)


def _inside(der: bytes, secret: bytes) -> tuple[str, ...]:
    """The base64 of the secret as it stands in the base64 of the whole, in any line length."""
    start = der.index(secret) // 3 * 3 + 3
    text = base64.b64encode(der[start : start + (len(secret) - 3) // 3 * 3]).decode()
    return (text,)


_SECRET = (*_inside(_PKCS8, _NUMBER), *_inside(_SEC1, _NUMBER))
_SECRET_LOCKED = (base64.b64encode(_LOCKED[-96:]).decode(),)


def _case(name: str, text: str, *keeps: str, file: str = "ca.crt", carries: bool = True) -> Spelling:
    return Spelling(f"certs/{name}", f"{_FOLDER}/{name}.example/{file}", text, keeps, carries, _SECRET)


def _labelled(label: str, der: bytes = _PKCS8) -> str:
    return _pem(label, der)


def _long(der: bytes) -> str:
    return base64.b64encode(der).decode()


SPELLINGS: list[Spelling] = [
    _case("key-behind-certificate", _CERT + _KEY8, _LINE, "-----BEGIN PRIVATE KEY-----"),
    _case("key-before-certificate", _KEY1 + _CERT, _LINE, "-----BEGIN EC PRIVATE KEY-----", file="client.cert"),
    _case("key-labelled-certificate", _labelled("CERTIFICATE"), "-----BEGIN CERTIFICATE-----\nMAICAA==\n"),
    _case("sec1-labelled-certificate", _labelled("CERTIFICATE", _SEC1), "MAICAA=="),
    _case("key-labelled-public", _labelled("PUBLIC KEY"), "-----BEGIN PUBLIC KEY-----"),
    _case("key-labelled-request", _labelled("CERTIFICATE REQUEST"), "-----BEGIN CERTIFICATE REQUEST-----"),
    _case("key-labelled-list", _labelled("X509 CRL"), "-----BEGIN X509 CRL-----"),
    _case("key-labelled-trusted", _labelled("TRUSTED CERTIFICATE")),
    _case("key-labelled-parameters", _labelled("EC PARAMETERS", _SEC1)),
    _case("key-labelled-otherwise", _labelled("SITE «1»")),
    _case("key-labelled-pkcs7", _labelled("PKCS7")),
    _case(
        "lower-case",
        _KEY8.replace("BEGIN PRIVATE KEY", "begin private key").replace("END PRIVATE KEY", "end private key") + _CERT,
        _LINE,
    ),
    _case("mixed-case", _KEY8.replace("PRIVATE", "Private") + _CERT, _LINE),
    _case("no-label", _labelled("")),
    _case("open-block", _CERT + _KEY8.rpartition("-----END")[0], _LINE),
    _case("no-begin", _CERT + _KEY8.partition("\n")[2], _LINE),
    _case("no-markers", _CERT + "\n".join(_KEY8.split("\n")[1:-2]) + "\n", _LINE),
    _case("inside-a-block", _CERT.replace("-----END", _KEY8 + "-----END")),
    _case("body-inside-a-block", _CERT.replace("-----END", "\n".join(_KEY8.split("\n")[1:-2]) + "\n-----END")),
    _case("one-long-line", f"-----BEGIN CERTIFICATE-----\n{_long(_PKCS8)}\n-----END CERTIFICATE-----\n" + _CERT, _LINE),
    _case(
        "four-letters-a-line",
        _CERT
        + "-----BEGIN CERTIFICATE-----\n"
        + "\n".join(_long(_SEC1)[at : at + 4] for at in range(0, 400, 4))
        + "\n-----END CERTIFICATE-----\n",
        _LINE,
    ),
    _case("behind-der", _pem("CERTIFICATE", _certificate() + _PKCS8), "-----BEGIN CERTIFICATE-----"),
    _case("carriage-returns", (_CERT + _KEY8).replace("\n", "\r\n"), _LINE),
    _case("old-line-ends", (_CERT + _KEY8).replace("\n", "\r")),
    _case("indented", ("\n" + _KEY8 + _CERT).replace("\n", "\n  "), _LINE),
    _case("joined-markers", _CERT.rstrip("\n") + _KEY8, file="client.cert"),
    _case("byte-order-mark", "﻿" + _KEY8 + _CERT, _LINE),
    _case("blanks-in-body", _KEY8.replace("\n", " \t\n") + _CERT, _LINE),
    _case("bad-base64", _CERT + _KEY8.replace("A", "*", 1), _LINE),
    _case(
        "headers",
        "-----BEGIN CERTIFICATE-----\nPassword: «1»\nX: «2»\n" + _CERT.partition("\n")[2],
        "REDACTED: REDACTED",
    ),
    _case(
        "headers-of-a-key",
        _KEY1.replace("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,«1»\nx-«2»: 1\n\n", 1),
        file="client.key",
    ),
    _case("text-around", f"pw: «1»\n{_CERT}\nnote «2»\n{_CERT}# «3»\n", _LINE),
    _case("text-alone", "«1»\n", carries=False),
    _case("text-in-the-marker", _CERT.replace("-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE----- «1»")),
    _case("text-behind-the-end", _CERT.rstrip("\n") + " «1»\n"),
    _case("text-before-the-marker", f"«1» {_CERT}"),
    _case("label", "-----BEGIN «1»-----\nAAAA\n-----END «1»-----\n" + _CERT, _LINE),
    _case("web-key", _CERT + '{"kty":"EC","crv":"P-256","d":"«1»"}\n', _LINE),
    _case(
        "web-key-as-certificate",
        '-----BEGIN CERTIFICATE-----\n«b64:{"kty":"EC","d":"«1»"}»\n-----END CERTIFICATE-----\n',
        "-----BEGIN CERTIFICATE-----\nAAAA\n",
    ),
    _case("web-key-alone", '{"kty":"EC","d":"«1»"}\n', file="client.key"),
    _case("text-alone-as-key", "«1»\n", file="client.key"),
    _case("base64-word", _CERT + "«b64:user:«1»»\n", _LINE),
    _case("passphrase", "«1»\n", file="client.pass", carries=False),
    _case("passphrase-text", "secret: «1»\n", file="passphrase.txt", carries=False),
    _case("no-line-end", _CERT + "«1»", _LINE),
    _case("control-characters", _CERT + "\x01«1»\n\x02\n«2»\n", _LINE),
    _case("zeros", _CERT + "pw\0«1»\n", _LINE),
    _case("not-utf-8", _CERT + "\udce4\udcff «1»\n", _LINE),
    _case("putty", "PuTTY-User-Key-File-3: ssh-ed25519\nComment: «1»\nPrivate-Lines: 1\n«2»\n", carries=False),
    _case(
        "ssh",
        "-----BEGIN OPENSSH PRIVATE KEY-----\n«b64:openssh-key-v1 «1»»\n-----END OPENSSH PRIVATE KEY-----\n",
        "-----BEGIN OPENSSH",
    ),
    _case("pgp", "-----BEGIN PGP PRIVATE KEY BLOCK-----\nComment: «1»\n\n«2»\n-----END PGP PRIVATE KEY BLOCK-----\n"),
    _case("four-dashes", "----BEGIN PRIVATE KEY----\n«1»\n----END PRIVATE KEY----\n", carries=False),
    _case("certificate-in-the-place-of-a-key", _CERT + "«1»\n", _LINE, file="client.key"),
    Spelling(
        "certs/locked-as-certificate",
        f"{_FOLDER}/locked.example/ca.crt",
        _pem("CERTIFICATE", _LOCKED),
        ("MAIwAA==",),
        secret=_SECRET_LOCKED,
    ),
    Spelling(
        "certs/locked",
        f"{_FOLDER}/locked.example/client.key",
        _pem("ENCRYPTED PRIVATE KEY", _LOCKED),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----",),
        secret=_SECRET_LOCKED,
    ),
    _case("twin", _CERT + "\n" + _CERT, _CERT),
    _case("twin-carriage-returns", _CERT.replace("\n", "\r\n"), _CERT.split("\n")[1] + "\r\n"),
    _case("twin-no-line-end", _CERT.rstrip("\n"), _CERT.rstrip("\n")),
    _case("twin-pair", _CERT, _CERT, file="client.cert"),
    _case(
        "twin-request",
        _REQUEST,
        _REQUEST,
        file="client.csr",
    ),
    _case("twin-joined-markers", _CERT.rstrip("\n") + _CERT, _LINE),
    _case("twin-indented", _CERT.replace("\n", "\n  "), _LINE),
]
