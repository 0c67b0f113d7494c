"""A record read piece by piece, so that one of ten thousand hosts need not be in memory.

::

    with streamed(path) as record:       # results.json, results.jsonl, or a run's folder
        record.run, record.complete, record.summary, record.policy, record.left_out, record.unreachable
        record.hosts()                   # one `Host` after the other
        record.results()                 # one `Result` after the other, those of a host together
        record.results("web1")           # those of one host
    record.results(check="a.b")      # those of one check, without reading the others
        record.certificates()            # and so with these

What is in memory is where each host's lines stand. What is no record is refused by file and line, in the words of
`read_results`: what concerns the record as a whole when it is opened, a broken host or result when it is reached.
A ``results.json`` that somebody laid out anew, and one from a pipe, is read whole, as ``read_results`` does.
"""

from __future__ import annotations

import json
import re
from array import array
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from dockworthy.printable import printable
from dockworthy.results.fields import made, made_left_out, made_policy
from dockworthy.results.model import OUTCOMES, SEVERITIES, Certificate, Host, Policy, Result, Run, counts_as_summary
from dockworthy.results.reader import read_results
from dockworthy.results.reading import (
    DAMAGED,
    KINDS,
    finished_of,
    first_run,
    is_lines,
    json_at,
    line_at,
    made_at,
    of_version,
    opened,
    place_of,
    refuse,
    told_as,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from typing_extensions import Self

    from dockworthy.results.model import Results, Summary

__all__ = ["InMemory", "Streamed", "streamed"]

_TEXT = rb'"(?:[^"\\]|\\.)*"'
_HEAD = re.compile(rb'\{(?:"type":"(?P<kind>host|result|certificate)",)?"(?:host|name)":(?P<host>' + _TEXT + rb")")
# What stands behind the host's name in a line of our own, up to what is counted.
_COUNTED = re.compile(
    rb',"check":%b,"param":(?:null|%b),"title":%b,"severity":"(%b)","outcome":"(%b)",'
    % (_TEXT, _TEXT, _TEXT, "|".join(SEVERITIES).encode(), "|".join(OUTCOMES).encode())
)
_REACHED = re.compile(rb',"target":%b,"reachable":(true|false),' % _TEXT)
_MEMBER = re.compile(rb'\{?"(\w+)": ?(.*?)(,|\})?\r?\n?', re.DOTALL)
_LISTS: Final = {"hosts": "host", "results": "result", "certificates": "certificate"}
_LONGEST: Final = 1 << 20  # bytes of the first line: what is longer is not laid out as we write it
_PLACE = 3  # numbers that a place has: the byte where it begins, the byte where it ends, its first line


class _OtherLayoutError(Exception):
    """It is not laid out as we write it."""


def streamed(path: Path) -> Streamed:
    """Open a record; `UsageError` where there is none, or it is not one."""
    path = place_of(path)
    stream = opened(path)
    try:
        if not stream.seekable():
            return InMemory(read_results(path))
        first = stream.readline(_LONGEST)
        stream.seek(0)
        found = _OfLines(path, stream)
        if _is_lines(first):
            found.find_lines()
        else:
            try:
                found.find_lists()
            except _OtherLayoutError:
                stream.close()
                return InMemory(read_results(path))
    except BaseException:
        stream.close()
        raise
    return found


def _is_lines(first: bytes) -> bool:
    return first.startswith(b'{"type":') or is_lines(first.decode("utf-8", "replace"))


class Streamed:
    """A record; see the module's text.

    Attributes:
        path: where it is read from.
        run: the run.
        complete: whether it came to its end.
        summary: counts over the results.
        policy: the waivers and attestations.
        left_out: how many certificates of a host are not recorded, by its name.
        names: the hosts, in the order in which they were named.
        unreachable: how many of them could not be looked at.
    """

    path: str
    run: Run
    complete: bool
    summary: Summary
    policy: Policy
    left_out: dict[str, int]
    names: tuple[str, ...]
    unreachable: int

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def hosts(self) -> Iterator[Host]:
        """The hosts, in the order in which they were named."""
        raise NotImplementedError

    def results(self, host: str | None = None, *, check: str | None = None) -> Iterator[Result]:
        """The results, those of a host together, of one host or one check; in the order in which they were judged."""
        raise NotImplementedError

    def certificates(self, host: str | None = None) -> Iterator[Certificate]:
        """The certificates, likewise."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the file."""


class InMemory(Streamed):
    """One that is in memory as a whole."""

    def __init__(self, record: Results) -> None:
        self.path, self.run, self.complete, self.summary = record.path, record.run, record.complete, record.summary
        self.policy, self.left_out = record.policy, record.certificates_left_out
        self.names, self.unreachable = tuple(host.name for host in record.hosts), len(record.unreachable)
        self._record = record

    def hosts(self) -> Iterator[Host]:
        """Its hosts."""
        return iter(self._record.hosts)

    def results(self, host: str | None = None, *, check: str | None = None) -> Iterator[Result]:
        """Its results, those of a host together."""
        return (one for one in _together(self._record.results, host) if check in {None, one.check})

    def certificates(self, host: str | None = None) -> Iterator[Certificate]:
        """Its certificates, likewise."""
        return _together(self._record.certificates, host)


def _together(records: tuple[Any, ...], host: str | None) -> Iterator[Any]:
    by_host: dict[str, list[Any]] = {}
    for one in records:
        by_host.setdefault(one.host, []).append(one)
    for name in by_host if host is None else (host,):
        yield from by_host.get(name, ())


class _OfLines(Streamed):
    """One whose hosts, results and certificates each stand in a line of their own."""

    def __init__(self, path: Path, stream: BinaryIO) -> None:
        self.path = str(path)
        self.policy, self.left_out, self.unreachable = Policy(), {}, 0
        self._path, self._stream = path, stream
        # By kind and host the places where its lines stand, as numbers one behind the other.
        self._places: dict[str, dict[str, array[int]]] = {kind: {} for kind in _LISTS.values()}
        self._counts: Counter[tuple[str, str]] = Counter()
        self._last: tuple[str, bytes] = ("", b"")  # kind and name of the line before
        self._place: array[int] = array("Q")
        self._begins: dict[str, int] = {}  # the first line of each list

    # --- what is where ---------------------------------------------------------------------------------------

    def find_lines(self) -> None:
        """Go through the lines of a ``results.jsonl``."""
        path, position, ended = self._path, 0, False
        for number, line in enumerate(self._stream, 1):
            cut_off = not line.endswith(b"\n")
            if number == 1:
                self.run = replace(first_run(json_at(self._text(line, 1), path, 1), path), finished=None)
            elif cut_off:
                ended = False
            elif line != b"\n":
                ended = self._line(line, number, position) or ended
            position += len(line)
        self.complete = ended
        self._conclude()

    def _line(self, line: bytes, number: int, position: int) -> bool:
        """Take one line in; whether it ends the run."""
        head = _HEAD.match(line)
        if head is not None and head["kind"] is not None:
            self._found(head["kind"].decode(), head, line, number, position)
            return False
        kind, record = line_at(self._text(line, number), self._path, number)
        self._last = ("", b"")
        if kind == "summary":
            finished = made_at(finished_of, record, self._path, "a summary", number)
            self.run = replace(self.run, finished=finished)
            return True
        if kind in self._places:
            self._noted(kind, record, line, number, position)
        elif kind == "certificates_left_out":
            told = {str(record.get("host")): record.get("number")}
            self.left_out |= made_at(made_left_out, told, self._path, kind, number)
        elif kind == "policy":
            self.policy = made_at(made_policy, record, self._path, told_as(kind), number)
        return False

    def find_lists(self) -> None:
        """Go through a ``results.json`` as we lay it out: what it consists of, and each item of a list, in a line."""
        members: dict[str, tuple[bytes, int]] = {}
        position, kind, between, closed = 0, "", True, False
        for number, line in enumerate(self._stream, 1):
            if closed:
                raise _OtherLayoutError
            if kind and line in {b"],\n", b"]\n"}:
                kind, between = "", line == b"],\n"
            elif kind:
                between = self._item(kind, line, number, position, between=between)
            else:
                kind, between, closed = self._member(line, number, members, between=between)
            position += len(line)
        if not closed or not {"schema_version", "run", "hosts", "results"} <= members.keys():
            raise _OtherLayoutError
        self._take(members)
        self._conclude()

    def _member(
        self, line: bytes, number: int, members: dict[str, tuple[bytes, int]], *, between: bool
    ) -> tuple[str, bool, bool]:
        """One member of the whole: the kind of the list that it begins, whether a comma ends it, whether it is last."""
        found = _MEMBER.fullmatch(line) if number > 1 or len(line) < _LONGEST else None
        if found is None or not between or (line[:1] == b"{") != (number == 1):
            raise _OtherLayoutError
        name, value, mark = found[1].decode(), found[2], found[3]
        if name in members:
            raise _OtherLayoutError
        members[name] = value, number
        if value == b"[" and mark is None and name in _LISTS:
            self._begins[_LISTS[name]] = number + 1
            return _LISTS[name], True, False
        if mark is None or (name in _LISTS and value != b"[]"):
            raise _OtherLayoutError
        return "", mark == b",", mark == b"}"

    def _item(self, kind: str, line: bytes, number: int, position: int, *, between: bool) -> bool:
        """One line within a list; whether another one may follow."""
        if line == b"\n":
            return between
        head = _HEAD.match(line)
        if not between or head is None or head["kind"] is not None or not line.endswith((b"},\n", b"}\n")):
            raise _OtherLayoutError
        self._found(kind, head, line, number, position)
        return line.endswith(b",\n")

    def _take(self, members: dict[str, tuple[bytes, int]]) -> None:
        """What is there once."""
        path = self._path

        record = {
            name: json_at(self._text(data, number), path, number)
            for name, (data, number) in members.items()
            if name not in _LISTS
        }
        of_version(record, path, 1)
        self.run = made_at(partial(made, Run), record["run"], path, "a run")
        self.complete = self.run.finished is not None
        left_out = record.get("certificates_left_out", {})
        self.left_out = made_at(made_left_out, left_out, path, "certificates_left_out")
        self.policy = made_at(made_policy, record.get("policy"), path, "policy")

    def _found(self, kind: str, head: re.Match[bytes], line: bytes, number: int, position: int) -> None:
        """Note where a line stands of which the beginning is as we write it."""
        if kind == "host":
            reached = _REACHED.match(line, head.end())
            if reached is None:
                self._noted(kind, self._record(line, number), line, number, position)
                return
            self.unreachable += reached[1] == b"false"
        elif kind == "result":
            counted_for = _COUNTED.match(line, head.end())
            if counted_for is None:
                self._noted(kind, self._record(line, number), line, number, position)
                return
            self._counts[counted_for[1].decode(), counted_for[2].decode()] += 1
        self._put(kind, head["host"], number, position, len(line))

    def _noted(self, kind: str, record: dict[str, Any], line: bytes, number: int, position: int) -> None:
        """The same of a line that was read."""
        found = self._made(kind, record, number)
        if isinstance(found, Host):
            self.unreachable += not found.reachable
        elif isinstance(found, Result):
            self._counts[found.severity, found.outcome] += 1
        name = found.name if isinstance(found, Host) else found.host
        self._put(kind, json.dumps(name).encode(), number, position, len(line))

    def _put(self, kind: str, name: bytes, number: int, position: int, length: int) -> None:
        if self._last == (kind, name) and kind != "host":
            self._place[-2] = position + length
            return
        host = json_at(self._text(name, number), self._path, number)
        places = self._places[kind]
        if kind == "host" and host in places:
            what = f"a second host is called {printable(host)!r}, and whose results are whose is not known"
            refuse(self._path, number, f"{what}; {DAMAGED}")
        self._place = places.setdefault(host, array("Q"))
        self._place.extend((position, position + length, number))
        self._last = kind, name

    def _conclude(self) -> None:
        self.names = tuple(self._places["host"])
        self.summary = counts_as_summary(self._counts)

    # --- what is there ---------------------------------------------------------------------------------------

    def hosts(self) -> Iterator[Host]:
        return self._read("host", None)

    def results(self, host: str | None = None, *, check: str | None = None) -> Iterator[Result]:
        if check is None:
            return self._read("result", host)
        return (one for one in self._read("result", host, json.dumps(check)[1:-1].encode()) if one.check == check)

    def certificates(self, host: str | None = None) -> Iterator[Certificate]:
        return self._read("certificate", host)

    def _read(self, kind: str, host: str | None, mark: bytes = b"") -> Iterator[Any]:
        found = self._places[kind]
        for places in found.values() if host is None else [found.get(host, array("Q"))]:
            for index in range(0, len(places), _PLACE):
                start, end, number = places[index : index + _PLACE]
                yield from self._read_place(kind, start, end, number, mark)

    def _read_place(self, kind: str, start: int, end: int, number: int, mark: bytes) -> Iterator[Any]:
        """The lines of one place in which something stands; nothing stands in all."""
        while start < end:
            self._stream.seek(start)  # each time anew: others read between two
            line = self._stream.readline()
            start += len(line)
            if line != b"\n" and mark in line:
                yield self._made(kind, self._record(line, number), number)
            number += 1

    def _made(self, kind: str, record: Any, number: int) -> Any:
        told = f"{kind}s[{number - self._begins[kind]}]" if kind in self._begins else told_as(kind)
        return made_at(KINDS[kind], record, self._path, told, number)

    def _record(self, line: bytes, number: int) -> Any:
        record = json_at(self._text(line.rstrip(b",\n"), number), self._path, number)
        if isinstance(record, dict):
            record.pop("type", None)
        return record

    def _text(self, data: bytes, number: int) -> str:
        try:
            return data.decode()
        except UnicodeDecodeError:
            refuse(self._path, number, f"is not UTF-8; {DAMAGED}")

    def close(self) -> None:
        self._stream.close()
