"""The folders of registries' certificates, as the programs that read them find them.

The probe lists them to the third level. The host's tree, as the engine's user finds it, is what
[dockworthy.trust][] judges; here stands which folder is for which registry and what lies in it.
"""

from __future__ import annotations

import posixpath
from dataclasses import field
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.evidence import NotApplicable, NotDecided, Reason
from dockworthy.facts.engine.paths import containerd, engine_uid, home, is_rootless
from dockworthy.facts.facts import fact
from dockworthy.facts.toml import parse_toml
from dockworthy.hosttree.entry import Entry, Kind, User
from dockworthy.hosttree.seen import listed_names
from dockworthy.tables import environment
from dockworthy.trust.x509.certificate import certificates_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dockworthy.facts.facts import Facts
    from dockworthy.hosttree.keys import KeyFacts
    from dockworthy.hosttree.looked import FileFacts
    from dockworthy.hosttree.tree import Tree
    from dockworthy.snapshot import Snapshot
    from dockworthy.trust.x509.certificate import Certificate

__all__ = ["CertFile", "Certsd", "Folder", "Root", "certsd"]

DOCKER, CONTAINERD, PODMAN = "docker", "containerd", "podman"
_DOCKER_ROOT: Final = "/etc/docker/certs.d"
_CONTAINERD_ROOT: Final = "/etc/containerd/certs.d"
_PODMAN_ROOT: Final = "/etc/containers/certs.d"
_NOT_A_FOLDER: Final = 20


@dataclass(frozen=True, slots=True)
class CertFile:
    """A file in a registry's folder, or in certs.d itself."""

    path: str  # by the name that it has in the folder
    name: str  # the last part of it
    entry: Entry  # what it leads to
    facts: FileFacts  # owner, mode and access control list

    @property
    def data(self) -> bytes:
        """Its bytes, without those of a private key; raises NotDecided where they were not read."""
        if self.entry.unknown is not None:
            raise NotDecided(self.entry.unknown, self.path)
        return self.entry.data or b""

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """The certificates that Go reads in it; raises NotDecided where its bytes are not known."""
        return certificates_of(self.data)

    @property
    def key(self) -> KeyFacts | None:
        """What the host says of a private key in it; None where there is none."""
        return self.entry.key

    @property
    def has_private_key(self) -> bool:
        """Whether there is a private key in it, readable to Go or not."""
        return self.key is not None and any("PRIVATE KEY" in block.kind for block in self.key.blocks)


@dataclass(frozen=True, slots=True)
class Folder:
    """What a name in certs.d leads to: a folder as a rule."""

    path: str  # of the folder
    name: str  # the registry that it is for, by its name alone
    root: Root  # the folder that it lies in
    kind: str  # ``dir``, ``file``, ``link`` (one that leads nowhere), …
    entries: tuple[CertFile, ...] = ()  # what is in it, in the order of the names' bytes
    unknown: Reason | None = None  # why that is not known, or None
    folders: tuple[str, ...] = ()  # the names of the folders in it

    @property
    def files(self) -> tuple[CertFile, ...]:
        """The files in it; raises NotDecided where the folder could not be listed."""
        if self.unknown is not None:
            raise NotDecided(self.unknown, self.path)
        return self.entries

    def named(self, name: str) -> CertFile | None:
        """The file of that name."""
        return next((file for file in self.files if file.name == name), None)


@dataclass(frozen=True, slots=True)
class Root:
    """A folder that holds a folder per registry."""

    path: str  # of the folder
    program: str  # who reads it: ``docker``, ``containerd`` or ``podman``
    unknown: Reason | None = None  # why what is in it is not known, or None
    is_used: bool = True  # whether the engine (or the program without one) of this host reads it


@dataclass(frozen=True, slots=True)
class Certsd:
    """All of them."""

    tree: Tree  # what the loaders see
    engine: Root  # the engine's own folder
    roots: tuple[Root, ...] = ()  # every folder that some program reads, the engine's first
    folders: Mapping[str, Folder] = field(default_factory=dict)  # what is in them, by path
    loose: tuple[CertFile, ...] = ()  # the files that lie in certs.d itself, where no program looks

    def of(self, root: Root) -> tuple[Folder, ...]:
        """What is in one of them; raises NotDecided where it could not be listed."""
        if root.unknown is not None:
            raise NotDecided(root.unknown, root.path)
        return tuple(folder for folder in self.folders.values() if folder.root == root)

    def all(self) -> tuple[Folder, ...]:
        """What is in all that are read here; raises NotDecided where one could not be listed."""
        return tuple(folder for root in self.roots if root.is_used for folder in self.of(root))


# --- the folders -----------------------------------------------------------------------------------------------


@fact
def certsd(facts: Facts) -> Certsd:
    """The folders of this host."""
    tree: Tree = facts.files.seen_by(_user(facts))
    roots = tuple(_roots(facts))
    folders: dict[str, Folder] = {}
    loose: list[CertFile] = []
    for root in roots:
        if root.unknown is None:
            _fill(facts, tree, root, folders, loose)
    return Certsd(tree, roots[0], roots, folders, tuple(loose))


def _user(facts: Facts) -> User:
    """Whom the engine runs as; a rootless one has no right of root's outside its own user name space."""
    if not is_rootless(facts):
        return User()
    uid = engine_uid(facts)
    account = facts.users.of_uid(uid)
    gids = {account.gid} if account is not None else set()
    if account is not None:
        gids |= {group.gid for group in facts.users.groups.get(()) if account.name in group.members}
    return User(uid, frozenset(gids), override=uid == 0)


def engine_root(facts: Facts) -> str:
    """The engine's folder: under RootlessKit that of its user (``configureCertsDir``)."""
    if not is_rootless(facts):
        return _DOCKER_ROOT
    process = facts.processes.target
    values = facts.snapshot.data(f"proc:{process.pid}/environ").get(b"") if process is not None else b""
    own = environment(values)
    config = own.get("XDG_CONFIG_HOME") or posixpath.join(own.get("HOME") or home(facts), ".config")
    return f"{config}/docker/certs.d"


def _roots(facts: Facts) -> Iterator[Root]:
    """Every folder that some program on this host reads."""
    snapshot = facts.snapshot
    own = engine_root(facts)
    yield _root(snapshot, own, DOCKER)
    taken = {own}
    if own != _DOCKER_ROOT and f"list:{_DOCKER_ROOT}" in snapshot:
        taken.add(_DOCKER_ROOT)
        yield _root(snapshot, _DOCKER_ROOT, DOCKER, is_used=False)
    named = config_paths(facts)
    for path in (*named, _CONTAINERD_ROOT):
        if path not in taken and (path in named or f"list:{path}" in snapshot):
            taken.add(path)
            yield _root(snapshot, path, CONTAINERD)
    for name in snapshot.names("list:/", "/containers/certs.d"):
        path = name.removeprefix("list:")
        if path not in taken:
            taken.add(path)
            yield _root(snapshot, path, PODMAN)


def config_paths(facts: Facts) -> tuple[str, ...]:
    """The folders that containerd's configuration names for registries (CRI's ``config_path``)."""
    try:
        path = containerd(facts).config
    except (NotDecided, NotApplicable):
        path = "/etc/containerd/config.toml"
    table = parse_toml(facts.snapshot.text(f"file:{path}").get(""))
    found: list[str] = []
    plugins = table.get("plugins")
    for name in ("io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images"):
        plugin = plugins.get(name) if isinstance(plugins, dict) else None
        registry = plugin.get("registry") if isinstance(plugin, dict) else None
        value = registry.get("config_path") if isinstance(registry, dict) else None
        if isinstance(value, str):
            found += [part for part in value.split(":") if part.startswith("/")]
    return tuple(dict.fromkeys(found))


def _root(snapshot: Snapshot, path: str, program: str, *, is_used: bool = True) -> Root:
    section = snapshot.get(f"list:{path}")
    if section is None:
        return Root(path, program, snapshot.data(f"list:{path}").unknown, is_used)
    fine = section.failure is None or section.absent or section.status == _NOT_A_FOLDER
    return Root(path, program, None if fine else section.failure, is_used)


def _fill(facts: Facts, tree: Tree, root: Root, folders: dict[str, Folder], loose: list[CertFile]) -> None:
    section = facts.snapshot.get(f"list:{root.path}")
    if section is None or section.failure is not None:
        return
    for name in sorted(listed_names(section), key=lambda text: text.encode("utf-8", "surrogateescape")):
        path = posixpath.join(root.path, name)
        entry = _at(tree, path)
        if entry.kind == Kind.FILE:
            loose.append(CertFile(path, name, entry, tree[path]))
        else:
            folders[path] = _folder(facts, tree, root, path, entry)


def _at(tree: Tree, path: str) -> Entry:
    """What a name in a folder leads to; a link that leads nowhere is itself."""
    return tree.entries.get(tree.canonical(path), Entry(Kind.UNKNOWN, unknown=tree.reason))


def _folder(facts: Facts, tree: Tree, root: Root, path: str, entry: Entry) -> Folder:
    name = posixpath.basename(path)
    kind = "link" if entry.kind == Kind.LINK else entry.kind
    section = facts.snapshot.get(f"list:{path}")
    if kind != Kind.DIRECTORY:
        return Folder(path, name, root, kind, unknown=entry.unknown)
    if section is None or section.failure is not None:
        return Folder(path, name, root, kind, unknown=facts.snapshot.data(f"list:{path}").unknown)
    found, below = [], []
    for child in sorted(listed_names(section), key=lambda text: text.encode("utf-8", "surrogateescape")):
        where = posixpath.join(path, child)
        what = _at(tree, where)
        if what.kind == Kind.DIRECTORY:
            below.append(child)
        else:
            found.append(CertFile(where, child, what, tree[where]))
    return Folder(path, name, root, kind, tuple(found), None, tuple(below))
