"""SARIF 2.1.0, for services that show findings beside code.

What is a problem, or may be one, is a result: ``fail`` with its level, ``waived`` suppressed, ``error`` open and
``manual`` to be reviewed, both without a level. ``pass`` and ``skip`` are counted among the run's properties, and no
results: GitHub takes every result for an alert, whatever its kind, and refuses a run of more than 25,000.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from dockworthy.moments import known_moment, shown
from dockworthy.report.formats.interface import Writer
from dockworthy.report.location import Locations
from dockworthy.report.marked import fenced, marked
from dockworthy.report.sentence import rehearsed, sentence, waived
from dockworthy.report.words import instance, plain
from dockworthy.results.fingerprint import identified
from dockworthy.results.model import SEVERITIES
from dockworthy.results.writer import dumps, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from dockworthy.report.location import Location
    from dockworthy.results.model import Result, Results

__all__ = ["Sarif"]

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
KINDS = {"fail": "fail", "waived": "fail", "error": "open", "manual": "review"}
_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
# GitHub's words for the numbers: critical from 9.0, high from 7.0, medium from 4.0, low from 0.1.
_NUMBERS = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0", "info": "0.0"}
_LONGEST = 1000  # characters of one value in a message; the properties have all of it


class Sarif(Writer):
    """``--report sarif``."""

    name = "sarif"
    file_name = "results.sarif"

    def write(self, results: Results, out: BinaryIO) -> None:
        """Write one document with one run, a result at a time."""
        problems = [result for result in results.results if result.outcome in KINDS]
        rules = _rules(problems)
        run = {
            "tool": {"driver": _driver(results, rules.values())},
            "automationDetails": {"id": f"dockworthy/{plain(results.run.id)}"},
            "invocations": [_invocation(results)],
            "columnKind": "unicodeCodePoints",
            "properties": _properties(results),
        }
        out.write(b'{"$schema":%b,"version":"2.1.0","runs":[%b,"results":' % (dumps(_SCHEMA), dumps(run)[:-1]))
        out.writelines(listed(_results(problems, {check: place for place, check in enumerate(rules)}, results)))
        out.write(b"}]}\n")


def _driver(results: Results, rules: Iterable[dict[str, Any]]) -> dict[str, Any]:
    version = plain(results.run.tool_version) or "unknown"
    return {"name": "dockworthy", "fullName": f"dockworthy {version}", "version": version, "rules": list(rules)}


def _rules(problems: Iterable[Result]) -> dict[str, dict[str, Any]]:
    """A rule for each check, by its id, with the worst severity that any of its results has."""
    by_check: dict[str, list[Result]] = {}
    for result in problems:
        by_check.setdefault(result.check, []).append(result)
    return {check: _rule(check, found) for check, found in sorted(by_check.items())}


def _rule(check: str, found: list[Result]) -> dict[str, Any]:
    worst = min(found, key=lambda result: result.rank)
    title = plain(worst.title).rstrip(".") + "."
    fixes = list(dict.fromkeys(result.fix for result in found if result.fix))
    refs = list(dict.fromkeys(ref for result in found for ref in result.refs))
    text, markdown = [title], [f"**{marked(title)}**"]
    if fixes:
        several = f" (the first of {len(fixes)}; each result has its own)" if len(fixes) > 1 else ""
        text += ["", f"Fix{several}:", *(plain(line, _LONGEST) for line in fixes[0].splitlines())]
        markdown += ["", f"Fix{several}:", "", *fenced(fixes[0], _LONGEST)]
    if refs:
        text += ["", f"References: {', '.join(map(plain, refs))}"]
        markdown += ["", f"References: {', '.join(map(marked, refs))}"]
    return {
        "id": check,
        "shortDescription": {"text": title},
        "fullDescription": {"text": title},
        "help": {"text": "\n".join(text), "markdown": "\n".join(markdown)},
        "defaultConfiguration": {"level": _LEVELS[worst.severity]},
        "properties": {
            "security-severity": _NUMBERS[worst.severity],
            "tags": list(dict.fromkeys(["security", plain(worst.topic), *map(plain, refs[:18])])),
        },
    }


def _results(problems: Iterable[Result], rules: dict[str, int], results: Results) -> Iterator[dict[str, Any]]:
    locations = Locations(results)
    for result, identity in identified(problems):
        level = _LEVELS[result.severity] if KINDS[result.outcome] == "fail" else "none"
        made: dict[str, Any] = {
            "ruleId": result.check,
            "ruleIndex": rules[result.check],
            "kind": KINDS[result.outcome],
            "level": level,
            "message": {"text": _message(result)},
            "locations": [_location(result, locations.of(result.host))],
            "partialFingerprints": {"primaryLocationLineHash": identity},
            "properties": _kept(result),
        }
        if result.outcome == "waived":
            made["suppressions"] = [
                {"kind": "external", "status": "accepted", "justification": waived(result.waiver or {}, _LONGEST)}
            ]
        yield made


def _message(result: Result) -> str:
    """What is said of it. A name can be no link: what SARIF takes for one is pulled apart."""
    text = f"{plain(result.host)}: {plain(result.title)}: {sentence(result, _LONGEST)}."
    if result.fix and result.outcome == "fail":
        text += "\n\nFix:\n" + "\n".join(plain(line, _LONGEST) for line in result.fix.splitlines())
    return text.replace("](", "] (")


def _location(result: Result, place: Location) -> dict[str, Any]:
    return {
        "physicalLocation": {"artifactLocation": {"uri": place.uri}, "region": {"startLine": place.line}},
        "logicalLocations": [
            {
                "name": plain(result.host),
                "fullyQualifiedName": f"{plain(result.host)}/{instance(result)}",
                "kind": "resource",
            }
        ],
    }


def _kept(result: Result) -> dict[str, Any]:
    """What SARIF has no place for, exactly as the record has it."""
    names = ("host", "param", "severity", "outcome", "observed", "expected", "source", "fix", "refs", "waiver")
    more = ("reason", "reason_code", "release", "before")
    kept = {name: getattr(result, name) for name in names}
    return kept | {name: value for name in more if (value := getattr(result, name)) is not None}


def _invocation(results: Results) -> dict[str, Any]:
    """How it ran. It succeeded where it came to its end; a host that was not reached is told as a failure to run."""
    run = results.run
    told = [] if results.complete else ["The run did not come to its end; results are missing."]
    told += [f"{plain(host.name)} could not be looked at: {plain(host.error or '')}." for host in results.unreachable]
    made: dict[str, Any] = {
        "executionSuccessful": results.complete,
        "arguments": run.argv[1:],
        "toolExecutionNotifications": [{"level": "error", "message": {"text": text}} for text in told],
    }
    for name, text in (("startTimeUtc", run.started), ("endTimeUtc", run.finished)):
        moment = known_moment(text)
        if moment is not None:
            made[name] = shown(moment)
    return made


def _properties(results: Results) -> dict[str, Any]:
    run, counts = results.run, Counter(result.severity for result in results.results if result.outcome == "fail")
    return {
        "runId": run.id,
        "profiles": run.profiles,
        "rehearsal": run.rehearsal,
        "judged": rehearsed(run) or "the hosts as they are",
        "outcomes": results.summary.by_outcome,
        "findings": {severity: counts[severity] for severity in SEVERITIES},
        "hosts": [
            {"name": host.name, "reachable": host.reachable, "recorded": host.recorded} for host in results.hosts
        ],
    }
