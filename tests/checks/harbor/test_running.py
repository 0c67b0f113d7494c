"""What runs of Harbor: each check passes, fails, and meets each trap with its twin."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.harborengine import COMPOSE, CONTAINERS, TAG, ago, compose_of, container, engine_host, file_rows
from tests.harborhost import FOLDER, YML
from tests.hosts import checks_in, outcomes
from tests.rows import each_of

if TYPE_CHECKING:
    from dockworthy.check import Judgement
    from dockworthy.facts.facts import Facts

CHECKS = checks_in("harbor", "running.py")
WHOLE = {"harbor.one-version", "harbor.running-is-installed", "harbor.log-container-first"}


def said(check: str, facts: Facts, **params: Any) -> dict[str | None, Judgement]:
    return outcomes(CHECKS[f"harbor.{check}"], facts, **params)


def one(check: str, changes: dict[str, Any], param: str = "core", **named: Any) -> tuple[str, Any]:
    """The outcome of one instance, and what was observed."""
    key = FOLDER if f"harbor.{check}" in WHOLE else param
    found = said(check, engine_host(changes, **named))[key]
    return found.outcome, found.observed


def test_a_whole_harbor_passes_every_check_with_a_result_for_each_service() -> None:
    facts = engine_host()
    for check in CHECKS.values():
        found = outcomes(check, facts)
        expected = {FOLDER} if check.id in WHOLE else set(CONTAINERS)
        assert set(found) == expected, check.id
        assert {j.outcome for j in found.values()} <= (
            {"pass", "skip"} if check.id.endswith("log-driver") else {"pass"}
        )


def test_where_no_project_is_harbors_nothing_applies() -> None:
    other = container("redis", project="shop", image="redis:7")
    facts = engine_host(dict.fromkeys(CONTAINERS), other)
    for check in CHECKS.values():
        assert {name: j.outcome for name, j in outcomes(check, facts).items()} == {None: "skip"}, check.id


def test_an_engine_that_could_not_be_asked_leaves_everything_undecided() -> None:
    facts = engine_host(sections={"docker:containers": (1, ""), "docker:containers:err": "permission denied\n"})
    for check in CHECKS.values():
        (found,) = outcomes(check, facts).values()
        assert (found.outcome, "permission denied" in str(found.reason)) == ("error", True), check.id


# --- which services there are -----------------------------------------------------------------------------------


def test_a_service_without_a_container_fails_though_somebody_elses_has_its_name() -> None:
    foreign = container("redis", project="shop", image="redis:7")
    found = said("service-present", engine_host({"redis": None}, foreign))
    assert {name for name, j in found.items() if j.outcome == "fail"} == {"redis"}
    assert set(found) == set(CONTAINERS)


def test_a_container_of_a_single_run_is_no_service() -> None:
    once = container("core", Config={"Labels": {"com.docker.compose.oneoff": "True"}}, State={"Status": "exited"})
    assert said("service-present", engine_host({"core": None}, once))["core"].outcome == "fail"
    assert said("service-running", engine_host({}, {**once, "Id": "f" * 64}))["core"].outcome == "pass"


def test_options_are_asked_for_only_where_the_compose_file_has_them() -> None:
    without = compose_of(redis=None, postgresql=None)
    changes = {"redis": None, "postgresql": None}
    assert {"redis", "postgresql"}.isdisjoint(said("service-present", engine_host(changes, compose=without)))
    more = compose_of(exporter=f"goharbor/harbor-exporter:{TAG}")
    assert said("service-present", engine_host(compose=more))["exporter"].outcome == "fail"


@pytest.mark.parametrize("yml", ["external_redis: {host: a.test}\n", "metric: {enabled: true}\n"])
def test_without_a_compose_file_the_release_and_harbor_yml_say_which_services_there_are(yml: str) -> None:
    found = said("service-present", engine_host({"redis": None, "portal": None}, compose=2, yml=YML + yml))
    assert found["portal"].outcome == "fail"
    assert ("redis" in found, "exporter" in found) == (("metric" in yml), ("metric" in yml))
    assert {"notary-server", "trivy-adapter"}.isdisjoint(found)


def test_what_is_missing_from_a_list_that_is_not_whole_is_undecided() -> None:
    facts = engine_host({"redis": None})
    text = facts.snapshot["docker:containers"].text
    broken = engine_host(sections={"docker:containers": (124, text)})
    found = said("service-present", broken)
    assert (found["redis"].outcome, found["core"].outcome) == ("error", "pass")


def test_two_harbors_on_one_engine_are_told_apart_by_their_projects() -> None:
    other = [container(name, project="old", folder="/srv/old") for name in ("core", "log")]
    found = said("service-running", engine_host({"core": {"State": {"Status": "exited"}}}, *other))
    assert (found["harbor/core"].outcome, found["old/core"].outcome) == ("fail", "pass")
    assert set(said("one-version", engine_host({}, *other))) == {FOLDER, "/srv/old"}


def test_of_two_containers_of_a_service_the_one_that_is_up_counts() -> None:
    left = container("core", Id="e" * 64, Name="/old_harbor-core", State={"Status": "exited"}, Created=ago(hours=1))
    assert said("service-running", engine_host({}, left))["core"].outcome == "pass"
    assert (
        said("service-running", engine_host({"core": {"State": {"Status": "exited"}}}, left))["core"].outcome == "fail"
    )


# --- state ------------------------------------------------------------------------------------------------------


@each_of(
    ("state", "observed"),
    [
        ({"Status": "exited", "Running": False, "ExitCode": 0}, "exited (0)"),
        ({"Status": "created", "Running": False}, "created"),
        ({"Status": "created", "Error": "REDACTED"}, "created; the engine could not start it"),
        ({"Status": "dead", "Running": False}, "dead"),
        ({"Status": "paused", "Paused": True}, "paused"),
        ({"Status": "running", "Paused": True}, "paused"),
        ({"Status": "running", "Restarting": True}, "restarting"),
        ({"Status": "restarting", "Running": True}, "restarting"),
    ],
)
def test_only_what_is_at_work_runs(state: dict[str, Any], observed: str) -> None:
    assert one("service-running", {"core": {"State": state}}) == ("fail", observed)
    assert one("service-healthy", {"core": {"State": {**state, "Health": {"Status": "unhealthy"}}}})[0] == "skip"


@each_of(
    ("change", "outcome"),
    [
        ({"State": {"Health": {"Status": "unhealthy"}}}, "fail"),
        ({"State": {"Health": {"Status": "starting"}, "StartedAt": ago(seconds=89)}}, "error"),
        ({"State": {"Health": {"Status": "starting"}, "StartedAt": ago(seconds=92)}}, "fail"),
        (
            {
                "State": {"Health": {"Status": "starting"}, "StartedAt": ago(seconds=92)},
                "Config": {"Healthcheck": {"StartPeriod": 10_000_000_000}},
            },
            "error",
        ),
        (
            {
                "State": {"Health": {"Status": "starting"}, "StartedAt": ago(seconds=3)},
                "Config": {"Healthcheck": {"Interval": 1_000_000_000, "Retries": 1}},
            },
            "fail",
        ),
        ({"State": {"Health": None}, "Config": {"Healthcheck": None}}, "skip"),
        ({"Config": {"Healthcheck": {"Test0": "NONE"}}}, "skip"),
        ({"State": {"Health": None}}, "error"),
    ],
)
def test_a_health_check_is_given_its_time_and_no_more(change: dict[str, Any], outcome: str) -> None:
    assert one("service-healthy", {"core": change})[0] == outcome


@pytest.mark.parametrize(
    ("count", "begun", "outcome"),
    [
        (3, {"minutes": 5}, "fail"),
        (2, {"minutes": 5}, "pass"),
        (5, {"days": 30}, "pass"),
        (5, {"minutes": 59}, "fail"),
        (5, {"minutes": 61}, "pass"),
    ],
)
def test_restarts_count_only_while_they_are_recent(count: int, begun: dict[str, float], outcome: str) -> None:
    change = {"RestartCount": count, "State": {"StartedAt": ago(**begun)}}
    assert one("service-stable", {"core": change})[0] == outcome


def test_how_many_restarts_and_how_long_is_the_profiles_to_say() -> None:
    facts = engine_host({"core": {"RestartCount": 2, "State": {"StartedAt": ago(minutes=5)}}})
    assert said("service-stable", facts, harbor_max_restarts=2)["core"].outcome == "fail"
    assert said("service-stable", facts, harbor_max_restarts=2, harbor_stable_minutes=4)["core"].outcome == "pass"


# --- releases ---------------------------------------------------------------------------------------------------


def image(name: str) -> dict[str, Any]:
    return {"Config": {"Image": name}}


DIGEST = f"@sha256:{'b' * 64}"


@each_of(
    ("changes", "compose", "outcome"),
    [
        ({"portal": image("goharbor/harbor-portal:v2.11.0")}, COMPOSE, "fail"),
        ({"redis": image("goharbor/redis-photon:v2.11.0")}, COMPOSE, "fail"),
        ({"core": image(f"mirror.test:5000/own/harbor-core:{TAG}")}, COMPOSE, "pass"),
        ({"core": image("goharbor/harbor-core:2.12.2")}, COMPOSE, "pass"),
        ({"registry": image(f"goharbor/registry-photon:v2.7.1-patch-2819-{TAG}")}, COMPOSE, "pass"),
        ({"registry": image("goharbor/registry-photon:v2.7.1-patch-2819-v1.10.0")}, COMPOSE, "fail"),
        ({"core": image(f"goharbor/harbor-core:{TAG}{DIGEST}")}, COMPOSE, "pass"),
        ({"core": image(f"goharbor/harbor-core{DIGEST}")}, COMPOSE, "pass"),
        ({"core": image(f"goharbor/harbor-core{DIGEST}")}, compose_of(core=f"goharbor/harbor-core{DIGEST}"), "error"),
        ({"redis": image("redis:7")}, compose_of(redis="redis:7"), "pass"),
    ],
)
def test_the_tags_of_all_of_harbors_images_are_one(changes: dict[str, Any], compose: str, outcome: str) -> None:
    assert one("one-version", changes, compose=compose)[0] == outcome


def test_a_tag_that_names_another_image_by_now_is_remarked_on() -> None:
    images = [
        {"Id": f"sha256:{letter * 64}", "RepoTags": [f"goharbor/harbor-{name}:{TAG}"]}
        for letter, name in (("a", "portal"), ("b", "core"))
    ]
    facts = engine_host(sections={"docker:images": "".join(f"{json.dumps(one)}\n" for one in images)})
    found = said("one-version", facts)[FOLDER]
    assert found.outcome == "pass"
    assert found.observed["the tag names another image by now"] == ["core"]  # type: ignore[index] # a table


@each_of(
    ("compose", "outcome"),
    [
        (compose_of(portal="goharbor/harbor-portal:v2.13.0"), "fail"),
        (compose_of(portal=f"docker.io/goharbor/harbor-portal:{TAG}"), "pass"),
        (compose_of(portal="goharbor/harbor-portal:${TAG}"), "error"),
        (compose_of(portal=None), "pass"),
        (compose_of(exporter="goharbor/harbor-exporter:v2.13.0"), "pass"),
        ("services: {}\n", "error"),
        (2, "error"),
        (13, "error"),
    ],
)
def test_the_containers_are_of_the_images_that_the_folder_has(compose: str | int, outcome: str) -> None:
    assert one("running-is-installed", {}, compose=compose)[0] == outcome


def test_a_folder_that_is_gone_leaves_it_undecided_what_is_installed() -> None:
    gone = [container(name, folder="/srv/gone") for name in CONTAINERS]
    facts = engine_host(dict.fromkeys(CONTAINERS), *gone)
    assert said("running-is-installed", facts)["/srv/gone"].outcome == "error"
    assert {j.outcome for j in said("service-orphaned", facts).values()} == {"error"}
    assert said("service-present", facts)["core"].outcome == "pass"


OVERRIDE = f"{FOLDER}/docker-compose.override.yml"
IN_FORCE = {"com.docker.compose.project.config_files": f"{FOLDER}/docker-compose.yml,{OVERRIDE}"}


@pytest.mark.parametrize(
    ("override", "outcome"),
    [
        ("services:\n  notary-server: {image: goharbor/notary-server-photon:v2.8.6}\n", "pass"),
        ("services:\n  core: {restart: always}\n", "fail"),
        (13, "error"),
    ],
)
def test_a_service_that_only_an_override_defines_is_no_orphan(override: Any, outcome: str) -> None:
    orphan = container("notary-server", image="goharbor/notary-server-photon:v2.8.6", Created=ago(hours=1))
    orphan["Config"]["Labels"].update(IN_FORCE)
    facts = engine_host({}, orphan, sections={f"file:{OVERRIDE}": override})
    assert said("service-orphaned", facts)["notary-server"].outcome == outcome


def test_what_an_upgrade_took_out_is_an_orphan_and_judged_as_nothing_else() -> None:
    orphan = container("notary-server", image="goharbor/notary-server-photon:v2.8.6", State={"Status": "exited"})
    facts = engine_host({}, orphan)
    found = said("service-orphaned", facts)
    assert {name for name, j in found.items() if j.outcome == "fail"} == {"notary-server"}
    assert "notary-server" not in said("service-running", facts)


# --- after a reboot ---------------------------------------------------------------------------------------------


@each_of(
    ("policy", "state", "outcome"),
    [
        ("no", {}, "fail"),
        ("", {}, "fail"),
        ("on-failure", {}, "fail"),
        ("unless-stopped", {}, "pass"),
        ("unless-stopped", {"Status": "exited", "Running": False}, "fail"),
        ("always", {"Status": "exited", "Running": False}, "pass"),
    ],
)
def test_what_was_stopped_by_hand_comes_back_only_by_always(policy: str, state: dict[str, Any], outcome: str) -> None:
    change = {"HostConfig": {"RestartPolicy": {"Name": policy}}, "State": state}
    assert one("restart-policy", {"core": change})[0] == outcome


def test_an_engine_that_no_unit_starts_is_remarked_on() -> None:
    outcome, observed = one("restart-policy", {}, sections={"cmd:systemctl-show": 127})
    assert (outcome, "no enabled unit" in observed) == ("pass", True)
    assert one("restart-policy", {}) == ("pass", "always")


# --- logs -------------------------------------------------------------------------------------------------------


def syslog(address: str, driver: str = "syslog") -> dict[str, Any]:
    return {"HostConfig": {"LogConfig": {"Type": driver, "Config": {"syslog-address": address}}}}


NO_LOG = {"log": {"State": {"Status": "exited", "Running": False}}}
ONLY_WEB = {"cmd:listeners": "tcp 0.0.0.0 443 101 -\n"}


@each_of(
    ("address", "outcome"),
    [
        ("tcp://localhost:1514", "pass"),
        ("tcp://127.0.0.1:1514", "pass"),
        ("tcp://localhost:1515", "fail"),
        ("udp://localhost:1514", "fail"),
        ("tcp://[::1]:1514", "fail"),
        ("tcp://localhost:443", "error"),
        ("tcp://logs.test:1514", "error"),
        ("unixgram:///dev/log", "error"),
        ("REDACTED", "error"),
        ("", "error"),
        ("tcp://localhost:99999", "error"),
    ],
)
def test_a_log_goes_to_where_harbors_log_container_listens(address: str, outcome: str) -> None:
    """`localhost` may be ::1 first: the engine tries its other address, too."""
    changes = {"core": syslog(address)}
    found = said("log-driver", engine_host(changes))["core"]
    assert found.outcome == outcome, found


def test_without_the_log_container_nobody_listens_or_somebody_else_does() -> None:
    changes = {name: syslog("tcp://localhost:1514") for name in CONTAINERS if name != "log"} | NO_LOG
    assert said("log-driver", engine_host(changes, sections=ONLY_WEB))["core"].outcome == "fail"
    assert said("log-driver", engine_host(changes))["core"].outcome == "error"
    assert said("log-driver", engine_host(changes, sections={"cmd:listeners": 13}))["core"].outcome == "error"


def test_another_driver_is_somebodys_choice_and_the_log_service_has_the_engines_own() -> None:
    found = said("log-driver", engine_host({"core": syslog("", "json-file")}))
    assert (found["core"].outcome, found["log"].outcome) == ("pass", "skip")


NEVER = {"StartedAt": "0001-01-01T00:00:00Z", "Status": "created"}
UNLOGGED = "failed to initialize logging driver"


@each_of(
    ("log", "core", "outcome"),
    [
        ({"StartedAt": ago(hours=1)}, {"StartedAt": ago(hours=2)}, "fail"),
        ({"StartedAt": "2026-11-24T10:00:00.9Z"}, {"StartedAt": "2026-11-24T10:00:00.1Z"}, "pass"),
        ({"StartedAt": ago(hours=1), "FinishedAt": ago(hours=2)}, {"StartedAt": ago(hours=2)}, "pass"),
        ({"StartedAt": ago(hours=9)}, NEVER, "pass"),
        ({"StartedAt": ago(hours=9)}, {**NEVER, "Error": "REDACTED"}, "pass"),
        ({"StartedAt": ago(hours=9)}, {**NEVER, "Error": UNLOGGED}, "fail"),
        ({"StartedAt": ago(hours=1), "FinishedAt": ago(hours=2)}, {**NEVER, "Error": UNLOGGED}, "fail"),
    ],
)
def test_who_was_started_before_the_log_container_is_told_to_the_second(
    log: dict[str, Any], core: dict[str, Any], outcome: str
) -> None:
    others = {name: {"State": {"StartedAt": ago(minutes=1)}, **syslog("tcp://localhost:1514")} for name in CONTAINERS}
    changes = {**others, "log": {"State": log}, "core": {**syslog("tcp://localhost:1514"), "State": core}}
    assert one("log-container-first", changes)[0] == outcome


def test_without_a_log_container_there_is_no_order() -> None:
    assert one("log-container-first", {"log": None})[0] == "skip"


# --- the files of today -----------------------------------------------------------------------------------------

FRESH = {"State": {"StartedAt": ago(minutes=10)}}


@each_of(
    ("service", "newer", "change", "outcome"),
    [
        ("core", {"core_env": 1}, {}, "fail"),
        ("core", {"core_env": 1}, FRESH, "fail"),
        ("core", {"core_env": 1}, {**FRESH, "Created": ago(minutes=10)}, "pass"),
        ("proxy", {"nginx_conf": 1}, {}, "fail"),
        ("proxy", {"nginx_conf": 1}, FRESH, "pass"),
        ("proxy", {"core_env": 1}, {}, "pass"),
        ("postgresql", {"db_env": 1}, FRESH, "fail"),
        ("log", {"logrotate": 1}, {}, "fail"),
        ("log", {"logrotate": 1}, FRESH, "pass"),
        ("redis", {"core_env": 1, "nginx_conf": 1}, {}, "pass"),
    ],
)
def test_what_is_read_when_it_is_made_needs_another_container_and_what_is_mounted_a_restart(
    service: str, newer: dict[str, float], change: dict[str, Any], outcome: str
) -> None:
    assert one("containers-current", {service: change}, service, rows=file_rows(**newer))[0] == outcome


def test_a_folder_that_could_not_be_listed_leaves_it_undecided() -> None:
    assert one("containers-current", {}, rows=13)[0] == "error"
