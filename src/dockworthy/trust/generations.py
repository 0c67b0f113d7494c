"""Which rules an engine of a given version follows: its loader, its Go, its cipher suites, its list of loopbacks.

Which release brought what stands in ``releases.csv``; what its Go is strict about, in ``go.csv``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from enum import Enum
from functools import lru_cache
from typing import Final

from dockworthy.data import table
from dockworthy.dataclass import dataclass
from dockworthy.releases import Release, known
from dockworthy.trust.rules import NEWEST_GO, OLDEST_GO, GoRules, rules_for
from dockworthy.trust.spans import Version, holds, numbers

__all__ = ["Generation", "Loader", "Store", "generation", "parse_version", "store_after_upgrade", "tool"]


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
_SUITES: Final = {
    "gcm": frozenset({0xC02B, 0xC02C, 0xC02F, 0xC030}),
    "cbc": frozenset({0xC009, 0xC00A, 0xC013, 0xC014}),
    "chacha": frozenset({0xCCA8, 0xCCA9}),
    "rsa": frozenset({0x009C, 0x009D, 0x002F, 0x0035}),  # static key exchange
    "3des": frozenset({0xC012, 0x000A}),
}
_ROWS: Final = table("dockworthy.trust", "releases.csv")
_PROGRAMS: Final = {Loader.CTR: "containerd", Loader.PODMAN: "podman"}
_STORES: Final = {Loader.CLASSIC: "graph", Loader.BUILDKIT: "containerd", Loader.CONTAINERD: "containerd"}


@lru_cache(maxsize=256)
def _values(program: str, store: str, version: Version) -> dict[str, str]:
    """What the table says of a release: value by name."""
    return {
        row["name"]: row["value"]
        for row in _ROWS
        if row["program"] == program and row["store"] in {"", store} and holds(version, row["since"], row["until"])
    }


def _go_of(release: Release, *, is_upstreams: bool) -> Version:
    """The Go of a release's build: upstream's, or that of a distribution's build that is known; else empty."""
    row = next(iter(known().rules(release).of_kind("go")), None)
    return numbers(row.text) if row is not None and (row.build or is_upstreams) else ()


def _dotted(version: Version) -> str:
    return ".".join(map(str, version))


@dataclass(frozen=True, slots=True)
class Generation:
    """The rules of one engine.

    Attributes:
        version: of the engine (or of containerd or podman, for their own loaders).
        loader: who reads certs.d.
        go: the Go that it is built with; empty where that is not known.
    """

    version: Version
    loader: Loader
    go: Version

    @property
    def possible(self) -> tuple[Generation, ...]:
        """Itself; where its Go is not known, one of each line from upstream's on, in its first and its last release."""
        if self.go:
            return (self,)
        oldest = max(_go_of(Release((*self.version, 0, 0)[:3]), is_upstreams=True)[:2], OLDEST_GO)[1]
        lines = range(oldest, NEWEST_GO[1] + 1)
        return tuple(replace(self, go=go) for line in lines for go in ((NEWEST_GO[0], line, 0), (NEWEST_GO[0], line)))

    @property
    def _table(self) -> dict[str, str]:
        return _values(_PROGRAMS.get(self.loader, "engine"), _STORES.get(self.loader, ""), self.version)

    @property
    def unknown(self) -> str:
        """Why nothing can be said by these rules, in a sentence; empty where it can."""
        doubt = "" if self.loader in _PROGRAMS else known().doubt(Release((*self.version, 0, 0)[:3]))
        if doubt:
            return doubt
        if self.loader is Loader.CTR and "known" not in self._table:
            return f"how containerd {_dotted(self.version)} judges a registry is not known"
        if self.go and not OLDEST_GO <= self.go[:2] <= NEWEST_GO:
            span = f"{_dotted(OLDEST_GO)} to {_dotted(NEWEST_GO)} are"
            return f"how a program of Go {_dotted(self.go)} judges a registry is not known: {span}"
        return ""

    @property
    def containerd(self) -> Version:
        """The version of containerd's loader, where that is the loader."""
        return self.version if self.loader is Loader.CTR else numbers(self._table.get("containerd", "2.0.2"))

    @property
    def loopback_v6(self) -> bool:
        """Whether ``::1`` is always insecure."""
        return "loopback-v6" in self._table

    @property
    def loader_version(self) -> Version:
        """The version of containerd's client: buildkit's loader came with 1.x."""
        return (1, 7) if self.loader is Loader.BUILDKIT else self.containerd

    @property
    def mirror_scheme_first(self) -> bool:
        """Whether a mirror without a scheme is refused for that before anything else."""
        return "mirror-scheme-first" in self._table

    @property
    def domains_and_addresses(self) -> bool:
        """Whether a reference may name a registry by an address in brackets, or by a lone name in capital letters."""
        return "domains-and-addresses" in self._table

    @property
    def new_words(self) -> bool:
        """Whether a missing half of a client's pair is told in the words of Engine 23 and later."""
        return "new-words" in self._table

    @property
    def token_follows_registry(self) -> bool:
        """Whether the token service is asked with the registry's certificates, wherever it is."""
        return "token-follows-registry" in self._table

    @property
    def suites(self) -> frozenset[int]:
        """The TLS 1.2 suites that the client offers: its own list, or Go's."""
        rules = self.rules
        of_go = f"gcm cbc chacha {'' if rules.drops_rsa else 'rsa'} {'' if rules.drops_3des else '3des'}"
        return frozenset().union(*(_SUITES[kind] for kind in self._table.get("suites", of_go).split()))

    @property
    def rules(self) -> GoRules:
        """What its Go is strict about."""
        defaults = self._table.get("defaults")
        return rules_for(self.go or NEWEST_GO, defaults=numbers(defaults) if defaults else None)


def parse_version(text: str) -> Version:
    """The numbers of a version: ``26.1.5+dfsg1`` is (26, 1, 5); a ValueError for a text without any at its front."""
    match = re.match(r"(?:docker-)?(?:go|v)?(\d{1,6}(?:\.\d{1,6}){0,3})", text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a version: it should look like 26.1.5")
    return tuple(int(number) for number in match[1].split("."))


def generation(
    version: str | Version,
    store: Store = Store.GRAPH,
    *,
    building: bool = False,
    go: Version | None = None,
    build: str = "",
    is_upstreams: bool = True,
) -> Generation:
    """The rules of an engine.

    Args:
        version: the engine's.
        store: where it keeps images.
        building: judge ``docker build`` rather than ``docker pull``.
        go: the Go that ``docker version`` names, where it is known: distributions build with their own.
        is_upstreams: whether it is upstream's own build, so that upstream's Go is its Go where no other is named.
        build: the whole text of the version, which tells a distribution's build; ``version`` itself where it is a text.
    """
    release = parse_version(version) if isinstance(version, str) else version
    text = version if isinstance(version, str) else build
    said = _values("engine", (Store.CONTAINERD if building else store).value, release)
    its_go = _go_of(Release((*release, 0, 0)[:3], text=text), is_upstreams=is_upstreams)
    return Generation(release, Loader(said["loader"]), go or its_go)


def tool(loader: Loader, version: str | Version, go: Version) -> Generation:
    """The rules of podman or of containerd's own ``ctr``."""
    return Generation(parse_version(version) if isinstance(version, str) else version, loader, go)


def store_after_upgrade(now: Store, version: str | Version, *, configured: bool | None = None) -> Store:
    """Where the same host keeps its images under another version.

    An engine that has images in a graph driver stays with it (``graphdriver-prior``); 29 and later use containerd
    on a fresh host only.

    Args:
        now: the store in use.
        version: the version asked about.
        configured: ``features.containerd-snapshotter``, where daemon.json has it.
    """
    release = parse_version(version) if isinstance(version, str) else version
    said = _values("engine", "", release)
    if configured is not None and "store-by-feature" in said:
        return Store.CONTAINERD if configured else Store.GRAPH
    return now if "store-by-default" in said else Store.GRAPH
