"""What runs of Harbor: each service, of one release, healthy, back after a reboot, and made from today's files."""

from __future__ import annotations

from typing import Any

from dockworthy.check import check, expect, fix_with, instances, not_applicable, not_decided
from dockworthy.facts.facts import Facts
from dockworthy.facts.harbor.running.health import (
    condition,
    engine_is_enabled,
    has_health_check,
    health,
    log_order,
    seconds_running,
)
from dockworthy.facts.harbor.running.projects import (
    HarborProject,
    Service,
    defined_services,
    judged_services,
    projects_by_folder,
    wanted_services,
)
from dockworthy.facts.harbor.running.stale import newer_files
from dockworthy.facts.harbor.running.syslog import LOG, listener_of, log_driver, syslog_address
from dockworthy.facts.harbor.running.tags import image_differences, moved_tags, service_tags
from dockworthy.trust.advice.wording import shell

_NONE = "no compose project of Harbor's is on this engine"
_REFS = ("harbor:docker-compose",)
_UP = "# in Harbor's folder:\ndocker compose up -d"
_SERVICE = instances("service", judged_services, none=_NONE)
_PROJECT = instances("project", projects_by_folder, none=_NONE)
_MINUTE = 60


def _in_folder(project: HarborProject, command: str) -> None:
    if project.folder:
        fix_with(f"cd {shell(project.folder)} && {command}")


@check(
    "harbor.service-present",
    severity="critical",
    refs=_REFS,
    fix=_UP,
    each=instances("service", wanted_services, none=_NONE),
)
def check_service_present(service: Service) -> None:
    """Each service of this release and its options has a container.

    Which services there must be is what the compose file defines, else what Harbor's release has. A container of the
    same name that compose did not make from it is somebody else's.
    """
    _in_folder(service.project, "docker compose up -d")
    source = "GET /containers: Config.Labels"
    if service.container is None and not service.project.is_whole:
        not_decided("the engine's list of containers is not whole", source)
    expect(None if service.container is None else service.container.name, source).satisfies(
        lambda name: name is not None, "a container"
    )


@check("harbor.service-running", severity="critical", refs=_REFS, fix=_UP, each=_SERVICE)
def check_service_running(service: Service) -> None:
    """Each service runs.

    A container that is paused or between two starts is not at work, whatever else it says of itself; and one that ended
    with 0 has ended all the same.
    """
    _in_folder(service.project, "docker compose up -d")
    expect(condition(service.here)).equals("running")


@check(
    "harbor.service-healthy",
    severity="high",
    refs=_REFS,
    fix="# what the health check last said, and the log:\n"
    "docker inspect -f '{{json .State.Health}}' CONTAINER\ndocker logs --tail 100 CONTAINER",
    each=_SERVICE,
)
def check_service_healthy(service: Service, facts: Facts) -> None:
    """Each service that has a health check is healthy.

    One that was just started has said nothing yet; one that is still starting when its tries are over is not coming up.
    """
    container = service.here
    name = shell(container.name)
    fix_with(f"docker inspect -f '{{{{json .State.Health}}}}' {name}\ndocker logs --tail 100 {name}")
    if not has_health_check(container).value:
        not_applicable("it has no health check")
    if condition(container).value != "running":
        not_applicable("it does not run, and what its health check said last is over")
    found = health(container)
    if found.value.status == "starting" and seconds_running(container, facts).value <= found.value.patience:
        not_decided("it was just started, and its health check has not said anything yet", found.source)
    expect(found, shown=lambda one: one.status).satisfies(lambda one: one.status == "healthy", "healthy")


@check(
    "harbor.service-stable",
    severity="high",
    refs=_REFS,
    fix="docker logs --tail 100 CONTAINER",
    each=_SERVICE,
    params=("harbor_max_restarts", "harbor_stable_minutes"),
)
def check_service_stable(service: Service, facts: Facts, params: Any) -> None:
    """No service restarts again and again.

    The engine never takes back its count of restarts while the container lives: those of last month's boot do not count
    for one that has run since.
    """
    container = service.here
    fix_with(f"docker logs --tail 100 {shell(container.name)}")
    restarts = container.answer.number("RestartCount")
    limit, minutes = params.harbor_max_restarts, params.harbor_stable_minutes
    expected = f"fewer than {limit} restarts, or {minutes} minutes since the last start"
    if restarts.value < max(limit, 1):
        expect(restarts).satisfies(lambda count: count < max(limit, 1), expected)
        return
    running = seconds_running(container, facts)
    shown = f"{restarts.value} restarts, the last {max(0, int(running.value) // _MINUTE)} minutes ago"
    expect(running.map(lambda seconds: (shown, seconds)), shown=lambda pair: pair[0]).satisfies(
        lambda pair: pair[1] > minutes * _MINUTE, expected
    )


@check("harbor.one-version", severity="high", refs=_REFS, fix=_UP, each=_PROJECT)
def check_one_version(project: HarborProject) -> None:
    """All services are of one Harbor release.

    Their tables and their API change together: half an upgrade answers until the first request that needs both.
    """
    _in_folder(project, "docker compose up -d")
    moved = moved_tags(project)
    remark = {"the tag names another image by now": sorted(moved)} if moved else {}
    expect(
        service_tags(project),
        shown=lambda tags: {
            **{tag: sorted(n for n, t in tags.items() if t == tag) for tag in sorted({*tags.values()})},
            **remark,
        },
    ).satisfies(lambda tags: len({*tags.values()}) == 1, "one release")


@check("harbor.running-is-installed", severity="high", refs=_REFS, fix=_UP, each=_PROJECT)
def check_running_is_installed(project: HarborProject) -> None:
    """The containers are of the release that the installer folder has.

    After an upgrade was unpacked and prepared, and before its containers are made, the old release runs on.
    """
    _in_folder(project, "docker compose up -d")
    expect(image_differences(project)).equals({})


@check(
    "harbor.service-orphaned",
    severity="medium",
    refs=_REFS,
    fix="# in Harbor's folder:\ndocker compose up -d --remove-orphans",
    each=instances("service", defined_services, none=_NONE),
)
def check_service_orphaned(service: Service) -> None:
    """No container of a removed service is left.

    What an upgrade took out (notary, chartmuseum, clair) keeps running as it was, with its old faults, until somebody
    removes it.
    """
    _in_folder(service.project, "docker compose up -d --remove-orphans")
    expect(service.project.defined, shown=sorted).contains(service.name)


@check("harbor.restart-policy", severity="high", refs=_REFS, fix=_UP, each=_SERVICE, also=("boot",))
def check_restart_policy(service: Service, facts: Facts) -> None:
    """Each service comes back after a reboot.

    The engine starts what has `always`, and what has `unless-stopped` and was not stopped by hand. What `docker update`
    changed counts, not the file.
    """
    container = service.here
    fix_with(f"docker update --restart always {shell(container.name)}")
    policy = container.answer.text("HostConfig", "RestartPolicy", "Name")
    good = {"always"} | ({"unless-stopped"} if policy.value == "unless-stopped" and container.is_up.value else set())
    enabled = engine_is_enabled(facts).get(False)
    remark = "" if enabled else "; no enabled unit of the engine was seen, which must start first"
    expect(policy, shown=lambda name: f"{name or 'no'}{remark}").satisfies(
        lambda name: name in good, "always, or unless-stopped and up"
    )


@check(
    "harbor.log-driver",
    severity="high",
    refs=_REFS,
    fix="# start the log container first, then the rest, in Harbor's folder:\ndocker compose up -d",
    each=_SERVICE,
)
def check_log_driver(service: Service, facts: Facts) -> None:
    """Each service logs where somebody listens.

    The engine does not start a container whose syslog server does not answer, and what is sent later is lost without a
    word.
    """
    if service.name == LOG:
        not_applicable("it is the one to which the others log")
    _in_folder(service.project, "docker compose up -d log && docker compose up -d")
    driver = log_driver(service.here)
    if driver.value != "syslog":
        expect(driver).differs_from("syslog")
        return
    address = syslog_address(service.here)
    listener = listener_of(facts, address.value)
    if listener.value == "another program":
        not_decided("another program than Harbor's log container listens there", listener.source)
    expect(listener).differs_from("nobody")


@check(
    "harbor.log-container-first",
    severity="medium",
    refs=(*_REFS, "harbor:12063"),
    fix="# a unit that starts it first: docker compose up -d log, then the rest",
    each=_PROJECT,
)
def check_log_container_first(project: HarborProject) -> None:
    """The log container was up before those that log to it.

    The engine refuses to start a container whose syslog server does not answer yet. After a boot it starts all at once,
    so that their order is chance unless a unit makes it: then nothing can be told from it.
    """
    _in_folder(project, "docker compose up -d log && docker compose up -d")
    if LOG not in project.containers:
        not_applicable("it has no log container")
    order = log_order(project)
    failed = [f"{name}: the engine could not start it, since nobody took its log" for name in order.value.failed]
    remark = ["the log container was started again since"] if order.value.again else []
    expect(order, shown=lambda found: [*failed, *found.earlier, *remark] if failed or found.earlier else []).satisfies(
        lambda found: not found.failed and (not found.earlier or found.again), "no service started before it"
    )


@check(
    "harbor.containers-current",
    severity="high",
    refs=_REFS,
    fix="# in Harbor's folder:\ndocker compose down && docker compose up -d",
    each=_SERVICE,
)
def check_containers_current(service: Service) -> None:
    """No container is older than what prepare rendered.

    `prepare` makes new secrets each time: a container that still has the old ones is refused by the others. An env file
    is read when the container is made, so that `restart` is not enough; what is mounted is opened when it is started.
    """
    _in_folder(service.project, "docker compose down && docker compose up -d")
    expect(newer_files(service), shown=list).equals(())
