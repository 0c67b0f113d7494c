"""Whether somebody listens where a service's log is sent to.

Harbor's services send theirs by the engine's syslog driver to port 1514 of this host, which the log container
publishes. The engine is the client: ``localhost`` is tried by all its addresses, so that one of them is enough.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from dockworthy.dataclass import dataclass
from dockworthy.evidence import Code, Evidence, derived, known, unknown
from dockworthy.facts.harbor.installed.release import is_harbors
from dockworthy.facts.harbor.running.projects import image_of
from dockworthy.tables import number, rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dockworthy.facts.api.container import Container
    from dockworthy.facts.facts import Facts

__all__ = ["LOG", "SyslogAddress", "listener_of", "log_driver", "syslog_address"]

LOG: Final = "log"
_SERVED: Final = 10514  # where rsyslog listens in the log container
_PROTOCOLS: Final = {"tcp": "tcp", "tcp+tls": "tcp", "udp": "udp"}
_HERE: Final = frozenset({"", "localhost", "ip6-localhost", "localhost.localdomain"})


@dataclass(frozen=True, slots=True)
class SyslogAddress:
    """Where a log is sent."""

    protocol: str  # tcp or udp
    host: str
    port: int

    def is_reached_by(self, protocol: str, address: str, port: int) -> bool:
        """Whether what listens on an address of this host gets it."""
        if (protocol, port) != (self.protocol, self.port):
            return False
        listens = _address(address)
        own = _address(self.host)
        if listens is None or (own is None and not self.is_local):
            return False
        if own is None or own.is_unspecified:
            return listens.is_unspecified or listens.is_loopback
        return listens == own or (listens.is_unspecified and listens.version >= own.version)

    @property
    def is_local(self) -> bool:
        """Whether it certainly is this host."""
        own = _address(self.host)
        return self.host in _HERE or (own is not None and (own.is_loopback or own.is_unspecified))


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None


def log_driver(container: Container) -> Evidence[str]:
    """The driver that it was made with."""
    return container.answer.text("HostConfig", "LogConfig", "Type")


@derived
def syslog_address(container: Container) -> Evidence[SyslogAddress]:
    """Where a container with the driver syslog sends its log; unknown for what is no address of a network."""
    found = container.answer.text("HostConfig", "LogConfig", "Config", "syslog-address", default="")
    if not found.value:
        return unknown("it is the local socket of this host, at which nobody looked", found.source, Code.NOT_PROBED)
    try:
        parts = urlsplit(found.value)
        host, port = parts.hostname or "", parts.port or 514
    except ValueError:
        return unknown("it is no address", found.source, Code.MALFORMED)
    protocol = _PROTOCOLS.get(parts.scheme)
    if protocol is None:
        return unknown("it is a socket of this host, at which nobody looked", found.source, Code.NOT_PROBED)
    return known(SyslogAddress(protocol, host, port), found.source)


@derived
def listener_of(facts: Facts, address: SyslogAddress) -> Evidence[str]:
    """Who gets what is sent there: the name of a log container of Harbor's, ``another program``, or ``nobody``."""
    logs = [
        one
        for project in facts.harbor_projects.all.value
        if (one := project.containers.get(LOG)) is not None and is_harbors(image_of(one)) and _publishes(one, address)
    ]
    if logs:
        return known(logs[0].name, f"the published ports of {logs[0].name}")
    if not address.is_local:
        return unknown("whether anybody listens on another host is not looked at", address.host, Code.NOT_PROBED)
    table = facts.snapshot.text("cmd:listeners").by("the sockets that listen on this host")
    if any(address.is_reached_by(*one) for one in _listening(table.value)):
        return known("another program", table.source)
    return known("nobody", table.source)


def _publishes(container: Container, address: SyslogAddress) -> bool:
    if not container.has_process:
        return False
    return any(
        one.container_port == _SERVED
        and one.first <= address.port <= one.last
        and address.is_reached_by(one.protocol, one.host_address or "0.0.0.0", address.port)  # noqa: S104 - compared
        for one in container.published.get(())
    )


def _listening(text: str) -> Iterable[tuple[str, str, int]]:
    for words in rows(text, 3):
        port = number(words[2])
        if port is not None:
            yield words[0].removesuffix("6"), words[1], port
