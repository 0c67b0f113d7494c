"""Listens, and has requests answered: waitress, within bounds of size, time and number."""

from __future__ import annotations

import errno
import ipaddress
import logging
import re
import socket
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from dockworthy.errors import UsageError
from dockworthy.typed import shown_registry

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["LISTEN", "address_of", "listening", "made"]

LISTEN: Final = "127.0.0.1:9585"
_ADDRESS: Final = re.compile(r"(?P<host>localhost|[0-9.]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})", re.ASCII)
_LAST_PORT: Final = 65_535
_CONNECTIONS: Final = 64
_IDLE: Final = 30  # seconds after which a connection on which nothing happens is closed
_ASKING: Final = 60.0  # seconds within which a request has to be whole
_MOST_HEADERS: Final = 16_384  # bytes
_WHY: Final = {
    errno.EADDRINUSE: "is in use; stop what listens there, or name another port",
    errno.EACCES: "may not be listened on; name a port above 1023",
    errno.EADDRNOTAVAIL: "is no address of this host; name one that is",
}


def address_of(text: str) -> tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]:
    """The address and the port of ``ADDRESS:PORT``; `UsageError` for anything else."""
    match = _ADDRESS.fullmatch(text)
    try:
        if match is None or int(match["port"]) > _LAST_PORT:
            raise ValueError  # noqa: TRY301 - told as what is no address
        host = match["host"].strip("[]")
        return ipaddress.ip_address("127.0.0.1" if host == "localhost" else host), int(match["port"])
    except ValueError:
        raise UsageError(f"--listen {shown_registry(text)}: is no address; write {LISTEN} or [::1]:9585.") from None


def listening(text: str) -> socket.socket:
    """A socket that is bound to ``ADDRESS:PORT``; `UsageError` where it cannot be."""
    address, port = address_of(text)
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004 - IPv4
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((str(address), port))
        made.listen(_CONNECTIONS)  # a port that another listens on is refused here at the latest
    except OSError as error:
        made.close()
        why = _WHY.get(error.errno or 0, f"cannot be listened on ({error.strerror}); name another")
        raise UsageError(f"--listen {shown_registry(text)}: {why}.") from None
    return made


def made(app: WSGIApplication, where: socket.socket) -> Any:
    """A server whose ``run()`` answers until it is interrupted; `UsageError` where the library is not installed."""
    if find_spec("waitress") is None:
        raise UsageError("`serve` needs waitress, which is not installed; run `pip install 'dockworthy[serve]'`.")
    from waitress import create_server  # noqa: PLC0415 - an extra's

    logging.getLogger("waitress").setLevel(logging.ERROR)
    server = create_server(
        app,
        sockets=[where],
        threads=4,
        connection_limit=_CONNECTIONS,
        backlog=_CONNECTIONS,
        channel_timeout=_IDLE,
        cleanup_interval=5,
        max_request_header_size=_MOST_HEADERS,
        max_request_body_size=1,  # byte: nothing is taken
        ident=None,
        clear_untrusted_proxy_headers=True,
    )
    kept = server.maintenance

    def maintenance(now: float) -> None:
        """Close what is idle, and what has been asking for too long, byte by byte."""
        kept(now)
        for channel in list(server.active_channels.values()):
            if channel.request is not None and not channel.requests and channel.creation_time < now - _ASKING:
                channel.will_close = True

    server.maintenance = maintenance
    return server
