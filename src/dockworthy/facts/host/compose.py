"""Docker Compose: the plugin, the program of its own, and their versions."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, derived, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.facts.versions import Version, parse_version
from dockworthy.regex import regex

if TYPE_CHECKING:
    from dockworthy.snapshot import Snapshot

__all__ = ["Compose", "compose"]

_SECTION = "cmd:cli-versions"
_BY_INFO = "told by docker info"  # in the place of what a command would print
# `docker-compose version 1.25.4, build 8d51620a`, `Docker Compose version v2.24.5`, `v2.24.5`
_VERSION = regex(r"(?:version[ :]+)?v?(\d{1,9}\.\d[0-9A-Za-z.+~-]{0,60})", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Compose:
    """What Compose there is."""

    # the version of ``docker compose``; None where the docker command does not have it
    plugin: Evidence[Version | None]
    standalone: Evidence[Version | None]  # the version of ``docker-compose``; None where there is no such program

    @property
    @derived
    def found(self) -> Evidence[dict[str, Version]]:
        """Those that are there, by the command."""
        both = {"docker compose": self.plugin.value, "docker-compose": self.standalone.value}
        present = {command: version for command, version in both.items() if version is not None}
        return known(present, f"{self.plugin.source}, {self.standalone.source}")


@fact
def compose(snapshot: Snapshot) -> Compose:
    """Compose, by what its commands say of themselves."""
    text = snapshot.text(_SECTION)
    if not text.is_known:
        return Compose(
            unknown(text.unknown or "", "docker compose version"), unknown(text.unknown or "", "docker-compose version")
        )
    lines: dict[str, str] = {}
    for line in text.value.splitlines():
        name, tab, said = line.partition("\t")
        if tab:
            said = said.strip()
            lines.setdefault(name.strip(), _plugin_version(snapshot) or said if said == _BY_INFO else said)
    return Compose(
        _version(lines, ("docker compose", "docker-compose-plugin", "compose"), "docker compose version"),
        _version(lines, ("docker-compose",), "docker-compose version"),
    )


def _plugin_version(snapshot: Snapshot) -> str:
    """The version of the plugin, as the docker command tells it with or without an engine; empty where it does not."""
    section = snapshot.get("docker:info")
    try:
        plugins = json.loads(section.text if section is not None else "")["ClientInfo"]["Plugins"]
        return next((str(plugin["Version"]) for plugin in plugins if plugin["Name"] == "compose"), "")
    except (ValueError, RecursionError, KeyError, TypeError):
        return ""


def _version(lines: dict[str, str], names: tuple[str, ...], source: str) -> Evidence[Version | None]:
    said = next((lines[name] for name in names if name in lines), "")
    if not said:
        return known(None, source)
    found = _VERSION.search(said)
    version = parse_version(found[1]) if found else None
    if version is None:
        return unknown(f"{said[:100]!r} does not tell a version", source, Code.MALFORMED)
    return known(version, source)
