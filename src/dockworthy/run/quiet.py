"""A terminal reporter that prints nothing: ``dockworthy check`` prints its own summary from the results."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from _pytest.terminal import TerminalReporter

from dockworthy.errors import internal_error

__all__ = ["QuietReporter"]


class QuietReporter(TerminalReporter):  # type: ignore[misc] # pytest has no other place for it
    """Stands in for pytest's reporter, whose work for each item costs more than the item's judgement."""

    hears_outcomes = True  # and has no use for more

    def pytest_runtest_logstart(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        """Print nothing."""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print and keep nothing, but for errors outside of checks, which are told at the end."""
        if report.failed and not hasattr(report, "dockworthy_item"):
            self.stats.setdefault("failed", []).append(report)

    def pytest_runtest_logfinish(self, nodeid: str) -> None:
        """Print nothing."""

    def pytest_collection(self) -> None:
        """Print nothing."""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Print nothing: what could not be collected ends the run with a sentence."""

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Print nothing."""

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Print no header."""
        self._session = session

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: Any) -> Any:  # noqa: ARG002 - the hook's form
        """Print no summary; say what broke outside of checks."""
        for report in self.stats.get("failed", []):
            self.write_line(f"{report.nodeid}: {report.longreprtext}")
        return (yield)

    def pytest_internalerror(  # type: ignore[override] # pytest passes whatever a hook names
        self, excrepr: object, excinfo: pytest.ExceptionInfo[BaseException]
    ) -> bool:
        """Tell it as every command does, in the place of a traceback with its values."""
        del excrepr
        sys.stderr.write(internal_error(excinfo.value, "check"))
        return True

    def pytest_unconfigure(self) -> None:
        """Print nothing."""

    def report_collect(self, final: bool = False) -> None:
        """Print nothing."""


def replace_reporter(config: pytest.Config) -> None:
    """Put the quiet reporter in the place of pytest's."""
    manager = config.pluginmanager
    reporter = manager.get_plugin("terminalreporter")
    if reporter is not None:
        manager.unregister(reporter)
        manager.register(QuietReporter(config), "terminalreporter")
