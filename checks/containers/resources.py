"""CIS Docker section 5: what a container may take of the host's memory, processors, processes and logs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.check import check, cis, expect, instances, manual, not_applicable
from dockworthy.facts.api.container import Container
from dockworthy.facts.api.scope import SCOPE, containers_in_scope

if TYPE_CHECKING:
    from dockworthy.facts.api.document import Document

EACH = instances("container", containers_in_scope, none="no container is in scope")
RECREATE = "# Options are fixed when a container is made: recreate {param} "
DEFAULT_SHARES = 1024


@check(
    "container.memory-limit",
    severity="medium",
    refs=cis("5.11"),
    fix="docker update --memory 512m --memory-swap 512m {param}\n# compose: mem_limit: 512m",
    each=EACH,
    params=SCOPE,
)
def check_memory_limit(container: Container) -> None:
    """A container's memory is limited.

    Without a limit one container takes all memory, and the kernel ends others' processes to make room. A reservation
    is no limit.
    """
    expect(container.answer.number("HostConfig", "Memory")).at_least(1)


@check(
    "container.cpu-limit",
    severity="medium",
    refs=cis("5.12"),
    fix="docker update --cpus 1 {param}\n# compose: cpus: 1",
    each=EACH,
    params=SCOPE,
)
def check_cpu_limit(container: Container) -> None:
    """A container's share of the processors is set.

    Shares, a quota or a set of processors keep one container from slowing all others down.
    """
    limits = {
        "CpuShares": container.answer.number("HostConfig", "CpuShares").value not in {0, DEFAULT_SHARES},
        "NanoCpus": container.answer.number("HostConfig", "NanoCpus", default=0).value > 0,
        "CpuQuota": container.answer.number("HostConfig", "CpuQuota", default=0).value > 0,
        "CpusetCpus": bool(container.answer.text("HostConfig", "CpusetCpus", default="").value),
    }
    source = f"{container.answer.source}: HostConfig.{', '.join(limits)}"
    expect([name for name, is_set in limits.items() if is_set], source).satisfies(
        bool, {"at least one of": list(limits)}
    )


@check(
    "container.pids-limit",
    severity="medium",
    refs=cis("5.29"),
    fix="docker update --pids-limit 200 {param}\n# compose: pids_limit: 200",
    each=EACH,
    params=SCOPE,
)
def check_pids_limit(container: Container) -> None:
    """A container's number of processes is limited.

    Without a limit a fork bomb in one container stops the host. The engine writes no limit as null, 0 or -1.
    """
    if container.answer.has("HostConfig") and not container.answer.has("HostConfig", "PidsLimit"):
        expect("no limit", f"{container.answer.source}: HostConfig.PidsLimit").satisfies(
            lambda _: False, {"at least": 1}
        )
    expect(container.answer.number("HostConfig", "PidsLimit")).at_least(1)


@check(
    "container.restart-bounded",
    severity="low",
    refs=cis("5.15"),
    fix="docker update --restart on-failure:5 {param}\n# compose: restart: on-failure:5\n"
    "# swarm: docker service update --restart-condition on-failure --restart-max-attempts 5 SERVICE",
    each=EACH,
    params=SCOPE,
)
def check_restart_bounded(container: Container) -> None:
    """A container is started again at most five times.

    A container that fails and is started again without end loads the host and hides its fault. Of a swarm's task the
    service's policy counts.
    """
    service = container.label("com.docker.swarm.service.id")
    if service is not None:
        policy = container.surroundings.swarm.service(service).value.answer.at("RestartPolicy")
        _judge_service(policy)
        return
    policy = container.answer.at("HostConfig", "RestartPolicy")
    name = policy.text("Name", default="")
    count = policy.number("MaximumRetryCount", default=0)
    expect(f"{name.value or 'no'}:{count.value}", name.source).satisfies(
        lambda _: name.value in {"", "no"} or (name.value == "on-failure" and 1 <= count.value <= 5),  # noqa: PLR2004
        {"one of": ["no", "on-failure with 1 to 5 tries"]},
    )


def _judge_service(policy: Document) -> None:
    condition = policy.text("Condition", default="any").get("any")
    attempts = policy.number("MaxAttempts", default=0).get(0)
    expect(f"{condition}:{attempts}", f"{policy.source}: RestartPolicy").satisfies(
        lambda _: condition == "none" or 1 <= attempts <= 5,  # noqa: PLR2004 - the benchmark's number
        {"one of": ["none", "1 to 5 attempts"]},
    )


@check(
    "container.ulimits",
    severity="low",
    refs=cis("5.19"),
    fix=f"{RECREATE}without --ulimit, so that the engine's default-ulimits hold, or declare the limit in the profile:\n"
    "# container_allowed_ulimits: {nofile: '1024:2048'}",
    each=EACH,
    params=(*SCOPE, "container_allowed_ulimits"),
)
def check_ulimits(container: Container, params: Any) -> None:
    """A container's ulimits are the engine's, or those that were declared.

    A limit that is set at run time takes the place of the engine's own (`default-ulimits`), whether it is lower or
    higher.
    """
    overrides = container.ulimits
    declared = params.container_allowed_ulimits
    if declared is None and overrides.value:
        limits = ", ".join(f"{name}={value}" for name, value in sorted(overrides.value.items())[:8])
        manual(f"Say whether {limits} is meant, or declare container_allowed_ulimits in the profile.")
    allowed = declared or {}
    expect(
        overrides.map(
            lambda found: {name: value for name, value in found.items() if allowed.get(name) not in {"*", value}}
        )
    ).is_empty()


@check(
    "container.cgroup-parent",
    severity="low",
    refs=cis("5.25"),
    fix=f"{RECREATE}without --cgroup-parent, or allow the parent in the profile:\n"
    "# container_allowed_cgroup_parents: [kubepods.slice]",
    each=EACH,
    params=(*SCOPE, "container_allowed_cgroup_parents"),
)
def check_cgroup_parent(container: Container, params: Any) -> None:
    """A container is in the control group that the engine gives it.

    In another group it may have other limits than those that were thought of.
    """
    parent = container.answer.text("HostConfig", "CgroupParent")
    expect(parent).is_in(("", *params.container_allowed_cgroup_parents))


@check(
    "container.log-rotation",
    severity="medium",
    refs=("docker-docs:json-file-max-size",),
    fix=f"{RECREATE}with rotation.\n# docker run: --log-opt max-size=10m --log-opt max-file=3\n"
    '# for all new containers, in daemon.json: {"log-opts": {"max-size": "10m", "max-file": "3"}}',
    each=EACH,
    params=SCOPE,
)
def check_log_rotation(container: Container) -> None:
    """A container's log cannot fill the disk.

    The json-file driver keeps everything for ever unless `max-size` is set. What a container was made with counts: the
    engine's default of today holds only for containers made since.
    """
    driver = container.answer.text("HostConfig", "LogConfig", "Type")
    if driver.value != "json-file":
        if driver.value not in {"local", "none", ""}:
            not_applicable(f"the {driver.value} driver keeps no file of its own on this host")
        if driver.value:
            expect(driver).is_in(("local", "none"))
            return
    size = container.answer.text("HostConfig", "LogConfig", "Config", "max-size", default="-1")
    expect(size).satisfies(_is_bounded, "a size such as 10m")


def _is_bounded(size: str) -> bool:
    """Whether go-units reads it as a size above zero (``-1`` and ``0`` are unlimited)."""
    digits = size.strip().rstrip("bBiI").rstrip("kKmMgGtTpP").strip()
    try:
        return float(digits) > 0
    except ValueError:
        return False
