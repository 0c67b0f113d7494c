"""What of the host a container's mounts reach: sensitive folders, devices, and the sockets that control the engine.

Each function raises NotDecided where a container's mounts are not known at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.evidence import Evidence, derived, known
from dockworthy.facts.api.mounts import SENSITIVE, mounts_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockworthy.facts.api.container import Container
    from dockworthy.facts.api.mounts import Reached
    from dockworthy.hosttree.places import HostPath, Places

__all__ = ["control_sockets", "device_mounts", "sensitive_mounts", "shared_propagation"]

_ENGINE_DATA = frozenset({"/var/lib/docker", "/var/lib/containerd"})
_SHARED = frozenset({"shared", "rshared"})


@derived
def shared_propagation(container: Container) -> Evidence[tuple[str, ...]]:
    """The targets whose later mounts are passed on to the host, each with its propagation."""
    items = mounts_of(container.answer)
    requested = container.answer.objects("HostConfig", "Mounts", default=())
    found = [f"{mount.target}: {mount.propagation}" for mount in items.value if mount.propagation in _SHARED]
    for item in requested.value:
        wanted = item.text("BindOptions", "Propagation", default="").get("")
        text = f"{item.text('Target', default='').get('')}: {wanted}"
        if wanted in _SHARED and text not in found:
            found.append(text)
    return known(tuple(found), items.source)


def sensitive_mounts(container: Container, allowed: Iterable[str] = ()) -> Evidence[tuple[dict[str, object], ...]]:
    """The mounts that are, lie in or lie over a sensitive place of the host, but for those allowed.

    Args:
        container: whose mounts are meant.
        allowed: paths, each with all below it; ``PATH:ro`` allows it read-only alone.
    """
    tree, info = container.surroundings.tree, container.surroundings.engine.info
    data_root = info.text("DockerRootDir", default="").get("")
    roots = [*SENSITIVE, *([data_root] if data_root.startswith("/") else [])]
    engine_data = {*_ENGINE_DATA, data_root}
    found = {}
    for reached in container.reach.places:
        names = [name for name in roots if not (reached.engine_made and name in engine_data)]
        root = next((name for name in names if _touches(reached, tree.locate(name))), None)
        if root is not None and not _allowed(reached, allowed, tree):
            found[reached.mount.target, reached.place.path] = reached.shown(root)
    return container.reach.findings(found.values())


def _touches(reached: Reached, root: HostPath) -> bool:
    return reached.place.is_under(root) or (not reached.engine_made and reached.place.is_over(root))


def _allowed(reached: Reached, allowed: Iterable[str], tree: Places) -> bool:
    for entry in allowed:
        path = entry.removesuffix(":ro")
        if reached.mount.writable and entry.endswith(":ro"):
            continue
        if path == reached.place.path or (path != "/" and reached.place.is_under(tree.locate(path))):
            return True
    return False


def control_sockets(container: Container) -> Evidence[tuple[dict[str, object], ...]]:
    """The mounts through which a socket that controls the engine or containerd can be reached."""
    tree = container.surroundings.tree
    sockets = {path: tree.locate(path) for path in container.surroundings.engine.unix_sockets}
    found = []
    for reached in container.reach.places:
        path = next((path for path, place in sockets.items() if reached.place.is_over(place)), None)
        if path is not None and not reached.engine_made:
            found.append(reached.shown(path))
    return container.reach.findings(found)


def device_mounts(container: Container) -> Evidence[tuple[dict[str, object], ...]]:
    """The mounts of what lies in the host's /dev."""
    devices = container.surroundings.tree.locate("/dev")
    return container.reach.findings(
        reached.shown("/dev") for reached in container.reach.places if reached.place.is_under(devices)
    )
