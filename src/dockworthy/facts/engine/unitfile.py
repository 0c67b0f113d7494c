"""systemd's unit files and drop-ins: which files make a unit, in which order, and what stands in them.

Source: systemd 257, ``src/shared/conf-parser.c`` (``config_parse``, ``parse_line``), ``src/basic/path-lookup.c``,
``src/shared/dropin.c``, ``src/shared/unit-file.c``.
"""

from __future__ import annotations

import posixpath
from dataclasses import field
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code
from dockworthy.facts.engine.unitwords import WHITESPACE
from dockworthy.hosttree.entry import Kind
from dockworthy.hosttree.faults import UndecidedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dockworthy.hosttree.tree import Tree

__all__ = ["UNIT_FOLDERS", "Directive", "UnitFiles", "demand", "load_unit", "parse_unit_text", "user_folders"]

# path-lookup.c: where units of the system manager lie, the first that has a unit wins
UNIT_FOLDERS = (
    "/etc/systemd/system.control",
    "/run/systemd/system.control",
    "/run/systemd/transient",
    "/run/systemd/generator.early",
    "/etc/systemd/system",
    "/etc/systemd/system.attached",
    "/run/systemd/system",
    "/run/systemd/system.attached",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
    "/run/systemd/generator.late",
)
_USER_FOLDERS = ("/etc/systemd/user", "/usr/local/lib/systemd/user", "/usr/lib/systemd/user")
MAX_BYTES = 1 << 20  # LONG_LINE_MAX
_NULL = "/dev/null"


def user_folders(config_home: str) -> tuple[str, ...]:
    """Where units of a user's manager lie, by that user's ``XDG_CONFIG_HOME``."""
    return (f"{config_home}/systemd/user", *_USER_FOLDERS)


@dataclass(frozen=True, slots=True)
class Directive:
    """One assignment.

    Attributes:
        section: ``Service``.
        key: ``ExecStart``.
        value: without surrounding white space; "" takes back what was assigned before.
        file: where it stands.
        number: the line where it begins.
    """

    section: str
    key: str
    value: str
    file: str
    number: int

    @property
    def source(self) -> str:
        """The file and the line."""
        return f"{self.file}:{self.number}"


@dataclass(frozen=True, slots=True)
class UnitFiles:
    """The files of a unit and what they assign, in order.

    Attributes:
        name: ``docker.service``.
        fragment: the unit's own file, "" where there is none.
        drop_ins: the paths of the drop-ins, in order.
        directives: of all of them.
        masked: whether the unit is masked.
        broken: why the unit's own file cannot be loaded, "" where it can.
    """

    name: str
    fragment: str = ""
    drop_ins: tuple[str, ...] = ()
    directives: tuple[Directive, ...] = ()
    masked: bool = False
    broken: str = ""

    def values(self, section: str, key: str) -> list[Directive]:
        """The assignments of a list, after the last empty one."""
        found: list[Directive] = []
        for item in self.directives:
            if item.section == section and item.key == key:
                found = [*found, item] if item.value else []
        return found

    def last(self, section: str, key: str) -> Directive | None:
        """The assignment of a single value that counts; None where it was never made or taken back."""
        found = [item for item in self.directives if (item.section, item.key) == (section, key)]
        return found[-1] if found and found[-1].value else None


@dataclass(slots=True)
class _Parser:
    path: str
    section: str = ""
    found: list[Directive] = field(default_factory=list)
    broken: str = ""

    def line(self, text: str, number: int) -> None:
        """One logical line, its continuations joined."""
        text = text.strip(WHITESPACE)
        if not text or self.broken:
            return
        if text.startswith("["):
            self.section = text[1:-1]
            if not text.endswith("]"):
                self.broken = f"{self.path}:{number}: Invalid section header '{text}'"
            return
        key, equals, value = text.partition("=")
        key = key.strip(WHITESPACE)
        if equals and key and self.section:
            self.found.append(Directive(self.section, key, value.strip(WHITESPACE), self.path, number))


def _ends_in_backslash(line: str) -> bool:
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def parse_unit_text(text: str, path: str) -> tuple[list[Directive], str]:
    """The assignments of one file, and why it is not read to its end.

    Lines without a sign of equality or outside a section are passed over; a section header that does not end
    is the end of the reading.
    """
    parser = _Parser(path)
    continued, first = "", 0
    for number, raw in enumerate(text[:MAX_BYTES].removeprefix("\ufeff").split("\n"), 1):
        line = raw.removesuffix("\r")
        if line.lstrip(WHITESPACE)[:1] in {"#", ";"}:
            continue  # a comment does not end a continued line
        if not continued:
            first = number
        joined = continued + line
        if _ends_in_backslash(joined):
            continued = joined[:-1] + " "
            continue
        continued = ""
        parser.line(joined, first)
    if continued:
        parser.line(continued, first)
    return parser.found, parser.broken


def _is_null(path: str, files: Tree) -> bool:
    """Whether a file masks what it replaces: a link to /dev/null, or no bytes at all."""
    entry, _ = files.find(path, follow=False)
    if entry.kind == Kind.LINK:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), entry.target))
        if target == _NULL:
            return True
    resolved, _ = files.find(path)
    return resolved.data == b""


def demand(path: str, files: Tree) -> None:
    """Make sure that it was no lack of permission that kept the probe from seeing a path.

    Raises:
        UndecidedError: where it was.
    """
    reason = files.find(path)[0].unknown
    if reason is not None and reason.code is Code.NOT_PERMITTED:
        raise UndecidedError(path, reason)


def _find_fragment(name: str, files: Tree, folders: Iterable[str]) -> str:
    template = f"{name.partition('@')[0]}@.{name.rpartition('.')[2]}"
    for wanted in (name, template) if "@" in name else (name,):
        for folder in folders:
            path = f"{folder}/{wanted}"
            entry, reason = files.find(path, follow=False)
            demand(path, files)
            # what the probe did not see in a folder of units is taken for absent
            if not reason and entry.kind != Kind.UNKNOWN:
                return path
    return ""


def _find_drop_ins(name: str, files: Tree, folders: Iterable[str]) -> list[str]:
    """The drop-ins in the order of their names; of one name the first folder's counts."""
    kind = name.rpartition(".")[2]
    groups = [f"{name}.d", f"{kind}.d"]
    if "@" in name:
        groups.insert(1, f"{name.partition('@')[0]}@.{kind}.d")
    chosen: dict[str, str] = {}
    for group in groups:
        for folder in folders:
            path = f"{folder}/{group}"
            demand(path, files)
            for file in files.children(path, unknown=True):
                if file.endswith(".conf"):
                    chosen.setdefault(file, f"{path}/{file}")
    return [chosen[file] for file in sorted(chosen, key=str.encode)]


def _read(path: str, files: Tree) -> tuple[list[Directive], str]:
    return parse_unit_text(files.read_file(path).decode("utf-8", "surrogateescape"), path)


def load_unit(name: str, files: Tree, folders: Sequence[str] = UNIT_FOLDERS) -> UnitFiles:
    """A unit as systemd would load it now.

    Args:
        name: the unit; of an instance (``docker@two.service``) its template counts where it has no file of its own.
        files: the host's files.
        folders: where units lie, the first that has it wins.

    Raises:
        UndecidedError: where a file of the unit was not read.
    """
    key = (name, tuple(folders))
    found: UnitFiles | None = files.made.get(key)
    if found is None:
        found = files.made[key] = _load(name, files, folders)
    return found


def _load(name: str, files: Tree, folders: Sequence[str]) -> UnitFiles:
    fragment = _find_fragment(name, files, folders)
    if fragment and _is_null(fragment, files):
        return UnitFiles(name, fragment, masked=True)
    drop_ins = tuple(path for path in _find_drop_ins(name, files, folders) if not _is_null(path, files))
    if not fragment and not files.complete:
        raise UndecidedError(name)
    directives, broken = _read(fragment, files) if fragment else ([], "")
    for path in drop_ins:
        directives += _read(path, files)[0]  # one that breaks off counts up to there
    return UnitFiles(name, fragment, drop_ins, tuple(directives), broken=broken)
