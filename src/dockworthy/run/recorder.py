"""Takes each result's record from pytest's reports, and keeps what the summary needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

    from dockworthy.results.writer import ResultsWriter

__all__ = ["Recorder"]


class Recorder:
    """A pytest plugin that hands each record to the writer as soon as it is there."""

    hears_outcomes = True  # and has no use for more

    def __init__(self, writer: ResultsWriter | None) -> None:
        self.writer = writer
        self.results: list[dict[str, Any]] = []
        self.foreign_failures = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep and write the record; count failures of tests that are no checks."""
        record = getattr(report, "dockworthy", None)
        if record is None:
            self.foreign_failures += report.failed
            return
        self.results.append(record)
        if self.writer is not None:
            self.writer.result(record)
