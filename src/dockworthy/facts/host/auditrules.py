"""One line of audit rules: what auditctl(8) makes of it.

Syntax: audit-userspace, src/auditctl.c (``fileopt``, ``setopt``) and lib/libaudit.c (``audit_rule_fieldpair_data``).
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import field
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["ALL", "AuditRule", "RuleSet", "normal", "parse_rules"]

ALL = frozenset("rwxa")
_ACTIONS, _LISTS = {"always", "never"}, {"task", "exit", "user", "exclude", "filesystem", "io_uring"}
_FIELD = regex(r"([A-Za-z_0-9]{1,32})(!=|>=|<=|&=|=|>|<|&)(.+)", re.DOTALL)
_LIMIT = 200_000  # rules; the kernel's own lists are far shorter
_LOCKED = 2
# What a rule must name of each kind of access where it names system calls: auditctl 4 writes out those that
# perm= stands for, which differ by architecture; these are on every one.
_CORE = {
    "r": frozenset({"openat"}),
    "w": frozenset({"openat", "unlinkat", "renameat2"}),
    "x": frozenset({"execve"}),
    "a": frozenset({"fchmodat", "fchownat", "setxattr"}),
}
_OLDER = {"renameat2": "renameat", "openat": "open"}
_NATIVE = frozenset({"b64", "x86_64", "aarch64", "ppc64le", "ppc64", "s390x", "riscv64", "loongarch64"})
_BUILTIN_KEYS = frozenset({"key", "path", "dir", "perm", "arch"})
_FIRST_PEOPLE = 1000  # auid>=1000 leaves out services and keeps everybody who logged in


@dataclass(frozen=True, slots=True)
class AuditRule:
    """One rule."""

    text: str  # as it was written or listed
    action: str  # ``always`` or ``never``
    filter: str  # ``exit``, ``task``, ``exclude``, …
    path: str = ""  # the operand of ``-w``, ``path=`` or ``dir=``; empty where it has none
    # True for ``dir=``, False for ``path=``, None for ``-w``, which is either by what the path is
    recursive: bool | None = None
    perms: frozenset[str] = ALL  # the kinds of access that it is about, of ``rwxa``
    conditions: tuple[str, ...] = ()  # what else it demands, so that it is about some accesses only
    source: str = ""  # the file and line, or the command

    @property
    def is_printed_as_watch(self) -> bool:
        """Whether a listing prints it as ``-w``, and so leaves out whether it says never or path=."""
        return self.text.startswith("-w ")


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules in the order in which the kernel asks them."""

    rules: tuple[AuditRule, ...]  # in order
    enabled: int | None  # 0 off, 1 on, 2 on and locked; None where the rules do not say
    source: str  # where they come from
    listed: bool = False  # whether they come from ``auditctl -l``, which shows less than the rules' files do


def normal(path: str) -> str:
    """The path without ``//``, ``/./`` and a slash at its end."""
    return posixpath.normpath("/" + path.lstrip("/")) if path.startswith("/") else path


@dataclass(slots=True)
class _Words:
    """The options of one line while they are read."""

    operation: str = ""
    spec: str = ""
    path: str = ""
    recursive: bool | None = None
    perms: str | None = None
    calls: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    enabled: str = ""
    key: str = ""
    bad: bool = False
    go_on: bool = False


_TAKES_VALUE = frozenset("CefrbaAdSFmRwWkpq")
_ALONE = frozenset("hicslDvt")


def _options(words: Sequence[str]) -> list[tuple[str, str]] | None:
    """The words as getopt(3) takes them apart; None where a value is missing or a word stands alone."""
    found: list[tuple[str, str]] = []
    index = 0
    while index < len(words):
        word = words[index]
        index += 1
        if word.startswith("--"):
            if word in {"--backlog_wait_time", "--signal"} and index < len(words):
                index += 1
            found.append(("--", word))
        elif len(word) > 1 and word[0] == "-" and word[1] in _TAKES_VALUE:
            value = word[2:]
            if not value:
                if index >= len(words):
                    return None
                value = words[index]
                index += 1
            found.append((word[1], value))
        elif len(word) > 1 and word[0] == "-" and word[1] in _ALONE:
            found.append((word[1], ""))
        else:
            return None
    return found


def _read(option: str, value: str, into: _Words) -> None:
    if option in "aAd":
        into.operation, into.spec = option, value
    elif option in "wW":
        into.operation, into.path, into.recursive = option, value, None
        into.spec = "always,exit"
    elif option == "p":
        into.perms = value.lower()
    elif option == "k":
        into.key = value
    elif option == "e":
        into.enabled = value
    elif option == "S":
        into.calls += value.split(",")
    elif option == "C":
        into.conditions.append(value)
    elif option == "F":
        _read_field(value, into)
    else:
        _read_switch(option, into)


def _read_switch(option: str, into: _Words) -> None:
    if option == "D":
        into.operation = "D"
    elif option in "ic":
        into.go_on = True


def _read_field(text: str, into: _Words) -> None:
    found = _FIELD.fullmatch(text)
    if not found:
        into.bad = True
        return
    name, operator, value = found[1], found[2], found[3]
    if name in _BUILTIN_KEYS and operator == "=":
        if name == "key":
            into.key = value
        elif name == "perm":
            into.perms = value.lower()
        elif name == "arch":
            if value not in _NATIVE:
                into.conditions.append(text)
        else:
            into.bad = into.bad or bool(into.path)
            into.path, into.recursive = value, name == "dir"
    elif not _holds_for_people(name, operator, value):
        into.conditions.append(text)


def _holds_for_people(name: str, operator: str, value: str) -> bool:
    """Whether a condition leaves out nobody who logged in: ``auid>=1000``, ``auid!=unset``."""
    if name not in {"auid", "loginuid"}:
        return False
    if operator == "!=":
        return value in {"unset", "-1", "4294967295"}
    return operator == ">=" and value.isascii() and value.isdigit() and int(value[:12]) <= _FIRST_PEOPLE


def _split(line: str) -> list[str]:
    """Words separated by blanks, in which a backslash keeps a blank (auditctl.c, ``preprocess``)."""
    line = line.strip(" \r\t").replace("\t", " ").replace("\\ ", "\0")
    return [word.replace("\0", " ") for word in line.split(" ") if word]


def _rule(words: _Words, text: str, source: str) -> AuditRule | None:
    parts = words.spec.split(",")
    action = next((part for part in parts if part in _ACTIONS), "")
    where = next((part for part in parts if part in _LISTS), "")
    perms = ALL if words.perms is None else frozenset(words.perms)
    bad = words.bad or not perms or not perms <= ALL or len(words.perms or "") > len(ALL)
    if bad or not action or not where or len(parts) != 2:  # noqa: PLR2004 - action and list, in either order
        return None
    conditions = list(words.conditions)
    calls = set(words.calls)
    if calls and "all" not in calls:
        named = frozenset(perm for perm in perms if _names(calls, perm))
        if not named:
            conditions.append(f"the system call is {','.join(words.calls)[:100]}")
        perms = named or perms
    return AuditRule(text, action, where, normal(words.path), words.recursive, perms, tuple(conditions), source)


def _names(calls: set[str], perm: str) -> bool:
    """Whether the system calls named are those that a kind of access stands for."""
    return all(call in calls or _OLDER.get(call, call) in calls for call in _CORE[perm])


def parse_rules(lines: Iterable[tuple[str, str]]) -> tuple[tuple[AuditRule, ...], int | None]:
    """Read rules as ``auditctl -R`` does, one line after the other.

    Args:
        lines: each line with where it stands.

    Returns:
        The rules in the kernel's order, and what ``-e`` sets (None where nothing does). At a line that is no
        command auditctl ends, unless ``-i`` or ``-c`` came before.
    """
    rules: list[AuditRule] = []
    enabled: int | None = None
    go_on = False
    for source, line in lines:
        words = _split(line)
        if not words or words[0].startswith("#") or len(rules) >= _LIMIT:
            continue
        options = _options(words)
        if options is None and not go_on:
            break
        read = _Words()
        for option, value in options or ():
            _read(option, value, read)
        go_on = go_on or read.go_on
        if enabled == _LOCKED:
            continue  # the kernel refuses whatever follows
        if read.enabled in {"0", "1", "2"}:
            enabled = int(read.enabled)
        _apply(read, " ".join(words), source, rules)
    return tuple(rules), enabled


def _apply(words: _Words, text: str, source: str, rules: list[AuditRule]) -> None:
    if words.operation == "D":
        rules[:] = [rule for rule in rules if words.key and words.key not in rule.text.split()]
        return
    rule = _rule(words, text, source)
    if rule is None:
        return
    if words.operation == "A":
        rules.insert(0, rule)
    elif words.operation in {"a", "w"}:
        rules.append(rule)
    else:
        same = (index for index, one in enumerate(rules) if _compared(one) == _compared(rule))
        index = next(same, None)
        if index is not None:
            del rules[index]


def _compared(rule: AuditRule) -> tuple[object, ...]:
    return rule.action, rule.filter, rule.path, rule.perms, rule.conditions
