"""An engine's API that keeps everything in memory.

What goes on between a real engine and a real registry is looked at in ``tests/engine/suites/test_roundtrip.py``; here
it is told what to answer, and what it was sent is looked at.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import socketserver
import tarfile
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from typing_extensions import Self

    from tests.commands.fake_registry import FakeRegistry

__all__ = ["Asked", "FakeEngine", "Manifest"]


@dataclass(frozen=True)
class Manifest:
    """What a registry has of an image, as far as two fake engines need it."""

    layers: tuple[str, ...]
    labels: dict[str, str]
    line: str


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class _Image:
    id: str
    manifest: Manifest
    names: set[str] = field(default_factory=set)


def _digest(text: str | bytes) -> str:
    return f"sha256:{hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()}"


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has heard enough goes away."""


class FakeEngine:
    """One engine at a socket.

    Args:
        socket: where it listens.
        registry: what pushes go to and pulls come from.

    Attributes:
        faults: by the beginning of ``METHOD PATH`` (without the version): what is answered in place of the usual, a
            status and a message; with status 200 the message ends a stream of JSON.
        hooks: by the same: what is called before the answer.
        asked: every request.
    """

    def __init__(self, socket: Path, registry: FakeRegistry, *, version: str = "26.1.5", arch: str = "amd64") -> None:
        self.socket, self.registry, self.version, self.arch = socket, registry, version, arch
        self.faults: dict[str, tuple[int, str]] = {}
        self.hooks: dict[str, Callable[[], None]] = {}
        self.asked: list[Asked] = []
        self.images: list[_Image] = []
        self.containers: dict[str, dict[str, Any]] = {}
        self._server = _Server(str(socket), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def address(self) -> str:
        return f"unix://{self.socket}"

    @property
    def left(self) -> list[str]:
        return [*self.containers, *(image.id for image in self.images)]

    def add(self, layers: tuple[str, ...], labels: dict[str, str], line: str, *names: str) -> _Image:
        image = _Image(_digest(json.dumps([layers, labels])), Manifest(layers, labels, line), set(names))
        self.images = [one for one in self.images if one.id != image.id]
        self.images.append(image)
        return image

    def find(self, name: str) -> _Image:
        return next(one for one in self.images if name == one.id or name in one.names)

    # -- what it does -----------------------------------------------------------------------------------------------

    def build(self, query: dict[str, str], body: bytes) -> Iterator[dict[str, Any]]:
        with tarfile.open(fileobj=io.BytesIO(body)) as packed:
            files = {entry.name: packed.extractfile(entry).read() for entry in packed}  # type: ignore[union-attr]
        lines = files["Dockerfile"].decode().splitlines()
        labels = dict(re.findall(r'LABEL (\S+)="([^"]*)"', "\n".join(lines)))
        layers = tuple(_digest(files[line.split()[1]]) for line in lines if line.startswith("COPY"))
        program = files.get("say", b"")
        line = program[program.find(b"dockworthy") :].decode("utf-8", "replace").strip()
        image = self.add(layers, labels, line, query["t"])
        yield {"stream": "done"}
        yield {"aux": {"ID": image.id}}

    def push(self, name: str, query: dict[str, str]) -> Iterator[dict[str, Any]]:
        image = self.find(f"{name}:{query['tag']}")
        digest = self.registry.store(query["tag"], {"config": {"digest": image.id}}, image.manifest)
        yield {"status": "Pushed"}
        yield {"aux": {"Tag": query["tag"], "Digest": digest, "Size": 1}}

    def pull(self, query: dict[str, str]) -> Iterator[dict[str, Any]]:
        name = f"{query['fromImage']}@{query['tag']}"
        found: Manifest = self.registry.images[query["tag"]]
        self.add(found.layers, found.labels, found.line, name)
        yield {"status": "Downloaded"}

    def create(self, body: bytes) -> dict[str, Any]:
        asked = json.loads(body)
        image = self.find(asked["Image"])
        identity = _digest(f"{len(self.asked)}")[7:]
        self.containers[identity] = {
            "image": image,
            "labels": {**image.manifest.labels, **asked["Labels"]},
            "asked": asked,
        }
        return {"Id": identity, "Warnings": []}

    def put(self, container: str, body: bytes) -> dict[str, Any]:
        self.containers[container]["put"] = body
        return {}

    def commit(self, query: dict[str, str]) -> dict[str, Any]:
        kept = self.containers[query["container"]]
        old: _Image = kept["image"]
        layers = (*old.manifest.layers, _digest(kept.get("put", b"")))
        return {"Id": self.add(layers, kept["labels"], old.manifest.line, f"{query['repo']}:{query['tag']}").id}

    def save(self, name: str) -> bytes:
        image = self.find(name)
        told = [list(image.manifest.layers), image.manifest.labels, image.manifest.line, sorted(image.names)]
        return json.dumps(told).encode()

    def load(self, body: bytes) -> Iterator[dict[str, Any]]:
        layers, labels, line, names = json.loads(body)
        self.add(tuple(layers), labels, line, *names)
        yield {"stream": "Loaded image"}

    def listed(self, query: dict[str, str], kind: str) -> list[dict[str, Any]]:
        key, _, value = json.loads(query["filters"])["label"][0].partition("=")
        rows = (
            [(image.id, image.manifest.labels) for image in self.images]
            if kind == "images"
            else [(identity, kept["labels"]) for identity, kept in self.containers.items()]
        )
        return [{"Id": identity} for identity, labels in rows if key in labels and value in {"", labels[key]}]

    def inspect(self, path: str, name: str) -> dict[str, Any]:
        if path.startswith("/containers/"):
            return {"Id": self.containers[name] and name, "Config": {"Tty": False}}
        image = self.find(name)
        digests = [one for one in image.names if "@" in one]
        return {"Id": image.id, "RepoDigests": digests, "RootFS": {"Layers": list(image.manifest.layers)}}

    def answer(self, asked: Asked) -> Any:
        """A JSON value, bytes, or an iterator of a stream's lines; KeyError or StopIteration for what is not there."""
        parts = urlsplit(asked.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        path = unquote(parts.path)
        name = re.sub(r"^/(?:images|containers)/|/(?:json|push|get|start|wait|logs|archive)$", "", path)
        simple: dict[tuple[str, str], Callable[[], Any]] = {
            ("GET", "/version"): lambda: {"ApiVersion": "1.45", "Version": self.version, "Arch": self.arch},
            ("GET", "/info"): lambda: {
                "ID": str(self.socket),
                "Name": "host",
                "DriverStatus": [["Backing Filesystem", "extfs"]],
            },
            ("POST", "/auth"): lambda: {"Status": "Login Succeeded"},
            ("POST", "/build"): lambda: self.build(query, asked.body),
            ("POST", "/images/create"): lambda: self.pull(query),
            ("POST", "/images/load"): lambda: self.load(asked.body),
            ("POST", "/containers/create"): lambda: self.create(asked.body),
            ("POST", "/commit"): lambda: self.commit(query),
            ("GET", "/images/json"): lambda: self.listed(query, "images"),
            ("GET", "/containers/json"): lambda: self.listed(query, "containers"),
        }
        of_one: dict[tuple[str, str], Callable[[], Any]] = {
            ("POST", "push"): lambda: self.push(name, query),
            ("GET", "get"): lambda: self.save(name),
            ("GET", "json"): lambda: self.inspect(path, name),
            ("POST", "start"): dict,
            ("POST", "wait"): lambda: {"StatusCode": 0},
            ("GET", "logs"): lambda: _framed(self.containers[name]["image"].manifest.line),
            ("PUT", "archive"): lambda: self.put(name, asked.body),
        }
        if asked.method == "DELETE":
            return self.delete(path, name)
        found = simple.get((asked.method, path)) or of_one[asked.method, path.rpartition("/")[2]]
        return found()

    def delete(self, path: str, name: str) -> dict[str, Any]:
        if path.startswith("/containers/"):
            del self.containers[name]
        else:
            self.images.remove(self.find(name))
        return {}

    def told(self, asked: Asked) -> tuple[int, Any]:
        """Status and what is answered, after the hooks, and with the faults in place of the usual."""
        self.asked.append(asked)
        said = f"{asked.method} {unquote(asked.path)}"
        for begin, hook in list(self.hooks.items()):
            if said.startswith(begin):
                hook()
        for begin, (status, words) in self.faults.items():
            if said.startswith(begin):
                return status, iter([{"errorDetail": {"message": words}}]) if status == 200 else {"message": words}
        try:
            return 200, self.answer(asked)
        except (KeyError, StopIteration, ValueError):
            return 404, {"message": f"No such image or container: {said}"}

    def credentials(self) -> list[dict[str, str]]:
        """Those that it was sent, in whatever way."""
        found = [json.loads(one.body) for one in self.asked if one.path.endswith("/auth")]
        names = ("x-registry-auth", "x-registry-config")
        headers = [one.headers[name] for one in self.asked for name in names if name in one.headers]
        return found + [json.loads(base64.urlsafe_b64decode(header)) for header in headers]


def _framed(line: str) -> bytes:
    data = f"{line}\n".encode()
    return b"\x01\0\0\0" + len(data).to_bytes(4, "big") + data


def _handler(engine: FakeEngine) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def address_string(self) -> str:
            return "client"

        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            path = re.sub(r"^/v1\.\d+", "", self.path)
            self._send(*engine.told(Asked(self.command, path, headers, self._body())))

        do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the standard library's names

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding", "") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            data = b""
            while size := int(self.rfile.readline(), 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return data

        def _send(self, status: int, told: Any) -> None:
            self.send_response(status)
            if isinstance(told, (bytes, dict, list)):
                data = told if isinstance(told, bytes) else json.dumps(told).encode()
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)
                return
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for line in told:
                data = json.dumps(line).encode() + b"\r\n"
                self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")

    return Handler
