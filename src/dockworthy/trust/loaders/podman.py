"""podman's, buildah's and skopeo's rules: which folder, what in it, and what registries.conf says of a registry.

Source: containers/image ``docker/docker_client.go`` (dockerCertDir, newDockerClient, detectPropertiesHelper),
``pkg/tlsclientconfig`` (SetupCertificates), ``pkg/sysregistriesv2``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from dockworthy import toml
from dockworthy.hosttree.faults import PathError
from dockworthy.trust.wire.client import ClientTLS, LoadedFile, Refusal, Refused, fault, load_authorities, load_pair
from dockworthy.trust.x509.pool import CertPool

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dockworthy.hosttree.tree import Tree
    from dockworthy.trust.generations import Generation
    from dockworthy.trust.reference import Reference
    from dockworthy.trust.x509.keypair import KeyPair

__all__ = ["Registry", "Source", "find_directory", "load", "read_registries", "registry_of", "sources"]

_ROOTS: Final = ("/etc/containers/certs.d", "/etc/docker/certs.d")
_HOME_ROOT: Final = ".config/containers/certs.d"


def find_directory(tree: Tree, home: str, authority: str) -> str:
    """The first folder that exists for a registry; the last one tried where none does.

    Args:
        tree: the host's files.
        home: the user's home; empty for none.
        authority: ``host[:port]`` as in the reference.

    Raises:
        Refused: where one cannot be looked at for a reason other than absence and permission.
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


def load(tree: Tree, directory: str, system: CertPool, generation: Generation) -> ClientTLS:
    """Read a registry's folder: as the engine's classic loader, but one that may not be listed is skipped.

    Raises:
        Refused: with podman's words.
        NotDecided: where something that decides was not seen.
    """
    client = ClientTLS(system, generation.rules, generation.suites, directory=directory)
    try:
        entries = tree.read_dir(directory, o_directory=generation.opens_folders_only)
    except PathError as error:
        if error.absent or error.denied:
            return client
        raise fault(error, "directory") from None
    names = {name for name, _ in entries}
    pool, files, pairs = CertPool(system, generation.rules), [], []
    for name, _ in entries:
        path = f"{directory}/{name}"
        use = "pair"
        if name.endswith(".crt"):
            use = _authority(tree, path, pool)
        elif name.endswith(".cert"):
            pairs.append(_pair(tree, directory, name, names, generation))
        elif name.endswith(".key"):
            _check_key(directory, name, names)
        else:
            use = "ignored"
        files.append(LoadedFile(path, use))
    return replace(client, roots=pool, pairs=tuple(pairs), files=tuple(files))


def _authority(tree: Tree, path: str, pool: CertPool) -> str:
    try:
        return "ca" if load_authorities(tree, path, pool) else "empty"
    except Refused as refused:
        if refused.refusal.cls == "file-missing":
            return "ignored"  # taken for a file that went away while the folder was read
        raise


def _pair(tree: Tree, directory: str, name: str, names: set[str], generation: Generation) -> KeyPair:
    key = name.removesuffix(".cert") + ".key"
    if key not in names:
        message = (
            f"missing key {key} for client certificate {name}. Note that CA certificates should use the extension .crt"
        )
        raise Refused(Refusal("missing-key", message, "pair", f"{directory}/{name}"))
    return load_pair(tree, f"{directory}/{name}", f"{directory}/{key}", generation.rules)


def _check_key(directory: str, name: str, names: set[str]) -> None:
    certificate = name.removesuffix(".key") + ".cert"
    if certificate not in names:
        message = f"missing client certificate {certificate} for key {name}"
        raise Refused(Refusal("missing-cert", message, "pair", f"{directory}/{name}"))


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

    Args:
        files: path and content, in the order in which they are read.

    Raises:
        ValueError: for a file that podman does not start with.
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
