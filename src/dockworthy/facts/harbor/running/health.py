"""How a service's container fares: its state, its health, its restarts, and what brings it back after a reboot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Evidence, derived, known
from dockworthy.facts.harbor.running.stale import started
from dockworthy.facts.harbor.running.syslog import LOG, log_driver

if TYPE_CHECKING:
    from dockworthy.facts.api.container import Container
    from dockworthy.facts.facts import Facts
    from dockworthy.facts.harbor.running.projects import HarborProject

__all__ = ["Health", "condition", "engine_is_enabled", "has_health_check", "health", "log_order", "seconds_running"]

_SECOND: Final = 1_000_000_000
# What the engine takes where the check does not say it (moby, daemon/health.go).
_INTERVAL: Final = 30 * _SECOND
_RETRIES: Final = 3
# What the engine says of a container whose syslog server did not answer (moby, daemon/logs.go).
_NOBODY_LISTENED: Final = "failed to initialize logging driver"
_ENABLED: Final = frozenset({"enabled", "enabled-runtime", "linked", "linked-runtime", "alias", "generated"})


@derived
def condition(container: Container) -> Evidence[str]:
    """``running``, or what it does instead; who is paused or between two starts may call itself running, too."""
    state = container.state
    value = state.value
    for flag in ("Restarting", "Paused", "Dead"):
        if container.answer.flag("State", flag, default=False).get(False):
            return known(flag.lower(), f"{container.answer.source}: State.{flag}")
    if value == "exited":
        code = container.answer.number("State", "ExitCode")
        value = f"exited ({code.value})" if code.is_known else value
    if value != "running" and container.answer.at("State").content.get("Error"):
        value += "; the engine could not start it"
    return known(value, state.source)


def has_health_check(container: Container) -> Evidence[bool]:
    """Whether the container has one, of its own or of its image."""
    return container.health_check.map(lambda kind: kind not in {"", "NONE"})


@dataclass(frozen=True, slots=True)
class Health:
    """What the engine says of a health check.

    Attributes:
        status: healthy, unhealthy, starting or none.
        patience: how long, in seconds, it may be starting before it must have come to a result.
    """

    status: str
    patience: float


@derived
def health(container: Container) -> Evidence[Health]:
    """The health of a container that runs."""
    status = container.answer.text("State", "Health", "Status")
    check = container.answer.at("Config", "Healthcheck")

    def nanoseconds(name: str) -> int:
        return check.number(name, default=0).get(0)

    interval = nanoseconds("Interval") or _INTERVAL
    patience = nanoseconds("StartPeriod") + interval * (nanoseconds("Retries") or _RETRIES)
    return known(Health(status.value.lower(), patience / _SECOND), status.source)


@derived
def engine_is_enabled(facts: Facts) -> Evidence[bool]:
    """Whether a unit starts the engine at boot: its service, or its socket and who then asks."""
    unit = facts.services["docker.service"].value
    return unit.enabled.map(lambda text: text in _ENABLED)


@derived
def seconds_running(container: Container, facts: Facts) -> Evidence[float]:
    """How long before the engine was asked its process was last started, by the host's own clock."""
    begun = started(container)
    return known(facts.snapshot.recorded.value.timestamp() - begun.value, begun.source)


@dataclass(frozen=True, slots=True)
class LogOrder:
    """Which services were started before the log container.

    Attributes:
        earlier: those that log to it, by name.
        failed: those of which the engine says that it could not start them for want of it.
        again: whether the log container was started more than once, so that this start tells no order.
    """

    earlier: tuple[str, ...]
    failed: tuple[str, ...]
    again: bool


@derived
def log_order(project: HarborProject) -> Evidence[LogOrder]:
    """The order by whole seconds; raises LookupError where the project has no log container."""
    log = project.containers[LOG]
    first = started(log)
    others = {
        name: one for name, one in project.containers.items() if one is not log and log_driver(one).get("") == "syslog"
    }
    earlier = [name for name, one in others.items() if int(started(one).get(first.value)) < int(first.value)]
    failed = [name for name, one in others.items() if one.answer.at("State").content.get("Error") == _NOBODY_LISTENED]
    restarted = log.answer.number("RestartCount", default=0).get(0) > 0 or not log.answer.text(
        "State", "FinishedAt", default="0001"
    ).get("0001").startswith("0001")
    return known(LogOrder(tuple(earlier), tuple(failed), restarted), first.source)
