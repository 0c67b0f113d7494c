"""What is said of a registry is what the engine of each suite says when it pulls, by the loader of each image store."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.evidence import NotDecided
from dockworthy.facts.facts import Facts
from dockworthy.messages import classify
from tests.engine.harness import Engine
from tests.engine.registries import Registries
from tests.engine.roots import SUITES
from tests.replay_certsd import same_words
from tests.trust.pki import issue
from tests.trust.setups import FOLDER, HOST, REF, Layout, link, pki, server, special, text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NAMES = {HOST: ["0.0.0.0"]}  # noqa: S104 - reaches the loopback, and is not in 127/8, which no engine verifies
REGISTRY = REF.partition("/")[0]
STORES = [
    *[(suite, "graph") for suite in SUITES],
    *[(suite, "containerd") for suite in ("trixie", "sid")],
]
_LOOKS = 3
NO_CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"


def _setups() -> dict[str, tuple[Layout, dict[str, Any]]]:
    """Files in certs.d, and what answers."""
    root, other, client = pki().root, pki().other, pki().client
    right = text(f"{FOLDER}ca.crt", root.pem)
    pair = [text(f"{FOLDER}client.cert", client.pem), text(f"{FOLDER}client.key", client.key_pem())]
    asks = server(client_ca=root.pem)
    old = server(front="nginx", nginx="ssl_protocols TLSv1 TLSv1.1; ssl_ciphers DEFAULT@SECLEVEL=0;")
    hosts = f'server = "https://{REGISTRY}"\n[host."https://{REGISTRY}"]\nca = "{{}}"\n'
    return {
        "right CA": ([right], server()),
        "no folder": ([], server()),
        "wrong CA": ([text(f"{FOLDER}ca.crt", other.pem)], server()),
        "right CA in the folder without the port": ([text(f"{HOST}/ca.crt", root.pem)], server()),
        "a .crt that is text": ([right, text(f"{FOLDER}b.crt", "hello\n")], server()),
        "a .crt that does not parse": ([right, text(f"{FOLDER}b.crt", NO_CERTIFICATE)], server()),
        "a .crt that leads nowhere": ([right, link(f"{FOLDER}b.crt", "nowhere")], server()),
        "a .crt that is a folder": ([right, special(f"{FOLDER}b.crt", "dir")], server()),
        ".cert without .key": ([right, pair[0]], server()),
        ".key without .cert": ([right, pair[1]], server()),
        ".key that is none": ([right, pair[0], text(f"{FOLDER}client.key", "hello\n")], server()),
        "a client's pair": ([right, *pair], asks),
        "no client's pair": ([right], asks),
        "another name": ([right], server(issue("other.test", root, dns=["other.test"]))),
        "name in the subject alone": ([right], server(issue(HOST, root))),
        "expired": ([right], server(issue(HOST, root, dns=[HOST], start=-20, days=10))),
        "plain HTTP": ([right], server(front="http")),
        "TLS 1.1 at most": ([right], old),
        "hosts.toml names the right CA": (
            [text(f"{FOLDER}hosts.toml", hosts.format("right.pem")), text(f"{FOLDER}right.pem", root.pem)],
            server(),
        ),
        "hosts.toml names another than ca.crt": (
            [right, text(f"{FOLDER}hosts.toml", hosts.format("other.pem")), text(f"{FOLDER}other.pem", other.pem)],
            server(),
        ),
    }


SETUPS = _setups()


@dataclass
class Rig:
    """An engine with a registry around it."""

    engine: Engine
    registries: Registries

    def prepare(self, layout: Layout, answer: dict[str, Any]) -> None:
        """Lay the files out, and start the server."""
        self.registries.stop_servers()
        self.registries.lay_out(layout)
        self.registries.serve(answer)

    def said(self) -> tuple[str, str]:
        """The verdict's class and words, from a look at the host.

        A server that wants a certificate may reset the connection before its alert is read, which leaves the verdict
        open; a further look meets the alert.
        """
        for _ in range(_LOOKS):
            facts = Facts(self.engine.snapshot(registries=[REGISTRY]), datetime.now(tz=timezone.utc))
            with suppress(NotDecided):
                verdict = facts.registries.verdict(REF)
                return verdict.verdict, verdict.message
        pytest.fail(f"undecided at {_LOOKS} looks, one after the other")


@pytest.fixture(scope="module", params=STORES, ids="-".join)
def rig(request: pytest.FixtureRequest, root_of: Callable[[str], Path]) -> Iterator[Rig]:
    suite, store = request.param
    config = {"features": {"containerd-snapshotter": True}} if store == "containerd" else {}
    with Engine(system=root_of(suite), config=json.dumps(config), start=False) as engine:
        registries = Registries(engine, NAMES)
        try:
            yield Rig(engine, registries)
        finally:
            registries.close()


@pytest.mark.parametrize("name", SETUPS)
def test_a_registry_is_judged_as_the_engine_pulls_from_it(rig: Rig, name: str) -> None:
    rig.prepare(*SETUPS[name])
    answer = rig.registries.pull(REF)
    cls, words = rig.said()
    assert cls == answer.cls, f"the engine: {answer.words}; we: {words}"
    assert cls == "ok" or classify(words) == cls
    assert cls == "ok" or same_words(answer.words, words), f"the engine: {answer.words}; we: {words}"
