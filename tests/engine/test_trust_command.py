"""``dockworthy trust`` beside a real engine and a real registry with TLS: both say the same, and no key comes out.

The set-up is the one of the usual recipe: a CA and a server's certificate made with openssl, the registry
behind it, and the certificates copied to the client as the recipe says. The name maps to 0.0.0.0, which reaches the
loopback and is not in 127/8, so that the engine verifies.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.messages import classify
from tests.engine.harness import Engine
from tests.engine.registries import Registries

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOST = "harbor.k8scat.test"
OTHER = "other.k8scat.test"
FOLDER = f"/etc/docker/certs.d/{HOST}"
IMAGE = f"{HOST}/tiny:1"
PASSPHRASE = "canary-passphrase-hunter2"
RECIPE = f"""
set -e
openssl genrsa -out ca.key 2048
openssl req -x509 -new -nodes -sha512 -days 3650 \
    -subj "/C=CN/ST=Shenzhen/L=Shenzhen/O=example/OU=Personal/CN=k8scat.test" -key ca.key -out ca.crt
openssl genrsa -out {HOST}.key 2048
openssl req -sha512 -new -subj "/C=CN/ST=Shenzhen/L=Shenzhen/O=example/OU=Personal/CN={HOST}" \
    -key {HOST}.key -out {HOST}.csr
printf '%s\n' 'authorityKeyIdentifier=keyid,issuer' 'basicConstraints=CA:FALSE' \
    'keyUsage = digitalSignature, nonRepudiation, keyEncipherment, dataEncipherment' \
    'extendedKeyUsage = serverAuth' 'subjectAltName = @alt_names' '[alt_names]' 'DNS.1={HOST}' >v3.ext
openssl x509 -req -sha512 -days 3650 -extfile v3.ext -CA ca.crt -CAkey ca.key -CAcreateserial \
    -in {HOST}.csr -out {HOST}.crt
openssl x509 -inform PEM -in {HOST}.crt -out {HOST}.cert
openssl x509 -in ca.crt -outform DER -out ca.der
openssl pkey -in {HOST}.key -aes256 -passout pass:{PASSPHRASE} -out locked.key
"""


class World:
    """The engine, its registry, and the files that the recipe made."""

    def __init__(self, registries: Registries, folder: Path) -> None:
        self.registries, self.folder = registries, folder
        self.engine = registries.engine

    def text(self, name: str) -> str:
        return (self.folder / name).read_text()

    def lay_out(self, files: dict[str, str | bytes], folder: str = HOST) -> None:
        """Put files into the registry's folder, in place of what was there."""
        self.registries.lay_out([])
        self.engine.run("mkdir", "-p", f"/etc/docker/certs.d/{folder}")
        for name, content in files.items():
            self.engine.run("dd", f"of=/etc/docker/certs.d/{folder}/{name}", "status=none", stdin=content)

    def recipe(self) -> dict[str, str | bytes]:
        """What the recipe copies to the client."""
        names = ("ca.crt", f"{HOST}.cert", f"{HOST}.key")
        return {name: self.text(name) for name in names}

    def serve(self, front: str = "registry") -> None:
        self.registries.stop_servers()
        chain, key = self.text(f"{HOST}.crt"), self.text(f"{HOST}.key")
        server = {"listen_port": 443, "front": front, "chain_pem": chain, "key_pem": key}
        self.registries.serve({**server, "client_ca_pem": "", "nginx": ""})

    def trust(self, *arguments: str) -> tuple[int, str]:
        """Exit status and output of the command, run where the engine runs."""
        return self.command("trust", *arguments)

    def command(self, *arguments: str) -> tuple[int, str]:
        """The same of any command."""
        command = self.engine.entered([sys.executable, "-m", "dockworthy", *arguments])
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=120, env=self.engine._environment(None)
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout + done.stderr

    def answer(self, *arguments: str) -> tuple[int, dict[str, Any]]:
        """The same as JSON."""
        status, text = self.trust(*arguments, "--format", "json")
        return status, json.loads(text)

    def pull(self, reference: str = IMAGE) -> str:
        """The class of what the engine itself says."""
        said = self.said(reference)
        return classify(said) if said else "ok"

    def said(self, reference: str = IMAGE) -> str:
        """What the engine itself says of a pull; nothing where it works."""
        done = self.engine.run("docker", "pull", "-q", reference, check=False)
        self.engine.docker("rmi", "-f", reference, check=False)
        return "" if done.returncode == 0 else str(done.stderr)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("recipe")
    subprocess.run(["sh", "-c", RECIPE], cwd=folder, check=True, capture_output=True)
    with Engine(isolated=True, start=False) as engine:
        registries = Registries(engine, {HOST: ["0.0.0.0"], OTHER: ["0.0.0.0"]})  # noqa: S104 - it reaches the loopback
        made = World(registries, folder)
        made.serve()
        yield made
        registries.close()


def test_the_recipe_works_and_the_picture_shows_why(world: World) -> None:
    world.lay_out(world.recipe())
    assert world.pull() == "ok"
    status, found = world.answer(IMAGE)
    assert (status, found["verdict"], found["directory"]) == (0, "ok", FOLDER)
    assert [one["served"] for one in found["chain"]] == [1, None]
    assert found["chain"][1]["files"] == [f"{FOLDER}/ca.crt"]
    status, text = world.trust(IMAGE)
    assert status == 0
    assert "verdict  ok" in text
    assert f"{FOLDER}/ca.crt" in text
    assert "days left" in text


FAULTS = {
    "the step from .crt to .cert is left out": ["ca.crt", f"{HOST}.crt", f"{HOST}.key"],
    "the CA is missing": [f"{HOST}.cert", f"{HOST}.key"],
    "the CA is named .cert": ["ca.crt=ca.cert"],
    "the CA is DER": ["ca.der=ca.crt"],
    "the CA is named .pem": ["ca.crt=ca.pem"],
    "the key has a passphrase": ["ca.crt", f"{HOST}.cert", f"locked.key={HOST}.key"],
    "the key is the CA's": ["ca.crt", f"{HOST}.cert", f"ca.key={HOST}.key"],
    "the CA's key lies beside it": ["ca.crt", "ca.key"],
    "the server's own certificate is trusted": [f"{HOST}.crt=ca.crt"],
    "the CA alone": ["ca.crt"],
    "nothing": [],
}


@pytest.mark.parametrize("fault", ["the CA is missing", "the CA is named .cert", "the key has a passphrase"])
def test_what_the_engine_prints_leads_to_the_cause_and_a_mended_host_to_none(world: World, fault: str) -> None:
    pairs = [name.partition("=") for name in FAULTS[fault]]
    world.lay_out({put or name: world.text(name) for name, _, put in pairs})
    said = world.said()
    status, text = world.command("why", "--format", "json", said, "local://")
    found = json.loads(text)
    assert (status, found["verdict"]) == (0, classify(said))
    cause = found["causes"][0]
    assert (cause["check"], cause["param"]) == ("trust.registry-verifies", HOST)
    assert cause["observed"]["verdict"] == found["verdict"]
    assert cause["fix"]
    world.lay_out(world.recipe())
    status, text = world.command("why", said, "local://")
    assert status == 1
    assert "Nothing here explains it" in text


@pytest.mark.parametrize("names", FAULTS.values(), ids=FAULTS.keys())
def test_command_and_engine_say_the_same_of_the_folder(world: World, names: list[str]) -> None:
    pairs = [name.partition("=") for name in names]
    world.lay_out({new or old: (world.folder / old).read_bytes() for old, _, new in pairs})
    real = world.pull()
    status, found = world.answer(IMAGE)
    assert found["verdict"] == real
    assert status == (0 if real == "ok" else 1)
    assert bool(found["fix"]) == (real != "ok")


@pytest.mark.parametrize(
    ("reference", "front"),
    [
        (f"{OTHER}/tiny:1", "registry"),
        (f"{HOST}:444/tiny:1", "registry"),
        (f"{HOST}:443/tiny:1", "registry"),
        (f"nosuch.{HOST}/tiny:1", "registry"),
        (IMAGE, "http"),
        (IMAGE, "none"),
        ("Harbor/x:1:2", "registry"),
        ("127.0.0.1:5999/tiny:1", "registry"),
    ],
)
def test_command_and_engine_say_the_same_of_the_reference(world: World, reference: str, front: str) -> None:
    world.lay_out(world.recipe())
    world.serve(front)
    try:
        assert world.answer(reference)[1]["verdict"] == world.pull(reference)
    finally:
        world.serve()


def test_no_key_and_no_passphrase_comes_out(world: World) -> None:
    world.lay_out(world.recipe() | {"locked.key": world.text("locked.key"), "both.crt": world.text("ca.key")})
    secrets = [PASSPHRASE]
    for name in ("ca.key", f"{HOST}.key", "locked.key"):
        secrets += [line for line in world.text(name).splitlines() if len(line) > 40 and "-----" not in line]
    snapshot = world.engine.snapshot(registries=[HOST])
    outputs = [world.trust(IMAGE)[1], world.trust(IMAGE, "--format", "json")[1]]
    outputs += [section.text for section in snapshot.sections.values()]
    assert len(secrets) > 50
    assert not [secret for secret in secrets for output in outputs if secret in output]


def test_another_engines_rules_are_asked_for_by_its_version(world: World) -> None:
    """A lone key ends a pull by the classic loader; containerd's, which a fresh Engine 29 has, passes it over."""
    world.lay_out({"ca.crt": world.text("ca.crt"), "ca.key": world.text("ca.key")})
    assert world.answer(IMAGE)[1]["verdict"] == "missing-cert"
    found = world.answer(IMAGE, "--engine", "29.0.0")[1]
    assert found["engine"].startswith("Docker Engine 29.0.0")
    status, text = world.trust(IMAGE, "--engine", "newest")
    assert status == 4
    assert "--engine newest" in text


def test_without_openssl_on_the_target_the_chain_is_fetched_from_here(world: World) -> None:
    world.engine.run("mount", "--bind", "/dev/null", "/usr/bin/openssl")
    try:
        world.lay_out({"ca.crt": world.text("ca.crt")})
        status, found = world.answer(IMAGE)
        world.lay_out(world.recipe())
        with_key = world.answer(IMAGE)
    finally:
        world.engine.run("umount", "/usr/bin/openssl")
    assert (status, found["verdict"], len(found["chain"])) == (0, "ok", 2)
    assert "fetched from this machine" in found["notes"][0]
    # Whether a key belongs to its certificate is decided on the host, and nothing there can tell.
    assert (with_key[0], with_key[1]["verdict"]) == (6, None)


def test_a_root_that_the_system_got_after_the_start_needs_a_restart(world: World) -> None:
    """As ``update-ca-certificates`` does it: the file in its folder, and its text in the bundle."""
    world.lay_out({})
    bundle, local = "/etc/ssl/certs/ca-certificates.crt", "/usr/local/share/ca-certificates"
    before = world.engine.run("cat", bundle).stdout
    assert world.pull() == "unknown-authority"
    world.engine.run("mount", "-t", "tmpfs", "tmpfs", local)
    try:
        world.engine.run("dd", f"of={local}/own.crt", "status=none", stdin=world.text("ca.crt"))
        world.engine.run("sh", "-c", f"cat >>{bundle}", stdin=world.text("ca.crt"))
        status, found = world.answer(IMAGE)
        assert (status, found["verdict"]) == (1, world.pull())
        assert "systemctl restart docker" in found["fix"]
        world.engine.restart()
        assert world.pull() == world.answer(IMAGE)[1]["verdict"] == "ok"
    finally:
        world.engine.run("umount", local)
        world.engine.run("dd", f"of={bundle}", "status=none", stdin=before)
        world.engine.restart()


@pytest.mark.parametrize("target", ["docker://no-such-container-here", "ssh://nobody@127.0.0.1:9"])
def test_a_host_that_cannot_be_looked_at_ends_with_6(world: World, target: str) -> None:
    assert world.trust(IMAGE, target)[0] == 6
