"""Each fix of the engine's configuration is carried out on the engine of each suite, which starts and passes then.

All is broken in the file, then on the command line, and then so that the engine would not start again.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.releases import Release, known
from tests.engine.daemon_proofs import FILE_PROOFS, FLAG_PROOFS
from tests.engine.fixing import Judge, Outcome, carry_out, install_jq, install_shims, pasted, restart_if_asked
from tests.engine.harness import Engine
from tests.engine.proof import Batch, Proof

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from dockworthy.releases import Rules

PROFILE = "/etc/docker/seccomp.json"
IPV6 = {"ipv6": True, "fixed-cidr-v6": "fd00:2::/64", "ip6tables": False}
IN_FILE = (
    *FILE_PROOFS,
    Proof("daemon.ip6tables-managed", FILE_PROOFS[0].config),
    Proof("daemon.userns-remap", FILE_PROOFS[0].config),
)
# What some of the releases know, and others do not, or refuse.
REFUSED: dict[str, Any] = {
    "graph": "/srv/graph",
    "api-cors-header": "*",
    "host-gateway-ips": ["192.0.2.1"],
    "oom-score-adjust": -500,
    "iccc": 1,
}
STARTS = Proof("daemon.starts-again")


def of_release(proof: Proof, rules: Rules) -> Proof:
    """The proof for an engine of a release: up to 20.10 only a profile's file can put the built-in one aside."""
    config = {**proof.config, **IPV6} if proof.config else proof.config
    args = proof.args
    if not rules.holds("seccomp.named"):
        config = {**config, "seccomp-profile": PROFILE} if config else config
        args = tuple(word.replace("=unconfined", f"={PROFILE}") for word in args)
    profile = json.dumps({"defaultAction": "SCMP_ACT_ALLOW"})
    return replace(proof, config=config, args=args, prepare=f"echo '{profile}' >{PROFILE}")


@pytest.fixture(scope="module")
def host(suite: Path) -> Iterator[Engine]:
    """A host of the suite, whose engine is not started yet."""
    with Engine(system=suite, start=False) as engine:
        install_shims(engine)
        install_jq(engine)
        yield engine


@pytest.fixture(scope="module")
def outcomes(host: Engine, tmp_path_factory: pytest.TempPathFactory) -> Mapping[Proof, Outcome]:
    """What came of each proof."""
    folder = tmp_path_factory.mktemp("profiles")
    rules = known().rules(Release.parse(host.run("dockerd", "--version").stdout.split()[2].rstrip(",")))
    found: dict[Proof, Outcome] = {}
    for proofs in (IN_FILE, FLAG_PROOFS):
        mine = {of_release(proof, rules): proof for proof in proofs}
        done = carry_out(host, Batch(tuple(mine)), folder)
        found |= {mine[proof]: outcome for proof, outcome in done.items()}
    return found


@pytest.mark.slow
@pytest.mark.parametrize("proof", [*IN_FILE, *FLAG_PROOFS], ids=lambda proof: proof.id)
def test_the_printed_fix_works(outcomes: Mapping[Proof, Outcome], proof: Proof) -> None:
    outcome = outcomes[proof]
    assert outcome.before["outcome"] == "fail", outcome.before
    fix = outcome.before["fix"]
    assert outcome.trouble == "", fix
    assert outcome.after["outcome"] in proof.then, (outcome.after, fix)
    assert outcome.runs, "the engine does not run any more"
    assert outcome.again == [], fix


@pytest.mark.slow
@pytest.mark.usefixtures("outcomes")
def test_what_would_not_start_again_does_and_keeps_its_data(host: Engine, tmp_path: Path) -> None:
    now = json.loads(host.run("cat", "/etc/docker/daemon.json").stdout)
    mend(host, tmp_path, {**now, **REFUSED})
    now = json.loads(host.run("cat", "/etc/docker/daemon.json").stdout)
    # what stands on the command line, too, and is found only when nothing else is refused
    mend(host, tmp_path, {**now, "init-path": "/opt/another"})
    restart_if_asked(host)
    info = host.api("/info")
    assert (info["DockerRootDir"], info["InitBinary"]) == ("/srv/graph", "/opt/another")
    for check in ("daemon.starts-again", "daemon.no-drift", "daemon.icc-disabled"):
        record = Judge(host.snapshot(), tmp_path).record(Proof(check))
        assert record["outcome"] == "pass", record


def mend(host: Engine, folder: Path, config: Mapping[str, Any]) -> None:
    """Write a file that stops the next start, and carry out the fix of each refusal after the other."""
    host.configure(config)
    seen: list[str] = []
    while (record := Judge(host.snapshot(), folder).record(STARTS))["outcome"] == "fail":
        assert record["observed"] not in seen, (record, seen)
        seen.append(record["observed"])
        said = pasted(host, record["fix"])
        assert said == "" or "unable to configure the Docker daemon" in said, said  # for what comes next
        if "both as a flag" in record["observed"]:
            return
    assert record["outcome"] == "pass", record
    assert seen, record
