"""What is to be put in place of a host's files: told as the probe would tell it, and laid over what it saw.

A snapshot is all that anybody reads of a host, so that what is laid over it is seen by every reader alike.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.snapshot import ABSENT, Section
from dockworthy.tables import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from dockworthy.snapshot import Snapshot

__all__ = ["CA", "CERTS_D", "DAEMON_JSON", "NAMES", "PLACES", "ROOTS", "Applied", "Overlay", "Row"]

DAEMON_JSON, CERTS_D, CA = "daemon.json", "certs.d", "ca"
NAMES: Final = (DAEMON_JSON, CERTS_D, CA)
"""What can be put in place."""
PLACES: Final = {DAEMON_JSON: "/etc/docker/daemon.json", CERTS_D: "/etc/docker/certs.d"}
"""Where it lies as a rule, and in what is told of it."""
ROOTS: Final = "cmd:system-roots-pem"
_OF_PATHS: Final = ("file:", "list:", "key:", "link:")


@dataclass(frozen=True, slots=True)
class Applied:
    """A file or a folder that is taken to lie on every host."""

    name: str  # one of `NAMES`
    place: str  # where it lies here, as it was named
    sha256: str  # of the file; of a folder that of the lines that sha256sum prints of its files, sorted by their paths
    sections: Mapping[str, Section]  # what the probe's functions tell of it, by the paths of `PLACES`

    def __str__(self) -> str:
        """As the record has it: ``daemon.json=new.json sha256:…``."""
        return f"{self.name}={self.place} sha256:{self.sha256}"

    @property
    def is_read_at_start(self) -> bool:
        """Whether an engine takes it in by a restart; certs.d is read at each pull."""
        return self.name != CERTS_D

    def as_plain(self) -> list[object]:
        """The same in plain values, for another process."""
        sections = [[one.name, one.status, one.data] for one in self.sections.values()]
        return [self.name, self.place, self.sha256, sections]

    @classmethod
    def of_plain(cls, sent: Sequence[object]) -> Applied:
        """What `as_plain` made these values of."""
        name, place, sha256, sections = sent
        return cls(str(name), str(place), str(sha256), {one[0]: Section(*one) for one in sections})  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a ``stat:`` table: what lies at a path."""

    path: str
    resolved: str  # the path with its links resolved
    kind: str  # ``file`` or ``dir``
    mode: int  # its permission bits
    size: int = 0  # in bytes

    def line(self, uid: int, modified: int) -> str:
        """The line, of a file of that user's that was changed at that moment."""
        name = "root" if uid == 0 else "-"
        owner = f"{uid} {uid} {name} {name}"
        path, resolved = encode(self.path), encode(self.resolved)
        return f"{path} {resolved} {self.kind} {self.mode:04o} {owner} {self.size} {modified} - - {uid} {uid}"


class Overlay:
    """A snapshot that is about to be changed."""

    def __init__(self, snapshot: Snapshot, uid: int, modified: int) -> None:
        """Begin with what was seen.

        Args:
            snapshot: what was seen.
            uid: whose the files are that are put there.
            modified: when, in seconds since the epoch.
        """
        self._snapshot = snapshot
        self._sections: dict[str, Section] = dict(snapshot.sections)
        self._uid, self._modified = uid, modified
        self._rows: dict[str, str] = {}

    def snapshot(self) -> Snapshot:
        """The snapshot with all that was put into it."""
        if self._rows:
            self._tables()
            lines = "".join(f"{line}\n" for line in self._rows.values())
            self.put("stat:applied", lines.encode())
        return replace(self._snapshot, sections=self._sections)

    def get(self, name: str) -> Section | None:
        """A section as it is by now."""
        return self._sections.get(name)

    def names(self, start: str) -> list[str]:
        """The names of the sections that begin so."""
        return [name for name in self._sections if name.startswith(start)]

    def put(self, name: str, data: bytes, status: int = 0) -> None:
        """Put a section in the place of the one of that name."""
        self._sections[name] = Section(name, status, data)

    def drop(self, name: str) -> None:
        """Take a section away: nobody has looked there."""
        self._sections.pop(name, None)

    def write(self, path: str, resolved: str, section: Section, mode: int) -> None:
        """Write a file over what is at a path: where that is a file, it keeps its owner and its mode."""
        for name in dict.fromkeys((path, resolved)):
            self.put(f"file:{name}", section.data, section.status)
            kept = self._kept(name)
            row = Row(name, resolved, "file", mode, len(section.data))
            self._rows[name] = kept or row.line(self._uid, self._modified)
        self._make_folders(resolved)

    def replace_folder(self, path: str, sections: Mapping[str, Section], rows: Iterable[Row]) -> None:
        """Put a folder in the place of what is at a path."""
        below = f"{path}/"
        for name in list(self._sections):
            kind = next((start for start in _OF_PATHS if name.startswith(start)), None)
            if kind is not None and f"{name.removeprefix(kind)}/".startswith(below):
                del self._sections[name]
        self._rows = {name: line for name, line in self._rows.items() if not f"{name}/".startswith(below)}
        for topic in self.names("stat:"):
            self._keep(topic, lambda name: not f"{name}/".startswith(below))
        self._sections.update(sections)
        for row in rows:
            self._rows[row.path] = row.line(self._uid, self._modified)
        self._make_folders(path)

    def _kept(self, path: str) -> str | None:
        """The line of a file that is there, as it is once it was written."""
        for topic in self.names("stat:"):
            for line in self._sections[topic].text.splitlines():
                words = line.split(" ")
                if decode(words[0]) == path and words[2:3] == ["file"] and len(words) > 9:  # noqa: PLR2004 - its mtime
                    return " ".join([*words[:9], str(self._modified), *words[10:]])
        return None

    def _make_folders(self, path: str) -> None:
        """The folders above a path are there, and name what lies in them."""
        folder, _, name = path.rpartition("/")
        while folder:
            listed = self.get(f"list:{folder}")
            if listed is not None and listed.status in {0, ABSENT} and encode(name) not in listed.text.split():
                before = b"" if listed.status else listed.data
                self.put(f"list:{folder}", before + f"{encode(name)}\n".encode())
            if self._is_absent(folder):
                self._rows[folder] = Row(folder, folder, "dir", 0o755).line(self._uid, self._modified)
            folder, _, name = folder.rpartition("/")

    def _is_absent(self, path: str) -> bool:
        start = f"{encode(path)} "
        lines = (line for topic in self.names("stat:") for line in self._sections[topic].text.splitlines())
        return any(line.startswith(start) and line.split(" ")[2:3] == ["absent"] for line in lines)

    def _tables(self) -> None:
        """What is told anew of a path is told nowhere else."""
        for topic in self.names("stat:"):
            self._keep(topic, lambda name: name not in self._rows)

    def _keep(self, topic: str, wanted: Callable[[str], bool]) -> None:
        section = self._sections[topic]
        lines = section.text.splitlines(keepends=True)
        kept = [line for line in lines if wanted(decode(line.partition(" ")[0]))]
        if len(kept) != len(lines):
            self.put(topic, "".join(kept).encode(), section.status)
