"""The folders of registries' certificates, as the programs that read them find them.

The probe lists them to the third level, with the kind, mode, owner and resolved name of everything in them. Here
that becomes the tree that [dockworthy.trust][] judges: each thing stands at its resolved path, and where a name
leads elsewhere there is a link. What the probe did not see stays unknown; it is never taken for absent.
"""

from __future__ import annotations

import base64
import binascii
import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dockworthy.evidence import NotApplicable, NotDecided
from dockworthy.facts.engine.paths import containerd, engine_uid, is_rootless
from dockworthy.facts.host.files import FileFacts, parse_stat_line
from dockworthy.facts.text import decode
from dockworthy.facts.toml import parse_toml
from dockworthy.trust.loaders.directory import Entry, Tree, User
from dockworthy.trust.x509.certificate import parse_certificate
from dockworthy.trust.x509.der import X509Error
from dockworthy.trust.x509.keypair import KeyBlock, KeyFacts
from dockworthy.trust.x509.pem import decode as pem_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dockworthy.facts.facts import Facts
    from dockworthy.snapshot import Section, Snapshot
    from dockworthy.trust.x509.certificate import Certificate

__all__ = ["CertFile", "Certsd", "Folder", "Root", "certificates_of", "certsd", "file_entry", "key_facts"]

DOCKER, CONTAINERD, PODMAN = "docker", "containerd", "podman"
_DOCKER_ROOT: Final = "/etc/docker/certs.d"
_CONTAINERD_ROOT: Final = "/etc/containerd/certs.d"
_PODMAN_ROOT: Final = "/etc/containers/certs.d"
_NOWHERE: Final = "/dev/null"  # stands for "nothing was listed", since no root at all means that everything was
_ABSENT, _NOT_A_FOLDER, _NO_BLOCK = 2, 20, 61
_KINDS: Final = {"file": "file", "dir": "dir", "socket": "socket", "fifo": "fifo", "block": "device", "char": "device"}
_LONGEST: Final = 1 << 20
_KEY_LINES: Final = 1000


@dataclass(frozen=True, slots=True)
class CertFile:
    """A file in a registry's folder, or in certs.d itself.

    Attributes:
        path: by the name that it has in the folder.
        name: the last part of it.
        entry: what it leads to.
        facts: owner, mode and access control list.
    """

    path: str
    name: str
    entry: Entry
    facts: FileFacts

    @property
    def data(self) -> bytes:
        """Its bytes, without those of a private key.

        Raises:
            NotDecided: where they were not read.
        """
        if self.entry.unknown is not None:
            raise NotDecided(self.entry.unknown, self.path)
        return self.entry.data or b""

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """The certificates that Go reads in it.

        Raises:
            NotDecided: where its bytes are not known.
        """
        return certificates_of(self.data)

    @property
    def key(self) -> KeyFacts | None:
        """What the host says of a private key in it; None where there is none."""
        found = self.entry.key
        return found if isinstance(found, KeyFacts) else None

    @property
    def has_private_key(self) -> bool:
        """Whether there is a private key in it, readable to Go or not."""
        return self.key is not None and any("PRIVATE KEY" in block.kind for block in self.key.blocks)


@dataclass(frozen=True, slots=True)
class Folder:
    """What a name in certs.d leads to: a folder as a rule.

    Attributes:
        path: of the folder.
        name: the registry that it is for, by its name alone.
        root: the folder that it lies in.
        kind: ``dir``, ``file``, ``link`` (one that leads nowhere), …
        entries: what is in it, in the order of the names' bytes.
        unknown: why that is not known, or None.
        folders: the names of the folders in it.
    """

    path: str
    name: str
    root: Root
    kind: str
    entries: tuple[CertFile, ...] = ()
    unknown: str | None = None
    folders: tuple[str, ...] = ()

    @property
    def files(self) -> tuple[CertFile, ...]:
        """The files in it.

        Raises:
            NotDecided: where the folder could not be listed.
        """
        if self.unknown is not None:
            raise NotDecided(self.unknown, self.path)
        return self.entries

    def named(self, name: str) -> CertFile | None:
        """The file of that name."""
        return next((file for file in self.files if file.name == name), None)


@dataclass(frozen=True, slots=True)
class Root:
    """A folder that holds a folder per registry.

    Attributes:
        path: of the folder.
        program: who reads it: ``docker``, ``containerd`` or ``podman``.
        unknown: why what is in it is not known, or None.
        is_used: whether the engine (or the program without one) of this host reads it.
    """

    path: str
    program: str
    unknown: str | None = None
    is_used: bool = True


@dataclass(frozen=True, slots=True)
class Certsd:
    """All of them.

    Attributes:
        tree: what the loaders see.
        engine: the engine's own folder.
        roots: every folder that some program reads, the engine's first.
        folders: what is in them, by path.
        loose: the files that lie in certs.d itself, where no program looks.
    """

    tree: Tree
    engine: Root
    roots: tuple[Root, ...] = ()
    folders: Mapping[str, Folder] = field(default_factory=dict)
    loose: tuple[CertFile, ...] = ()

    def of(self, root: Root) -> tuple[Folder, ...]:
        """What is in one of them.

        Raises:
            NotDecided: where it could not be listed.
        """
        if root.unknown is not None:
            raise NotDecided(root.unknown, root.path)
        return tuple(folder for folder in self.folders.values() if folder.root == root)

    def all(self) -> tuple[Folder, ...]:
        """What is in all that are read here.

        Raises:
            NotDecided: where one could not be listed.
        """
        return tuple(folder for root in self.roots if root.is_used for folder in self.of(root))


def certificates_of(data: bytes) -> tuple[Certificate, ...]:
    """The certificates of a PEM text that Go takes: no headers, no other label, nothing that it cannot parse."""
    found = []
    for block in pem_blocks(data):
        if block.kind != "CERTIFICATE" or block.headers:
            continue
        try:
            found.append(parse_certificate(block.octets))
        except X509Error:
            continue
    return tuple(found)


# --- one file --------------------------------------------------------------------------------------------------


def key_facts(section: Section | None) -> KeyFacts | None:
    """What a ``key:`` section says; None where there is none or it is cut off."""
    if section is None or section.status:
        return None
    blocks: list[KeyBlock] = []
    said: dict[str, str] = {}
    for line in section.text.splitlines()[:_KEY_LINES]:
        name, _, rest = line.partition(" ")
        words = rest.split()
        if name == "block" and len(words) == 3:  # noqa: PLR2004 - type, headers, state
            # A block whose end or base64 is wrong is none to Go.
            if words[2] == "ok":
                headers = {} if words[1] == "-" else dict.fromkeys(words[1].split(","), "")
                blocks.append(KeyBlock(decode(words[0]), headers))
        else:
            said[name] = rest.strip()
    if "encrypted" not in said or "parses" not in said or "public" not in said:
        return None
    parses = {"yes": True, "no": False}.get(said["parses"])
    return KeyFacts(tuple(blocks), parses, _base64(said["public"]), said["encrypted"] == "yes")


def _base64(text: str) -> bytes | None:
    if text in {"", "-"} or len(text) > _LONGEST:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def file_entry(snapshot: Snapshot, path: str, facts: FileFacts | None = None) -> Entry:
    """A file as the probe saw it."""
    mode = facts.bits if facts is not None else None
    uid, gid = (facts.target.uid, facts.target.gid) if facts is not None and facts.target is not None else (0, 0)
    section = snapshot.get(f"file:{path}")
    secret = snapshot.get(f"key:{path}")
    if section is not None and section.status == _NO_BLOCK:
        # Without any -----BEGIN there is no block in it: to a reader of PEM it is as good as empty.
        return Entry("file", b"", mode=mode, uid=uid, gid=gid)
    if section is None or section.status:
        why = snapshot.data(f"file:{path}").unknown or "it was not read"
        return Entry("file", mode=mode, uid=uid, gid=gid, unknown="it went away" if section and section.absent else why)
    key = key_facts(secret)
    if key is None and (secret is not None or b"PRIVATE KEY-----" in section.data):
        return Entry("file", mode=mode, uid=uid, gid=gid, unknown="what the host says of its key was not seen")
    return Entry("file", section.data, mode=mode, uid=uid, gid=gid, key=key)


# --- the tree --------------------------------------------------------------------------------------------------


class _Builder:
    """Puts what was seen where it is."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.rows: dict[str, FileFacts] = {}
        self.entries: dict[str, Entry] = {}
        self.listed: list[str] = []
        table = snapshot.get("stat:certs.d")
        for line in table.text.splitlines() if table is not None else ():
            row = parse_stat_line(line)
            if row is not None and posixpath.isabs(row.path):
                self.rows[row.path] = row

    def canonical(self, path: str) -> str:
        """Where a path is with its links resolved, as far as that was seen."""
        row = self.rows.get(path)
        if row is not None and row.resolved:
            return row.resolved
        parent, name = posixpath.split(path)
        found = self.rows.get(parent)
        return posixpath.join(found.resolved, name) if found is not None and found.resolved else path

    def build(self) -> None:
        for path, row in self.rows.items():
            self._place(path, row)
        for section in self.snapshot.starting("list:/"):
            path = section.name.removeprefix("list:")
            if path in self.rows or posixpath.basename(path) == "certs.d":
                self._list(path, section)

    def _place(self, path: str, row: FileFacts) -> None:
        here = self.canonical(path)
        parent, name = posixpath.split(path)
        literal = posixpath.join(self.canonical(parent) if parent in self.rows else parent, name)
        if row.kind == "absent":
            return
        if row.kind == "link":
            self.entries[literal] = Entry("symlink", target=self._target(path))
            return
        if literal != here:
            self.entries[literal] = Entry("symlink", target=here)
        entry = self._entry(path, row)
        known = self.entries.get(here)
        if known is None or known.unknown is not None:
            self.entries[here] = entry

    def _target(self, path: str) -> str:
        """Where a link that leads nowhere is taken to point: at itself where it goes in a circle, else at nothing."""
        seen: set[str] = set()
        here = path
        while here in self.rows and self.rows[here].kind == "link" and here not in seen:
            seen.add(here)
            text = self.snapshot.text(f"link:{here}").get("").removesuffix("\n")
            here = posixpath.normpath(posixpath.join(posixpath.dirname(here), text)) if text else ""
        return self.canonical(path) if here in seen else ""

    def _entry(self, path: str, row: FileFacts) -> Entry:
        kind = _KINDS.get(row.kind)
        if kind == "file":
            return file_entry(self.snapshot, path, row)
        uid, gid = (row.target.uid, row.target.gid) if row.target is not None else (0, 0)
        if kind is None:
            why = "permission denied" if row.kind == "denied" else "its file system does not answer"
            return Entry("unknown", unknown=why)
        unknown = None
        if kind == "dir" and f"list:{path}" not in self.snapshot:
            unknown = self.snapshot.data(f"list:{path}").unknown
        return Entry(kind, mode=row.bits, uid=uid, gid=gid, unknown=unknown)

    def _list(self, path: str, section: Section) -> None:
        here = self.canonical(path)
        if section.absent:
            self.listed.append(here)
            return
        if section.status == _NOT_A_FOLDER:
            return
        if section.failure is not None:
            known = self.entries.get(here, Entry("dir"))
            self.entries[here] = Entry("dir", mode=known.mode, uid=known.uid, gid=known.gid, unknown=section.failure)
            return
        self.entries.setdefault(here, Entry("dir"))
        self.listed.append(here)
        for name in listed_names(section):
            child = posixpath.join(path, name)
            row = self.rows.get(child)
            if row is None or row.kind == "absent":
                why = "it went away" if row is not None else self._reason
                self.entries.setdefault(posixpath.join(here, name), Entry("unknown", unknown=why))

    @property
    def _reason(self) -> str:
        return "the snapshot is truncated" if self.snapshot.truncated else "the probe did not look at it"


def listed_names(section: Section) -> Iterator[str]:
    """The names in a ``list:`` section; what is no name of a file is passed over."""
    for line in section.text.splitlines():
        name = decode(line.strip())
        if name and "/" not in name and "\0" not in name and name not in {".", ".."}:
            yield name


# --- the folders -----------------------------------------------------------------------------------------------


def certsd(facts: Facts) -> Certsd:
    """The folders of this host."""
    builder = _Builder(facts.snapshot)
    builder.build()
    tree = Tree(builder.entries, _user(facts), tuple(builder.listed) or (_NOWHERE,))
    roots = tuple(_roots(facts))
    folders: dict[str, Folder] = {}
    loose: list[CertFile] = []
    for root in roots:
        if root.unknown is None:
            _fill(facts, builder, root, folders, loose)
    return Certsd(tree, roots[0], roots, folders, tuple(loose))


def _user(facts: Facts) -> User:
    """Whom the engine runs as; a rootless one has no right of root's outside its own user name space."""
    if not is_rootless(facts):
        return User()
    uid = engine_uid(facts)
    accounts = facts.users.accounts.get(())
    account = next((account for account in accounts if account.uid == uid), None)
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
    environment = dict(
        entry.decode("utf-8", "surrogateescape").partition("=")[::2] for entry in values.split(b"\0") if entry
    )
    config = environment.get("XDG_CONFIG_HOME") or ""
    home = environment.get("HOME") or _home(facts)
    return f"{config or posixpath.join(home, '.config')}/docker/certs.d"


def _home(facts: Facts) -> str:
    uid = engine_uid(facts)
    return next((account.home for account in facts.users.accounts.get(()) if account.uid == uid), "/root")


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
    for section in snapshot.starting("list:/"):
        path = section.name.removeprefix("list:")
        if path not in taken and path.endswith("/containers/certs.d"):
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


def _fill(facts: Facts, builder: _Builder, root: Root, folders: dict[str, Folder], loose: list[CertFile]) -> None:
    section = facts.snapshot.get(f"list:{root.path}")
    if section is None or section.failure is not None:
        return
    for name in sorted(listed_names(section), key=lambda text: text.encode("utf-8", "surrogateescape")):
        path = posixpath.join(root.path, name)
        entry = builder.entries.get(builder.canonical(path), Entry("unknown", unknown="the probe did not look at it"))
        row = builder.rows.get(path, FileFacts(path))
        if entry.kind == "file":
            loose.append(CertFile(path, name, entry, row))
        else:
            folders[path] = _folder(facts, builder, root, path, entry)


def _folder(facts: Facts, builder: _Builder, root: Root, path: str, entry: Entry) -> Folder:
    name = posixpath.basename(path)
    kind = "link" if entry.kind == "symlink" else entry.kind
    section = facts.snapshot.get(f"list:{path}")
    if kind != "dir":
        return Folder(path, name, root, kind, unknown=entry.unknown)
    if section is None or section.failure is not None:
        return Folder(path, name, root, kind, unknown=facts.snapshot.data(f"list:{path}").unknown)
    found, below = [], []
    for child in sorted(listed_names(section), key=lambda text: text.encode("utf-8", "surrogateescape")):
        where = posixpath.join(path, child)
        what = builder.entries.get(builder.canonical(where), Entry("unknown", unknown="the probe did not look at it"))
        if what.kind == "dir":
            below.append(child)
        else:
            found.append(CertFile(where, child, what, builder.rows.get(where, FileFacts(where))))
    return Folder(path, name, root, kind, tuple(found), None, tuple(below))
