"""The forms in which a fix is written, so that a person can paste it and `remediate` can carry it out.

A fix is lines for a shell. A block ``# merge into PATH:`` is followed by one line of JSON: the keys that the file
must have beside those that it has. Everything else that begins with ``#`` is for the reader.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dockworthy.facts.engine.mending import flags_of, without_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.facts.daemon import DaemonConfig

__all__ = ["DAEMON_JSON", "MERGE", "RESTART", "daemon_json", "merge_into", "put_in_force"]

DAEMON_JSON = "/etc/docker/daemon.json"
DROP_IN = "/etc/systemd/system/docker.service.d/zz-dockworthy.conf"
RESTART = "systemctl restart docker"
MERGE = "# merge into "


def merge_into(path: str, keys: str) -> str:
    """The block that sets keys of a JSON file; ``keys`` is one line of JSON."""
    return f"{MERGE}{path}:\n{keys}"


def daemon_json(keys: str, path: str = DAEMON_JSON) -> str:
    """The fix that sets keys of daemon.json and puts them in force; dockerd checks the file before the restart."""
    return f"{merge_into(path, keys)}\ndockerd --validate --config-file {path} && {RESTART}"


def put_in_force(daemon: DaemonConfig, values: Mapping[str, object]) -> str:
    """The fix for this engine: in the file that it reads, and off its command line where a flag sets the same.

    Args:
        daemon: the configuration in force.
        values: by key of daemon.json.
    """
    path = str(daemon.config_file.get(DAEMON_JSON)) or DAEMON_JSON
    keys = json.dumps(dict(values))
    flags = flags_of(daemon.arguments, values)
    if not flags:
        return daemon_json(keys, path)
    command = without_settings(daemon.program, daemon.arguments, values)
    return "\n".join(
        (
            f"# {', '.join(flags)} on dockerd's command line must go: a key in the file too would stop the engine",
            f"mkdir -p {DROP_IN.rpartition('/')[0]}",
            f"printf '%s\\n' '[Service]' 'ExecStart=' {_quoted(f'ExecStart={command}')} >{DROP_IN}",
            merge_into(path, keys),
            f"dockerd --validate --config-file {path} && systemctl daemon-reload && {RESTART}",
        )
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
