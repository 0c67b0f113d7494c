"""Registries as Harbor serves one, several of them, each on a machine of its own: a network namespace with an address.

    with Wires() as wires, Node(wires, "10.231.7.11") as node:
        wires.join(engine.inside, "10.231.7.2")
        node.trusted_by(engine)

A [Node][tests.engine.nodes.Node] is Debian's ``docker-registry`` behind nginx with TLS, and an
[issuer][tests.engine.issuer] whose tokens the registry asks for. Nodes of one group share what they are given alike:
the key, the storage, the certificate. Everything ends with the namespaces, also when a test is killed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.engine.issuer import ISSUER, SERVICE
from tests.trust.pki import Issued, issue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from typing_extensions import Self

    from tests.engine.harness import Engine

__all__ = ["NAME", "PASSWORD", "USER", "Inside", "Node", "Settings", "Wires"]

NAME = "harbor.example.test"
USER, PASSWORD = "robot$trip", "canary-registry-password-1"
_REGISTRY_PORT, _ISSUER_PORT = 5001, 5002
_ROOT = Path(__file__).parents[2]


class Inside:
    """The network namespace of a process.

    Args:
        pid: of the process.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def entered(self, argv: Sequence[str]) -> list[str]:
        """The command line that runs a program of this machine on the namespace's network."""
        return ["nsenter", "--net", "--target", str(self.pid), "--", *argv]

    def run(self, *argv: str) -> None:
        """Run such a program."""
        subprocess.run(self.entered(argv), check=True, capture_output=True)

    def listens(self, port: int) -> bool:
        """Whether something listens there (``/proc/net/tcp``: state 0A)."""
        for name in ("tcp", "tcp6"):
            for line in Path(f"/proc/{self.pid}/net/{name}").read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and fields[1].endswith(f":{port:04X}"):
                    return True
        return False

    def close(self) -> None:
        """Leave it; it is the process's own."""


class _Namespace(Inside):
    """A network namespace, as long as this object is open."""

    def __init__(self, script: str = "") -> None:
        whole = f"ip link set lo up\n{script}\necho $$\nexec cat >/dev/null"
        self._holder = subprocess.Popen(
            ["unshare", "--net", "--fork", "--kill-child", "sh", "-ec", whole],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._holder.stdout is not None
        super().__init__(int(self._holder.stdout.readline()))

    def close(self) -> None:
        assert self._holder.stdin is not None
        assert self._holder.stdout is not None
        self._holder.stdin.close()
        self._holder.wait()
        self._holder.stdout.close()


class Wires:
    """A switch that the machines of a test are joined by, and that leads nowhere else."""

    def __init__(self) -> None:
        self._switch = _Namespace("ip link add switch type bridge\nip link set switch up")
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def join(self, pid: int, address: str) -> None:
        """Give the network namespace of a process an address on the switch; all are of one /24."""
        self._count += 1
        here, there = f"port{self._count}", f"wire{self._count}"
        self._switch.run("ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", str(pid))
        self._switch.run("ip", "link", "set", here, "master", "switch", "up")
        inside = ["nsenter", "--net", "--target", str(pid), "--"]
        subprocess.run([*inside, "ip", "addr", "add", f"{address}/24", "dev", there], check=True)
        subprocess.run([*inside, "ip", "link", "set", there, "up"], check=True)

    def close(self) -> None:
        """Take it away, and with it every wire."""
        self._switch.close()


@dataclass(frozen=True, slots=True)
class Settings:
    """How a node is set up; what differs from the default is what a test is about.

    Attributes:
        name: that clients use.
        port: that they use.
        users: who can log in, and their passwords.
        projects: by name: whether it is ``public``, and its ``writers``.
        clock: seconds that the issuer's clock is ahead.
        minutes: how long a token is valid.
        deletes: whether the registry lets manifests and blobs be deleted.
        body: the largest request that nginx lets through (``client_max_body_size``); 0 for any.
        headers: what nginx tells the registry of the request; the scheme and the name in Harbor's way.
        relative: whether the registry names places without scheme and host.
        locations: more of nginx' configuration for the server, put before its own.
        registry: more of the registry's configuration, by its top-level keys.
    """

    name: str = NAME
    port: int = 443
    users: Mapping[str, str] = field(default_factory=lambda: {USER: PASSWORD})
    projects: Mapping[str, Mapping[str, Any]] = field(
        default_factory=lambda: {"library": {"public": True, "writers": [USER]}, "private": {"writers": [USER]}}
    )
    clock: int = 0
    minutes: int = 30
    deletes: bool = True
    body: str = "0"
    headers: Mapping[str, str] = field(default_factory=lambda: {"Host": "$http_host", "X-Forwarded-Proto": "$scheme"})
    relative: bool = False
    locations: str = ""
    registry: Mapping[str, Any] = field(default_factory=dict)

    @property
    def authority(self) -> str:
        """As an image's name begins."""
        return self.name if self.port == 443 else f"{self.name}:{self.port}"


class Node:
    """One node.

    Args:
        wires: that it is joined to.
        address: that it gets there.
        settings: see there.
        key: that its tokens are signed with; a new one where none is given.
        authority: the CA whose certificate clients trust; one of its own where none is given.
        served: the certificate that it serves, and its key; where none is given, the authority issues one.
        storage: where the registry keeps its images; a folder of its own where none is given.
        trusts: the certificate of the key that the registry accepts tokens of, where that is not the issuer's own.
        inside: the network that it is on, and has its address on already; one of its own where none is given.
    """

    def __init__(
        self,
        wires: Wires,
        address: str,
        settings: Settings | None = None,
        *,
        key: Issued | None = None,
        authority: Issued | None = None,
        served: Issued | None = None,
        storage: Path | None = None,
        trusts: Issued | None = None,
        inside: Inside | None = None,
    ) -> None:
        self.address = address
        self.settings = settings or Settings()
        self.authority = authority or issue("Test CA", ca=True)
        self.key = key or issue("harbor token", kind="rsa2048", ca=True)
        self.served = served or issue(self.settings.name, self.authority, dns=[self.settings.name])
        self.folder = Path(tempfile.mkdtemp(prefix="dw-node-", dir="/tmp"))
        self.storage = storage or self.folder / "storage"
        self.trusts = trusts or self.key
        self._servers: list[subprocess.Popen[bytes]] = []
        self._namespace = inside or _Namespace()
        try:
            if inside is None:
                wires.join(self._namespace.pid, address)
            self.start()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """A process of its network namespace."""
        return self._namespace.pid

    def start(self, settings: Settings | None = None) -> None:
        """Start its three servers, perhaps set up otherwise than before; those that run are ended first."""
        self.stop()
        self.settings = settings or self.settings
        self._write()
        self._serve("docker-registry", "serve", f"{self.folder}/registry.json", port=_REGISTRY_PORT)
        self._serve(sys.executable, "-m", "tests.engine.issuer", f"{self.folder}/issuer.json", port=_ISSUER_PORT)
        self._serve("nginx", "-c", f"{self.folder}/nginx.conf", port=self.settings.port)

    def stop(self) -> None:
        """End its servers; what the registry holds stays."""
        for server in self._servers:
            server.terminate()
        for server in self._servers:
            server.wait(30)
        self._servers.clear()

    def close(self) -> None:
        """End it, and remove its folder."""
        self.stop()
        self._namespace.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def entered(self, *argv: str) -> list[str]:
        """The command line that runs a program of this machine on the node's network."""
        return self._namespace.entered(argv)

    def trusted_by(self, engine: Engine, address: str | None = None) -> None:
        """Let an engine's host find the node by its name (Go reads the file every five seconds), and trust it."""
        hosts = f"{engine.run('cat', '/etc/hosts').stdout}{address or self.address} {self.settings.name}\n"
        engine.run("dd", "of=/etc/hosts", "status=none", stdin=hosts)
        engine.write(f"/etc/docker/certs.d/{self.settings.authority}/ca.crt", self.authority.pem)

    def tags(self, repository: str) -> list[str]:
        """The tags that a repository has, as its storage says."""
        folder = self.storage / "docker/registry/v2/repositories" / repository / "_manifests/tags"
        return sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []

    def manifests(self, repository: str) -> list[str]:
        """The digests of the manifests that a repository has, as its storage says."""
        folder = self.storage / "docker/registry/v2/repositories" / repository / "_manifests/revisions/sha256"
        found = folder.iterdir() if folder.is_dir() else ()
        return sorted(f"sha256:{entry.name}" for entry in found if (entry / "link").exists())

    def uploads(self, repository: str) -> list[str]:
        """The uploads that were begun and neither finished nor given up: of the latter the state of a sum is left."""
        folder = self.storage / "docker/registry/v2/repositories" / repository / "_uploads"
        found = folder.iterdir() if folder.is_dir() else ()
        return sorted(entry.name for entry in found if (entry / "data").exists())

    # -- set up ---------------------------------------------------------------------------------------------------

    def _write(self) -> None:
        settings, folder = self.settings, self.folder
        (folder / "token.pem").write_text(self.key.key_pem(traditional=True))
        (folder / "token.crt").write_text(self.trusts.pem)
        (folder / "server.pem").write_text(self.served.pem + self.served.key_pem())
        issuer = {
            "port": _ISSUER_PORT,
            "key": f"{folder}/token.pem",
            "users": dict(settings.users),
            "projects": {name: dict(project) for name, project in settings.projects.items()},
            "minutes": settings.minutes,
            "clock": settings.clock,
        }
        (folder / "issuer.json").write_text(json.dumps(issuer))
        token = {
            "realm": f"https://{settings.authority}/service/token",
            "service": SERVICE,
            "issuer": ISSUER,
            "rootcertbundle": f"{folder}/token.crt",
        }
        registry: dict[str, Any] = {
            "version": "0.1",
            "log": {"accesslog": {"disabled": True}, "level": "error"},
            "storage": {
                "filesystem": {"rootdirectory": str(self.storage)},
                "delete": {"enabled": settings.deletes},
            },
            "http": {
                "addr": f"127.0.0.1:{_REGISTRY_PORT}",
                "secret": "for tests",
                "relativeurls": settings.relative,
            },
            "auth": {"token": token},
            **settings.registry,
        }
        (folder / "registry.json").write_text(json.dumps(registry))  # JSON is YAML
        (folder / "nginx.conf").write_text(self._nginx())

    def _nginx(self) -> str:
        folder, settings = self.folder, self.settings
        places = " ".join(
            f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        headers = " ".join(f"proxy_set_header {name} {value};" for name, value in settings.headers.items())
        return (
            f"daemon off; pid {folder}/nginx.pid; error_log stderr; worker_processes 1; events {{}}\n"
            f"http {{ access_log {folder}/access.log; {places}\n"
            f"server {{ listen {settings.port} ssl; ssl_certificate {folder}/server.pem;"
            f" ssl_certificate_key {folder}/server.pem; ssl_protocols TLSv1.2 TLSv1.3;\n"
            f"client_max_body_size {settings.body};\n{settings.locations}\n{self._behind(headers)} }} }}\n"
        )

    def _behind(self, headers: str) -> str:
        """Which servers nginx passes requests on to."""
        return (
            f"location /v2/ {{ proxy_pass http://127.0.0.1:{_REGISTRY_PORT}; {headers} proxy_buffering off;"
            f" proxy_request_buffering off; proxy_http_version 1.1; }}\n"
            f"location /service/ {{ proxy_pass http://127.0.0.1:{_ISSUER_PORT}; {headers} }}"
        )

    def _serve(self, *argv: str, port: int) -> None:
        log = self.folder / f"{port}.log"
        with log.open("ab") as stream:
            # setpriv lets it end with this process; what nsenter runs takes its place, so that its id is the server's.
            command = ["setpriv", "--pdeathsig", "KILL", *argv]
            server = subprocess.Popen(
                self._namespace.entered(command),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                cwd=_ROOT,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            )
        self._servers.append(server)
        for _ in range(1200):
            if self._namespace.listens(port):
                return
            if server.poll() is not None:
                break
            time.sleep(0.025)
        raise AssertionError(f"{argv[0]} did not start: {log.read_text('utf-8', 'replace')[-2000:]}")
