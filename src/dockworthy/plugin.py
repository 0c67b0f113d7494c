"""The pytest plugin: options first, and nothing else until a target is named.

Registered as an entry point, so every pytest run in the environment loads this module. It must therefore
stay small, and change nothing in a project that does not use it.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from _pytest.config import ConftestImportFailure

from dockworthy.run.options import add_options, is_active, names_hosts

_MOST_FILES = 500

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable


def pytest_addoption(parser: pytest.Parser) -> None:
    """Define ``--dw-…``."""
    add_options(parser)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """Tell of a ``conftest.py`` that cannot be imported as of a check file: without what its error says."""
    try:
        return (yield)
    except (ConftestImportFailure, SystemExit) as failure:
        if not names_hosts(early_config.known_args_namespace):
            raise
        from dockworthy.run.loading import not_loaded  # noqa: PLC0415 - only where one is broken

        cause = failure.cause if isinstance(failure, ConftestImportFailure) else failure
        raise pytest.UsageError(str(not_loaded(cause, getattr(failure, "path", None)))) from None


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Join the run where it has targets; last, when pytest's own reporter is there."""
    if is_active(config):
        from dockworthy.run.session import join  # noqa: PLC0415 - heavy, and of no use to other projects

        _refuse_readers(config)
        join(config)


def _refuse_readers(config: pytest.Config) -> None:
    """Refuse what is wrong in ``--dw-notify``, before a host is looked at."""
    if not getattr(config.option, "dockworthy_notify", None) or hasattr(config, "workerinput"):
        return
    from dockworthy.errors import DockworthyError  # noqa: PLC0415 - only where somebody is to be told
    from dockworthy.notify.telling import refuse  # noqa: PLC0415 - see above
    from dockworthy.run.options import Options  # noqa: PLC0415 - see above

    options = Options.from_pytest(config)
    try:
        refuse(options)
    except DockworthyError as error:
        raise pytest.UsageError(options.as_typed(str(error))) from None


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Tell who wants to know what the run changed; `dockworthy check` does so itself, after its summary."""
    if not getattr(config.option, "dockworthy_notify", None) or hasattr(config, "workerinput"):
        return
    from dockworthy.notify.telling import tell_run  # noqa: PLC0415 - only where somebody is to be told

    session = config.pluginmanager.getplugin("dockworthy-session")
    if session is not None:
        tell_run(session.plan)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config) -> None:
    """Say how a target is named, where nothing ran because a run over check files names none."""
    if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and not is_active(config) and _has_checks(config.args):
        terminalreporter.write_line(
            "dockworthy: these are checks, and no target is named; add --dw-target local:// for this host."
        )


def _has_checks(arguments: Iterable[str]) -> bool:
    """Whether one of the named files or folders holds a check of ours."""
    for argument in arguments:
        path = Path(argument.partition("::")[0])
        files = [path] if path.is_file() else islice(path.rglob("*.py"), _MOST_FILES)
        if any(_is_check_file(file) for file in files):
            return True
    return False


def _is_check_file(path: Path) -> bool:
    try:
        return b"dockworthy.check" in path.read_bytes()
    except OSError:
        return False
