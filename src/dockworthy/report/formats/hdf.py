"""HDF, InSpec's results as Heimdall and the tools of MITRE SAF read them: one profile a host, one control a result.

Several results in one control would be one word: Heimdall calls a control passed of which one test passed and another
could not be run, and a waiver covers a control as a whole. It shows ``pass`` as Passed, ``fail`` as Failed, ``error``
as Profile Error, ``manual`` as Not Reviewed, ``skip``, whose impact is 0, as Not Applicable, and so ``waived`` too,
with its waiver; the failed test stays in it. ``code`` holds the result as the record has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.moments import known_moment
from dockworthy.report.formats.interface import Writer
from dockworthy.report.groups import grouped
from dockworthy.report.sentence import rehearsed, sentence
from dockworthy.report.words import instance, plain
from dockworthy.results.writer import dumps, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from dockworthy.results.model import Host, Result, Results

__all__ = ["Hdf"]

_STATUS = {
    "pass": "passed",
    "fail": "failed",
    "waived": "failed",
    "error": "error",
    "skip": "skipped",
    "manual": "skipped",
}
# Heimdall's words for the numbers: critical from 0.9, high from 0.7, medium from 0.4; 0 is not applicable.
_IMPACTS = {"critical": 0.9, "high": 0.7, "medium": 0.5, "low": 0.3, "info": 0.1}
_NIST = ("NIST-800-53", "NIST-SP-800-53")
_LONGEST = 1000


class Hdf(Writer):
    """``--report hdf``."""

    name = "hdf"
    file_name = "results.hdf.json"

    def write(self, results: Results, out: BinaryIO) -> None:
        """Write one document, a host at a time."""
        run = results.run
        head = {
            "platform": _platform(results.hosts),
            "statistics": {"duration": _duration(run.started, run.finished)},
            "version": plain(run.tool_version) or "unknown",
        }
        out.write(dumps(head)[:-1] + b',"profiles":')
        out.writelines(listed(_profiles(results)))
        out.write(b"}\n")


def _platform(hosts: Sequence[Host]) -> dict[str, str]:
    """The host where there is one; of several each has its own in its profile."""
    if len(hosts) != 1:
        return {"name": "dockworthy", "release": "several hosts" if hosts else "no host"}
    (host,) = hosts
    release = host.os.get("version_id") or "unknown"
    return {"name": host.os.get("id") or "unknown", "release": release, "target_id": host.name}


def _duration(started: str, finished: str | None) -> float | None:
    begun, ended = known_moment(started), known_moment(finished)
    return None if begun is None or ended is None else (ended - begun).total_seconds()


def _profiles(results: Results) -> Iterator[dict[str, Any]]:
    by_host = {found[0].host: found for found in grouped(results.results, lambda result: result.host)}
    hosts = {host.name: host for host in results.hosts}
    digests = {profile.get("name"): profile.get("sha256") for profile in results.run.profiles}
    told = [] if results.complete else ["The run did not come to its end; results are missing."]
    told += [f"This is {what}." for what in [rehearsed(results.run)] if what is not None]
    for name in {**hosts, **by_host}:
        host, found = hosts.get(name), by_host.get(name, [])
        profile = host.profile if host is not None else None
        controls = list(_controls(found, (host.recorded if host is not None else None) or results.run.started))
        topics = _by_topic(found, controls)
        yield {
            "name": name,
            "title": f"{plain(name)} by {plain(profile or 'no profile')}",
            "version": plain(results.run.tool_version) or "unknown",
            "sha256": digests.get(profile) or "",
            "summary": " ".join(told) or "Judged by dockworthy.",
            "status": "loaded" if host is None or host.reachable else "failed",
            "status_message": (host.error or "") if host is not None else "",
            "supports": [],
            "attributes": [],
            "groups": [{"id": topic, "title": topic, "controls": ids} for topic, ids in topics.items()],
            "controls": controls,
        }


def _by_topic(found: Sequence[Result], controls: Sequence[dict[str, Any]]) -> dict[str, list[str]]:
    """The controls' ids by topic."""
    topics: dict[str, list[str]] = {}
    for result, control in zip(found, controls, strict=True):
        topics.setdefault(result.topic, []).append(control["id"])
    return topics


def _controls(found: Sequence[Result], start: str) -> Iterator[dict[str, Any]]:
    seen: dict[str, int] = {}
    for result in found:
        known = instance(result)
        seen[known] = seen.get(known, 0) + 1
        control = known if seen[known] == 1 else f"{known} ({seen[known]})"
        yield _control(result, control, start)


def _control(result: Result, control: str, start: str) -> dict[str, Any]:
    said = sentence(result, _LONGEST)
    descriptions = [{"label": "check", "data": f"Looked at {plain(result.source) or 'nothing'}."}]
    if result.fix:
        descriptions.append({"label": "fix", "data": result.fix})
    made: dict[str, Any] = {
        "id": control,
        "title": plain(result.title),
        "desc": said if result.outcome == "skip" else plain(result.title),
        "descriptions": descriptions,
        "impact": 0.0 if result.outcome == "skip" else _IMPACTS[result.severity],
        "refs": [{"ref": ref} for ref in result.refs],
        "tags": _tags(result),
        "code": dumps(result.as_json()).decode(),
        "source_location": {"ref": plain(result.source), "line": 1},
        "results": [_test(result, said, start)],
    }
    if result.outcome == "waived":
        waiver = result.waiver or {}
        made["waiver_data"] = {
            "justification": f"{waiver.get('reason')} ({waiver.get('owner')})",
            "expiration_date": waiver.get("expires"),
            "run": True,
            "skipped_due_to_waiver": True,
            "message": "",
        }
    return made


def _tags(result: Result) -> dict[str, Any]:
    split = [ref.partition(":") for ref in result.refs]
    nist = [number for standard, _, number in split if standard.startswith(_NIST)]
    tags: dict[str, Any] = {"check": result.check, "severity": result.severity, "outcome": result.outcome}
    return tags | ({"nist": nist} if nist else {})


def _test(result: Result, said: str, start: str) -> dict[str, Any]:
    status = _STATUS[result.outcome]
    return {
        "status": status,
        "code_desc": f"{plain(result.host)}: {instance(result)}",
        "run_time": result.seconds,
        "start_time": start,
        "skip_message" if status == "skipped" else "message": said,
    }
