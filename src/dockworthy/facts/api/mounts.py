"""A container's mounts, and the places of the host that they reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, derived, known, unknown
from dockworthy.facts.api.volumes import options_of, volume_paths
from dockworthy.masking import HIDDEN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockworthy.facts.api.document import Document
    from dockworthy.facts.api.volumes import Volumes
    from dockworthy.hosttree.places import HostPath, Places

__all__ = ["SENSITIVE", "ContainerMount", "Reach", "Reached", "mounts_of", "reach_of"]

SENSITIVE = (
    "/", "/boot", "/dev", "/etc", "/lib", "/lib64", "/lib32", "/libx32", "/proc", "/sys", "/usr", "/root", "/run",
    "/var/run", "/var/lib/docker", "/var/lib/containerd",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ContainerMount:
    """One entry of a container's ``Mounts``."""

    kind: str
    name: str
    source: str
    target: str
    driver: str
    writable: bool
    propagation: str


@dataclass(frozen=True, slots=True)
class Reached:
    """A place of the host that a mount brings into a container."""

    mount: ContainerMount  # the mount
    place: HostPath  # where it leads
    engine_made: bool  # whether it is a volume's own folder in the engine's data, so that it lies there by rights

    def shown(self, root: str = "") -> dict[str, object]:
        """What a result shows."""
        found: dict[str, object] = {
            "source": self.place.path,
            "target": self.mount.target,
            "mode": "rw" if self.mount.writable else "ro",
        }
        if self.mount.kind == "volume":
            found["volume"] = self.mount.name
        if self.place.resolved != self.place.path:
            found["is"] = self.place.resolved
        if root:
            found["reaches"] = root
        return found


@dataclass(frozen=True, slots=True)
class Reach:
    """The places of the host that a container reaches."""

    places: tuple[Reached, ...]  # each of them
    unclear: tuple[str, ...]  # why what some mounts lead to is not known; empty where all are
    source: str  # where the mounts are told

    def findings(self, found: Iterable[dict[str, object]]) -> Evidence[tuple[dict[str, object], ...]]:
        """These findings, where there are any or nothing is unclear: what is not known is not harmless."""
        result = tuple(found)
        if not result and self.unclear:
            return unknown(self.unclear[0], self.source)
        return known(result, self.source)


def _mount(item: Document) -> ContainerMount | None:
    values = [item.text(key, default="") for key in ("Type", "Name", "Source", "Destination", "Driver", "Propagation")]
    if not all(value.is_known for value in values):
        return None
    kind, name, source, target, driver, propagation = (value.value for value in values)
    return ContainerMount(kind, name, source, target, driver, item.flag("RW", default=True).get(True), propagation)


@derived
def mounts_of(answer: Document) -> Evidence[tuple[ContainerMount, ...]]:
    """The container's mounts."""
    items = answer.objects("Mounts")
    found = [mount for item in items.value if (mount := _mount(item)) is not None]
    if len(found) < len(items.value):
        return unknown("holds a mount that cannot be read", items.source, Code.MALFORMED)
    return known(tuple(found), items.source)


class _Collector:
    def __init__(self, volumes: Volumes, tree: Places, data_root: str, folder: str) -> None:
        self.volumes = volumes
        self.tree = tree
        self.data_root = tree.locate(data_root or "/var/lib/docker")
        self.folder = folder
        self.places: list[Reached] = []
        self.unclear: list[str] = []

    def take(self, mount: ContainerMount) -> None:
        if mount.kind == "bind":
            self._add(mount, mount.source)
        elif mount.kind == "volume":
            self._volume(mount)

    def _add(self, mount: ContainerMount, path: str, *, may_be_engine_made: bool = False) -> None:
        if not path.startswith("/"):
            self.unclear.append(f"the source of the mount at {mount.target} is not an absolute path")
            return
        place = self.tree.locate(path)
        made = may_be_engine_made and place.resolved.startswith(self.data_root.resolved.rstrip("/") + "/")
        self.places.append(Reached(mount, place, made))
        if not place.certain and not made and path not in SENSITIVE:
            self.unclear.append(f"what {path} leads to (a link?) is not known")
        self.places.extend(Reached(mount, below, engine_made=False) for below in self.tree.mounted_below(place))

    def _volume(self, mount: ContainerMount) -> None:
        if mount.driver not in {"", "local"}:
            self._add(mount, mount.source, may_be_engine_made=True)
            return
        volume = self.volumes.find(mount.name)
        if not volume.is_known:
            self.unclear.append(f"the options of the volume {mount.name[:64]} are not known: {volume.unknown}")
            return
        kind, flags, device = options_of(volume.value.options)
        if HIDDEN in device or f"dir={HIDDEN}" in flags:
            self.unclear.append(f"the device of the volume {mount.name[:64]} is not known")
        self._add(mount, mount.source, may_be_engine_made=True)
        for path in volume_paths(kind, flags, device, self.folder):
            if HIDDEN not in path:
                self._add(mount, path)


def reach_of(answer: Document, volumes: Volumes, tree: Places, data_root: str, folder: str) -> Reach:
    """The places of the host that a container's mounts reach.

    Args:
        answer: what the engine says of the container.
        volumes: of the same engine.
        tree: the host's files and mounts.
        data_root: the engine's, where it says it.
        folder: the engine's working directory.

    Raises:
        NotDecided: where its mounts are not known at all.
    """
    found = mounts_of(answer)
    collector = _Collector(volumes, tree, data_root, folder)
    for mount in found.value:
        collector.take(mount)
    return Reach(tuple(collector.places), tuple(collector.unclear), found.source)
