"""A group of Harbor's nodes made of real parts, and a machine from which it is looked at.

Each node is a host of its own with the files that ``prepare`` leaves, reached by ssh, and on its network what clients
talk to: nginx with TLS, before Debian's ``docker-registry``, a token issuer and an API. A balancer stands before them,
behind which there is the first node alone: what is told of another was had from that one itself.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import tempfile
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from dockworthy.snapshot import parse_snapshot
from tests.checks.harbor.test_group import COMPOSE, HOST, YML
from tests.engine.doors import door, through
from tests.engine.harness import Engine
from tests.engine.nodes import Inside, Node, Settings, Wires
from tests.harborapi import URL, good, pool
from tests.harborserver import PASSWORD, USER, HarborServer, Reply
from tests.trust.pki import Issued, issue

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Mapping

    from typing_extensions import Self

    from dockworthy.snapshot import Snapshot

__all__ = ["GROUP", "Difference", "Group", "Machine"]

T = TypeVar("T")
GROUP = "prod"
_API_PORT, _NEWNET = 5003, 0x40000000
_API = f"location /api/ {{ proxy_pass http://127.0.0.1:{_API_PORT}; proxy_set_header Host $http_host; }}"
_READ = ("cmd:date", "cmd:hostname", "file:/etc/os-release")
_PASSWORDS = {
    "harbor_admin_password": "canary-of-the-admin",
    "database": "canary-of-its-own-database",
    "external_database": "canary-of-the-database",
    "external_redis": "canary-of-redis",
    "storage_service": "canary-of-the-storage",
}


@dataclass(frozen=True)
class Difference:
    """What is different on one node; nothing by default.

    Attributes:
        yml: texts of harbor.yml and what stands there instead.
        compose: the same of the compose file that `prepare` rendered.
        secretkey: the key of the secrets in the database.
        csrf: the key of the web page's forms.
        key: the pair in the node's files.
        signs: the pair that its issuer signs with; that of the files where none is given.
        root: the certificate in its files, and which its registry accepts tokens of; that of the pair by default.
        served: the certificate in its files.
        clock: seconds that its issuer is ahead.
        answers: of its API to who is logged in, by path; tables are laid over the usual ones.
        down: whether its servers are not running.
    """

    yml: Mapping[str, str] = field(default_factory=dict)
    compose: Mapping[str, str] = field(default_factory=dict)
    secretkey: str = "canarysecretkey1"
    csrf: str = "canary-csrf-key-of-32-characters"
    key: Issued | None = None
    signs: Issued | None = None
    root: Issued | None = None
    served: Issued | None = None
    clock: int = 0
    answers: Mapping[str, Any] = field(default_factory=dict)
    down: bool = False


SAME = Difference()


@dataclass(frozen=True)
class Shared:
    """What all nodes are given alike."""

    authority: Issued
    served: Issued
    key: Issued
    storage: Path
    size: int


def _within(pid: int, make: Callable[[], T]) -> T:
    """What is made on the network of another process: its sockets are of there, whoever uses them."""
    made: list[T] = []

    def enter() -> None:
        with Path(f"/proc/{pid}/ns/net").open() as network:
            if ctypes.CDLL(None, use_errno=True).setns(network.fileno(), _NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
        made.append(make())

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    return made[0]


class Balancer(Node):
    """What stands before the nodes; it has their certificate, and leads to one of them alone."""

    def __init__(self, wires: Wires, address: str, one: Node) -> None:
        self._one = one
        super().__init__(wires, address, Settings(name=HOST), authority=one.authority, served=one.served)

    def start(self, settings: Settings | None = None) -> None:
        """Start the proxy alone."""
        self.stop()
        self.settings = settings or self.settings
        self._write()
        self._serve("nginx", "-c", f"{self.folder}/nginx.conf", port=self.settings.port)

    def _behind(self, headers: str) -> str:
        name = f"proxy_ssl_server_name on; proxy_ssl_name {self.settings.name};"
        return f"location / {{ proxy_pass https://{self._one.address}; {name} {headers} }}"


class Machine:
    """One node: a host, its files, and its servers."""

    def __init__(self, wires: Wires, number: int, shared: Shared, keys: Path) -> None:
        self.name, self.host = f"node{number}", f"harbor{number}"
        self.address = f"10.231.7.{10 + number}"
        self._shared = shared
        self._stack = ExitStack()
        self._difference = SAME
        with self._stack:
            enter = self._stack.enter_context
            self.engine = enter(Engine(isolated=True, start=False))
            wires.join(self.engine._inside, self.address)
            self.engine.write("/etc/hostname", f"{self.host}\n")
            self.engine.run("hostname", self.host)
            self.engine.write("/etc/machine-id", f"{number:032x}\n")
            self.api = _within(self.engine._inside, lambda: HarborServer(keys, None, "127.0.0.1", _API_PORT))
            self._stack.callback(self.api.close)
            self.node = enter(
                Node(
                    wires,
                    self.address,
                    Settings(name=HOST, locations=_API),
                    key=shared.key,
                    authority=shared.authority,
                    served=shared.served,
                    storage=shared.storage,
                    inside=Inside(self.engine._inside),
                )
            )
            self._way = door(self.engine, keys, self.address)
            self._stack.callback(self._shut)
            self._lay_out(SAME)
            self._stack = self._stack.pop_all()

    def close(self) -> None:
        """End it."""
        self._stack.close()

    def _shut(self) -> None:
        self._way.terminate()
        self._way.wait(30)

    def become(self, difference: Difference) -> None:
        """Be as the others but for this."""
        before, self._difference = self._difference, difference
        if before != difference:
            self._lay_out(difference)
            self._serve(before, difference)

    def _serve(self, before: Difference, now: Difference) -> None:
        def servers(of: Difference) -> tuple[Any, ...]:
            return of.key, of.signs, of.root, of.clock, of.down

        if servers(before) == servers(now):
            return
        self.node.key = now.signs or now.key or self._shared.key
        self.node.trusts = now.root or now.key or self._shared.key
        if now.down:
            self.node.stop()
        else:
            self.node.start(replace(self.node.settings, clock=now.clock))

    def _lay_out(self, now: Difference) -> None:
        """Write its files as `prepare` leaves them, and what its API answers."""
        key, served = now.key or self._shared.key, now.served or self._shared.served
        data = {
            "secret/keys/secretkey": now.secretkey,
            "secret/core/private_key.pem": key.key_pem(traditional=True),
            "secret/registry/root.crt": (now.root or key).pem,
            "secret/cert/server.crt": served.pem,
            "secret/cert/server.key": served.key_pem(),
            "cert/server.crt": served.pem,
            "cert/server.key": served.key_pem(),
        }
        files = {
            "harbor/harbor.yml": _edited(_yml(self.host), now.yml),
            "harbor/docker-compose.yml": _edited(COMPOSE, now.compose),
            "harbor/common/config/core/env": f"CSRF_KEY={now.csrf}\nCORE_SECRET=canary-core-secret\n",
            **{f"data/{path}": text for path, text in data.items()},
        }
        for path, text in files.items():
            place = self.engine.root / "empty/opt" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch(0o600)
            place.write_text(text)
            if "/secret/" in path:
                os.chown(place, 10000, 10000)
        self._answer(now.answers)

    def _answer(self, changes: Mapping[str, Any]) -> None:
        """Have its API say what a good Harbor's says, and what differs."""
        counts = {"total_project_count": 2, "private_project_count": 2, "total_storage_consumption": 2000}
        bodies = {**good(), "/statistics": counts}
        bodies["/jobservice/pools"] = [pool(5, f"c{number}") for number in range(self._shared.size)]
        for path, change in changes.items():
            bodies[path] = {**bodies[path], **change} if isinstance(change, dict) else change
        answers: dict[str, Any] = {"/ping": Reply(body=b"Pong", headers={"Content-Type": "text/plain"})}
        rows = {path: body for path, body in bodies.items() if isinstance(body, list)}
        for path, body in bodies.items():
            if path.startswith("-") and isinstance(body, dict):
                answers[path[1:]] = Reply(body=body)
            elif isinstance(body, dict):
                answers[f"{path}#login"] = Reply(body=body)
        self.api.answers, self.api.rows = answers, {path.partition("?")[0]: body for path, body in rows.items()}


def _yml(host: str) -> str:
    """A node's harbor.yml, with passwords."""
    section, lines = "", []
    for line in YML.replace("NODE", host).replace("/data", "/opt/data").splitlines():
        section = line.partition(":")[0] if not line.startswith(" ") else section
        lines.append(line.replace("REDACTED", _PASSWORDS.get(section, "")))
    local = "  local: {rotate_count: 50, rotate_size: 200M, location: /var/log/harbor}"
    lines.insert(lines.index("  level: info") + 1, local)
    return "\n".join((*lines, ""))


def _edited(text: str, edits: Mapping[str, str]) -> str:
    for old, new in edits.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


class Group:
    """The nodes, the balancer before them, and the machine from which they are looked at."""

    def __init__(self, size: int, folder: Path) -> None:
        self.folder = folder
        authority = issue("Test CA", ca=True)
        shared = Shared(
            authority=authority,
            served=issue(HOST, authority, dns=[HOST]),
            key=issue("harbor-token-issuer", kind="rsa2048", ca=True),
            storage=folder / "storage",
            size=size,
        )
        self._stack = ExitStack()
        with self._stack:
            enter = self._stack.enter_context
            wires = enter(Wires())
            self.machines = []
            for number in range(1, size + 1):
                machine = Machine(wires, number, shared, folder)
                self._stack.callback(machine.close)
                self.machines.append(machine)
            self.balancer = enter(Balancer(wires, "10.231.7.10", self.machines[0].node))
            self.client = enter(Engine(isolated=True, start=False))
            wires.join(self.client._inside, "10.231.7.2")
            self.client.run("sh", "-c", f"echo '{self.balancer.address} {HOST}' >>/etc/hosts")
            (folder / "ca.pem").write_text(authority.pem)
            self._stack = self._stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def profile(self, size: int) -> Path:
        """A profile with the first so many nodes."""
        nodes = {
            machine.name: {"host": machine.host, "address": f"{machine.address}:443"}
            for machine in self.machines[:size]
        }
        harbor = {"url": URL, "ca_file": f"{self.folder}/ca.pem", "username": USER, "password_env": "HARBOR_PASSWORD"}
        params = {"harbors": {GROUP: {**harbor, "mode": "shared", "nodes": nodes}}}
        path = self.folder / f"group-of-{size}.yaml"
        path.write_text(json.dumps({"params": {**params, "harbor_database_max_connections": 1000}}))  # JSON is YAML
        return path

    def type(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run our command where the group is looked at from."""
        env = {"HARBOR_PASSWORD": PASSWORD, "PYTHONDONTWRITEBYTECODE": "1", **variables}
        command = [sys.executable, "-m", "dockworthy", *words]
        done = self.client.run(*command, check=False, env=env)
        assert "Traceback" not in done.stderr, done.stderr
        assert not [secret for secret in (PASSWORD, "canary") if secret in done.stdout + done.stderr]
        return done

    def check(self, size: int, *words: str, hosts: int | None = None) -> dict[str, Any]:
        """What `dockworthy check` records of the first nodes and of their group."""
        results = self.folder / "results.json"
        targets = [f"ssh://root@{machine.address}" for machine in self.machines[: size if hosts is None else hosts]]
        options = ("--profile", str(self.profile(size)), "--topic", "harbor", "--results", str(results))
        done = self.type("check", *options, "--output-dir", str(self.folder), *through(self.folder), *words, *targets)
        assert done.returncode in {0, 1, 6}, done.stderr
        text = results.read_text()
        assert "canary" not in text
        record: dict[str, Any] = json.loads(text)
        return record


def main() -> None:
    """Record a group of two of which one has another pair of keys: ``python -m tests.engine.group FOLDER``.

    Of the hosts there is what the checks of a group read.
    """
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, Group(2, Path(name)) as group:
        group.machines[1].become(Difference(key=issue("harbor-token-issuer", kind="rsa2048", ca=True)))
        targets = [f"ssh://root@{machine.address}" for machine in group.machines]
        options = ("--profile", str(group.profile(2)), "-o", name, *through(group.folder))
        done = group.type("collect", *options, *targets, DW_HARBOR_KEY="a key that is of this record alone")
        assert done.returncode == 0, done.stderr
        for line in done.stdout.splitlines():
            snapshot = parse_snapshot(Path(line).read_bytes(), line)
            (folder / Path(line).name).write_bytes(_kept(snapshot).replace(str(group.folder).encode(), b"/etc/ssl"))


def _kept(snapshot: Snapshot) -> bytes:
    frames = [f"dockworthy-snapshot 1 {snapshot.tool_version}\n".encode()]
    for section in snapshot.sections.values():
        if snapshot.is_harbor or section.name.startswith(_READ) or "harbor" in section.name or "/opt/" in section.name:
            name = quote(section.name, safe=":/@+,=~-._")
            frames.append(f"@ {name} {section.status} raw {len(section.data)}\n".encode() + section.data + b"\n")
    return b"".join((*frames, f"@end {len(frames) - 1}\n".encode()))


if __name__ == "__main__":
    main()
