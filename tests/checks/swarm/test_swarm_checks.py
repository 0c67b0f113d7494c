"""Each check of swarms on what a real manager said, and on the same with one thing changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dockworthy.facts.facts import Facts
from tests.hosts import checks_in, outcomes
from tests.recorded import GONE, NOW, edited
from tests.rows import each_of

CHECKS = {**checks_in("swarm", "swarm.py"), **checks_in("swarm", "services.py")}
ACCEPTED = {"swarm_expected": True, "swarm_single_manager_accepted": True}
STATE = "file:/var/lib/docker/swarm/docker-state.json"
PORT = {"PublishedPort": 8080, "TargetPort": 80, "Protocol": "tcp", "PublishMode": "ingress"}
TWO_INTERFACES = '{"ListenAddr":"192.0.2.1:2377","AdvertiseAddr":"192.0.2.1:2377","DataPathAddr":"198.51.100.1"}'


def said(check: str, edits: dict[str, Any] | None = None, name: str | None = None, **params: Any) -> Any:
    definition = CHECKS[f"swarm.{check}"]
    known = {key: value for key, value in ACCEPTED.items() if key in definition.params}
    return outcomes(definition, edited("swarm", **(edits or {})), **{**known, **params})[name]


@each_of(
    ("check", "name", "edits"),
    [
        ("off-unless-declared", None, {}),
        ("manager-count", None, {}),
        ("ports-on-one-interface", None, {}),
        ("overlay-encrypted", "secure", {}),
        ("secrets-used", "web", {}),
        ("no-privileged-ports", "web", {}),
        ("no-privileged-ports", "web", {"service": {"EndpointSpec": {"Ports": [{"PublishedPort": 1024}]}}}),
        ("ports-behind-one-interface", "web", {}),
        ("ports-behind-one-interface", "web", {"service": {"EndpointSpec": None}}),
        ("autolock", None, {}),
        ("certificate-validity", None, {}),
        ("root-rotated", None, {}),
        ("data-on-own-interface", None, {"sections": {STATE: TWO_INTERFACES}}),
    ],
)
def test_a_swarm_that_complies_passes(check: str, name: str | None, edits: dict[str, Any]) -> None:
    judgement = said(check, edits, name)
    assert judgement.outcome == "pass", judgement


def swarm(**change: Any) -> dict[str, Any]:
    return {"info": {"Swarm": change}}


@each_of(
    ("check", "name", "edits", "observed", "where"),
    [
        ("off-unless-declared", None, swarm(LocalNodeState="error"), "error", "Swarm.LocalNodeState"),
        ("manager-count", None, swarm(Managers=2), 2, "Swarm.Managers"),
        ("manager-count", None, swarm(Managers=9), 9, "Swarm.Managers"),
        (
            "ports-on-one-interface",
            None,
            {"sections": {"cmd:listeners": "tcp :: 2377 1 1\nudp 0.0.0.0 7946 1 1\nudp 0.0.0.0 4789 1 -\n"}},
            ["tcp :::2377", "udp 0.0.0.0:7946"],
            "cmd:listeners",
        ),
        (
            "ports-on-one-interface",
            None,
            {"sections": {STATE: '{"ListenAddr":"0.0.0.0:2377"}'}},
            "0.0.0.0:2377",
            "docker-state.json: ListenAddr",
        ),
        (
            "overlay-encrypted",
            "secure",
            {"overlay": {"Options": {"encrypted": GONE}}},
            ["com.docker.network.driver.overlay.vxlanid_list"],
            "secure: Options",
        ),
        (
            "secrets-used",
            "web",
            {"service": {"ContainerSpec": {"EnvNames": ["PGPASSWORD", "PGPASSWORD_FILE", "HOST"]}}},
            ["PGPASSWORD"],
            "ContainerSpec.EnvNames",
        ),
        (
            "no-privileged-ports",
            "web",
            {"service": {"EndpointSpec": {"Ports": [{**PORT, "PublishedPort": 443}]}}},
            ["443->80/tcp (ingress)"],
            "EndpointSpec.Ports",
        ),
        (
            "ports-behind-one-interface",
            "web",
            {"service": {"EndpointSpec": {"Ports": [{**PORT, "PublishMode": "host"}]}}},
            ["8080->80/tcp (host)"],
            "EndpointSpec.Ports",
        ),
        (
            "autolock",
            None,
            swarm(Cluster={"Spec": {"EncryptionConfig": {"AutoLockManagers": False}}}),
            False,
            "EncryptionConfig.AutoLockManagers",
        ),
        (
            "certificate-validity",
            None,
            swarm(Cluster={"Spec": {"CAConfig": {"NodeCertExpiry": 7776000000000001}}}),
            {"hours": pytest.approx(2160)},
            "CAConfig.NodeCertExpiry",
        ),
        (
            "certificate-validity",
            None,
            swarm(Cluster={"Spec": {"CAConfig": {"NodeCertExpiry": 0}}}),
            {"hours": 0},
            "CAConfig.NodeCertExpiry",
        ),
        (
            "data-on-own-interface",
            None,
            {"sections": {STATE: TWO_INTERFACES.replace("198.51.100.1", "192.0.2.1")}},
            {"DataPathAddr": "192.0.2.1", "AdvertiseAddr": "192.0.2.1"},
            "DataPathAddr, AdvertiseAddr",
        ),
        (
            "data-on-own-interface",
            None,
            {"sections": {STATE: TWO_INTERFACES.replace("198.51.100.1", "")}},
            {"DataPathAddr": "", "AdvertiseAddr": "192.0.2.1"},
            "DataPathAddr, AdvertiseAddr",
        ),
    ],
)
def test_one_change_fails_and_says_what_and_where(
    check: str, name: str | None, edits: dict[str, Any], observed: object, where: str
) -> None:
    judgement = said(check, edits, name)
    assert (judgement.outcome, judgement.observed) == ("fail", observed)
    assert judgement.source.endswith(where)
    assert judgement.fix


def test_a_root_certificate_grows_old() -> None:
    later = Facts(edited("swarm").snapshot, NOW + timedelta(days=400))
    judgement = outcomes(CHECKS["swarm.root-rotated"], later)[None]
    assert (judgement.outcome, judgement.observed) == ("fail", {"days": 400})
    assert judgement.source == "GET /info: Swarm.Cluster.TLSInfo.TrustRoot"
    expired = Facts(edited("swarm").snapshot, NOW + timedelta(days=36_000))
    assert outcomes(CHECKS["swarm.root-rotated"], expired)[None].outcome == "fail"
    assert said("root-rotated", swarm(Cluster={"TLSInfo": {"TrustRoot": "nonsense"}})).outcome == "error"


def test_a_worker_is_not_asked_what_only_managers_know() -> None:
    worker = swarm(ControlAvailable=False, Cluster=GONE)
    for check in ("manager-count", "autolock", "autolock-key-rotated", "certificate-validity", "root-rotated"):
        assert said(check, worker).outcome == "skip", check
    assert said("ports-on-one-interface", worker).outcome == "pass"


@pytest.mark.parametrize("state", ["inactive", "pending", "locked", "error"])
def test_a_swarm_that_does_not_work_is_not_applicable(state: str) -> None:
    for check in ("manager-count", "ports-on-one-interface", "autolock", "data-on-own-interface"):
        assert said(check, swarm(LocalNodeState=state)).outcome == "skip", check


def test_what_was_not_read_decides_nothing() -> None:
    assert said("data-on-own-interface", {"sections": {STATE: 13}}).outcome == "error"
    assert said("data-on-own-interface", {"sections": {STATE: "{"}}).outcome == "error"
    assert said("ports-on-one-interface", {"sections": {"cmd:listeners": 127}}).outcome == "error"
    assert said("overlay-encrypted", {"sections": {"docker:networks": (1, "")}}).outcome == "error"
    assert said("secrets-used", {"sections": {"docker:services": (1, "")}}).outcome == "error"
    assert said("off-unless-declared", {"sections": {"docker:info": (124, "")}}).outcome == "error"
