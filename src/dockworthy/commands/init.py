"""``dockworthy init [TARGET]``: a profile for what is found on a host, and an example of a CI job.

With ``--monitoring`` the rules and the dashboard that watch the metrics, and no host is looked at.
"""

from __future__ import annotations

import shlex
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy.commands.ci import JOBS, found_in, job
from dockworthy.commands.output import say
from dockworthy.errors import UsageError
from dockworthy.printable import printable
from dockworthy.writing import make_folder, refuse_place, written

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from dockworthy.run.hosts import RunHost
    from dockworthy.run.options import Options

__all__ = ["add_arguments", "run"]

PROFILE = "dockworthy.yaml"
ALERTS, DASHBOARD = "dockworthy-alerts.yaml", "dockworthy-dashboard.json"
_TOLD = {
    PROFILE: "a profile for what was found",
    ALERTS: "Prometheus' alert rules",
    DASHBOARD: "a dashboard for Grafana",
}
NOT_REACHED = 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which host, how it is looked at, and where the files go."""
    from dockworthy.run.options import add_arguments as add_options  # noqa: PLC0415 - the command's own need

    add = parser.add_argument
    add("target", nargs="?", metavar="TARGET", help="as of `check` (default: this host)")
    add("--output-dir", default=".", metavar="DIR", help="the folder for the files (default: here)")
    choices = (*JOBS, "none")
    add("--ci", choices=choices, metavar="NAME", help=f"{', '.join(choices)} (default: what the folder has files of)")
    add(
        "--monitoring",
        action="store_true",
        help="Prometheus' alert rules and a Grafana dashboard instead, for any host",
    )
    add("--force", action="store_true", help="replace files that are there")
    looking = ("docker_host", "sudo", "ask_sudo_password", "ssh_config", "ssh_identity_file", "host_timeout")
    add_options(parser, "registry", *looking)


def run(args: argparse.Namespace) -> int:
    """Write the files; 6 where the host could not be reached, and nothing is written."""
    if args.monitoring:
        return _monitoring(args)
    from dockworthy.run.options import Options  # noqa: PLC0415 - the command's own need
    from dockworthy.run.plan import make_plan  # noqa: PLC0415 - see above

    folder = Path(args.output_dir)
    ci = args.ci or found_in(folder)
    places = [PROFILE] if ci == "none" else [PROFILE, JOBS[ci][1]]
    for name in places:
        _refuse(folder / name, force=args.force)
    options = Options.from_arguments(args)._replace(target=(args.target,) if args.target else ())
    (host,) = make_plan(options).hosts
    if host.snapshot is None:
        sys.stderr.write(f"dockworthy: {printable(host.name)}: {printable(host.error or 'not reached', 500)}\n")
        return NOT_REACHED
    command = _command(options, folder / PROFILE)
    files = {PROFILE: _profile(host)}
    if ci != "none":
        path, text = job(ci, _command(options, Path(PROFILE)))
        files[path] = text
    _write(folder, files)
    say(f"next: {command}")
    return 0


def _monitoring(args: argparse.Namespace) -> int:
    """Write what watches the metrics."""
    from dockworthy.report.monitoring.alerts import alerts  # noqa: PLC0415 - the option's own need
    from dockworthy.report.monitoring.dashboard import dashboard  # noqa: PLC0415 - see above

    if args.target or args.ci:
        raise UsageError("--monitoring is for any host, and for no CI job; leave the target and --ci out.")
    folder = Path(args.output_dir)
    for name in (ALERTS, DASHBOARD):
        _refuse(folder / name, force=args.force)
    _write(folder, {ALERTS: alerts(), DASHBOARD: dashboard()})
    return 0


def _refuse(path: Path, *, force: bool) -> None:
    refuse_place(path, "--output-dir ")
    if path.exists() and not force:
        raise UsageError(f"{path}: is there already, and is left as it is; write --force, or another --output-dir.")


def _command(options: Options, profile: Path) -> str:
    """The check by this profile, with the options by which the host was looked at."""
    named = str(profile) if profile.parent.name else f"./{profile}"
    words = ["dockworthy", "check", *options.target, "--profile", named]
    for name in ("docker_host", "ssh_config", "ssh_identity_file"):
        if (value := getattr(options, name)) is not None:
            words += [f"--{name.replace('_', '-')}", value]
    words += ["--sudo"] if options.sudo or options.ask_sudo_password else []
    return shlex.join(words)


def _profile(host: RunHost) -> str:
    """The profile's text, read as a run would read it before it is anybody's."""
    from dockworthy.commands.catalogue import all_checks  # noqa: PLC0415 - the command's own need
    from dockworthy.profile.loader import load_profile  # noqa: PLC0415 - heavy (pydantic, YAML)
    from dockworthy.run.proposing import profile_text, proposed  # noqa: PLC0415 - the command's own need

    text = profile_text(host, proposed(host), f"{datetime.now(tz=timezone.utc):%Y-%m-%d}")
    with tempfile.TemporaryDirectory(prefix="dockworthy-") as place:
        path = Path(place, PROFILE)
        path.write_text(text, encoding="utf-8")
        load_profile(path, catalogue=all_checks([]))
    return text


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        make_folder(path.parent, "--output-dir ")
        with written(path, "--output-dir ") as stream:
            stream.write(text.encode())
        say(f"{path}: {_TOLD.get(name, 'an example of a CI job')}")
