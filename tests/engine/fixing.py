"""Carries out a printed fix on an engine's host, as a person would who pastes it."""

from __future__ import annotations

import json
import shlex
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from dockworthy.fixes import DROP_IN, MERGE
from dockworthy.profile.loader import load_profile
from dockworthy.profile.locate import checks_folder
from dockworthy.run.hosts import RunHost
from dockworthy.run.judging import judge_host
from dockworthy.run.loading import load_checks

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.harness import Engine

__all__ = ["CHECKS", "apply_fix", "judged"]

CHECKS = load_checks(checks_folder())
SHIMS = "/run/dw-shims"
LOG = "/run/dw-systemctl.log"
SYSTEMCTL = f"#!/bin/sh\nprintf '%s\\n' \"$*\" >>{LOG}\n"


def judged(engine: Engine, check: str, param: str | None = None, profile: Path | str = "base") -> dict[str, Any]:
    """The record of one check on the engine's host as it is now."""
    host = RunHost("engine", "local://", load_profile(profile), engine.snapshot(), datetime.now(tz=timezone.utc))
    records = [
        record
        for record in judge_host(host, [CHECKS[check]])
        if param is None or (record["param"] or "").removeprefix("/var").endswith(param.removeprefix("/var"))
    ]
    assert len(records) == 1, [(record["param"], record["outcome"]) for record in records]
    return records[0]


def _merge(engine: Engine, path: str, keys: str) -> None:
    """Do what `# merge into PATH:` asks of a person: these keys, beside those that are there."""
    text = engine.run("sh", "-c", 'cat "$1" 2>/dev/null || echo "{}"', "-", path).stdout
    engine.write(path, json.dumps({**json.loads(text or "{}"), **json.loads(keys)}))


def apply_fix(engine: Engine, fix: str) -> str:
    """Carry it out and give its output; restarts go through the harness, since the test's host has no systemd."""
    engine.write(f"{SHIMS}/systemctl", SYSTEMCTL, 0o755)
    engine.run("rm", "-f", LOG)
    commands = []
    lines = iter(fix.splitlines())
    for line in lines:
        if line.startswith(MERGE):
            _merge(engine, line.removeprefix(MERGE).rstrip(":"), next(lines))
        else:
            commands.append(line)
    path = f"{SHIMS}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    done = engine.run("sh", "-e", "-c", "\n".join(commands), env={"PATH": path}, check=False)
    assert done.returncode == 0, f"{fix}\n{done.stdout}{done.stderr}"
    _restart_if_asked(engine)
    return done.stdout + done.stderr


def _restart_if_asked(engine: Engine) -> None:
    log = engine.run("sh", "-c", f"cat {LOG} 2>/dev/null || true").stdout
    if not any(line.split()[:1] == ["restart"] and "docker" in line for line in log.splitlines()):
        return
    unit = engine.run("sh", "-c", f"cat {DROP_IN} 2>/dev/null || true").stdout
    starts = [line.partition("=")[2] for line in unit.splitlines() if line.startswith("ExecStart=")]
    if starts and starts[-1]:
        engine.args = [word.replace("%%", "%").replace("$$", "$") for word in shlex.split(starts[-1])[1:]]
    engine.restart()
