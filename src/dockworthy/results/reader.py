"""Reads a run's record: ``results.json``, the lines of ``results.jsonl`` (also of a killed run), or their folder.

``read_results(path) -> Results``; ``merge(list) -> Results`` makes one of several. What is not such a record is a
`UsageError` with file and line. A last line that was cut off is left out, and the record is not ``complete``.
"""

from __future__ import annotations

import json
from dataclasses import fields, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from dockworthy.errors import UsageError
from dockworthy.results.model import OUTCOMES, SCHEMA_VERSION, SEVERITIES, Host, Result, Results, Run, summarise
from dockworthy.typed import shown_word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ["merge", "read_results"]

MAX_BYTES = 1024 * 1024 * 1024

_CHOICES = {"severity": SEVERITIES, "outcome": OUTCOMES}
# What a field must be, by its annotation in the model; a field of another one may be anything.
_KINDS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "str | None": (str, type(None)),
    "bool": (bool,),
    "float": (int, float),
    "list[dict[str, str]]": (list,),
    "dict[str, float]": (dict,),
    "dict[str, str | None]": (dict,),
    "dict[str, str] | None": (dict, type(None)),
}
_REQUIRED = {
    Run: ("id", "started"),
    Host: ("name", "reachable"),
    Result: ("host", "check", "param", "title", "severity", "outcome", "observed", "expected", "source", "fix", "refs"),
}
_FIELDS = {kind: {item.name: str(item.type) for item in fields(kind)} for kind in (Run, Host, Result)}
_DEFAULTS: dict[type, dict[str, Any]] = {
    Run: {"finished": None, "tool_version": "", "argv": [], "profiles": []},
    Host: {"target": ""},
    Result: {},
}

R = TypeVar("R", Run, Host, Result)


class _BadRecordError(Exception):
    """What is wrong with one record, in words."""


def read_results(path: Path) -> Results:
    """Read one record, from a file or a run's folder; `UsageError` if there is none, or it is not one."""
    if path.is_dir():
        whole = path / "results.json"
        path = whole if whole.exists() or not (path / "results.jsonl").exists() else path / "results.jsonl"
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is no path"
        raise UsageError(f"{path}: cannot be read ({reason}); name a results file.") from None
    if len(data) > MAX_BYTES:
        _refuse(path, 1, f"is larger than {MAX_BYTES >> 20} MiB; read the runs one by one")
    first = data.lstrip()[:1]
    if first != b"{":
        _refuse(path, 1, "is not a results file of dockworthy; name results.json or results.jsonl")
    return _lines(data, path) if _is_lines(data) else _whole(data, path)


_DAMAGED = "the file is damaged, run the check again"


def _refuse(path: Path, line: int, what: str) -> NoReturn:
    raise UsageError(f"{path}:{line}: {what}.") from None


def _is_lines(data: bytes) -> bool:
    """Whether each line is a record: the first one alone is JSON, and says what it is."""
    head = data.split(b"\n", 1)[0]
    try:
        record = json.loads(head)
    except (ValueError, RecursionError):
        return False
    return isinstance(record, dict) and "type" in record


def _json(data: bytes, path: Path, line: int) -> Any:
    try:
        return json.loads(data)
    except json.JSONDecodeError as error:
        _refuse(path, line + error.lineno - 1, f"is not JSON ({error.msg}); {_DAMAGED}")
    except (ValueError, RecursionError):
        _refuse(path, line, f"is not JSON that can be read; {_DAMAGED}")


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


def _lines(data: bytes, path: Path) -> Results:
    lines = data.split(b"\n")
    cut_off = lines.pop() != b""
    record = _json(lines[0] if lines else data, path, 1)
    if record["type"] != "run":
        _refuse(path, 1, f"does not begin with a run; {_DAMAGED}")
    _of_version(record, path, 1)
    run = _made(Run, record, path, "a run")
    hosts: list[Host] = []
    results: list[Result] = []
    finished = None
    for number, line in enumerate(lines[1:], 2):
        if not line:
            continue
        record = _json(line, path, number)
        kind = record.get("type") if isinstance(record, dict) else None
        if kind == "host":
            hosts.append(_made(Host, record, path, "a host", number))
        elif kind == "result":
            results.append(_made(Result, record, path, "a result", number))
        elif kind == "summary":
            finished = str(record.get("finished"))
        elif not isinstance(kind, str):
            _refuse(path, number, f"is no record; {_DAMAGED}")
    complete = finished is not None and not cut_off
    return _results(replace(run, finished=finished), hosts, results, path, complete=complete)


# --- the whole -----------------------------------------------------------------------------------------------


def _whole(data: bytes, path: Path) -> Results:
    record = _json(data, path, 1)
    if not isinstance(record, dict) or "results" not in record:
        _refuse(path, 1, "is not a results file of dockworthy; name results.json or results.jsonl")
    _of_version(record, path, 1)
    run = _made(Run, record.get("run"), path, "a run")
    hosts = _all(Host, "hosts", record, path, data)
    results = _all(Result, "results", record, path, data)
    return _results(run, hosts, results, path, complete=run.finished is not None)


def _all(kind: type[R], key: str, record: dict[str, Any], path: Path, data: bytes) -> list[R]:
    items = record.get(key)
    if not isinstance(items, list):
        _refuse(path, 1, f"has no list `{key}`; {_DAMAGED}")
    return [
        _made(kind, item, path, f"{key}[{index}]", partial(_line_at, data, key, index))
        for index, item in enumerate(items)
    ]


def _line_at(data: bytes, key: str, index: int) -> int:
    """The line where an item of a list begins, found by reading the list again, one item at a time."""
    text = data.decode("utf-8", "replace")
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


# --- one record ----------------------------------------------------------------------------------------------


def _made(kind: type[R], record: Any, path: Path, what: str, line: int | Callable[[], int] = 1) -> R:
    try:
        return _record(kind, record)
    except _BadRecordError as error:
        _refuse(path, line if isinstance(line, int) else line(), f"{what} {error}; {_DAMAGED}")


def _record(kind: type[R], record: Any) -> R:
    """Make a record of what the file has; fields of newer versions are left out."""
    if not isinstance(record, dict):
        raise _BadRecordError("is no object")
    for name in _REQUIRED[kind]:
        if name not in record:
            raise _BadRecordError(f"lacks `{name}`")
    known = {name: value for name, value in record.items() if name in _FIELDS[kind]}
    for name, value in known.items():
        if not _is(value, name, _FIELDS[kind][name]):
            raise _BadRecordError(f"has a `{name}` that is not what it must be")
    made: R = kind(**{**_DEFAULTS[kind], **known})
    return made


def _is(value: Any, name: str, annotation: str) -> bool:
    """Whether a field's value is what its annotation says, and one of its choices where it has some."""
    if annotation == "list[str]":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if name in _CHOICES:
        return isinstance(value, str) and value in _CHOICES[name]
    wanted = _KINDS.get(annotation, (object,))
    return isinstance(value, wanted) and (wanted in ((bool,), (object,)) or not isinstance(value, bool))


def _results(run: Run, hosts: Sequence[Host], results: Sequence[Result], path: Path, *, complete: bool) -> Results:
    return Results(run, tuple(hosts), tuple(results), summarise(results), complete=complete, path=str(path))


def merge(many: Sequence[Results]) -> Results:
    """One record of several, as shards of a fleet are; of a host that is in two of them the later one's stays.

    Runs that share a host are kept beside it as its history.
    """
    if len(many) == 1:
        return many[0]
    ordered = sorted(many, key=lambda item: item.run.started)
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
    )
    complete = all(item.complete for item in ordered)
    shared = sum(len(_host_names(item)) for item in ordered) > len(owner)
    history = tuple(ordered) if shared else ()
    return Results(run, tuple(hosts), tuple(results), summarise(results), complete=complete, history=history)


def _host_names(results: Results) -> set[str]:
    return {host.name for host in results.hosts} | {result.host for result in results.results}
