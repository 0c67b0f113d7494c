"""What a run records besides its results: the certificates that were seen, and what people decided."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from dockworthy.profile.loader import load_profile
from dockworthy.results.model import schema
from dockworthy.results.reader import read_results
from dockworthy.run import certificates
from dockworthy.run.hosts import RunHost
from tests.registryhost import CERTS_D, certs, registry_host
from tests.trust.pki import issue

from .test_same_verdicts import SNAPSHOT

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from dockworthy.facts.facts import Facts

    Run = Callable[..., subprocess.CompletedProcess[str]]

REGISTRIES = SNAPSHOT.with_name("registries.snapshot")
TARGETS = (f"snapshot:{SNAPSHOT}", f"snapshot:{REGISTRIES}")
CHECKS = ("--check", "container.no-privileged", "--check", "daemon.icc-disabled", "--check", "host.hardened")
PROFILE = """
extends: debian-13
waivers:
  - {check: container.no-privileged, param: "lo*", reason: cgroups, owner: ops, expires: 2099-01-01}
  - {check: daemon.icc-disabled, host: "no*", reason: elsewhere, owner: ops, expires: 2099-01-01}
  - {check: host.hardened, reason: "see https://user:hunter2000@wiki/x", owner: ops, expires: 2020-01-01}
attestations:
  - {check: host.hardened, host: "v*", evidence: ticket 7, owner: ops, given: 2026-01-01, expires: 2099-01-01}
  - {check: host.hardened, evidence: ticket 3, owner: ops, given: 2019-01-01, expires: 2020-01-01}
"""
MORE = "- {check: daemon.icc-disabled, reason: one host alone, owner: net, expires: 2099-01-01}\n"


@pytest.fixture
def judged(dockworthy: Run, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """A run over two recorded hosts, of a few checks that ask for no certificate."""
    (tmp_path / "ours.yaml").write_text(PROFILE)
    (tmp_path / "more.yaml").write_text(MORE)

    def run(*more: str, name: str = "r.json") -> dict[str, Any]:
        given = ("--profile", str(tmp_path / "ours.yaml"), "--waivers", str(tmp_path / "more.yaml"))
        done = dockworthy("check", *TARGETS, *CHECKS, *given, "--results", str(tmp_path / name), *more)
        assert done.returncode in {0, 1, 6}, done.stderr
        record: dict[str, Any] = json.loads((tmp_path / name).read_bytes())
        jsonschema.validate(record, dict(schema()))
        return record

    return run


def test_a_run_records_every_certificate_and_what_people_decided(
    judged: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    record = judged()
    seen = record["certificates"]
    assert {one["host"] for one in seen} == {TARGETS[1]}
    served = next(one for one in seen if one["used_for"] == "served by registry harbor.example.com")
    assert served["where"] == "harbor.example.com:443"
    assert served["subject"] == "O=dockworthy tests,CN=harbor.example.com"
    roots = {one["sha256"] for one in seen if one["issued_by"] == one["sha256"]}
    assert served["issued_by"] in roots
    assert len(roots) == 1
    waivers, attestations = record["policy"]["waivers"], record["policy"]["attestations"]
    assert [(one["reason"], one["owner"], one["covered"]) for one in waivers] == [
        ("cgroups", "ops", 1),
        ("elsewhere", "ops", 0),
        ("see https://REDACTED@wiki/x", "ops", 0),
        ("one host alone", "net", sum(one["outcome"] == "waived" for one in record["results"]) - 1),
    ]
    assert [(one["evidence"], one["given"], one["expires"], one["covered"]) for one in attestations] == [
        ("ticket 7", "2026-01-01T00:00:00Z", "2099-01-01T00:00:00Z", 1),
        ("ticket 3", "2019-01-01T00:00:00Z", "2020-01-01T00:00:00Z", 0),
    ]
    whole, lines = read_results(tmp_path / "r.json"), read_results(tmp_path / "r.jsonl")
    assert whole.policy == lines.policy
    assert whole.certificates == lines.certificates
    assert [one.as_json() for one in whole.certificates] == seen


def test_workers_change_nothing_of_it(judged: Callable[..., dict[str, Any]]) -> None:
    alone, together = judged(), judged("--", "-n", "2")
    assert alone["certificates"] == together["certificates"]
    assert alone["policy"] == together["policy"]


def test_a_rehearsal_records_the_certificates_of_today(judged: Callable[..., dict[str, Any]]) -> None:
    assert judged("--engine", "29.3")["certificates"] == judged()["certificates"]


def run_host(facts: Facts) -> RunHost:
    """A host of a run, of these facts."""
    profile = load_profile()
    return RunHost("web1", "ssh://web1", profile, facts.snapshot, datetime(2026, 11, 24, tzinfo=timezone.utc)).of(facts)


def test_no_more_certificates_are_recorded_than_a_reader_can_use_and_it_is_said_how_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(certificates, "MOST", 3)
    root = issue("Root", ca=True).pem
    facts = registry_host(certs({f"r{number}.example.com/ca.crt": root for number in range(5)}))
    found, left_out = certificates.certificates_of_host(run_host(facts))
    assert [one.where for one in found] == [f"{CERTS_D}/r{number}.example.com/ca.crt" for number in range(3)]
    assert left_out == 2


def test_nothing_of_a_name_can_act_on_its_reader() -> None:
    name = "\x1b]0;t\x07<b>\u202e" + "a" * 40
    root = issue(name, ca=True).pem
    facts = registry_host(certs({"r.example.com/ca.crt": root}))
    (one,), _ = certificates.certificates_of_host(run_host(facts))
    assert one.subject.isprintable()
    assert one.subject.startswith("O=dockworthy tests,CN=\\x1b]0;t\\x07<b>")


def test_a_host_that_was_not_reached_has_none() -> None:
    host = RunHost("web1", "ssh://web1", load_profile(), None, datetime(2026, 11, 24, tzinfo=timezone.utc))
    assert certificates.certificates_of_host(host) == ([], 0)
