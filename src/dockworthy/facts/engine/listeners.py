"""Where the engine's API listens on TCP: by its configuration, and by the sockets that its process really has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dockworthy.evidence import Evidence, derived, known

if TYPE_CHECKING:
    from dockworthy.facts.facts import Facts

__all__ = ["api_listeners"]

_SWARM_PORTS = frozenset({2377, 7946})  # management and gossip, by dockerd itself on a swarm node


@derived
def api_listeners(facts: Facts) -> Evidence[tuple[str, ...]]:
    """The TCP addresses of the engine's API.

    The process's own sockets count besides the configuration: less those of the swarm, of the metrics and of the
    network diagnosis, which are no API.
    """
    hosts = facts.daemon.hosts
    configured = [host for host in hosts.value if host.startswith(("tcp://", "http://", "https://"))]
    process = facts.processes.target
    extra = [] if process is None else [item for item in process.tcp_sockets if not _is_other(item, facts, configured)]
    found = tuple(dict.fromkeys([*configured, *(f"tcp://{item}" for item in extra)]))
    return known(found, f"{hosts.source}; listening sockets of dockerd" if extra else hosts.source)


def _port(address: str) -> int:
    text = address.rpartition(":")[2]
    return int(text) if text.isdecimal() else 0


def _is_other(socket: str, facts: Facts, configured: list[str]) -> bool:
    """Whether a listening socket is one that the configuration names, or no API."""
    port = _port(socket)
    if any(_port(host.rstrip("/")) == port for host in configured):
        return True
    swarm = facts.engine.swarm_state
    if port in _SWARM_PORTS and swarm.get("inactive") != "inactive":
        return True
    metrics = facts.daemon.metrics_addr
    if metrics.get("") and _port(str(metrics.get(""))) == port:
        return True
    diagnostic = facts.daemon.setting("network-diagnostic-port")
    return bool(diagnostic.get(0)) and diagnostic.get(0) == port
