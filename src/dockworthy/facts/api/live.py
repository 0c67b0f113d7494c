"""What /proc says of a container's processes, and of the engine that started them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, unknown
from dockworthy.facts.api.capabilities import from_mask
from dockworthy.tables import decode, number, rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.snapshot import Snapshot

__all__ = [
    "Listener",
    "LiveProcess",
    "Task",
    "engine_namespaces",
    "host_listeners",
    "listeners",
    "processes",
    "tasks",
]

_PROCESS_COLUMNS = 14
_TASK_COLUMNS = 4
_LISTENER_COLUMNS = 4
_HOST_COLUMNS = 3
_NAMESPACES = ("net", "pid", "ipc", "uts", "user")


@dataclass(frozen=True, slots=True)
class LiveProcess:
    """The first process of a running container, seen from the host."""

    # pid, uid, gid: as the host counts them; None where not known
    pid: int | None
    uid: int | None
    gid: int | None
    bounding: frozenset[str] | None  # the capabilities that it may get; None where not known
    seccomp: int | None  # 0 off, 1 strict, 2 filtered; None where not known
    no_new_privileges: bool | None  # whether it can gain none; None where not known
    apparmor: str | None  # its confinement as in attr/current (``docker-default (enforce)``); None where not known
    namespaces: Mapping[str, str]  # by kind (net, pid, ipc, uts, user), the text of the link

    @property
    def where(self) -> str:
        """The folder of /proc that it was read from."""
        return f"/proc/{self.pid}"


@dataclass(frozen=True, slots=True)
class Task:
    """One process in a container's cgroup: the kernel's name of it, and that of its program file."""

    pid: int
    comm: str
    program: str


@dataclass(frozen=True, slots=True)
class Listener:
    """A socket on which a process accepts: protocol, address and port."""

    protocol: str
    address: str
    port: int


def _mask(word: str) -> frozenset[str] | None:
    """The capabilities of a mask of up to 16 hexadecimal digits; None where the word is none."""
    if not re.fullmatch(r"[0-9A-Fa-f]{1,16}", word, re.ASCII):
        return None
    return from_mask(int(word, 16))


def _word(word: str) -> str | None:
    return None if word in {"-", "?"} else decode(word)


def processes(snapshot: Snapshot) -> Evidence[Mapping[str, LiveProcess]]:
    """By container id, its first process (section ``cmd:container-processes``)."""

    def read(text: str) -> Mapping[str, LiveProcess]:
        found: dict[str, LiveProcess] = {}
        for words in rows(text, _PROCESS_COLUMNS):
            namespaces = {
                kind: link for kind, word in zip(_NAMESPACES, words[9:14], strict=True) if (link := _word(word))
            }
            flag = number(words[7])
            found[words[0]] = LiveProcess(
                pid=number(words[1]),
                uid=number(words[2]),
                gid=number(words[3]),
                bounding=_mask(words[5]),
                seccomp=number(words[6]),
                no_new_privileges=None if flag is None else flag == 1,
                apparmor=_word(words[8]),
                namespaces=namespaces,
            )
        return found

    return snapshot.text("cmd:container-processes").map(read)


def tasks(snapshot: Snapshot) -> Evidence[Mapping[str, tuple[Task, ...]]]:
    """By container id, all its processes (section ``cmd:container-tasks``)."""

    def read(text: str) -> Mapping[str, tuple[Task, ...]]:
        found: dict[str, list[Task]] = {}
        for words in rows(text, _TASK_COLUMNS):
            program = decode(words[3]).removesuffix(" (deleted)")
            task = Task(number(words[1]) or 0, decode(words[2]), program.rpartition("/")[2])
            found.setdefault(words[0], []).append(task)
        return {key: tuple(value) for key, value in found.items()}

    return snapshot.text("cmd:container-tasks").map(read)


def listeners(snapshot: Snapshot) -> Evidence[Mapping[str, tuple[Listener, ...]]]:
    """By container id, where the processes of host-network containers listen (``cmd:container-listeners``).

    Lines are ``ID PROTOCOL ADDRESS PORT``. Whose a socket is, only root can see.
    """
    who = snapshot.text("cmd:id")
    if who.is_known and who.value.split()[-1:] != ["root"]:
        return unknown(
            "whose the host's sockets are can only be seen as root", "cmd:container-listeners", Code.NOT_PERMITTED
        )

    def read(text: str) -> Mapping[str, tuple[Listener, ...]]:
        found: dict[str, list[Listener]] = {}
        for words in rows(text, _LISTENER_COLUMNS):
            port = number(words[3])
            if port is not None:
                found.setdefault(words[0], []).append(Listener(words[1], decode(words[2]), port))
        return {key: tuple(value) for key, value in found.items()}

    return snapshot.text("cmd:container-listeners").map(read)


def host_listeners(snapshot: Snapshot) -> Evidence[tuple[Listener, ...]]:
    """Where anything on the host accepts connections by TCP (``cmd:listeners``: ``PROTOCOL ADDRESS PORT …``)."""

    def read(text: str) -> tuple[Listener, ...]:
        found = ((words, number(words[2])) for words in rows(text, _HOST_COLUMNS) if words[0].startswith("tcp"))
        return tuple(Listener(words[0], decode(words[1]), port) for words, port in found if port is not None)

    return snapshot.text("cmd:listeners").by("the host's listening sockets").map(read)


def engine_namespaces(snapshot: Snapshot, pid: int | None) -> Evidence[Mapping[str, str]]:
    """The namespaces of the engine that owns the API: what a container shares when it shares "the host's"."""
    if pid is None:
        return unknown("which process is the engine is not known", "cmd:engine-target", Code.AMBIGUOUS)
    text = snapshot.text(f"proc:{pid}/ns").by(f"/proc/{pid}/ns")
    return text.map(lambda table: {words[0]: words[-1] for words in rows(table, 2)})
