"""The classic loader: certs.d as the engine reads it for its graph drivers, and for ``docker login`` always.

Entries are taken in the order of their names, and the first fault ends the pull. A ``.crt`` that yields no
certificate is no fault: nobody looks at what ``AppendCertsFromPEM`` answers. podman's, buildah's and skopeo's loader
was made of this one; it passes over a folder that may not be listed and an authority that is not there.

Source: moby ``registry/registry.go`` (newTLSConfig, ReadCertsDirectory; since 28 loadTLSConfig); containers/image
``pkg/tlsclientconfig`` (SetupCertificates).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.trust.generations import Loader
from dockworthy.trust.wire.client import (
    ClientTLS,
    LoadedFile,
    Refusal,
    Refused,
    list_folder,
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
    """Read a registry's folder, by the path that the program makes of the reference.

    Raises Refused with the program's words; NotDecided where something that decides was not seen.
    """
    pool, files, pairs = CertPool(system, generation.rules), [], []
    entries = list_folder(tree, directory, generation, passes_denied=_is_podman(generation))
    names = {name for name, _ in entries}
    for name, _ in entries:
        path = f"{directory}/{name}"
        use = "pair"
        if name.endswith(".crt"):
            use = _authority(tree, path, pool, generation)
        elif name.endswith(".cert"):
            pairs.append(_pair(tree, directory, name, names, generation))
        elif name.endswith(".key"):
            _check_key(directory, name, names, generation)
        else:
            use = "ignored"
        files.append(LoadedFile(path, use))
    return ClientTLS(pool, generation.rules, generation.suites, tuple(pairs), files=tuple(files), directory=directory)


def _is_podman(generation: Generation) -> bool:
    return generation.loader is Loader.PODMAN


def _authority(tree: Tree, path: str, pool: CertPool, generation: Generation) -> str:
    try:
        return "ca" if load_authorities(tree, path, pool) else "empty"
    except Refused as refused:
        if _is_podman(generation) and refused.refusal.cls == "file-missing":
            return "ignored"  # taken for a file that went away while the folder was read
        raise


def _pair(tree: Tree, directory: str, name: str, names: set[str], generation: Generation) -> KeyPair:
    key = name.removesuffix(".cert") + ".key"
    if key not in names:
        advice = "CA certificates must use the extension .crt"
        if _is_podman(generation) or not generation.new_words:
            advice = "Note that CA certificates should use the extension .crt"
        message = f"missing key {key} for client certificate {name}. {advice}"
        raise Refused(Refusal("missing-key", message, "pair", f"{directory}/{name}"))
    return load_pair(tree, f"{directory}/{name}", f"{directory}/{key}", generation.rules)


def _check_key(directory: str, name: str, names: set[str], generation: Generation) -> None:
    certificate = name.removesuffix(".key") + ".cert"
    if certificate not in names:
        missing = "missing" if generation.new_words else "Missing"
        message = f"{missing} client certificate {certificate} for key {name}"
        raise Refused(Refusal("missing-cert", message, "pair", f"{directory}/{name}"))
