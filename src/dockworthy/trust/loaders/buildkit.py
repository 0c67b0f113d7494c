"""BuildKit's loader: what containerd's image store up to Engine 27 reads, and ``docker build`` up to 27.

Source: buildkit ``util/resolver/resolver.go`` (loadTLSConfig, fillInsecureOpts, NewRegistryConfig), moby
``daemon/daemon.go`` (RegistryHosts).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dockworthy.golang.ip import parse_ip
from dockworthy.golang.url import URLError, split_host_port
from dockworthy.trust.wire.client import (
    TLS_1_0,
    TLS_1_2,
    ClientTLS,
    LoadedFile,
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

__all__ = ["default_client", "is_local", "load"]


def default_client(system: CertPool, generation: Generation) -> ClientTLS:
    """Go's own defaults and the system's roots."""
    minimum = TLS_1_2 if generation.rules.least_tls_1_2 else TLS_1_0
    return ClientTLS(system, generation.rules, generation.suites, min_version=minimum)


def load(tree: Tree, directory: str, system: CertPool, generation: Generation) -> ClientTLS:
    """Read a registry's folder; a folder that may not be listed counts as absent.

    Raises Refused with BuildKit's words; NotDecided where something that decides was not seen.
    """
    entries = list_folder(tree, directory, generation, passes_denied=True)
    paths = [f"{directory}/{name}" for name, _ in entries]
    authorities = [path for path in paths if path.endswith(".crt")]
    pool = CertPool(system, generation.rules) if authorities else system
    files = [
        LoadedFile(path, "pair" if path.endswith((".cert", ".key")) else "ignored")
        for path in paths
        if not path.endswith(".crt")
    ]
    for path in authorities:
        try:
            found = load_authorities(tree, path, pool)
        except Refused as refused:
            raise refused.within(f"failed to read {path}: ") from None
        files.append(LoadedFile(path, "ca" if found else "empty"))
    pairs = tuple(_pair(tree, path, generation) for path in paths if path.endswith(".cert"))
    client = default_client(system, generation)
    return replace(client, roots=pool, pairs=pairs, files=tuple(files), directory=directory)


def _pair(tree: Tree, certificate: str, generation: Generation) -> KeyPair:
    try:
        return load_pair(tree, certificate, certificate.removesuffix(".cert") + ".key", generation.rules)
    except Refused as refused:
        raise refused.within(f"failed to load keypair for {certificate}: ") from None


def is_local(authority: str) -> bool:
    """``docker.MatchLocalhost``: a host that is reached by plain HTTP unless it is known to be insecure."""
    if authority in {"::1", "[::1]"}:
        return True
    try:
        host, _ = split_host_port(authority)
    except URLError as error:
        if not str(error).endswith("missing port in address"):
            return False
        host = authority
    if authority.endswith(":"):
        return False
    return is_loopback(host)


def is_loopback(host: str) -> bool:
    """``localhost``, or a literal address of the loopback."""
    octets = parse_ip("127.0.0.1" if host == "localhost" else host)
    if octets is None:
        return False
    return octets.removeprefix(bytes(10) + b"\xff\xff")[0] == 127 or octets == bytes(15) + b"\x01"  # noqa: PLR2004 - 127/8
