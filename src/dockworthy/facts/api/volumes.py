"""The engine's volumes."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, Reason, known, unknown
from dockworthy.facts.api.document import documents
from dockworthy.facts.facts import fact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dockworthy.snapshot import Snapshot


__all__ = ["Volume", "Volumes", "options_of", "volume_paths", "volumes"]

# Kernel file systems that are the same whichever path they are mounted from (a volume of such a type is that tree).
_KERNEL_TREES = {
    "proc": "/proc",
    **dict.fromkeys(("devtmpfs", "devpts"), "/dev"),
    **dict.fromkeys(("sysfs", "debugfs", "tracefs", "securityfs", "cgroup", "cgroup2"), "/sys"),
    **dict.fromkeys(("bpf", "configfs", "efivarfs"), "/sys"),
}
_NETWORK_TYPES = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "glusterfs", "fuse.glusterfs", "9p"})
_LAYER_KEYS = ("lowerdir", "upperdir", "workdir")

_SOURCE = "GET /volumes"


@dataclass(frozen=True, slots=True)
class Volume:
    """One volume: its driver, and the driver's options."""

    name: str
    driver: str
    options: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Volumes:
    """All volumes by name, and why some are missing (None: all are there)."""

    by_name: Mapping[str, Volume]
    failure: Reason | None

    def find(self, name: str) -> Evidence[Volume]:
        """The volume of that name."""
        source = f"GET /volumes/{name}"
        found = self.by_name.get(name)
        if found is None:
            return unknown(self.failure or Reason("the engine does not list it", Code.NOT_TOLD), source)
        return known(found, source)


@fact
def volumes(snapshot: Snapshot) -> Volumes:
    """The volumes of the engine."""
    found, failure = documents(snapshot, "docker:volumes", _SOURCE)
    result: dict[str, Volume] = {}
    for item in found:
        name, options = item.text("Name"), item.table("Options", default={})
        if not (name.is_known and options.is_known):
            failure = failure or item.unknown or Reason("holds a volume that cannot be read", Code.MALFORMED)
            continue
        result[name.value] = Volume(
            name.value,
            item.text("Driver", default="local").get("local"),
            dict(options.value),
        )
    return Volumes(result, failure)


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
