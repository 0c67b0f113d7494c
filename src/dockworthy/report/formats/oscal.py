"""OSCAL 1.1 assessment results, for tools of governance: an observation a result, a finding for what is judged.

OSCAL's finding is satisfied or not, and nothing else. So ``pass`` is satisfied, ``fail`` and ``waived`` are not, the
latter with a risk whose deviation is approved until the waiver's end; ``error``, ``skip`` and ``manual`` are
observations without a finding, whose property ``outcome`` says which. Every identifier is made from what it names
(UUID version 5): the same record gives the same document, and a host has the same in every run.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha1
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, UUID

from dockworthy.moments import known_moment, shown
from dockworthy.report.formats.interface import Writer
from dockworthy.report.marked import fenced, marked
from dockworthy.report.sentence import rehearsed, sentence, waived
from dockworthy.report.verdict import coverage, reached
from dockworthy.report.words import ALL, instance, plain, value
from dockworthy.results.fingerprint import identified
from dockworthy.results.writer import dumps, listed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from dockworthy.results.model import Host, Result, Results

__all__ = ["Oscal"]

VERSION = "1.1.3"
_NAMESPACE = "urn:dockworthy:results"  # of our properties, and of identifiers
_UNTIMED = "1970-01-01T00:00:00Z"  # where a record has no time
_STATES = {"pass": ("satisfied", "pass"), "fail": ("not-satisfied", "fail"), "waived": ("not-satisfied", "fail")}
_NO_TOKEN = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST = 1000
Numbered = list[tuple["Result", str]]


class Oscal(Writer):
    """``--report oscal``."""

    name = "oscal"
    file_name = "assessment-results.json"

    def write(self, results: Results, out: BinaryIO) -> None:
        """Write one document with one result of an assessment, an item at a time."""
        run = results.run
        plan = _uuid("plan", run.id)
        head = {
            "uuid": _uuid("document", run.id),
            "metadata": {
                "title": "Results of dockworthy",
                "last-modified": _time(run.finished, run.started),
                "version": _text(run.id),
                "oscal-version": VERSION,
                "props": [_prop("tool-version", run.tool_version)],
            },
            "import-ap": {"href": f"#{plan}"},
            "back-matter": {"resources": [_plan(results, plan)]},
        }
        out.write(b'{"assessment-results":' + dumps(head)[:-1] + b',"results":[' + dumps(_assessment(results))[:-1])
        numbered = list(identified(results.results))
        times = {host.name: _time(host.recorded, run.started) for host in results.hosts}
        parts = {
            "observations": (_observation(one, number, results, times) for one, number in numbered),
            "risks": (_risk(one, number, run.id) for one, number in numbered if one.outcome == "waived"),
            "findings": (_finding(one, number, run.id) for one, number in numbered if one.outcome in _STATES),
        }
        for name, items in parts.items():
            _put(out, name, items)
        out.write(b"}]}}\n")


def _put(out: BinaryIO, name: str, items: Iterator[dict[str, Any]]) -> None:
    """Write a list that must not be empty, or not at all."""
    for first in items:
        out.write(b',\n"%b":' % name.encode())
        out.writelines(listed(_chained(first, items)))
        return


def _chained(first: dict[str, Any], rest: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    yield first
    yield from rest


def _plan(results: Results, uuid: str) -> dict[str, Any]:
    """What stands for the plan of the assessment: the profiles."""
    names = ", ".join(str(profile.get("name")) for profile in results.run.profiles) or "none"
    props = [_prop("profile-sha256", str(profile.get("sha256"))) for profile in results.run.profiles]
    made = {"uuid": uuid, "title": "Profiles", "description": marked(f"The hosts were judged by: {names}", _LONGEST)}
    return made | ({"props": props} if props else {})


def _assessment(results: Results) -> dict[str, Any]:
    run = results.run
    made: dict[str, Any] = {
        "uuid": _uuid("result", run.id),
        "title": marked(f"Run {run.id}"),
        "description": f"{marked(coverage(results))}, {reached(results)}.",
        "start": _time(run.started),
        "props": [_prop(f"results-{outcome}", str(number)) for outcome, number in results.summary.by_outcome.items()],
        "reviewed-controls": {"control-selections": [_selection(results)]},
    }
    if known_moment(run.finished) is not None:
        made["end"] = _time(run.finished)
    if results.hosts:
        made["local-definitions"] = {"inventory-items": [_item(host) for host in results.hosts]}
    told = [] if results.complete else ["The run did not come to its end; results are missing."]
    told += [f"This is {marked(what)}; it is no state of the hosts." for what in [rehearsed(run)] if what is not None]
    return made | ({"remarks": " ".join(told)} if told else {})


def _selection(results: Results) -> dict[str, Any]:
    checks = dict.fromkeys(_token(result.check) for result in results.results)
    if not checks:
        return {"description": "Nothing was reviewed.", "include-all": {}}
    return {"include-controls": [{"control-id": check} for check in checks]}


def _item(host: Host) -> dict[str, Any]:
    props = {
        "asset-id": host.name,
        "target": host.target,
        "reachable": "yes" if host.reachable else "no",
        "profile": host.profile,
        "recorded": host.recorded,
        "snapshot-sha256": host.snapshot_sha256,
        "error": host.error,
    }
    made = [_prop(name, text) for name, text in props.items() if text]
    return {"uuid": _uuid("host", host.name), "description": marked(f"The host {host.name}"), "props": made}


def _observation(result: Result, number: str, results: Results, times: dict[str, str]) -> dict[str, Any]:
    props: dict[str, str | None] = {
        "check": result.check,
        "instance": result.param,
        "severity": result.severity,
        "outcome": result.outcome,
        "observed": value(result.observed, _LONGEST, ALL) if result.outcome in _STATES else None,
        "expected": value(result.expected, _LONGEST, ALL) if result.outcome in _STATES else None,
        "source": result.source,
        "reason-code": result.reason_code,
        "release": result.release,
        "before": result.before,
    }
    made = [_prop(name, text) for name, text in props.items() if text]
    return {
        "uuid": _uuid("observation", results.run.id, number),
        "title": marked(result.title),
        "description": marked(sentence(result, _LONGEST), 2 * _LONGEST),
        "props": made + [_prop("reference", ref) for ref in result.refs],
        "methods": ["UNKNOWN" if result.outcome == "manual" else "TEST"],
        "types": ["finding" if result.outcome in {"fail", "waived"} else "control-objective"],
        "subjects": [_subject(result.host)],
        "collected": times.get(result.host) or _time(results.run.started),
    }


def _risk(result: Result, number: str, run: str) -> dict[str, Any]:
    """A waiver: the risk that it accepts, until when, and who did."""
    waiver = result.waiver or {}
    made: dict[str, Any] = {
        "uuid": _uuid("risk", run, number),
        "title": marked(result.title),
        "description": marked(f"{result.host}: {instance(result)}"),
        "statement": marked(f"Waived {waived(waiver, _LONGEST)}", 2 * _LONGEST),
        "props": [_prop("owner", str(waiver.get("owner"))), _prop("reason", str(waiver.get("reason")))],
        "status": "deviation-approved",
        "related-observations": [{"observation-uuid": _uuid("observation", run, number)}],
    }
    if known_moment(waiver.get("expires")) is not None:
        made["deadline"] = _time(waiver.get("expires"))
    return made


def _finding(result: Result, number: str, run: str) -> dict[str, Any]:
    state, reason = _STATES[result.outcome]
    made: dict[str, Any] = {
        "uuid": _uuid("finding", run, number),
        "title": marked(result.title),
        "description": marked(f"{result.host}: {instance(result)}"),
        "target": {
            "type": "objective-id",
            "target-id": _token(result.check),
            "status": {"state": state, "reason": reason},
        },
        "related-observations": [{"observation-uuid": _uuid("observation", run, number)}],
    }
    if result.outcome == "waived":
        made["related-risks"] = [{"risk-uuid": _uuid("risk", run, number)}]
    if result.fix and result.outcome == "fail":
        made["remarks"] = "\n".join(fenced(result.fix))
    return made


# --- OSCAL's types -------------------------------------------------------------------------------------------


def _prop(name: str, text: str) -> dict[str, str]:
    return {"name": name, "ns": _NAMESPACE, "value": _text(text)}


def _text(text: str) -> str:
    """A string: on one line, without spaces at its ends, and never empty."""
    return plain(text, 2 * _LONGEST).strip() or "-"


def _token(text: str) -> str:
    """A token; the check's id, unless the record has a strange one."""
    token = _NO_TOKEN.sub("_", text)
    return token if token[:1].isalpha() or token[:1] == "_" else f"_{token}"


def _time(*texts: str | None) -> str:
    """The first that is a time."""
    return next((shown(moment) for moment in map(known_moment, texts) if moment is not None), _UNTIMED)


def _uuid(kind: str, *names: str) -> str:
    """The identifier of what these names name: a UUID of version 5 by RFC 9562, whose names may be any."""
    name = "\0".join((_NAMESPACE, kind, *names)).encode("utf-8", "surrogatepass")
    return str(UUID(bytes=sha1(NAMESPACE_URL.bytes + name, usedforsecurity=False).digest()[:16], version=5))


@lru_cache(maxsize=4096)
def _subject(host: str) -> dict[str, str]:
    return {"subject-uuid": _uuid("host", host), "type": "inventory-item"}
