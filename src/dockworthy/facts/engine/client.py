"""The docker command beside the engine: which API versions the two can speak with each other."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Reason, derived, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.facts.versions import Version, parse_version, version_evidence
from dockworthy.regex import regex
from dockworthy.releases import Release
from dockworthy.releases import known as known_releases
from dockworthy.snapshot import NO_TOOL, NOT_APPLICABLE, NOT_HELD, NOT_PERMITTED, TIMED_OUT
from dockworthy.tables import standard_error

if TYPE_CHECKING:
    from dockworthy.facts.api.engine import Engine
    from dockworthy.facts.engine.release import EngineRelease
    from dockworthy.snapshot import Snapshot

__all__ = ["Client", "client"]

_REFUSED = regex(
    r"(?:client version \d[\d.]{0,20} is too (?:old|new)|API version \d[\d.]{0,20} is not supported by this client)"
    r"[^\n]{0,40}(?:minimum|maximum) supported API version is \d[\d.]{0,20}",
    re.IGNORECASE | re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Client:
    """The docker command."""

    version: Evidence[Version]  # its own
    api_max: Evidence[Version]  # the newest API version that it speaks
    api_min: Evidence[Version]  # the oldest that it speaks
    server_api: Evidence[Version]  # the newest that the engine speaks
    server_api_min: Evidence[Version]  # the oldest that the engine speaks
    answer: Evidence[str]  # ``answers``, or what the docker command said instead; unknown where it could not be asked
    refusal: str  # what was said where they cannot speak with each other; empty otherwise


@fact
def client(snapshot: Snapshot, engine: Engine, engine_release: EngineRelease) -> Client:
    """Client and server by ``docker version``, whose client part is there without an engine, too.

    The engine's own answer comes before the table of releases; of one that is rehearsed there is none yet.
    """
    mine = _client_part(snapshot)
    answer = engine.version_answer
    said = standard_error(snapshot, "docker:version")
    found = _REFUSED.search(said)
    version = _field(mine, "Version")
    oldest, newest = answer.text("MinAPIVersion", default=""), answer.text("ApiVersion")
    rehearsed = engine_release.rehearsed
    told = rehearsed is None and oldest.get("") != ""
    return Client(
        version,
        _field(mine, "DefaultAPIVersion", "ApiVersion"),
        _api_of(version.map(lambda one: Release.parse(one.text)), "oldest-of-client"),
        version_evidence(newest) if rehearsed is None else _api_of(rehearsed, "newest"),
        version_evidence(oldest) if told else _api_of(engine_release.in_force, "oldest"),
        _answer(snapshot, engine),
        found[0] if found and rehearsed is None else "",
    )


@derived
def _api_of(release: Evidence[Release], which: str) -> Evidence[Version]:
    """An API version of a release by the table of releases, whose first rows are older than itself; else unknown."""
    source = f"{release.source}: {which.partition('-')[0]} API"
    table = known_releases()
    found = {rules.api(which) for rules in table.stand_ins(release.value)}
    if not release.value.numbers or release.value > table.end or len(found) != 1:
        return unknown(table.doubt(release.value), source, Code.RELEASE)
    return version_evidence(known(found.pop(), source))


def _answer(snapshot: Snapshot, engine: Engine) -> Evidence[str]:
    source = "docker version"
    if engine.version_answer.text("Version").is_known:
        return known("an answer", source)
    section = snapshot.get("docker:version")
    said = standard_error(snapshot, "docker:version")
    if section is None or section.status == NO_TOOL:
        reason = Reason("there is no docker command to ask with", Code.TOOL_MISSING) if section else NOT_HELD
        return unknown(reason, source)
    if section.status == NOT_APPLICABLE:
        return unknown(section.failure or NOT_HELD, source)
    if "permission denied" in said.lower():
        return unknown(NOT_PERMITTED, source)
    if section.status == 0:
        return unknown("the docker command's answer cannot be read", source, Code.MALFORMED)
    if section.status == TIMED_OUT:
        return known("no answer within the time limit", source)
    return known(said.splitlines()[-1][:300] if said else f"ended with status {section.status}", source)


def _client_part(snapshot: Snapshot) -> Evidence[dict[str, Any]]:
    source = "docker version: Client"
    section = snapshot.get("docker:version")
    if section is None:
        return unknown(snapshot.text("docker:version").unknown or "", source)
    try:
        part = json.loads(section.text)["Client"]
    except (ValueError, RecursionError, KeyError, TypeError):
        return unknown(section.failure or Reason("the docker command does not tell its version", Code.NOT_TOLD), source)
    if not isinstance(part, dict):
        return unknown("the docker command does not tell its version", source, Code.NOT_TOLD)
    return known(part, source)


@derived
def _field(part: Evidence[dict[str, Any]], *names: str) -> Evidence[Version]:
    part = part.by(f"{part.source}.{names[0]}")
    for name in names:
        version = parse_version(value) if isinstance(value := part.value.get(name), str) else None
        if version is not None:
            return known(version, part.source)
    return unknown("the docker command does not tell it", part.source, Code.NOT_TOLD)
