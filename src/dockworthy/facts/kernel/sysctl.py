"""Kernel parameters: their value now, and the one that the next boot will set.

``systemd-sysctl`` reads the files of ``sysctl.d(5)``: one in ``/etc`` hides one of the same name in ``/run``, and so
on; what is left is read in the order of the names alone, and a later assignment wins. A name with a wildcard
gives way to one spelled out, ``-NAME`` without a value takes a name out of the wildcards. ``/etc/sysctl.conf`` is
no part of it, except by a link to it; ``sysctl --system`` of procps, which other inits use, reads it last.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, known, unknown
from dockworthy.facts.kernel.bootargs import BootArguments, boot_arguments
from dockworthy.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dockworthy.facts.kernel.lookup import Lookup

__all__ = ["Assignment", "SysctlFacts", "parse_sysctl", "persisted"]

# In the order of precedence; on a system with merged /usr, /lib is a link and not read twice.
DIRECTORIES = ("etc/sysctl.d", "run/sysctl.d", "usr/local/lib/sysctl.d", "usr/lib/sysctl.d", "lib/sysctl.d")
CONF = "etc/sysctl.conf"
_GLOB = regex(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Assignment:
    """One line of a configuration file.

    Attributes:
        path: the parameter's path below ``/proc/sys``, or a pattern of paths.
        value: what is written to it; None for ``-NAME``, which takes a path out of the patterns.
        file: where it stands.
    """

    path: str
    value: str | None
    file: str

    @property
    def is_pattern(self) -> bool:
        """Whether it speaks of all paths that match."""
        return bool(_GLOB.search(self.path))


def sysctl_path(name: str) -> str:
    """A parameter's path from either spelling: ``net.ipv4.ip_forward`` or ``net/ipv4/ip_forward``.

    The first separator decides: after a dot, dots and slashes change places (``net.ipv4.conf.eth0/100.forwarding``).
    """
    first = re.search(r"[./]", name)
    if first and first[0] == ".":
        name = name.translate(str.maketrans("./", "/."))
    return "/".join(part for part in name.split("/") if part and part != ".")


def _assignment(line: str, file: str) -> Assignment | None:
    name, equals, value = line.partition("=")
    name = name.strip()
    if equals:
        name = name.removeprefix("-").strip()
        return Assignment(sysctl_path(name), value.strip(), file) if name else None
    return Assignment(sysctl_path(name[1:].strip()), None, file) if name.startswith("-") else None


def parse_sysctl(text: str, file: str) -> list[Assignment]:
    """The assignments of one file; comments and what is none are passed over."""
    lines = (line.strip() for line in text.splitlines())
    found = (_assignment(line, file) for line in lines if line and line[0] not in "#;")
    return [assignment for assignment in found if assignment is not None]


@lru_cache(maxsize=512)
def _pattern(text: str) -> re.Pattern[str]:
    """A pattern of ``glob(7)``, whose wildcards match no slash."""
    parts: list[str] = []
    position = 0
    while position < len(text):
        character = text[position]
        position += 1
        if character == "*":
            parts.append("[^/]*")
        elif character == "?":
            parts.append("[^/]")
        elif character == "[" and (end := text.find("]", position + 1)) > 0:
            inside = text[position:end].replace("\\", "\\\\").replace("[", "\\[").replace("^", "\\^")
            parts.append(f"(?!/)[{'^' + inside[1:] if inside.startswith('!') else inside}]")
            position = end + 1
        else:
            parts.append(re.escape(character))
    try:
        return re.compile("".join(parts))
    except re.error:
        return re.compile(re.escape(text))


def persisted(assignments: Iterable[Assignment], path: str) -> Assignment | None:
    """The assignment that is in force for a path after all have been read, or None."""
    exact: Assignment | None = None
    by_pattern: Assignment | None = None
    for assignment in assignments:
        if assignment.path == path:
            exact = assignment
        elif assignment.is_pattern and assignment.value is not None and _pattern(assignment.path).fullmatch(path):
            by_pattern = assignment
    if exact is None:
        return by_pattern
    return exact if exact.value is not None else None


@dataclass(frozen=True, slots=True)
class SysctlFacts:
    """The host's kernel parameters.

    Attributes:
        lookup: where the values of now come from.
        assignments: the lines of the configuration files in the order in which they are read at boot.
        at_boot: what the kernel's command line sets (``sysctl.NAME=VALUE``, from 5.8), by path.
    """

    lookup: Lookup
    assignments: Evidence[tuple[Assignment, ...]]
    at_boot: Evidence[Mapping[str, str]]

    @classmethod
    def from_lookup(cls, lookup: Lookup) -> SysctlFacts:
        """The facts from evidence by path."""
        return cls(lookup, _assignments(lookup), boot_arguments(lookup).map(_boot_values))

    def now(self, name: str) -> Evidence[str]:
        """The value in force, its white space reduced to single spaces."""
        return self.lookup.word(f"proc/sys/{sysctl_path(name)}").map(lambda value: " ".join(value.split()))

    def number(self, name: str) -> Evidence[int]:
        """The value in force, where it is a whole number."""
        return self.lookup.number(f"proc/sys/{sysctl_path(name)}")

    def exists(self, name: str) -> Evidence[bool]:
        """Whether the kernel has the parameter now; a module that brings it may not be loaded yet."""
        return self.lookup.exists(f"proc/sys/{sysctl_path(name)}")

    def at_next_boot(self, name: str) -> Evidence[Assignment | None]:
        """What the configuration files, or the command line, set at boot; None where nothing does."""
        if not self.assignments.is_known:
            return unknown(self.assignments.unknown or "", self.assignments.source)
        path = sysctl_path(name)
        found = persisted(self.assignments.value, path)
        if found is not None:
            return known(found, found.file)
        if not self.at_boot.is_known:
            return unknown(self.at_boot.unknown or "", self.at_boot.source)
        given = self.at_boot.value.get(path)
        if given is not None:
            return known(Assignment(path, given, "/proc/cmdline"), "/proc/cmdline")
        return known(None, self.assignments.source)


def _boot_values(boot: BootArguments) -> Mapping[str, str]:
    return {sysctl_path(name): value for name, value in boot.prefixed("sysctl.").items()}


def _files(lookup: Lookup) -> Evidence[list[str]]:
    """The files in force, in the order of their names."""
    chosen: dict[str, str] = {}
    for directory in DIRECTORIES:
        names, there = lookup.lines(f"list:{directory}"), lookup.exists(f"list:{directory}")
        if not names.is_known and directory != DIRECTORIES[-1] and (not there.is_known or there.value):
            return unknown(names.unknown or "", names.source)
        for name in names.get([]):
            if name.endswith(".conf"):
                chosen.setdefault(name, f"{directory}/{name}")
    return known([path for _, path in sorted(chosen.items())], "/etc/sysctl.d")


def _assignments(lookup: Lookup) -> Evidence[tuple[Assignment, ...]]:
    files = _files(lookup)
    if not files.is_known:
        return unknown(files.unknown or "", files.source)
    paths = list(files.value)
    init, conf = lookup.word("init"), lookup.exists(CONF)
    if init.is_known and init.value != "systemd":
        paths.append(CONF)
    elif not init.is_known and conf.is_known and conf.value:
        return unknown(
            "whether /etc/sysctl.conf is read at boot depends on init, which is not known", f"/{CONF}", Code.AMBIGUOUS
        )
    assignments: list[Assignment] = []
    for path in paths:
        there, text = lookup.exists(path), lookup.text(path)
        if there.is_known and not there.value:
            continue  # a link to /dev/null or to nothing hides those of its name and says nothing
        if not text.is_known:
            return unknown(text.unknown or "", text.source)
        assignments += parse_sysctl(text.value, text.source)
    return known(tuple(assignments), files.source)
