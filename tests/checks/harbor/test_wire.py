"""Harbor's side of TLS, as its clients meet it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.hosts import checks_in, outcome
from tests.registryhost import REFUSES_WEAK, REGISTRY, pem, registry_host, seen, tls
from tests.rows import each_of

CHECKS = checks_in("harbor", "wire.py")
REALM = f"https://{REGISTRY}/service/token"
REDIRECT = f"HTTP/1.1 308 Permanent Redirect\nLocation: https://{REGISTRY}:443/v2/\n"


def head(realm: str = REALM, hsts: str = "max-age=31536000; includeSubdomains; preload") -> str:
    return (
        "HTTP/1.1 401 Unauthorized\n"
        f'Www-Authenticate: Bearer realm="{realm}",service="harbor-registry"\n'
        f"Strict-Transport-Security: {hsts}\n"
    )


def harbor(text: str | None = None, name: str = REGISTRY, **more: Any) -> Any:
    parts = {"redirect": REDIRECT, "getcert": pem("root"), **REFUSES_WEAK, **more}
    return registry_host(seen(name=name, head=text or head(), **parts))


def judged(check: str, *args: Any, **more: Any) -> str:
    return outcome(CHECKS[check], harbor(*args, **more)).outcome


def test_a_harbor_as_it_should_be_passes_all() -> None:
    assert {(name, judged(name)) for name in CHECKS} == {(name, "pass") for name in CHECKS}


@each_of("check", CHECKS)
@each_of("answer", ["HTTP/1.1 200 OK\n", 7, 127, "rubbish", ""])
def test_what_is_no_harbor_is_not_judged(check: str, answer: Any) -> None:
    assert outcome(CHECKS[check], registry_host(seen(head=answer))).outcome == "skip"


@each_of(
    ("realm", "found"),
    [
        (REALM, "pass"),
        (f"https://{REGISTRY}:443/service/token", "pass"),
        (f"http://{REGISTRY}/service/token", "fail"),
        ("https://other.test/service/token", "fail"),
        (f"https://{REGISTRY}:8443/service/token", "fail"),
        ("https://[::1/service", "fail"),
        ("", "fail"),
    ],
)
def test_the_realm_must_be_this_harbors_own_by_https(realm: str, found: str) -> None:
    assert judged("harbor.challenge-realm", head(realm)) == found


@pytest.mark.parametrize(
    ("value", "found"), [("max-age=31536000", "pass"), ("max-age=300", "fail"), ("", "fail"), ("max-age=x", "fail")]
)
def test_hsts_must_hold_for_a_year(value: str, found: str) -> None:
    assert judged("harbor.hsts", head(hsts=value)) == found


@each_of(
    ("answer", "found"),
    [
        (REDIRECT, "pass"),
        (7, "pass"),
        (f"HTTP/1.1 301 Moved\nLocation: https://{REGISTRY}/v2/\n", "pass"),
        ("HTTP/1.1 301 Moved\nLocation: http://harbor.test/\n", "fail"),
        (f"HTTP/1.1 200 OK\nLocation: https://{REGISTRY}/v2/\n", "fail"),
        ("HTTP/1.1 401 Unauthorized\n", "fail"),
        (28, "error"),
        (None, "error"),
        ((0, "rubbish"), "error"),
    ],
)
def test_port_80_must_redirect_or_be_closed(answer: Any, found: str) -> None:
    assert judged("harbor.http-redirects", redirect=answer) == found


def test_another_port_says_nothing_of_port_80() -> None:
    name = f"{REGISTRY}:8443"
    text = head(f"https://{name}/service/token")
    assert judged("harbor.http-redirects", text, name) == "skip"
    assert judged("harbor.challenge-realm", text, name) == "pass"


@pytest.mark.parametrize(
    ("protocol", "cipher", "found"),
    [
        ("TLSv1.3", "ECDHE-RSA-AES128-GCM-SHA256", "pass"),
        ("TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256", "fail"),
        ("TLSv1.3", "ECDHE-RSA-AES128-SHA", "fail"),
        ("TLSv1.3", "AES128-GCM-SHA256", "fail"),
    ],
)
def test_old_protocols_and_suites_fail(protocol: str, cipher: str, found: str) -> None:
    older = tls(pem("leaf"), protocol="TLSv1.2", cipher=cipher)
    assert judged("harbor.tls-modern", tls=tls(pem("leaf"), protocol=protocol, cipher=cipher), tls12=older) == found


@each_of(
    ("name", "answer", "found"),
    [
        # it prefers a good suite, and takes a bad one where nothing else is offered
        ("tls12_weak", tls("", protocol="TLSv1.2", cipher="ECDHE-RSA-AES256-SHA384"), "fail"),
        ("tls12_weak", tls("", protocol="TLSv1.2", cipher="AES128-GCM-SHA256"), "fail"),
        ("tls12_weak", tls("", protocol="SSLv3", cipher="AES128-SHA"), "fail"),
        ("tls12_weak", (1, "stderr: error:0A000126:SSL routines::unexpected eof while reading\n"), "pass"),
        ("tls12_weak", (1, "stderr: write:errno=104\n"), "pass"),
        # what is no word of the server's decides nothing
        ("tls12_weak", (1, "stderr: error:0A0000B5:SSL routines::no ciphers available\n"), "error"),
        ("tls12_weak", (1, "stderr: connect:errno=111\n"), "error"),
        ("tls12_weak", 124, "error"),
        ("tls_old", tls("", protocol="TLSv1.0", cipher="ECDHE-RSA-AES256-SHA"), "fail"),
        ("tls_old", (1, "stderr: error:0A0000BF:SSL routines::no protocols available\n"), "error"),
        ("tls_old", (1, ""), "error"),
    ],
)
def test_what_is_weak_is_taken_or_refused_by_the_servers_own_word(name: str, answer: Any, found: str) -> None:
    assert judged("harbor.tls-modern", **{name: answer}) == found


def test_a_fault_that_was_seen_counts_where_another_question_has_no_answer() -> None:
    older = tls(pem("leaf"), protocol="TLSv1.2")
    assert judged("harbor.tls-modern", tls=older, tls_old=None, tls12_weak=None) == "fail"


@each_of("name", ["tls", "tls12", "tls12_weak", "tls_old"])
@each_of("status", [127, None])
def test_a_handshake_that_was_not_seen_decides_nothing(name: str, status: int | None) -> None:
    assert judged("harbor.tls-modern", **{name: status}) == "error"


@each_of(
    ("answer", "found"),
    [
        (pem("root"), "pass"),
        (pem("other"), "fail"),
        (22, "skip"),
        (69, "error"),
        (61, "skip"),
        (127, "error"),
        (None, "error"),
        (124, "error"),
    ],
)
def test_the_authority_to_download_must_be_the_issuer(answer: Any, found: str) -> None:
    assert judged("harbor.authority-download", getcert=answer) == found
