"""A registry's API in memory, for faults that a real one behind a real proxy would have to be bent for.

What a real one answers is looked at in ``tests/engine/suites/test_roundtrip.py``.
"""

from __future__ import annotations

import hashlib
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import Self

__all__ = ["FakeRegistry", "Said"]

Said = tuple[int, dict[str, str], bytes]
"""An answer: its status, its headers, its body."""


class FakeRegistry:
    """One registry.

    Args:
        address: where it listens; on 127.0.0.1 in plain HTTP, elsewhere with TLS.
        pem: the certificate that it serves, and its key.

    Attributes:
        answers: by method and path, or by method alone: what is answered in place of the usual.
        asked: method, path and ``Authorization`` of every request.
        tags: of the one repository that it has, and the digests that they stand for.
        manifests: by digest.
        images: by digest: what a fake engine pushed and another pulls.
    """

    def __init__(self, address: str = "127.0.0.1", pem: Path | None = None) -> None:
        self.answers: dict[str, Said] = {}
        self.asked: list[tuple[str, str, str]] = []
        self.tags: dict[str, str] = {}
        self.manifests: dict[str, bytes] = {}
        self.images: dict[str, Any] = {}
        self._received = 0
        self._server = ThreadingHTTPServer((address, 0), _handler(self))
        self.authority = f"{address}:{self._server.server_address[1]}"
        if pem is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pem)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def store(self, tag: str, manifest: dict[str, Any], image: object) -> str:
        """Take a manifest in; its digest."""
        body = json.dumps(manifest).encode()
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        self.tags[tag], self.manifests[digest], self.images[digest] = digest, body, image
        return digest

    def answer(self, method: str, path: str, size: int) -> Said:
        """What it says."""
        place, _, _ = path.partition("?")
        for key in (f"{method} {place}", method):
            if key in self.answers:
                return self.answers[key]
        if "/blobs/uploads/" in place:
            return self._upload(method, place, size)
        if "/manifests/" in place:
            return self._manifest(method, place.rpartition("/")[2])
        if place.endswith("/tags/list") and self.tags:
            return 200, {}, json.dumps({"tags": list(self.tags)}).encode()
        return (200, {}, b"{}") if place == "/v2/" else (404, {}, b"")

    def _upload(self, method: str, place: str, size: int) -> Said:
        self._received = size if method == "POST" else self._received + size
        where = {"Location": place.rstrip("/") if method != "POST" else f"{place}1"}
        status = {"POST": 202, "PATCH": 202}.get(method, 204)
        return status, {**where, "Range": f"0-{self._received - 1}"}, b""

    def _manifest(self, method: str, name: str) -> Said:
        digest = self.tags.get(name, name)
        if digest not in self.manifests:
            return 404, {}, b""
        if method == "DELETE":
            del self.manifests[digest]
            self.tags = {tag: of for tag, of in self.tags.items() if of != digest}
            return 202, {}, b""
        return 200, {"Docker-Content-Digest": digest}, self.manifests[digest]


def _handler(registry: FakeRegistry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            size = len(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            registry.asked.append((self.command, self.path, self.headers.get("Authorization", "")))
            status, headers, body = registry.answer(self.command, self.path, size)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_GET  # noqa: N815 - the standard library's names

    return Handler
