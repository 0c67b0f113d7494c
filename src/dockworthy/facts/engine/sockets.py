"""Where the engine listens: the addresses of ``hosts``, and the sockets that a service manager hands over.

Source: ``normalizeHosts`` and ``loadListeners`` (``cmd/dockerd/daemon.go``), ``daemon/listeners`` of moby.
"""

from __future__ import annotations

import ipaddress
import posixpath
import re
from typing import TYPE_CHECKING, Any

from dockworthy.evidence import Code, Evidence, known, unknown
from dockworthy.facts.engine.options import join_host_port, parse_host
from dockworthy.facts.engine.users import group_exists
from dockworthy.golang.ip import canonical_ip
from dockworthy.golang.text import quote
from dockworthy.golang.url import split_host_port
from dockworthy.golang.values import GoError, GoPanic, atoi, prefixed
from dockworthy.hosttree.entry import Kind
from dockworthy.hosttree.faults import EISDIR, ENOTDIR, UndecidedError

if TYPE_CHECKING:
    from dockworthy.facts.engine.inputs import EngineInputs
    from dockworthy.hosttree.tree import Tree

__all__ = ["check_listeners", "check_metrics", "effective_hosts", "normalize_hosts"]

FIRST_DESCRIPTOR = 3  # SD_LISTEN_FDS_START
MAX_PORT = 65535
MAX_UNIX_PATH = 107  # sockaddr_un's path without its last NUL
_WILDCARDS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - addresses to compare


def normalize_hosts(config: dict[str, Any], inputs: EngineInputs) -> list[str]:
    """The addresses that the entries of ``hosts`` stand for, sorted and without repetitions."""
    return sorted({_address(host, config, inputs) for host in config["hosts"]})


def _address(host: str, config: dict[str, Any], inputs: EngineInputs) -> str:
    runtime = inputs.env.get("XDG_RUNTIME_DIR") if inputs.rootless else None
    return parse_host(host, inputs.rules, tls=bool(config["tls"]), runtime_dir=runtime)


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
        raise GoPanic(f"runtime error: index out of range [{offset}]")
    return [sockets[offset]]


def effective_hosts(hosts: Evidence[Any], inputs: EngineInputs) -> Evidence[Any]:
    """The addresses with ``fd://`` replaced by the sockets that were handed over."""
    if not hosts.is_known:
        return hosts
    addresses: list[str] = []
    for host in hosts.value or ():
        if not host.startswith("fd://"):
            addresses.append(host)
            continue
        if inputs.activation is None:
            return unknown(
                "the sockets that the service manager hands over were not looked at", hosts.source, Code.NOT_PROBED
            )
        try:
            sockets = _activated(host.removeprefix("fd://"), inputs.activation)
        except GoError:
            sockets = []
        addresses += [f"unix://{name}" if name.startswith("/") else f"tcp://{name}" for name in sockets]
    return known(sorted(set(addresses)), hosts.source)


def check_listeners(config: dict[str, Any], inputs: EngineInputs) -> None:
    """``loadListeners``, as far as files and settings decide it."""
    ports = _Ports(inputs)
    for host in config["hosts"]:
        with prefixed(f"error parsing -H {host}: "):
            proto, _, address = _address(host, config, inputs).partition("://")
        if proto == "fd":
            if inputs.activation is None:
                raise UndecidedError("the sockets that the service manager hands over")
            _activated(address, inputs.activation)
        elif proto == "tcp":
            ports.listen(address, reserved=inputs.rules.holds("port.reserved-first"))
        elif proto == "unix":
            _check_unix(address, config["group"], inputs)
        else:
            raise GoError(f"invalid protocol format: {quote(proto)}")


def check_metrics(config: dict[str, Any], inputs: EngineInputs) -> None:
    """``startMetricsServer``."""
    if not config["metrics-addr"]:
        return
    ports = _Ports(inputs)
    for host in config["hosts"]:
        if host.startswith("tcp://"):
            ports.listen(host.removeprefix("tcp://"))
    ports.listen(config["metrics-addr"])


class _Ports:
    """The TCP ports that one engine takes, in the order in which it takes them."""

    def __init__(self, inputs: EngineInputs) -> None:
        self.inputs = inputs
        self.allocated: set[tuple[str, int]] = set()

    def listen(self, address: str, *, reserved: bool = True) -> None:
        """``allocateDaemonPort`` and ``net.Listen``, in this order where the port is reserved first."""
        if not reserved:
            _, text = split_host_port(address)
            if not re.fullmatch(r"[+-]?[0-9]*", text):
                raise GoError(f"listen tcp: address tcp/{text}: unknown port")
        with prefixed("error parsing tcp address: "):
            host, text = split_host_port(address)
            port = atoi(text)
        for ip in self._lookup(host):
            if port and (ip, port) in self.allocated and reserved:
                raise GoError(
                    f"failed to allocate daemon listening port {port} "
                    f"(err: Bind for {ip}:{port} failed: port is already allocated)"
                )
            if port and ((ip, port) in self.allocated or self._overlaps(ip, port)):
                raise GoError(f"listen tcp {join_host_port(ip, text)}: bind: address already in use")
            self.allocated.add((ip, port))
            self._bind(ip, port)

    def _lookup(self, host: str) -> list[str]:
        """The addresses of a host; names are looked up in ``/etc/hosts`` only."""
        address = canonical_ip(host)
        if address is not None:
            return [address]
        if host == "localhost":
            return ["127.0.0.1"]
        known = _hosts_file(self.inputs.files).get(host.lower())
        if known:
            return [known]
        if host and not self.inputs.files.complete:
            raise UndecidedError(f"the address of {host}")
        raise GoError(f"failed to lookup {host} address in host specification")

    def _overlaps(self, ip: str, port: int) -> bool:
        taken = {other for other, number in self.allocated if number == port}
        return bool(taken) and (ip in _WILDCARDS or bool(taken & _WILDCARDS))

    def _bind(self, ip: str, port: int) -> None:
        if not 0 <= port <= MAX_PORT:
            raise GoError(f"listen tcp: address {port}: invalid port")
        if ip in _WILDCARDS or ipaddress.ip_address(ip).is_loopback or self.inputs.links is None:
            return
        own = {address.partition("/")[0] for item in self.inputs.links.values() for address in item}
        if ip not in own:
            # a link-local address needs an interface, which the address of a host cannot name
            local = ":" in ip and ipaddress.ip_address(ip).is_link_local
            reason = "invalid argument" if local else "cannot assign requested address"
            raise GoError(f"listen tcp {join_host_port(ip, str(port))}: bind: {reason}")


def _hosts_file(files: Tree) -> dict[str, str]:
    names: dict[str, str] = {}
    try:
        text = files.read_file("/etc/hosts").decode("utf-8", "replace")
    except (GoError, UndecidedError):
        return names
    for line in text.splitlines():
        address, *aliases = line.partition("#")[0].split() or [""]
        for alias in aliases:
            names.setdefault(alias.lower(), address)
    return names


def _check_unix(address: str, group: str, inputs: EngineInputs) -> None:
    # without the group "docker" the engine takes its own; any other name has to exist
    if group not in {"", "docker"} and not group_exists(group, inputs.files):
        raise GoError(f"group {group} not found")
    reason = _unix_reason(address, inputs.files)
    if reason:
        raise GoError(f"can't create unix socket {address}: {reason}")


def _unix_reason(path: str, files: Tree) -> str:
    if path.startswith("@"):
        return f"chown {path}: no such file or directory"  # an abstract socket has no file to own
    if len(path.encode("utf-8", "surrogateescape")) > MAX_UNIX_PATH:
        return f"listen unix {path}: bind: invalid argument"
    entry, reason = files.find(path, follow=False)
    if entry.kind == Kind.DIRECTORY:
        return EISDIR
    if reason == ENOTDIR:
        return ENOTDIR
    folder, reason = files.find(posixpath.dirname(path) or ".")
    if folder.kind == Kind.UNKNOWN or not reason:
        return ""
    return f"listen unix {path}: bind: {reason}"
