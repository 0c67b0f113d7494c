"""Where the engine listens: the addresses of ``hosts``, and the sockets that a service manager hands over.

Source: ``normalizeHosts`` and ``loadListeners`` (``cmd/dockerd/daemon.go``), ``daemon/listeners`` of moby 26.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.evidence import Evidence, known, unknown
from dockworthy.facts.engine.golang import GoError, atoi, quote
from dockworthy.facts.engine.host import UndecidedError
from dockworthy.facts.engine.options import parse_host
from dockworthy.facts.engine.users import group_exists

if TYPE_CHECKING:
    from dockworthy.facts.engine.inputs import EngineInputs

__all__ = ["check_listeners", "effective_hosts", "normalize_hosts"]

FIRST_DESCRIPTOR = 3  # SD_LISTEN_FDS_START
MAX_PORT = 65535


def normalize_hosts(hosts: list[str], *, tls: bool, runtime_dir: str | None) -> list[str]:
    """The addresses that the entries stand for, sorted and without repetitions.

    Raises:
        GoError: for an entry that is no address.
    """
    return sorted({parse_host(host, tls=tls, runtime_dir=runtime_dir) for host in hosts})


def _activated(address: str, sockets: tuple[str, ...]) -> list[str]:
    """``listenFD``: the sockets that ``fd://`` stands for."""
    if not sockets:
        raise GoError("no sockets found via socket activation: make sure the service was started by systemd")
    if address in {"", "*"}:
        return list(sockets)
    try:
        number = atoi(address)
    except GoError:
        raise GoError(f"failed to parse systemd fd address: should be a number: {address}") from None
    offset = number - FIRST_DESCRIPTOR
    if len(sockets) < offset + 1:
        raise GoError("too few socket activated files passed in by systemd")
    if offset < 0:
        raise GoError(f"panic: runtime error: index out of range [{offset}]")
    return [sockets[offset]]


def effective_hosts(hosts: Evidence[Any], inputs: EngineInputs) -> Evidence[Any]:
    """The addresses with ``fd://`` replaced by the sockets that were handed over."""
    if not hosts.is_known:
        return hosts
    addresses: list[str] = []
    for host in hosts.value:
        if not host.startswith("fd://"):
            addresses.append(host)
            continue
        if inputs.activation is None:
            return unknown("the sockets that the service manager hands over were not looked at", hosts.source)
        try:
            sockets = _activated(host.removeprefix("fd://"), inputs.activation)
        except GoError:
            sockets = []
        addresses += [f"unix://{name}" if name.startswith("/") else f"tcp://{name}" for name in sockets]
    return known(sorted(set(addresses)), hosts.source)


def check_listeners(config: dict[str, Any], inputs: EngineInputs) -> None:
    """``loadListeners``, as far as files and settings decide it.

    Raises:
        GoError: with the engine's text where it cannot listen.
        UndecidedError: where that was not looked at.
    """
    for host in config["hosts"]:
        proto, _, address = host.partition("://")
        if proto == "fd":
            if inputs.activation is None:
                raise UndecidedError("the sockets that the service manager hands over")
            _activated(address, inputs.activation)
        elif proto == "tcp":
            _check_tcp(address)
        elif proto == "unix":
            _check_unix(address, config["group"], inputs)
        else:
            raise GoError(f"invalid protocol format: {quote(proto)}")


def _check_tcp(address: str) -> None:
    port = int(address.rpartition(":")[2])
    if port > MAX_PORT:
        raise GoError(f"listen tcp: address {port}: invalid port")


def _check_unix(address: str, group: str, inputs: EngineInputs) -> None:
    # without the group "docker" the engine takes its own; any other name has to exist
    if group not in {"", "docker"} and not group_exists(group, inputs.files):
        raise GoError(f"group {group} not found")
    if len(address.encode()) > MAX_UNIX_PATH:
        raise GoError(f"can't create unix socket {address}: listen unix {address}: bind: invalid argument")


MAX_UNIX_PATH = 107  # sockaddr_un's path without its last NUL
