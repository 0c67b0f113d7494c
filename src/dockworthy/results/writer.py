"""Writes a run's record: line by line while the run goes on, whole at its end.

::

    with ResultsWriter(path, run) as writer:     # path: …/results.json; the lines go to …/results.jsonl
        writer.host(host)                        # a `Host`, or a dict with its fields
        writer.result(record)                    # a `Result`, or a dict with its fields
        writer.finish(finished) -> Path          # RFC 3339; puts results.json in place by rename

Each line is handed to the system in one call, so that a killed run leaves whole lines. What is not finished has no
``results.json``; an older one under the same name is removed when the run begins.
"""

from __future__ import annotations

import json
import math
import os
from typing import TYPE_CHECKING, Any

from dockworthy.errors import UsageError
from dockworthy.results.model import SCHEMA_VERSION, Host, Result, Run, Summary, counted

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["ResultsWriter", "dumps"]

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=str).encode


def dumps(value: Any) -> bytes:
    """The value as UTF-8 JSON on one line; what JSON or UTF-8 cannot hold is replaced, never raised."""
    try:
        return _encode(value).encode()
    except (ValueError, TypeError):
        return _encode(_mended(value)).encode()


def _mended(value: Any) -> Any:
    """The value with lone surrogates and numbers that are none replaced."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_mended(str(key)): _mended(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_mended(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _fields(record: Run | Host | Result | Summary | Mapping[str, Any]) -> dict[str, Any]:
    return dict(record) if not isinstance(record, (Run, Host, Result, Summary)) else record.as_json()


class ResultsWriter:
    """The record of one run; see the module's text for its use.

    Attributes:
        path: of the whole record, once it is there.
        lines_path: of the lines.
    """

    def __init__(self, path: Path, run: Run | Mapping[str, Any]) -> None:
        self.path = path.with_suffix(".json") if path.suffix == ".jsonl" else path
        self.lines_path = path if path.suffix == ".jsonl" else path.with_name(f"{path.stem}.jsonl")
        self._run = _fields(run)
        self._hosts: list[dict[str, Any]] = []
        self._pairs: list[tuple[str, str]] = []
        self._stream: int | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self.path.unlink(missing_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC
            self._stream = os.open(self.lines_path, flags, 0o644)
        except OSError as error:
            raise UsageError(f"{self.lines_path}: cannot be written ({error.strerror}); name another place.") from None
        self._line({"type": "run", "schema_version": SCHEMA_VERSION, **self._run})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _line(self, record: Mapping[str, Any]) -> None:
        if self._stream is None:
            raise UsageError(f"{self.lines_path}: the record is closed.")
        rest = memoryview(dumps(record) + b"\n")
        while rest:
            rest = rest[os.write(self._stream, rest) :]

    def host(self, host: Host | Mapping[str, Any]) -> None:
        """Record a host."""
        fields = _fields(host)
        self._hosts.append(fields)
        self._line({"type": "host", **fields})

    def result(self, result: Result | Mapping[str, Any]) -> None:
        """Record a result."""
        fields = _fields(result)
        self._pairs.append((fields["severity"], fields["outcome"]))
        self._line({"type": "result", **fields})

    def finish(self, finished: str) -> Path:
        """Record the end and put the whole record in place.

        Args:
            finished: RFC 3339 in UTC.
        """
        self._run["finished"] = finished
        summary = counted(self._pairs).as_json()
        self._line({"type": "summary", "finished": finished, **summary})
        self.close()
        partial = self.path.with_name(f".{self.path.name}.{os.getpid()}.partial")
        try:
            self._whole(partial, summary)
            partial.replace(self.path)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise UsageError(f"{self.path}: cannot be written ({error.strerror}); see {self.lines_path}.") from None
        return self.path

    def _whole(self, partial: Path, summary: Mapping[str, Any]) -> None:
        """Write the whole record from the lines, one at a time: a fleet's record need not fit in memory."""
        head, tail = b'{"type":"result",', b"\n"
        with partial.open("wb") as stream, self.lines_path.open("rb") as lines:
            stream.write(b'{"schema_version":"%s",\n"run":' % SCHEMA_VERSION.encode() + dumps(self._run))
            stream.write(b',\n"hosts":[\n' + b",\n".join(dumps(host) for host in self._hosts) + b'\n],\n"results":[\n')
            separator = b""
            for line in lines:
                if line.startswith(head):
                    stream.write(separator + b"{" + line[len(head) :].rstrip(tail))
                    separator = b",\n"
            stream.write(b'\n],\n"summary":' + dumps(summary) + b"}\n")
            stream.flush()
            os.fsync(stream.fileno())

    def close(self) -> None:
        """Close the lines; done already where the run was finished."""
        if self._stream is not None:
            os.close(self._stream)
            self._stream = None
