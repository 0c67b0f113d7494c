"""Package repositories as apt, yum, dnf and zypper are configured to use them.

Formats: sources.list(5) (one line and deb822), yum.conf(5) and dnf.conf(5) for ``*.repo`` files, zypper's the same.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, known, unknown
from dockworthy.masking import HIDDEN
from dockworthy.regex import regex
from dockworthy.snapshot import NOT_HELD, NOT_LOOKED_AT
from dockworthy.tables import decode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dockworthy.snapshot import Snapshot

__all__ = ["Repositories", "Repository", "parse_deb822", "parse_one_line", "parse_repo", "read_repositories"]

_NO, _YES = (
    frozenset({"no", "false", "0", "off", "without", "disable"}),
    frozenset({"yes", "true", "1", "on", "with", "enable"}),
)
_LINE = regex(r"(deb|deb-src)\s+(?:\[([^\]]*)\]\s*)?(.*)", re.DOTALL)
_SECTION = regex(r"\[([^\]]{1,200})\]\s*(?:[#;].*)?")
_FINGERPRINT = regex(r"(?:0x)?[0-9A-Fa-f]{16,40}!?")
_DOCKER = regex(
    r"(?:^|[/.@])(?:download\.docker\.com|get\.docker\.com|apt\.dockerproject\.org|yum\.dockerproject\.org)(?:[/:]|$)"
)
_MIRROR = regex(r"/(?:docker-ce|docker)/(?:linux/)?(?:ubuntu|debian|raspbian|centos|rhel|fedora|sles)(?:/|$)")


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository of binary packages."""

    file: str  # where it is configured
    name: str  # its id or its address
    kind: str  # apt, yum or zypp
    addresses: tuple[str, ...]  # where its packages come from
    enabled: bool = True  # whether it is used
    # the files or fingerprints that its signatures are checked with; empty: whatever is trusted anyway
    keys: tuple[str, ...] = ()
    unchecked: str = ""  # why its signatures are not checked, or empty

    @property
    def is_dockers(self) -> bool:
        """Whether it is Docker's own repository or a mirror of it, by its address."""
        return any(_DOCKER.search(address) or _MIRROR.search(address) for address in self.addresses)


@dataclass(frozen=True, slots=True)
class Repositories:
    """The repositories, and which key files exist."""

    all: Evidence[tuple[Repository, ...]]  # the configured ones; unknown where a file of them could not be read
    key_files: frozenset[str]  # paths of key files that were seen to exist
    looked: frozenset[str]  # folders whose names are all known

    @property
    def dockers(self) -> Evidence[tuple[Repository, ...]]:
        """The enabled ones that are Docker's own or mirrors of it."""
        return self.all.map(lambda found: tuple(one for one in found if one.is_dockers and one.enabled))

    def missing_keys(self, repository: Repository) -> Evidence[tuple[str, ...]]:
        """The key files that a repository names and that are not there."""
        missing = []
        for key in repository.keys:
            path = key.removeprefix("file://") if key.startswith("file:///") else key
            if not path.startswith("/") or path in self.key_files:
                continue
            if posixpath.dirname(path) not in self.looked:
                return unknown(f"the probe did not look for {path}", repository.file, Code.NOT_PROBED)
            missing.append(path)
        return known(tuple(missing), repository.file)

    @property
    def trusts_some_key(self) -> Evidence[bool]:
        """Whether apt has a key for repositories that name none."""
        folder = "/etc/apt/trusted.gpg.d"
        if folder not in self.looked and "/etc/apt/trusted.gpg" not in self.key_files:
            return unknown(NOT_LOOKED_AT, folder)
        found = any(path.startswith("/etc/apt/trusted.gpg") for path in self.key_files)
        return known(found, folder)


def parse_one_line(text: str, file: str) -> Iterator[Repository]:
    """Read sources.list lines; sources of source packages are passed over."""
    for line in text.splitlines():
        found = _LINE.fullmatch(line.partition("#")[0].strip())
        if not found or found[1] != "deb":
            continue
        options = dict(_option(word) for word in (found[2] or "").split())
        words = found[3].split()
        if words:
            yield _apt(file, (words[0],), options, enabled=True)


def _option(word: str) -> tuple[str, str]:
    name, _, value = word.partition("=")
    return name.rstrip("+-").lower(), value


def _apt(file: str, addresses: tuple[str, ...], options: Mapping[str, str], *, enabled: bool) -> Repository:
    signed = options.get("signed-by", "")
    embedded = "-----BEGIN" in signed
    unchecked = ""
    if options.get("trusted", "").lower() in _YES:
        unchecked = "trusted=yes"
    elif options.get("allow-insecure", "").lower() in _YES:
        unchecked = "allow-insecure=yes"
    keys = ("embedded key",) if embedded else tuple(part for part in re.split(r"[,\s]+", signed) if part)
    return Repository(file, addresses[0], "apt", addresses, enabled, keys, unchecked)


def parse_deb822(text: str, file: str) -> Iterator[Repository]:
    """Read a ``*.sources`` file: paragraphs of fields, which continue on indented lines."""
    for paragraph in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")):
        fields: dict[str, str] = {}
        name = ""
        for line in paragraph.splitlines():
            if line.startswith("#"):
                continue
            if line[:1] in {" ", "\t"} and name:
                fields[name] += "\n" + line.strip()
            elif ":" in line:
                name = line.partition(":")[0].strip().lower()
                fields[name] = line.partition(":")[2].strip()
        addresses = tuple(fields.get("uris", "").split())
        if addresses and "deb" in fields.get("types", "").split():
            yield _apt(file, addresses, fields, enabled=fields.get("enabled", "yes").lower() not in _NO)


def parse_repo(text: str, file: str) -> Iterator[Repository]:
    """Read a ``*.repo`` file; ``gpgcheck`` that it leaves out is yum's default, which distributions switch on."""
    name, fields = "", dict[str, str]()
    last = ""
    for line in [*text.splitlines(), "[end]"]:
        section = _SECTION.fullmatch(line.strip())
        if section:
            if fields:
                yield _yum(file, name, fields)
            name, fields, last = section[1], {}, ""
        elif line[:1] in {" ", "\t"} and last and line.strip():
            fields[last] += " " + line.strip()
        elif "=" in line and not line.lstrip().startswith(("#", ";")):
            last = line.partition("=")[0].strip().lower()
            fields[last] = line.partition("=")[2].strip()


def _yum(file: str, name: str, fields: Mapping[str, str]) -> Repository:
    addresses = tuple(
        word
        for key in ("baseurl", "mirrorlist", "metalink")
        for word in re.split(r"[,\s]+", fields.get(key, ""))
        if word
    )
    unchecked = "gpgcheck=0" if fields.get("gpgcheck", "1").lower() in _NO else ""
    keys = tuple(word for word in re.split(r"[,\s]+", fields.get("gpgkey", "")) if word)
    enabled = fields.get("enabled", "1").lower() not in _NO
    kind = "zypp" if file.startswith("/etc/zypp/") else "yum"
    return Repository(file, name, kind, addresses or (name,), enabled, keys, unchecked)


def read_repositories(snapshot: Snapshot) -> Repositories:
    """Every repository whose file the probe read."""
    found: list[Repository] = []
    failed: Evidence[str] | None = None
    readers = {
        "file:/etc/apt/sources.list": parse_one_line,
        "file:/etc/yum.repos.d/": parse_repo,
        "file:/etc/zypp/repos.d/": parse_repo,
    }
    for prefix, reader in readers.items():
        for section in snapshot.starting(prefix):
            path = section.name.removeprefix("file:")
            text = snapshot.text(section.name)
            if text.is_known:
                read = parse_deb822 if path.endswith(".sources") else reader
                mine = list(read(text.value, path))
                found += mine
                if any(HIDDEN in one.addresses for one in mine if one.enabled):
                    failed = failed or unknown("the probe does not tell the address of a repository in it", path)
            elif not section.absent:
                failed = failed or text
    failed = failed or _unread(snapshot)
    key_files, looked = _keys(snapshot)
    if failed is not None:
        return Repositories(unknown(failed.unknown or "", failed.source), key_files, looked)
    return Repositories(known(tuple(found), "the repositories' files"), key_files, looked)


def _unread(snapshot: Snapshot) -> Evidence[str] | None:
    """A file of repositories that is listed and was not read, or a folder that could not be listed."""
    for folder, endings in (
        ("/etc/apt/sources.list.d", (".list", ".sources")),
        ("/etc/yum.repos.d", (".repo",)),
        ("/etc/zypp/repos.d", (".repo",)),
    ):
        listing = snapshot.text(f"list:{folder}")
        if snapshot.is_absent(f"list:{folder}"):
            continue
        if not listing.is_known:
            return listing
        for name in listing.value.split():
            path = f"{folder}/{decode(name)}"
            if path.endswith(endings) and f"file:{path}" not in snapshot:
                return unknown(NOT_HELD, path)
    return None


def _keys(snapshot: Snapshot) -> tuple[frozenset[str], frozenset[str]]:
    files, looked = set(), set()
    for folder in ("/etc/apt/keyrings", "/etc/apt/trusted.gpg.d", "/usr/share/keyrings", "/etc/pki/rpm-gpg"):
        listing = snapshot.text(f"list:{folder}")
        if listing.is_known:
            looked.add(folder)
            files |= {f"{folder}/{decode(name)}" for name in listing.value.split()}
        elif snapshot.is_absent(f"list:{folder}"):
            looked.add(folder)
    return frozenset(files), frozenset(looked)
