"""Which parts of the host's file tree a container's mount reaches, whatever they are called.

A path is compared by what it is, not by how it is spelled: links are resolved as the probe saw them, and a path on a
bind mount is carried back to the directory of the file system that is mounted there (from /proc/self/mountinfo). So
``/srv/x`` is ``/etc`` where the one is a link to, or a bind mount of, the other.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dockworthy.evidence import known
from dockworthy.facts.host.mounts import Mounts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dockworthy.facts.host.files import Files
    from dockworthy.facts.host.mounts import Mount

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
    """The host's tree as the probe saw it: where links lead, and what is mounted where.

    Attributes:
        files: paths that the probe looked at.
        by_point: all mounts, by where they lie, in the kernel's order.
        located: places that were asked for before.
    """

    files: Files
    by_point: Mapping[str, Sequence[Mount]]
    located: dict[str, HostPath]

    @classmethod
    def of(cls, files: Files, mounts: Mounts) -> HostTree:
        """The tree of these files and mounts."""
        by_point: dict[str, list[Mount]] = {}
        for mount in mounts.table.get(()):
            by_point.setdefault(mount.point, []).append(mount)
        return cls(files, by_point, {})

    def locate(self, path: str) -> HostPath:
        """The place of an absolute path."""
        if path not in self.located:
            self.located[path] = self._locate(path)
        return self.located[path]

    def _locate(self, path: str) -> HostPath:
        clean = _clean(path)
        seen = self.files[clean] if clean in self.files else self.files[path]
        resolved = _clean(seen.resolved) if seen.resolved else _clean(self.files.resolve(clean))
        mount = self._mount_of(resolved)
        place = None
        if mount is not None:
            rest = posixpath.relpath(resolved, mount.point)
            place = (mount.device, _clean(posixpath.join(mount.root, rest)))
        return HostPath(clean, resolved, place, certain=bool(seen.resolved) or seen.is_absent)

    def _mount_of(self, path: str) -> Mount | None:
        """The mount that a path lies on: only those on the way to it are looked at, as there may be thousands."""
        on_the_way = [mount for ancestor in _ancestors(path) for mount in self.by_point.get(ancestor, ())]
        found = Mounts(known(tuple(sorted(on_the_way, key=_number)), "")).of(path)
        return found.value if on_the_way and found.is_known else None

    def mounted_below(self, place: HostPath) -> tuple[HostPath, ...]:
        """What is mounted below a place: a container's bind mount brings it along, as the engine's are recursive."""
        if place.path == "/":
            return ()
        folder = place.resolved.rstrip("/") + "/"
        return tuple(self.locate(point) for point in sorted(self.by_point) if point.startswith(folder))


def _number(mount: Mount) -> int:
    return mount.id


def _ancestors(path: str) -> list[str]:
    """The path and the folders above it, the root first."""
    parts = path.strip("/").split("/")
    return ["/", *("/" + "/".join(parts[:count]) for count in range(1, len(parts) + 1) if parts[0])]


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
