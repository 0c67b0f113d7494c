"""The plugin that joins a pytest run which has targets: probe, collect, judge, record, end with our exit status."""

from __future__ import annotations

import contextlib
import gc
import threading
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

import pytest

from dockworthy import __version__
from dockworthy.check import Check
from dockworthy.errors import DockworthyError
from dockworthy.facts.facts import Declaration, check_declared
from dockworthy.facts.names import NAMES
from dockworthy.run.items import CheckFile, HostItem, RecordItem, items_of, node_name
from dockworthy.run.loading import Catalogue, not_loaded
from dockworthy.run.options import Options
from dockworthy.run.plan import plan_of
from dockworthy.run.recorder import Recorder
from dockworthy.run.reports import is_heard, run_item
from dockworthy.signals import interrupt_on_end

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from dockworthy.run.hosts import RunHost
    from dockworthy.run.state import Plan

__all__ = ["RunSession", "join"]

_MARK = b"dockworthy"


def join(config: pytest.Config) -> None:
    """Make the plan (which probes the hosts) and register the plugin; `pytest.UsageError` for what a user can fix."""
    if not hasattr(config, "workerinput") and threading.current_thread() is threading.main_thread():
        config.add_cleanup(interrupt_on_end())
    try:
        plan = plan_of(config)
    except DockworthyError as error:
        raise pytest.UsageError(Options.from_pytest(config).as_typed(str(error))) from None
    session = RunSession(config, plan)
    # Items live until the end, so that looking for garbage among them every few hundred finds none and costs a fifth.
    # What was imported does so, too.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()
    config.pluginmanager.register(session, "dockworthy-session")
    config.pluginmanager.register(_fixtures(), "dockworthy-fixtures")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(session.recorder, "dockworthy-recorder")
    if config.option.dockworthy_quiet:
        from dockworthy.run.quiet import replace_reporter  # noqa: PLC0415 - only in `dockworthy check`

        replace_reporter(config)
    if getattr(config.option, "htmlpath", None):
        from dockworthy.run.html import HtmlRows  # noqa: PLC0415 - only where pytest-html writes a page

        config.pluginmanager.register(HtmlRows(), "dockworthy-html")
        _forget_environment(config)


def _forget_environment(config: pytest.Config) -> None:
    """Take CI's variables, which pytest-metadata collects, out of the page: their values may hold credentials."""
    from pytest_metadata.plugin import metadata_key  # noqa: PLC0415 - comes with pytest-html

    collected: dict[str, Any] = config.stash.get(metadata_key, {})
    collected.clear()
    collected["dockworthy"] = __version__


class RunSession:
    """The hooks of one run."""

    def __init__(self, config: pytest.Config, plan: Plan) -> None:
        self.config = config
        self.plan = plan
        self.hosts: list[RunHost] = plan.hosts  # in the order of the targets
        self.catalogue = Catalogue()
        self.recorder = Recorder(plan.writer)  # the results so far, in the controlling process
        self._refused: list[DockworthyError] = []
        self._is_heard: bool | None = None
        self._patterns: list[str] = config.getini("python_files")
        for host in self.hosts:
            host.declare(self.catalogue.facts)

    def selects(self, definition: Check, host: RunHost) -> bool:
        """Whether this run asks this check of this host."""
        return self.plan.selection.selects(definition, host.profile)

    def refuse(self, error: DockworthyError) -> None:
        """Keep an error that ends the run before anything is judged."""
        self._refused.append(error)

    # --- collection ------------------------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Generator[None, object, object]:
        """Refuse a conftest.py below the checks that ends the run while it is imported."""
        try:
            return (yield)
        except SystemExit as error:
            raise pytest.UsageError(str(not_loaded(error))) from None

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Take Python files that name us and are not pytest's own test files."""
        # pytest takes a file that is named itself as a module of tests, too: see the next hook.
        return None if parent.session.isinitpath(file_path) else self._check_file(file_path, parent)

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makemodule(self, module_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Take a file of checks that was named itself, once, in place of pytest's module."""
        return self._check_file(module_path, parent)

    def _check_file(self, path: Path, parent: pytest.Collector) -> CheckFile | None:
        if path.suffix != ".py" or path.name in {"__init__.py", "conftest.py"}:
            return None
        if any(fnmatch(path.name, pattern) for pattern in self._patterns):
            return None
        if _MARK not in path.read_bytes():
            return None
        collector: CheckFile = CheckFile.from_parent(parent, path=path)
        collector.run = self
        return collector

    def pytest_pycollect_makeitem(self, collector: pytest.Collector, obj: object) -> list[pytest.Item] | None:
        """Take decorated facts and checks in pytest's own test files."""
        declaration = getattr(obj, "__dockworthy_fact__", None)
        definition = getattr(obj, "__dockworthy_check__", None)
        try:
            if isinstance(declaration, Declaration):
                self.catalogue.add_fact(declaration)
                return []
            if not isinstance(definition, Check):
                return None
            self.catalogue.add(definition)
        except DockworthyError as error:
            self.refuse(error)
            return []
        return [
            item
            for host in self.hosts
            if host.can_answer(definition) and self.selects(definition, host)
            for item in items_of(collector, definition, host)
        ]

    def pytest_exception_interact(
        self, node: pytest.Item | pytest.Collector, call: pytest.CallInfo[Any], report: object
    ) -> None:
        """Refuse a test file among the checks that cannot be imported."""
        if isinstance(report, pytest.CollectReport) and call.excinfo is not None:
            error = call.excinfo.value
            self.refuse(not_loaded(error.__cause__ or error, getattr(error, "path", node.path)))

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run a plain test that asks for facts once for each host."""
        if "dockworthy_host" in metafunc.fixturenames:
            hosts = [host for host in self.hosts if host.snapshot is not None]
            metafunc.parametrize("dockworthy_host", hosts, ids=[host.name for host in hosts], scope="session")

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Refuse broken check files; add the one result of each host that was not reached."""
        if self._refused:
            raise pytest.UsageError(str(self._refused[0]))
        try:
            check_declared(self.catalogue.facts)
            self.plan.selection.check_names(self.catalogue)
        except DockworthyError as error:
            raise pytest.UsageError(self.plan.options.as_typed(str(error))) from None
        items[:0] = [
            HostItem.from_parent(session, name=node_name("host.reachable", host.name, None), host=host)
            for host in self.hosts
            if host.snapshot is None
        ]

    # --- running ---------------------------------------------------------------------------------------------

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Run our items our way."""
        if not isinstance(item, RecordItem):
            return None
        if self._is_heard is None:
            self._is_heard = is_heard(self.config)
        run_item(item, nextitem, heard=self._is_heard)
        return True

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write what was found and set the documented exit status."""
        if hasattr(self.config, "workerinput") or self.config.option.collectonly:
            return
        if exitstatus not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED}:
            return
        from dockworthy.run.finish import finish  # noqa: PLC0415 - only at the end, in one process

        capture = self.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled() if capture else contextlib.nullcontext():
            session.exitstatus = finish(self.plan, self.recorder, exitstatus)
        reporter = self.config.pluginmanager.getplugin("terminalreporter")
        if self.plan.failure is not None and reporter is not None and not self.config.option.dockworthy_quiet:
            reporter.write_line(f"dockworthy: {self.plan.failure}", red=True)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Hand a worker of pytest-xdist the snapshots, the run's id and its clock."""
        node.workerinput["dockworthy"] = self.plan.for_workers()

    def pytest_unconfigure(self) -> None:
        """Close what is open, also of an interrupted run."""
        self.plan.close()


def _fixtures() -> object:
    """A plugin with one fixture for each fact, for tests that are no checks."""

    class Facts:
        """The facts' fixtures."""

        @pytest.fixture(scope="session")
        def facts(self, dockworthy_host: RunHost) -> Any:
            """All facts of the host."""
            return dockworthy_host.facts

        @pytest.fixture(scope="session")
        def dockworthy_host(self, request: pytest.FixtureRequest) -> Any:
            """The host that is judged."""
            return request.param

    for name in NAMES:
        setattr(Facts, name, _fact_fixture(name))
    return Facts()


def _fact_fixture(name: str) -> object:
    def fact(self: object, dockworthy_host: RunHost) -> Any:
        del self
        return dockworthy_host.facts.find(name)

    return pytest.fixture(scope="session", name=name)(fact)
