"""A setting that the next start of the engine would have, also where nothing says how it would be started."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dockworthy.evidence import Code, Evidence, NotApplicable, known, unknown
from dockworthy.facts.kernel.usage import no_engine
from dockworthy.releases import known as known_releases

if TYPE_CHECKING:
    from dockworthy.facts.engine.release import EngineRelease
    from dockworthy.facts.facts import Facts

__all__ = ["knows_key", "planned"]

_FILE = "/etc/docker/daemon.json"


def planned(facts: Facts, key: str, default: Any) -> Evidence[Any]:
    """The setting at the next start; where no engine runs and no unit starts one, as the usual file has it.

    Args:
        facts: of the host.
        key: of daemon.json.
        default: what an engine has that nobody told anything.
    """
    try:
        setting: Evidence[Any] = facts.daemon.next_start.setting(key)
    except NotApplicable:  # no engine is installed
        return known(default, "the engine's default")
    if setting.unknown is None or setting.unknown.code is not Code.NOT_TOLD or not no_engine(facts):
        return setting
    if facts.snapshot.is_absent(f"file:{_FILE}"):
        return known(default, "the engine's default")
    return facts.snapshot.text(f"file:{_FILE}").by(_FILE).then(lambda text: _in_file(text, key, default))


def _in_file(text: str, key: str, default: Any) -> Evidence[Any]:
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        return unknown("is no JSON object", _FILE, Code.MALFORMED)
    return known(read.get(key, default), f"{_FILE}: {key}" if key in read else "the engine's default")


def knows_key(releases: EngineRelease, key: str) -> bool:
    """Whether the engine that starts next knows a key of daemon.json; taken to where its release is not known."""
    names = releases.next_start.map(lambda one: {row.name for row in known_releases().rules(one).settings})
    return not names.is_known or key in names.value
