"""Which files the kernel's audit watches, judged as the kernel's exit filter does it.

Sources: ``auditctl -l`` (the rules that are loaded) and ``auditctl -s``; where those cannot be had, the files
that are loaded at start: ``/etc/audit/rules.d/*.rules`` as augenrules(8) joins them, and
``/etc/audit/audit.rules``.
Order: the first rule that matches decides, so that a ``never`` rule hides what a later rule would record
(kernel/auditsc.c, ``audit_filter_rules``); a ``never`` rule on the task list without conditions ends all watching.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import field, replace
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, derived, known, unknown
from dockworthy.facts.facts import fact
from dockworthy.facts.host.auditrules import AuditRule, RuleSet, normal, parse_rules
from dockworthy.regex import regex
from dockworthy.snapshot import DIRECTORY, NO_TOOL
from dockworthy.tables import decode, standard_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockworthy.hosttree.tree import Tree
    from dockworthy.snapshot import Snapshot

__all__ = ["Audit", "AuditRule", "Coverage", "RuleSet", "audit"]

_NO_RULES = "No rules"
_FOLDER = "/etc/audit/rules.d"
_LOADED_FILE = "/etc/audit/audit.rules"
_ENABLED = regex(r"^(?:AUDIT_STATUS: )?enabled[ =](\d)", re.MULTILINE | re.ASCII)
# A container, a name space of its own, a user who is not root, a kernel without audit.
_NOT_FROM_HERE = regex(
    r"not permitted|permission denied|must be root|not supported|refused|disabled|cannot open netlink", re.IGNORECASE
)
_KEY = regex(r"( -k | -F key=)([^-\n][^\n]*?)(?=\n|\Z| -k | -F key=)")
_NOTHING = RuleSet((), None, "")
_ENABLE_LINE = regex(r"\s*-e")
_MOVED_LINE = regex(r"\s*(?:-e|-D\s*$)")


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the rules say about one path."""

    watched: frozenset[str]  # the kinds of access (of ``rwxa``) that are recorded
    reason: str  # why not all are, as a sentence; empty where they are
    rules: tuple[AuditRule, ...] = ()  # the rules that decide

    def __str__(self) -> str:
        shown = "; ".join(rule.text for rule in self.rules) or "no rule"
        return f"{shown} ({self.reason})" if self.reason else shown


@dataclass(frozen=True, slots=True)
class Audit:
    """The audit rules of the host."""

    # the rules that count: what is loaded, else each of the persisted sets; unknown where none can be read
    sets: Evidence[tuple[RuleSet, ...]]
    persisted: Evidence[tuple[RuleSet, ...]]  # what the files hold, for what ``auditctl -l`` does not show
    is_installed: bool = True  # whether there is an auditctl

    @derived
    def watches(self, paths: Iterable[str], *, folder: bool, wanted: frozenset[str]) -> Evidence[Coverage]:
        """Whether accesses to a path are recorded.

        Args:
            paths: the path's spellings; the last has all links resolved.
            folder: whether it is a folder, which must be watched with all that is below it.
            wanted: the kinds of access that must be recorded, of ``rwxa``.
        """
        target = _Target(tuple(dict.fromkeys(normal(path) for path in paths)), folder, wanted)
        first: Evidence[Coverage] | None = None
        for rules in self.sets.value:
            found = _Question(target, rules, self.persisted).answer()
            if found.is_known and wanted <= found.value.watched:
                return found
            first = first or found
        return first or unknown("no rules were found", self.sets.source, Code.ABSENT)


# --- the question ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Target:
    paths: tuple[str, ...]
    folder: bool
    wanted: frozenset[str]


class _UndecidedError(Exception):
    """What is listed does not say what the rule does, and its file cannot be read."""


@dataclass(slots=True)
class _Question:
    """One target asked of one list of rules."""

    target: _Target
    rules: RuleSet
    persisted: Evidence[tuple[RuleSet, ...]]
    seen: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    near: str = ""

    def answer(self) -> Evidence[Coverage]:
        if self.rules.enabled == 0:
            return self._known("the kernel's audit is switched off (enabled 0)")
        killer = next((rule for rule in self.rules.rules if _ends_everything(rule)), None)
        if killer:
            return self._known("this rule ends the recording of all files", (killer,))
        try:
            deciding = tuple(rule for rule in self.rules.rules if self._counts(rule))
        except _UndecidedError as error:
            return unknown(str(error), self.rules.source)
        missing = "".join(sorted(self.target.wanted - self.seen))
        if not missing:
            return self._known("", deciding)
        why = f"{missing} is not recorded"
        if self.hidden & self.target.wanted:
            why += "; a rule with the action never comes first"
        return self._known(f"{why}; {self.near}" if self.near else why, deciding)

    def _known(self, reason: str, rules: tuple[AuditRule, ...] = ()) -> Evidence[Coverage]:
        return known(Coverage(frozenset(self.seen), reason, rules), self.rules.source)

    def _counts(self, rule: AuditRule) -> bool:
        """Whether this rule, at its place, makes more accesses to the target be recorded."""
        reach = self._reach(rule)
        if reach is None:
            return False
        never = rule.action == "never"
        if not reach and not never and self.rules.listed and rule.is_printed_as_watch:
            never, reach = self._doubt(rule)
        if reach:
            self.near = self.near or f"{rule.text}: {reach}"
        elif never:
            self.hidden |= rule.perms - self.seen
        else:
            gained = rule.perms - self.hidden - self.seen
            self.seen |= gained
            return bool(gained)
        return False

    def _reach(self, rule: AuditRule) -> str | None:
        """Empty where the rule is about the target; None where it is not; else why it is only partly."""
        if rule.filter != "exit":
            return None
        if not rule.path:
            # Without a path it records calls, not files; but one that says never and no more hides all.
            return "" if rule.action == "never" and not rule.conditions else None
        paths = self.target.paths
        if rule.path in paths:
            if self.target.folder and rule.recursive is False:
                return "path= on a folder does not hold for the files in it, use dir="
        elif rule.recursive is False or not _is_above(rule.path, paths[-1]):
            return None
        if rule.conditions:
            return None if rule.action == "never" else f"it holds only where {', '.join(rule.conditions)}"
        return ""

    def _doubt(self, rule: AuditRule) -> tuple[bool, str]:
        """What a listed ``-w`` hides, by the file that it was loaded from: (it says never, why it is only partly).

        ``auditctl -l`` prints each rule that has a path, perm= and all system calls as ``-w``.
        """
        if not self.persisted.is_known:
            raise _UndecidedError(f"`{rule.text}` may be a rule that records nothing, and its file is not known")
        same = [one for rules in self.persisted.value for one in rules.rules if _same_watch(one, rule)]
        positive = [one for one in same if one.action == "always"]
        if same and not positive:
            return True, ""
        if len(positive) < len(same):
            times = sum(_same_watch(one, rule) for one in self.rules.rules)
            if times == 1:
                raise _UndecidedError(f"`{rule.text}` is loaded once, and the files hold it with always and with never")
            return same[0].action == "never", ""
        beneath = rule.path not in self.target.paths
        if positive and (beneath or self.target.folder) and all(one.recursive is False for one in positive):
            return False, "its file says path=, which does not hold for the files in a folder, use dir="
        return False, ""


def _ends_everything(rule: AuditRule) -> bool:
    """Whether nothing at all is recorded because of this rule."""
    if rule.filter == "task":
        return rule.action == "never" and not rule.conditions
    # Either action of an exclude rule drops the records of that kind; without SYSCALL there is no event.
    return rule.filter == "exclude" and rule.conditions in {("msgtype=SYSCALL",), ("msgtype=1300",)}


def _is_above(folder: str, path: str) -> bool:
    return folder == "/" or path.startswith(folder + "/")


def _same_watch(one: AuditRule, other: AuditRule) -> bool:
    return (
        one.filter == other.filter == "exit"
        and bool(one.path)
        and one.path == other.path
        and one.perms == other.perms
        and not one.conditions
    )


# --- the snapshot ----------------------------------------------------------------------------------------------


@fact
def audit(snapshot: Snapshot, files: Tree) -> Audit:
    """The rules that are loaded, else those that will be."""
    persisted = _persisted(snapshot)
    loaded = _loaded(snapshot)
    sets = persisted
    if loaded is not None:
        sets = Evidence(loaded.source, (loaded.get(_NOTHING),), loaded.unknown)
    installed = "cmd:auditctl-l" not in snapshot or snapshot["cmd:auditctl-l"].status != NO_TOOL
    return Audit(_real(sets, files), _real(persisted, files), installed)


def _real(sets: Evidence[tuple[RuleSet, ...]], files: Tree) -> Evidence[tuple[RuleSet, ...]]:
    """The rules with the links in the folders of their paths resolved, as the kernel does when it loads them.

    The last part of a path stays as it is: the kernel watches a link itself.
    """

    def real(rule: AuditRule) -> AuditRule:
        if not rule.path.startswith("/") or rule.path == "/":
            return rule
        folder = files.canonical(posixpath.dirname(rule.path))
        return replace(rule, path=normal(posixpath.join(folder, posixpath.basename(rule.path))))

    return sets.map(
        lambda found: tuple(replace(rules, rules=tuple(real(rule) for rule in rules.rules)) for rules in found)
    )


def _quoted(listing: str) -> str:
    """The listing with the blanks in keys behind backslashes, as a rules file has them: keys come last in a line."""
    return _KEY.sub(lambda found: found[1] + found[2].replace(" ", "\\ "), listing)


def _numbered(text: str, source: str) -> list[tuple[str, str]]:
    return [(f"{source}:{number}", line) for number, line in enumerate(text.splitlines(), 1)]


def _loaded(snapshot: Snapshot) -> Evidence[RuleSet] | None:
    """What ``auditctl`` says; None where there is none, or the kernel lets nobody ask from here."""
    section = snapshot.get("cmd:auditctl-l")
    said = standard_error(snapshot, "cmd:auditctl-l")
    if section is not None and (section.status == NO_TOOL or _NOT_FROM_HERE.search(said)):
        return None
    listing = snapshot.text("cmd:auditctl-l")
    if not listing.is_known:
        return unknown(listing.unknown or "", "auditctl -l")
    rules, _ = parse_rules([("auditctl -l", "-i"), *_numbered(_quoted(listing.value), "auditctl -l")])
    if not rules and _NO_RULES not in listing.value:
        return unknown(said[:200] or "auditctl printed no rules", "auditctl -l")
    found = _ENABLED.search(snapshot.text("cmd:auditctl-s").get(""))
    if rules and not found:
        return unknown("auditctl does not say whether audit is enabled", "auditctl -s", Code.NOT_TOLD)
    return known(RuleSet(rules, int(found[1]) if found else None, "auditctl -l", listed=True), "auditctl -l")


@derived
def _persisted(snapshot: Snapshot) -> Evidence[tuple[RuleSet, ...]]:
    """The rules' files: those of rules.d joined, and the one that is loaded at start."""
    sets: list[RuleSet] = []
    joined = _joined(snapshot).value
    if joined is not None:
        sets.append(joined)
    if not snapshot.is_absent(f"file:{_LOADED_FILE}"):
        text = snapshot.text(f"file:{_LOADED_FILE}").value
        sets.append(RuleSet(*parse_rules(_numbered(text, _LOADED_FILE)), _LOADED_FILE))
    return known(tuple(sets) or (RuleSet((), None, "/etc/audit"),), "/etc/audit")


@derived
def _joined(snapshot: Snapshot) -> Evidence[RuleSet | None]:
    """The files of rules.d as augenrules joins them: by name, the last ``-e`` at the end, ``-D`` at the start."""
    if snapshot.is_absent(f"list:{_FOLDER}"):
        return known(None, _FOLDER)
    lines: list[tuple[str, str]] = []
    names = [decode(name) for name in snapshot.text(f"list:{_FOLDER}").by(_FOLDER).value.split()]
    for name in sorted(names, key=_version_order):
        if not name.endswith(".rules") or name.startswith("."):
            continue
        path = f"{_FOLDER}/{name}"
        if not _holds_nothing(snapshot, f"file:{path}"):
            lines += _numbered(snapshot.text(f"file:{path}").by(path).value, path)
    at_end = [item for item in lines if _ENABLE_LINE.match(item[1])][-1:]
    kept = [item for item in lines if not _MOVED_LINE.match(item[1])]
    return known(RuleSet(*parse_rules(kept + at_end), f"{_FOLDER}/*.rules"), _FOLDER)


def _holds_nothing(snapshot: Snapshot, name: str) -> bool:
    """Whether augenrules finds no rules there: in a folder, and behind a link that leads nowhere."""
    return name in snapshot and (snapshot.is_absent(name) or snapshot[name].status == DIRECTORY)


def _version_order(name: str) -> list[tuple[int, int, str]]:
    """The order of ``ls -v``: runs of digits by their value."""
    parts = re.findall(r"[0-9]+|[^0-9]+", name)
    return [(0, int(part[:18]), part) if part[0].isascii() and part[0].isdigit() else (1, 0, part) for part in parts]
