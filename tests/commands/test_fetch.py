"""What is seen of a registry from here is read as what the probe saw of it."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from dockworthy.commands.fetch import look
from dockworthy.facts.registry.s_client import parse_served
from dockworthy.facts.registry.served import server_answer
from dockworthy.snapshot import Snapshot
from dockworthy.trust.generations import Generation, Loader

if TYPE_CHECKING:
    from collections.abc import Iterator

ENGINE = Generation((26, 1, 5), Loader.CLASSIC, (1, 24))


@contextmanager
def answering(said: bytes) -> Iterator[str]:
    """The address of somebody who says this to whoever connects."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(4096)
                    connection.sendall(said)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def seen(registry: str) -> Snapshot:
    return Snapshot("0", look(registry), truncated=False, sha256="")


def test_plain_http_is_told() -> None:
    with answering(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n") as registry:
        found = seen(registry)
    assert server_answer(found, registry, ENGINE).http


@pytest.mark.parametrize(("alert", "words"), [(40, "handshake failure"), (70, "protocol version not supported")])
def test_an_alert_is_told(alert: int, words: str) -> None:
    with answering(bytes((21, 3, 3, 0, 2, 2, alert))) as registry:
        found = seen(registry)
    assert parse_served(found[f"registry:{registry}/tls"].data).alerts == (alert,)
    assert server_answer(found, registry, ENGINE).alert == words


def test_a_port_where_nobody_listens_is_told() -> None:
    with answering(b"") as registry:
        pass
    assert server_answer(seen(registry), registry, ENGINE).reach == "refused"
