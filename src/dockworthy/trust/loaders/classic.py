"""The classic loader: certs.d as the engine reads it for its graph drivers, and for ``docker login`` always.

Entries are taken in the order of their names, and the first fault ends the pull. A ``.crt`` that yields no
certificate is no fault: nobody looks at what ``AppendCertsFromPEM`` answers.

Source: moby ``registry/registry.go`` (newTLSConfig, ReadCertsDirectory; since 28 loadTLSConfig).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.hosttree.faults import PathError
from dockworthy.trust.wire.client import (
    ClientTLS,
    LoadedFile,
    Refusal,
    Refused,
    fault,
    load_authorities,
    load_pair,
)
from dockworthy.trust.x509.pool import CertPool

if TYPE_CHECKING:
    from dockworthy.hosttree.tree import Tree
    from dockworthy.trust.generations import Generation
    from dockworthy.trust.x509.keypair import KeyPair

__all__ = ["load"]


def load(tree: Tree, directory: str, system: CertPool, generation: Generation) -> ClientTLS:
    """Read a registry's folder.

    Args:
        tree: the host's files.
        directory: the folder, by the path that the engine makes of the reference.
        system: the system's roots, which the result starts from.
        generation: the engine.

    Raises:
        Refused: with the engine's words.
        NotDecided: where something that decides was not seen.
    """
    pool, files, pairs = CertPool(system, generation.rules), [], []
    try:
        entries = tree.read_dir(directory, o_directory=generation.opens_folders_only)
    except PathError as error:
        if not error.absent:
            raise fault(error, "directory") from None
        entries = []
    names = {name for name, _ in entries}
    for name, _ in entries:
        path = f"{directory}/{name}"
        if name.endswith(".crt"):
            found = load_authorities(tree, path, pool)
            files.append(LoadedFile(path, "ca" if found else "empty"))
        elif name.endswith(".cert"):
            pairs.append(_pair(tree, directory, name, names, generation))
            files.append(LoadedFile(path, "pair"))
        elif name.endswith(".key"):
            _check_key(directory, name, names, generation)
            files.append(LoadedFile(path, "pair"))
        else:
            files.append(LoadedFile(path, "ignored"))
    return ClientTLS(pool, generation.rules, generation.suites, tuple(pairs), files=tuple(files), directory=directory)


def _pair(tree: Tree, directory: str, name: str, names: set[str], generation: Generation) -> KeyPair:
    key = name.removesuffix(".cert") + ".key"
    if key not in names:
        advice = "CA certificates must use the extension .crt"
        if generation.version < (23,):
            advice = "Note that CA certificates should use the extension .crt"
        message = f"missing key {key} for client certificate {name}. {advice}"
        raise Refused(Refusal("missing-key", message, "pair", f"{directory}/{name}"))
    return load_pair(tree, f"{directory}/{name}", f"{directory}/{key}", generation.rules)


def _check_key(directory: str, name: str, names: set[str], generation: Generation) -> None:
    certificate = name.removesuffix(".key") + ".cert"
    if certificate not in names:
        missing = "Missing" if generation.version < (23,) else "missing"
        message = f"{missing} client certificate {certificate} for key {name}"
        raise Refused(Refusal("missing-cert", message, "pair", f"{directory}/{name}"))
