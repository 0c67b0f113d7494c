"""``--apply`` beside a real engine: what is said of a file before, and what comes of really putting it there.

Each row is judged as if its file lay on the host as it was recorded first; then the file is put there, the engine is
restarted where it reads it at its start, and the host is judged as it is.
"""

from __future__ import annotations

import json
import shutil
import sys
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.facts.facts import Facts
from dockworthy.profile.loader import load_profile
from dockworthy.profile.locate import checks_folder
from dockworthy.run.applying import applied_of
from dockworthy.run.hosts import RunHost
from dockworthy.run.judging import judge_host
from dockworthy.run.loading import load_checks
from tests.engine.harness import Engine, EngineDidNotStart
from tests.engine.registries import CERTS_D, Registries
from tests.trust.pki import issue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from cryptography.x509 import ObjectIdentifier

    from dockworthy.snapshot import Snapshot

NAME = "zero.test"
REGISTRY = f"{NAME}:5443"
FLAG = "--log-level=info"
VERIFIES = ("trust.registry-verifies", REGISTRY)
# What speaks of the difference between now and the next start, and of the moment.
_OF_TODAY = {"daemon.no-drift", "daemon.upgrade-keeps-settings", "trust.clock-right"}
_FOUND = {"daemon.no-aufs", "daemon.no-devicemapper"}  # which driver it is shows when the engine has chosen it
Said = dict[tuple[str, "str | None"], Any]

ROOT, OTHER = issue("What-if root", ca=True), issue("Another root", ca=True)
LEAF = issue(NAME, ROOT, dns=[NAME])


class World:
    """An engine, a registry that a CA of its own vouches for, and the host as it was recorded before anything."""

    def __init__(self, engine: Engine, registries: Registries, folder: Path) -> None:
        self.engine, self.registries, self.folder = engine, registries, folder
        self.before = self.recorded()

    def recorded(self) -> Snapshot:
        return self.engine.snapshot(registries=[REGISTRY])

    def said(self, snapshot: Snapshot, *given: str) -> Said:
        """What the checks of the engine's settings and of trust say of the host, perhaps with files."""
        now = datetime.now(tz=timezone.utc)
        host = RunHost("engine", "local://", load_profile("base"), snapshot, now, applied=applied_of(given))
        chosen = [one for one in load_checks(checks_folder()).values() if one.topic in {"daemon", "trust"}]
        records = judge_host(host, [one for one in chosen if one.id not in _OF_TODAY])
        return {
            (one["check"], one["param"]): (one["outcome"], None if one["check"] in _FOUND else one["observed"])
            for one in records
            if not gone(one)
        }

    def given(self, name: str, text: str) -> str:
        """A file beside the host, by its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    def back(self) -> None:
        """The host as it was recorded."""
        self.engine.run("rm", "-rf", CERTS_D, "/usr/local/share/ca-certificates/what-if.crt")
        self.engine.configure({})
        if self.engine.pid:
            self.engine.stop()
        self.engine.start()


def gone(record: Mapping[str, Any]) -> bool:
    return bool(record["outcome"] == "skip" and record["reason_code"] == "absent")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with Engine(isolated=True, start=False, args=[FLAG]) as engine:
        engine.configure({})
        registries = Registries(engine, {NAME: ["0.0.0.0"]})  # noqa: S104 - it reaches the loopback
        try:
            registries.serve(
                {
                    "listen_port": 5443,
                    "front": "registry",
                    "chain_pem": LEAF.pem,
                    "key_pem": LEAF.key_pem(),
                    "client_ca_pem": "",
                    "nginx": "",
                }
            )
            yield World(engine, registries, tmp_path_factory.mktemp("given"))
        finally:
            registries.close()


STARTS = {
    "hardened": {"icc": False, "no-new-privileges": True, "live-restore": True, "userland-proxy": False},
    "drivers": {"log-driver": "local", "debug": True, "data-root": "/srv/docker", "labels": ["site=a"]},
    "registries": {"insecure-registries": [REGISTRY], "registry-mirrors": ["https://mirror.test:5444"]},
    "limits": {"default-ulimits": {"nofile": {"Name": "nofile", "Soft": 1024, "Hard": 4096}}, "experimental": True},
}
REFUSED = {
    "unknown": '{"icc": false, "bogus": 1}',
    "broken": '{"icc": false',
    "kind": '{"icc": "no"}',
    "flag-and-file": '{"log-level": "warn"}',
    "mirror": '{"registry-mirrors": ["mirror.test"]}',
    "log-option": '{"log-opts": {"no-such": "1"}}',
    "runtime": '{"default-runtime": "no-such"}',
}


@pytest.mark.parametrize("name", STARTS)
def test_a_file_that_starts_gives_the_verdicts_that_were_foretold(world: World, name: str) -> None:
    text = json.dumps(STARTS[name])
    foretold = world.said(world.before, f"daemon.json={world.given(f'{name}.json', text)}")
    try:
        world.engine.restart(text)
        came = world.said(world.recorded())
    finally:
        world.back()
    assert foretold == came
    assert foretold["daemon.starts-again", None][0] == "pass"


def test_the_default_bridge_becomes_what_was_foretold(world: World) -> None:
    text = json.dumps({"mtu": 1400, "icc": False, "ip-masq": False, "ip": "127.0.0.1", "bip": "10.9.0.5/24"})
    now = datetime.now(tz=timezone.utc)
    given = applied_of((f"daemon.json={world.given('bridge.json', text)}",))
    host = RunHost("engine", "local://", load_profile("base"), world.before, now, applied=given)
    try:
        world.engine.restart(text)
        came = Facts(world.recorded(), now)
    finally:
        world.back()
    foretold, real = (facts.networks.default_bridge for facts in (host.facts, came))
    assert foretold is not None
    assert real is not None
    assert foretold.options.value == real.options.value
    assert foretold.answer.content["IPAM"] == real.answer.content["IPAM"]


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_is_refused_is_refused_in_the_words_that_were_foretold(world: World, name: str) -> None:
    path = world.given(f"{name}.json", REFUSED[name])
    outcome, words = world.said(world.before, f"daemon.json={path}")["daemon.starts-again", None]
    assert outcome == "fail"
    world.engine.stop()
    try:
        world.engine.configure(REFUSED[name])
        with pytest.raises(EngineDidNotStart) as refused:
            world.engine.start()
    finally:
        world.back()
    assert words.strip() in str(refused.value).replace("\\n", "\n").replace('\\"', '"')


def pulls(world: World) -> str:
    """What the engine itself comes to."""
    return "pass" if world.registries.pull(f"{REGISTRY}/tiny:1").cls == "ok" else "fail"


@pytest.mark.parametrize(
    ("authority", "outcome"), [(ROOT.pem, "pass"), (OTHER.pem, "fail"), ("no PEM at all\n", "fail"), (None, "fail")]
)
def test_a_folder_of_certificates_makes_the_pull_that_was_foretold(
    world: World, authority: str | None, outcome: str
) -> None:
    world.folder.joinpath("certs.d").mkdir(exist_ok=True)
    shutil.rmtree(world.folder / "certs.d" / REGISTRY, ignore_errors=True)
    if authority is not None:
        world.given(f"certs.d/{REGISTRY}/ca.crt", authority)
    foretold = world.said(world.before, f"certs.d={world.folder / 'certs.d'}")
    try:
        if authority is not None:
            world.engine.write(f"{CERTS_D}/{REGISTRY}/ca.crt", authority, 0o444)
        came, pulled = world.said(world.recorded()), pulls(world)
    finally:
        world.back()
    assert (foretold[VERIFIES][0], pulled) == (outcome, outcome)
    assert foretold == came


def test_a_pair_that_was_never_presented_is_not_decided(world: World) -> None:
    """A server that insists on a client's certificate: what it says to one shows when it is presented."""
    client = issue("client", ROOT, usages=[_client()])
    clients = {"chain_pem": LEAF.pem, "key_pem": LEAF.key_pem(), "client_ca_pem": ROOT.pem, "nginx": ""}
    plain = {**clients, "client_ca_pem": ""}
    world.registries.stop_servers()
    world.registries.serve({"listen_port": 5443, "front": "registry", **clients})
    try:
        before = world.recorded()
        for file, text in (("ca.crt", ROOT.pem), ("client.cert", client.pem), ("client.key", client.key_pem())):
            world.given(f"pair/{REGISTRY}/{file}", text)
            world.engine.write(f"{CERTS_D}/{REGISTRY}/{file}", text, 0o400)
        assert world.said(before)[VERIFIES][0] == "fail"
        assert world.said(before, f"certs.d={world.folder / 'pair'}")[VERIFIES][0] == "error"
        assert (world.said(world.recorded())[VERIFIES][0], pulls(world)) == ("pass", "pass")
    finally:
        world.registries.stop_servers()
        world.registries.serve({"listen_port": 5443, "front": "registry", **plain})
        world.back()


def test_the_script_that_remediate_writes_brings_what_was_foretold(world: World) -> None:
    """The commands themselves, on the host: judged with the files, rolled out, restarted, judged again."""
    engine, folder = world.engine, world.folder
    given = (
        f"daemon.json={world.given('rolled.json', json.dumps(STARTS['hardened']))}",
        f"certs.d={world.folder / 'rolled'}",
    )
    world.given(f"rolled/{REGISTRY}/ca.crt", ROOT.pem)

    def command(*arguments: str) -> str:
        done = engine.run(sys.executable, "-m", "dockworthy", *arguments, check=False)
        assert done.returncode in {0, 1}, done.stderr
        return done.stdout

    def judged(name: str, *more: str) -> Said:
        results = folder / name
        chosen = ("--topic", "daemon", "--topic", "trust", "--topic", "file", "--registry", REGISTRY)
        command("check", *chosen, *more, "--results", str(results), "--output-dir", str(folder / "out"))
        records = json.loads(results.read_text())["results"]
        return {(one["check"], one["param"]): one["outcome"] for one in records if one["check"] not in _OF_TODAY}

    try:
        foretold = judged("foretold.json", *(word for text in given for word in ("--apply", text)))
        world.given("roll-out.sh", command("remediate", str(folder / "foretold.json")))
        done = engine.run("sh", str(folder / "roll-out.sh"), check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "take the changes into use in the place of: systemctl restart docker" in done.stdout
        engine.restart()
        came = judged("came.json")
        pulled = pulls(world)
        again = engine.run("sh", str(folder / "roll-out.sh"), check=False)
    finally:
        world.back()
    fixed = {key for key in came if foretold.get(key) == "fail" and came[key] == "pass"}  # by the other fixes
    assert {key: value for key, value in foretold.items() if key not in fixed} == {
        key: value for key, value in came.items() if key not in fixed
    }
    assert (came[VERIFIES], pulled) == ("pass", "pass")
    assert again.stdout.splitlines()[-1].startswith("0 changed"), again.stdout


def _client() -> ObjectIdentifier:
    from cryptography.x509.oid import ExtendedKeyUsageOID  # noqa: PLC0415 - heavy

    return ExtendedKeyUsageOID.CLIENT_AUTH


@pytest.mark.parametrize(("authority", "outcome"), [(ROOT, "pass"), (OTHER, "fail")], ids=["right", "wrong"])
def test_a_ca_in_the_systems_store_makes_the_pull_that_was_foretold(world: World, authority: Any, outcome: str) -> None:
    foretold = world.said(world.before, f"ca={world.given('ca.pem', authority.pem)}")
    try:
        world.engine.write("/usr/local/share/ca-certificates/what-if.crt", authority.pem)
        world.engine.run("update-ca-certificates")
        world.engine.restart()
        came, pulled = world.said(world.recorded()), pulls(world)
    finally:
        world.engine.run("rm", "/usr/local/share/ca-certificates/what-if.crt", check=False)
        world.engine.run("update-ca-certificates", "--fresh", check=False)
        world.back()
    assert (foretold[VERIFIES][0], pulled) == (outcome, outcome)
    assert foretold[VERIFIES] == came[VERIFIES]
