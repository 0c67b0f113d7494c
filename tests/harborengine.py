"""An engine that runs Harbor's containers, as the probe tells of them, to be changed by named edits."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from tests.harborhost import FOLDER, harbor_host
from tests.hosts import row, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.facts.facts import Facts

__all__ = ["COMPOSE", "CONTAINERS", "SEEN", "ago", "compose_of", "container", "engine_host", "file_rows"]

SEEN = datetime(2026, 11, 24, 12, 0, tzinfo=timezone.utc)
"""When the probe looked, by the host's own clock."""

TAG = "v2.12.2"
CONTAINERS = {
    "log": ("harbor-log", "harbor-log"),
    "registry": ("registry", "registry-photon"),
    "registryctl": ("registryctl", "harbor-registryctl"),
    "postgresql": ("harbor-db", "harbor-db"),
    "core": ("harbor-core", "harbor-core"),
    "portal": ("harbor-portal", "harbor-portal"),
    "jobservice": ("harbor-jobservice", "harbor-jobservice"),
    "redis": ("redis", "redis-photon"),
    "proxy": ("nginx", "nginx-photon"),
}
_LISTENERS = "tcp 127.0.0.1 1514 100 -\ntcp 0.0.0.0 443 101 -\n"


def ago(**past: float) -> str:
    """A moment before `SEEN`, as the engine writes it."""
    return (SEEN - timedelta(**past)).strftime("%Y-%m-%dT%H:%M:%S.123456789Z")


def compose_of(**images: str | None) -> str:
    """The compose file of all services; other images by service, None for a service that it has not."""
    named = {**{name: f"goharbor/{image}:{TAG}" for name, (_, image) in CONTAINERS.items()}, **images}
    lines = []
    for name, image in named.items():
        if image is not None:
            env = {"core": "core", "postgresql": "db", "jobservice": "jobservice", "registryctl": "registryctl"}.get(
                name
            )
            lines.append(f"  {name}:\n    image: {image}\n")
            lines += [f"    env_file: [./common/config/{env}/env]\n"] if env else []
            lines += ["    volumes: ['./common/config/nginx:/etc/nginx:z']\n"] if name == "proxy" else []
    return "services:\n" + "".join(lines)


COMPOSE = compose_of()


def container(
    service: str, project: str = "harbor", folder: str = FOLDER, image: str = "", **change: Any
) -> dict[str, Any]:
    """What the engine says of a service's container; ``change`` is merged into it."""
    name, own = CONTAINERS.get(service, (service, service))
    log = {} if service == "log" else {"Type": "syslog", "Config": {"syslog-address": "tcp://localhost:1514"}}
    ports = {"10514/tcp": [{"HostIp": "127.0.0.1", "HostPort": "1514"}]} if service == "log" else {}
    found: dict[str, Any] = {
        "Id": f"{sum(map(ord, project + service)):064x}",
        "Name": f"/{name}",
        "Created": ago(days=2),
        "Image": f"sha256:{'a' * 64}",
        "RestartCount": 0,
        "ExecIDs": None,
        "Mounts": [],
        "State": {
            "Status": "running",
            "Running": True,
            "Paused": False,
            "Restarting": False,
            "Pid": 0,
            "ExitCode": 0,
            "StartedAt": ago(days=1, hours=1 if service == "log" else 0),
            "FinishedAt": "0001-01-01T00:00:00Z",
            "Health": {"Status": "healthy"},
        },
        "HostConfig": {
            "LogConfig": log or {"Type": "json-file", "Config": {}},
            "RestartPolicy": {"Name": "always", "MaximumRetryCount": 0},
        },
        "NetworkSettings": {"Ports": ports},
        "Config": {
            "Image": image or f"goharbor/{own}:{TAG}",
            "Healthcheck": {"Test0": "CMD-SHELL", "Count": 2, "Interval": 0, "StartPeriod": 0, "Retries": 0},
            "Labels": {
                "com.docker.compose.project": project,
                "com.docker.compose.service": service,
                "com.docker.compose.oneoff": "False",
                "com.docker.compose.project.working_dir": folder,
                "com.docker.compose.project.config_files": f"{folder}/docker-compose.yml",
            },
        },
    }
    return _merged(found, change)


def _merged(old: dict[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    for key, value in new.items():
        both = isinstance(value, dict) and isinstance(old.get(key), dict)
        old[key] = _merged(old[key], value) if both else value
    return old


def file_rows(**ages: float) -> str:
    """The table of the rendered files: how many hours before the probe each was written, by its name's letters."""
    paths = {
        "core_env": f"{FOLDER}/common/config/core/env",
        "nginx_conf": f"{FOLDER}/common/config/nginx/nginx.conf",
        "db_env": f"{FOLDER}/common/config/db/env",
        "logrotate": f"{FOLDER}/common/config/log/logrotate.conf",
    }
    written = {name: SEEN - timedelta(hours=ages.get(name, 72)) for name in paths}
    return table(*(row(path, mtime=int(written[name].timestamp())) for name, path in paths.items()))


def engine_host(
    changes: Mapping[str, Any] | None = None,
    *more: Mapping[str, Any],
    compose: Any = COMPOSE,
    rows: str | int | None = None,
    sections: Mapping[str, Any] | None = None,
    **named: Any,
) -> Facts:
    """A host whose engine runs a whole Harbor of 2.12.2.

    Args:
        changes: by service what is merged into its container; None for one that is not there.
        more: further containers.
        compose: the compose file, or a status.
        rows: the table of the rendered files.
        sections: further sections.
        named: for `harbor_host`.
    """
    given = changes or {}
    made = [container(name, **given.get(name, {})) for name in CONTAINERS if given.get(name, {}) is not None]
    found = {
        "docker:containers": "".join(f"{json.dumps(one)}\n" for one in [*made, *more]),
        f"file:{FOLDER}/docker-compose.yml": compose,
        f"stat:harbor-rendered{FOLDER}": file_rows() if rows is None else rows,
        "cmd:listeners": _LISTENERS,
        "cmd:date": f"{int(SEEN.timestamp())} {SEEN:%Y-%m-%dT%H:%M:%SZ}\n",
        **(sections or {}),
    }
    return harbor_host({}, found, **named)
