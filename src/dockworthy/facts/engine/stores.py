"""Where an engine keeps its images, now or as another release would: by a storage driver, or in containerd's store.

Source: ``daemon/image_store_choice.go`` and ``scanPriorDrivers`` (``daemon/graphdriver/driver.go``) of moby.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Evidence, NotApplicable, Reason, derived, known, unknown
from dockworthy.facts.engine.disk import Space, Volume
from dockworthy.facts.engine.inputs import EngineInputs
from dockworthy.facts.engine.paths import containerd, data_root
from dockworthy.facts.engine.storage import in_containerd, is_gone, prior_drivers
from dockworthy.golang.values import GoError
from dockworthy.snapshot import NOT_LOOKED_AT
from dockworthy.tables import environment

if TYPE_CHECKING:
    from dockworthy.facts.engine.disk import Storage
    from dockworthy.facts.facts import Facts
    from dockworthy.hosttree.mountinfo import Mount

__all__ = [
    "CONTAINERD_STORE",
    "Choice",
    "declared_driver",
    "image_store_root",
    "image_store_volume",
    "left_behind",
    "mount_below",
    "next_choice",
    "of_today",
    "same_file_system",
    "tells_types",
    "uses_image_store",
]

CONTAINERD_STORE = "containerd's image store"
_NOT_IN_USE = "images are kept by a storage driver, not in containerd's store"


@dataclass(frozen=True, slots=True)
class Choice:
    """What an engine keeps its images by."""

    store: str  # a storage driver's name, `CONTAINERD_STORE`, or nothing where none would work
    is_named: bool  # whether the configuration says so


def _own_root(facts: Facts) -> str:
    """The data root with the folder that user namespaces add to it."""
    said = facts.engine.info.text("DockerRootDir").get("")
    return said.rstrip("/") if said.startswith("/") else data_root(facts).value


def declared_driver(facts: Facts) -> Evidence[str]:
    """The storage driver that the configuration, or the engine's environment, names; empty for none."""
    target = facts.processes.target
    if target is not None:
        given = environment(facts.snapshot.data(f"proc:{target.pid}/environ").get(b"")).get("DOCKER_DRIVER")
        if given:
            return known(given, "the engine's environment: DOCKER_DRIVER")
    declared: Evidence[Any] = facts.daemon.declared("storage-driver")
    return declared.map(lambda name: str(name or ""))


@derived
def _next_is_containerds(facts: Facts) -> Evidence[bool]:
    """Whether the next start would keep images in containerd's store, as its release, or the rehearsed one, chooses.

    Raises:
        NotApplicable: where no engine is installed, or it is none of Docker's.
    """
    release = facts.engine_release.next_start.value
    if not release.is_engine:
        raise NotApplicable("podman keeps its images in its own way")
    root = _own_root(facts)
    inputs = EngineInputs(files=facts.files, release=release)
    if inputs.rules.holds("store.containerd"):  # what lies in the data root matters only then
        _look_into(facts, root)
    name, features = declared_driver(facts).value, facts.daemon.features.value or {}
    config = {"storage-driver": name, "features": features, "data-root": root}
    remapped = bool(facts.daemon.userns_remap.value) and inputs.rules.holds("store.userns")
    source = f"{root}, as {release} chooses"
    try:
        return known(in_containerd(name, config, inputs) and not remapped, source)
    except GoError as error:
        return unknown(Reason(f"the engine would not start: {error}"), source)


def _look_into(facts: Facts, root: str) -> None:
    """Ask whether the data root could be looked into at all; raises NotDecided where not."""
    facts.files[f"{root}/overlay2"].exists.value  # noqa: B018 - for what it raises


@derived
def next_choice(facts: Facts) -> Evidence[Choice]:
    """What the next start would keep images by, as its release, or the rehearsed one, chooses.

    Raises:
        NotApplicable: where no engine is installed, or it is none of Docker's.
    """
    in_store = _next_is_containerds(facts)
    name = declared_driver(facts).value
    is_named = bool(name) or "containerd-snapshotter" in (facts.daemon.features.value or {})
    if in_store.value:
        return known(Choice(CONTAINERD_STORE, is_named), in_store.source)
    root = _own_root(facts)
    _look_into(facts, root)
    inputs = EngineInputs(files=facts.files, release=facts.engine_release.next_start.value)
    store = name or next(iter(prior_drivers(root, inputs)), "") or _automatic(facts)
    return known(Choice("" if is_gone(store, inputs.rules) else store, is_named), in_store.source)


def _automatic(facts: Facts) -> str:
    """What is found out anew at each start, where nothing of a driver lies there: what it came to this time."""
    found = of_today(facts).get("")
    return found if found != CONTAINERD_STORE else "overlay2"


def of_today(facts: Facts) -> Evidence[str]:
    """What the engine that answers keeps images by."""
    return facts.storage.image_store.then(
        lambda is_containerds: (
            known(CONTAINERD_STORE, "GET /info: DriverStatus") if is_containerds else facts.storage.driver
        )
    )


def left_behind(facts: Facts) -> str:
    """The first image of a storage driver in the data root, a path; empty where none is seen."""
    folder = f"{_own_root(facts)}/image"
    return next((file.path for file in facts.files.below(folder) if "/imagedb/content/" in file.path), "")


@derived
def uses_image_store(facts: Facts) -> Evidence[bool]:
    """Whether images lie in containerd's store: today, or with the rehearsed release, or at the next start."""
    said: Evidence[bool] = facts.storage.image_store
    if facts.engine_release.rehearsed is None and said.is_known:
        return said
    return _next_is_containerds(facts)


def image_store_root(facts: Facts) -> str:
    """Containerd's root, where images lie there; raises NotApplicable where they do not."""
    if not uses_image_store(facts).value:
        raise NotApplicable(_NOT_IN_USE)
    return containerd(facts).root


def image_store_volume(facts: Facts, root: str) -> Volume:
    """What is left on the file system of containerd's root; raises NotApplicable where it is the data root's."""
    if same_file_system(facts, data_root(facts).value, root).value:
        raise NotApplicable("it lies on the data root's file system, of which engine.storage-space speaks")
    nothing: Evidence[Space] = unknown(NOT_LOOKED_AT, f"df {root}")
    volume: Volume = facts.storage.elsewhere.get(root, Volume(nothing, nothing))
    return volume


def mount_below(facts: Facts, path: str) -> Evidence[Mount]:
    """The mount on which a path lies, its links resolved as far as they were seen."""
    found: Evidence[Mount] = facts.mounts.of(facts.files.canonical(path))
    return found


@derived
def same_file_system(facts: Facts, one: str, other: str) -> Evidence[bool]:
    """Whether two paths lie on one file system, however often that is mounted: by their devices, not their names."""
    devices = facts.files[one].dev, facts.files[other].dev
    if all(device.is_known for device in devices) and devices[0].value == devices[1].value:
        return known(True, devices[1].source)  # noqa: FBT003 - a value
    first, second = mount_below(facts, one), mount_below(facts, other)
    return known(first.value.device == second.value.device, second.source)


def tells_types(facts: Facts, root: str) -> Evidence[bool]:
    """Whether xfs below containerd's root was made with ftype=1: by xfs_info, or since the snapshotter is in use."""
    storage: Storage = facts.storage
    if storage.image_store.get(default=False) and storage.driver.get("") == "overlayfs":
        return known(True, "GET /info: Driver, which loads on no other")  # noqa: FBT003 - a value
    with_data_root = same_file_system(facts, root, data_root(facts).value).get(default=False)
    return storage.xfs_ftype("" if with_data_root else root)
