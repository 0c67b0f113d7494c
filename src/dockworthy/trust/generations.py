"""Which rules an engine of a given version follows: its loader, its Go, its cipher suites, its list of loopbacks.

Source: moby's tags (``Dockerfile``: GO_VERSION; ``registry/config.go``; ``daemon/hosts.go``; the vendored
``go-connections/tlsconfig`` and ``containerd``), each figure read there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from dockworthy.trust.rules import GoRules, rules_for

__all__ = ["Generation", "Loader", "Store", "generation", "parse_version", "store_after_upgrade"]

Version = tuple[int, ...]


class Store(Enum):
    """Where an engine keeps its images: ``docker info`` says so in ``DriverStatus``."""

    GRAPH = "graph"
    CONTAINERD = "containerd"


class Loader(Enum):
    """Who reads certs.d."""

    CLASSIC = "classic"  # registry.newTLSConfig
    BUILDKIT = "buildkit"  # buildkit's util/resolver: containerd's image store up to 27, and docker build
    CONTAINERD = "containerd"  # containerd's remotes/docker/config: containerd's image store since 28
    CTR = "ctr"  # the same loader without the engine around it
    PODMAN = "podman"  # containers/image


# TLS 1.2 suites by their IANA numbers.
_ECDHE_GCM: Final = frozenset({0xC02B, 0xC02C, 0xC02F, 0xC030})
_ECDHE_CBC: Final = frozenset({0xC009, 0xC00A, 0xC013, 0xC014})
_ECDHE_CHACHA: Final = frozenset({0xCCA8, 0xCCA9})
_RSA: Final = frozenset({0x009C, 0x009D, 0x002F, 0x0035})  # static key exchange: Go's default up to 1.21 by GODEBUG
_3DES: Final = frozenset({0xC012, 0x000A})

_GO_DROPS_RSA: Final = (1, 22)
_GO_DROPS_3DES: Final = (1, 23)

_GO_OF: Final[tuple[tuple[Version, Version], ...]] = (
    ((29, 4), (1, 26)),
    ((29, 0), (1, 25)),
    ((28, 2), (1, 24)),
    ((28, 0), (1, 23)),
    ((27, 3), (1, 22)),
    ((25, 0), (1, 21)),
    ((24, 0), (1, 20)),
    ((23, 0), (1, 19)),
    ((20, 10, 18), (1, 18)),
    ((20, 10, 13), (1, 17)),
    ((20, 10, 8), (1, 16)),
    ((0,), (1, 13)),
)
_CONTAINERD_OF: Final[tuple[tuple[Version, Version], ...]] = (
    ((29, 7), (2, 3, 3)),
    ((29, 1), (2, 2, 0)),
    ((28, 3), (2, 1, 3)),
    ((0,), (2, 0, 2)),
)


@dataclass(frozen=True, slots=True)
class Generation:
    """The rules of one engine.

    Attributes:
        version: of the engine (or of containerd or podman, for their own loaders).
        loader: who reads certs.d.
        go: the Go that it is built with.
        containerd: the version of containerd's loader, where that is the loader.
    """

    version: Version
    loader: Loader
    go: Version
    containerd: Version = (2, 0, 2)

    @property
    def loopback_v6(self) -> bool:
        """Whether ``::1`` is always insecure."""
        return self.version >= (28,)

    @property
    def loader_version(self) -> Version:
        """The version of containerd's client: buildkit's loader came with 1.x."""
        return (1, 7) if self.loader is Loader.BUILDKIT else self.containerd

    @property
    def mirror_scheme_first(self) -> bool:
        """Whether a mirror without a scheme is refused for that before anything else."""
        return self.version >= (28, 3)

    @property
    def ipv6_references(self) -> bool:
        """Whether a reference may name a registry by an address in brackets."""
        return self.version >= (25,)

    @property
    def upper_case_domains(self) -> bool:
        """Whether a first part with capital letters is a host although it has neither dot nor port."""
        return self.version >= (25,)

    @property
    def opens_folders_only(self) -> bool:
        """Whether Go lists folders with ``O_DIRECTORY``."""
        return self.go >= (1, 23)

    @property
    def names_the_verification(self) -> bool:
        """Whether a refusal begins ``tls: failed to verify certificate``."""
        return self.go >= (1, 20)

    @property
    def token_follows_registry(self) -> bool:
        """Whether the token service is asked with the registry's certificates, wherever it is."""
        return self.loader not in {Loader.BUILDKIT, Loader.CONTAINERD} or (
            self.loader is Loader.CONTAINERD and self.version >= (29, 5)
        )

    @property
    def suites(self) -> frozenset[int]:
        """The TLS 1.2 suites that the client offers."""
        if self.loader is Loader.CLASSIC:
            if self.version >= (29, 5):
                return _ECDHE_GCM | _ECDHE_CHACHA
            return _ECDHE_GCM if self.version >= (29,) else _ECDHE_GCM | _ECDHE_CBC
        if self.loader is Loader.PODMAN:
            return _ECDHE_GCM if self.version >= (5, 7) else _ECDHE_GCM | _ECDHE_CBC
        suites = _ECDHE_GCM | _ECDHE_CBC | _ECDHE_CHACHA
        if self.go < _GO_DROPS_RSA or self.keeps_old_defaults:
            suites |= _RSA
        if self.go < _GO_DROPS_3DES or self.keeps_old_defaults:
            suites |= _3DES
        return suites

    @property
    def rules(self) -> GoRules:
        """What its ``crypto/x509`` is strict about."""
        return rules_for(self.go, old_defaults=self.keeps_old_defaults)

    @property
    def keeps_old_defaults(self) -> bool:
        """Whether Go's GODEBUG defaults are those of 1.20 or before: moby was no Go module up to 28."""
        return self.version < (29,) if self.loader not in {Loader.CTR, Loader.PODMAN} else self.version < (2,)


def parse_version(text: str) -> Version:
    """The numbers of a version: ``26.1.5+dfsg1`` is (26, 1, 5); a ValueError for a text without any at its front."""
    match = re.match(r"(?:docker-)?v?(\d{1,6}(?:\.\d{1,6}){0,3})", text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a version: it should look like 26.1.5")
    return tuple(int(number) for number in match[1].split("."))


def _since(table: tuple[tuple[Version, Version], ...], version: Version) -> Version:
    return next(value for first, value in table if version >= first)


def generation(
    version: str | Version, store: Store = Store.GRAPH, *, building: bool = False, go: Version | None = None
) -> Generation:
    """The rules of an engine.

    Args:
        version: the engine's.
        store: where it keeps images.
        building: judge ``docker build`` rather than ``docker pull``.
        go: the Go that ``docker version`` names, where it is known: distributions build with their own.
    """
    numbers = parse_version(version) if isinstance(version, str) else version
    loader = Loader.CLASSIC
    if store is Store.CONTAINERD or building:
        loader = Loader.CONTAINERD if numbers >= (28,) else Loader.BUILDKIT
    return Generation(numbers, loader, go or _since(_GO_OF, numbers), _since(_CONTAINERD_OF, numbers))


def store_after_upgrade(now: Store, version: str | Version, *, configured: bool | None = None) -> Store:
    """Where the same host keeps its images under another version.

    An engine that has images in a graph driver stays with it (``graphdriver-prior``); 29 and later use containerd
    on a fresh host only.

    Args:
        now: the store in use.
        version: the version asked about.
        configured: ``features.containerd-snapshotter``, where daemon.json has it.
    """
    numbers = parse_version(version) if isinstance(version, str) else version
    if configured is not None and numbers >= (24,):
        return Store.CONTAINERD if configured else Store.GRAPH
    if numbers < (29,) and configured is None:
        return Store.GRAPH
    return now
