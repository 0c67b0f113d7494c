"""A directory that holds a root file system: a golden image, a mounted disk. What files alone can tell, no more."""

from __future__ import annotations

import gzip
import os
import re
import stat
import time
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy import __version__
from dockworthy.errors import UsageError
from dockworthy.snapshot import FORMAT
from dockworthy.tables import encode
from dockworthy.target._fragments import BUNDLE, DAEMON_FILES, PEM_FILES, Reading
from dockworthy.target._root import Root
from dockworthy.target._rootfs_formats import acl, apk, dpkg, text_of
from dockworthy.target._rootfs_names import (
    BUNDLES,
    CERT_FOLDERS,
    COMPLETION,
    CONFIG_FOLDERS,
    ENGINE_PATHS,
    HARBOR_RENDERED,
    LIVE,
    NEXT,
    NEXT_FOLDERS,
    PATH,
    TOOLS,
    UNIT_FOLDERS,
    UNITS,
)
from dockworthy.target.interface import Collected
from dockworthy.target.snapshot_file import Done

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dockworthy.snapshot import Section
    from dockworthy.target.interface import CollectOptions, Pending, Target

__all__ = ["start"]

NOT_APPLICABLE = 95
NO_PEM = 61
MAX_FILE = 1 << 20
MAX_ACCOUNTS = 8 << 20
MAX_CERT_FILES = 2000
# How the probe reads files of a kind.
_UNITS = "EXEC_NAMES=' '; FILTER=filter_unit; files \"$@\"; FILTER="
_ENVIRONMENTS = 'FILTER=filter_environment_file; files "$@"; FILTER='
_CONTAINERD = 'TOML_KIND=containerd; FILTER=filter_toml; files "$@"; FILTER='
_CLIENT = 'FILTER=filter_client_config; files "$@"; FILTER='
_REGISTRIES = 'TOML_KIND=registries; FILTER=filter_toml; files "$@"; FILTER='
_HARBOR = (
    'for DIR in "$@"; do shift; set -- "$@" "${DIR%/*}"; done; harbor_files "$@"; '
    'for DIR in "$@"; do harbor_named; done'
)
_ADJTIME = 'adjtime "$@"'
_BESIDE = ': "$@"'
_KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "dir",
    stat.S_IFSOCK: "socket",
    stat.S_IFBLK: "block",
    stat.S_IFCHR: "char",
    stat.S_IFIFO: "fifo",
}


def start(target: Target, options: CollectOptions) -> Pending:
    """Read the folder.

    Raises:
        UsageError: if there is no such folder, or no shell here to read files with.
    """
    folder = Path(target.host)
    try:
        is_folder = folder.is_dir()
    except (OSError, ValueError):
        is_folder = False
    if not is_folder:
        raise UsageError(f"rootfs:{target.host}: there is no such folder.")
    started = time.monotonic()
    try:
        data = _Reader(Root(folder), registries=options.registries).snapshot()
    except OSError as error:
        raise UsageError(f"rootfs:{target.host} cannot be read by a shell of this machine: {error.strerror}.") from None
    return Done(Collected(target, data, time.monotonic() - started))


class _Reader:
    """Makes the sections that files alone can give."""

    def __init__(self, root: Root, registries: Iterable[str]) -> None:
        self._root = root
        self._frames: list[bytes] = []
        self._reading = Reading()
        self._names: dict[str, set[str]] = {}
        self._registries = tuple(registries)
        self._users = self._accounts("/etc/passwd")
        self._groups = self._accounts("/etc/group")

    def snapshot(self) -> bytes:
        """All sections, framed."""
        self._look()
        return self._told(self._reading.sections())

    def _look(self) -> None:
        """Look at all that is to be seen here, and note which files the probe's functions have to read."""
        self._about()
        self._kernel()
        self._persisted()
        self._packages()
        self._services()
        self._next()
        self._accounts_and_shells()
        self._engine()
        self._client()
        self._audit()
        self._trust()
        self._harbor()
        for name in LIVE:
            self._frame(name, NOT_APPLICABLE, b"")

    def _told(self, sections: Sequence[Section]) -> bytes:
        """The same, with what the probe's functions made of the files."""
        self._audited(sections)
        for section in sections:
            self._frame(section.name, section.status, section.data)
        head = f"dockworthy-snapshot {FORMAT} {__version__}\n".encode()
        return head + b"".join(self._frames) + f"@end {len(self._frames)}\n".encode()

    # --- the parts -----------------------------------------------------------------------------------------------

    def _about(self) -> None:
        now = int(time.time())
        self._text("cmd:target-kind", "rootfs\n")
        self._text("cmd:date", f"{now} {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(now))}\n")
        status, name = self._root.read("/etc/hostname", 4096)
        self._frame("cmd:hostname", status, name)
        self._text("cmd:container", "none\n")
        self._files(["/etc/os-release", "/usr/lib/os-release"])
        self._files(["/etc/adjtime"], _ADJTIME)

    def _kernel(self) -> None:
        releases = [name for name in self._root.names("/lib/modules")[1] if not name.startswith(".")]
        configs = [f"/boot/{name}" for name in self._root.names("/boot")[1] if name.startswith("config-")]
        if len(configs) == 1:
            status, data = self._root.read(configs[0], 4 << 20)
            self._text("cmd:kernel-config-source", f"{configs[0]}\n")
            self._frame("cmd:kernel-config", status, gzip.compress(data, mtime=0))
        else:
            self._frame("cmd:kernel-config-source", NOT_APPLICABLE, b"")
            self._frame("cmd:kernel-config", NOT_APPLICABLE, b"")
        if len(releases) == 1:
            folder = f"/lib/modules/{releases[0]}"
            self._text("cmd:modules-dir", f"{folder}\n")
            status, data = self._root.read(f"{folder}/modules.dep", 16 << 20)
            names = b"".join(line.partition(b":")[0] + b"\n" for line in data.splitlines())
            self._frame("cmd:modules-on-disk", status, names)
            self._frame("file:modules.builtin", *self._root.read(f"{folder}/modules.builtin", MAX_FILE))
        else:
            for name in ("cmd:modules-dir", "cmd:modules-on-disk", "file:modules.builtin"):
                self._frame(name, NOT_APPLICABLE, b"")

    def _persisted(self) -> None:
        found = ["/etc/sysctl.conf", "/etc/modules"]
        for topic in ("sysctl.d", "modules-load.d", "modprobe.d"):
            for folder in self._config_folders():
                names = self._list(f"{folder}/{topic}")
                found += [f"{folder}/{topic}/{name}" for name in names if name.endswith(".conf") and name[0] != "."]
        self._files(found)

    def _config_folders(self) -> list[str]:
        seen = self._root.look("/lib")
        is_link = seen.link is not None and stat.S_ISLNK(seen.link.st_mode)
        return [folder for folder in CONFIG_FOLDERS if folder != "/lib" or not is_link]

    def _packages(self) -> None:
        status, data = self._root.read("/var/lib/dpkg/status", 64 << 20)
        self._frame("cmd:dpkg-query", 127 if status == 2 else status, dpkg(data).encode())  # noqa: PLR2004
        databases = ("/var/lib/rpm", "/usr/lib/sysimage/rpm")
        has_rpm = any(self._root.look(path).status == 0 for path in databases)
        self._frame("cmd:rpm", NOT_APPLICABLE if has_rpm else 127, b"")
        status, data = self._root.read("/lib/apk/db/installed", 64 << 20)
        self._frame("cmd:apk", 127 if status == 2 else status, apk(data).encode())  # noqa: PLR2004
        self._frame("cmd:snap", 127, b"")
        self._which()
        folders = {
            "/etc/apt/sources.list.d": (".list", ".sources"),
            "/etc/apt/keyrings": (),
            "/etc/apt/trusted.gpg.d": (),
            "/usr/share/keyrings": (),
            "/etc/yum.repos.d": (".repo",),
            "/etc/pki/rpm-gpg": (),
            "/etc/zypp/repos.d": (".repo",),
        }
        found = ["/etc/apt/sources.list"]
        for folder, endings in folders.items():
            found += [f"{folder}/{name}" for name in self._list(folder) if endings and name.endswith(endings)]
        self._files(found)
        lists = [
            name
            for name in self._root.names("/var/lib/apt/lists")[1]
            if name.endswith("InRelease") or fnmatch(name, "*docker*Release")
        ]
        self._text("cmd:apt-lists", "".join(f"{encode(name)}\n" for name in lists))

    def _which(self) -> None:
        lines = []
        for tool in TOOLS:
            for folder in PATH:
                path = f"{folder}/{tool}"
                if self._is_program(path):
                    lines.append(f"{tool} {path} {encode(self._root.look(path).path)}\n")
                    break
        self._text("cmd:which", "".join(lines))

    def _services(self) -> None:
        found = []
        kept = {f"{folder}/systemd/system" for folder in self._config_folders()}
        for folder in (folder for folder in UNIT_FOLDERS if folder in kept):
            for name in UNITS:
                candidates = [f"{folder}/{name}"]
                for extra in (f"{folder}/{name}.d", f"{folder}/service.d"):
                    candidates += [f"{extra}/{file}" for file in self._root.names(extra)[1] if file.endswith(".conf")]
                found += [path for path in candidates if self._root.look(path).status == 0 and path not in found]
        self._files(found, _UNITS)
        self._table("units", found)
        names = ("default/docker", "sysconfig/docker", "sysconfig/docker-storage", "sysconfig/docker-network")
        self._files([f"/etc/{name}" for name in names], _ENVIRONMENTS)
        for folder in ("/usr/libexec/docker", "/usr/lib/docker", "/usr/local/lib/docker", "/usr/local/libexec/docker"):
            self._list(f"{folder}/cli-plugins")

    def _next(self) -> None:
        """What the host will be after its next boot, reload and upgrade, as far as files say it."""
        found = [path for path in NEXT if path == NEXT[0] or self._is_file(path)]
        for folder, endings in NEXT_FOLDERS.items():
            names = [name for name in self._root.names(folder)[1] if Path(name).suffix in endings]
            found += [f"{folder}/{name}" for name in names if self._is_file(f"{folder}/{name}")]
        self._files(found)
        self._text("cmd:next-files", "".join(f"{encode(path)}\n" for path in found))

    def _accounts_and_shells(self) -> None:
        self._files(["/etc/passwd"], 'accounts "$@" passwd_line')
        self._files(["/etc/group"], 'accounts "$@" group_line')
        self._files(["/etc/subuid", "/etc/subgid"])
        self._frame("cmd:getent-group-docker", NOT_APPLICABLE, b"")
        self._table("completion", COMPLETION)
        names = self._root.names("/etc/profile.d")[1]
        logins = ["/etc/environment", "/etc/profile", "/etc/bash.bashrc", "/etc/bashrc"]
        logins += [f"/etc/profile.d/{name}" for name in names if name.endswith(".sh") and name[0] != "."]
        found = [path for path in logins if self._is_file(path)]
        self._files(found, "content_trust")
        if not found:
            self._text("cmd:content-trust", "")

    def _engine(self) -> None:
        self._files(["/etc/docker/daemon.json", "/root/.config/docker/daemon.json"], DAEMON_FILES)
        self._files(["/etc/containerd/config.toml"], _CONTAINERD)
        paths = list(ENGINE_PATHS)
        paths += [f"{folder}/{tool}" for tool in TOOLS[:12] for folder in PATH]
        paths = [path for path in dict.fromkeys(paths) if path in ENGINE_PATHS or self._root.look(path).status == 0]
        self._table("engine", paths)

    def _client(self) -> None:
        """The docker command's configuration as root would find it."""
        lines = ["path /root/.docker/config.json", "by HOME"]
        for folder in PATH:
            for name in sorted(self._root.names(folder)[1]):
                path = f"{folder}/{name}"
                if name.startswith("docker-credential-") and self._is_program(path):
                    lines.append(f"helper {encode(path)}")
        self._text("cmd:client-config", "".join(f"{line}\n" for line in lines))
        self._files(["/root/.docker/config.json"], _CLIENT)
        self._table("client", ["/root/.docker/config.json", "/root/.docker", "/root", "/"])
        self._list("/var/lib/systemd/linger")

    def _audit(self) -> None:
        rules = [f"/etc/audit/rules.d/{name}" for name in self._list("/etc/audit/rules.d") if name.endswith(".rules")]
        self._files(["/etc/audit/audit.rules", *rules])

    def _audited(self, sections: Iterable[Section]) -> None:
        """The folders in which what the rules name lies: the kernel resolves the links in them."""
        folders: dict[str, None] = {}
        for section in sections:
            if section.name.startswith("file:/etc/audit/"):
                folders.update(dict.fromkeys(re.findall(r"(?:-w\s*|=)(/\S{1,4096})/", section.text)))
        self._table("audit", folders)

    def _trust(self) -> None:
        found, files = list(CERT_FOLDERS), []
        below = [(folder, 1) for folder in CERT_FOLDERS]
        while below and len(found) < MAX_CERT_FILES:
            folder, level = below.pop(0)
            for name in self._list(folder):
                path = f"{folder}/{name}"
                found.append(path)
                info = self._root.look(path).info
                if info is not None and stat.S_ISDIR(info.st_mode):
                    below += [(path, level + 1)] if level < 3 else []  # noqa: PLR2004 - as the probe looks
                else:
                    files.append(path)
        self._table("certs.d", found)
        self._files(files, PEM_FILES)
        drop_ins = self._list("/etc/containers/registries.conf.d")
        paths = [f"/etc/containers/registries.conf.d/{name}" for name in drop_ins if name.endswith(".conf")]
        self._files(["/etc/containers/registries.conf", *paths], _REGISTRIES)
        self._files(["/etc/hosts", "/etc/nsswitch.conf", "/etc/resolv.conf"])
        self._roots(wanted=bool(files or self._registries))

    def _roots(self, *, wanted: bool) -> None:
        bundle = next((path for path in BUNDLES if self._root.look(path).status == 0), None)
        lines = []
        for path in (bundle, "/etc/ssl/certs", "/etc/pki/tls/certs"):
            info = self._root.look(path).info if path else None
            if info is not None:
                lines.append(f"{path} {int(info.st_mtime)} {info.st_size}\n")
        self._frame("cmd:system-roots", 0 if lines else 2, "".join(lines).encode())
        if not wanted or bundle is None:
            self._frame("cmd:system-roots-pem", 2 if wanted else NO_PEM, b"")
            return
        self._files([bundle], BUNDLE)

    def _harbor(self) -> None:
        folders = ["/opt/harbor", "/root/harbor", "/usr/local/harbor", "/data/harbor", "/srv/harbor", "/home/harbor"]
        found = [folder for folder in folders if self._root.look(f"{folder}/harbor.yml").status == 0]
        self._text("cmd:harbor-found", "".join(f"{encode(folder)}\n" for folder in found))
        for folder in found:
            beside = (f"{folder}/{name}" for name in ("harbor.cfg", "docker-compose.yml", *HARBOR_RENDERED))
            self._files([path for path in beside if self._is_file(path)], _BESIDE)
        self._files([f"{folder}/harbor.yml" for folder in found], _HARBOR)

    # --- how a section is made -----------------------------------------------------------------------------------

    def _frame(self, name: str, status: int, data: bytes) -> None:
        head = f"@ {encode(name)} {status} raw {len(data)}\n".encode()
        self._frames.append(head + data + b"\n")

    def _text(self, name: str, content: str) -> None:
        self._frame(name, 0, os.fsencode(content))

    def _files(self, paths: Iterable[str], how: str = "line_files") -> None:
        """Have the probe's functions read files; what is no file is told here."""
        for path in paths:
            seen = self._root.look(path)
            if seen.place is not None and seen.info is not None and stat.S_ISREG(seen.info.st_mode):
                self._reading.add(how, path, seen.place)
            else:
                self._frame(f"file:{path}", self._root.read(path, 0)[0], b"")

    def _is_program(self, path: str) -> bool:
        info = self._root.look(path).info
        return info is not None and stat.S_ISREG(info.st_mode) and bool(info.st_mode & 0o111)

    def _is_file(self, path: str) -> bool:
        info = self._root.look(path).info
        return info is not None and stat.S_ISREG(info.st_mode)

    def _list(self, path: str) -> list[str]:
        status, names = self._root.names(path)
        self._frame(f"list:{path}", status, "".join(f"{encode(name)}\n" for name in names).encode())
        return names

    def _table(self, topic: str, paths: Iterable[str]) -> None:
        self._text(f"stat:{topic}", "".join(f"{self._row(path)}\n" for path in paths))

    def _row(self, path: str) -> str:
        seen = self._root.look(path)
        link = f"{seen.link.st_uid} {seen.link.st_gid}" if seen.link is not None else "- -"
        if seen.info is None:
            kind = "denied" if seen.status == 13 else "link" if seen.link is not None else "absent"  # noqa: PLR2004
            return f"{encode(path)} - {kind} - - - - - - - - - {link}"
        info = seen.info
        kind = _KINDS.get(stat.S_IFMT(info.st_mode), "unknown")
        owner = f"{info.st_uid} {info.st_gid} {self._users.get(info.st_uid, '-')} {self._groups.get(info.st_gid, '-')}"
        rest = f"{info.st_size} {int(info.st_mtime)} {info.st_dev} {acl(seen)} {link}"
        return f"{encode(path)} {encode(seen.path)} {kind} {stat.S_IMODE(info.st_mode):04o} {owner} {rest}"

    def _accounts(self, path: str) -> dict[int, str]:
        found: dict[int, str] = {}
        for line in text_of(self._root.read(path, MAX_ACCOUNTS)[1]).splitlines():
            parts = line.split(":")
            if len(parts) > 2 and parts[2].isdecimal():  # noqa: PLR2004 - name, password, number
                found.setdefault(int(parts[2]), encode(parts[0]))
        return found
