"""Pins of apt: which version of a package its preferences prefer, and whether that keeps it from getting newer.

Source: apt_preferences(5); apt 3.0 ``apt-pkg/policy.cc`` (``ReadPinFile``, ``CreatePin``, ``GetPriority``),
``apt-pkg/versionmatch.cc``. A pin to some packages goes before one to all of an archive, and of each the first counts.
"""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.facts.versions import parse_version
from dockworthy.masking import HIDDEN
from dockworthy.regex import regex

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dockworthy.facts.host.packages import Package

__all__ = ["Pin", "matches", "pins_of", "standing"]

_PREFERRED = 500  # what a repository's own packages count, where nothing is said of them
_INSTALLED = 100  # what the version counts that is installed
_DOWN = 1000  # from which on an older version is taken
_WHOLE_VERSION = regex(r"\d+\.\d+\.\d+")
_GLOB = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class Pin:
    """One paragraph of apt's preferences."""

    packages: tuple[str, ...]  # names, globs, and expressions between slashes
    kind: str  # ``version``, ``release`` or ``origin``
    what: str
    priority: int
    source: str

    @property
    def is_general(self) -> bool:
        """Whether it is for all packages of an archive, so that a pin to some of them goes before it."""
        return self.packages == ("*",)

    def is_for(self, package: Package) -> bool:
        """Whether it names a package."""
        return any(_names(form, package) for form in self.packages)

    @property
    def is_hidden(self) -> bool:
        """Whether the probe does not tell all of what it says."""
        return HIDDEN in self.packages or self.kind == HIDDEN or HIDDEN in self.what

    def covers(self, package: Package, codename: str) -> bool:
        """Whether it says what every version counts that the package's own archive has."""
        if self.kind == "version":
            return self.what == "*" or (_is_version(self.what, package) and not _WHOLE_VERSION.search(_bare(self.what)))
        return _is_from(self.what, package.name, codename)

    def keeps(self, package: Package) -> bool:
        """Whether it gives one version its place, of those that the package may have."""
        if self.kind != "version" or not _WHOLE_VERSION.search(_bare(self.what)):
            return False
        return _is_version(self.what, package) or _could_be(self.what, package, self.priority)


def _bare(what: str) -> str:
    return what.replace("\\", "")


def _is_version(what: str, package: Package) -> bool:
    """Whether a pin to versions is to the one that is installed."""
    if what.endswith("*"):
        return package.version.startswith(what[:-1])  # here no other character stands for others
    return matches(what, package.version)


def _could_be(what: str, package: Package, priority: int) -> bool:
    """Whether it is to another version that the package may get; back to an older one only from 1000 on."""
    if _has_epoch(what) != _has_epoch(package.version) or not ("*" in what or "-" in what):
        return False  # no version of it is written so
    theirs, own = parse_version(what.partition("*")[0]), parse_version(package.version)
    return theirs is not None and own is not None and (theirs >= own or priority >= _DOWN)


def _has_epoch(version: str) -> bool:
    return re.match(r"\d+:", version) is not None


def _is_from(what: str, name: str, codename: str) -> bool:
    """Whether a pin is to all of the archive that a package of this name comes from."""
    if what in {"*", "a=*", "o=*", "n=*", "l=*"}:
        return True
    if name.startswith(("docker-ce", "docker-buildx-plugin", "docker-compose-plugin", "containerd.io")):
        own = {"o": "Docker", "l": "Docker CE", "c": "stable", "n": codename, "a": codename}
        if what.strip('"') == "download.docker.com":
            return True
    else:
        own = {"n": codename}
        if {what.strip("o= "), name} <= {"Debian", "Ubuntu", "docker.io", "docker-cli", "containerd", "runc"}:
            return True
    terms = [_term(word.strip()) for word in what.split(",")]
    return all(said and fnmatch.fnmatchcase(own.get(key, ""), said) for key, _, said in terms)


def _term(word: str) -> tuple[str, str, str]:
    return word.partition("=") if "=" in word else ("n", "=", word)


def matches(form: str, text: str) -> bool:
    """Whether a word, a glob, or an expression between slashes stands for a text."""
    if len(form) > 1 and form[0] == form[-1] == "/":
        try:
            return re.search(form[1:-1], text, re.IGNORECASE) is not None
        except re.error:
            return False
    return form == text or (not _GLOB.isdisjoint(form) and fnmatch.fnmatchcase(text.lower(), form.lower()))


def _names(form: str, package: Package) -> bool:
    """Whether a word of a pin names a package: by its own name, or its source's; of this host's architecture."""
    source = form.startswith("src:")
    form = form.removeprefix("src:")
    if not (len(form) > 1 and form[0] == form[-1] == "/"):
        form, _, architecture = form.partition(":")
        if architecture not in {"", "any", "native", "all", package.architecture}:
            return False
    names = (package.name, *(_sources(package.name) if source else ()))
    return any(matches(form, name) for name in names)


def _sources(name: str) -> tuple[str, ...]:
    """The source packages that a package of the engine may come from."""
    if name.startswith("docker-ce"):
        return ("docker-ce",)
    return ("docker.io", "docker.io-app") if name in {"docker.io", "docker-cli"} else (f"{name}-app", f"{name}-stable")


def pins_of(text: str, file: str) -> Iterator[Pin]:
    """The pins of a file, in order, as the probe tells it."""
    fields: dict[str, str] = {}
    start, last = 1, ""
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if line.startswith(" ") and line.strip():
            fields[last] = f"{fields.get(last, '')} {line.strip()}"
            continue
        name, colon, value = line.partition(":")
        if colon:
            start = start if fields else number
            last = name.strip().lower()
            fields[last] = value.strip()
            continue
        if line:
            continue
        kind, _, what = fields.get("pin", "").strip().partition(" ")
        priority = re.match(r"[-+]?\d{1,9}", fields.get("pin-priority", "").strip())
        if fields.get("package") and kind and priority and int(priority[0]):
            packages = tuple(fields["package"].split())
            yield Pin(
                packages, kind if kind == HIDDEN else kind.lower(), what.strip(), int(priority[0]), f"{file}:{start}"
            )
        fields, last = {}, ""


def standing(pins: Iterable[Pin], package: Package, codename: str) -> tuple[Pin | None, Pin | None]:
    """The pin that keeps a package from getting newer, and one that may; as apt, the first of a kind counts."""
    own: list[Pin] = []
    hidden: Pin | None = None
    others: Pin | None = None
    general: Pin | None = None
    for pin in pins:
        if not pin.is_general and (HIDDEN in pin.packages or (pin.is_hidden and pin.is_for(package))):
            hidden = hidden or (pin if pin.priority < _INSTALLED or pin.priority > _PREFERRED else None)
        elif pin.is_general:
            general = general or (pin if pin.kind != "version" and pin.covers(package, codename) else None)
        elif others is None and pin.is_for(package):
            if pin.covers(package, codename):
                others = pin
            elif pin.keeps(package) and not any(one.what == pin.what for one in own):
                own.append(pin)
    floor = others.priority if others else general.priority if general else _PREFERRED
    held = next((pin for pin in own if pin.priority > floor), None)
    if held is None and others is not None and others.priority < 0:
        held = others
    if held is None and others is None and general is not None and general.priority < _INSTALLED:
        held = general
    return held, hidden
