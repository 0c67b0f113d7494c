"""JUnit XML, as CI servers read it, valid against the schema that pytest tests its own with.

One suite a host, one case a result. ``fail`` is a failure and ``error`` an error; ``skip``, ``waived`` and
``manual`` are skipped, each with its reason, because JUnit has no other word for them. A suite's properties say by
which profile and when its host was looked at, what a rehearsal took in place of what the host has, and whether the run
came to its end.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

from dockworthy.regex import regex
from dockworthy.report.formats.interface import Writer
from dockworthy.report.sentence import kept, rehearsal, waived

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import BinaryIO

    from dockworthy.results.model import Host, Result, Results

__all__ = ["JUnit"]

# What XML 1.0, production 2, leaves out: it may not stand in a document, not even as a reference.
_ILLEGAL = regex("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_IN_TEXT = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"}  # the first first
_IN_ATTRIBUTES = {**_IN_TEXT, '"': "&quot;", "\n": "&#10;", "\t": "&#9;"}
_LONGEST = 8192
_SKIPPED = ("skip", "waived", "manual")


def _escaped(text: str, entities: Mapping[str, str]) -> str:
    """The text as XML takes it; without ``xml.sax``, which brings an HTTP client with it."""
    text = _ILLEGAL.sub("\N{REPLACEMENT CHARACTER}", text[:_LONGEST])
    for character, entity in entities.items():
        text = text.replace(character, entity)
    return text


def _attribute(text: str) -> str:
    return _escaped(text, _IN_ATTRIBUTES)


def _text(text: str) -> str:
    return _escaped(text, _IN_TEXT)


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


class JUnit(Writer):
    """``--report junit``."""

    name = "junit"
    file_name = "junit.xml"

    def write(self, results: Results, out: BinaryIO) -> None:
        """Write one document."""
        by_host: dict[str, list[Result]] = defaultdict(list)
        for result in results.results:
            by_host[result.host].append(result)
        hosts = {host.name: host for host in results.hosts}
        counts = results.summary.by_outcome
        out.write(
            f'<?xml version="1.0" encoding="utf-8"?>\n<testsuites name="dockworthy" tests="{len(results.results)}" '
            f'failures="{counts["fail"]}" errors="{counts["error"]}">\n'.encode()
        )
        about = {"run": results.run.id, "complete": str(results.complete).lower(), "rehearsal": rehearsal(results.run)}
        out.writelines(
            _suite(name, hosts.get(name), judged, results.run.started, about).encode()
            for name, judged in by_host.items()
        )
        out.write(b"</testsuites>\n")


def _suite(
    name: str, host: Host | None, results: Sequence[Result], started: str, about: Mapping[str, str | None]
) -> str:
    outcomes = [result.outcome for result in results]
    skipped = sum(outcomes.count(outcome) for outcome in _SKIPPED)
    head = (
        f'<testsuite name="{_attribute(name)}" tests="{len(results)}" failures="{outcomes.count("fail")}" '
        f'errors="{outcomes.count("error")}" skipped="{skipped}" '
        f'time="{sum(result.seconds for result in results):.3f}" timestamp="{_attribute(started.rstrip("Z"))}" '
        f'hostname="{_attribute(name)}">\n'
    )
    told = {"profile": host.profile, "recorded": host.recorded, **about} if host else about
    properties = "".join(f'<property name="{key}" value="{_attribute(text)}"/>' for key, text in told.items() if text)
    cases = "".join(_case(result) for result in results)
    return f"{head}<properties>{properties}</properties>\n{cases}</testsuite>\n"


def _case(result: Result) -> str:
    name = result.check if result.param is None else f"{result.check}[{result.param}]"
    classname = f"{result.host}.{result.topic}"
    head = f'<testcase classname="{_attribute(classname)}" name="{_attribute(name)}" time="{result.seconds:.3f}"'
    if result.outcome == "pass":
        return f"{head}/>\n"
    if result.outcome in {"fail", "error"}:
        tag = "failure" if result.outcome == "fail" else "error"
        kind = f' type="{_attribute(result.severity)}"'
    else:
        tag, kind = "skipped", f' type="{_attribute(result.outcome)}"'
    message, body = _attribute(_message(result)), _text(_body(result))
    return f'{head}>\n<{tag}{kind} message="{message}">{body}</{tag}>\n</testcase>\n'


def _message(result: Result) -> str:
    if result.outcome == "waived":
        return f"waived {waived(result.waiver or {}, _LONGEST)}"
    if result.reason:
        return result.reason
    return f"{result.title}: observed {_value(result.observed)}, expected {_value(result.expected)}"


def _body(result: Result) -> str:
    lines = [
        result.title,
        f"severity: {result.severity}",
        f"observed: {_value(result.observed)}",
        f"expected: {_value(result.expected)}",
        f"source: {result.source}",
    ]
    lines += kept(result)
    if result.fix:
        lines.append(f"fix: {result.fix}")
    if result.refs:
        lines.append(f"refs: {', '.join(result.refs)}")
    return "\n".join(lines)
