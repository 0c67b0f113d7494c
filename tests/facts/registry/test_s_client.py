"""The words of OpenSSL 1.1.1, 3.0 and 3.5 become the same handshake."""

from __future__ import annotations

import pytest

from dockworthy.facts.registry.s_client import Served, parse_served
from tests.facts.registry.s_client_output import VERSIONS, printed, read_whole
from tests.registryhost import pem, tls
from tests.rows import each_of

GROUPS = {"1.1.1": "X25519, 253 bits", "3.0": "X25519, 253 bits", "3.5": "X25519MLKEM768"}


def read(version: str, case: str) -> Served:
    return read_whole(printed(version)[case])


@pytest.mark.parametrize("version", VERSIONS)
def test_what_was_agreed_is_read(version: str) -> None:
    newest, older = read(version, "ok"), read(version, "tls12")
    assert (newest.protocol, newest.version, newest.cipher) == ("TLSv1.3", 0x0304, "TLS_AES_256_GCM_SHA384")
    assert (newest.group, newest.alpn, len(newest.chain)) == (GROUPS[version], "http/1.1", 1)
    assert (older.protocol, older.cipher) == ("TLSv1.2", "ECDHE-ECDSA-AES256-GCM-SHA384")
    assert (older.group, older.alpn) == ("X25519, 253 bits", "")
    assert newest.signature.lower().startswith("ecdsa")
    assert not newest.asks_for_certificate
    assert (newest.alerts, newest.errors) == ((), ())


@pytest.mark.parametrize("version", VERSIONS)
def test_that_a_client_certificate_is_asked_is_read(version: str) -> None:
    newest, older = read(version, "client"), read(version, "client12")
    assert (newest.asks_for_certificate, older.asks_for_certificate) == (True, True)
    assert (len(newest.chain), len(older.chain), older.alerts) == (1, 1, (40,))


@each_of("version", VERSIONS)
@each_of(("case", "alert"), [("nocipher", 40), ("group", 40), ("old", 70)])
def test_a_refusal_is_its_alert(version: str, case: str, alert: int) -> None:
    assert read(version, case).alerts == (alert,)
    assert (read(version, case).protocol, read(version, case).cipher, read(version, case).group) == ("", "", "")


@each_of("version", VERSIONS)
@each_of(
    ("case", "words"),
    [("http", "wrong version number"), ("refused", "connect:errno=111"), ("noname", "BIO routines:BIO_lookup_ex:")],
)
def test_where_nothing_came_about_openssls_words_are_kept(version: str, case: str, words: str) -> None:
    served = read(version, case)
    assert (served.protocol, served.chain, served.alerts) == ("", (), ())
    assert any(words in error for error in served.errors)


def test_a_handshake_is_read() -> None:
    served = parse_served(tls(pem("leaf") + pem("root"), asked=True).encode())
    assert (served.protocol, served.version, served.cipher) == ("TLSv1.3", 0x0304, "TLS_AES_128_GCM_SHA256")
    assert (served.asks_for_certificate, len(served.chain), served.alerts, served.errors) == (True, 2, (), ())


def test_alerts_and_errors_are_kept_in_order_and_once() -> None:
    lines = (
        "error:1:a::b:SSL alert number 40",
        "one",
        "error:1:a::b:SSL alert number 40",
        "error:1:a::b:SSL alert number 116",
    )
    served = parse_served("".join(f"stderr: {line}\n" for line in lines).encode())
    assert served.alerts == (40, 116)
    assert served.errors[1] == "one"


@each_of(
    "data",
    [
        b"",
        b"\xff\xfe\x00",
        b"New, \nNew, TLSv1.3\nPeer Temp Key: \nstderr: \n",
        b"-----BEGIN CERTIFICATE-----\n",
        b"stderr: error:0:a:b:c:SSL alert number " + b"9" * 5000 + b"\n",
        b"-----BEGIN CERTIFICATE-----\n" * 2000,
    ],
)
def test_rubbish_is_a_handshake_without_a_chain(data: bytes) -> None:
    assert (parse_served(data).chain, parse_served(data).protocol, parse_served(data).alerts) == ((), "", ())
