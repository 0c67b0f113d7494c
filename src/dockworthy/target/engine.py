"""The engine on a target: a connection to its API, through a local socket or through a command that leads to one."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from dockworthy.errors import UsageError
from dockworthy.golang.ip import is_address
from dockworthy.target import container, ssh
from dockworthy.target._hints import explain
from dockworthy.target.names import parse_target
from dockworthy.target.process import CREDENTIALS, environment_of
from dockworthy.typed import check_docker_host
from dockworthy.verifying import verifying_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from dockworthy.target.interface import CollectOptions, Target

__all__ = ["Link", "engine_target", "way_to"]

_SOCKET = "/var/run/docker.sock"
_MAX_STDERR = 16 * 1024
_WITHOUT_COMMAND = ("snapshot", "rootfs", "ansible", "salt", "paramiko")


class Link(Protocol):
    """One connection."""

    socket: socket.socket  # connected

    def close(self) -> None:
        """End it."""

    def trouble(self) -> str | None:
        """Why it ended before the engine answered, as a sentence, where that is known; asked once it did."""


class _Plain:
    """A socket that leads to the engine itself."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected

    def close(self) -> None:
        with suppress(OSError):
            self.socket.close()

    def trouble(self) -> str | None:
        return None


class _Piped:
    """A command whose standard input and output lead to the engine, as ``docker system dial-stdio`` does."""

    def __init__(self, argv: list[str], seconds: float) -> None:
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(seconds)
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the connection
        try:
            self._process = subprocess.Popen(
                argv,
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=self._errors,
                start_new_session=True,
                env=environment_of(os.environ, CREDENTIALS),
            )
        except OSError as error:
            self.socket.close()
            self._errors.close()
            raise ConnectionError(f"{argv[0]} cannot be run here: {error.strerror}.") from None
        finally:
            theirs.close()

    def close(self) -> None:
        with suppress(OSError):
            self.socket.close()
        self._end()
        self._errors.close()

    def _end(self) -> None:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(0.5)  # it ends by itself when its streams do
            return
        self._process.kill()
        self._process.wait()

    def trouble(self) -> str | None:
        self._end()
        self._errors.seek(0)
        text = self._errors.read(_MAX_STDERR).decode("utf-8", "replace")
        if "permission denied" in text.lower() and "socket" in text:
            return "its user may not use the engine's socket: use --sudo, or a user of the group docker."
        if "dial-stdio" in text or "docker: not found" in text or "docker: command not found" in text:
            return "it has no docker command that knows `docker system dial-stdio` (18.09 and later have it)."
        return explain(text, self._process.returncode)


def engine_target(spec: str) -> tuple[Target, str | None]:
    """A target, or an engine's own address (``unix://``, ``tcp://``) on this host, with that address."""
    if spec.startswith(("unix://", "tcp://")):
        return replace(parse_target("local://"), name=check_docker_host(spec, "--engine-host")), spec
    target = parse_target(spec)
    if target.scheme in _WITHOUT_COMMAND:
        raise UsageError(
            f"--engine-host {target.spec}: no engine can be talked to there; name ssh://HOST, local:// or unix:///PATH."
        )
    return target, None


def way_to(target: Target, options: CollectOptions) -> Callable[[float], Link]:
    """What opens a connection to the target's engine, given the seconds to wait for an answer.

    `UsageError` for an address that is none, or over which a password would go readable for everybody; what is opened
    raises OSError where nobody is there.
    """
    become = options.sudo or target.is_set("sudo")
    if target.scheme == "local" and not (become and os.geteuid() != 0):
        return _local(options)
    command = _command(target, options, become=become)
    if target.scheme == "local":
        argv = ["sh", "-c", command]
    elif target.scheme == "ssh":
        argv = ssh.command_line(target, options, command)
    else:
        argv = [*container.command_line(target), "sh", "-c", command]
    return lambda seconds: _Piped(argv, seconds)


def _command(target: Target, options: CollectOptions, *, become: bool) -> str:
    user = target.settings.get("sudo_user")
    sudo = f"sudo -n {f'-u {quote(user)} ' if user else ''}" if become else ""
    engine = f"-H {quote(check_docker_host(options.docker_host))} " if options.docker_host else ""
    return f"{sudo}docker {engine}system dial-stdio"


def _local(options: CollectOptions) -> Callable[[float], Link]:
    """The engine that this host's user reaches: as asked for, by the environment, by the client's context."""
    address = options.docker_host or os.environ.get("DOCKER_HOST") or _of_context() or _default()
    parts = urlsplit(check_docker_host(address, "--docker-host" if options.docker_host else "DOCKER_HOST"))
    if parts.scheme == "ssh":
        return way_to(parse_target(f"ssh://{parts.netloc}"), replace(options, docker_host=None))
    if parts.scheme == "unix":
        return lambda seconds: _unix(parts.path, seconds)
    return _tcp(parts.hostname or "", parts.port, address)


def _of_context() -> str:
    """The address in the docker client's current context; empty where that is the default one."""
    from docker.context import ContextAPI  # noqa: PLC0415 - one command's need
    from docker.errors import DockerException  # noqa: PLC0415 - beside it

    try:
        context: Any = ContextAPI.get_context(os.environ.get("DOCKER_CONTEXT") or None)
    except (DockerException, OSError, ValueError):
        return ""
    return str(context.Host or "") if context is not None and context.Name != "default" else ""


def _default() -> str:
    own = Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}", "docker.sock")
    return f"unix://{own}" if not Path(_SOCKET).exists() and own.exists() else f"unix://{_SOCKET}"


def _unix(path: str, seconds: float) -> Link:
    connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connected.settimeout(seconds)
    try:
        connected.connect(path)
    except BaseException:
        connected.close()
        raise
    return _Plain(connected)


def _tcp(host: str, port: int | None, address: str) -> Callable[[float], Link]:
    folder = Path(os.environ.get("DOCKER_CERT_PATH") or Path.home() / ".docker")
    secure = bool(os.environ.get("DOCKER_TLS_VERIFY"))
    near = host == "localhost" or (is_address(host) and host.startswith(("127.", "::1")))
    if not secure and not near:
        raise UsageError(
            f"{address}: is not encrypted, and a password would cross the network; name ssh://HOST, or set "
            "DOCKER_TLS_VERIFY and DOCKER_CERT_PATH."
        )
    context = _context(folder) if secure else None

    def opened(seconds: float) -> Link:
        connected = socket.create_connection((host, port or (2376 if secure else 2375)), seconds)
        return _Plain(context.wrap_socket(connected, server_hostname=host) if context is not None else connected)

    return opened


def _context(folder: Path) -> ssl.SSLContext:
    try:
        context = verifying_context(cafile=str(folder / "ca.pem"))
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    except (OSError, ValueError):
        raise UsageError(
            f"DOCKER_CERT_PATH {folder}: ca.pem, cert.pem and key.pem cannot be used; name the folder that has them."
        ) from None
    return context
