"""Where the engine's things lie on this host, as instances for the checks that ask about files.

Each function takes the facts (and the profile's demands, which it does not read) and gives paths by their names,
so that it can be the ``find`` of ``instances``. A place that is not known raises ``NotDecided``; one that this
engine does not have raises ``NotApplicable``.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, NotApplicable, NotDecided, known
from dockworthy.facts.engine.running import is_internal
from dockworthy.facts.engine.unitfile import UNIT_FOLDERS, user_folders
from dockworthy.facts.toml import parse_toml
from dockworthy.regex import regex
from dockworthy.tables import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from dockworthy.facts.facts import Facts
    from dockworthy.facts.host.processes import EngineProcess
    from dockworthy.hosttree.looked import FileFacts

__all__ = [
    "Containerd",
    "Place",
    "api_sockets",
    "certificate_files",
    "certificates",
    "config_file",
    "config_folder",
    "containerd",
    "containerd_config",
    "containerd_socket",
    "containerd_states",
    "daemon_config",
    "data_folder",
    "data_root",
    "engine_program",
    "engine_uid",
    "from_its_folder",
    "home",
    "is_rootless",
    "listen_addresses",
    "named",
    "not_for_rootless",
    "programs",
    "runtimes",
    "socket_unit_files",
    "storage_roots",
    "tls_file",
    "unit_files",
]

_REMAPPED = regex(r"\d{1,10}\.\d{1,10}", re.ASCII)
_CERTIFICATE_FOLDERS = ("/etc/docker/certs.d", "/etc/containerd/certs.d")
_NOT_A_FOLDER = 20
_DEFAULT_SOCKET = "/run/docker.sock"
_DEFAULT_CONTAINERD = "/run/containerd/containerd.sock"
_SUPERVISED = "/containerd/containerd.toml"


@dataclass(frozen=True, slots=True)
class Place:
    """A file that the engine's safety rests on."""

    file: FileFacts  # what was seen of it
    uid: int  # the user that it must belong to: 0, or that of a rootless engine
    is_private: bool = False  # whether it holds a private key


Found = dict[str, Place]


def _places(facts: Facts, paths: Iterable[str]) -> Found:
    """The paths that are there, or that could not be looked at, by what they lead to; what is absent is left out.

    Two spellings of one file (``/var/run/docker.sock`` and ``/run/docker.sock``) give one place, under the name that
    came first.
    """
    uid = engine_uid(facts)
    found: Found = {}
    seen: set[str] = set()
    for path in paths:
        resolved = facts.files.canonical(path)
        file = facts.files[path if path in facts.files else resolved]
        if resolved not in seen and not file.is_absent:
            seen.add(resolved)
            found[path] = Place(file, uid)
    return found


def named(*paths: str) -> Callable[[Facts, Any], Found]:
    """Fixed paths that only an engine of the system has."""

    def find(facts: Facts, _params: object) -> Found:
        not_for_rootless(facts)
        return _places(facts, paths)

    return find


def not_for_rootless(facts: Facts) -> None:
    """Say that the question does not arise for an engine without root; raises NotApplicable for a rootless engine."""
    if is_rootless(facts):
        raise NotApplicable("the engine runs rootless and does not use it")


# --- the engine ------------------------------------------------------------------------------------------------


def is_rootless(facts: Facts) -> bool:
    """Whether the engine that is judged runs without root; where nothing tells, it is taken to run as root."""
    option = facts.engine.security_option("rootless")
    if option.is_known:
        return option.value is not None
    target = facts.processes.target
    return target is not None and bool(target.uid)


def engine_uid(facts: Facts) -> int:
    """The user that the engine's files must belong to: 0, or that of a rootless engine."""
    if not is_rootless(facts):
        return 0
    target: EngineProcess | None = facts.processes.target
    if target is not None and target.uid:
        return target.uid
    words = facts.snapshot.text("cmd:id").get("").split()
    return int(words[0]) if words and words[0].isdecimal() else 0


def home(facts: Facts) -> str:
    """The home directory of the engine's user."""
    found: str = facts.users.home(engine_uid(facts))
    return found


def _engine(facts: Facts) -> EngineProcess | None:
    """The engine's process; None where none runs; raises NotDecided where it is not known which is meant."""
    target: EngineProcess | None = facts.processes.target
    if target is None and facts.processes.of_kind("dockerd").value:
        raise NotDecided("which of the engines is meant is not known", "the processes of the engines", Code.AMBIGUOUS)
    return target


def data_root(facts: Facts) -> Evidence[str]:
    """The engine's data root, without the folder that user namespaces add to it."""
    said = facts.engine.info.text("DockerRootDir")
    if said.is_known and said.value.startswith("/"):
        return known(_without_remapping(said.value, facts.engine.remap_base), said.source)
    configured: Evidence[str] = facts.daemon.data_root
    return configured if configured.is_known else said


def _without_remapping(path: str, base: int | None) -> str:
    parent, _, last = path.rstrip("/").rpartition("/")
    return parent if base is not None and _REMAPPED.fullmatch(last) else path.rstrip("/") or "/"


def storage_roots(facts: Facts, _params: object) -> dict[str, str]:
    """Where images and containers lie: the data root, and containerd's root where the image store is its."""
    roots = [data_root(facts).value]
    if facts.storage.image_store.get(False):
        root = containerd(facts).root
        if not root.startswith(f"{roots[0]}/"):
            roots.append(root)
    return {root: root for root in roots if not facts.files[root].is_absent}


def config_file(facts: Facts) -> str:
    """The path of the engine's configuration file in use, whether it exists or not."""
    engine = _engine(facts)
    path: str = facts.daemon.in_force.file
    if not path and (engine is not None or is_rootless(facts)):
        raise NotDecided(facts.daemon.config_file.unknown or "is not known", "dockerd: config-file")
    return path or "/etc/docker/daemon.json"


def config_folder(facts: Facts, _params: object) -> Found:
    """``/etc/docker``, or the rootless engine's own."""
    if not is_rootless(facts):
        return _places(facts, ["/etc/docker"])
    return _places(facts, [posixpath.dirname(config_file(facts))])


def daemon_config(facts: Facts, _params: object) -> Found:
    """The engine's configuration file in use, and the one that its next start reads."""
    following = facts.daemon.next_start.file
    return _places(facts, [config_file(facts), *([following] if following else [])])


def data_folder(facts: Facts, _params: object) -> Found:
    """The data root."""
    return _places(facts, [data_root(facts).value])


def engine_program(facts: Facts, _params: object) -> Found:
    """The dockerd that runs, else the one on the path."""
    return programs("dockerd")(facts, _params)


def programs(*names: str) -> Callable[[Facts, Any], Found]:
    """Programs as they run (``/proc/PID/exe``), else as the path finds them."""

    def find(facts: Facts, _params: object) -> Found:
        running = {one.kind: one.program for one in facts.processes.running.value if one.program}
        target = _engine(facts)
        if target is not None and target.program:
            running[target.kind] = target.program
        serving = facts.processes.containerd
        if serving is not None and serving.program:
            running["containerd"] = serving.program
        paths = []
        for name in names:
            tool = facts.packages.tools.value.get(name)
            path = running.get(name) or (tool.path if tool else "")
            if path:
                paths.append(path)
        return _places(facts, paths)

    return find


def runtimes(facts: Facts, _params: object) -> Found:
    """The programs that start containers: runc, and every other that the engine has."""
    table = facts.engine.info.table("Runtimes", default={})
    if _engine(facts) is None:
        return programs("runc")(facts, _params)
    paths = []
    for value in table.value.values():
        path = value.get("path") if isinstance(value, dict) else None
        if isinstance(path, str) and path:
            tool = facts.packages.tools.value.get(path)
            paths.append(path if path.startswith("/") or tool is None else tool.path)
    return _places(facts, paths) if paths else programs("runc")(facts, _params)


# --- units -----------------------------------------------------------------------------------------------------


def _unit_folders(facts: Facts) -> tuple[str, ...]:
    if not is_rootless(facts):
        return UNIT_FOLDERS
    return user_folders(f"{home(facts)}/.config")


def unit_files(unit: str) -> Callable[[Facts, Any], Found]:
    """A unit's file and its drop-ins: those that systemd names, and those that lie on its path."""

    def find(facts: Facts, _params: object) -> Found:
        paths: list[str] = []
        folders = _unit_folders(facts)
        if not is_rootless(facts) and facts.services.has_systemd.value:
            paths += facts.services[unit].value.files.value
        fragments = [f"{folder}/{unit}" for folder in folders]
        present = [path for path in fragments if path in facts.files and not facts.files[path].is_absent]
        if not paths or paths[0] not in present:
            paths += present[:1]
        for folder in folders:
            paths += [file.path for file in facts.files.below(f"{folder}/{unit}.d") if file.path.endswith(".conf")]
        # A masked unit is a link to /dev/null: there is nothing in it that anybody could change.
        found = _places(facts, paths)
        return {path: place for path, place in found.items() if "/dev/null" not in {path, place.file.resolved}}

    return find


def socket_unit_files(facts: Facts, params: object) -> Found:
    """The files of docker.socket; a rootless engine has none."""
    not_for_rootless(facts)
    return unit_files("docker.socket")(facts, params)


# --- sockets ---------------------------------------------------------------------------------------------------


def listen_addresses(facts: Facts) -> tuple[str, ...]:
    """Every address of the engine's API: its hosts, with those of the socket unit in place of ``fd://``."""
    _engine(facts)
    found: list[str] = list(facts.daemon.hosts.value)
    unit = facts.services["docker.socket"]
    if unit.is_known and unit.value.is_loaded.get(False):
        found += [f"unix://{path}" for path in unit.value.listens.get(()) if path.startswith("/")]
    return tuple(dict.fromkeys(found))


def api_sockets(facts: Facts, _params: object) -> Found:
    """The UNIX sockets of the engine's API."""
    target = facts.processes.target
    exec_root = facts.daemon.exec_root.get("/var/run/docker")
    sockets = target.unix_sockets if target is not None else ()
    own = [path for path in sockets if path.startswith("/") and not is_internal(path, exec_root)]
    # What the process listens on tells its sockets where its configuration does not.
    addresses = listen_addresses(facts) if facts.daemon.hosts.is_known or not own else ()
    paths = [address.removeprefix("unix://") for address in addresses if address.startswith("unix://")] + own
    return _places(facts, paths or [_DEFAULT_SOCKET])


# --- containerd ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Containerd:
    """The containerd that serves the engine."""

    supervised: bool  # whether the engine started it for itself
    address: str  # its socket
    config: str  # its configuration file; it need not exist
    root: str  # where it keeps images and snapshots
    state: str  # where it keeps what ends with a reboot


def containerd(facts: Facts) -> Containerd:
    """The containerd in use, by the engine's setting, its own command line and its configuration file."""
    engine, process = _engine(facts), facts.processes.containerd
    option = process.option if process is not None else (lambda *_names: "")
    if process is not None:
        process.arguments.value  # noqa: B018 - raises where the command line could not be seen
    config = option("config", "c")
    told = facts.engine.info.text("Containerd", "Address").get("")
    # a containerd that the engine started for itself, and the engine's own answer, tell where no setting does
    is_asked = engine is not None and not told and not config.endswith(_SUPERVISED)
    setting: str = facts.daemon.containerd.value if is_asked else facts.daemon.containerd.get("")
    setting = setting or told
    if config.endswith(_SUPERVISED) and not setting.startswith(_DEFAULT_CONTAINERD):
        state = posixpath.dirname(config)
        root = posixpath.join(data_root(facts).value, "containerd", "daemon")
        return Containerd(True, f"{state}/containerd.sock", config, root, state)  # noqa: FBT003 - a field
    config = config or "/etc/containerd/config.toml"
    table = _configuration(facts, config)
    grpc = table.get("grpc")
    return Containerd(
        supervised=False,
        address=setting.removeprefix("unix://")
        or option("address", "a")
        or _word(grpc if isinstance(grpc, dict) else {}, "address")
        or _DEFAULT_CONTAINERD,
        config=config,
        root=option("root") or _word(table, "root") or "/var/lib/containerd",
        state=option("state") or _word(table, "state") or "/run/containerd",
    )


def _configuration(facts: Facts, path: str) -> Mapping[str, Any]:
    """What a configuration file of containerd says; nothing where there is none."""
    name = f"file:{path}"
    return {} if facts.snapshot.is_absent(name) else parse_toml(facts.snapshot.text(name).value)


def _word(table: Mapping[str, object], key: str) -> str:
    value = table.get(key)
    return value if isinstance(value, str) else ""


def containerd_states(facts: Facts, _params: object) -> Found:
    """Containerd's state folders: its own, and that of the one that the engine supervises."""
    own = [] if is_rootless(facts) else ["/run/containerd"]
    return _places(facts, [*own, containerd(facts).state])


def containerd_socket(facts: Facts, _params: object) -> Found:
    """The socket of the containerd in use."""
    return _places(facts, [containerd(facts).address])


def containerd_config(facts: Facts, _params: object) -> Found:
    """The configuration file of the containerd in use."""
    return _places(facts, [containerd(facts).config])


# --- TLS and certificates --------------------------------------------------------------------------------------


def tls_file(key: str) -> Callable[[Facts, Any], Found]:
    """The file that ``tlscacert``, ``tlscert`` or ``tlskey`` names, where the engine serves TLS."""

    def find(facts: Facts, _params: object) -> Found:
        path = facts.daemon.setting(key)
        if not path.is_known and not _serves_tcp(facts):
            raise NotApplicable("the engine listens on no TCP socket and serves no TLS")
        if not (facts.daemon.tls.value or facts.daemon.tlsverify.value) and not path.get(""):
            raise NotApplicable("the engine serves no TLS")
        return _places(facts, [from_its_folder(facts, path.value)] if path.value else [])

    return find


def _serves_tcp(facts: Facts) -> bool:
    """Whether the engine's API listens on TCP, or may."""
    hosts: Evidence[Sequence[str]] = facts.daemon.hosts
    return any(not host.startswith(("unix://", "fd://")) for host in hosts.get(("tcp://",)))


def from_its_folder(facts: Facts, path: str) -> str:
    """A path as the engine finds it: a relative one from the folder that it runs in."""
    target = facts.processes.target
    folder = facts.snapshot.text(f"proc:{target.pid}/cwd").get("/").strip() if target is not None else "/"
    return posixpath.normpath(posixpath.join(folder or "/", path))


def certificates(facts: Facts, _params: object) -> Found:
    """Every file and folder below the folders of registries' certificates."""
    folders = list(_CERTIFICATE_FOLDERS)
    if is_rootless(facts):
        config = posixpath.dirname(config_file(facts))
        folders = [f"{config}/certs.d", f"{home(facts)}/.config/containerd/certs.d"]
    paths: list[str] = []
    for folder in folders:
        _is_listed(facts, folder)
        paths += [file.path for file in facts.files.below(folder)]
    return {
        path: replace(place, is_private=path.endswith(".key") or f"key:{path}" in facts.snapshot)
        for path, place in _places(facts, paths).items()
    }


def certificate_files(facts: Facts, params: object) -> Found:
    """The files alone."""
    return {path: place for path, place in certificates(facts, params).items() if place.file.kind != "dir"}


def _is_listed(facts: Facts, folder: str) -> None:
    """Make sure that everything below a folder was seen; raises NotDecided where something was not."""
    if f"list:{folder}" not in facts.snapshot:
        raise NotDecided(facts.snapshot.text(f"list:{folder}").unknown or "", folder)
    for section in facts.snapshot.starting(f"list:{folder}"):
        path = section.name.removeprefix("list:")
        if section.absent or not (path == folder or path.startswith(folder + "/")):
            continue
        if section.failure is not None and section.status != _NOT_A_FOLDER:
            raise NotDecided(section.failure, path)
        for name in section.text.split():
            child = posixpath.join(path, decode(name))
            if child not in facts.files:
                raise NotDecided(facts.files.reason, child)
