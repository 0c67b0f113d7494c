"""A host as it would be with other files: they are laid where its own programs read them, over what was seen.

The file of the engine goes where the next start reads it, a folder of registries' certificates where the engine of this
host looks for them, a CA into the system's bundle as ``update-ca-certificates`` and ``update-ca-trust`` put it there.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from dockworthy.applied import CA, CERTS_D, DAEMON_JSON, PLACES, ROOTS, Overlay, Row
from dockworthy.evidence import NotApplicable, NotDecided
from dockworthy.facts.engine.paths import engine_uid
from dockworthy.facts.registry.certsd import engine_root
from dockworthy.facts.registry.roots import LOCAL_ROOTS, bundle_of, unpacked
from dockworthy.trust.x509.certificate import certificates_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dockworthy.applied import Applied
    from dockworthy.facts.facts import Facts
    from dockworthy.snapshot import Section, Snapshot

__all__ = ["as_applied", "places"]

_LATER: Final = 60  # seconds after the host was looked at: younger than whatever runs there
_FILE_MODE: Final = 0o644
_CERT_MODE, _KEY_MODE, _FOLDER_MODE = 0o444, 0o400, 0o755


def places(today: Facts, applied: Sequence[Applied]) -> dict[str, str]:
    """Where on a host each file or folder goes, by its name."""
    where = {DAEMON_JSON: _config_file, CERTS_D: engine_root, CA: _anchors}
    return {one.name: where[one.name](today) for one in applied}


def _anchors(today: Facts) -> str:
    """The folder from which the system's bundle is made."""
    tools = today.packages.tools.get({})
    of_p11_kit = "update-ca-trust" in tools and "update-ca-certificates" not in tools
    return LOCAL_ROOTS[of_p11_kit].rstrip("/")


def _config_file(today: Facts) -> str:
    """The file that the next start reads."""
    try:
        daemon = today.daemon
    except (NotApplicable, NotDecided):
        return PLACES[DAEMON_JSON]
    path = daemon.next_start.file or daemon.in_force.file or PLACES[DAEMON_JSON]
    return posixpath.normpath(posixpath.join("/", path))


def as_applied(today: Facts, applied: Sequence[Applied]) -> Snapshot:
    """What the probe would see of a host that had these, by the facts of the host as it is."""
    where = places(today, applied)
    recorded = today.snapshot.recorded
    moment = int((recorded.value if recorded.is_known else today.now).timestamp()) + _LATER
    overlay = Overlay(today.snapshot, engine_uid(today), moment)
    for one in applied:
        if one.name == DAEMON_JSON:
            path = where[one.name]
            overlay.write(path, today.files.canonical(path), one.sections[f"file:{PLACES[one.name]}"], _FILE_MODE)
        elif one.name == CERTS_D:
            _put_folder(overlay, where[one.name], one)
        elif one.name == CA:
            _put_roots(overlay, today, one, where[one.name])
    return overlay.snapshot()


# --- certs.d -------------------------------------------------------------------------------------------------------


def _put_folder(overlay: Overlay, root: str, applied: Applied) -> None:
    before = _pairs(root, {name: overlay.get(name) for name in overlay.names(f"file:{root}/")})
    sections = {_moved(name, root): section for name, section in applied.sections.items()}
    named = {name: type(section)(name, section.status, section.data) for name, section in sections.items()}
    overlay.replace_folder(root, named, _rows(named))
    after = _pairs(root, named)
    for name in overlay.names("registry:") + overlay.names("mirror:"):
        kind, _, registry = name.rpartition("/")[0].partition(":")
        host = registry if kind == "registry" else registry.partition("://")[2].partition("/")[0]
        if name.endswith("/client") and before.get(host) != after.get(host):
            _forget_pair(overlay, name, has_pair=host in after)


def _moved(name: str, root: str) -> str:
    kind, _, path = name.partition(":")
    return f"{kind}:{root}{path.removeprefix(PLACES[CERTS_D])}"


def _rows(sections: Mapping[str, Section]) -> Iterator[Row]:
    """What lies there once it was put there: certificates that all may read, keys that their owner alone may."""
    for name, section in sections.items():
        kind, _, path = name.partition(":")
        if kind == "list":
            yield Row(path, path, "dir", _FOLDER_MODE)
        elif kind == "file":
            is_key = f"key:{path}" in sections or path.endswith(".key")
            yield Row(path, path, "file", _KEY_MODE if is_key else _CERT_MODE, len(section.data))


def _pairs(root: str, sections: Mapping[str, Section | None]) -> dict[str, dict[str, bytes]]:
    """The client certificates, by the registry that they are for and by their file."""
    found: dict[str, dict[str, bytes]] = {}
    for name, section in sections.items():
        registry, slash, file = name.removeprefix(f"file:{root}/").partition("/")
        if name.startswith("file:") and slash and file.endswith(".cert") and section is not None:
            found.setdefault(registry, {})[file] = section.data
    return found


def _forget_pair(overlay: Overlay, name: str, *, has_pair: bool) -> None:
    """What a server said to the host's own pair it has not said to another."""
    for answer in (f"{name}-http", f"{name}-http:err"):
        overlay.drop(answer)
    if has_pair:
        overlay.drop(name)
    else:
        overlay.put(name, b"pair -\n")


# --- the system's roots --------------------------------------------------------------------------------------------


def _put_roots(overlay: Overlay, today: Facts, applied: Applied, folder: str) -> None:
    """The bundle with the certificates added; where there is none, nothing adds to it.

    ``update-ca-trust`` (p11-kit's ``ca-anchors``) takes what is a CA alone, ``update-ca-certificates`` whatever is put
    before it.
    """
    bundle = bundle_of(today.snapshot)
    added = unpacked(applied.sections[ROOTS].data).get(b"")
    if not bundle.is_known or not bundle.value:
        return
    if folder == LOCAL_ROOTS[1].rstrip("/"):
        added = b"".join(one for one in _blocks(added) if all(found.is_ca for found in certificates_of(one)))
    overlay.put(ROOTS, bundle.value.rstrip(b"\n") + b"\n" + added)


def _blocks(text: bytes) -> list[bytes]:
    return [b"-----BEGIN" + part for part in text.split(b"-----BEGIN")[1:]]
