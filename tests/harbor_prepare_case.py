"""A recorded run of Harbor's ``prepare`` as a host that the probe looked at: its harbor.yml, and the files about it."""

from __future__ import annotations

import posixpath
import re
import tempfile
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from dockworthy.evidence import NotDecided
from dockworthy.facts.harbor.installed.config import installations
from dockworthy.facts.harbor.prepare.accepting import verdict
from tests.harborhost import FOLDER
from tests.hosts import host, row, table
from tests.probe.carrying import frames
from tests.registryhost import pem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dockworthy.facts.facts import Facts

__all__ = ["carried", "expanded", "predicted", "to_host"]

# The services whose certificates lay in a folder of internal TLS, as `gencert` of every release makes them.
INTERNAL: Final = (
    *("proxy", "core", "job_service", "registryctl", "registry", "portal", "trivy_adapter", "harbor_db"),
    *("notary_server", "notary_signer", "chartmuseum", "clair", "clair_adapter"),
)
# The same as PyYAML's own, in C where there is that.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER: Final = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_TLS_FILES: Final = ("harbor_internal_ca.crt", *(f"{name}.{ending}" for name in INTERNAL for ending in ("crt", "key")))


# Each text's notes beside it, instead of one after the other.
_TELL_NOTES: Final = 'harbor_notes() { CARRIED=$BODY; say "notes:$FILE" 0 "$NOTES"; BODY=$CARRIED; }\n'


def carried(texts: Sequence[str]) -> list[tuple[int, bytes, str]]:
    """What the probe carries of each harbor.yml, with which status, and what it notes of its secrets."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [f"{folder}/{number}/harbor.yml" for number in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            Path(path).parent.mkdir()
            Path(path).write_bytes(text.encode("utf-8", "surrogateescape"))
        seen = frames("dash", f"{_TELL_NOTES}FILTER=filter_harbor; files {' '.join(paths)}\n")
        files = [seen[f"file:{path}"] for path in paths]
        return [(one.status, one.data, seen[f"notes:{one.name[5:]}"].text) for one in files]


def expanded(recorded: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The cases of a recording by edits: each a good harbor.yml of a release, with some keys set and some dropped.

    Args:
        recorded: ``bases`` by release; ``cases`` by name, each with what is changed, what lay on the host (beside a
            certificate and its key), what was installed besides, and ``runs``: by release the status and the last line
            of what prepare printed, empty where it accepted.
    """
    for name, case in recorded["cases"].items():
        for release, said in case["runs"].items():
            status, _, line = said.partition(" ")
            yield {
                "id": name,
                "version": f"v{release}",
                "harbor_yml": case["text"] if "text" in case else _edited(recorded["bases"][release], case),
                "layout": {"/data/cert/g.crt": "0:0644", "/data/cert/g.key": "0:0600", **case.get("layout", {})},
                **({"options": case["options"]} if "options" in case else {}),
                "accepted": not said,
                "validation_error": status == "255",
                "last_stderr": line,
            }


def _edited(base: Mapping[str, Any], case: Mapping[str, Any]) -> str:
    settings = deepcopy(dict(base))
    for dotted in case.get("drop", ()):
        *above, last = dotted.split(".")
        table = _value(settings, *above)
        if isinstance(table, dict):
            table.pop(last, None)
    for dotted, value in case.get("set", {}).items():
        *above, last = dotted.split(".")
        table = settings
        for key in above:
            table[key] = table.get(key) or {}
            table = table[key]
        table[last] = value
    return yaml.dump(settings, Dumper=_DUMPER, allow_unicode=True)


def to_host(case: Mapping[str, Any], text: tuple[int, bytes, str]) -> Facts:
    """The host that a case was recorded on.

    A case's ``layout`` says what lay there, and nothing else did that it names: by path ``dir``, ``->`` and where
    a link points, or the owner's number and the mode, as ``0:0644``, with a size or ``no-san`` after it. Without
    one it is that of the first recording, whose names tell it.
    """
    given = case["layout"] if "layout" in case else _usual(case["harbor_yml"])
    layout = {**dict.fromkeys(_looked_at(case["harbor_yml"]), "absent"), **given}
    found: dict[str, Any] = {
        "cmd:harbor-found": f"{FOLDER}\n",
        f"cmd:harbor-prepare{FOLDER}": f"{case['version']}\n",
        f"file:{FOLDER}/harbor.yml": text[:2],
        f"cmd:harbor-odd{FOLDER}": "".join(f"{line[1:]}\n" for line in text[2].splitlines() if line.startswith("U")),
        f"file:{FOLDER}/docker-compose.yml": _compose(case),
    }
    rows = [row(FOLDER, "dir", "0755"), row("/data", "dir", "0755"), row("/data/secret", "dir", "0755")]
    for path, told in layout.items():
        if told.startswith("->"):
            found[f"link:{path}"] = f"{told[2:]}\n"
        real = _resolved(path, layout)
        rows.append(_row(path, real, layout.get(real, "absent") if real != path else told))
        if path.endswith(".crt") and " file " in rows[-1]:
            found[f"file:{path}"] = pem("client" if told.endswith("no-san") else "leaf")
    found[f"stat:harbor{FOLDER}"] = table(*rows)
    return host(found)


def _compose(case: Mapping[str, Any]) -> str:
    """The compose file, which tells what was installed besides."""
    first = case["version"].startswith("v1.")
    services = {"trivy": "trivy-adapter", "notary": "notary-server", "chartmuseum": "chartmuseum"}
    chosen = case.get("options", () if first else ("trivy",))
    return "services:\n" + "".join(
        f"  {name}: {{image: goharbor/x:{case['version']}}}\n"
        for name in ("core", *(services[option] for option in chosen))
    )


def _resolved(path: str, layout: Mapping[str, str]) -> str:
    """Where a path leads on the host, by the links of a layout."""
    for _ in range(40):
        link = next((one for one in layout if layout[one].startswith("->") and f"{path}/".startswith(f"{one}/")), None)
        if link is None:
            break
        target = posixpath.join(posixpath.dirname(link), layout[link][2:])
        path = posixpath.normpath(target + path[len(link) :])
    return path


def predicted(facts: Facts) -> dict[str, Any]:
    """What prepare is said to do there, in the form of a recorded case."""
    try:
        found = verdict(installations(facts.harbor)[FOLDER]).refusal
    except NotDecided as undecided:
        return {"accepted": None, "message": None, "undecided": str(undecided)}
    if found is None:
        return {"accepted": True, "message": None}
    return {"accepted": False, "message": found.words if found.is_validation else None, "words": found.words}


def _row(path: str, real: str, told: str) -> str:
    if told == "absent":
        return row(path, "absent")
    if told == "dir":
        return row(path, "dir", "0755", resolved=real)
    owner, mode, *rest = told.split(":")
    columns = row(path, "file", mode, resolved=real).split(" ")
    columns[4:6] = columns[12:14] = [owner, owner]
    columns[8] = next((part for part in rest if part.isdigit()), "10")
    return " ".join(columns)


def _read(text: str) -> Any:
    try:
        return yaml.load(text, _LOADER)  # noqa: S506 - a safe one
    except yaml.YAMLError:
        return None


def _looked_at(text: str) -> list[str]:
    """What the probe looks at by name, whether it is there or not."""
    settings = _read(text)
    folders = ("registry", "ca_download", "database", "redis", "job_logs", "secret/keys/secretkey")
    places = dict.fromkeys(("/data", str(_value(settings, "data_volume") or "/data").rstrip("/")))
    found = [f"{place}/{name}" for place in places for name in folders]
    for keys in (("https", "certificate"), ("https", "private_key"), ("storage_service", "ca_bundle")):
        path = _value(settings, *keys)
        found += [path] if isinstance(path, str) and path.startswith("/") else []
    folder = _value(settings, "internal_tls", "dir")
    if isinstance(folder, str):
        found += [folder, *(f"{folder}/{name}" for name in _TLS_FILES)]
    return found


# --- the host of the first recording ---------------------------------------------------------------------------


def _usual(text: str) -> dict[str, str]:
    settings = _read(text)
    layout: dict[str, str] = {}
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
    if path in {"/data", "/data/cert", "/srv", "/etc/harbor-tls"}:
        return "dir"
    if path.startswith("/your/") or re.search(r"none|missing|absent", name):
        return "absent"
    mode = re.search(r"0[0-7]{3}", name)
    return f"{10000 if '10000' in name else 0}:{mode[0] if mode else '0600' if name.endswith('.key') else '0644'}"


def _internal(folder: str) -> dict[str, str]:
    what = posixpath.basename(folder)
    if _told(folder) == "absent":
        return {}
    dropped = {"dropkey": "core.key", "dropcrt": "core.crt", "dropca": "harbor_internal_ca.crt"}.get(what, "")
    mode = re.fullmatch(r"m([0-7]{3})", what)
    layout = {folder: "dir"}
    for name in _TLS_FILES:
        told = f"0:0{mode[1] if mode and name.endswith('.key') else '600' if name.endswith('.key') else '644'}"
        layout[f"{folder}/{name}"] = told + (":no-san" if (what, name) == ("nosan", "core.crt") else "")
    layout.pop(f"{folder}/{dropped}", None)
    return layout
