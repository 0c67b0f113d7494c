"""What a Harbor's projects, quotas, registry endpoints and robot accounts are set to: asked of its API."""

from __future__ import annotations

from typing import Any

from dockworthy.check import check, expect, instances, not_applicable, not_decided
from dockworthy.evidence import Evidence, NotApplicable
from dockworthy.facts.api.document import Document
from dockworthy.facts.harbor.api.harbor import HarborAPI, moment_of, text
from dockworthy.facts.harbor.api.projects import (
    SEVERITIES,
    Retention,
    demanded,
    immutable_faults,
    is_on,
    projects_named,
    retention,
)
from dockworthy.printable import printable

_PROJECT = "# in Harbor: Projects > {param} > Configuration: "
_NEVER = -1


def projects(harbor_api: HarborAPI) -> dict[str, Evidence[Document]]:
    """The projects; where not all are told, the rest under the Harbor's own name."""
    return harbor_api.each(harbor_api.projects, "name")


EACH_PROJECT = instances("project", projects, none="Harbor has no project")


@check(
    "harbor.project-private",
    severity="high",
    refs=("harbor:projects",),
    fix=_PROJECT + "Public off",
    each=EACH_PROJECT,
    params=("harbor_public_projects",),
)
def check_project_private(project: Evidence[Document], params: Any) -> None:
    """No project is public that should not be.

    Everybody who reaches Harbor can pull from a public project. Harbor is installed with one, library.
    """
    row = project.value
    public = text(row, "metadata", "public").map(str.lower)
    if public.value not in {"true", "false"}:
        not_decided("it is neither 'true' nor 'false'", public.source)
    accepted = row.text("name").value in params.harbor_public_projects
    expect(public).is_in(("false", "true") if accepted else ("false",))


@check(
    "harbor.project-scan-on-push",
    severity="medium",
    refs=("harbor:vulnerability-scanning",),
    fix=_PROJECT + "Automatically scan images on push",
    each=EACH_PROJECT,
    params=("harbor_scan_exempt_projects",),
)
def check_project_scan_on_push(project: Evidence[Document], params: Any) -> None:
    """The images of each project are scanned when they are pushed.

    What a proxy cache fetches counts as pushed.
    """
    row = project.value
    exempt = row.text("name").value in params.harbor_scan_exempt_projects
    expect(is_on(row, "auto_scan")).is_in((True, False) if exempt else (True,))


def guarded(harbor_api: HarborAPI, params: Any) -> dict[str, Evidence[Document]]:
    """The projects, where the profile demands that vulnerable images are not pulled."""
    if not params.harbor_prevent_vulnerable:
        raise NotApplicable("the profile does not demand it (harbor_prevent_vulnerable)")
    return projects(harbor_api)


@check(
    "harbor.project-blocks-vulnerable",
    severity="medium",
    refs=("harbor:vulnerability-scanning",),
    fix=_PROJECT + "Prevent vulnerable images from running",
    each=instances("project", guarded, none="Harbor has no project"),
    params=("harbor_max_pull_severity", "harbor_prevent_vulnerable"),
)
def check_project_blocks_vulnerable(project: Evidence[Document], params: Any) -> None:
    """Vulnerable images of no project can be pulled.

    A project names the severity from which on; a looser word lets more pass. CVEs that an allowlist excepts are
    pulled all the same.
    """
    row = project.value
    on, loosest = is_on(row, "prevent_vul"), SEVERITIES[params.harbor_max_pull_severity]
    if not on.value:
        expect(on).equals(True)
        return
    severity = text(row, "metadata", "severity").map(str.lower)
    if severity.value not in SEVERITIES:
        not_decided("it is no severity that Harbor has", severity.source)
    shown = {"from": severity.value, **_exceptions(row)}
    expect(severity, shown=lambda _: shown).satisfies(
        lambda word: SEVERITIES[word] <= loosest, f"from {params.harbor_max_pull_severity} on, or from less"
    )


def _exceptions(project: Document) -> dict[str, object]:
    """The allowlist that lets vulnerable images pass."""
    if is_on(project, "reuse_sys_cve_allowlist").get(False):
        return {"allowlist": "the system's"}
    items = project.at("cve_allowlist").items("items", default=()).get(())
    return {"allowlist": f"{len(items)} CVEs"} if items else {}


def immutable(harbor_api: HarborAPI, params: Any) -> dict[str, Evidence[Document]]:
    """The projects whose tags must be immutable."""
    return projects_named(harbor_api, demanded(params.harbor_immutable_projects))


@check(
    "harbor.project-tags-immutable",
    severity="low",
    refs=("harbor:tag-immutability",),
    fix="# in Harbor: Projects > {param} > Policy > Tag Immutability: Add Rule",
    each=instances("project", immutable, none="the profile names no project for it (harbor_immutable_projects)"),
    params=("harbor_immutable_projects",),
)
def check_project_tags_immutable(project: Evidence[Document], harbor_api: HarborAPI, params: Any) -> None:
    """The release tags of a project cannot be overwritten.

    A tag that can be pushed again may be another image tomorrow.
    """
    row = project.value
    patterns = demanded(params.harbor_immutable_projects).get(row.text("name").value, ())
    expect(immutable_faults(harbor_api, row, patterns)).equals(())


def retained(harbor_api: HarborAPI, params: Any) -> dict[str, Evidence[Document]]:
    """The projects that must drop old tags."""
    return projects_named(harbor_api, params.harbor_retention_projects)


@check(
    "harbor.project-retention",
    severity="low",
    refs=("harbor:tag-retention",),
    fix="# in Harbor: Projects > {param} > Policy > Tag Retention: a rule, and a schedule",
    each=instances("project", retained, none="the profile names no project for it (harbor_retention_projects)"),
    params=("harbor_retention_projects",),
)
def check_project_retention(project: Evidence[Document], harbor_api: HarborAPI) -> None:
    """Old tags of a project go by a rule and a schedule."""
    expect(retention(harbor_api, project.value), shown=_shown_retention).satisfies(
        lambda policy: policy is not None and policy.rules > 0 and bool(policy.cron), "a rule in force, and a schedule"
    )


def _shown_retention(policy: Retention | None) -> object:
    if policy is None:
        return "no policy"
    return {"rules": policy.rules, "disabled": policy.disabled, "schedule": printable(policy.cron) or "none"}


def quotas(harbor_api: HarborAPI) -> dict[str, Evidence[Document]]:
    """The projects' quotas, by project."""
    return harbor_api.each(harbor_api.listing("/quotas"), "ref", "name")


@check(
    "harbor.quota-headroom",
    severity="medium",
    refs=("harbor:project-quotas",),
    fix="# in Harbor: Administration > Project Quotas > {param}: Edit; or let a garbage collection free space",
    each=instances("quota", quotas, none="Harbor has no quota"),
    params=("harbor_max_quota_percent",),
)
def check_quota_headroom(quota: Evidence[Document], params: Any) -> None:
    """No project is at its quota.

    A push that would go beyond it is refused.
    """
    row = quota.value
    hard, used = row.number("hard", "storage"), row.number("used", "storage")
    if hard.value == _NEVER:
        expect(hard, shown=lambda _: "no limit").equals(_NEVER)
        return
    if hard.value <= 0 or used.value < 0:
        not_decided("a quota is a number of octets, or -1 for no limit", hard.source)
    percent = used.map(lambda octets: round(100 * octets / hard.value, 1))
    expect(percent, shown=lambda share: {"used": used.value, "of": hard.value, "percent": share}).satisfies(
        lambda _: used.value * 100 < params.harbor_max_quota_percent * hard.value,
        f"less than {params.harbor_max_quota_percent} percent",
    )


def registries(harbor_api: HarborAPI) -> dict[str, Evidence[Document]]:
    """The registry endpoints, by name."""
    return harbor_api.each(harbor_api.listing("/registries"), "name")


@check(
    "harbor.registry-verified",
    severity="high",
    refs=("harbor:registry-endpoints",),
    fix="# in Harbor: Administration > Registries > {param}: an https address, and Verify Remote Cert on",
    each=instances("endpoint", registries, none="Harbor has no registry endpoint"),
    params=("harbor_insecure_registries",),
)
def check_registry_verified(endpoint: Evidence[Document], params: Any) -> None:
    """Harbor reaches each registry endpoint by verified TLS.

    It sends the endpoint's login there, and takes images from there.
    """
    row = endpoint.value
    url, insecure = text(row, "url"), row.flag("insecure", default=False)
    scheme, mark, _ = url.value.strip().partition("://")
    faults = [] if mark and scheme.lower() == "https" else ["it is no https address"]
    faults += ["its certificate is not verified"] if insecure.value else []
    accepted = bool(faults) and row.text("name").value in params.harbor_insecure_registries
    expect(tuple(faults), f"{url.source}, insecure").satisfies(lambda found: not found or accepted, [])


def robots(harbor_api: HarborAPI) -> dict[str, Evidence[Document]]:
    """The robot accounts, by their full names."""
    return harbor_api.each(harbor_api.robots, "name")


EACH_ROBOT = instances("robot", robots, none="Harbor has no robot account")


def _has_no_end(robot: Document) -> Evidence[bool]:
    """Whether it lives for ever: its end, or its duration, is -1."""
    ends, days = robot.number("expires_at"), robot.number("duration", default=0)
    if days.get(0) == _NEVER:
        return days.map(lambda _: True)
    if ends.is_known and ends.value != _NEVER and ends.value <= 0:
        not_decided("it is no time", ends.source)
    return days.then(lambda _: ends.map(lambda end: end == _NEVER))


def _demand_in_use(robot: Document) -> None:
    if robot.flag("disable", default=False).value:
        not_applicable("it is disabled")


@check(
    "harbor.robot-expires",
    severity="high",
    refs=("harbor:robot-accounts",),
    fix="# in Harbor: Administration > Robot Accounts > {param}: Edit, Expiration time",
    each=EACH_ROBOT,
    params=("harbor_eternal_robots",),
)
def check_robot_expires(robot: Evidence[Document], params: Any) -> None:
    """No robot account lives for ever.

    Its secret lies in files and pipelines. Of the robots of projects those are judged that were asked for.
    """
    row = robot.value
    _demand_in_use(row)
    accepted = row.text("name").value in params.harbor_eternal_robots
    expect(_has_no_end(row), shown=lambda never: "never" if never else _shown_end(row)).satisfies(
        lambda never: not never or accepted, "an end"
    )


def _shown_end(robot: Document) -> object:
    ends = robot.number("expires_at")
    return moment_of(ends.value, ends.source).value.isoformat()


@check(
    "harbor.robot-not-expired",
    severity="medium",
    refs=("harbor:robot-accounts",),
    fix="# in Harbor: Administration > Robot Accounts > {param}: Edit, Expiration time; or disable it",
    each=EACH_ROBOT,
    params=("harbor_robot_days_left",),
)
def check_robot_not_expired(robot: Evidence[Document], harbor_api: HarborAPI, params: Any) -> None:
    """No robot account that is in use has expired, or is about to.

    By Harbor's own clock.
    """
    row = robot.value
    _demand_in_use(row)
    never = _has_no_end(row)
    if never.value:
        expect(never, shown=lambda _: "no end").equals(True)
        return
    ends = row.number("expires_at")
    moment, now = moment_of(ends.value, ends.source).value, harbor_api.clock("/robots").value
    left = ends.map(lambda _: (moment - now).total_seconds() / 86_400)
    expect(left, shown=lambda days: {"ends": moment.isoformat(), "days left": round(days, 1)}).satisfies(
        lambda days: days > params.harbor_robot_days_left, f"more than {params.harbor_robot_days_left} days left"
    )
