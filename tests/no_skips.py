"""Refuses a run in which a test of an engine or a reader was skipped, or none ran.

``python -m tests.no_skips REPORT.xml…``
"""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree as ET

NEEDED = {"engine": "tests.engine", "reader": "tests.readers"}  # what must run, and where its tests lie


def judge(*reports: Path) -> str | None:
    """What is wrong with the runs, or None."""
    trees = [ET.fromstring(report.read_bytes()) for report in reports]  # noqa: S314 - our own pytest wrote them
    cases = [case for tree in trees for case in tree.iter("testcase")]
    told = []
    for kind, folder in NEEDED.items():
        mine = [case for case in cases if (case.get("classname") or "").startswith(folder)]
        if not mine:
            return f"no {kind} test ran"
        skipped = [case for case in mine if case.find("skipped") is not None]
        if skipped:
            names = ", ".join(f"{case.get('classname')}.{case.get('name')}" for case in skipped[:5])
            return f"{len(skipped)} of {len(mine)} {kind} tests were skipped: {names}"
        told.append(f"{len(mine)} {kind} tests")
    print(f"{' and '.join(told)} ran, none was skipped; {len(cases)} tests in all")  # noqa: T201 - its output
    return None


if __name__ == "__main__":
    problem = judge(*map(Path, sys.argv[1:]))
    if problem:
        sys.exit(f"tests.no_skips: {problem}")
