"""The last run as a WSGI application: four places, GET and HEAD alone, and headers that let no page make use of it.

A page that a browser has open elsewhere cannot read what is served on this host by having its own name lead here: where
only this host can ask, ``Host`` has to be this host's.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from dockworthy.dataclass import dataclass
from dockworthy.errors import UsageError
from dockworthy.serve.latest import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from dockworthy.serve.latest import Latest

__all__ = ["App"]

METRICS: Final = "text/plain; version=0.0.4; charset=utf-8"
_TEXT: Final = "text/plain; charset=utf-8"
_CLOSED: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_ALWAYS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cache-Control", "private, no-cache"),
)
_OWN_POLICY: Final = re.compile(
    rb'<meta http-equiv="Content-Security-Policy" content="([A-Za-z0-9 \':;+/=_-]{1,500})">'
)
_THIS_HOST: Final = re.compile(r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?", re.IGNORECASE | re.ASCII)
_CHUNK: Final = 65_536
_HEAD: Final = 4_096


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is said to a request."""

    status: str
    kind: str
    part: Part
    policy: str = _CLOSED
    more: tuple[tuple[str, str], ...] = ()


class App:
    """The application."""

    def __init__(self, latest: Latest, *, is_local: bool) -> None:
        """Nothing is read yet.

        Args:
            latest: finds what is served.
            is_local: whether only this host can ask.
        """
        self._latest = latest
        self._is_local = is_local
        self._places: dict[str, Callable[[], _Answer]] = {
            "/": self._page,
            "/metrics": lambda: _Answer("200 OK", METRICS, latest.report("prometheus")),
            "/results.json": self._record,
            "/healthz": lambda: _said("200 OK", "ok"),
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        answer = self._answer(environ)
        tag = f'"{sha256(repr((answer.part.stamp, answer.part.size)).encode()).hexdigest()[:32]}"'
        headers = [*_ALWAYS, *answer.more, ("Content-Security-Policy", answer.policy)]
        is_whole = answer.status.startswith("200")
        if is_whole:
            headers.append(("ETag", tag))
        if is_whole and tag in environ.get("HTTP_IF_NONE_MATCH", ""):
            answer.part.stream.close()
            start_response("304 Not Modified", headers)
            return []
        headers += [("Content-Type", answer.kind), ("Content-Length", str(answer.part.size))]
        start_response(answer.status, headers)
        if environ["REQUEST_METHOD"] == "HEAD":
            answer.part.stream.close()
            return []
        return _Body(answer.part.stream, answer.part.size)

    def _answer(self, environ: WSGIEnvironment) -> _Answer:
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return _said("405 Method Not Allowed", "nothing can be changed here", ("Allow", "GET, HEAD"))
        if self._is_local and not _THIS_HOST.fullmatch(environ.get("HTTP_HOST", "")):
            return _said("421 Misdirected Request", "this host is asked by another name; write localhost")
        place = self._places.get(environ.get("PATH_INFO", ""))
        if place is None:
            return _said("404 Not Found", f"there are {', '.join(self._places)}")
        try:
            return place()
        except UsageError as error:
            return _said("503 Service Unavailable", str(error), ("Retry-After", "60"))

    def _record(self) -> _Answer:
        """The record, also of a run that was killed, which has a line for each thing."""
        part = self._latest.record()
        is_lines = part.stamp[0].endswith(".jsonl")
        return _Answer("200 OK", "application/x-ndjson" if is_lines else "application/json", part)

    def _page(self) -> _Answer:
        """The report, with the policy that stands in it, which names its own script."""
        part = self._latest.report("html")
        found = _OWN_POLICY.search(part.stream.read(_HEAD))
        part.stream.seek(0)
        policy = f"{found[1].decode()}; {_CLOSED.partition('; ')[2]}" if found is not None else _CLOSED
        return _Answer("200 OK", "text/html; charset=utf-8", part, policy)


def _said(status: str, sentence: str, *more: tuple[str, str]) -> _Answer:
    import io  # noqa: PLC0415 - of what is said in a sentence alone

    data = f"{sentence}\n".encode("utf-8", "replace")
    return _Answer(status, _TEXT, Part(("", 0, 0, 0), io.BytesIO(data), len(data)), more=more)


class _Body:
    """A stream as WSGI wants it: as many bytes as were announced, piece by piece, and closed at its end."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream, self._left = stream, size

    def __iter__(self) -> Iterator[bytes]:
        while self._left > 0 and (piece := self._stream.read(min(_CHUNK, self._left))):
            self._left -= len(piece)
            yield piece

    def close(self) -> None:
        """Close it."""
        self._stream.close()
