"""Whether every user's docker command verifies signatures: DOCKER_CONTENT_TRUST in the files that all logins read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.evidence import Code, Evidence, known, unknown
from dockworthy.facts.api.security import parse_bool
from dockworthy.facts.facts import fact
from dockworthy.tables import decode

if TYPE_CHECKING:
    from dockworthy.snapshot import Snapshot

__all__ = ["content_trust"]

_ENVIRONMENT = "/etc/environment"
_SHELL_FILES = ("/etc/profile", "/etc/profile.d/")
_LOOKED_AT = "/etc/environment, /etc/profile, /etc/profile.d: DOCKER_CONTENT_TRUST"


@fact
def content_trust(snapshot: Snapshot) -> Evidence[bool]:
    """Whether it is on for all users; of several files the last that logins read counts.

    The docker command takes any value for on but an empty one and those that Go reads as false
    (docker/cli, cli/trust: IsTrusted via DOCKER_CONTENT_TRUST).
    """
    text = snapshot.text("cmd:content-trust")
    if not text.is_known:
        return unknown(text.unknown or "", _LOOKED_AT)
    found: Evidence[bool] = known(value=False, source=_LOOKED_AT)
    for line in text.value.splitlines():
        path, _, assignment = line.partition("\t")
        path = decode(path)
        exported = assignment.startswith("export ")
        if path != _ENVIRONMENT and not (exported and path.startswith(_SHELL_FILES)):
            continue
        value = assignment.removeprefix("export ").partition("=")[2].strip().strip("\"'")
        source = f"{path}: DOCKER_CONTENT_TRUST"
        if "$" in value or "`" in value:
            found = unknown("its value depends on the shell", source, Code.AMBIGUOUS)
        else:
            found = known(bool(value) and parse_bool(value) is not False, source)
    return found
