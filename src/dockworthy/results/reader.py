"""Reads a run's record: ``results.json``, the lines of ``results.jsonl`` (also of a killed run), or their folder.

``read_results(path) -> Results``; ``merge(list) -> Results`` makes one of several. What is not such a record is a
`UsageError` with file and line. A last line that was cut off is left out, and the record is not ``complete``. What
each field must be stands in [dockworthy.results.fields][]; fields and kinds of lines of later versions are left out.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

from dockworthy.errors import UsageError
from dockworthy.moments import parse_moment
from dockworthy.printable import printable
from dockworthy.results.fields import BadRecordError, made, made_left_out, made_policy
from dockworthy.results.model import Certificate, Host, Policy, Result, Results, Run, summarise
from dockworthy.results.policy import policy_of
from dockworthy.results.reading import (
    DAMAGED,
    KINDS,
    OTHER,
    bytes_of,
    finished_of,
    first_run,
    is_lines,
    json_at,
    line_at,
    made_at,
    of_version,
    place_of,
    refuse,
    told_as,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

__all__ = ["merge", "read_results"]

K = TypeVar("K", Host, Result, Certificate)
_A_DAY = timedelta(days=1)
_PORT = re.compile(r":\d{1,5}$")
_NUMERIC = re.compile(r"[0-9.]+|\[.*\]|.*:.*")
_OF_MACHINES = frozenset({"ssh", "safe-ssh", "paramiko"})


def read_results(path: Path) -> Results:
    """Read one record, from a file or a run's folder; `UsageError` if there is none, or it is not one."""
    path = place_of(path)
    data = bytes_of(path)
    if data.lstrip()[:1] != b"{":
        refuse(path, 1, OTHER)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        refuse(path, data.count(b"\n", 0, error.start) + 1, f"is not UTF-8; {DAMAGED}")
    return _lines(text, path) if is_lines(text) else _whole(text, path)


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
            refuse(self.path, _number_of(line), f"{what}; {DAMAGED}")
        self.hosts[host.name] = host

    def take(self, kind: str, record: dict[str, Any], line: int) -> None:
        """Take one line in; one of a kind that a later version has is left out."""
        if kind == "certificates_left_out":
            record = {str(record.get("host")): record.get("number")}
        if kind not in KINDS:
            return
        found = made_at(KINDS[kind], record, self.path, told_as(kind), line)
        if isinstance(found, Host):
            self.host(found, line)
        elif isinstance(found, Result):
            self.results.append(found)
        elif isinstance(found, Certificate):
            self.certificates.append(found)
        elif isinstance(found, Policy):
            self.policy = found
        else:
            self.left_out |= found

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
    run = first_run(json_at(lines[0] if lines else text, path, 1), path)
    parts = _Parts(path)
    finished, ended = None, False
    for number, line in enumerate(lines[1:], 2):
        if not line:
            continue
        kind, record = line_at(line, path, number)
        if kind == "summary":
            finished, ended = made_at(finished_of, record, path, "a summary", number), True
        else:
            parts.take(kind, record, number)
    return parts.whole(replace(run, finished=finished), complete=ended and not cut_off)


# --- the whole -----------------------------------------------------------------------------------------------


def _whole(text: str, path: Path) -> Results:
    record = json_at(text, path, 1)
    if not isinstance(record, dict) or "results" not in record:
        refuse(path, 1, OTHER)
    of_version(record, path, 1)
    run = made_at(partial(made, Run), record.get("run"), path, "a run")
    parts = _Parts(path)
    for index, host in enumerate(_all(Host, "hosts", record, path, text)):
        parts.host(host, partial(_line_at, text, "hosts", index))
    parts.results = _all(Result, "results", record, path, text)
    parts.certificates = _all(Certificate, "certificates", {"certificates": [], **record}, path, text)
    parts.left_out = made_at(made_left_out, record.get("certificates_left_out", {}), path, "certificates_left_out")
    parts.policy = made_at(made_policy, record.get("policy"), path, "policy")
    return parts.whole(run, complete=run.finished is not None)


def _all(kind: type[K], key: str, record: dict[str, Any], path: Path, text: str) -> list[K]:
    items = record.get(key)
    if not isinstance(items, list):
        refuse(path, 1, f"has no list `{key}`; {DAMAGED}")
    found: list[K] = []
    try:
        for item in items:
            found.append(made(kind, item))  # noqa: PERF401 - how many are found tells where the bad one is
    except BadRecordError as error:
        index = len(found)
        refuse(path, _line_at(text, key, index), f"{key}[{index}] {error}; {DAMAGED}")
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
