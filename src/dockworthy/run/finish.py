"""The end of a run: the whole record, the reports, the exit status."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from dockworthy import __version__
from dockworthy.errors import UsageError
from dockworthy.masking import masked
from dockworthy.results.exit_status import FINDINGS, exit_status
from dockworthy.results.model import Host, Result, Results, Run, summarise
from dockworthy.results.writer import ResultsWriter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dockworthy.run.hosts import RunHost
    from dockworthy.run.plan import Plan
    from dockworthy.run.recorder import Recorder

__all__ = ["finish", "open_writer", "prepare_folder"]

_CHECKS_FAILED = 1


def stamp(moment: datetime) -> str:
    """RFC 3339 in UTC."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _argv(arguments: Iterable[str]) -> list[str]:
    return [masked(argument) for argument in arguments]


def run_record(plan: Plan, finished: datetime | None) -> Run:
    """The run, as the record has it."""
    profiles = {host.profile.name: host.profile.sha256 for host in plan.hosts}
    return Run(
        id=plan.run_id,
        started=stamp(plan.started),
        finished=stamp(finished) if finished else None,
        tool_version=__version__,
        argv=_argv(plan.options.argv),
        profiles=[{"name": name, "sha256": digest} for name, digest in sorted(profiles.items())],
    )


def host_record(host: RunHost) -> Host:
    """A host, as the record has it."""
    snapshot = host.snapshot
    os_release = host.facts.os if snapshot is not None else None
    recorded = snapshot.recorded if snapshot is not None else None
    return Host(
        name=host.name,
        target=masked(host.target),
        reachable=snapshot is not None,
        os={
            "id": os_release.id.get("") or None if os_release is not None else None,
            "version_id": os_release.version_id.get("") or None if os_release is not None else None,
        },
        profile=host.profile.name,
        recorded=stamp(recorded.value) if recorded is not None and recorded.is_known else None,
        snapshot_sha256=snapshot.sha256 if snapshot is not None else None,
        probe={
            "seconds": round(host.seconds, 3),
            "bytes": snapshot.size if snapshot is not None else 0,
            "round_trips": host.round_trips,
        },
        error=host.error,
    )


def open_writer(plan: Plan, path: Path) -> ResultsWriter:
    """Begin the record: the run and its hosts are in it before anything is judged."""
    writer = ResultsWriter(path, run_record(plan, None))
    for host in plan.hosts:
        writer.host(host_record(host))
    return writer


def prepare_folder(plan: Plan, output: Path) -> Path:
    """Make the run's own folder below ``output`` and begin the record there, unless it goes elsewhere.

    Raises:
        UsageError: if the folder cannot be made.
    """
    folder = output / plan.run_id
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--output-dir {output}: the folder cannot be made ({error.strerror}).") from None
    if plan.writer is None:
        plan.writer = open_writer(plan, folder / "results.json")
    plan.folder = folder
    return folder


def _name_latest(folder: Path) -> None:
    """Let ``latest`` name this run, in one step."""
    partial = folder.parent / f".latest.{os.getpid()}"
    try:
        partial.unlink(missing_ok=True)
        partial.symlink_to(folder.name)
        partial.replace(folder.parent / "latest")
    except OSError:
        partial.unlink(missing_ok=True)  # a file system without links: the folder itself is there


def finish(plan: Plan, recorder: Recorder, pytest_status: int) -> int:
    """Close the record, write what was asked for, and return the run's exit status."""
    finished = datetime.now(tz=timezone.utc)
    results = tuple(Result(**record) for record in recorder.results)
    hosts = tuple(host_record(host) for host in plan.hosts)
    plan.outcome = Results(run_record(plan, finished), hosts, results, summarise(results))
    if plan.writer is not None:
        plan.writer.finish(stamp(finished))
    _reports(plan, plan.outcome)
    if plan.folder is not None:
        _name_latest(plan.folder)
    status = _status(plan, results, hosts)
    if status in {0, 5, 6} and recorder.foreign_failures and pytest_status == _CHECKS_FAILED:
        return FINDINGS
    return status


def _status(plan: Plan, results: Sequence[Result], hosts: Sequence[Host]) -> int:
    options = plan.options
    new = None
    if plan.baseline is not None and plan.outcome is not None:
        from dockworthy.results.compare import compare  # noqa: PLC0415 - only with a baseline

        plan.comparison = compare(plan.baseline, plan.outcome)
        new = plan.comparison.new
    return exit_status(
        results,
        hosts,
        fail_on=options.fail_on or "low",
        min_decided=float(options.min_decided or 100),
        new=new,
    )


def _reports(plan: Plan, outcome: Results) -> None:
    """JUnit in the run's folder, and what ``--report`` asked for."""
    if plan.folder is not None:
        _write("junit", outcome, plan.folder / "junit.xml")
    for asked in plan.options.report:
        name, _, path = asked.partition("=")
        _write(name, outcome, Path(path) if path else None, plan.folder)


def _write(name: str, outcome: Results, path: Path | None, folder: Path | None = None) -> None:
    """Write one report, in place by rename so that a reader never sees half of one."""
    from dockworthy.report.interface import writer  # noqa: PLC0415 - only at the end

    made = writer(name)
    path = path or (folder or Path()) / made.file_name
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as out:
            made.write(outcome, out)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UsageError(f"--report {name}: {path} cannot be written ({error.strerror}).") from None
