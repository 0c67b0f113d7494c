"""One container: what it was made with, what /proc says of it, and what the one means together with the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, derived, known, unknown
from dockworthy.facts.api.capabilities import granted
from dockworthy.facts.api.mounts import reach_of
from dockworthy.facts.api.ports import Publication, publications
from dockworthy.facts.api.security import SecurityOptions, parse_security_options
from dockworthy.facts.api.users import RunsAs, numeric_user, user_part

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from dockworthy.facts.api.document import Document
    from dockworthy.facts.api.engine import Engine
    from dockworthy.facts.api.images import Images
    from dockworthy.facts.api.live import Listener, LiveProcess, Task
    from dockworthy.facts.api.mounts import Reach
    from dockworthy.facts.api.networks import Networks
    from dockworthy.facts.api.swarm import Swarm
    from dockworthy.facts.api.volumes import Volumes
    from dockworthy.hosttree.places import Places

__all__ = ["Container", "Exec", "Surroundings"]

_UP = frozenset({"running", "paused", "restarting"})
_WITH_PROCESS = frozenset({"running", "paused"})
# Programs that start the container's process on the host's own kernel, so that /proc shows the process itself.
_DIRECT_RUNTIMES = frozenset(
    {"", "runc", "crun", "youki", "docker-runc", "io.containerd.runc.v2", "nvidia-container-runtime", "sysbox-runc"}
)
_NAMESPACE_MODES = {"net": "NetworkMode", "pid": "PidMode", "ipc": "IpcMode", "uts": "UTSMode", "user": "UsernsMode"}
_MAX_CHAIN = 64
_MISSING = "the answer does not have it"


def _request(item: Document) -> str:
    driver = item.text("Driver", default="").get("")
    names = item.texts("DeviceIDs", default=()).get(())
    capabilities = [",".join(map(str, group)) for group in item.items("Capabilities", default=()).get(()) if group]
    return driver or next(iter((*names, *capabilities)), "any device")


@dataclass(frozen=True, slots=True)
class Exec:
    """A process that ``docker exec`` started and that still runs."""

    id: str
    privileged: Evidence[bool]
    user: Evidence[str]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a container's settings refer to."""

    # engine, networks, volumes, images, swarm: of the same engine
    engine: Engine
    networks: Networks
    volumes: Volumes
    images: Images
    swarm: Swarm
    image_users: Evidence[Mapping[tuple[str, str], int]]  # the numbers of the users that images name
    tree: Places  # the host's files and mounts
    folder: str  # the engine's working directory
    by_id: Mapping[str, Container]  # all its containers
    reaches: dict[str, Reach]  # what containers reach of the host, where it was asked before


@dataclass(frozen=True, slots=True)
class Container:
    """One container."""

    name: str  # without the leading slash
    id: str  # the full one; empty where the answer was cut off before it
    answer: Document  # ``GET /containers/NAME/json``
    surroundings: Surroundings  # what its settings refer to
    # its first process; unknown where the probe could not see it, None where there is none
    process: Evidence[LiveProcess | None]
    tasks: Evidence[tuple[Task, ...]]  # all its processes
    listeners: Evidence[tuple[Listener, ...]]  # where its processes accept connections, if it is on the host's network
    execs: Evidence[tuple[Exec, ...]]  # processes that ``docker exec`` started and that still run

    # --- its state -----------------------------------------------------------------------------------------------

    @property
    def state(self) -> Evidence[str]:
        """``created``, ``running``, ``paused``, ``restarting``, ``removing``, ``exited`` or ``dead``."""
        status = self.answer.text("State", "Status")
        if status.is_known and status.value:
            return known(status.value.lower(), status.source)
        running = self.answer.flag("State", "Running")
        return running.map(lambda value: "running" if value else "exited")

    @property
    def is_up(self) -> Evidence[bool]:
        """Whether it runs, is paused, or is between two starts."""
        return self.state.map(lambda state: state in _UP)

    @property
    def has_process(self) -> bool:
        """Whether the engine says that it has a process now."""
        return self.state.get("") in _WITH_PROCESS

    @property
    def live(self) -> LiveProcess | None:
        """Its first process where the probe saw it and it is the container's own; None otherwise."""
        if not self.has_process or not self.has_direct_runtime:
            return None
        return self.process.get(None)

    @property
    def created(self) -> Evidence[datetime]:
        """When it was made."""
        return self.answer.time("Created")

    @property
    def has_direct_runtime(self) -> bool:
        """Whether its process runs on the host's own kernel, as runc's do and those in a virtual machine do not."""
        name = self.answer.text("HostConfig", "Runtime", default="").get("")
        path = self.surroundings.engine.info.text("Runtimes", name, "path", default="").get("")
        return name in _DIRECT_RUNTIMES or path.rpartition("/")[2] in _DIRECT_RUNTIMES - {""}

    # --- what it may -----------------------------------------------------------------------------------------------

    @property
    def privileged(self) -> Evidence[bool]:
        """``--privileged``."""
        return self.answer.flag("HostConfig", "Privileged")

    @property
    @derived
    def capabilities(self) -> Evidence[frozenset[str]]:
        """What its processes may get: the options as the engine reads them, and the bounding set that is in force."""
        adds, drops = self.answer.texts("HostConfig", "CapAdd"), self.answer.texts("HostConfig", "CapDrop")
        configured = granted(adds.value, drops.value, privileged=self.privileged.value)
        live = self.live
        if live is None or live.bounding is None or live.bounding <= configured:
            return known(configured, adds.source if not self.privileged.value else self.privileged.source)
        return known(configured | live.bounding, f"{adds.source}; {live.where}/status: CapBnd")

    @property
    def dropped(self) -> Evidence[tuple[str, ...]]:
        """``--cap-drop``, as typed."""
        return self.answer.texts("HostConfig", "CapDrop")

    @property
    def security(self) -> Evidence[SecurityOptions]:
        """``--security-opt``, as the engine reads it."""
        return self.answer.texts("HostConfig", "SecurityOpt").map(parse_security_options)

    @property
    @derived
    def apparmor_profile(self) -> Evidence[str]:
        """Its AppArmor profile: in force where it runs, else what it would start under."""
        found = self.answer.text("AppArmorProfile", default="")
        if self.has_process or not found.is_known:
            return found
        source = self.security.source
        own = self.security.value.apparmor
        return known(own or ("unconfined" if self.privileged.by(source).value else "docker-default"), source)

    @property
    def user(self) -> Evidence[str]:
        """``--user``, or the image's ``USER``."""
        return self.answer.text("Config", "User", default="")

    @property
    def runs_as(self) -> Evidence[RunsAs]:
        """Its user inside the container, by the options where they say a number, else by the process or the image."""
        if not self.user.is_known or not self.answer.has("Config"):
            return unknown(self.user.unknown or _MISSING, self.user.source)
        user = self.user.value
        configured = numeric_user(user)
        if configured == 0:
            return known(RunsAs(user, 0), self.user.source)
        inside = self._live_uid
        if inside is not None and inside.value == 0:
            return known(RunsAs(user, 0), inside.source)
        if configured is not None:
            return known(RunsAs(user, configured), self.user.source)
        if inside is not None:
            return known(RunsAs(user, inside.value), inside.source)
        return self._named_user(user)

    def _named_user(self, user: str) -> Evidence[RunsAs]:
        uid = self._number_in_image(user)
        if uid is None:
            why = f"which number the user {user_part(user)!r} has in the image is not known"
            return unknown(why, self.user.source, Code.AMBIGUOUS)
        return known(RunsAs(user, uid), f"{self.user.source}; the image's /etc/passwd")

    def _number_in_image(self, user: str) -> int | None:
        image = self.answer.text("Image", default="").get("")
        return self.surroundings.image_users.get({}).get((image, user_part(user)))

    def session_uid(self, session: Exec) -> Evidence[int | None]:
        """The number of a session's user inside the container; None where only the image could tell."""
        user = session.user.value or self.user.value
        number = numeric_user(user)
        return known(self._number_in_image(user) if number is None else number, session.user.source)

    @property
    def _live_uid(self) -> Evidence[int] | None:
        """The uid of its first process, as the container's user namespace counts it; None where not known."""
        live = self.live
        if live is None or live.uid is None:
            return None
        source = f"{live.where}/status: Uid"
        own, engine = live.namespaces.get("user"), self.surroundings.engine.namespaces.get({}).get("user")
        base = self.surroundings.engine.remap_base
        if base is not None and own != engine and live.uid >= base:
            return known(live.uid - base, source)
        return known(live.uid, source)

    @property
    def health_check(self) -> Evidence[str]:
        """The kind of its health check: ``CMD``, ``CMD-SHELL``, ``NONE``; empty where there is none."""
        found = self.answer.text("Config", "Healthcheck", "Test0", default="")
        told = found.by(found.source.removesuffix("0"))  # the probe keeps the first word alone
        return told if self.answer.has("Config") else unknown(_MISSING, told.source)

    def label(self, name: str) -> str | None:
        """A label's value, of those that the probe takes (Docker's own); None where it is not there."""
        found: Mapping[str, Any] = self.answer.table("Config", "Labels", default={}).get({})
        value = found.get(name)
        return value if isinstance(value, str) else None

    @property
    def devices(self) -> Evidence[tuple[str, ...]]:
        """The host's devices that it was given."""
        return self.answer.objects("HostConfig", "Devices").map(
            lambda found: tuple(item.text("PathOnHost", default="?").get("?") for item in found)
        )

    @property
    def device_requests(self) -> Evidence[tuple[str, ...]]:
        """The drivers of the devices that it asked for (GPUs, CDI names)."""
        return self.answer.objects("HostConfig", "DeviceRequests", default=()).map(
            lambda found: tuple(_request(item) for item in found)
        )

    @property
    @derived
    def ulimits(self) -> Evidence[Mapping[str, str]]:
        """The limits that differ from the engine's own, ``SOFT:HARD`` by name."""
        items = self.answer.objects("HostConfig", "Ulimits")
        found = {}
        for item in items.value:
            name, soft, hard = item.text("Name"), item.number("Soft"), item.number("Hard")
            if not (name.is_known and soft.is_known and hard.is_known):
                return unknown("holds a limit that cannot be read", items.source, Code.MALFORMED)
            found[name.value.lower()] = f"{soft.value}:{hard.value}"
        return known(found, items.source)

    # --- what it shares --------------------------------------------------------------------------------------------

    def mode(self, kind: str) -> Evidence[str]:
        """The option for a namespace (net, pid, ipc, uts, user): ``host``, ``container:ID``, a network, or nothing."""
        found = self.answer.text("HostConfig", _NAMESPACE_MODES[kind], default="")
        return found if self.answer.has("HostConfig") else unknown(_MISSING, found.source)

    def shares_host(self, kind: str) -> Evidence[bool]:
        """Whether it is in the engine's own namespace of that kind: by /proc where it runs, else by its options.

        ``container:ID`` is followed to its end.
        """
        live = self.live
        own = live.namespaces.get(kind) if live else None
        engine = self.surroundings.engine.namespaces.get({}).get(kind)
        configured = self._configured_to_share(kind)
        if own is None or engine is None or live is None:
            return configured
        if configured.get(default=False):
            return configured
        return known(value=own == engine, source=f"{live.where}/ns/{kind}")

    @derived
    def _configured_to_share(self, kind: str) -> Evidence[bool]:
        return self._is_host(kind, self._owner(kind).value.mode(kind))

    @derived
    def _owner(self, kind: str) -> Evidence[Container]:
        """The container whose namespace it uses: itself, or the end of its ``container:`` chain."""
        seen: set[str] = set()
        current = self
        for _ in range(_MAX_CHAIN):
            mode = current.mode(kind)
            if not mode.value.startswith("container:"):
                return known(current, mode.source)
            target = mode.value.removeprefix("container:")
            following = self._container(target)
            if following is None or following.id in seen:
                why = f"the container {target[:64]!r} whose namespace it uses is not there"
                return unknown(why, mode.source, Code.ABSENT)
            seen.add(following.id)
            current = following
        return unknown("the chain of containers has no end", self.mode(kind).source, Code.AMBIGUOUS)

    def _is_host(self, kind: str, mode: Evidence[str]) -> Evidence[bool]:
        if mode.value == "host":
            return known(value=True, source=mode.source)
        if kind != "net":
            return known(value=False, source=mode.source)
        network = self.surroundings.networks.find(mode.value)
        return known(network is not None and network.driver == "host", mode.source)

    def _container(self, reference: str) -> Container | None:
        by_id = self.surroundings.by_id
        if reference in by_id:
            return by_id[reference]
        for container in by_id.values():
            if container.name == reference.removeprefix("/"):
                return container
        found = [container for key, container in by_id.items() if reference and key.startswith(reference)]
        return found[0] if len(found) == 1 else None

    @property
    def network_owner(self) -> Evidence[Container]:
        """The container whose network it uses."""
        return self._owner("net")

    # --- its ports -------------------------------------------------------------------------------------------------

    @property
    @derived
    def published(self) -> Evidence[tuple[Publication, ...]]:
        """What it has open on the host: in force where it runs, else what it would ask for at its start."""
        path = ("NetworkSettings", "Ports") if self.has_process else ("HostConfig", "PortBindings")
        table = self.answer.table(*path)
        found = publications(table.value)
        if found is None:
            return unknown("holds a port that cannot be read", table.source, Code.MALFORMED)
        if self.has_process:
            return known(found, table.source)
        return self._planned(found, table.source)

    @derived
    def _planned(self, found: tuple[Publication, ...], source: str) -> Evidence[tuple[Publication, ...]]:
        """What a stopped container would publish: nothing on others' networks; the network's address by default."""
        mode = self.mode("net")
        if mode.value in {"host", "none"} or mode.value.startswith("container:"):
            return known((), mode.source)
        network = self.surroundings.networks.of_mode(mode.value)
        default = network.host_address if network is not None else ""
        every = self.answer.flag("HostConfig", "PublishAllPorts", default=False)
        exposed: Mapping[str, Any] = self.answer.table("Config", "ExposedPorts", default={}).get({})
        extra = (
            publications({key: [{"HostIp": "", "HostPort": ""}] for key in exposed}) if every.get(default=True) else ()
        )
        planned = [
            Publication(item.container_port, item.protocol, item.host_address or default, item.first, item.last)
            for item in (*found, *(extra or ()))
        ]
        return known(tuple(planned), source)

    @property
    def reach(self) -> Reach:
        """The places of the host that its mounts reach; raises NotDecided where its mounts are not known at all."""
        if self.id not in self.surroundings.reaches or not self.id:
            around = self.surroundings
            data_root = around.engine.info.text("DockerRootDir", default="").get("")
            around.reaches[self.id] = reach_of(self.answer, around.volumes, around.tree, data_root, around.folder)
        return self.surroundings.reaches[self.id]
