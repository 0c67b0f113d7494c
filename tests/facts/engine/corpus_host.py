"""The host on which the cases of the engine-config corpus ran, and how they put things on it."""

from __future__ import annotations

import base64
import datetime as dt
import re
import shlex
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy.facts.engine import EngineInputs
from dockworthy.facts.engine.unit import check_program, service_start, socket_addresses
from dockworthy.facts.engine.unitfile import load_unit
from dockworthy.hosttree.entry import Entry, Kind
from dockworthy.hosttree.tree import Tree
from dockworthy.releases import Release

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dockworthy.facts.engine import EngineOutcome

FORWARDING = ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding", "net/ipv6/conf/default/forwarding")
# whose builds ran, by the release: Debian's of four, and static ones of upstream's tags with the Go given
BUILDS = {"20.10.5": "20.10.5+dfsg1", "20.10.24": "20.10.24+dfsg1", "26.1.5": "26.1.5+dfsg1", "28.5.2": "28.5.2+dfsg4"}
# the static builds are built with another Go than upstream's
GO = {"27.5.1": (1, 24), "29.0.1": (1, 24), "29.3.0": (1, 26)}
# every case of the corpus ran with this limit on open files, soft and hard
NOFILE = 20000
HOST_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TLS_FOLDER = "/etc/docker-tls/"
PAIRS = ("server", "client", "expired", "other")
PROGRAMS = (
    "/usr/sbin/docker-proxy",
    "/usr/sbin/runc",
    "/usr/sbin/dockerd",
    "/usr/bin/docker-init",
    "/usr/bin/containerd",
    "/usr/bin/true",
    "/usr/bin/false",
    "/usr/bin/busybox",
    "/usr/bin/cat",
    "/usr/bin/dash",
    "/usr/bin/bash",
    "/usr/bin/env",
    "/usr/bin/sleep",
    "/usr/bin/mkdir",
    "/usr/bin/docker",
    "/usr/bin/kill",
    "/usr/sbin/iptables",
    "/usr/sbin/ip6tables",
    "/usr/sbin/nft",
    "/usr/sbin/useradd",
    "/usr/sbin/usermod",
)
PASSWD = (
    "root:x:0:0:root:/root:/bin/bash\n"
    "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
    "bin:x:2:2:bin:/bin:/usr/sbin/nologin\n"
    "sys:x:3:3:sys:/dev:/usr/sbin/nologin\n"
    "www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n"
    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
)
GROUP = (
    "root:x:0:\ndaemon:x:1:\nbin:x:2:\nsys:x:3:\nadm:x:4:\ntty:x:5:\ndisk:x:6:\nwww-data:x:33:\nstaff:x:50:\n"
    "users:x:100:\nnogroup:x:65534:\ndocker:x:999:\n"
)


@cache
def certificates() -> dict[str, bytes]:
    """Certificates of the corpus' names, made for this run: only what loads and what is a pair matters."""
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat  # noqa: PLC0415
    from cryptography.x509.oid import NameOID  # noqa: PLC0415

    start = dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc)
    files = {}
    for stem in ("ca", "other-ca", *PAIRS):
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, stem)])
        builder = x509.CertificateBuilder(name, name, key.public_key(), 1, start, start.replace(year=2040))
        pem = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
        if stem.endswith("ca"):
            files[f"{TLS_FOLDER}{stem}.pem"] = pem
            files[f"{TLS_FOLDER}{stem}-cert.pem"] = pem
        else:
            files[f"{TLS_FOLDER}{stem}-cert.pem"] = pem
        private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        files[f"{TLS_FOLDER}{stem}-key.pem"] = private
    return files


def _file(data: bytes, mode: int = 0o644) -> Entry:
    return Entry(Kind.FILE, data, mode)


def base_files() -> dict[str, Entry]:
    """What is on every host of the corpus, for the caller to change."""
    return dict(_base_files())


@cache
def _base_files() -> dict[str, Entry]:
    files = {path: _file(b"", 0o755) for path in PROGRAMS}
    files.update({path: _file(data) for path, data in certificates().items()})
    files["/etc/passwd"] = _file(PASSWD.encode())
    files["/etc/group"] = _file(GROUP.encode())
    files["/sys/fs/cgroup/cpu/cpu.rt_period_us"] = _file(b"1000000\n")
    files["/etc/subuid"] = files["/etc/subgid"] = _file(b"")
    for folder in ("/etc/docker", "/run", "/var/lib/docker", "/root", "/srv", "/tmp", "/usr/local/bin", "/proc"):
        files[folder] = Entry(Kind.DIRECTORY, mode=0o755)
    for link, target in (
        ("/var/run", "/run"),
        ("/bin", "usr/bin"),
        ("/sbin", "usr/sbin"),
        ("/lib", "usr/lib"),
        ("/usr/bin/sh", "dash"),
    ):
        files[link] = Entry(Kind.LINK, target=target)
    return files


class Host:
    """A host under construction."""

    def __init__(self) -> None:
        self.files = base_files()
        self.files.update({f"/proc/sys/{name}": _file(b"0\n") for name in FORWARDING})
        self.links: dict[str, tuple[str, ...]] = {"lo": ("127.0.0.1/8", "::1/128")}

    def view(self) -> Tree:
        return Tree(self.files)

    def target(self, path: str) -> str:
        """Where writing to a path ends, its links followed."""
        entry = self.files.get(path)
        return self.target(entry.target) if entry and entry.kind == Kind.LINK else path

    def read(self, path: str) -> bytes:
        entry, _ = self.view().find(path)
        return entry.data or b""

    def lay(self, item: dict[str, Any]) -> None:
        """One entry of ``layout``."""
        path, kind = item["path"], item["type"]
        mode = int(str(item["mode"]), 8) if item.get("mode") else None
        if kind == "dir":
            self.files[path] = Entry(Kind.DIRECTORY, mode=mode or 0o755)
        elif kind == "symlink":
            self.files[path] = Entry(Kind.LINK, target=item["target"])
        elif kind == "absent":
            self.files = {
                name: entry for name, entry in self.files.items() if name != path and not name.startswith(path + "/")
            }
        elif "copy_of" in item:
            source, _ = self.view().find(item["copy_of"])
            self.files[path] = replace(source, mode=mode if mode is not None else source.mode)
        else:
            data = base64.b64decode(item["base64"]) if item.get("base64") else (item.get("text") or "").encode()
            self.files[path] = _file(data, mode or 0o644)

    def run(self, script: str) -> None:
        """The few commands that ``pre`` has, understood and not run."""
        for command in re.split(r";|&&|\n", script):
            self._command(command.strip())

    def _command(self, command: str) -> None:
        background = re.search(r"setsid containerd .*--state (\S+)", command)
        if background:
            self.files[f"{background[1]}/containerd.sock"] = Entry(Kind.SOCKET, mode=0o660)
            return
        match = re.fullmatch(r"(\w+) has (\S+)", command)
        if match:
            self.links[match[1]] = (match[2],)
            return
        try:
            words = shlex.split(command)
        except ValueError:
            return
        if words:
            handler = getattr(self, f"_do_{words[0].replace('-', '_')}", None)
            if handler:
                handler(words[1:])

    def _do_mkdir(self, words: list[str]) -> None:
        for path in words:
            if not path.startswith("-"):
                self.files.setdefault(path, Entry(Kind.DIRECTORY, mode=0o755))

    def _do_ln(self, words: list[str]) -> None:
        names = [word for word in words if not word.startswith("-")]
        self.files[names[1]] = Entry(Kind.LINK, target=names[0])

    def _do_rm(self, words: list[str]) -> None:
        for path in words:
            self.lay({"path": path, "type": "absent"})

    def _do_touch(self, words: list[str]) -> None:
        for path in words:
            self.files.setdefault(path, _file(b""))

    def _do_cp(self, words: list[str]) -> None:
        names = [word for word in words if not word.startswith("-")]
        self.lay({"path": names[1], "type": "file", "copy_of": names[0]})

    def _do_mv(self, words: list[str]) -> None:
        names = [word for word in words if not word.startswith("-")]
        self.files[names[1]] = self.files.pop(names[0], _file(b""))

    def _do_chmod(self, words: list[str]) -> None:
        entry = self.files.get(words[1])
        if entry and words[0].isdigit():
            self.files[words[1]] = replace(entry, mode=int(words[0], 8))

    def _write(self, words: list[str], text: str) -> None:
        target = next((word[1:] for word in words if word.startswith(">/proc/sys/")), None)
        if target is not None:
            self.files[target] = _file(words[0].encode() + b"\n")
            return
        for sign in (">>", ">"):
            if sign in words:
                path = self.target(words[words.index(sign) + 1])
                before = self.read(path) if sign == ">>" else b""
                self.files[path] = _file(before + text.encode())
                return

    def _do_printf(self, words: list[str]) -> None:
        self._write(words, words[0].encode().decode("unicode_escape"))

    def _do_echo(self, words: list[str]) -> None:
        cut = [word for word in words if not word.startswith(">")]
        self._write(words, " ".join(cut[: len(cut) - 1]) + "\n")

    def _do_sed(self, words: list[str]) -> None:
        names = [word for word in words if not word.startswith("-")]
        match = re.fullmatch(r"/(.*)/d", names[0])
        if match:
            lines = self.read(names[1]).decode().splitlines(keepends=True)
            kept = "".join(line for line in lines if not re.search(match[1], line))
            self.files[names[1]] = _file(kept.encode())

    def _do_groupadd(self, words: list[str]) -> None:
        number = words[words.index("-g") + 1] if "-g" in words else "990"
        self._append("/etc/group", f"{words[-1]}:x:{number}:\n")

    def _do_useradd(self, words: list[str]) -> None:
        number = words[words.index("-u") + 1] if "-u" in words else "990"
        group = words[words.index("-g") + 1] if "-g" in words else ""
        gid = number
        for line in self.read("/etc/group").decode().splitlines():
            if group and line.split(":")[0] == group:
                gid = line.split(":")[2]
        if not group:
            self._append("/etc/group", f"{words[-1]}:x:{gid}:\n")
        self._append("/etc/passwd", f"{words[-1]}:x:{number}:{gid}::/home/{words[-1]}:/bin/sh\n")

    def _do_ip(self, words: list[str]) -> None:
        if words[:2] == ["link", "add"]:
            name = words[3] if words[2] == "name" else words[2]
            self.links.setdefault(name, ())
        elif words[:2] == ["addr", "add"]:
            self.links[words[4]] = (*self.links.get(words[4], ()), words[2])

    def _append(self, path: str, text: str) -> None:
        self.files[path] = _file(self.read(path) + text.encode())


def _config(case: dict[str, Any]) -> bytes | None:
    if case.get("daemon_json_base64"):
        return base64.b64decode(case["daemon_json_base64"])
    return None if case["daemon_json"] is None else str(case["daemon_json"]).encode("utf-8", "surrogatepass")


def _plugins(sockets: Iterable[str]) -> frozenset[str]:
    return frozenset(path.rpartition("/")[2].removesuffix(".sock") for path in sockets)


UNITS = Path(__file__).parents[2] / "data" / "engine-config" / "units"
UNIT_FOLDER = "/usr/lib/systemd/system"
NOFILE_SOFT = 1024  # systemd's default soft limit


def service_host(case: dict[str, Any]) -> Host:
    """A host with systemd and Debian's units, and the case's own files over them."""
    host = Host()
    for path in sorted(UNITS.iterdir()):
        host.files[f"{UNIT_FOLDER}/{path.name}"] = _file(path.read_bytes())
    host.files["/run/systemd/system"] = Entry(Kind.DIRECTORY, mode=0o755)
    for item in case["unit_files"]:
        kind = "symlink" if item.get("target") else item.get("type", "file")
        host.lay({**item, "type": kind})
    return host


def _limit(text: str) -> tuple[int, int]:
    """The limits of open files that the service gets, within what the host allows."""
    soft, _, hard = text.partition(":")
    if not text:
        return NOFILE_SOFT, NOFILE
    values = [NOFILE if part == "infinity" else min(int(part), NOFILE) for part in (soft, hard or soft)]
    return values[0], values[1]


def _service_inputs(case: dict[str, Any]) -> EngineInputs | str:
    host = service_host(case)
    config = _config(case)
    if config is not None:
        host.files[case.get("config_path") or "/etc/docker/daemon.json"] = _file(config)
    for script in case.get("pre") or []:
        host.run(script)
    for item in case.get("layout") or []:
        host.lay(item)
    files = host.view()
    start = service_start(files, specifiers={"H": "dockerhost", "l": "dockerhost"})
    reason = start.refusal or check_program(start, files)
    if reason:
        return reason
    if "containerd.service" in start.wants and not load_unit("containerd.service", files).masked:
        host.files["/run/containerd/containerd.sock"] = Entry(Kind.SOCKET, mode=0o660)
    arguments = start.arguments or ()
    if start.program.rpartition("/")[2] != "dockerd" and case["argv"] is not None:
        arguments = tuple(case["argv"])  # a wrapper of another kind: only the process tells
    return EngineInputs(
        argv=arguments,
        env=start.environment,
        files=Tree(host.files, cwd=start.cwd),
        plugins=_plugins(case.get("plugins") or []),
        activation=socket_addresses(files) if "docker.socket" in start.wants else (),
        links=host.links,
        cgroup=2,
        systemd=True,
        file_system="tmpfs",
        release=release_of(case),
        uid=0 if start.user in {"root", "0"} else 1000,
    )


def inherited_limits(case: dict[str, Any]) -> dict[str, list[int]]:
    """The limits that a container has unlike its shim: those of an engine with a containerd of its own.

    Programs in Go raise their soft limit of open files and give their children the old one back.
    """
    if case["group"] != "U":
        return {}
    host = service_host(case)
    start = service_start(host.view(), specifiers={"H": "dockerhost", "l": "dockerhost"})
    soft, hard = (NOFILE, NOFILE) if start.privileged else _limit(start.limit_nofile)
    own = "containerd.service" not in start.wants and not any("--containerd" in word for word in start.arguments or ())
    return {"nofile": [soft, hard]} if own and soft != hard else {}


def release_of(case: dict[str, Any]) -> Release:
    """The engine's release: 26.1.5 where the case does not say it."""
    release = case.get("engine") or "26.1.5"
    return Release.parse(BUILDS.get(release, release))


def case_inputs(case: dict[str, Any]) -> EngineInputs | str:
    """What the rebuilding gets of a case, or why the service manager never starts the engine."""
    if case.get("unit_files") is not None:
        return _service_inputs(case)
    host = Host()
    config = _config(case)
    if config is not None:
        host.files[case.get("config_path") or "/etc/docker/daemon.json"] = _file(config)
    for script in case.get("pre") or []:
        host.run(script)
    for item in case.get("layout") or []:
        host.lay(item)
    for path in case.get("plugins") or []:
        host.files[path] = Entry(Kind.SOCKET, mode=0o660)
    env = {"PATH": HOST_PATH, "HOME": "/root"}
    for name, value in case["env"].items():
        if value is None:
            env.pop(name, None)
        else:
            env[name] = value
    files = Tree(host.files, cwd=case.get("cwd") or "/")
    return EngineInputs(
        argv=tuple(case["argv"] or ()),
        env=env,
        files=files,
        plugins=_plugins(case.get("plugins") or []),
        activation=tuple(case.get("activation") or ()),
        links=host.links,
        cgroup=2 if case.get("cgroup") == "v2" else 1,
        systemd=False,
        file_system="tmpfs",
        release=release_of(case),
        go=GO.get(case.get("engine") or "", ()),
    )


def _listening(host: str, handed_over: tuple[str, ...]) -> str:
    """An address of ``hosts`` as a list of listening sockets shows it.

    The engine listens on 0.0.0.0 for both families; a socket that was handed over has the family of its address.
    """
    if host.removeprefix("tcp://") in handed_over:
        return host.replace("tcp://[::]:", "tcp://*:")
    for name in ("0.0.0.0", "[::]"):  # noqa: S104 - a text to compare
        host = host.replace(f"tcp://{name}:", "tcp://*:")
    return host.replace("tcp://localhost:", "tcp://127.0.0.1:")


def observed(outcome: EngineOutcome, inputs: EngineInputs, inherited: dict[str, list[int]]) -> dict[str, Any]:
    """The settings as the corpus observed them on containers and sockets."""
    seen = {key: evidence.get(None) for key, evidence in outcome.settings.items()}
    seen["hosts"] = sorted(_listening(name, inputs.activation or ()) for name in seen["hosts"] or [])
    if not inputs.rules.holds("seccomp.named") and seen["seccomp-profile"] == "builtin":
        seen["seccomp-profile"] = "default"  # as older engines call it
    limits = dict(inherited)
    for limit in filter(None, (seen["default-ulimits"] or {}).values()):
        limits[limit["Name"]] = [limit["Soft"], limit["Hard"]]
    seen["default-ulimits"] = {
        name: values for name, values in limits.items() if not (name == "nofile" and values == [NOFILE, NOFILE])
    }
    return seen


def words(text: str) -> list[str]:
    """A message's words, those of lists in any order, as Go's maps have none."""
    return sorted(text.replace(",", " ").split())


def assert_each(judge: Callable[..., None], cases: Iterable[tuple[str, Any]]) -> None:
    """Every case is judged; the ids of those that the judge asserts something else of are told, with its words."""
    judged = [(name, _disagreement(judge, case)) for name, case in cases]
    assert judged
    differing = [f"{name}: {said}" for name, said in judged if said is not None]
    assert differing == [], "\n".join(differing)


def _disagreement(judge: Callable[..., None], case: object) -> str | None:
    try:
        judge(case)
    except AssertionError as error:
        return str(error)
    return None
