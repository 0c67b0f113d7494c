"""A recorded set-up of the ``certsd`` format as a question to the judge: the evidence, and nothing of the answer."""

from __future__ import annotations

import base64
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dockworthy.golang.url import URLError, parse_url
from dockworthy.hosttree.entry import Entry, User
from dockworthy.hosttree.tree import Tree
from dockworthy.trust.case import TrustCase
from dockworthy.trust.generations import Generation, Loader, Store, generation, parse_version, tool
from dockworthy.trust.loaders.insecure import RegistrySettings, after_reloads
from dockworthy.trust.reference import split_host_port
from tests.trust.fronts import from_front

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.trust.wire.server import ServerAnswer

CERTS_D = "/etc/docker/certs.d"
# What a recording that leaves it out is about.
_RECORD = {
    "versions": {},
    "daemon_json": {},
    "daemon_json_steps": [],
    "layout": [],
    "system_root_pem": "",
    "resolves_to": [],
}
_VERSIONS = {"engine": "26.1.5+dfsg1", "go": "go1.24.4", "containerd": "1.7.24"}
_SERVER = {"front": "registry", "chain_pem": "", "client_ca_pem": "", "nginx": "", "listen_port": None}


def _entry(record: Mapping[str, Any]) -> Entry:
    kind = record["type"]
    mode = int(record["mode"], 8) if record.get("mode") else None
    uid = record.get("uid") or 0
    if kind == "symlink":
        return Entry("symlink", target=record["target"])
    if kind != "file":
        return Entry(kind, mode=mode, uid=uid)
    text = record.get("text")
    data = text.encode() if text is not None else base64.b64decode(record.get("base64") or "")
    return Entry("file", data, mode=mode, uid=uid)


def to_tree(layout: list[dict[str, Any]], user: User | None = None) -> Tree:
    """The host's files; ``certs.d`` stands for the engine's folder of registries."""
    entries = {}
    for record in layout:
        root = CERTS_D if record["where"] == "certs.d" else record["where"]
        entries[f"{root.rstrip('/')}/{record['path']}".rstrip("/")] = _entry(record)
    return Tree(entries, user or User())


def _settings(record: Mapping[str, Any]) -> RegistrySettings:
    content = record["daemon_json"] or {}
    start = RegistrySettings(tuple(content.get("insecure-registries", ())), tuple(content.get("registry-mirrors", ())))
    return after_reloads(start, record["daemon_json_steps"] or [])


class _Names(dict[str, list[str]]):
    """The names of the recorded network: what is not listed does not resolve."""

    def get(self, key: str, default: Any = None) -> Any:
        return super().get(key.lower(), default or [])


def _addresses(record: Mapping[str, Any], answer: ServerAnswer) -> dict[str, list[str]]:
    """What resolves: the registry as recorded; a mirror and a token service to the same server; nothing else."""
    addresses = _Names({record["host"].strip("[]").lower(): record["resolves_to"]})
    for url in (*_settings(record).mirrors, answer.realm or ""):
        with suppress(URLError):
            addresses.setdefault(split_host_port(parse_url(url).host)[0].lower(), ["10.231.0.1"])
    return addresses


def _generation(record: Mapping[str, Any], store: Store | None) -> Generation:
    """Whose rules answered: the recorded engine's, with its Go and one of its stores; or those of ``ctr``."""
    versions = {**_VERSIONS, **record["versions"]}
    go = parse_version(versions["go"])
    if store is None:
        return tool(Loader.CTR, versions["containerd"], go)
    return generation(versions["engine"], store, go=go)


def to_case(record: Mapping[str, Any], store: Store | None, user: User | None = None) -> TrustCase:
    """The question: this image, on this host, to the recorded engine, which runs as root unless said otherwise.

    ``store`` is where the engine keeps its images; None asks ``ctr`` beside it.
    """
    record = {**_RECORD, **record}
    server = {**_SERVER, **record["server"]}
    answer = from_front(
        server["front"],
        server["chain_pem"].encode(),
        server["nginx"] or "",
        (server["client_ca_pem"] or "").encode(),
        server["listen_port"],
    )
    return TrustCase(
        reference=record["ref"],
        generation=_generation(record, store),
        tree=to_tree(record["layout"], user),
        system_roots=record["system_root_pem"].encode(),
        now=datetime.fromisoformat(record["now"]),
        answers={"*": answer},
        addresses=_addresses(record, answer),
        settings=_settings(record),
        certs_dir=CERTS_D,
        # The recorded engines were logged in; ctr was not.
        credentials=record.get("credentials", store is not None),
    )
