"""What is carried of a text with PEM in it is, to the engine's reader, what the text was."""

from __future__ import annotations

import base64
import shutil
import subprocess
from functools import cache
from random import Random
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from dockworthy.probe import fragments
from dockworthy.trust.x509.certificate import parse_certificate
from dockworthy.trust.x509.der import X509Error
from dockworthy.trust.x509.pem import decode
from tests.fuzz.cases import pem, scene
from tests.fuzz.keys import key_pool
from tests.fuzz.mutate import mutate_der, mutate_pem

if TYPE_CHECKING:
    from collections.abc import Sequence

AWKS = {"mawk": ["mawk"], "gawk": ["gawk"], "original-awk": ["original-awk"], "busybox": ["busybox", "awk"]}
OTHER_LINES = (
    *(b"", b" ", b"password: x", b"hunter2pass", b"ab=", b"a=b", b"====", b"-----BEGIN", b"-----BEGIN ", b"-----END"),
    *(b"-----BEGIN X-----", b"-----END X-----", b"-----BEGIN A:B-----", b"-----END A:B-----", b"x -----BEGIN Y-----"),
    *(
        b"-----begin private key-----",
        b"-----BEGIN CERTIFICATE",
        b"-----END CERTIFICATE----- x",
        b"Proc-Type: 4,ENCRYPTED",
    ),
    *(
        b"-----BEGIN PRIVATE KEY-----",
        b"-----END PRIVATE KEY-----\r",
        b"\r",
        b'{"kty": "EC", "d": "x"}',
        b"\0",
        b"\x01\x02",
    ),
)


def masked(texts: Sequence[bytes], awk: str) -> list[tuple[bytes, bytes]]:
    """What is carried of each text, and the lines about it."""
    program = _awk("11-carry.sh", "TEXTS_AWK") + _awk("16-pem.sh", "PEM_AWK")
    clean = bytes.maketrans(b"\0\x01\x02", b"\3\3\3")
    done = subprocess.run(
        [*AWKS[awk], program],
        input=b"".join(b"\x010 -\n" + text.translate(clean) + b"\x02\n" for text in texts),
        capture_output=True,
        check=True,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    )
    parts = done.stdout.split(b"\x02")
    return list(zip(parts[0::2], parts[1::2], strict=False))


def _awk(fragment: str, name: str) -> str:
    source = fragments()[fragment]
    start = source.index(f"{name}='") + len(f"{name}='")
    return source[start : source.index("\n'\n", start) + 1]


@cache
def read(text: bytes, *, from_end: bool) -> list[tuple[str, bool, bytes | str]]:
    """What Go makes of a text: its blocks, and what it says of the certificates in them."""
    found: list[tuple[str, bool, bytes | str]] = []
    for block in decode(text, from_end=from_end):
        said: bytes | str = ""
        if block.kind == "CERTIFICATE" and not block.headers:
            try:
                said = parse_certificate(block.octets).raw
            except X509Error as error:
                said = str(error)
        kind = block.kind if block.kind in {"CERTIFICATE", "PRIVATE KEY", "EC PRIVATE KEY"} else ""
        found.append((kind, bool(block.headers), said))
    return found


@cache
def texts(number: int, *, spoilt: bool = True) -> list[bytes]:
    """Files as people spoil them."""
    random = Random(7)  # noqa: S311 - the same texts each time
    found = []
    for _ in range(number):
        chain = scene(random, key_pool(1)).chain
        der = random.choice(chain).encode()
        der = mutate_der(der, random) if random.random() < 0.3 else der
        der += random.choice((b"", b"", b"", b"", b"secret"))
        key = random.choice(KEYS)
        parts = [pem(der), pem(key, "EC PRIVATE KEY"), pem(key), pem(chain[-1].encode())]
        random.shuffle(parts)
        text = b"".join(parts[: random.randint(1, 4)])
        text = mutate_pem(text, random) if spoilt and random.random() < 0.5 else text
        lines = text.split(b"\n")
        for _ in range(random.choice((0, 0, 1, 2, 4))):
            lines.insert(random.randint(0, len(lines)), random.choice(OTHER_LINES))
        found.append(random.choice((b"\n", b"\n", b"\r\n")).join(lines))
    return found


def _keys() -> list[bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    encryption = serialization.BestAvailableEncryption(b"x")
    forms = (
        (serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        (serialization.PrivateFormat.PKCS8, encryption),
        (serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()),
    )
    return [key.private_bytes(serialization.Encoding.DER, form, secret) for form, secret in forms]


KEYS = _keys()
SECRET_FROM = (48, 160, 12)
"""Where, in the base64 of each form, what says how to read it has ended."""


@pytest.mark.parametrize("awk", list(AWKS))
def test_the_engines_reader_finds_the_same_blocks(awk: str) -> None:
    """Both of Go's readers: the labels that count, whether there are headers, each certificate or its first error."""
    if shutil.which(AWKS[awk][0]) is None:
        pytest.skip(f"{awk} is not installed")
    given = texts(1200)
    carried = masked(given, awk)
    assert len(carried) == len(given)
    withheld = 0
    for text, (shown, told) in zip(given, carried, strict=True):
        if told.startswith(b"62 "):
            assert shown == b""
            withheld += 1
            continue
        for from_end in (False, True):
            assert read(shown, from_end=from_end) == read(text, from_end=from_end), (text, shown)
    assert withheld < len(given) / 20


@pytest.mark.parametrize("awk", list(AWKS))
def test_nothing_of_a_key_in_any_block_is_carried(awk: str) -> None:
    if shutil.which(AWKS[awk][0]) is None:
        pytest.skip(f"{awk} is not installed")
    # A line of a key in the place of a certificate's own is beyond what can be told; lines between are not.
    for shown, _ in masked(texts(300, spoilt=False), awk):
        compact = b"".join(shown.split())
        for key, start in zip(KEYS, SECRET_FROM, strict=True):
            secret = base64.b64encode(key)
            assert not [at for at in range(start, len(secret) - 16, 4) if secret[at : at + 16] in compact]
