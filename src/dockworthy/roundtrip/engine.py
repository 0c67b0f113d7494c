"""One engine, through the docker SDK: what a round trip asks of it, and its refusals in one form.

The SDK's client is bent in three places: its connections are those of `dockworthy.target.engine`; it sends no
credentials but those that it is given here (by itself it would send all that the client's configuration has with a
build); and it takes neither proxies nor a password file from the surroundings.
"""

from __future__ import annotations

import io
import json
import re
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import requests
import urllib3
from docker import APIClient
from docker.auth import AuthConfig
from docker.errors import APIError, DockerException, NotFound
from docker.transport.basehttpadapter import BaseHTTPAdapter
from docker.types import HostConfig, LogConfig
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from dockworthy.dataclass import dataclass
from dockworthy.roundtrip.image import LABEL, MARK, archive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from dockworthy.credentials import Credentials
    from dockworthy.target.engine import Link

__all__ = ["Engine", "EngineRefused", "Image", "Ran"]

_URL: Final = "http+docker://engine"
_CONTAINERD: Final = "io.containerd.snapshotter.v1"
_MOST_OUTPUT: Final = 4096
_PUSHED: Final = re.compile(r": digest: (sha256:[0-9a-f]{64}) ")  # all that an engine with containerd's store tells
_TO_DO: Final = {
    FileNotFoundError: ": start it, or name another by --engine-host or --docker-host",
    ConnectionRefusedError: ": start it, or name another by --engine-host or --docker-host",
    PermissionError: ": use --sudo, or a user of the group docker",
}
_NOBODY: Final = "65534:65534"


class EngineRefused(Exception):  # noqa: N818 - an outcome, as a check's Finding is
    """What was asked for did not come about; its words are the engine's, or say why nothing was answered."""

    def __init__(self, words: str, *, unreachable: bool = False) -> None:
        super().__init__(words)
        self.unreachable = unreachable


@dataclass(frozen=True, slots=True)
class Image:
    """What an engine says of an image."""

    id: str  # the digest of its configuration, or with containerd's store that of its manifest
    layers: tuple[str, ...]  # the digests of its layers, unpacked: the same on every engine
    digests: tuple[str, ...]  # ``NAME@sha256:…``, as registries have it


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a container."""

    id: str
    status: int  # that its program ended with
    output: str


class _Connection(HTTPConnection):
    """A connection through a link."""

    def __init__(self, opened: Callable[[float], Link], told: Callable[[Link], None], seconds: float) -> None:
        super().__init__("engine", timeout=seconds)
        self._opened, self._told, self._seconds = opened, told, seconds
        self._link: Link | None = None

    def connect(self) -> None:
        self._link = self._opened(self._seconds)
        self._told(self._link)
        self.sock = self._link.socket

    def close(self) -> None:
        super().close()
        if self._link is not None:
            self._link.close()


class _Pool(HTTPConnectionPool):
    def __init__(self, made: Callable[[], HTTPConnection]) -> None:
        super().__init__("engine", maxsize=2)
        self._made = made

    def _new_conn(self) -> HTTPConnection:
        return self._made()


class _Adapter(BaseHTTPAdapter):
    def __init__(self, pool: _Pool) -> None:
        self._pool = pool
        super().__init__()

    def get_connection(self, url: Any, proxies: Any = None) -> Any:
        del url, proxies
        return self._pool

    def request_url(self, request: Any, proxies: Any) -> str:
        del proxies
        return str(request.path_url)

    def close(self) -> None:
        self._pool.close()
        super().close()


class _Client(APIClient):
    def __init__(self, pool: _Pool, seconds: float) -> None:
        self._own = pool
        super().__init__(base_url="http://engine:1", version="auto", timeout=int(seconds))
        self._auth_configs = AuthConfig({})

    def _retrieve_server_version(self) -> str:
        """Called by the SDK once it has set itself up, and before it asks anything."""
        self.trust_env = False
        self._custom_adapter = _Adapter(self._own)
        self.mount("http+docker://", self._custom_adapter)
        self.base_url = _URL
        return str(self.version(api_version=False)["ApiVersion"])

    def _set_auth_headers(self, headers: Any) -> None:
        """With a build goes no credential: it needs no image of any registry."""


def _auth(credentials: Credentials) -> dict[str, str]:
    if credentials.token:
        return {"identitytoken": credentials.token}
    return {"username": credentials.user, "password": credentials.password} if credentials.user else {}


class Engine:
    """One engine.

    Attributes:
        version: its release.
        architecture: as Go calls it: ``amd64``, ``arm64``.
        store: how it keeps images: ``classic`` or ``containerd``.
        identity: equal for two ways to one engine.
        insecure: the registries that it is told not to verify.
        progress: is called with each line in which the engine says how far it is; it may raise EngineRefused.

    Args:
        label: how it is called.
        opened: what opens a connection to it.
        seconds: how long each step may take.
    """

    def __init__(self, label: str, opened: Callable[[float], Link], seconds: float) -> None:
        self.label = label
        self.version = self.architecture = self.store = self.identity = ""
        self.insecure: frozenset[str] = frozenset()
        self.progress: Callable[[str], None] = lambda _line: None
        self._opened, self._seconds = opened, seconds
        self._links: list[Link] = []
        self._client: Any = None

    def connect(self) -> None:
        """Reach it, and ask what it is; EngineRefused where it does not answer."""
        pool = _Pool(lambda: _Connection(self._opened, self._links.append, self._seconds))
        with self._refusals():
            self._client = _Client(pool, self._seconds)
            told, about = self._client.version(), self._client.info()
            self.version, self.architecture = str(told.get("Version", "")), str(told.get("Arch", ""))
            kinds = [str(row[1]) for row in about.get("DriverStatus") or () if len(row) > 1 and row[0] == "driver-type"]
            self.identity = f"{about.get('ID')} {about.get('Name')}"  # copies of a machine may share the one
            known = (about.get("RegistryConfig") or {}).get("IndexConfigs") or {}
            self.insecure = frozenset(name for name, one in known.items() if one.get("Secure") is False)
            self.store = "containerd" if _CONTAINERD in kinds else "classic"

    def close(self) -> None:
        """End its connections, and with them what is under way on the engine."""
        if self._client is not None:
            self._client.close()
        for link in self._links:
            link.close()
        self._links.clear()

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        """Whatever the SDK raises, as EngineRefused."""
        try:
            yield
        except APIError as error:
            raise EngineRefused(str(error.explanation or error)) from None
        except (DockerException, requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise EngineRefused(self._trouble(error), unreachable=True) from None
        except (KeyError, ValueError, TypeError, AttributeError):
            raise EngineRefused("what answers is no Docker Engine: its answer cannot be read") from None

    def _trouble(self, error: BaseException) -> str:
        """Why nothing came: what the way to it says, else what the system says, else which of the SDK's errors."""
        for link in self._links[-1:]:
            told = link.trouble()
            if told:
                return told
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, (TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError)):
                return f"the engine did not answer within {self._seconds:g} seconds"
            if isinstance(cause, OSError) and cause.strerror:
                what = _TO_DO.get(type(cause), "")
                return f"the engine cannot be reached ({cause.strerror}){what}"
            arguments = [argument for argument in cause.args if isinstance(argument, BaseException)]
            cause = arguments[0] if arguments else cause.__cause__ or cause.__context__
        return f"the connection to the engine broke ({type(error).__name__})"

    # --- steps -------------------------------------------------------------------------------------------------

    def login(self, registry: str, credentials: Credentials) -> None:
        """Let it log in, as ``docker login`` does; it keeps nothing of that."""
        with self._refusals():
            asked = {**_auth(credentials), "serveraddress": registry}
            self._client._result(self._client._post_json(self._client._url("/auth"), data=asked), json=True)  # noqa: SLF001 - the SDK's own login reads and keeps configurations

    def build(self, context: bytes, name: str) -> Image:
        """Build an image by the classic builder, which every engine has and which pulls nothing for ``scratch``."""
        arguments = {"custom_context": True, "rm": True, "forcerm": True, "nocache": True, "use_config_proxy": False}
        with self._refusals():
            self._follow(self._client.build(fileobj=io.BytesIO(context), tag=name, decode=True, **arguments))
        return self.image(name)

    def image(self, name: str) -> Image:
        """What it says of an image that it has."""
        with self._refusals():
            told = self._client.inspect_image(name)
            layers = tuple(str(layer) for layer in (told.get("RootFS") or {}).get("Layers") or ())
            return Image(str(told["Id"]), layers, tuple(str(one) for one in told.get("RepoDigests") or ()))

    def push(self, repository: str, tag: str, credentials: Credentials) -> str:
        """Push; the digest of the manifest that the registry has now."""
        digest = ""
        with self._refusals():
            stream = self._client.push(repository, tag, stream=True, decode=True, auth_config=_auth(credentials))
            for line in self._followed(stream):
                aux, told = line.get("aux"), _PUSHED.search(str(line.get("status", "")))
                digest = str(aux.get("Digest") or digest) if isinstance(aux, dict) else digest
                digest = told[1] if told and not digest else digest
        if not digest:
            raise EngineRefused("the engine told no digest of what it pushed")
        return digest

    def pull(self, repository: str, digest: str, credentials: Credentials) -> Image:
        """Pull by digest."""
        with self._refusals():
            self._follow(
                self._client.pull(repository, digest, stream=True, decode=True, auth_config=_auth(credentials))
            )
        return self.image(f"{repository}@{digest}")

    def forget(self, name: str) -> None:
        """Remove an image, whatever else it is called, and what it stands on; nothing where there is none."""
        with self._refusals():
            try:
                self._client.remove_image(name, force=True)
            except NotFound:
                return

    def run(self, image: str, run: str) -> Ran:
        """Run the image's own program, with nothing that it does not need, and wait for its end."""
        host = HostConfig(
            version=self._client.api_version,
            network_mode="none",
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            log_config=LogConfig(type="json-file"),  # whatever the engine's own may be: it has to be read
        )
        with self._refusals():
            made = self._client.create_container(
                image, user=_NOBODY, labels={LABEL: run}, host_config=host, use_config_proxy=False
            )
            identity = str(made["Id"])
            self._client.start(identity)
            ended = self._client.wait(identity, timeout=self._seconds)
            output: bytes = self._client.logs(identity, stdout=True, stderr=True, tail=10)
            return Ran(identity, int(ended["StatusCode"]), output[:_MOST_OUTPUT].decode("utf-8", "replace"))

    def commit(self, container: str, run: str, repository: str, tag: str) -> Image:
        """Put a file into the container, and make an image of it."""
        with self._refusals():
            self._client.put_archive(container, "/", archive({MARK: run.encode()}))
            made = self._client.commit(container, repository, tag)
            return self.image(str(made["Id"]))

    def save(self, name: str) -> Iterator[bytes]:
        """The image as ``docker save`` gives it, piece by piece."""
        with self._refusals():
            yield from self._client.get_image(name)

    def load(self, packed: Iterator[bytes]) -> None:
        """Take such an archive in."""
        with self._refusals():
            self._follow(self._client.load_image(packed))

    # --- what it says while it works -----------------------------------------------------------------------------

    def _follow(self, stream: Iterable[Any]) -> None:
        for _ in self._followed(stream):
            pass

    def _followed(self, stream: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
        """The lines of a stream of JSON; EngineRefused for one that tells a failure, or when it takes too long."""
        end = monotonic() + self._seconds
        for item in stream:
            line = json.loads(item) if isinstance(item, (str, bytes)) else item
            if not isinstance(line, dict):
                continue
            if line.get("error") or line.get("errorDetail"):
                detail = line.get("errorDetail")
                told = detail.get("message") if isinstance(detail, dict) else None
                raise EngineRefused(str(told or line.get("error")))
            if isinstance(line.get("status"), str):
                self.progress(line["status"])
            if monotonic() > end:
                raise EngineRefused(f"the engine did not come to an end within {self._seconds:g} seconds")
            yield line

    # --- what is left ------------------------------------------------------------------------------------------

    def containers(self, run: str = "") -> list[str]:
        """The containers that this run, or any, made there, by id."""
        with self._refusals():
            return [str(one["Id"]) for one in self._client.containers(all=True, filters={"label": _labelled(run)})]

    def images(self, run: str = "") -> list[str]:
        """The images, likewise; those that others stand on, too."""
        with self._refusals():
            return [str(one["Id"]) for one in self._client.images(all=True, filters={"label": _labelled(run)})]

    def remove(self, run: str = "") -> None:
        """Remove the containers and images of this run, or any; what resists is left for a second look."""
        for identity in self.containers(run):
            with self._refusals():
                try:
                    self._client.remove_container(identity, force=True, v=True)
                except APIError:
                    continue
        for identity in self.images(run):
            with self._refusals():
                try:
                    self._client.remove_image(identity, force=True)
                except APIError:  # gone with the one that stood on it, or one stands on it that goes next
                    continue


def _labelled(run: str) -> str:
    return f"{LABEL}={run}" if run else LABEL
