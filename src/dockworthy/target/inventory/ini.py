"""An inventory in INI, by the rules of Ansible's own plugin: sections, quotes, comments, values as of Python."""

from __future__ import annotations

import ast
import re
import shlex
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from dockworthy.errors import UsageError
from dockworthy.target.inventory.groups import KEPT, kept
from dockworthy.target.inventory.words import hosts_of
from dockworthy.typed import shown_word

if TYPE_CHECKING:
    from dockworthy.target.inventory.groups import Groups

__all__ = ["read_ini"]

_SECTION = re.compile(r"\[([^\]\s:]+)(?::(\w+))?\]\s*(?:[#;].*)?")
_CHILD = re.compile(r"([^:\]\s]+)\s*(?:#.*)?")
_SIMPLE = re.compile(r"[!$-&(-\[\]-~ \t]+")  # of these characters only blanks mean something to a shell's splitting
_QUOTED = re.compile(r"'([^']*)'|\"([^\"\\]*)\"")
_WORD = re.compile(rf"(?:[^\s\"'\\#]|{_QUOTED.pattern})+")
_AS_IT_IS = re.compile(r"(?!True$|False$|None$)[A-Za-z_/~][\w./@:-]*|[1-9][0-9]{0,17}|[0-9]+(?:\.[0-9]+){2,}", re.ASCII)


def read_ini(shown: str, text: str, groups: Groups) -> None:
    """Add what an inventory in INI names; `UsageError` with its line where it has a mistake."""
    group, kind = "ungrouped", None
    declared = set(groups.members)  # groups with a section of their own, here or in a file before
    wanted: dict[str, int] = {}  # where others are asked for first
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        if stripped[0] == "[" and (section := _SECTION.fullmatch(stripped)):
            group, kind = section[1], section[2]
            groups.add_group(group)
            if kind == "vars":
                wanted.setdefault(group, number)
            elif kind in {None, "children"}:
                declared.add(group)
            else:
                raise UsageError(f"{shown}:{number}: {_NO_SECTION}")
        elif kind == "children":
            wanted.setdefault(_child(shown, number, stripped, group, groups), number)
        elif kind == "vars":
            _variable(shown, number, stripped, groups.variables[group])
        else:
            _host(shown, number, stripped, group, groups)
    for name, number in wanted.items():
        if name not in declared:
            raise UsageError(
                f"{shown}:{number}: there is no group {shown_word(name)}; give it a section of its own, [GROUP]."
            )


_NO_SECTION = "this is no section; write [GROUP], [GROUP:vars] or [GROUP:children]."


def _child(shown: str, number: int, line: str, group: str, groups: Groups) -> str:
    found = _CHILD.fullmatch(line)
    if not found:
        raise UsageError(f"{shown}:{number}: this is no group's name; below [GROUP:children] one stands in each line.")
    groups.add_group(found[1])
    groups.children[group][found[1]] = None
    return found[1]


def _variable(shown: str, number: int, line: str, variables: dict[str, Any]) -> None:
    name, separator, value = line.partition("=")
    if not separator:
        raise UsageError(f"{shown}:{number}: below [GROUP:vars] each line is name=value.")
    if name.strip() in KEPT:
        variables.update(kept({name.strip(): _value(value.strip())}))


def _host(shown: str, number: int, line: str, group: str, groups: Groups) -> None:
    where = f"{shown}:{number}"
    if line[0] == "[" and line[-1] == "]" and not _is_range(line):
        raise UsageError(f"{where}: {_NO_SECTION}")
    words = line.split() if _SIMPLE.fullmatch(line) else _split(line, where)
    variables = {}
    for word in words[1:]:
        name, separator, value = word.partition("=")
        if not separator:
            problem = _NO_SECTION if line[0] == "[" else "after the host's name, only name=value is allowed."
            raise UsageError(f"{where}: {problem}")
        if name in KEPT:
            variables[name] = _value(value)
    if not words:
        return
    names, port = hosts_of(words[0], where)
    own = kept(variables)
    with_port = {"ansible_port": port, **own} if port else own
    for host in names:
        # As Ansible has it, a port beside the name is for a host that is not known yet.
        groups.add_host(group, host, own if host in groups.hosts else with_port, where)


def _is_range(line: str) -> bool:
    return ":" in line.partition("]")[0]


def _split(line: str, where: str) -> list[str]:
    """The words as a shell parts them; the standard library is asked where backslashes count, because it is slow."""
    words: list[str] = []
    place = 0
    while line.isascii():
        while line[place : place + 1].isspace():
            place += 1
        if place == len(line) or line[place] == "#":
            return words
        found = _WORD.match(line, place)
        if not found or line[found.end() : found.end() + 1] in {"'", '"', "\\"}:
            break
        words.append(_QUOTED.sub(r"\1\2", found[0]))
        place = found.end()
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        raise UsageError(f"{where}: a quote is not closed; close it.") from None


def _value(text: str) -> Any:
    return text if _AS_IT_IS.fullmatch(text) else _evaluated(text)


@lru_cache(maxsize=4096)
def _evaluated(text: str) -> Any:
    """A value that is one of Python's as such: its number, its truth value, its list, its text without quotes."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text
