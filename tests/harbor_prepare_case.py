"""A recorded run of Harbor's ``prepare`` as a host that the probe looked at: its harbor.yml, and the files about it."""

from __future__ import annotations

import posixpath
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from dockworthy.evidence import NotDecided
from dockworthy.facts.harbor.accepting import verdict
from dockworthy.facts.harbor.config import installations
from tests.harborhost import FOLDER
from tests.hosts import host, row, table
from tests.probe.carrying import frames
from tests.registryhost import pem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dockworthy.facts.facts import Facts

__all__ = ["carried", "predicted", "to_host"]

# The services whose certificates lay in a folder of internal TLS, as `gencert` of every release makes them.
INTERNAL: Final = (
    *("proxy", "core", "job_service", "registryctl", "registry", "portal", "trivy_adapter", "harbor_db"),
    *("notary_server", "notary_signer", "chartmuseum", "clair", "clair_adapter"),
)
COMPOSE: Final = (
    "services:\n"
    "  core: {{image: goharbor/harbor-core:{0}}}\n"
    "  trivy-adapter: {{image: goharbor/trivy-adapter-photon:{0}}}\n"
)


def carried(texts: Sequence[str]) -> list[tuple[int, bytes]]:
    """What the probe carries of each harbor.yml, and with which status."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [f"{folder}/{number}/harbor.yml" for number in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            Path(path).parent.mkdir()
            Path(path).write_bytes(text.encode("utf-8", "surrogateescape"))
        seen = frames("dash", f"FILTER=filter_harbor; files {' '.join(paths)}\n")
        return [(seen[f"file:{path}"].status, seen[f"file:{path}"].data) for path in paths]


def to_host(case: Mapping[str, Any], text: tuple[int, bytes]) -> Facts:
    """The host that a case was recorded on.

    A case's ``layout`` says what lay there: by path ``absent``, ``dir`` or the owner's number and the mode, as
    ``0:0644``, with a size or `no-san` after it. Without one it is that of the first recording, whose names tell it.
    """
    layout = case["layout"] if "layout" in case else _usual(case["harbor_yml"])
    found: dict[str, Any] = {
        "cmd:harbor-found": f"{FOLDER}\n",
        f"cmd:harbor-prepare{FOLDER}": f"{case['version']}\n",
        f"file:{FOLDER}/harbor.yml": text,
        f"file:{FOLDER}/docker-compose.yml": COMPOSE.format(case["version"]),
    }
    rows = [row(FOLDER, "dir", "0755"), row("/data", "dir", "0755"), row("/data/secret", "dir", "0755")]
    for path, told in layout.items():
        rows.append(_row(path, told))
        if path.endswith(".crt") and told not in {"absent", "dir"}:
            found[f"file:{path}"] = pem("client" if told.endswith("no-san") else "leaf")
    found[f"stat:harbor{FOLDER}"] = table(*rows)
    return host(found)


def predicted(facts: Facts) -> dict[str, Any]:
    """What prepare is said to do there, in the form of a recorded case."""
    try:
        found = verdict(installations(facts.harbor)[FOLDER]).refusal
    except NotDecided as undecided:
        return {"accepted": None, "message": None, "undecided": str(undecided)}
    if found is None:
        return {"accepted": True, "message": None}
    return {"accepted": False, "message": found.words if found.is_validation else None, "words": found.words}


def _row(path: str, told: str) -> str:
    if told == "absent":
        return row(path, "absent")
    if told == "dir":
        return row(path, "dir", "0755")
    owner, mode, *rest = told.split(":")
    size = next((part for part in rest if part.isdigit()), "10")
    columns = row(path, "file", mode).split(" ")
    columns[4:6], columns[8], columns[12:14] = [owner, owner], size, [owner, owner]
    return " ".join(columns)


# --- the host of the first recording ---------------------------------------------------------------------------


def _usual(text: str) -> dict[str, str]:
    try:
        settings = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    layout: dict[str, str] = {"/data/secret/keys/secretkey": "absent"}
    for keys in (("https", "certificate"), ("https", "private_key"), ("storage_service", "ca_bundle")):
        path = _value(settings, *keys)
        if isinstance(path, str) and path.startswith("/"):
            layout[path] = _told(path)
    folder = _value(settings, "internal_tls", "dir")
    if isinstance(folder, str):
        layout.update(_internal(folder))
    return layout


def _value(settings: Any, *keys: str) -> Any:
    for key in keys:
        settings = settings.get(key) if isinstance(settings, dict) else None
    return settings


def _told(path: str) -> str:
    name = posixpath.basename(path)
    if path.startswith("/your/") or re.search(r"none|missing|absent", name):
        return "absent"
    mode = re.search(r"0[0-7]{3}", name)
    return f"0:{mode[0] if mode else '0600' if name.endswith('.key') else '0644'}"


def _internal(folder: str) -> dict[str, str]:
    what = posixpath.basename(folder)
    if _told(folder) == "absent":
        return {folder: "absent"}
    dropped = {"dropkey": "core.key", "dropcrt": "core.crt", "dropca": "harbor_internal_ca.crt"}.get(what, "")
    names = ["harbor_internal_ca.crt", *(f"{name}.{ending}" for name in INTERNAL for ending in ("crt", "key"))]
    mode = re.fullmatch(r"m([0-7]{3})", what)
    layout = {folder: "dir"}
    for name in names:
        told = f"0:0{mode[1] if mode and name.endswith('.key') else '600' if name.endswith('.key') else '644'}"
        without = what == "nosan" and name == "core.crt"
        layout[f"{folder}/{name}"] = "absent" if name == dropped else told + (":no-san" if without else "")
    return layout
