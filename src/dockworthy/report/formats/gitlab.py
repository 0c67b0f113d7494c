"""GitLab's code quality report: a list of issues, by which a merge request shows what came and what went.

GitLab knows no outcome but an issue, and drops without a word the second of two with one fingerprint. A ``fail`` has
the severity that GitLab has for it; what is undecided, waived or to be attested is an issue of severity ``info`` whose
description begins with that, so that it neither counts as a finding nor looks as if it had passed.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from dockworthy.report.formats.interface import Writer
from dockworthy.report.location import Locations
from dockworthy.report.sentence import kept, rehearsed, waived
from dockworthy.report.words import instance, observation, plain
from dockworthy.results.fingerprint import identified
from dockworthy.results.writer import listed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from dockworthy.results.model import Result, Results

__all__ = ["GitLab"]

_SEVERITIES = {"critical": "blocker", "high": "critical", "medium": "major", "low": "minor", "info": "info"}
_UNFINISHED = "run.complete"  # stands for a check that every run has
_BEGINNINGS = {"fail": "", "error": "Undecided: ", "waived": "Waived: ", "manual": "To be attested: "}


class GitLab(Writer):
    """``--report gitlab``."""

    name = "gitlab"
    file_name = "gl-code-quality-report.json"

    def write(self, results: Results, out: BinaryIO) -> None:
        """Write the list, an issue at a time."""
        out.writelines(listed(_issues(results)))
        out.write(b"\n")


def _issues(results: Results) -> Iterator[dict[str, Any]]:
    locations = Locations(results)
    what = rehearsed(results.run)
    if not results.complete:
        yield {
            "description": "Undecided: the run did not come to its end, and results are missing",
            "check_name": _UNFINISHED,
            "fingerprint": sha256(_UNFINISHED.encode()).hexdigest()[:32],
            "severity": "info",
            "location": {"path": "hosts/_", "lines": {"begin": 1}},
            "categories": ["Security"],
        }
    for result, identity in identified(result for result in results.results if result.outcome in _BEGINNINGS):
        place = locations.of(result.host)
        yield {
            "description": _description(result, what),
            "check_name": result.check,
            "fingerprint": identity,
            "severity": _SEVERITIES[result.severity] if result.outcome == "fail" else "info",
            "location": {"path": place.path, "lines": {"begin": place.line}},
            "categories": ["Security"],
        }


def _description(result: Result, what: str | None) -> str:
    beginning = _BEGINNINGS[result.outcome] + (f"In {what}: " if what else "")
    seen = [waived(result.waiver or {})] if result.outcome == "waived" else []
    seen += [observation(result), *kept(result)]
    return f"{beginning}{plain(result.title)}: {plain(result.host)}: {instance(result)}: {'; '.join(seen)}"
