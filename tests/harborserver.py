"""A Harbor's API made for the tests: over TLS, with logins, pages and faults; it remembers what it was asked."""

from __future__ import annotations

import base64
import contextlib
import json
import ssl
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping
    from pathlib import Path

    from tests.trust.pki import Issued

__all__ = ["NAME", "PASSWORD", "USER", "Asked", "HarborServer", "Reply"]

NAME = "harbor.test"
USER, PASSWORD = "robot$audit", "correct-horse-battery"
BASE = "/api/v2.0"


@dataclass(frozen=True)
class Asked:
    """One request that came in."""

    path: str
    query: str
    login: bool
    host: str
    sni: str | None


@dataclass(frozen=True)
class Reply:
    """One answer: ``body`` is JSON, or bytes as they are; ``drip`` is the pause between two bytes of it."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    drip: float = 0.0
    endless: bool = False


class HarborServer:
    """One node: answers by path, each a `Reply` or a list of those to give one after the other, the last for ever.

    Without a certificate it answers without TLS, to a proxy.
    """

    def __init__(self, folder: Path, certificate: Issued | None, address: str = "127.0.0.1", port: int = 0) -> None:
        self.asked: list[Asked] = []
        self.answers: dict[str, Any] = {
            "/ping": Reply(body=b"Pong", headers={"Content-Type": "text/plain"}),
            "/systeminfo": Reply(body={"auth_mode": "db_auth", "self_registration": False}),
            "/systeminfo#login": Reply(body={"auth_mode": "db_auth", "external_url": f"https://{NAME}"}),
            "/health": Reply(body={"status": "healthy", "components": [{"name": "core", "status": "healthy"}]}),
        }
        self.rows: dict[str, list[Any]] = {"/projects": [{"project_id": 1, "name": "library", "metadata": {}}]}
        self.password = PASSWORD
        self.hangs_up = 0  # after each of so many answers, without a word
        self._names: dict[int, str | None] = {}
        handler = type("Handler", (_Handler,), {"harbor": self})
        self._server = ThreadingHTTPServer((address, port), handler)
        self._server.daemon_threads = True
        if certificate is not None:
            self._secure(folder / f"{address}.pem", certificate)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def _secure(self, pem: Path, certificate: Issued) -> None:
        pem.write_text(certificate.pem + certificate.key_pem())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        context.sni_callback = self._named
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)

    def _named(self, sock: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> None:
        self._names[id(sock)] = name

    def name_of(self, sock: socket.socket) -> str | None:
        """The name that a connection asked for."""
        return self._names.get(id(sock))

    def close(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()

    def paths(self, *, login: bool | None = None) -> list[str]:
        """The paths that were asked for, in order."""
        return [one.path for one in self.asked if login is None or one.login == login]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    harbor: HarborServer

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # whoever asked has gone
            super().handle()

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        login = "Authorization" in self.headers
        path = url.path.removeprefix(BASE)
        name = self.harbor.name_of(self.connection)
        self.harbor.asked.append(Asked(path, url.query, login, self.headers.get("Host", ""), name))
        self._send(self._reply(path, parse_qs(url.query), login=login))

    def _reply(self, path: str, query: Mapping[str, list[str]], *, login: bool) -> Reply:
        pair = base64.b64encode(f"{USER}:{self.harbor.password}".encode()).decode()
        if login and self.headers["Authorization"] != f"Basic {pair}":
            return Reply(401, {"errors": []})
        answers = self.harbor.answers
        found = answers.get(f"{path}#login") if login else None
        found = found or answers.get(path)
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(found, Reply):
            return found
        if path in self.harbor.rows and (login or "public" in query):
            return self._page(path, self.harbor.rows[path], query)
        return Reply(404 if login else 401, {"errors": []})

    def _page(self, path: str, rows: list[Any], query: Mapping[str, list[str]]) -> Reply:
        size, page = int(query.get("page_size", ["10"])[0]), int(query.get("page", ["1"])[0])
        headers = {"X-Total-Count": str(len(rows))}
        if page * size < len(rows):
            headers["Link"] = f'<{BASE}{path}?page={page + 1}&page_size={size}>; rel="next"'
        return Reply(200, rows[(page - 1) * size : page * size], headers)

    def _send(self, reply: Reply) -> None:
        body = (
            reply.body
            if isinstance(reply.body, bytes)
            else b""
            if reply.body is None
            else json.dumps(reply.body).encode()
        )
        self.send_response(reply.status)
        for name, value in {"Content-Type": "application/json", **reply.headers}.items():
            self.send_header(name, value)
        if not reply.endless:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.close_connection = self.close_connection or len(self.harbor.asked) <= self.harbor.hangs_up
        if reply.endless:
            self.close_connection = True
            while True:
                self.wfile.write(b"[" * 1_000_000)
        for number in range(len(body)) if reply.drip else ():
            self.wfile.write(body[number : number + 1])
            self.wfile.flush()
            time.sleep(reply.drip)
        if not reply.drip:
            self.wfile.write(body)
