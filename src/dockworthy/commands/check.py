"""``dockworthy check``: probe, judge inside pytest, write the reports, print the summary."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.errors import UsageError
from dockworthy.typed import words

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from dockworthy.run.options import Options
    from dockworthy.run.state import Plan
    from dockworthy.target import Target

__all__ = ["add_arguments", "run"]

REPORTS = "reports"
FEW = 32  # hosts that are judged in pytest, and of which the reports that hold all of them at once are written

# Plugins of pytest's own that do nothing for a run, and those that do something for tests and what a user asks of them.
_LEFT_OUT = words("cacheprovider logging warnings unraisableexception threadexception faulthandler")
_OF_TESTS = words(
    "assertion capture debugging doctest junitxml legacypath monkeypatch pastebin recwarn reports setuponly setupplan "
    "skipping stepwise subtests tmpdir unittest"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``check``; what follows ``--`` goes to pytest."""
    from dockworthy.report.screen import COLOURS  # noqa: PLC0415 - the command's own need
    from dockworthy.run.options import add_arguments as add_options  # noqa: PLC0415 - see above

    parser.add_argument(
        "target", nargs="*", metavar="TARGET", help="a testinfra host spec, snapshot:FILE or rootfs:DIR"
    )
    add_options(parser)
    parser.add_argument(
        "--checks", action="append", default=[], metavar="DIR", help="a folder with checks of your own (repeatable)"
    )
    told = parser.add_mutually_exclusive_group()
    told.add_argument("-q", "--quiet", action="store_true", help="print the verdict and the coverage alone")
    told.add_argument("-v", "--verbose", action="store_true", help="print every result, those that passed as well")
    parser.add_argument(
        "--color",
        choices=COLOURS,
        default="auto",
        help="whether to print in colours (default: at a terminal, unless NO_COLOR is set)",
    )
    parser.epilog = (
        "What follows -- goes to pytest. Its -k compares with a result's name, CHECK[HOST-INSTANCE], and with nothing "
        "that is said of the check; --topic, --severity and --refs select by that."
    )
    parser.set_defaults(pytest_arguments=[], output_dir=REPORTS)


def run(args: argparse.Namespace) -> int:
    """Judge, and return the documented exit status."""
    gc.disable()  # nothing of what is imported is garbage; the session has it looked for from where it begins
    try:
        return _run(args)
    finally:
        gc.enable()


def _run(args: argparse.Namespace) -> int:
    from dockworthy.run.gather import abandon, begin  # noqa: PLC0415 - the command's own need
    from dockworthy.run.loading import check_syntax  # noqa: PLC0415 - the command's own need
    from dockworthy.run.options import Options  # noqa: PLC0415 - the command's own need
    from dockworthy.run.plan import check_options, hand_over, make_plan  # noqa: PLC0415 - the command's own need
    from dockworthy.streams import veiled  # noqa: PLC0415 - see above

    options = Options.from_arguments(args)
    check_options(options)
    if options.notify:
        from dockworthy.notify.telling import refuse  # noqa: PLC0415 - only where somebody is to be told

        refuse(options)
    check_syntax([Path(folder) for folder in args.checks])
    if (fleet := _fleet(args, options)) is not None:
        return _run_fleet(args, options, fleet)
    try:
        if begin(options):
            _prepare_while_probing()
        plan = make_plan(options)
    finally:
        abandon()
    import pytest  # noqa: PLC0415 - heavy, and of no use where something is refused

    folder = _folder(plan, Path(args.output_dir))
    hand_over(plan)
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    with veiled(args.pytest_arguments):
        # A plugin's name is looked for among all that is installed; but a worker of pytest-xdist gets nothing else.
        plugins = [import_module("dockworthy.plugin")] if _asks_nothing(args) else []
        status = int(pytest.main(pytest_arguments(args), plugins=plugins))
    if plan.outcome is not None:
        _summary(plan, folder, args)
        if options.notify:
            from dockworthy.notify.telling import tell_run  # noqa: PLC0415 - see above

            tell_run(plan)
    elif status == pytest.ExitCode.INTERRUPTED:
        kept = plan.writer.lines_path if plan.writer is not None else folder
        sys.stderr.write(f"dockworthy: interrupted; what was judged until then is in {kept}.\n")
    if plan.failure is not None:
        raise UsageError(plan.failure)
    return status


def _fleet(args: argparse.Namespace, options: Options) -> list[Target] | None:
    """The hosts, where they are judged without pytest: because that was asked for, or they are many."""
    if not _asks_nothing(args):
        if options.jobs is not None:
            what = "--checks" if args.checks else "pytest's arguments"
            raise UsageError(f"--jobs: with {what} hosts are judged in pytest, whose processes are those of `-- -n N`.")
        return None
    from dockworthy.run.gather import is_of_store, targets_of  # noqa: PLC0415 - see above

    if options.jobs is None and options.inventory is None and len(options.target) <= FEW and not is_of_store(options):
        return None

    targets = targets_of(options)
    return targets if options.jobs is not None or len(targets) > FEW else None


def _run_fleet(args: argparse.Namespace, options: Options, targets: Sequence[Target]) -> int:
    from dockworthy.fleet.run import Screen, run_fleet  # noqa: PLC0415 - heavy, and of use for many hosts

    stream = sys.stderr if _prints(options.report) else sys.stdout
    return run_fleet(options, targets, Path(args.output_dir), Screen(_detail(args), args.color, stream))


def _prepare_while_probing() -> None:
    """Import and make what the judgement will need while the probe runs: on a second core, that costs nothing."""
    import pytest  # noqa: PLC0415, F401 - see above

    from dockworthy.facts.facts import import_facts  # noqa: PLC0415 - see above
    from dockworthy.profile.locate import checks_folder, profiles_folder  # noqa: PLC0415 - see above
    from dockworthy.profile.params import Params  # noqa: PLC0415 - see above
    from dockworthy.profile.system import systems  # noqa: PLC0415 - see above
    from dockworthy.report.page.template import template  # noqa: PLC0415 - see above
    from dockworthy.run.loading import load_checks  # noqa: PLC0415 - see above

    for name in ("profile.pick", "report.formats.junit", "report.terminal", "run.finish", "run.session"):
        import_module(f"dockworthy.{name}")
    import_facts()
    load_checks(checks_folder())
    systems(profiles_folder())
    Params.model_rebuild()
    template("page.html.j2")


def pytest_arguments(args: argparse.Namespace) -> list[str]:
    """The pytest run: our own configuration and root, so that a foreign one changes nothing."""
    from dockworthy.profile.locate import checks_folder  # noqa: PLC0415 - the command's own need

    checks = checks_folder()
    own = [str(checks), *args.checks]
    settings = Path(__file__).resolve().parent.parent / "run" / "pytest.ini"
    arguments = ["-c", str(settings), "--rootdir", str(checks.parent), "--import-mode=importlib"]
    if not args.checks:
        arguments += ["--noconftest"]
    for plugin in _LEFT_OUT:
        arguments += ["-p", f"no:{plugin}"]
    if _asks_nothing(args):
        for plugin in _OF_TESTS:
            arguments += ["-p", f"no:{plugin}"]
    else:
        arguments += ["-p", "dockworthy.plugin", "--capture=no"]
    if args.checks:
        arguments += ["-p", "testinfra.plugin"]
    if any(argument.startswith(("-n", "--numprocesses", "--dist")) for argument in args.pytest_arguments):
        arguments += ["-p", "xdist.plugin"]
    if any(argument.startswith("--html") for argument in args.pytest_arguments):
        arguments += ["-p", "pytest_metadata.plugin", "-p", "pytest_html.plugin"]
    arguments += [] if args.pytest_arguments else ["--dw-quiet"]
    return [*arguments, "--dw-target", "handed-over", *own, *args.pytest_arguments]


def _asks_nothing(args: argparse.Namespace) -> bool:
    """Whether there is nothing for pytest but our own checks, which ask for nothing of its own."""
    return not (args.checks or args.pytest_arguments)


def _folder(plan: Plan, output: Path) -> Path:
    """The run's own folder, made now so that a killed run leaves what it knew."""
    from dockworthy.run.finish import prepare_folder  # noqa: PLC0415 - the command's own need

    return prepare_folder(plan, output)


def _prints(reports: Sequence[str]) -> bool:
    """Whether standard output is a report's."""
    if not reports:
        return False
    from dockworthy.report import is_printed  # noqa: PLC0415 - only where one is asked for

    return any(map(is_printed, reports))


def _detail(args: argparse.Namespace) -> int:
    """How much is printed."""
    from dockworthy.report import terminal  # noqa: PLC0415 - the command's own need

    return terminal.QUIET if args.quiet else terminal.VERBOSE if args.verbose else terminal.NORMAL


def _summary(plan: Plan, folder: Path, args: argparse.Namespace) -> None:
    from dockworthy.report import terminal  # noqa: PLC0415 - the command's own need

    if plan.outcome is not None:
        terminal.print_summary(
            plan.outcome,
            exit_status=plan.exit_status,
            folder=folder,
            comparison=plan.comparison,
            stream=sys.stderr if _prints(plan.options.report) else None,
            detail=_detail(args),
            color=args.color,
        )
