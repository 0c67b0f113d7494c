"""A host with certs.d folders and registries that were looked at, as the probe writes it down."""

from __future__ import annotations

import base64
import gzip
import posixpath
from typing import TYPE_CHECKING, Any

from dockworthy.trust.x509.keypair import facts_of_key
from tests.checks.engine.base import STARTED, good
from tests.hosts import host, row, table
from tests.trust.host import made

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.facts.facts import Facts
    from dockworthy.hosttree.keys import KeyFacts

__all__ = [
    "CERTS_D",
    "REFUSES_WEAK",
    "REGISTRY",
    "certs",
    "client_asked",
    "encoded",
    "insecure",
    "key_section",
    "pem",
    "registry_host",
    "sections_of",
    "seen",
    "tls",
]

CERTS_D = "/etc/docker/certs.d"
REGISTRY = "harbor.test"
CERTS = "stat:certs.d"
_ALERT = "stderr: error:0A000410:SSL routines::{} alert {}:SSL alert number {}\n"
REFUSES_WEAK: dict[str, Any] = {
    "tls12_weak": (1, _ALERT.format("ssl/tls", "handshake failure", 40)),
    "tls_old": (1, _ALERT.format("tlsv1", "protocol version", 70)),
}
"""A Harbor that takes no weak suite of TLS 1.2, and nothing older."""
_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-:/@+,=~")


def encoded(name: str) -> str:
    """A name as the probe writes it."""
    octets = name.encode("utf-8", "surrogateescape")
    return "".join(chr(octet) if chr(octet) in _SAFE else f"%{octet:02x}" for octet in octets)


def pem(name: str) -> str:
    """A certificate of the small PKI."""
    return made()[name].pem


def key_section(text: str) -> str:
    """What the probe says of a private key."""
    facts: KeyFacts = facts_of_key(text.encode())
    blocks = "".join(f"block {encoded(block.kind)} {','.join(block.headers) or '-'} ok\n" for block in facts.blocks)
    parses = {True: "yes", False: "no", None: "unknown"}[facts.parses]
    public = base64.b64encode(facts.public).decode() if facts.public else "-"
    return (
        f"size {len(text)}\n{blocks}encrypted {'yes' if facts.encrypted else 'no'}\nparses {parses}\npublic {public}\n"
    )


def _reduced(text: str) -> str:
    """A file with a key, without the key."""
    kept, inside = [], False
    for line in text.splitlines():
        if line.startswith("-----BEGIN"):
            inside = "CERTIFICATE" in line
            kept.append(line)
        elif line.startswith("-----END"):
            inside = False
            kept.append(line)
        else:
            kept.append(line if inside else "REDACTED")
    return "\n".join(kept) + "\n"


def sections_of(path: str, content: Any) -> dict[str, Any]:
    """The sections about one file: a text, bytes without any PEM block, or the status of one that was not read."""
    if isinstance(content, int):
        return {f"file:{path}": content}
    data = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
    if b"PRIVATE KEY" in data or path.endswith(".key"):
        text = data.decode("utf-8", "surrogateescape")
        return {f"file:{path}": _reduced(text), f"key:{path}": key_section(text)}
    if b"-----BEGIN" not in data and not path.endswith(".toml"):
        return {f"file:{path}": 61, f"digest:{path}": f"size {len(data)}\nsha256 {'0' * 64}\n"}
    return {f"file:{path}": data}


def certs(layout: Mapping[str, Any], root: str = CERTS_D, modes: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The sections about a certs.d folder.

    Args:
        layout: by path below it: a file's content; None for a folder; a pair (``link``, target) for a link, whose
            target is a path below it or leads nowhere.
        root: of the folder.
        modes: of single paths, where they are not 0644.
    """
    found: dict[str, Any] = {}
    rows = [row(root, "dir", "0755")]
    children: dict[str, list[str]] = {root: []}
    for name, content in layout.items():
        path = posixpath.join(root, name)
        parents = [posixpath.join(root, *name.split("/")[:depth]) for depth in range(1, name.count("/") + 1)]
        for parent in parents:
            if parent not in children:
                children[parent] = []
                children[posixpath.dirname(parent)].append(posixpath.basename(parent))
                rows.append(_row(parent, "dir", "0755"))
        if path not in children:
            children[posixpath.dirname(path)].append(posixpath.basename(path))
        if content is None:
            children.setdefault(path, [])
            rows.append(_row(path, "dir", "0755"))
        elif isinstance(content, tuple):
            rows.append(_link(path, content[1], layout, root))
            target = posixpath.normpath(posixpath.join(posixpath.dirname(name), content[1]))
            leads = not isinstance(layout.get(target, ()), tuple)
            found.update(sections_of(path, layout[target]) if leads else {f"link:{path}": f"{content[1]}\n"})
        else:
            rows.append(_row(path, "file", (modes or {}).get(name, "0644")))
            found.update(sections_of(path, content))
    for folder, names in children.items():
        found[f"list:{folder}"] = "".join(f"{encoded(name)}\n" for name in names)
    found[CERTS] = table(*rows)
    return found


def _row(path: str, kind: str, mode: str) -> str:
    return row(encoded(path), kind, mode)


def _link(path: str, target: str, layout: Mapping[str, Any], root: str) -> str:
    whole = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    if not isinstance(layout.get(whole.removeprefix(f"{root}/"), ()), tuple):
        return row(encoded(path), "file", "0644", resolved=encoded(whole))
    return f"{encoded(path)} - link - - - - - - - - - 0 0"


def tls(chain: str, *, protocol: str = "TLSv1.3", cipher: str = "TLS_AES_128_GCM_SHA256", asked: bool = False) -> str:
    """What ``openssl s_client`` was served, as the probe writes it."""
    names = "Acceptable client certificate CA names\nO = Example, CN = Client CA\n" if asked else ""
    return f"{names}Server Temp Key: X25519, 253 bits\nNew, {protocol}, Cipher is {cipher}\n{chain}"


def seen(
    chain: str | None = None,
    name: str = REGISTRY,
    *,
    addresses: str = "192.0.2.10",
    head: str = "HTTP/1.1 200 OK\n",
    **more: Any,
) -> dict[str, Any]:
    """The sections about a registry that serves this chain; ``more`` replaces a part of it, such as ``tls12``."""
    served = made()["leaf"].pem if chain is None else chain
    older = tls(served, protocol="TLSv1.2", cipher="ECDHE-ECDSA-AES128-GCM-SHA256")
    parts: dict[str, Any] = {"tls": tls(served), "tls12": older, "http": head, **more}
    host_name = name.rpartition(":")[0] or name
    found = {f"registry:{name}/{part.replace('_', '-')}": value for part, value in parts.items() if value is not None}
    return {**found, "cmd:resolve": f"{host_name} {addresses}\n"}


def client_asked(outcome: Any, pair: str, chain: str | None = None) -> dict[str, Any]:
    """A registry that ends every connection without a client certificate, and what it said to the host's own."""
    served = made()["leaf"].pem if chain is None else chain
    alert = "stderr: error:0A00045C:SSL routines::ssl/tls alert certificate required:SSL alert number 116\n"
    found = seen(chain, tls=(1, alert + tls(served, asked=True)), http=56, client=f"pair {pair}\n")
    return {**found, **{f"registry:{REGISTRY}/{name}": value for name, value in outcome.items()}}


def insecure(*entries: str) -> dict[str, Any]:
    """What ``GET /info`` says of an engine with these insecure registries."""
    networks = [entry for entry in entries if "/" in entry]
    names = {entry: {"Name": entry, "Secure": False} for entry in entries if "/" not in entry}
    return {
        "RegistryConfig": {"InsecureRegistryCIDRs": ["127.0.0.0/8", *networks], "IndexConfigs": names, "Mirrors": []}
    }


def registry_host(
    *parts: Mapping[str, Any], roots: str = "", edits: Mapping[str, Any] | None = None, **changes: Any
) -> Facts:
    """The compliant host of the engine's checks, with these sections besides.

    Args:
        parts: sections, as ``certs`` and ``seen`` make them.
        roots: the system's bundle.
        edits: sections by name; None takes one away.
        changes: as for the engine's host.
    """
    sections = {
        **good(**changes),
        "cmd:system-roots": f"/etc/ssl/certs/ca-certificates.crt {STARTED - 1000} 10\n",
        "cmd:system-roots-pem": gzip.compress(roots.encode()),
        "cmd:clock": "NTPSynchronized=yes\n",
        "cmd:date": "1795521600 2026-11-24T12:00:00Z\n",
        "cmd:harbor-found": "",
    }
    for part in parts:
        sections.update(part)
    sections.update(edits or {})
    return host({name: value for name, value in sections.items() if value is not None})
