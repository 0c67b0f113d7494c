"""Certificates in certs.d and on the wire: how long they hold, and how strong they are."""

from __future__ import annotations

from typing import Any

import pytest

from dockworthy.profile.demands.types import CertificateDays
from tests.fuzz.cases import pem as to_pem
from tests.hosts import checks_in, outcome, outcomes
from tests.registryhost import CERTS_D, REGISTRY, certs, pem, registry_host, seen, tls
from tests.rows import each_of
from tests.trust import builder
from tests.trust.host import NOW, made
from tests.trust.pki import issue

CHECKS = checks_in("registry", "certificates.py")
IN_DATE, RENEWAL = CHECKS["trust.certificate-in-date"], CHECKS["trust.certificate-renewal"]
PATH = f"{CERTS_D}/{REGISTRY}/ca.crt"


def ending(days: int) -> str:
    return issue("Ending", ca=True, start=-100, days=100 + days, now=NOW).pem


@each_of(
    ("days", "in_date", "renewal"),
    [
        (400, "pass", "pass"),
        (30, "pass", "pass"),
        (29, "pass", "fail"),
        (7, "pass", "fail"),
        (6, "fail", "fail"),
        (-1, "fail", "fail"),
    ],
)
def test_days_left_are_compared_with_the_profiles_thresholds(days: int, in_date: str, renewal: str) -> None:
    facts = registry_host(certs({f"{REGISTRY}/ca.crt": ending(days)}))
    first, second = outcome(IN_DATE, facts), outcome(RENEWAL, facts)
    assert (first.outcome, second.outcome) == (in_date, renewal)
    assert first.source == PATH
    assert isinstance(first.observed, list)
    assert first.observed[0]["days_left"] == days
    assert first.observed[0]["certificate"] == '"Ending"'


def test_thresholds_are_the_profiles() -> None:
    facts = registry_host(certs({f"{REGISTRY}/ca.crt": ending(50)}))
    found = outcome(IN_DATE, facts, certificate_days_left=CertificateDays(critical=60, high=90))
    assert (found.outcome, found.expected) == ("fail", {"days_left": {"at least": 60}, "valid already": True})


def test_a_certificate_that_is_not_valid_yet_fails() -> None:
    early = issue("Early", ca=True, start=3, days=100, now=NOW).pem
    found = outcome(IN_DATE, registry_host(certs({f"{REGISTRY}/ca.crt": early})))
    assert found.outcome == "fail"
    assert isinstance(found.observed, list)
    assert found.observed[0]["not_before"] == "2026-11-27"


def test_every_certificate_of_a_file_and_of_a_served_chain_counts() -> None:
    leaf = made()["below"].pem + ending(3)
    facts = registry_host(certs({f"{REGISTRY}/ca.crt": pem("root") + ending(2)}), seen(leaf))
    found = outcomes(IN_DATE, facts)
    assert {name: one.outcome for name, one in found.items()} == {PATH: "fail", REGISTRY: "fail"}
    assert found[REGISTRY].source == f"the certificates that {REGISTRY} serves"


@each_of("check", CHECKS)
@each_of("served", [127, 13, None, (0, tls("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"))])
def test_a_chain_that_was_not_seen_or_cannot_be_read_decides_nothing(check: str, served: Any) -> None:
    assert outcome(CHECKS[check], registry_host(certs({}), seen(tls=served))).outcome == "error"


@pytest.mark.parametrize("check", CHECKS)
def test_a_file_that_was_not_read_decides_nothing(check: str) -> None:
    assert outcome(CHECKS[check], registry_host(certs({f"{REGISTRY}/ca.crt": 13}))).outcome == "error"


@pytest.mark.parametrize(
    ("kind", "found"),
    [("rsa1024", "fail"), ("rsa2048", "pass"), ("p224", "fail"), ("p256", "pass"), ("ed25519", "pass")],
)
def test_weak_keys_fail(kind: str, found: str) -> None:
    layout = {f"{REGISTRY}/ca.crt": issue("CA", ca=True, kind=kind, now=NOW).pem}
    assert outcome(CHECKS["trust.keys-strong"], registry_host(certs(layout))).outcome == found


def test_a_sha1_signature_fails_on_what_a_root_signed_and_not_on_the_root() -> None:
    check = CHECKS["trust.signatures-strong"]
    root, leaf = builder.root(), builder.leaf()
    root.digest = leaf.digest = "sha1"
    own = certs({f"{REGISTRY}/ca.crt": to_pem(root.encode())})
    assert outcome(check, registry_host(own)).outcome == "pass"
    found = outcome(check, registry_host(certs({f"{REGISTRY}/ca.crt": to_pem(leaf.encode())})))
    assert (found.outcome, found.observed) == ("fail", ['"leaf": ECDSA-SHA1'])


@pytest.mark.parametrize("check", CHECKS)
def test_good_certificates_pass(check: str) -> None:
    facts = registry_host(certs({f"{REGISTRY}/ca.crt": pem("root")}), seen())
    assert {one.outcome for one in outcomes(CHECKS[check], facts).values()} == {"pass"}
