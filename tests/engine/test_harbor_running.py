"""On a real engine: containers from scratch under Harbor's image names, with compose's labels, health and restarts.

Their folder is no usual place, so that the probe finds it by the labels alone. All are started together and looked at
once, as a host would be.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from dockworthy.facts.facts import Facts
from tests.engine.harness import BUSYBOX, Engine
from tests.hosts import checks_in, outcomes

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

CHECKS = checks_in("harbor", "running.py")
FOLDER = "/srv/registry"
TAG = "v2.12.2"
IMAGES = {
    "log": f"goharbor/harbor-log:{TAG}",
    "core": f"goharbor/harbor-core:{TAG}",
    "portal": "goharbor/harbor-portal:v2.11.0",
    "registry": f"goharbor/registry-photon:{TAG}",
    "registryctl": f"goharbor/harbor-registryctl:{TAG}",
    "redis": f"goharbor/redis-photon:{TAG}",
    "exporter": f"goharbor/harbor-exporter:{TAG}",
    "notary-server": "goharbor/notary-server-photon:v2.8.6",
    "extra": BUSYBOX,
}
DEFINED = ("log", "core", "portal", "registry", "registryctl", "redis", "exporter", "jobservice")
OVERRIDE = f"{FOLDER}/override.yml"
HEALTHY = ("--health-interval", "1s", "--health-retries", "1", "--health-cmd")
SYSLOG = ("--log-driver", "syslog", "--log-opt", "syslog-address=tcp://localhost:1514")


def started(engine: Engine, service: str, *options: str, command: str = "sleep 3600", oneoff: bool = False) -> None:
    """A container as compose makes it."""
    labels = {
        "project": "registry",
        "service": service,
        "oneoff": str(oneoff),
        "project.working_dir": FOLDER,
        "project.config_files": f"{FOLDER}/docker-compose.yml,{OVERRIDE}",
    }
    image = IMAGES[service]
    engine.docker("tag", BUSYBOX, image)
    named = [word for key, value in labels.items() for word in ("--label", f"com.docker.compose.{key}={value}")]
    name = f"{service}-once" if oneoff else service
    engine.docker("run", "-d", "--name", name, *named, *options, image, "sh", "-c", command)


def laid_out(engine: Engine) -> None:
    """What prepare leaves in the folder."""
    images = {
        **{name: f"goharbor/harbor-{name}:{TAG}" for name in DEFINED},
        **IMAGES,
        "portal": f"goharbor/harbor-portal:{TAG}",
    }
    services = "".join(
        f"  {name}:\n    image: {images[name]}\n    env_file: [./common/config/{name}/env]\n" for name in DEFINED
    )
    engine.write(f"{FOLDER}/harbor.yml", "hostname: harbor.test\ndata_volume: /srv/data\n")
    engine.write(f"{FOLDER}/docker-compose.yml", f"services:\n{services}")
    engine.write(OVERRIDE, f"services:\n  extra:\n    image: {BUSYBOX}\n")
    for path in ("core/env", "portal/env", "portal/nginx.conf"):
        engine.write(f"{FOLDER}/common/config/{path}", "A=b\n")


@pytest.fixture(scope="module")
def facts() -> Iterator[Facts]:
    """A Harbor with a fault in nearly every container."""
    with Engine(isolated=True) as engine:
        engine.image()
        laid_out(engine)
        log = ("-p", "127.0.0.1:1514:10514", "--restart", "always")
        started(engine, "log", *log, command="nc -lk -p 10514 -e cat; sleep 3600")
        time.sleep(1.2)  # the engine tells moments that are compared by whole seconds
        started(engine, "core", "--restart", "always", *HEALTHY, "true", *SYSLOG)
        started(engine, "portal", "--restart", "unless-stopped", *HEALTHY, "false")
        started(engine, "registry", "--restart", "on-failure", *HEALTHY, "true")
        started(engine, "registryctl", "--restart", "always", command="exit 3")
        started(engine, "redis", "--restart", "unless-stopped")
        started(engine, "exporter", "--restart", "always", "--no-healthcheck")
        started(engine, "notary-server", "--restart", "always")
        started(engine, "extra", "--restart", "always")
        started(engine, "core", oneoff=True, command="exit 1")
        engine.docker("run", "-d", "--name", "jobservice", BUSYBOX, "sleep", "3600")
        engine.docker("pause", "registry")
        engine.docker("stop", "-t", "0", "redis")
        engine.run("touch", "-d", "2030-01-01", f"{FOLDER}/common/config/portal/nginx.conf")
        wait_for(engine, "core", "{{.State.Health.Status}}", "healthy")
        wait_for(engine, "portal", "{{.State.Health.Status}}", "unhealthy")
        wait_for(engine, "registryctl", "{{ge .RestartCount 3}}", "true")
        yield Facts(engine.snapshot())


def wait_for(engine: Engine, name: str, template: str, value: str) -> None:
    for _ in range(600):
        if engine.docker("inspect", "-f", template, name) == value:
            return
        time.sleep(0.1)
    raise AssertionError(f"{name} did not become {value}")


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("service-present", {"jobservice": "fail", "core": "pass", "redis": "pass", "extra": "pass"}),
        (
            "service-running",
            {"core": "pass", "portal": "pass", "registry": "fail", "redis": "fail"},
        ),
        (
            "service-healthy",
            {"core": "pass", "portal": "fail", "registry": "skip", "exporter": "skip", "redis": "skip"},
        ),
        ("service-stable", {"core": "pass", "registryctl": "fail", "redis": "pass"}),
        ("one-version", {FOLDER: "fail"}),
        ("running-is-installed", {FOLDER: "fail"}),
        ("service-orphaned", {"notary-server": "fail", "extra": "pass", "core": "pass"}),
        (
            "restart-policy",
            {"core": "pass", "portal": "pass", "registry": "fail", "redis": "fail", "exporter": "pass"},
        ),
        ("log-driver", {"core": "pass", "portal": "pass", "log": "skip"}),
        ("log-container-first", {FOLDER: "pass"}),
        ("containers-current", {"core": "pass", "portal": "fail"}),
    ],
)
def test_what_runs_is_told_as_the_engine_has_it(facts: Facts, check: str, expected: dict[str, str]) -> None:
    found = outcomes(CHECKS[f"harbor.{check}"], facts)
    assert {name: found[name].outcome for name in expected} == expected


def test_the_folder_is_found_by_the_labels_and_nothing_else_of_it_is_taken_for_a_service(facts: Facts) -> None:
    assert [one.folder for one in facts.harbor.installations.value] == [FOLDER]
    (project,) = facts.harbor_projects.all.value
    assert project.compose_files == (f"{FOLDER}/docker-compose.yml", OVERRIDE)
    assert set(project.containers) == set(IMAGES)
