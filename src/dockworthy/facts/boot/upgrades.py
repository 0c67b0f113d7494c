"""Upgrades that nobody attends: whether they are on, and whether they take the engine's packages.

Sources: unattended-upgrades 2.12 (``match_whitelist_string``, ``is_pkgname_in_blacklist``, ``substitute``), apt's
``apt.systemd.daily``; dnf's automatic.conf(5).
"""

from __future__ import annotations

import fnmatch
import re
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, known, unknown
from dockworthy.facts.boot.told import untold
from dockworthy.facts.facts import fact
from dockworthy.masking import HIDDEN
from dockworthy.regex import regex
from dockworthy.tables import decode, rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dockworthy.facts.boot.aptconf import AptConf, Value
    from dockworthy.facts.host.os import OperatingSystem
    from dockworthy.facts.host.packages import Packages
    from dockworthy.facts.host.repositories import Repositories
    from dockworthy.snapshot import Snapshot

__all__ = ["Origin", "Upgrades", "upgrades"]

_PERIODIC = "APT::Periodic::Unattended-Upgrade"
_LISTS = "/var/lib/apt/lists"
_OFF = frozenset({"", "0", "no", "false", "off"})
_DOCKERS = regex(r"(?:docker-(?:ce|ee|buildx-plugin|compose-plugin|scan-plugin|model-plugin).*|containerd\.io)")
_DISTRIBUTIONS = regex(r"(?:docker\.io|docker-cli|docker-buildx|docker-compose.*|containerd|runc)")
_DNF_FILES = ("/etc/dnf/automatic.conf", "/etc/dnf/dnf5-plugins/automatic.conf")
_NAMES = {
    "o": "origin", "origin": "origin", "l": "label", "label": "label", "a": "suite", "suite": "suite",
    "archive": "suite", "n": "codename", "codename": "codename", "site": "site", "c": "component",
    "component": "component",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Origin:
    """Where packages come from, as the head of a Release file says it."""

    origin: str
    label: str
    suite: str
    codename: str
    site: str


@dataclass(frozen=True, slots=True)
class Upgrades:
    """What upgrades that nobody attends do on this host."""

    family: str  # ``debian``, ``rhel`` or another
    on: Evidence[bool]
    _conf: AptConf
    _origins: tuple[Origin, ...]
    _has_dockers: bool  # whether a repository of Docker's is configured or was read
    _variables: Mapping[str, str]
    _excluded: Evidence[tuple[str, ...]]  # patterns of packages that dnf passes over
    _scripts: Mapping[str, str]

    def takes(self, package: str) -> Evidence[bool]:
        """Whether they would install a newer version of a package."""
        if self.family == "rhel":
            return self._excluded.map(lambda found: not any(fnmatch.fnmatchcase(package, one) for one in found))
        listed = self._conf.values("Unattended-Upgrade::Package-Blacklist")
        blocked = _matching(package, listed.value)
        if blocked is not None:
            return known(False, blocked.source)  # noqa: FBT003 - the evidence's value
        only = self._conf.values("Unattended-Upgrade::Package-Whitelist").value
        if only and _matching(package, only) is None:
            return known(False, only[0].source)  # noqa: FBT003 - the evidence's value
        if any(one.text == HIDDEN for one in listed.value):
            return unknown("the probe does not tell an entry of it", listed.source, Code.HIDDEN)
        return self._allowed(package)

    def _allowed(self, package: str) -> Evidence[bool]:
        patterns = self._conf.values("Unattended-Upgrade::Origins-Pattern").value
        pairs = self._conf.values("Unattended-Upgrade::Allowed-Origins").value
        origins, certain = self._origins_of(package)
        for value in (*patterns, *pairs):
            is_pair = value in pairs
            if value.text == HIDDEN:
                return unknown("the probe does not tell an entry of it", value.source, Code.HIDDEN)
            if any(self._matches(value.text, origin, is_pair=is_pair) for origin in origins):
                if not certain:
                    return unknown(f"where {package} came from is not known", _LISTS, Code.AMBIGUOUS)
                return known(True, f"{value.source}: {value.text}")  # noqa: FBT003 - the evidence's value
        return known(False, "no entry of Unattended-Upgrade::Origins-Pattern or Allowed-Origins matches")  # noqa: FBT003

    def _origins_of(self, package: str) -> tuple[tuple[Origin, ...], bool]:
        """Where a package comes from by its name, and whether that is certain."""
        name, codename = self._variables.get("distro_id", ""), self._variables.get("distro_codename", "")
        if _DOCKERS.fullmatch(package):
            seen = tuple(one for one in self._origins if one.origin == "Docker" or one.site == "download.docker.com")
            usual = Origin("Docker", "Docker CE", codename, codename, "download.docker.com")
            return seen or (usual,), bool(seen) or self._has_dockers
        if _DISTRIBUTIONS.fullmatch(package):
            seen = tuple(one for one in self._origins if one.origin.lower() == name.lower())
            security = f"{name}-Security" if name == "Debian" else name
            usual_ones = (
                Origin(name, name, codename, codename, ""),
                Origin(name, security, f"{codename}-security", f"{codename}-security", ""),
            )
            return seen or usual_ones, True
        return self._origins, False

    def _matches(self, text: str, origin: Origin, *, is_pair: bool) -> bool:
        if is_pair:
            first, _, second = text.partition(":")
            if not second and " " in text:
                first, _, second = text.partition(" ")
            tokens = [("origin", first), ("suite", second)]
        else:
            tokens = [_token(part) for part in text.replace("\\,", "%2C").split(",")]
        return bool(text.strip()) and all(self._fits(origin, what, value) for what, value in tokens)

    def _fits(self, origin: Origin, what: str, value: str) -> bool:
        if what == "component":
            return True  # which of a repository's the package is in is not known
        form = re.sub(r"\$\{(\w+)\}", lambda found: self._variables.get(found[1], ""), value.replace("%2C", ","))
        return fnmatch.fnmatchcase(str(getattr(origin, what, "")), form)

    def restarts(self, package: str) -> str:
        """What a package's scripts do to its service at an upgrade: ``restarts``, ``spares`` or ``unread``."""
        return self._scripts.get(package, "restarts")


def _token(part: str) -> tuple[str, str]:
    what, _, value = part.partition("=")
    return _NAMES.get(what.strip(), "unknown"), value.strip()


def _matching(package: str, entries: Iterable[Value]) -> Value | None:
    """The entry that names a package: an expression of Python's that fits its beginning."""
    return next((entry for entry in entries if entry.text != HIDDEN and _begins(entry.text, package)), None)


def _begins(expression: str, package: str) -> bool:
    try:
        return re.match(expression, package) is not None
    except re.error:
        return False


@fact
def upgrades(
    snapshot: Snapshot, os: OperatingSystem, packages: Packages, repositories: Repositories, apt_conf: AptConf
) -> Upgrades:
    """Upgrades that nobody attends, as apt or dnf is configured."""
    fields = os.fields.get({})
    family = os.family
    settings, source = _dnf(snapshot)
    excluded = settings.get("exclude", "") + " " + settings.get("excludepkgs", "")
    if "security" in settings.get("upgrade_type", ""):
        excluded = "*"  # Docker's repositories have no advisories
    dockers = repositories.dockers.get(())
    scripts = rows(snapshot.text("cmd:package-scripts").get(""), 2)
    return Upgrades(
        family=family,
        on=_dnf_is_on(snapshot, packages, settings, source) if family == "rhel" else _apt_is_on(snapshot, apt_conf),
        _conf=apt_conf,
        _origins=_origins(snapshot),
        _has_dockers=bool(dockers),
        _variables={
            "distro_id": fields.get("ID", "").capitalize(),
            "distro_codename": fields.get("VERSION_CODENAME", ""),
        },
        _excluded=known(tuple(re.split(r"[\s,]+", excluded.strip())), source),
        _scripts={words[0]: words[1] for words in scripts},
    )


def _apt_is_on(snapshot: Snapshot, conf: AptConf) -> Evidence[bool]:
    every, enabled = conf.scalar(_PERIODIC), conf.scalar("APT::Periodic::Enable")
    if every.is_known and (every.value is None or every.value.text.lower() in _OFF):
        return every.map(lambda _: False)
    if enabled.is_known and enabled.value is not None and enabled.value.text.lower() in _OFF:
        return enabled.map(lambda _: False)
    for line in snapshot.text("cmd:dpkg-query").get("").splitlines():
        name, _version, status, *_ = [*line.split("\t"), "", ""]
        if name == "unattended-upgrades" and status.split()[-1:] in (["config-files"], ["not-installed"]):
            return known(False, "unattended-upgrades was removed, and left its settings")  # noqa: FBT003
    return every.map(lambda value: value is not None)


def _dnf(snapshot: Snapshot) -> tuple[dict[str, str], str]:
    found: dict[str, str] = {}
    source = _DNF_FILES[0]
    for path in ("/etc/dnf/dnf.conf", *_DNF_FILES):
        for line in snapshot.text(f"file:{path}").get("").splitlines():
            name, equals, value = line.partition("=")
            if equals:
                found[name] = value
                source = path
    return found, source


def _dnf_is_on(snapshot: Snapshot, packages: Packages, settings: Mapping[str, str], source: str) -> Evidence[bool]:
    failed = untold(snapshot, "/etc/dnf/")
    if failed is not None:
        return unknown(failed.unknown or "", failed.source)
    installed = packages.has("dnf-automatic", "dnf5-plugin-automatic")
    applies = settings.get("apply_updates", "no").lower() in {"yes", "true", "1", "on"}
    return installed.map(lambda there: there and applies).by(f"{source}: apply_updates")


def _origins(snapshot: Snapshot) -> tuple[Origin, ...]:
    found = []
    for line in snapshot.text("cmd:apt-origins").get("").splitlines():
        file, origin, label, suite, codename = [*line.split("\t"), "", "", "", ""][:5]
        found.append(Origin(origin, label, suite, codename, decode(file).partition("_")[0]))
    return tuple(found)
