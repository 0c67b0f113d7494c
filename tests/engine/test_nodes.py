"""The registries that other tests stand on: each is asked by a real engine, and by hand."""

from __future__ import annotations

import base64
import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.harness import BUSYBOX, Engine
from tests.engine.issuer import SERVICE
from tests.engine.nodes import NAME, PASSWORD, USER, Node, Settings, Wires
from tests.trust.pki import issue

if TYPE_CHECKING:
    from collections.abc import Iterator

NONE = "repository:none/none:pull"


@pytest.fixture(scope="module")
def wires() -> Iterator[Wires]:
    with Wires() as wires:
        yield wires


def ask(node: Node, path: str, *more: str) -> tuple[int, Any]:
    """What a node answers to a client that knows it by its name and verifies it."""
    authority = node.folder / "ca.pem"
    authority.write_text(node.authority.pem)
    name = node.settings.name
    command = [
        "curl",
        "-sS",
        "--cacert",
        str(authority),
        "--resolve",
        f"{name}:443:{node.address}",
        "-w",
        "\n%{http_code}",
    ]
    done = subprocess.run(
        node.entered(*command, *more, f"https://{name}{path}"), check=True, capture_output=True, text=True
    )
    body, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(body) if body else None


def token(node: Node, scope: str = NONE, *more: str) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """A token, its header and its claims."""
    status, told = ask(node, f"/service/token?service={SERVICE}&scope={scope}", *more)
    assert status == 200
    parts = told["token"].split(".")
    header, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in parts[:2])
    return told["token"], header, claims


def test_a_token_is_for_who_asks_and_what_is_allowed(wires: Wires) -> None:
    with Node(wires, "10.231.7.21", Settings(clock=90)) as node:
        assert ask(node, f"/service/token?service={SERVICE}")[0] == 401
        assert ask(node, f"/service/token?scope={NONE}", "-u", f"{USER}:wrong")[0] == 401
        _, header, claims = token(node)
        assert (header["alg"], len(header["kid"].split(":"))) == ("RS256", 12)
        assert claims["access"] == [{"type": "repository", "name": "none/none", "actions": []}]
        wanted = "repository:library/x:pull,push"
        assert token(node, wanted)[2]["access"][0]["actions"] == ["pull"]
        assert token(node, wanted, "-u", f"{USER}:{PASSWORD}")[2]["access"][0]["actions"] == ["pull", "push"]
        assert token(node, "repository:nosuch/x:pull", "-u", f"{USER}:{PASSWORD}")[2]["access"][0]["actions"] == []


def test_nodes_of_one_group_take_each_others_tokens_and_a_stranger_does_not(wires: Wires) -> None:
    key, authority = issue("harbor token", kind="rsa2048", ca=True), issue("Test CA", ca=True)
    with (
        Node(wires, "10.231.7.31", key=key, authority=authority) as first,
        Node(wires, "10.231.7.32", key=key, authority=authority, storage=first.storage) as second,
        Node(wires, "10.231.7.33", authority=authority, storage=first.storage) as stranger,
    ):
        scope = "repository:library/x:pull"
        mine, header, _ = token(first, scope)
        assert token(second)[1]["kid"] == header["kid"] != token(stranger)[1]["kid"]
        answers = [
            ask(node, "/v2/library/x/tags/list", "-H", f"Authorization: Bearer {mine}")[0]
            for node in (first, second, stranger)
        ]
        assert answers == [404, 404, 401]  # there is no such repository: two of them looked


def test_an_engine_pushes_where_it_may_and_pulls_what_it_pushed(wires: Wires) -> None:
    with Node(wires, "10.231.7.11") as node, Engine(isolated=True, start=False) as engine:
        wires.join(engine._inside, "10.231.7.2")
        node.trusted_by(engine)
        engine.start()
        engine.image()
        image = f"{NAME}/library/x:1"
        engine.docker("tag", BUSYBOX, image)
        refused = engine.run("docker", "push", "-q", image, check=False).stderr
        assert "denied" in refused
        engine.docker("login", "-u", USER, "--password-stdin", NAME, stdin=PASSWORD)
        engine.docker("push", "-q", image)
        assert node.tags("library/x") == ["1"]
        engine.docker("logout", NAME)
        engine.docker("rmi", image, BUSYBOX)
        engine.docker("pull", "-q", f"{NAME}/library/x@{node.manifests('library/x')[0]}")
