"""OCSF 1.5, an event of the class Compliance Finding (2003) a line, for a security lake or a SIEM.

What the check said is the event's ``compliance``: ``pass`` is Pass, ``fail`` and ``waived`` are Fail, ``error`` is
Unknown, and ``skip`` and ``manual`` are Other, named as such. Whether somebody must act is its ``status``: New,
Suppressed where a waiver covers it, or that there is no finding. The severity is the check's where it failed, else
Informational. Times are milliseconds, as OCSF has them. What it has no place for stands in ``unmapped`` as the record
has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dockworthy.moments import known_moment
from dockworthy.report.formats.interface import Writer
from dockworthy.report.sentence import sentence, waived
from dockworthy.report.words import plain
from dockworthy.results.fingerprint import fingerprint
from dockworthy.results.writer import dumps

if TYPE_CHECKING:
    from typing import BinaryIO

    from dockworthy.results.model import Host, Result, Results

__all__ = ["Ocsf"]

VERSION = "1.5.0"
_CLASS = {
    "activity_id": 1,
    "activity_name": "Create",
    "category_uid": 2,
    "category_name": "Findings",
    "class_uid": 2003,
    "class_name": "Compliance Finding",
    "type_uid": 200301,
    "type_name": "Compliance Finding: Create",
}
_SEVERITIES = {
    "info": (1, "Informational"),
    "low": (2, "Low"),
    "medium": (3, "Medium"),
    "high": (4, "High"),
    "critical": (5, "Critical"),
}
_COMPLIANCE = {
    "pass": (1, "Pass"),
    "fail": (3, "Fail"),
    "waived": (3, "Fail"),
    "error": (0, "Unknown"),
    "skip": (99, "Not Applicable"),
    "manual": (99, "To Be Attested"),
}
_STATUS = {"waived": (3, "Suppressed"), "pass": (99, "No Finding"), "skip": (99, "No Finding")}
_NEW = (1, "New")
_FAILED = ("fail", "waived")
_UNMAPPED = ("param", "severity", "outcome", "observed", "expected", "source", "reason", "waiver", "release", "before")
_LONGEST = 1000


class Ocsf(Writer):
    """``--report ocsf``."""

    name = "ocsf"
    file_name = "results.ocsf.jsonl"

    def write(self, results: Results, out: BinaryIO) -> None:
        """Write a line a result."""
        run = results.run
        about = {
            "version": VERSION,
            "product": {"name": "dockworthy", "vendor_name": "dockworthy", "version": plain(run.tool_version)},
            "correlation_uid": run.id,
        }
        time = _milliseconds(run.finished) or _milliseconds(run.started) or 0
        hosts = {host.name: host for host in results.hosts}
        more: dict[str, Any] = {} if results.complete else {"run_complete": False}
        if run.rehearsal is not None:
            more["rehearsal"] = run.rehearsal
        out.writelines(
            dumps(_event(result, hosts.get(result.host), about, time, more)) + b"\n" for result in results.results
        )


def _event(result: Result, host: Host | None, about: dict[str, Any], time: int, more: dict[str, Any]) -> dict[str, Any]:
    said = sentence(result, _LONGEST)
    severity_id, severity = _SEVERITIES[result.severity if result.outcome in _FAILED else "info"]
    status_id, status = _STATUS.get(result.outcome, _NEW)
    event = {
        **_CLASS,
        "time": time,
        "severity_id": severity_id,
        "severity": severity,
        "status_id": status_id,
        "status": status,
        "message": f"{plain(result.host)}: {plain(result.title)}: {said}",
        "metadata": {**about, "event_code": result.check},
        "finding_info": {
            "uid": fingerprint(result),
            "title": result.title,
            "desc": said,
            "types": [result.topic],
            "created_time": time,
        },
        "compliance": _compliance(result, said),
        "resources": _resources(result, host),
        "unmapped": {name: value for name in _UNMAPPED if (value := getattr(result, name)) is not None} | more,
    }
    seen = _milliseconds(host.recorded) if host is not None else None
    if seen is not None:
        event["start_time"] = seen
    if result.outcome == "waived":
        event["comment"] = f"Waived {waived(result.waiver or {}, _LONGEST)}"
    if result.fix:
        event["remediation"] = {"desc": result.fix}
    return event


def _compliance(result: Result, said: str) -> dict[str, Any]:
    status_id, status = _COMPLIANCE[result.outcome]
    made: dict[str, Any] = {
        "control": result.check,
        "desc": result.title,
        "status_id": status_id,
        "status": status,
        "status_code": result.reason_code or result.outcome,
        "status_details": [said],
    }
    if result.refs:
        made["standards"] = list(dict.fromkeys(ref.partition(":")[0] for ref in result.refs))
        made["requirements"] = result.refs
    return made


def _resources(result: Result, host: Host | None) -> list[dict[str, Any]]:
    """The host, and what on it was judged."""
    found: list[dict[str, Any]] = [{"uid": result.host, "name": result.host, "type": "host"}]
    if host is not None and host.recorded is None:
        found[0]["labels"] = ["not looked at"]
    if result.param is not None:
        found.append({"uid": f"{result.host}/{result.param}", "name": result.param, "type": result.topic})
    return found


def _milliseconds(text: str | None) -> int | None:
    moment = known_moment(text)
    return None if moment is None else int(moment.timestamp() * 1000)
