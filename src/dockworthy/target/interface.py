"""What a target is: something whose snapshot can be had, by whatever way leads to it."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Protocol

from dockworthy.dataclass import dataclass
from dockworthy.snapshot import TARGET_NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.snapshot import Snapshot

__all__ = ["CollectOptions", "Collected", "Pending", "Target", "Unreachable"]

DEFAULT_HOST_TIMEOUT = 120.0
"""Seconds for one host, the connection included; the probe ends by itself before."""


@dataclass(frozen=True, slots=True)
class Target:
    """One host to look at."""

    spec: str  # as the user wrote it, without what may be a secret; see `dockworthy.typed`
    scheme: str  # ``local``, ``ssh``, ``docker``, ``snapshot``, ``rootfs``, ``harbor`` (a declared one), …
    host: str = ""  # name or address, container, pod, or path
    user: str | None = None  # to log in as, where one is named
    port: int | None = None  # where one is named
    # the rest of a testinfra host spec (``?sudo=true&ssh_config=…``) and of an inventory's variables
    settings: Mapping[str, str] = field(default_factory=dict)
    name: str | None = None  # what an inventory calls the host
    harbor: tuple[str, str] | None = None  # of which declared Harbor it is which node, where an inventory says so
    # the inventory's file and line where it is named first, as ``FILE:LINE``
    named_at: str | None = field(default=None, compare=False)
    # the spec with the password that a library wants in it; never shown, never in an argument
    given: str | None = field(default=None, repr=False, compare=False)
    profile: str | None = None  # by which it is judged where an inventory says so: a name, or a path as it stands there
    registries: tuple[str, ...] = ()  # that it uses beside the profile's, where an inventory says so
    problem: str | None = None  # why it cannot be looked at, as a sentence: what leads to it is not known here

    @property
    def label(self) -> str:
        """How results and messages call it."""
        return self.name or self.spec

    @property
    def testinfra(self) -> str | None:
        """The spec by which testinfra's own ``host`` fixture connects, or None where there is no host."""
        return None if self.problem or self.scheme in {"snapshot", "rootfs", "harbor"} else self.spec

    @property
    def spec_with_password(self) -> str:
        """The spec for a library that wants the password in it; never shown."""
        return self.given or self.spec

    def is_set(self, name: str) -> bool:
        """Whether a yes-or-no setting is on, as testinfra spells it (``sudo``, ``sudo=true``, ``sudo=1``)."""
        return self.settings.get(name, "no").lower() in {"", "1", "true", "yes", "on"}


@dataclass(frozen=True, slots=True)
class CollectOptions:
    """How to look at hosts."""

    registries: tuple[str, ...] = ()  # ``host[:port]`` to look at from there
    docker_host: str | None = None  # which engine on the host; None for the one that its user reaches
    harbor_folders: tuple[str, ...] = ()  # where Harbor may be installed, beside the usual places
    harbor_key: str | None = field(default=None, repr=False)  # by which Harbor's secrets are digested there
    dns_lookups: bool = True  # whether a random name may be looked up in each search domain of the host
    image_layers: bool = False  # look into the layers of images, too
    sudo: bool = False  # become root by ``sudo``
    sudo_password: str | None = field(default=None, repr=False)  # for it; None asks for none (``sudo -n``)
    ssh_config: str | None = None  # for the ssh client
    ssh_identity_file: str | None = None
    host_timeout: float = DEFAULT_HOST_TIMEOUT  # seconds for one host


@dataclass(frozen=True, slots=True)
class Collected:
    """What came of looking at one target."""

    target: Target  # which
    data: bytes | None  # the snapshot's bytes; None where the host could not be looked at
    seconds: float = 0.0  # that it took
    round_trips: int = 0  # connections made
    error: str | None = None  # why there are no data, in a sentence; None where there are

    @property
    def label(self) -> str:
        """How results and messages call the target."""
        return self.target.label

    @property
    def testinfra(self) -> str | None:
        """The spec for testinfra's ``host`` fixture."""
        return self.target.testinfra

    def host_name(self, snapshot: Snapshot | None) -> str:
        """The host's name: the inventory's, then or now, else what the host calls itself, else the target."""
        if self.target.name:
            return self.target.name
        if snapshot is not None:
            names = snapshot.text(TARGET_NAME).get("").split() or snapshot.text("cmd:hostname").get("").split()
            if names:
                return names[0]
        return self.label


class Unreachable:
    """Of a target that cannot be looked at."""

    def __init__(self, target: Target, problem: str) -> None:
        self._collected = Collected(target, None, error=problem)

    def result(self) -> Collected:
        """What there is to say, at once."""
        return self._collected

    def cancel(self) -> None:
        """Nothing is under way."""


class Pending(Protocol):
    """A snapshot on its way."""

    def result(self) -> Collected:
        """Wait for it; never raises because of the host: what went wrong is in ``error``."""

    def cancel(self) -> None:
        """End what is under way."""
