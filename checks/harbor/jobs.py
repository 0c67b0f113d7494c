"""What Harbor does by itself, and has room for: scanning, collecting, purging, replicating. Asked of its API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dockworthy.check import check, expect, instances, not_applicable, not_decided
from dockworthy.evidence import Evidence
from dockworthy.facts.api.document import Document
from dockworthy.facts.harbor.api.forwarding import forward_fault
from dockworthy.facts.harbor.api.harbor import HarborAPI, Schedule, text, the_harbor
from dockworthy.facts.harbor.api.jobs import FAILED, Pool, Replication, pools, replication
from dockworthy.facts.harbor.api.scanning import scanner
from dockworthy.printable import printable

WHOLE = instances("api", the_harbor)
_NEWEST = 3
_DAY = timedelta(days=1)


def _shown_schedule(schedule: Schedule) -> object:
    return {"type": printable(schedule.kind), "cron": printable(schedule.cron)} if schedule.kind else "never scheduled"


def _expect_scheduled(schedule: Evidence[Schedule]) -> None:
    expect(schedule, shown=_shown_schedule).satisfies(lambda when: when.is_set, "a schedule")


@check(
    "harbor.scanner-present",
    severity="high",
    refs=("harbor:vulnerability-scanning",),
    fix="# in Harbor: Administration > Interrogation Services > Scanners: Set as Default; or, in Harbor's folder:\n"
    "./install.sh --with-trivy",
    each=WHOLE,
)
def check_scanner_present(api: HarborAPI) -> None:
    """Harbor has a default scanner, which is enabled and healthy.

    Another scanner that is healthy is not asked.
    """
    expect(scanner(api)).equals("healthy")


@check(
    "harbor.scan-scheduled",
    severity="medium",
    refs=("harbor:vulnerability-scanning",),
    fix="# in Harbor: Administration > Interrogation Services > Vulnerability: Schedule to scan all",
    each=WHOLE,
)
def check_scan_scheduled(api: HarborAPI) -> None:
    """All images are scanned again on a schedule.

    Vulnerabilities become known after an image was pushed.
    """
    path = "/system/scanAll/schedule"
    answer = api.answers.received(path, login=True)
    if answer.is_known and answer.value.status == 412:  # noqa: PLR2004 - Harbor: no scanner is configured
        expect("no scanner is configured", answer.source).equals("a schedule")
    _expect_scheduled(api.schedule(path))


@check(
    "harbor.gc-scheduled",
    severity="medium",
    refs=("harbor:garbage-collection",),
    fix="# in Harbor: Administration > Clean Up > Garbage Collection: Schedule to GC",
    each=WHOLE,
)
def check_gc_scheduled(api: HarborAPI) -> None:
    """Harbor collects garbage on a schedule.

    What is deleted in Harbor takes up room until then.
    """
    _expect_scheduled(api.schedule("/system/gc/schedule"))


@check(
    "harbor.gc-succeeds",
    severity="medium",
    refs=("harbor:garbage-collection",),
    fix="# in Harbor: Administration > Clean Up > Garbage Collection: the log of the last run says why it failed",
    each=WHOLE,
    params=("harbor_max_gc_days",),
)
def check_gc_succeeds(api: HarborAPI, params: Any) -> None:
    """Harbor's last garbage collections succeeded.

    A dry run frees nothing, and one that runs has not succeeded yet. By Harbor's own clock.
    """
    schedule = api.schedule("/system/gc/schedule")
    if schedule.is_known and not schedule.value.is_set:
        not_applicable("no garbage collection is scheduled (harbor.gc-scheduled)")
    found = api.collections
    wet = [one for one in found.value if not one.is_dry]
    done = [one for one in wet if one.status not in {"Running", "Pending", "Scheduled"}]
    if wet and not done:
        not_decided("the first one has not ended yet", found.source)
    success = next((one for one in done if one.status == "Success"), None)
    if success is None:
        statuses = [printable(one.status) for one in done]
        expect(statuses or "none", found.source).equals("a success")
        return
    now = api.clock("/system/gc")
    age = success.when.then(lambda moment: now.map(lambda present: (present - moment) / _DAY))
    expect(age, shown=lambda days: {"last success": f"{days:.1f} days ago"}).at_most(params.harbor_max_gc_days)


@check(
    "harbor.audit-purged",
    severity="low",
    refs=("harbor:audit-log",),
    fix="# in Harbor: Administration > Clean Up > Log Rotation: Schedule to purge",
    each=WHOLE,
)
def check_audit_purged(api: HarborAPI) -> None:
    """Harbor's audit log is purged on a schedule.

    It grows in the database with each pull. Came with Harbor 2.6.
    """
    path = "/system/purgeaudit/schedule"
    api.newer(api.answers.answer(path, login=True), 2, 6)
    _expect_scheduled(api.schedule(path))


@check(
    "harbor.audit-forwarded",
    severity="medium",
    refs=("harbor:audit-log",),
    fix="# in Harbor: Administration > Configuration > System Settings: Audit Log Forward Endpoint: HOST:PORT\n"
    '# or: PUT /api/v2.0/configurations {"audit_log_forward_endpoint": "HOST:PORT"}',
    each=WHOLE,
    params=("harbor_audit_forward",),
)
def check_audit_forwarded(api: HarborAPI, params: Any) -> None:
    """Harbor's audit log goes to a place that can take it.

    Core dials the endpoint as HOST:PORT over TCP: with a scheme or a path before or after it no line ever leaves. Where
    the database is skipped and nothing takes the log it is lost. Came with Harbor 2.6.
    """
    api.demand_since(2, 6)
    endpoint: Evidence[str] = api.setting("audit_log_forward_endpoint", text)
    skipped: Evidence[bool] = api.setting("skip_audit_log_database", Document.flag)
    fault = forward_fault(endpoint.value.strip())
    if not endpoint.value.strip():
        lost = "nothing takes the audit log: it is lost" if skipped.value else ""
        fault = lost or ("it is not forwarded" if params.harbor_audit_forward else "")
    shown = {"audit_log_forward_endpoint": printable(endpoint.value), "skip_audit_log_database": skipped.value}
    expect(endpoint, shown=lambda _: {**shown, "fault": fault} if fault else shown).satisfies(
        lambda _: not fault, "HOST:PORT" if params.harbor_audit_forward else "HOST:PORT, or none and the database"
    )


@check(
    "harbor.volume-space",
    severity="high",
    refs=("harbor:installation-prerequisites",),
    fix="# let a garbage collection free space, or enlarge the file system of data_volume:\ndf -h /data",
    each=WHOLE,
    params=("harbor_min_free_percent",),
)
def check_volume_space(api: HarborAPI, params: Any) -> None:
    """The volume that Harbor's core sees has room.

    It is core's /data; where images lie in object storage Harbor tells 0 of 0.
    """
    volumes = api.answers.document("/systeminfo/volumes", login=True).objects("storage")
    if not volumes.value:
        not_decided("it lists no volume", volumes.source)
    judged = [(row.number("total", default=0), row.number("free", default=0)) for row in volumes.value]
    sized = [(total, free) for total, free in judged if (total.value, free.value) != (0, 0)]
    if not sized:
        not_applicable("Harbor tells no size, as with object storage")
    for total, free in sized:
        if not 0 <= free.value <= total.value:
            not_decided("more is free than there is", free.source)
        percent = free.map(lambda octets, total=total: 100 * octets / total.value)  # type: ignore[misc]
        shown = {"free": free.value, "of": total.value, "percent": round(percent.value, 1)}
        expect(percent, shown=lambda _, shown=shown: shown).at_least(params.harbor_min_free_percent)  # type: ignore[misc]


def rules(harbor_api: HarborAPI) -> dict[str, Evidence[Document]]:
    """The replication rules, by name."""
    return harbor_api.each(harbor_api.listing("/replication/policies"), "name")


@check(
    "harbor.replication-runs",
    severity="high",
    refs=("harbor:replication",),
    fix="# in Harbor: Administration > Replications > {param}: the log of the last execution says why it failed",
    each=instances("rule", rules, none="Harbor has no replication rule"),
    params=("harbor_max_replication_hours",),
)
def check_replication_runs(rule: Evidence[Document], harbor_api: HarborAPI, params: Any) -> None:
    """Each replication rule that is enabled does run, and succeeds.

    A scheduled one must have succeeded within the profile's hours, or within two periods of its schedule where that is
    longer; one by events where there were any. By Harbor's own clock.
    """
    found = replication(harbor_api, rule.value)
    seen, newest = found.value, found.value.ended[:_NEWEST]
    within = max(timedelta(hours=params.harbor_max_replication_hours), 2 * (seen.period or timedelta()))
    failing = bool(newest) and all(one.status == FAILED for one in newest)
    if not seen.is_scheduled:
        expected = "the last execution succeeded, or there was none"
        expect(found, shown=_shown_runs).satisfies(lambda _: not failing, expected)
        return
    if seen.period is None and seen.now.is_known:
        not_decided("its schedule is none that Harbor takes", f"{rule.source}: trigger.trigger_settings.cron")
    if seen.executions and not seen.ended:
        not_decided("its first execution has not ended yet", found.source)
    success = seen.succeeded
    recent = success is not None and seen.age(success) <= within
    expect(found, shown=_shown_runs).satisfies(
        lambda _: recent and not failing, f"a success within {within / timedelta(hours=1):g} hours"
    )


def _shown_runs(seen: Replication) -> object:
    newest = [{"status": printable(one.status), "start": _shown_time(one.start)} for one in seen.executions[:_NEWEST]]
    return newest or "no execution"


def _shown_time(moment: Evidence[Any]) -> object:
    return moment.value.isoformat() if moment.is_known else None


@check(
    "harbor.jobservice-alive",
    severity="high",
    refs=("harbor:job-service",),
    fix="# on Harbor's host, in its folder:\ndocker compose logs --tail 100 jobservice redis\n"
    "docker compose restart jobservice",
    each=WHOLE,
    params=("harbor_max_heartbeat_seconds",),
)
def check_jobservice_alive(api: HarborAPI, params: Any) -> None:
    """Each of Harbor's job services gave a sign of life just now.

    Without one no replication, scan or collection runs. One that is gone stays listed for some minutes, so that one
    that lives is enough, or one for each node of a group. By Harbor's own clock. Came with Harbor 2.7.
    """
    listed = pools(api)
    limit = timedelta(seconds=params.harbor_max_heartbeat_seconds)
    demanded = min(max(1, len(api.nodes) if api.mode == "shared" else 1), len(listed.value) or 1)
    expect(listed, shown=_shown_pools).satisfies(
        lambda found: sum(pool.age <= limit for pool in found) >= demanded,
        f"{demanded} not older than {params.harbor_max_heartbeat_seconds} seconds",
    )


def _shown_pools(listed: tuple[Pool, ...]) -> object:
    return [{"host": printable(pool.host), "seconds": round(pool.age.total_seconds())} for pool in listed] or "none"


def queues(harbor_api: HarborAPI) -> dict[str, Evidence[Document]]:
    """The queues, by the type of their jobs."""
    harbor_api.newer(harbor_api.answers.answer("/jobservice/queues", login=True), 2, 7)
    return harbor_api.each(harbor_api.listing("/jobservice/queues"), "job_type")


@check(
    "harbor.queues-move",
    severity="medium",
    refs=("harbor:job-service",),
    fix="# in Harbor: Administration > Job Service Dashboard > Job Queues > {param}: Resume, or Stop what waits",
    each=instances("queue", queues, none="Harbor has no job queue"),
    params=("harbor_max_queue_minutes",),
)
def check_queues_move(queue: Evidence[Document], params: Any) -> None:
    """No job queue of Harbor is stuck or paused.

    Came with Harbor 2.7.
    """
    row = queue.value
    waiting, seconds = row.number("count", default=0), row.number("latency", default=0)
    expect(row.flag("paused"), shown=lambda is_paused: {"paused": is_paused}).equals(False)
    shown = {"waiting": waiting.value, "seconds": seconds.value}
    expect(seconds, shown=lambda _: shown).satisfies(
        lambda length: not waiting.value or length <= 60 * params.harbor_max_queue_minutes,
        f"at most {params.harbor_max_queue_minutes} minutes",
    )


@check(
    "harbor.schedules-run",
    severity="high",
    refs=("harbor:job-service",),
    fix="# in Harbor: Administration > Job Service Dashboard > Schedules: Resume All",
    each=WHOLE,
)
def check_schedules_run(api: HarborAPI) -> None:
    """Harbor's schedules are not paused.

    Paused, no collection, scan or replication is started any more, without a word. Came with Harbor 2.7.
    """
    path = "/schedules/all/paused"
    api.newer(api.answers.answer(path, login=True), 2, 7)
    expect(api.answers.document(path, login=True).flag("paused")).equals(False)
