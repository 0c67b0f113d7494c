"""A folder as the engine finds it: what ``os.Stat``, ``os.ReadDir`` and ``os.ReadFile`` would answer.

The tree is a picture of the host's files, taken by the probe or written down by a test: nothing here opens a
file. Symbolic links are followed as the kernel does (``path_resolution(7)``: at most 40), permissions are judged
by mode, owner and capability (``CAP_DAC_OVERRIDE``), and errors read as Go prints a ``fs.PathError``.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from dockworthy.evidence import NotDecided

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Entry", "PathFault", "Tree", "User"]

# Linux errno values by what Go prints for them (syscall.Errno.Error); numbers of our own would differ per system.
ENOENT: Final = "no such file or directory"
ENOTDIR: Final = "not a directory"
EISDIR: Final = "is a directory"
EACCES: Final = "permission denied"
ELOOP: Final = "too many levels of symbolic links"
ENXIO: Final = "no such device or address"

_MAX_LINKS: Final = 40  # include/linux/namei.h: MAXSYMLINKS
_READ, _SEARCH = 4, 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a folder.

    Attributes:
        kind: ``file``, ``dir``, ``symlink``, or what else there is: ``fifo``, ``socket``, ``device``; ``unknown``
            where a name was seen and nothing else: whatever depends on it is not decided.
        data: a file's bytes; None where they were not taken off the host (a private key, or see ``unknown``).
        target: where a symbolic link points, as it is written in it.
        mode: the permission bits, or None where nobody looked: then nothing is refused for them.
        uid, gid: the owner.
        key: of a private key: what the host said about it (``keypair.KeyFacts``), in place of its bytes.
        unknown: why the content is not known, or None.
    """

    kind: str
    data: bytes | None = None
    target: str = ""
    mode: int | None = None
    uid: int = 0
    gid: int = 0
    key: object = None
    unknown: str | None = None


@dataclass(frozen=True, slots=True)
class User:
    """Whom the engine runs as.

    Attributes:
        override: whether it has ``CAP_DAC_OVERRIDE`` (root as a rule has, and then no mode keeps it out).
    """

    uid: int = 0
    gids: frozenset[int] = frozenset({0})
    override: bool = True

    def may(self, entry: Entry, want: int) -> bool:
        """Whether the mode bits let this user read (4) or search (1); POSIX.1, file access permissions."""
        if self.override or entry.mode is None:
            return True
        if entry.uid == self.uid:
            return bool(entry.mode >> 6 & want)
        if entry.gid in self.gids:
            return bool(entry.mode >> 3 & want)
        return bool(entry.mode & want)


class PathFault(Exception):  # noqa: N818 - it is Go's fs.PathError
    """An operation on a path that fails on the host.

    Attributes:
        op: ``open``, ``read``, ``stat`` or ``readdirent``, as in Go's message.
        path: the path as the engine wrote it.
        why: the system's words.
    """

    def __init__(self, op: str, path: str, why: str) -> None:
        super().__init__(op, path, why)
        self.op, self.path, self.why = op, path, why

    def __str__(self) -> str:
        return f"{self.op} {self.path}: {self.why}"

    @property
    def absent(self) -> bool:
        """``os.IsNotExist``: a missing path, and no other fault."""
        return self.why == ENOENT

    @property
    def denied(self) -> bool:
        """``os.IsPermission``."""
        return self.why == EACCES

    @property
    def cls(self) -> str:
        """The verdict's class for this fault."""
        return _CLASSES.get(self.why, "other")


_CLASSES: Final = {
    ENOENT: "file-missing",
    ENOTDIR: "not-a-directory",
    EISDIR: "is-a-directory",
    EACCES: "permission",
}
_FOLDER: Final = Entry("dir")
_DEVICES: Final = {"/dev": _FOLDER, "/dev/null": Entry("device")}  # on every host: an empty file


class _Errno(Exception):  # noqa: N818 - it is an errno
    """What the kernel answers."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A host's files, by absolute path.

    Attributes:
        entries: what is there. The folders above an entry need no entry of their own.
        user: whom the engine runs as.
        roots: the folders that were listed to the bottom. What is missing below one of them is absent; what is
            missing elsewhere is not known. Empty: everything was listed, so all that is missing is absent.
    """

    entries: Mapping[str, Entry] = field(default_factory=dict)
    user: User = field(default_factory=User)
    roots: tuple[str, ...] = ()
    _folders: dict[str, set[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        folders: dict[str, set[str]] = {"/": set()}
        for path in self.entries:
            here = path
            while here != "/":
                parent, _, name = here.rpartition("/")
                parent = parent or "/"
                names = folders.setdefault(parent, set())
                if name in names:
                    break
                names.add(name)
                here = parent
        object.__setattr__(self, "_folders", folders)

    def _entry(self, path: str) -> Entry | None:
        found = self.entries.get(path)
        if found is not None:
            return found
        if path in self._folders:
            return _FOLDER
        if path in _DEVICES:
            return _DEVICES[path]
        if self.roots and not any(_below(path, root) for root in self.roots):
            if any(_below(root, path) for root in self.roots):
                return _FOLDER
            raise NotDecided("the probe did not look there", path)
        above = self.entries.get(path.rpartition("/")[0])
        if above is not None and above.unknown is not None:
            raise NotDecided(above.unknown, path)
        return None

    def _walk(self, path: str) -> tuple[str, Entry]:
        """Follow every link; the canonical path and what is there."""
        if "\0" in path:
            raise _Errno("invalid argument")
        pending = _parts(path)
        here, entry, links = "/", _FOLDER, 0
        while pending:
            if entry.kind != "dir":
                raise _Errno(ENOTDIR)
            if not self.user.may(entry, _SEARCH):
                raise _Errno(EACCES)
            there, found = self._step(here, pending.pop())
            if found.kind != "symlink":
                here, entry = there, found
                continue
            links += 1
            if links > _MAX_LINKS:
                raise _Errno(ELOOP)
            if found.target.startswith("/"):
                here, entry = "/", _FOLDER
            pending.extend(_parts(found.target))
        return here, entry

    def _step(self, here: str, part: str) -> tuple[str, Entry]:
        if part == ".":
            there = here
        elif part == "..":
            there = here.rpartition("/")[0] or "/"
        else:
            there = f"{here.rstrip('/')}/{part}"
        found = self._entry(there)
        if found is None or (found.kind == "symlink" and not found.target):
            raise _Errno(ENOENT)
        if found.kind == "unknown":
            raise NotDecided(found.unknown or "the probe did not look at it", there)
        return there, found

    def stat(self, path: str) -> Entry:
        """What a path leads to, links followed.

        Raises:
            PathFault: as ``os.Stat``.
            NotDecided: where it lies outside what was listed.
        """
        try:
            return self._walk(path)[1]
        except _Errno as error:
            raise PathFault("stat", path, str(error)) from None

    def read_dir(self, path: str, *, o_directory: bool = True) -> list[tuple[str, Entry]]:
        """The names in a folder in the order of their bytes, each with what it is itself (links not followed).

        Args:
            path: the folder.
            o_directory: whether this Go opens folders with ``O_DIRECTORY`` (1.23 and later), which decides the
                words for a file in a folder's place.

        Raises:
            PathFault: as ``os.ReadDir``.
            NotDecided: where it lies outside what was listed, or could not be listed.
        """
        try:
            here, entry = self._walk(path)
        except _Errno as error:
            raise PathFault("open", path, str(error)) from None
        if entry.kind != "dir":
            raise PathFault("open" if o_directory else "readdirent", path, ENOTDIR)
        if not self.user.may(entry, _READ):
            raise PathFault("open", path, EACCES)
        if entry.unknown is not None:
            raise NotDecided(entry.unknown, path)
        base = here.rstrip("/")
        names = sorted(self._folders.get(here, ()), key=os.fsencode)
        return [(name, self.entries.get(f"{base}/{name}", _FOLDER)) for name in names]

    def open(self, path: str) -> Entry:
        """The file that a path leads to, if it can be read.

        Raises:
            PathFault: as ``os.ReadFile``.
            NotDecided: where it lies outside what was listed, or its content is not known.
        """
        try:
            entry = self._walk(path)[1]
        except _Errno as error:
            raise PathFault("open", path, str(error)) from None
        if not self.user.may(entry, _READ):
            raise PathFault("open", path, EACCES)
        if entry.kind == "dir":
            raise PathFault("read", path, EISDIR)
        if entry.kind == "socket":
            raise PathFault("open", path, ENXIO)
        if entry.unknown is not None:
            raise NotDecided(entry.unknown, path)
        return entry

    def read_file(self, path: str) -> bytes:
        """The bytes of a file.

        Raises:
            PathFault: as ``os.ReadFile``.
            NotDecided: where the bytes are not known here.
        """
        entry = self.open(path)
        if entry.kind == "device":
            return b""
        if entry.data is None:
            raise NotDecided("its content was not read", path)
        return entry.data

    def names(self, path: str) -> Iterable[str]:
        """The names in a folder, or nothing where it cannot be listed; for descriptions, never for a verdict."""
        try:
            return [name for name, _ in self.read_dir(path)]
        except (PathFault, NotDecided):
            return []


def _parts(path: str) -> list[str]:
    """A path's names, the first one last."""
    return [part for part in reversed(path.split("/")) if part]


def _below(path: str, root: str) -> bool:
    return path == root or path.startswith(root.rstrip("/") + "/")
