"""What answers: nginx's directives, what was seen on the wire, and where a handshake ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dockworthy.evidence import NotDecided
from dockworthy.trust.advice.fix import explain
from dockworthy.trust.wire.client import TLS_1_2, TLS_1_3
from dockworthy.trust.wire.server import ClientDemand, ServerAnswer, alert_class
from tests.rows import each_of
from tests.trust.fronts import from_front
from tests.trust.host import FOLDER, ask, made, serving


@each_of(
    ("directives", "versions"),
    [
        ("", {TLS_1_2, TLS_1_3}),
        ("ssl_protocols TLSv1.2;", {TLS_1_2}),
        ("ssl_protocols 'TLSv1.2' \"TLSv1.3\" ;", {TLS_1_2, TLS_1_3}),
        ("# ssl_protocols TLSv1;\nssl_protocols TLSv1.3;", {TLS_1_3}),
        ("ssl_protocols TLSv1 TLSv1.1; location / { root /; }", {0x0301, 0x0302}),
        ("ssl_protocols TLSv1.2", {TLS_1_2, TLS_1_3}),  # not ended: no directive
        ("'unterminated", {TLS_1_2, TLS_1_3}),
    ],
)
def test_nginx_directives_are_read_as_nginx_splits_them(directives: str, versions: set[int]) -> None:
    assert from_front("nginx", made()["leaf"].pem.encode(), directives, b"", 443).versions == versions


def test_the_token_service_is_read_from_the_challenge() -> None:
    challenge = 'add_header WWW-Authenticate \'Bearer realm="https://auth.test/token",service="x"\' always;'
    answer = from_front("nginx", made()["leaf"].pem.encode(), challenge, b"", None)
    assert (answer.realm, answer.service) == ("https://auth.test/token", "x")


@each_of(
    ("alert", "cls"),
    [
        ("protocol version not supported", "tls-version"),
        ("handshake failure", "tls-handshake"),
        ("unrecognized name", "tls-handshake"),
        ("insufficient security level", "tls-handshake"),
        ("bad certificate", "client-cert-refused"),
        ("certificate required", "client-cert-refused"),
        ("unknown certificate authority", "client-cert-refused"),
    ],
)
def test_an_alert_has_its_class(alert: str, cls: str) -> None:
    assert alert_class(alert) == cls


def test_an_alert_that_was_seen_wins() -> None:
    verdict = ask(answer=ServerAnswer(alert="handshake failure"))
    assert (verdict.verdict, verdict.message) == (
        "tls-handshake",
        'Get "https://harbor.test/v2/": remote error: tls: handshake failure',
    )


def test_a_wire_observation_is_judged_like_a_set_up() -> None:
    seen = ServerAnswer(chain=(made()["leaf"].der,), versions=frozenset({TLS_1_3}))
    assert ask(answer=seen).verdict == "ok"
    assert ask({"ca.crt": made()["other"].pem}, seen).verdict == "unknown-authority"


def test_a_server_whose_certificates_were_not_seen_is_not_decided() -> None:
    with pytest.raises(NotDecided, match="certificates were not seen"):
        ask(answer=ServerAnswer())


@pytest.mark.parametrize(
    ("reach", "cls", "words"),
    [
        ("refused", "refused", "dial tcp 192.0.2.10:443: connect: connection refused"),
        ("timeout", "other", "dial tcp 192.0.2.10:443: i/o timeout"),
        ("no-route", "other", "dial tcp 192.0.2.10:443: connect: no route to host"),
        ("unreachable", "other", "dial tcp 192.0.2.10:443: connect: network is unreachable"),
    ],
)
def test_a_connection_that_does_not_come_about(reach: str, cls: str, words: str) -> None:
    verdict = ask(answer=ServerAnswer(reach=reach))
    assert verdict.verdict == cls
    assert verdict.message.endswith(words)


def test_a_host_without_an_address_is_dns() -> None:
    verdict = ask(names={"harbor.test": []})
    assert verdict.verdict == "dns"
    assert "lookup harbor.test" in verdict.message


def test_a_server_at_another_port_refuses() -> None:
    answer = replace(serving(), port=8443)
    verdict = ask(answer=answer)
    assert verdict.verdict == "refused"
    assert "the registry is at port 8443" in explain(verdict).cause
    assert explain(verdict).fix == "docker pull harbor.test:8443/tiny:1"


def test_names_of_authorities_alone_do_not_decide_about_a_pair() -> None:
    root = made()["root"]
    client = made()["client"]
    demand = ClientDemand(names=(root.certificate.subject.public_bytes(),))
    answer = replace(serving(), demand=demand)
    pair = {"ca.crt": root.pem, "c.cert": client.pem, "c.key": client.key_pem()}
    with pytest.raises(NotDecided, match="trusts for client certificates"):
        ask(pair, answer)
    foreign = replace(answer, demand=replace(demand, names=(made()["other"].certificate.subject.public_bytes(),)))
    assert ask(pair, foreign).verdict == "client-cert-refused"
    optional = replace(answer, demand=ClientDemand(required=False))
    assert ask(answer=optional).verdict == "ok"


def test_nginx_refuses_after_the_handshake() -> None:
    verdict = ask(answer=serving(front="nginx", client_ca=made()["root"].pem))
    assert (verdict.verdict, verdict.message) == ("client-cert-refused", "400 No required SSL certificate was sent")


def test_the_folder_of_the_reference_is_named() -> None:
    assert ask().outcome.directory == FOLDER
