"""The forms in which a fix is written, so that a person can paste it and `remediate` can carry it out.

A fix is lines for a shell. A block ``# merge into PATH:`` is followed by one line of JSON: the keys that the file
must have beside those that it has. Everything else that begins with ``#`` is for the reader.
"""

from __future__ import annotations

__all__ = ["DAEMON_JSON", "MERGE", "RESTART", "daemon_json", "merge_into"]

DAEMON_JSON = "/etc/docker/daemon.json"
RESTART = "systemctl restart docker"
MERGE = "# merge into "


def merge_into(path: str, keys: str) -> str:
    """The block that sets keys of a JSON file; ``keys`` is one line of JSON."""
    return f"{MERGE}{path}:\n{keys}"


def daemon_json(keys: str) -> str:
    """The fix that sets keys of daemon.json and puts them in force; dockerd checks the file before the restart."""
    validate = f"dockerd --validate --config-file {DAEMON_JSON}"
    return f"{merge_into(DAEMON_JSON, keys)}\n{validate} && {RESTART}"
