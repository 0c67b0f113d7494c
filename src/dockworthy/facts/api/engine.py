"""The engine itself: its versions, its security options, and which process it is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Reason, known, unknown
from dockworthy.facts.api.document import Document, one_document
from dockworthy.facts.api.live import engine_namespaces
from dockworthy.facts.facts import fact
from dockworthy.facts.versions import Version, version_evidence
from dockworthy.noted import Noted
from dockworthy.typed import REDACTED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from dockworthy.facts.host.processes import EngineProcess, Processes
    from dockworthy.noted import Note
    from dockworthy.snapshot import Snapshot

__all__ = ["INFO", "Engine", "engine", "engine_info", "info_texts"]

INFO = "info"
"""What the table of the answer to ``GET /info`` is called where looks at it are noted."""
_DEFAULT_SOCKETS = ("/run/docker.sock", "/var/run/docker.sock", "/run/containerd/containerd.sock")


@dataclass(frozen=True, slots=True)
class Engine:
    """What ``GET /info`` and ``GET /version`` say, and what the probe saw of the engine's processes."""

    info: Document  # the answer to ``GET /info``
    version_answer: Document  # the answer to ``GET /version``
    process: EngineProcess | None  # the one that owns the API's socket, or None where that is not known
    unix_sockets: tuple[str, ...]  # where any of these processes accepts, and the usual places
    namespaces: Evidence[Mapping[str, str]]  # of the process that owns the API's socket
    apparmor_enabled: Evidence[bool]  # whether the host's kernel offers AppArmor

    def noted(self, note: Callable[[str], Note]) -> Engine:
        """The same for a reader whose looks at the answer to ``GET /info`` are noted, by the answer's keys."""
        return replace(self, info=replace(self.info, content=Noted(self.info.content, note(INFO))))

    @property
    def unnoted(self) -> Engine:
        """All of it but what is looked up there."""
        return replace(self, info=replace(self.info, content={}))

    @property
    def version(self) -> Evidence[Version]:
        """The engine's own version."""
        return version_evidence(self.version_answer.text("Version"))

    def component(self, name: str) -> Evidence[str]:
        """The version text of a component (``containerd``, ``runc``) that belongs to the engine."""
        components = self.version_answer.objects("Components", default=())
        if components.is_known:
            for item in components.value:
                if item.text("Name", default="").get("").lower() == name:
                    return item.text("Version")
        commit = {"containerd": "ContainerdCommit", "runc": "RuncCommit"}.get(name)
        text = self.info.text(commit, "ID") if commit else None
        if text is not None and text.is_known and text.value:
            return text
        return unknown("the engine does not say it", f"GET /version: Components[{name}]", Code.NOT_TOLD)

    @property
    def security_options(self) -> Evidence[tuple[Mapping[str, str], ...]]:
        """Each entry of ``SecurityOptions`` as its keys and values (``name=seccomp,profile=builtin``)."""
        return self.info.texts("SecurityOptions").map(
            lambda options: tuple(
                {key: value for key, _, value in (part.partition("=") for part in option.split(","))}
                if "=" in option
                else {"name": option}
                for option in options
            )
        )

    def security_option(self, name: str) -> Evidence[Mapping[str, str] | None]:
        """The entry of that name (``seccomp``, ``apparmor``, ``selinux``, ``userns``), or None."""
        return self.security_options.map(
            lambda options: next((option for option in options if option.get("name") == name), None)
        )

    @property
    def swarm_state(self) -> Evidence[str]:
        """``inactive``, ``pending``, ``active``, ``error`` or ``locked``."""
        return self.info.text("Swarm", "LocalNodeState")

    @property
    def started(self) -> int | None:
        """When the process that owns the API's socket began, in seconds since the epoch; None where not known."""
        return self.process.started if self.process is not None else None

    @property
    def pid(self) -> int | None:
        """The process that owns the API's socket, or None where that is not known."""
        return self.process.pid if self.process is not None else None

    @property
    def remap_base(self) -> int | None:
        """The first host uid of remapped containers: the engine keeps them in ``DATA-ROOT/UID.GID``."""
        last = self.info.text("DockerRootDir", default="").get("").rpartition("/")[2]
        first, dot, second = last.partition(".")
        if not (dot and first.isdecimal() and second.isdecimal()):
            return None
        option = self.security_option("userns")
        return int(first) if option.is_known and option.value is not None else None


def _sockets(running: Iterable[EngineProcess]) -> tuple[str, ...]:
    """Where any of the engines' processes accepts, and the usual places."""
    paths = [path for process in running for path in process.unix_sockets if path.startswith("/")]
    return tuple(dict.fromkeys([*_DEFAULT_SOCKETS, *paths]))


def _apparmor(snapshot: Snapshot) -> Evidence[bool]:
    name = "file:/sys/module/apparmor/parameters/enabled"
    if snapshot.is_absent(name):
        return known(value=False, source="/sys/module/apparmor/parameters/enabled")
    return snapshot.text(name).map(lambda text: text.strip() == "Y")


def _version(snapshot: Snapshot) -> Document:
    """The engine's part: the docker command wraps it as ``Server`` beside its own."""
    found = one_document(snapshot, "docker:version", "GET /version")
    if found.unknown is None and ("Server" in found.content or "Client" in found.content):
        server = found.at("Server")
        return Document("GET /version", server.content, server.unknown)
    return found


def info_texts(snapshot: Snapshot) -> dict[str, str]:
    """The values of the answer to ``GET /info`` by its keys, as text: of values alone true would be the same as 1."""
    return {key: json.dumps(value) for key, value in engine_info(snapshot).content.items()}


def engine_info(snapshot: Snapshot) -> Document:
    """The answer to ``GET /info``.

    The docker command prints zeros and why, and ends with 0, where the engine did not answer it.
    """
    found = one_document(snapshot, "docker:info", "GET /info")
    errors = found.items("ServerErrors", default=()).get(())
    if errors:
        said = str(errors[0])[:300]
        why = "the engine did not answer" + ("" if said == REDACTED else f": {said}")
        return Document("GET /info", {}, Reason(why, Code.NOT_TOLD))
    return found


@fact
def engine(snapshot: Snapshot, processes: Processes) -> Engine:
    """The engine that the target's user would reach."""
    process = processes.target
    return Engine(
        info=engine_info(snapshot),
        version_answer=_version(snapshot),
        process=process,
        unix_sockets=_sockets(processes.running.get(())),
        namespaces=engine_namespaces(snapshot, process.pid if process is not None else None),
        apparmor_enabled=_apparmor(snapshot),
    )
