"""Which parts of the host's file tree a container's mount reaches, whatever they are called.

A path is compared by what it is, not by how it is spelled: links are resolved as the probe saw them, and a path on a
bind mount is carried back to the directory of the file system that is mounted there (from /proc/self/mountinfo). So
``/srv/x`` is ``/etc`` where the one is a link to, or a bind mount of, the other.
"""

from __future__ import annotations

import posixpath
from dataclasses import field
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass

if TYPE_CHECKING:
    from dockworthy.hosttree.mountinfo import MountTable
    from dockworthy.hosttree.tree import Tree

__all__ = ["HostPath", "Places", "is_over", "is_under"]


def is_under(path: str, root: str) -> bool:
    """Whether a path is another or lies below it, by whole components: ``/library`` does not lie below ``/lib``."""
    return root in {"/", path} or path.startswith(root + "/")


def is_over(path: str, root: str) -> bool:
    """Whether a path is another or one of its ancestors."""
    return is_under(root, path)


@dataclass(frozen=True, slots=True)
class HostPath:
    """A place in the host's tree.

    Attributes:
        path: as it was named.
        resolved: with its links resolved, as far as that is known.
        place: file system and path inside it, or None where mountinfo does not tell.
        certain: whether the probe saw what the path leads to.
    """

    path: str
    resolved: str
    place: tuple[str, str] | None
    certain: bool

    def _pairs(self, other: HostPath) -> list[tuple[str, str]]:
        pairs = [(self.path, other.path), (self.resolved, other.resolved), (self.resolved, other.path)]
        if self.place and other.place and self.place[0] == other.place[0]:
            pairs.append((self.place[1], other.place[1]))
        return pairs

    def is_under(self, other: HostPath) -> bool:
        """Whether it is the other place or lies in it. What lies below ``/`` is not "under" it: all does."""
        if other.path == "/":
            return any(mine == root for mine, root in self._pairs(other))
        return any(is_under(mine, root) for mine, root in self._pairs(other))

    def is_over(self, other: HostPath) -> bool:
        """Whether the other place is it or lies in it."""
        return any(is_under(target, mine) for mine, target in self._pairs(other))


@dataclass(frozen=True, slots=True)
class Places:
    """Where paths of the host really are: what links lead to, and what is mounted there.

    Attributes:
        tree: paths that the probe looked at.
        mounts: all mounts; none where they are not known.
        located: places that were asked for before.
    """

    tree: Tree
    mounts: MountTable
    located: dict[str, HostPath] = field(default_factory=dict)

    def locate(self, path: str) -> HostPath:
        """The place of an absolute path."""
        if path not in self.located:
            self.located[path] = self._locate(path)
        return self.located[path]

    def _locate(self, path: str) -> HostPath:
        clean = _clean(path)
        seen = self.tree[clean] if clean in self.tree else self.tree[path]
        resolved = _clean(seen.resolved) if seen.resolved else _clean(self.tree.canonical(clean))
        mount = self.mounts.at(resolved)
        place = None
        if mount is not None:
            rest = posixpath.relpath(resolved, mount.point)
            place = (mount.device, _clean(posixpath.join(mount.root, rest)))
        return HostPath(clean, resolved, place, certain=bool(seen.resolved) or seen.is_absent)

    def mounted_below(self, place: HostPath) -> tuple[HostPath, ...]:
        """What is mounted below a place: a container's bind mount brings it along, as the engine's are recursive."""
        if place.path == "/":
            return ()
        folder = place.resolved.rstrip("/") + "/"
        points = {mount.point for mount in self.mounts.mounts if mount.point.startswith(folder)}
        return tuple(map(self.locate, sorted(points)))


def _clean(path: str) -> str:
    normal = posixpath.normpath(path)
    return "/" + normal.lstrip("/")
