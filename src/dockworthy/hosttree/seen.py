"""The tree of a host from its snapshot: each thing at its resolved path, and a link where a name leads elsewhere.

What the probe did not see stays unknown; it is never taken for absent.
"""

from __future__ import annotations

import posixpath
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from dockworthy.evidence import Code, Reason
from dockworthy.hosttree.entry import Entry, Kind
from dockworthy.hosttree.keys import key_facts
from dockworthy.hosttree.looked import FileFacts, parse_stat_line
from dockworthy.hosttree.tree import Tree
from dockworthy.snapshot import CUT_OFF, DIRECTORY, NO_ANSWER, NO_PEM, NOT_LOOKED_AT, NOT_PERMITTED
from dockworthy.tables import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dockworthy.snapshot import Section, Snapshot

__all__ = ["file_entry", "host_tree", "listed_names"]

_KEY_NOT_SEEN = Reason("what the host says of its key was not seen", Code.NOT_PROBED)
_WENT_AWAY = Reason("it went away", Code.ABSENT)
_NOT_READ = Reason("it was not read", Code.NOT_PROBED)

_NOT_A_FOLDER = 20
_KINDS: Final = {
    "file": Kind.FILE,
    "dir": Kind.DIRECTORY,
    "socket": Kind.SOCKET,
    "fifo": Kind.FIFO,
    "block": Kind.DEVICE,
    "char": Kind.DEVICE,
}


def host_tree(snapshot: Snapshot) -> Tree:
    """Every path that the probe looked at, listed or read."""
    return _Builder(snapshot).tree()


def file_entry(snapshot: Snapshot, path: str, looked: FileFacts | None = None) -> Entry:
    """A file as the probe saw it."""
    section = snapshot.get(f"file:{path}")
    if section is not None and section.status == NO_PEM:
        # Without any -----BEGIN there is no block in it: to a reader of PEM it is as good as empty.
        return _owned(Kind.FILE, looked, data=b"")
    if section is None or section.status:
        why = snapshot.data(f"file:{path}").unknown or _NOT_READ
        gone = section is not None and section.absent
        return _owned(Kind.FILE, looked, unknown=_WENT_AWAY if gone else why)
    secret = snapshot.get(f"key:{path}")
    key = key_facts(secret)
    if key is None and (secret is not None or b"PRIVATE KEY-----" in section.data):
        return _owned(Kind.FILE, looked, unknown=_KEY_NOT_SEEN)
    return _owned(Kind.FILE, looked, data=section.data, key=key)


def _owned(kind: str, looked: FileFacts | None, **content: Any) -> Entry:
    """A thing with the mode and the owner that were seen, and what is in it."""
    if looked is None or looked.target is None:
        return Entry(kind, mode=looked.bits if looked is not None else None, **content)
    return Entry(kind, mode=looked.bits, uid=looked.target.uid, gid=looked.target.gid, **content)


def listed_names(section: Section) -> Iterator[str]:
    """The names in a ``list:`` section; what is no name of a file is passed over."""
    for line in section.text.splitlines():
        name = decode(line.strip())
        if name and "/" not in name and "\0" not in name and name not in {".", ".."}:
            yield name


def _split(path: str) -> tuple[str, str]:
    """A folder and the name in it: as ``posixpath.split`` of a path that says nothing twice, for there are many."""
    folder, slash, name = path.rpartition("/")
    return folder or slash, name


def _join(folder: str, name: str) -> str:
    """The path of a name in a folder; for there are many."""
    return f"{folder}{name}" if folder.endswith("/") else f"{folder}/{name}"


class _Builder:
    """Puts what was seen where it is."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.rows: dict[str, FileFacts] = {}
        self.entries: dict[str, Entry] = {}
        self.listed: list[str] = []
        self.folders: dict[str, str] = {}
        self.reason = CUT_OFF if snapshot.truncated else NOT_LOOKED_AT
        for section in snapshot.starting("stat:"):
            for line in section.text.splitlines():
                row = parse_stat_line(line)
                if row is not None and (row.path not in self.rows or self.rows[row.path].kind == "denied"):
                    self.rows[row.path] = row

    def tree(self) -> Tree:
        for path, row in self.rows.items():
            if posixpath.isabs(path):
                self._place(path, row)
        for section in self.snapshot.starting("file:/"):
            self._read(section.name.removeprefix("file:"), section)
        for section in self.snapshot.starting("list:/"):
            self._list(section.name.removeprefix("list:"), section)
        return Tree(self.entries, roots=dict.fromkeys(self.listed), looked=self.rows, reason=self.reason)

    def _canonical(self, path: str) -> str:
        """Where a path is with its links resolved, as far as that was seen."""
        row = self.rows.get(path)
        return row.resolved if row is not None and row.resolved else self._literal(path)

    def _literal(self, path: str) -> str:
        """The path with the links on the way to it resolved, as far as the nearest folder that was seen tells."""
        folder, name = _split(path)
        real = self.folders.get(folder)
        if real is None:
            real = self.folders[folder] = self._folder(folder)
        return _join(real, name) if real else path

    def _folder(self, folder: str) -> str:
        """Where a folder is, or nothing where neither it nor one above it was seen."""
        rest = ""
        while folder not in {"", "/"}:
            row = self.rows.get(folder)
            if row is not None and row.resolved:
                return _join(row.resolved, rest) if rest else row.resolved
            folder, last = _split(folder)
            rest = _join(last, rest) if rest else last
        return ""

    def _place(self, path: str, row: FileFacts) -> None:
        literal = self._literal(path)
        here = row.resolved or literal
        if row.kind == "absent":
            self.entries.setdefault(literal, Entry(Kind.ABSENT))
            return
        if row.kind == "link":
            self.entries[literal] = Entry(Kind.LINK, target=self._target(path))
            return
        if literal != here:
            self.entries[literal] = Entry(Kind.LINK, target=here)
        known = self.entries.get(here)
        if known is None or known.unknown is not None:
            self.entries[here] = self._entry(path, row)

    def _target(self, path: str) -> str:
        """Where a link that leads nowhere is taken to point: at itself where it goes in a circle, else at nothing."""
        seen: set[str] = set()
        here = path
        while here in self.rows and self.rows[here].kind == "link" and here not in seen:
            seen.add(here)
            text = self.snapshot.text(f"link:{here}").get("").removesuffix("\n")
            here = posixpath.normpath(posixpath.join(posixpath.dirname(here), text)) if text else ""
        return self._canonical(path) if here in seen else ""

    def _entry(self, path: str, row: FileFacts) -> Entry:
        kind = _KINDS.get(row.kind)
        if kind == Kind.FILE:
            return file_entry(self.snapshot, path, row)
        if kind is None:
            return Entry(Kind.UNKNOWN, unknown=NOT_PERMITTED if row.kind == "denied" else NO_ANSWER)
        unknown = None
        if kind == Kind.DIRECTORY and f"list:{path}" not in self.snapshot:
            unknown = self.snapshot.data(f"list:{path}").unknown
        data = b"" if row.resolved == "/dev/null" else None
        return _owned(kind, row, data=data, unknown=unknown)

    def _read(self, path: str, section: Section) -> None:
        """A file that was read, whether it was looked at by that name or not."""
        here = self._canonical(path)
        known = self.entries.get(here)
        if section.absent:
            self.rows.setdefault(path, FileFacts(path, kind="absent"))
        if known is None:
            self.entries[here] = self._unlooked(path, section)
        elif section.status in {0, NO_PEM} and (known.kind in {Kind.ABSENT, Kind.UNKNOWN} or known.unknown):
            read = file_entry(self.snapshot, path)
            self.entries[here] = replace(read, mode=known.mode, uid=known.uid, gid=known.gid)

    def _unlooked(self, path: str, section: Section) -> Entry:
        if section.absent:
            return Entry(Kind.ABSENT)
        if section.status == DIRECTORY:
            return Entry(Kind.DIRECTORY, unknown=Reason("it was not listed", Code.NOT_PROBED))
        if section.status in {0, NO_PEM}:
            return file_entry(self.snapshot, path)
        return Entry(Kind.UNKNOWN, unknown=section.failure)

    def _list(self, path: str, section: Section) -> None:
        here = self._canonical(path)
        if section.absent:
            self.listed.append(here)
            return
        if section.status == _NOT_A_FOLDER:
            return
        known = self.entries.get(here, Entry(Kind.DIRECTORY))
        why = section.failure
        self.entries[here] = Entry(Kind.DIRECTORY, mode=known.mode, uid=known.uid, gid=known.gid, unknown=why)
        if section.failure is not None:
            return
        self.listed.append(here)
        for name in listed_names(section):
            row = self.rows.get(_join(path, name))
            if row is None or row.kind == "absent":
                why = _WENT_AWAY if row is not None else self.reason
                child = _join(here, name)
                if self.entries.get(child, Entry(Kind.ABSENT)).kind == Kind.ABSENT:
                    self.entries[child] = Entry(Kind.UNKNOWN, unknown=why)
