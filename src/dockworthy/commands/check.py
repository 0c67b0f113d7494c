"""``dockworthy check``: probe, judge inside pytest, write the reports, print the summary."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dockworthy.errors import UsageError

if TYPE_CHECKING:
    import argparse
    from types import ModuleType

    from dockworthy.run.request import Options
    from dockworthy.run.state import Plan

__all__ = ["add_arguments", "run"]

REPORTS = "reports"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``check``; what follows ``--`` goes to pytest."""
    add = parser.add_argument
    add("target", nargs="*", metavar="TARGET", help="a testinfra host spec, snapshot:FILE or rootfs:DIR")
    add("--profile", metavar="NAME|FILE", help="the demands (default: the one that fits the host's os-release)")
    add("--inventory", metavar="FILE", help="an Ansible inventory (INI or YAML) with the hosts to judge")
    add("--registry", action="append", default=[], metavar="HOST[:PORT]", help="a registry to look at (repeatable)")
    add("--results", metavar="FILE", help="where results.json is written (default: in the run's folder)")
    add("--report", action="append", default=[], metavar="NAME[=PATH]", help="a further report (repeatable)")
    add("--output-dir", default=REPORTS, metavar="DIR", help="one folder a run below it (default: reports)")
    add("--check", action="append", default=[], metavar="ID", help="judge only this check (repeatable)")
    add("--skip-check", action="append", default=[], metavar="ID", help="leave this check out (repeatable)")
    add("--topic", action="append", default=[], metavar="NAME", help="judge only this topic (repeatable)")
    add("--severity", metavar="LEVEL", help="judge only checks of at least this severity")
    add("--refs", action="append", default=[], metavar="PREFIX", help="judge only what answers this standard")
    add("--waivers", metavar="FILE", help="waivers beside the profile's")
    add("--baseline", metavar="RESULTS", help="fail only on what is new since this run")
    add("--fail-on", metavar="LEVEL", help="the lowest severity whose failure fails the run (default: low)")
    add("--min-decided", metavar="PERCENT", help="how much must be decided (default: 100)")
    add("--docker-host", metavar="URL", help="which engine on the target")
    add("--at", metavar="TIME|snapshot", help="judge dates as of this moment")
    add("--sudo", action="store_true", help="look with sudo")
    add("--ask-sudo-password", action="store_true", help="ask for sudo's password once")
    add("--ssh-config", metavar="FILE", help="ssh's configuration file")
    add("--ssh-identity-file", metavar="FILE", help="the key for ssh")
    add("--forks", metavar="N", help="how many hosts are probed at the same time")
    add("--host-timeout", metavar="SECONDS", help="when a host counts as not reached")
    add("--checks", action="append", default=[], metavar="DIR", help="a folder with checks of your own (repeatable)")
    parser.epilog = "What follows -- goes to pytest."
    parser.set_defaults(pytest_arguments=[])


def options_of(args: argparse.Namespace) -> Options:
    """The command's arguments as the plan takes them."""
    from dockworthy.run.request import Options  # noqa: PLC0415 - the command's own need
    from dockworthy.typed import shown_argv  # noqa: PLC0415 - beside it

    values: dict[str, Any] = {}
    for name in Options.__dataclass_fields__:
        value = getattr(args, name, None)
        if value is not None:
            values[name] = tuple(value) if isinstance(value, list) else value
    values["argv"] = tuple(shown_argv(("dockworthy", *sys.argv[1:])))
    return Options(**values)


def run(args: argparse.Namespace) -> int:
    """Judge, and return the documented exit status."""
    from dockworthy.run.gather import abandon, begin  # noqa: PLC0415 - the command's own need
    from dockworthy.run.loading import check_syntax  # noqa: PLC0415 - the command's own need
    from dockworthy.run.plan import check_options, hand_over, make_plan  # noqa: PLC0415 - the command's own need
    from dockworthy.streams import veiled  # noqa: PLC0415 - see above

    options = options_of(args)
    check_options(options)
    check_syntax([Path(folder) for folder in args.checks])
    try:
        begin(options)
        pytest = _import_while_probing()
        plan = make_plan(options)
    finally:
        abandon()
    folder = _folder(plan, Path(args.output_dir))
    hand_over(plan)
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        os.environ.pop(name, None)
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    with veiled(args.pytest_arguments):
        status = int(pytest.main(pytest_arguments(args), plugins=[]))
    if plan.outcome is not None:
        _summary(plan, folder)
    elif status == pytest.ExitCode.INTERRUPTED:
        kept = plan.writer.lines_path if plan.writer is not None else folder
        sys.stderr.write(f"dockworthy: interrupted; what was judged until then is in {kept}.\n")
    if plan.failure is not None:
        raise UsageError(plan.failure)
    return status


def _import_while_probing() -> ModuleType:
    """Import what the judgement will need while the probe runs: on a second core, that costs nothing."""
    import pytest  # noqa: PLC0415 - see above

    from dockworthy.facts.facts import import_facts  # noqa: PLC0415 - see above
    from dockworthy.profile.locate import checks_folder  # noqa: PLC0415 - see above
    from dockworthy.run.loading import load_checks  # noqa: PLC0415 - see above

    for name in (
        "profile.params",
        "profile.pick",
        "report.html",
        "report.junit",
        "report.terminal",
        "run.finish",
        "run.session",
    ):
        import_module(f"dockworthy.{name}")
    import_facts()
    load_checks(checks_folder())
    return pytest


def pytest_arguments(args: argparse.Namespace) -> list[str]:
    """The pytest run: our own configuration and root, so that a foreign one changes nothing."""
    from dockworthy.profile.locate import checks_folder  # noqa: PLC0415 - the command's own need

    checks = checks_folder()
    own = [str(checks), *args.checks]
    settings = Path(__file__).resolve().parent.parent / "run" / "pytest.ini"
    arguments = ["-c", str(settings), "--rootdir", str(checks.parent), "--import-mode=importlib"]
    if not args.checks:
        arguments += ["--noconftest"]
    for plugin in ("cacheprovider", "logging", "warnings", "unraisableexception", "threadexception", "faulthandler"):
        arguments += ["-p", f"no:{plugin}"]
    arguments += ["-p", "dockworthy.plugin"]
    if args.checks:
        arguments += ["-p", "testinfra.plugin"]
    if any(argument.startswith(("-n", "--numprocesses", "--dist")) for argument in args.pytest_arguments):
        arguments += ["-p", "xdist.plugin"]
    if any(argument.startswith("--html") for argument in args.pytest_arguments):
        arguments += ["-p", "pytest_metadata.plugin", "-p", "pytest_html.plugin"]
    arguments += ["--capture=no"]
    arguments += [] if args.pytest_arguments else ["--dw-quiet"]
    return [*arguments, "--dw-target", "handed-over", *own, *args.pytest_arguments]


def _folder(plan: Plan, output: Path) -> Path:
    """The run's own folder, made now so that a killed run leaves what it knew."""
    from dockworthy.run.finish import prepare_folder  # noqa: PLC0415 - the command's own need

    return prepare_folder(plan, output)


def _summary(plan: Plan, folder: Path) -> None:
    from dockworthy.report.terminal import print_summary  # noqa: PLC0415 - the command's own need

    if plan.outcome is not None:
        print_summary(
            plan.outcome,
            exit_status=plan.exit_status,
            folder=folder,
            comparison=plan.comparison,
            fail_on=plan.options.fail_on or "low",
            stream=sys.stderr if any(report.endswith("=-") for report in plan.options.report) else None,
        )
