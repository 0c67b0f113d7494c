"""What Harbor does by itself: replication and its executions, the job services and their signs of life.

Source: goharbor/harbor ``src/server/v2.0/handler/replication.go``, ``src/pkg/jobmonitor/{pool,queue}.go``.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, NotApplicable, NotDecided, derived, known, unknown
from dockworthy.facts.harbor.api.cron import longest_gap
from dockworthy.facts.harbor.api.harbor import text

if TYPE_CHECKING:
    from dockworthy.facts.api.document import Document
    from dockworthy.facts.harbor.api.harbor import HarborAPI

__all__ = ["ENDED", "Execution", "Pool", "Replication", "pools", "replication"]

SCHEDULED, BY_EVENT = "scheduled", "event_based"
SUCCEEDED, FAILED = "Succeed", "Failed"
ENDED: Final = frozenset({SUCCEEDED, FAILED, "Stopped"})
_LONG_AGO: Final = datetime(1, 1, 1, tzinfo=timezone.utc)
_POOLS: Final = "/jobservice/pools"


@dataclass(frozen=True, slots=True)
class Execution:
    """One run of a replication rule."""

    status: str  # Succeed, Failed, Stopped; InProgress
    start: Evidence[datetime]


@dataclass(frozen=True, slots=True)
class Replication:
    """A replication rule that runs by itself.

    Attributes:
        is_scheduled: whether by a schedule, and not by events.
        period: the longest time between two runs of its schedule; None where that cannot be told.
        executions: the newest, the newest first.
    """

    is_scheduled: bool
    period: timedelta | None
    executions: tuple[Execution, ...]
    now: Evidence[datetime]  # by Harbor's clock

    @property
    def ended(self) -> tuple[Execution, ...]:
        """Those that came to an end."""
        return tuple(one for one in self.executions if one.status in ENDED)

    @property
    def succeeded(self) -> Execution | None:
        """The newest success."""
        return next((one for one in self.ended if one.status == SUCCEEDED), None)

    def age(self, execution: Execution) -> timedelta:
        """How long ago it began; raises NotDecided where that is not known."""
        return self.now.value - execution.start.value


def replication(api: HarborAPI, rule: Document) -> Evidence[Replication]:
    """What is known of a rule's runs; raises NotApplicable where it does not run by itself."""
    if not rule.flag("enabled", default=False).value:
        raise NotApplicable("the rule is disabled")
    kind = text(rule, "trigger", "type", default="manual").value or "manual"
    if kind == "manual":
        raise NotApplicable("the rule is run by hand")
    if kind not in {SCHEDULED, BY_EVENT}:
        raise NotDecided("what triggers it is not known", f"{rule.source}: trigger.type", Code.MALFORMED)
    path = f"/replication/executions?policy_id={rule.number('id').value}"
    return _replication(api, rule, path, is_scheduled=kind == SCHEDULED)


@derived
def _replication(api: HarborAPI, rule: Document, path: str, *, is_scheduled: bool) -> Evidence[Replication]:
    latest = api.latest(path)
    runs = [Execution(text(row, "status").value, row.time("start_time")) for row in latest.value]
    runs.sort(key=lambda one: one.start.get(_LONG_AGO), reverse=True)
    now = api.clock("/replication/policies")
    cron = text(rule, "trigger", "trigger_settings", "cron", default="").value
    period = longest_gap(cron, now.value) if is_scheduled and now.is_known else None
    return known(Replication(is_scheduled, period, tuple(runs), now), latest.source)


@dataclass(frozen=True, slots=True)
class Pool:
    """A job service's pool of workers."""

    host: str  # the container's id; empty where the release does not tell it
    age: timedelta  # how long ago it gave a sign of life, by Harbor's clock


@derived
def pools(api: HarborAPI, node: str = "") -> Evidence[tuple[Pool, ...]]:
    """The job services that Harbor knows of, also those that are gone for some minutes."""
    answer = api.newer(api.answers.answer(_POOLS, login=True, node=node), 2, 7)
    listing = api.answers.listing(_POOLS, login=True, node=node)
    if listing.failure is not None:
        return unknown(listing.failure, answer.source)
    if not listing.known_ones:
        return known((), answer.source)
    now = api.clock(_POOLS, node=node).value
    return known(
        tuple(
            Pool(text(row, "host", default="").value, now - row.time("heartbeat_at").value)
            for row in listing.known_ones
        ),
        answer.source,
    )
