"""How one item becomes pytest's reports, at the cost of one.

pytest's own protocol spends most of a short item on fixtures, captures and hooks that a check, which runs
nothing and prints nothing, has no use for. Every plugin sees the outcome and the end of each item; a report that says
that there was nothing to set up is left out. Where nobody but this run listens, so is all but the outcome.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy.report.words import observation
from dockworthy.results.model import Result
from dockworthy.run.items import CheckFunction, RecordItem

if TYPE_CHECKING:
    from typing import Literal

__all__ = ["is_heard", "run_item", "sentence"]


def is_heard(config: pytest.Config) -> bool:
    """Whether a plugin is told of each item that wants to know more of it than its outcome."""
    hook = config.hook
    hooks = (hook.pytest_runtest_logstart, hook.pytest_runtest_logreport, hook.pytest_runtest_logfinish)
    listeners = [one.plugin for caller in hooks for one in caller.get_hookimpls()]
    return not all(isinstance(one, pytest.Session) or getattr(one, "hears_outcomes", False) for one in listeners)


def run_item(item: RecordItem, nextitem: pytest.Item | None, *, heard: bool = True) -> None:
    """Run one item and hand its reports to pytest: its outcome alone, where nothing else is heard."""
    hook = item.ihook
    if heard:
        hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    start = time.time()
    failure = _run(item, nextitem)
    stop = time.time()
    hook.pytest_runtest_logreport(report=_outcome(item, failure, start, stop))
    if heard:
        hook.pytest_runtest_logreport(report=_report(item, "teardown", "passed", "", stop, stop))
        hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)


def _run(item: RecordItem, nextitem: pytest.Item | None) -> str | None:
    """Run it; return what went wrong outside the check's own judgement (a fixture that broke)."""
    if not isinstance(item, CheckFunction):
        item.runtest()
        return None
    state = item.session._setupstate  # noqa: SLF001 - pytest has no public way to set an item up
    failure = None
    try:
        state.setup(item)
        item.runtest()
    except Exception as error:  # noqa: BLE001 - whatever a user's fixture raises
        failure = f"a fixture of the check broke ({type(error).__name__})"
    finally:
        following = nextitem if isinstance(nextitem, (CheckFunction, pytest.Function)) else None
        state.teardown_exact(following)
    return failure


def sentence(record: dict[str, Any]) -> str:
    """What happened, in one line."""
    if record["reason"]:
        source = f" ({record['source']})" if record["source"] else ""
        return f"{record['outcome']}: {record['reason']}{source}"
    return f"{record['outcome']}: {observation(Result(**record))}"


def _outcome(item: RecordItem, failure: str | None, start: float, stop: float) -> pytest.TestReport:
    record = item.record
    if failure is not None and not record:
        record = item.record = broken_record(item, failure)
    outcome = record["outcome"]
    line = "" if outcome == "pass" else sentence(record)
    if outcome == "error":
        report = _report(item, "setup", "failed", line, start, stop)
    else:
        word: Literal["passed", "failed", "skipped"] = (
            "passed" if outcome == "pass" else "failed" if outcome == "fail" else "skipped"
        )
        report = _report(item, "call", word, line, start, stop)
        if outcome == "waived":
            report.wasxfail = line
    report.dockworthy = record  # type: ignore[attr-defined]
    return report


def broken_record(item: RecordItem, failure: str) -> dict[str, Any]:
    """The record of a check whose fixtures broke."""
    from dockworthy.check import Judgement  # noqa: PLC0415 - a rare path
    from dockworthy.evidence import Code  # noqa: PLC0415 - a rare path
    from dockworthy.run.record import record_of  # noqa: PLC0415 - a rare path

    if not isinstance(item, CheckFunction):
        raise TypeError(failure)
    judgement = Judgement(
        "error", None, None, item.definition.id, item.definition.fix, failure, Code.CHECK_BROKEN.value
    )
    return record_of(item.definition, judgement, item.run_host, item.given[0], 0.0)


def _report(
    item: RecordItem,
    when: Literal["setup", "call", "teardown"],
    outcome: Literal["passed", "failed", "skipped"],
    line: str,
    start: float,
    stop: float,
) -> pytest.TestReport:
    longrepr: Any = None
    if outcome == "failed":
        longrepr = line
    elif outcome == "skipped":
        path, number, _ = item.location
        longrepr = (path, (number or 0) + 1, line)
    report = pytest.TestReport(
        nodeid=item.nodeid,
        location=item.location,
        keywords={},
        outcome=outcome,
        longrepr=longrepr,
        when=when,
        duration=stop - start,
        start=start,
        stop=stop,
    )
    report.dockworthy_item = True  # type: ignore[attr-defined]
    return report
