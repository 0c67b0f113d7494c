"""An installation that `prepare` ran in, as the probe tells it, from what the real `prepare` rendered."""

from __future__ import annotations

import json
import posixpath
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.harborhost import FOLDER
from tests.hosts import host, table
from tests.registryhost import sections_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.facts.facts import Facts

__all__ = ["CONFIG", "PATH", "line", "prepared_host", "prepared_sections", "recorded"]

PATH = Path(__file__).parent / "data" / "harbor-rendered" / "cases.jsonl"
CONFIG = f"{FOLDER}/common/config"
_TOP = ("harbor.yml", "docker-compose.yml")
_OPTIONAL = ("trivy-adapter/env", "exporter/env")
# What the probe looks at wherever a Harbor is.
_DATA = ("registry", "job_logs", "ca_download", "redis", "database", "secret/keys/secretkey")
_PAIR = ("secret/core/private_key.pem", "secret/registry/root.crt")


@lru_cache(maxsize=1)
def recorded() -> dict[str, dict[str, dict[str, str]]]:
    """What is told of the files, by their names, for each release and case."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for one in map(json.loads, PATH.read_text(encoding="utf-8").splitlines()):
        of_release = found.setdefault(one["release"], {})
        files = {**of_release.get("plain", {}), **one["files"]}
        of_release[one["case"]] = {name: text for name, text in files.items() if text is not None}
    return found


def path_of(name: str) -> str:
    """Where a file lies, by its name there."""
    return posixpath.join(FOLDER if name in _TOP else CONFIG, name)


def line(path: str, mode: str = "0640", uid: int = 0, gid: int | None = None, kind: str = "file", size: int = 9) -> str:
    """A row of the table, with owners as numbers."""
    if kind in {"absent", "denied", "unknown"}:
        return f"{path} - {kind} - - - - - - - - - - -"
    group = uid if gid is None else gid
    resolved = "-" if kind == "link" else path
    return f"{path} {resolved} {kind} {mode} {uid} {group} - - {size} 1 1 - {uid} {group}"


def prepared_sections(
    files: Mapping[str, Any], rows: Mapping[str, str] | None = None, more: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The sections; files by their names, rows of the table by paths, certificates and keys by paths in ``more``."""
    seen = {path_of(name): line(path_of(name)) for name in files}
    for name in _OPTIONAL:
        seen.setdefault(path_of(name), line(path_of(name), kind="absent"))
    seen |= {f"/data/{name}": line(f"/data/{name}", kind="absent") for name in (*_DATA, *_PAIR)}
    folders = {FOLDER: line(FOLDER, "0755", kind="dir"), "/data": line("/data", "0755", kind="dir")}
    found: dict[str, Any] = {
        "cmd:harbor-found": f"{FOLDER}\n",
        "cmd:id": "0 0 root root\n",
        f"cmd:harbor-defaults{FOLDER}": "",
        f"cmd:harbor-secretkey{FOLDER}": "/data/secret/keys/secretkey 16 letters-digits\n",
        **{f"file:{path_of(name)}": 2 for name in _OPTIONAL},
    }
    for path, content in (more or {}).items():
        seen[path] = line(path, "0600", 10000, kind="absent" if content == 2 else "file")
        found.update(sections_of(path, content))
    found |= {f"file:{path_of(name)}": content for name, content in files.items()}
    found[f"stat:harbor{FOLDER}"] = table(*{**folders, **seen, **(rows or {})}.values())
    return found


def prepared_host(files: Mapping[str, Any], *parts: Mapping[str, Any], **changes: Any) -> Facts:
    """A host of which nothing else was seen."""
    sections = prepared_sections(files, changes.pop("rows", None), changes.pop("more", None))
    for part in parts:
        sections.update(part)
    return host(sections)
