"""A host's files as a program on it finds them: what ``os.Stat``, ``os.ReadDir`` and ``os.ReadFile`` would answer.

The tree is a picture, taken by the probe or written down by a test: nothing here opens a file. Symbolic links are
followed as the kernel does (``path_resolution(7)``: at most 40), permissions are judged by mode, owner and
capability, and errors read as Go prints them. What nobody looked at is not known, which is something else than
absent.
"""

from __future__ import annotations

import fnmatch
import os
import posixpath
from collections import ChainMap
from copy import copy
from dataclasses import field
from typing import TYPE_CHECKING, Any, Final, cast

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, NotDecided, Reason
from dockworthy.hosttree.entry import READ, SEARCH, Entry, Kind, User
from dockworthy.hosttree.faults import (
    EACCES,
    EINVAL,
    EISDIR,
    ELOOP,
    ENOENT,
    ENOTDIR,
    ENXIO,
    PathError,
    UndecidedError,
)
from dockworthy.hosttree.looked import FileFacts
from dockworthy.noted import Noted, names_between
from dockworthy.snapshot import NOT_LOOKED_AT

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from dockworthy.noted import Note

__all__ = ["Tree", "look_path"]

_NOT_THERE: Final = Reason("the probe did not look there", Code.NOT_PROBED)
_MAX_LINKS: Final = 40  # include/linux/namei.h: MAXSYMLINKS
_PATH_MAX: Final = 4096  # include/uapi/linux/limits.h
_FOLDER: Final = Entry(Kind.DIRECTORY)
_ABSENT: Final = Entry(Kind.ABSENT)
_DEVICES: Final = {"/dev": _FOLDER, "/dev/null": Entry(Kind.DEVICE, b"", 0o666)}  # on every host
_NOWHERE: Final = frozenset({Kind.ABSENT, Kind.UNKNOWN})


class _Errno(Exception):  # noqa: N818 - it is an errno
    """What the kernel answers."""


@dataclass(frozen=True, slots=True)
class Tree:
    """A host's files, by absolute path.

    Attributes:
        entries: what is there. The folders above an entry need no entry of their own.
        user: whom the program runs as.
        roots: the folders that were listed to the bottom. What is missing below one of them is absent; what is
            missing elsewhere is not known. ``/``: everything was listed.
        cwd: the program's working directory, for relative paths.
        looked: owner, mode and kind of each path that was asked for by its name.
        reason: why the others are not known.
        made: what was made of these files and is asked for again, each by a key of whoever made it.
    """

    entries: Mapping[str, Entry] = field(default_factory=dict)
    user: User = field(default_factory=User)
    roots: Collection[str] = ("/",)
    cwd: str = "/"
    looked: Mapping[str, FileFacts] = field(default_factory=dict, repr=False)
    reason: Reason = NOT_LOOKED_AT
    made: dict[object, Any] = field(init=False, repr=False, compare=False)
    _folders: Mapping[str, set[str]] = field(init=False, repr=False, compare=False)
    _found: dict[tuple[str, bool], tuple[Entry, str]] = field(init=False, repr=False, compare=False)  # by `find`

    def __post_init__(self) -> None:
        folders: dict[str, set[str]] = {"/": set()}
        for path, entry in self.entries.items():
            here = path if entry.kind != Kind.ABSENT else "/"
            while here != "/":
                parent, _, name = here.rpartition("/")
                parent = parent or "/"
                names = folders.setdefault(parent, set())
                if name in names:
                    break
                names.add(name)
                here = parent
        object.__setattr__(self, "_folders", folders)
        object.__setattr__(self, "_found", {})
        object.__setattr__(self, "made", {})

    def _copy(self) -> Tree:
        """The same, to be changed before anything is looked up in it."""
        view = copy(self)
        object.__setattr__(view, "_found", {})
        object.__setattr__(view, "made", {})
        return view

    @property
    def complete(self) -> bool:
        """Whether everything was listed, so that all that is missing is absent."""
        return "/" in self.roots

    def seen_by(self, user: User | None = None, cwd: str = "/") -> Tree:
        """The same files, as a program of that user finds them that runs in that folder."""
        view = self._copy()
        object.__setattr__(view, "user", user or User())
        object.__setattr__(view, "cwd", cwd)
        return view

    def tables(self) -> dict[str, Mapping[str, object]]:
        """All that it is made of, by name."""
        return {
            "entries": self.entries,
            "looked": self.looked,
            "folders": self._folders,
            "roots": dict.fromkeys(self.roots),
        }

    def noted(self, note: Callable[[str], Note]) -> Tree:
        """The same files for a reader whose looks at each table are noted."""
        view = self._copy()
        for name, table in self.tables().items():
            object.__setattr__(view, {"folders": "_folders"}.get(name, name), Noted(table, note(name)))
        return view

    def with_entry(self, path: str, entry: Entry) -> Tree:
        """The same files, but for what an absolute path leads to, and the folders above it."""
        path = self.canonical(path)
        added = {path: entry}
        folder = posixpath.dirname(path)
        while folder not in self._folders:
            if self.entries.get(folder, _ABSENT).kind in _NOWHERE:
                added[folder] = _FOLDER
            folder = posixpath.dirname(folder)
        view = self._copy()
        object.__setattr__(view, "entries", ChainMap(added, cast("dict[str, Entry]", self.entries)))
        return view

    # -- as the kernel finds it ---------------------------------------------------------------------------------

    def _entry(self, path: str) -> Entry:
        found = self.entries.get(path)
        if found is not None:
            return found
        if path in self._folders:
            return _FOLDER
        if path in _DEVICES:
            return _DEVICES[path]
        if not self._is_listed(path):
            if next(names_between(self.roots, f"{path}/"), None) is not None:
                return _FOLDER
            raise UndecidedError(path, _NOT_THERE)
        above = self.entries.get(path.rpartition("/")[0])
        if above is not None and above.unknown is not None:
            raise UndecidedError(path, above.unknown)
        return _ABSENT

    def _is_listed(self, path: str) -> bool:
        """Whether it lies below a folder that was listed to the bottom, or is one."""
        here = path
        while here not in self.roots:
            if here == "/":
                return False
            here = here.rpartition("/")[0] or "/"
        return True

    def _walk(self, path: str, *, follow: bool = True) -> tuple[str, Entry]:
        """Follow every link (but one in the last place, where told so); the canonical path and what is there."""
        if "\0" in path:
            raise _Errno(EINVAL)
        if not path:
            raise _Errno(ENOENT)
        try:
            return self._steps(path, follow=follow)
        except UndecidedError as missing:
            # of a path that is not there its folders need not be known
            if self.entries.get(posixpath.normpath(posixpath.join(self.cwd, path)), _FOLDER).kind == Kind.ABSENT:
                raise _Errno(ENOENT) from None
            missing.what = path
            raise

    def _steps(self, path: str, *, follow: bool) -> tuple[str, Entry]:
        pending = _parts(path if path.startswith("/") else posixpath.join(self.cwd, path))
        here, entry, links = "/", _FOLDER, 0
        while pending:
            if entry.kind != Kind.DIRECTORY:
                raise _Errno(ENOTDIR)
            if not self.user.may(entry, SEARCH):
                raise _Errno(EACCES)
            there, found = self._step(here, pending.pop())
            if found.kind != Kind.LINK or not (pending or follow):
                here, entry = there, found
                continue
            links += 1
            if links > _MAX_LINKS:
                raise _Errno(ELOOP)
            if not found.target:
                raise _Errno(ENOENT)
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
            there = f"/{part}" if here == "/" else f"{here}/{part}"
        found = self._entry(there)
        if found.kind == Kind.ABSENT:
            raise _Errno(ENOENT)
        if found.kind == Kind.UNKNOWN:
            raise UndecidedError(there, found.unknown or self.reason)
        return there, found

    def find(self, path: str, *, follow: bool = True) -> tuple[Entry, str]:
        """What is at a path, and an errno's text where there is nothing; what is not known has the kind ``unknown``.

        A link in the last place is followed where ``follow`` says so. What was found once is kept: units are looked for
        in many folders, and for many questions.
        """
        found = self._found.get((path, follow))
        if found is None:
            found = self._found[path, follow] = self._find(path, follow=follow)
        return found

    def _find(self, path: str, *, follow: bool) -> tuple[Entry, str]:
        try:
            return self._walk(path, follow=follow)[1], ""
        except _Errno as error:
            return _ABSENT, str(error)
        except UndecidedError as missing:
            return Entry(Kind.UNKNOWN, unknown=missing.reason), ""

    def stat(self, path: str, op: str = "stat") -> Entry:
        """What a path leads to, links followed; raises PathError as ``os.Stat``, UndecidedError where nobody looked."""
        try:
            return self._walk(path)[1]
        except _Errno as error:
            raise PathError(op, path, str(error)) from None

    def exists(self, path: str) -> bool:
        """Whether something is there; a link counts even where it leads nowhere (``lstat``).

        Raises UndecidedError where nobody looked.
        """
        try:
            self._walk(path, follow=False)
        except _Errno:
            return False
        return True

    def read_dir(self, path: str, *, o_directory: bool = True) -> list[tuple[str, Entry]]:
        """The names in a folder in the order of their bytes, each with what it is itself (links not followed).

        PathError as ``os.ReadDir``, whose words for a file in a folder's place depend on whether this Go opens folders
        with ``O_DIRECTORY`` (1.23 and later); UndecidedError where it lies outside what was listed, or was not.
        """
        try:
            here, entry = self._walk(path)
        except _Errno as error:
            raise PathError("open", path, str(error)) from None
        if entry.kind != Kind.DIRECTORY:
            raise PathError("open" if o_directory else "readdirent", path, ENOTDIR)
        if not self.user.may(entry, READ):
            raise PathError("open", path, EACCES)
        if entry.unknown is not None:
            raise UndecidedError(path, entry.unknown)
        base = here.rstrip("/")
        names = sorted(self._folders.get(here, ()), key=os.fsencode)
        return [(name, self.entries.get(f"{base}/{name}", _FOLDER)) for name in names]

    def open(self, path: str) -> Entry:
        """The file that a path leads to, if it can be read.

        Raises PathError as ``os.ReadFile``; UndecidedError where nobody looked, or its content is not known.
        """
        entry = self.stat(path, "open")
        if not self.user.may(entry, READ):
            raise PathError("open", path, EACCES)
        if entry.kind == Kind.DIRECTORY:
            raise PathError("read", path, EISDIR)
        if entry.kind == Kind.SOCKET:
            raise PathError("open", path, ENXIO)
        if entry.unknown is not None:
            raise UndecidedError(path, entry.unknown)
        return entry

    def read_file(self, path: str) -> bytes:
        """The bytes of a file; raises PathError as ``os.ReadFile``, UndecidedError where they are not known here."""
        entry = self.open(path)
        if entry.data is None:
            raise UndecidedError(path, "its content was not read")
        return entry.data

    def executable(self, path: str) -> str:
        """Why ``exec.LookPath`` would not take this path, or ""; raises UndecidedError where nobody looked."""
        try:
            entry = self._walk(path)[1]
        except _Errno as error:
            return f"stat {path}: {error}"
        if entry.kind == Kind.DIRECTORY:
            return EISDIR
        if entry.mode is None:
            raise UndecidedError(f"the mode of {path}")
        return "" if entry.mode & 0o111 else EACCES

    # -- as far as it was seen: for descriptions and searches, never for a verdict that something is missing ---------

    def names(self, path: str) -> Iterable[str]:
        """The names in a folder, or nothing where it cannot be listed."""
        try:
            return [name for name, _ in self.read_dir(path)]
        except (PathError, NotDecided):
            return []

    def children(self, path: str, *, unknown: bool = False) -> list[str]:
        """The names under which something was seen in a folder; what else is in it nobody may know.

        With ``unknown`` also the names of which nothing else is known.
        """
        base = path.rstrip("/")
        names = self._folders.get(base or "/", ())
        return sorted(name for name in names if unknown or self._is_seen(f"{base}/{name}"))

    def glob(self, pattern: str) -> list[str]:
        """The paths that a shell pattern matches, sorted; one without wildcards stands for itself."""
        if not any(char in pattern for char in "*?["):
            return [pattern]
        depth = pattern.count("/")
        return sorted(
            name
            for name in names_between(self.entries, _literal(pattern))
            if name.count("/") == depth and fnmatch.fnmatchcase(name, pattern) and self._is_seen(name)
        )

    def _is_seen(self, path: str) -> bool:
        return self.entries.get(path, _FOLDER).kind not in _NOWHERE

    def canonical(self, path: str) -> str:
        """An absolute path with its links resolved as far as they were seen; the rest is taken as it is written."""
        row = self.looked.get(path)
        if row is not None and row.resolved:
            return row.resolved
        if len(path) > _PATH_MAX or not posixpath.isabs(path):
            return path
        here, pending, links = "/", _parts(posixpath.normpath(path)), 0
        while pending:
            there = posixpath.join(here, pending.pop())
            found = self.entries.get(there)
            if found is None or found.kind != Kind.LINK or not found.target or links >= _MAX_LINKS:
                here = there
                continue
            links += 1
            here, pending = "/", pending + _parts(posixpath.normpath(posixpath.join(here, found.target)))
        return here

    # -- what was asked for by its name -------------------------------------------------------------------------

    def __getitem__(self, path: str) -> FileFacts:
        found = self.looked.get(path)
        return FileFacts(path, reason=self.reason) if found is None else found

    def __contains__(self, path: object) -> bool:
        return path in self.looked

    def below(self, folder: str) -> Iterator[FileFacts]:
        """The paths below a folder that were looked at, itself left out, in order."""
        prefix = folder.rstrip("/") + "/"
        return (self.looked[path] for path in sorted(names_between(self.looked, prefix)))


def _literal(pattern: str) -> str:
    """What a shell pattern begins with, up to its first wildcard."""
    return pattern[: min(pattern.find(char) for char in "*?[" if char in pattern)]


def _parts(path: str) -> list[str]:
    """A path's names, the first one last; a slash at its end asks for a folder, as a dot after it would."""
    parts = [part for part in reversed(path.split("/")) if part]
    return [".", *parts] if parts and path.endswith("/") else parts


def look_path(name: str, search: Iterable[str], tree: Tree) -> str:
    """``exec.LookPath`` of a bare name: the path of the program, or "" where no folder has it.

    Raises UndecidedError where a folder that comes first was not looked at.
    """
    for folder in search:
        # an empty folder means the working directory, which Go refuses to run from
        path = posixpath.join(folder or ".", name)
        if tree.executable(path) == "":
            return path if path.startswith("/") else ""
    return ""
