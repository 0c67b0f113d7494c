"""What a real engine said (``tests/data/snapshots``), with single things named and changed."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy.facts.facts import Facts
from dockworthy.snapshot import Section, Snapshot, read_snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["GONE", "NOW", "edited", "recorded"]

FOLDER = Path(__file__).parent / "data" / "snapshots"
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=timezone.utc)
GONE: Any = object()
"""As a value in an edit: the key is not there at all."""

# Which object of a section an edit is about.
_SECTIONS = {
    "container": ("docker:containers", "Name", "/good"),
    "image": ("docker:images", "RepoTags", ["shop/app:1"]),
    "base": ("docker:images", "RepoTags", ["busybox:test"]),
    "network": ("docker:networks", "Name", "apps"),
    "bridge": ("docker:networks", "Name", "bridge"),
    "volume": ("docker:volumes", "Name", "data"),
    "overlay": ("docker:networks", "Name", "secure"),
    "service": ("docker:services", "Name", "web"),
    "info": ("docker:info", None, None),
    "version": ("docker:version", None, None),
}


@lru_cache
def recorded(name: str) -> Snapshot:
    """A recorded snapshot."""
    return read_snapshot(FOLDER / f"{name}.snapshot")


def edited(name: str = "hardened", **edits: Any) -> Facts:
    """The facts of a recorded snapshot after these edits.

    Args:
        name: of the recording.
        edits: by what they are about (``container``, ``image``, ``info``, …) what is merged into its JSON;
            ``sections`` replaces whole sections (a text, a status, both, or None for none at all), ``history`` gives
            the image's build steps (newest first), ``process`` the columns of the container's line by number,
            ``another`` a second container as a copy of the first with changes.
    """
    sections = dict(recorded(name).sections)
    for key, change in edits.items():
        apply: Callable[[dict[str, Section], str, Any], None] = _APPLY.get(key, _merge_into)
        apply(sections, key, change)
    return Facts(Snapshot("test", sections, truncated=False, sha256="0" * 64), NOW)


def _put(sections: dict[str, Section], name: str, text: str, status: int = 0) -> None:
    sections[name] = Section(name, status, text.encode("utf-8", "surrogateescape"))


def _merge_into(sections: dict[str, Section], key: str, change: Mapping[str, Any]) -> None:
    section, field, wanted = _SECTIONS[key]
    lines = [json.loads(line) for line in sections[section].text.splitlines() if line]
    for item in lines:
        if field is None or item[field] == wanted:
            _merge(item, change)
    _put(sections, section, "".join(f"{json.dumps(item)}\n" for item in lines))


def _merge(target: dict[str, Any], change: Mapping[str, Any]) -> None:
    for key, value in change.items():
        if value is GONE:
            target.pop(key, None)
        elif isinstance(value, dict) and isinstance(target.get(key), dict):
            _merge(target[key], value)
        else:
            target[key] = value


def _sections(sections: dict[str, Section], _key: str, change: Mapping[str, Any]) -> None:
    for name, value in change.items():
        if value is None:
            sections.pop(name, None)
            continue
        status, text = value if isinstance(value, tuple) else (value, "") if isinstance(value, int) else (0, value)
        _put(sections, name, text, status)


def _history(sections: dict[str, Section], _key: str, steps: Any) -> None:
    lines = [json.loads(line) for line in sections["docker:history"].text.splitlines() if line]
    images = [json.loads(line) for line in sections["docker:images"].text.splitlines() if line]
    identity = next(image["Id"] for image in images if image["RepoTags"] == ["shop/app:1"])
    for item in lines:
        if item["Id"] == identity:
            item["History"] = [{"CreatedBy": text, "Size": size} for text, size in steps]
    _put(sections, "docker:history", "".join(f"{json.dumps(item)}\n" for item in lines))


def _process(sections: dict[str, Section], _key: str, columns: Mapping[int, str]) -> None:
    words = sections["cmd:container-processes"].text.split()
    for number, text in columns.items():
        words[number] = text
    _put(sections, "cmd:container-processes", " ".join(words) + "\n")


def _another(sections: dict[str, Section], _key: str, change: Mapping[str, Any]) -> None:
    text = sections["docker:containers"].text
    copy = json.loads(text.splitlines()[0])
    _merge(copy, {"Id": "f" * 64, "Name": "/other", "ExecIDs": None, **change})
    _put(sections, "docker:containers", f"{text}{json.dumps(copy)}\n")


_APPLY: dict[str, Callable[[dict[str, Section], str, Any], None]] = {
    "sections": _sections,
    "history": _history,
    "process": _process,
    "another": _another,
}
