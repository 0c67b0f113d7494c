"""What a Harbor's API tells, judged: a Harbor as it should be, and one thing that differs at a time.

Of each check there is a case that passes and one that fails; a trap of its row in the catalogue stands beside its twin.
"""

from __future__ import annotations

import copy
import functools
import json
import operator
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from dockworthy.facts.harbor.group.own import key_id
from tests.harborapi import (
    CHECKS,
    HARBOR,
    RELEASES,
    ROBOT,
    api_host,
    broken,
    collection,
    execution,
    good,
    judged,
    merged,
    pool,
    project,
    queue,
    quota,
    robot,
    rule,
    said,
    seconds,
)
from tests.harborengine import engine_host
from tests.harborhost import YML, harbor_host
from tests.hosts import host
from tests.registryhost import pem
from tests.rows import each_of
from tests.trust.host import made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockworthy.facts.facts import Facts

GOOD = good()
INFO, CONFIGURATION = GOOD["/systeminfo"], GOOD["/configurations"]
# What needs more than its answers: files of its hosts, or a demand of the profile.
ASKS_MORE = {"external-url-effective", "token-pair-in-use", "directory-verified", "project-blocks-vulnerable"} | {
    "project-tags-immutable",
    "project-retention",
}
CAME_LATER = {"audit-purged", "audit-forwarded", "jobservice-alive", "queues-move", "schedules-run"}
PUBLIC = {"api-answers", "component-healthy", "auth-mode", "self-registration-off", "token-lifetime"}
ALL = {check.removeprefix("harbor.") for check in CHECKS}


def outcomes_of(check: str, changes: Any = None, params: Any = None, **more: Any) -> dict[str | None, str]:
    found = judged(check, api_host(changes, **more), **(params or {}))
    return {name: judgement.outcome for name, judgement in found.items()}


def config(**values: Any) -> dict[str, Any]:
    """The configuration with other values, as it is answered with."""
    changed = CONFIGURATION
    for key, value in values.items():
        changed = merged(changed, key, "value", to=value)
    return {"/configurations": changed}


def info(**values: Any) -> dict[str, Any]:
    """The system's description with other values; None takes one away. Without a login the same, where it has it."""
    own, public = INFO, GOOD["-/systeminfo"]
    for key, value in values.items():
        own = merged(own, key, to=value)
        public = merged(public, key, to=value) if key in public else public
    return {"/systeminfo": own, "-/systeminfo": public}


def component(name: str, status: str, **more: str) -> dict[str, Any]:
    return {"-/health": {"status": "healthy", "components": [{"name": name, "status": status, **more}]}}


def immutable_rule(pattern: str = "**", decoration: str = "matches", repositories: str = "**", **more: Any) -> Any:
    return {
        "id": 1,
        "action": "immutable",
        "template": "immutable_template",
        "tag_selectors": [{"kind": "doublestar", "decoration": decoration, "pattern": pattern}],
        "scope_selectors": {
            "repository": [{"kind": "doublestar", "decoration": "repoMatches", "pattern": repositories}]
        },
        **more,
    }


def tags(*rules: Any) -> dict[str, Any]:
    return {"/projects/apps/immutabletagrules": list(rules)}


def retention(*rules: Any, cron: str = "0 0 0 * * *", kind: str = "Schedule") -> dict[str, Any]:
    policy = {
        "id": 5,
        "algorithm": "or",
        "rules": list(rules),
        "trigger": {"kind": kind, "settings": {"cron": cron} if cron else {}},
        "scope": {"level": "project", "ref": 2},
    }
    return {"/projects": [project(1, "library"), project(2, "apps", retention_id="5")], "/retentions/5": policy}


KEEP = {"id": 1, "action": "retain", "template": "latestPushedK"}
SCANNER = GOOD["/scanners"][0]
ENDPOINT = GOOD["/registries"][0]
IMMUTABLE = {"harbor_immutable_projects": ["apps"]}
RETENTION = {"harbor_retention_projects": ["apps"]}
BLOCKS = {"harbor_prevent_vulnerable": True}

SCHEDULES = {
    "scan-scheduled": "/system/scanAll/schedule",
    "gc-scheduled": "/system/gc/schedule",
    "audit-purged": "/system/purgeaudit/schedule",
}
# An empty body, null and {} are never.
SCHEDULED: list[tuple[Any, str]] = [
    (said(None, empty=True), "fail"),
    (said(None), "fail"),
    (said({}), "fail"),
    ({"schedule": {}}, "fail"),
    ({"schedule": {"type": "None"}}, "fail"),
    ({"schedule": {"type": "Manual"}}, "fail"),
    ({"schedule": {"type": "Custom", "cron": ""}}, "fail"),
    ({"schedule": {"type": "Custom", "cron": "0 0 0 * * 0"}}, "pass"),
    (said({"schedule": "daily"}), "error"),
    (said([]), "error"),
    (said({"schedule": {"type": 5}}), "error"),
]

Case = tuple[str, "dict[str, Any] | None", dict[str, Any], Any]
# A check, what differs, what the profile demands, and the outcome: one for all instances, or by instance.
CASES: list[Case] = [
    *((check, {path: body}, {}, found) for check, path in SCHEDULES.items() for body, found in SCHEDULED),
    # whether it answers
    ("api-answers", {"-/ping": broken("refused"), "-/systeminfo": broken("refused")}, {}, "fail"),
    ("api-answers", {"-/ping": said("", 502), "-/systeminfo": said("", 500)}, {}, "fail"),
    (
        "api-answers",
        {"-/ping": broken("retries", status=503), "-/systeminfo": broken("retries", status=503)},
        {},
        "fail",
    ),
    ("api-answers", {"-/ping": said("", 502)}, {}, "error"),
    ("api-answers", {"-/systeminfo": said("", 502)}, {}, "error"),
    ("api-answers", {"-/ping": said("", 401), "-/systeminfo": said("", 401)}, {}, "error"),
    ("api-answers", {"-/ping": "pong of another server"}, {}, "error"),
    # components: each by itself, whatever the whole says
    ("component-healthy", component("redis", "unhealthy", error="dial tcp: refused"), {}, {"redis": "fail"}),
    ("component-healthy", component("redis", "healthy"), {}, {"redis": "pass"}),
    ("component-healthy", {"-/health": merged(GOOD["-/health"], "status", to="unhealthy")}, {}, "pass"),
    ("component-healthy", {"-/health": {"status": "healthy", "components": []}}, {}, {HARBOR: "error"}),
    ("component-healthy", {"-/health": said({"status": "healthy", "components": "all"})}, {}, {HARBOR: "error"}),
    ("component-healthy", {"-/health": said({"components": [{"name": "core"}, {}]})}, {}, "error"),
    # who gets in
    ("auth-mode", info(auth_mode="ldap_auth"), {}, "pass"),
    ("auth-mode", info(auth_mode="uaa_auth"), {}, "fail"),
    ("auth-mode", info(auth_mode="db_auth", primary_auth_mode=True), {"harbor_auth_modes": ["oidc_auth"]}, "fail"),
    ("auth-mode", info(auth_mode="oidc_auth"), {"harbor_auth_modes": "oidc_auth"}, "pass"),
    ("auth-mode", info(auth_mode=None), {}, "error"),
    ("self-registration-off", info(self_registration=True), {}, "fail"),
    ("self-registration-off", info(self_registration=True, auth_mode="ldap_auth"), {}, "pass"),
    ("self-registration-off", info(self_registration=None), {}, "error"),
    ("self-registration-off", {"/systeminfo": said({"self_registration": "no"}), "-/systeminfo": None}, {}, "error"),
    ("project-creation-restricted", info(project_creation_restriction="everyone"), {}, "fail"),
    (
        "project-creation-restricted",
        info(project_creation_restriction="everyone"),
        {"harbor_project_creation": "everyone"},
        "pass",
    ),
    (
        "project-creation-restricted",
        {"/systeminfo": said({}), **config(project_creation_restriction="everyone")},
        {},
        "fail",
    ),
    ("project-creation-restricted", {"/systeminfo": said({}), "/configurations": said({}, 403)}, {}, "error"),
    ("token-lifetime", config(token_expiration=60), {}, "pass"),
    ("token-lifetime", config(token_expiration=61), {}, "fail"),
    ("token-lifetime", config(token_expiration=61), {"harbor_max_token_minutes": 90}, "pass"),
    ("token-lifetime", {"/configurations": said({}, 403)}, {}, "pass"),
    ("token-lifetime", {"-/service/token": said({"claims": {"iat": 1, "exp": 3602}})}, {}, "fail"),
    ("token-lifetime", {"/configurations": said({"token_expiration": {"value": "30"}})}, {}, "error"),
    ("token-lifetime", {"/configurations": said({}, 403), "-/service/token": said(None, 401)}, {}, "error"),
    # the directory: that of the mode in force
    ("directory-verified", config(ldap_url="ldap://ldap.example.com"), {}, "skip"),
    ("directory-verified", info(auth_mode="ldap_auth") | config(ldap_url="ldaps://ldap.example.com"), {}, "pass"),
    ("directory-verified", info(auth_mode="ldap_auth") | config(ldap_url="ldap.example.com:636"), {}, "pass"),
    ("directory-verified", info(auth_mode="ldap_auth") | config(ldap_url="ldap.example.com"), {}, "fail"),
    ("directory-verified", info(auth_mode="ldap_auth") | config(ldap_url="ldap://ldap.example.com"), {}, "fail"),
    ("directory-verified", info(auth_mode="ldap_auth") | config(ldap_url=""), {}, "fail"),
    (
        "directory-verified",
        info(auth_mode="ldap_auth") | config(ldap_url="ldaps://ldap.example.com", ldap_verify_cert=False),
        {},
        "fail",
    ),
    ("directory-verified", info(auth_mode="oidc_auth") | config(oidc_endpoint="https://id.example.com"), {}, "pass"),
    ("directory-verified", info(auth_mode="oidc_auth") | config(oidc_endpoint="http://id.example.com"), {}, "fail"),
    (
        "directory-verified",
        info(auth_mode="oidc_auth") | config(oidc_endpoint="https://id.example.com", oidc_verify_cert=False),
        {},
        "fail",
    ),
    (
        "directory-verified",
        info(auth_mode="oidc_auth") | config(oidc_endpoint="https://id.example.com", ldap_verify_cert=False),
        {},
        "pass",
    ),
    (
        "directory-verified",
        info(auth_mode="http_auth") | config(http_authproxy_endpoint="https://a.example"),
        {},
        "pass",
    ),
    (
        "directory-verified",
        info(auth_mode="http_auth") | config(http_authproxy_endpoint="http://a.example"),
        {},
        "fail",
    ),
    ("directory-verified", info(auth_mode="uaa_auth") | config(uaa_endpoint="https://uaa.example"), {}, "pass"),
    ("directory-verified", info(auth_mode="magic"), {}, "error"),
    ("directory-verified", info(auth_mode="ldap_auth") | {"/configurations": said({}, 403)}, {}, "error"),
    # read-only
    ("not-read-only", info(read_only=True), {}, "fail"),
    ("not-read-only", info(read_only=True), {"harbor_read_only_expected": True}, "pass"),
    ("not-read-only", info(read_only=True) | {"/system/gc": [collection("Running")]}, {}, "pass"),
    ("not-read-only", info(read_only=True) | {"/system/gc": []}, {}, "fail"),
    ("not-read-only", info(read_only=True) | {"/system/gc": said(None, 403)}, {}, "error"),
    ("not-read-only", info(read_only=None), {}, "error"),
    # projects
    (
        "project-private",
        {"/projects": [project(1, "library", public="true"), project(2, "apps")]},
        {},
        {"library": "fail", "apps": "pass"},
    ),
    (
        "project-private",
        {"/projects": [project(1, "library", public="true")]},
        {"harbor_public_projects": ["library"]},
        "pass",
    ),
    ("project-private", {"/projects": [project(1, "library", public=None)]}, {}, "error"),
    ("project-private", {"/projects": said([project(1, "library", public=True)])}, {}, "error"),  # type: ignore[arg-type]
    ("project-private", {"/projects": [project(1, "library", public="perhaps")]}, {}, "error"),
    (
        "project-private",
        {"/projects": said([project(1, "a")], complete=False, total=2)},
        {},
        {"a": "pass", HARBOR: "error"},
    ),
    ("project-private", {"/projects": said([project(1, "a"), "b"])}, {}, {"a": "pass", HARBOR: "error"}),
    ("project-private", {"/projects": said([{"name": ""}])}, {}, {HARBOR: "error"}),
    (
        "project-private",
        {"/projects": said([project(1, "a", public="true"), project(2, "a")])},
        {},
        {"a": "fail", "a (2)": "pass"},
    ),
    ("project-private", {"/projects": []}, {}, {None: "skip"}),
    ("project-private", {"/projects": said({"projects": []})}, {}, {HARBOR: "error"}),
    (
        "project-scan-on-push",
        {"/projects": [project(1, "a", auto_scan="false"), project(2, "b", auto_scan=None)]},
        {},
        "fail",
    ),
    (
        "project-scan-on-push",
        {"/projects": [project(1, "a", auto_scan=None)]},
        {"harbor_scan_exempt_projects": ["a"]},
        "pass",
    ),
    ("project-scan-on-push", {"/projects": [{**project(1, "a", auto_scan=None), "registry_id": 4}]}, {}, "fail"),
    ("project-blocks-vulnerable", None, {}, {None: "skip"}),
    ("project-blocks-vulnerable", None, BLOCKS, "pass"),
    ("project-blocks-vulnerable", {"/projects": [project(1, "a", prevent_vul="false")]}, BLOCKS, "fail"),
    ("project-blocks-vulnerable", {"/projects": [project(1, "a", prevent_vul=None)]}, BLOCKS, "fail"),
    ("project-blocks-vulnerable", {"/projects": [project(1, "a", severity="Critical")]}, BLOCKS, "pass"),
    (
        "project-blocks-vulnerable",
        {"/projects": [project(1, "a", severity="Critical")]},
        {**BLOCKS, "harbor_max_pull_severity": "high"},
        "fail",
    ),
    (
        "project-blocks-vulnerable",
        {"/projects": [project(1, "a", severity="low")]},
        {**BLOCKS, "harbor_max_pull_severity": "high"},
        "pass",
    ),
    ("project-blocks-vulnerable", {"/projects": [project(1, "a", severity="worst")]}, BLOCKS, "error"),
    ("project-blocks-vulnerable", {"/projects": [project(1, "a", severity=None)]}, BLOCKS, "error"),
    ("project-tags-immutable", None, {}, {None: "skip"}),
    ("project-tags-immutable", tags(immutable_rule()), IMMUTABLE, {"apps": "pass"}),
    ("project-tags-immutable", tags(), IMMUTABLE, {"apps": "fail"}),
    ("project-tags-immutable", tags(immutable_rule(disabled=True)), IMMUTABLE, "fail"),
    ("project-tags-immutable", tags(immutable_rule(disabled=True), immutable_rule("v*")), IMMUTABLE, "pass"),
    ("project-tags-immutable", tags(immutable_rule(repositories="web/**")), IMMUTABLE, "fail"),
    ("project-tags-immutable", tags(immutable_rule("v*")), {"harbor_immutable_projects": ["apps:v1.*"]}, "pass"),
    ("project-tags-immutable", tags(immutable_rule("{v,r}*")), {"harbor_immutable_projects": ["apps:r*"]}, "pass"),
    ("project-tags-immutable", tags(immutable_rule("v?")), {"harbor_immutable_projects": ["apps:v*"]}, "fail"),
    (
        "project-tags-immutable",
        tags(immutable_rule("v*")),
        {"harbor_immutable_projects": ["apps:v*", "apps:rel-*"]},
        "fail",
    ),
    (
        "project-tags-immutable",
        tags(immutable_rule("v*", "excludes")),
        {"harbor_immutable_projects": ["apps:v*"]},
        "fail",
    ),
    ("project-tags-immutable", {"/projects/apps/immutabletagrules": said(None, 403)}, IMMUTABLE, "error"),
    ("project-tags-immutable", {"/projects/apps/immutabletagrules": broken("budget")}, IMMUTABLE, "error"),
    ("project-tags-immutable", None, {"harbor_immutable_projects": ["gone"]}, {"gone": "error"}),
    # a project whose name is the number of another
    (
        "project-tags-immutable",
        {
            "/projects": [project(9, "2"), project(2, "apps")],
            "/projects/apps/immutabletagrules": [immutable_rule()],
            "/projects/2/immutabletagrules": [],
        },
        {"harbor_immutable_projects": ["2", "apps"]},
        {"2": "fail", "apps": "pass"},
    ),
    ("project-retention", None, {}, {None: "skip"}),
    ("project-retention", retention(KEEP), RETENTION, {"apps": "pass"}),
    ("project-retention", None, RETENTION, "fail"),
    ("project-retention", retention(), RETENTION, "fail"),
    ("project-retention", retention({**KEEP, "disabled": True}), RETENTION, "fail"),
    ("project-retention", retention({**KEEP, "disabled": True}, KEEP), RETENTION, "pass"),
    ("project-retention", retention(KEEP, cron=""), RETENTION, "fail"),
    ("project-retention", {**retention(KEEP), "/retentions/5": None}, RETENTION, "error"),
    ("project-retention", {"/projects": said([project(2, "apps", retention_id=5)])}, RETENTION, "error"),  # type: ignore[arg-type]
    # quotas
    ("quota-headroom", {"/quotas": [quota(1, "a", 1000, 979)]}, {}, {"a": "pass"}),
    ("quota-headroom", {"/quotas": [quota(1, "a", 1000, 980)]}, {}, {"a": "fail"}),
    ("quota-headroom", {"/quotas": [quota(1, "a", 1000, 800)]}, {"harbor_max_quota_percent": 80}, "fail"),
    ("quota-headroom", {"/quotas": [quota(1, "a", 0, 0)]}, {}, "error"),
    ("quota-headroom", {"/quotas": said([merged(quota(1, "a", 5), "used", "storage", to=None)])}, {}, "error"),
    ("quota-headroom", {"/quotas": []}, {}, {None: "skip"}),
    # registry endpoints; what is false is left out
    ("registry-verified", {"/registries": [{**ENDPOINT, "insecure": True}]}, {}, {"mirror": "fail"}),
    ("registry-verified", {"/registries": [{**ENDPOINT, "insecure": False}]}, {}, {"mirror": "pass"}),
    (
        "registry-verified",
        {"/registries": [{**ENDPOINT, "insecure": True}]},
        {"harbor_insecure_registries": ["mirror"]},
        "pass",
    ),
    ("registry-verified", {"/registries": [{**ENDPOINT, "url": "http://core:8080"}]}, {}, "fail"),
    ("registry-verified", {"/registries": [{**ENDPOINT, "url": "registry.example.com"}]}, {}, "fail"),
    ("registry-verified", {"/registries": [{**ENDPOINT, "url": "https://http.example.com/http://x"}]}, {}, "pass"),
    ("registry-verified", {"/registries": said([merged(ENDPOINT, "url", to=None)])}, {}, "error"),
    # robots
    ("robot-expires", {"/robots": [robot("robot$a", -1)]}, {}, {"robot$a": "fail"}),
    ("robot-expires", {"/robots": [robot("robot$a", -1, disable=True)]}, {}, {"robot$a": "skip"}),
    ("robot-expires", {"/robots": [robot("robot$a", duration=-1)]}, {}, "fail"),
    ("robot-expires", {"/robots": [robot("robot$a", -1)]}, {"harbor_eternal_robots": ["robot$a"]}, "pass"),
    ("robot-expires", {"/robots": [robot("robot$a", 0)]}, {}, "error"),
    (
        "robot-expires",
        {"/robots?q=Level=project,ProjectID=2": [robot("robot$apps+ci", -1, level="project")]},
        {},
        {ROBOT: "pass", "robot$apps+ci": "fail"},
    ),
    ("robot-not-expired", {"/robots": [robot("robot$a", seconds(days=15))]}, {}, {"robot$a": "pass"}),
    ("robot-not-expired", {"/robots": [robot("robot$a", seconds(days=13))]}, {}, {"robot$a": "fail"}),
    ("robot-not-expired", {"/robots": [robot("robot$a", seconds(days=-3))]}, {}, "fail"),
    ("robot-not-expired", {"/robots": [robot("robot$a", seconds(days=-3), disable=True)]}, {}, "skip"),
    ("robot-not-expired", {"/robots": [robot("robot$a", -1)]}, {}, "pass"),
    ("robot-not-expired", {"/robots": [robot("robot$a", seconds(days=13))]}, {"harbor_robot_days_left": 7}, "pass"),
    ("robot-not-expired", {"/systeminfo": said({}), "/robots": said([robot()], date=None)}, {}, "error"),
    # scanner
    ("scanner-present", {"/scanners": []}, {}, "fail"),
    ("scanner-present", {"/scanners": [{**SCANNER, "is_default": False}]}, {}, "fail"),
    ("scanner-present", {"/scanners": [{**SCANNER, "disabled": True}]}, {}, "fail"),
    ("scanner-present", {"/scanners": [{**SCANNER, "health": "unhealthy"}]}, {}, "fail"),
    (
        "scanner-present",
        {"/scanners": [{**SCANNER, "health": "unhealthy"}, {**SCANNER, "is_default": False}]},
        {},
        "fail",
    ),
    ("scanner-present", {"/scanners": [merged(SCANNER, "health", to=None)]}, {}, "error"),
    (
        "scanner-present",
        {"/scanners": [merged(SCANNER, "health", to=None)], "/scanners/u-1/metadata": {"scanner": {"name": "Trivy"}}},
        {},
        "pass",
    ),
    ("scanner-present", {"/scanners": said([merged(SCANNER, "is_default", to=None)])}, {}, "error"),
    ("scan-scheduled", {"/system/scanAll/schedule": said({"errors": []}, 412)}, {}, "fail"),
    ("gc-scheduled", {"/system/gc/schedule": said({"errors": []}, 412)}, {}, "error"),
    # garbage collections
    ("gc-succeeds", {"/system/gc": [collection(days=13)]}, {}, "pass"),
    ("gc-succeeds", {"/system/gc": [collection(days=15)]}, {}, "fail"),
    ("gc-succeeds", {"/system/gc": [collection(days=15)]}, {"harbor_max_gc_days": 30}, "pass"),
    ("gc-succeeds", {"/system/gc": [collection("Error"), collection("Stopped")]}, {}, "fail"),
    ("gc-succeeds", {"/system/gc": [collection("Error"), collection()]}, {}, "pass"),
    ("gc-succeeds", {"/system/gc": []}, {}, "fail"),
    ("gc-succeeds", {"/system/gc": [collection(parameters='{"dry_run": true}')]}, {}, "fail"),
    ("gc-succeeds", {"/system/gc": [collection(parameters="")]}, {}, "pass"),
    ("gc-succeeds", {"/system/gc": [collection(parameters="{")]}, {}, "error"),
    ("gc-succeeds", {"/system/gc": [collection("Running")]}, {}, "error"),
    ("gc-succeeds", {"/system/gc": [collection("Running"), collection("Error")]}, {}, "fail"),
    ("gc-succeeds", {"/system/gc": said([collection()] * 5, complete=False, total=90)}, {}, "pass"),
    ("gc-succeeds", {"/system/gc": None, "/system/gc?sort=-creation_time": [collection()]}, {}, "pass"),
    ("gc-succeeds", {"/system/gc/schedule": said(None, empty=True), "/system/gc": []}, {}, "skip"),
    ("gc-succeeds", {"/system/gc": said([{**collection(), "update_time": "yesterday"}])}, {}, "error"),
    # the audit log
    ("audit-forwarded", config(audit_log_forward_endpoint="log.example.com:514"), {}, "pass"),
    (
        "audit-forwarded",
        config(audit_log_forward_endpoint="[2001:db8::1]:514", skip_audit_log_database=True),
        {},
        "pass",
    ),
    ("audit-forwarded", config(audit_log_forward_endpoint="2001:db8::1:514"), {}, "fail"),
    ("audit-forwarded", config(audit_log_forward_endpoint="syslog://log.example.com:514"), {}, "fail"),
    ("audit-forwarded", config(audit_log_forward_endpoint="log.example.com:514/audit"), {}, "fail"),
    ("audit-forwarded", config(audit_log_forward_endpoint="log.example.com"), {}, "fail"),
    ("audit-forwarded", config(skip_audit_log_database=True), {}, "fail"),
    ("audit-forwarded", None, {"harbor_audit_forward": True}, "fail"),
    (
        "audit-forwarded",
        config(audit_log_forward_endpoint="log.example.com:514"),
        {"harbor_audit_forward": True},
        "pass",
    ),
    (
        "audit-forwarded",
        {"/configurations": said(merged(CONFIGURATION, "skip_audit_log_database", to=None))},
        {},
        "error",
    ),
    # the volume
    ("volume-space", {"/systeminfo/volumes": {"storage": [{"total": 100, "free": 10}]}}, {}, "pass"),
    ("volume-space", {"/systeminfo/volumes": {"storage": [{"total": 100, "free": 9}]}}, {}, "fail"),
    (
        "volume-space",
        {"/systeminfo/volumes": {"storage": [{"total": 100, "free": 9}]}},
        {"harbor_min_free_percent": 5},
        "pass",
    ),
    ("volume-space", {"/systeminfo/volumes": {"storage": [{"total": 100}]}}, {}, "fail"),
    ("volume-space", {"/systeminfo/volumes": {"storage": [{"total": 0, "free": 0}]}}, {}, "skip"),
    ("volume-space", {"/systeminfo/volumes": {"storage": [{}]}}, {}, "skip"),
    ("volume-space", {"/systeminfo/volumes": {"storage": []}}, {}, "error"),
    ("volume-space", {"/systeminfo/volumes": {"storage": [{"total": 1, "free": 9}]}}, {}, "error"),
    # replication
    ("replication-runs", {"/replication/policies": [rule(enabled=False)]}, {}, {"to-peer": "skip"}),
    ("replication-runs", {"/replication/policies": said([merged(rule(), "enabled", to=None)])}, {}, "skip"),
    ("replication-runs", {"/replication/policies": [rule(trigger={"type": "manual"})]}, {}, "skip"),
    ("replication-runs", {"/replication/policies": said([merged(rule(), "trigger", to=None)])}, {}, "skip"),
    ("replication-runs", {"/replication/policies": []}, {}, {None: "skip"}),
    ("replication-runs", {"/replication/executions?policy_id=3": [execution("Failed")] * 3}, {}, {"to-peer": "fail"}),
    (
        "replication-runs",
        {"/replication/executions?policy_id=3": [execution("Failed", hours=1), execution()]},
        {},
        "pass",
    ),
    ("replication-runs", {"/replication/executions?policy_id=3": [execution(hours=47)]}, {}, "pass"),
    ("replication-runs", {"/replication/executions?policy_id=3": [execution(hours=49)]}, {}, "fail"),
    (
        "replication-runs",
        {"/replication/executions?policy_id=3": [execution(hours=49)]},
        {"harbor_max_replication_hours": 72},
        "pass",
    ),
    (
        "replication-runs",
        {"/replication/executions?policy_id=3": [execution(hours=11)]},
        {"harbor_max_replication_hours": 1},
        "pass",
    ),
    (
        "replication-runs",
        {"/replication/executions?policy_id=3": [execution(hours=13)]},
        {"harbor_max_replication_hours": 1},
        "fail",
    ),
    # two weeks of a weekly schedule
    (
        "replication-runs",
        {
            "/replication/policies": [rule(cron="0 0 3 * * 1")],
            "/replication/executions?policy_id=3": [execution(hours=13 * 24)],
        },
        {},
        "pass",
    ),
    (
        "replication-runs",
        {
            "/replication/policies": [rule(cron="0 0 3 * * 1")],
            "/replication/executions?policy_id=3": [execution(hours=15 * 24)],
        },
        {},
        "fail",
    ),
    ("replication-runs", {"/replication/policies": [rule(cron="0 3 * * 1")]}, {}, "error"),
    ("replication-runs", {"/replication/executions?policy_id=3": []}, {}, "fail"),
    ("replication-runs", {"/replication/executions?policy_id=3": [execution("InProgress")]}, {}, "error"),
    (
        "replication-runs",
        {"/replication/executions?policy_id=3": [execution("InProgress", hours=1), execution()]},
        {},
        "pass",
    ),
    ("replication-runs", {"/replication/executions?policy_id=3": [execution("Stopped")]}, {}, "fail"),
    ("replication-runs", {"/replication/executions?policy_id=3": broken("budget")}, {}, {"to-peer": "error"}),
    ("replication-runs", {"/replication/executions?policy_id=3": None}, {}, {"to-peer": "error"}),
    (
        "replication-runs",
        {"/replication/executions?policy_id=3": said([execution()], complete=False, total=90)},
        {},
        "pass",
    ),
    (
        "replication-runs",
        {"/replication/policies": [rule(trigger={"type": "event_based"})], "/replication/executions?policy_id=3": []},
        {},
        "pass",
    ),
    (
        "replication-runs",
        {
            "/replication/policies": [rule(trigger={"type": "event_based"})],
            "/replication/executions?policy_id=3": [execution("Failed")],
        },
        {},
        "fail",
    ),
    (
        "replication-runs",
        {
            "/replication/policies": [rule(trigger={"type": "event_based"})],
            "/replication/executions?policy_id=3": [execution(hours=900)],
        },
        {},
        "pass",
    ),
    # job services: those that are gone stay listed for minutes
    ("jobservice-alive", {"/jobservice/pools": []}, {}, "fail"),
    ("jobservice-alive", {"/jobservice/pools": [pool(61)]}, {}, "fail"),
    ("jobservice-alive", {"/jobservice/pools": [pool(61)]}, {"harbor_max_heartbeat_seconds": 120}, "pass"),
    ("jobservice-alive", {"/jobservice/pools": [pool(300, "old"), pool(5, "new")]}, {}, "pass"),
    ("jobservice-alive", {"/jobservice/pools": said([{**pool(), "heartbeat_at": None}])}, {}, "error"),
    ("queues-move", {"/jobservice/queues": [queue("SCAN", 3, 1800)]}, {}, {"SCAN": "pass"}),
    ("queues-move", {"/jobservice/queues": [queue("SCAN", 3, 1801)]}, {}, {"SCAN": "fail"}),
    ("queues-move", {"/jobservice/queues": [queue("SCAN", 0, 90_000)]}, {}, {"SCAN": "pass"}),
    ("queues-move", {"/jobservice/queues": [queue("SCAN", paused=True)]}, {}, {"SCAN": "fail"}),
    ("queues-move", {"/jobservice/queues": [queue("SCAN", 3, 1801)]}, {"harbor_max_queue_minutes": 60}, "pass"),
    ("queues-move", {"/jobservice/queues": said(None)}, {}, {None: "skip"}),
    ("queues-move", {"/jobservice/queues": said([{"job_type": "SCAN"}])}, {}, {"SCAN": "error"}),
    ("schedules-run", {"/schedules/all/paused": {"paused": True}}, {}, "fail"),
    ("schedules-run", {"/schedules/all/paused": said({})}, {}, "error"),
]


@each_of("check", sorted(ALL))
def test_each_difference_is_judged_as_it_is(check: str) -> None:
    wrong = []
    for number, (name, changes, params, expected) in enumerate(CASES):
        if name == check:
            found = outcomes_of(check, changes, params)
            wanted = expected if isinstance(expected, dict) else dict.fromkeys(found, expected)
            if {key: found.get(key) for key in wanted} != wanted:
                wrong.append(f"case {number}: {found}, not {expected}")
    assert not wrong


@pytest.mark.parametrize("release", RELEASES)
def test_a_harbor_as_it_should_be_passes_all_that_its_release_has(release: str) -> None:
    found = {check: set(outcomes_of(check, release=release).values()) for check in ALL}
    later = CAME_LATER if release == "2.2.2" else set()
    assert found == {check: {"skip" if check in ASKS_MORE | later else "pass"} for check in ALL}


@each_of("check", sorted(ALL - {"external-url-effective", "token-pair-in-use"}))
def test_each_check_has_a_case_that_fails(check: str) -> None:
    assert any(
        "fail" in (expected.values() if isinstance(expected, dict) else {expected})
        for name, _, _, expected in CASES
        if name == check
    )


def test_without_a_login_what_is_public_is_decided_and_the_rest_is_not() -> None:
    found = {check: set(outcomes_of(check, login=False).values()) for check in ALL - ASKS_MORE}
    assert found == {check: {"pass" if check in PUBLIC else "error"} for check in ALL - ASKS_MORE}


def test_without_a_login_public_projects_are_found_and_the_rest_is_one_error() -> None:
    listed = {"-/projects": [project(1, "library", public="true"), project(5, "docs", public="true")]}
    demands = {"harbor_public_projects": ["docs"]}
    wanted = {"library": "fail", "docs": "pass", HARBOR: "error"}
    assert outcomes_of("project-private", listed, demands, login=False) == wanted
    refused = {**listed, "/projects": said({"errors": []}, 403)}
    assert outcomes_of("project-private", refused, demands) == wanted


NO_ANSWERS = {
    "said 401": (said({"errors": []}, 401), "not-permitted", "401"),
    "said 403": (said({"errors": []}, 403), "not-permitted", "needs"),
    "said 404": (said({"errors": []}, 404), "absent", "404"),
    "said 500": (said({"errors": []}, 500), "failed", "500"),
    "said 302": (said(None, 302), "not-told", "redirect"),
    "429 twice": (broken("retries", status=429), "failed", "429"),
    "html": (broken("html"), "malformed", "HTML"),
    "redirect": (broken("redirect", "to evil.example.com"), "not-told", "redirect"),
    "no json": (broken("not-json"), "malformed", "JSON"),
    "time-out": (broken("timeout"), "timeout", "time"),
    "dns": (broken("name"), "unreachable", "DNS"),
    "unreachable": (broken("unreachable"), "unreachable", "reached"),
    "closed": (broken("closed"), "unreachable", "closed"),
    "too large": (broken("too-large"), "too-large", "larger"),
    "tls": (broken("tls", "x509: certificate signed by unknown authority"), "unreachable", "unknown authority"),
    "budget": (broken("budget"), "not-probed", "used up"),
    "login refused": (broken("login-refused"), "not-permitted", "refused"),
    "another error": (broken("gremlins"), "failed", "no answer"),
    "a text": (said("hello"), "malformed", ""),
    "a number": (said(5), "malformed", ""),
    "a record without a status": (said({}, status=None), "malformed", "recorded"),
    "not asked": (None, "not-probed", "not asked"),
}


@each_of("name", NO_ANSWERS)
def test_an_answer_that_is_none_decides_nothing_and_says_why(name: str) -> None:
    """Whatever a broken Harbor, a proxy or a login page says in the place of every answer."""
    record, code, words = NO_ANSWERS[name]
    facts = api_host(dict.fromkeys(GOOD, record))
    for check in ALL - ASKS_MORE:
        for judgement in judged(check, facts).values():
            if check == "api-answers" and name == "said 500":
                assert judgement.outcome == "fail"
                continue
            assert (check, judgement.outcome, judgement.code) == (check, "error", code)
            assert words in (judgement.reason or "")


@each_of(
    ("check", "path", "permission"),
    [
        ("audit-forwarded", "/configurations", "a system administrator"),
        ("volume-space", "/systeminfo/volumes", "system-volumes:read"),
        ("scanner-present", "/scanners", "scanner:list"),
        ("gc-scheduled", "/system/gc/schedule", "garbage-collection:read"),
        ("gc-succeeds", "/system/gc", "garbage-collection:list"),
        ("scan-scheduled", "/system/scanAll/schedule", "scan-all:read"),
        ("audit-purged", "/system/purgeaudit/schedule", "purge-audit:read"),
        ("registry-verified", "/registries", "registry:list"),
        ("replication-runs", "/replication/policies", "replication-policy:list"),
        ("replication-runs", "/replication/executions?policy_id=3", "replication:list"),
        ("robot-expires", "/robots", "robot:list"),
        ("quota-headroom", "/quotas", "quota:list"),
        ("queues-move", "/jobservice/queues", "jobservice-monitor:list"),
        ("project-private", "/projects", "project:list"),
    ],
)
def test_a_login_that_may_not_is_told_which_permission_it_needs(check: str, path: str, permission: str) -> None:
    (judgement,) = judged(check, api_host({path: said({"errors": []}, 403)})).values()
    assert (judgement.outcome, judgement.code) == ("error", "not-permitted")
    assert permission in (judgement.reason or "")


@pytest.mark.parametrize("check", sorted(CAME_LATER - {"audit-forwarded"}))
def test_a_path_that_came_later_is_skipped_where_the_release_is_not_told_and_answers_404(check: str) -> None:
    paths = ("/system/purgeaudit/schedule", "/jobservice/pools", "/jobservice/queues", "/schedules/all/paused")
    missing = dict.fromkeys(paths, said({"errors": []}, 404))
    untold = {"/systeminfo": merged(INFO, "harbor_version", to=None), "-/systeminfo": said({})}
    assert set(outcomes_of(check, {**missing, **untold}).values()) == {"skip"}
    assert set(outcomes_of(check, missing).values()) == {"error"}


def test_a_host_is_no_harbors_api() -> None:
    facts = host({"cmd:date": "1795521600 2026-11-24T12:00:00Z\n"})
    assert {name: judgement.outcome for check in ALL for name, judgement in judged(check, facts).items()} == {
        None: "skip"
    }


def test_where_nothing_was_asked_the_reason_is_told() -> None:
    facts = api_host(dict.fromkeys(GOOD), asked=False, reason="nothing is asked with --at")
    for check in ALL - ASKS_MORE:
        for judgement in judged(check, facts).values():
            assert (judgement.outcome, judgement.reason) == ("error", "nothing is asked with --at")


def test_a_record_that_cannot_be_read_is_an_error() -> None:
    for content in ("", "{", "[]", '{"status": "many"}', "[" * 100_000, '{"status": 1e400}'):
        facts = api_host(edits={"login::/quotas": content})
        (judgement,) = judged("quota-headroom", facts).values()
        assert (judgement.outcome, judgement.code) == ("error", "malformed")
    for declared in (None, "", "[]", '{"name": 5}', '{"name": "prod", "url": "x", "nodes": [5]}'):
        (judgement,) = judged("quota-headroom", api_host(edits={"harbor:declared": declared})).values()
        assert judgement.outcome == "error"


def test_of_several_harbors_each_thing_has_the_name_of_its_own() -> None:
    facts = api_host(of_many=True)
    assert set(judged("project-private", facts)) == {"prod:library", "prod:apps"}
    assert set(judged("auth-mode", facts)) == {"prod"}
    cut = api_host({"/quotas": said([quota(1, "a")], complete=False, total=9)}, of_many=True)
    assert set(judged("quota-headroom", cut)) == {"prod:a", "prod"}


def test_a_hostile_name_is_shown_on_one_line_and_bounded() -> None:
    evil = "\x1b[2J\n" + "x" * 5000
    (name,) = judged("registry-verified", api_host({"/registries": [{**ENDPOINT, "name": evil}]}))
    assert name is not None
    assert name.isprintable()
    assert len(name) < 300


def test_a_group_needs_a_job_service_for_each_node_of_those_that_are_listed() -> None:
    nodes = [{"name": name, "host": None, "address": f"10.0.0.{at}:443"} for at, name in enumerate(("n1", "n2"), 1)]
    two = {"/jobservice/pools": [pool(5, "one"), pool(500, "two")]}
    assert outcomes_of("jobservice-alive", two, nodes=nodes) == {HARBOR: "fail"}
    assert outcomes_of("jobservice-alive", two) == {HARBOR: "pass"}
    assert outcomes_of("jobservice-alive", {"/jobservice/pools": [pool(5, "one")]}, nodes=nodes) == {HARBOR: "pass"}


def test_time_that_passed_between_two_answers_counts() -> None:
    """A job service's sign of life is compared with Harbor's clock of that moment, not with that of the run's start."""
    late = said(None)["asked"] + 50
    seen = said([pool(-20)], answered=late)  # 20 seconds after Harbor told its time, of which 49 passed since
    (judgement,) = judged("jobservice-alive", api_host({"/jobservice/pools": seen})).values()
    assert judgement.observed == [{"host": "c0ffee000001", "seconds": 29}]


def test_a_harbor_that_does_not_tell_its_time_is_judged_by_its_answers_date() -> None:
    untold = {"/systeminfo": merged(INFO, "current_time", to=None)}
    assert outcomes_of("robot-not-expired", untold) == {ROBOT: "pass"}
    assert outcomes_of("jobservice-alive", untold) == {HARBOR: "pass"}
    assert outcomes_of("gc-succeeds", {**untold, "/system/gc": said([collection(days=15)])}) == {HARBOR: "fail"}


ROOT_CRT = "/data/secret/registry/root.crt"
COMPOSE = {"file:/opt/harbor/docker-compose.yml": "services:\n  core: {image: c}\n  trivy-adapter: {image: t}\n"}
PUBLIC_KEY = made()["leaf"].certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
AT = {"-/service/token": said({"header": {"kid": key_id(PUBLIC_KEY)}, "claims": {}})}


def with_files(
    changes: Any = None, *, yml: str = YML, files: Any = None, parts: Any = None, name: str = "h1", **declared: Any
) -> Facts:
    """The Harbor's answers in a run with a host whose harbor.yml says harbor.test."""
    own = harbor_host(files or {}, parts or {}, yml=yml)
    return api_host(changes, beside={name: own}, **{"url": "https://harbor.test", **declared})


def outcome_with_files(check: str, changes: Any = None, **more: Any) -> tuple[str, str]:
    (judgement,) = judged(check, with_files(changes, **more)).values()
    return judgement.outcome, judgement.code or ""


def addressed(url: str, registry: str | None = None) -> dict[str, Any]:
    return info(external_url=url, registry_url=registry or url.partition("://")[2])


@each_of(
    ("changes", "more", "expected"),
    [
        (addressed("https://harbor.test"), {}, "pass"),
        (addressed("https://harbor.test:443/"), {}, "pass"),
        (addressed("https://HARBOR.test"), {}, "pass"),
        (addressed("https://harbor.test:8443"), {}, "fail"),
        (addressed("http://harbor.test"), {}, "fail"),
        (addressed("https://old.test"), {}, "fail"),
        (addressed("https://harbor.test", "old.test"), {}, "fail"),
        (addressed("https://harbor.test"), {"yml": YML.replace("port: 443", "port: 8443")}, "fail"),
        (addressed("https://harbor.test:8443"), {"yml": YML.replace("port: 443", "port: 8443")}, "pass"),
        (addressed("https://lb.test"), {"yml": YML + "external_url: https://lb.test\n"}, "pass"),
        (addressed("https://harbor.test"), {"yml": YML + "external_url: https://lb.test\n"}, "fail"),
        (addressed("http://harbor.test"), {"yml": "hostname: harbor.test\nhttp: {port: 80}\n"}, "pass"),
        ({"/systeminfo": said({"auth_mode": "db_auth"})}, {}, "error"),
        ({"/systeminfo": said({}, 403)}, {}, "error"),
        (None, {"login": False}, "error"),
        (addressed("https://harbor.test"), {"url": "https://another.test"}, "pass"),  # core itself says that it is it
        (addressed("https://other.test"), {"url": "https://another.test"}, "skip"),
    ],
)
def test_the_address_that_core_knows_is_that_of_harbor_yml(changes: Any, more: Any, expected: str) -> None:
    assert outcome_with_files("external-url-effective", changes, **more)[0] == expected


@each_of(
    ("changes", "more", "expected"),
    [
        (AT, {"files": {ROOT_CRT: pem("leaf")}}, ("pass", "")),
        (AT, {"files": {ROOT_CRT: pem("other")}}, ("fail", "")),
        (AT, {"files": {ROOT_CRT: 2}}, ("skip", "")),
        (AT, {"files": {ROOT_CRT: "rubbish"}}, ("error", "malformed")),
        ({"-/service/token": said({}, 401)}, {"files": {ROOT_CRT: pem("leaf")}}, ("error", "not-permitted")),
        ({"-/service/token": said(None)}, {"files": {ROOT_CRT: pem("leaf")}}, ("error", "not-told")),
        ({"-/service/token": said({"header": {"kid": 5}})}, {"files": {ROOT_CRT: pem("leaf")}}, ("error", "malformed")),
        # no name is the same, but the key is: it is this Harbor
        (AT, {"files": {ROOT_CRT: pem("leaf")}, "url": "https://another.test"}, ("pass", "")),
        (AT, {"files": {ROOT_CRT: pem("other")}, "url": "https://another.test"}, ("skip", "")),
    ],
)
def test_core_signs_with_the_key_on_disk(changes: Any, more: Any, expected: tuple[str, str]) -> None:
    assert outcome_with_files("token-pair-in-use", changes, **more) == expected


def test_the_hosts_that_the_profile_declares_are_the_harbors_whatever_they_are_called() -> None:
    nodes = [{"name": "n1", "host": "h1", "address": None}]
    other = {"url": "https://another.test", "nodes": nodes}
    changes = {**AT, **addressed("https://another.test")}
    assert outcome_with_files("external-url-effective", changes, **other)[0] == "fail"
    assert outcome_with_files("token-pair-in-use", changes, files={ROOT_CRT: pem("other")}, **other)[0] == "fail"
    assert outcome_with_files("external-url-effective", changes, name="h2", **other)[0] == "skip"


def test_a_node_is_compared_with_the_token_that_it_gave_itself() -> None:
    nodes = [{"name": "n1", "host": "h1", "address": "10.0.0.1:443"}]
    given = {"anonymous:n1:/service/token": json.dumps(AT["-/service/token"])}
    facts = with_files({"-/service/token": said({}, 500)}, files={ROOT_CRT: pem("leaf")}, nodes=nodes, edits=given)
    (judgement,) = judged("token-pair-in-use", facts).values()
    assert judgement.outcome == "pass"


def test_trivy_is_missed_where_the_files_say_that_it_is_installed() -> None:
    bare = component("core", "healthy")
    found = judged("component-healthy", with_files(bare, parts=COMPOSE))
    assert {name: judgement.outcome for name, judgement in found.items()} == {"core": "pass", "trivy": "error"}
    assert set(judged("component-healthy", with_files(bare))) == {"core"}


def test_the_identifier_of_a_key_is_libtrusts() -> None:
    """The first 30 octets of the SHA-256, in base32, in 12 groups of four."""
    assert key_id(b"") == "4OYM:IQUY:7QOB:JGX3:6TEJ:S35Z:EQT2:4QPE:MSNZ:GTFE:SWMR:W6CS"


@pytest.mark.parametrize("editable", [True, False])
def test_the_fix_says_where_a_setting_comes_from(*, editable: bool) -> None:
    fixed = {
        "/configurations": merged(
            config(token_expiration=90)["/configurations"], "token_expiration", "editable", to=editable
        )
    }
    (judgement,) = judged("token-lifetime", api_host(fixed)).values()
    assert judgement.outcome == "fail"
    assert ("CONFIG_OVERWRITE_JSON" in (judgement.fix or "")) is not editable


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Each place of an answer, of a list the first."""
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list) and value:
        yield from places(value[0], (*path, 0))


@pytest.mark.parametrize("strange", [None, 10**30, {"a": [-1]}], ids=["null", "a huge number", "an object"])
def test_whatever_stands_in_an_answer_no_check_breaks(strange: Any) -> None:
    whole = {**GOOD, **retention(KEEP), **tags(immutable_rule())}
    base = {path: said(whole[path]) for path in ("/projects", "/retentions/5", "/projects/apps/immutabletagrules")}
    demands = {**BLOCKS, **IMMUTABLE, **RETENTION}
    for path, body in whole.items():
        for place in places(body):
            changed = strange
            if place:
                changed = copy.deepcopy(body)
                functools.reduce(operator.getitem, place[:-1], changed)[place[-1]] = strange
            facts = api_host({**base, path: said(changed)})
            for check in ALL:
                for judgement in judged(check, facts, **demands).values():
                    assert judgement.code != "check-broken", (check, path, place, judgement.reason)


def test_an_installation_that_is_left_over_is_not_what_answers() -> None:
    """Of two with the same name on one host that one is the Harbor's own whose containers there are."""
    old = {"cmd:harbor-found": "/opt/harbor\n/opt/old\n", "file:/opt/old/harbor.yml": YML.replace("443", "8443")}
    changes = addressed("https://harbor.test")
    for host_of, expected in ((engine_host(sections=old), "pass"), (harbor_host({}, old), "fail")):
        facts = api_host(changes, beside={"h1": host_of}, url="https://harbor.test")
        (judgement,) = judged("external-url-effective", facts).values()
        assert judgement.outcome == expected
