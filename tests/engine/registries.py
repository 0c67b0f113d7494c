"""Real registries behind real TLS for a real engine: a recorded set-up of the ``certsd`` format, brought to life.

Everything lives in the namespaces of an isolated [Engine][tests.engine.harness.Engine]: names in its /etc/hosts,
addresses on its loopback, certs.d in its /etc/docker, docker-registry and nginx as its processes.
"""

from __future__ import annotations

import base64
import json
import os
import re
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy.messages import classify

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.engine.harness import Engine

__all__ = ["Answer", "Registries"]

CERTS_D = "/etc/docker/certs.d"
ADDRESS, ADDRESS_V6 = "10.231.0.1", "fd00:231::1"
_PLAIN_PORT = 5999


@dataclass(frozen=True, slots=True)
class Answer:
    """What the engine said: the class of its words, and the words."""

    cls: str
    words: str


@dataclass
class Registries:
    """The servers and files around one engine.

    Attributes:
        engine: an isolated engine that is not started yet: Go reads /etc/hosts every five seconds at most, so all
            names are there before it starts.
        names: what each name resolves to.
        image: what every registry holds, as ``tiny:1``.
    """

    engine: Engine
    names: Mapping[str, Sequence[str]]
    image: str = "busybox:test"
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        run = self.engine.run
        run("ip", "addr", "add", f"{ADDRESS}/32", "dev", "lo")
        run("ip", "-6", "addr", "add", f"{ADDRESS_V6}/128", "dev", "lo", check=False)
        self.folder = self.engine.root / "registries"
        self.folder.mkdir()
        lines = [f"{address} {name}" for name, addresses in self.names.items() for address in addresses]
        hosts = run("cat", "/etc/hosts").stdout + "\n".join(lines) + "\n"
        run("dd", "of=/etc/hosts", "status=none", stdin=hosts)
        self._registry(_PLAIN_PORT, "127.0.0.1", {})
        self.engine.start()
        self.engine.image(self.image)
        for name in ("tiny", "library/tiny"):
            copy = f"127.0.0.1:{_PLAIN_PORT}/{name}:1"
            self.engine.docker("tag", self.image, copy)
            self.engine.docker("push", copy)
            self.engine.docker("rmi", copy)
        self.engine.docker("rmi", self.image)

    # -- servers ------------------------------------------------------------------------------------------------

    def _start(self, *argv: str, port: int) -> None:
        log = (self.folder / f"{port}.log").open("wb")
        process = subprocess.Popen(self.engine.beside(argv), stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        log.close()
        self._processes.append(process)
        for _ in range(400):
            if self._listens(port):
                return
            if process.poll() is not None:
                break
            time.sleep(0.025)
        raise AssertionError(f"{argv[0]} did not start: {(self.folder / f'{port}.log').read_text()[-2000:]}")

    def _registry(self, port: int, address: str, tls: Mapping[str, object]) -> None:
        config: dict[str, Any] = {
            "version": "0.1",
            "log": {"accesslog": {"disabled": True}, "level": "error"},
            "storage": {"filesystem": {"rootdirectory": str(self.folder / "data")}},
            "http": {"addr": f"{address}:{port}", "secret": "for tests", "tls": tls} if tls else {},
        }
        if not tls:
            config["http"] = {"addr": f"{address}:{port}", "secret": "for tests"}
        path = self.folder / f"registry-{port}.json"  # JSON is YAML
        path.write_text(json.dumps(config))
        self._start("docker-registry", "serve", str(path), port=port)

    def _listens(self, port: int) -> bool:
        """Whether something listens there in the engine's network namespace (``/proc/net/tcp``: state 0A)."""
        for name in ("tcp", "tcp6"):
            for line in Path(f"/proc/{self.engine._inside}/net/{name}").read_text().splitlines()[1:]:
                fields = line.split()
                if fields[3] == "0A" and fields[1].endswith(f":{port:04X}"):
                    return True
        return False

    def serve(self, server: Mapping[str, Any]) -> None:
        """Start what a record's ``server`` describes, on every address of the namespace."""
        port, front = server["listen_port"], server["front"]
        if front == "none":
            return
        chain, key, authority = (self.folder / name for name in ("chain.pem", "key.pem", "clients.pem"))
        chain.write_text(server["chain_pem"])
        key.write_text(server["key_pem"])
        authority.write_text(server["client_ca_pem"])
        if front == "http":
            self._registry(port, "", {})
        elif front == "registry":
            tls: dict[str, object] = {"certificate": str(chain), "key": str(key)}
            if server["client_ca_pem"]:
                tls["clientcas"] = [str(authority)]
            self._registry(port, "", tls)
        else:
            self._nginx(port, chain, key, authority if server["client_ca_pem"] else None, server["nginx"])

    def _nginx(self, port: int, chain: Path, key: Path, authority: Path | None, directives: str) -> None:
        clients = f"ssl_client_certificate {authority}; ssl_verify_client on;" if authority else ""
        path = self.folder / "nginx.conf"
        path.write_text(
            f"daemon off; pid {self.folder}/nginx.pid; error_log stderr; events {{}}\n"
            f"http {{ access_log off; client_body_temp_path {self.folder}/b; proxy_temp_path {self.folder}/p;"
            f" fastcgi_temp_path {self.folder}/f; uwsgi_temp_path {self.folder}/u; scgi_temp_path {self.folder}/s;\n"
            f"server {{ listen {port} ssl; listen [::]:{port} ssl; ssl_certificate {chain};"
            f" ssl_certificate_key {key}; {clients} {directives}\n"
            f"location / {{ proxy_pass http://127.0.0.1:{_PLAIN_PORT}; proxy_set_header Host $http_host; }} }} }}\n"
        )
        self._start("nginx", "-c", str(path), port=port)

    def stop_servers(self) -> None:
        """End every server but the plain registry that holds the image."""
        for process in self._processes[1:]:
            self._end(process)
        del self._processes[1:]

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        """End a server: nsenter waits for the server, which is its child."""
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for child in children:
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            for child in children:
                with suppress(ProcessLookupError):
                    os.kill(int(child), signal.SIGKILL)
            process.wait()

    def close(self) -> None:
        """End them all."""
        self.stop_servers()
        for process in self._processes:
            self._end(process)

    # -- files --------------------------------------------------------------------------------------------------

    def lay_out(self, layout: list[dict[str, Any]]) -> None:
        """Put the record's files where the engine looks, in place of what was there."""
        self.engine.run("rm", "-rf", CERTS_D, "/etc/docker/ext")
        self.engine.run("mkdir", "-p", CERTS_D)
        for record in layout:
            root = CERTS_D if record["where"] == "certs.d" else record["where"]
            path = f"{root}/{record['path']}"
            self.engine.run("mkdir", "-p", str(Path(path).parent))
            if record["type"] == "symlink":
                self.engine.run("ln", "-s", record["target"], path)
            elif record["type"] == "dir":
                self.engine.run("mkdir", "-p", path)
            elif record["type"] == "fifo":
                self.engine.run("mkfifo", path)
            else:
                text = record.get("text")
                data = text.encode() if text is not None else base64.b64decode(record["base64"])
                self.engine.run("dd", f"of={path}", "status=none", stdin=data)
            if record.get("mode") and record["type"] != "symlink":
                self.engine.run("chmod", record["mode"], path)

    # -- questions ----------------------------------------------------------------------------------------------

    def ask(self, record: Mapping[str, Any]) -> Answer:
        """Set everything up as recorded, and pull."""
        self.stop_servers()
        self.lay_out(record["layout"])
        self.serve(record["server"])
        return self.pull(record["ref"])

    def pull(self, reference: str) -> Answer:
        """Pull, say what came of it, and remove the image again.

        A server that refuses a client certificate may close the connection before its alert was read: then the
        engine says so, and is asked again.
        """
        for _ in range(10):
            answer = self._pull(reference)
            if not re.search(r"connection reset by peer|broken pipe", answer.words):
                break
        return answer

    def ctr(self, reference: str, system_roots: str = "") -> Answer:
        """The same by containerd's own client, which reads certs.d by itself."""
        address = "/run/docker/containerd/containerd.sock"
        env = {"SSL_CERT_FILE": system_roots} if system_roots else {}
        pull = ("ctr", "--address", address, "images", "pull", "--local", "--hosts-dir", CERTS_D, reference)
        for _ in range(10):
            done = self.engine.run(*pull, check=False, env=env)
            if not re.search(r"connection reset by peer|broken pipe", done.stderr):
                break
        self.engine.run("ctr", "--address", address, "images", "rm", reference, check=False)
        words = done.stderr.strip().splitlines()[-1] if done.returncode else ""
        return Answer(classify(words) if done.returncode else "ok", words)

    def _pull(self, reference: str) -> Answer:
        done = self.engine.run("docker", "pull", "-q", reference, check=False)
        if done.returncode == 0:
            self.engine.docker("rmi", "-f", reference, check=False)
            return Answer("ok", "")
        words = done.stderr.strip()
        return Answer(classify(words), words)
