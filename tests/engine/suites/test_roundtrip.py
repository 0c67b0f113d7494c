"""``dockworthy roundtrip`` between two real engines, 26.1.5 and 28.5.2, and a real registry with TLS and tokens.

The command runs where the first engine does, and reaches the second by ssh; engines and registry are on networks of
their own, and no name leads to 127/8, which an engine never verifies.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from dockworthy.results.model import schema
from dockworthy.roundtrip.image import LABEL
from dockworthy.roundtrip.steps import KINDS
from dockworthy.roundtrip.trip import NAME as IMAGE
from tests.engine.doors import door, through
from tests.engine.harness import BUSYBOX, Engine, only_child
from tests.engine.nodes import NAME, PASSWORD, USER, Node, Settings, Wires

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FIRST, SECOND = "10.231.7.2", "10.231.7.3"
OTHER = "ssh://root@web2"
PROJECT = f"{NAME}/private"
REPOSITORY = f"private/{IMAGE}"
ROOTS = "/etc/ssl/certs/ca-certificates.crt"
AUTH = ("--username", USER, "--password-env", "TRIP_PASSWORD")


@dataclass
class World:
    """Two engines, a registry, the way from one to the other, and the command."""

    wires: Wires
    node: Node
    first: Engine
    second: Engine
    folder: Path

    @property
    def hosts(self) -> tuple[str, ...]:
        return ("--engine-host", "local://", "--engine-host", OTHER, *through(self.folder))

    def start(self, *words: str, **variables: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "dockworthy", "roundtrip", *words]
        env = {**self.first._environment(None), "TRIP_PASSWORD": PASSWORD, **variables}
        return subprocess.Popen(
            self.first.entered(command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env
        )

    def type(self, *words: str) -> tuple[int, str]:
        """Exit status and what is printed, in which no password is."""
        process = self.start(*words)
        out, err = process.communicate(timeout=300)
        assert PASSWORD not in out + err
        assert "Traceback" not in err
        return process.returncode, out + err

    def go(self, *words: str) -> tuple[int, dict[str, Any]]:
        """The same with the document."""
        status, text = self.type(*words, "--json")
        document: dict[str, Any] = json.loads(text)
        return status, document

    def left(self) -> list[str]:
        """What the engines have that a round trip made."""
        label = f"label={LABEL}"
        return [
            line
            for engine in (self.first, self.second)
            for kind in (("ps", "-aq"), ("images", "-aq"))
            for line in engine.docker(*kind, "--filter", label).split()
        ]

    def started_until(self, check: str, *words: str) -> subprocess.Popen[str]:
        """The command under way, as soon as it has told of this step."""
        path = self.folder / "results.json"
        lines = path.with_suffix(".jsonl")
        lines.unlink(missing_ok=True)
        process = self.start(*words, "--results", str(path))
        for _ in range(6000):
            if lines.exists() and f'"check":"{check}"' in lines.read_text():
                return process
            assert process.poll() is None, process.communicate()
            time.sleep(0.01)
        raise AssertionError(f"{check} was not told of")


@contextmanager
def opened(folder: Path, root: Path) -> Iterator[World]:
    """The world, with the second engine in this root file system."""
    with (
        Wires() as wires,
        Node(wires, "10.231.7.11") as node,
        Engine(isolated=True, start=False) as first,
        Engine(system=root, start=False) as second,
    ):
        first.run("sh", "-c", f"echo {SECOND} web2 >>/etc/hosts")
        for engine, address in ((first, FIRST), (second, SECOND)):
            wires.join(engine._inside, address)
            node.trusted_by(engine)
            engine.start()
        way = door(second, folder, SECOND, "web2")
        try:
            yield World(wires, node, first, second, folder)
        finally:
            way.terminate()
            way.wait(30)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, root_of: Callable[[str], Path]) -> Iterator[World]:
    with opened(tmp_path_factory.mktemp("roundtrip"), root_of("sid")) as world:
        yield world


@pytest.fixture(autouse=True)
def nothing_left(world: World) -> Iterator[None]:
    """The registry as it is by default before, nothing of a round trip after each."""
    world.node.start(Settings())
    yield
    assert world.left() == []
    assert world.node.tags(REPOSITORY) == []


def test_an_image_travels_between_two_engines_and_nothing_is_left(world: World) -> None:
    world.first.image()
    before = [engine.docker("images", "-aq") for engine in (world.first, world.second)]
    status, text = world.type(PROJECT, *world.hosts, *AUTH)
    assert status == 0, text
    for release in ("26.1.5", "28.5.2"):
        assert f"{release}+dfsg" in text
    rows = [row for row in text.splitlines() if row.startswith("│ ")]
    assert [row.split()[1] for row in rows] == list(KINDS)
    assert not [row for row in rows if "FAILED" in row or "undecided" in row]
    assert ", the same in the registry and on 2 engines\n" in text
    assert "Nothing that it made is left." in text
    assert [engine.docker("images", "-aq") for engine in (world.first, world.second)] == before
    assert world.node.manifests(REPOSITORY) == world.node.uploads(REPOSITORY) == []
    world.first.docker("rmi", "-f", BUSYBOX)


def test_the_results_are_valid_and_one_engine_is_enough(world: World) -> None:
    path = world.folder / "one.json"
    status, document = world.go(PROJECT, *AUTH, "--size", "2", "--results", str(path))
    assert (status, document["left"]) == (0, [])
    assert document["digest"] in {step["observed"] for step in document["steps"] if step["step"] == "pull"}
    record = json.loads(path.read_text())
    jsonschema.validate(record, schema())
    assert {result["outcome"] for result in record["results"]} == {"pass"}
    assert PASSWORD not in path.read_text()


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_two_image_stores_agree(world: World, order: tuple[int, int]) -> None:
    """One engine keeps images by their manifests, the other by their configurations; the layers are the same."""
    second = world.second
    second.run("cp", ROOTS, f"{ROOTS}.before")
    second.run(
        "sh", "-c", f"cat >>{ROOTS}", stdin=world.node.authority.pem
    )  # for the token: certs.d is not asked there
    second.restart({"features": {"containerd-snapshotter": True}})
    try:
        hosts, ssh = (("local://", OTHER), world.hosts[4:])
        named = [word for number in order for word in ("--engine-host", hosts[number])]
        status, document = world.go(PROJECT, *named, *ssh, *AUTH, "--size", "2")
        assert status == 0, json.dumps([step for step in document["steps"] if step["outcome"] == "fail"])
        stores = {engine["about"].partition(", ")[2] for engine in document["engines"]}
        assert stores == {"classic store", "containerd store"}
        assert world.left() == []
    finally:
        second.run("mv", f"{ROOTS}.before", ROOTS)
        second.restart({})


@pytest.mark.parametrize("suite", ["bullseye", "bookworm"])
def test_an_older_engine_builds_for_a_newer_one(world: World, root_of: Callable[[str], Path], suite: str) -> None:
    with Engine(system=root_of(suite), start=False) as older:
        world.wires.join(older._inside, "10.231.7.4")
        world.node.trusted_by(older)
        older.start()
        hosts = ("--engine-host", f"unix://{older.socket}", "--engine-host", "local://")
        status, document = world.go(PROJECT, *hosts, *AUTH, "--size", "2")
        assert status == 0, json.dumps([step for step in document["steps"] if step["outcome"] == "fail"])
        assert document["engines"][0]["version"].startswith("20.10.")
        assert older.docker("images", "-aq") == older.docker("ps", "-aq") == ""


FAULTS: dict[str, tuple[Settings, str, str]] = {
    "a limit of nginx": (Settings(body="1m"), "push", "refuses requests as large as a layer (413)"),
    "the scheme is lost": (
        Settings(headers={"Host": "$http_host"}), "push", f"tells clients to upload to http://{NAME}:",
    ),
    "the name is lost": (
        Settings(headers={"X-Forwarded-Proto": "$scheme"}), "push", "does not pass on the Host",
    ),
    "another port is named": (
        Settings(headers={"Host": "$host:8443", "X-Forwarded-Proto": "$scheme"}), "push", f"https://{NAME}:8443",
    ),
    "the registry is down": (
        Settings(locations="location ~ /blobs/uploads/ { return 502; }"), "push", "502, 503 or 504",
    ),
    "the path is lost": (
        Settings(relative=True, locations="location ~ /blobs/uploads/. { return 404; }"), "upload", "404",
    ),
    "clocks differ": (Settings(clock=3600), "login", "does not accept the token"),
    "another may push": (Settings(projects={"private": {"writers": ["someone"]}}), "push", "there is no such project"),
    "there is no project": (Settings(projects={}), "push", "there is no such project"),
    "another password": (Settings(users={USER: "another"}), "login", "refuses the user and password"),
    "deleting is off": (Settings(deletes=False), "clean", "does not allow deleting (405)"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_before_the_registry_is_named(world: World, name: str) -> None:
    settings, kind, why = FAULTS[name]
    world.node.start(settings)
    status, document = world.go(PROJECT, *AUTH, "--size", "2")
    failed = [step for step in document["steps"] if step["step"] == kind and step["outcome"] == "fail"]
    assert status == 1
    assert [step for step in failed if why in step["cause"]], document["steps"]
    if not settings.deletes:
        world.node.start(replace(settings, deletes=True))
        assert world.type(PROJECT, *AUTH, "--clean")[0] == 0


def test_relative_places_are_as_good(world: World) -> None:
    world.node.start(Settings(relative=True))
    assert world.type(PROJECT, *AUTH, "--size", "2")[0] == 0


def test_an_engine_that_does_not_trust_the_registry_is_told_so_in_the_words_of_trust(world: World) -> None:
    folder = f"/etc/docker/certs.d/{NAME}"
    world.second.run("rm", "-rf", folder)
    try:
        status, document = world.go(PROJECT, *world.hosts, *AUTH, "--size", "2")
    finally:
        world.second.write(f"{folder}/ca.crt", world.node.authority.pem)
    step = next(step for step in document["steps"] if step["outcome"] == "fail")
    assert (status, step["step"], step["place"]) == (1, "login", OTHER)
    assert (step["verdict"], step["fix"].splitlines()[0]) == ("unknown-authority", f"mkdir -p {folder}")
    assert f"is trusted neither by {folder} nor by the system's roots" in step["cause"]
    assert [step["outcome"] for step in document["steps"] if step["step"] == "pull"] == ["error", "pass"]


def test_a_token_service_that_only_a_push_does_not_trust_is_told_by_trust_too(world: World) -> None:
    """With containerd's store an engine logs in by certs.d, and asks for a push's token by the system's roots."""
    world.second.restart({"features": {"containerd-snapshotter": True}})
    try:
        status, document = world.go(PROJECT, "--engine-host", OTHER, *world.hosts[4:], *AUTH, "--size", "2")
        assert world.left() == []
    finally:
        world.second.restart({})
    outcomes = {step["step"]: step["outcome"] for step in document["steps"]}
    step = next(step for step in document["steps"] if step["step"] == "push")
    assert (status, outcomes["login"], outcomes["upload"], outcomes["push"]) == (1, "pass", "pass", "fail")
    assert step["verdict"] == "unknown-authority"
    assert "the token service" in step["cause"]
    assert step["fix"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_ended_in_the_middle_of_a_push_it_leaves_nothing(world: World, number: signal.Signals) -> None:
    process = world.started_until("roundtrip.upload-in-pieces", PROJECT, *world.hosts, *AUTH, "--size", "96")
    time.sleep(0.3)  # into the push, which takes seconds
    os.kill(only_child(process.pid), number)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 2, out + err
    assert err == "dockworthy: interrupted.\n"
    assert "Nothing that it made is left." in out


@pytest.mark.parametrize("check", ["roundtrip.upload-in-pieces", "roundtrip.digest-kept", "roundtrip.container-runs"])
def test_killed_it_leaves_what_clean_removes(world: World, check: str) -> None:
    process = world.started_until(check, PROJECT, *world.hosts, *AUTH, "--size", "24")
    child = only_child(process.pid)
    os.kill(child, signal.SIGKILL)
    process.communicate(timeout=120)
    if check != "roundtrip.digest-kept":  # then the image goes, so that each engine really pulls it
        assert world.left()
    if check != "roundtrip.upload-in-pieces":
        assert len(world.node.tags(REPOSITORY)) == 1
    time.sleep(1)  # what the engine was at ends with its connection
    status, text = world.type(PROJECT, *world.hosts, *AUTH, "--clean")
    assert status == 0, text
    assert "Nothing that it made is left." in text
