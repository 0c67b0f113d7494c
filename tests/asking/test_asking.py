"""A Harbor's API is asked over verified TLS alone, once a path, in bounds, and no secret of its answers is recorded."""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.harborapi import DeclaredHarbor, DeclaredNode, ask_harbors
from dockworthy.harborapi.declared import Login
from dockworthy.snapshot import parse_snapshot
from tests.harborserver import NAME, PASSWORD, USER, HarborServer, Reply
from tests.trust.pki import issue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROOT = issue("root", ca=True)
CERTIFICATE = issue(NAME, ROOT, dns=[NAME])
OTHER = issue("other.test", ROOT, dns=["other.test"])


@contextmanager
def server(folder: Path, certificate: Any = CERTIFICATE, address: str = "127.0.0.1") -> Iterator[HarborServer]:
    """A node that runs meanwhile."""
    found = HarborServer(folder, certificate, address)
    try:
        yield found
    finally:
        found.close()


@pytest.fixture
def harbor(tmp_path: Path) -> Iterator[HarborServer]:
    with server(tmp_path) as found:
        yield found


def declared(harbor: HarborServer, **changes: Any) -> DeclaredHarbor:
    """The Harbor at a server: named by its name, asked at its address by way of a node where one is given."""
    given: dict[str, Any] = {
        "name": "prod",
        "url": f"https://{NAME}:{harbor.port}",
        "host": NAME,
        "port": harbor.port,
        "mode": "shared",
        "peer": None,
        "nodes": (),
        "authorities": ROOT.pem.encode(),
        "login": Login(USER, PASSWORD),
        "most_requests": 100,
        "seconds": 2.0,
        "immutable_projects": (),
        "retention_projects": (),
        "of_many": False,
    }
    return DeclaredHarbor(**{**given, **changes})


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Harbor's name is one of this machine's."""
    import socket  # noqa: PLC0415 - what is changed

    real = socket.getaddrinfo

    def found(host: Any, *rest: Any, **more: Any) -> Any:
        return real("127.0.0.1" if host == NAME else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", found)
    monkeypatch.setattr("dockworthy.harborapi.asking._UNSAID", 0.0)  # whoever is busy here is not for long


def answers(*harbors: DeclaredHarbor) -> dict[str, Any]:
    """What the snapshot of the first holds, by section."""
    (data, *_) = [one.data for one in ask_harbors(harbors)()]
    assert data is not None
    snapshot = parse_snapshot(data, "harbor:prod")
    assert snapshot.is_harbor
    assert not snapshot.truncated
    return {
        name: json.loads(section.data) for name, section in snapshot.sections.items() if not name.startswith("cmd:")
    }


def kind(answer: Any) -> str | None:
    """In a word why there is none."""
    return str(answer["error"]["kind"]) if answer["error"] else None


def test_what_is_public_is_asked_first_and_without_the_credential(harbor: HarborServer) -> None:
    found = answers(declared(harbor))
    assert harbor.paths()[:5] == ["/ping", "/systeminfo", "/health", "/service/token", "/systeminfo"]
    assert [one.login for one in harbor.asked[:5]] == [False, False, False, False, True]
    assert found["anonymous::/ping"]["body"] == "Pong"
    assert found["login::/systeminfo"]["body"]["external_url"] == f"https://{NAME}"
    assert {one.sni for one in harbor.asked} == {NAME}
    assert {one.host for one in harbor.asked} == {f"{NAME}:{harbor.port}"}


def test_the_certificate_of_each_place_that_was_verified_is_recorded(harbor: HarborServer, tmp_path: Path) -> None:
    with server(tmp_path, OTHER, "127.0.0.2") as wrong:
        nodes = (
            DeclaredNode("one", None, f"127.0.0.1:{harbor.port}"),
            DeclaredNode("two", None, f"127.0.0.2:{wrong.port}"),
        )
        found = answers(declared(harbor, nodes=nodes))
    served = {name: answer["body"] for name, answer in found.items() if name.startswith("certificate:")}
    assert served == {"certificate:": CERTIFICATE.pem, "certificate:one": CERTIFICATE.pem}


def test_each_path_is_asked_once(harbor: HarborServer) -> None:
    answers(declared(harbor))
    asked = [(one.path, one.query, one.login) for one in harbor.asked]
    assert len(asked) == len(set(asked)) > 15


def test_without_a_login_nothing_that_needs_one_is_asked(harbor: HarborServer) -> None:
    found = answers(declared(harbor, login=None))
    assert not [one for one in harbor.asked if one.login]
    assert kind(found["login::/configurations"]) == "no-login"
    assert [row["name"] for row in found["anonymous::/projects?public=true"]["body"]] == ["library"]


def test_a_thousand_projects_are_ten_pages_and_one_list(harbor: HarborServer) -> None:
    harbor.rows["/projects"] = [{"project_id": n, "name": f"p{n}"} for n in range(1000)]
    found = answers(declared(harbor))["login::/projects"]
    assert len(found["body"]) == found["total"] == 1000
    assert found["complete"]
    assert harbor.paths().count("/projects") == 10
    assert len(harbor.asked) < 100


def test_a_list_that_ends_before_its_total_is_not_whole(harbor: HarborServer) -> None:
    first = Reply(200, [{"name": "a"}] * 100, {"X-Total-Count": "150"})
    harbor.answers["/projects"] = [first, Reply(200, [{"name": "b"}] * 20), Reply(200, [])]
    found = answers(declared(harbor))["login::/projects"]
    assert (len(found["body"]), found["complete"]) == (120, False)


def test_the_requests_to_one_harbor_are_bounded(harbor: HarborServer) -> None:
    found = answers(declared(harbor, most_requests=7))
    assert len(harbor.asked) == 7
    assert kind(found["login::/projects"]) == "budget"
    assert "7 requests" in found["login::/projects"]["error"]["words"]


def test_a_credential_that_was_refused_is_not_sent_again(harbor: HarborServer) -> None:
    harbor.password = "another"
    found = answers(declared(harbor))
    assert harbor.paths(login=True) == ["/systeminfo"]
    assert found["login::/systeminfo"]["status"] == 401
    assert kind(found["login::/robots"]) == "login-refused"


@pytest.mark.parametrize(
    ("certificate", "expected"),
    [(OTHER, "tls-name"), (issue(NAME, issue("else", ca=True), dns=[NAME]), "tls")],
    ids=["name", "root"],
)
def test_a_certificate_that_is_not_verified_is_sent_nothing(tmp_path: Path, certificate: Any, expected: str) -> None:
    with server(tmp_path, certificate) as harbor:
        found = answers(declared(harbor))
        assert not harbor.asked
        assert {kind(one) for name, one in found.items() if name != "harbor:declared"} == {expected}
        assert found["anonymous::/ping"]["error"]["words"]


def test_no_redirect_leads_to_another_place(harbor: HarborServer, tmp_path: Path) -> None:
    with server(tmp_path, OTHER, "127.0.0.2") as stranger:
        target = f"https://other.test:{stranger.port}/api/v2.0/configurations"
        harbor.answers["/configurations"] = Reply(302, None, {"Location": target})
        harbor.answers["/scanners"] = Reply(302, None, {"Location": "http://harbor.test/api/v2.0/scanners"})
        harbor.answers["/robots"] = Reply(307, None, {"Location": "/api/v2.0/machines"})
        harbor.answers["/machines"] = Reply(200, [])
        found = answers(declared(harbor))
        assert not stranger.asked
    assert kind(found["login::/configurations"]) == kind(found["login::/scanners"]) == "redirect"
    assert found["login::/configurations"]["error"]["words"] == "to https://other.test"
    assert found["login::/robots"]["body"] == []


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(200, b"<!doctype html><title>Log in</title>", {"Content-Type": "text/html"}), "html"),
        (Reply(200, b" <html>", {"Content-Type": "application/json"}), "html"),
        (Reply(200, b"{]", {}), "not-json"),
        (Reply(200, b"[" * 100_000, {}), "not-json"),
        (Reply(200, b"true or false or neither of them", {}, drip=0.2), "timeout"),
        (Reply(200, None, {}, endless=True), "too-large"),
        (Reply(502, b"<html>502 Bad Gateway</html>", {"Content-Type": "text/html"}), None),
        (Reply(429, {"errors": []}, {"Retry-After": "3600"}), "retries"),
        (Reply(503, {"errors": []}, {"Retry-After": "0"}), "retries"),
        (Reply(200, b"zz\r\n", {"Transfer-Encoding": "chunked"}), "closed"),
        (Reply(200, [], {f"X-{number}": "" for number in range(120)}), "closed"),
    ],
)
def test_what_is_no_answer_is_told_by_its_kind(harbor: HarborServer, reply: Reply, expected: str | None) -> None:
    harbor.answers["/scanners"] = reply
    found = answers(declared(harbor, seconds=0.7))
    assert kind(found["login::/scanners"]) == expected
    assert found["login::/scanners"]["status"] in {None, reply.status}
    assert kind(found["login::/projects"]) is None
    assert harbor.paths().count("/scanners") == (2 if reply.status == 503 else 1)


def test_a_busy_server_is_asked_once_more(harbor: HarborServer) -> None:
    harbor.answers["/scanners"] = [Reply(429, None, {"Retry-After": "0"}), Reply(200, [])]
    found = answers(declared(harbor))["login::/scanners"]
    assert (found["status"], kind(found), harbor.paths().count("/scanners")) == (200, None, 2)


@pytest.mark.parametrize("often", [1, 3, 100])
def test_a_server_that_hangs_up_after_an_answer_answers_all_the_same(harbor: HarborServer, often: int) -> None:
    harbor.hangs_up = often
    found = answers(declared(harbor))
    assert found["login::/projects"]["complete"]
    assert not [name for name, one in found.items() if name != "harbor:declared" and one["error"]]
    assert len({(one.path, one.query, one.login) for one in harbor.asked}) == len(harbor.asked)


@pytest.mark.parametrize("number", ["\xb2", "-5", "nan", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_what_is_no_number_of_a_header_is_none(harbor: HarborServer, number: str) -> None:
    harbor.answers["/scanners"] = [Reply(429, None, {"Retry-After": number, "Date": number}), Reply(200, [])]
    harbor.answers["/robots"] = Reply(200, [], {"X-Total-Count": number})
    found = answers(declared(harbor))
    assert kind(found["login::/scanners"]) in {None, "retries"}
    assert found["login::/robots"]["total"] is None
    assert kind(found["login::/projects"]) is None


def test_an_answer_without_a_body_is_one(harbor: HarborServer) -> None:
    harbor.answers["/system/gc/schedule"] = Reply(200)
    found = answers(declared(harbor))["login::/system/gc/schedule"]
    assert (found["status"], found["body"], found["empty"], kind(found)) == (200, None, True, None)


def test_a_port_where_nobody_listens_is_refused_once_for_all(tmp_path: Path) -> None:
    with server(tmp_path) as harbor:
        pass
    found = answers(declared(harbor))
    assert {kind(one) for name, one in found.items() if name != "harbor:declared"} == {"refused"}


def test_nodes_are_asked_at_their_addresses_by_the_groups_name(harbor: HarborServer, tmp_path: Path) -> None:
    with server(tmp_path, CERTIFICATE, "127.0.0.2") as second, server(tmp_path, CERTIFICATE, "127.0.0.3") as first:
        first.answers["/statistics"] = [Reply(200, {"total_repo_count": 1}), Reply(200, {"total_repo_count": 2})]
        second.answers["/statistics"] = Reply(200, {"total_repo_count": 2})
        nodes = (
            DeclaredNode("one", None, f"127.0.0.3:{first.port}"),
            DeclaredNode("two", "host2", f"127.0.0.2:{second.port}"),
            DeclaredNode("three", "host3", None),
        )
        found = answers(declared(harbor, host="balancer.test", nodes=nodes))
        assert not second.paths(login=True), "the certificate is not for that name: nothing is sent"
        found = answers(declared(harbor, nodes=nodes, login=Login(USER, PASSWORD)))
    assert {one.sni for one in second.asked} == {NAME}
    assert found["anonymous:two:/ping"]["body"] == "Pong"
    assert found["login:one:/statistics#2"]["body"]["total_repo_count"] == 2
    assert not [name for name in found if ":three:" in name]
    assert [node["name"] for node in found["harbor:declared"]["nodes"]] == ["one", "two", "three"]


def test_no_secret_is_recorded(harbor: HarborServer) -> None:
    secret = "s3cretWordThatNobodyKnows"
    signed = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "RS256", "kid": "ABCD:EFGH"}, {"iat": 1, "exp": 1801, "sub": secret})
    )
    harbor.answers["/service/token"] = Reply(200, {"token": f"{signed}.{secret}"})
    harbor.answers["/configurations"] = Reply(
        200,
        {"ldap_search_password": {"value": secret}, "oidc_client_secret": secret, "ldap_url": {"value": "ldaps://d"}},
    )
    words = f"dial redis://:{secret}@redis: password={secret}, token: '{secret} x', Authorization: Bearer {secret}"
    harbor.answers["/health"] = Reply(200, {"components": [{"name": "redis", "error": f"{words}, refused"}]})
    harbor.answers["/scanners"] = Reply(200, [{"name": "Trivy", "access_credential": secret, "description": secret}])
    harbor.answers["/registries"] = Reply(
        200, [{"name": "m", "credential": {"access_secret": secret}, "url": f"https://u:{secret}@r.test"}]
    )
    harbor.answers["/robots"] = Reply(200, [{"name": "robot$a", "secret": secret, "expires_at": 5}])
    harbor.answers["/system/gc"] = Reply(
        200, [{"job_parameters": json.dumps({"dry_run": False, "redis_url_reg": f"redis://:{secret}@redis"})}]
    )
    found = answers(declared(harbor))
    text = json.dumps(found)
    assert secret not in text
    assert PASSWORD not in text
    assert base64.b64encode(secret.encode()).decode().rstrip("=") not in text
    assert found["anonymous::/service/token"]["body"]["header"]["kid"] == "ABCD:EFGH"
    assert found["anonymous::/service/token"]["body"]["claims"] == {"iat": 1, "exp": 1801}
    assert found["login::/system/gc"]["body"] == [{"job_parameters": '{"dry_run": false}'}]
    assert found["login::/registries"]["body"][0]["name"] == "m"
