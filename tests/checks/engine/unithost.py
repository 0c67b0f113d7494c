"""A host with systemd, the text of its engine's unit, and an engine that runs: to be changed by named edits."""

from __future__ import annotations

from typing import Any

from tests.checks.engine.base import SHOW, STARTED, good
from tests.hosts import row

__all__ = ["BY_HAND", "DROP_IN", "FILE", "LATER", "OWNER", "PLAIN", "SHOW", "STARTED", "UNIT", "sections", "unit"]

FILE = "/etc/docker/daemon.json"
UNIT = "/usr/lib/systemd/system/docker.service"
DROP_IN = "/etc/systemd/system/docker.service.d/ours.conf"
LATER = STARTED + 3600
OWNER = "system docker.service\n"
BY_HAND = "none -\n"


def unit(line: str, *more: str) -> str:
    """The text of docker.service."""
    lines = ("[Unit]", "Wants=docker.socket", "[Service]", "Type=notify", f"ExecStart={line}", *more)
    return "".join(f"{text}\n" for text in lines)


PLAIN = unit("/usr/bin/dockerd -H fd://")


def sections(
    *,
    running: str = "-H fd://",
    text: str = PLAIN,
    config: str = "{}",
    mtime: int = 1,
    owner: str | None = OWNER,
    rows: dict[str, str] | None = None,
    more: dict[str, Any] | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """A host with systemd, its unit's text, and an engine with these arguments."""
    found = good(
        files={
            FILE: row(FILE, mtime=mtime),
            "/etc/docker": row("/etc/docker", "dir", "0755"),
            **(rows or {}),
        },
        arguments=tuple(running.split()),
        daemon_json=config,
        **changes,
    )
    found[f"file:{UNIT}"] = text
    found["proc:812/unit"] = owner
    found.update(more or {})
    return {name: value for name, value in found.items() if value is not None}
