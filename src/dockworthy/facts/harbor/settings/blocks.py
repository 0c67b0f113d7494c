"""What harbor.yml says of one thing: its blocks as ``prepare`` takes them, its passwords, its address, who may read it.

Source: goharbor/harbor ``make/photon/prepare/utils/configs.py``, ``make/harbor.yml.tmpl``.
"""

from __future__ import annotations

import ipaddress
import posixpath
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from dockworthy.evidence import Code, Evidence, NotApplicable, NotDecided, derived, known, unknown
from dockworthy.facts.harbor.installed.config import is_template
from dockworthy.facts.harbor.installed.release import harbor_release
from dockworthy.facts.harbor.prepare.rules import known_releases, newest_release, rules_of
from dockworthy.facts.harbor.wire import harbors_on_wire
from dockworthy.trust.reference import split_host_port

if TYPE_CHECKING:
    from dockworthy.facts.harbor.installed.config import HarborInstallation
    from dockworthy.facts.harbor.prepare.rules import Rules
    from dockworthy.facts.versions import Version

__all__ = [
    "SSL_MODES",
    "block",
    "database_password",
    "elsewhere",
    "is_loopback",
    "needs_release",
    "password",
    "private_faults",
    "release_of",
    "rules_for",
    "url_faults",
]

# PostgreSQL's ssl_mode, from the weakest on (libpq, table 34.1); Harbor takes what the server's client takes.
SSL_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_HTTPS: Final = "443"
_OTHERS: Final = 0o007
_FIRST_YAML: Final = (1, 8)
_SEARCH: Final = 0o001
_STATES: Final = {"default": "Harbor's own", "empty": "empty", "set": "set"}


def release_of(harbor: HarborInstallation) -> Version | None:
    """The release whose rules are in force; None where nothing tells it."""
    return harbor_release(harbor).in_force.get(None)  # type: ignore[arg-type]


def needs_release(harbor: HarborInstallation, *first: int) -> None:
    """Make sure that its release has what is judged; raises NotApplicable where it is known to be older.

    What harbor.yml says is no question of 1.7 and before, which have a harbor.cfg.
    """
    if harbor.is_old:
        raise NotApplicable(f"{harbor.config} is of Harbor 1.7 or before, which has no harbor.yml")
    release = release_of(harbor)
    if release is None and first > _FIRST_YAML:
        _need_places(harbor)
    if release is not None and release.numbers[: len(first)] < first:
        raise NotApplicable(f"Harbor has it from {'.'.join(map(str, first))} on, and this is {release}")


def _need_places(harbor: HarborInstallation) -> None:
    """Make sure that what could tell the release was looked at; raises NotDecided where something was not."""
    told = harbor_release(harbor)
    nothing_there = {Code.ABSENT, Code.NOT_TOLD, Code.NO_RUNTIME}
    for one, harmless in ((told.composed, nothing_there), (told.installer, {*nothing_there, Code.NOT_PROBED})):
        if one.unknown is not None and one.unknown.code not in harmless:
            raise NotDecided(f"which release it is of is not known: {one.unknown}", one.source, one.unknown.code)


def rules_for(harbor: HarborInstallation) -> Rules:
    """What its release does with harbor.yml; where nothing tells the release, what the newest one does.

    ``_version`` is the first of a minor release whatever the patch: then the last patch is taken.
    """
    release = harbor_release(harbor)
    version = release.in_force.get(None)  # type: ignore[arg-type]
    if version is None:
        return rules_of(newest_release())
    return rules_of(known_releases(version.numbers if release.has_patch else version.numbers[:2])[-1])


def block(harbor: HarborInstallation, *path: str) -> Mapping[str, Any]:
    """A table of settings; empty where it is missing, null or empty, which is the same to ``prepare``.

    Raises NotDecided where it is none, or the probe did not tell it.
    """
    found = harbor.setting(*path)
    value = found.value
    if not value:
        return {}
    if not isinstance(value, Mapping):
        raise NotDecided("it is no table of settings", found.source, Code.MALFORMED)
    return value


# --- passwords -------------------------------------------------------------------------------------------------


@derived
def password(harbor: HarborInstallation, *path: str) -> Evidence[str]:
    """What a password is, as the host itself found: ``set``, ``Harbor's own``, ``empty`` or ``absent``."""
    dotted = ".".join(path)
    source = f"{harbor.config}: {dotted}"
    here: Any = harbor.settings.by(source).value
    for key in path[:-1]:
        here = here.get(key) if isinstance(here, Mapping) else None
    here = here if isinstance(here, Mapping) else {}
    if path[-1] not in here:
        return known("absent", source)
    if isinstance(here[path[-1]], (Mapping, list)):
        return unknown("it is no text", source, Code.MALFORMED)
    said = harbor.facts.snapshot.text(f"cmd:harbor-defaults{harbor.folder}").by(source).value
    lines = (line.split() for line in said.splitlines())
    state = next((words[1] for words in lines if words[:1] == [dotted] and len(words) > 1), "")
    if state not in _STATES:
        return unknown("the host does not say what it is", source, Code.NOT_TOLD)
    return known(_STATES[state], source)


def database_password(harbor: HarborInstallation) -> Evidence[str]:
    """What the password of the database in force is: of the external one where there is one, and then of that alone."""
    if harbor.setting("external_database").value:
        return password(harbor, "external_database", "harbor", "password")
    return password(harbor, "database", "password")


# --- who may read it -------------------------------------------------------------------------------------------


def private_faults(harbor: HarborInstallation) -> dict[str, str]:
    """The copies of harbor.yml that everybody may read, with their modes.

    A file counts as such only where others may also enter every folder on the way to it.
    """
    copies = [harbor.config, posixpath.join(harbor.folder, "input", "harbor.yml")]
    files = harbor.facts.files
    faults = {}
    for path in copies:
        if path != harbor.config and (path not in files or files[path].is_absent):
            continue
        mode = files[path].mode.value
        if mode & _OTHERS and _lets_others_in(harbor, posixpath.dirname(files[path].resolved or path)):
            faults[path] = f"{mode:04o}"
    return faults


def _lets_others_in(harbor: HarborInstallation, folder: str) -> bool:
    """Whether others may enter a folder, links resolved, and all those above it."""
    missing = None
    while True:
        mode = harbor.facts.files[folder].mode
        if mode.is_known and not mode.value & _SEARCH:
            return False
        missing = missing if mode.is_known else mode
        if folder in {"/", ""}:
            break
        folder = posixpath.dirname(folder)
    return missing is None or bool(missing.value)


# --- its address -----------------------------------------------------------------------------------------------


def url_faults(url: str) -> list[str]:
    """What is wrong with an external_url: it is rendered as it stands, and every client is sent there."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
    except ValueError:
        return ["it is no URL"]
    if not parts.scheme or not url.lower().startswith(f"{parts.scheme}://"):
        return ["it has no scheme: https://NAME"]
    return [
        words
        for there, words in (
            (parts.scheme != "https", f"{parts.scheme}:// sends passwords in clear, or is no address of a registry"),
            (bool(parts.path or parts.query or parts.fragment), "there is something after the host and port"),
            ("@" in parts.netloc, "there is user information before the host"),
            (not host, "there is no host in it"),
            (is_loopback(host), f"{host} leads clients to themselves"),
            (is_template(host), f"{host} is the template's name"),
            (url != url.strip() or any(char.isspace() for char in url), "there are blanks in it"),
            (port == 0 or parts.netloc.endswith(":"), "the port is missing or 0"),
        )
        if there
    ]


def elsewhere(harbor: HarborInstallation) -> list[str]:
    """Where a Harbor of external_url's host answers, that was looked at on the wire, if not at external_url's port."""
    host, port = split_host_port(harbor.authority)
    seen = harbors_on_wire(harbor.facts.registries, harbor.facts.snapshot)
    ports = {split_host_port(name)[1] or _HTTPS for name in seen if split_host_port(name)[0].lower() == host.lower()}
    if not ports or (port or _HTTPS) in ports:
        return []
    return [f"{host} answers at port {', '.join(sorted(ports))}"]


def is_loopback(host: str) -> bool:
    """Whether a name or an address leads a client to the machine that it runs on."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
