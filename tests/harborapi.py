"""A Harbor's recorded answers, as the controlling process writes them down: a good Harbor, and what differs from it.

Harbor's clock is another than ours, so that what is judged by ours shows.
"""

from __future__ import annotations

import copy
import csv
import json
import re
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.hosts import NOW, checks_in, host, outcomes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dockworthy.check import Judgement
    from dockworthy.facts.facts import Facts

__all__ = [
    "AT_HARBOR",
    "CHECKS",
    "HARBOR",
    "RELEASES",
    "api_host",
    "at",
    "broken",
    "good",
    "judged",
    "merged",
    "project",
    "said",
    "seconds",
    "undescribed",
]

HARBOR = "prod"
ROBOT = "robot$audit"
URL = "https://harbor.example.com"
KID = "PYYO:TEWU:V7JH:26JV:AQTZ:LJC3:SXVJ:XGHA:34F2:2LAQ:ZRMK:Z7Q6"
FIELDS = Path(__file__).parent / "data" / "harbor-api" / "fields.csv"
_TYPES = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict, "table": dict, "any": object}
RELEASES = ("2.2.2", "2.8.6", "2.12.2", "2.15.2")
AT_HARBOR = NOW + timedelta(days=400, seconds=7)
CHECKS = {
    check.id: check for name in ("access.py", "projects.py", "jobs.py") for check in checks_in("harbor", name).values()
}
_EVERY_DAY = {"type": "Daily", "cron": "0 0 2 * * *"}
_ASKED = NOW.timestamp()


def at(**ago: float) -> str:
    """A moment at Harbor, so long ago, as its API writes it."""
    return (AT_HARBOR - timedelta(**ago)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")[:-4] + "Z"


def seconds(**ahead: float) -> int:
    """A moment at Harbor, so far ahead, in seconds since 1970."""
    return int((AT_HARBOR + timedelta(**ahead)).timestamp())


def said(body: Any, status: int | None = 200, **more: Any) -> dict[str, Any]:
    """An answer."""
    asked = {"date": AT_HARBOR.timestamp(), "asked": _ASKED, "answered": _ASKED + 1}
    rows = {"total": len(body), "complete": True} if isinstance(body, list) else {"total": None, "complete": True}
    return {"status": status, "body": body, "empty": False, "error": None, **asked, **rows, **more}


def broken(kind: str, words: str = "", **more: Any) -> dict[str, Any]:
    """No answer, and why."""
    return said(None, **{"status": None, "error": {"kind": kind, "words": words}, **more})


def project(number: int, name: str, **metadata: str | None) -> dict[str, Any]:
    """A project that is as it should be, but for these metadata."""
    told = {"public": "false", "auto_scan": "true", "prevent_vul": "true", "severity": "high", **metadata}
    return {
        "project_id": number,
        "name": name,
        "owner_id": 1,
        "owner_name": "admin",
        "repo_count": 1,
        "creation_time": at(days=300),
        "update_time": at(days=300),
        "metadata": {key: value for key, value in told.items() if value is not None},
        "cve_allowlist": {"project_id": number, "items": []},
    }


def merged(value: Mapping[str, Any], *path: str | int, to: Any) -> Any:
    """A copy of an answer with another value at a path; None takes it away."""
    changed: Any = copy.deepcopy(value)
    place = changed
    for step in path[:-1]:
        place = place[step]
    if to is None and isinstance(place, dict):
        del place[path[-1]]
    else:
        place[path[-1]] = to
    return changed


def good(release: str = "2.12.2") -> dict[str, Any]:
    """The bodies of all answers of a Harbor that is as it should be, by path; with a dash those without a login."""
    version = tuple(int(part) for part in release.split("."))
    public = {"auth_mode": "db_auth", "self_registration": False}
    if version >= (2, 8):
        public["primary_auth_mode"] = False
    told = {
        **public,
        "harbor_version": f"v{release}-73072d0d",
        "external_url": URL,
        "registry_url": URL.removeprefix("https://"),
        "has_ca_root": True,
        "read_only": False,
        "project_creation_restriction": "adminonly",
        "registry_storage_provider_name": "filesystem",
        "notification_enable": True,
    }
    if version >= (2, 8):
        told["current_time"] = at()
    names = ("core", "database", "jobservice", "portal", "redis", "registry", "registryctl", "trivy")
    issued = seconds()
    answers: dict[str, Any] = {
        "-/ping": "Pong",
        "-/systeminfo": public if version >= (2, 13) else {**public, "harbor_version": f"v{release}-73072d0d"},
        "-/health": {"status": "healthy", "components": [{"name": name, "status": "healthy"} for name in names]},
        "-/service/token": {
            "header": {"alg": "RS256", "kid": KID},
            "claims": {"iat": issued, "nbf": issued, "exp": issued + 1800},
        },
        "/systeminfo": told,
        "/configurations": {key: {"value": value, "editable": True} for key, value in _configuration(version).items()},
        "/systeminfo/volumes": {"storage": [{"total": 10**12, "free": 6 * 10**11}]},
        "/scanners": [
            {
                "uuid": "u-1",
                "name": "Trivy",
                "description": "",
                "url": "http://trivy-adapter:8080",
                "disabled": False,
                "is_default": True,
                "health": "healthy",
                "auth": "",
                "access_credential": "",
                "skip_certVerify": False,
                "use_internal_addr": True,
                "create_time": at(days=300),
                "update_time": at(days=300),
            }
        ],
        "/system/gc/schedule": {
            "id": 1,
            "schedule": _EVERY_DAY,
            "job_name": "GARBAGE_COLLECTION",
            "job_kind": "SCHEDULE",
        },
        "/system/gc": [collection()],
        "/system/scanAll/schedule": {"id": 2, "status": "Running", "schedule": _EVERY_DAY},
        "/registries": [
            {
                "id": 1,
                "name": "mirror",
                "url": "https://registry.example.com",
                "type": "docker-registry",
                "status": "healthy",
                "creation_time": at(days=300),
                "update_time": at(days=300),
            }
        ],
        "/replication/policies": [rule()],
        "/replication/executions?policy_id=3": [execution()],
        "/robots": [robot()],
        "/quotas": [quota(1, "library"), quota(2, "apps")],
        "/projects": [project(1, "library"), project(2, "apps")],
    }
    if version >= (2, 6):
        answers["/system/purgeaudit/schedule"] = {"id": 4, "schedule": _EVERY_DAY, "job_name": "PURGE_AUDIT_LOG"}
    if version >= (2, 7):
        answers |= {
            "/jobservice/pools": [pool()],
            "/jobservice/queues": [queue("REPLICATION"), queue("SCAN", count=1, latency=5)],
            "/schedules/all/paused": {"paused": False},
        }
    return answers


def _configuration(version: tuple[int, ...]) -> dict[str, Any]:
    return {
        "auth_mode": "db_auth",
        "self_registration": False,
        "project_creation_restriction": "adminonly",
        "token_expiration": 30,
        "ldap_url": "",
        "ldap_verify_cert": True,
        "oidc_endpoint": "",
        "oidc_verify_cert": True,
        "uaa_endpoint": "",
        "uaa_verify_cert": True,
        "http_authproxy_endpoint": "",
        "http_authproxy_tokenreview_endpoint": "",
        "http_authproxy_verify_cert": True,
        "read_only": False,
        **({"audit_log_forward_endpoint": "", "skip_audit_log_database": False} if version >= (2, 6) else {}),
    }


def collection(status: str = "Success", *, days: float = 2, parameters: str = '{"dry_run":false}') -> dict[str, Any]:
    """A garbage collection."""
    return {
        "id": 7,
        "job_name": "GARBAGE_COLLECTION",
        "job_kind": "SCHEDULE",
        "job_status": status,
        "job_parameters": parameters,
        "creation_time": at(days=days),
        "update_time": at(days=days),
    }


def rule(name: str = "to-peer", cron: str = "0 0 */6 * * *", **more: Any) -> dict[str, Any]:
    """A replication rule that runs by a schedule."""
    return {
        "id": 3,
        "name": name,
        "enabled": True,
        "trigger": {"type": "scheduled", "trigger_settings": {"cron": cron}},
        "creation_time": at(days=300),
        "update_time": at(days=300),
        **more,
    }


def execution(status: str = "Succeed", *, hours: float = 3) -> dict[str, Any]:
    """A run of that rule."""
    return {
        "id": 11,
        "policy_id": 3,
        "status": status,
        "status_text": "",
        "trigger": "scheduled",
        "start_time": at(hours=hours),
        "end_time": at(hours=hours),
        "total": 2,
        "succeed": 2,
        "failed": 0,
        "in_progress": 0,
        "stopped": 0,
    }


def robot(name: str = ROBOT, expires_at: int | None = None, duration: int = 90, **more: Any) -> dict[str, Any]:
    """A robot account of the system, which ends in 80 days."""
    return {
        "id": 1,
        "name": name,
        "level": "system",
        "duration": duration,
        "disable": False,
        "editable": True,
        "expires_at": seconds(days=80) if expires_at is None else expires_at,
        "creation_time": at(days=10),
        "update_time": at(days=10),
        **more,
    }


def quota(number: int, name: str, hard: int = -1, used: int = 1000) -> dict[str, Any]:
    """A project's quota."""
    return {
        "id": number,
        "ref": {"id": number, "name": name, "owner_name": "admin"},
        "hard": {"storage": hard},
        "used": {"storage": used},
        "creation_time": at(days=300),
        "update_time": at(days=300),
    }


def pool(age: float = 5, name: str = "c0ffee000001") -> dict[str, Any]:
    """A job service that gave a sign of life so many seconds ago."""
    return {
        "pid": 1,
        "worker_pool_id": f"pool-{name}",
        "start_at": at(days=1),
        "heartbeat_at": at(seconds=age),
        "concurrency": 10,
        "host": name,
    }


def queue(job_type: str, count: int = 0, latency: int = 0, *, paused: bool = False) -> dict[str, Any]:
    """A queue of jobs; what is zero is left out, as Harbor does."""
    numbers = {key: value for key, value in (("count", count), ("latency", latency)) if value}
    return {"job_type": job_type, "paused": paused, **numbers}


def api_host(
    changes: Mapping[str, Any] | None = None,
    *,
    release: str = "2.12.2",
    beside: Mapping[str, Facts] | None = None,
    edits: Mapping[str, Any] | None = None,
    **declared: Any,
) -> Facts:
    """A host ``harbor:prod`` of a run.

    Args:
        changes: by path (with a dash before it where it is asked without a login): another body, which the API's
            description must allow, an answer as `said` or `broken` makes it, or None where it was not recorded.
        release: of Harbor.
        beside: the run's other hosts.
        edits: sections by name, as they are.
        declared: what the profile says differently.
    """
    login = declared.get("login", True)
    said_of = {"name": HARBOR, "url": URL, "mode": "shared", "peer": None, "nodes": [], "login": login, "asked": True}
    sections: dict[str, Any] = {
        "cmd:target-kind": "harbor\n",
        "cmd:date": f"{int(_ASKED)} 2026-11-24T12:00:00Z\n",
        "harbor:declared": json.dumps({**said_of, "reason": None, "of_many": False, **declared}),
    }
    records = {**_good_records(release), **{path: _record(path, to, release) for path, to in (changes or {}).items()}}
    for path, record in records.items():
        if record is not None and (login or path.startswith("-")):
            sections[f"anonymous::{path[1:]}" if path.startswith("-") else f"login::{path}"] = record
    sections.update(edits or {})
    return host({name: value for name, value in sections.items() if value is not None}, beside=beside)


@cache
def _good_records(release: str) -> dict[str, str | None]:
    return {path: _record(path, body, release) for path, body in good(release).items()}


def _record(path: str, value: Any, release: str) -> str | None:
    """An answer as it is written down; of a body alone, what the API's description allows."""
    if value is None or (isinstance(value, dict) and "answered" in value):
        return None if value is None else json.dumps(value)
    wrong = undescribed(path, value, release)
    assert not wrong, wrong
    return json.dumps(said(value))


def undescribed(path: str, body: Any, release: str) -> list[str]:
    """What of an answer the API's description of a release does not allow; nothing where it does not describe it."""
    name = re.sub(r"^/(projects|retentions|scanners)/[^/?]+(?=/|$)", r"/\1/*", path.removeprefix("-").partition("?")[0])
    described = {field: row for (of, field), row in _fields().items() if of == name and release in row["releases"]}
    if not described:
        return []
    wrong: list[str] = []
    for field, value in _flat("", body, {field for field, row in described.items() if row["type"] == "table"}):
        row = described.get(field or ".")
        if row is None and field and not (isinstance(value, (dict, list)) and field.endswith("[]")):
            wrong.append(f"{release} {name}: {field} is not described")
        elif row is not None and not (
            isinstance(value, _TYPES[row["type"]]) and isinstance(value, bool) == (row["type"] == "boolean")
        ):
            wrong.append(f"{release} {name}: {field} is no {row['type']}")
        if isinstance(value, dict):
            always = [own for own, told in described.items() if told["always"] and own.rpartition(".")[0] == field]
            wrong += [f"{name}: {own} is missing" for own in always if own.rpartition(".")[2] not in value]
    return wrong


@cache
def _fields() -> dict[tuple[str, str], dict[str, str]]:
    with FIELDS.open(newline="") as stream:
        return {(row["path"], row["field"]): row for row in csv.DictReader(stream)}


def _flat(field: str, value: Any, tables: set[str]) -> Iterator[tuple[str, Any]]:
    """Each value of an answer with its place; those of a list share one."""
    yield field, value
    if field in tables:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _flat(f"{field}.{key}".lstrip("."), item, tables)
    elif isinstance(value, list):
        for item in value:
            yield from _flat(f"{field}[]", item, tables)


def judged(check: str, facts: Facts, **params: Any) -> dict[str | None, Judgement]:
    """What a check says, by instance; demands are written as in a profile."""
    demands = {key: tuple(value) if isinstance(value, list) else value for key, value in params.items()}
    return outcomes(CHECKS[f"harbor.{check}"], facts, **demands)
