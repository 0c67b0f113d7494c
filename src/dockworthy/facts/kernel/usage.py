"""Which features of the kernel's options this host uses: what its engine says of itself, networks and containers.

A feature that nothing can tell of (a TFTP client in a container) counts as not used. Where no engine runs the
host uses what a new engine would: the overlay storage driver and the default seccomp profile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.evidence import Evidence, known, unknown
from dockworthy.facts.api.document import documents

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dockworthy.facts.api.document import Document
    from dockworthy.facts.api.networks import Network
    from dockworthy.facts.facts import Facts

__all__ = ["ALWAYS_USED", "no_engine", "uses"]

# Used by every engine: its default seccomp profile.
ALWAYS_USED = frozenset({"seccomp profile"})
_WITHOUT_ENGINE = ALWAYS_USED | {"overlay storage driver"}

# The fields of a container's HostConfig that ask for a feature.
_HOST_CONFIG: dict[str, tuple[str, ...]] = {
    "pids limit": ("PidsLimit",),
    "memory limits": ("Memory",),
    "swap limits": ("MemorySwap",),
    "swap limits without a boot argument": ("MemorySwap",),
    "kernel memory limits": ("KernelMemory",),
    "CPU quota": ("NanoCpus", "CpuQuota"),
    "CPU weight": ("CpuShares",),
    "block I/O limits": ("BlkioWeight", "BlkioWeightDevice"),
    "block I/O weight": ("BlkioWeight", "BlkioWeightDevice"),
    "block I/O rate limits": (
        "BlkioDeviceReadBps",
        "BlkioDeviceWriteBps",
        "BlkioDeviceReadIOps",
        "BlkioDeviceWriteIOps",
    ),
}
_SWARM_STATES = frozenset({"active", "locked", "pending"})
_BACKING = {
    "ext4 (or ext3) backing filesystem": frozenset({"ext4", "ext3", "ext2"}),
    "ext3 backing filesystem": frozenset({"ext3"}),
}


def uses(facts: Facts, feature: str) -> Evidence[bool]:
    """Whether the host uses the feature; unknown where the engine that would tell cannot be asked."""
    if feature in ALWAYS_USED:
        return known(True, "the engine's default seccomp profile")  # noqa: FBT003 - the evidence's value
    if no_engine(facts):
        return known(feature in _WITHOUT_ENGINE, "no engine runs")
    if feature in _HOST_CONFIG:
        return _containers(facts, lambda config: any(_asks(config.get(key)) for key in _HOST_CONFIG[feature]))
    if feature in _BACKING:
        return _backing(facts, _BACKING[feature])
    question = _QUESTIONS.get(feature)
    return known(False, "nothing shows it") if question is None else question(facts)  # noqa: FBT003


def no_engine(facts: Facts) -> bool:
    """Whether the probe looked for an engine's processes and there are none."""
    running = facts.processes.running
    return running.is_known and not running.value


def _asks(value: object) -> bool:
    """Whether a limit is given: zero, null and nothing mean none, and so does -1."""
    return value not in (None, 0, -1, False, [], "")


def _containers(facts: Facts, asks: Callable[[Mapping[str, object]], bool]) -> Evidence[bool]:
    source = "GET /containers: HostConfig"
    found, failure = documents(facts.snapshot, "docker:containers", source)
    for container in found:
        config = container.table("HostConfig", default={})
        if config.is_known and asks(config.value):
            return known(True, source)  # noqa: FBT003 - the evidence's value
    return known(False, source) if failure is None else unknown(failure, source)  # noqa: FBT003


def _networks(facts: Facts, fits: Callable[[Network], bool]) -> Evidence[bool]:
    found: Evidence[tuple[Network, ...]] = facts.networks.all
    if any(fits(network) for network in facts.networks.known_ones):
        return known(True, found.source)  # noqa: FBT003 - the evidence's value
    return found.map(lambda _: False)


def _info(facts: Facts) -> Document:
    document: Document = facts.engine.info
    return document


def _swarm(facts: Facts) -> Evidence[bool]:
    return _info(facts).text("Swarm", "LocalNodeState", default="inactive").map(lambda state: state in _SWARM_STATES)


def _security(name: str) -> Callable[[Facts], Evidence[bool]]:
    def asked(facts: Facts) -> Evidence[bool]:
        option: Evidence[Mapping[str, str] | None] = facts.engine.security_option(name)
        return option.map(lambda found: found is not None)

    return asked


def _remapped(facts: Facts) -> Evidence[bool]:
    userns, rootless = _security("userns")(facts), _security("rootless")(facts)
    return userns.map(lambda remaps: remaps or rootless.get(default=False))


def _driver(*names: str) -> Callable[[Facts], Evidence[bool]]:
    def asked(facts: Facts) -> Evidence[bool]:
        return _info(facts).text("Driver").map(lambda driver: driver in names)

    return asked


def _network(driver: str) -> Callable[[Facts], Evidence[bool]]:
    return lambda facts: _networks(facts, lambda network: network.driver == driver)


def _encrypted(network: Network) -> bool:
    return network.driver == "overlay" and "encrypted" in network.options.get({})


def _internal_macvlan(network: Network) -> bool:
    internal = network.answer.flag("Internal", default=False)
    return network.driver == "macvlan" and internal.get(default=False)


def _overlay_network(facts: Facts) -> Evidence[bool]:
    swarm = _swarm(facts)
    return swarm if swarm.get(default=False) else _network("overlay")(facts)


def _nftables(facts: Facts) -> Evidence[bool]:
    driver = _info(facts).table("FirewallBackend", default={})
    return driver.map(lambda backend: str(backend.get("Driver", "iptables")).startswith("nftables"))


def _backing(facts: Facts, types: frozenset[str]) -> Evidence[bool]:
    root = _info(facts).text("DockerRootDir")
    if not root.is_known:
        return unknown(root.unknown or "", root.source)
    mount = facts.mounts.of(root.value)
    if not mount.is_known:
        return unknown(mount.unknown or "", mount.source)
    return known(mount.value.kind in types, mount.source)


def _sctp(facts: Facts) -> Evidence[bool]:
    return _containers(facts, lambda config: "/sctp" in " ".join(_bindings(config)))


def _bindings(config: Mapping[str, object]) -> list[str]:
    bindings = config.get("PortBindings")
    return [str(port) for port in bindings] if isinstance(bindings, dict) else []


_QUESTIONS: dict[str, Callable[[Facts], Evidence[bool]]] = {
    "swarm services": _swarm,
    "userns-remap or rootless": _remapped,
    "rootless": _security("rootless"),
    "AppArmor confinement": _security("apparmor"),
    "SELinux confinement": _security("selinux"),
    "nftables firewall backend": _nftables,
    "overlay network": _overlay_network,
    "encrypted overlay network": lambda facts: _networks(facts, _encrypted),
    "ipvlan network": _network("ipvlan"),
    "macvlan network": _network("macvlan"),
    "internal macvlan network": lambda facts: _networks(facts, _internal_macvlan),
    "btrfs storage driver": _driver("btrfs"),
    "overlay storage driver": _driver("overlay2", "overlay", "overlayfs"),
    "SCTP ports": _sctp,
}
