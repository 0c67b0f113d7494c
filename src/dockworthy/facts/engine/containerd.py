"""The containerd that an engine of a configuration connects to.

Source: ``NewDaemon`` (``daemon/daemon.go``) and ``cmd/dockerd/daemon_unix.go`` of moby.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from dockworthy.golang.values import GoError
from dockworthy.hosttree.entry import Kind
from dockworthy.hosttree.faults import UndecidedError

if TYPE_CHECKING:
    from dockworthy.facts.engine.inputs import EngineInputs

__all__ = ["CONTAINERD_SOCKET", "check_connection", "missing_containerd", "system_containerd"]

CONTAINERD_SOCKET = "/run/containerd/containerd.sock"


def system_containerd(inputs: EngineInputs) -> str:
    """The socket of the system's containerd."""
    if inputs.rootless:
        return posixpath.join(inputs.env.get("XDG_RUNTIME_DIR", ""), "containerd", "containerd.sock")
    return CONTAINERD_SOCKET


def missing_containerd(config: dict[str, Any], inputs: EngineInputs) -> str:
    """The address that the engine connects to and where nothing listens, "" where something does."""
    address: str = config["containerd"] or system_containerd(inputs)
    if not config["containerd"] and not inputs.files.exists(address):
        return ""  # the engine starts one of its own
    entry, reason = inputs.files.find(address)
    if entry.kind == Kind.UNKNOWN:
        raise UndecidedError(address)
    return address if reason or entry.kind != Kind.SOCKET else ""


def check_connection(config: dict[str, Any], inputs: EngineInputs) -> None:
    """Refuse a containerd that does not answer, where the engine waits for the connection."""
    address = missing_containerd(config, inputs)
    if address and not inputs.rules.holds("containerd.lazy"):
        raise GoError(f'failed to dial "{address}": failed to dial "{address}": context deadline exceeded')
