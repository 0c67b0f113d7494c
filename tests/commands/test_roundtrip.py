"""``dockworthy roundtrip`` as it is typed, against engines and registries in memory.

What real engines do with a real registry is looked at in ``tests/engine/suites/test_roundtrip.py``; here are the
faults, and what must not be sent, told or left.
"""

from __future__ import annotations

import base64
import json
import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from dockworthy.cli import main
from dockworthy.results.model import schema
from dockworthy.results.reader import read_results
from dockworthy.roundtrip.image import LABEL
from dockworthy.roundtrip.steps import KINDS
from dockworthy.roundtrip.trip import NAME
from tests.commands.fake_engine import FakeEngine
from tests.commands.fake_registry import FakeRegistry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USER, PASSWORD = "robot$trip", "canary-password-7f3a"
OTHERS = "canary-of-another-registry"
AUTH = ("--username", USER, "--password-env", "TRIP_PASSWORD")


@dataclass
class World:
    """Two engines, a registry, and the command."""

    first: FakeEngine
    second: FakeEngine
    registry: FakeRegistry
    folder: Path
    capsys: pytest.CaptureFixture[str]

    @property
    def project(self) -> str:
        return f"{self.registry.authority}/library"

    @property
    def hosts(self) -> tuple[str, ...]:
        return ("--engine-host", self.first.address, "--engine-host", self.second.address)

    def type(self, *words: str) -> tuple[int, str]:
        """Exit status and everything that is printed."""
        status, out, err = self._run(*words)
        return status, out + err

    def _run(self, *words: str) -> tuple[int, str, str]:
        status = main(["roundtrip", *words])
        out, err = self.capsys.readouterr()
        for secret in (PASSWORD, OTHERS, base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()):
            assert secret not in out + err
        return status, out, err

    def go(self, *more: str) -> tuple[int, dict[str, Any]]:
        """Exit status and the document of a trip over both engines."""
        status, text, _ = self._run(self.project, *self.hosts, "--size", "1", "--json", *more)
        document: dict[str, Any] = json.loads(text)
        return status, document

    def outcomes(self, document: dict[str, Any]) -> dict[str, list[str]]:
        """By kind: the outcomes, in the order of the places."""
        found: dict[str, list[str]] = {}
        for step in document["steps"]:
            found.setdefault(step["step"], []).append(step["outcome"])
        return found

    def step(self, document: dict[str, Any], kind: str) -> dict[str, Any]:
        """The first step of a kind that did not pass."""
        found: dict[str, Any] = next(
            step for step in document["steps"] if step["step"] == kind and step["outcome"] != "pass"
        )
        return found


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[World]:
    client = tmp_path / "client"
    client.mkdir()
    other = base64.b64encode(f"someone:{OTHERS}".encode()).decode()
    (client / "config.json").write_text(json.dumps({"auths": {"other.example.com": {"auth": other}}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(client))
    monkeypatch.setenv("TRIP_PASSWORD", PASSWORD)
    monkeypatch.setattr("dockworthy.roundtrip.trip._PAUSE", 0.01)
    with (
        FakeRegistry() as registry,
        FakeEngine(tmp_path / "a.sock", registry) as first,
        FakeEngine(tmp_path / "b.sock", registry, version="28.5.2") as second,
    ):
        yield World(first, second, registry, tmp_path, capsys)


# -- the whole way ------------------------------------------------------------------------------------------------


def test_an_image_goes_all_the_way_and_nothing_is_left(world: World) -> None:
    status, document = world.go(*AUTH)
    assert world.outcomes(document) == {
        **{kind: ["pass"] * 2 for kind in ("login", "pull", "run", "commit", "move")},
        **{kind: ["pass"] for kind in ("build", "upload", "push", "manifest")},
        "clean": ["pass"] * 3,
    }
    assert (status, document["left"]) == (0, [])
    assert world.first.left == world.second.left == []
    assert world.registry.manifests == {}
    assert list(world.registry.images) == [document["digest"]]


def test_everything_that_is_made_has_the_label_and_a_container_has_nothing_that_it_does_not_need(world: World) -> None:
    _, document = world.go(*AUTH)
    made = [asked for asked in world.second.asked if asked.path.startswith("/containers/create")]
    assert len(made) == 2  # of what was pulled, and of what came from the other engine
    for asked in made:
        body = json.loads(asked.body)
        assert body["Labels"] == {LABEL: document["run"]}
        assert (body["User"], body.get("Env")) == ("65534:65534", None)
        host = body["HostConfig"]
        assert (host["NetworkMode"], host["CapDrop"]) == ("none", ["ALL"])


def test_an_engine_gets_the_credentials_of_this_registry_alone_and_a_build_none(world: World) -> None:
    world.go(*AUTH)
    sent = world.first.credentials() + world.second.credentials()
    assert {(one.get("username"), one.get("password")) for one in sent} == {(USER, PASSWORD)}
    builds = [asked for asked in world.first.asked if asked.path.startswith("/build")]
    assert builds
    assert not [name for asked in builds for name in asked.headers if name.startswith("x-registry")]


def test_one_engine_hands_the_image_on_to_itself(world: World) -> None:
    status, text = world.type(world.project, "--engine-host", world.first.address, "--size", "1", *AUTH)
    assert status == 0
    assert "26.1.5, classic store" in text
    assert ", the same in the registry and on 1 engine\n" in text
    assert "Nothing that it made is left." in text
    assert [row.split()[1] for row in text.splitlines() if row.startswith("│ ")] == [*KINDS]


def test_the_results_are_those_of_any_run(world: World) -> None:
    path = world.folder / "results.json"
    world.first.faults["POST /commit"] = (500, "no space left on device")
    status, _ = world.type(world.project, *world.hosts, "--size", "1", *AUTH, "--results", str(path))
    assert status == 1
    jsonschema.validate(json.loads(path.read_text()), schema())
    results = read_results(path)
    assert [host.engine for host in results.hosts] == ["26.1.5", "28.5.2", None]
    assert {result.check for result in results.results} == {kind.check for kind in KINDS.values()}
    assert {result.param for result in results.results} == {world.project}
    failed = next(result for result in results.results if result.outcome == "fail")
    assert (failed.check, failed.host) == ("roundtrip.container-commits", world.first.address)
    assert failed.observed["cause"] == "There is no space left for the image."
    assert PASSWORD not in path.read_text()


def test_what_stands_on_a_failed_step_is_undecided_and_what_does_not_goes_on(world: World) -> None:
    world.second.faults["POST /images/create"] = (404, "manifest unknown")
    status, document = world.go(*AUTH)
    found = world.outcomes(document)
    assert (status, found["pull"], found["run"]) == (1, ["pass", "fail"], ["pass", "error"])
    assert (found["commit"], found["clean"]) == (["pass", "error"], ["pass"] * 3)


def test_an_engine_that_cannot_log_in_leaves_the_others_their_way(world: World) -> None:
    world.first.faults["POST /auth"] = (401, 'Get "https://r.example.com/v2/": unauthorized: unauthorized')
    status, document = world.go(*AUTH)
    found = world.outcomes(document)
    assert (status, found["login"], found["push"], found["pull"]) == (1, ["fail", "pass"], ["pass"], ["error", "pass"])
    assert world.second.asked[-1].method == "GET"
    assert world.first.left == world.second.left == []


def test_an_image_for_another_machine_is_pulled_and_not_run(world: World) -> None:
    world.second.arch = "riscv64"
    status, document = world.go(*AUTH)
    found = world.outcomes(document)
    assert (status, found["pull"], found["run"]) == (0, ["pass", "pass"], ["pass", "skip"])
    assert "the image is for amd64, and this engine for riscv64" in world.step(document, "run")["cause"]


@pytest.mark.parametrize(
    ("place", "fault", "kind", "why"),
    [
        ("POST /build", (200, "no space left on device"), "build", "no space left"),
        ("POST /images/127", (200, "denied: requested access to the resource is denied"), "push", "robot$trip"),
        ("POST /images/127", (200, "unauthorized: project library not found: x"), "push", "no project library"),
        ("POST /images/127", (200, "toomanyrequests: too many"), "push", "too many requests"),
        ("POST /images/127", (200, "denied: The system is in read only mode. Any modification is prohibited."), "push",
         "read-only mode"),
        ("POST /images/127", (200, ("denied: adding 1.0 MiB of storage resource, which when updated to current usage "
                                    "of 9.5 MiB will exceed the configured upper limit of 10.0 MiB.")), "push",
         "quota"),
        ("POST /images/127", (200, "received unexpected HTTP status: 502 Bad Gateway"), "push", "502"),
        ("POST /images/127", (200, "blob upload unknown"), "push", "one storage and secret"),
        ("POST /images/127", (200, "unknown: <html>\n<head><title>413 Request Entity Too Large</title></head>"), "push",
         "as large as a layer"),
        ("POST /containers/create", (500, "a sentence of the engine's own"), "run", "a sentence of the engine's own"),
    ],
)  # fmt: skip
def test_a_failed_step_says_why_in_one_sentence(
    world: World, place: str, fault: tuple[int, str], kind: str, why: str
) -> None:
    world.first.faults[place] = fault
    status, document = world.go(*AUTH)
    step = world.step(document, kind)
    assert (status, step["outcome"]) == (1, "fail")
    assert why in step["cause"]
    assert world.first.left == world.second.left == []


def test_what_an_engine_says_is_told_without_the_credentials_in_it(world: World) -> None:
    basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    world.first.faults["POST /images/127"] = (
        200,
        f"Basic {basic}, {PASSWORD}, Bearer eyJhbGciOiJSUzI1NiJ9.eyJhIjoxfQ.c2ln",
    )
    _, document = world.go(*AUTH)  # which looks for the password in what is printed
    assert "eyJ" not in json.dumps(document)
    assert world.step(document, "push")["observed"].count("REDACTED") == 3


def test_an_engine_that_tries_again_what_the_registry_refuses_is_not_waited_for(world: World) -> None:
    world.registry.answers["PATCH"] = (413, {}, b"")
    world.first.push = lambda *_: iter([{"status": "Retrying in 5 seconds"}, {"status": "x"}])  # type: ignore[method-assign]
    status, document = world.go(*AUTH)
    upload, push = world.step(document, "upload"), world.step(document, "push")
    assert status == 1
    assert (
        upload["cause"]
        == push["cause"]
        == f"A proxy before {world.registry.authority} refuses requests as large as a layer (413)."
    )
    assert "was not waited for" in push["observed"]
    assert "client_max_body_size 0;" in push["fix"]


@pytest.mark.parametrize(("patch", "words", "why"), [
    (413, "tls: failed to verify certificate: x509: certificate signed by unknown authority", "the CA is missing"),
    (413, "toomanyrequests: too many", "too many requests"),
    (413, "dial tcp 192.0.2.1:80: connect: connection refused", "as large as a layer"),
    (202, "tls: failed to verify certificate: x509: certificate signed by unknown authority", "the CA is missing"),
])  # fmt: skip
def test_a_push_has_the_cause_that_its_own_words_tell_and_else_that_of_the_upload(
    world: World, monkeypatch: pytest.MonkeyPatch, patch: int, words: str, why: str
) -> None:
    told = ("unknown-authority", "the CA is missing", "cp ca.crt there")
    monkeypatch.setattr("dockworthy.commands.trust.explained", lambda *_: told)
    if patch != 202:
        world.registry.answers["PATCH"] = (patch, {}, b"")
    world.first.faults["POST /images/127"] = (200, words)
    _, document = world.go(*AUTH)
    step = world.step(document, "push")
    assert why in step["cause"]
    assert step["verdict"] == ("unknown-authority" if "x509" in words else None)


@pytest.mark.parametrize("told", [None, ("ok", "The registry answers.", "")])
def test_where_trust_tells_nothing_the_engines_words_are_the_cause(
    world: World, monkeypatch: pytest.MonkeyPatch, told: tuple[str, str, str] | None
) -> None:
    monkeypatch.setattr("dockworthy.commands.trust.explained", lambda *_: told)
    words = 'Get "https://r.example.com/v2/": x509: certificate has expired or is not yet valid: current time is later'
    world.second.faults["POST /auth"] = (500, words)
    _, document = world.go(*AUTH)
    step = world.step(document, "login")
    assert (step["verdict"], step["cause"]) == ("expired", words)
    assert step["fix"].startswith(f"dockworthy trust {world.project}/{NAME}:")


# -- the way back -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["POST /build", "POST /images/127", "POST /containers/create", "POST /images/load"])
def test_an_interruption_leaves_nothing_either(world: World, step: str) -> None:
    """The engine has done what it was asked for, or does it still, when the command is ended."""
    world.second.hooks[step] = world.first.hooks[step] = lambda: os.kill(os.getpid(), signal.SIGTERM)
    status, text = world.type(world.project, *world.hosts, "--size", "1", *AUTH)
    assert status == 2
    assert "Nothing that it made is left." in text
    assert world.first.left == world.second.left == []
    assert world.registry.manifests == {}


def test_what_may_not_be_deleted_is_told_and_is_a_finding(world: World) -> None:
    world.registry.answers["DELETE"] = (405, {}, b'{"errors": [{"code": "UNSUPPORTED", "message": "unsupported"}]}')
    status, document = world.go(*AUTH)
    step = world.step(document, "clean")
    assert (status, document["left"]) == (1, [f"registry:{world.registry.authority}"])
    assert f"{document['reference']} may be left in the registry" in step["cause"]
    assert "does not allow deleting" in step["cause"]


def test_who_may_push_and_not_delete_is_told_so(world: World) -> None:
    world.registry.answers["DELETE"] = (403, {}, b'{"errors": [{"code": "DENIED", "message": "no"}]}')
    _, document = world.go(*AUTH)
    why = f"{world.registry.authority} does not let robot$trip delete in library."
    assert world.step(document, "clean")["cause"].endswith(why)


def test_an_image_that_resists_is_told(world: World) -> None:
    world.second.faults["DELETE /images"] = (409, "conflict: image is being used")
    status, document = world.go(*AUTH)
    assert status == 1
    assert world.second.address in document["left"]
    assert "still has" in world.step(document, "clean")["cause"]


def test_clean_removes_what_killed_runs_left_and_nothing_else(world: World) -> None:
    for engine in (world.first, world.second):
        engine.add(("sha256:1",), {LABEL: "20261127t000000z-00000001"}, "", "left:1")
        engine.add(("sha256:2",), {LABEL: "20261127t000000z-00000002"}, "", "left:2")
        engine.add(("sha256:3",), {}, "", "mine:1")
        engine.containers["c1"] = {"labels": {LABEL: "20261127t000000z-00000001"}}
    for tag in ("20261127t000000z-00000001", "20261127t000000z-00000002", "somebody-elses"):
        world.registry.store(tag, {"of": tag}, None)
    one = ("--clean", "--run", "20261127t000000z-00000001")
    status, _ = world.type(world.project, *world.hosts, *one)
    assert (status, len(world.first.left), len(world.second.left)) == (0, 2, 2)
    assert list(world.registry.tags) == ["20261127t000000z-00000002", "somebody-elses"]
    status, text = world.type(world.project, *world.hosts, "--clean")
    assert (status, len(world.first.left), len(world.second.left)) == (0, 1, 1)
    assert list(world.registry.tags) == ["somebody-elses"]
    assert "Nothing that it made is left." in text


def test_clean_needs_no_registry(world: World) -> None:
    world.first.add(("sha256:1",), {LABEL: "20261127t000000z-00000001"}, "")
    status, text = world.type("--clean", "--engine-host", world.first.address)
    assert (status, world.first.left, world.registry.asked) == (0, [], [])
    assert "registry:" not in text


# -- what is typed, and what is there ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "is no project of a registry; write HOST[:PORT]/PROJECT"),
        (("https://harbor.example.com/library",), "https://harbor.example.com/library: a registry is named without https://"),
        (("harbor.example.com",), "harbor.example.com: is no project of a registry"),
        (("library/app",), "library/app: is no project of a registry"),
        (("harbor.example.com/library/app:1",), "is no project of a registry"),
        (("harbor.example.com/Library",), "cannot be part of an image's name"),
        (("harbor.example.com/li brary",), "cannot be part of an image's name"),
        ((f"me:{PASSWORD}@harbor.example.com/library",), "is no project of a registry"),
        ((f"https://me:12/{PASSWORD}@harbor.example.com/library",), "https://REDACTED@harbor.example.com: a"),
        (("harbor.example.com/library", "--size", "0"), "--size 0: is no number from 1 to 512"),
        (("harbor.example.com/library", "--size", "1e9"), "--size REDACTED: is no number"),
        (("harbor.example.com/library", "--timeout", "soon"), "--timeout soon: is no number"),
        (("harbor.example.com/library", "--username", USER), "--username: goes with one of --password-env"),
        (("harbor.example.com/library", "--password-env", "TRIP_PASSWORD"), "--username: goes with"),
        (("harbor.example.com/library", "--username", USER, "--password-env", "NO_SUCH"), "NO_SUCH is not set"),
        (("harbor.example.com/library", "--username", "a:b", "--password-env", "TRIP_PASSWORD"), "a name has no colon"),
        (("harbor.example.com/library", "--engine-host", "snapshot:x"), "no engine can be talked to there"),
        (("harbor.example.com/library", "--engine-host", "web1"), "web1: no scheme"),
        (("harbor.example.com/library", "--engine-host", "tcp://192.0.2.1:2375"), "192.0.2.1:2375: is not encrypted"),
        (("harbor.example.com/library", "--engine-host", "local://", "--engine-host", "local://"), "is named twice"),
        (("harbor.example.com/library", "--ca-file", "/etc/hostname"), "holds no certificate in PEM"),
        (("harbor.example.com/library", "--run", "20261127t000000z-00000001"), "goes with --clean"),
        (("harbor.example.com/library", "--json", "/dev/null"), "--json /dev/null: is a device"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_sentence_before_anything_is_done(
    world: World, words: tuple[str, ...], told: str
) -> None:
    status, text = world.type(*words)
    assert status == 4
    assert told in text
    assert text.count("\n") == 1
    assert world.first.asked == []


def test_an_engine_that_is_not_there_is_told_and_undecided(world: World) -> None:
    nowhere = f"unix://{world.folder}/nowhere.sock"
    path = world.folder / "results.json"
    hosts = ("--engine-host", nowhere, "--engine-host", world.first.address)
    status, text = world.type(world.project, *hosts, "--size", "1", *AUTH, "--results", str(path))
    assert status == 6
    assert f"dockworthy: {nowhere}: the engine cannot be reached (No such file or directory): start it, or name" in text
    results = read_results(path)
    assert [(one.check, one.outcome) for one in results.results if one.host == nowhere] == [("host.reachable", "error")]
    assert not [one for one in results.results if one.outcome == "fail"]
    status, text = world.type(world.project, "--engine-host", nowhere, *AUTH)
    assert (status, world.registry.tags) == (6, {})


def test_one_engine_by_two_names_is_refused_before_anything_is_made(world: World) -> None:
    link = world.folder / "c.sock"
    link.symlink_to(world.first.socket)
    status, text = world.type(world.project, *world.hosts, "--engine-host", f"unix://{link}", *AUTH)
    assert status == 4
    assert f"c.sock: is the engine of {world.first.address}; name each engine once." in text
    assert not [asked for asked in world.first.asked if asked.method != "GET"]


def test_an_engine_that_goes_away_on_the_way_is_undecided_and_told_how_to_be_cleaned(world: World) -> None:
    def end() -> None:
        world.second.faults["GET /version"] = (503, "shutting down")
        raise ConnectionError

    world.second.hooks["POST /images/create"] = end
    status, document = world.go(*AUTH)
    found = world.outcomes(document)
    assert (status, found["pull"], found["clean"]) == (6, ["pass", "error"], ["pass", "error", "pass"])
    assert world.step(document, "clean")["fix"].endswith(f"--clean --engine-host {world.second.address}")
    assert world.step(document, "pull")["cause"].startswith("the connection to the engine broke")


def test_what_answers_and_is_no_engine_is_one_sentence(world: World) -> None:
    world.first.faults["GET /version"] = (404, "page not found")
    status, text = world.type(world.project, "--engine-host", world.first.address, *AUTH)
    assert status == 6
    assert "Traceback" not in text


# -- credentials ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_password_file_that_others_may_read_is_refused(world: World, mode: int) -> None:
    path = world.folder / "password"
    path.write_text(PASSWORD + "\n")
    path.chmod(mode)
    status, text = world.type(world.project, *world.hosts, "--username", USER, "--password-file", str(path))
    assert (status, world.first.asked) == (4, [])
    assert f"--password-file: {path} can be read by others ({mode:04o}); chmod 600 it." in text


@pytest.mark.parametrize("kind", ["fifo", "folder", "absent", "empty", "bytes", "control"])
def test_what_holds_no_password_is_one_sentence_and_not_waited_for(world: World, kind: str) -> None:
    path = world.folder / "password"
    if kind == "fifo":
        os.mkfifo(path, 0o600)
    elif kind == "folder":
        path.mkdir(mode=0o700)
    elif kind != "absent":
        path.write_bytes({"empty": b"\n", "bytes": b"\xff\n", "control": b"a\x1bb\n"}[kind])
        path.chmod(0o600)
    status, text = world.type(world.project, *world.hosts, "--username", USER, "--password-file", str(path))
    assert (status, text.count("\n"), world.first.asked) == (4, 1, [])


def test_the_first_line_of_a_file_is_the_password(world: World) -> None:
    path = world.folder / "password"
    path.write_text(f"{PASSWORD}\na remark\n")
    path.chmod(0o600)
    status, _ = world.go("--username", USER, "--password-file", str(path))
    assert status == 0
    assert world.first.credentials()[0]["password"] == PASSWORD


def _client(world: World, config: dict[str, Any]) -> None:
    (world.folder / "client/config.json").write_text(json.dumps(config))


def test_without_any_the_docker_clients_own_are_taken(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    _client(world, {"auths": {world.registry.authority: {"auth": pair}}})
    assert world.go()[0] == 0
    helper = world.folder / "docker-credential-test"
    told = json.dumps({"ServerURL": "x", "Username": USER, "Secret": PASSWORD})
    helper.write_text(f"#!/bin/sh\ncat >/dev/null\necho '{told}'\n")
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{world.folder}:{os.environ['PATH']}")
    _client(world, {"credHelpers": {world.registry.authority: "test"}})
    assert world.go()[0] == 0
    sent = world.first.credentials() + world.second.credentials()
    assert {(one["username"], one["password"]) for one in sent} == {(USER, PASSWORD)}


def test_nobody_logs_in_where_there_are_none(world: World) -> None:
    status, document = world.go()
    assert (status, world.outcomes(document)["login"]) == (0, ["skip", "skip"])
    assert world.first.credentials() == [{}, {}]  # for the push and the pull


@pytest.mark.parametrize("entry", [{"auth": "bm9jb2xvbg=="}, {"auth": "%%%"}, "text"])
def test_a_clients_configuration_that_cannot_be_read_is_one_sentence(world: World, entry: Any) -> None:
    _client(world, {"auths": {world.registry.authority: entry}})
    status, text = world.type(world.project, *world.hosts)
    assert (status, world.first.asked) == (4, [])
    assert "the docker client's credentials" in text


def test_the_repository_is_one_of_its_own(world: World) -> None:
    _, document = world.go(*AUTH)
    assert document["reference"] == f"{world.project}/{NAME}:{document['run']}"
