"""The engines that run on the host, what they were started with, and where they listen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Evidence, known
from dockworthy.facts.facts import fact
from dockworthy.tables import decode, number, rows

if TYPE_CHECKING:
    from dockworthy.snapshot import Snapshot

__all__ = ["EngineProcess", "Processes", "processes"]


# Words on a command line by which an engine's program says something, or hands it on, and ends (``dockerd/docker.go``;
# ``cmd/containerd/command``: a shim of containerd's runs ``containerd publish`` for each event).
_ASKED = frozenset({"--help", "-h", "--version", "-v", "--help=true", "--version=true"})
_ERRANDS = {
    "dockerd": _ASKED | {"--validate", "--validate=true"},
    "containerd": _ASKED | {"config", "help", "h", "publish", "oci-hook"},
}


@dataclass(frozen=True, slots=True)
class EngineProcess:
    """A process that is an engine or serves one."""

    pid: int  # its id, as the probe saw it
    kind: str  # ``dockerd``, ``containerd``, ``podman``, …
    program: str  # the file that it runs, links resolved; empty where that is not known
    uid: int | None  # of its user on the host; None where that is not known
    started: int | None  # seconds since the epoch; None where that is not known
    arguments: Evidence[tuple[str, ...]]  # the command line, the program first
    replaced: bool = False  # whether its program's file was replaced or removed since it began
    # whether it lives in a process name space of its own, as an engine inside a container does
    is_contained: bool = False
    unix_sockets: tuple[str, ...] = ()  # paths that it listens on
    tcp_sockets: tuple[str, ...] = ()  # addresses that it listens on

    @property
    def is_errand(self) -> bool:
        """Whether it serves nobody, and ends as soon as it has said what it was asked (``dockerd --version``)."""
        return not _ERRANDS.get(self.kind, frozenset()).isdisjoint(self.arguments.get(())[1:])

    @property
    def is_supervised(self) -> bool:
        """Whether it is a containerd that an engine started for itself."""
        return self.option("config", "c").endswith("/containerd/containerd.toml")

    def option(self, *names: str) -> str:
        """The last value that an option has on the command line (``--config X`` or ``--config=X``), or nothing."""
        value = ""
        arguments = self.arguments.get(())
        for index, word in enumerate(arguments):
            name, equals, rest = word.partition("=")
            if name.lstrip("-") in names and name.startswith("-"):
                value = rest if equals else arguments[index + 1] if index + 1 < len(arguments) else ""
        return value


@dataclass(frozen=True, slots=True)
class Processes:
    """The engines of the host."""

    running: Evidence[tuple[EngineProcess, ...]]  # all of them; unknown where the probe could not look
    target: EngineProcess | None  # the engine that the target's user reaches, where that is known

    def of_kind(self, kind: str) -> Evidence[tuple[EngineProcess, ...]]:
        """The processes of one kind."""
        return self.running.map(lambda found: tuple(one for one in found if one.kind == kind))

    @property
    def containerd(self) -> EngineProcess | None:
        """The containerd that serves the target engine: the one that it supervises, else that of the same user."""
        candidates = self.of_kind("containerd").get(())
        if self.target is not None:
            same = tuple(one for one in candidates if one.uid == self.target.uid)
            supervised = tuple(one for one in same if one.is_supervised)
            return next(iter(supervised or same or candidates), None)
        return next(iter(candidates), None)


@fact
def processes(snapshot: Snapshot) -> Processes:
    """The engines' processes, and the one that owns the API's socket."""
    seen = snapshot.text("cmd:engines")
    every = (_process(snapshot, pid, words) for words in rows(seen.get(""), 5) if (pid := number(words[0])) is not None)
    found = tuple(process for process in every if not process.is_errand)
    owner = _owner(snapshot, {process.pid for process in found if process.kind == "dockerd"})
    target = next((one for one in found if one.pid == owner), None)
    return Processes(seen.by("the processes of the engines").map(lambda _text: found), target)


def _owner(snapshot: Snapshot, engines: set[int]) -> int | None:
    """Which engine answers the target's user: the one that the probe asked, or the only one."""
    for line in snapshot.text("cmd:engine-target").get("").splitlines():
        words = line.split()
        for word in words[1:] if words[:1] in (["pid"], ["PID"]) else words:
            pid = number(word)
            if pid is not None and pid in engines:
                return pid
    only = next(iter(engines)) if len(engines) == 1 else None
    return None if only is not None and _is_elsewhere(snapshot, only) else only


def _is_elsewhere(snapshot: Snapshot, pid: int) -> bool:
    """Whether another engine was asked than this one: by TCP, at a port on which this one does not listen."""
    answers = rows(snapshot.text("cmd:engine-target").get(""), 2)
    endpoint = next((decode(words[1]) for words in answers if words[0] == "endpoint"), "")
    scheme, _, address = endpoint.partition("://")
    listens = snapshot.text(f"proc:{pid}/listen")
    if scheme not in {"tcp", "http", "https"} or not listens.is_known:
        return False
    port = address.partition("/")[0].rpartition(":")[2]
    return not any(kind.startswith("tcp") and bound.endswith(f":{port}") for kind, bound, *_ in rows(listens.value, 2))


def _process(snapshot: Snapshot, pid: int, words: list[str]) -> EngineProcess:
    command = snapshot.data(f"proc:{pid}/cmdline")
    arguments: Evidence[tuple[str, ...]] = Evidence(f"/proc/{pid}/cmdline", None, command.unknown)
    if command.is_known:
        parts = command.value.rstrip(b"\0").split(b"\0")
        arguments = known(tuple(part.decode("utf-8", "surrogateescape") for part in parts), arguments.source)
    unix, tcp = [], []
    for kind, address, *_ in rows(snapshot.text(f"proc:{pid}/listen").get(""), 2):
        if kind == "unix":
            unix.append(decode(address))
        elif kind.startswith("tcp"):
            tcp.append(address)
    here, there = _name_space(snapshot, "cmd:ns-self"), _name_space(snapshot, f"proc:{pid}/ns")
    return EngineProcess(
        pid=pid,
        kind=words[1],
        program="" if words[2] == "-" else decode(words[2]),
        uid=number(words[3]),
        started=number(words[4]),
        arguments=arguments,
        replaced=words[6:7] == ["deleted"],
        is_contained=bool(here and there and here != there),
        unix_sockets=tuple(unix),
        tcp_sockets=tuple(tcp),
    )


def _name_space(snapshot: Snapshot, section: str) -> str:
    names = {words[0]: words[1] for words in rows(snapshot.text(section).get(""), 2)}
    return names.get("pid", "")
