"""needrestart's settings: whether it restarts a service by itself after an upgrade.

Source: needrestart 3.11: ``needrestart.conf`` (which reads ``conf.d/*.conf``, sorted), and the program's choice of
services: of the expressions in ``override_rc`` the first that fits counts, sorted since 3.8 and in no order before.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, known, unknown
from dockworthy.facts.boot.told import files_told, untold
from dockworthy.facts.facts import fact
from dockworthy.masking import HIDDEN
from dockworthy.regex import regex

if TYPE_CHECKING:
    from dockworthy.facts.host.os import OperatingSystem
    from dockworthy.facts.host.packages import Packages
    from dockworthy.snapshot import Snapshot

__all__ = ["Needrestart", "needrestart"]

_MAIN = "/etc/needrestart/needrestart.conf"
_UBUNTU_RESTARTS_SINCE = (24, 4)
# What Perl and Python read alike.
_PLAIN = regex(r"[A-Za-z0-9^$.*+?|()\[\]\\@_:-]*")


@dataclass(frozen=True, slots=True)
class Rule:
    """An expression, whether the services that it fits may be restarted, and where it stands."""

    pattern: str
    restarts: bool
    source: str


@dataclass(frozen=True, slots=True)
class Needrestart:
    """What needrestart does by itself."""

    installed: Evidence[bool]
    mode: Evidence[str]  # ``a`` restarts, ``i`` asks, ``l`` lists
    _overrides: Evidence[tuple[Rule, ...]]
    _blacklist: Evidence[tuple[Rule, ...]]
    _by_default: bool  # whether a service that no expression fits is restarted

    def restarts(self, unit: str) -> Evidence[bool]:
        """Whether it restarts a unit, in the mode in which it does so by itself."""
        for rule in self._blacklist.value:
            if _fits(rule.pattern, unit):
                return known(False, rule.source)  # noqa: FBT003 - the evidence's value
        found = [rule for rule in self._overrides.value if _fits(rule.pattern, unit)]
        if not found:
            return known(self._by_default, f"{self._overrides.source}: no expression fits {unit}")
        if len({rule.restarts for rule in found}) > 1:
            both = " and ".join(rule.source for rule in found)
            return unknown(f"{both} say different things of {unit}", self._overrides.source, Code.AMBIGUOUS)
        return known(found[0].restarts, found[0].source)


def _fits(pattern: str, unit: str) -> bool:
    try:
        return _PLAIN.fullmatch(pattern) is not None and re.search(pattern, unit) is not None
    except re.error:
        return False


@fact
def needrestart(snapshot: Snapshot, packages: Packages, os: OperatingSystem) -> Needrestart:
    """Needrestart's settings, in the order in which it reads them."""
    own = packages.installed.map(lambda found: "needrestart" in found)
    if not own.get(default=False) and "needrestart" in packages.tools.get({}):
        own = known(True, packages.tools.source)  # noqa: FBT003 - the evidence's value
    reader = _Reader()
    reader.failed = untold(snapshot, "/etc/needrestart/")
    main = tuple(files_told(snapshot, _MAIN))
    for path in (*main, *files_told(snapshot, "/etc/needrestart/conf.d/")) if main else ():
        reader.read(snapshot, f"file:{path}")
    return Needrestart(
        own,
        reader.told("restart", _mode(reader, os)),
        reader.told("override_rc", known(tuple(reader.overrides.values()), _MAIN)),
        reader.told("blacklist_rc", known(tuple(reader.blacklist), _MAIN)),
        _by_default=not reader.spared,
    )


def _mode(reader: _Reader, os: OperatingSystem) -> Evidence[str]:
    if reader.mode is not None:
        return reader.mode
    if os.id.get("") == "ubuntu":
        numbers = tuple(int(part) for part in os.version_id.get("").split(".") if part.isdecimal())
        if numbers >= _UBUNTU_RESTARTS_SINCE:
            return known("a", "Ubuntu's default without a terminal")
    return known("i", "needrestart's default")


class _Reader:
    """Carries the assignments of one file after the other."""

    def __init__(self) -> None:
        self.mode: Evidence[str] | None = None
        self.overrides: dict[str, Rule] = {}
        self.blacklist: list[Rule] = []
        self.spared = False
        self.unclear: dict[str, str] = {}
        self.failed: Evidence[str] | None = None

    def told(self, key: str, found: Evidence) -> Evidence:  # type: ignore[type-arg]
        """What was found for a key, unless something is said of it that is no plain assignment."""
        if self.failed is not None:
            return unknown(self.failed.unknown or "", self.failed.source)
        if key in self.unclear:
            return unknown("is said in a way that is no plain assignment", self.unclear[key], Code.AMBIGUOUS)
        return found

    def read(self, snapshot: Snapshot, name: str) -> None:
        """One file's statements."""
        text = snapshot.text(name)
        for line in text.get("").splitlines():
            number, verb, *rest = line.split(" ", 3)
            self._statement(verb, rest, f"{text.source}:{number}")

    def _statement(self, verb: str, rest: list[str], source: str) -> None:
        if verb == "restart":
            self.mode = known(rest[0], source)
        elif verb == "defno":
            self.spared = rest[0] == "1"
        elif verb == "overrides":
            self.overrides.clear()
            self.unclear.pop("override_rc", None)
        elif verb == "blacklists":
            self.blacklist.clear()
            self.unclear.pop("blacklist_rc", None)
        elif verb == "override":
            self._add(Rule(rest[-1], rest[0] == "1", source))
        elif verb == "blacklist":
            if rest[0] == HIDDEN:
                self.unclear["blacklist_rc"] = source
            self.blacklist.append(Rule(rest[0], restarts=False, source=source))
        elif verb == "unclear":
            self.unclear["restart" if rest[0] == "defno" else rest[0]] = source
        else:
            self.unclear["override_rc"] = source

    def _add(self, rule: Rule) -> None:
        if rule.pattern == HIDDEN:
            self.unclear["override_rc"] = rule.source
        self.overrides[rule.pattern] = rule
