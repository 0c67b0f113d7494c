"""Reads a run's record: ``results.json``, the lines of ``results.jsonl`` (also of a killed run), or their folder.

``read_results(path) -> Results``; ``merge(list) -> Results`` makes one of several. What is not such a record is a
`UsageError` with file and line. A last line that was cut off is left out, and the record is not ``complete``. What
each field must be stands in [dockworthy.results.fields][]; fields and kinds of lines of later versions are left out.
"""

from __future__ import annotations

import json
import math
import os
import re
import stat
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from dockworthy.errors import UsageError
from dockworthy.moments import parse_moment
from dockworthy.printable import printable
from dockworthy.results.fields import BadRecordError, made, made_left_out, made_policy
from dockworthy.results.model import SCHEMA_VERSION, Certificate, Host, Policy, Result, Results, Run, summarise
from dockworthy.results.policy import policy_of
from dockworthy.results.writer import encodable
from dockworthy.typed import shown_word
from dockworthy.writing import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

__all__ = ["merge", "read_results"]

MAX_BYTES = 1024 * 1024 * 1024
K = TypeVar("K", Host, Result, Certificate)
R = TypeVar("R")
_DAMAGED = "the file is damaged, run the check again"
_OTHER = "is not a results file of dockworthy; name results.json or results.jsonl"
_A_DAY = timedelta(days=1)
_PORT = re.compile(r":\d{1,5}$")
_NUMERIC = re.compile(r"[0-9.]+|\[.*\]|.*:.*")
_OF_MACHINES = frozenset({"ssh", "safe-ssh", "paramiko"})
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}]|-?Infinity|NaN|-?\d[\d.eE+-]*')


def read_results(path: Path) -> Results:
    """Read one record, from a file or a run's folder; `UsageError` if there is none, or it is not one."""
    if path.is_dir():
        whole = path / "results.json"
        path = whole if whole.exists() or not (path / "results.jsonl").exists() else path / "results.jsonl"
    data = _bytes_of(path)
    if data.lstrip()[:1] != b"{":
        _refuse(path, 1, _OTHER)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        _refuse(path, data.count(b"\n", 0, error.start) + 1, f"is not UTF-8; {_DAMAGED}")
    return _lines(text, path) if _is_lines(text) else _whole(text, path)


def _bytes_of(path: Path) -> bytes:
    """What is in the file; nothing is read of one that is too large, and of what is no file but a program's pipe."""
    try:
        status = path.stat()
        kind = kind_of(status.st_mode)
        # A named pipe may never have a writer; one that a shell made for a program has.
        if kind is not None and not (stat.S_ISFIFO(status.st_mode) and not os.path.lexists(os.path.realpath(path))):
            raise UsageError(f"{path}: is {kind}; name a results file.")
        if status.st_size > MAX_BYTES:
            _too_large(path)
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is no path"
        raise UsageError(f"{path}: cannot be read ({reason}); name a results file.") from None
    if len(data) > MAX_BYTES:
        _too_large(path)
    return data


def _too_large(path: Path) -> NoReturn:
    _refuse(path, 1, f"is larger than {MAX_BYTES >> 20} MiB; read the runs one by one")


def _refuse(path: Path, line: int, what: str) -> NoReturn:
    raise UsageError(f"{path}:{line}: {what}.") from None


def _is_lines(text: str) -> bool:
    """Whether each line is a record: the first one alone is JSON, and says what it is."""
    try:
        record = json.loads(text.partition("\n")[0])
    except (ValueError, RecursionError):
        return False
    return isinstance(record, dict) and "type" in record


# --- JSON ----------------------------------------------------------------------------------------------------


class _NotJsonError(Exception):
    """What the standard library takes and JSON has not."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _NotJsonError("an object has the same key twice")
    return found


def _number(text: str) -> float:
    found = float(text)
    if not math.isfinite(found):
        raise _NotJsonError(f"{text[:20]} is no number")
    return found


def _constant(text: str) -> NoReturn:
    raise _NotJsonError(f"{text} is no number")


_decode = json.JSONDecoder(object_pairs_hook=_object, parse_float=_number, parse_constant=_constant).decode


def _json(text: str, path: Path, line: int) -> Any:
    try:
        value = _decode(text)
    except json.JSONDecodeError as error:
        _refuse(path, line + error.lineno - 1, f"is not JSON ({error.msg}); {_DAMAGED}")
    except _NotJsonError as error:
        _refuse(path, line + _newlines_before_fault(text), f"is not JSON ({error}); {_DAMAGED}")
    except (ValueError, RecursionError):
        _refuse(path, line, f"is not JSON that can be read; {_DAMAGED}")
    # Halves of a character of UTF-16 are JSON, and no text: they would end any writer.
    return encodable(value) if _SURROGATE.search(text) else value


def _newlines_before_fault(text: str) -> int:
    """How many lines end before the first object with a key twice, or the first number that is none."""
    opened: list[int] = []
    for token in _TOKENS.finditer(text):
        start = token.start()
        if token[0] == "{":
            opened.append(start)
        elif token[0][0] != '"':
            start = opened.pop() if token[0] == "}" else start
            try:
                _decode(text[start : token.end()])
            except _NotJsonError:
                return text.count("\n", 0, start)
    return 0


def _of_version(record: dict[str, Any], path: Path, line: int) -> None:
    version = record.get("schema_version")
    if version != SCHEMA_VERSION:
        what = (
            f"has schema_version {shown_word(str(version))!r}"
            if "schema_version" in record
            else "has no schema_version"
        )
        _refuse(path, line, f"{what}, and this version reads {SCHEMA_VERSION!r}; use the dockworthy that wrote it")


# --- lines ---------------------------------------------------------------------------------------------------


class _Parts:
    """What was read so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.hosts: dict[str, Host] = {}
        self.results: list[Result] = []
        self.certificates: list[Certificate] = []
        self.left_out: dict[str, int] = {}
        self.policy = Policy()

    def host(self, host: Host, line: int | Callable[[], int]) -> None:
        """Take a host in; names are unique in a run."""
        if host.name in self.hosts:
            what = f"a second host is called {printable(host.name)!r}, and whose results are whose is not known"
            _refuse(self.path, _number_of(line), f"{what}; {_DAMAGED}")
        self.hosts[host.name] = host

    def whole(self, run: Run, *, complete: bool) -> Results:
        """The record."""
        return Results(
            run,
            tuple(self.hosts.values()),
            tuple(self.results),
            summarise(self.results),
            complete=complete,
            path=str(self.path),
            certificates=tuple(self.certificates),
            policy=self.policy,
            certificates_left_out=self.left_out,
        )


def _lines(text: str, path: Path) -> Results:
    lines = text.split("\n")
    cut_off = lines.pop() != ""
    record = _json(lines[0] if lines else text, path, 1)
    if record["type"] != "run":
        _refuse(path, 1, f"does not begin with a run; {_DAMAGED}")
    _of_version(record, path, 1)
    run = _made(partial(made, Run), record, path, "a run")
    parts = _Parts(path)
    finished, ended = None, False
    for number, line in enumerate(lines[1:], 2):
        if not line:
            continue
        record = _json(line, path, number)
        kind = record.pop("type", None) if isinstance(record, dict) else None
        if kind == "summary":
            finished, ended = _made(_finished, record, path, "a summary", number), True
        elif isinstance(kind, str):
            _take(parts, kind, record, number)
        else:
            _refuse(path, number, f"is no record; {_DAMAGED}")
    return parts.whole(replace(run, finished=finished), complete=ended and not cut_off)


def _take(parts: _Parts, kind: str, record: dict[str, Any], line: int) -> None:
    """Take one line in; one of a kind that a later version has is left out."""
    path = parts.path
    if kind == "result":
        parts.results.append(_made(partial(made, Result), record, path, "a result", line))
    elif kind == "host":
        parts.host(_made(partial(made, Host), record, path, "a host", line), line)
    elif kind == "certificate":
        parts.certificates.append(_made(partial(made, Certificate), record, path, "a certificate", line))
    elif kind == "certificates_left_out":
        told = {str(record.get("host")): record.get("number")}
        parts.left_out |= _made(made_left_out, told, path, "certificates_left_out", line)
    elif kind == "policy":
        parts.policy = _made(made_policy, record, path, "a policy", line)


def _finished(record: dict[str, Any]) -> str | None:
    return made(Run, {"id": "", "started": "2000-01-01T00:00:00Z", "finished": record.get("finished")}).finished


# --- the whole -----------------------------------------------------------------------------------------------


def _whole(text: str, path: Path) -> Results:
    record = _json(text, path, 1)
    if not isinstance(record, dict) or "results" not in record:
        _refuse(path, 1, _OTHER)
    _of_version(record, path, 1)
    run = _made(partial(made, Run), record.get("run"), path, "a run")
    parts = _Parts(path)
    for index, host in enumerate(_all(Host, "hosts", record, path, text)):
        parts.host(host, partial(_line_at, text, "hosts", index))
    parts.results = _all(Result, "results", record, path, text)
    parts.certificates = _all(Certificate, "certificates", {"certificates": [], **record}, path, text)
    parts.left_out = _made(made_left_out, record.get("certificates_left_out", {}), path, "certificates_left_out")
    parts.policy = _made(made_policy, record.get("policy"), path, "policy")
    return parts.whole(run, complete=run.finished is not None)


def _all(kind: type[K], key: str, record: dict[str, Any], path: Path, text: str) -> list[K]:
    items = record.get(key)
    if not isinstance(items, list):
        _refuse(path, 1, f"has no list `{key}`; {_DAMAGED}")
    found: list[K] = []
    try:
        for item in items:
            found.append(made(kind, item))  # noqa: PERF401 - how many are found tells where the bad one is
    except BadRecordError as error:
        index = len(found)
        _refuse(path, _line_at(text, key, index), f"{key}[{index}] {error}; {_DAMAGED}")
    return found


def _line_at(text: str, key: str, index: int) -> int:
    """The line where an item of a list begins, found by reading the list again, one item at a time."""
    decoder = json.JSONDecoder()
    position = text.find("[", text.find(f'"{key}"'))
    for _ in range(index):
        position = _next_value(text, position + 1)
        _, end = decoder.raw_decode(text, position)
        position = text.find(",", end)
    return text.count("\n", 0, _next_value(text, position + 1)) + 1


def _next_value(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _number_of(line: int | Callable[[], int]) -> int:
    return line if isinstance(line, int) else line()


def _made(make: Callable[[Any], R], record: Any, path: Path, what: str, line: int = 1) -> R:
    try:
        return make(record)
    except BadRecordError as error:
        _refuse(path, line, f"{what} {error}; {_DAMAGED}")


# --- several -------------------------------------------------------------------------------------------------


def merge(many: Sequence[Results]) -> Results:
    """One record of several, as shards of a fleet are; of a host that is in two of them the later one's stays.

    Runs that share a host are kept beside it as its history.

    Raises:
        UsageError: where one name is that of two machines, so that the findings of one would be lost.
    """
    if len(many) == 1:
        return many[0]
    ordered = sorted(many, key=lambda item: item.run.started)
    _refuse_namesakes(ordered)
    owner = {name: index for index, item in enumerate(ordered) for name in _host_names(item)}
    hosts = [host for index, item in enumerate(ordered) for host in item.hosts if owner[host.name] == index]
    results = [result for index, item in enumerate(ordered) for result in item.results if owner[result.host] == index]
    profiles = {json.dumps(profile, sort_keys=True): profile for item in ordered for profile in item.run.profiles}
    finished = [item.run.finished for item in ordered if item.run.finished is not None]
    run = replace(
        ordered[0].run,
        id="+".join(item.run.id for item in ordered),
        finished=max(finished) if len(finished) == len(ordered) else None,
        profiles=list(profiles.values()),
        gate=ordered[0].run.gate if all(item.run.gate == ordered[0].run.gate for item in ordered) else None,
    )
    shared = sum(len(_host_names(item)) for item in ordered) > len(owner)
    return Results(
        run,
        tuple(hosts),
        tuple(results),
        summarise(results),
        complete=all(item.complete for item in ordered),
        certificates=tuple(
            one for index, item in enumerate(ordered) for one in item.certificates if owner.get(one.host) == index
        ),
        policy=policy_of(
            chain.from_iterable(item.policy.waivers for item in ordered),
            chain.from_iterable(item.policy.attestations for item in ordered),
            results,
        ),
        certificates_left_out={
            name: number
            for index, item in enumerate(ordered)
            for name, number in item.certificates_left_out.items()
            if owner.get(name) == index
        },
        history=tuple(ordered) if shared else (),
    )


def _host_names(results: Results) -> set[str]:
    return {host.name for host in results.hosts} | {result.host for result in results.results}


def _refuse_namesakes(many: Sequence[Results]) -> None:
    """Refuse what was looked at in one day under one name and is two machines; later it may be one that has moved."""
    known: dict[str, tuple[str, datetime, str]] = {}
    for item in many:
        for host in item.hosts:
            address, moment = _address(host.target), parse_moment(host.recorded or item.run.started)
            if address is None:
                continue
            before, earlier, path = known.get(host.name, (address, moment, ""))
            if before != address and abs(moment - earlier) < _A_DAY:
                raise UsageError(
                    f"{item.path}: {printable(host.name)} is {printable(address)} here and {printable(before)} in "
                    f"{path}: two machines with one name; give one of them another in its inventory."
                )
            known[host.name] = (address, moment, item.path)


def _address(target: str) -> str | None:
    """The machine that a target reaches, by its number or the first part of its name; None where that is not said."""
    scheme, mark, rest = target.partition("://")
    if not mark or scheme not in _OF_MACHINES:
        return None
    host = _PORT.sub("", rest.partition("?")[0].rpartition("@")[2].rstrip("/")).lower()
    return host if _NUMERIC.fullmatch(host) else host.partition(".")[0] or None
