"""What belongs together in a profile's ``harbors``: a name and its password, one Harbor and its peer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.errors import UsageError
from dockworthy.profile.tree import fail
from dockworthy.typed import shown_word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.profile.demands.harbor import Harbor
    from dockworthy.profile.origin import Origin

__all__ = ["check_harbors"]

_HIGHEST_PORT = 65_535


def check_harbors(harbors: Mapping[str, Harbor], origins: Mapping[str, Origin]) -> None:
    """Look at all layers together; `UsageError` with file and line for the first that does not fit.

    Args:
        harbors: by name.
        origins: which layer set what, by its path.
    """
    for name, harbor in harbors.items():
        for key, sentence in _problems(name, harbor, harbors):
            _fail(name, key, sentence, origins)


def _problems(name: str, harbor: Harbor, harbors: Mapping[str, Harbor]) -> list[tuple[str, str]]:
    """What is wrong with it: the key, and what to do."""
    ways = [key for key in ("password_env", "password_file") if getattr(harbor, key)]
    found = []
    if len(ways) > 1:
        found.append((ways[1], "stands beside password_env; keep one of them"))
    if ways and not harbor.username:
        found.append((ways[0], "stands without `username`; name who logs in"))
    if harbor.username and not ways:
        found.append(("username", "stands without a password; name where it is, with password_env or password_file"))
    if not _port_fits(harbor.url.rstrip("/").removeprefix("https://")):
        found.append(("url", f"has a port above {_HIGHEST_PORT}; correct it"))
    for node, part in harbor.nodes.items():
        if part.address and not _port_fits(part.address):
            found.append((f"nodes.{_quoted(node)}.address", f"has a port above {_HIGHEST_PORT}; correct it"))
    return found + _pairing(name, harbor, harbors)


def _pairing(name: str, harbor: Harbor, harbors: Mapping[str, Harbor]) -> list[tuple[str, str]]:
    """What is wrong with how it replicates."""
    if harbor.mode == "shared":
        return [("peer", "is of Harbors that replicate; write `mode: replication` beside it")] if harbor.peer else []
    if harbor.peer is None:
        return [("mode", "is replication, and no `peer` is named; name the Harbor that it replicates with")]
    other = harbors.get(harbor.peer)
    if other is None or harbor.peer == name:
        return [("peer", "is none of the other entries of `harbors`; name one of them")]
    if other.mode != "replication" or other.peer != name:
        return [("peer", f"is an entry that does not say `mode: replication` and `peer: {name}` in turn; write it so")]
    return []


def _port_fits(address: str) -> bool:
    port = address.rpartition("]")[2].rpartition(":")[2]
    return not port.isdecimal() or int(port) <= _HIGHEST_PORT


def _quoted(name: str) -> str:
    return f'"{name}"' if "." in name else name


def _fail(name: str, key: str, sentence: str, origins: Mapping[str, Origin]) -> None:
    """Tell it with the place where the key stands."""
    path = f"harbors.{_quoted(name)}.{key}"
    shown = ".".join(("params.harbors", shown_word(name), key))
    if path in origins and origins[path].file:
        fail(origins[path].file, origins[path].line, f"{shown} {sentence}.")
    raise UsageError(f"{shown} {sentence}.")
