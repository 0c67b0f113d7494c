"""podman's, buildah's and skopeo's rules: which folder, and what registries.conf says of a registry.

Source: containers/image ``docker/docker_client.go`` (dockerCertDir, newDockerClient, detectPropertiesHelper),
``pkg/sysregistriesv2``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from dockworthy import toml
from dockworthy.dataclass import dataclass
from dockworthy.hosttree.faults import PathError
from dockworthy.trust.wire.client import fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dockworthy.hosttree.tree import Tree
    from dockworthy.trust.reference import Reference

__all__ = ["Registry", "Source", "find_directory", "read_registries", "registry_of", "sources"]

_ROOTS: Final = ("/etc/containers/certs.d", "/etc/docker/certs.d")
_HOME_ROOT: Final = ".config/containers/certs.d"


def find_directory(tree: Tree, home: str, authority: str) -> str:
    """The first folder that exists for a registry; the last one tried where none does. No home is an empty one.

    Raises Refused where one cannot be looked at for a reason other than absence and permission.
    """
    path = ""
    for root in ((f"{home.rstrip('/')}/{_HOME_ROOT}",) if home else ()) + _ROOTS:
        path = f"{root}/{authority}"
        try:
            tree.stat(path)
        except PathError as error:
            if error.absent or error.denied:
                continue
            raise fault(PathError("faccessat", path, error.why), "directory") from None
        return path
    return path


# -- registries.conf --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mirror:
    """A place that is asked before the registry itself."""

    location: str
    insecure: bool = False
    pull: str = "all"  # all, digest-only, tag-only


@dataclass(frozen=True, slots=True)
class Registry:
    """A ``[[registry]]`` table.

    Attributes:
        prefix: which references it is about.
        location: where they lie.
        insecure: whether certificates are not verified and plain HTTP is tried.
        blocked: whether nothing is pulled.
        mirrors: asked before the location, in order.
        source: the file that it stands in.
    """

    prefix: str
    location: str
    insecure: bool = False
    blocked: bool = False
    mirrors: tuple[Mirror, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A place to pull from."""

    authority: str
    path: str
    insecure: bool


def read_registries(files: Iterable[tuple[str, bytes]]) -> tuple[Registry, ...]:
    """The registries of registries.conf and its drop-ins; a later file replaces an earlier one's prefix.

    Files are path and content, in the order in which they are read; ValueError for one that podman does not start with.
    """
    found: dict[str, Registry] = {}
    for path, content in files:
        for registry in reversed(_read(path, content)):
            found[registry.prefix] = registry  # within a file the first of a prefix wins
    return tuple(found.values())


def _read(path: str, content: bytes) -> list[Registry]:
    try:
        return [_registry(table, path) for table in toml.loads(content.decode()).get("registry", [])]
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"loading registries configuration {path}: {error}") from None


def _location(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a location is a text")
    if value.startswith(("http://", "https://")):
        raise ValueError(f"invalid location '{value}': URI schemes are not supported")
    return value.rstrip("/")


def _registry(table: Mapping[str, Any], path: str) -> Registry:
    location = _location(table.get("location", ""))
    prefix = _location(table.get("prefix", "")) or location
    if not prefix:
        raise ValueError("invalid condition: both location and prefix are unset")
    mirrors = tuple(
        Mirror(
            _location(mirror.get("location", "")),
            insecure=mirror.get("insecure", False) is True,
            pull="digest-only" if table.get("mirror-by-digest-only") else mirror.get("pull-from-mirror", "all"),
        )
        for mirror in table.get("mirror", [])
    )
    return Registry(
        prefix,
        location,
        insecure=table.get("insecure", False) is True,
        blocked=table.get("blocked", False) is True,
        mirrors=mirrors,
        source=path,
    )


def _matches(name: str, prefix: str) -> bool:
    if prefix.startswith("*."):
        index = name.find(prefix[1:])
        if index < 0 or "/" in name[:index]:
            return False
        rest = name[index + len(prefix) - 1 :]
    elif name.startswith(prefix):
        rest = name[len(prefix) :]
    else:
        return False
    return not rest or rest[0] in ":/@"


def registry_of(name: str, registries: Sequence[Registry]) -> Registry | None:
    """The table for a repository or registry: the longest prefix that matches."""
    found = [registry for registry in registries if _matches(name, registry.prefix)]
    return max(found, key=lambda registry: len(registry.prefix), default=None)


def sources(reference: Reference, registries: Sequence[Registry]) -> tuple[Source, ...]:
    """Where an image is asked for, in order: the mirrors, then the registry itself."""
    name = f"{reference.domain}/{reference.path}"
    registry = registry_of(name, registries)
    if registry is None:
        return (Source(reference.domain, reference.path, insecure=False),)
    kind = "digest-only" if reference.digest else "tag-only"
    places = [(mirror.location, mirror.insecure) for mirror in registry.mirrors if mirror.pull in {"all", kind}]
    places.append((registry.location, registry.insecure))
    return tuple(_rewritten(name, registry.prefix, location, insecure) for location, insecure in places)


def _rewritten(name: str, prefix: str, location: str, insecure: bool) -> Source:
    if not location:
        whole = name
    elif prefix.startswith("*."):
        whole = location + name[name.index(prefix[1:]) + len(prefix) - 1 :]
    else:
        whole = location + name[len(prefix) :]
    authority, _, path = whole.partition("/")
    return Source(authority, path, insecure)
