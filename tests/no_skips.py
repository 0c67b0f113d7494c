"""Refuses a test run in which an engine's test was skipped, or none ran: ``python -m tests.no_skips REPORT.xml…``."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree as ET

ENGINE = "tests.engine"


def judge(*reports: Path) -> str | None:
    """What is wrong with the runs, or None."""
    trees = [ET.fromstring(report.read_bytes()) for report in reports]  # noqa: S314 - our own pytest wrote them
    cases = [case for tree in trees for case in tree.iter("testcase")]
    engine = [case for case in cases if (case.get("classname") or "").startswith(ENGINE)]
    if not engine:
        return "no engine test ran"
    skipped = [case for case in engine if case.find("skipped") is not None]
    if skipped:
        names = ", ".join(f"{case.get('classname')}.{case.get('name')}" for case in skipped[:5])
        return f"{len(skipped)} of {len(engine)} engine tests were skipped: {names}"
    print(f"{len(engine)} engine tests ran, none was skipped; {len(cases)} tests in all")  # noqa: T201 - its output
    return None


if __name__ == "__main__":
    problem = judge(*map(Path, sys.argv[1:]))
    if problem:
        sys.exit(f"tests.no_skips: {problem}")
