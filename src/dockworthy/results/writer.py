"""Writes a run's record: line by line while the run goes on, whole at its end.

::

    with ResultsWriter(path, run) as writer:     # path: …/results.json; the lines go to …/results.jsonl
        writer.host(host)                        # a `Host`, or a dict with its fields
        writer.result(record)                    # a `Result`, or a dict with its fields
        writer.block(number, lines, counts)      # or all lines of a host at once, of which `number` is its place
        writer.certificate(certificate)          # a `Certificate`
        writer.left_out(host, number)            # how many certificates of a host are not recorded
        writer.policy(policy)                    # a `Policy`, once
        writer.finish(finished) -> Path          # RFC 3339; puts results.json in place by rename

Each line is handed to the system in one call, so that a killed run leaves whole lines. What is not finished has no
``results.json``; an older one under the same name is removed when the run has begun its own lines, and not before.

What is in memory does not grow with what is recorded: a fleet's record need not fit. Hosts that are written as blocks,
as they come, stand in ``results.json`` by their numbers.

A disk that fills up ends the lines, not the run: those that fitted stay, ``failure`` says why the rest are missing,
and ``finish`` raises it. A folder that was removed meanwhile is made again, because the lines are still in hand.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
from collections import Counter
from typing import TYPE_CHECKING, Any

from dockworthy.errors import UsageError
from dockworthy.results.model import SCHEMA_VERSION, Certificate, Host, Policy, Result, Run, counts_as_summary
from dockworthy.writing import make_folder, refuse_place, written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

    from typing_extensions import Self

    from dockworthy.results.model import Summary

__all__ = ["ResultsWriter", "dumps", "encodable", "listed", "places"]

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=str).encode


def dumps(value: Any) -> bytes:
    """The value as UTF-8 JSON on one line; what JSON or UTF-8 cannot hold is replaced, never raised."""
    try:
        return _one_line(_encode(value)).encode()
    except (ValueError, TypeError):
        return _one_line(_encode(encodable(value))).encode()


def _one_line(text: str) -> str:
    """The JSON without what some readers of lines take for the end of one, as ``str.splitlines`` does."""
    if not text.isascii():
        for character in ("\x85", "\u2028", "\u2029"):
            text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def listed(items: Iterable[Any]) -> Iterator[bytes]:
    """A JSON list of these values in pieces, a value a line: it need not be in memory as a whole."""
    separator = b"[\n"
    for item in items:
        yield separator + dumps(item)
        separator = b",\n"
    yield b"[]" if separator == b"[\n" else b"\n]"


def encodable(value: Any) -> Any:
    """The value as the record holds it: lone surrogates and numbers that are none replaced, tuples as lists."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {encodable(str(key)): encodable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encodable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _fields(record: Run | Host | Result | Mapping[str, Any]) -> dict[str, Any]:
    return dict(record) if not isinstance(record, (Run, Host, Result)) else record.as_json()


def places(path: Path) -> tuple[Path, Path]:
    """Where the whole record and its lines stand, of either one's name."""
    if path.suffix == ".jsonl":
        return path.with_suffix(".json"), path
    return path, path.with_name(f"{path.stem}.jsonl")


class ResultsWriter:
    """The record of one run; see the module's text for its use."""

    def __init__(
        self, path: Path, run: Run | Mapping[str, Any], hosts: Iterable[Host | Mapping[str, Any]] = ()
    ) -> None:
        self.path, self.lines_path = places(path)  # of the whole record, once it is there, and of the lines
        self.failure: OSError | None = None  # why the lines end before the run does
        self._run = _fields(run)
        self._counts: Counter[tuple[str, str]] = Counter()  # results by severity and outcome
        self._blocks: dict[int, tuple[int, int]] = {}  # by a host's number where its lines begin and end
        self._left_out: dict[str, int] = {}
        self._policy = Policy()
        self._size = 0
        self._kept = 0  # results that fitted
        self._stream: int | None = None
        make_folder(path.parent)
        for place in (self.path, self.lines_path):
            refuse_place(place)
        partial = path.with_name(f".dockworthy.{os.getpid()}.lines.partial")
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
            self._stream = os.open(partial, flags, 0o666)
            self._line({"type": "run", "schema_version": SCHEMA_VERSION, **self._run})
            for host in hosts:
                self.host(host)
            if self.failure is not None:
                raise self.failure
            partial.replace(self.lines_path)
            self.path.unlink(missing_ok=True)
        except OSError as error:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            self.close()
            raise UsageError(f"{self.lines_path}: cannot be written ({error.strerror}); name another place.") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _line(self, record: Mapping[str, Any]) -> None:
        self._put(dumps(record) + b"\n")
        self._kept += record["type"] == "result" and self.failure is None

    def _put(self, lines: bytes) -> None:
        """Add whole lines; of those that do not fit nothing."""
        if self._stream is None:
            raise UsageError(f"{self.lines_path}: the record is closed.")
        if self.failure is not None:
            return
        try:
            rest = memoryview(lines)
            while rest:
                rest = rest[os.write(self._stream, rest) :]
        except OSError as error:
            self.failure = error
            with contextlib.suppress(OSError):
                os.ftruncate(self._stream, self._size)  # no half of a line
            return
        self._size += len(lines)

    def host(self, host: Host | Mapping[str, Any]) -> None:
        """Record a host."""
        self._line({"type": "host", **_fields(host)})

    def result(self, result: Result | Mapping[str, Any]) -> None:
        """Record a result."""
        fields = _fields(result)
        self._counts[fields["severity"], fields["outcome"]] += 1
        self._line({"type": "result", **fields})

    def block(self, number: int, lines: bytes, counts: Mapping[tuple[str, str], int]) -> None:
        """Record a host with all that was found on it.

        Args:
            number: its place among the hosts of the whole record.
            lines: its own line, those of its results, and of its certificates, each as it is kept.
            counts: how many results each pair of severity and outcome has.
        """
        begins = self._size
        self._put(lines)
        self._counts.update(counts)
        if self.failure is None:
            self._blocks[number] = begins, self._size
            self._kept += sum(counts.values())

    def certificate(self, certificate: Certificate) -> None:
        """Record a certificate that was seen."""
        self._line({"type": "certificate", **certificate.as_json()})

    def left_out(self, host: str, number: int) -> None:
        """Record how many certificates of a host are not."""
        self._left_out[host] = number
        self._line({"type": "certificates_left_out", "host": host, "number": number})

    def profiles(self, profiles: list[dict[str, str]]) -> None:
        """Say by which profiles the hosts were judged, where that was not known when the run began."""
        self._run["profiles"] = profiles

    def policy(self, policy: Policy) -> None:
        """Record the waivers and attestations."""
        self._policy = policy
        self._line({"type": "policy", **policy.as_json()})

    @property
    def summary(self) -> Summary:
        """The counts over what was recorded."""
        return counts_as_summary(self._counts)

    def finish(self, finished: str) -> Path:
        """Record the end (RFC 3339 in UTC) and put the whole record in place; `UsageError` where that cannot be."""
        self._run["finished"] = finished
        summary = self.summary.as_json()
        self._line({"type": "summary", "finished": finished, **summary})
        try:
            self._restore()
            if self.failure is not None:
                raise UsageError(
                    f"{self.lines_path}: cannot be written further ({self.failure.strerror}); "
                    f"it holds {self._kept} of {sum(self._counts.values())} results."
                )
            try:
                with written(self.path) as stream:
                    self._whole(stream, summary)
            except UsageError as error:
                raise UsageError(f"{str(error).partition('; ')[0]}; see {self.lines_path}.") from None
        finally:
            self.close()
        return self.path

    def _restore(self) -> None:
        """Put the lines back where somebody removed them, with their folder, while the run went on."""
        if self._stream is None or os.path.lexists(self.lines_path):
            return
        make_folder(self.lines_path.parent)
        with written(self.lines_path) as stream, self._lines() as lines:
            shutil.copyfileobj(lines, stream)

    def _lines(self) -> BinaryIO:
        """The lines from their beginning, by the descriptor that wrote them."""
        if self._stream is None:
            raise UsageError(f"{self.lines_path}: the record is closed.")
        lines = os.fdopen(os.dup(self._stream), "rb")
        lines.seek(0)
        return lines

    def _whole(self, stream: BinaryIO, summary: Mapping[str, Any]) -> None:
        """Write the whole record from the lines, one at a time: a fleet's record need not fit in memory."""
        stream.write(b'{"schema_version":"%s",\n"run":' % SCHEMA_VERSION.encode() + dumps(self._run))
        self._list(stream, "hosts", "host")
        self._list(stream, "results", "result")
        self._list(stream, "certificates", "certificate")
        stream.write(b',\n"certificates_left_out":' + dumps(self._left_out))
        stream.write(b',\n"policy":' + dumps(self._policy.as_json()))
        stream.write(b',\n"summary":' + dumps(summary) + b"}\n")
        stream.flush()
        os.fsync(stream.fileno())

    def _list(self, stream: BinaryIO, name: str, kind: str) -> None:
        """Write the lines of one kind as a list."""
        head, separator = b'{"type":"%s",' % kind.encode(), b""
        stream.write(b',\n"%s":[\n' % name.encode())
        for line in self._each_line():
            if line.startswith(head):
                stream.write(separator + b"{" + line[len(head) :].rstrip(b"\n"))
                separator = b",\n"
        stream.write(b"\n]")

    def _each_line(self) -> Iterator[bytes]:
        """The lines as they stand in the whole record: blocks by their numbers, all else as it came."""
        with self._lines() as lines:
            if not self._blocks:
                yield from lines
            for _, (begins, ends) in sorted(self._blocks.items()):
                lines.seek(begins)
                yield from lines.read(ends - begins).splitlines(keepends=True)

    def close(self) -> None:
        """Close the lines; done already where the run was finished."""
        if self._stream is not None:
            stream, self._stream = self._stream, None
            with contextlib.suppress(OSError):  # a network's disk may say only now that it is full
                os.close(stream)
