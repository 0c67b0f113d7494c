"""On a real swarm of one manager: CIS section 7 and 5.1, each trap beside its twin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.facts.facts import Facts
from tests.engine.harness import Engine
from tests.hosts import checks_in, outcomes

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

CHECKS = checks_in("swarm", "swarm.py")
CONTAINERS = checks_in("containers", "resources.py")
INIT = "--listen-addr 127.0.0.1:2377 --advertise-addr 127.0.0.1 --data-path-addr lo"
SERVICE = "--detach --no-resolve-image --replicas 1"


@pytest.fixture(scope="module")
def swarm() -> Iterator[Engine]:
    """A manager whose addresses are its loopback's."""
    with Engine(isolated=True) as engine:
        engine.image()
        engine.docker("swarm", "init", "--autolock", *INIT.split())
        yield engine


def said(engine: Engine, check: str, **params: Any) -> dict[str | None, str]:
    """The outcomes of a check, by instance."""
    facts = Facts(engine.snapshot())
    return {name: item.outcome for name, item in outcomes(CHECKS[f"swarm.{check}"], facts, **params).items()}


def test_an_engine_outside_a_swarm_is_not_asked_about_one(engine: Engine) -> None:
    facts = Facts(engine.snapshot())
    for key, check in CHECKS.items():
        (judgement,) = outcomes(check, facts).values()
        assert judgement.outcome == ("pass" if key == "swarm.off-unless-declared" else "skip"), key


def test_a_swarm_must_be_declared(swarm: Engine) -> None:
    assert said(swarm, "off-unless-declared") == {None: "fail"}
    assert said(swarm, "off-unless-declared", swarm_expected=True) == {None: "pass"}


def test_a_single_manager_is_accepted_only_where_that_is_declared(swarm: Engine) -> None:
    assert said(swarm, "manager-count") == {None: "fail"}
    assert said(swarm, "manager-count", swarm_single_manager_accepted=True) == {None: "pass"}


def test_ports_on_loopback_are_on_one_interface(swarm: Engine) -> None:
    assert said(swarm, "ports-on-one-interface") == {None: "pass"}
    assert said(swarm, "data-on-own-interface") == {None: "fail"}
    assert said(swarm, "data-on-own-interface", swarm_one_interface_accepted=True) == {None: "skip"}


def test_ports_on_all_interfaces_are_told() -> None:
    with Engine(isolated=True) as engine:
        engine.run("ip", "link", "add", "data0", "type", "bridge")
        engine.run("ip", "addr", "add", "198.51.100.7/24", "dev", "data0")
        engine.run("ip", "link", "set", "data0", "up")
        engine.docker(*["swarm", "init", "--advertise-addr", "127.0.0.1", "--data-path-addr", "198.51.100.7"])
        assert said(engine, "ports-on-one-interface") == {None: "fail"}
        assert said(engine, "data-on-own-interface") == {None: "pass"}
        assert said(engine, "autolock") == {None: "fail"}
        engine.docker("swarm", "update", "--autolock=true")
        assert said(engine, "autolock") == {None: "pass"}


def test_the_ingress_network_is_accepted_and_the_option_s_value_means_nothing(swarm: Engine) -> None:
    for name, options in {"open": (), "closed": ("encrypted",), "said-no": ("encrypted=false",)}.items():
        swarm.docker("network", "create", "--driver", "overlay", *(f"--opt={item}" for item in options), name)
    assert said(swarm, "overlay-encrypted") == {"ingress": "skip", "open": "fail", "closed": "pass", "said-no": "pass"}
    strict = said(swarm, "overlay-encrypted", swarm_unencrypted_networks=())
    assert strict["ingress"] == "fail"


def test_the_lock_and_the_certificates_follow_their_settings(swarm: Engine) -> None:
    assert said(swarm, "autolock") == {None: "pass"}
    assert said(swarm, "autolock-key-rotated") == {None: "manual"}
    assert said(swarm, "root-rotated") == {None: "pass"}
    for expiry, outcome in {"24h": "pass", "2160h": "pass", "2184h": "fail"}.items():
        swarm.docker("swarm", "update", "--cert-expiry", expiry)
        assert said(swarm, "certificate-validity") == {None: outcome}, expiry


def test_services_are_judged_by_what_they_hand_over_and_how_they_restart(swarm: Engine) -> None:
    for name, options in {
        "leaks": "--env DB_PASSWORD=x --restart-condition any",
        "keeps": "--env DB_PASSWORD_FILE=/run/secrets/db --restart-condition on-failure --restart-max-attempts 5",
        "once": "--restart-condition none",
    }.items():
        swarm.docker(
            "service", "create", *SERVICE.split(), *options.split(), "--name", name, "busybox:test", "sleep", "600"
        )
    assert said(swarm, "secrets-used") == {"leaks": "fail", "keeps": "pass", "once": "pass"}
    for _ in range(60):
        if len(swarm.docker("ps", "-q").split()) == 3:
            break
        swarm.run("sleep", "1")
    facts = Facts(swarm.snapshot())
    found = outcomes(CONTAINERS["container.restart-bounded"], facts)
    by_service = {str(name).partition(".")[0]: item.outcome for name, item in found.items()}
    assert by_service == {"leaks": "fail", "keeps": "pass", "once": "pass"}
