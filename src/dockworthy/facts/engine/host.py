"""The files of a host as far as they were looked at, followed as the kernel follows paths.

The engine's start depends on files: its configuration, certificates, programs, ``/etc/group``. A host view
answers from what a probe saw; what it did not look at is not known, which is something else than absent.
"""

from __future__ import annotations

import fnmatch
import posixpath
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from dockworthy.golang.values import GoError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Entry", "HostFiles", "Kind", "PathError", "UndecidedError", "look_path"]

MAX_LINKS = 40  # of the kernel, in one path


class Kind(Enum):
    """What is at a path."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "link"
    SOCKET = "socket"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class UndecidedError(Exception):
    """An answer depends on something that was not looked at.

    Attributes:
        what: the path or fact, as a person would look for it.
    """

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} was not looked at")
        self.what = what


class PathError(GoError):
    """A file operation that fails, in Go's words: ``open /x: no such file or directory``.

    Attributes:
        reason: the errno's text alone.
    """

    def __init__(self, operation: str, path: str, reason: str) -> None:
        super().__init__(f"{operation} {path}: {reason}")
        self.reason = reason

    @property
    def absent(self) -> bool:
        """Whether nothing is there (``os.IsNotExist``)."""
        return self.reason == NO_ENTRY


NO_ENTRY = "no such file or directory"
IS_DIRECTORY = "is a directory"
NOT_DIRECTORY = "not a directory"
TOO_MANY_LINKS = "too many levels of symbolic links"
NO_DEVICE = "no such device or address"  # what opening a socket's file gives


@dataclass(frozen=True, slots=True)
class Entry:
    """What is at one path.

    Attributes:
        kind: which sort of thing.
        content: a file's bytes; None where they were not read.
        mode: permission bits; None where they were not looked at.
        target: where a link points to.
    """

    kind: Kind
    content: bytes | None = None
    mode: int | None = None
    target: str = ""


_ABSENT, _UNKNOWN, _DIRECTORY = Entry(Kind.ABSENT), Entry(Kind.UNKNOWN), Entry(Kind.DIRECTORY)
_EMPTY = Entry(Kind.FILE, b"", 0o666)


@dataclass(frozen=True, slots=True)
class HostFiles:
    """The files that were looked at.

    Attributes:
        entries: by absolute path, without a slash at the end.
        complete: whether every path without an entry is absent; else it is unknown.
        cwd: the engine's working directory, for relative paths.
    """

    entries: Mapping[str, Entry] = field(default_factory=dict)
    complete: bool = False
    cwd: str = "/"
    _folders: frozenset[str] = field(init=False, repr=False, compare=False, default=frozenset())

    def __post_init__(self) -> None:
        folders = {"/", "/dev"}
        for path, entry in self.entries.items():
            if entry.kind in {Kind.ABSENT, Kind.UNKNOWN}:
                continue
            parent = posixpath.dirname(path)
            while parent not in folders:
                folders.add(parent)
                parent = posixpath.dirname(parent)
        object.__setattr__(self, "_folders", frozenset(folders))

    def _at(self, path: str) -> Entry:
        entry = self.entries.get(path)
        if entry is not None:
            return entry
        if path == "/dev/null":
            return _EMPTY
        if path in self._folders:
            return _DIRECTORY
        return _ABSENT if self.complete else _UNKNOWN

    def resolve(self, path: str, *, follow: bool = True) -> tuple[Entry, str]:
        """What is at a path after its links, and an errno's text in place of it.

        Args:
            path: relative ones start at the working directory.
            follow: whether a link in the last place is followed too.
        """
        if not path:
            return _ABSENT, NO_ENTRY
        left = list(reversed(_parts(posixpath.join(self.cwd, path))))
        here, links = "/", 0
        while left:
            name = left.pop()
            if name == "..":
                here = posixpath.dirname(here)
                continue
            step = posixpath.join(here, name)
            entry = self._at(step)
            if entry.kind is Kind.LINK and (left or follow):
                links += 1
                if links > MAX_LINKS:
                    return _ABSENT, TOO_MANY_LINKS
                left += reversed(_parts(entry.target))
                here = "/" if entry.target.startswith("/") else here
                continue
            if not left or entry.kind in {Kind.ABSENT, Kind.UNKNOWN}:
                return entry, NO_ENTRY if entry.kind is Kind.ABSENT else ""
            if entry.kind is not Kind.DIRECTORY:
                return _ABSENT, NOT_DIRECTORY
            here = step
        return _DIRECTORY, ""

    def stat(self, path: str, operation: str = "stat") -> Entry:
        """What is at a path, its links followed.

        Raises:
            PathError: where nothing is there.
            UndecidedError: where it was not looked at.
        """
        entry, reason = self.resolve(path)
        if reason:
            raise PathError(operation, path, reason)
        if entry.kind is Kind.UNKNOWN:
            raise UndecidedError(path)
        return entry

    def exists(self, path: str) -> bool:
        """Whether something is there; a link counts even where it dangles (``lstat``).

        Raises:
            UndecidedError: where it was not looked at.
        """
        entry, reason = self.resolve(path, follow=False)
        if entry.kind is Kind.UNKNOWN:
            raise UndecidedError(path)
        return not reason

    def read(self, path: str) -> bytes:
        """``os.ReadFile``.

        Raises:
            PathError: with Go's text where it fails.
            UndecidedError: where the content is not known.
        """
        entry = self.stat(path, "open")
        if entry.kind is Kind.DIRECTORY:
            raise PathError("read", path, IS_DIRECTORY)
        if entry.kind is Kind.SOCKET:
            raise PathError("open", path, NO_DEVICE)
        if entry.content is None:
            raise UndecidedError(path)
        return entry.content

    def children(self, path: str) -> list[str]:
        """The names in a folder, as far as they were looked at and something is there."""
        prefix = path.rstrip("/") + "/"
        return sorted(
            name.removeprefix(prefix)
            for name, entry in self.entries.items()
            if name.startswith(prefix)
            and "/" not in name.removeprefix(prefix)
            and entry.kind not in {Kind.ABSENT, Kind.UNKNOWN}
        )

    def glob(self, pattern: str) -> list[str]:
        """The paths that a shell pattern matches, sorted; one without wildcards stands for itself."""
        if not any(char in pattern for char in "*?["):
            return [pattern]
        depth = pattern.count("/")
        return sorted(
            name
            for name, entry in self.entries.items()
            if name.count("/") == depth
            and entry.kind not in {Kind.ABSENT, Kind.UNKNOWN}
            and fnmatch.fnmatchcase(name, pattern)
        )

    def executable(self, path: str) -> str:
        """Why ``exec.LookPath`` would not take this path, or "".

        Raises:
            UndecidedError: where it was not looked at.
        """
        entry, reason = self.resolve(path)
        if reason:
            return f"stat {path}: {reason}"
        if entry.kind is Kind.UNKNOWN:
            raise UndecidedError(path)
        if entry.kind is Kind.DIRECTORY:
            return IS_DIRECTORY
        if entry.mode is None:
            raise UndecidedError(f"the mode of {path}")
        return "" if entry.mode & 0o111 else "permission denied"


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in {"", "."}]


def look_path(name: str, search: Iterable[str], files: HostFiles) -> str:
    """``exec.LookPath`` of a bare name: the path of the program, or "" where no folder has it.

    Raises:
        UndecidedError: where a folder that comes first was not looked at.
    """
    for folder in search:
        # an empty folder means the working directory, which Go refuses to run from
        path = posixpath.join(folder or ".", name)
        if files.executable(path) == "":
            return path if path.startswith("/") else ""
    return ""
