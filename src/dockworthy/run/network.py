"""What stands on the way of a packet through a host, as the record has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.facts.seen.network import seen_network
from dockworthy.printable import printable
from dockworthy.run.record import told

if TYPE_CHECKING:
    from dockworthy.run.hosts import RunHost

__all__ = ["network_of_host"]


def network_of_host(host: RunHost) -> list[dict[str, str | None]]:
    """The parts of one host; of what is no running host, and of one that was not reached, none."""
    snapshot = host.snapshot
    if snapshot is None or snapshot.is_harbor or snapshot.is_rootfs:
        return []
    return [
        {"place": one.place, "name": told(one.name), "state": one.state, "seen": told(printable(one.seen))}
        for one in seen_network((host.today or host).facts)
    ]
