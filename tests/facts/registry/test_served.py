"""What openssl and curl printed becomes the answer that the trust library judges."""

from __future__ import annotations

import pytest

from dockworthy.facts.registry.served import parse_head, parse_served
from tests.registryhost import pem, tls


def test_a_handshake_is_read() -> None:
    served = parse_served(tls(pem("leaf") + pem("root"), asked="asked").encode())
    assert (served.protocol, served.version, served.cipher) == ("TLSv1.3", 0x0304, "TLS_AES_128_GCM_SHA256")
    assert (served.asks_for_certificate, len(served.chain), served.alerts, served.errors) == (True, 2, (), ())


def test_alerts_and_errors_are_kept_in_order_and_once() -> None:
    served = parse_served(b"error one\nalert 40\nalert x\nalert 40\nerror two\nalert 116\n")
    assert (served.alerts, served.errors) == ((40, 116), ("one", "two"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00",
        b"protocol\ncipher\nalert\nerror\n",
        b"-----BEGIN CERTIFICATE-----\n",
        b"alert " + b"9" * 5000 + b"\n",
        b"-----BEGIN CERTIFICATE-----\n" * 2000,
    ],
)
def test_rubbish_is_a_handshake_without_a_chain(data: bytes) -> None:
    assert parse_served(data).chain == ()


@pytest.mark.parametrize(
    ("text", "status", "headers"),
    [
        ("HTTP/1.1 200 OK\nX: 1\n", 200, {"x": ("1",)}),
        ("HTTP/2 401 \nwww-authenticate: A\nWWW-Authenticate: B\n", 401, {"www-authenticate": ("A", "B")}),
        ("HTTP/1.1 100 Continue\nA: 1\n\nHTTP/1.1 404 No\nB: 2\n", 404, {"b": ("2",)}),
    ],
)
def test_the_last_answers_head_is_read(text: str, status: int, headers: dict[str, tuple[str, ...]]) -> None:
    head = parse_head(text)
    assert head is not None
    assert (head.status, dict(head.headers)) == (status, headers)


@pytest.mark.parametrize("text", ["", "X: 1\n", "HTTP/1.1\n", "HTTP/1.1 abc\n", "\x00"])
def test_what_is_no_head_is_none(text: str) -> None:
    assert parse_head(text) is None


@pytest.mark.parametrize(
    ("value", "realm"),
    [
        ('Bearer realm="https://a.test/t",service="s"', "https://a.test/t"),
        ("bearer realm=https://a.test/t,service=s", "https://a.test/t"),
        ('Basic realm="x"', ""),
        ("Bearer", ""),
        ('Bearer realm="' + "x" * 100_000, "x" * 2000),
    ],
)
def test_the_challenge_is_read(value: str, realm: str) -> None:
    head = parse_head(f"HTTP/1.1 401 No\nWWW-Authenticate: {value}\n")
    assert head is not None
    assert head.challenge.get("realm", "") == realm
