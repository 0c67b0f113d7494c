"""A question to an engine: this image, on this host, at this moment. Everything that decides is in it."""

from __future__ import annotations

from dataclasses import field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.hosttree.tree import Tree
from dockworthy.trust.loaders.insecure import RegistrySettings
from dockworthy.trust.wire.dial import Network
from dockworthy.trust.x509.pool import CertPool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from dockworthy.trust.generations import Generation
    from dockworthy.trust.loaders.podman import Registry
    from dockworthy.trust.rules import GoRules
    from dockworthy.trust.wire.server import ServerAnswer

__all__ = ["SYSTEM_ROOTS", "TrustCase"]

SYSTEM_ROOTS: Final = "the system's roots"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustCase:
    """A question to an engine.

    Attributes:
        reference: the image, as it would be given to ``docker pull``.
        generation: whose rules apply.
        tree: the host's files.
        system_roots: the system's bundle as it was when the engine started, PEM.
        now: the host's clock.
        answers: what answers, by ``host[:port]`` as the engine names it; ``*`` for every one that is not named.
        addresses: what each host resolves to; empty for one that does not resolve.
        settings: insecure-registries and mirrors in force.
        certs_dir: the engine's folder of registries.
        bundle_now: the system's bundle as it is on disk now, where it is not what the engine read.
        home: the home of the user who runs podman.
        registries: podman's registries.conf.
        seen_from: where the server was asked from, if not from the host itself.
        rootless: whether the engine runs under RootlessKit.
        credentials: whether credentials for the registry are sent along (after ``docker login``).
        proxy: the proxy that the engine's requests to this registry go through; empty for none.
    """

    reference: str
    generation: Generation
    now: datetime
    tree: Tree = field(default_factory=Tree)
    system_roots: bytes = b""
    answers: Mapping[str, ServerAnswer] = field(default_factory=dict)
    addresses: Mapping[str, Sequence[str]] = field(default_factory=dict)
    settings: RegistrySettings = field(default_factory=RegistrySettings)
    certs_dir: str = "/etc/docker/certs.d"
    bundle_now: bytes | None = None
    home: str = ""
    registries: tuple[Registry, ...] = ()
    seen_from: str = ""
    rootless: bool = False
    credentials: bool = False
    proxy: str = ""

    def pool(self) -> CertPool:
        """The system's roots in force."""
        return system_pool(self.system_roots, self.generation.rules)

    @property
    def network(self) -> Network:
        """What the host's requests meet."""
        return Network(self.now, self.answers, self.addresses, self.generation.rules.names_the_verification)


@lru_cache(maxsize=16)
def system_pool(pem: bytes, rules: GoRules) -> CertPool:
    """The pool of a bundle; the same bundle is read once."""
    pool = CertPool(rules=rules)
    pool.append_pem(pem, SYSTEM_ROOTS)
    return pool
