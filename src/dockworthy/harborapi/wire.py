"""One request over verified TLS: bounded in size and in time, following no redirect to elsewhere.

`http.client` and `ssl` speak; what they leave open is closed here: a server that sends a byte a second is ended by a
watch that shuts the connection down, whatever it is waiting in.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import socket
import ssl
import threading
import time
from dataclasses import field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

from dockworthy import __version__
from dockworthy.dataclass import dataclass
from dockworthy.harborapi.answer import Failure, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dockworthy.harborapi.declared import Login

__all__ = ["Connection", "Reply"]

_MOST_BYTES: Final = 16 * 1024 * 1024
_PART: Final = 65_536
_MOST_REDIRECTS: Final = 2
_OF_AN_END: Final = (ConnectionError, ssl.SSLError, http.client.NotConnected)
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_LONGEST_WORDS: Final = 200
_BROKEN: Final = 500
_OTHER_NAME: Final = frozenset({62, 64})  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: a status with its headers (names in lower case) and its body, or a failure."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None  # JSON, or a text that is none
    empty: bool = False
    failure: Failure | None = None

    @property
    def date(self) -> float | None:
        """The server's clock, in Unix seconds."""
        return moment(self.headers.get("date", ""))


def moment(text: str) -> float | None:
    """A date of HTTP in Unix seconds, or None where it is none."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None


class Connection:
    """A connection to one address that speaks for one name, made when first needed and kept while it lasts."""

    def __init__(
        self, address: tuple[str, int], name: str, netloc: str, context: ssl.SSLContext, seconds: float, deadline: float
    ) -> None:
        """Nothing is connected yet.

        Args:
            address: host and port to connect to.
            name: the name that the certificate must be for; it is sent as SNI.
            netloc: what ``Host`` says.
            context: whose roots verify.
            seconds: for one request.
            deadline: the moment by the monotonic clock when all must be over.
        """
        self._address = address
        self._name = name
        self._netloc = netloc
        self._context = context
        self._seconds = seconds
        self._deadline = deadline
        self._http: http.client.HTTPConnection | None = None
        self._socket: socket.socket | None = None
        self.certificate = ""  # that the server showed and that was verified, as PEM; empty before it has
        self._over = False
        self._had_ended = False  # before anything came in answer to the last question

    def get(self, path: str, login: Login | None = None, headers: Mapping[str, str] | None = None) -> Reply:
        """Ask for a path, following redirects to the same place alone."""
        told = {"Accept": "application/json", **(headers or {})}
        if login is not None:
            pair = f"{login.username}:{login.password}".encode()
            told["Authorization"] = "Basic " + base64.b64encode(pair).decode()
        for _ in range(_MOST_REDIRECTS + 1):
            reply = self._watched(path, told)
            if reply.failure is not None or reply.status not in _REDIRECTS:
                return reply
            base = f"https://{self._netloc}"
            target = urlsplit(urljoin(base + path, reply.headers.get("location", "")))
            if f"{target.scheme}://{target.netloc}" != base or not target.path.startswith("/api/"):
                return _failed(Kind.REDIRECT, f"to {_shown(target.scheme, target.hostname)}", reply.status)
            path = target.path + (f"?{target.query}" if target.query else "")
        return _failed(Kind.REDIRECT, "in a circle", reply.status)

    def close(self) -> None:
        """End the connection."""
        http_, self._http, self._socket = self._http, None, None
        if http_ is not None:
            http_.close()

    def _watched(self, path: str, headers: Mapping[str, str]) -> Reply:
        """Ask once, or once more where a kept connection had ended meanwhile."""
        left = min(self._seconds, self._deadline - time.monotonic())
        if left <= 0:
            return _failed(Kind.BUDGET, "the time")
        self._over = False
        watch = threading.Timer(left, self._end)
        watch.daemon = True
        watch.start()
        try:
            was_kept = self._http is not None
            reply = self._asked(path, headers, left)
            if was_kept and self._had_ended and not self._over:
                reply = self._asked(path, headers, left)
            return reply
        finally:
            watch.cancel()

    def _end(self) -> None:
        self._over = True
        sock = self._socket
        if sock is not None:
            with contextlib.suppress(OSError):  # it may have ended by itself
                sock.shutdown(socket.SHUT_RDWR)

    def _asked(self, path: str, headers: Mapping[str, str], left: float) -> Reply:
        response, self._had_ended = None, False
        try:
            if self._http is None:
                self._connect(left)
            http_ = self._http
            assert http_ is not None  # noqa: S101 - connected above
            http_.request("GET", path, headers={"Host": self._netloc, "User-Agent": _AGENT, **headers})
            response = http_.getresponse()
            data = _body(response)
            response.close()  # so that the connection can be used again
        except Exception as error:  # noqa: BLE001 - whatever a server can cause is an answer of a kind
            is_agreed = self._http is not None
            self.close()
            self._had_ended = response is None and isinstance(error, _OF_AN_END)
            return self._failure(error, is_agreed=is_agreed)
        if response.will_close or data is None:
            self.close()
        told = {name.lower(): value for name, value in response.getheaders()}
        if data is None:
            return _failed(Kind.TOO_LARGE, f"over {_MOST_BYTES >> 20} MiB", response.status)
        return _read(response.status, told, data)

    def _connect(self, left: float) -> None:
        raw = socket.create_connection(self._address, timeout=left)
        self._socket = raw
        try:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            wrapped = self._context.wrap_socket(raw, server_hostname=self._name)
        except BaseException:
            raw.close()
            raise
        self._socket = wrapped
        self.certificate = ssl.DER_cert_to_PEM_cert(wrapped.getpeercert(binary_form=True) or b"")
        self._http = http.client.HTTPConnection(*self._address, timeout=left)
        self._http.sock = wrapped
        self._http.auto_open = 0  # it would connect again without TLS

    def _failure(self, error: Exception, *, is_agreed: bool) -> Reply:
        if self._over or isinstance(error, TimeoutError):
            return _failed(Kind.TIMEOUT, f"{self._seconds:g} s")
        if is_agreed and isinstance(error, ssl.SSLError) and "ALERT" not in (error.reason or ""):
            return _failed(Kind.CLOSED, "")  # without a word of farewell, as many proxies do
        return _failed(*_kind_of(error))


_AGENT: Final = f"dockworthy/{__version__}"


def _kind_of(error: Exception) -> tuple[Kind, str]:
    if isinstance(error, ssl.SSLCertVerificationError):
        kind = Kind.OTHER_NAME if error.verify_code in _OTHER_NAME else Kind.TLS
        return kind, error.verify_message[:_LONGEST_WORDS]
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or "no TLS").replace("_", " ").lower()
        return Kind.TLS, f"no TLS could be agreed ({reason[:_LONGEST_WORDS]})"
    if isinstance(error, socket.gaierror):
        return Kind.NAME, ""
    if isinstance(error, ConnectionRefusedError):
        return Kind.REFUSED, ""
    if isinstance(error, (ConnectionError, http.client.HTTPException, UnicodeError)):
        return Kind.CLOSED, ""
    if isinstance(error, OSError):
        return Kind.UNREACHABLE, error.strerror or ""
    return Kind.CLOSED, "what came is no HTTP"


def _body(response: http.client.HTTPResponse) -> bytes | None:
    """The whole body; None where it is larger than is read."""
    parts: list[bytes] = []
    size = 0
    while part := response.read1(_PART):
        size += len(part)
        if size > _MOST_BYTES:
            return None
        parts.append(part)
    if response.length:  # fewer than announced
        raise http.client.IncompleteRead(b"", response.length)
    return b"".join(parts)


def _read(status: int, headers: Mapping[str, str], data: bytes) -> Reply:
    text = data.decode("utf-8", "replace").strip()
    if not text:
        return Reply(status, headers, None, empty=True)
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if status in _REDIRECTS or status >= _BROKEN:  # which says all, whatever page a proxy adds to it
        return Reply(status, headers)
    if kind == "text/html" or text[:1] == "<":
        failure = Failure(Kind.HTML, "")
        return Reply(status, headers, failure=failure)
    try:
        return Reply(status, headers, json.loads(text))
    except (ValueError, RecursionError):
        if len(text) <= _LONGEST_WORDS and kind in {"text/plain", ""}:
            return Reply(status, headers, text)
    return Reply(status, headers, failure=Failure(Kind.NOT_JSON, ""))


def _failed(kind: Kind, words: str, status: int | None = None) -> Reply:
    return Reply(status, failure=Failure(kind, words))


def _shown(scheme: str, host: str | None) -> str:
    shown = "".join(char for char in f"{scheme}://{host or ''}" if char.isprintable())
    return shown[:_LONGEST_WORDS]
