"""Which parts of the host's file tree a container's mount reaches, whatever they are called.

A path is compared by what it is, not by how it is spelled: links are resolved as the probe saw them, and a path on a
bind mount is carried back to the directory of the file system that is mounted there (from /proc/self/mountinfo). So
``/srv/x`` is ``/etc`` where the one is a link to, or a bind mount of, the other.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dockworthy.facts.files import Files
    from dockworthy.facts.mounts import Mounts

__all__ = ["HostPath", "HostTree", "is_over", "is_under", "options_of", "volume_paths"]

# Kernel file systems that are the same whichever path they are mounted from (a volume of such a type is that tree).
_KERNEL_TREES = {
    "proc": "/proc",
    "sysfs": "/sys",
    "devtmpfs": "/dev",
    "devpts": "/dev",
    "debugfs": "/sys",
    "tracefs": "/sys",
    "securityfs": "/sys",
    "cgroup": "/sys",
    "cgroup2": "/sys",
    "bpf": "/sys",
    "configfs": "/sys",
    "efivarfs": "/sys",
}
_NETWORK_TYPES = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "glusterfs", "fuse.glusterfs", "9p"})
_LAYER_KEYS = ("lowerdir", "upperdir", "workdir")


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
class HostTree:
    """The host's tree as the probe saw it: where links lead, and what is mounted where."""

    files: Files
    mounts: Mounts

    def locate(self, path: str) -> HostPath:
        """The place of an absolute path."""
        clean = _clean(path)
        seen = self.files[clean] if clean in self.files else self.files[path]
        resolved = _clean(seen.resolved) if seen.resolved else _clean(self.files.resolve(clean))
        mount = self.mounts.of(resolved)
        place = None
        if mount.is_known:
            rest = posixpath.relpath(resolved, mount.value.point)
            place = (mount.value.device, _clean(posixpath.join(mount.value.root, rest)))
        return HostPath(clean, resolved, place, certain=bool(seen.resolved) or seen.is_absent)

    def mounted_below(self, place: HostPath) -> tuple[HostPath, ...]:
        """What is mounted below a place: a container's bind mount brings it along, as the engine's are recursive."""
        table = self.mounts.table
        if not table.is_known or place.path == "/":
            return ()
        folder = place.resolved.rstrip("/") + "/"
        points = {mount.point for mount in table.value if mount.point.startswith(folder)}
        return tuple(self.locate(point) for point in sorted(points))


def _clean(path: str) -> str:
    normal = posixpath.normpath(path)
    return "/" + normal.lstrip("/")


def volume_paths(kind: str, options: str, device: str, folder: str = "/") -> tuple[str, ...]:
    """The host's paths that a volume of the local driver with these options brings into a container.

    Args:
        kind: the driver's ``type``, as for mount(2).
        options: its ``o``.
        device: its ``device``.
        folder: the engine's working directory, from which a relative device counts.
    """
    flags = [part.strip() for part in options.split(",")]
    if kind in _KERNEL_TREES:
        return (_KERNEL_TREES[kind],)
    if kind == "tmpfs" or kind in _NETWORK_TYPES:
        return ()
    if kind in {"overlay", "overlayfs"}:
        return tuple(_layers(flags))
    binds = kind in {"none", "", "bind"} or any(flag in {"bind", "rbind"} for flag in flags)
    if device.startswith("/"):
        return (device,)
    return (posixpath.join(folder, device),) if device and binds else ()


def _layers(flags: Iterable[str]) -> Iterable[str]:
    for flag in flags:
        key, _, value = flag.partition("=")
        if key.rstrip("+") in _LAYER_KEYS:
            yield from (path for path in value.split(":") if path.startswith("/"))


def options_of(table: Mapping[str, object]) -> tuple[str, str, str]:
    """``type``, ``o`` and ``device`` of a volume's options; what is no text is empty."""
    values = [table.get(key, "") for key in ("type", "o", "device")]
    kind, flags, device = (value if isinstance(value, str) else "" for value in values)
    return kind, flags, device
